"""What was received, as the book holds it and as it is in memory: the two never differ by more than a commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from core.milestones.events import EventKind, MilestoneEvent
from core.milestones.facts import FactState, changes, fold, recall, settle_down
from core.milestones.inputs import Milestones
from core.milestones.records import ApplicationFacts, FinishedApplication, PersonFacts, WatchState
from core.push.ports import Book
from core.push.records import Record

MANY = 1_000
"""Events that are folded off the event loop."""


class FactStore:
    """The state and the watch. With `keeps` false nothing is written: what is folded in is forgotten at the end."""

    def __init__(self, book: Book, *, keeps: bool) -> None:
        self._book = book
        self._keeps = keeps
        self._turn = asyncio.Lock()
        self._loaded = False
        self.state = FactState()
        self.watch = WatchState(0.0, 0.0)

    async def load(self, now: float, waiting: Sequence[MilestoneEvent] = ()) -> None:
        """Read the book, once. A desk that never watched does from now on, and from the first that waits for it.

        `now` is seconds since 1970. Raises `BookClosed`.
        """
        async with self._turn:
            if self._loaded:
                return
            book = self._book
            watch = await book.get(WatchState, self.watch.key)
            if watch is None:
                # Whole seconds, as the vendor's stamps are: what happens in this one is not from before.
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
        """Fold events in, and make that durable; says whether it changed anything. Raises `BookClosed`.

        `polled` says that a poll found them: the next one begins at the last of them.
        """
        async with self._turn:
            before, watch = self.state, self.watch
            after = (
                await asyncio.to_thread(fold, before, events) if len(events) > MANY else fold(before, events)
            )
            told = [event.at for event in events if event.what not in (EventKind.LOOKED, EventKind.CLOSED)]
            if polled:
                watch = msgspec.structs.replace(watch, polled=max((watch.polled, *told)))
            if ahead is not None:
                watch = msgspec.structs.replace(watch, ahead=ahead)
            put, drop = changes(before, after)
            noted: list[Record] = [watch] if watch != self.watch else []
            if put or drop or noted:
                await self._commit(*put, *noted, drop=drop)
            self.state, self.watch = after, watch
            return bool(put or drop)

    async def forget(self, planned: Milestones, state: FactState, now: float) -> None:
        """Let go of what a plan of this state says is done; not where the state is another one by now."""
        async with self._turn:
            if self.state is not state:
                return
            after = settle_down(state, planned.done_applications, planned.done_people, now)
            put, drop = changes(state, after)
            if put or drop:
                await self._commit(*put, drop=drop)
            self.state = after

    async def _commit(self, *put: Record, drop: Sequence[tuple[type[Record], str]] = ()) -> None:
        if self._keeps:
            await self._book.commit(*put, drop=drop)
