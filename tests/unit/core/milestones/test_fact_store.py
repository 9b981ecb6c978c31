"""How far a desk has watched: the next poll begins at the latest record, and never in the future."""

from __future__ import annotations

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


async def test_a_book_that_waits_for_a_day_in_the_future_polls_again() -> None:
    book = FakeBook()
    facts = await store(book)
    await facts.take([made("A1", NOW + 400 * DAY, NOW + 400 * DAY)], polled=True)
    assert (await store(book)).poll_from(NOW) == NOW
