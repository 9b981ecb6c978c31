"""The field map as a value: which BrokerEngine field goes where in FLEX, by which transform, how sure we are.

The map is data (data/maps/flex.toml). This module checks it and knows the named transforms; the tables of
values are the map's own: a value that is not in its table is refused, never passed through.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from core.errors import UsageError
from core.flex.fates import Mark
from core.flex.nouns import Address, Person, Phones, Property, Requirements


class Scope(StrEnum):
    """Which noun a row reads from."""

    PERSON = "person"
    REQUIREMENTS = "requirements"
    PROPERTY = "property"
    PRODUCT = "product"
    NOTE = "note"


class Transform(StrEnum):
    """What is done to a value on its way."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    YEARS = "years"
    FLAG = "flag"
    TABLE = "table"
    JOIN = "join"
    CHOICE = "choice"
    SPLIT = "split"
    LOOK_UP = "look-up"
    STANDING = "standing"
    FILES = "files"


TARGETS: dict[Scope, frozenset[str]] = {
    Scope.PERSON: frozenset({"Applicant", "OtherAddress"}),
    Scope.REQUIREMENTS: frozenset({"Opportunity", "ProductFilter", "Product"}),
    Scope.PROPERTY: frozenset({"Property"}),
    Scope.PRODUCT: frozenset({"Product"}),
    Scope.NOTE: frozenset({"Note"}),
}
"""Which FLEX objects a scope's rows may fill."""

SHARED = frozenset({Transform.JOIN, Transform.CHOICE, Transform.LOOK_UP})
"""The transforms of which several rows may fill one target together."""


def _places(noun: type[Struct], *inner: tuple[str, type[Struct]]) -> frozenset[str]:
    """List the dotted paths of a noun's own fields and of those of its parts."""
    parts = {f"{name}.{field}" for name, part in inner for field in part.__struct_fields__}
    return frozenset(parts | set(noun.__struct_fields__) - {name for name, _ in inner})


READABLE: dict[Scope, frozenset[str]] = {
    Scope.PERSON: _places(Person, ("phones", Phones), ("home_address", Address), ("postal_address", Address)),
    Scope.REQUIREMENTS: _places(Requirements),
    Scope.PROPERTY: _places(Property, ("address", Address)),
    Scope.PRODUCT: frozenset({"lender", "name", "standing"}),
    Scope.NOTE: frozenset({"text", "attachments"}),
}
"""What a scope's rows may read."""


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """One row: seed's section and field name, where the value stands in BrokerEngine, where it goes in FLEX.

    `table` names a table of values; `choice` is the option that a set flag stands for (both options of one
    target set → `both`); `default` is sent where the field is empty but its neighbours are not.
    """

    section: str
    source: str
    scope: Scope
    read: str
    target: str
    transform: Transform
    confidence: Mark
    table: str = ""
    choice: str = ""
    both: str = ""
    default: str = ""
    remark: str = ""

    @property
    def target_object(self) -> str:
        """The FLEX object of the target: `Applicant` of `Applicant.FirstName`."""
        return self.target.partition(".")[0]

    @property
    def target_field(self) -> str:
        """The field of the target: `FirstName` of `Applicant.FirstName`."""
        return self.target.partition(".")[2]


class FieldMap(Struct, frozen=True, forbid_unknown_fields=True):
    """A checked map. `version` goes into every plan made with it."""

    version: str
    row: tuple[Row, ...]
    tables: dict[str, dict[str, str]] = {}

    def rows(self, scope: Scope) -> list[Row]:
        """Give the rows that read from one noun, in order."""
        return [row for row in self.row if row.scope is scope]


class BrokenMap(UsageError):
    """A map that can't be used: which file, which row, what is wrong."""

    def __init__(self, file: str, where: str, wrong: str) -> None:
        super().__init__(
            "broken-map", f"The field map {file} is broken: {where}: {wrong}.", f"Correct {where} in {file}."
        )


def check_map(raw: Mapping[str, Any], file: str) -> FieldMap:
    """Make a map of a decoded TOML file. Raises `BrokenMap` naming file, row and what is wrong."""
    try:
        field_map = msgspec.convert(raw, FieldMap, strict=True)
    except msgspec.ValidationError as error:
        wrong, _, path = str(error).partition(" - at `$.")
        raise BrokenMap(file, _row_name(raw, path.rstrip("`")), wrong) from None
    seen: set[tuple[Scope, str]] = set()
    filled: dict[tuple[Scope, str], Row] = {}
    for number, row in enumerate(field_map.row, 1):
        where = f"row {number} ({row.source})"
        if wrong := _wrong_with(row, field_map.tables):
            raise BrokenMap(file, where, wrong)
        if (row.scope, row.source) in seen:
            raise BrokenMap(file, where, "the same field has a row already")
        seen.add((row.scope, row.source))
        before = filled.setdefault((row.scope, row.target), row)
        if before is not row and not (before.transform is row.transform and row.transform in SHARED):
            raise BrokenMap(file, where, f"another row fills “{row.target}” already")
    return field_map


def _wrong_with(row: Row, tables: Mapping[str, object]) -> str:
    if row.target_object not in TARGETS[row.scope] or not row.target_field:
        return f"target “{row.target}” is not a field of {_either(TARGETS[row.scope])}"
    if (row.transform is Transform.TABLE) != bool(row.table):
        return "the transform “table” and the key `table` go together"
    if row.table and row.table not in tables:
        near = difflib.get_close_matches(row.table, tables, 1)
        return f"there is no table “{row.table}”" + (f"; did you mean “{near[0]}”?" if near else "")
    if (row.transform is Transform.CHOICE) != bool(row.choice and row.both):
        return "the transform “choice” and the keys `choice` and `both` go together"
    if row.read not in READABLE[row.scope]:
        near = difflib.get_close_matches(row.read, READABLE[row.scope], 1)
        return f"there is no “{row.read}” to read" + (f"; did you mean “{near[0]}”?" if near else "")
    return ""


def _either(names: Iterable[str]) -> str:
    return " or ".join(sorted(names))


def _row_name(raw: Mapping[str, Any], path: str) -> str:
    """Turn `row[3].transform` into words a person finds in the file."""
    head, _, rest = path.partition(".")
    if head.startswith("row[") and head[4:-1].isdigit():
        index = int(head[4:-1])
        rows = raw.get("row")
        source = (
            rows[index].get("source", "") if isinstance(rows, list) and isinstance(rows[index], dict) else ""
        )
        name = f"row {index + 1}" + (f" ({source})" if source else "")
        return f"{name}, {rest}" if rest else name
    return path or "the file"
