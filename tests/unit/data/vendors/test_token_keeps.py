"""One token of a credential for several processes, kept in a file or in a team's book. Both pass the same tests."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.errors import BookClosed
from core.push.plan import System
from core.push.ports import Applied, Lease, NotSent
from core.push.records import RECORDS
from core.push.team.ports import SharedToken
from data.team_book.book import open_team_book
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.http.reply import Page
from data.vendors.http.tokens import TeamToken, Token, TokenKeep
from data.vendors.total_expert.client import TokenFile, TotalExpert
from tests.support.postgres import database, opening
from tests.support.private import is_private
from tests.support.raw_server import Raw, reply, serve
from tests.support.team_books import FakeTeamBook, Sender, SharedStore

REF = "BD-ZTUMCBPQIB4CJFDSOZUA"
SOURCE = "brokerdesk"
BODY = {"source": SOURCE, "first_name": "Ann", "external_ids": [{"source": SOURCE, "external_id": REF}]}
MADE = {"created": "host/v1/contacts/7", "id": 7}
TOKEN = {"access_token": "tok-1", "token_type": "bearer", "expires_in": 3600, "scope": "x"}
LASTS = 100.0

Place = Callable[[SystemAddress], TokenKeep]
"""Opens the place in which the token of a credential is kept, each time as another process."""


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with serve() as server:
        yield server


@pytest.fixture(params=["file", "memory", "database"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        if request.param == "file":
            yield lambda to: TokenFile(tmp_path / "tokens", to)
        elif request.param == "memory":
            store = SharedStore(lambda: 1000.0)
            yield lambda to: TeamToken(FakeTeamBook(store, Sender(os.urandom(8).hex())), to.credential, LASTS)
        else:
            where = stack.enter_context(database())
            yield lambda to: TeamToken(
                stack.enter_context(open_team_book(opening(where), RECORDS)), to.credential, LASTS
            )


def address(url: str, **more: Any) -> SystemAddress:
    return SystemAddress(
        System.TOTAL_EXPERT, url, "desk", "s3cret", **{"rate": 600_000, "deadline": 100.0, **more}
    )


def page() -> bytes:
    return reply(200, {"items": [], "links": {"first": 1, "last": 9, "next": None, "prev": None}})


async def all_of(pages: AsyncIterator[Page[Any]]) -> list[Any]:
    return [record async for some in pages for record in some.records]


async def read(raw: Raw, keep: TokenKeep) -> HttpClient:
    """Read a list with a client that uses a place, and return the client."""
    wire = HttpClient(address(raw.url), keep=keep)
    raw.say.append(page())
    await all_of(TotalExpert(wire, SOURCE).users())
    return wire


# -- every place -------------------------------------------------------------------------------------------


async def test_a_second_process_uses_the_first_ones_token(raw: Raw, place: Place) -> None:
    for _ in range(3):
        await (await read(raw, place(address(raw.url)))).close()
    assert len(raw.tokens) == 1
    assert {asked.headers["authorization"] for asked in raw.asked} == {"Bearer tok-1"}
    kept = await place(address(raw.url)).load()
    assert kept is not None
    assert kept.until == pytest.approx(time.time() + 3570, abs=60)
    assert "tok-1" not in repr(kept)
    for other in (
        SystemAddress(System.TOTAL_EXPERT, raw.url, "another", "s3cret"),
        SystemAddress(System.TOTAL_EXPERT, f"{raw.url}/b", "desk", "s3cret"),
    ):
        assert await place(other).load() is None


async def test_processes_that_need_a_token_at_once_request_one(raw: Raw, place: Place) -> None:
    keeps = [place(address(raw.url)) for _ in range(3)]
    wires = await asyncio.gather(*(read(raw, keep) for keep in keeps))
    assert len(raw.tokens) == 1
    for wire in wires:
        await wire.close()


async def test_two_clients_of_one_process_request_one_token(raw: Raw, place: Place) -> None:
    keep = place(address(raw.url))
    wires = await asyncio.gather(*(read(raw, keep) for _ in range(2)))
    assert len(raw.tokens) == 1
    for wire in wires:
        await wire.close()


async def test_a_token_that_is_refused_is_replaced_once_and_by_one(raw: Raw, place: Place) -> None:
    first, second = await read(raw, place(address(raw.url))), await read(raw, place(address(raw.url)))
    raw.token.append(reply(200, {**TOKEN, "access_token": "tok-2"}))
    for wire in (first, second):
        raw.say += [reply(401), page()]
        await all_of(TotalExpert(wire, SOURCE).users())
    assert len(raw.tokens) == 2
    assert raw.asked[-1].headers["authorization"] == "Bearer tok-2"
    await first.close()
    await second.close()


@pytest.mark.parametrize("until", [-1.0, 100_000.0], ids=["ended", "from-a-wrong-clock"])
async def test_a_kept_token_that_is_of_no_use_is_replaced(raw: Raw, place: Place, until: float) -> None:
    keep = place(address(raw.url))
    await keep.save(Token("old", time.time() + until))
    await (await read(raw, keep)).close()
    assert [asked.headers["authorization"] for asked in raw.asked] == ["Bearer tok-1"]
    kept = await keep.load()
    assert kept is not None
    assert kept.bearer == "tok-1"


async def test_one_too_many_is_not_asked_for_again_and_again(raw: Raw, place: Place) -> None:
    wire = HttpClient(address(raw.url), keep=place(address(raw.url)))
    raw.token += [reply(429, {"error": "no"})] * 5
    desk = TotalExpert(wire, SOURCE)
    for _ in range(3):
        outcome = await desk.create_contact(BODY, REF)
        assert isinstance(outcome, NotSent)
        assert outcome.code == "rate-limited"
        assert outcome.retry_after is not None
        assert 200 < outcome.retry_after <= 300
    assert (len(raw.tokens), raw.asked) == (1, [])
    await wire.close()


async def test_who_waits_for_the_token_gives_up_in_time(raw: Raw, place: Place) -> None:
    other, keep = place(address(raw.url)), place(address(raw.url))
    assert await other.take()
    wire = HttpClient(address(raw.url, deadline=0.2), keep=keep)
    outcome = await TotalExpert(wire, SOURCE).create_contact(BODY, REF)
    assert isinstance(outcome, NotSent)
    assert outcome.code == "no-token"
    await wire.close()
    await other.release()
    raw.say.append(reply(201, MADE))
    patient = HttpClient(address(raw.url), keep=keep)
    assert isinstance(await TotalExpert(patient, SOURCE).create_contact(BODY, REF), Applied)
    await patient.close()


# -- a file ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
async def test_the_token_is_for_the_owners_eyes_only(raw: Raw, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await (await read(raw, TokenFile(tmp_path / "tokens", address(raw.url)))).close()
    finally:
        os.umask(before)
    assert is_private(tmp_path / "tokens")
    files = list((tmp_path / "tokens").iterdir())
    assert {is_private(file) for file in files} == {True}
    assert not [file for file in files if b"s3cret" in file.read_bytes()]


@pytest.mark.parametrize(
    "kept", [b"", b"{", b'{"bearer":7,"until":1}'], ids=["empty", "torn", "of-another-type"]
)
async def test_a_file_that_cant_be_read_is_replaced(raw: Raw, tmp_path: Path, kept: bytes) -> None:
    keep = TokenFile(tmp_path / "tokens", address(raw.url))
    assert await keep.take()
    await keep.save(Token("old", 0))
    await keep.release()
    (file,) = (tmp_path / "tokens").glob("*.json")
    file.write_bytes(kept)
    await (await read(raw, keep)).close()
    assert len(raw.tokens) == 1
    now = await keep.load()
    assert now is not None
    assert now.bearer == "tok-1"


async def test_a_folder_that_cant_be_written_costs_a_token_and_nothing_else(raw: Raw, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    keep = TokenFile(tmp_path / "file" / "tokens", address(raw.url))
    await (await read(raw, keep)).close()
    assert len(raw.tokens) == 1


# -- a team's book -----------------------------------------------------------------------------------------


class Flaky(FakeTeamBook):
    """A team's book that can be away."""

    is_away = False

    async def get_token(self, credential: str) -> SharedToken | None:
        self._check()
        return await super().get_token(credential)

    async def claim(self, name: str, lasts: float) -> Lease:
        self._check()
        return await super().claim(name, lasts)

    def _check(self) -> None:
        if self.is_away:
            raise BookClosed("book-away", "The team's book can't be reached.")


