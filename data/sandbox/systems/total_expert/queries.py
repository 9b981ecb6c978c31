"""What the query of a list means: page, filter and sort, written as the vendor writes them.

`?filter=a=x,b=y` holds the filters in one parameter. No page says how a comma in a value is written, so a value can't
hold one here (our assumption). The vendor publishes no answer to an unknown parameter, filter or attribute to sort by:
each is ignored, and a 400 in the strict setting. A bracketed filter, `filter[email]=x`, is such an unknown parameter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from data.sandbox.systems.api import Call, refuse

LARGEST_PAGE = 100
SMALLEST_PART = 3
"""How many characters a `…_contains` filter needs."""
_PAGE = 10
Sort = tuple[tuple[str, bool], ...]
"""Attributes to sort by, each with whether it descends."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The page that is wanted, the filters by name, and the order."""

    number: int
    size: int
    filters: Mapping[str, str]
    sort: Sort


@dataclass(frozen=True, slots=True)
class QueryRules:
    """What a list offers: filters, attributes to sort by, how much is refused, and whether filters are obeyed."""

    filters: Collection[str] = ()
    sortable: Collection[str] = ()
    strict: bool = False
    obeyed: bool = True


def list_query(call: Call, rules: QueryRules) -> ListQuery:
    """Read the query of a list. Raises RefusedError (400)."""
    number, size = 1, _PAGE
    filters: dict[str, str] = {}
    sort: Sort = ()
    seen: set[str] = set()
    for name, value in call.query:
        if name in seen and rules.strict:
            refuse_query(f"Parameter given twice: '{name}'")
        seen.add(name)
        if name == "page[number]":
            number = _whole(name, value)
        elif name == "page[size]":
            size = _size(value, strict=rules.strict)
        elif name == "filter" and rules.filters:
            found = _filters(value, rules)
            filters |= found if rules.obeyed else {}
        elif name == "sort" and rules.sortable:
            sort = _sort(value, rules)
        elif rules.strict:
            refuse_query(f"Unknown parameter: '{name}'")
    return ListQuery(number, size, filters, sort)


def no_query(call: Call, *, strict: bool) -> None:
    """Refuse every parameter of a call that takes none, in the strict setting."""
    if strict and call.query:
        refuse_query(f"Unknown parameter: '{call.query[0][0]}'")


def instant(name: str, value: str) -> str:
    """Return an ISO 8601 moment as the records write it: UTC, whole seconds. Raises RefusedError (400)."""
    try:
        moment = datetime.fromisoformat(value.replace(" ", "+"))
    except ValueError:
        refuse_query(f"Filter '{name}' must be an ISO-8601 date")
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def long_enough(name: str, value: str) -> str:
    """Return what a `…_contains` filter looks for. Raises RefusedError (400) for less than three characters."""
    if len(value) < SMALLEST_PART:
        refuse_query(f"Filter '{name}' needs {SMALLEST_PART} characters")
    return value.casefold()


def refuse_query(message: str) -> NoReturn:
    """Refuse a query. Raises RefusedError (400) always; the vendor documents that status for one resource."""
    refuse(400, "bad-parameter", message)


def _filters(value: str, rules: QueryRules) -> dict[str, str]:
    found: dict[str, str] = {}
    for expression in value.split(","):
        name, equals, wanted = expression.partition("=")
        if not equals:
            if rules.strict:
                refuse_query(f"Invalid filter expression: {expression}")
        elif name in rules.filters:
            found[name] = wanted
        elif rules.strict:
            refuse_query(f"Unknown filter: '{name}'")
    return found


def _sort(value: str, rules: QueryRules) -> Sort:
    wanted = []
    for attribute in value.split(","):
        name = attribute.removeprefix("-")
        if name in rules.sortable:
            wanted.append((name, name != attribute))
        elif rules.strict:
            refuse_query(f"Invalid sort field: '{name}'.")
    return tuple(wanted)


def _size(value: str, *, strict: bool) -> int:
    size = _whole("page[size]", value)
    if strict and size > LARGEST_PAGE:
        refuse_query(f"page[size] must be at most {LARGEST_PAGE}")
    return min(size, LARGEST_PAGE)


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        refuse_query(f"{name} must be a whole number from 1")
    return int(text)
