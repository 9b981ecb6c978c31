"""Drafts of notes in private files of the book. A draft goes only when its own text has arrived, or when it is emptied.

A card has one draft that is being written (`draft-…`); on a book that others use too, each person has one of their own,
so that nobody writes over the text of another. When a note is confirmed, its text and the paths of its files
move to a file of the push (`draft-…-PUSH`). That file goes when the push has arrived. If the push ends without the note
in FLEX, the file counts as a draft again. The content of attached files is in the push's plan alone.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from core.decoding.typed_json import decode_json
from core.errors import ArchiveDamaged
from core.flex.model import WrittenNote
from core.push.live_push import steps_of
from core.push.ports import Book
from core.push.records import Push
from core.push.states import ACTIVE, PushState, StepState

_PREFIX: Final = "draft-"
_WITH_FILES: Final = b"\0"
"""A draft with files or of a person begins with this byte, and JSON follows; any other draft is its text alone."""
_DIGITS: Final = 16
"""Digits of the keyed hash of a person's name in the name of a file."""


class Draft(Struct, frozen=True):
    """A note that is being written: its text, and the paths of its files. `name` is the name of its private file.

    `by` is who writes it on a book that others use too; "" on any other book.
    """

    name: str
    text: str = ""
    files: tuple[str, ...] = ()
    by: str = ""

    @property
    def is_blank(self) -> bool:
        """True if there is nothing to keep."""
        return not self.text.strip() and not self.files


class _Kept(Struct, frozen=True):
    """A draft with files or of a person, as it is on the disk."""

    text: str
    files: tuple[str, ...]
    by: str = ""


def draft_file(card_id: str, push_id: str = "") -> str:
    """Return the name of the private file that keeps a card's draft, or the draft of a confirmed note."""
    return f"{_PREFIX}{card_id.encode().hex()}" + (f"-{push_id}" if push_id else "")


def own_draft_file(book: Book, card_id: str, operator: str) -> str:
    """Return the name of the private file that keeps what a person writes about a card."""
    return draft_file(card_id, book.keyed_hash("draft", operator)[:_DIGITS] if book.is_shared else "")


async def draft_files(book: Book, card_id: str) -> list[str]:
    """Return the names of every private file that keeps a draft of a card, in the order in which they were begun."""
    first = draft_file(card_id)
    names = await book.list_files()
    return sorted(name for name in names if name == first or name.startswith(f"{first}-"))


async def drafts_of(book: Book, card_id: str) -> list[Draft]:
    """Return the drafts of a card: what is being written, and confirmed notes that did not arrive. Raises `BookClosed`.

    A note that is on its way is left out.
    """
    return [
        await _read(book, name)
        for name in await draft_files(book, card_id)
        if not await _is_on_its_way(book, name) and not await _has_arrived(book, name)
    ]


async def keep(book: Book, draft: Draft) -> None:
    """Write a draft to its file, or delete the file if nothing is left of the draft. Raises `BookClosed`."""
    if draft.is_blank:
        await book.delete_file(draft.name)
    elif draft.files or draft.by or draft.text.startswith("\0"):
        kept = _Kept(_encodable(draft.text), draft.files, draft.by)
        await book.put_file(draft.name, _WITH_FILES + msgspec.json.encode(kept))
    else:
        await book.put_file(draft.name, _encodable(draft.text).encode())


async def set_on_its_way(book: Book, push_id: str, note: WrittenNote) -> None:
    """Keep the text of a note that was confirmed, for the case that its push does not arrive. Raises `BookClosed`."""
    await keep(book, _draft_of(note, draft_file(note.card_id, push_id)))


async def forget_written(book: Book, note: WrittenNote) -> None:
    """Delete the drafts that hold just what was confirmed: the file of the push keeps it. Raises `BookClosed`."""
    for draft in await drafts_of(book, note.card_id):
        if draft == _draft_of(note, draft.name, draft.by):
            await book.delete_file(draft.name)


async def settle(book: Book) -> None:
    """Delete the file of each confirmed note that has arrived. Raises `BookClosed`."""
    for name in await book.list_files():
        if name.startswith(_PREFIX) and await _has_arrived(book, name):
            await book.delete_file(name)


def _draft_of(note: WrittenNote, name: str, by: str = "") -> Draft:
    return Draft(name, _encodable(note.text), tuple(file.path for file in note.files), by)


async def _read(book: Book, name: str) -> Draft:
    content = await book.get_file(name) or b""
    if content.startswith(_WITH_FILES):
        kept = decode_json(content[1:], _Kept)
        return Draft(name, kept.text, kept.files, kept.by)
    return Draft(name, content.decode("utf-8", "replace"))


async def _push(book: Book, name: str) -> Push | None:
    """Return the push whose note a file keeps; None for a draft that was not confirmed."""
    push_id = name.removeprefix(_PREFIX).partition("-")[2]
    return await book.get(Push, push_id) if push_id else None


async def _is_on_its_way(book: Book, name: str) -> bool:
    push = await _push(book, name)
    return push is not None and push.state in ACTIVE


async def _has_arrived(book: Book, name: str) -> bool:
    """Return True if the note of a file is in FLEX. A step that a person left is over and did not arrive."""
    push = await _push(book, name)
    if push is None or push.state is not PushState.DONE:
        return False
    try:
        steps = await steps_of(book, push)
    except ArchiveDamaged:  # nothing says any more that the note arrived
        return False
    return bool(steps) and all(step.state is StepState.DONE for step in steps)


def _encodable(text: str) -> str:
    """Replace halves of characters, which no file can hold."""
    return text.encode("utf-8", "replace").decode()
