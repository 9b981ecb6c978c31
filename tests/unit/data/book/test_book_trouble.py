"""A disk that refuses makes the book read-only: what it held is safe, nothing is tried again, and it says why."""

import errno
import os
import stat
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from core.errors import BookClosed
from core.push.records import RECORDS, Link, Push
from data.book.book import open_book
from data.book.book_file import BookFile
from data.book.disk import RealDisk, Tail
from data.book.errors import no_home, read_failed, write_failed
from data.book.log import Log
from tests.support.book_fakes import FailingDisk, a_link, a_push


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is synced, and when, is asked elsewhere; here the wait for it is spared."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


CODES = {
    errno.ENOSPC: "book-disk-full",
    errno.EDQUOT: "book-disk-full",
    errno.EFBIG: "book-disk-full",
    errno.EROFS: "book-read-only",
    errno.EACCES: "book-read-only",
    errno.EPERM: "book-read-only",
    errno.EIO: "book-io-error",
}


def filled(home: Path) -> None:
    book = BookFile(home, RECORDS)
    for n in range(5):
        book.commit(a_link(n), a_push(n))
    book.put_file("old.plan", b"old")
    book.close()


def expect_refusal(code: str, work: Callable[[], object]) -> None:
    with pytest.raises(BookClosed) as caught:
        work()
    assert caught.value.code == code
    assert caught.value.fix


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("error", "code"), CODES.items())
def test_a_refused_commit_leaves_a_read_only_book(tmp_path: Path, error: int, code: str, part: float) -> None:
    filled(tmp_path)
    disk = FailingDisk(error=error, part=part)
    book = BookFile(tmp_path, RECORDS, disk=disk)
    book.commit(a_link(5), a_push(5))
    disk.at = disk.writes
    expect_refusal(code, lambda: book.commit(a_link(6), a_push(6)))
    writes = disk.writes
    disk.at = None
    for work in (
        lambda: book.commit(a_link(7), a_push(7)),
        lambda: book.put_file("new.plan", b"new"),
        lambda: book.delete_file("old.plan"),
    ):
        expect_refusal(code, work)
    assert disk.writes == writes, "nothing is written after a failed write"
    assert book.read_only is not None
    assert book.read_only.code == code
    assert book.read_only.fix.endswith("then start brokerdesk again.")
    assert book.all(Link) == [a_link(n) for n in range(6)]
    assert book.get_file("old.plan") == b"old"
    book.close()
    again = BookFile(tmp_path, RECORDS)
    count = len(again.all(Link))
    assert count == (7 if part == 1.0 else 6), "unconfirmed: there whole, or not at all"
    assert len(again.all(Push)) == count
    assert len(again.notices) == (1 if part == 0.5 else 0)
    again.commit(a_link(8))
    again.close()
    final = BookFile(tmp_path, RECORDS)
    assert len(final.all(Link)) == count + 1
    final.close()


class OnceFailingDisk(FailingDisk):
    """Refuses one write only."""

    def fails(self) -> bool:
        return super().fails() and self.writes == (self.at or 0) + 1


@pytest.mark.parametrize("confirmed", [0, 1, 3])
@pytest.mark.parametrize("before", ["nothing", "commits", "a torn line", "a snapshot"])
def test_just_what_a_failed_append_left_is_taken_back(tmp_path: Path, before: str, confirmed: int) -> None:
    log = tmp_path / "book.log"
    if before != "nothing":
        filled(tmp_path)
    if before == "a torn line":
        log.write_bytes(log.read_bytes() + b"torn")
    disk = OnceFailingDisk(error=errno.EIO, part=1.0)
    book = BookFile(tmp_path, RECORDS, disk=disk, spare=-1000 if before == "a snapshot" else 1000)
    for n in range(confirmed):
        book.commit(a_link(f"new{n}"))
    links, content = book.all(Link), log.read_bytes()
    disk.at = disk.writes
    expect_refusal("book-io-error", lambda: book.commit(a_link("lost")))
    assert log.read_bytes() == content
    expect_refusal("book-io-error", lambda: book.commit(a_link("lost")))
    assert log.read_bytes() == content
    book.close()
    again = BookFile(tmp_path, RECORDS)
    assert again.all(Link) == links
    again.close()


