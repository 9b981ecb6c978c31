"""A file of cards in one of its forms: JSON Lines, CSV or a spreadsheet. For another form the error names the form."""

from __future__ import annotations

from pathlib import Path

from core.errors import UsageError
from data.cards.csv_cards import read_csv
from data.cards.json_lines import read_jsonl
from data.cards.reading import CardsReading
from data.tables.columns import NO_ANSWERS, ColumnAnswers
from data.tables.rejected import NotATable
from data.tables.source import shown_name
from data.tables.text import BOM


def read_export(path: Path, data: bytes, answers: ColumnAnswers = NO_ANSWERS) -> CardsReading:
    """Read the cards in a file's bytes. The first character decides the form.

    `answers` say which header is which column, where a person said so. Raises `UsageError` for another form.
    """
    start = data.removeprefix(BOM)[:4096].lstrip()
    if start.startswith(b"["):
        raise UsageError("not-an-export", f"{shown_name(path)} is one JSON list.", when="it is one JSON list")
    if start.startswith(b"{"):
        return read_jsonl(data)
    try:
        return read_csv(data, answers)
    except NotATable as error:
        raise UsageError("not-an-export", f"{shown_name(path)} {error}.") from None
