"""The fate of a field: what becomes of one value on its way to FLEX, and the line that says so.

The fates are explained in docs/domain.md, Fates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct


class Fate(StrEnum):
    """What becomes of a field."""

    SENT = "sent"
    JOINED = "joined"
    CONVERTED = "converted"
    DEFAULTED = "defaulted"
    EMPTY = "empty"
    NO_HOME = "no-home"
    REFUSED = "refused"


ARRIVES = frozenset({Fate.SENT, Fate.JOINED, Fate.CONVERTED, Fate.DEFAULTED})
BY_HAND = frozenset({Fate.NO_HOME, Fate.REFUSED})
"""The fates of a value that a person enters in FLEX by hand, because no push carries it."""


class Mark(StrEnum):
    """How sure we are of a row of the map."""

    SEEN = "seen"
    LIKELY = "likely"
    GUESS = "guess"
    OURS = "ours"
    OPERATOR = "operator"


class Field(Struct, frozen=True):
    """One line of the preview. `source` is BrokerEngine's name of the field.

    `about` names the person or product of the field. `value` is the JSON value that is sent, or None. `local_id` is the
    person's or product's id in BrokerEngine; "" for the card's own fields. `table` is the table of values by which the
    field goes, "" if it goes by none. `left_out` is True if this push does not write the record on which FLEX keeps the
    field.
    """

    section: str
    source: str
    source_value: str
    target: str
    value: Any
    fate: Fate
    confidence: Mark | None = None
    reason: str = ""
    about: str = ""
    local_id: str = ""
    table: str = ""
    left_out: bool = False


def without_home(field: Field, reason: str) -> Field:
    """Return the line of a field that FLEX can't be given, to be keyed by hand. What does not arrive stays as it is."""
    if field.fate not in ARRIVES:
        return field
    return msgspec.structs.replace(field, value=None, fate=Fate.NO_HOME, reason=reason)


def leave_out(field: Field, reason: str) -> Field:
    """Return the line of a field that this push leaves out. An empty field stays as it is."""
    if field.fate is Fate.EMPTY:
        return field
    return msgspec.structs.replace(without_home(field, reason), left_out=True)


def count(fields: Iterable[Field]) -> dict[Fate, int]:
    """Return the number of lines of each fate, in the order of `Fate`. A fate that does not occur has 0."""
    counted = Counter(field.fate for field in fields)
    return {fate: counted[fate] for fate in Fate}
