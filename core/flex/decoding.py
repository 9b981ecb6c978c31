"""Make values of `core.flex.model` from JSON. Nothing that a record holds is dropped silently.

An odd value costs its field: the record keeps it in `odd`, and the preview shows it as refused. A record of which an id
does not fit, or of which nobody could tell who or what it is about, raises `BadRecord`. What a record holds beyond the
model is kept as `Extra`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from core.compare.ids import id_fault
from core.decoding.lenient_json import read_leniently
from core.decoding.typed_json import decode_json, decoder_of
from core.flex.model import BadRecord, CardSummary, Extra, FlexPerson, RejectedRecord
from core.odd_values import OddFields, Unfit, convert, text_of
from core.texts import has_lone_surrogate, without_lone_surrogates

T = TypeVar("T", bound=Struct)

_SKIPPED_KEYS: Final = frozenset({"updated_at"})
"""Fields that the source keeps for itself: a broker does not miss them in FLEX."""
_DECIDING: Final = frozenset(
    ("id", "card_id", "flex_id", "flex_kind", "fact_find", "flex_integrated", "people", "attachments")
)
"""The fields without which it isn't known which record this is, whom it is about, or whether it may be pushed."""
_DECIDING_IN_A_LIST: Final = _DECIDING - {"people", "flex_integrated"}
"""The same of a card in the board's list. There the people are names to show, and the card is read before a push."""


def decode(raw: object, kind: type[T], system: str) -> T:
    """Return a JSON object as a value of `kind`. A blank amount or date becomes None, an odd value goes to `odd`.

    Raises `BadRecord` with the system, the record's id and the field.
    """
    try:
        deciding = _DECIDING_IN_A_LIST if kind is CardSummary else _DECIDING
        record, _ = convert(_without_blanks(raw), kind, deciding)
        for path, reason in _broken_ids(record, ""):
            raise Unfit(path, reason)
    except Unfit as error:
        record_id = raw.get("id") if isinstance(raw, dict) else None
        name = without_lone_surrogates(text_of(record_id)) if record_id else "(no id)"
        field = error.field or "the record"
        raise BadRecord(RejectedRecord(system, name, field, error.reason)) from None
    return record


_SUMMARY: Final = decoder_of(CardSummary)


def summary_in(item: msgspec.Raw, system: str) -> CardSummary | RejectedRecord:
    """Return an item of the board's list from its JSON, as `decode` does; a record that does not fit is rejected.

    An item that fits is decoded at once, which takes a fraction of the time. Only what does not fit is read with care.
    """
    try:
        summary = _SUMMARY.decode(item)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return summary_of_value(_value_in(item), system)
    if summary.flex_id and id_fault(summary.flex_id):
        return summary_of_value(_value_in(item), system)
    return summary


def summary_of_value(raw: object, system: str) -> CardSummary | RejectedRecord:
    """Return an item of the board's list from its JSON value; a record that does not fit is rejected."""
    try:
        return decode(raw, CardSummary, system)
    except BadRecord as error:
        return error.aside


def _value_in(item: msgspec.Raw) -> object:
    """Return the value of a piece of JSON; what a strict decoder refuses is read leniently."""
    try:
        return decode_json(item, object)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return read_leniently(bytes(item).decode("utf-8", "surrogateescape"))


def _broken_ids(record: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield path and fault of each id that can't be sent. Ids go into addresses and references.

    An empty FLEX ID means that there is none.
    """
    for name in record.__struct_fields__ if isinstance(record, Struct) else ():
        value = getattr(record, name)
        if isinstance(value, str):
            if name in _IDS and has_lone_surrogate(value):
                yield f"{path}{name}", "it holds half a character"
            elif name == "flex_id" and value and id_fault(value):
                yield f"{path}{name}", f"it {id_fault(value)}"
        elif isinstance(value, Struct):
            yield from _broken_ids(value, f"{path}{name}.")
        elif isinstance(value, tuple):
            for n, item in enumerate(value):
                yield from _broken_ids(item, f"{path}{name}[{n}].")


_IDS: Final = frozenset({"id", "card_id", "flex_id", "flex_kind"})
_BLANKABLE: Final = frozenset({"loan_amount", "loan_term", "split_loan", "valuation_amount", "birth_date"})


def _without_blanks(raw: Any) -> Any:
    """Return a JSON value in which blank amounts and dates are None. What is nested too deeply stays as it is."""
    try:
        return _blanks_left_out(raw)
    except RecursionError:
        return raw


def _blanks_left_out(raw: Any) -> Any:
    if isinstance(raw, dict):
        return {
            without_lone_surrogates(key): None
            if key in _BLANKABLE and value == ""
            else _blanks_left_out(value)
            for key, value in raw.items()
        }
    if isinstance(raw, list):
        return [_blanks_left_out(value) for value in raw]
    return raw


def leftovers(raw: dict[str, Any], record: Struct) -> list[Extra]:
    """Return what a JSON object holds that its decoded record has no field for. `name` is the dotted path."""
    known = msgspec.to_builtins(record, builtin_types=(date, Decimal, OddFields))
    return list(_beyond(raw, known, ""))


def _beyond(raw: Any, known: Any, path: str) -> list[Extra]:
    if isinstance(raw, dict) and isinstance(known, dict):
        extras: list[Extra] = []
        for key, value in raw.items():
            if key in known and not isinstance(known[key], OddFields):
                extras += _beyond(value, known[key], f"{path}{key}.")
            elif key not in _SKIPPED_KEYS and value not in (None, "", [], {}):
                extras.append(Extra("Beyond the contract", f"{path}{key}", text_of(value)))
        return extras
    if isinstance(raw, list) and isinstance(known, (list, tuple)):
        pairs = zip(raw, known, strict=False)
        return [extra for raw_value, value in pairs for extra in _beyond(raw_value, value, path)]
    return []


def flex_person(fields: Mapping[str, Any]) -> FlexPerson:
    """Return what the fields of a contact of FLEX say about who it is. What is not a text counts as empty."""

    def text(name: str) -> str:
        value = fields.get(name)
        return value if isinstance(value, str) else ""

    return FlexPerson(
        flex_id=text("FLEXId"),
        first_name=text("FirstName"),
        last_name=text("LastName"),
        email=text("EmailAddress"),
        birth_date=text("DateOfBirth"),
        mobile=text("CellularPhone"),
        street=text("DirectAddressStreet"),
        integration_id=text("IntegrationId"),
        middle_name=text("MiddleName"),
        home_phone=text("HomePhone"),
        work_phone=text("WorkPhone"),
    )
