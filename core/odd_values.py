"""One odd value costs one field: make a record of JSON, and keep next to the record what one of its fields can't hold.

Pure.

`convert` tries the strict way first. Where that fails, it goes through the record field by field: a value that does not
fit is left out and named, unless the field decides which record this is. Knows no system.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from inspect import isclass
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo

from core.compare.spreadsheet_traces import trace_reason
from core.decoding.typed_json import convert_value

T = TypeVar("T", bound=Struct)


class OddField(Struct, frozen=True):
    """A value that its field can't hold. `field` is the dotted path, `text` the value as text, `reason` why not."""

    field: str
    text: str
    reason: str


class OddFields:
    """The odd values of one record, by the names of its fields.

    It is not a type that JSON can be decoded into, so that no system can name odd values itself.
    """

    __slots__ = ("_by_name",)

    def __init__(self, by_name: Mapping[str, OddField]) -> None:
        self._by_name = dict(by_name)

    def get(self, name: str) -> OddField | None:
        """Return the odd value of a field; None if the field has none."""
        return self._by_name.get(name)

    def items(self) -> Iterator[tuple[str, OddField]]:
        """Yield name and value of each field that holds an odd value."""
        yield from self._by_name.items()

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OddFields) and self._by_name == other._by_name

    def __hash__(self) -> int:
        return hash(frozenset(self._by_name.items()))

    def __repr__(self) -> str:
        return f"OddFields({self._by_name!r})"


_INDEX: Final = re.compile(r"\[(\d+)\]")
NO_ODD: Final = OddFields({})


class MayBeOdd(Struct, frozen=True, kw_only=True):
    """A record from outside that keeps what its fields can't hold. `odd` is not part of the record's JSON."""

    odd: OddFields = msgspec.field(default=NO_ODD, name="(odd values)")


class Unfit(Exception):
    """A record can't be made: `field` is the path of what does not fit, "" if it is the record itself."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field or 'the record'}: {reason}")
        self.field = field
        self.reason = reason


def convert(raw: object, kind: type[T], deciding: Collection[str]) -> tuple[T, tuple[OddField, ...]]:
    """Return a JSON object as a record of `kind`, and the values that its fields can't hold.

    An odd value leaves its field at its default. A field that must have a text gets the value as text, "" for null. A
    record with a field `odd` keeps the values of its own fields there too.

    `deciding` names the fields, at any depth, without which it isn't known which record this is or what it may do. An
    odd value there, or a field that is missing, raises `Unfit`.
    """
    try:
        record = convert_value(raw, kind)
    except _UNFIT:
        pass
    else:
        if not _has_amounts(kind) or not _holds_an_odd_number(record):
            return record, ()
    if not isinstance(raw, dict):
        raise Unfit("", "it isn't a record")
    odd: list[OddField] = []
    return _built(raw, kind, "", deciding, odd), tuple(odd)


@lru_cache(maxsize=64)
def field_names(kind: type[Struct]) -> frozenset[str]:
    """Return the names of all fields of a record and of its parts."""
    names: set[str] = set()
    for field in _fields_of(kind):
        members = _members(field.type)
        names.add(field.name)
        for part in (_record_in(members), _item_in(members)):
            names |= field_names(part) if part is not None else set()
    return frozenset(names)


@lru_cache(maxsize=64)
def free_fields(kind: type[Struct]) -> frozenset[str]:
    """Return the names of a record's own fields that may hold anything."""
    return frozenset(field.name for field in _fields_of(kind) if field.type is object)


def odd_fields(record: object, *, beyond: Collection[str] = ()) -> Iterator[tuple[str, OddField]]:
    """Yield path and value of each odd value of a record and of its parts. Parts named in `beyond` are left out."""
    if isinstance(record, MayBeOdd):
        yield from record.odd.items()
    for name in record.__struct_fields__ if isinstance(record, Struct) else ():
        part = getattr(record, name)
        if name in beyond:
            continue
        if isinstance(part, MayBeOdd):
            yield from ((f"{name}.{path}", value) for path, value in odd_fields(part))
        elif isinstance(part, tuple):
            for n, item in enumerate(part):
                yield from ((f"{name}[{n}].{path}", value) for path, value in odd_fields(item))


def field_in_words(path: str) -> str:
    """Return the path of a field as a person reads it: "loan amount (requirements)", "birth date (people 2)"."""
    *parents, name = path.split(".")
    places = [_INDEX.sub(lambda found: f" {int(found[1]) + 1}", parent) for parent in parents]
    words = name.replace("_", " ")
    return f"{words} ({', '.join(places).replace('_', ' ')})" if places else words


