"""`init`: makes a profile, asking step by step and trying each connection; secrets go to the keyring, never to a file
that holds settings.

A script gives its answers with `--set KEY=VALUE` or as TOML on stdin, and its secrets by variables or on stdin.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from core.errors import DeskError, Unreachable, UsageError
from core.push.plan import System
from core.systems import SYSTEMS, config_key, display_name
from tui.cli.commands.setup import init_questions as questions
from tui.cli.commands.setup.init_questions import Signing, ask_sign_in
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, stopped_at_question
from tui.cli.prompts import (
    NOT_WRITTEN,
    Prompts,
    ScriptedPrompts,
    TerminalPrompts,
    given_up,
    read_all_stdin,
)
from tui.wiring import settings_of
from tui.wiring.setup import (
    add_new_profile,
    check_not_synced,
    keep_profile_secret,
    keyring_trouble,
    no_address,
    read_answers,
    secret_variable_of,
    secrets_of_new_profile,
    try_sign_in,
    typed_answers,
)
from tui.wiring.systems import folder_of_cards
from tui.wiring.team.moving import check_team_secret

if TYPE_CHECKING:
    from pathlib import Path

    from data.new_profile import Tried
    from data.settings import Settings

AGAIN: Final = {
    "again": "give address, client id and secret again",
    "skip": "keep them as they are; brokerdesk doctor tries them again",
    "leave": "write nothing",
}
_SYSTEMS: Final = frozenset(config_key(system) for system in SYSTEMS)
WRITE: Final = {
    "yes": "config.toml gets a new section, and the secrets are stored",
    "no": "nothing is written",
}


@dataclass(frozen=True, kw_only=True)
class InitOptions(CommandOptions):
    """The options of `init`."""

    set: list[str]
    """Answers, each as `KEY=VALUE`."""
    answers: str | None
    """"-" if the answers come as TOML on stdin."""
    skip_tests: bool
    secret_of: str | None
    """The system whose secret alone is asked for."""


def init(options: InitOptions) -> int:
    """Make a profile, or store one secret again. Raises `UsageError`, `Unreachable`; then nothing was written."""
    check_not_synced(options.home)
    if options.secret_of is not None:
        return _one_secret(options, options.secret_of)
    try:
        made = _made(options)
    except KeyboardInterrupt:
        raise stopped_at_question(NOT_WRITTEN) from None
    return _tell(options, made)


@dataclass(frozen=True)
class _NewProfile:
    """A profile that was written. `kept` is where the secret of each system is; `tried` are the systems tried."""

    settings: Settings
    is_default: bool
    kept: dict[str, str]
    tried: list[System]


def _made(options: InitOptions) -> _NewProfile:
    """Ask for a new profile and write it."""
    given = _given(options)
    if given is None and (options.json or not (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError("no-terminal", "There is no terminal here to ask on.", when="a profile is made")
    asks: Prompts = (
        TerminalPrompts()
        if given is None
        else ScriptedPrompts(given, stdin_taken=options.answers is not None)
    )
    name = questions.ask_name(asks, options.home, _named(options, headless=asks.headless))
    values, tried = _ask(asks, options, given or {})
    if not asks.headless:
        say("")
        if asks.choose("write", f"Write profile “{name}”?", WRITE, "yes") != "yes":
            raise given_up()
    return _write(options, name, values, tried)


def _named(options: InitOptions, *, headless: bool) -> str | None:
    return options.profile or ("live" if headless else None)


def _given(options: InitOptions) -> dict[str, Any] | None:
    """Return the answers of a script; None where a person is asked.

    A system's name with nothing after the equals sign is its section without keys: `brokerengine=` makes a desk of
    cards that are imported and entered by hand.
    """
    if not options.set and options.answers is None:
        return None
    values = read_answers(read_all_stdin("The answers")) if options.answers is not None else {}
    for one in options.set:
        key, equals, value = one.partition("=")
        if not (equals and key):
            raise UsageError("bad-config", "--set takes KEY=VALUE.", when="--set has no key and value")
        *above, last = key.split(".")
        table: dict[str, object] = values
        for part in above:
            inner = table.setdefault(part, {})
            if not isinstance(inner, dict):
                raise UsageError("bad-config", f"{key}: {part} is a value.")
            table = inner
        is_section = not above and key in _SYSTEMS
        table[last] = {} if is_section and not value else value
    return typed_answers(options.home, options.profile or "live", values)


class Signed(msgspec.Struct, frozen=True):
    """A system's way in, as it will be written; `tried` is None where it was not tried, or failed and was kept."""

    signing: Signing
    tried: Tried | None


