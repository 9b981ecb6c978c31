"""Flat JSON as Zapier and other programs write a card: keys such as `contact__first_name`, as the rows of a table.

A key is a path: its parts are joined by `__`, `.` or `/`, or are nested objects. A key that names a column of a file of
cards fills that column, also behind words such as `contact` or `card` that only say what the column belongs to. Any
other key keeps its name and is shown as a further column. A list of people gives a row for each. Pure.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

from core.compare.keys import label_key
from core.texts import without_lone_surrogates
from data.cards.columns import CARD, CARD_ID, PERSON

PEOPLE: Final = frozenset({"people", "persons", "contacts", "applicants", "borrowers", "clients"})
"""The names of a list of which each object is a person of the card."""
PRODUCTS: Final = "products"
_ABOUT_PEOPLE: Final = frozenset({"contact", "person", "applicant", "client", "borrower"})
_ABOUT: Final = _ABOUT_PEOPLE | {"card", "deal", "lead", "record", "data", "fields"}
"""The words before a column's name that only say what the column belongs to."""
_NEEDED: Final = frozenset({"id", "title", "kind", "stage", "owner"})
"""The fields that each card of our contract has."""

Path = tuple[str, ...]


def is_flat(raw: Mapping[str, Any]) -> bool:
    """Return True if an object names a card by a column's name, and is no card of our contract."""
    if raw.keys() >= _NEEDED:
        return False
    return any(column_of(path) == CARD_ID for path, _ in _values(raw, ()))


def as_table(objects: Sequence[Mapping[str, Any]]) -> tuple[bytes, list[int]]:
    """Return objects as a CSV file, and for each of the file's lines the number of its object from 0.

    The header is counted as that of the first object.
    """
    rows = [(n, row) for n, raw in enumerate(objects) for row in _rows(raw)]
    header = list(dict.fromkeys(name for _, row in rows for name in row))
    lines = [csv_row(header)]
    owners = [0] * line_breaks(lines[0])
    for n, row in rows:
        lines.append(csv_row(row.get(name, "") for name in header))
        owners += [n] * line_breaks(lines[-1])
    return "".join(lines).encode(), owners


def column_of(path: Path) -> str:
    """Return the column of a file of cards that a path names; "" for none."""
    parts = [part for name in path for part in re.split(r"__|[./]", name) if part]
    for skipped in range(len(parts)):
        if not {label_key(part) for part in parts[:skipped]} <= _ABOUT:
            break
        name = column_key("".join(parts[skipped:]))
        if column := _COLUMNS.get(name):
            return column
        if product := _PRODUCT.fullmatch(name):
            return f"product_{product[1]}_{product[2]}"
    return ""


def _header_of(path: Path) -> str:
    """Return the header for a path: its column's name, or its own name without the words that a person's field has."""
    if column := column_of(path):
        return column
    parts = [part for name in path for part in re.split(r"__|[./]", name) if part]
    while len(parts) > 1 and label_key(parts[0]) in _ABOUT_PEOPLE:
        parts = parts[1:]
    return without_lone_surrogates(" ".join(parts) or ".".join(path))


def _rows(raw: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the rows of one object: one for each person of its lists of people, or a single one."""
    card: dict[str, str] = {}
    people: list[dict[str, str]] = []
    for path, value in _values(raw, ()):
        if isinstance(value, list) and label_key(path[-1]) in PEOPLE and _are_objects(value):
            people += [_row(_values(person, ("contact",))) for person in value]
        elif isinstance(value, list) and label_key(path[-1]) == PRODUCTS and _are_objects(value):
            for n, product in enumerate(value, 1):
                _fill(card, ((("product", str(n), *inner), cell) for inner, cell in _values(product, ())))
        else:
            _fill(card, [(path, value)])
    yield from ({**card, **person} for person in people) if people else [card]


def _row(values: Iterable[tuple[Path, Any]]) -> dict[str, str]:
    row: dict[str, str] = {}
    _fill(row, values)
    return row


def _fill(row: dict[str, str], values: Iterable[tuple[Path, Any]]) -> None:
    """Put values into a row. Of two keys that name one column the second becomes a further column."""
    for path, value in values:
        cell = _cell(value)
        header = own = _header_of(path)
        for n in count(2):
            if row.get(header, cell) == cell:
                break
            header = f"{own} ({n})"
        row[header] = cell


def _values(raw: Mapping[str, Any], above: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the values of an object by path. What is inside an object has the object's name before its own."""
    for name, value in raw.items():
        if isinstance(value, dict):
            yield from _values(value, (*above, name))
        else:
            yield (*above, name), value


def _are_objects(value: Sequence[Any]) -> bool:
    return bool(value) and all(isinstance(one, dict) for one in value)


def _cell(value: Any) -> str:
    """Return a value as the text of a cell. A number keeps its digits, because it was read as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return without_lone_surrogates(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def csv_row(cells: Iterable[str]) -> str:
    """Return a row of CSV with its end. Every cell is quoted: csv quotes no lone carriage return by itself."""
    into = io.StringIO()
    csv.writer(into, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(cells)
    return into.getvalue()


def line_breaks(text: str) -> int:
    """Return how many lines a text ends, as a reader of CSV counts them."""
    return len(_BREAK.findall(text))


_BREAK: Final = re.compile(r"\r\n|\r|\n")


def column_key(name: str) -> str:
    """Return the letters and digits of a header or key, without regard to case."""
    return "".join(char for char in label_key(name) if char.isalnum())


def _columns() -> dict[str, str]:
    """Return the columns by what names them: their own name, and their path in our contract."""
    named = {column_key(name): name for name in (*CARD, *PERSON)}
    paths = [(column.path, name) for table in (CARD, PERSON) for name, column in table.items()]
    for path, name in paths:
        for shorter in (path, tuple(part for part in path if part not in ("contact", "requirements"))):
            if shorter != ("id",):
                named.setdefault(column_key("".join(shorter)), name)
    return named


_COLUMNS: Final = _columns()
_PRODUCT: Final = re.compile(r"product([1-9]\d?)(lender|name|standing)")
