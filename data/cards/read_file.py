"""A file of cards, notes or Fact Finds: JSON, CSV or a spreadsheet. For another form the error names the form."""

from __future__ import annotations

from pathlib import Path

from core.errors import UsageError
from data.cards.csv_cards import read_csv
from data.cards.json_cards import read_json
from data.cards.paper_tables import read_paper_table
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
    if start.startswith((b"[", b"{")):
        return read_json(data, answers)
    try:
        papers = read_paper_table(data)
        return papers if papers is not None else read_csv(data, answers)
    except NotATable as error:
        raise UsageError("not-an-export", f"{shown_name(path)} {error}.") from None
