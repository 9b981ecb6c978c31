"""The real disk has synced what it says it has, in the order that survives a power cut."""

import os
from pathlib import Path

import pytest

from data.book.disk import RealDisk, replace


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