def test_a_log_that_failed_is_held_open_no_longer(tmp_path: Path) -> None:
    held: list[Path] = []

    class Watched(FailingDisk):
        def tail(self, path: Path) -> Tail:
            tail = super().tail(path)
            close = tail.close
            tail.close = lambda: (close(), held.remove(path))
            held.append(path)
            return tail

    disk = Watched()
    book = BookFile(tmp_path, RECORDS, disk=disk)
    book.commit(a_link(1))
    assert held == [tmp_path / "book.log"]
    disk.at = disk.writes
    expect_refusal("book-disk-full", lambda: book.commit(a_link(2)))
    assert held == []
    book.close()


def test_a_private_file_that_was_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    filled(tmp_path)
    disk = OnceFailingDisk(part=0.5)
    book = BookFile(tmp_path, RECORDS, disk=disk)
    disk.at = disk.writes
    expect_refusal("book-disk-full", lambda: book.put_file("new.plan", b"client data"))
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["old.plan"]
    book.close()


def test_a_book_whose_folder_refuses_at_open_is_read_only_and_not_tried_further(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / ".book.log.new").write_bytes(b"half")
    disk = FailingDisk(0, errno.EROFS)
    book = BookFile(tmp_path, RECORDS, disk=disk)
    assert book.read_only is not None
    assert book.read_only.code == "book-read-only"
    assert len(book.all(Link)) == 5
    expect_refusal("book-read-only", lambda: book.commit(a_link(9)))
    assert disk.writes == 1
    book.close()


def test_a_write_that_was_refused_once_at_open_makes_the_book_read_only(tmp_path: Path) -> None:
    def opened(name: str, disk: FailingDisk) -> BookFile:
        """Open a book whose log has a torn end and is to be tidied."""
        home = tmp_path / name
        filled(home)
        with (home / "book.log").open("ab") as log:
            log.write(b"0123")
        return BookFile(home, RECORDS, disk=disk, spare=-1000)

    counting = FailingDisk()
    whole = opened("whole", counting)
    assert whole.read_only is None
    whole.close()
    assert counting.writes > 6
    for at in range(counting.writes):
        book = opened(f"at{at}", OnceFailingDisk(at, errno.EIO))
        assert book.read_only is not None
        assert book.read_only.code == "book-io-error"
        expect_refusal("book-io-error", lambda book=book: book.commit(a_link(9)))
        book.close()
        again = BookFile(tmp_path / f"at{at}", RECORDS)
        assert again.all(Link) == [a_link(n) for n in range(5)]
        again.close()


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    ("error", "code"), [(errno.ENOSPC, "book-disk-full"), (errno.EROFS, "book-read-only")]
)
def test_every_write_of_a_life_can_fail(tmp_path: Path, error: int, code: str, part: float) -> None:
    def life(home: Path, disk: FailingDisk) -> int:
        """A torn tail, a draft, a snapshot, commits, a kept file; gives the number of confirmed commits."""
        confirmed = 0
        book = BookFile(home, RECORDS, disk=disk, spare=-1000)
        try:
            for n in range(5, 8):
                book.commit(a_link(n), a_push(n))
                confirmed += 1
            book.put_file("new.plan", b"new")
            book.delete_file("old.plan")
        finally:
            assert book.all(Link) == [a_link(n) for n in range(5 + confirmed)]
            assert (book.read_only is None) == (disk.at is None)
            book.close()
        return confirmed

    def prepared(name: str) -> Path:
        home = tmp_path / name
        filled(home)
        with (home / "book.log").open("ab") as log:
            log.write(b"0123")
        (home / ".book.log.new").write_bytes(b"half")
        (home / "kept" / ".x.new").write_bytes(b"half")
        return home

    counting = FailingDisk()
    assert life(prepared("whole"), counting) == 3
    assert counting.writes > 15
    for at in range(counting.writes):
        home = prepared(f"at{at}")
        expect_refusal(code, lambda home=home, at=at: life(home, FailingDisk(at, error, part)))
        again = BookFile(home, RECORDS)
        found = again.all(Link)
        assert found == [a_link(n) for n in range(len(found))]
        assert len(found) >= 5
        assert len(again.all(Push)) == len(found)
        assert again.get_file("old.plan") in (b"old", None)
        assert again.get_file("new.plan") in (b"new", None)
        assert not list(home.rglob(".*"))
        again.commit(a_link("after"))
        again.close()


