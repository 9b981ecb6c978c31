"""A file of cards, notes or Fact Finds: JSON, CSV or a spreadsheet. For another form the error names the form."""

from __future__ import annotations

from pathlib import Path

from core.errors import UsageError
from core.progress import SILENT, Meter
from data.cards.json_cards import READERS, held_apart, read_json
from data.cards.known_columns import CARDS, IMPORTED, kind_of
from data.cards.reading import CardsReading
from data.tables.columns import NO_ANSWERS, ColumnAnswers
from data.tables.json_records import json_of
from data.tables.rejected import NotATable
from data.tables.source import shown_name
from data.tables.table import Table, read_table


def read_export(
    path: Path, data: bytes, answers: ColumnAnswers = NO_ANSWERS, meter: Meter = SILENT
) -> CardsReading:
    """Read the cards, the notes and the Fact Finds in a file's bytes. The first character decides the form.

    `answers` say which header is which column, where a person said so. Raises `UsageError` for another form, and
    `CutShort` if `meter` is stopped.
    """
    if (written := json_of(data)) is not None:
        reading = read_json(written, answers, meter)
        return reading if written is data else held_apart(reading, written)
    try:
        table = _read_table(data, answers, meter)
    except NotATable as error:
        raise UsageError("not-an-export", f"{shown_name(path)} {error}.") from None
    return CardsReading() if table is None else READERS[table.columns.report.kind](table, answers, meter)


def _read_table(data: bytes, answers: ColumnAnswers, meter: Meter) -> Table | None:
    """Return the table in a file, with the columns of what the table is of; None if the file is empty.

    Raises `NotATable`.
    """
    table = read_table(data, CARDS, answers, meter)
    if table is None or table.usable:
        return table
    for wanted in IMPORTED:
        other = read_table(data, wanted, answers, meter)
        if other is not None and kind_of(other.header.cells, answers) is wanted:
            return other
    return table
