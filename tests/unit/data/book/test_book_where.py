"""What the book promises of asking by keys and by an indexed field. The tests' own book promises the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import BookClosed
from core.push.ports import Book
from core.push.records import RECORDS, Generation, Link, Push, StepRecord, step_key
from core.push.states import PushState
from data.book.book import open_book
from data.book.book_file import BookFile
from data.book.errors import only_reading
from tests.support.book_fakes import a_link, a_push, a_step
from tests.support.fakes import FakeBook
from tests.support.inline_book import InlineBook
from tests.support.postgres import team_book


@pytest.fixture(params=["thread", "inline", "fake", "team"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    if request.param == "fake":
        yield FakeBook()
        return
    if request.param == "team":
        with team_book() as book:
            yield book
        return
    book = (
        open_book(tmp_path, RECORDS, operator="x")
        if request.param == "thread"
        else InlineBook(BookFile(tmp_path, RECORDS))
    )
    yield book
    book.close()


async def test_where_gives_those_with_the_value_in_the_order_of_their_first_commit(book: Book) -> None:
    await book.commit(a_link("z", "1-A"), a_link("a", "1-B"))
    assert await book.where(Link, remote_id="1-A") == [a_link("z", "1-A")]
    await book.commit(a_link("m", "1-A"))
    await book.commit(a_link("a", "1-A"))
    assert await book.where(Link, remote_id="1-A") == [a_link(name, "1-A") for name in "zam"]
    assert await book.where(Link, remote_id="1-B") == []
    assert await book.where(Link, local_id="C-m") == [a_link("m", "1-A")]


async def test_where_any_gives_those_with_one_of_the_values(book: Book) -> None:
    await book.commit(a_link("z", "1-A"), a_link("x", "1-B"), a_link("a", "1-A"), a_link("y", "1-C"))
    found = await book.where_any(Link, "remote_id", ["1-B", "1-A", "1-B", "1-D"])
    assert [link for link in found if link.remote_id == "1-A"] == [a_link("z", "1-A"), a_link("a", "1-A")]
    assert [link for link in found if link.remote_id != "1-A"] == [a_link("x", "1-B")]
    assert await book.where_any(Link, "remote_id", []) == []
    with pytest.raises(ValueError, match="at"):
        await book.where_any(Link, "at", ["1"])


async def test_where_forgets_what_was_removed_and_knows_what_came_back(book: Book) -> None:
    await book.commit(a_link(1), a_link(2))
    assert await book.where(Link, remote_id="1-A") == [a_link(1), a_link(2)]
    await book.commit(drop=[(Link, a_link(1).key)])
    assert await book.where(Link, remote_id="1-A") == [a_link(2)]
    await book.commit(a_link(1))
    assert await book.where(Link, remote_id="1-A") == [a_link(2), a_link(1)]


async def test_a_value_that_nobody_has_any_more_is_none_and_its_next_records_come_in_order(
    book: Book,
) -> None:
    await book.commit(*(a_link(name, "1-A") for name in "cab"))
    assert await book.where(Link, remote_id="1-B") == []
    await book.commit(a_link("b", "1-B"))
    await book.commit(a_link("b", "1-A"))
    assert await book.values(Link, "remote_id") == ["1-A"]
    assert await book.where(Link, remote_id="1-B") == []
    await book.commit(a_link("b", "1-B"))
    await book.commit(a_link("c", "1-B"), a_link("x", "1-B"))
    assert await book.where(Link, remote_id="1-B") == [a_link(name, "1-B") for name in "cbx"]
    assert await book.where(Link, remote_id="1-A") == [a_link("a", "1-A")]


async def test_where_takes_a_state_for_its_word(book: Book) -> None:
    await book.commit(a_push(1), a_push(2, PushState.DONE))
    assert await book.where(Push, state=PushState.DONE) == [a_push(2, PushState.DONE)]
    assert await book.where(Push, state="done") == [a_push(2, PushState.DONE)]


async def test_where_by_a_field_without_an_index_is_a_mistake(book: Book) -> None:
    await book.commit(Generation("flex/person/C-1", 2))
    for kind, field in ((Push, "operator"), (Generation, "link"), (Push, "nothing")):
        with pytest.raises(ValueError, match=f"{kind.__name__} declares no index of {field}"):
            await book.where(kind, **{field: "x"})
        with pytest.raises(ValueError, match=f"{kind.__name__} declares no index of {field}"):
            await book.values(kind, field)
    for fields in ({}, {"about": "C-1", "state": "done"}):
        with pytest.raises(ValueError, match="name one field"):
            await book.where(Push, **fields)


async def test_values_are_those_that_are_there_now(book: Book) -> None:
    assert await book.values(Push, "state") == []
    await book.commit(a_push(1), a_push(2, PushState.DONE), a_push(3, PushState.DONE))
    assert await book.values(Push, "state") == ["done", "running"]
    await book.commit(a_push(1, PushState.DONE), drop=[(Push, "P2")])
    assert await book.values(Push, "state") == ["done"]


async def test_get_many_gives_those_that_are_there_in_the_order_asked_for(book: Book) -> None:
    await book.commit(a_step(0), a_step(1), a_step(2))
    keys = [step_key("P1", n) for n in (2, 7, 0)]
    assert await book.get_many(StepRecord, keys) == [a_step(2), a_step(0)]
    assert await book.get_many(StepRecord, []) == []


def test_a_reader_that_looks_again_asks_by_what_is_there_now(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    reader = BookFile(tmp_path, RECORDS, barred=only_reading(tmp_path))
    assert reader.where(Link, remote_id="1-A") == []
    book.commit(a_link(1))
    reader.refresh()
    assert reader.where(Link, remote_id="1-A") == [a_link(1)]
    book.close()
    reader.close()


def test_a_commit_that_fails_is_in_no_index(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    assert book.where(Link, remote_id="1-A") == []
    with pytest.raises(ValueError, match="both written and dropped"):
        book.commit(a_link(1), drop=[(Link, a_link(1).key)])
    assert book.where(Link, remote_id="1-A") == []
    book.close()
    with pytest.raises(BookClosed):
        book.where(Link, remote_id="1-A")
