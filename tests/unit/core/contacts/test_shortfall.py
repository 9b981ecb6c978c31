"""A full read that lacks many records is noticed, and kept in mind until the records come or a person answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

import pytest

from core.contacts.model import Contact
from core.contacts.ports import Batch, Owner, RejectedContact
from core.contacts.reading.copy import ContactCopy
from core.contacts.reading.reader import DAY, ContactReader, WhyFull
from core.contacts.reading.shortfall import (
    OWNER_FLOOR,
    ExpectedRecords,
    MissingRecord,
    RecordCount,
    Shortfall,
    is_too_many,
    lacks_an_owners_page,
    missing_among,
)
from core.push.plan import System
from tests.support.copies import CopiesInMemory
from tests.support.fakes import LoopClock

TE = System.TOTAL_EXPERT


def expected(number: int, owner: str = "o", **more: Any) -> ExpectedRecords:
    return ExpectedRecords({f"{owner}{n}": owner for n in range(number)}, 0, 5.0, **more)


@pytest.mark.parametrize(
    ("missing", "had", "is_so"),
    [
        (0, 0, False),
        (10, 100, False),
        (11, 100, True),
        (1, 10, False),
        (1, 9, True),
        (1, 5, True),
        (21, 200, True),
    ],
)
def test_over_a_tenth_is_too_many_also_of_a_few(missing: int, had: int, is_so: bool) -> None:
    assert is_too_many(missing, had) is is_so


def test_new_records_do_not_hide_that_others_are_missing() -> None:
    found = {f"o{n}" for n in range(80)} | {f"new{n}" for n in range(20)}
    short = missing_among(expected(100), found)
    assert short is not None
    assert (short.had, short.had_at, short.missing) == (100, 5.0, 20)
    assert {record.id for record in short.records} == {f"o{n}" for n in range(80, 100)}
    assert missing_among(expected(100), {f"o{n}" for n in range(100)}) is None


def test_a_number_alone_is_compared_if_no_id_is_known() -> None:
    known = ExpectedRecords.of_count(RecordCount(90, 7.0, Shortfall(100, 5.0, 10)))
    assert (known.unnamed, known.at) == (100, 5.0)
    short = missing_among(known, {f"x{n}" for n in range(85)})
    assert short == Shortfall(100, 5.0, 15)
    assert missing_among(known, {f"x{n}" for n in range(100)}) is None


def test_what_came_is_missing_no_more() -> None:
    short = Shortfall(100, 5.0, 2, (MissingRecord("a", "o"), MissingRecord("b", "o")))
    assert short.without({"a", "z"}) == Shortfall(100, 5.0, 1, (MissingRecord("b", "o"),))
    assert short.without({"a", "b"}) is None


@pytest.mark.parametrize(
    ("missing", "of", "is_so"),
    [(OWNER_FLOOR - 1, 20, False), (OWNER_FLOOR, 100, True), (OWNER_FLOOR, 10 * OWNER_FLOOR, False)],
)
def test_a_page_of_one_owner_is_noticed_in_a_large_system(missing: int, of: int, is_so: bool) -> None:
    owners = {f"a{n}": "a" for n in range(of)} | {f"b{n}": "b" for n in range(5_000)}
    everything = ExpectedRecords(owners, 0, 5.0)
    short = missing_among(everything, set(owners) - {f"a{n}" for n in range(missing)})
    assert short is not None
    assert not is_too_many(short.missing, short.had)
    assert lacks_an_owners_page(short, everything) is is_so


class Pages:
    """A system of which pages can be lost."""

    system = TE
    lists_by_owner = False

    def __init__(self, number: int) -> None:
        self.there = [Contact(f"T{n}", email=f"t{n}@x.example", owner="301") for n in range(number)]
        self.lost = 0
        self.changed: list[Contact] = []
        self.aside: tuple[RejectedContact, ...] = ()
        self.users = [Owner("301", "dana@desk.example")]

    async def owners(self) -> tuple[list[Owner], list[RejectedContact]]:
        return self.users, []

    async def contacts(self, owners: Sequence[Owner]) -> AsyncIterator[Batch]:
        yield Batch(tuple(self.there[self.lost :]), self.aside, at=1_700_000_000.0)

    async def changes(self, owners: Sequence[Owner], since: float) -> AsyncIterator[Batch]:
        yield Batch(tuple(self.changed), at=1_700_000_000.0)

    async def gone_among(self, contacts: Collection[Contact]) -> set[str]:
        return {contact.id for contact in contacts if contact not in self.there}

    async def ids_by_email(self, emails: Collection[str], owners: Collection[str]) -> set[str]:
        return set()


class Read:
    """A reader over such a system, with a store that outlives it."""

    def __init__(self, number: int = 100) -> None:
        self.pages = Pages(number)
        self.store = CopiesInMemory()
        self.reader = self.anew()

    def anew(self) -> ContactReader:
        return ContactReader(self.pages, LoopClock(), self.store, 7 * DAY)

    async def full(self) -> int | None:
        short = (await self.reader.read_all(lambda system, count: None))[1].shortfall
        return short.missing if short is not None else None

    async def changes(self) -> int | None:
        short = (await self.reader.read(lambda system, count: None))[1].shortfall
        return short.missing if short is not None else None


async def test_a_short_read_stays_short_until_the_records_come_or_a_person_gives_their_number() -> None:
    read = Read()
    assert await read.full() is None
    read.pages.lost = 20
    assert await read.full() == 20
    assert await read.full() == 20, "the second read is compared with what was there before the first"
    assert await read.changes() == 20
    read.reader = read.anew()
    assert await read.changes() == 20, "another process knows it"
    read.pages.changed = read.pages.there[:3]
    assert await read.changes() == 17
    assert not await read.reader.accept_missing(20)
    assert await read.changes() == 17
    assert await read.reader.accept_missing(17)
    assert await read.changes() is None
    read.reader = read.anew()
    assert await read.changes() is None


async def test_the_records_that_come_back_end_it() -> None:
    read = Read()
    await read.full()
    read.pages.lost = 20
    assert await read.full() == 20
    read.pages.lost = 0
    assert await read.full() is None


async def test_what_was_accepted_is_the_new_measure() -> None:
    read = Read()
    await read.full()
    read.pages.lost = 20
    await read.full()
    assert await read.reader.accept_missing(20)
    assert await read.full() is None
    read.pages.lost = 29
    assert await read.full() == 9, "9 of 80"


async def test_a_record_that_can_not_be_used_is_not_missing() -> None:
    read = Read()
    await read.full()
    read.pages.lost = 20
    read.pages.aside = tuple(RejectedContact(TE, f"T{n}", "no email") for n in range(15))
    assert await read.full() is None, "5 of 100"


async def test_a_lost_copy_does_not_forget_how_many_there_were() -> None:
    class WithoutCopies(CopiesInMemory):
        def load(self, system: System) -> ContactCopy | None:
            return None

        def is_current(self, system: System) -> bool:
            return False

    read = Read()
    read.store = WithoutCopies()
    read.reader = read.anew()
    await read.full()
    read.pages.lost = 20
    assert await read.full() == 20
    assert await read.full() == 20


async def test_known_removals_are_not_missing() -> None:
    read = Read()
    await read.full()
    gone, read.pages.there = read.pages.there[:30], read.pages.there[30:]
    assert await read.reader.gone_among(gone) == {contact.id for contact in gone}
    assert await read.full() is None


async def test_owners_who_vanish_by_the_page_cause_a_full_read() -> None:
    read = Read()
    read.pages.lists_by_owner = True
    await read.full()

    read.pages.users = []  # a page of owners never came
    read.pages.lost = 100
    said = (await read.reader.read(lambda system, count: None))[1]
    assert said.why is WhyFull.OWNERS
    assert said.shortfall is not None
    assert said.shortfall.missing == 100


@pytest.mark.parametrize(("by_owner", "missing"), [(True, OWNER_FLOOR), (False, None)])
async def test_a_lost_page_of_one_owner_counts_where_records_are_listed_by_owner(
    by_owner: bool, missing: int | None
) -> None:
    read = Read(OWNER_FLOOR + 10)
    read.pages.lists_by_owner = by_owner
    read.pages.there += [Contact(f"B{n}", owner="302") for n in range(1_000)]
    read.pages.users.append(Owner("302", "jo@desk.example"))
    await read.full()
    read.pages.lost = OWNER_FLOOR
    assert await read.full() == missing
    assert await read.full() == missing
