"""Apply the field map to one record: the JSON objects that FLEX gets, and one line per field with its fate. Pure.

A record is a value of `core.flex.model`, or a dict with the same fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from core.compare.keys import label_key
from core.flex.decoding import without_lone_surrogates
from core.flex.field_map.fates import Fate, Field
from core.flex.field_map.model import FieldMap, FieldMapRow, Scope, Transform

Objects = dict[str, dict[str, Any]]
"""FLEX objects by name, each a JSON object: the rows of one record fill them."""


class Mapped(Struct, frozen=True):
    """What became of one record: the objects that it fills, and the fate of each field in the map's order."""

    objects: Objects
    fields: tuple[Field, ...]


class _Given(Struct, frozen=True):
    """What one transform makes of one value."""

    fate: Fate
    value: Any = None
    reason: str = ""


_SWITCHED_OFF = _Given(Fate.NO_HOME, reason="switched off in your map")


class NotOnFile:
    """Marks a value that can't be reached, because the record has no such part."""


def map_record(
    field_map: FieldMap, scope: Scope, record: object, *, about: str = "", local_id: str = ""
) -> Mapped:
    """Map a record by every row of a scope.

    Rows with one target are joined into one value, or one of their options is chosen, as their transform says.
    `about` and `local_id` go into each line.
    """
    rows = field_map.rows(scope)
    objects: Objects = {}
    lines: dict[int, Field] = {}
    for group in _by_target(rows):
        givens = _map_group(field_map, [rows[i] for i in group], record)
        for i, given in zip(group, givens, strict=True):
            row = rows[i]
            lines[i] = Field(
                section=row.section,
                source=row.source,
                source_value=show(read(record, row.read)),
                target="" if row.off else row.target,
                value=given.value,
                fate=given.fate,
                confidence=row.confidence,
                reason=given.reason or (row.remark if given.value is not None else ""),
                about=about,
                local_id=local_id,
            )
            if given.value is not None:
                objects.setdefault(row.target_object, {})[row.target_field] = given.value
    return Mapped(objects, tuple(lines[i] for i in range(len(rows))))


def _by_target(rows: Sequence[FieldMapRow]) -> Iterable[list[int]]:
    """Group the indexes of rows: rows with one target and the transform `join` or `choice` belong together."""
    groups: dict[object, list[int]] = {}
    for i, row in enumerate(rows):
        together = row.transform in (Transform.JOIN, Transform.CHOICE) and not row.off
        groups.setdefault(row.target if together else i, []).append(i)
    return groups.values()


def _map_group(field_map: FieldMap, rows: list[FieldMapRow], record: object) -> list[_Given]:
    values = [read(record, row.read) for row in rows]
    if rows[0].off:
        return [_Given(Fate.EMPTY) if _is_empty(value) else _SWITCHED_OFF for value in values]
    match rows[0].transform:
        case Transform.JOIN:
            return _join(values)
        case Transform.CHOICE:
            return _choose(rows, values)
        case (
            Transform.TEXT
            | Transform.DATE
            | Transform.MONEY
            | Transform.YEARS
            | Transform.FLAG
            | Transform.TABLE
            | Transform.SPLIT
            | Transform.LOOK_UP
            | Transform.STANDING
            | Transform.FILES
        ):
            return [_map_one(field_map, rows[0], values[0], record)]


def _map_one(field_map: FieldMap, row: FieldMapRow, value: Any, record: object) -> _Given:
    if _is_empty(value):
        if row.default and _has_neighbours(record, row.read):
            return _Given(Fate.DEFAULTED, row.default, f"empty here; {row.default} is sent, from the map")
        return _Given(Fate.EMPTY)
    if row.transform is Transform.TABLE:
        return _from_table(field_map.tables[row.table], row.table, str(value))
    return _TRANSFORMS[row.transform](value)


# -- transforms ----------------------------------------------------------------------------------------


def _text(value: Any) -> _Given:
    text = str(value).strip()
    if without_lone_surrogates(text) != text:
        return _Given(Fate.REFUSED, reason="it holds half a character, which can't be sent")
    return _Given(Fate.SENT, text)


def _date(value: Any) -> _Given:
    if not isinstance(value, date):
        return _Given(Fate.REFUSED, reason="it is no date")
    return _Given(Fate.CONVERTED, f"{value:%d/%m}/{value.year:04}", "FLEX writes dates dd/mm/yyyy")


def _money(value: Any) -> _Given:
    return _number(value, "dollars")


def _years(value: Any) -> _Given:
    return _number(value, "years")


