"""Reads pushes and their steps from the book, unfinished and finished ones. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from core.errors import ArchiveDamaged
from core.push.live_push import steps_of
from core.push.plan import ACTS
from core.push.ports import Book
from core.push.records import Link, Push, StepRecord
from core.push.states import ON_THE_WAY, PushState

NEEDS_A_LOOK = frozenset({PushState.NEEDS_YOU, PushState.PAUSED})
ENDED_BADLY = frozenset({PushState.REFUSED, PushState.PARTIAL})


def needs_you(push: Push, latest: bool) -> bool:
    """Return True if a person should look at a push. `latest` says that no later push of the same thing exists.

    A push that ended badly counts only while it is the latest. A push that was refused because the card changed does
    not count: it sent nothing, and a person confirms a new plan.
    """
    ended_badly = push.state in ENDED_BADLY and push.reason != "plan-changed"
    return push.state in NEEDS_A_LOOK or (ended_badly and latest)


class Activity(Struct, frozen=True):
    """A push and its steps. `missing` says why some steps can't be shown, or is ""."""

    push: Push
    steps: tuple[StepRecord, ...]
    missing: str = ""


async def pushes(book: Book) -> list[Push]:
    """Return every push without its steps, the newest first. Raises `BookClosed`."""
    return sorted(await book.all(Push), key=_age, reverse=True)


def _age(push: Push) -> tuple[float, str]:
    return push.created_at, push.push_id


class Progress(Struct, frozen=True):
    """How far a push of many steps is. `seconds_left` is None until a pace can be measured."""

    over: int
    total: int
    per_minute: float = 0.0
    seconds_left: float | None = None


def progress(steps: Sequence[StepRecord], since: tuple[float, int], now: float) -> Progress:
    """Return how far a push is. `since` is a time in seconds and the number of steps that were over then."""
    over = sum(step.state not in ON_THE_WAY for step in steps)
    began, then = since
    if over <= then or now <= began:
        return Progress(over, len(steps))
    rate = (over - then) / (now - began)
    return Progress(over, len(steps), rate * 60, (len(steps) - over) / rate)


async def read_all_activity(book: Book) -> list[Activity]:
    """Return every push with its steps, the newest first. Raises `BookClosed`."""
    return [await read_activity(book, push) for push in await pushes(book)]


async def read_activity(book: Book, push: Push) -> Activity:
    """Return one push with its steps, without those of a damaged archive. Raises `BookClosed`."""
    try:
        return Activity(push, tuple(await steps_of(book, push)))
    except ArchiveDamaged as error:
        live = await book.where(StepRecord, push_id=push.push_id)
        return Activity(push, tuple(live), error.message)


async def links(book: Book) -> list[Link]:
    """Return every link, in the order in which they were made; what was done to a record is none.

    Raises `BookClosed`.
    """
    return [link for link in await book.all(Link) if link.entity not in ACTS]


async def activity_of_card(book: Book, card_id: str) -> list[Activity]:
    """Return the pushes that concern one card, with their steps, the newest first. Raises `BookClosed`."""
    of_card = await book.where(Push, about=card_id) + await book.where(Push, subject=card_id)
    newest_first = sorted({push.push_id: push for push in of_card}.values(), key=_age, reverse=True)
    return [await read_activity(book, push) for push in newest_first]
