"""How much work a book does: what is read and decoded when it is opened and asked, counted and not timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.flex.board import read_board
from core.push import activity
from core.push.plan import Entity
from core.push.records import RECORDS, Link, Push
from data.book.archive import Archived
from data.book.book_file import BookFile
from data.book.disk import RealDisk, Tail
from data.book.errors import only_reading
from data.common_book import kinds
from tests.support.book_fakes import a_link, a_push
from tests.support.inline_book import InlineBook
from tests.unit.data.book.test_book_archive import filed

MANY = 600


class CountingDecoder:
    """Counts, in `decoded`, the documents that a decoder decodes."""

    def __init__(self, decoder: Any, table: str, decoded: Counter[str]) -> None:
        self._decoder = decoder
        self._table = table
        self._decoded = decoded

    def decode(self, document: Any) -> Any:
        self._decoded[self._table] += 1
        return self._decoder.decode(document)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The number of decoded documents by table, of every book that is opened in the test."""
    count: Counter[str] = Counter()
    real = kinds.decoder_of
    monkeypatch.setattr(kinds, "decoder_of", lambda kind: CountingDecoder(real(kind), kind.table, count))
    return count


class CountingDisk(RealDisk):
    """Counts reads, and what is appended with an fsync each."""

    def __init__(self) -> None:
        self.reads: list[str] = []
        self.appends: list[bytes] = []

    def read(self, path: Path) -> bytes:
        self.reads.append(path.name)
        return super().read(path)

    def lines(self, path: Path) -> Generator[bytes]:
        self.reads.append(path.name)
        return super().lines(path)

    def read_at(self, path: Path, start: int, size: int) -> bytes:
        self.reads.append(path.name)
        return super().read_at(path, start, size)

    def tail(self, path: Path) -> Tail:
        tail, appends = super().tail(path), self.appends

        class CountingTail:
            def append(self, data: bytes) -> None:
                appends.append(data)
                tail.append(data)

            def close(self) -> None:
                tail.close()

        return CountingTail()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of many finished pushes with their links; their steps are in the archive."""
    home = tmp_path_factory.mktemp("book")
    book = BookFile(home, RECORDS)
    pushes = (msgspec.structs.replace(a_push(n), created_at=float(n)) for n in range(MANY))
    book.commit(*pushes, *(a_link(n) for n in range(MANY)))
    book.archive(*(filed(n) for n in range(MANY)))
    book.close()
    return home


@pytest.fixture
def disk() -> CountingDisk:
    return CountingDisk()


@pytest.fixture
def book(home: Path, disk: CountingDisk, decoded: Counter[str]) -> Iterator[BookFile]:
    book = BookFile(home, RECORDS, disk=disk, barred=only_reading(home))
    yield book
    book.close()


def test_opening_reads_the_log_once_and_decodes_no_record(
    book: BookFile, disk: CountingDisk, decoded: Counter[str]
) -> None:
    assert disk.reads == ["book.log", "book.key"]
    assert decoded == {}


def test_a_look_decodes_what_it_returns(book: BookFile, decoded: Counter[str]) -> None:
    assert book.get(Link, a_link(5).key) == a_link(5)
    assert decoded == {"links": 1}
    assert len(book.get_many(Push, ["P1", "P2", "nobody"])) == 2
    assert decoded == {"links": 1, "pushes": 2}


def test_the_first_question_by_a_field_decodes_each_record_once_and_the_next_what_it_returns(
    book: BookFile, decoded: Counter[str]
) -> None:
    assert book.where(Link, local_id="C-7") == [a_link(7)]
    assert decoded == {"links": MANY + 1}
    assert book.where(Link, local_id="C-8") == [a_link(8)]
    assert book.where(Link, local_id="nobody") == []
    assert decoded == {"links": MANY + 2}


async def test_the_board_decodes_no_archive_and_no_place_in_one(
    book: BookFile, disk: CountingDisk, decoded: Counter[str]
) -> None:
    await read_board(InlineBook(book), ["C-7"])
    assert set(decoded) == {"links", "pushes"}
    assert decoded["pushes"] == MANY
    assert disk.reads == ["book.log", "book.key"]


@pytest.mark.parametrize("limit", [1, 20, 200])
async def test_a_list_of_the_newest_pushes_reads_the_steps_of_those_alone(
    book: BookFile, disk: CountingDisk, decoded: Counter[str], limit: int
) -> None:
    every = await activity.pushes(InlineBook(book))
    newest = every[:limit]
    shown = [each async for each in activity.read_activities(InlineBook(book), newest)]
    assert [len(each.steps) for each in shown] == [2] * limit
    assert decoded == {"pushes": MANY, "archived": limit, "steps": 2 * limit}
    assert len(disk.reads) == 3, "the log, the key, and one read of the archive"


def test_a_commit_appends_one_line_however_large_the_book_is(tmp_path: Path, disk: CountingDisk) -> None:
    book = BookFile(tmp_path, RECORDS, disk=disk)
    book.commit(a_link("first"))
    (small,) = disk.appends
    book.commit(*(a_link(n) for n in range(MANY)))
    assert book.where(Link, entity=Entity.PERSON) != []
    book.commit(a_link("other"))
    assert len(disk.appends[-1]) == len(small)
    assert len(disk.appends) == 3
    assert disk.reads == ["book.key"], "nothing is read again"
    book.close()


def test_a_record_that_keeps_its_value_keeps_its_place_without_sorting(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    book.commit(*(a_link(n) for n in range(9)))
    assert len(book.where(Link, entity=Entity.PERSON)) == 9
    book.commit(a_link(4, "1-B"))
    assert [link.local_id for link in book.where(Link, entity=Entity.PERSON)] == [f"C-{n}" for n in range(9)]
    assert book._indexes._order == {}
    book.close()


def test_commits_that_wait_together_are_one_line(tmp_path: Path, disk: CountingDisk) -> None:
    book = BookFile(tmp_path, RECORDS, disk=disk)
    assert book.commit_together([((a_link(n),), ()) for n in range(50)]) == [None] * 50
    assert len(disk.appends) == 1
    assert len(book.all(Link)) == 50
    assert book.all(Archived) == []
    book.close()
