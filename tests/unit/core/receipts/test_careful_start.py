"""Sending many at once opens after three small pushes of that kind that arrived, each kind on its own."""

from __future__ import annotations

from itertools import count

import msgspec
import pytest

from core.errors import DeskError
from core.push.live_push import first_record
from core.push.plan import Asset, Entity, Operation, Step, System
from core.push.ports import R
from core.push.records import Push
from core.push.states import PushState
from core.receipts.careful_start import (
    FEW,
    NEEDED,
    PAGE,
    CarefulKind,
    CarefulStart,
    limit_in_words,
    progress_in_words,
    proves,
)
from core.receipts.records import ReceiptRecord
from tests.support.fakes import FakeBook

ALL = {"arrived": 2, "differs": 0, "not-read": 0, "not-sent": 1, "by-hand": 0}
FLEX, SN, TE = System.FLEX, System.SIMPLENEXUS, System.TOTAL_EXPERT
WHOLE = (Entity.PERSON, Entity.OPPORTUNITY)
NUMBERS = count(1)


def receipt(push_id: str, asset: Asset = Asset.CARD, *, number: int = 0, **more: object) -> ReceiptRecord:
    written = ReceiptRecord(
        number or next(NUMBERS), push_id, asset, "C-1", "a", "b", 1.0, "c", True, ALL, done=True
    )
    return msgspec.structs.replace(written, **more)


async def card(book: FakeBook, push_id: str, card_id: str, *entities: Entity) -> None:
    """Put a push of a card that arrived into the book; it created these records."""
    steps = [
        Step(f"R{n}", FLEX, entity, Operation.CREATE, f"{n}", "Cy", {}) for n, entity in enumerate(entities)
    ]
    push = Push(push_id, Asset.CARD, card_id, "h", PushState.DONE, "m.hale", 1.0, 2.0, len(steps))
    records = [first_record(push_id, n, step) for n, step in enumerate(steps)]
    await book.commit(push, *records, receipt(push_id, about=card_id))


async def sync(book: FakeBook, push_id: str, **sent: int) -> None:
    """Put a sync that arrived into the book; `sent` is the number of records for each system."""
    systems = [system for system, name in ((SN, "sn"), (TE, "te")) for _ in range(sent.get(name, 0))]
    steps = [
        Step(f"R{n}", system, Entity.CONTACT, Operation.CREATE, f"{n}", "Cy", {})
        for n, system in enumerate(systems)
    ]
    push = Push(push_id, Asset.SYNC, "contacts", "h", PushState.DONE, "m.hale", 1.0, 2.0, len(steps))
    records = [first_record(push_id, n, step) for n, step in enumerate(steps)]
    await book.commit(push, *records, receipt(push_id, Asset.SYNC))


async def test_three_receipts_open_a_kind_and_no_other() -> None:
    book = FakeBook()
    careful = CarefulStart(book, on=True)
    for n in range(NEEDED):
        assert await careful.arrived(CarefulKind.CARDS) == n
        with pytest.raises(DeskError) as caught:
            await careful.check(CarefulKind.CARDS, 2)
        assert caught.value.code == "careful-start"
        assert f"{n or 'none'} of 3 single pushes of cards" in caught.value.message
        assert "one card at a time" in caught.value.fix
        await careful.check(CarefulKind.CARDS, 1)
        await card(book, f"P{n}", f"C-{n}", *WHOLE)
    await careful.check(CarefulKind.CARDS, 500)
    with pytest.raises(DeskError):
        await careful.check(CarefulKind.MILESTONES, 2)
    with pytest.raises(DeskError):
        await careful.check_unasked(CarefulKind.MILESTONES)


async def test_without_the_rule_everything_is_open() -> None:
    careful = CarefulStart(FakeBook(), on=False)
    for kind in CarefulKind:
        await careful.check(kind, 10_000)
        await careful.check_unasked(kind)


async def test_the_last_receipt_of_a_push_counts_and_one_push_counts_once() -> None:
    book = FakeBook()
    careful = CarefulStart(book, on=True)
    await card(book, "P1", "C-1", *WHOLE)
    await book.commit(receipt("P1", number=901), receipt("P1", number=902), receipt("P1", number=903))
    assert await careful.arrived(CarefulKind.CARDS) == 1
    await book.commit(receipt("P1", number=904, all_arrived=False, counts={**ALL, "differs": 1}))
    assert await careful.arrived(CarefulKind.CARDS) == 0


