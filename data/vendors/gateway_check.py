"""Holds a gateway against our own contract: asks what the desk relies on, on records of its own making, once each.

Nothing is sent twice to find out what became of it: a reply that is lost is a finding, and what may be there is told.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from core.compare.ids import is_id
from core.errors import DeskError
from core.push.plan import System
from data.vendors.contract_version import our_version, version_in
from data.vendors.http.client import HttpClient, segment
from data.vendors.http.reply import HttpReply

WAITS: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each look for what was just made: an index may lag."""
_NAME: Final = "Zoë-Anne d’Été"
"""A name that a gateway with the wrong encoding, or with too narrow a form, changes."""


class CheckVerdict(StrEnum):
    """What became of a rule. `advice` is one that a gateway should keep and need not."""

    KEPT = "kept"
    BROKEN = "broken"
    ADVICE = "advice"
    NOT_REACHED = "not-reached"


class CheckFinding(Struct, frozen=True):
    """A rule of the contract, whether it is kept, and what was seen instead: statuses and fields, no values."""

    rule: str
    verdict: CheckVerdict
    seen: str = ""


class Left(Struct, frozen=True):
    """A record that the check made and that stays: there is no DELETE in the contract."""

    kind: str
    flex_id: str
    integration_id: str


class Checked(Struct, frozen=True):
    """All that was found, and what was left behind."""

    contract: System
    findings: tuple[CheckFinding, ...]
    left: tuple[Left, ...]

    @property
    def kept(self) -> bool:
        """True where no rule is broken, and all were reached."""
        return not any(
            one.verdict in (CheckVerdict.BROKEN, CheckVerdict.NOT_REACHED) for one in self.findings
        )


class _BrokenRule(Exception):
    """A rule is not kept; the words say what was seen."""


async def check_gateway(wire: HttpClient, mark: str, waits: Sequence[float] = WAITS) -> Checked:
    """Check the gateway behind a wire. `mark` is a text of 8 to 24 letters and digits that no record bears yet."""
    check = _Check(wire, mark, waits)
    await (check.flex() if wire.address.system is System.FLEX else check.brokerengine())
    return Checked(wire.address.system, tuple(check.findings), tuple(check.left))


