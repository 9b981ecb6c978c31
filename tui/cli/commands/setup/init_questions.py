"""What is asked for a new profile, and what each answer means. Knows no terminal: it is given one that asks."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from core.errors import UsageError
from core.push.plan import System
from core.systems import Purpose, config_key, display_name, systems_for
from tui.cli.output import say
from tui.cli.prompts import Check, Prompts, from_environment
from tui.wiring.setup import (
    check_one_way,
    check_profile_name,
    check_system_address,
    secret_variable_of,
    who_is_logged_in,
)

DESKS: Final = {
    "flex": "cards of BrokerEngine go to FLEX",
    "contacts": "SimpleNexus and Total Expert are kept matched",
    "both": "both desks in one profile",
}
YES_NO: Final = {"yes": "pushes go to systems that matter; the header says LIVE", "no": "a trial"}
CAREFUL: Final = {
    "yes": "many at once, or automatically, only after three small pushes of that kind arrived",
    "no": "from the first push on, many can be sent at once",
}
CARDS: Final = {
    "gateway": "an address that speaks our BrokerEngine contract",
    "folder": "a folder of exports, or one that a Zapier zap fills",
    "later": "none yet: take exports in with brokerdesk import",
}
INTO_FLEX: Final = {
    "gateway": "pushed, through an address that speaks our FLEX contract: your aggregator's gateway",
    "hand": "entered by hand in paste mode; needs no gateway, and one can be added later",
}
WRITERS: Final = {
    "vendor": "the vendors' own integration: brokerdesk matches and reviews, and sends nothing that it sends",
    "desk": "brokerdesk: it imports and pushes what you confirm",
}
SAME_EMAIL: Final = {
    "hold": "kept for you to look at: often a couple with one inbox",
    "link": "linked, as the vendors' own sync does",
}
KEEP_IN_AUSTRALIA: Final = (
    "A receipt holds clients' data: what was sent, to where, and that it arrived. Seven years is what we read from",
    "Australian credit licensees' record keeping. This is our reading, not advice; ask your licensee.",
)
KEEP_IN_USA: Final = (
    "A receipt holds clients' data: what was sent, to where, and that it arrived. Five years is what we read from the",
    "record keeping of loan closings (Regulation Z). The Safeguards Rule asks to dispose of what you don't need two",
    "years after you last used it, unless law or business requires it. This is our reading, not advice.",
)
MOST_YEARS: Final = 100
VENDOR_URLS: Final = {
    System.SIMPLENEXUS: "https://api.ncinomortgage.com",
    System.TOTAL_EXPERT: "https://public.totalexpert.net/v1",
}


class Signing(Struct, frozen=True):
    """How to sign in to a system. `stored` is False where the secret comes from the environment and stays there."""

    system: System
    url: str
    client_id: str
    secret: str
    stored: bool = True

    def __repr__(self) -> str:
        """Return it without its secret."""
        return f"Signing({self.system}, {self.url})"


def ask_name(asks: Prompts, home: str | None, given: str | None) -> str:
    """Ask what the profile is called, unless it was said."""

    def check(name: str) -> None:
        check_profile_name(home, name)

    if given is None:
        return asks.line("name", "Name of the profile", "live", check)
    check(given)
    return given


def ask_head(asks: Prompts) -> dict[str, Any]:
    """Ask for what a profile is, before its systems."""
    live = asks.choose("live", "Is it live?", YES_NO, "yes") == "yes"
    if not asks.headless:
        say(
            "The workspace names the account. It is part of every reference we send, so it can never be changed."
        )
    workspace = asks.line("workspace", "Workspace, like harbour-loans", None, _some("A workspace", 80))
    return {"live": live, "workspace": workspace}


def ask_desks(asks: Prompts, given: dict[str, Any]) -> tuple[bool, bool]:
    """Ask which desks the profile has: FLEX, contacts. A script says so by the systems it names."""
    if asks.headless:
        flex, contacts = (
            ("flex" in given or "brokerengine" in given),
            any(config_key(system) in given for system in systems_for(Purpose.CONTACTS)),
        )
        if not (flex or contacts):
            raise UsageError("missing-answer", "The profile names no system.", when="no system is named")
        return flex, contacts
    chosen = asks.choose("desks", "Which desk is it for?", DESKS, "flex")
    return chosen != "contacts", chosen != "flex"


def ask_cards(asks: Prompts, given: dict[str, Any]) -> tuple[bool, str]:
    """Ask where the cards come from: True for a gateway, else a folder, "" for none yet."""
    if asks.headless:
        said = given.get("brokerengine", {})
        if said.get("url") and said.get("folder"):
            raise UsageError("two-sources", "The profile names both a url and a folder.")
        return bool(said.get("url")), str(said.get("folder", ""))
    chosen = asks.choose("cards", "Where do the cards come from?", CARDS, "gateway")
    if chosen != "folder":
        return chosen == "gateway", ""
    say("It is relative to the desk's home unless it begins with / or ~.")
    return False, asks.line("brokerengine.folder", "Folder of exports", "exports/", _some("A folder", 1000))


def ask_into_flex(asks: Prompts, given: dict[str, Any]) -> bool:
    """Ask how cards come into FLEX: True for a gateway, False for by hand. A script says so by naming `flex`."""
    if asks.headless:
        return "flex" in given
    return asks.choose("into_flex", "How do cards come into FLEX?", INTO_FLEX, "gateway") == "gateway"


def ask_sign_in(asks: Prompts, system: System, before: Signing | None = None) -> Signing:
    """Ask for a system's address, client id and secret; what was answered `before` is offered again."""
    key, name = config_key(system), display_name(system)
    if not asks.headless and before is None:
        say("", name)
        if system is System.FLEX:
            say("  No live FLEX endpoint is publicly known: this is your aggregator's gateway.")
        say("  No client id and secret yet? brokerdesk doctor --access prints who to ask, and the message.")

    def check(url: str) -> None:
        check_system_address(system, url)

    url = asks.line(
        f"{key}.url", f"  Address of {name}", before.url if before else VENDOR_URLS.get(system), check
    )
    client_id = asks.line(
        f"{key}.client_id", "  Client id", before.client_id if before else None, _some("A client id", 1000)
    )
    variable = secret_variable_of(system)
    if secret := from_environment(variable):
        if not asks.headless:
            say(f"  The secret is taken from {variable}; it is not stored.")
        return Signing(system, url, client_id, secret, stored=False)
    return Signing(system, url, client_id, asks.secret(variable, f"  Secret of {name}"))


