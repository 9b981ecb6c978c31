"""Reads the operator's note templates: one text file each, in a folder of the home."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from core.error_words import why_failed
from core.flex.note_templates import NoteTemplate
from data.operator_files.text_file import UnreadableText, read_text_file

FOLDER: Final = "note-templates"
"""The name of the folder in the home."""
ENDING: Final = ".txt"


class TemplatesRead(NamedTuple):
    """The templates of a folder by name, the files that can't be read with their reasons, and the folder."""

    templates: tuple[NoteTemplate, ...]
    unread: tuple[str, ...]
    folder: Path


def read_templates(home: Path) -> TemplatesRead:
    """Return the templates of a home. A folder that is not there holds none."""
    folder = home / FOLDER
    templates: list[NoteTemplate] = []
    unread: list[str] = []
    try:
        files = sorted(folder.iterdir(), key=lambda file: file.name.casefold())
    except FileNotFoundError:
        files = []
    except OSError as error:
        files, unread = [], [f"{folder}: {why_failed(error)}"]
    for file in files:
        if file.suffix.casefold() != ENDING or file.name.startswith("."):
            continue
        try:
            templates.append(NoteTemplate(file.stem, _with_plain_line_ends(read_text_file(file)).strip("\n")))
        except UnreadableText as error:
            unread.append(f"{file.name}: {error}")
        except FileNotFoundError as error:
            unread.append(f"{file.name}: {why_failed(error)}")
    return TemplatesRead(tuple(templates), tuple(unread), folder)


def _with_plain_line_ends(text: str) -> str:
    """Return a text whose lines end with a line feed alone, whichever editor wrote it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
