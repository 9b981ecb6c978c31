"""A careful start: in a live profile, sending many at once opens only after three small pushes have arrived.

Whether a push has arrived is what its receipt says. Each kind opens on its own, because a push of one kind proves
nothing about another. docs/receipts.md, "A careful start", has the rules. Knows no room but push.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from enum import StrEnum
from typing import Final

from core.errors import ArchiveDamaged, DeskError
from core.push.live_push import steps_of
from core.push.plan import Asset, Entity, Operation, System
from core.push.ports import Book
from core.push.records import Push, StepRecord
from core.push.states import PushState
from core.receipts.model import Arrival
from core.receipts.records import ReceiptRecord

NEEDED: Final = 3
"""How many small pushes of a kind have to arrive."""
FEW: Final = 5
"""The largest number of records that a small sync sends to one system. A small push of cards or milestones has one."""

PAGE: Final = 50
"""How many receipts are read at once."""


class CarefulKind(StrEnum):
    """What opens on its own."""

    CARDS = "cards"
    PROSPECTS = "prospects"
    """What a sync sends to SimpleNexus."""
    CONTACTS = "contacts"
    """What a sync, or `auto_push`, sends to Total Expert."""
    MILESTONES = "milestones"


SYNCED: Final = {
    System.SIMPLENEXUS: CarefulKind.PROSPECTS,
    System.TOTAL_EXPERT: CarefulKind.CONTACTS,
}
"""The kind of what a sync sends to a system."""
_SMALL: Final = {
    CarefulKind.CARDS: ("single pushes of cards", 1),
    CarefulKind.PROSPECTS: ("small syncs to SimpleNexus", FEW),
    CarefulKind.CONTACTS: ("small syncs to Total Expert", FEW),
    CarefulKind.MILESTONES: ("single milestones", 1),
}
"""What counts for each kind, in words, and how many records it sends at most."""


class CarefulStart:
    """What has arrived so far in one profile. With `on` false, everything is open."""

    def __init__(self, book: Book, *, on: bool) -> None:
        self._book = book
        self.on = on

    async def arrived(self, kind: CarefulKind) -> int:
        """Return how many small pushes of a kind have arrived, `NEEDED` at most. Raises `BookClosed`.

        One card counts once, however often it was pushed.
        """
        seen: set[str] = set()
        counted: set[str] = set()
        async for record in self._newest_first():
            if len(counted) == NEEDED:
                break
            if record.push_id in seen:
                continue  # a later receipt of the push counts
            seen.add(record.push_id)
            name = record.about if kind is CarefulKind.CARDS else record.push_id
            if name not in counted and proves(record) and await self._is_small(record, kind):
                counted.add(name)
        return len(counted)

    async def _newest_first(self) -> AsyncIterator[ReceiptRecord]:
        """Yield every receipt. Most often the newest ones say enough."""
        skip = 0
        while records := await self._book.newest(ReceiptRecord, PAGE, skip=skip):
            for record in records:
                yield record
            skip += len(records)

    async def _is_small(self, record: ReceiptRecord, kind: CarefulKind) -> bool:
        """Return True if a push is one of a kind, and a small one."""
        match kind:
            case CarefulKind.CARDS:
                # People who are sent again prove nothing of what a card makes: an opportunity and all under it.
                return record.asset == Asset.CARD and any(map(_makes_a_deal, await self._steps(record)))
            case CarefulKind.MILESTONES:
                return record.asset == Asset.MILESTONE
            case CarefulKind.PROSPECTS | CarefulKind.CONTACTS:
                push = await self._book.get(Push, record.push_id) if record.asset == Asset.SYNC else None
                if push is None or push.size > FEW * len(SYNCED) or push.state is not PushState.DONE:
                    return False
                sent = [SYNCED.get(step.system) for step in await self._steps(record)]
                return 1 <= sent.count(kind) <= FEW

    async def _steps(self, record: ReceiptRecord) -> list[StepRecord]:
        """Return the steps of a push; none if they can't be read, because they prove nothing then."""
        push = await self._book.get(Push, record.push_id)
        with suppress(ArchiveDamaged):
            return await steps_of(self._book, push) if push is not None else []
        return []

    async def largest(self, kind: CarefulKind) -> int | None:
        """Return how many records of a kind one confirmation may send now; None if any number. Raises `BookClosed`."""
        if not self.on or await self.arrived(kind) >= NEEDED:
            return None
        return _SMALL[kind][1]

    async def check(self, kind: CarefulKind, number: int) -> None:
        """Let `number` records of a kind be sent with one confirmation. Raises `DeskError` (careful-start)."""
        if number > _SMALL[kind][1]:
            await self._require(kind, f"{number:,} {kind} at once can't be sent yet")

    async def check_unasked(self, kind: CarefulKind) -> None:
        """Let records of a kind be sent without a question. Raises `DeskError` (careful-start)."""
        await self._require(kind, f"{kind.capitalize()} can't be sent automatically yet")

    async def _require(self, kind: CarefulKind, what: str) -> None:
        if not self.on or (so_far := await self.arrived(kind)) >= NEEDED:
            return
        words = _SMALL[kind][0]
        raise _refusal(
            kind,
            f"{what}: {so_far or 'none'} of {NEEDED} {words} have arrived in this live profile.",
        )


def _makes_a_deal(step: StepRecord) -> bool:
    """Return True if a step makes a FLEX opportunity."""
    made = (step.system, step.entity, step.operation)
    return made == (System.FLEX, Entity.OPPORTUNITY, Operation.CREATE)


def _refusal(kind: CarefulKind, message: str) -> DeskError:
    match kind:
        case CarefulKind.CARDS:
            return DeskError("careful-start", message, when="several cards were named")
        case CarefulKind.PROSPECTS | CarefulKind.CONTACTS:
            return DeskError("careful-start", message, when="a sync sends many records")
        case CarefulKind.MILESTONES:
            return DeskError("careful-start", message, when="milestones are sent together or unasked")


def progress_in_words(kind: CarefulKind, so_far: int) -> str:
    """Return how far a kind is, as a sentence."""
    state = "open" if so_far >= NEEDED else "closed"
    arrived = f"{so_far or 'none'} of {NEEDED} {_SMALL[kind][0]} have arrived"
    return f"Careful start, {kind} at once or automatically: {state}; {arrived}."


def limit_in_words(kind: CarefulKind, so_far: int) -> str:
    """Return why one sync sends no more records of a kind, as two sentences."""
    words, most = _SMALL[kind]
    return (
        f"Careful start: at most {most} {kind} in one sync. {so_far or 'None'} of {NEEDED} {words} "
        "have arrived so far."
    )


def proves(record: ReceiptRecord) -> bool:
    """Return True if a receipt says that everything arrived. Values that a system never gives back do not count.

    A push of which everything was there already proves nothing.
    """
    counts = {mark: record.counts.get(mark, 0) for mark in Arrival}
    if record.all_arrived:
        return not (counts[Arrival.THERE] and not counts[Arrival.ARRIVED])
    read = counts[Arrival.ARRIVED] > 0 and counts[Arrival.DIFFERS] == 0
    return record.done and read and 0 < counts[Arrival.NOT_READ] == record.not_given
