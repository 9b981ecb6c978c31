"""A watch gives the book back after a round: everybody else waits for that, and nobody waits for an app."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.automatic.watch_status import WatchStatus
from core.push.records import RECORDS
from data.book.book import Turn, open_book
from data.book.lock import Lock
from data.book.watch_file import NAME, WatchFile
from tests.support.book_fakes import a_push


def test_the_book_is_opened_for_writing_as_soon_as_a_watch_gives_it_back(tmp_path: Path) -> None:
    watch = Lock(tmp_path / "book.lock")
    assert watch.take("m.hale", 0.0, is_watch=True)
    waits = []

    def wait() -> bool:
        waits.append(1)
        if len(waits) == 3:
            watch.release()
        return True

    with open_book(tmp_path, RECORDS, operator="j.doe", turn=Turn(wait=wait)) as book:
        assert book.read_only is None
        assert book.holder is None
    assert len(waits) == 3


def test_who_has_waited_long_enough_reads_and_says_who_has_the_book(tmp_path: Path) -> None:
    watch = Lock(tmp_path / "book.lock")
    assert watch.take("m.hale", 0.0, is_watch=True)
    left = [True, True]
    with open_book(
        tmp_path, RECORDS, operator="j.doe", turn=Turn(wait=lambda: bool(left) and left.pop())
    ) as book:
        assert book.read_only is not None
        assert book.read_only.code == "book-locked"
        assert book.holder is not None
        assert book.holder.is_watch
    assert left == []
    watch.release()


def test_nobody_waits_for_an_app(tmp_path: Path) -> None:
    def wait() -> bool:
        raise AssertionError("it waited")

    with (
        open_book(tmp_path, RECORDS, operator="m.hale"),
        open_book(tmp_path, RECORDS, operator="j.doe", turn=Turn(is_watch=True, wait=wait)) as second,
    ):
        assert second.read_only is not None


def test_the_holder_now_is_none_after_the_holder_was_killed(tmp_path: Path) -> None:
    lock, other = Lock(tmp_path / "book.lock"), Lock(tmp_path / "book.lock")
    assert other.holder_now() is None
    assert lock.take("m.hale", 1.0)
    holder = other.holder_now()
    assert holder is not None
    assert (holder.operator, holder.is_watch) == ("m.hale", False)
    by = tmp_path / "book.lock.by"
    name = by.read_bytes()
    lock.release()
    by.write_bytes(name)  # what a killed process leaves
    assert other.holder_now() is None
    assert not by.exists()


async def test_the_version_changes_with_every_write_and_with_nothing_else(tmp_path: Path) -> None:
    with open_book(tmp_path, RECORDS, operator="x") as book:
        await book.commit(a_push(1))
    with open_book(tmp_path, RECORDS, operator="x", write=False) as reader:
        before = reader.version
        with open_book(tmp_path, RECORDS, operator="x") as book:
            assert book.version == before
            await book.commit(a_push(2))
        with open_book(tmp_path, RECORDS, operator="x", write=False) as again:
            assert again.version != before


def test_a_status_is_read_as_it_was_written_and_a_broken_one_is_none(tmp_path: Path) -> None:
    file = WatchFile(tmp_path)
    assert file.read() is None
    status = WatchStatus(1, "m.hale", 1.0, 2.0)
    file.keep(status)
    assert file.read() == status
    (tmp_path / "watch.json").write_text("{")
    assert file.read() is None
    other = WatchFile(tmp_path)
    assert file.take()
    assert not other.take()
    file.release()
    assert other.take()
    other.release()


@pytest.mark.parametrize("content", [b"", b"{", b'{"operator": "\xff"}'])
def test_a_status_that_can_not_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert WatchFile(tmp_path).read() is None
