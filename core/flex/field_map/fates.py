"""The fate of a field: what becomes of one value on its way to FLEX, and the line that says so.

The fates are explained in docs/domain.md, Fates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

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
    field goes, "" if it goes by none.
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


def count(fields: Iterable[Field]) -> dict[Fate, int]:
    """Return the number of lines of each fate, in the order of `Fate`. A fate that does not occur has 0."""
    counted = Counter(field.fate for field in fields)
    return {fate: counted[fate] for fate in Fate}
