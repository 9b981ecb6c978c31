"""A private file is there whole or not at all, is its owner's alone, and is written in one place of the product."""

from __future__ import annotations

import ast
import os
import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import pytest

from core.errors import UsageError
from data.exports import write_export
from data.platform import files
from data.private_files import new_file, replaced_file
from tests.support.fork_server import ROOT
from tests.support.private import is_private
from tests.support.source_code import nodes

OWN_WAY = {
    "data/platform/files.py",  # the calls themselves, for each system
    "data/platform/windows_files.py",  # the same on Windows
    "data/private_files.py",  # it says that a file has to be new
    "data/sandbox/store.py",  # an empty file that SQLite then opens
}
"""The files that may create or rename files by the operating system's own calls."""


def test_a_file_is_replaced_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o644)
    with replaced_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert is_private(path)
    assert [found.name for found in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("way", [replaced_file, new_file])
def test_an_error_in_the_middle_leaves_nothing_behind(
    tmp_path: Path, way: Callable[[Path], AbstractContextManager[BinaryIO]]
) -> None:
    before = {"a"} if way is replaced_file else set()
    path = tmp_path / "a"
    if before:
        path.write_bytes(b"old")

    def write_half() -> None:
        with way(path) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert {found.name for found in tmp_path.iterdir()} == before
    assert not before or path.read_bytes() == b"old"


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("a", "link"):
        with pytest.raises(FileExistsError), new_file(tmp_path / name) as file:
            file.write(b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"theirs")
    (tmp_path / "link").symlink_to(elsewhere)
    with replaced_file(tmp_path / "link") as file:
        file.write(b"ours")
    assert elsewhere.read_bytes() == b"theirs"
    assert not (tmp_path / "link").is_symlink()


def test_two_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    path, both = tmp_path / "a", threading.Barrier(2)

    def write(letter: bytes) -> None:
        with replaced_file(path) as file:
            file.write(letter * 5000)
            both.wait(60)
            file.write(letter * 5000)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_bytes() in (b"a" * 10_000, b"b" * 10_000)
    assert [found.name for found in tmp_path.iterdir()] == ["a"]


def test_the_content_is_on_the_disk_before_the_name_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, files._rename
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("fsync"), fsync(handle))[1])
    monkeypatch.setattr(files, "_rename", lambda old, new: (done.append("replace"), rename(old, new))[1])
    with replaced_file(tmp_path / "a") as file:
        file.write(b"x")
    assert done == ["fsync", "replace"]


def test_an_export_that_cant_be_written_says_where_and_why(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is a folder"):
        write_export(tmp_path, b"")
    with pytest.raises(UsageError, match="it is not there") as caught:
        write_export(tmp_path / "no" / "a", b"")
    assert caught.value.code == "unwritable-file"


def test_no_other_file_creates_or_renames_files_by_hand() -> None:
    names = {"O_CREAT", "O_EXCL", "mkstemp", "replace", "rename"}
    by_hand = {
        file.relative_to(ROOT).as_posix()
        for room in ("core", "data", "tui")
        for file in (ROOT / room).rglob("*.py")
        if re.search(rf"\.\s*({'|'.join(names)})\b", text := file.read_text("utf-8"))
        and re.search(r"\b(os|tempfile)\b", text)
        for node in nodes(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and node.attr in names
        and isinstance(node.value, ast.Name)
        and node.value.id in ("os", "tempfile")
    }
    assert by_hand - OWN_WAY == set()
