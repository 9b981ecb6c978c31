"""The files of note templates: which count, and what is said of a file that can't be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.flex.note_templates import NoteTemplate
from data.operator_files.note_templates import FOLDER, read_templates


def test_a_home_without_the_folder_has_no_templates(tmp_path: Path) -> None:
    read = read_templates(tmp_path)
    assert (read.templates, read.unread, read.folder) == ((), (), tmp_path / FOLDER)


def test_text_files_are_templates_by_their_names_and_others_are_not(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "Second.TXT").write_bytes("\ufeffb {client}\r\n".encode())
    (folder / "first call.txt").write_bytes(b"a\n\nz\n")
    for name in (".hidden.txt", "notes.md", "draft.txt~"):
        (folder / name).write_text("x", "utf-8")
    read = read_templates(tmp_path)
    assert read.templates[0] == NoteTemplate("first call", "a\n\nz")
    assert read.templates[1] == NoteTemplate("Second", "b {client}")
    assert len(read.templates) == 2
    assert read.unread == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_ends_are_the_file_s_and_not_the_note_s(end: str, tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "a.txt").write_bytes(end.join(("", "Hello {client}", "", "Kind regards", "")).encode())
    assert read_templates(tmp_path).templates == (NoteTemplate("a", "Hello {client}\n\nKind regards"),)


def test_a_file_that_can_not_be_read_is_named_and_hides_no_other(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"\xff\xfe\xfa")
    (folder / "b.txt").write_text("b", "utf-8")
    (folder / "c.txt").mkdir()
    read = read_templates(tmp_path)
    assert [template.name for template in read.templates] == ["b"]
    assert [line.partition(":")[0] for line in read.unread] == ["a.txt", "c.txt"]


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("x", "utf-8")
    assert len(read_templates(tmp_path).unread) == 1
