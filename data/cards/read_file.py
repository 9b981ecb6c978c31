"""A file of cards in one of its forms: JSON Lines, CSV or a spreadsheet. For another form the error names the form."""

from __future__ import annotations

from pathlib import Path

from core.errors import UsageError
from core.progress import SILENT, Meter
from data.cards.csv_cards import read_csv
from data.cards.json_lines import read_jsonl
from data.cards.reading import CardsReading
from data.tables.columns import NO_ANSWERS, ColumnAnswers
from data.tables.rejected import NotATable
from data.tables.source import shown_name
from data.tables.text import BOM


def read_export(
    path: Path, data: bytes, answers: ColumnAnswers = NO_ANSWERS, meter: Meter = SILENT
) -> CardsReading:
    """Read the cards in a file's bytes. The first character decides the form.

    `answers` say which header is which column, where a person said so. Raises `UsageError` for another form, and
    `CutShort` if `meter` is stopped.
    """
    start = data.removeprefix(BOM)[:4096].lstrip()
    if start.startswith(b"["):
        raise UsageError("not-an-export", f"{shown_name(path)} is one JSON list.", when="it is one JSON list")
    if start.startswith(b"{"):
        return read_jsonl(data, meter)
    try:
        return read_csv(data, answers, meter=meter)
    except NotATable as error:
        raise UsageError("not-an-export", f"{shown_name(path)} {error}.") from None
