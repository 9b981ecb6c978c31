"""Several cards: show what each push would do, make the pushes several at a time, find what changed since.

The steps of one card wait for each other, and each answer takes a while. So a card alone sends less than the systems
allow, and several together send as much as the rate limit lets through.

A card that can't be read stops no other card, and neither does a push that fails or waits for a person. A book that
can't be written ends the run. Knows neither the screen nor the command that shows the progress.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.errors import BookClosed, DeskError
from core.flex.plans.preview import Preview
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.changed_since_push import ChangedSincePush
from core.in_order import in_order
from core.push.activity import waits
from core.push.engine import Engine
from core.push.made import LEFT_OPEN, NOTHING_SENT
from core.push.plan import Asset
from core.push.ports import Book
from core.push.records import Push
from core.push.states import ACTIVE, QUIT, PushState
from core.receipts.careful_start import CarefulKind, CarefulStart

AT_ONCE: Final = 16
"""How many cards are read or pushed at once. Sixteen use up the usual rate limit if a request takes 250 ms.

A crash leaves one step of each card in doubt.
"""


class BulkPreviewed(Struct, frozen=True):
    """A card was read: `preview` is what its push would do. The push may still have objections."""

    card_id: str
    preview: Preview


class BulkBegun(Struct, frozen=True):
    """The push of a card has begun: it is in the book, and goes on after an end of the program."""

    card_id: str


class BulkEnded(Struct, frozen=True):
    """The push of a card went as far as it could. `push` is not always done: see its state and reason."""

    card_id: str
    push: Push


class BulkFailed(Struct, frozen=True):
    """A card could not be read, or its push could not begin or be recorded."""

    card_id: str
    error: DeskError


class BulkNotBegun(Struct, frozen=True):
    """The push of a card was not begun, because a person stopped the run before."""

    card_id: str


class BulkOutcome(StrEnum):
    """What became of a card of several."""

    ARRIVED = "arrived"
    THERE = "there"
    """Nothing was to be sent: everything was in FLEX already, or a person left it out."""
    PART = "part"
    NEXT_START = "next-start"
    """The program ends. The next start goes on with the push."""
    WAITS = "waits"
    """The push is not finished, and goes on without a person."""
    ASKS = "asks"
    REFUSED = "refused"
    NOT_SENT = "not-sent"


def outcome_of(progress: BulkEnded | BulkFailed | BulkNotBegun) -> BulkOutcome:
    """Return what became of a card."""
    match progress:
        case BulkNotBegun():
            return BulkOutcome.NOT_SENT
        case BulkFailed():
            return BulkOutcome.REFUSED
        case BulkEnded(_, push):
            return _outcome_of_push(push)


def _outcome_of_push(push: Push) -> BulkOutcome:
    match push.state:
        case PushState.DONE if push.reason == LEFT_OPEN:
            return BulkOutcome.PART
        case PushState.DONE:
            return BulkOutcome.THERE if push.reason in NOTHING_SENT else BulkOutcome.ARRIVED
        case PushState.PARTIAL:
            return BulkOutcome.PART
        case PushState.REFUSED:
            return BulkOutcome.REFUSED
        case PushState.PAUSED if push.reason == QUIT:
            return BulkOutcome.NEXT_START
        case PushState.PAUSED if waits(push):
            return BulkOutcome.WAITS
        case PushState.PAUSED | PushState.NEEDS_YOU:
            return BulkOutcome.ASKS
        case PushState.QUEUED | PushState.RUNNING:
            return BulkOutcome.WAITS


class CardChanges(Struct, frozen=True):
    """A card that was pushed, and what changed since. `since` may be empty."""

    card_id: str
    since: ChangedSincePush


class UnreadCard(Struct, frozen=True):
    """A card that was pushed and can't be read now."""

    card_id: str
    error: DeskError


async def changes_of(cards: CardUseCases, card_ids: Iterable[str]) -> AsyncIterator[CardChanges | UnreadCard]:
    """Read the cards that were pushed from here, and yield in their order what changed since.

    The other cards are not read. Raises `BookClosed`.
    """

    async def changes(card_id: str) -> CardChanges | UnreadCard | None:
        try:
            since = await cards.changed_since_push(card_id)
        except BookClosed:
            raise
        except DeskError as error:
            return UnreadCard(card_id, error)
        return CardChanges(card_id, since) if since is not None else None

    async with aclosing(in_order(card_ids, changes, at_once=AT_ONCE)) as each:
        async for found in each:
            if found is not None:
                yield found