def _ask(asks: Prompts, options: InitOptions, given: dict[str, Any]) -> tuple[dict[str, Any], list[Signed]]:
    """Ask for everything; gives the profile's values, and how to sign in to each system."""
    values = questions.ask_head(asks)
    flex, contacts = questions.ask_desks(asks, given)
    signed: list[Signed] = []
    folder = ""
    if flex:
        gateway, folder = questions.ask_cards(asks, given)
        into_flex = questions.ask_into_flex(asks, given)
        signed += [_sign_in(asks, options, System.BROKERENGINE)] if gateway else []
        signed += [_sign_in(asks, options, System.FLEX)] if into_flex else []
    if contacts:
        signed += [_sign_in(asks, options, system) for system in (System.SIMPLENEXUS, System.TOTAL_EXPERT)]
        if not asks.headless:
            say("")
        values |= questions.ask_contact_terms(asks, options.home, live=values["live"])
    values["operator"] = questions.ask_operator(asks)
    values |= questions.ask_receipt_years(asks, flex=flex)
    if values["live"]:
        values |= questions.ask_careful_start(asks)
    for one in signed:
        values[config_key(one.signing.system)] = {"url": one.signing.url, "client_id": one.signing.client_id}
    if folder:
        values["brokerengine"] = {"folder": folder}
    if flex and not {"brokerengine", "flex"} & values.keys():
        values["brokerengine"] = {}  # a desk of cards that are imported and entered by hand
    return _with_more(values, given), signed


