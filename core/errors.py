"""The project's own errors: a code from one catalogue, what happened to which record, and what to do now.

Never carries client data beyond the record's id and the operator's own input; safe for logs.
"""

from __future__ import annotations


class DeskError(Exception):
    """What went wrong and what to do about it.

    `code` is stable and found in the catalogue, `message` names the record, `fix` is the next thing to do.
    """

    exit_code = 1

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


class UsageError(DeskError):
    """The command, a setting or a file handed to the desk is not of the right form."""

    exit_code = 2


class Unreachable(DeskError):
    """A remote system did not answer, or answered with nothing that can be used."""

    exit_code = 3


class BookClosed(DeskError):
    """The book can't be written (or not even read): it is locked, damaged, read-only, or the disk is full."""

    exit_code = 4


class ArchiveDamaged(DeskError):
    """The archived details of one push can't be true; the rest of the book is sound."""

    exit_code = 4
