"""Which pushes are listed, and how often the book is asked for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec
import pytest

from core.errors import ArchiveDamaged
from core.push import activity
from core.push.ports import Filed
from core.push.records import Push, Record, StepRecord
from core.push.states import PushState, StepState
from tests.support.book_fakes import a_push, a_step
from tests.support.fakes import FakeBook

R = TypeVar("R", bound=Record)


class CountingBook(FakeBook):
    """Counts the calls that read steps. The archive entries of the pushes in `damaged` can't be read."""

    def __init__(self, *damaged: str) -> None:
        super().__init__()
        self.damaged = damaged
        self.asked: list[str] = []

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        self.asked.append("live")
        return await super().get_many(kind, keys)

    async def archived_many(
        self, kind: type[R], push_ids: Iterable[str]
    ) -> Mapping[str, list[R] | ArchiveDamaged]:
        self.asked.append("archive")
        given = await super().archived_many(kind, push_ids)
        error = ArchiveDamaged("archive-damaged", "2026-11.log, line 3: cut short.")
        return {push_id: error if push_id in self.damaged else found for push_id, found in given.items()}


def push_of(n: int, state: PushState = PushState.DONE, subject: str = "") -> Push:
    return msgspec.structs.replace(a_push(n, state), subject=subject or f"C-{n}", created_at=float(n), size=2)


def steps_of_push(n: int) -> tuple[StepRecord, ...]:
    return tuple(msgspec.structs.replace(a_step(k, StepState.DONE), push_id=f"P{n}") for k in range(2))


async def book_of(*damaged: str, live: int, archived: int) -> CountingBook:
    """Return a book with so many pushes in its live log, and so many older ones in its archive."""
    book = CountingBook(*damaged)
    for n in range(archived + live):
        await book.commit(push_of(n), *steps_of_push(n))
    for n in range(archived):
        await book.archive(Filed(f"P{n}", float(n), steps_of_push(n)))
    return book


async def read(book: FakeBook) -> list[activity.Activity]:
    return [each async for each in activity.read_activities(book, await activity.pushes(book))]


@pytest.mark.parametrize(
    ("live", "archived", "asked"),
    [
        (3, 0, ["live"]),
        (2, 3, ["live", "archive"]),
        (5, 11, ["live", "live", "archive", "live", "archive", "live", "archive"]),
    ],
)
async def test_the_book_is_asked_for_many_pushes_at_a_time(
    live: int, archived: int, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "_STEPS_AT_ONCE", 10)
    book = await book_of(live=live, archived=archived)
    shown = await read(book)
    assert [each.push.push_id for each in shown] == [f"P{n}" for n in reversed(range(live + archived))]
    assert all(each.steps == steps_of_push(int(each.push.push_id[1:])) for each in shown)
    assert book.asked == asked


async def test_a_push_of_more_steps_than_are_read_at_once_is_read_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(activity, "_STEPS_AT_ONCE", 1)
    book = await book_of(live=2, archived=0)
    assert [len(each.steps) for each in await read(book)] == [2, 2]
    assert book.asked == ["live", "live"]


async def test_a_damaged_entry_costs_the_steps_of_its_push_alone() -> None:
    book = await book_of("P1", live=0, archived=3)
    shown = {each.push.push_id: each for each in await read(book)}
    assert (shown["P1"].steps, shown["P1"].missing) == ((), "2026-11.log, line 3: cut short.")
    assert [len(shown[push_id].steps) for push_id in ("P0", "P2")] == [2, 2]
    await book.commit(steps_of_push(1)[1])
    assert (await activity.read_activity(book, push_of(1))).steps == steps_of_push(1)[1:]


async def test_a_live_step_counts_and_not_the_archived_one() -> None:
    book = await book_of(live=0, archived=1)
    newer = msgspec.structs.replace(steps_of_push(0)[1], state=StepState.CONFLICT)
    await book.commit(newer)
    assert (await activity.read_activity(book, push_of(0))).steps == (steps_of_push(0)[0], newer)


def test_a_limit_leaves_out_no_push_that_is_unfinished_or_needs_a_person() -> None:
    states = (PushState.DONE, *PushState)
    older = [push_of(n, state) for n, state in enumerate(states)]
    newer = [push_of(100 + n) for n in range(5)]
    newest_first = sorted([*older, *newer], key=lambda push: push.created_at, reverse=True)
    listed = activity.newest(newest_first, 3)
    assert [push.push_id for push in listed[:3]] == ["P104", "P103", "P102"]
    assert {push.state for push in listed[3:]} == set(PushState) - {PushState.DONE}
    assert activity.newest(newest_first, len(newest_first)) == newest_first


def test_a_limit_leaves_out_a_push_that_failed_once_a_later_one_has_the_same_subject() -> None:
    newest_first = [push_of(2, subject="C-1"), push_of(1, PushState.REFUSED, "C-1")]
    assert activity.newest(newest_first, 1) == newest_first[:1]
    assert activity.newest([push_of(3), *newest_first[1:]], 1) == [push_of(3), newest_first[1]]


@pytest.mark.parametrize(
    ("reason", "asks"),
    [
        ("unreachable", False),
        ("outside-hours", False),
        ("stopped", False),
        ("quit", False),
        ("", False),
        ("forbidden", True),
        ("wrong-secret", True),
        ("no-gateway", True),
        ("plan-gone", True),
    ],
)
async def test_a_paused_push_asks_a_person_only_if_one_has_to_mend_something(reason: str, asks: bool) -> None:
    push = msgspec.structs.replace(a_push(1, PushState.PAUSED), reason=reason)
    assert activity.needs_you(push, latest=True) is asks
    assert activity.waits(push) is not asks
    book = FakeBook()
    await book.commit(push)
    assert await activity.asking(book) == ([push] if asks else [])


class GrowingBook(FakeBook):
    """Gets one more push after each piece that is read, and the first push ends. `pieces` counts the pieces."""

    pieces = 0

    async def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        found = await super().newest(kind, count, skip=skip)
        self.pieces += 1
        await self.commit(push_of(100 + self.pieces), push_of(0))
        return found


async def test_pushes_are_read_in_pieces_and_none_is_missing_or_listed_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(activity, "_PUSHES_AT_ONCE", 3)
    book = GrowingBook()
    await book.commit(*(push_of(n, PushState.RUNNING) for n in range(8)))
    listed = await activity.pushes(book)
    assert [push.push_id for push in listed if push.created_at < 100] == [f"P{n}" for n in reversed(range(8))]
    assert listed[-1].state is PushState.DONE
    assert book.pieces > 2
