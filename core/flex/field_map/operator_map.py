"""The operator's own map: rows and tables of values that change the shipped map or add to it. Pure.

The rows that the push relies on can't be changed: names, products, notes. A field that goes by a table of values keeps
going by a table, so that a value in no table is still refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.compare.keys import label_key
from core.decoding.typed_json import convert_value
from core.error_words import shape_fault
from core.flex.field_map.checks import BY_TABLE, BrokenMap, check_rows, near, row_name
from core.flex.field_map.fates import Mark
from core.flex.field_map.forms import TargetForm
from core.flex.field_map.model import FieldMap, FieldMapRow, Scope, Transform

KEEPS: Final = ("section", "read")
"""Keys that identify a shipped row. They may be repeated, but not changed."""
_KEYS: Final = FieldMapRow.__struct_fields__
_WHOLE: Final = ("section", "source", "scope", "read", "target", "transform")
_PINNED: Final = frozenset({"Applicant.FirstName", "Applicant.LastName"})
"""A person is found by these two fields after a lost reply, so their rows can't be changed."""
_PINNED_SCOPES: Final = frozenset({Scope.PRODUCT, Scope.NOTE})
_MAY_SAY: Final = frozenset({"confidence", "remark"})
_BY_LIST: Final = (Transform.TABLE, Transform.CHOICE)


class RowOrigin(StrEnum):
    """Who wrote a row or an entry."""

    SHIPPED = "shipped"
    YOURS = "yours"


class Difference(Struct, frozen=True):
    """One difference between the map in use and the shipped map. A side that has nothing is "".

    `place` is the row's source or the table's name, `key` the row's key or the table's entry ("" for a new row).
    """

    what: str
    place: str
    key: str
    shipped: str
    yours: str


class Maps(Struct, frozen=True):
    """The map in use, the shipped map behind it, and the file that changes it ("" if there is no file)."""

    in_use: FieldMap
    shipped: FieldMap
    file: str = ""

    def origin(self, row: FieldMapRow) -> RowOrigin:
        """Return who wrote a row. A row is the operator's as soon as anything in it differs."""
        return RowOrigin.SHIPPED if row in self.shipped.row else RowOrigin.YOURS

    def entry_origin(self, table: str, key: str) -> RowOrigin:
        """Return who wrote an entry of a table. A guess that the operator confirmed is the operator's."""
        shipped = self.shipped.tables.get(table, {})
        confirmed = self.shipped.is_guess(table, key) and not self.in_use.is_guess(table, key)
        same = shipped.get(key) == self.in_use.tables[table][key] and not confirmed
        return RowOrigin.SHIPPED if same else RowOrigin.YOURS

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every difference from the shipped map, in the map's order: rows, then tables."""
        before = {(row.scope, row.source): row for row in self.shipped.row}
        differences: list[Difference] = []
        for row in self.in_use.row:
            differences += _row_differences(before.get((row.scope, row.source)), row)
        for name, table in self.in_use.tables.items():
            differences += _table_differences(name, self.shipped.tables.get(name, {}), table)
        return tuple(differences)


def merge(shipped: FieldMap, own: Mapping[str, Any], file: str) -> FieldMap:
    """Return a map changed by an operator's decoded file.

    Raises `BrokenMap` with the file, the row and what is wrong.

    The version names both: the shipped map's version and a short hash of the file's content ("1+3f9c2a"). A file
    without rows and tables changes nothing.
    """
    for key in own:
        if key not in ("row", "tables"):
            raise BrokenMap(file, "the file", f"unknown key “{key}”{near(key, ('row', 'tables'))}")
    if not own.get("row") and not own.get("tables"):
        return shipped
    tables = _merge_tables(shipped.tables, own.get("tables", {}), file)
    rows = list(shipped.row)
    place = {(str(row.scope), row.source): n for n, row in enumerate(rows)}
    names: dict[int, str] = {}
    for number, raw in enumerate(_tables_of_rows(own.get("row", []), file)):
        where = row_name(number, raw["source"])
        named = (str(raw["scope"]), str(raw["source"]))
        at = place.get(named)
        if at is not None and at in names:
            raise BrokenMap(file, where, f"{names[at]} is about the same field")
        if at is None:
            at = place[named] = len(rows)
            rows.append(_new_row(raw, shipped, file, where))
        else:
            rows[at] = _changed_row(shipped.row[at], raw, file, where)
        names[at] = where
    merged = FieldMap(
        f"{shipped.version}+{_short_hash(own)}",
        tuple(rows),
        tables,
        _remaining_guesses(shipped, own.get("tables", {})),
        _widened(shipped.forms, rows, tables),
    )
    check_rows(merged, file, names)
    for n, where in names.items():
        if wrong := _goes_round_a_list(shipped, rows[n]):
            raise BrokenMap(file, where, wrong)
    _check_that_tables_are_used(merged, shipped, file)
    return merged


