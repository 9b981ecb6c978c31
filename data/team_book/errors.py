"""The errors of a team's book in plain words. Every `BookClosed` of `data/team_book` is made here.

The words of PostgreSQL are for programmers and may quote values, so an error names the place and a code at most.
"""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import errors as sql

from core.errors import BookClosed, UsageError

AWAY: Final = "book-away"
"""The code of a book that can't be reached now. Whoever waits can try again."""
NOT_THERE: Final = "book-not-there"
"""The code of a database without a book."""


def away(shown: str, why: str) -> BookClosed:
    """Return `book-away`: the database can't be reached. `why` is a clause, `shown` the address without a password."""
    return BookClosed("book-away", f"The team's book at {shown} can't be reached: {why}.")


def went_back(shown: str) -> BookClosed:
    """Return `book-went-back`: writes that the database had confirmed are gone. An older copy was restored."""
    return BookClosed(
        "book-went-back",
        f"The team's book at {shown} lacks writes that it had confirmed: an older copy of it was restored.",
    )


def only_reading(shown: str) -> BookClosed:
    """Return `book-read-only`: the book was opened for reading on purpose."""
    return BookClosed(
        "book-read-only",
        f"The team's book at {shown} was opened for reading only.",
        when="it was opened for reading",
    )


def not_allowed(shown: str) -> BookClosed:
    """Return `book-read-only`: the database lets this account only read, or not even that."""
    return BookClosed(
        "book-read-only",
        f"The database at {shown} does not let this account write the team's book.",
        when="the database does not allow it",
    )


def shut(shown: str) -> BookClosed:
    """Return `book-closed`: the book was used after it had been closed."""
    return BookClosed("book-closed", f"The team's book at {shown} has been closed.")


def not_there(shown: str) -> BookClosed:
    """Return `book-not-there`: the database has no book, and this process may only read or may not make one."""
    return BookClosed("book-not-there", f"There is no team's book at {shown} yet.")


def older(shown: str) -> BookClosed:
    """Return `book-older`: the tables are of an older version, and this process may only read."""
    return BookClosed("book-older", f"The team's book at {shown} is of an older version.")


COPYING: Final = "copying"
"""What a book says of where it is while it is a copy that is not finished."""
MOVING: Final = "moving"
"""What a book says of where it is while it is moved to another place."""


def moved(shown: str, to: str) -> BookClosed:
    """Return `book-moved` or `book-moving`: nobody writes the book here any more. `to` is what it says of itself."""
    if to in (COPYING, MOVING):
        what = "is being moved" if to == MOVING else "is a copy that is not finished"
        return BookClosed("book-moving", f"The team's book at {shown} {what}.")
    return BookClosed("book-moved", f"The book at {shown} was moved to {to}.", to=to)


def newer(shown: str, found: int, known: int) -> BookClosed:
    """Return `book-newer`: a later version of the program wrote the book."""
    return BookClosed(
        "book-newer",
        f"The team's book at {shown} is of version {found}; this program knows versions up to {known}.",
    )


def other_workspace(shown: str, workspace: str) -> BookClosed:
    """Return `book-other-workspace`: the database holds the book of another account."""
    return BookClosed(
        "book-other-workspace",
        f"The team's book at {shown} is not that of workspace “{workspace}”: its references would differ.",
    )


def wrong_secret(shown: str) -> BookClosed:
    """Return `book-wrong-secret`: the secret of this machine does not open the book."""
    return BookClosed(
        "book-wrong-secret", f"The secret that is stored here does not open the team's book at {shown}."
    )


def no_secret(shown: str, variable: str) -> UsageError:
    """Return `book-no-secret`: this machine does not have the secret of a book that others have made."""
    return UsageError(
        "book-no-secret",
        f"The secret of the team's book at {shown} is not stored on this machine.",
        variable=variable,
    )


def damaged(shown: str, place: str) -> BookClosed:
    """Return `book-damaged`: a row does not hold what was sealed for it. `place` names the row."""
    return BookClosed(
        "book-damaged",
        f"The team's book at {shown}: {place} was changed by somebody else than brokerdesk.",
        when="it is a team's book",
    )


def of_database(error: psycopg.Error, shown: str) -> BookClosed:
    """Return what an error of the database means for the book."""
    if isinstance(error, sql.InsufficientPrivilege):
        return not_allowed(shown)
    if isinstance(error, (sql.UndefinedTable, sql.InvalidSchemaName)):
        return not_there(shown)
    if isinstance(error, sql.DiskFull):
        return BookClosed(
            "book-disk-full",
            f"The disk of the database at {shown} is full; what was in the team's book is safe.",
            when="it is a team's book",
        )
    if is_away(error):
        return away(shown, why_away(error))
    code = f" (code {error.sqlstate})" if error.sqlstate else ""
    return BookClosed("book-refused", f"The database at {shown} refused a request of brokerdesk{code}.")


def is_away(error: psycopg.Error) -> bool:
    """Return True if an error says that the connection is gone or the server does not work now.

    A server that only reads is the former primary of a cluster that has changed its mind.
    """
    lost = (
        psycopg.OperationalError,
        psycopg.InterfaceError,
        sql.ReadOnlySqlTransaction,
        sql.IdleInTransactionSessionTimeout,
    )
    return isinstance(error, lost) and not isinstance(error, (sql.DiskFull, sql.OutOfMemory))


def is_worth_repeating(error: psycopg.Error) -> bool:
    """Return True if a transaction was rolled back only because another one was in its way."""
    return isinstance(error, (sql.DeadlockDetected, sql.SerializationFailure))


def why_away(error: psycopg.Error) -> str:
    """Return why a database can't be reached, as a clause."""
    match error:
        case sql.InvalidPassword() | sql.InvalidAuthorizationSpecification():
            return "it does not accept this account or its password"
        case sql.InvalidCatalogName():
            return "the server has no database of that name"
        case sql.TooManyConnections():
            return "too many connections to it are open"
        case sql.ReadOnlySqlTransaction():
            return "the server there only reads at the moment"
        case psycopg.errors.ConnectionTimeout():
            return "nothing answered in time"
        case _:
            return "no connection comes about, or the one that there was is lost"
