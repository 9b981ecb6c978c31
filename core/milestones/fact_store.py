"""The facts in memory and in the book. The two never differ by more than one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from core.milestones.events import EventKind, MilestoneEvent
from core.milestones.facts import FactState, changes, fold, recall, settle_down
from core.milestones.inputs import Milestones
from core.milestones.records import ApplicationFacts, FinishedApplication, PersonFacts, WatchState
from core.push.ports import Book
from core.push.records import Record

TOLERANCE = 60.0
"""Seconds by which a record may be ahead of the vendor's clock as the desk knows it."""
FAR: Final = 86_400.0
"""Seconds by which a time may be ahead of the vendor's clock and still be believed: a clock may be some hours wrong."""
_OF_READINGS: Final = frozenset({EventKind.LOOKED, EventKind.CLOSED})
"""These events have the vendor's own time of the reading, so none of them is ahead of the vendor's clock."""
MANY = 1_000
"""More events than this are folded in a thread."""


class FactStore:
    """The facts, and how far the desk has watched. With `keeps` false, nothing is written to the book."""

    def __init__(self, book: Book, *, keeps: bool) -> None:
        self._book = book
        self._keeps = keeps
        self._turn = asyncio.Lock()
        self._loaded = False
        self.state = FactState()
        self.watch = WatchState(0.0, 0.0)

    async def load(self, now: float, waiting: Sequence[MilestoneEvent] = ()) -> None:
        """Read the book, unless that was done before.

        A desk that never watched begins to watch now, or at the earliest of the events in `waiting`. `now` is seconds
        since 1970. Raises `BookClosed`.
        """
        async with self._turn:
            if self._loaded:
                return
            book = self._book
            watch = await book.get(WatchState, self.watch.key)
            if watch is None:
                # The vendor's times are whole seconds. An event of this second must not count as earlier.
                watch = WatchState(float(int(min((now, *(event.at for event in waiting))))), float(int(now)))
                await self._commit(watch)
            self.watch = watch
            self.state = recall(
                await book.all(ApplicationFacts),
                await book.all(PersonFacts),
                await book.all(FinishedApplication),
            )
            self._loaded = True

    async def take(
        self, events: Sequence[MilestoneEvent], *, polled: bool = False, ahead: float | None = None
    ) -> bool:
        """Fold events into the facts and write the changes down. Return True if a fact changed.

        `polled` is True if a poll found the events: the next poll begins at the latest of them. `ahead` is how many
        seconds the desk's clock is ahead of the vendor's, None if nothing was read. Raises `BookClosed`.

        Nothing happens after it was reported. So an event that is dated far in the future by the vendor's clock counts
        from the moment when the desk received it: no later change of an application would count until that date. Nor is
        it the latest event of a poll, because nothing would be polled until then.
        """
        async with self._turn:
            before, watch = self.state, self.watch
            if ahead is not None:
                watch = msgspec.structs.replace(watch, ahead=ahead)
            dated = [_not_ahead(event, watch.ahead) for event in events]
            after = await asyncio.to_thread(fold, before, dated) if len(dated) > MANY else fold(before, dated)
            if polled:
                times = [
                    event.at
                    for event in events
                    if event.what not in _OF_READINGS and event.at <= event.received - watch.ahead + TOLERANCE
                ]
                now = max((event.received for event in events), default=None)
                start = watch.polled if now is None else self._reached(watch, now - watch.ahead)
                watch = msgspec.structs.replace(watch, polled=max((start, *times)))
            put, _ = changes(before, after)  # an event removes nothing
            watches: list[Record] = [watch] if watch != self.watch else []
            if put or watches:
                await self._commit(*put, *watches)
            self.state, self.watch = after, watch
            return bool(put)

    async def note_calculations(self, now: float) -> None:
        """Note that calculations were reported. `now` is the desk's time since 1970. Raises `BookClosed`."""
        async with self._turn:
            watch = msgspec.structs.replace(self.watch, calculated=now)
            await self._commit(watch)
            self.watch = watch

    def poll_from(self, now: float) -> float:
        """Return where the next poll begins, never in the future. Both are seconds since 1970, the latter the vendor's.

        `now` is the desk's time.
        """
        theirs = now - self.watch.ahead
        return min(self._reached(self.watch, theirs), theirs)

    @staticmethod
    def _reached(watch: WatchState, now: float) -> float:
        """Return up to where the desk has polled. `now` and the result are by the vendor's clock.

        A time far ahead of `now` was written down while a clock was wrong, and says nothing of what was polled. Then
        everything is polled again that happened since the desk began to watch. The same events change nothing.
        """
        return watch.polled if watch.polled <= now + FAR else watch.since

    async def forget(self, planned: Milestones, state: FactState, now: float) -> None:
        """Forget what a plan of `state` says is done, unless the facts have changed since. `now` is since 1970."""
        async with self._turn:
            if self.state is not state:
                return
            after = settle_down(state, planned.done_applications, planned.done_people, now)
            put, drop = changes(state, after)
            if drop:  # a finished application takes the place of an open one
                await self._commit(*put, drop=drop)
            self.state = after

    async def _commit(self, *put: Record, drop: Sequence[tuple[type[Record], str]] = ()) -> None:
        if self._keeps:
            await self._book.commit(*put, drop=drop)


def _not_ahead(event: MilestoneEvent, ahead: float) -> MilestoneEvent:
    """Return an event that is dated far in the future as one of the moment of its receipt; others as they are.

    `ahead` is how many seconds the desk's clock is ahead of the vendor's.
    """
    received = event.received - ahead
    if event.what in _OF_READINGS or event.at <= received + FAR:
        return event
    return msgspec.structs.replace(event, at=received)
