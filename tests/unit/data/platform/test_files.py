"""Files that are in use are replaced a moment later, and what is written is asked to be on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.platform import WINDOWS, files
from tests.support.private import is_private

REFUSED = PermissionError(13, "in use")


def _refusing(times: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the first `times` renames be refused, as Windows does while a file is open. Return what was done."""
    done: list[str] = []
    rename = files._rename

    def refuse(old: Path, new: Path) -> None:
        done.append("rename")
        if len(done) <= times:
            raise REFUSED
        rename(old, new)

    monkeypatch.setattr(files, "_rename", refuse)
    return done


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"1")
    new.write_bytes(b"2")
    return old, new


def test_a_file_that_is_in_use_is_replaced_as_soon_as_it_is_free(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = _refusing(2, monkeypatch)
    files.replace_file(*two, pauses=(0, 0, 0))
    assert two[1].read_bytes() == b"1"
    assert len(done) == 3


def test_a_file_that_stays_in_use_keeps_what_it_holds_and_the_error_comes(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = _refusing(9, monkeypatch)
    with pytest.raises(PermissionError):
        files.replace_file(*two, pauses=(0, 0))
    assert len(done) == 3
    assert two[1].read_bytes() == b"2"


def test_any_other_error_comes_at_once(two: tuple[Path, Path]) -> None:
    with pytest.raises(FileNotFoundError):
        files.replace_file(two[0].with_name("none"), two[1], pauses=(1_000,))


def test_only_windows_waits() -> None:
    assert bool(files.PAUSES) is WINDOWS


@pytest.mark.skipif(not WINDOWS, reason="elsewhere an open file can be replaced")
def test_a_file_that_a_reader_has_open_can_not_be_replaced_until_it_is_closed(two: tuple[Path, Path]) -> None:
    with two[1].open("rb") as reader:
        with pytest.raises(PermissionError):
            files.replace_file(*two, pauses=(0.01,))
        assert reader.read() == b"2"
    files.replace_file(*two)
    assert two[1].read_bytes() == b"1"


def test_a_disk_that_can_empty_its_own_memory_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    class Fcntl:
        @staticmethod
        def fcntl(handle: int, what: int) -> None:
            asked.append(what)
            if len(asked) > 1:
                raise OSError(45, "Operation not supported")

    monkeypatch.setattr(files, "fcntl", Fcntl, raising=False)
    monkeypatch.setattr(files, "_FULL", 51)
    monkeypatch.setattr(os, "fsync", lambda handle: asked.append("fsync"))
    with (tmp_path / "a").open("wb") as file:
        files.sync_file(file.fileno())
        assert asked == [51]
        files.sync_file(file.fileno())
        assert asked == [51, 51, "fsync"]


@pytest.mark.parametrize("how", [os.O_EXCL, os.O_TRUNC])
def test_a_private_file_is_made_and_can_be_written(how: int, tmp_path: Path) -> None:
    path = tmp_path / "a"
    handle = files.open_private(path, how)
    os.write(handle, b"x\n")
    os.fsync(handle)
    os.close(handle)
    assert path.read_bytes() == b"x\n"
    if not WINDOWS:
        assert is_private(path)


def test_a_file_that_is_there_is_emptied_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"before")
    with pytest.raises(FileExistsError) as caught:
        files.open_private(path, os.O_EXCL)
    assert caught.value.filename == str(path) or caught.value.filename == path
    assert path.read_bytes() == b"before"
    os.close(files.open_private(path, os.O_TRUNC))
    assert path.read_bytes() == b""


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.open_private(tmp_path / "none" / "a", os.O_TRUNC)
