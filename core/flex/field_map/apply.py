"""Apply the field map to one record: the JSON objects that FLEX gets, and one line per field with its fate. Pure.

A record is a value of `core.flex.model`, or a dict with the same fields.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from core.compare.keys import label_key
from core.compare.spreadsheet_traces import trace_reason
from core.flex.field_map.fates import ARRIVES, Fate, Field, Mark
from core.flex.field_map.forms import FormKind, fit, is_abroad, is_home_postcode
from core.flex.field_map.model import FieldMap, FieldMapRow, Scope, Transform
from core.odd_values import MayBeOdd, OddField
from core.texts import has_lone_surrogate

Objects = dict[str, dict[str, Any]]
"""FLEX objects by name, each a JSON object: the rows of one record fill them."""


class Mapped(Struct, frozen=True):
    """What became of one record: the objects that it fills, and the fate of each field in the map's order."""

    objects: Objects
    fields: tuple[Field, ...]


class _Given(Struct, frozen=True):
    """What one transform makes of one value. `guess` says that an entry of a table is our guess."""

    fate: Fate
    value: Any = None
    reason: str = ""
    guess: bool = False


_SWITCHED_OFF = _Given(Fate.NO_HOME, reason="switched off in your map")


class NotOnFile:
    """Marks a value that can't be reached, because the record has no such part."""


def map_record(
    field_map: FieldMap,
    scope: Scope,
    record: object,
    *,
    about: str = "",
    local_id: str = "",
    today: date = date.max,
    targets: Collection[str] = (),
) -> Mapped:
    """Map a record by every row of a scope, or by those alone that go to one of `targets`, if there are any.

    Rows with one target are joined into one value, or one of their options is chosen, as their transform says. A value
    that does not have the form of its target is refused. `about` and `local_id` go into each line; `today` is the last
    day that a birth date may be.
    """
    rows = field_map.rows(scope)
    sent: dict[str, Any] = {}
    lines: dict[int, Field] = {}
    for group in field_map.groups(scope):
        target = rows[group[0]].target
        if targets and target not in targets:
            continue
        form = field_map.forms.get(target)
        country = str(sent.get(form.country, "")) if form else ""
        values = [read(record, rows[i].read) for i in group]
        givens = _map_group(field_map, [rows[i] for i in group], values, record, country, today)
        for i, value, given in zip(group, values, givens, strict=True):
            row = rows[i]
            lines[i] = Field(
                section=row.section,
                source=row.source,
                source_value=show(value),
                target="" if row.off else row.target,
                value=given.value,
                fate=given.fate,
                confidence=Mark.GUESS if given.guess else row.confidence,
                reason=given.reason or (row.remark if given.value is not None else ""),
                about=about,
                local_id=local_id,
                table=row.table if row.transform is Transform.TABLE else "",
            )
            if given.value is not None:
                sent[target] = given.value
    return Mapped(_objects(rows, sent), tuple(lines[i] for i in sorted(lines)))


def _objects(rows: Sequence[FieldMapRow], sent: dict[str, Any]) -> Objects:
    """Return the objects with the values that are sent, in the map's order."""
    objects: Objects = {}
    for row in rows:
        if row.target in sent and not row.off:
            objects.setdefault(row.target_object, {})[row.target_field] = sent[row.target]
    return objects


