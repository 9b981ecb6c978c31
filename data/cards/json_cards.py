"""Cards in JSON of any form: JSON Lines, one list, one object, or an object that holds the list; nested or flat.

A nested card is the card of our contract. A flat card (`data/cards/flat_json.py`), note or Fact Find is read as the
rows of a table, by the same columns and with the same rules as CSV. Knows bytes only, no path.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

from msgspec.structs import replace

from core.decoding.lenient_json import read_numbers_as_text
from core.progress import SILENT, Meter
from data.cards.csv_cards import read_card_table
from data.cards.flat_json import is_nested_card, rows_of
from data.cards.json_lines import read_jsonl
from data.cards.known_columns import CARDS, FACT_FINDS, IMPORTED, NOTES, kind_of
from data.cards.paper_tables import read_fact_finds, read_notes
from data.cards.papers import is_paper
from data.cards.reading import CardsReading, read_together
from data.tables.columns import NO_ANSWERS, ColumnAnswers
from data.tables.json_records import BadJson, as_lines
from data.tables.keyed_rows import KeyedRow, table_of
from data.tables.rejected import RejectedLine
from data.tables.table import Table

READERS: Final[dict[str, Callable[[Table, ColumnAnswers, Meter], CardsReading]]] = {
    CARDS.kind: read_card_table,
    NOTES.kind: read_notes,
    FACT_FINDS.kind: read_fact_finds,
}
"""What reads a table of each kind."""


def read_json(data: bytes, answers: ColumnAnswers = NO_ANSWERS, meter: Meter = SILENT) -> CardsReading:
    """Read the cards, the notes and the Fact Finds of a file that begins as JSON does, in UTF-8.

    `answers` say which key is which column, where a person said so. Raises `CutShort` if `meter` is stopped.
    """
    try:
        lines = as_lines(data)
    except BadJson as error:
        wrong = RejectedLine(error.line, error.column, "the file", str(error))
        return CardsReading(torn=wrong) if error.is_cut else CardsReading(misfits=(wrong,))
    if lines is None:
        return _of_lines(data, answers, meter)
    return held_apart(_of_lines(lines, answers, meter), lines)


def held_apart(reading: CardsReading, data: bytes) -> CardsReading:
    """Return a reading of `data` of which no card is a span of a file, because no file has these bytes."""
    entries = tuple(replace(entry, held=entry.json(data), start=0, size=0) for entry in reading.entries)
    return replace(reading, entries=entries)


def _of_lines(data: bytes, answers: ColumnAnswers, meter: Meter) -> CardsReading:
    """Read JSON Lines. What is neither a nested card nor a note or a Fact Find of our contract may be flat."""
    nested = read_jsonl(data, meter)
    flat = _flat_among(data, {misfit.line for misfit in nested.misfits}, answers)
    lines = {row.line for rows in flat.values() for row in rows}
    if not lines:
        return nested
    misfits = tuple(misfit for misfit in nested.misfits if misfit.line not in lines)
    readings = [replace(nested, misfits=misfits)]
    for wanted in IMPORTED:
        table = table_of(flat[wanted.kind], wanted, answers)
        if table is not None:
            readings.append(_without_places(READERS[wanted.kind](table, answers, meter)))
    return read_together(readings)


def _flat_among(data: bytes, lines: Collection[int], answers: ColumnAnswers) -> dict[str, list[KeyedRow]]:
    """Return the rows of flat records among some lines of a file, by what the records are."""
    flat: dict[str, list[KeyedRow]] = {wanted.kind: [] for wanted in IMPORTED}
    kinds: dict[tuple[str, ...], str] = {}
    for n, text in enumerate(data.split(b"\n"), 1) if lines else ():
        if n not in lines:
            continue
        try:
            raw = read_numbers_as_text(text.decode("utf-8"))
        except ValueError:
            continue
        if not isinstance(raw, dict) or is_paper(raw) or is_nested_card(raw):
            continue
        rows = [KeyedRow(n, cells) for cells in rows_of(raw)]
        headers = tuple(dict.fromkeys(header for row in rows for header in row.cells))
        if headers not in kinds:
            wanted = kind_of(headers, answers)
            table = table_of(rows, wanted, answers)
            names = table.columns.place if table is not None else {}
            kinds[headers] = wanted.kind if wanted.needed[0][0] in names else ""
        if kinds[headers]:
            flat[kinds[headers]] += rows
    return flat


def _without_places(reading: CardsReading) -> CardsReading:
    """Return a reading without the columns of what does not fit: an object of JSON has none."""

    def bare(rejected: Iterable[RejectedLine]) -> tuple[RejectedLine, ...]:
        return tuple(replace(line, column=None) for line in rejected)

    return replace(reading, misfits=bare(reading.misfits), refused=bare(reading.refused))
