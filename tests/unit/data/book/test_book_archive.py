"""What leaves the live log is in an archive first; a crash, a full disk or damage costs nothing that was confirmed."""

import errno
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from zlib import crc32

import msgspec
import pytest

from core.errors import ArchiveDamaged, BookClosed
from core.push.plan import Entity, System
from core.push.ports import Book, Filed
from core.push.records import RECORDS, Declined, Link, Push, Record, StepRecord
from core.push.states import StepState
from data.book.archive import Archived, _runs
from data.book.book import open_book
from data.book.book_file import BookFile
from data.book.disk import RealDisk
from data.book.errors import only_reading
from tests.support.book_fakes import Crash, FailingDisk, ForgetfulDisk, a_link, a_push, a_step
from tests.support.fakes import FakeBook
from tests.support.inline_book import InlineBook
from tests.support.postgres import team_book
from tests.support.private import is_private

AT = 1_796_000_000.0  # 2026-11-30
MONTH = 31 * 86_400.0
HOME = Path("/nowhere/home")
HEADER = b'{"kind":"brokerdesk-archive","schema":1}'


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is synced, and when, is asked elsewhere; here the wait for it is spared."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def step(push: int, n: int = 0, detail: str = "") -> StepRecord:
    return msgspec.structs.replace(a_step(n, StepState.DONE, detail), push_id=f"P{push}")


def filed(push: int, *, at: float = AT, detail: str = "") -> Filed:
    return Filed(f"P{push}", at, (step(push, 0, detail), step(push, 1, detail)))


def filled(book: BookFile, count: int = 3) -> None:
    for n in range(count):
        book.commit(a_push(n), *filed(n).records)


def sealed(payload: bytes) -> bytes:
    return b"%08x %b\n" % (crc32(payload), payload)


# -- the port -----------------------------------------------------------------------------------------------


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


async def test_what_is_archived_leaves_the_live_log_and_is_given_when_asked_for(book: Book) -> None:
    left = Declined(System.FLEX, Entity.NOTE, "N-0", "BD-0", {"name": "ab"}, 1.0)
    await book.commit(a_push(1), a_link(1), *filed(1).records, *filed(2).records)
    assert await book.archived("P1") == []
    await book.archive(msgspec.structs.replace(filed(1), left=(left,)))
    assert await book.archived("P1") == list(filed(1).records)
    assert await book.all(StepRecord) == list(filed(2).records)
    assert await book.where(StepRecord, push_id="P1") == []
    assert await book.values(StepRecord, "push_id") == ["P2"]
    assert await book.all(Push) == [a_push(1)]
    assert await book.all(Declined) == [left]


async def test_archiving_again_replaces(book: Book) -> None:
    await book.commit(*filed(1).records)
    await book.archive(filed(1), filed(2))
    await book.archive(filed(1, detail="later"))
    await book.tidy()
    assert await book.archived("P1") == list(filed(1, detail="later").records)
    assert await book.archived("P2") == list(filed(2).records)


async def test_the_records_of_many_pushes_are_given_by_push(book: Book) -> None:
    left = Declined(System.FLEX, Entity.NOTE, "N-0", "BD-0", {"name": "ab"}, 1.0)
    await book.archive(filed(1), Filed("P2", AT + MONTH, (*filed(2).records, left)), filed(3))
    given = await book.archived_many(StepRecord, ["P3", "P9", "P2"])
    assert given == {"P2": list(filed(2).records), "P3": list(filed(3).records)}
    assert await book.archived_many(Declined, ["P1", "P2"]) == {"P1": [], "P2": [left]}


# -- the files ----------------------------------------------------------------------------------------------


def names(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "archive").iterdir())


