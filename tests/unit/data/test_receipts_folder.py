"""The folder of receipts: private, whole files, and an error that says what to do."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from core.errors import DeskError
from data.receipts_folder import PrivateFolder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_and_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        PrivateFolder(tmp_path / "a" / "receipts").write("1.json", b"{}")
    finally:
        os.umask(before)
    assert mode(tmp_path / "a" / "receipts") == 0o700
    assert mode(tmp_path / "a" / "receipts" / "1.json") == 0o600


def test_a_folder_that_is_open_to_others_is_closed(tmp_path: Path) -> None:
    (tmp_path / "receipts").mkdir(mode=0o755)
    PrivateFolder(tmp_path / "receipts").write("1.json", b"{}")
    assert mode(tmp_path / "receipts") == 0o700


def test_what_is_written_is_read_listed_replaced_and_removed(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path / "receipts")
    assert (folder.names(), folder.read("1.json")) == ([], None)
    folder.write("2.json", b"2")
    folder.write("1.json", b"1")
    folder.write("1.json", b"one")
    assert (folder.names(), folder.read("1.json")) == (["1.json", "2.json"], b"one")
    folder.remove("1.json")
    folder.remove("1.json")
    assert folder.names() == ["2.json"]
    assert folder.place("2.json") == str(tmp_path / "receipts" / "2.json")


def test_a_folder_that_can_t_be_used_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "receipts").write_text("a file")
    with pytest.raises(DeskError) as raised:
        PrivateFolder(tmp_path / "receipts").write("1.json", b"")
    assert raised.value.code == "receipts-folder"
    assert "next start" in raised.value.fix
