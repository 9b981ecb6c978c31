"""Several cards: show what each push would do, make the pushes one after the other, find what changed since.

A card that can't be read stops no other card, and neither does a push that fails or waits for a person. A book that
can't be written ends the run. Knows neither the screen nor the command that shows the progress.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from msgspec import Struct

from core.errors import BookClosed, DeskError
from core.flex.plans.preview import Preview
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.changed_since_push import ChangedSincePush
from core.push.engine import Engine
from core.push.records import Push
from core.receipts.careful_start import CarefulKind, CarefulStart


class BulkPreviewed(Struct, frozen=True):
    """A card was read: `preview` is what its push would do. The push may still have objections."""

    card_id: str
    preview: Preview


class BulkBegun(Struct, frozen=True):
    """The push of a card is about to begin."""

    card_id: str


class BulkEnded(Struct, frozen=True):
    """The push of a card went as far as it could. `push` is not always done: see its state and reason."""

    card_id: str
    push: Push


class BulkFailed(Struct, frozen=True):
    """A card could not be read, or its push could not begin or be recorded."""

    card_id: str
    error: DeskError


class CardChanges(Struct, frozen=True):
    """A card that was pushed, and what changed since. `since` may be empty."""

    card_id: str
    since: ChangedSincePush


class UnreadCard(Struct, frozen=True):
    """A card that was pushed and can't be read now."""

    card_id: str
    error: DeskError


async def changes_of(cards: CardUseCases, card_ids: Iterable[str]) -> AsyncIterator[CardChanges | UnreadCard]:
    """Read the cards that were pushed from here, and yield what changed since. The other cards are not read.

    Raises `BookClosed`.
    """
    for card_id in card_ids:
        try:
            since = await cards.changed_since_push(card_id)
        except BookClosed:
            raise
        except DeskError as error:
            yield UnreadCard(card_id, error)
        else:
            if since is not None:
                yield CardChanges(card_id, since)


async def preview_each(
    cards: CardUseCases, card_ids: Iterable[str]
) -> AsyncIterator[BulkPreviewed | BulkFailed]:
    """Read the cards in turn and yield what each push would do, or why the card can't be read."""
    for card_id in card_ids:
        try:
            preview = await cards.preview(card_id)
        except DeskError as error:
            yield BulkFailed(card_id, error)
        else:
            yield BulkPreviewed(card_id, preview)


async def push_in_turn(
    cards: CardUseCases, engine: Engine, previews: Iterable[Preview], careful: CarefulStart | None = None
) -> AsyncIterator[BulkBegun | BulkEnded | BulkFailed]:
    """Confirm the previews that nothing stands against and run their pushes, one after the other.

    Nothing is sent if the careful start of a live profile keeps the whole number of cards back.

    Yields `BulkBegun` for each card before its push, and `BulkEnded` or `BulkFailed` after it. Ends after the first
    `BulkFailed` with `BookClosed`: nothing more can be recorded, so nothing more is sent.
    """
    going = [preview for preview in previews if preview.pushable]
    if (refused := await refusal(careful, len(going))) is not None:
        for preview in going:
            yield BulkFailed(preview.subject, refused)
        return
    for preview in going:
        yield BulkBegun(preview.subject)
        try:
            begun = await cards.confirm(preview, engine)
            push = await engine.finish(begun.push_id)
        except BookClosed as error:
            yield BulkFailed(preview.subject, error)
            return
        except DeskError as error:
            yield BulkFailed(preview.subject, error)
        else:
            yield BulkEnded(preview.subject, push)


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
