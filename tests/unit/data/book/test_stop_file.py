"""The file that stops all sending: it is found by every process, outlives them, and stops even if it can't be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.stop import Stop
from data.book.book import open_book
from data.book.stop_file import NAME, StopFile
from tests.support.private import is_private

STOP = Stop("m.hale", 1_795_000_000.0, "wrong map")


def test_a_stop_holds_until_it_is_lifted(tmp_path: Path) -> None:
    assert StopFile(tmp_path).now() is None
    assert StopFile(tmp_path).set(STOP) == STOP
    assert StopFile(tmp_path).now() == STOP
    assert StopFile(tmp_path).is_set()
    assert StopFile(tmp_path).lift() == STOP
    assert StopFile(tmp_path).now() is None
    assert StopFile(tmp_path).lift() is None


def test_who_stopped_first_is_named(tmp_path: Path) -> None:
    StopFile(tmp_path).set(STOP)
    assert StopFile(tmp_path).set(Stop("j.park", 1_795_000_060.0)) == STOP
    assert StopFile(tmp_path).now() == STOP


def test_a_folder_that_is_not_there_yet_can_be_stopped(tmp_path: Path) -> None:
    StopFile(tmp_path / "desk" / "live").set(STOP)
    assert StopFile(tmp_path / "desk" / "live").now() == STOP


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"\xff", b'{"operator": "\xff"}', b'{"at": "now"}'])
def test_a_file_that_can_not_be_read_stops_too(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert StopFile(tmp_path).now() == Stop()


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    StopFile(tmp_path).set(STOP)
    assert is_private(tmp_path / NAME)


def test_an_open_book_sees_what_another_process_sets_and_lifts(tmp_path: Path) -> None:
    book = open_book(tmp_path, (), operator="m.hale")
    try:
        assert book.stop() is None
        StopFile(tmp_path).set(STOP)
        assert book.stop() == STOP
        StopFile(tmp_path).lift()
        assert book.stop() is None
    finally:
        book.close()


def test_a_book_that_is_opened_later_is_stopped_still(tmp_path: Path) -> None:
    StopFile(tmp_path).set(STOP)
    for write in (True, False):
        book = open_book(tmp_path, (), operator="m.hale", write=write)
        assert book.stop() == STOP
        book.close()
