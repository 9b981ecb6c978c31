"""How many characters each field of a record takes, and values that were cut there. Pure.

The one table of SimpleNexus's limits, from its public API documentation. Total Expert publishes none. A value that is
exactly the first characters of the other side's value, up to a field's limit, was cut: it is not another value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.compare.keys import label_key
from core.contacts.model import Contact, ContactKind

_ACCOUNT: Final = {"first_name": 30, "last_name": 30, "email": 255}
LIMITS: Final[Mapping[ContactKind, Mapping[str, int]]] = {
    ContactKind.BORROWER: _ACCOUNT,
    ContactKind.PARTNER: {
        **_ACCOUNT,
        "professional_title": 80,
        "street": 255,
        "street_2": 255,
        "city": 255,
        "postcode": 10,
    },
    ContactKind.PROSPECT: {"first_name": 100, "last_name": 100, "email": 255},
    ContactKind.CONTACT: {},
}
"""The most characters by kind of record and field."""
_SHORTEST: Final[Mapping[str, int]] = {
    field: min(limits.get(field, most) for limits in LIMITS.values())
    for limits in LIMITS.values()
    for field, most in limits.items()
}
"""The least of the limits of each field that has one."""


def cut_at(field: str, left: Contact, right: Contact) -> int:
    """Return the limit at which one of two values of a field was cut; 0 if none was.

    Blanks at the ends and letter case make no difference: a name that was cut after a blank lost the blank too.
    """
    if max(len(getattr(left, field)), len(getattr(right, field))) <= _SHORTEST.get(field, 0):
        return 0  # the most frequent case: matching asks this of every pair
    return _cut_at(field, left, right) or _cut_at(field, right, left)


def _cut_at(field: str, short: Contact, long: Contact) -> int:
    """Return the limit of a field at which the value of `short` was cut; 0 if it was not."""
    limit = LIMITS[short.kind].get(field, 0)
    whole: str = getattr(long, field)
    if not limit or len(whole) <= limit:
        return 0
    value, whole = label_key(getattr(short, field)), label_key(whole)
    return limit if len(whole) > limit and value == whole[:limit].rstrip() else 0
