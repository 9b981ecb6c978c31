"""What differs between two dumps of all systems, and when two values count as equal.

The two tables below are the only place that says which values a system sets by itself and which forms are equal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from msgspec import Struct

Path = tuple[str, ...]
"""Where a value stands in a record: `("OtherAddress", "Postal", "City")`."""
Values = dict[Path, Any]


class RecordKey(NamedTuple):
    """A record of a system."""

    system: str
    kind: str
    id: str

    def __str__(self) -> str:
        """Return the key as a person reads it: `flex contacts 1-6D9UB`."""
        return f"{self.system} {self.kind} {self.id}"


Dump = dict[RecordKey, Values]
"""Every record of every system, each as its values by path."""

SET_BY_THE_SYSTEM: Final[Mapping[str, frozenset[str]]] = {
    "flex": frozenset({"FLEXId", "IntegrationId", "CreatedAt", "UpdatedAt"}),
    "brokerengine": frozenset({"id", "updated_at"}),
}
"""The fields of a record that a system sets by itself, and the reference that it repeats. They are not compared."""

KEYED_LISTS: Final[Mapping[str, str]] = {
    "Applicants": "FLEXId",
    "OtherAddress": "AddressType",
    "Attachments": "FileName",
    "people": "contact_id",
    "products": "id",
}
"""The lists in which an entry is named by one of its own fields. Entries of other lists are named by their place."""


class ValueDifference(Struct, frozen=True):
    """One value that differs. `old` or `new` is None where there is none."""

    key: RecordKey
    path: Path
    old: Any
    new: Any


class ActualDifference(Struct, frozen=True):
    """What differs between two dumps: records that came, records that went, values that changed in the others."""

    came: frozenset[RecordKey]
    went: frozenset[RecordKey]
    changed: tuple[ValueDifference, ...]


def flatten(document: Mapping[str, Any]) -> Values:
    """Return the values of a JSON object by path; blanks and empty parts hold nothing."""
    return dict(_flat(document, ()))


def _flat(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    match value:
        case dict():
            for name, inner in value.items():
                yield from _flat(inner, (*path, name))
        case list() | tuple():
            names: set[str] = set()
            for place, entry in enumerate(value):
                yield from _flat(entry, (*path, _name_of(path[-1] if path else "", entry, place, names)))
        case None | "":
            return
        case _:
            yield path, value


def _name_of(of: str, entry: Any, place: int, taken: set[str]) -> str:
    """Return the name of a list's entry; an entry of a name that is taken has its place added."""
    field = KEYED_LISTS.get(of, "")
    name = str(entry[field]) if isinstance(entry, dict) and field in entry else str(place)
    name = f"{name}#{place}" if name in taken else name
    taken.add(name)
    return name


def compared(key: RecordKey, values: Values) -> Values:
    """Return the values of a record without those that its system sets by itself."""
    own = SET_BY_THE_SYSTEM.get(key.system, frozenset())
    return {path: value for path, value in values.items() if path[0] not in own}


def actual_difference(before: Dump, after: Dump) -> ActualDifference:
    """Return what differs between two dumps, without what the systems set by themselves."""
    changed: list[ValueDifference] = []
    for key in before.keys() & after.keys():
        old, new = compared(key, before[key]), compared(key, after[key])
        changed += [
            ValueDifference(key, path, old.get(path), new.get(path))
            for path in old.keys() | new.keys()
            if old.get(path) != new.get(path)
        ]
    return ActualDifference(
        frozenset(after.keys() - before.keys()),
        frozenset(before.keys() - after.keys()),
        tuple(sorted(changed, key=lambda one: (one.key, one.path))),
    )


# -- equal forms ---------------------------------------------------------------------------------------


def _as_text(value: Any) -> str:
    """Equal without regard to blanks at the ends, the kind of line end, and composed or decomposed letters."""
    lines = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    return unicodedata.normalize("NFC", lines)


def _as_name(value: Any) -> str:
    """Equal as text, without regard to letter case and to how many blanks stand between words."""
    return " ".join(_as_text(value).split()).casefold()


def _as_phone(value: Any) -> str:
    """Equal by the digits, and by a plus sign in front of them."""
    text = _as_text(value)
    digits = re.sub(r"\D", "", text)
    return ("+" if text.startswith("+") else "") + digits if digits else text


def _as_number(value: Any) -> str:
    """Equal by the amount: 640000, 640000.00 and "640,000" are one number."""
    try:
        return str(Decimal(str(value).replace(",", "")).normalize())
    except InvalidOperation:
        return _as_text(value)


def _as_date(value: Any) -> str:
    """Equal by the day: 29/02/1988 and 1988-02-29 are one date."""
    text = _as_text(value)
    if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        day, month, year = found.groups()
        return f"{year}-{int(month):02}-{int(day):02}"
    return value.isoformat() if isinstance(value, date) else text


EQUAL_FORMS: Final[Mapping[str, Callable[[Any], str]]] = {
    **dict.fromkeys(("FirstName", "MiddleName", "LastName", "EmailAddress"), _as_name),
    **dict.fromkeys(("CellularPhone", "HomePhone", "WorkPhone"), _as_phone),
    **dict.fromkeys(("ProposedLoanAmount", "ProposedLoanTerm", "Value"), _as_number),
    **dict.fromkeys(("SplitAmount", "BaseSplitAmount"), _as_number),
    "DateOfBirth": _as_date,
}
"""Which form of a field's value counts, by the field's name. A field that is not listed is compared as text."""


def is_equal(path: Path, one: Any, other: Any) -> bool:
    """Return True if two values of a field count as the same value."""
    if one is None or other is None:
        return one is other
    form = EQUAL_FORMS.get(path[-1] if path else "", _as_text)
    return form(one) == form(other)
