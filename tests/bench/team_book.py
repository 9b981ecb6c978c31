"""The team's book with up to a million links: the first cards of a desk, a commit and a claim.

The server is PostgreSQL of this run, on this machine.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

import psycopg
from msgspec.structs import replace

from core.push.plan import Asset, Entity, System
from core.push.records import RECORDS, Link, Push
from core.push.states import PushState
from data.settings import BOOK_VARIABLE
from data.team_book.address import BookAddress
from data.team_book.book import Opening, PostgresBook, open_team_book
from data.team_book.sealing import new_secret, secret_bytes
from tests.bench.first_frame import CARDS, FRAME, start
from tests.bench.harness.figure import Figure, NotMeasured, Place, at_most
from tests.bench.harness.homes import DESK, home_on_a_folder
from tests.bench.harness.runner import interleave, quick, rounds
from tests.support.postgres import database
from tests.support.postgres_keeper import ServersOfRun

TITLE: Final = "The team's book"
INTRO: Final = (
    "A desk with 300 cards is started on a terminal until its first cards are there. A commit writes one link; its "
    "floor is one row written by psycopg alone. A claim takes the oldest queued push and gives it back. Wall clock."
)
SIZES: Final = ((10_000, 1_000), (100_000, 10_000), (1_000_000, 100_000))
"""Links and pushes."""
HELD: Final = (10, 100, 1_000)
"""How many queued pushes other senders hold while one more is claimed."""
WORKSPACE: Final = "bench"
BATCH: Final = 5_000
LASTS: Final = 600.0
SECRET: Final = new_secret()
AT: Final = 1.79e9
OURS: Final = "a team's book"
LOCAL: Final = "a new book on this computer"
FLOOR: Final = "one row by psycopg"


def _link(number: int) -> Link:
    return Link(
        System.TOTAL_EXPERT, Entity.PERSON, f"C-{number}", f"1-{number:X}", f"BD-{number:020}", AT + number
    )


def _push(number: int, state: PushState = PushState.DONE) -> Push:
    return Push(
        f"P{number:09}", Asset.CARD, f"C-{number}", "7f3a", state, "m.hale", AT + number, AT + number, 7
    )


def _opening(address: BookAddress, operator: str = "m.hale") -> Opening:
    return Opening(address, secret_bytes(SECRET), WORKSPACE, operator)


async def _fill(book: PostgresBook, links: int, pushes: int) -> None:
    for first in range(0, links, BATCH):
        await book.commit(*(_link(number) for number in range(first, min(first + BATCH, links))))
    for first in range(0, pushes, BATCH):
        await book.commit(*(_push(number) for number in range(first, min(first + BATCH, pushes))))


async def _seconds_of_commits(book: PostgresBook, numbers: Iterator[int], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        await book.commit(_link(next(numbers)))
    return (time.perf_counter() - began) / times


async def _seconds_of_claims(book: PostgresBook, times: int) -> float:
    spent = 0.0
    for _ in range(times):
        began = time.perf_counter()
        (lease,) = await book.claim_next(1, LASTS, frozenset(Asset))
        await book.release(lease)
        spent += time.perf_counter() - began
    return spent / times


def _seconds_of_rows(connection: psycopg.Connection[tuple[object, ...]], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        connection.execute("insert into floor (body) values (%s)", (b"x" * 300,), prepare=True)
    return (time.perf_counter() - began) / times


def _home(folder: Path, address: BookAddress | None) -> Path:
    home = home_on_a_folder(folder, 300)
    if address is not None:
        port = address.conninfo.partition("port=")[2].split()[0]
        url = address.shown.replace("postgresql:///", "postgresql://desk@/") + f"&port={port}"
        file = home / "config.toml"
        text = file.read_text("utf-8")
        file.write_text(
            text.replace('operator = "m.hale"\n', f'operator = "m.hale"\nbook = "{url}"\n'), "utf-8"
        )
    return home


def _first_cards(
    folder: Path, address: BookAddress, links: int, pushes: int
) -> Iterator[Figure | NotMeasured]:
    found = interleave(
        {
            OURS: start(
                DESK, _home(folder / "team", address), FRAME, CARDS, variables={BOOK_VARIABLE: SECRET}
            ),
            LOCAL: start(DESK, _home(folder / "local", None), FRAME, CARDS),
        },
        rounds(5),
    )
    yield found.compare(
        f"first cards beside {links:,} links and {pushes:,} pushes",
        "wall1",
        "s",
        OURS,
        LOCAL,
        mark=at_most(1.0) if links == SIZES[-1][0] else None,
        place=Place("first cards of a team's desk", links, "links"),
    )


def _at_size(folder: Path, links: int, pushes: int) -> Iterator[Figure | NotMeasured]:
    with database() as address:
        with open_team_book(_opening(address), RECORDS) as book:
            asyncio.run(_fill(book, links, pushes))
        with psycopg.connect(address.conninfo, autocommit=True) as connection:
            connection.execute("vacuum analyze")
        yield from _first_cards(folder, address, links, pushes)
        with (
            open_team_book(_opening(address), RECORDS) as book,
            psycopg.connect(address.conninfo, autocommit=True) as connection,
        ):
            connection.execute(
                "create table floor (id integer generated always as identity primary key, body bytea)"
            )
            numbers = count(links)
            found = interleave(
                {
                    OURS: lambda: {"wall": asyncio.run(_seconds_of_commits(book, numbers, 50))},
                    FLOOR: lambda: {"wall": _seconds_of_rows(connection, 50)},
                },
                rounds(9),
            )
            yield found.compare(
                f"a commit beside {links:,} links",
                "wall",
                "ms",
                OURS,
                FLOOR,
                scale=1000,
                place=Place("a commit to a team's book", links, "links"),
            )
            asyncio.run(book.commit(*(_push(pushes + number, PushState.QUEUED) for number in range(20))))
            claimed = interleave(
                {OURS: lambda: {"wall": asyncio.run(_seconds_of_claims(book, 20))}}, rounds(9)
            )
            yield claimed.alone(
                f"a claim beside {pushes:,} pushes that are over",
                "wall",
                "ms",
                OURS,
                scale=1000,
                place=Place("a claim", pushes, "pushes"),
            )
            connection.execute("drop table floor")


def _beside_held() -> Iterator[Figure | NotMeasured]:
    with (
        database() as address,
        open_team_book(_opening(address), RECORDS) as book,
        open_team_book(_opening(address, "j.park"), RECORDS) as other,
    ):
        made = 0
        for held in HELD:
            missing = range(made, held)
            made = held
            asyncio.run(other.commit(*(_push(number, PushState.QUEUED) for number in missing)))
            asyncio.run(other.claim_next(len(missing), LASTS, frozenset(Asset)))
            asyncio.run(book.commit(_push(1_000_000, PushState.QUEUED)))
            found = interleave({OURS: lambda: {"wall": asyncio.run(_seconds_of_claims(book, 20))}}, rounds(9))
            yield found.alone(
                f"a claim beside {held:,} pushes that others hold",
                "wall",
                "ms",
                OURS,
                scale=1000,
                place=Place("a claim beside held pushes", held, "pushes"),
            )
            asyncio.run(book.commit(replace(_push(1_000_000), state=PushState.DONE)))


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield the first cards, a commit and a claim at three sizes, and a claim beside pushes that others hold."""
    servers = ServersOfRun()
    try:
        with tempfile.TemporaryDirectory() as name:
            for number, (links, pushes) in enumerate(SIZES[:2] if quick() else SIZES):
                yield from _at_size(Path(name, str(number)), links, pushes)
            yield from _beside_held()
    finally:
        servers.end()
