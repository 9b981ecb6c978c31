"""Which values of a record belong to a client, by the name of the field. Walks records of any type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct
from textual.dom import DOMNode

from core.local_forms import CountryWords
from tui.eyes.vocabulary import PrivateKind

_K = PrivateKind
_BY_FIELD: Final[Mapping[PrivateKind, str]] = {
    _K.NAME: (
        "first_name last_name middle_name preferred_name nickname people author employer maiden_name co_applicant "
        "CardSummary.title Card.title CardRow.title BoardCard.title  NotContacted.name "
        "NoteRow.author ContactRow.name PushClients.people"
    ),
    _K.EMAIL: "email email_address emails email_work email_home",
    _K.PHONE: (
        "phone mobile mobile_phone home_phone work_phone phone_cell phone_home phone_work cell_phone home work "
        "office_phone phone_office phones"
    ),
    _K.AMOUNT: "loan_amount amount valuation_amount purchase_price proposed_loan_amount estimated_value",
    _K.BIRTH_DATE: "birth_date birthday date_of_birth birth_day",
    _K.TEXT: (
        "street street_2 address address_1 address_2 suburb city postcode zip zip_code objectives street_address "
        "file_name Note.text WrittenNote.text FlexNote.text Draft.text dict.Text"
    ),
}
"""The fields by kind. `Type.field` is a field of this type alone: elsewhere the name holds our own words or ids."""
_KINDS: Final = {
    name if "." in name else name.replace("_", ""): kind
    for kind, names in _BY_FIELD.items()
    for name in names.split()
}
_SHOWN: Final = frozenset({"source_value", "value"})
"""The values of a line that shows a field; `source` is the field's name."""
_SCALARS: Final = (str, int, float, Decimal, date)
_HOLDING: Final = (Struct, list, tuple, dict, set, frozenset)
_DEEPEST: Final = 12
_PARTS_DEEP: Final = 2
"""How deep the parts of a widget are looked into: a list has an arranger, and that has the rows."""
_LARGEST: Final = 5_000
"""Entries of a list. What a longer list holds is learnt from where it was read."""


@lru_cache(maxsize=4_096)
def kind_of(field: str, of: str = "") -> PrivateKind | None:
    """Return the kind of a field of a type; None if the field holds no client data.

    A field may be named as in code or as on a screen: "FirstName", "first_name", "Home Address: Suburb".
    """
    if (own := _KINDS.get(f"{of}.{field}")) is not None:
        return own
    for part in re.split(r"[:/().]", field):
        name = part.strip(" 0123456789")
        for words in (name, name.rpartition(" ")[2]):
            if (kind := _KINDS.get("".join(char for char in words if char.isalnum()).casefold())) is not None:
                return kind
    return None


class RecordWalk:
    """Walks what widgets hold, again and again. A record never changes, so each is looked at once."""

    def __init__(self) -> None:
        self._records: dict[int, object] = {}
        """The records that were looked at, by their ids. They are kept, so that no other gets such an id."""

    def through_attributes(self, holder: object) -> Iterator[tuple[PrivateKind, object]]:
        """Yield the client data in the records that an object's attributes hold: (kind, value)."""
        yield from self._of_ours(holder, {id(holder)}, _PARTS_DEEP)

    def _of_ours(self, holder: object, seen: set[int], deep: int) -> Iterator[tuple[PrivateKind, object]]:
        """Yield the client data that an object of the app holds, also in its parts, `deep` of them in each other."""
        for value in list(vars(holder).values()):
            if isinstance(value, _HOLDING):
                yield from self._through(value, None, 0, seen)
            elif deep and _is_ours(value) and id(value) not in seen:
                seen.add(id(value))
                yield from self._of_ours(value, seen, deep - 1)

    def through(self, *things: object) -> Iterator[tuple[PrivateKind, object]]:
        """Yield the client data that records hold, at any depth: (kind, value)."""
        seen: set[int] = set()
        for thing in things:
            yield from self._through(thing, None, 0, seen)

    def _through(
        self, thing: object, kind: PrivateKind | None, depth: int, seen: set[int]
    ) -> Iterator[tuple[PrivateKind, object]]:
        if thing is None or isinstance(thing, bool):
            return
        if isinstance(thing, _SCALARS):
            own = kind or (_K.AMOUNT if isinstance(thing, Decimal) else None)
            if own is not None:
                yield own, thing
        elif depth <= _DEEPEST and not self._was_seen(thing, seen):
            for value, own in _parts(thing, kind):
                yield from self._through(value, own, depth + 1, seen)

    def _was_seen(self, thing: object, seen: set[int]) -> bool:
        if isinstance(thing, Struct) or is_dataclass(thing):
            if id(thing) in self._records:
                return True
            self._records[id(thing)] = thing
            return False
        if id(thing) in seen:
            return True
        seen.add(id(thing))
        return False


def _is_ours(value: object) -> bool:
    """Return True for an object of the app that may hold records: no record, no widget, nothing of a library."""
    return (
        type(value).__module__.startswith("tui.")
        and hasattr(value, "__dict__")
        and not isinstance(value, DOMNode)
    )


def _parts(thing: object, kind: PrivateKind | None) -> Iterator[tuple[object, PrivateKind | None]]:
    """Yield the values inside a list, a dict or a record, each with its kind."""
    if isinstance(thing, Mapping):
        if len(thing) <= _LARGEST:
            for name, value in list(thing.items()):  # it may change before the last one is looked at
                yield value, (kind_of(name, "dict") if isinstance(name, str) else None) or kind
    elif isinstance(thing, (list, tuple, Set)) and not hasattr(thing, "_fields"):
        if len(thing) <= _LARGEST:
            for entry in tuple(thing):
                yield entry, kind
    else:
        yield from _fields_of(dict(_named(thing)), type(thing).__name__)


def _fields_of(named: Mapping[str, Any], of: str) -> Iterator[tuple[object, PrivateKind | None]]:
    if named.get("set_aside") is not None:  # its title is the reason, a sentence that may quote a value
        yield named.get("title"), _K.TEXT
        named = {name: value for name, value in named.items() if name != "title"}
    source = named.get("source")
    shown = kind_of(source) if isinstance(source, str) and "source_value" in named else None
    for name, value in named.items():
        yield value, shown if name in _SHOWN and shown is not None else kind_of(name, of)


def _named(thing: object) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a record with their values; nothing for anything that isn't a record."""
    if isinstance(thing, CountryWords):  # our own words for fields
        return
    if isinstance(thing, Struct):
        yield from ((name, getattr(thing, name, None)) for name in thing.__struct_fields__)
    elif is_dataclass(thing) and not isinstance(thing, type):
        yield from ((field.name, getattr(thing, field.name, None)) for field in fields(thing))
    elif isinstance(thing, tuple):
        yield from zip(getattr(thing, "_fields", ()), thing, strict=False)
