"""What the book tells of pushes, live and past. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from core.errors import ArchiveDamaged
from core.push.live_push import steps_of
from core.push.ports import Book
from core.push.records import Link, Push, StepRecord
from core.push.states import PushState, StepState

NEEDS_A_LOOK = frozenset({PushState.NEEDS_YOU, PushState.PAUSED})
ENDED_BADLY = frozenset({PushState.REFUSED, PushState.PARTIAL})


def needs_you(push: Push, latest: bool) -> bool:
    """Say whether a person should look at a push; one that ended badly only while no later push took its place.

    A push that was refused because the card changed sent nothing and is asked anew: nothing is left to do.
    """
    ended_badly = push.state in ENDED_BADLY and push.reason != "plan-changed"
    return push.state in NEEDS_A_LOOK or (ended_badly and latest)


class Activity(Struct, frozen=True):
    """A push and where each of its steps stands. `missing` says why steps can't be shown, if so."""

    push: Push
    steps: tuple[StepRecord, ...]
    missing: str = ""


async def pushes(book: Book) -> list[Push]:
    """List every push without its steps, the newest first. Raises `BookClosed`."""
    return sorted(await book.all(Push), key=_age, reverse=True)


def _age(push: Push) -> tuple[float, str]:
    return push.created_at, push.push_id


class Progress(Struct, frozen=True):
    """How far a push of many steps is. `seconds_left` is None before there is a pace to tell it by."""

    over: int
    total: int
    per_minute: float = 0.0
    seconds_left: float | None = None


def progress(steps: Sequence[StepRecord], since: tuple[float, int], now: float) -> Progress:
    """Say how far a push is by its pace since a moment (seconds) at which so many steps were over."""
    over = sum(step.state not in _ON_THE_WAY for step in steps)
    began, then = since
    if over <= then or now <= began:
        return Progress(over, len(steps))
    rate = (over - then) / (now - began)
    return Progress(over, len(steps), rate * 60, (len(steps) - over) / rate)


_ON_THE_WAY = frozenset({StepState.READY, StepState.INTENT, StepState.UNKNOWN})


async def read_all_activity(book: Book) -> list[Activity]:
    """List every push, the newest first. Raises `BookClosed`."""
    return [await read_activity(book, push) for push in await pushes(book)]


async def read_activity(book: Book, push: Push) -> Activity:
    """Read one push's steps; without those of an archive that is damaged. Raises `BookClosed`."""
    try:
        return Activity(push, tuple(await steps_of(book, push)))
    except ArchiveDamaged as error:
        live = await book.where(StepRecord, push_id=push.push_id)
        return Activity(push, tuple(live), error.message)


async def links(book: Book) -> list[Link]:
    """List every link, in the order they were made. Raises `BookClosed`."""
    return await book.all(Link)


async def activity_of_card(book: Book, card_id: str) -> list[Activity]:
    """List the pushes that concern one card, the newest first. Raises `BookClosed`."""
    found = await book.where(Push, about=card_id) + await book.where(Push, subject=card_id)
    newest_first = sorted({push.push_id: push for push in found}.values(), key=_age, reverse=True)
    return [await read_activity(book, push) for push in newest_first]