def test_there_is_one_private_file_a_month(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    filled(book)
    book.archive(filed(0), filed(1))
    book.archive(filed(2, at=AT + MONTH))
    book.close()
    assert names(tmp_path) == ["2026-11.log", "2026-12.log"]
    for path in ((tmp_path / "archive"), *(tmp_path / "archive").iterdir()):
        assert is_private(path)
    again = BookFile(tmp_path, RECORDS)
    for n in range(3):
        assert again.archived(f"P{n}") == list(filed(n).records)
    again.close()


def test_the_format_on_disk_is_the_one_described(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    filled(book, 1)
    book.archive(filed(0))
    book.close()
    header, entry = (tmp_path / "archive" / "2026-11.log").read_bytes().splitlines(keepends=True)
    assert header == sealed(HEADER)
    assert entry == sealed(entry[9:-1])
    place = msgspec.json.decode((tmp_path / "book.log").read_bytes().splitlines()[-1][9:])["archived"]["P0"]
    assert place == {"push_id": "P0", "file": "2026-11.log", "at": len(header), "size": len(entry)}


def test_an_archive_goes_on_where_the_last_start_left_off(tmp_path: Path) -> None:
    for n in range(3):
        book = BookFile(tmp_path, RECORDS)
        book.archive(filed(n))
        book.close()
    assert names(tmp_path) == ["2026-11.log"]
    assert len((tmp_path / "archive" / "2026-11.log").read_bytes().splitlines()) == 4


def test_a_replaced_entry_is_gone_from_the_disk_once_the_book_is_tidied(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    book.archive(filed(1, detail="before"), filed(2), filed(3, at=AT + MONTH))
    untouched = (tmp_path / "archive" / "2026-12.log").read_bytes()
    before = (tmp_path / "archive" / "2026-11.log").read_bytes().splitlines()[1]
    book.archive(filed(1))
    book.tidy()
    assert names(tmp_path) == ["2026-11-2.log", "2026-12.log"]
    assert before not in (tmp_path / "archive" / "2026-11-2.log").read_bytes()
    assert (tmp_path / "archive" / "2026-12.log").read_bytes() == untouched
    book.tidy()
    book.archive(filed(4))
    assert names(tmp_path) == ["2026-11-2.log", "2026-12.log"]
    for n in (1, 2, 3, 4):
        assert book.archived(f"P{n}") == list(filed(n).records)
    book.close()


class Reads(RealDisk):
    """Counts the reads of archives and of logs."""

    def __init__(self) -> None:
        self.archives, self.logs = 0, 0

    def lines(self, path: Path) -> Generator[bytes]:
        self.logs += 1
        return super().lines(path)

    def read_at(self, path: Path, start: int, size: int) -> bytes:
        self.archives += 1
        return super().read_at(path, start, size)


def test_entries_that_follow_each_other_are_read_together(tmp_path: Path) -> None:
    disk = Reads()
    book = BookFile(tmp_path, RECORDS, disk=disk)
    book.archive(*(filed(n) for n in range(30)))
    book.archive(*(filed(n, at=AT + MONTH) for n in range(30, 60)))
    every = [f"P{n}" for n in range(60)]
    assert list(book.archived_many(StepRecord, every).values()) == [list(filed(n).records) for n in range(60)]
    assert disk.archives == 2
    without = [push_id for push_id in every if push_id not in ("P7", "P45")]
    assert set(book.archived_many(StepRecord, without)) == set(without)
    assert disk.archives == 2 + 4
    book.close()


def test_entries_of_two_files_are_never_read_together() -> None:
    ours, theirs = Archived("P1", "2026-11.log", 48, 10), Archived("P2", "2026-12.log", 58, 10)
    assert list(_runs([ours, theirs])) == [[ours], [theirs]]


def test_a_long_run_of_entries_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Reads()
    book = BookFile(tmp_path, RECORDS, disk=disk)
    book.archive(*(filed(n) for n in range(10)))
    for most, reads in ((1, 10), (2 * max(place.size for place in book.all(Archived)), 5)):
        monkeypatch.setattr("data.book.archive._READ_AT_ONCE", most)
        disk.archives = 0
        assert len(book.archived_many(StepRecord, [f"P{n}" for n in range(10)])) == 10
        assert disk.archives == reads
    book.close()


def test_a_reader_reads_the_log_once_more_for_all_that_its_writer_wrote_anew(tmp_path: Path) -> None:
    book, disk = BookFile(tmp_path, RECORDS), Reads()
    book.archive(*(filed(n, detail="before") for n in range(9)))
    reader = BookFile(tmp_path, RECORDS, disk=disk, barred=only_reading(tmp_path))
    book.archive(*(filed(n) for n in range(9)))
    book.tidy()
    given = reader.archived_many(StepRecord, [f"P{n}" for n in range(9)])
    assert given == {f"P{n}": list(filed(n).records) for n in range(9)}
    assert disk.logs == 2
    book.close()
    (tmp_path / "archive" / "2026-11-2.log").unlink()
    given = reader.archived_many(StepRecord, [f"P{n}" for n in range(9)])
    assert all(isinstance(error, ArchiveDamaged) for error in given.values())
    assert disk.logs == 3
    reader.close()


def test_a_reader_finds_what_its_writer_wrote_anew(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    book.archive(filed(1, detail="before"), filed(2))
    reader = BookFile(tmp_path, RECORDS, barred=only_reading(tmp_path))
    book.archive(filed(1))
    book.tidy()
    assert reader.archived("P2") == list(filed(2).records)
    assert reader.archived("P1") == list(filed(1).records)
    with pytest.raises(BookClosed):
        reader.archive(filed(3))
    with pytest.raises(BookClosed):
        reader.tidy()
    book.close()
    reader.close()


# -- crashes ------------------------------------------------------------------------------------------------


def life(disk: ForgetfulDisk, done: list[int]) -> None:
    """Archive, archive again, and tidy; `done` grows with what was confirmed."""
    for start in range(2):
        book = BookFile(HOME, RECORDS, disk=disk, spare=-1000 if start else 1000)
        for n in range(2):
            book.commit(a_push(n), *filed(n).records)
            book.archive(filed(n))
        book.archive(filed(0, detail="again"))
        book.tidy()
        done.append(start)
        book.close()


def check(disk: ForgetfulDisk) -> None:
    book = BookFile(HOME, RECORDS, disk=disk)
    for push in book.all(Push):
        live = {one.key: one for one in book.where(StepRecord, push_id=push.push_id)}
        found: dict[str, Record] = {one.key: one for one in book.archived(push.push_id)} | live
        assert sorted(found) == [one.key for one in filed(int(push.push_id[1:])).records]
        assert len(live) in (0, 2), "all of it, or nothing of it"
        book.archive(Filed(push.push_id, AT, tuple(found.values())))
        assert book.archived(push.push_id) == list(found.values())
        assert book.where(StepRecord, push_id=push.push_id) == []
    book.tidy()
    files = {path: disk.size(Path(path)) for path in disk.seen if path.parent.name == "archive"}
    counted = sum(one.size for one in book._archive._places())
    assert sum(files.values()) == counted + len(sealed(HEADER)) * len(files), "nothing else is left"
    book.close()


@pytest.mark.parametrize("keeps", ["nothing", "everything", "some"])
def test_a_power_cut_at_any_point_leaves_it_where_it_was_or_moved(keeps: str) -> None:
    whole = ForgetfulDisk()
    life(whole, [])
    for dies_at in range(whole.points):
        for seed in range(4 if keeps == "some" else 1):
            disk = ForgetfulDisk()
            disk.dies_at = dies_at
            with suppress(Crash):
                life(disk, [])
            check(disk.after_crash(Random(seed * 1000 + dies_at), keeps))


@pytest.mark.parametrize(
    "torn", [b"torn&", b"half an entry", sealed(b'{"push":"P9","records":""}'), b"\0" * 50]
)
def test_what_no_place_names_at_the_end_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    book = BookFile(tmp_path, RECORDS)
    book.archive(filed(1))
    book.close()
    path = tmp_path / "archive" / "2026-11.log"
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    book = BookFile(tmp_path, RECORDS)
    assert book.archived("P9") == []
    book.archive(filed(2))
    assert path.read_bytes().startswith(whole)
    assert torn not in path.read_bytes()
    for n in (1, 2):
        assert book.archived(f"P{n}") == list(filed(n).records)
    book.close()


# -- a disk that refuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_a_full_disk_costs_the_archive_and_not_the_book(tmp_path: Path, part: float) -> None:
    book = BookFile(tmp_path, RECORDS)
    filled(book)
    book.archive(filed(0))
    book.close()
    disk = FailingDisk(part=part)
    book = BookFile(tmp_path, RECORDS, disk=disk)
    disk.at = disk.writes
    with pytest.raises(BookClosed) as caught:
        book.archive(filed(1))
    assert caught.value.code == "book-disk-full"
    assert "nothing is lost" in caught.value.message
    assert book.read_only is None
    disk.at = None
    book.commit(a_link(1))
    assert book.all(StepRecord) == [*filed(1).records, *filed(2).records]
    assert book.archived("P0") == list(filed(0).records)
    book.archive(filed(1))
    book.archive(filed(2))
    assert names(tmp_path) == ["2026-11-2.log", "2026-11.log"], "nothing is added after a write that failed"
    book.close()
    again = BookFile(tmp_path, RECORDS)
    for n in range(3):
        assert again.archived(f"P{n}") == list(filed(n).records)
    assert again.all(Link) == [a_link(1)]
    again.close()


@pytest.mark.parametrize("at", range(12))
def test_a_disk_that_refuses_at_any_write_loses_nothing(tmp_path: Path, at: int) -> None:
    book = BookFile(tmp_path, RECORDS)
    filled(book, 2)
    book.archive(filed(0))
    book.close()
    disk = FailingDisk(error=errno.EIO)
    book = BookFile(tmp_path, RECORDS, disk=disk)
    disk.at = disk.writes + at
    with suppress(BookClosed):
        book.archive(filed(1, at=AT + MONTH))
        book.archive(filed(0))
        book.tidy()
    for _ in range(2):
        for n in range(2):
            live = book.where(StepRecord, push_id=f"P{n}")
            assert (live or book.archived(f"P{n}")) == list(filed(n).records)
        book.close()
        book = BookFile(tmp_path, RECORDS)
    book.close()


# -- damage -------------------------------------------------------------------------------------------------


def test_damage_costs_the_details_of_one_push_and_names_file_and_line(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    filled(book)
    book.archive(filed(0), filed(1), filed(2))
    book.close()
    path = tmp_path / "archive" / "2026-11.log"
    whole = path.read_bytes()
    second = whole.splitlines(keepends=True)[2]
    start = whole.index(second)
    for place in range(start, start + len(second), 7):
        broken = bytearray(whole)
        broken[place] ^= 1
        path.write_bytes(broken)
        book = BookFile(tmp_path, RECORDS)
        with pytest.raises(ArchiveDamaged) as caught:
            book.archived("P1")
        assert caught.value.code == "archive-damaged"
        assert f"{path}, line 3" in caught.value.message
        assert "P1" in caught.value.message
        assert book.archived("P0") == list(filed(0).records)
        assert book.archived("P2") == list(filed(2).records)
        many = book.archived_many(StepRecord, ["P0", "P1", "P2"])
        assert (many["P0"], many["P2"]) == (list(filed(0).records), list(filed(2).records))
        assert isinstance(error := many["P1"], ArchiveDamaged)
        assert error.message == caught.value.message
        assert book.all(Push) == [a_push(n) for n in range(3)]
        book.close()


def test_an_archive_that_is_gone_or_cut_short_is_added_to_no_more(tmp_path: Path) -> None:
    for n, spoil in enumerate((Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:60]))):
        home = tmp_path / str(n)
        book = BookFile(home, RECORDS)
        book.archive(filed(1), filed(2))
        book.close()
        spoil(home / "archive" / "2026-11.log")
        book = BookFile(home, RECORDS)
        with pytest.raises(ArchiveDamaged):
            book.archived("P2")
        book.archive(filed(3))
        book.tidy()
        assert "2026-11-2.log" in names(home)
        assert book.archived("P3") == list(filed(3).records)
        with pytest.raises(ArchiveDamaged):
            book.archived("P2")
        book.archive(filed(2))
        assert book.archived("P2") == list(filed(2).records)
        book.close()


def test_a_damaged_entry_is_carried_over_as_it_is(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    book.archive(filed(0), filed(1), filed(2))
    path = tmp_path / "archive" / "2026-11.log"
    broken = bytearray(path.read_bytes())
    broken[-20] ^= 1
    path.write_bytes(broken)
    book.archive(filed(0, detail="again"))
    book.tidy()
    assert names(tmp_path) == ["2026-11-2.log"]
    assert book.archived("P1") == list(filed(1).records)
    with pytest.raises(ArchiveDamaged):
        book.archived("P2")
    assert broken.splitlines()[-1] in (tmp_path / "archive" / "2026-11-2.log").read_bytes()
    book.close()


def test_an_entry_of_another_push_is_not_taken_for_it(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    book.archive(filed(1), filed(2))
    one, two = (book._archive._of("2026-11.log")[n] for n in range(2))
    book.commit(msgspec.structs.replace(one, at=two.at, size=two.size))
    with pytest.raises(ArchiveDamaged, match="of push P2"):
        book.archived("P1")
    book.close()


def test_a_book_without_archives_opens_as_it_is(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    filled(book)
    book.close()
    before = (tmp_path / "book.log").read_bytes()
    book = BookFile(tmp_path, RECORDS)
    book.tidy()
    assert book.archived("P0") == []
    book.close()
    assert (tmp_path / "book.log").read_bytes() == before
    assert not (tmp_path / "archive").exists()