def _short_hash(own: Mapping[str, Any]) -> str:
    text = json.dumps(own, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:6]


# -- rows ----------------------------------------------------------------------------------------------


def _tables_of_rows(rows: Any, file: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(raw, dict) for raw in rows):
        raise BrokenMap(file, "row", "rows are written as [[row]], each with its keys below")
    for number, raw in enumerate(rows):
        where = row_name(number, str(raw.get("source", "")))
        for key in raw:
            if key not in _KEYS:
                raise BrokenMap(file, where, f"unknown key “{key}”{near(key, _KEYS)}")
        for key in ("scope", "source"):
            if not isinstance(raw.get(key), str):
                raise BrokenMap(
                    file, where, f"`{key}` is missing: a row is named by its scope and its source"
                )
        if raw["scope"] not in list(Scope):
            known = ", ".join(Scope)
            raise BrokenMap(file, where, f"there is no scope “{raw['scope']}”; they are {known}")
    return rows


def _changed_row(row: FieldMapRow, raw: Mapping[str, Any], file: str, where: str) -> FieldMapRow:
    """Return a shipped row with the operator's changes."""
    shipped: dict[str, Any] = msgspec.to_builtins(row)
    for key in KEEPS:
        if key in raw and raw[key] != shipped[key]:
            raise BrokenMap(file, where, f"`{key}` of a shipped row is “{shipped[key]}” and stays so")
    changes = {key: value for key, value in raw.items() if value != shipped[key]}
    pinned = row.scope in _PINNED_SCOPES or row.target in _PINNED
    if pinned and (other := changes.keys() - _MAY_SAY):
        raise BrokenMap(file, where, f"the push itself needs this row: `{min(other)}` can't be changed")
    if "table" in changes and changes["table"] != "" and "transform" not in raw:
        changes["transform"] = Transform.TABLE.value
    if changes.get("transform", Transform.TABLE) not in BY_TABLE and "table" not in raw:
        changes["table"] = ""
    if (
        changes.get("transform", Transform.CHOICE) != Transform.CHOICE
        and "choice" not in raw
        and "both" not in raw
    ):
        changes |= {"choice": "", "both": ""}
    return _row({**shipped, "confidence": Mark.OPERATOR.value, **_confidence(raw), **changes}, file, where)


def _confidence(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"confidence": raw["confidence"]} if "confidence" in raw else {}


def _new_row(raw: Mapping[str, Any], shipped: FieldMap, file: str, where: str) -> FieldMapRow:
    """Return a row that the shipped map does not have.

    A row with missing keys was meant for a shipped row: the error says which row may be meant.
    """
    scope = Scope(raw["scope"])
    if missing := [key for key in _WHOLE if key not in raw]:
        raise BrokenMap(file, where, _unknown(raw["source"], scope, shipped, missing))
    if scope in _PINNED_SCOPES:
        raise BrokenMap(file, where, f"FLEX takes nothing more of a {scope}: no row can be added there")
    if raw.get("off") is True:
        raise BrokenMap(file, where, "only a shipped row can be switched off; leave this one out")
    return _row({"confidence": Mark.OPERATOR.value, **raw}, file, where)


def _unknown(source: str, scope: Scope, shipped: FieldMap, missing: Sequence[str]) -> str:
    elsewhere = [row.scope for row in shipped.row if row.source == source]
    problem = f"the shipped map has no row “{source}” in the scope {scope}"
    if elsewhere:
        return f"{problem}; did you mean the scope {elsewhere[0]}?"
    if like := near(source, (row.source for row in shipped.rows(scope))):
        return f"{problem}{like}"
    return f"{problem}; a row of your own also needs {', '.join(missing)}"


def _row(raw: Mapping[str, Any], file: str, where: str) -> FieldMapRow:
    try:
        return convert_value(raw, FieldMapRow)
    except msgspec.ValidationError as error:
        wrong, key = shape_fault(error)
        raise BrokenMap(
            file, where, f"`{key}`: {_in_words(key, wrong, raw.get(key))}" if key else wrong
        ) from None


