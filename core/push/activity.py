"""What the book tells of pushes, live and past. Reads only."""

from __future__ import annotations

from msgspec import Struct

from core.push.journal import Link, Push, StepRecord
from core.push.live import steps_of
from core.push.ports import Book


class Activity(Struct, frozen=True):
    """A push and where each of its steps stands."""

    push: Push
    steps: tuple[StepRecord, ...]


async def activity(book: Book) -> list[Activity]:
    """List every push, the newest first. Raises `BookClosed`."""
    pushes = sorted(await book.all(Push), key=lambda push: (push.created_at, push.push_id), reverse=True)
    return [Activity(push, tuple(await steps_of(book, push))) for push in pushes]


async def one(book: Book, push: Push) -> Activity:
    """Read one push's steps. Raises `BookClosed`."""
    return Activity(push, tuple(await steps_of(book, push)))


async def links(book: Book) -> list[Link]:
    """List every link, in the order they were made. Raises `BookClosed`."""
    return await book.all(Link)


async def of_subject(book: Book, subject: str) -> list[Activity]:
    """List the pushes of one subject, the newest first. Raises `BookClosed`."""
    pushes = [push for push in await book.all(Push) if push.subject == subject]
    pushes.sort(key=lambda push: (push.created_at, push.push_id), reverse=True)
    return [await one(book, push) for push in pushes]
