"""Cards in JSON of any form: JSON Lines, one list, one object, or an object that holds the list; nested or flat.

A nested card is the card of our contract. A flat card (`data/cards/flat_json.py`) is read as the rows of a table, by
the same columns and with the same rules as CSV. Knows bytes only, no path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from msgspec.structs import replace

from data.cards.columns import UPDATED
from data.cards.csv_cards import read_csv
from data.cards.flat_json import as_table, is_flat
from data.cards.json_items import BadJson, as_lines
from data.cards.json_lines import read_jsonl, rejected_line
from data.cards.papers import is_paper
from data.cards.reading import CardsReading, unclear_moments
from data.tables.columns import NO_ANSWERS, ColumnAnswers


def read_json(data: bytes, answers: ColumnAnswers = NO_ANSWERS) -> CardsReading:
    """Read the cards, the notes and the Fact Finds of a file that begins as JSON does.

    `answers` may say the order of day and month in the dates of flat cards.
    """
    try:
        lines = as_lines(data)
    except BadJson as error:
        wrong = rejected_line(error.line, error.column, "the file", str(error))
        return CardsReading(torn=wrong) if error.is_cut else CardsReading(misfits=(wrong,))
    if lines is None:
        return _of_lines(data, answers)
    reading = _of_lines(lines, answers)
    entries = tuple(replace(entry, held=entry.json(lines), start=0, size=0) for entry in reading.entries)
    return replace(reading, entries=entries)


def _of_lines(data: bytes, answers: ColumnAnswers) -> CardsReading:
    """Read JSON Lines. What is no nested card may be a flat one."""
    nested = read_jsonl(data)
    flat = _flat_among(data, {misfit.line for misfit in nested.misfits})
    if not flat:
        return nested
    table, owners = as_table(list(flat.values()))
    reading = read_csv(table, ColumnAnswers(dates=answers.dates))
    places = list(flat)
    line_of = [places[owner] for owner in owners]
    entries = tuple(replace(entry, line=line_of[entry.line - 1]) for entry in reading.entries)
    misfits, refused = (
        tuple(replace(misfit, line=line_of[misfit.line - 1], column=None) for misfit in lines)
        for lines in (reading.misfits, reading.refused)
    )
    return replace(
        reading,
        columns=None,
        notices=(*_of_flat(reading.notices), *unclear_moments(nested.entries + entries)),
        refused=refused,
        entries=nested.entries + entries,
        misfits=tuple(misfit for misfit in nested.misfits if misfit.line not in flat) + misfits,
        torn=nested.torn,
        papers=nested.papers,
    )


_PLACES: Final = re.compile(r" \(lines? [0-9, …]+\)$")


def _of_flat(notices: Iterable[str]) -> Iterator[str]:
    """Yield the notices about the table of the flat cards, without its lines, which are no lines of the file.

    Moments of change are left out: they are named with the lines of the file.
    """
    for notice in notices:
        if not notice.startswith(f"{UPDATED}: "):
            yield _PLACES.sub("", notice)


def _flat_among(data: bytes, lines: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return the flat cards among some lines of a file, by the line. Their numbers are texts with all digits."""
    found: dict[int, dict[str, Any]] = {}
    if not lines:
        return found
    for n, text in enumerate(data.split(b"\n"), 1):
        if n not in lines:
            continue
        try:
            raw = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            continue
        if isinstance(raw, dict) and not is_paper(raw) and is_flat(raw):
            found[n] = raw
    return found