@pytest.mark.parametrize("refusing", [FailingDisk, OnceFailingDisk])
def test_a_book_that_can_not_be_begun_says_where_it_could(
    tmp_path: Path, refusing: type[FailingDisk]
) -> None:
    counting = FailingDisk()
    BookFile(tmp_path / "whole", RECORDS, disk=counting).close()
    for at in range(counting.writes):
        home = tmp_path / f"at{at}"
        with pytest.raises(BookClosed) as caught:
            BookFile(home, RECORDS, disk=refusing(at, errno.EROFS))
        assert caught.value.code == "book-read-only"
        assert "--home" in caught.value.fix
        BookFile(home, RECORDS).close()


def test_a_home_that_is_a_file_or_below_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "file").chmod(0o644)
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(BookClosed, match="There can't be a book") as caught:
            open_book(home, RECORDS, operator="x")
        assert "--home" in caught.value.fix
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644, "it is not ours to change"
    with pytest.raises(BookClosed):
        open_book(tmp_path / "new", RECORDS, operator="x", disk=FailingDisk(0, errno.EACCES))


async def test_a_home_that_can_not_be_written_can_still_be_read(tmp_path: Path) -> None:
    filled(tmp_path)

    class Sealed(RealDisk):
        def make_folder(self, folder: Path) -> None:
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    with open_book(tmp_path, RECORDS, operator="x", disk=Sealed()) as book:
        assert book.read_only is not None
        assert book.read_only.code == "book-read-only"
        assert len(await book.all(Link)) == 5
        with pytest.raises(BookClosed):
            await book.commit(a_link(9))


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    filled(tmp_path)

    class Unreadable(RealDisk):
        bad = ""

        def read(self, path: Path) -> bytes:
            if path.name == self.bad:
                raise OSError(errno.EIO, "Input/output error", str(path))
            return super().read(path)

        def lines(self, path: Path) -> Generator[bytes]:
            for line in super().lines(path):
                yield line
                if path.name == self.bad:
                    raise OSError(errno.EIO, "Input/output error", str(path))

    disk = Unreadable()
    book = BookFile(tmp_path, RECORDS, disk=disk)
    disk.bad = "old.plan"
    with pytest.raises(BookClosed, match=r"old\.plan") as caught:
        book.get_file("old.plan")
    assert caught.value.code == "book-io-error"
    book.close()
    for disk.bad in ("book.log", "book.key"):
        with pytest.raises(BookClosed, match=disk.bad) as caught:
            BookFile(tmp_path, RECORDS, disk=disk)
        assert caught.value.code == "book-io-error"


@pytest.mark.parametrize("reason", [write_failed, no_home, read_failed])
def test_a_refusal_says_why_in_plain_words(
    tmp_path: Path, reason: Callable[[Path, OSError], BookClosed]
) -> None:
    assert (
        ": the network folder is gone."
        in reason(tmp_path, OSError(errno.ESTALE, "Stale file handle")).message
    )
    assert ": nothing answered in time." in reason(tmp_path, TimeoutError()).message


def test_an_interrupted_append_closes_the_log(tmp_path: Path) -> None:
    class Interrupted(FailingDisk):
        def trouble(self) -> OSError:
            raise KeyboardInterrupt

    filled(tmp_path)
    disk = Interrupted(part=0.5)
    book = BookFile(tmp_path, RECORDS, disk=disk)
    disk.at = disk.writes
    with pytest.raises(KeyboardInterrupt):
        book.commit(a_link(6))
    disk.at = None
    expect_refusal("book-io-error", lambda: book.commit(a_link(7)))
    book.close()
    again = BookFile(tmp_path, RECORDS)
    assert len(again.all(Link)) == 5
    again.close()


@pytest.mark.parametrize("at", range(7))
def test_the_log_is_replaced_only_after_its_backup_is_on_the_disk(tmp_path: Path, at: int) -> None:
    """A snapshot makes six writes; `at` of them succeed."""
    filled(tmp_path)
    path = tmp_path / "book.log"
    before = path.read_bytes()
    disk = FailingDisk()
    log = Log(disk, path)
    log.load(lambda change: None)
    disk.at = disk.writes + at
    log.snapshot([{"links": {"a": {"b": 1}}}])
    replaced = path.read_bytes() != before
    assert replaced is (at >= 5)
    assert log.backup.exists() is (at >= 2)
    if log.backup.exists():
        assert log.backup.read_bytes() == before
    assert (log.read_only is None) is (at == 6)
