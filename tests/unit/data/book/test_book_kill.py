"""Processes that are killed while they write, and two that want the same book."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from core.errors import BookClosed
from core.push.records import RECORDS, Link, Push
from data.book.book import open_book
from data.book.book_file import BookFile
from data.book.errors import only_reading
from data.book.lock import Lock
from tests.support.book_fakes import a_link, a_push

ROOT = Path(__file__).parents[4]


@contextmanager
def child(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("book_child.py"), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_every_confirmed_commit_survives_kill_9(tmp_path: Path) -> None:
    random = Random(11)
    confirmed, tidied = -1, False
    with child("commit", tmp_path) as nursery:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        for _ in range(40):
            print("go", file=nursery.stdin, flush=True)
            pid = int(nursery.stdout.readline().split()[1])
            for _ in range(random.choice([0, 0, 1, 2, 5, 20])):
                confirmed = int(nursery.stdout.readline())
            os.kill(pid, signal.SIGKILL)
            while (line := nursery.stdout.readline().strip()) != "ended":
                assert line, "the nursery died"
                confirmed = int(line)
            if not (tmp_path / "book.log").exists():
                assert confirmed == -1
                continue
            book = BookFile(tmp_path, RECORDS, barred=only_reading(tmp_path))
            count = len(book.all(Push))
            assert count in (confirmed + 1, confirmed + 2)
            assert book.all(Push) == [a_push(n) for n in range(count)]
            if count:
                assert book.get(Link, a_link("latest").key) == a_link("latest", str(count - 1))
            tidied = tidied or (tmp_path / "book.log.bak").exists()
            confirmed = count - 1
    assert confirmed > 50
    assert tidied


async def test_a_second_process_reads_and_is_told_who_writes(tmp_path: Path) -> None:
    with child("hold", tmp_path) as holder:
        assert holder.stdout is not None
        pid, said = holder.stdout.readline().split()
        assert said == "None"
        with open_book(tmp_path, RECORDS, operator="second") as book:
            assert book.holder is not None
            assert (book.holder.pid, book.holder.operator) == (int(pid), "m.hale")
            assert book.read_only is not None
            assert book.read_only.code == "book-locked"
            for work in (
                book.commit(a_link(1)),
                book.commit(),
                book.put_file("a", b""),
                book.delete_file("a"),
            ):
                with pytest.raises(BookClosed) as caught:
                    await work
                assert caught.value.code == "book-locked"
                assert caught.value.exit_code == 4
                assert f"process {pid} (m.hale, since 1 Jan 1970, 00:00)" in caught.value.message
            assert await book.all(Link) == []
        holder.kill()
        holder.wait()
    with open_book(tmp_path, RECORDS, operator="third") as book:
        assert book.read_only is None
        assert book.holder is None
        await book.commit(a_link(1))


async def test_a_second_book_in_one_process_is_locked_out_until_the_first_is_closed(tmp_path: Path) -> None:
    first = open_book(tmp_path, RECORDS, operator="m.hale")
    second = open_book(tmp_path, RECORDS, operator="m.hale")
    assert second.read_only is not None
    assert second.holder is not None
    assert second.holder.pid == os.getpid()
    second.close()
    third = open_book(tmp_path, RECORDS, operator="m.hale")
    assert third.read_only is not None, "closing a reader frees nothing"
    third.close()
    first.close()
    with open_book(tmp_path, RECORDS, operator="m.hale") as book:
        assert book.read_only is None


async def test_a_reader_sees_what_was_there_until_it_refreshes(tmp_path: Path) -> None:
    with (
        open_book(tmp_path, RECORDS, operator="w") as writer,
        open_book(tmp_path, RECORDS, operator="r") as reader,
    ):
        await writer.commit(a_link(1))
        assert await reader.all(Link) == []
        await reader.refresh()
        assert await reader.all(Link) == [a_link(1)]
        assert reader.keyed_hash("name", "Linh") == writer.keyed_hash("name", "Linh")
        await writer.refresh()
        await writer.commit(a_link(2))
        assert await writer.all(Link) == [a_link(1), a_link(2)]


async def test_a_failed_refresh_keeps_what_was_read(tmp_path: Path) -> None:
    with open_book(tmp_path, RECORDS, operator="w") as writer:
        await writer.commit(a_link(1))
    with open_book(tmp_path, RECORDS, operator="r", write=False) as reader:
        (tmp_path / "book.log").write_bytes(b"")
        with pytest.raises(BookClosed):
            await reader.refresh()
        assert await reader.all(Link) == [a_link(1)]


async def test_opening_to_read_makes_nothing_and_takes_no_lock(tmp_path: Path) -> None:
    home = tmp_path / "none"
    with open_book(home, RECORDS, operator="r", write=False) as reader:
        assert await reader.all(Link) == []
        assert reader.read_only is not None
        assert reader.read_only.code == "book-read-only"
        with pytest.raises(BookClosed):
            await reader.commit(a_link(1))
        with pytest.raises(BookClosed):
            reader.keyed_hash("name", "Linh")
        assert not home.exists()
        with open_book(home, RECORDS, operator="w") as writer:
            assert writer.read_only is None


def test_a_lock_whose_holder_left_no_name_still_locks(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "book.lock")
    assert lock.take("m.hale", 0.0)
    (tmp_path / "book.lock.by").unlink()
    with open_book(tmp_path, RECORDS, operator="second") as book:
        assert book.holder is None
        assert book.read_only is not None
        assert "another process" in book.read_only.message
    lock.release()
    lock.release()


def test_a_book_that_fails_to_open_frees_its_lock(tmp_path: Path) -> None:
    open_book(tmp_path, RECORDS, operator="x").close()
    whole = (tmp_path / "book.log").read_bytes()
    (tmp_path / "book.log").write_bytes(b"")
    with pytest.raises(BookClosed, match="empty") as caught:
        open_book(tmp_path, RECORDS, operator="x")
    (tmp_path / "book.log").write_bytes(whole)
    with open_book(tmp_path, RECORDS, operator="x") as book:
        assert book.read_only is None
    assert caught.value.code == "book-damaged"  # its traceback, which holds the lock object, lived until here
    assert not (tmp_path / "book.lock.by").exists(), "a name is left only while the book is open"


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("usual_umask")
async def test_everything_is_private(tmp_path: Path) -> None:
    home = tmp_path / "above" / "home"
    with open_book(home, RECORDS, operator="x") as book:
        await book.commit(a_link(1))
        await book.put_file("plan", b"x")
    BookFile(home, RECORDS, spare=-1000).close()
    (home / "book.lock.by").write_text("")
    with open_book(home, RECORDS, operator="x"):
        folders = {path.name: mode(path) for path in home.parent.parent.rglob("*") if path.is_dir()}
        files = {path.name: mode(path) for path in home.rglob("*") if path.is_file()}
    assert folders == {"above": 0o700, "home": 0o700, "kept": 0o700}
    names = ("book.key", "book.lock", "book.lock.by", "book.log", "book.log.bak", "plan")
    assert files == dict.fromkeys(names, 0o600)


@pytest.mark.usefixtures("usual_umask")
def test_what_was_open_to_others_is_made_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    BookFile(home, RECORDS).close()
    home.chmod(0o755)
    (home / "book.log").chmod(0o644)
    book = BookFile(home, RECORDS)
    book.commit(a_link(1))
    book.close()
    assert mode(home) == 0o700
    assert mode(home / "book.log") == 0o600
