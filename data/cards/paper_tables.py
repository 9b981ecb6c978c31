"""Tables of notes and of Fact Finds, whatever the form of their file. Knows no bytes and no path.

A row of notes is one note. A row of Fact Finds is one person, with the columns of people and of the property that a
file of cards has. `data/cards/known_columns.py` says which of the two a table is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from core.compare.spreadsheet_traces import trace_reason
from core.decoding.lenient_json import read_leniently
from core.flex.model import BadRecord
from core.progress import SILENT, Meter
from data.cards.columns import CARD_ID, ColumnEvidence, identifier, ids_of, label
from data.cards.csv_cards import cell_fault, read_card_table
from data.cards.papers import PaperEntry, note_id_of, read_paper
from data.cards.reading import CardsReading, bad_id
from data.tables.columns import NO_ANSWERS, ColumnAnswers
from data.tables.dates import DateColumn, date_column, order_notice, read_time
from data.tables.rejected import RejectedLine
from data.tables.rows import TableRow
from data.tables.summaries import ValueChanges
from data.tables.table import Table
from data.tables.unreadable import UnreadableCell

_CREATED: Final = "created_at"


def read_notes(table: Table, answers: ColumnAnswers = NO_ANSWERS, meter: Meter = SILENT) -> CardsReading:
    """Read the notes of a table with the columns `NOTES`.

    `answers` hold the order of day and month, where a person said so. A time or an author that can't be read costs that
    field alone, because both are only shown. Raises `CutShort` if `meter` is stopped.
    """
    misfits = table.flaws()
    report = table.columns.report
    if not table.usable:
        return CardsReading(misfits=tuple(misfits), columns=report, notices=table.notices)
    dates = _dates_of(table, answers)
    ids, ids_said = ids_of(CARD_ID, _cells_of(table, CARD_ID))
    notes = _Notes(dates, ids)
    torn = None
    for row in meter.through(table.rows, len(table.rows)):
        if row.line == table.unfinished:
            reason = row.wrong or "its line ends early and has no end"
            torn = RejectedLine(row.line, row.column, "the row", reason)
        else:
            notes.take(row, *table.columns.read(row.cells))
    order = order_notice(_CREATED, dates, answers.dates)
    return CardsReading(
        misfits=(*misfits, *notes.misfits),
        torn=torn,
        columns=report,
        notices=(*table.notices, *filter(None, [order, ids_said]), *notes.changes.notices()),
        doubts=table.doubts,
        open_dates=dates.open if dates.order is None else 0,
        papers=tuple(notes.papers),
    )


def _dates_of(table: Table, answers: ColumnAnswers) -> DateColumn:
    """Return how the times of a table's notes are read."""
    return date_column(_cells_of(table, _CREATED), answers.dates)


def _cells_of(table: Table, column: str) -> list[str]:
    at = table.columns.place.get(column)
    return [] if at is None else [row.cells[at - 1] for row in table.rows if len(row.cells) >= at]


class _Notes:
    """Collects the notes of a table, and what does not fit."""

    def __init__(self, dates: DateColumn, ids: ColumnEvidence) -> None:
        self.papers: list[PaperEntry] = []
        self.misfits: list[RejectedLine] = []
        self.changes = ValueChanges()
        self._dates = dates
        self._ids = ids

    def take(self, row: TableRow, values: Mapping[str, str], places: Mapping[str, int]) -> None:
        """Take in a row. `values` are its cells by column, `places` where the columns are."""
        if row.wrong:
            self.misfits.append(RejectedLine(row.line, row.column, "the row", row.wrong))
            return
        raw: dict[str, Any] = {}
        for name, cell in values.items():
            try:
                if not cell.isspace():
                    raw[name] = self._value(name, cell)
            except UnreadableCell as error:
                if name not in (_CREATED, "author"):
                    self.misfits.append(RejectedLine(row.line, places.get(name), name, str(error)))
                    return
                self.changes.add(row.line, name, f"{error}; the note is read without it")
        missing = next((name for name in (CARD_ID, "text") if name not in raw), "")
        if missing:
            reason = "a note needs the id of its card and a text"
            self.misfits.append(RejectedLine(row.line, places.get(missing), missing, reason))
            return
        if _CREATED not in raw and "id" not in raw:  # of a time that can't be read the text tells notes apart
            raw["id"] = note_id_of(raw[CARD_ID], raw["text"], values.get(_CREATED, "").strip())
        try:
            self.papers.append(read_paper(raw, row.line))
        except BadRecord as error:
            field = error.aside.field
            self.misfits.append(RejectedLine(row.line, places.get(field), field, error.aside.reason))

    def _value(self, name: str, cell: str) -> str:
        """Return the value of a cell that is not blank. Raises `UnreadableCell`."""
        if reason := cell_fault(cell) or trace_reason(cell):
            raise UnreadableCell(reason)
        if name == "text":
            return cell
        if name == _CREATED:
            return read_time(cell, self._dates).isoformat()
        if name != CARD_ID:
            return str(label(cell, ColumnEvidence()))
        card_id = str(identifier(cell, self._ids))
        if wrong := bad_id(card_id):
            raise UnreadableCell(wrong)
        return card_id


def read_fact_finds(
    table: Table,
    answers: ColumnAnswers = NO_ANSWERS,
    meter: Meter = SILENT,
    now: Callable[[], float] = time.time,
) -> CardsReading:
    """Read the Fact Finds of a table with the columns `FACT_FINDS`.

    The rows are read as those of cards; the people, the property and the mark of each card are its Fact Find.
    """
    reading = read_card_table(_as_cards(table), answers, meter, now)
    papers: list[PaperEntry] = []
    misfits = list(reading.misfits)
    for entry in reading.entries:
        card: dict[str, Any] = read_leniently(entry.json(b"").decode("utf-8"))
        mark = card.get("fact_find") or {}
        raw = {
            "id": mark.get("id"),
            "card_id": card["id"],
            "state": mark.get("state", "open"),
            "flex_integrated": mark.get("flex_integrated", False),
            "people": card["people"],
            "property": card.get("property"),
        }
        try:
            papers.append(read_paper(raw, entry.line))
        except BadRecord as error:
            aside = error.aside
            misfits.append(RejectedLine(entry.line, None, aside.field, aside.reason, card["id"]))
    return replace(reading, entries=(), misfits=tuple(misfits), papers=tuple(papers))


def _as_cards(table: Table) -> Table:
    """Return a table of Fact Finds as one of cards: with a `kind`, and without the columns that nothing matches."""
    if not table.usable:
        return table
    match = table.columns
    width = len(match.names) + 1
    columns = replace(
        match,
        names=(*match.names, "kind"),
        place={**match.place, "kind": width},
        dropped=match.dropped | {at for at, name in enumerate(match.names, 1) if not name},
    )
    header = replace(table.header, cells=(*table.header.cells, "kind"))
    rows = [row if row.wrong else replace(row, cells=(*row.cells, "deal")) for row in table.rows]
    return replace(table, columns=columns, header=header, rows=rows)