def ask_contact_terms(asks: Prompts, home: str | None, *, live: bool) -> dict[str, Any]:
    """Ask what no API tells: who writes, who goes one way, what one email under two names means."""
    writer = asks.choose(
        "writer",
        "Who runs the contact sync and the milestones? Two writers would make every contact twice.",
        WRITERS,
        "vendor" if live else "desk",
    )
    if not asks.headless:
        say(
            "People in the vendors' one-way integration are never pushed. No system lists them: name a file with",
            "one email a line, of loan officers or contacts, or “none” for nobody.",
        )

    def check(one_way: str) -> None:
        check_one_way(home, one_way)

    one_way = asks.line("one_way", "One-way: none, or a file", "none", check)
    same = asks.choose(
        "same_email_other_name",
        "One email with two clearly different first names:",
        SAME_EMAIL,
        "hold",
    )
    return {"writer": writer, "one_way": one_way, "same_email_other_name": same}


def ask_careful_start(asks: Prompts) -> dict[str, Any]:
    """Ask whether a live profile starts carefully. A script that does not say gets what is offered: yes."""
    careful = asks.choose("careful_start", "Start carefully?", CAREFUL, "yes")
    return {"careful_start": careful == "yes"}


def ask_receipt_years(asks: Prompts, *, flex: bool) -> dict[str, Any]:
    """Ask how long receipts are kept. A script that does not say gets what is offered."""
    if not asks.headless:
        say("", *(KEEP_IN_AUSTRALIA if flex else KEEP_IN_USA))
    years = asks.line(
        "receipt_years", "Years that receipts are kept; 0 for ever", "7" if flex else "5", _years
    )
    return {"receipt_years": int(years)}


def _years(text: str) -> None:
    if not (text.isascii() and text.isdecimal() and int(text) <= MOST_YEARS):
        raise UsageError(
            "missing-answer", "A number of years is needed.", when="a number is too large", most=MOST_YEARS
        )


def ask_operator(asks: Prompts) -> str:
    """Ask who confirms; the journal has the name."""
    return asks.line("operator", "Your name in the journal", who_is_logged_in(), _some("A name", 200))


def _some(what: str, most: int) -> Check:
    def check(text: str) -> None:
        if not text or len(text) > most or not text.isprintable():
            raise UsageError(
                "missing-answer", f"{what} is needed.", when="a text is empty or too long", most=most
            )

    return check