def _in_words(key: str, wrong: str, value: object) -> str:
    kinds = {"transform": Transform, "confidence": Mark}
    if key in kinds and isinstance(value, str):
        return f"there is no “{value}”{near(value, kinds[key])}; they are {', '.join(kinds[key])}"
    return wrong


def _goes_round_a_list(shipped: FieldMap, row: FieldMapRow) -> str:
    """Return what is wrong if a row lets values past a table, else "". A value in no table must be refused."""
    if row.off:
        return ""
    tabled = {
        (shipped_row.scope, shipped_row.read)
        for shipped_row in shipped.row
        if shipped_row.transform is Transform.TABLE
    }
    if (row.scope, row.read) in tabled and row.transform is not Transform.TABLE:
        return "its values go by a table, and stay so: add what is missing to the table"
    listed = {
        (shipped_row.scope, shipped_row.target): shipped_row
        for shipped_row in shipped.row
        if shipped_row.transform in _BY_LIST
    }
    before = listed.get((row.scope, row.target))
    if before is not None and row.transform not in _BY_LIST:
        return f"“{row.target}” takes only the values of a list: fill it by a table"
    return ""


# -- tables --------------------------------------------------------------------------------------------


def _merge_tables(shipped: Mapping[str, dict[str, str]], own: Any, file: str) -> dict[str, dict[str, str]]:
    if not isinstance(own, dict):
        raise BrokenMap(file, "tables", "tables are written as [tables.NAME], with their entries below")
    merged = {name: dict(table) for name, table in shipped.items()}
    for name, entries in own.items():
        where = f"table {name}"
        if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
            raise BrokenMap(file, where, 'entries are written as "value here" = "value in FLEX"')
        merged[name] = _merge_table(merged.get(name, {}), entries, file, where)
    return merged


def _merge_table(table: dict[str, str], entries: Mapping[str, str], file: str, where: str) -> dict[str, str]:
    """Add, replace and remove entries. Two keys that differ only in case are the same entry."""
    merged = dict(table)
    seen: set[str] = set()
    for key, value in entries.items():
        if label_key(key) in seen:
            raise BrokenMap(file, where, f"“{key}” is in it twice")
        seen.add(label_key(key))
        same = [known for known in merged if label_key(known) == label_key(key)]
        if value == "" and not same:
            raise BrokenMap(file, where, f"there is no “{key}” to remove{near(key, table)}")
        if not same:
            merged[key] = value
        for known in same:
            if value == "":
                del merged[known]
            else:
                merged[known] = value
    return merged


def _remaining_guesses(shipped: FieldMap, own: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the shipped guesses about which the operator's file says nothing."""
    settled = {name: {label_key(key) for key in entries} for name, entries in own.items()}
    return {
        name: tuple(key for key in keys if label_key(key) not in settled.get(name, ()))
        for name, keys in shipped.guesses.items()
    }


def _widened(
    forms: Mapping[str, TargetForm], rows: Sequence[FieldMapRow], tables: Mapping[str, Mapping[str, str]]
) -> dict[str, TargetForm]:
    """Return the forms with the operator's own words in the lists of their targets.

    Whoever writes a value into a table knows that the gateway takes the value, and our contract's lists are ours alone.
    """
    widened = dict(forms)
    for row in rows:
        form = widened.get(row.target)
        if form is None or not form.values:
            continue
        words = (
            tables.get(row.table, {}).values() if row.transform is Transform.TABLE else (row.choice, row.both)
        )
        more = tuple(word for word in dict.fromkeys(words) if word and word not in form.values)
        widened[row.target] = msgspec.structs.replace(form, values=form.values + more)
    return widened


def _check_that_tables_are_used(merged: FieldMap, shipped: FieldMap, file: str) -> None:
    used = {row.table for row in merged.row}
    for name in merged.tables.keys() - shipped.tables.keys() - used:
        raise BrokenMap(file, f"table {name}", f"no row uses it{near(name, shipped.tables)}")


# -- what differs --------------------------------------------------------------------------------------


def _row_differences(before: FieldMapRow | None, row: FieldMapRow) -> list[Difference]:
    if before is None:
        return [Difference("row", row.source, "", "", row.target)]
    return [
        Difference("row", row.source, key, _said(getattr(before, key)), _said(getattr(row, key)))
        for key in _KEYS
        if getattr(before, key) != getattr(row, key)
    ]


def _said(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _table_differences(name: str, before: Mapping[str, str], table: Mapping[str, str]) -> list[Difference]:
    return [
        Difference("table", name, key, before.get(key, ""), table.get(key, ""))
        for key in {**before, **table}
        if before.get(key) != table.get(key)
    ]
