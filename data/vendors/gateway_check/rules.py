"""How one rule is held against a gateway, and the rules that both contracts have.

Nothing is sent twice to find out what became of it: a reply that is lost is a finding, and what may be there is told.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final

from core.errors import DeskError
from data.vendors.contract_version import FIRST, PATH, ContractVersion, our_version, version_in
from data.vendors.gateway_check.findings import CheckFinding, CheckVerdict, Left
from data.vendors.http.client import REQUEST_ID, HttpClient
from data.vendors.http.reply import HttpReply

PAGE: Final = ("items", "page", "page_size", "total", "next_page")
NEWER: Final = ContractVersion(1, 1)
"""What a gateway of this version has to keep; of an older gateway the same is advice."""
_SAME_FOR_BOTH: Final = (
    "How it slows the desk down (429 with Retry-After), and what it does when a token has run out.",
)


class BrokenRule(Exception):
    """A rule is not kept; the words say what was seen."""


class GatewayRules:
    """The rules of one contract, held one after the other against one gateway.

    `mark` is a text of 8 to 24 letters and digits that no record bears yet. `waits` are the seconds before each look
    for what was just made: an index may lag.
    """

    def __init__(self, wire: HttpClient, mark: str, waits: Sequence[float]) -> None:
        self.findings: list[CheckFinding] = []
        self.left: list[Left] = []
        self.not_tried: list[str] = [*_SAME_FOR_BOTH]
        self.version: ContractVersion | None = None
        self.wire = wire
        self.mark = mark
        self.waits = waits
        self.was_refused = False
        """True if the last rule was broken by a 4xx: then nothing was made."""

    @property
    def is_older(self) -> bool:
        """True if the gateway does not say that it speaks the newer version."""
        return self.is_older_than(NEWER)

    def is_older_than(self, version: ContractVersion) -> bool:
        """Return True if the gateway does not say that it speaks a version."""
        return not (self.version or FIRST).has(version)

    async def hold(self, rule: str, kept: Awaitable[None], *, advice: bool = False) -> bool:
        """Hold one rule; return True if it is kept. `advice` is a rule that need not be kept."""
        verdict, seen = CheckVerdict.KEPT, ""
        try:
            await kept
        except BrokenRule as broken:
            verdict, seen = (CheckVerdict.ADVICE if advice else CheckVerdict.BROKEN), str(broken)
        except DeskError as error:
            verdict, seen = CheckVerdict.NOT_REACHED, error.message
        except (KeyError, TypeError, AttributeError, ValueError):
            verdict = CheckVerdict.ADVICE if advice else CheckVerdict.BROKEN
            seen = "the reply has another form: a field is missing or of another kind"
        self.was_refused = re.match(r"it answered 4", seen) is not None
        self.findings.append(CheckFinding(rule, verdict, seen))
        return verdict is CheckVerdict.KEPT

    async def signs_in(self, path: str) -> bool:
        """Hold the rules of signing in; return True if the gateway can be asked further."""
        signed = await self.hold("client id and secret bring a token", self._answers(path))
        await self.hold("a wrong token answers 401", self._turned_away(path))
        return signed

    async def says_version(self) -> None:
        """Hold the rules of the version and of the request's name, and keep the version."""
        await self.hold("it says which version of the contract it speaks", self._version(), advice=True)
        await self.hold(
            "a reply names the request that it answers (Desk-Request-Id)", self._names_request(), advice=True
        )

    async def unknown(self, path: str) -> None:
        """Ask for a record that nobody has. Raises `BrokenRule`."""
        reply = await self.wire.ask("GET", f"{path}{self.ref('nothing')}")
        error = expect(reply, 404).get("error")
        if not isinstance(error, dict) or not error.get("code") or "message" not in error:
            raise BrokenRule('its body is not {"error": {"code", "message"}}')

    async def pages(self, path: str) -> None:
        """Read one page of a list. Raises `BrokenRule`."""
        page = expect(await self.wire.ask("GET", path, params={"page_size": "1"}), 200)
        if missing := [name for name in PAGE if name not in page]:
            raise BrokenRule(f"a page lacks {', '.join(missing)}")
        if len(page["items"]) > 1:
            raise BrokenRule("page_size=1 gives more than one")
        if page["total"] > 1 and page["next_page"] != 2:
            raise BrokenRule("next_page is not 2 where there is more")

    def ref(self, what: str) -> str:
        """Return a reference that only this check bears."""
        return f"BD-CHECK-{self.mark}-{what}"

    async def _answers(self, path: str) -> None:
        expect(await self.wire.ask("GET", path, params={"page_size": "1"}), 200)

    async def _turned_away(self, path: str) -> None:
        expect(await self.wire.ask("GET", path, token="not-a-token"), 401)  # noqa: S106 - none of ours

    async def _names_request(self) -> None:
        if REQUEST_ID not in (await self.wire.ask("GET", PATH)).headers:
            raise BrokenRule(
                "it does not give the header back, so the reply to another request is not noticed"
            )

    async def _version(self) -> None:
        reply = await self.wire.ask("GET", PATH)
        if reply.status != 200:
            raise BrokenRule(f"{PATH} answered {reply.status}, so it counts as {FIRST}")
        self.version = version_in(reply.body.decode("utf-8", "replace"))
        ours = our_version(self.wire.address.system)
        if self.version is None or self.version.major != ours.major:
            raise BrokenRule(f"it is not of version {ours.major}")
        if not self.version.has(ours):
            raise BrokenRule(
                f"it speaks {self.version}; ours is {ours}, and brokerdesk does without the rest"
            )


def expect(reply: HttpReply, *statuses: int) -> dict[str, Any]:
    """Return a reply's object if it has one of the statuses. Raises `BrokenRule`."""
    if reply.status not in statuses:
        raise BrokenRule(f"it answered {reply.status}, not {' or '.join(map(str, statuses))}")
    content = reply.json_object()
    if content is None:
        raise BrokenRule(f"it answered {reply.status} without a JSON object")
    return content


def items_of(page: Mapping[str, Any]) -> list[Any]:
    """Return the items of a page. Raises `BrokenRule`: a reply without a list is not an answer."""
    items = page.get("items")
    if not isinstance(items, list):
        raise BrokenRule("a list comes without `items`")
    return items


def same(held: Mapping[str, Any], wanted: Mapping[str, Any], names: Sequence[str]) -> None:
    """Compare some fields of two records. Raises `BrokenRule` with the names of those that differ."""
    others = [name for name in names if held.get(name) != wanted.get(name)]
    if others:
        raise BrokenRule(f"another {', '.join(others)} than expected")
