"""TinyDB reads what the log says, and can't write past it."""

from pathlib import Path

import pytest
from tinydb import where

from core.errors import BookClosed
from data.book.disk import RealDisk
from data.book.errors import only_reading
from data.book.log import Log
from data.book.storage import LogStorage, Shelf
from tests.support.book_fakes import FailingDisk


def test_tinydb_can_not_write_past_the_log(tmp_path: Path) -> None:
    storage = LogStorage(Log(RealDisk(), tmp_path / "x.log"))
    storage.commit({"a": {"k": {"v": 1}}})
    with pytest.raises(TypeError):
        storage.write({})
    with pytest.raises(TypeError):
        storage.read()["a"] = {}
    with pytest.raises(TypeError):
        storage.read()["a"]["k"] = {}
    storage.close()


def test_reading_copies_nothing(tmp_path: Path) -> None:
    storage = LogStorage(Log(RealDisk(), tmp_path / "x.log"))
    storage.commit({"a": {"k": {"v": 1}}})
    assert storage.read()["a"] is storage.read()["a"]
    assert storage.read()["a"]["k"].raw is storage.read()["a"]["k"].raw
    storage.close()


def test_a_failed_commit_is_not_seen(tmp_path: Path) -> None:
    disk = FailingDisk()
    shelf = Shelf(Log(disk, tmp_path / "x.log"))
    shelf.commit({"a": {"k": {"v": 1}}})
    disk.at = disk.writes
    with pytest.raises(BookClosed):
        shelf.commit({"a": {"k": {"v": 2}, "l": {}}, "b": {"m": {}}})
    assert [(one.doc_id, dict(one)) for one in shelf.all("a")] == [("k", {"v": 1})]
    assert shelf.tables() == ["a"]
    shelf.close()


def test_a_log_that_failed_or_may_only_be_read_is_not_written(tmp_path: Path) -> None:
    path, disk = tmp_path / "x.log", FailingDisk()
    failed = Log(disk, path)
    failed.load(lambda change: None)
    disk.at = disk.writes
    with pytest.raises(BookClosed) as first:
        failed.append({"a": {"k": {}}})
    disk.at = None
    barred = Log(disk, path, barred=only_reading(tmp_path))
    barred.load(lambda change: None)
    before, writes = path.read_bytes(), disk.writes
    for log, code in ((failed, "book-disk-full"), (barred, "book-read-only")):
        with pytest.raises(BookClosed) as caught:
            log.append({"a": {"k": {}}})
        assert caught.value.code == code
        assert caught.value is not first.value, "one that is raised twice drags its first traceback along"
    assert (path.read_bytes(), disk.writes) == (before, writes)
    failed.close()


def test_keys_are_our_own_strings(tmp_path: Path) -> None:
    shelf = Shelf(Log(RealDisk(), tmp_path / "x.log"))
    shelf.commit({"a": {"2": {}, "10": {}, "": {}, "Ngọc/\n": {}}})
    assert [one.doc_id for one in shelf.all("a")] == ["2", "10", "", "Ngọc/\n"]
    assert shelf.get("a", "") == {}
    assert shelf.get("a", "3") is None
    assert shelf.get("b", "2") is None
    shelf.close()


def test_a_cached_search_is_forgotten_with_a_commit(tmp_path: Path) -> None:
    shelf = Shelf(Log(RealDisk(), tmp_path / "x.log"))
    shelf.commit({"a": {"k": {"v": 1}}})
    query = where("v") == 1
    assert len(shelf._base.table("a").search(query)) == 1
    shelf.commit({"a": {"l": {"v": 1}}})
    assert len(shelf._base.table("a").search(query)) == 2
    shelf.close()
