"""What a first start writes: the same for the same seed, and both systems in agreement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.sandbox import server
from data.sandbox.seeding.cards import DEAL_STAGES, LEAD_STAGES, seed
from data.sandbox.server import Seeding, SeedSizes
from data.sandbox.store import Store, Wanted
from data.sandbox.systems.brokerengine import NAME as BE
from data.sandbox.systems.flex import NAME as FX

CARDS = 300


def filled(path: Path, number: int = 1, cards: int = CARDS) -> Store:
    store = Store(path)
    with store.transaction():
        seed(store, number, cards)
    return store


def held(store: Store, system: str, kind: str) -> list[dict[str, Any]]:
    return store.find(system, kind, Wanted())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return filled(tmp_path_factory.mktemp("seed") / "s.sqlite")


def test_the_same_seed_gives_the_same_records_and_another_others(store: Store, tmp_path: Path) -> None:
    again, other = filled(tmp_path / "a"), filled(tmp_path / "b", number=2)
    for system, kind in (
        (BE, "cards"),
        (BE, "contacts"),
        (BE, "notes"),
        (FX, "contacts"),
        (FX, "opportunities"),
    ):
        assert held(again, system, kind) == held(store, system, kind)
        assert held(other, system, kind) != held(store, system, kind)
    assert held(other, BE, "cards")[:14] == held(store, BE, "cards")[:14]
    assert held(other, FX, "products") == held(store, FX, "products")


def test_the_planted_cards_are_there_however_few_are_asked_for(tmp_path: Path) -> None:
    assert len(held(filled(tmp_path / "s", cards=0), BE, "cards")) == 14


def test_the_number_of_cards_is_the_one_asked_for(store: Store) -> None:
    cards = held(store, BE, "cards")
    assert [card["id"] for card in cards] == [f"C-{1001 + place}" for place in range(CARDS)]
    contacts = held(store, BE, "contacts")
    assert [c["id"] for c in contacts] == [f"P-{2001 + place}" for place in range(len(contacts))]


def test_stages_fit_the_kind_of_card(store: Store) -> None:
    for card in held(store, BE, "cards"):
        assert card["stage"] in (LEAD_STAGES if card["kind"] == "lead" else DEAL_STAGES)


def test_every_link_names_a_record_that_flex_holds_with_the_same_people(store: Store) -> None:
    contacts = {contact["id"]: contact for contact in held(store, BE, "contacts")}
    linked = [card for card in held(store, BE, "cards") if card["flex_id"] is not None]
    assert CARDS / 10 < len(linked) < CARDS / 3
    for card in linked:
        kind = {"opportunity": "opportunities", "application": "applications"}[card["flex_kind"]]
        record = store.get(FX, kind, card["flex_id"])
        assert record is not None
        people = [contacts[person["contact_id"]] for person in card["people"]]
        assert [a["FLEXId"] for a in record["Applicants"]] == [person["flex_id"] for person in people]
        for person in people:
            twin = store.get(FX, "contacts", person["flex_id"])
            assert twin is not None
            assert (twin["FirstName"], twin["LastName"]) == (person["first_name"], person["last_name"])


def test_flex_goes_on_counting_after_its_last_record(store: Store) -> None:
    held_ids = {
        r.get("FLEXId") or r["ProductFLEXId"] for k in ("contacts", "products") for r in held(store, FX, k)
    }
    with store.transaction():
        number = store.next_number("flex-id", 0)
    assert number == int("6D9UB", 36) + sum(
        len(held(store, FX, kind))
        for kind in ("contacts", "opportunities", "applications", "properties", "products")
    )
    assert held_ids


def test_people_are_invented(store: Store) -> None:
    for contact in held(store, BE, "contacts"):
        if contact["email"]:
            assert all(
                x.endswith((".example", "example.com", "example.net")) for x in contact["email"].split("; ")
            )
        if contact["birth_date"]:
            assert "1900" <= contact["birth_date"][:4] <= "2005"
        for number in contact["phones"].values():
            assert number is None or number.startswith(("0491 57", "(0")) or number == "see notes"


def test_about_one_card_in_forty_is_odd_and_there_are_gaps(store: Store) -> None:
    drawn = held(store, BE, "cards")[14:]
    contacts = held(store, BE, "contacts")
    assert any(card["property"] is None for card in drawn)
    assert any(card["requirements"]["loan_amount"] is None for card in drawn)
    assert any(contact["email"] is None for contact in contacts)
    assert any(contact["birth_date"] is None for contact in contacts)
    assert any(len(card["people"]) > 2 for card in drawn)


@pytest.mark.parametrize("largest", [0, 4 << 20], ids=["drawn again", "copied"])
def test_a_second_seeding_gives_what_the_first_one_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, largest: int
) -> None:
    monkeypatch.setattr(server, "_LARGEST_COPY", largest)
    store = Store(tmp_path / "s.sqlite")
    seeding = Seeding(store, 1, SeedSizes(cards=3, contacts=5))
    seeding.run()
    first = {kind: held(store, BE, kind) for kind in ("cards", "contacts", "notes")}
    with store.transaction():
        store.remove(BE, "cards", first["cards"][0]["id"])
        store.next_number("a number of today", 7)
    seeding.run()
    assert {kind: held(store, BE, kind) for kind in first} == first
    assert store.number("a number of today") is None
    store.close()
