"""The order in which a book is moved, so that it can be broken off at any moment: at most one place may be written.

First nobody writes the source any more. Then the target is made equal to it, which nobody else may write yet; what an
earlier try has copied is not copied again. Then the target is read back and compared. Then the source is marked as
moved, and at last the target is opened for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from core.errors import DeskError
from core.push.records import Record
from core.stop import Stop
from data.book_move.copying import BookSum, WholeBook, copy_book, sum_of


class Moved(Struct, frozen=True):
    """A book that was moved from one place to another, and what it holds."""

    source: str
    target: str
    holds: BookSum


class Origin(WholeBook, Protocol):
    """The book that is moved. Nobody else writes it while it is open."""

    @property
    def hash_key(self) -> bytes:
        """The key of the book's hashes, which the copy gets."""
        ...

    def stop(self) -> Stop | None:
        """Return the stop of all sending, or None."""
        ...

    def mark_moved(self, to: str) -> None:
        """Say from now on that the book is at `to`. It can still be read."""
        ...


class Copy(WholeBook, Protocol):
    """The copy of a book, which nobody else writes before `open_for_all`."""

    def open_for_all(self, stop: Stop | None) -> None:
        """Let everybody write the copy. `stop` is the stop of all sending that goes along."""
        ...


class BookPlace(Protocol):
    """A place where a book can be. Every method raises `DeskError`, and blocks."""

    @property
    def shown(self) -> str:
        """The place in words, without a secret."""
        ...

    def origin(self, to: str) -> AbstractContextManager[Origin]:
        """Open the book that is here and keep others from writing it. If the block fails they may write it again.

        A book that was marked as moved to `to` may be opened again, as long as the copy there is not finished.
        """
        ...

    def copy(self, hash_key: bytes) -> AbstractContextManager[Copy]:
        """Open a copy here, a new one or one that an earlier try has begun.

        Raises `DeskError` (book-other) if the place holds another book.
        """
        ...

    def read_again(self) -> AbstractContextManager[WholeBook]:
        """Open what is here for reading, as it is stored."""
        ...

    def is_open_copy(self, hash_key: bytes) -> bool:
        """Return True if the book with this key is here, and everybody may write it."""
        ...


def move_book(
    source: BookPlace, target: BookPlace, kinds: Sequence[type[Record]], told: Callable[[int], None]
) -> Moved:
    """Move a book, and return what it holds. `told` hears of the progress: see `copy_book`.

    If the book was moved there already, return what it holds there now. Raises `DeskError`.
    """
    with source.origin(target.shown) as origin:
        if target.is_open_copy(origin.hash_key):
            with target.read_again() as found:
                return Moved(source.shown, target.shown, sum_of(found, kinds))
        with target.copy(origin.hash_key) as copy:
            copy_book(origin, copy, kinds, told)
        wanted = sum_of(origin, kinds)
        with target.read_again() as found:
            if sum_of(found, kinds) != wanted:
                raise DeskError(
                    "not-moved", f"The copy at {target.shown} is not equal to the book at {source.shown}."
                )
        origin.mark_moved(target.shown)
        with target.copy(origin.hash_key) as copy:
            copy.open_for_all(origin.stop())
    return Moved(source.shown, target.shown, wanted)
