"""Tables of notes and of Fact Finds: which of the two a table is, and what its rows hold. Knows bytes only, no path.

A table of notes has `card_id` and `text`, a note a row. A table of Fact Finds has `card_id` and `fact_find_id` or
`fact_find_state`, and the columns of people and of the property that a file of cards has, a person a row. Neither has
`kind`, which a file of cards has.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from core.flex.model import BadRecord
from data.cards.csv_cards import read_csv
from data.cards.flat_json import column_key, csv_row, line_breaks
from data.cards.json_items import BOM
from data.cards.json_lines import rejected_line
from data.cards.papers import PaperEntry, names_a_card, read_paper
from data.cards.reading import CardsReading

_DELIMITERS: Final = (",", ";", "\t", "|")
_NAMES: Final[Mapping[str, str]] = {
    "cardid": "card_id",
    "dealid": "card_id",
    "leadid": "card_id",
    "text": "text",
    "notetext": "text",
    "note": "text",
    "body": "text",
    "content": "text",
    "id": "id",
    "noteid": "id",
    "author": "author",
    "createdby": "author",
    "createdat": "created_at",
    "created": "created_at",
    "date": "created_at",
}
"""The columns of a note by the letters of their headers."""
_MARKS: Final = frozenset({"factfindid", "factfindstate", "factfindflexintegrated"})
_KINDS: Final = frozenset({"kind", "cardtype", "cardkind", "dealtype"})
_CARD_IDS: Final = frozenset({"cardid", "dealid", "leadid"})


class _Rows(Struct, frozen=True):
    """A table: its header's keys, and each row with its line."""

    cells: tuple[str, ...]
    keys: tuple[str, ...]
    rows: tuple[tuple[int, list[str]], ...]


def read_paper_table(data: bytes) -> CardsReading | None:
    """Read a table of notes or of Fact Finds; None if the bytes are neither."""
    reader = _reader_of(_keys_of(_start(data)))
    table = _table(data) if reader is not None else None
    return None if reader is None or table is None else reader(table)


def _reader_of(keys: Sequence[str]) -> Callable[[_Rows], CardsReading] | None:
    """Return what reads a table with these headers; None for a table of anything else."""
    given = set(keys)
    if not given & _CARD_IDS or given & _KINDS:
        return None
    if given & _MARKS:
        return _read_fact_finds
    is_of_notes = any(_NAMES.get(key) == "text" for key in keys) and not names_a_card(keys)
    return _read_notes if is_of_notes else None


def _start(data: bytes) -> str:
    """Return the first line that is not blank, of the first 64 kB."""
    text = _text(data[:65_536])
    return next((line for line in text.splitlines() if line.strip()), "")


def _text(data: bytes) -> str:
    body = data.removeprefix(BOM)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.start >= len(body) - 3  # the piece may end within a character
        return body.decode("utf-8", "ignore") if cut else body.decode("cp1252", "replace")


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _keys_of(line: str) -> tuple[str, ...]:
    cells = next(csv.reader([line], delimiter=_delimiter(line)), [])
    return tuple(map(column_key, cells))


def _table(data: bytes) -> _Rows | None:
    reader = csv.reader(io.StringIO(_text(data), newline=""), delimiter=_delimiter(_start(data)))
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error:
        return None
    if not rows:
        return None
    header = rows[0][1]
    return _Rows(tuple(header), tuple(map(column_key, header)), tuple(rows[1:]))


def _read_notes(table: _Rows) -> CardsReading:
    papers: list[PaperEntry] = []
    misfits = []
    for line, cells in table.rows:
        raw: dict[str, Any] = {}
        for key, cell in zip(table.keys, cells, strict=False):
            if cell.strip() and (name := _NAMES.get(key)):
                raw.setdefault(name, cell if name == "text" else cell.strip())
        missing = next((name for name in ("card_id", "text") if name not in raw), None)
        if missing:
            misfits.append(rejected_line(line, None, missing, "a note needs the id of its card and a text"))
            continue
        try:
            papers.append(read_paper(raw, line))
        except BadRecord as error:
            misfits.append(rejected_line(line, None, error.aside.field, error.aside.reason))
    return CardsReading(misfits=tuple(misfits), papers=tuple(papers))


def _read_fact_finds(table: _Rows) -> CardsReading:
    """Read the rows as those of cards, and take the people, the property and the mark of each."""
    width = len(table.cells)
    text = [csv_row([*table.cells, "kind"])]
    line_of = [1] * line_breaks(text[0])
    for line, cells in table.rows:
        text.append(csv_row([*(cells + [""] * width)[:width], "deal"]))
        line_of += [line] * line_breaks(text[-1])
    reading = read_csv("".join(text).encode("utf-8", "surrogatepass"))
    papers: list[PaperEntry] = []
    misfits = [replace(misfit, line=line_of[misfit.line - 1]) for misfit in reading.misfits]
    for entry in reading.entries:
        card: dict[str, Any] = json.loads(entry.json(b""))
        line, mark = line_of[entry.line - 1], card.get("fact_find") or {}
        raw = {
            "id": mark.get("id"),
            "card_id": card["id"],
            "state": mark.get("state", "open"),
            "flex_integrated": mark.get("flex_integrated", False),
            "people": card.get("people", []),
            "property": card.get("property"),
        }
        try:
            papers.append(read_paper(raw, line))
        except BadRecord as error:
            misfits.append(rejected_line(line, None, error.aside.field, error.aside.reason, card["id"]))
    return CardsReading(misfits=tuple(misfits), named=reading.named, papers=tuple(papers))
