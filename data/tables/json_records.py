"""A file that is one JSON value, as JSON Lines: a list of records, one record, or an object that holds the list.

Each record gets a line of its own, at the line of the file where the record begins if that is possible. Knows neither
cards nor contacts, and no path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from core.decoding.lenient_json import read_leniently, read_value_at, without_depths
from data.tables.text import BOM, decode_text, utf_16_of

LISTS: Final = (
    "cards",
    "deals",
    "leads",
    "contacts",
    "notes",
    "fact_finds",
    "items",
    "objects",
    "data",
    "records",
    "results",
)
"""The names under which an object may hold the list of records."""


class BadJson(ValueError):
    """A file is no JSON. `line` and `column` count from 1; `is_cut` says that the file ends too early."""

    def __init__(self, line: int, column: int, reason: str, is_cut: bool) -> None:
        super().__init__(f"it is not JSON: {reason}")
        self.line = line
        self.column = column
        self.is_cut = is_cut


class _Item(Struct, frozen=True):
    """A record: where it begins in the text, and its JSON on one line."""

    at: int
    text: str


_ONLY_BLANKS: Final = re.compile(rb"\s*\Z")
_BLANK: Final = re.compile(r"[ \t\r\n]*")


def json_of(data: bytes) -> bytes | None:
    """Return a file's bytes as UTF-8 if the file begins as a list or an object of JSON does; None for any other file.

    The bytes of a file in UTF-8 stay as they are.
    """
    if utf_16_of(data):
        data = decode_text(data).text.encode("utf-8", "surrogatepass")
    return data if data.removeprefix(BOM)[:4096].lstrip().startswith((b"[", b"{")) else None


def as_lines(data: bytes) -> bytes | None:
    """Return the records of a file as JSON Lines; None if the file has a record on each line already.

    `data` is what `json_of` returns. Raises `BadJson`.
    """
    body = data.removeprefix(BOM).lstrip()
    end = body.find(b"\n")
    first = body if end < 0 else body[:end]
    is_alone = end < 0 or _ONLY_BLANKS.match(body, end) is not None
    if body.startswith(b"{") and _is_record(first, is_alone=is_alone):
        return None
    text = data.removeprefix(BOM).decode("utf-8", "surrogateescape")  # a wrong byte costs its own record
    try:
        return _on_lines(text)
    except json.JSONDecodeError as error:
        if body.startswith(b"{") and first.rstrip().endswith(b"}"):
            return None  # JSON Lines with a first line that is wrong
        is_cut = error.pos >= len(error.doc.rstrip())
        raise BadJson(error.lineno, error.colno, error.msg, is_cut) from None


def _is_record(line: bytes, *, is_alone: bool) -> bool:
    """Return True if a line is a JSON object by itself, and not the one line of an object that holds the list."""
    try:
        value = read_leniently(line.decode("utf-8"))
    except ValueError:
        return False
    return isinstance(value, dict) and not (is_alone and _list_name(value))


def _list_name(value: dict[str, Any]) -> str:
    """Return the name under which an object holds its list of records; "" if it holds none."""
    if "id" in value or "card_id" in value:
        return ""
    return next((name for name in LISTS if isinstance(value.get(name), list)), "")


def _records(text: str) -> Iterator[_Item]:
    """Yield the records of a text. Raises `json.JSONDecodeError`, and `RecursionError` if it is nested too deeply."""
    start = _after_blanks(text, 0)
    value, end = read_value_at(text, start)
    if (rest := _after_blanks(text, end)) < len(text):
        raise json.JSONDecodeError("something follows the end", text, rest)
    if isinstance(value, list):
        yield from _elements(text, start)
    elif isinstance(value, dict) and (name := _list_name(value)):
        yield from _elements(text, _place_of(text, start, name))
    else:
        yield _Item(start, text[start:end])


def _elements(text: str, at: int) -> Iterator[_Item]:
    """Yield the elements of the list that begins at a place of a text that is JSON."""
    at = _after_blanks(text, at + 1)
    while text[at] != "]":
        _, end = read_value_at(text, at)
        yield _Item(at, text[at:end])
        at = _after_blanks(text, end)
        if text[at] == ",":
            at = _after_blanks(text, at + 1)


def _place_of(text: str, at: int, wanted: str) -> int:
    """Return where the last value with a name begins in the object at a place of a text that is JSON."""
    found = at
    at = _after_blanks(text, at + 1)
    while text[at] != "}":
        name, end = read_value_at(text, at)
        at = _after_blanks(text, _after_blanks(text, end) + 1)  # past the colon
        if name == wanted:
            found = at
        _, end = read_value_at(text, at)
        at = _after_blanks(text, end)
        if text[at] == ",":
            at = _after_blanks(text, at + 1)
    return found


def _after_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _one_line(text: str) -> str:
    """Return the JSON of a record on one line. A line end within a text, which JSON forbids, is escaped."""
    if "\n" not in text and "\r" not in text:
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return json.dumps(read_leniently(text))
    return text.replace("\n", " ").replace("\r", " ")


def _on_lines(text: str) -> bytes:
    """Return a line for each record of a text. Blank lines before a record put it on its own line of the text.

    Raises `json.JSONDecodeError`.
    """
    try:
        items = list(_records(text))
    except RecursionError:
        text = without_depths(text)
        items = list(_records(text))
    lines: list[str] = []
    counted, line = 0, 1
    for item in items:
        line += text.count("\n", counted, item.at)
        counted = item.at
        lines += [""] * (line - 1 - len(lines))
        lines.append(_one_line(item.text))
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