def _map_group(
    field_map: FieldMap,
    rows: list[FieldMapRow],
    values: list[Any],
    record: object,
    country: str,
    today: date,
) -> list[_Given]:
    if rows[0].off:
        return [_Given(Fate.EMPTY) if _is_empty(value) else _SWITCHED_OFF for value in values]
    match rows[0].transform:
        case Transform.JOIN:
            givens = _join([None if isinstance(value, OddField) else value for value in values])
        case Transform.CHOICE:
            givens = _choose(rows, [None if isinstance(value, OddField) else value for value in values])
        case (
            Transform.TEXT
            | Transform.DATE
            | Transform.MONEY
            | Transform.YEARS
            | Transform.FLAG
            | Transform.TABLE
            | Transform.SPELLING
            | Transform.SPLIT
            | Transform.LOOK_UP
            | Transform.STANDING
            | Transform.FILES
        ):
            givens = [_map_one(field_map, rows[0], values[0], record, country)]
    return [
        _Given(Fate.REFUSED, reason=value.reason)
        if isinstance(value, OddField)
        else _in_form(field_map, rows[0].target, given, country, today)
        for value, given in zip(values, givens, strict=True)
    ]


def _map_one(field_map: FieldMap, row: FieldMapRow, value: Any, record: object, country: str) -> _Given:
    if isinstance(value, OddField):
        return _Given(Fate.REFUSED, reason=value.reason)
    if _is_empty(value):
        if row.default and _has_neighbours(record, row.read):
            if _is_overseas(field_map, row, record):
                return _Given(Fate.EMPTY, reason=NOT_AT_HOME)
            return _Given(Fate.DEFAULTED, row.default, f"empty here; {row.default} is sent, from the map")
        return _Given(Fate.EMPTY)
    if row.transform is Transform.SPELLING:
        return _by_spelling(field_map.tables[row.table], row.table, _text(value))
    if row.transform is Transform.TABLE:
        form = field_map.forms.get(row.target)
        if form is not None and form.kind is FormKind.STATE and is_abroad(country):
            return _text(value)
        return _from_table(field_map, row.table, str(value))
    return _TRANSFORMS[row.transform](value)


NOT_AT_HOME = "not sent: no country is written, and the state or the postcode is not Australian"


def _is_overseas(field_map: FieldMap, row: FieldMapRow, record: object) -> bool:
    """Return True if `row` is a country, and the state or the postcode of its address is none of Australia's.

    A map's default for a missing country would be wrong there. Which fields belong to a country is said by the forms.
    """
    for other in field_map.rows(row.scope):
        form = field_map.forms.get(other.target)
        if form is None or form.country != row.target:
            continue
        value = read(record, other.read)
        if isinstance(value, OddField):
            return True
        if _is_empty(value):
            continue
        if form.kind is FormKind.STATE and other.table:
            if _entry(field_map.tables[other.table], str(value)) is None:
                return True
        elif form.kind is FormKind.POSTCODE and not is_home_postcode(str(value)):
            return True
    return False


def _in_form(field_map: FieldMap, target: str, given: _Given, country: str, today: date) -> _Given:
    """Return a value in the form of its target, or refused if it does not fit."""
    form = field_map.forms.get(target)
    if form is None or given.fate not in ARRIVES or given.value is None:
        return given
    fitted = fit(form, given.value, country=country, today=today)
    if fitted.wrong:
        return _Given(Fate.REFUSED, reason=fitted.wrong)
    if fitted.value == given.value:
        return given
    fate = Fate.CONVERTED if given.fate is Fate.SENT else given.fate
    reason = "; ".join(part for part in (given.reason, fitted.change) if part)
    return _Given(fate, fitted.value, reason, given.guess)


# -- transforms ----------------------------------------------------------------------------------------


def _text(value: Any) -> _Given:
    text = str(value).strip()
    if has_lone_surrogate(text):
        return _Given(Fate.REFUSED, reason="it holds half a character, which can't be sent")
    return _Given(Fate.SENT, text)


def _date(value: Any) -> _Given:
    if not isinstance(value, date):
        return _Given(Fate.REFUSED, reason="it isn't a date")
    return _Given(Fate.CONVERTED, f"{value:%d/%m}/{value.year:04}", "FLEX writes dates dd/mm/yyyy")


def _money(value: Any) -> _Given:
    return _number(value, "dollars")


def _years(value: Any) -> _Given:
    return _number(value, "years")


