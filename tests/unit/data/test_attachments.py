"""Files for a note that is written here: what is read, and what is said of what can't be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.flex.plans.note import LARGEST_FILE
from data.attachments import read_attachments


def test_a_file_is_read_whole_with_its_name_and_type(tmp_path: Path) -> None:
    path = tmp_path / "pay slip.PDF"
    path.write_bytes(b"\x00\xff")
    (file,) = read_attachments([str(path)])
    assert (file.path, file.file_name, file.content_type) == (str(path), "pay slip.PDF", "application/pdf")
    assert file.content == b"\x00\xff"


def test_a_file_of_an_unknown_type_is_bytes(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"x")
    (file,) = read_attachments([str(tmp_path / "odd")])
    assert file.content_type == "application/octet-stream"


def test_a_path_may_begin_with_the_home_folder_and_is_kept_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    files = read_attachments(["~/a.txt", "a.txt"])
    assert [file.path for file in files] == [str(tmp_path / "a.txt")] * 2
    assert [file.content for file in files] == [b"a", b"a"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gone.pdf", "there is no such file"),
        ("", "it is a folder"),
        ("pipe", "it is not a file"),
        ("large.pdf", "larger than 5 MB"),
        ("a\0b", "it can't be read (its name holds what no name can)"),
        ("x" * 300, "it can't be read (the name is too long)"),
    ],
    ids=["gone", "folder", "pipe", "large", "nul", "long"],
)
def test_what_can_not_be_read_has_the_reason_in_place_of_its_content(
    tmp_path: Path, name: str, why: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large.pdf").open("wb") as large:
        large.truncate(LARGEST_FILE + 1)
    (file,) = read_attachments([f"{tmp_path}/{name}"])
    assert file.content == why


def test_a_file_of_just_5_mb_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.pdf").open("wb") as file:
        file.truncate(LARGEST_FILE)
    (read,) = read_attachments([str(tmp_path / "a.pdf")])
    assert len(read.content) == LARGEST_FILE


def test_the_home_of_nobody_is_no_file() -> None:
    (file,) = read_attachments(["~nobody-of-this-name/a.pdf"])
    assert file.content == "there is no such file"
