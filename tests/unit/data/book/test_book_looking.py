"""What the book finds on its disk: not to be able to look is never to find nothing, and a half-made file is none."""

import errno
from pathlib import Path
from random import Random

import pytest

from core.errors import BookClosed
from core.push.records import RECORDS, Link
from data.book.book import open_book
from data.book.book_file import BookFile
from data.book.disk import RealDisk
from tests.support.book_fakes import ForgetfulDisk, a_link

HOME = Path("/nowhere/home")


class Unseeing(RealDisk):
    """Can't look for the file, nor into the folder, of one name."""

    bad = ""

    def exists(self, path: Path) -> bool:
        self._look(path)
        return super().exists(path)

    def names(self, folder: Path) -> list[str]:
        self._look(folder)
        return super().names(folder)

    def _look(self, path: Path) -> None:
        if path.name == self.bad:
            raise OSError(errno.EIO, "Input/output error", str(path))


@pytest.mark.parametrize("name", ["book.log", "book.log.bak", "book.key"])
def test_a_book_that_can_not_be_looked_for_is_not_begun(tmp_path: Path, name: str) -> None:
    disk = Unseeing()
    disk.bad = name
    with pytest.raises(BookClosed, match=f"{name} can't be read: the disk failed") as caught:
        BookFile(tmp_path, RECORDS, disk=disk)
    assert caught.value.code == "book-io-error"
    assert not (tmp_path / "book.log").exists()


def test_private_files_that_can_not_be_looked_for_are_not_none(tmp_path: Path) -> None:
    disk = Unseeing()
    book = BookFile(tmp_path, RECORDS, disk=disk)
    book.put_file("P1.plan", b"x")
    disk.bad = "kept"
    with pytest.raises(BookClosed, match="kept can't be read") as caught:
        book.list_files()
    assert caught.value.code == "book-io-error"
    disk.bad = ""
    assert book.list_files() == ["P1.plan"], "it was only not seen"
    book.close()


async def test_a_half_made_private_file_is_not_named(tmp_path: Path) -> None:
    with open_book(tmp_path, RECORDS, operator="x") as book:
        await book.put_file("P1.plan", b"x")
        (tmp_path / "kept" / ".P2.plan.new").write_bytes(b"another process is writing it")
        with open_book(tmp_path, RECORDS, operator="r", write=False) as reader:
            assert await reader.list_files() == ["P1.plan"]


def test_what_a_crash_left_half_made_is_gone_for_good() -> None:
    disk = ForgetfulDisk()
    BookFile(HOME, RECORDS, disk=disk).close()
    half_made = [
        HOME / ".book.log.new",
        HOME / ".book.log.bak.new",
        HOME / ".book.key.new",
        HOME / "kept" / ".x.new",
    ]
    for path in half_made:
        disk.write(path, b"half of a client's data")
        disk.sync_folder(path.parent)
    BookFile(HOME, RECORDS, disk=disk).close()
    after = disk.after_crash(Random(0), "nothing")
    assert after.names(HOME) == ["book.key", "book.log"]
    assert after.names(HOME / "kept") == []


async def test_a_reader_looks_on_the_disk_it_was_given() -> None:
    disk = ForgetfulDisk()
    book = BookFile(HOME, RECORDS, disk=disk)
    book.commit(a_link(1))
    book.close()
    with open_book(HOME, RECORDS, operator="r", write=False, disk=disk) as reader:
        assert await reader.all(Link) == [a_link(1)]
