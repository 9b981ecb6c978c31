"""The list `OtherAddress` of a FLEX contact: how a change of some parts fits to what the contact has. Pure.

An entry is named by its `AddressType`. Parts that a change does not give stay, as with every other field of a contact
(data/contracts/flex.yaml, changeContact).
"""

from __future__ import annotations

from typing import Any, Final

from core.push.plan import Body
from core.texts import has_lone_surrogate

FIELD: Final = "OtherAddress"
"""The field of a contact that has the list."""
_TYPE: Final = "AddressType"
_PARTS: Final = (_TYPE, "StreetAddress", "City", "PostalCode", "State", "Country")
"""The fields of an entry that the contract names. FLEX may hold more, which can't be sent."""


def changed_addresses(held: Any, change: Any) -> list[Body]:
    """Return the list that a contact has after a change. `held` and `change` are values of the field."""
    before = {entry[_TYPE]: entry for entry in _entries(held)}
    after = {entry[_TYPE]: before.get(entry[_TYPE], {}) | entry for entry in _entries(change)}
    return list((before | after).values())


def is_readable(held: Any) -> bool:
    """Return True if everything in the list can be sent again as it is, so that a change loses nothing.

    No list at all is readable. A part that is not a text, or that holds half a character, is not.
    """
    if held is None:
        return True
    return isinstance(held, list) and all(
        isinstance(entry, dict) and all(_is_sendable(entry.get(name)) for name in _PARTS) for entry in held
    )


def _is_sendable(part: object) -> bool:
    return part is None or (isinstance(part, str) and not has_lone_surrogate(part))


def values_before(old: Any, sent: Any) -> list[Body]:
    """Return the old values of those parts that were sent. A part that was empty is left out."""
    before = {entry[_TYPE]: entry for entry in _entries(old)}
    return [
        {name: value for name, value in before[entry[_TYPE]].items() if name in entry}
        for entry in _entries(sent)
        if entry[_TYPE] in before
    ]


def _entries(value: Any) -> list[Body]:
    """Return the entries of a list with the parts that the contract names; the first of several of one type."""
    entries: dict[str, Body] = {}
    for entry in value if isinstance(value, list | tuple) else ():
        if isinstance(entry, dict) and isinstance(kind := entry.get(_TYPE), str):
            entries.setdefault(
                kind, {name: part for name in _PARTS if isinstance(part := entry.get(name), str) and part}
            )
    return list(entries.values())
