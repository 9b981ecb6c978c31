"""Why a book can't be read or written, in words that say what to do. Every `BookClosed` of the book is made here."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

from core.errors import ArchiveDamaged, BookClosed

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def again(reason: BookClosed) -> BookClosed:
    """Give the same reason as a new exception: one that is raised twice drags its first traceback along."""
    return BookClosed(reason.code, reason.message, reason.fix)


def damaged(place: str, what: str, backup: Path | None) -> BookClosed:
    """`book-damaged`: something the book holds can't be true. `place` is the file and line, or table and key.

    `backup` is the previous snapshot, or None where there is none.
    """
    if backup is None:
        fix = "Restore the book's folder from your own backup; there is no earlier snapshot beside it."
    else:
        fix = (
            f"Move the damaged file away and copy {backup} to its place (the book as it was before it was last "
            "tidied), or restore the folder from your own backup. What was pushed since then is found again by "
            "its reference."
        )
    return BookClosed("book-damaged", f"{place}: {what}.", fix)


def archive_damaged(place: str, what: str, push_id: str) -> ArchiveDamaged:
    """`archive-damaged`: the details of one push can't be read. `place` is the file and line."""
    return ArchiveDamaged(
        "archive-damaged",
        f"{place}: {what}. The steps of push {push_id} can't be shown; all else is there.",
        "Restore that file from your own backup of the book's folder.",
    )


def not_archived(path: Path, error: OSError) -> BookClosed:
    """Say why finished pushes could not be moved to an archive; the log still holds them and can be written."""
    why = error.strerror or type(error).__name__
    return BookClosed(
        write_failed(path, error).code,
        f"{path} can't be written: {why}. What was pushed stays in book.log; nothing is lost.",
        "Make room on that disk and see who owns that folder. It is tried again at the next start.",
    )


def gone(log: Path, trace: Path, backup: Path | None) -> BookClosed:
    """`book-damaged`: the log is missing though another file (`trace`) shows that there was one."""
    lost = damaged(str(log), f"the book is missing although {trace.name} is there", backup)
    if backup is not None:
        return lost
    fix = f"{lost.fix} To begin with an empty book on purpose, move {log.parent} away."
    return BookClosed(lost.code, lost.message, fix)


def newer(log: Path, schema: int, known: int) -> BookClosed:
    """`book-newer`: the book was written by a later version of the program."""
    return BookClosed(
        "book-newer",
        f"{log} is of version {schema}; this program knows versions up to {known}.",
        "Update brokerdesk on this computer, or use the one that wrote the book.",
    )


def key_missing(key: Path) -> BookClosed:
    """`book-key-missing`: the log is there, the key its hashes were made with is not."""
    return BookClosed(
        "book-key-missing",
        f"{key} is missing; without it what was sent can't be compared with what is there now.",
        f"Put {key.name} back from your backup of {key.parent}.",
    )


def locked(home: Path, holder: str) -> BookClosed:
    """`book-locked`: another process writes this book. `holder` names it: "process 4711 (m.hale, since …)"."""
    return BookClosed(
        "book-locked",
        f"The book in {home} is open in {holder}.",
        "Go on there, or close it there and open it here again. Until then it can be read here, not written.",
    )


def only_reading(home: Path) -> BookClosed:
    """`book-read-only`: it was opened for reading on purpose."""
    return BookClosed(
        "book-read-only", f"The book in {home} was opened for reading only.", "Open it for writing."
    )


def shut(home: Path) -> BookClosed:
    """`book-closed`: it was used after it had been closed."""
    return BookClosed("book-closed", f"The book in {home} has been closed.", "Open it again.")


def interrupted(path: Path) -> BookClosed:
    """`book-io-error`: a write was broken off from inside, and how much of it is there is not known."""
    return BookClosed(
        "book-io-error",
        f"A write to {path} was interrupted; the book is read-only from here on.",
        "Close brokerdesk and start it again: what was confirmed as written is there.",
    )


def write_failed(path: Path, error: OSError) -> BookClosed:
    """Say why a write failed: `book-disk-full`, `book-read-only` or `book-io-error`."""
    why = error.strerror or type(error).__name__
    message = f"{path} can't be written: {why}. The book is read-only from here on; what it held is safe."
    again = "then start brokerdesk again."
    if error.errno in _FULL:
        return BookClosed("book-disk-full", message, f"Make room on that disk (or raise the quota), {again}")
    if error.errno in _READ_ONLY:
        return BookClosed(
            "book-read-only",
            message,
            f"Make {path.parent} writable for you, or name another folder with --home; {again}",
        )
    return BookClosed(
        "book-io-error", message, f"Check the disk and copy {path.parent} to a sound one, {again}"
    )


def no_home(home: Path, error: OSError) -> BookClosed:
    """Say why there can't be a book in `home` at all; codes as `write_failed`."""
    why = error.strerror or type(error).__name__
    code = write_failed(home, error).code
    return BookClosed(
        code,
        f"There can't be a book in {home}: {why}.",
        "Name a folder you can write with --home DIR or BROKERDESK_HOME.",
    )


def read_failed(path: Path, error: OSError) -> BookClosed:
    """`book-io-error`: a file of the book is there and can't be read."""
    why = error.strerror or type(error).__name__
    return BookClosed(
        "book-io-error",
        f"{path} can't be read: {why}.",
        f"Check who owns {path} and whether the disk is sound.",
    )
