"""How far a desk has watched: the next poll begins at the latest record, and never in the future."""

from __future__ import annotations

import msgspec
import pytest

from core.milestones.events import EventKind, MilestoneEvent
from core.milestones.fact_store import FactStore
from tests.support.fakes import FakeBook

NOW = 1_800_000_000.0
DAY = 86_400.0


def made(application: str, at: float, received: float = NOW) -> MilestoneEvent:
    return MilestoneEvent(f"read-{at:.0f}", EventKind.MADE, application, at, received)


async def store(book: FakeBook | None = None) -> FactStore:
    facts = FactStore(book or FakeBook(), keeps=True)
    await facts.load(NOW - DAY)
    return facts


async def test_the_next_poll_begins_at_the_latest_record() -> None:
    facts = await store()
    await facts.take([made("A1", NOW - 50), made("A2", NOW - 90)], polled=True)
    assert facts.poll_from(NOW + 300) == NOW - 50


async def test_a_record_that_is_dated_in_the_future_stops_no_polling() -> None:
    facts = await store()
    await facts.take([made("A1", NOW - 50), made("A2", NOW + 400 * DAY)], polled=True)
    assert facts.poll_from(NOW + 300) == NOW - 50
    assert set(facts.state.applications) == {"A1", "A2"}


async def test_what_is_the_future_is_said_by_the_vendors_clock() -> None:
    facts = await store()
    await facts.take([], ahead=3_600.0)  # this desk's clock is an hour ahead
    await facts.take([made("A1", NOW - 3_650), made("A2", NOW - 10)], polled=True)
    assert facts.poll_from(NOW) == NOW - 3_650


async def test_a_book_that_waits_for_a_day_in_the_future_polls_everything_once_more() -> None:
    """The desk's clock was wrong, so nobody knows up to where it polled."""
    book = FakeBook()
    facts = await store(book)
    await facts.take([made("A1", NOW + 400 * DAY, NOW + 400 * DAY)], polled=True)
    facts = await store(book)
    assert facts.poll_from(NOW) == facts.watch.since == NOW - DAY
    await facts.take([made("A2", NOW - 50)], polled=True)
    assert facts.poll_from(NOW + 300) == NOW - 50, "from now on it polls what is new"


@pytest.mark.parametrize("found", [[], [made("A2", NOW + 30)]])
async def test_a_vendors_clock_that_was_wrong_for_one_reply_stops_no_polling(
    found: list[MilestoneEvent],
) -> None:
    facts = await store()
    await facts.take([made("A1", NOW + 400 * DAY)], polled=True, ahead=-400 * DAY)
    await facts.take(found, polled=True, ahead=0.0)
    assert facts.poll_from(NOW) == (NOW if found else NOW - DAY)


def happened(what: EventKind, at: float, received: float = NOW) -> MilestoneEvent:
    subject = "B1" if what in PEOPLE else "A1"
    return MilestoneEvent(f"e-{at:.0f}", what, subject, at, received)


PEOPLE = (EventKind.ACCOUNT, EventKind.PARTNER, EventKind.CALCULATED, EventKind.SIGNED_IN)
LATEST = (EventKind.CHANGED, EventKind.IMPORTED, EventKind.PROMPTED)
EARLIEST = (*PEOPLE, EventKind.BEGUN, EventKind.MADE, EventKind.SUBMITTED)


def times_of(facts: FactStore) -> set[float]:
    records = [*facts.state.applications.values(), *facts.state.people.values()]
    told = [msgspec.structs.asdict(record) for record in records]
    return {value for fields in told for value in fields.values() if isinstance(value, float) and value}


@pytest.mark.parametrize("what", [*LATEST, *EARLIEST])
@pytest.mark.parametrize("years", [1, 5, 900])
async def test_an_event_from_the_future_counts_from_its_receipt_and_hides_no_later_one(
    what: EventKind, years: int
) -> None:
    facts = await store()
    await facts.take([happened(what, NOW + years * 365 * DAY)])
    assert times_of(facts) == {NOW}
    await facts.take([happened(what, NOW + 3_000, NOW + 3_001)])
    wanted = {NOW + 3_000} if what in LATEST else {NOW}
    assert times_of(facts) == (wanted if what is not EventKind.BEGUN else {NOW, NOW + 3_000})


async def test_the_borrower_of_an_event_from_the_future_gives_way_to_a_later_one() -> None:
    facts = await store()
    first = MilestoneEvent("e-1", EventKind.CHANGED, "A1", NOW + 800 * DAY, NOW, "B1")
    await facts.take([first, MilestoneEvent("e-2", EventKind.CHANGED, "A1", NOW + 60, NOW + 61, "B2")])
    assert facts.state.applications["A1"].person == "B2"


@pytest.mark.parametrize("hours", [0.1, 3, 23])
async def test_an_event_that_is_some_hours_ahead_keeps_its_time(hours: float) -> None:
    """The desk's own clock may be wrong, and nobody has read the vendor's yet."""
    facts = await store()
    await facts.take([happened(EventKind.CHANGED, NOW + 3_600 * hours)])
    assert times_of(facts) == {NOW + 3_600 * hours}
