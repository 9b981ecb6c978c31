"""Flat JSON as Zapier and other programs write a card: keys such as `contact__first_name`, as the rows of a table.

A key is a header. The key of an object inside an object is a path, such as `contact.first_name`. A list of people gives
a row for each person, and a list of products a column for each part of a product. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any, Final

from core.texts import without_lone_surrogates
from data.tables.columns import header_key

PEOPLE: Final = frozenset({"people", "persons", "contacts", "applicants", "borrowers", "clients"})
"""The names of a list of which each object is a person of the card."""
PRODUCTS: Final = "products"
_NEEDED: Final = frozenset({"id", "title", "kind", "stage", "owner"})
"""The fields that each card of our contract has."""

Path = tuple[str, ...]


def is_nested_card(raw: Mapping[str, Any]) -> bool:
    """Return True if an object has the fields that each card of our contract has."""
    return raw.keys() >= _NEEDED


def rows_of(raw: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the rows of an object, as cells by header: one for each person of its lists of people, or a single one."""
    card: dict[str, str] = {}
    people: list[dict[str, str]] = []
    for path, value in _values(raw, ()):
        name = header_key(path[-1])
        if name in PEOPLE and _are_objects(value):
            people += [_row(_values(person, path)) for person in value]
        elif name == PRODUCTS and _are_objects(value):
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
    """Put values into a row. Of two keys with one header the second gets a number."""
    for path, value in values:
        cell = _cell(value)
        header = own = without_lone_surrogates(".".join(path))
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


def _are_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _cell(value: object) -> str:
    """Return a value as the text of a cell. A number keeps its digits, because it was read as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return without_lone_surrogates(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
