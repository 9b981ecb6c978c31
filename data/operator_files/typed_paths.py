"""The path of a file as a person types it, or as a terminal writes it when a file is dropped; and its completion."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from data.operator_files.paths import expanded_path

_ESCAPED: Final = re.compile(r"\\([^\w])")
"""A character that a shell would take for something else, behind a backslash. The backslashes of Windows stay."""


def typed_path(typed: str) -> Path:
    """Return the path that a text names: the reading of it that is there, else the last one.

    Raises no error: whoever opens the path says that it is not there.
    """
    readings = [expanded_path(name).absolute() for name in readings_of(typed)]
    return next((path for path in readings if _is_there(path)), readings[-1])


def readings_of(typed: str) -> Iterator[str]:
    """Yield what a text may mean as the name of a file, the text as it is first.

    A terminal writes a dropped file in quotes, with backslashes before blanks, or as an address `file://…`.
    """
    name = typed.strip()
    yield name
    if name.casefold().startswith("file://"):
        address = urlsplit(name)
        if address.hostname in (None, "localhost"):
            # `file:///C:/deals.csv` names a drive of Windows
            yield re.sub(r"^/([A-Za-z]:)", r"\1", unquote(name.partition("://")[2].removeprefix("localhost")))
    elif len(name) > 1 and name[0] == name[-1] == "'":
        yield name[1:-1].replace("'\\''", "'")
    elif len(name) > 1 and name[0] == name[-1] == '"':
        yield name[1:-1]  # as Windows does, where a \ is part of the path
        yield _ESCAPED.sub(r"\1", name[1:-1])
    elif _ESCAPED.search(name):
        yield _ESCAPED.sub(r"\1", name)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, or that holds a NUL
        return False


class Completion(NamedTuple):
    """A path that was typed in part: the longest text that all fitting names share, and these names."""

    text: str
    names: tuple[str, ...]


def complete(typed: str) -> Completion:
    """Complete the name of a file by the names in its folder, which is read. A folder's name ends in a separator.

    A hidden name fits only if its dot was typed. Without a fitting name the text stays as it is.
    """
    if typed == "~":
        typed = f"~{os.sep}"
    folder, begun = os.path.split(typed)
    names = sorted(_names(folder, begun), key=str.casefold)
    shared = _shared(names)
    if len(shared) < len(begun):  # the names differ in the case of letters
        shared = begun
    return Completion(os.path.join(folder, shared) if names else typed, tuple(names))


def _shared(names: Sequence[str]) -> str:
    """Return the text with which all names begin."""
    if not names:
        return ""
    first, last = min(names), max(names)
    return first[: next((n for n, char in enumerate(first) if last[n : n + 1] != char), len(first))]


def _names(folder: str, begun: str) -> Iterator[str]:
    try:
        with os.scandir(expanded_path(folder or ".")) as entries:
            for entry in entries:
                is_hidden = entry.name.startswith(".") and not begun.startswith(".")
                if entry.name.casefold().startswith(begun.casefold()) and not is_hidden:
                    yield entry.name + (os.sep if entry.is_dir() else "")
    except (OSError, ValueError):
        return
