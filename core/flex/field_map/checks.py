"""Check a field map before it is used: every row can do what it says, and no two rows fill one field. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, Final, get_args, get_type_hints

import msgspec

from core.compare.keys import label_key
from core.decoding.typed_json import convert_value
from core.error_words import shape_fault
from core.errors import UsageError
from core.flex.field_map.forms import FormKind, TargetForm
from core.flex.field_map.model import READABLE, SHARED, TARGETS, FieldMap, FieldMapRow, Scope, Transform
from core.flex.model import Person, Property, Requirements

RESERVED: Final = frozenset(
    {
        *(
            "Applicant.FLEXId",
            "Applicant.IntegrationId",
            "Applicant.OtherAddress",
            "OtherAddress.AddressType",
        ),
        *("Opportunity.FLEXId", "Opportunity.IntegrationId", "Opportunity.Applicants"),
        *("Opportunity.Product", "Opportunity.ProductFilter"),
        *("Property.FLEXId", "Property.IntegrationId", "Property.Opportunity"),
    }
)
"""Fields that the push fills itself: ids, references, and the objects within objects."""
SIDE_EFFECTS: Final = re.compile(r"SendConfirmationEmail|EmailAddrOverwrite|AllowDeleting.*", re.IGNORECASE)
"""FLEX fields that make FLEX act on its own. No push sends them (docs/domain.md, FLEX)."""
BY_TABLE: Final = frozenset({Transform.TABLE, Transform.SPELLING})
"""The transforms that look a value up in a table."""
SPLIT_TARGET: Final = "Product.SplitAmount"
"""The only field of a product that requirements fill. The plan moves it to the SELECTED product."""

_NOUNS: Final[dict[Scope, type]] = {
    Scope.PERSON: Person,
    Scope.REQUIREMENTS: Requirements,
    Scope.PROPERTY: Property,
}
_TAKES: Final[dict[Transform, tuple[type, str]]] = {
    Transform.TEXT: (str, "a text"),
    Transform.JOIN: (str, "a text"),
    Transform.TABLE: (str, "a text"),
    Transform.SPELLING: (str, "a text"),
    Transform.DATE: (date, "a date"),
    Transform.MONEY: (Decimal, "a number"),
    Transform.YEARS: (Decimal, "a number"),
    Transform.SPLIT: (Decimal, "a number"),
    Transform.FLAG: (bool, "a yes or no"),
    Transform.CHOICE: (bool, "a yes or no"),
}
_ONLY_IN: Final = {
    Transform.LOOK_UP: Scope.PRODUCT,
    Transform.STANDING: Scope.PRODUCT,
    Transform.FILES: Scope.NOTE,
}
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")


class BrokenMap(UsageError):
    """A map can't be used. `where` is the row or table, `wrong` says what is wrong with it."""

    def __init__(self, file: str, where: str, wrong: str) -> None:
        super().__init__(
            "broken-map",
            f"The field map {file} is broken: {where}: {wrong}{'' if wrong.endswith('?') else '.'}",
            place=where,
            file=file,
        )
        self.where = where
        self.wrong = wrong


def check_map(raw: Mapping[str, Any], file: str) -> FieldMap:
    """Return a decoded TOML file as a checked map. Raises `BrokenMap` with the file, the row and what is wrong."""
    try:
        field_map = convert_value(raw, FieldMap)
    except msgspec.ValidationError as error:
        wrong, path = shape_fault(error)
        raise BrokenMap(file, _row_name(raw, path), wrong) from None
    check_rows(field_map, file, {n: row_name(n, row.source) for n, row in enumerate(field_map.row)})
    return field_map