class CountingBook(FakeBook):
    """Counts the records of the receipts that are read."""

    read = 0

    async def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        found = await super().newest(kind, count, skip=skip)
        self.read += len(found)
        return found


async def test_an_open_kind_is_known_by_the_newest_receipts_and_a_closed_one_by_all() -> None:
    book = CountingBook()
    careful = CarefulStart(book, on=True)
    await card(book, "P-first", "C-first", *WHOLE)
    await book.commit(*(receipt(f"M{n}", Asset.MILESTONE) for n in range(2 * PAGE + 7)))
    assert await careful.arrived(CarefulKind.CARDS) == 1
    assert book.read == 2 * PAGE + 8
    book.read = 0
    assert await careful.arrived(CarefulKind.MILESTONES) == NEEDED
    assert book.read == PAGE


async def test_a_card_counts_once_and_its_people_sent_again_do_not_count() -> None:
    book = FakeBook()
    careful = CarefulStart(book, on=True)
    await card(book, "P1", "C-1", *WHOLE)
    await card(book, "P2", "C-1", *WHOLE)
    await card(book, "P3", "C-2", Entity.PERSON)
    await card(book, "P4", "C-3", Entity.PERSON)
    assert await careful.arrived(CarefulKind.CARDS) == 1
    await card(book, "P5", "C-2", *WHOLE)
    assert await careful.arrived(CarefulKind.CARDS) == 2


async def test_the_limit_of_a_kind_ends_with_its_own_three_pushes() -> None:
    book = FakeBook()
    careful = CarefulStart(book, on=True)
    assert (await careful.largest(CarefulKind.CARDS), await careful.largest(CarefulKind.CONTACTS)) == (1, FEW)
    for n in range(NEEDED):
        await sync(book, f"P{n}", te=1)
    assert await careful.largest(CarefulKind.CONTACTS) is None
    assert await careful.largest(CarefulKind.PROSPECTS) == FEW
    assert await CarefulStart(FakeBook(), on=False).largest(CarefulKind.CARDS) is None
    assert "1 of 3 small syncs to SimpleNexus" in limit_in_words(CarefulKind.PROSPECTS, 1)


@pytest.mark.parametrize(
    ("counts", "not_given", "done", "proof"),
    [
        ({"arrived": 4, "not-read": 2}, 2, True, True),
        ({"arrived": 4, "not-read": 2}, 1, True, False),
        ({"arrived": 0, "not-read": 2}, 2, True, False),
        ({"arrived": 4, "not-read": 2, "differs": 1}, 2, True, False),
        ({"arrived": 4, "not-read": 2}, 2, False, False),
    ],
)
def test_what_a_system_never_gives_back_is_no_doubt(
    counts: dict[str, int], not_given: int, done: bool, proof: bool
) -> None:
    written = receipt("P1", all_arrived=False, counts=counts, not_given=not_given, done=done)
    assert proves(written) is proof


async def test_a_sync_counts_for_each_system_by_its_size_there() -> None:
    book = FakeBook()
    careful = CarefulStart(book, on=True)
    await sync(book, "P1", sn=1, te=FEW)
    await sync(book, "P2", sn=FEW + 1, te=1)
    await sync(book, "P3", te=2)
    await sync(book, "P4", sn=200, te=3)
    assert await careful.arrived(CarefulKind.PROSPECTS) == 1
    assert await careful.arrived(CarefulKind.CONTACTS) == NEEDED
    await careful.check(CarefulKind.CONTACTS, 5_000)
    await careful.check_unasked(CarefulKind.CONTACTS)
    await careful.check(CarefulKind.PROSPECTS, FEW)
    with pytest.raises(DeskError) as caught:
        await careful.check(CarefulKind.PROSPECTS, FEW + 1)
    assert "sync --limit 5" in caught.value.fix


def test_doctor_says_how_far_a_kind_is() -> None:
    assert "closed; 2 of 3" in progress_in_words(CarefulKind.CARDS, 2)
    assert "open; 3 of 3" in progress_in_words(CarefulKind.CARDS, 3)
