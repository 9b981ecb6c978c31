"""What differs between two dumps of all systems, and when two values count as equal.

`SET_BY_THE_SYSTEM` is the only place that says which values a system sets by itself. Which forms of a value are equal
is said by `core/compare/equal_forms.py`, which the desk uses too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct

from core.compare import equal_forms

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
    "simplenexus": frozenset(
        {"id", "created_at", "updated_at", "sharer_name", "is_active", "custom_consent", "events"}
    ),
    "total-expert": frozenset({"id", "expires_at", "internal_created_at", "internal_updated_at"}),
}
"""The fields of a record that a system sets by itself, and the reference that it repeats. They are not compared."""

KEYED_LISTS: Final[Mapping[str, str]] = {
    "Applicants": "FLEXId",
    "OtherAddress": "AddressType",
    "Attachments": "FileName",
    "people": "contact_id",
    "products": "id",
    "contact_groups": "id",
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


def is_equal(path: Path, one: Any, other: Any) -> bool:
    """Return True if two values of a field count as the same value, by the desk's own table of equal forms."""
    if one is None or other is None:
        return one is other
    return equal_forms.is_equal(equal_forms.kind_of(path[-1] if path else ""), one, other)