def check_rows(field_map: FieldMap, file: str, names: Mapping[int, str]) -> None:
    """Check every row and table. Raises `BrokenMap`.

    `names` maps the index of a row to its name in `file`. A row that is not in `names` is a shipped row: where two
    rows fill one target, the error names the row of the file.
    """
    _check_tables_and_forms(field_map, file)
    seen: set[tuple[Scope, str]] = set()
    filled: dict[tuple[Scope, str], FieldMapRow] = {}
    for n in sorted(range(len(field_map.row)), key=lambda n: (n in names, n)):
        row = field_map.row[n]
        where = names.get(n, f"the shipped row {row.source}")
        if wrong := _wrong_with(row, field_map.tables):
            raise BrokenMap(file, where, wrong)
        if (row.scope, row.source) in seen:
            raise BrokenMap(file, where, "the same field has a row already")
        seen.add((row.scope, row.source))
        if row.off:
            continue
        before = filled.setdefault((row.scope, row.target), row)
        if before is row:
            continue
        if not (before.transform is row.transform and row.transform in SHARED):
            raise BrokenMap(file, where, f"another row fills “{row.target}” already")
        if before.both != row.both:
            raise BrokenMap(
                file, where, f"`both` is “{row.both}” here and “{before.both}” at {before.source}"
            )


def _check_tables_and_forms(field_map: FieldMap, file: str) -> None:
    for name, table in field_map.tables.items():
        if wrong := _wrong_with_table(table):
            raise BrokenMap(file, f"table {name}", wrong)
    for name, entries in field_map.guesses.items():
        if missing := [key for key in entries if key not in field_map.tables.get(name, {})]:
            raise BrokenMap(file, f"guesses of {name}", f"the table has no “{missing[0]}”")
    for target, form in field_map.forms.items():
        if wrong := _wrong_with_form(form):
            raise BrokenMap(file, f"form of {target}", wrong)


def near(word: str, words: Iterable[str]) -> str:
    """Return "; did you mean “…”?" if one of the words is similar, else ""."""
    similar = difflib.get_close_matches(word, list(words), 1)
    return f"; did you mean “{similar[0]}”?" if similar else ""


def row_name(n: int, source: str) -> str:
    """Return the name by which a person finds a row in the file: "row 3 (Loan Purpose)"."""
    return f"row {n + 1} ({source})" if source else f"row {n + 1}"


# -- one row -------------------------------------------------------------------------------------------


def _wrong_with(row: FieldMapRow, tables: Mapping[str, Mapping[str, str]]) -> str:
    return _wrong_target(row) or _wrong_keys(row, tables) or _wrong_read(row) or _wrong_default(row, tables)


def _wrong_target(row: FieldMapRow) -> str:
    objects = TARGETS[row.scope]
    if row.target_object not in objects or not row.target_field:
        return f"target “{row.target}” is not a field of {_either(objects)}"
    if not _NAME.fullmatch(row.target_field):
        return f"target “{row.target}” isn't the name of a field"
    if row.target in RESERVED:
        return f"“{row.target}” is filled by the push itself"
    if SIDE_EFFECTS.fullmatch(row.target_field):
        return f"“{row.target}” would make FLEX act on its own; brokerdesk never sends it"
    if row.scope is Scope.REQUIREMENTS:
        is_split = row.transform is Transform.SPLIT
        if is_split != (row.target == SPLIT_TARGET) or (is_split and row.read != "split_loan"):
            return f"only the split loan goes to a product: “{SPLIT_TARGET}”, by the transform “split”"
        if row.target_object == "Product" and not is_split:
            return f"of a product, only “{SPLIT_TARGET}” can be filled"
    return ""


def _wrong_keys(row: FieldMapRow, tables: Mapping[str, object]) -> str:
    if (row.transform in BY_TABLE) != bool(row.table):
        return "the transforms “table” and “spelling” and the key `table` go together"
    if row.table and row.table not in tables:
        return f"there is no table “{row.table}”{near(row.table, tables)}"
    if (row.transform is Transform.CHOICE) != bool(row.choice.strip() and row.both.strip()):
        return "the transform “choice” and the keys `choice` and `both` go together"
    if row.transform is not Transform.CHOICE and (row.choice or row.both):
        return "the keys `choice` and `both` are for the transform “choice”"
    return ""