async def test_while_the_database_is_away_a_client_goes_on_with_the_token_that_it_has(raw: Raw) -> None:
    book = Flaky(SharedStore(lambda: 1000.0), Sender("s-1"))
    first = await read(raw, TeamToken(book, address(raw.url).credential, LASTS))
    book.is_away = True
    raw.say.append(page())
    await all_of(TotalExpert(first, SOURCE).users())
    second = HttpClient(address(raw.url), keep=TeamToken(book, address(raw.url).credential, LASTS))
    outcome = await TotalExpert(second, SOURCE).create_contact(BODY, REF)
    assert isinstance(outcome, NotSent)
    assert outcome.code == "book-away"
    assert len(raw.tokens) == 1
    await first.close()
    await second.close()


async def test_a_holder_that_died_keeps_the_others_waiting_until_its_lease_ends() -> None:
    now = 1000.0
    store = SharedStore(lambda: now)
    dead, keep = (TeamToken(FakeTeamBook(store, Sender(name)), "a", LASTS) for name in ("s-1", "s-2"))
    assert await dead.take()
    assert not await keep.take()
    now += LASTS + 1
    assert await keep.take()


async def test_the_life_of_a_token_is_counted_on_the_books_clock_whatever_the_machines_say() -> None:
    store = SharedStore(lambda: 5.0)
    ahead = TeamToken(FakeTeamBook(store, Sender("s-1")), "a", LASTS, clock=lambda: 90_000.0)
    behind = TeamToken(FakeTeamBook(store, Sender("s-2")), "a", LASTS, clock=lambda: 10.0)
    await ahead.save(Token("tok", 90_060.0))
    assert await behind.load() == Token("tok", 70.0)


async def test_the_database_holds_neither_the_token_nor_whose_it_is(raw: Raw) -> None:
    with database() as where, open_team_book(opening(where), RECORDS) as book:
        keep = TeamToken(book, address(raw.url).credential, LASTS)
        assert await keep.take()
        await keep.save(Token("tok-1", time.time() + 60))
        with psycopg.connect(where.conninfo) as connection:
            rows = connection.execute("select name, body from brokerdesk.tokens").fetchall()
            rows += connection.execute("select name, token from brokerdesk.leases").fetchall()
            connection.execute(
                "update brokerdesk.tokens set body = set_byte(body, 20, 255 - get_byte(body, 20))"
            )
        assert len(rows) == 2
        for value in (column for row in rows for column in row):
            text = value if isinstance(value, str) else value.decode("latin-1")
            assert not any(word in text for word in ("tok-1", "desk", "127.0.0.1", "total-expert"))
        assert await keep.load() is None  # somebody has changed it
