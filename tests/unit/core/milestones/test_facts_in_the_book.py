"""The facts in memory and in the book: when the desk began to watch, how far it has polled, what is forgotten."""

from __future__ import annotations

import pytest

from core.milestones.events import EventKind
from core.milestones.fact_store import FactStore
from core.milestones.inputs import Milestones
from core.milestones.records import ApplicationFacts, FinishedApplication, WatchState
from tests.support.fakes import FakeBook
from tests.unit.core.milestones.milestone_setup import event

NOW = 1_800_000_000.0
BEGUN = event(EventKind.BEGUN, "A1", NOW + 60, "B1")


async def loaded(book: FakeBook, now: float = NOW, *, keeps: bool = True) -> FactStore:
    """Return the store of a new process."""
    store = FactStore(book, keeps=keeps)
    await store.load(now)
    return store


async def watch_in(book: FakeBook) -> WatchState | None:
    return await book.get(WatchState, "watch")


async def test_a_new_desk_watches_from_the_whole_second_of_the_earliest_event_that_waits() -> None:
    book = FakeBook()
    store = FactStore(book, keeps=True)
    await store.load(NOW + 0.9, [event(EventKind.ACCOUNT, "B1", NOW - 9.25)])
    assert store.watch == WatchState(NOW - 10, NOW)
    assert await watch_in(book) == store.watch
    assert (await loaded(book, NOW + 500)).watch == store.watch, "a later process goes on with it"


async def test_the_book_is_read_once_in_a_process() -> None:
    store = await loaded(FakeBook(), keeps=False)
    await store.take([BEGUN])
    await store.load(NOW + 500)
    assert list(store.state.applications) == ["A1"]
    assert store.watch.since == NOW


async def test_the_next_poll_begins_at_the_latest_change_that_a_poll_found() -> None:
    book = FakeBook()
    store = await loaded(book)
    looked, closed = (event(what, "A1", NOW + 90) for what in (EventKind.LOOKED, EventKind.CLOSED))
    await store.take([BEGUN, looked, closed], polled=True)
    assert store.watch.polled == NOW + 60, "the time of a reading is no change"
    await store.take([event(EventKind.CHANGED, "A2", NOW - 60)], polled=True)
    assert store.watch.polled == NOW + 60
    assert (await loaded(book)).watch == store.watch


async def test_an_event_that_no_poll_found_does_not_move_the_next_poll() -> None:
    store = await loaded(FakeBook())
    assert await store.take([BEGUN])
    assert store.watch == WatchState(NOW, NOW)


async def test_a_reading_tells_how_far_the_clock_is_ahead_although_no_fact_changed() -> None:
    book = FakeBook()
    store = await loaded(book)
    await store.take([BEGUN])
    assert not await store.take([BEGUN], ahead=-2.5)
    assert store.watch.ahead == -2.5
    assert (await loaded(book)).watch.ahead == -2.5
    await store.take([], ahead=None)
    assert store.watch.ahead == -2.5


async def test_what_is_no_news_is_not_written() -> None:
    book = FakeBook()
    store = await loaded(book)
    assert await store.take([BEGUN], polled=True)
    before = book.commits
    assert not await store.take([BEGUN], polled=True)
    assert book.commits == before


async def test_an_application_that_is_done_is_forgotten_in_memory_and_in_the_book() -> None:
    book = FakeBook()
    store = await loaded(book)
    await store.take([BEGUN, event(EventKind.SUBMITTED, "A1", NOW + 90)])
    await store.forget(Milestones((), ("A1",)), store.state, NOW + 100)
    assert (dict(store.state.applications), list(store.state.finished)) == ({}, ["A1"])
    assert await book.all(ApplicationFacts) == []
    assert await book.all(FinishedApplication) == [FinishedApplication("A1", NOW + 100)]


async def test_an_application_that_is_done_and_was_not_submitted_leaves_nothing() -> None:
    book = FakeBook()
    store = await loaded(book)
    await store.take([BEGUN])
    await store.forget(Milestones((), ("A1",)), store.state, NOW + 100)
    assert (await loaded(book)).state == store.state
    assert await book.all(FinishedApplication) == []


async def test_a_plan_that_finished_nothing_writes_nothing() -> None:
    book = FakeBook()
    store = await loaded(book)
    await store.take([BEGUN])
    before = book.commits
    await store.forget(Milestones(()), store.state, NOW + 100)
    assert book.commits == before


@pytest.mark.parametrize("known_before", [False, True])
async def test_a_plan_of_older_facts_forgets_nothing(known_before: bool) -> None:
    store = await loaded(FakeBook())
    if known_before:
        await store.take([BEGUN])
    older = store.state
    await store.take([event(EventKind.CHANGED, "A1", NOW + 70)])
    await store.forget(Milestones((), ("A1",)), older, NOW + 100)
    assert list(store.state.applications) == ["A1"]