class _Check:
    def __init__(self, wire: HttpClient, mark: str, waits: Sequence[float]) -> None:
        self.findings: list[CheckFinding] = []
        self.left: list[Left] = []
        self._wire = wire
        self._mark = mark
        self._waits = waits

    async def flex(self) -> None:
        """Walk through what the desk does to FLEX."""
        if not await self._signs_in("/contacts"):
            return
        person, contact = self._ref("contact"), ""
        body = {"IntegrationId": person, "FirstName": _NAME, "LastName": f"Conformance {self._mark}"}
        contact = await self._made("contact", "/contacts", body)
        if contact:
            await self._rule(
                "a contact can be changed, and only what is given changes", self._changes(contact)
            )
        await self._rule("a second create with one IntegrationId is refused", self._twice(body), advice=True)
        await self._rule("a field the contract does not name is refused: 422", self._refuses(body))
        deal = self._ref("opportunity")
        applicant = {"IntegrationId": person, "Role": "Primary Applicant"}
        if self._doubled:  # the name is no name any more, as the contract says
            applicant = {"FLEXId": contact, "Role": "Primary Applicant"}
        opportunity = await self._made(
            "opportunity", "/opportunities", {"IntegrationId": deal, "Applicants": [applicant]}
        )
        about = {"IntegrationId": deal}
        await self._made(
            "property", "/properties", {"IntegrationId": self._ref("property"), "Opportunity": about}
        )
        await self._made(
            "note",
            "/notes",
            {"IntegrationId": self._ref("note"), "Parent": about, "Text": f"Check {self._mark}"},
        )
        await self._rule("a product link may be put twice, and is there once", self._links_once(opportunity))
        await self._rule("an unknown id answers 404, in the contract's form", self._unknown("/contacts/"))
        await self._rule("lists come in pages", self._pages("/products"))
        await self._rule("it says which version of the contract it speaks", self._version(), advice=True)

    async def brokerengine(self) -> None:
        """Read what the desk reads of BrokerEngine; nothing can be made there, so nothing is written."""
        if not await self._signs_in("/cards"):
            return
        await self._rule("lists come in pages", self._pages("/cards"))
        await self._rule("the cards of a list can be read, people and all", self._cards())
        await self._rule("an unknown id answers 404, in the contract's form", self._unknown("/cards/"))
        await self._rule("it says which version of the contract it speaks", self._version(), advice=True)

    # -- the rules -----------------------------------------------------------------------------------------

    _doubled = False

    async def _signs_in(self, path: str) -> bool:
        signed = await self._rule("client id and secret bring a token", self._answers(path))
        await self._rule("a wrong token answers 401", self._turned_away(path))
        return signed

    async def _answers(self, path: str) -> None:
        _expect(await self._wire.ask("GET", path, params={"page_size": "1"}), 200)

    async def _turned_away(self, path: str) -> None:
        _expect(await self._wire.ask("GET", path, token="not-a-token"), 401)  # noqa: S106 - none of ours

    async def _made(self, kind: str, path: str, body: Mapping[str, Any]) -> str:
        """Make a record, read it back under both names, and find it; gives its FLEXId, "" where it was not made."""
        ref = str(body["IntegrationId"])
        made: dict[str, Any] = {}

        async def make() -> None:
            self.left.append(Left(kind, "", ref))  # it may be there whatever the reply says
            made.update(_expect(await self._wire.ask("POST", path, body), 201))
            _same(made, body, ("IntegrationId",))
            _flex_id(made)
            self.left[-1] = Left(kind, made["FLEXId"], ref)

        async def read() -> None:
            for name in (made["FLEXId"], ref):
                held = _expect(await self._wire.ask("GET", f"{path}/{segment(name)}"), 200)
                _same(held, made, ("FLEXId", "IntegrationId"))
                _same(held, body, [name for name, value in body.items() if isinstance(value, str)])

        rule = f"{_A[kind]} can be made: 201, with its FLEXId and our IntegrationId"
        if not await self._rule(rule, make()):
            if self._refused:
                self.left.pop()
            return ""
        await self._rule(f"{_A[kind]} is read back as it was sent, under either name", read())
        await self._rule(
            f"{_A[kind]} is found by its IntegrationId, alone", self._found(path, ref, made["FLEXId"])
        )
        return str(made["FLEXId"])

    async def _found(self, path: str, ref: str, flex_id: str) -> None:
        items: list[Any] = []
        for wait in self._waits:
            await asyncio.sleep(wait)
            page = _expect(await self._wire.ask("GET", path, params={"IntegrationId": ref}), 200)
            items = page["items"] if isinstance(page.get("items"), list) else []
            if items:
                break
        ids = [item.get("FLEXId") if isinstance(item, dict) else None for item in items]
        if ids != [flex_id]:
            raise _BrokenRule(
                f"{len(ids)} records found, ours {'among' if flex_id in ids else 'not among'} them"
            )
        nobody = _expect(await self._wire.ask("GET", path, params={"IntegrationId": f"{ref}-no"}), 200)
        if nobody.get("items"):
            raise _BrokenRule("an IntegrationId that nothing bears finds something: the filter is not obeyed")

    async def _changes(self, contact: str) -> None:
        path = f"/contacts/{segment(contact)}"
        before = _expect(await self._wire.ask("GET", path), 200)
        change = {"MiddleName": "Check"}
        _expect(await self._wire.ask("PATCH", path, change), 200)
        after = _expect(await self._wire.ask("GET", path), 200)
        _same(after, before | change, ("FLEXId", "IntegrationId", "FirstName", "MiddleName", "LastName"))

    async def _twice(self, body: Mapping[str, Any]) -> None:
        reply = await self._wire.ask("POST", "/contacts", body)
        if 200 <= reply.status < 300:
            self._doubled = True
            self.left.append(
                Left("contact", str((reply.json_object() or {}).get("FLEXId", "")), body["IntegrationId"])
            )
        _expect(reply, 409)

    async def _refuses(self, body: Mapping[str, Any]) -> None:
        ref = self._ref("refused")
        reply = await self._wire.ask("POST", "/contacts", {**body, "IntegrationId": ref, "Xyzzy": "1"})
        if 200 <= reply.status < 300:
            self.left.append(Left("contact", str((reply.json_object() or {}).get("FLEXId", "")), ref))
        _expect(reply, 422)

    async def _links_once(self, opportunity: str) -> None:
        if not opportunity:
            raise _BrokenRule("there is no opportunity to link to")
        page = _expect(await self._wire.ask("GET", "/products", params={"page_size": "1"}), 200)
        if not page.get("items"):
            raise _BrokenRule("its catalogue is empty")
        links = f"/opportunities/{segment(opportunity)}/product-links"
        product = str(page["items"][0].get("ProductFLEXId"))
        for _ in range(2):
            _expect(await self._wire.ask("PUT", f"{links}/{segment(product)}", {"Selected": "Y"}), 200, 201)
        held = _expect(await self._wire.ask("GET", links), 200).get("items")
        if not isinstance(held, list) or len(held) != 1:
            raise _BrokenRule(f"{len(held) if isinstance(held, list) else 'no'} links after two equal ones")
        self.left.append(Left("product-link", str(held[0].get("FLEXId", "")), ""))

    async def _unknown(self, path: str) -> None:
        reply = await self._wire.ask("GET", f"{path}{self._ref('nothing')}")
        error = _expect(reply, 404).get("error")
        if not isinstance(error, dict) or not error.get("code") or "message" not in error:
            raise _BrokenRule('its body is not {"error": {"code", "message"}}')

    async def _pages(self, path: str) -> None:
        page = _expect(await self._wire.ask("GET", path, params={"page_size": "1"}), 200)
        missing = [name for name in ("items", "page", "page_size", "total", "next_page") if name not in page]
        if missing:
            raise _BrokenRule(f"a page lacks {', '.join(missing)}")
        if len(page["items"]) > 1:
            raise _BrokenRule("page_size=1 gives more than one")
        if page["total"] > 1 and page["next_page"] != 2:
            raise _BrokenRule("next_page is not 2 where there is more")

    async def _cards(self) -> None:
        items = _expect(await self._wire.ask("GET", "/cards", params={"page_size": "3"}), 200)["items"]
        if not items:
            raise _BrokenRule("there is no card to read")
        for item in items:
            card = _expect(await self._wire.ask("GET", f"/cards/{segment(str(item.get('id')))}"), 200)
            _same(card, item, ("id", "kind"))
            if not isinstance(card.get("people"), list) or card.get("kind") not in ("lead", "deal"):
                raise _BrokenRule("a card lacks its people, or is neither lead nor deal")

    async def _version(self) -> None:
        reply = await self._wire.ask("GET", "/openapi.yaml")
        if reply.status != 200:
            raise _BrokenRule(f"/openapi.yaml answered {reply.status}")
        found = version_in(reply.body.decode("utf-8", "replace"))
        ours = our_version(self._wire.address.system)
        if found is None or found.major != ours.major:
            raise _BrokenRule(f"it is not of version {ours.major}")

    # -- how a rule is held --------------------------------------------------------------------------------

    _refused = False

    async def _rule(self, rule: str, held: Any, *, advice: bool = False) -> bool:
        """Hold one rule; gives whether it is kept."""
        verdict, seen = CheckVerdict.KEPT, ""
        try:
            await held
        except _BrokenRule as broken:
            verdict, seen = (CheckVerdict.ADVICE if advice else CheckVerdict.BROKEN), str(broken)
        except DeskError as error:
            verdict, seen = CheckVerdict.NOT_REACHED, error.message
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            verdict, seen = CheckVerdict.BROKEN, f"the reply has another form ({type(error).__name__})"
        self._refused = re.match(r"it answered 4", seen) is not None
        self.findings.append(CheckFinding(rule, verdict, seen))
        return verdict is CheckVerdict.KEPT

    def _ref(self, what: str) -> str:
        return f"BD-CHECK-{self._mark}-{what}"


_A: Final = {
    kind: f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    for kind in ("contact", "opportunity", "property", "note")
}


def _expect(reply: HttpReply, *statuses: int) -> dict[str, Any]:
    """Give a reply's object where it has one of the statuses. Raises `_BrokenRule`."""
    if reply.status not in statuses:
        raise _BrokenRule(f"it answered {reply.status}, not {' or '.join(map(str, statuses))}")
    content = reply.json_object()
    if content is None:
        raise _BrokenRule(f"it answered {reply.status} without a JSON object")
    return content


def _same(held: Mapping[str, Any], wanted: Mapping[str, Any], names: Sequence[str]) -> None:
    others = [name for name in names if held.get(name) != wanted.get(name)]
    if others:
        raise _BrokenRule(f"another {', '.join(others)} than expected")


def _flex_id(made: Mapping[str, Any]) -> None:
    if not is_id(made.get("FLEXId")):
        raise _BrokenRule("it names no FLEXId")
