"""The duplicate check: looks up again every record that a push made, and finds a second record under its reference.

The rules and their reasons are in docs/protocol.md, "Duplicate check". Sends nothing; knows no screen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, Protocol

import msgspec

from core.errors import HeldElsewhere, LeaseLost, Unreachable
from core.push.live_push import LivePush
from core.push.plan import LOOKED_UP, System
from core.push.ports import Book, Clock, Remote, Request
from core.push.records import DuplicateCheck, StepRecord
from core.push.states import PushState, StepState

CHECK_AFTER: Final = 900.0
"""Seconds between the last send of a step and its first timed pass, and between two timed passes."""
PASSES_NEEDED: Final = 2
"""The number of timed passes that must find no second record. The wall clock may be set before the first one."""
_NOTHING_ON_ITS_WAY: Final = frozenset(
    {StepState.READY, StepState.BLOCKED, StepState.REFUSED, StepState.SKIPPED}
)
"""No request of a step in these states can still arrive. A step that is sent again gets a new check."""

_CheckedStep = tuple[DuplicateCheck, StepRecord]


class LivePushes(Protocol):
    """The part of the engine that the duplicate check needs."""

    async def bring_back(self, push_id: str) -> LivePush:
        """Return a push, from the book if it is not in memory."""
        ...

    def is_running(self, push_id: str) -> bool:
        """Return True while a task runs the push."""
        ...

    def hold(self, live: LivePush) -> AbstractAsyncContextManager[None]:
        """Hold the lease of a push. Raises `HeldElsewhere`, `LeaseLost`, `BookClosed`."""
        ...


class DuplicateChecker:
    """Runs the duplicate checks that the book lists."""

    def __init__(
        self, book: Book, remotes: Mapping[System, Remote], clock: Clock, pushes: LivePushes
    ) -> None:
        self._book = book
        self._remotes = remotes
        self._clock = clock
        self._pushes = pushes

    async def run_all(self) -> list[StepRecord]:
        """Make a pass over every listed step. Return the steps for which a second record turned up.

        A pass before the time of a check is made too, but does not count towards `PASSES_NEEDED`. Raises `BookClosed`.
        """
        return await self._make_pass(await self._book.all(DuplicateCheck))

    async def run_due(self) -> list[StepRecord]:
        """Make a pass over the steps whose time has come. Return and raise the same as `run_all`."""
        checks = await self._book.all(DuplicateCheck)
        return await self._make_pass(check for check in checks if self._is_due(check))

    async def seconds_to_next(self) -> float | None:
        """Return the seconds until the next check is due, or None if no check is listed. Raises `BookClosed`."""
        left = [self._seconds_left(check) for check in await self._book.all(DuplicateCheck)]
        return max(0.0, min(left)) if left else None

    async def _make_pass(self, checks: Iterable[DuplicateCheck]) -> list[StepRecord]:
        expired, groups = await self._sort(checks)
        passed: list[DuplicateCheck] = []
        doubled: list[StepRecord] = []
        for (_, system), group in groups.items():
            records = {record.key: record for _, record in group}
            ids = await self._several_ids(system, [record for _, record in group])
            if ids is None:
                continue  # the system gave no answer: its checks stay as they are
            passed += [check for check, record in group if record.key not in ids and self._is_due(check)]
            for key in [key for key in records if key in ids]:
                with suppress(HeldElsewhere, LeaseLost):  # its check stays, for a pass when the push is free
                    doubled += await self._mark_doubled(records[key], ids[key])
        await self._write_passes(passed, expired)
        return doubled

    async def _sort(
        self, checks: Iterable[DuplicateCheck]
    ) -> tuple[list[DuplicateCheck], Mapping[tuple[str, System], list[_CheckedStep]]]:
        """Return the checks that nothing is left to do for, and the DONE steps to look up, by push and system.

        A step in any other state, such as UNKNOWN, keeps its check for a later pass.
        """
        expired: list[DuplicateCheck] = []
        groups: defaultdict[tuple[str, System], list[_CheckedStep]] = defaultdict(list)
        for check in checks:
            record = await self._book.get(StepRecord, check.step)
            if record is None or (record.state in _NOTHING_ON_ITS_WAY and self._is_due(check)):
                expired.append(check)
            elif record.state is StepState.DONE:
                groups[record.push_id, record.system].append((check, record))
        return expired, groups

    async def _several_ids(
        self, system: System, records: Sequence[StepRecord]
    ) -> dict[str, tuple[str, ...]] | None:
        """Return the remote ids of each step that has two or more records, by the step's key.

        Return None if the system gives no answer. A step that can't be looked up counts as having one record.
        """
        remote = self._remotes.get(system)
        if remote is None:
            return None
        asked = [
            record for record in records if record.kind in LOOKED_UP and remote.can_look_up(record.entity)
        ]
        try:
            answer = await remote.look_up([_request_for(record) for record in asked]) if asked else {}
        except Unreachable:
            return None
        ids = {
            record.key: tuple(
                remote_record.remote_id
                for remote_record in answer.get(record.ref, ())
                if remote_record.ref == record.ref
            )
            for record in asked
        }
        return {key: several for key, several in ids.items() if len(several) > 1}

    async def _mark_doubled(self, record: StepRecord, ids: tuple[str, ...]) -> list[StepRecord]:
        """Make a DONE step with a second record a CONFLICT that names all `ids`. Return the steps that changed."""
        live = await self._pushes.bring_back(record.push_id)
        async with self._pushes.hold(live):
            if live.steps[record.n].state is not StepState.DONE:
                return []  # another sender was faster
            at_rest = not self._pushes.is_running(record.push_id)
            needs_you = msgspec.structs.replace(live.push, state=PushState.NEEDS_YOU)
            await live.change(
                record.n,
                StepState.CONFLICT,
                "second-record",
                ", ".join(ids),
                also=[needs_you] if at_rest else [],  # after a crash the push must still ask a person
                drop=live.duplicate_check_keys(record.n),
                candidates=ids,
            )
            if at_rest:
                await live.stand()
        return [live.steps[record.n]]

    async def _write_passes(
        self, passed: Iterable[DuplicateCheck], expired: Iterable[DuplicateCheck]
    ) -> None:
        """Count one more pass for each of `passed`; remove the checks with enough passes and the expired ones."""
        now = self._clock.now()
        counted = [msgspec.structs.replace(check, since=now, passes=check.passes + 1) for check in passed]
        again = [check for check in counted if check.passes < PASSES_NEEDED]
        over = [*expired, *(check for check in counted if check.passes >= PASSES_NEEDED)]
        if over or again:
            await self._book.commit(*again, drop=[(DuplicateCheck, check.key) for check in over])

    def _is_due(self, check: DuplicateCheck) -> bool:
        return self._seconds_left(check) <= 0

    def _seconds_left(self, check: DuplicateCheck) -> float:
        """Return the seconds until a check is due. A check that was listed while the clock was ahead is due at once."""
        left = check.since + CHECK_AFTER - self._clock.now()
        return left if left <= CHECK_AFTER else 0.0


def _request_for(record: StepRecord) -> Request:
    """Return the request that looks a step's record up. The body is empty: the plan is gone once a push is over."""
    return Request(record.ref, record.entity, record.operation, {}, record.remote_id, record.parent)