async def preview_each(
    cards: CardUseCases, card_ids: Iterable[str]
) -> AsyncIterator[BulkPreviewed | BulkFailed]:
    """Read the cards, and yield in their order what each push would do, or why the card can't be read."""

    async def preview(card_id: str) -> BulkPreviewed | BulkFailed:
        try:
            return BulkPreviewed(card_id, await cards.preview(card_id))
        except DeskError as error:
            return BulkFailed(card_id, error)

    async with aclosing(in_order(card_ids, preview, at_once=AT_ONCE)) as each:
        async for read in each:
            yield read


async def not_begun_since(book: Book, confirmed: Mapping[str, float]) -> list[str]:
    """Return those cards of bulk pushes of which no push has begun, in their order. Raises `BookClosed`.

    `confirmed` has the cards by id, with when each was confirmed, in seconds since 1970. An unfinished push counts,
    whenever it began: a bulk push goes on with it.
    """
    begun = {
        push.about
        for push in await book.where_any(Push, "about", list(confirmed))
        if push.asset is Asset.CARD and (push.state in ACTIVE or push.created_at >= confirmed[push.about])
    }
    return [card_id for card_id in confirmed if card_id not in begun]


async def push_each(
    cards: CardUseCases,
    engine: Engine,
    previews: Iterable[Preview],
    careful: CarefulStart | None = None,
    stop: asyncio.Event | None = None,
) -> AsyncIterator[BulkBegun | BulkEnded | BulkFailed | BulkNotBegun]:
    """Confirm the previews that nothing stands against, in their order, and run their pushes, several at a time.

    A card waits for the cards before it that write one of its records, such as a client of both: what one push makes
    must be in the book when the other reads its card again. Nothing is sent if the careful start of a live profile
    keeps the whole number of cards back.

    Yields `BulkBegun` for each card when its push has begun, and `BulkEnded` or `BulkFailed` after it. A push that
    can't begin yields `BulkFailed` alone. After a `BulkFailed` with `BookClosed` no other push begins: nothing more can
    be recorded, so nothing more is sent.

    Once `stop` is set no other push begins. The pushes that have begun go on to their end, and `BulkNotBegun` is
    yielded for each of the others.
    """
    waiting = deque(preview for preview in previews if preview.pushable)
    if (refused := await refusal(careful, len(waiting))) is not None:
        for preview in waiting:
            yield BulkFailed(preview.subject, refused)
        return
    running: dict[asyncio.Task[Push], Preview] = {}
    while waiting or running:
        while waiting and stop is not None and stop.is_set():
            yield BulkNotBegun(waiting.popleft().subject)
        ended: list[BulkEnded | BulkFailed] = []
        if waiting and len(running) < AT_ONCE and not _shares(waiting[0], running.values()):
            preview = waiting.popleft()
            match await _begun(cards, engine, preview):
                case BulkFailed() as failed:
                    ended.append(failed)
                case task:
                    running[task] = preview
                    yield BulkBegun(preview.subject)
        elif running:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            ended += [_ended(running.pop(task), task) for task in list(running) if task.done()]
        for end in ended:
            yield end
            if isinstance(end, BulkFailed) and isinstance(end.error, BookClosed):
                waiting.clear()


async def _begun(cards: CardUseCases, engine: Engine, preview: Preview) -> asyncio.Task[Push] | BulkFailed:
    """Begin the push of a card. Return the task that runs it, or why it can't begin."""
    try:
        return engine.run((await cards.confirm(preview, engine)).push_id)
    except DeskError as error:
        return BulkFailed(preview.subject, error)


def _ended(preview: Preview, task: asyncio.Task[Push]) -> BulkEnded | BulkFailed:
    """Return how the push of a card ended."""
    try:
        return BulkEnded(preview.subject, task.result())
    except DeskError as error:
        return BulkFailed(preview.subject, error)


def _shares(preview: Preview, others: Iterable[Preview]) -> bool:
    """Return True if a push writes a record that one of the others writes too."""
    refs = {step.ref for step in preview.plan.steps}
    return any(not refs.isdisjoint(step.ref for step in other.plan.steps) for other in others)


async def refusal(careful: CarefulStart | None, number: int) -> DeskError | None:
    """Return why `number` cards can't be pushed with one confirmation; None if they can. Raises `BookClosed`."""
    try:
        if careful is not None:
            await careful.check(CarefulKind.CARDS, number)
    except BookClosed:
        raise
    except DeskError as error:
        return error
    return None
