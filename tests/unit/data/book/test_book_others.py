"""Others at the book: another thread, another process, another kind of record. Each caught a mutant."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import BookClosed
from core.push.records import RECORDS, Push, Record
from data.book.book import open_book
from data.book.book_file import BookFile
from data.book.disk import FOLDER_MODE, RealDisk, Tail
from data.book.lock import Lock
from tests.support.book_fakes import a_push


def in_a_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_lock_that_one_thread_took_another_gives_back(tmp_path: Path) -> None:
    lock, other = Lock(tmp_path / "book.lock"), Lock(tmp_path / "book.lock")
    in_a_thread(lambda: lock.take("m.hale", 0.0))
    assert not other.take("j.doe", 0.0)
    lock.release()
    assert other.take("j.doe", 0.0)
    other.release()


def test_a_lock_holds_nothing_open_but_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: dict[int, str] = {}
    real_open, real_close = os.open, os.close

    def opens(path: Path | str, flags: int, mode: int = 0o777, **more: int | None) -> int:
        handle = real_open(path, flags, mode, **more)
        opened[handle] = Path(path).name
        return handle

    def closes(handle: int) -> None:
        real_close(handle)
        opened.pop(handle, None)

    monkeypatch.setattr(os, "open", opens)
    monkeypatch.setattr(os, "close", closes)
    lock = Lock(tmp_path / "book.lock")
    assert lock.take("m.hale", 0.0)
    assert set(opened.values()) <= {"book.lock"}
    assert lock.holder() is not None
    lock.release()
    assert opened == {}


async def test_a_book_that_can_not_be_locked_is_not_written(tmp_path: Path) -> None:
    """Whoever could not lock it can't know that no other process writes it."""
    BookFile(tmp_path, RECORDS).close()
    (tmp_path / "book.lock").mkdir()
    with open_book(tmp_path, RECORDS, operator="x") as book:
        assert book.read_only is not None
        assert f"{tmp_path / 'book.lock'} can't be written" in book.read_only.message
        assert f"copy {tmp_path} to" in book.read_only.fix
        with pytest.raises(BookClosed):
            await book.commit(a_push(1))
        assert await book.all(Push) == []


def test_a_folder_that_another_makes_meanwhile_is_as_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "a" / "b"
    exists, seen = Path.exists, set()

    def not_yet(path: Path) -> bool:
        """Say of each folder once that it is not there, though it is by the time it is to be made."""
        if path in (home, home.parent) and path not in seen:
            seen.add(path)
            return False
        return exists(path)

    home.mkdir(parents=True)
    monkeypatch.setattr(Path, "exists", not_yet)
    RealDisk().make_folder(home)
    assert seen == {home, home.parent}
    assert home.stat().st_mode & 0o777 == FOLDER_MODE


class OtherKind(Record, frozen=True):
    """A record of some other desk's."""

    table = "others"

    @property
    def key(self) -> str:
        return "x"


def test_a_kind_that_the_book_does_not_hold_is_neither_written_nor_dropped(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    for commit in (lambda: book.commit(OtherKind()), lambda: book.commit(drop=[(OtherKind, "x")])):
        with pytest.raises(ValueError, match="holds no OtherKind"):
            commit()
    book.close()


async def test_a_book_holds_the_kinds_it_was_opened_with_also_to_read(tmp_path: Path) -> None:
    kinds = (*RECORDS, OtherKind)
    with open_book(tmp_path, kinds, operator="x") as book:
        await book.commit(OtherKind(), a_push(1))
        with open_book(tmp_path, kinds, operator="r", write=False) as reader:
            assert await reader.get(OtherKind, "x") == OtherKind()
            assert await reader.all(Push) == [a_push(1)]


def test_a_closed_book_lets_go_of_its_file(tmp_path: Path) -> None:
    closed: list[Path] = []

    class Watched(RealDisk):
        def tail(self, path: Path) -> Tail:
            tail = super().tail(path)
            close = tail.close
            tail.close = lambda: (close(), closed.append(path))
            return tail

    book = BookFile(tmp_path, RECORDS, disk=Watched())
    book.commit(a_push(1))
    assert closed == []
    book.close()
    assert closed == [tmp_path / "book.log"]
