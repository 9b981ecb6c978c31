"""The errors of the book. Every `BookClosed` of `data/book` is made here; the advice comes from the catalogue."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

from core.error_words import why_failed
from core.errors import ArchiveDamaged, BookClosed

LOCKED: Final = "book-locked"
"""The code of `locked`."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def again(reason: BookClosed) -> BookClosed:
    """Return a new exception for the same reason: raising the old one again would carry its first traceback along."""
    return BookClosed(reason.code, reason.message, when=reason.when, **reason.values)


def damaged(place: str, what: str, backup: Path | None) -> BookClosed:
    """Return `book-damaged`: something that the book holds can't be true.

    `place` is the file and line, or the table and key. `backup` is the earlier snapshot, or None if there is none.
    """
    message = f"{place}: {what}."
    if backup is None:
        return BookClosed("book-damaged", message)
    return BookClosed("book-damaged", message, when="there is an earlier snapshot", snapshot=backup)


def archive_damaged(place: str, what: str, push_id: str) -> ArchiveDamaged:
    """Return `archive-damaged`: the details of one push can't be read. `place` is the file and line."""
    return ArchiveDamaged(
        "archive-damaged",
        f"{place}: {what}. The steps of push {push_id} can't be shown; all else is there.",
    )


def not_archived(path: Path, error: OSError) -> BookClosed:
    """Return why finished pushes could not be moved to an archive. The log still holds them and can be written."""
    return BookClosed(
        write_failed(path, error).code,
        f"{path} can't be written: {why_failed(error)}. What was pushed stays in book.log; nothing is lost.",
        when="finished pushes can't be archived",
    )


def gone(log: Path, trace: Path, backup: Path | None) -> BookClosed:
    """Return `book-damaged`: the log is missing, though another file (`trace`) shows that there was a log."""
    if backup is not None:
        return damaged(str(log), f"the book is missing although {trace.name} is there", backup)
    return BookClosed(
        "book-damaged",
        f"{log}: the book is missing although {trace.name} is there.",
        when="the book is missing",
        book_folder=log.parent,
    )


def newer(log: Path, schema: int, known: int) -> BookClosed:
    """Return `book-newer`: a later version of the program wrote the book."""
    return BookClosed(
        "book-newer", f"{log} is of version {schema}; this program knows versions up to {known}."
    )


def key_missing(key: Path) -> BookClosed:
    """Return `book-key-missing`: the log is there, the key of its hashes is not."""
    return BookClosed(
        "book-key-missing",
        f"{key} is missing; without it what was sent can't be compared with what is there now.",
        key_file=key.name,
        book_folder=key.parent,
    )


def locked(home: Path, holder: str) -> BookClosed:
    """Return `book-locked`: another process writes this book. `holder` names it: "process 4711 (m.hale, since …)"."""
    return BookClosed(LOCKED, f"The book in {home} is open in {holder}.")


def free(home: Path, holder: str) -> BookClosed:
    """Return `book-free`: the process that wrote this book does so no more. `holder` names it, as in `locked`."""
    who = f"{holder[:1].upper()}{holder[1:]}"
    return BookClosed(
        "book-free", f"{who} no longer has the book in {home} open. Here it was opened for reading."
    )


def only_reading(home: Path) -> BookClosed:
    """Return `book-read-only`: the book was opened for reading on purpose."""
    return BookClosed(
        "book-read-only", f"The book in {home} was opened for reading only.", when="it was opened for reading"
    )


def moved(home: Path, to: str) -> BookClosed:
    """Return `book-moved`: the book was moved to another place, and nobody writes it here any more."""
    return BookClosed("book-moved", f"The book in {home} was moved to {to}.", to=to)


def copying(home: Path) -> BookClosed:
    """Return `book-moving`: the book is a copy that is not finished."""
    return BookClosed("book-moving", f"The book in {home} is a copy that is not finished.")


def shut(home: Path) -> BookClosed:
    """Return `book-closed`: the book was used after it had been closed."""
    return BookClosed("book-closed", f"The book in {home} has been closed.")


def interrupted(path: Path) -> BookClosed:
    """Return `book-io-error`: a write was interrupted by another exception, and nobody knows how much was written."""
    return BookClosed(
        "book-io-error",
        f"A write to {path} was interrupted; the book is read-only from here on.",
        when="a write was interrupted",
    )


def write_failed(path: Path, error: OSError) -> BookClosed:
    """Return why a write failed: `book-disk-full`, `book-read-only` or `book-io-error`."""
    message = (
        f"{path} can't be written: {why_failed(error)}. The book is read-only now; what was in it is safe."
    )
    if error.errno in _FULL:
        return BookClosed("book-disk-full", message)
    if error.errno in _READ_ONLY:
        return BookClosed("book-read-only", message, book_folder=path.parent)
    return BookClosed("book-io-error", message, book_folder=path.parent)


def no_home(home: Path, error: OSError) -> BookClosed:
    """Return why there can't be a book in `home` at all; codes as `write_failed`."""
    code = write_failed(home, error).code
    return BookClosed(
        code, f"There can't be a book in {home}: {why_failed(error)}.", when="no book can be made"
    )


def read_failed(path: Path, error: OSError) -> BookClosed:
    """Return `book-io-error`: a file of the book is there and can't be read."""
    return BookClosed(
        "book-io-error", f"{path} can't be read: {why_failed(error)}.", when="a file can't be read", file=path
    )
