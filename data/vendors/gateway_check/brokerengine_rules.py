"""The rules of our BrokerEngine contract: what the desk reads, and FLEX IDs written back onto a card that is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from data.vendors.card_list import LARGE_PAGE
from data.vendors.contract_version import ContractVersion
from data.vendors.gateway_check.rules import PAGE, BrokenRule, GatewayRules, expect, items_of, same
from data.vendors.http.client import HttpClient, segment

_READ: Final = 3
"""Cards that the check reads."""
_ODD_ID: Final = "check/é 1"
LARGE_BOARDS: Final = ContractVersion(1, 2)
"""What a gateway of this version has to keep about large boards; of an older gateway the same is advice."""
_MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"


class BrokerEngineRules(GatewayRules):
    """What the desk does to BrokerEngine. `card` is the ID of a card that may be written to, "" for none."""

    def __init__(self, wire: HttpClient, mark: str, waits: Sequence[float], card: str) -> None:
        super().__init__(wire, mark, waits)
        self._card = card
        self._cards: list[dict[str, Any]] = []
        self._named: dict[str, Any] = {}

    async def run(self) -> None:
        """Walk through what the desk does to BrokerEngine."""
        if not await self.signs_in("/cards"):
            return
        await self.says_version()
        await self.hold("lists come in pages", self.pages("/cards"))
        await self.hold("the cards of a list can be read, people and all", self._read_cards())
        await self._large_boards()
        await self._papers()
        await self._people()
        await self.hold("an unknown id answers 404, in the contract's form", self.unknown("/cards/"))
        if self._card:
            await self._write_backs()
        else:
            self.not_tried.append(
                "FLEX IDs written back: name a card of a test system with --card; its FLEX ID is put back afterwards."
            )

    # -- what is read ------------------------------------------------------------------------------------

    async def _read_cards(self) -> None:
        page = expect(await self.wire.ask("GET", "/cards", params={"page_size": str(_READ)}), 200)
        items = items_of(page)
        if not items:
            raise BrokenRule("there is no card to read")
        for item in items:
            card = expect(await self.wire.ask("GET", f"/cards/{segment(str(item.get('id')))}"), 200)
            same(card, item, ("id", "kind"))
            if not isinstance(card.get("people"), list) or card.get("kind") not in ("lead", "deal"):
                raise BrokenRule("a card lacks its people, or is neither lead nor deal")
            self._cards.append(card)

    async def _large_boards(self) -> None:
        advice = self.is_older_than(LARGE_BOARDS)
        await self.hold("the cards can be read by place, each once", self._by_place(), advice=advice)
        await self.hold(
            f"a page may hold {LARGE_PAGE:,} cards, and the number of cards on the board comes with it",
            self._large_page(),
            advice=advice,
        )
        await self.hold("it gives its clock, and what changed since", self._changed_since(), advice=advice)

    async def _by_place(self) -> None:
        first = await self._page(page_size="1")
        place, ids = first.get("next_after"), [item["id"] for item in items_of(first)]
        if first["total"] <= 1:
            if place is not None:
                raise BrokenRule("next_after is not null where nothing follows")
            return
        if not isinstance(place, str) or not place:
            raise BrokenRule("next_after isn't a text where there is more")
        behind = await self._page(after=place, page_size=str(_READ - 1))
        ids += [item["id"] for item in items_of(behind)]
        wanted = [item["id"] for item in items_of(await self._page(page_size=str(_READ)))]
        if ids != wanted[: len(ids)] or len(ids) < 2:
            raise BrokenRule("the cards behind a place are not those that follow")

    async def _large_page(self) -> None:
        later = (datetime.now(UTC) + timedelta(days=365)).strftime(_MOMENT)
        page = await self._page(page_size=str(LARGE_PAGE), updated_after=later)
        if page["total"] or items_of(page):
            raise BrokenRule("cards changed after a moment that is a year ahead")
        whole = await self._page(page_size="1")
        if page.get("board_total") != whole["total"]:
            raise BrokenRule("board_total is not the number of cards on the board")

    async def _changed_since(self) -> None:
        reply = await self.wire.ask("GET", "/cards", params={"page_size": "1"})
        if reply.date is None:
            raise BrokenRule("there is no Date in the reply")
        for item in items_of(expect(reply, 200)):
            at = datetime.fromisoformat(item["updated_at"]) - timedelta(seconds=1)
            if not (await self._page(page_size="1", updated_after=at.astimezone(UTC).strftime(_MOMENT)))[
                "total"
            ]:
                raise BrokenRule("updated_after leaves out a card that changed later")

    async def _page(self, **params: str) -> dict[str, Any]:
        return expect(await self.wire.ask("GET", "/cards", params=params), 200)

    async def _papers(self) -> None:
        for card in self._cards[:1]:
            await self.hold("a card's notes come in pages", self._read_notes(str(card["id"])))
        fact_finds = [found for card in self._cards if isinstance(found := card.get("fact_find"), dict)]
        if fact_finds:
            await self.hold("a Fact Find can be read", self._read_fact_find(str(fact_finds[0].get("id"))))
        else:
            self.not_tried.append(f"Reading a Fact Find: none of the first {_READ} cards has one.")
        self.not_tried.append("Files of notes: their content is not read.")

    async def _read_notes(self, card_id: str) -> None:
        page = expect(await self.wire.ask("GET", f"/cards/{segment(card_id)}/notes"), 200)
        items_of(page)
        if missing := [name for name in PAGE if name not in page]:
            raise BrokenRule(f"a page lacks {', '.join(missing)}")

    async def _read_fact_find(self, fact_find_id: str) -> None:
        held = expect(await self.wire.ask("GET", f"/fact-finds/{segment(fact_find_id)}"), 200)
        same(held, {"id": fact_find_id}, ("id",))
        if not isinstance(held.get("people"), list):
            raise BrokenRule("a Fact Find comes without its people")

    async def _people(self) -> None:
        people = [person_id for card in self._cards if (person_id := _first_person(card))]
        if people:
            await self.hold("a person of a card can be read", self._read_person(people[0]))
        else:
            self.not_tried.append(f"Reading a person: the first {_READ} cards have none.")

    async def _read_person(self, person_id: str) -> None:
        same(
            expect(await self.wire.ask("GET", f"/contacts/{segment(person_id)}"), 200),
            {"id": person_id},
            ("id",),
        )

    # -- what is written -----------------------------------------------------------------------------------

    async def _write_backs(self) -> None:
        path = f"/cards/{segment(self._card)}"
        if not await self.hold("the card that is named can be read", self._read_named(path)):
            self.not_tried.append("FLEX IDs written back: the card that is named can't be read.")
            return
        flex_id = f"1-{self.mark[:8].upper()}"
        link = {"flex_id": flex_id, "flex_kind": "opportunity"}
        await self.hold(
            "a FLEX ID can be written on a card, nothing else changes, and it can be put back",
            self._writes(path, link),
        )
        await self.hold(
            "a card takes a FLEX ID of any form",
            self._writes(path, link | {"flex_id": _ODD_ID}),
            advice=self.is_older,
        )
        await self.hold(
            "a card that was written to is among those that changed",
            self._shows_the_change(path, link),
            advice=self.is_older_than(LARGE_BOARDS),
        )
        if person_id := _first_person(self._named):
            path = f"/contacts/{segment(person_id)}"
            await self.hold(
                "a FLEX ID can be written on a person, nothing else changes, and it can be put back",
                self._writes(path, {"flex_id": flex_id}),
            )
        else:
            self.not_tried.append("A FLEX ID written on a person: the card has nobody.")

    async def _read_named(self, path: str) -> None:
        self._named = expect(await self.wire.ask("GET", path), 200)

    async def _writes(self, path: str, change: Mapping[str, str]) -> None:
        """Write a FLEX ID, read the record, and put back what was there. Raises `BrokenRule`."""
        before = expect(await self.wire.ask("GET", path), 200)
        old = {name: before.get(name) for name in change}
        try:
            said = expect(await self.wire.ask("PATCH", path, change), 200)
            same(said, {**change, "id": before["id"]}, (*change, "id"))
            held = expect(await self.wire.ask("GET", path), 200)
            same(held, {**before, **change}, [name for name in before if name != "updated_at"])
        finally:
            await self._put_back(path, old)

    async def _shows_the_change(self, path: str, change: Mapping[str, str]) -> None:
        """Write a FLEX ID, look for the card among what changed, and put back what was there. Raises `BrokenRule`."""
        before = await self.wire.ask("GET", path)
        card = expect(before, 200)
        if before.date is None:
            raise BrokenRule("there is no Date in the reply")
        since = datetime.fromtimestamp(before.date - 1, UTC).strftime(_MOMENT)
        try:
            expect(await self.wire.ask("PATCH", path, change), 200)
            changed = items_of(await self._page(page_size=str(LARGE_PAGE), updated_after=since))
            if all(item.get("id") != card["id"] for item in changed):
                raise BrokenRule("it is not among them")
        finally:
            await self._put_back(path, {name: card.get(name) for name in change})

    async def _put_back(self, path: str, old: Mapping[str, Any]) -> None:
        reply = await self.wire.ask("PATCH", path, old)
        held = expect(await self.wire.ask("GET", path), 200)
        if reply.status != 200 or any(held.get(name) != value for name, value in old.items()):
            raise BrokenRule(f"the FLEX ID that was there could not be put back on {path}: do it by hand")


def _first_person(card: Mapping[str, Any]) -> str:
    """Return the ID of the first person of a card, or ""."""
    people = card.get("people")
    first = people[0] if isinstance(people, list) and people else None
    contact = first.get("contact") if isinstance(first, dict) else None
    return str(contact.get("id") or "") if isinstance(contact, dict) else ""