def _number(value: Any, unit: str) -> _Given:
    if not isinstance(value, Decimal) or not value.is_finite():
        return _Given(Fate.REFUSED, reason="it isn't a number")
    if value < 0:
        return _Given(Fate.REFUSED, reason=f"{unit} can't be negative")
    if value.adjusted() > 12 or value != round(value, 2):
        return _Given(Fate.REFUSED, reason="it has more digits than FLEX can be trusted with")
    return _Given(Fate.SENT, number(value))


def _flag(value: Any) -> _Given:
    if not isinstance(value, bool):
        return _Given(Fate.REFUSED, reason="it isn't yes or no")
    return _Given(Fate.CONVERTED, "Y" if value else "N", "FLEX writes flags Y or N")


def _from_table(field_map: FieldMap, name: str, value: str) -> _Given:
    table = field_map.tables[name]
    entry = _entry(table, value)
    if entry is None:
        return _Given(
            Fate.REFUSED, reason=f"not in the table “{name}”: " + ", ".join(dict.fromkeys(table.values()))
        )
    target = table[entry]
    if target == value.strip():
        return _Given(Fate.SENT, target)
    if field_map.is_guess(name, entry):
        reason = f"“{target}” is our guess, by the table “{name}”; change it in your own map if it is wrong"
        return _Given(Fate.CONVERTED, target, reason, guess=True)
    return _Given(Fate.CONVERTED, target, f"by the table “{name}”")


def _by_spelling(table: dict[str, str], name: str, text: _Given) -> _Given:
    """Return the table's spelling of a text. A text that the table does not know is sent as it is."""
    entry = _entry(table, text.value) if text.fate is Fate.SENT else None
    if entry is None or table[entry] == text.value:
        return text
    return _Given(Fate.CONVERTED, table[entry], f"by the table “{name}”")


def _entry(table: dict[str, str], value: str) -> str | None:
    """Return the key of a value's entry, without regard to case; None if the table does not have the value."""
    key = value.strip()
    if key in table:
        return key
    label = label_key(key)
    return next((entry for entry in table if label_key(entry) == label), None)


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


def _line(value: Any) -> _Given:
    part = _text(value)
    trace = trace_reason(str(part.value))
    return _Given(Fate.REFUSED, reason=trace) if trace else part


def _join(values: list[Any]) -> list[_Given]:
    """Join several texts into one, with a comma between them."""
    parts = [None if _is_empty(value) else _line(value) for value in values]
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
            given.append(_Given(Fate.REFUSED, reason="it isn't yes or no"))
        elif option is None:
            given.append(_Given(Fate.EMPTY, reason="none of the options is set"))
        else:
            given.append(_Given(Fate.CONVERTED, option, f"FLEX gets one option: {option}"))
    return given


# -- reading a record ----------------------------------------------------------------------------------


def read(record: object, path: str) -> Any:
    """Return the value at a dotted path of a record, or `NotOnFile` if the record has no such part.

    If a field on the way holds an odd value, its `OddField` is returned.
    """
    value: Any = record
    for name in path.split("."):
        if value is None:
            return None
        if isinstance(value, MayBeOdd) and (odd := value.odd.get(name)):
            return odd
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
    return isinstance(part, Struct) and any(
        name != "odd" and not _is_empty(getattr(part, name)) for name in part.__struct_fields__
    )


def show(value: Any) -> str:
    """Return a source value as a person reads it: "yes" or "no", 640,000.00 for an amount, "" for nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:,f}" if _is_readable(value) else str(value)
    if isinstance(value, OddField):
        return value.text
    return "" if _is_empty(value) else str(value)


def _is_readable(value: Decimal) -> bool:
    """Return True if a number can be written out without a long row of zeros."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -24 and value.adjusted() <= 24


def number(value: Decimal) -> int | float:
    """Return a decimal as the shortest JSON number: 640000, not 640000.00."""
    integer = int(value)
    return integer if value == integer else float(value)
