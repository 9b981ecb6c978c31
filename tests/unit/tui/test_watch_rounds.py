"""When a round of the watch takes the book, and which jobs it runs together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.automatic.schedule import JobName, JobOutcome
from data.book.book import open_book
from tui.wiring.records import RECORDS
from tui.wiring.watch.jobs import Deadline, Look, Work
from tui.wiring.watch.rounds import DeskRounds


@pytest.mark.parametrize("something_new", [True, False])
async def test_a_round_without_work_takes_the_book_only_if_a_vendor_did_something_new(
    tmp_path: Path, something_new: bool
) -> None:
    opened: list[bool] = []

    @asynccontextmanager
    async def opener(*, write: bool) -> AsyncIterator[Any]:
        opened.append(write)
        with open_book(tmp_path, RECORDS, operator="m.hale", write=write) as book:
            yield SimpleNamespace(book=book)

    unused: Any = None
    rounds = DeskRounds(
        opener, unused, str, lambda: False, lambda: False, lambda: 0, has_changes=lambda: something_new
    )
    report = await rounds.run([], asyncio.Event())
    assert report.left_to == ""
    assert opened == ([False, True] if something_new else [False])


class Jobs:
    """Jobs that succeed. `busy` are those that have work to do with the lock; `looked` are those that looked."""

    def __init__(self, *busy: JobName) -> None:
        self.busy = busy
        self.looked: list[JobName] = []

    def look(self, job: JobName) -> Look:
        async def work(desk: Any, deadline: Deadline) -> JobOutcome:
            return JobOutcome()

        async def look(desk: Any) -> Work | JobOutcome:
            self.looked.append(job)
            return work if job in self.busy else JobOutcome()

        return look


@pytest.mark.parametrize("busy", [(), (JobName.MILESTONES,)])
async def test_a_reconciliation_makes_no_look_old_at_which_others_work(
    tmp_path: Path, busy: tuple[JobName, ...]
) -> None:
    @asynccontextmanager
    async def opener(*, write: bool) -> AsyncIterator[Any]:
        with open_book(tmp_path, RECORDS, operator="m.hale", write=write) as book:
            yield SimpleNamespace(book=book)

    jobs: Any = Jobs(*busy)
    rounds = DeskRounds(opener, jobs, str, lambda: False, lambda: False, lambda: 0)
    report = await rounds.run([JobName.MILESTONES, JobName.RECONCILE], asyncio.Event())
    others = [] if busy else [JobName.RECONCILE]
    assert jobs.looked == [JobName.MILESTONES, *others]
    assert list(report.outcomes) == [JobName.MILESTONES, *others]


async def test_a_reconciliation_of_too_few_records_is_not_made_again_whenever_somebody_writes(
    tmp_path: Path,
) -> None:
    class Short(Jobs):
        def look(self, job: JobName) -> Look:
            async def look(desk: Any) -> Work | JobOutcome:
                return JobOutcome("fewer-records")

            return look

    @asynccontextmanager
    async def opener(*, write: bool) -> AsyncIterator[Any]:
        with open_book(tmp_path, RECORDS, operator="m.hale", write=write) as book:
            yield SimpleNamespace(book=book)

    jobs: Any = Short()
    writes = iter(range(9))
    rounds = DeskRounds(opener, jobs, str, lambda: False, lambda: False, lambda: next(writes))
    await rounds.run([JobName.NEW_USERS, JobName.RECONCILE], asyncio.Event())
    assert set(await rounds.news()) == {JobName.NEW_USERS}
