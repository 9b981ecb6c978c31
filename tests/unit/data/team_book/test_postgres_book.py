"""What a team's book does that a book on disk does not: sealed rows, lost connections, a copy that is restored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
import psycopg
import pytest

from core.errors import ArchiveDamaged, BookClosed
from core.push.ports import Filed
from core.push.records import RECORDS, Link, Push, Record, StepRecord
from core.push.states import PushState
from data.team_book import errors as reasons
from data.team_book.address import BookAddress
from data.team_book.book import Opening, PostgresBook, open_team_book
from data.team_book.changes import CommitChanges, write_changes
from data.team_book.connection import Connected, Server
from data.team_book.pen import IDLE, Pen, Tally
from tests.support.book_fakes import a_link, a_push, a_step
from tests.support.postgres import database, opening

T = TypeVar("T")


@pytest.fixture
def address() -> Iterator[BookAddress]:
    with database() as address:
        yield address


@pytest.fixture
def book(address: BookAddress) -> Iterator[PostgresBook]:
    with open_team_book(opening(address), RECORDS) as book:
        yield book


def rows(address: BookAddress, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address.conninfo, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


# -- what the database holds ---------------------------------------------------------------------------------


async def test_nothing_of_a_record_or_a_file_is_readable_in_the_database(
    book: PostgresBook, address: BookAddress
) -> None:
    step = a_step(1, detail="Linh Tran, born 1980-02-03")
    await book.begin(
        msgspec.structs.replace(a_push(1), subject="linh@example.com", about="C-secret"),
        step,
        files={"P1.plan": b"Linh Tran, 4 Harbour Street"},
    )
    await book.archive(Filed("P1", 1.0, (step,)))
    await book.put_file("P1.undo", b"Linh Tran")
    dump = "\n".join(
        str(row) + repr([bytes(value) for value in row if isinstance(value, (bytes, memoryview))])
        for (name,) in rows(address, "select tablename from pg_tables where schemaname = 'brokerdesk'")
        for row in rows(address, f"select * from brokerdesk.{name}")
    )
    assert "P1" in dump
    assert "running" in dump
    for secret in ("Linh", "1980", "linh@", "C-secret", "Harbour", "m.hale", "N-1", "BD-1", "harbour"):
        assert secret not in dump


async def test_a_row_that_somebody_has_changed_or_put_in_anothers_place_is_not_believed(
    book: PostgresBook, address: BookAddress
) -> None:
    await book.commit(a_link(1), a_link(2, "1-B"))
    await book.put_file("P1.plan", b"plan")
    await book.archive(Filed("P1", 1.0, (a_step(1),)))
    rows(address, "update brokerdesk.records set body = (select max(body) from brokerdesk.records)")
    rows(address, "update brokerdesk.files set body = set_byte(body, 20, 255 - get_byte(body, 20))")
    rows(address, "update brokerdesk.archive set body = set_byte(body, 20, 255 - get_byte(body, 20))")
    for work in (book.all(Link), book.get_file("P1.plan"), book.get_files(["P1.plan"])):
        with pytest.raises(BookClosed) as caught:
            await work
        assert caught.value.code == "book-damaged"
    with pytest.raises(ArchiveDamaged):
        await book.archived("P1")
    assert isinstance((await book.archived_many(StepRecord, ["P1"]))["P1"], ArchiveDamaged)


async def test_hashes_stay_the_same_on_every_desk_of_the_team(
    book: PostgresBook, address: BookAddress
) -> None:
    with open_team_book(opening(address, operator="l.tran"), RECORDS) as other:
        assert other.keyed_hash("born", "1980-02-03") == book.keyed_hash("born", "1980-02-03")


def test_another_secret_or_workspace_does_not_open_the_book(address: BookAddress) -> None:
    open_team_book(opening(address), RECORDS).close()
    for code, wrong in {
        "book-wrong-secret": Opening(address, bytes(32), "harbour", "m.hale"),
        "book-other-workspace": opening(address, workspace="another"),
    }.items():
        with pytest.raises(BookClosed) as caught:
            open_team_book(wrong, RECORDS)
        assert caught.value.code == code


def test_a_book_of_a_later_version_is_not_opened(address: BookAddress) -> None:
    open_team_book(opening(address), RECORDS).close()
    for later in (
        "insert into brokerdesk.migrations (version) values (99)",
        "delete from brokerdesk.migrations where version = 99; update brokerdesk.book set documents = 99",
    ):
        rows(address, later)
        with pytest.raises(BookClosed) as caught:
            open_team_book(opening(address), RECORDS)
        assert caught.value.code == "book-newer"


async def test_an_old_version_that_is_still_open_writes_nothing_into_a_newer_book(
    book: PostgresBook, address: BookAddress
) -> None:
    await book.commit(a_link(1))
    rows(address, "update brokerdesk.book set documents = 2")
    with pytest.raises(BookClosed) as caught:
        await book.commit(a_link(2))
    assert caught.value.code == "book-newer"
    assert await book.all(Link) == [a_link(1)]


class OldTick(Record, frozen=True):
    table = "old-ticks"

    name: str

    @property
    def key(self) -> str:
        return self.name


class NewTick(Record, frozen=True):
    table = "ticks"
    indexes = ("name",)

    name: str
    is_set: bool

    @property
    def key(self) -> str:
        return self.name


def to_new(table: str, key: str, document: dict[str, Any]) -> tuple[str, str, dict[str, Any]] | None:
    if table != "old-ticks":
        return table, key, document
    return None if key == "dropped" else ("ticks", key, {**document, "is_set": True})


async def test_the_records_of_an_older_version_go_through_the_missing_migrations(
    address: BookAddress,
) -> None:
    with open_team_book(opening(address), [OldTick, Link]) as old:
        await old.commit(OldTick("b"), OldTick("dropped"), OldTick("a"), a_link(1))
        with pytest.raises(BookClosed) as caught:
            open_team_book(opening(address), [NewTick, Link], write=False, migrations=[to_new])
        assert caught.value.code == "book-older"
        with open_team_book(opening(address), [NewTick, Link], migrations=[to_new]) as new:
            assert await new.all(NewTick) == [NewTick("b", True), NewTick("a", True)]
            assert await new.where(NewTick, name="a") == [NewTick("a", True)]
            assert await new.all(Link) == [a_link(1)]
            await new.commit(NewTick("c", False))
        with pytest.raises(BookClosed) as caught:
            await old.commit(OldTick("d"))
        assert caught.value.code == "book-newer"


# -- making, reading -----------------------------------------------------------------------------------------


def test_desks_that_start_at_the_same_moment_make_one_book() -> None:
    with database(empty=True) as address:

        async def start() -> list[PostgresBook]:
            return await asyncio.gather(
                *(asyncio.to_thread(open_team_book, opening(address), RECORDS) for _ in range(4))
            )

        books = asyncio.run(start())
        assert len({book.keyed_hash("a", 1) for book in books}) == 1
        for book in books:
            book.close()


def test_a_reader_makes_no_book() -> None:
    with database(empty=True) as address, pytest.raises(BookClosed) as caught:
        open_team_book(opening(address), RECORDS, write=False)
    assert caught.value.code == "book-not-there"


async def test_a_reader_sees_every_commit_at_once_and_writes_nothing(
    book: PostgresBook, address: BookAddress
) -> None:
    with open_team_book(opening(address), RECORDS, write=False) as reader:
        await book.commit(a_link(1))
        assert await reader.all(Link) == [a_link(1)]
        for work in (reader.commit(a_link(2)), reader.put_file("a", b""), reader.claim("P1", 1.0)):
            with pytest.raises(BookClosed) as caught:
                await work
            assert caught.value.code == "book-read-only"


async def test_an_account_that_may_only_read_has_a_desk_that_only_reads(address: BookAddress) -> None:
    with open_team_book(opening(address), RECORDS) as book:
        await book.commit(a_link(1))
    role = f"reader_of_{address.conninfo.partition('dbname=')[2].split()[0]}"
    rows(
        address,
        f"create role {role} login; grant usage on schema brokerdesk to {role};"
        f" grant select on all tables in schema brokerdesk to {role}",
    )
    try:
        reading = BookAddress(psycopg.conninfo.make_conninfo(address.conninfo, user=role), "the database")
        with open_team_book(opening(reading), RECORDS) as reader:
            assert reader.read_only is not None
            assert reader.read_only.when == "the database does not allow it"
            assert await reader.all(Link) == [a_link(1)]
            with pytest.raises(BookClosed):
                await reader.commit(a_link(2))
    finally:
        rows(address, f"drop owned by {role}; drop role {role}")


# -- lost connections ----------------------------------------------------------------------------------------


class LossyServer(Server):
    """Loses the reply to the next `loses` writes, after they were carried out; or the write itself, if `before`."""

    loses = 0
    before = False

    def write(self, work: Callable[[Connected], T], *, again: bool = False) -> T:
        if not self.loses or again:
            return super().write(work, again=again)
        self.loses -= 1
        if not self.before:
            super().write(work)
        else:
            with pytest.raises(ZeroDivisionError):
                super().write(lambda connection: _stopped(connection, work))
        self.close()
        raise reasons.away(self.shown, "the test says so")


def _stopped(connection: Connected, work: Callable[[Connected], object]) -> None:
    """Do the work of a transaction that never ends: the connection is lost before its commit."""
    with connection.transaction(force_rollback=True):
        work(connection)
    raise ZeroDivisionError


def a_pen(server: Server, now: Callable[[], float] = lambda: 1000.0) -> Pen:
    return Pen(server, "sender", 1, now)


def insert(connection: Connected, tally: Tally) -> None:
    with connection.transaction():
        connection.execute("insert into brokerdesk.subjects (subject) values (%s)", (b"x",))
        write_changes(connection, tally, CommitChanges())


def nothing(connection: Connected, tally: Tally) -> None:
    write_changes(connection, tally, CommitChanges())


@pytest.mark.parametrize("before", [True, False])
def test_a_commit_of_which_the_reply_is_lost_is_carried_out_once(address: BookAddress, before: bool) -> None:
    open_team_book(opening(address), RECORDS).close()
    server = LossyServer(address)
    pen = a_pen(server)
    pen.commit(nothing)
    server.loses, server.before = 1, before
    pen.commit(insert)
    assert rows(address, "select subject from brokerdesk.subjects") == [(b"x",)]
    pen.commit(nothing)
    assert pen.number == 3
    server.close()


def test_a_commit_that_arrives_after_its_sender_gave_it_up_changes_nothing(address: BookAddress) -> None:
    open_team_book(opening(address), RECORDS).close()
    server = Server(address)
    pen = a_pen(server)
    pen.commit(nothing)
    late = Pen(server, "sender", 1, lambda: 1000.0)  # the same commit, as a slow network delivers it
    late.id, late.number = pen.id, pen.number
    pen._in_doubt = True
    pen._settle()
    with pytest.raises(BookClosed):
        late.commit(insert)
    pen.commit(nothing)
    assert rows(address, "select subject from brokerdesk.subjects") == []
    server.close()


def test_a_pen_that_was_idle_for_a_day_is_anothers_and_its_owner_takes_a_new_one(
    address: BookAddress,
) -> None:
    open_team_book(opening(address), RECORDS).close()
    server, now = Server(address), 1000.0
    pen = a_pen(server, lambda: now)
    pen.commit(nothing)
    rows(address, "update brokerdesk.pens set used_at = used_at - interval '25 hours'")
    other = Pen(server, "another sender", 1, lambda: now)
    other.commit(nothing)
    assert other.id == pen.id
    now += IDLE
    pen.commit(insert)
    assert pen.id != other.id
    assert rows(address, "select subject from brokerdesk.subjects") == [(b"x",)]
    server.close()


async def test_a_desk_that_was_open_notices_that_an_older_copy_was_restored(
    book: PostgresBook, address: BookAddress
) -> None:
    await book.commit(a_link(1))
    rows(address, "create table copied as select * from brokerdesk.pens")
    await book.commit(a_link(2))
    rows(address, "update brokerdesk.pens set commits = copied.commits from copied where copied.id = pens.id")
    rows(address, "drop table copied")
    for _ in range(2):
        with pytest.raises(BookClosed) as caught:
            await book.commit(a_link(3))
        assert caught.value.code == "book-went-back"


async def test_a_connection_that_the_server_closed_is_made_again_unnoticed(
    book: PostgresBook, address: BookAddress
) -> None:
    await book.commit(a_link(1))
    for change in (lambda: book.all(Link), lambda: book.commit(a_link(2)), lambda: book.claim("P1", 9.0)):
        rows(
            address,
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()",
        )
        await change()
    assert await book.all(Link) == [a_link(1), a_link(2)]
    assert book.read_only is None


async def test_a_database_that_is_away_is_said_in_words_and_the_book_comes_back_by_itself(
    address: BookAddress,
) -> None:
    now = 0.0
    with open_team_book(opening(address), RECORDS) as book:
        book.news.end()  # it reaches the database, and says so
        await asyncio.to_thread(book.news._thread.join)
        server = book.tables.server
        server._clock = lambda: now
        there, server._conninfo = server._conninfo, "host=/nowhere dbname=x"
        server.close()
        for work in (book.all(Link), book.commit(a_link(1))):
            with pytest.raises(BookClosed, match="can't be reached") as caught:
                await work
            assert caught.value.code == "book-away"
        assert book.read_only is not None
        server._conninfo = there
        with pytest.raises(BookClosed):
            await book.all(Link)  # a try a second is enough
        now += 2.0
        await book.commit(a_link(1))
        assert await book.all(Link) == [a_link(1)]
        assert book.read_only is None


# -- news ----------------------------------------------------------------------------------------------------


async def test_what_one_desk_does_reaches_the_others(book: PostgresBook, address: BookAddress) -> None:
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    with open_team_book(opening(address), RECORDS) as other:
        other.news.heard = lambda: loop.call_soon_threadsafe(heard.set)
        await heard.wait()  # it has asked for the first time
        heard.clear()
        await book.commit(a_push(1, PushState.QUEUED))
        await heard.wait()
        assert await other.all(Push) == [a_push(1, PushState.QUEUED)]
