"""Reads pushes and their steps from the book, unfinished and finished ones. Changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Final

from msgspec import Struct

from core.decoding.typed_json import decode_json
from core.errors import ArchiveDamaged
from core.push.plan import ACTS, Plan
from core.push.ports import Book
from core.push.records import Link, Push, StepRecord, plan_file, step_key
from core.push.states import ACTIVE, ON_THE_WAY, WAITS, PushState

_STEPS_AT_ONCE: Final = 2_000
_PUSHES_AT_ONCE: Final = 5_000
ENDED_BADLY = frozenset({PushState.REFUSED, PushState.PARTIAL})


def needs_you(push: Push, latest: bool) -> bool:
    """Return True if a person should look at a push. `latest` says that no later push of the same thing exists.

    A push that ended badly counts only while it is the latest. A push that was refused because the card changed does
    not count: it sent nothing, and a person confirms a new plan. A push that is paused counts if a person has to mend
    what paused it, such as a wrong secret.
    """
    match push.state:
        case PushState.NEEDS_YOU:
            return True
        case PushState.PAUSED:
            return not waits(push)
        case PushState.REFUSED | PushState.PARTIAL:
            return latest and push.reason != "plan-changed"
        case PushState.QUEUED | PushState.RUNNING | PushState.DONE:
            return False


def waits(push: Push) -> bool:
    """Return True if a push is paused and asks nobody: it waits for a system, an hour, the end of a stop, a start."""
    return push.state is PushState.PAUSED and push.reason in WAITS


class Activity(Struct, frozen=True):
    """A push and its steps. `missing` says why some steps can't be shown, or is ""."""

    push: Push
    steps: tuple[StepRecord, ...]
    missing: str = ""


async def pushes(book: Book) -> list[Push]:
    """Return every push without its steps, the newest first. Raises `BookClosed`.

    Many pushes are read in pieces, so that what is sent meanwhile is written in between. A push that begins meanwhile
    can be missing.
    """
    found: dict[str, Push] = {}
    for skip in count(0, _PUSHES_AT_ONCE):
        piece = await book.newest(Push, _PUSHES_AT_ONCE, skip=skip)
        found |= {push.push_id: push for push in piece}
        if len(piece) < _PUSHES_AT_ONCE:
            break
    return sorted(found.values(), key=_age, reverse=True)


def _age(push: Push) -> tuple[float, str]:
    return push.created_at, push.push_id


class Progress(Struct, frozen=True):
    """The progress of a push of many steps. `seconds_left` is None until a pace can be measured."""

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


async def read_activities(book: Book, wanted: Sequence[Push]) -> AsyncIterator[Activity]:
    """Yield pushes with their steps, in their order, without the steps of damaged archive entries.

    At most `_STEPS_AT_ONCE` steps are in memory at a time; the book is asked twice for each portion. Raises
    `BookClosed`.
    """
    for some in _portions(wanted):
        live: dict[str, dict[int, StepRecord]] = {push.push_id: {} for push in some}
        keys = (step_key(push.push_id, n) for push in some for n in range(push.size))
        for step in await book.get_many(StepRecord, keys):
            live[step.push_id][step.n] = step
        elsewhere = [push.push_id for push in some if len(live[push.push_id]) < push.size]
        archived = await book.archived_many(StepRecord, elsewhere) if elsewhere else {}
        for push in some:
            yield _activity(push, live[push.push_id], archived.get(push.push_id, []))


def _portions(wanted: Iterable[Push]) -> Iterator[list[Push]]:
    """Split pushes into portions of at most `_STEPS_AT_ONCE` steps, or of one push with more."""
    some: list[Push] = []
    steps = 0
    for push in wanted:
        if some and steps + push.size > _STEPS_AT_ONCE:
            yield some
            some, steps = [], 0
        some.append(push)
        steps += push.size
    if some:
        yield some


def _activity(
    push: Push, live: Mapping[int, StepRecord], archived: Sequence[StepRecord] | ArchiveDamaged
) -> Activity:
    """Join the steps of the live log with those of the archive. The live log comes first."""
    if isinstance(archived, ArchiveDamaged):
        return Activity(push, tuple(live[n] for n in sorted(live)), archived.message)
    steps = {**{step.n: step for step in archived}, **live}
    return Activity(push, tuple(steps[n] for n in sorted(steps)))


async def read_activity(book: Book, push: Push) -> Activity:
    """Return one push with its steps, without those of a damaged archive. Raises `BookClosed`."""
    (activity,) = [activity async for activity in read_activities(book, [push])]
    return activity


async def read_plan(book: Book, push: Push) -> Plan | None:
    """Return the plan of a push; None once it is no longer kept, or if it can't be read. Raises `BookClosed`."""
    content = await book.get_file(plan_file(push.push_id))
    try:
        return None if content is None else decode_json(content, Plan)
    except ValueError:
        return None


async def asking(book: Book) -> list[Push]:
    """Return the pushes that need a person. Reads only pushes that wait or ended badly. Raises `BookClosed`."""
    waiting = await book.where(Push, state=PushState.NEEDS_YOU)
    waiting += [push for push in await book.where(Push, state=PushState.PAUSED) if not waits(push)]
    for state in ENDED_BADLY:
        for push in await book.where(Push, state=state):
            newer = max(await book.where(Push, subject=push.subject), key=_age)
            if needs_you(push, newer.push_id == push.push_id):
                waiting.append(push)
    return waiting


def newest(pushes: Sequence[Push], limit: int) -> list[Push]:
    """Return the newest `limit` of `pushes`, and each older push that is not finished or needs a person.

    `pushes` and the result have the newest first.
    """
    found: list[Push] = []
    seen: set[str] = set()
    for n, push in enumerate(pushes):
        if n < limit or push.state in ACTIVE or needs_you(push, push.subject not in seen):
            found.append(push)
        seen.add(push.subject)
    return found


async def links(book: Book) -> list[Link]:
    """Return every link, in the order in which they were made; what was done to a record is none.

    Raises `BookClosed`.
    """
    return [link for link in await book.all(Link) if link.entity not in ACTS]


async def activity_of_card(book: Book, card_id: str) -> list[Activity]:
    """Return the pushes that concern one card, with their steps, the newest first. Raises `BookClosed`.

    What undid one of them belongs to the card too.
    """
    of_card = await book.where(Push, about=card_id) + await book.where(Push, subject=card_id)
    pushes = {push.push_id: push for push in of_card}
    for push_id in list(pushes):
        pushes |= {undo.push_id: undo for undo in await book.where(Push, about=push_id)}
    newest_first = sorted(pushes.values(), key=_age, reverse=True)
    return [activity async for activity in read_activities(book, newest_first)]
