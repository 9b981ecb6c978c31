"""The project's own errors: a code, what happened to which record, and what to do now.

The advice is the catalogue's text for the code, so that an error and `brokerdesk explain` never differ. An error
carries no client data beyond the record's id and the operator's own input; it is safe for logs.
"""

from __future__ import annotations


class DeskError(Exception):
    """What went wrong and what to do about it.

    `code` is stable and in the catalogue. `message` names the record. `when` is the situation, where the catalogue has
    advice of its own for it. `values` fill the placeholders of the advice; the filled text is `fix`.
    """

    exit_code = 1

    def __init__(self, code: str, message: str, *, when: str = "", **values: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.when = when
        self.values = values
        from core.error_catalogue import fix_of  # noqa: PLC0415 - a start without an error does without

        self.fix = fix_of(code, when, values)


class UsageError(DeskError):
    """The form of a command, a setting or a file that the desk was given is wrong."""

    exit_code = 2


class Unreachable(DeskError):
    """A remote system did not answer, or its answer can't be used."""

    exit_code = 3


class BookClosed(DeskError):
    """The book can't be written, or can't even be read: it is locked, damaged or read-only, or the disk is full."""

    exit_code = 4


class ArchiveDamaged(DeskError):
    """The archived details of one push are damaged. The rest of the book is sound."""

    exit_code = 4


class HeldElsewhere(DeskError):
    """Another sender on the same book holds what this one wants to change or to do: try again later."""


class DecidedMeanwhile(DeskError):
    """Somebody else has decided about the same record since this person looked at it. Nothing was written."""


class LeaseLost(DeskError):
    """Another sender on the same book has taken over what this one was doing. Nothing more of it may be sent here."""