def text_of(value: object) -> str:
    """Return a JSON value as text: a text itself, anything else as JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return "(a value that can't be shown)"


_UNFIT: Final = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
"""What a conversion raises. A half character in a number or date raises `UnicodeEncodeError`, a `ValueError`."""


class _Odd(Exception):
    """A value does not fit its field."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _built(
    raw: dict[Any, Any], kind: type[T], path: str, deciding: Collection[str], odd: list[OddField]
) -> T:
    """Make a record field by field. Adds to `odd`."""
    values: dict[str, Any] = {}
    own: dict[str, OddField] = {}
    for field in _fields_of(kind):
        place = f"{path}{field.encode_name}"
        if field.encode_name not in raw:
            if field.required:
                raise Unfit(place, "it is missing")
            continue
        given = raw[field.encode_name]
        try:
            values[field.name] = _value(given, field, place, deciding, odd, own)
        except _Odd as error:
            if field.name in deciding or (field.required and field.type is not str):
                raise Unfit(place, error.reason) from None
            if field.required:
                values[field.name] = "" if given is None else text_of(given)
            own[field.name] = OddField(place, text_of(given), error.reason)
    odd += own.values()
    if own and issubclass(kind, MayBeOdd):
        values["odd"] = OddFields(own)
    return kind(**values)


def _value(
    given: object,
    field: FieldInfo,
    place: str,
    deciding: Collection[str],
    odd: list[OddField],
    own: dict[str, OddField],
) -> Any:
    """Return the value of a field. Raises `_Odd`. Adds to `odd`, and to `own` what is not a record of a list."""
    try:
        value = convert_value(given, field.type)
    except _UNFIT:
        pass
    else:
        if not _holds_an_odd_number(value):
            return value
    members = _members(field.type)
    record, item = _record_in(members), _item_in(members)
    if record is not None and isinstance(given, dict):
        return _built(given, record, f"{place}.", deciding, odd)
    if item is not None and isinstance(given, list):
        strange = {f"[{n}]": entry for n, entry in enumerate(given) if not isinstance(entry, dict)}
        if strange and field.name in deciding:
            raise Unfit(place + next(iter(strange)), "it isn't a record")
        for at, entry in strange.items():
            own[field.name + at] = OddField(place + at, text_of(entry), "it isn't a record")
        return tuple(
            _built(entry, item, f"{place}[{n}].", deciding, odd)
            for n, entry in enumerate(given)
            if isinstance(entry, dict)
        )
    if type(None) in members and isinstance(given, str) and not given.strip():
        return None
    raise _Odd(trace_reason(given) or _reason(members) if isinstance(given, str) else _reason(members))


@lru_cache(maxsize=256)
def _fields_of(kind: type[Struct]) -> tuple[FieldInfo, ...]:
    return tuple(field for field in msgspec.structs.fields(kind) if field.type is not OddFields)


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _record_in(members: tuple[Any, ...]) -> type[Struct] | None:
    return next((kind for kind in members if isclass(kind) and issubclass(kind, Struct)), None)


def _item_in(members: tuple[Any, ...]) -> type[Struct] | None:
    """Return the kind of the records in a list, None if the field holds no list of records."""
    lists = (get_args(kind)[0] for kind in members if get_origin(kind) is tuple)
    return next((kind for kind in lists if isclass(kind) and issubclass(kind, Struct)), None)


@lru_cache(maxsize=64)
def _has_amounts(kind: type[Struct]) -> bool:
    """Return True if a record or a part of it has a field for a decimal number."""
    for field in _fields_of(kind):
        members = _members(field.type)
        parts = (_record_in(members), _item_in(members))
        if Decimal in members or any(part is not None and _has_amounts(part) for part in parts):
            return True
    return False


def _holds_an_odd_number(value: object) -> bool:
    """Return True if a value is NaN, infinite or in scientific notation, or a record that holds such a number.

    A spreadsheet that writes 6.14E+05 has left the last digits out.
    """
    if isinstance(value, Decimal):
        return not value.is_finite() or _exponent(value) > 0
    if isinstance(value, tuple):
        return any(map(_holds_an_odd_number, value))
    if isinstance(value, Struct):
        return any(_holds_an_odd_number(getattr(value, name)) for name in value.__struct_fields__)
    return False


def _exponent(number: Decimal) -> int:
    """Return the power of ten by which a finite number was written."""
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _reason(members: tuple[Any, ...]) -> str:
    """Return in words why a value is none of these types. No class is named."""
    for kind in members:
        if kind is Decimal or kind is int:
            return "it isn't a number"
        if isclass(kind) and issubclass(kind, date):
            return "it isn't a date"
        if kind is bool:
            return "it isn't yes or no"
        if get_origin(kind) is tuple:
            return "it isn't a list"
        if _record_in((kind,)) is not None:
            return "it isn't a group of fields"
    return "it isn't a text"
