"""Makes the tables of a team's book, and brings those of an older version up to date. Knows no record.

The n-th migration, from 1, is the file `sql/00n_….sql`. A migration that was released never changes.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

from psycopg import errors as sql

from data.team_book import errors as reasons
from data.team_book.connection import Connected, Server

_TRIES: Final = 5
"""How often tables are made, while other desks that start at the same moment make them too."""


@cache
def migrations() -> tuple[bytes, ...]:
    """Return the SQL of each migration, in their order."""
    folder = resources.files("data.team_book").joinpath("sql")
    names = sorted(file.name for file in folder.iterdir() if file.name[0].isdigit())
    return tuple(folder.joinpath(name).read_bytes() for name in names)


def version_of(connection: Connected) -> int | None:
    """Return the version of the tables, None if there are none. Raises `psycopg.Error`."""
    try:
        found = connection.execute("select max(version) from brokerdesk.migrations").fetchone()
    except (sql.UndefinedTable, sql.InvalidSchemaName):
        return None
    return found[0] if found is not None else None


def prepare(server: Server, *, may_write: bool) -> None:
    """Make the tables, or bring them up to date. Raises `BookClosed`.

    If this process may only read, an older version or a missing book is an error.
    """
    newest = len(migrations())
    found = server.read(version_of)
    if found is not None and found > newest:
        raise reasons.newer(server.shown, found, newest)
    if found == newest:
        return
    if not may_write:
        raise reasons.not_there(server.shown) if found is None else reasons.older(server.shown)
    server.write(_migrate, again=True)


def _migrate(connection: Connected) -> None:
    """Carry out what is missing, one migration after the other, each in a transaction of its own."""
    for _ in range(_TRIES):
        try:
            with connection.transaction():
                connection.execute("create schema if not exists brokerdesk")
                connection.execute(
                    "create table if not exists brokerdesk.migrations"
                    " (version integer primary key, at timestamptz not null default clock_timestamp())"
                )
            break
        except (sql.UniqueViolation, sql.DuplicateTable, sql.DuplicateSchema):
            continue  # another desk has just made them
    for version, statements in enumerate(migrations(), 1):
        with connection.transaction():
            connection.execute("lock table brokerdesk.migrations in exclusive mode")
            done = connection.execute(
                "select 1 from brokerdesk.migrations where version = %s", (version,)
            ).fetchone()
            if done is None:
                connection.execute(statements)
                connection.execute("insert into brokerdesk.migrations (version) values (%s)", (version,))
