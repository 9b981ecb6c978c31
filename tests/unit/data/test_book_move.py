"""A book moves to a database and back, equal in every record, and at most one place may be written at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from core.errors import BookClosed, DeskError
from core.push.ports import Filed
from core.push.records import RECORDS, Link
from core.push.states import PushState
from core.stop import Stop
from data.book.book import open_book
from data.book.stop_file import StopFile
from data.book_move.copying import BookSum
from data.book_move.in_database import InDatabase
from data.book_move.in_folder import InFolder
from data.book_move.move import BookPlace, Moved, move_book
from data.team_book.address import BookAddress
from data.team_book.book import open_team_book
from tests.support.book_fakes import a_link, a_push, a_step
from tests.support.postgres import database, opening


@pytest.fixture
def address() -> Iterator[BookAddress]:
    with database() as address:
        yield address


async def filled(home: Path) -> str:
    """Make a book with something of everything; return the hash of a value in it."""
    with open_book(home, RECORDS, operator="m.hale") as book:
        await book.commit(*(a_link(n) for n in (3, 1, 2)), a_push(1), a_push(2, PushState.DONE))
        await book.commit(a_link(1, "changed"), a_step(0), a_step(1))
        await book.put_file("P1.plan", b"plan \x00\xff")
        await book.archive(Filed("P2", 1_796_000_000.0, (msgspec.structs.replace(a_step(0), push_id="P2"),)))
        return book.keyed_hash("born", "1980-02-03")


def on_disk(home: Path) -> InFolder:
    return InFolder(home, RECORDS, "m.hale")


def in_database(address: BookAddress) -> InDatabase:
    return InDatabase(opening(address), RECORDS)


def move(source: BookPlace, target: BookPlace) -> Moved:
    return move_book(source, target, RECORDS, lambda count: None)


async def test_a_book_moves_to_a_database_and_back_with_all_that_it_holds(
    tmp_path: Path, address: BookAddress
) -> None:
    sealed = await filled(tmp_path)
    StopFile(tmp_path).set(Stop("m.hale", 5.0, "doubles"))
    there = move(on_disk(tmp_path), in_database(address))
    assert there.holds.records == {"pushes": 2, "steps": 2, "links": 3}
    assert (there.holds.files, there.holds.archived) == (1, 1)
    with open_team_book(opening(address), RECORDS) as book:
        assert book.read_only is None
        assert [link.local_id for link in await book.all(Link)] == ["C-3", "C-1", "C-2"]
        assert book.keyed_hash("born", "1980-02-03") == sealed
        assert book.stop() == Stop("m.hale", 5.0, "doubles")
        await book.commit(a_link(9))
    back = move(in_database(address), on_disk(tmp_path))
    assert back.holds.records["links"] == 4
    with open_book(tmp_path, RECORDS, operator="m.hale") as home:
        assert home.read_only is None
        assert [link.local_id for link in await home.all(Link)] == ["C-3", "C-1", "C-2", "C-9"]
        assert await home.get_file("P1.plan") == b"plan \x00\xff"
        assert [record.key for record in await home.archived("P2")] == ["P2:0"]
        assert home.keyed_hash("born", "1980-02-03") == sealed
    assert (tmp_path / "book-before-1" / "book.log").exists()
    assert move(on_disk(tmp_path), in_database(address)).holds == back.holds


async def test_a_book_that_was_moved_can_be_read_and_not_written(
    tmp_path: Path, address: BookAddress
) -> None:
    await filled(tmp_path)
    move(on_disk(tmp_path), in_database(address))
    with open_book(tmp_path, RECORDS, operator="m.hale") as old:
        assert old.read_only is not None
        assert old.read_only.code == "book-moved"
        assert address.shown in old.read_only.fix
        assert len(await old.all(Link)) == 3
        with pytest.raises(BookClosed):
            await old.commit(a_link(4))
    move(in_database(address), on_disk(tmp_path))
    with open_team_book(opening(address), RECORDS) as old_team:
        assert old_team.read_only is not None
        assert old_team.read_only.code == "book-moved"
        assert len(await old_team.all(Link)) == 3


class Broken(Exception):
    """The power went."""


@pytest.mark.parametrize("back", [False, True])
async def test_a_move_that_was_broken_off_goes_on_and_meanwhile_one_place_at_most_is_written(
    tmp_path: Path, address: BookAddress, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    await filled(tmp_path)
    source: BookPlace = on_disk(tmp_path)
    target: BookPlace = in_database(address)
    if back:
        move(source, target)
        source, target = target, source
    points = 0
    while True:
        left = points

        def told(count: int) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Broken

        try:
            moved = move_book(source, target, RECORDS, told)
            break
        except Broken:
            points += 3
        with open_book(tmp_path, RECORDS, operator="m.hale") as home:
            assert (home.read_only is None) is not back
        with open_team_book(opening(address), RECORDS) as team:
            assert (team.read_only is None) is back
    assert moved.holds == BookSum({"pushes": 2, "steps": 2, "links": 3}, 1, 1, moved.holds.checksum)
    assert points > 3


async def test_a_crash_between_the_two_marks_leaves_no_place_to_write_and_the_next_try_ends_it(
    tmp_path: Path, address: BookAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(tmp_path)

    def crash(*_: object) -> None:
        raise Broken

    with monkeypatch.context() as patch:
        patch.setattr("data.book_move.in_database.DatabaseBook.open_for_all", crash)
        with pytest.raises(Broken):
            move(on_disk(tmp_path), in_database(address))
    with (
        open_book(tmp_path, RECORDS, operator="x") as home,
        open_team_book(opening(address), RECORDS) as team,
    ):
        assert home.read_only is not None
        assert team.read_only is not None
        assert team.read_only.code == "book-moving"
    move(on_disk(tmp_path), in_database(address))
    with open_team_book(opening(address), RECORDS) as team:
        assert team.read_only is None


async def test_a_copy_that_differs_is_not_taken(
    tmp_path: Path, address: BookAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("data.book_move.copying._copy_files", lambda *_: None)
        with pytest.raises(DeskError) as caught:
            move(on_disk(tmp_path), in_database(address))
    assert caught.value.code == "not-moved"
    with open_book(tmp_path, RECORDS, operator="m.hale") as home:
        await home.commit(a_link(7))


async def test_nobody_writes_a_team_book_while_it_is_moved(tmp_path: Path, address: BookAddress) -> None:
    await filled(tmp_path)
    move(on_disk(tmp_path), in_database(address))
    codes = set[str]()
    with open_team_book(opening(address), RECORDS) as desk:

        def write(count: int) -> None:
            with pytest.raises(BookClosed) as caught:
                desk.tables.commit(a_link(8))
            codes.add(caught.value.code)

        move_book(in_database(address), on_disk(tmp_path), RECORDS, write)
        assert codes == {"book-moving"}
        assert len(await desk.all(Link)) == 3


async def test_another_book_is_never_overwritten(tmp_path: Path, address: BookAddress) -> None:
    await filled(tmp_path)
    with open_team_book(opening(address), RECORDS) as team:
        await team.commit(a_link(5))
    for source, target in (
        (on_disk(tmp_path), in_database(address)),
        (in_database(address), on_disk(tmp_path)),
    ):
        with pytest.raises(DeskError) as caught:
            move(source, target)
        assert caught.value.code == "book-other"
    with open_team_book(opening(address), RECORDS) as team:
        assert len(await team.all(Link)) == 1
        assert team.read_only is None
    with open_book(tmp_path, RECORDS, operator="m.hale") as home:
        assert len(await home.all(Link)) == 3
        assert home.read_only is None


async def test_a_book_in_use_is_not_moved(tmp_path: Path, address: BookAddress) -> None:
    await filled(tmp_path)
    with open_book(tmp_path, RECORDS, operator="m.hale"), pytest.raises(BookClosed) as caught:
        move(on_disk(tmp_path), in_database(address))
    assert caught.value.code == "book-locked"
    move(on_disk(tmp_path), in_database(address))
    with open_team_book(opening(address, operator="l.tran"), RECORDS) as team:
        await team.claim("P1", 60.0)
        with pytest.raises(DeskError, match="in use by l") as in_use:
            move(in_database(address), on_disk(tmp_path))
        assert in_use.value.code == "book-in-use"