def _number(value: Any, unit: str) -> _Given:
    if not isinstance(value, Decimal) or not value.is_finite():
        return _Given(Fate.REFUSED, reason="it is no number")
    if value < 0:
        return _Given(Fate.REFUSED, reason=f"{unit} can't be negative")
    if value.adjusted() > 12 or value != round(value, 2):
        return _Given(Fate.REFUSED, reason="it has more digits than FLEX can be trusted with")
    return _Given(Fate.SENT, number(value))


def _flag(value: Any) -> _Given:
    if not isinstance(value, bool):
        return _Given(Fate.REFUSED, reason="it is neither yes nor no")
    return _Given(Fate.CONVERTED, "Y" if value else "N", "FLEX writes flags Y or N")


def _from_table(table: dict[str, str], name: str, value: str) -> _Given:
    key = value.strip()
    by_key = {label_key(entry): target for entry, target in table.items()}
    target = table.get(key, by_key.get(label_key(key)))
    if target is None:
        return _Given(
            Fate.REFUSED, reason=f"not in the table “{name}”: " + ", ".join(dict.fromkeys(table.values()))
        )
    if target == key:
        return _Given(Fate.SENT, target)
    return _Given(Fate.CONVERTED, target, f"by the table “{name}”")


def _decided_elsewhere(value: Any) -> _Given:
    """Return the value unchanged. The plan decides, because it knows the catalogue and the amounts."""
    return _Given(Fate.SENT, value)


_TRANSFORMS: dict[Transform, Callable[[Any], _Given]] = {
    Transform.TEXT: _text,
    Transform.DATE: _date,
    Transform.MONEY: _money,
    Transform.YEARS: _years,
    Transform.FLAG: _flag,
    Transform.SPLIT: _money,
    Transform.LOOK_UP: _decided_elsewhere,
    Transform.STANDING: _decided_elsewhere,
    Transform.FILES: _decided_elsewhere,
}


def _join(values: list[Any]) -> list[_Given]:
    """Join several texts into one, with a comma between them."""
    parts = [None if _is_empty(value) else _text(value) for value in values]
    usable = [part.value for part in parts if part is not None and part.fate is Fate.SENT]
    joined = (
        _Given(Fate.JOINED, ", ".join(usable), "the lines are joined into one")
        if len(usable) > 1
        else _Given(Fate.SENT, "".join(usable))
    )
    return [
        _Given(Fate.EMPTY) if part is None else part if part.fate is Fate.REFUSED else joined
        for part in parts
    ]


def _choose(rows: list[FieldMapRow], values: list[Any]) -> list[_Given]:
    """Return one option for several flags: the option of the flag that is set, or `both` if more than one is set."""
    chosen = [row.choice for row, value in zip(rows, values, strict=True) if value is True]
    option = rows[0].both if len(chosen) > 1 else (chosen[0] if chosen else None)
    given: list[_Given] = []
    for value in values:
        if _is_empty(value):
            given.append(_Given(Fate.EMPTY))
        elif not isinstance(value, bool):
            given.append(_Given(Fate.REFUSED, reason="it is neither yes nor no"))
        elif option is None:
            given.append(_Given(Fate.EMPTY, reason="none of the options is set"))
        else:
            given.append(_Given(Fate.CONVERTED, option, f"FLEX gets one option: {option}"))
    return given


# -- reading a record ----------------------------------------------------------------------------------


def read(record: object, path: str) -> Any:
    """Return the value at a dotted path of a record, or `NotOnFile` if the record has no such part."""
    value: Any = record
    for name in path.split("."):
        if value is None:
            return None
        value = value.get(name, NotOnFile) if isinstance(value, dict) else getattr(value, name, NotOnFile)
        if value is NotOnFile:
            return NotOnFile
    return value


def _is_empty(value: Any) -> bool:
    return (
        value is None or value is NotOnFile or value == () or (isinstance(value, str) and not value.strip())
    )


def _has_neighbours(record: object, path: str) -> bool:
    """Return True if the part of the record that a field belongs to holds anything at all."""
    inside = path.rpartition(".")[0]
    part = read(record, inside) if inside else record
    return isinstance(part, Struct) and any(not _is_empty(value) for value in msgspec.structs.astuple(part))


def show(value: Any) -> str:
    """Return a source value as a person reads it: "yes" or "no", 640,000.00 for an amount, "" for nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:,f}" if _is_readable(value) else str(value)
    return "" if _is_empty(value) else str(value)


def _is_readable(value: Decimal) -> bool:
    """Return True if a number can be written out without a long row of zeros."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -24 and value.adjusted() <= 24


def number(value: Decimal) -> int | float:
    """Return a decimal as the shortest JSON number: 640000, not 640000.00."""
    integer = int(value)
    return integer if value == integer else float(value)
