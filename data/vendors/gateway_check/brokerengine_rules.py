"""The rules of our BrokerEngine contract: what the desk reads, and FLEX IDs written back onto a card that is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from data.vendors.gateway_check.rules import PAGE, BrokenRule, GatewayRules, expect, items_of, same
from data.vendors.http.client import HttpClient, segment

_READ: Final = 3
"""Cards that the check reads."""
_ODD_ID: Final = "check/é 1"


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
