"""Make values of `core.flex.model` from JSON. Decoding is strict, and nothing that a record holds is dropped silently.

A record that does not fit raises `BadRecord`. What a record holds beyond the model is kept as `Extra`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from core.compare.ids import id_fault
from core.flex.model import BadRecord, Extra, FlexPerson, RejectedRecord

T = TypeVar("T", bound=Struct)

_SKIPPED_KEYS: Final = frozenset({"updated_at"})
"""Fields that the source keeps for itself: a broker does not miss them in FLEX."""


def decode(raw: object, kind: type[T], system: str) -> T:
    """Return a JSON object as a value of `kind`. A blank amount or date becomes None.

    Raises `BadRecord` with the system, the record's id and the field.
    """
    try:
        record = msgspec.convert(_without_blanks(raw), kind, strict=True)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        reason = _IN_WORDS.get(message, message)
        record_id = raw.get("id") if isinstance(raw, dict) else None
        field = path.rstrip("`") or "the record"
        raise BadRecord(RejectedRecord(system, str(record_id or "(no id)"), field, reason)) from None
    except UnicodeEncodeError:  # such a text where the model has a number, a date or a list
        record_id = (
            without_lone_surrogates(str(raw.get("id") or "(no id)")) if isinstance(raw, dict) else "(no id)"
        )
        reason = "a text with half a character is where no text can be"
        raise BadRecord(RejectedRecord(system, record_id, "the record", reason)) from None
    for path, reason in _broken_ids(raw, ""):
        record_id = raw.get("id", "") if isinstance(raw, dict) else ""
        raise BadRecord(RejectedRecord(system, without_lone_surrogates(str(record_id)), path, reason))
    return record


def _broken_ids(raw: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield path and fault of each id that can't be sent. Ids go into addresses and references.

    An empty FLEX ID means that there is none.
    """
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key in _IDS and isinstance(value, str) and without_lone_surrogates(value) != value:
                yield f"{path}{key}", "it holds half a character"
            elif key == "flex_id" and isinstance(value, str) and value and id_fault(value):
                yield f"{path}{key}", f"it {id_fault(value)}"
            yield from _broken_ids(value, f"{path}{key}.")
    if isinstance(raw, list):
        for n, value in enumerate(raw):
            yield from _broken_ids(value, f"{path.rstrip('.')}[{n}].")


def without_lone_surrogates(text: str) -> str:
    """Return the text with every lone surrogate replaced, so that the text can be written as UTF-8."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_IDS: Final = frozenset({"id", "flex_id"})
_BLANKABLE: Final = frozenset({"loan_amount", "loan_term", "split_loan", "valuation_amount", "birth_date"})
_IN_WORDS: Final = {
    "Invalid decimal string": "it is no number",
    "Invalid RFC3339 encoded date": "it is no date",
}


def _without_blanks(raw: Any) -> Any:
    if isinstance(raw, dict):
        return {
            without_lone_surrogates(key): None
            if key in _BLANKABLE and value == ""
            else _without_blanks(value)
            for key, value in raw.items()
        }
    if isinstance(raw, list):
        return [_without_blanks(value) for value in raw]
    return raw


def leftovers(raw: dict[str, Any], record: Struct) -> list[Extra]:
    """Return what a JSON object holds that its decoded record has no field for. `name` is the dotted path."""
    return list(_beyond(raw, msgspec.to_builtins(record, builtin_types=(date, Decimal)), ""))


def _beyond(raw: Any, known: Any, path: str) -> list[Extra]:
    if isinstance(raw, dict) and isinstance(known, dict):
        extras: list[Extra] = []
        for key, value in raw.items():
            if key in known:
                extras += _beyond(value, known[key], f"{path}{key}.")
            elif key not in _SKIPPED_KEYS and value not in (None, "", [], {}):
                extras.append(Extra("Beyond the contract", f"{path}{key}", _text(value)))
        return extras
    if isinstance(raw, list) and isinstance(known, (list, tuple)):
        pairs = zip(raw, known, strict=False)
        return [extra for raw_value, value in pairs for extra in _beyond(raw_value, value, path)]
    return []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def flex_person(fields: Mapping[str, Any]) -> FlexPerson:
    """Return what the fields of a contact of FLEX say about who it is. What is no text counts as empty."""

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