def _with_more(values: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Add the keys that a script gave and nobody asks for: undo_days, a system's rate …"""
    whole = dict(values)
    for key, value in given.items():
        if isinstance(value, dict):
            whole[key] = {**value, **whole.get(key, {})}
        else:
            whole.setdefault(key, value)
    return whole


def _sign_in(asks: Prompts, options: InitOptions, system: System) -> Signed:
    """Ask how to sign in to a system, and try it, until it answers or is kept untried."""
    signing = ask_sign_in(asks, system)
    while True:
        if options.skip_tests:
            return Signed(signing, None)
        try:
            tried = _try(asks, signing)
        except DeskError as error:
            if asks.headless and isinstance(error, Unreachable):
                said = f"{error.message} {NOT_WRITTEN}"
                raise Unreachable(error.code, said, when="a new profile is made", system=system) from None
            if asks.headless:
                raise
            say(f"  ✗ {error.message}")  # its fix speaks of a file that is not written yet
            match asks.choose("again", "  What now?", AGAIN, "again"):
                case "again":
                    signing = ask_sign_in(asks, system, signing)
                case "skip":
                    return Signed(signing, None)
                case _:
                    raise given_up() from None
        else:
            return Signed(signing, tried)


def _try(asks: Prompts, signing: Signing) -> Tried:
    if not asks.headless:
        say(f"  Trying {signing.url} …")
    tried = asyncio.run(try_sign_in(signing.system, signing.url, signing.client_id, signing.secret))
    if not asks.headless:
        say(f"  ✓ {display_name(signing.system)} answers, and takes the client id and secret.")
    return tried


# -- writing -------------------------------------------------------------------------------------------------


def _write(options: InitOptions, name: str, values: dict[str, Any], signed: list[Signed]) -> _NewProfile:
    """Store the secrets and write the settings, all or nothing."""
    kept: dict[str, str] = {}
    with secrets_of_new_profile(options.home, name) as keep:
        for one in signed:
            system = one.signing.system
            stored = one.signing.stored
            kept[system] = _where(keep(system, one.signing.secret)) if stored else "environment"
        settings, default = add_new_profile(options.home, name, values)
    for one in signed:
        if one.tried is not None:
            asyncio.run(one.tried.keep_token(settings))
    return _NewProfile(
        settings, default, kept, [one.signing.system for one in signed if one.tried is not None]
    )


def _tell(options: InitOptions, made: _NewProfile) -> int:
    """Say where everything is now, and what comes next."""
    settings, name = made.settings, made.settings.name
    file, folder = str(settings.home / "config.toml"), folder_of_cards(settings)
    if options.json:
        emit_json(
            {
                "profile": name,
                "config": file,
                "default": made.is_default,
                "secrets": made.kept,
                "tried": made.tried,
                "folder": str(folder) if folder is not None else None,
            }
        )
        return 0
    say(f"Profile “{name}” is in {file}.")
    _say_where(settings, made.kept)
    if settings.profile.simplenexus is not None:
        say(
            "To take webhooks, store the secret they are signed with: "
            f"brokerdesk init --profile {name} --secret-of listen",
            "To take calculations too, store the secret that whoever reports them signs with: "
            f"brokerdesk init --profile {name} --secret-of calculations",
        )
    chosen = "" if made.is_default else f" --profile {name}"
    if folder is not None:
        say(f"Cards are read from the files in {folder}.")
    if settings.has_cards and settings.profile.flex is None:
        say(
            "Cards are entered into FLEX by hand: brokerdesk import FILE, then V in the app, "
            f"or brokerdesk paste{chosen} CARD."
        )
    say(
        f"Next: brokerdesk doctor{chosen}",
        "It says what is missing, and what to ask each administrator for.",
    )
    return 0


def _where(file: Path | None) -> str:
    """Return the word for where a secret is, which JSON has too."""
    return "file" if file else "keyring"


def _say_where(settings: Settings, kept: dict[str, str]) -> None:
    """Say plainly where the secrets are."""
    if "keyring" in kept.values():
        say("The secrets are in this system's keyring.")
    if "file" in kept.values():
        trouble = keyring_trouble(settings, next(iter(kept)))
        say(
            f"{f'Because {trouble},' if trouble else 'There is no keyring here, so'} the secrets are in "
            f"{settings.home / 'secrets.json'}, as they are:",
            "a file that only you can read. Anybody with your account or your backups can read them.",
        )
    for system in (system for system, where in kept.items() if where == "environment"):
        say(f"The secret of {system} is not stored: {secret_variable_of(System(system))} has to be set.")


WITHOUT_SYSTEM: Final = {
    "listen": "BROKERDESK_LISTEN_SECRET",
    "calculations": "BROKERDESK_CALCULATIONS_SECRET",
    "book": "BROKERDESK_BOOK_SECRET",
}
"""The secrets that belong to no system, each with its variable: those of the listener, and that of a team's book."""


def _one_secret(options: InitOptions, of: str) -> int:
    """Ask for one secret of an existing profile, try it, store it. `of` is a system, or in `WITHOUT_SYSTEM`."""
    settings = settings_of(options.home, options.profile)
    if settings.embedded:
        raise UsageError(
            "unknown-profile", "The embedded sandbox needs no secret.", when="it is the embedded sandbox"
        )
    asks: Prompts = (
        TerminalPrompts()
        if sys.stdin.isatty() and not options.json
        else ScriptedPrompts({}, stdin_taken=False)
    )
    has_system = of not in WITHOUT_SYSTEM
    variable = secret_variable_of(System(of)) if has_system else WITHOUT_SYSTEM[of]
    secret = asks.secret(variable, f"Secret of {of} in profile “{settings.name}”")
    if of == "book":
        check_team_secret(secret)
    if has_system and not options.skip_tests:
        said = settings.profile.system(System(of))
        if said is None or not said.url:
            raise no_address(settings, System(of))
        signing = Signing(System(of), said.url, said.client_id, secret)
        asyncio.run(_try(asks, signing).keep_token(settings))
    kept = {of: _where(keep_profile_secret(settings, of, secret))}
    if options.json:
        emit_json({"profile": settings.name, "secrets": kept})
    else:
        _say_where(settings, kept)
    return 0