def _wrong_read(row: FieldMapRow) -> str:
    if row.read not in READABLE[row.scope]:
        return f"there is no “{row.read}” to read{near(row.read, READABLE[row.scope])}"
    if not row.source.strip() or not row.section.strip():
        return "`source` and `section` can't be blank"
    only_in = _ONLY_IN.get(row.transform)
    if only_in is not None and row.scope is not only_in:
        return f"the transform “{row.transform}” is for {only_in} rows only"
    takes = _TAKES.get(row.transform)
    if takes is not None and row.scope in _NOUNS and (kind := _kind(row.scope, row.read)) is not takes[0]:
        fitting = ", ".join(f"“{name}”" for name, (what, _) in _TAKES.items() if what is kind)
        return f"the transform “{row.transform}” takes {takes[1]}, and “{row.read}” isn't one; it takes {fitting}"
    return ""


def _wrong_default(row: FieldMapRow, tables: Mapping[str, Mapping[str, str]]) -> str:
    if not row.default:
        return ""
    if not row.default.strip():
        return "`default` is blank, and blanks are never sent"
    match row.transform:
        case Transform.TEXT | Transform.SPELLING:
            return ""
        case Transform.FLAG:
            return "" if row.default in ("Y", "N") else "`default` of a flag is Y or N"
        case Transform.TABLE:
            values = dict.fromkeys(tables[row.table].values())
            return (
                ""
                if row.default in values
                else f"`default` “{row.default}” is not in the table “{row.table}”"
            )
        case (
            Transform.DATE
            | Transform.MONEY
            | Transform.YEARS
            | Transform.JOIN
            | Transform.CHOICE
            | Transform.SPLIT
            | Transform.LOOK_UP
            | Transform.STANDING
            | Transform.FILES
        ):
            return f"the transform “{row.transform}” takes no `default`"


@cache
def _kind(scope: Scope, path: str) -> type:
    """Return the type of the value at a dotted path of a record."""
    kind: Any = _NOUNS[scope]
    for name in path.split("."):
        hint = get_type_hints(kind)[name]
        kind = next((part for part in get_args(hint) if part is not NoneType), hint)
    at_path: type = kind
    return at_path


# -- one table -----------------------------------------------------------------------------------------


def _wrong_with_table(table: Mapping[str, str]) -> str:
    if not table:
        return "it has no entry, so every value would be refused"
    seen: dict[str, str] = {}
    for key, value in table.items():
        if not key.strip():
            return "an entry without a name is never found: empty fields are not looked up"
        if not value.strip():
            return f"“{key}” has no value, and blanks are never sent"
        if seen.setdefault(label_key(key), value) != value:
            return f"“{key}” is in it twice, with different values"
    return ""


# -- one form ------------------------------------------------------------------------------------------


def _wrong_with_form(form: TargetForm) -> str:
    try:
        re.compile(form.pattern)
    except re.error as error:
        place = "" if error.pos is None else f" (character {error.pos + 1})"
        return f"`pattern` isn't a regular expression{place}"
    match form.kind:
        case FormKind.LIST | FormKind.STATE:
            return "" if form.values else "a list needs `values`"
        case FormKind.NUMBER | FormKind.YEARS:
            return "" if form.least <= form.most else "`least` is more than `most`"
        case FormKind.PHONE | FormKind.DATE:
            return "" if form.pattern else "it needs a `pattern`"
        case FormKind.LINE | FormKind.LINES | FormKind.EMAIL | FormKind.POSTCODE:
            return ""


def _either(names: Iterable[str]) -> str:
    return " or ".join(sorted(names))


def _row_name(raw: Mapping[str, Any], path: str) -> str:
    """Return `row[3].transform` in words that a person finds in the file."""
    head, _, rest = path.partition(".")
    if head.startswith("row[") and head[4:-1].isdigit():
        index = int(head[4:-1])
        rows: Sequence[Any] = raw.get("row", ())
        source = rows[index].get("source", "") if isinstance(rows[index], dict) else ""
        name = row_name(index, str(source))
        return f"{name}, {rest}" if rest else name
    return path or "the file"
