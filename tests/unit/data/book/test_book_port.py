"""What `core.push.ports.Book` promises, asked of the book on its thread and of the book without one."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from core.errors import BookClosed
from core.push.ports import Book
from core.push.records import RECORDS, Generation, Link, Push, Record, StepRecord
from core.push.states import PushState, StepState
from data.book.book import TinyBook, open_book
from data.book.book_file import BookFile
from data.book.errors import only_reading
from data.team_book.book import PostgresBook, open_team_book
from tests.support.book_fakes import a_link, a_push, a_step
from tests.support.inline_book import InlineBook
from tests.support.patience import LAST_RESORT
from tests.support.postgres import EMBEDDED, SECOND, database, opening

AnyBook = TinyBook | InlineBook | PostgresBook
Open = Callable[[], AnyBook]


@pytest.fixture(params=["thread", "inline", EMBEDDED, SECOND])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    books: list[AnyBook] = []
    home = tmp_path / "home"
    with ExitStack() as stack:
        address = stack.enter_context(database(request.param)) if "_" in request.param else None

        def made() -> AnyBook:
            if address is not None:
                return open_team_book(opening(address), RECORDS)
            if request.param == "thread":
                return open_book(home, RECORDS, operator="m.hale")
            return InlineBook(BookFile(home, RECORDS))

        def open_again() -> AnyBook:
            for book in books:
                book.close()
            books.append(made())
            return books[-1]

        yield open_again
        for book in books:
            book.close()


@pytest.fixture
def book(opened: Open) -> AnyBook:
    return opened()


async def test_honours_the_port(book: AnyBook) -> None:
    port: Book = book
    assert await port.get(Link, "nobody") is None
    assert await port.all(Link) == []
    assert book.read_only is None
    assert book.notices == []


async def test_the_newest_records_come_in_portions_also_after_changes_and_a_new_start(opened: Open) -> None:
    book = opened()
    for n in range(5):
        await book.commit(a_push(n))
    await book.commit(msgspec.structs.replace(a_push(1), state=PushState.DONE))  # changed, not made anew
    for again in (lambda: book, opened):
        looked = again()
        names = [[push.push_id for push in await looked.newest(Push, 2, skip=n)] for n in (0, 2, 4, 6)]
        every = [push.push_id for push in await looked.all(Push)]
        assert [name for portion in names for name in portion] == every[::-1]
        assert [len(portion) for portion in names] == [2, 2, 1, 0]


async def test_gives_back_what_was_committed(book: AnyBook) -> None:
    records: list[Record] = [a_link(1), a_push(1), a_step(3), Generation("flex/person/C-1", 2)]
    await book.commit(*records)
    for record in records:
        assert await book.get(type(record), record.key) == record


async def test_a_later_commit_replaces_and_a_drop_removes(book: AnyBook) -> None:
    await book.commit(a_link(1), a_link(2))
    await book.commit(a_link(1, "1-B"), drop=[(Link, a_link(2).key), (Link, "never there")])
    assert await book.all(Link) == [a_link(1, "1-B")]


async def test_all_is_in_order_of_first_commit_also_after_reopening(opened: Open) -> None:
    book = opened()
    await book.commit(a_link("z"), a_link("a"))
    await book.commit(a_link("m"))
    await book.commit(a_link("z", "changed"))
    await book.commit(drop=[(Link, a_link("a").key)])
    await book.commit(a_link("a"))
    expected = [a_link("z", "changed"), a_link("m"), a_link("a")]
    assert await book.all(Link) == expected
    assert await opened().all(Link) == expected


async def test_survives_reopening(opened: Open) -> None:
    book = opened()
    await book.commit(a_push(1), a_step(0))
    await book.put_file("P1.plan", b"plan")
    seal = book.keyed_hash("name", "Linh")
    book = opened()
    assert await book.get(Push, "P1") == a_push(1)
    assert await book.get(StepRecord, a_step(0).key) == a_step(0)
    assert await book.get_file("P1.plan") == b"plan"
    assert book.keyed_hash("name", "Linh") == seal


async def test_a_refused_commit_changes_nothing_in_any_table(book: AnyBook) -> None:
    class Other(Record, frozen=True):
        table = "others"

        @property
        def key(self) -> str:
            return "x"

    with pytest.raises(ValueError, match="holds no Other"):
        await book.commit(a_link(1), Other())
    with pytest.raises(ValueError, match="float"):
        await book.commit(a_link(1), Link(*[*_values(a_link(2))[:-1], float("nan")]))
    with pytest.raises(ValueError, match="surrogates"):
        await book.commit(a_link(1), a_step(1, detail="\ud800"))
    with pytest.raises(ValueError, match="both written and dropped"):
        await book.commit(a_push(1), a_link(1), drop=[(Link, a_link(1).key)])
    for work in (book.get(Other, "x"), book.all(Other)):
        with pytest.raises(ValueError, match="holds no Other"):
            await work
    assert await book.all(Link) == []
    assert await book.all(Push) == []
    assert book.read_only is None


def _values(link: Link) -> list[object]:
    return [link.system, link.entity, link.local_id, link.remote_id, link.ref, link.at]


async def test_a_commit_of_nothing_writes_nothing(book: AnyBook, tmp_path: Path) -> None:
    if isinstance(book, PostgresBook):
        return  # a database has no file to look at
    before = (tmp_path / "home" / "book.log").read_bytes()
    await book.commit()
    await book.commit(drop=[(Link, "never there")])
    assert (tmp_path / "home" / "book.log").read_bytes() == before


async def test_what_was_given_out_is_not_what_is_kept(book: AnyBook) -> None:
    step = a_step(1)
    await book.commit(step)
    step.sent["name"] = "changed by its owner"
    given = await book.get(StepRecord, step.key)
    assert given == a_step(1)
    given.before["name"] = "changed by a reader"
    assert await book.get(StepRecord, step.key) == a_step(1)


async def test_a_reader_sees_what_was_written_when_it_looks_again(opened: Open, tmp_path: Path) -> None:
    book, home = opened(), tmp_path / "home"
    if isinstance(book, PostgresBook):
        return  # its readers see everything at once: test_postgres_book.py
    reader: AnyBook = (
        open_book(home, RECORDS, operator="r", write=False)
        if isinstance(book, TinyBook)
        else InlineBook(BookFile(home, RECORDS, barred=only_reading(home)))
    )
    await book.commit(a_link(1))
    assert await reader.all(Link) == []
    await reader.refresh()
    assert await reader.all(Link) == [a_link(1)]
    reader.close()


async def test_private_files_are_replaced_and_discarded(book: AnyBook) -> None:
    assert await book.get_file("P1.plan") is None
    await book.put_file("P1.plan", b"one")
    await book.put_file("P1.plan", b"two")
    await book.put_file("P2.plan", b"other")
    assert await book.get_file("P1.plan") == b"two"
    assert await book.list_files() == ["P1.plan", "P2.plan"]
    assert await book.get_files(["P2.plan", "P3.plan", "P1.plan"]) == {"P1.plan": b"two", "P2.plan": b"other"}
    assert await book.get_files([]) == {}
    await book.delete_file("P1.plan")
    await book.delete_file("P1.plan")
    assert await book.get_file("P1.plan") is None
    assert await book.list_files() == ["P2.plan"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "a/b", "../a", "a\\b", "/etc", "a\0", "a\n", "C:x"]
)
async def test_a_kept_name_can_not_lead_out_of_its_folder(book: AnyBook, name: str) -> None:
    for work in (
        book.put_file(name, b"x"),
        book.get_file(name),
        book.get_files(["a", name]),
        book.delete_file(name),
    ):
        with pytest.raises(ValueError, match="not a name"):
            await work


async def test_a_seal_depends_on_field_value_and_book(book: AnyBook, tmp_path: Path) -> None:
    seal = book.keyed_hash("born", "1980-02-03")
    assert len(seal) == 32
    assert int(seal, 16)
    assert book.keyed_hash("born", "1980-02-03") == seal
    assert book.keyed_hash("bor", "n1980-02-03") != seal
    assert book.keyed_hash("married", "1980-02-03") != seal
    assert book.keyed_hash("born", "1980-02-04") != seal
    assert book.keyed_hash("name", {"a": 1, "b": [2, None]}) == book.keyed_hash(
        "name", {"b": [2, None], "a": 1}
    )
    assert book.keyed_hash("n", "1") != book.keyed_hash("n", 1)
    assert book.keyed_hash("name", "half \ud800") != book.keyed_hash("name", "half \ud801")
    other = InlineBook(BookFile(tmp_path / "other", RECORDS))
    assert other.keyed_hash("born", "1980-02-03") != seal
    other.close()


def test_a_seal_is_the_documented_hmac(tmp_path: Path) -> None:
    file = BookFile(tmp_path, RECORDS, random=lambda size: b"k" * size)
    # printf 'born\0"1980-02-03"' | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
    assert file.keyed_hash("born", "1980-02-03") == "c927b4a619aa3566430a7db2c67f9cce"
    file.close()
    with open_book(tmp_path / "other", RECORDS, operator="x", random=lambda size: b"k" * size) as book:
        assert book.keyed_hash("born", "1980-02-03") == "c927b4a619aa3566430a7db2c67f9cce"


def test_a_seal_of_what_no_utf8_can_carry_is_as_steady(tmp_path: Path) -> None:
    file = BookFile(tmp_path, RECORDS, random=lambda size: b"k" * size)
    # printf 'name\0{"a":["\\ud800",1],"b":2}' | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
    for value in ({"a": ["\ud800", 1], "b": 2}, {"b": 2, "a": ["\ud800", 1]}):
        assert file.keyed_hash("name", value) == "d1c04e37301eeaefbbbbd267fd4cef95"
    file.close()


async def test_a_closed_book_says_so(book: AnyBook) -> None:
    await book.put_file("a", b"")
    book.close()
    book.close()
    for work in (
        book.get(Link, "a"),
        book.all(Link),
        book.commit(a_link(1)),
        book.put_file("a", b""),
        book.get_file("a"),
        book.get_files(["a"]),
        book.list_files(),
        book.delete_file("a"),
        book.refresh(),
    ):
        with pytest.raises(BookClosed) as caught:
            await work
        assert caught.value.code == "book-closed"
    assert book.read_only is not None
    assert book.read_only.code == "book-closed"


async def test_states_read_back_as_states(book: AnyBook) -> None:
    await book.commit(a_push(1, PushState.NEEDS_YOU), a_step(0, StepState.UNKNOWN))
    push, step = await book.get(Push, "P1"), await book.get(StepRecord, "P1:0")
    assert push is not None
    assert push.state is PushState.NEEDS_YOU
    assert step is not None
    assert step.state is StepState.UNKNOWN


def test_an_unclosed_book_does_not_keep_the_process_alive(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from data.book.book import open_book\n"
        "from core.push.records import RECORDS, Generation\n"
        "book = open_book(Path(sys.argv[1]), RECORDS, operator='x')\n"
        "asyncio.run(book.commit(Generation('a', 1)))\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True, timeout=LAST_RESORT)
    file = BookFile(tmp_path, RECORDS)
    assert file.all(Generation) == [Generation("a", 1)]
    file.close()
