"""The real disk has synced what it says it has, in the order that survives a power cut."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.push.records import RECORDS
from data.book.book_file import BookFile
from data.book.disk import RealDisk, is_draft, replace
from tests.support.private import is_private


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the system, with file names."""
    seen: list[str] = []
    opened: dict[int, str] = {}
    real_open, real_write, real_fsync, real_replace = os.open, os.write, os.fsync, os.replace

    def opens(path: Path, flags: int, mode: int = 0o777) -> int:
        handle = real_open(path, flags, mode)
        opened[handle] = Path(path).name
        return handle

    def writes(handle: int, data: bytes) -> int:
        seen.append(f"write {opened[handle]}")
        return real_write(handle, data[:4])

    def syncs(handle: int) -> None:
        seen.append(f"fsync {opened[handle]}")
        real_fsync(handle)

    def replaces(old: Path, new: Path) -> None:
        seen.append(f"replace {old.name} {new.name}")
        real_replace(old, new)

    monkeypatch.setattr(os, "open", opens)
    monkeypatch.setattr(os, "write", writes)
    monkeypatch.setattr(os, "fsync", syncs)
    monkeypatch.setattr(os, "replace", replaces)
    return seen


def test_a_replaced_file_is_synced_before_and_its_folder_after(calls: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    disk = RealDisk()
    disk.make_folder(folder)
    assert calls == [f"fsync {tmp_path.name}"]
    calls.clear()
    replace(disk, folder / "x", b"123456")
    assert calls == [
        "write .x.new",
        "write .x.new",
        "fsync .x.new",
        "replace .x.new x",
        "fsync folder",
    ]
    assert disk.read(folder / "x") == b"123456"


def test_an_append_is_whole_and_synced_even_where_the_system_writes_by_parts(
    calls: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"0")
    tail = RealDisk().tail(path)
    tail.append(b"123456789")
    assert calls == ["write x", "write x", "write x", "fsync x"]
    assert path.read_bytes() == b"0123456789"
    tail.close()
    tail.close()
    with pytest.raises(OSError, match="closed"):
        tail.append(b"x")


def test_a_cut_is_synced(calls: list[str], tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"0123")
    RealDisk().cut(path, 2)
    assert calls == ["fsync x"]
    assert path.read_bytes() == b"01"


def test_names_of_a_folder_that_is_not_there_are_none(tmp_path: Path) -> None:
    assert RealDisk().names(tmp_path / "none") == []


def test_only_a_half_made_file_is_swept_away(tmp_path: Path) -> None:
    book = BookFile(tmp_path, RECORDS)
    book.put_file("x", b"x")
    book.put_file("x.new", b"whole, whatever its name")
    book.close()
    kept = tmp_path / "kept"
    (kept / ".x.new").write_bytes(b"half")
    (kept / ".elsewhere").write_bytes(b"another program's")
    assert [path.name for path in kept.iterdir() if is_draft(path.name)] == [".x.new"]
    again = BookFile(tmp_path, RECORDS)
    assert "x.new" in again.list_files()
    again.close()
    assert sorted(path.name for path in kept.iterdir()) == [".elsewhere", "x", "x.new"]


@pytest.fixture
def open_handles(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Give the names of the files that were opened from here on and are open still."""
    opened: dict[int, str] = {}
    real_open, real_close = os.open, os.close

    def opens(path: Path, flags: int, mode: int = 0o777) -> int:
        handle = real_open(path, flags, mode)
        opened[handle] = Path(path).name
        return handle

    def closes(handle: int) -> None:
        real_close(handle)
        opened.pop(handle, None)

    monkeypatch.setattr(os, "open", opens)
    monkeypatch.setattr(os, "close", closes)
    return lambda: list(opened.values())


def refuses(*_: object, **__: object) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")


def test_no_file_is_held_open_but_a_tail(open_handles: Callable[[], list[str]], tmp_path: Path) -> None:
    disk = RealDisk()
    disk.make_folder(tmp_path / "folder")
    disk.sync_folder(tmp_path)
    disk.write(tmp_path / "x", b"0123")
    disk.cut(tmp_path / "x", 2)
    assert open_handles() == []
    tail = disk.tail(tmp_path / "x")
    assert open_handles() == ["x"]
    tail.close()
    assert open_handles() == []


def test_no_file_is_held_open_by_a_write_that_was_refused(
    open_handles: Callable[[], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = RealDisk()
    (tmp_path / "x").write_bytes(b"0123")
    monkeypatch.setattr(os, "fsync", refuses)
    for work in (
        lambda: disk.write(tmp_path / "y", b"0"),
        lambda: disk.cut(tmp_path / "x", 2),
        lambda: disk.sync_folder(tmp_path),
    ):
        with pytest.raises(PermissionError):
            work()
        assert open_handles() == []


def test_a_file_that_can_not_be_made_private_is_not_added_to(
    open_handles: Callable[[], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"0123")
    path.chmod(0o644)
    monkeypatch.setattr(os, "chmod", refuses)
    with pytest.raises(PermissionError):
        RealDisk().tail(path)
    assert open_handles() == []


def test_what_is_private_needs_no_leave_to_be_made_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems show everything as private and refuse to change it: they can hold a book."""
    monkeypatch.setattr(os, "chmod", refuses)
    disk, folder = RealDisk(), tmp_path / "folder"
    for _ in range(2):
        disk.make_folder(folder)
        disk.write(folder / "x", b"0")
        disk.tail(folder / "x").close()
    assert disk.read(folder / "x") == b"0"


def test_a_file_written_anew_is_private_whatever_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"0123")
    path.chmod(0o644)
    RealDisk().write(path, b"45")
    assert path.read_bytes() == b"45"
    assert is_private(path)
