"""What the book keeps of differences between what a vendor sends and the vendor's description: names and counts.

Nothing here is a value of a record. Opening a book imports this module, so this module imports little.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Final

from msgspec import Struct

from core.push.plan import System
from core.push.records import Record


class Drift(StrEnum):
    """How something can differ from its description (fixed words)."""

    NEW_FIELD = "new-field"
    UNKNOWN_VALUE = "unknown-value"
    NULL = "null"
    LONGER_VALUE = "longer-value"
    """A record holds a text that is longer than the description allows."""
    REFUSED_LENGTH = "refused-length"
    """A text was refused as too long although the description allows its length."""
    NEW_STATUS = "new-status"
    """An operation answers with a status that its description lacks."""


class Drifted(Struct, frozen=True, order=True):
    """One difference, and how often it was seen.

    `record` is a kind of record and `field` its field; or `record` is an operation, such as `GET /contacts`, and
    `field` a field of its body or its status.
    """

    system: System
    record: str
    field: str
    how: Drift
    count: int = 0


class VendorChange(Record, frozen=True):
    """One difference as the book knows it. `record`, `field` and `how` are those of `Drifted`.

    `first` and `last` are when it was seen, in seconds since 1970, UTC. `count` is how often at least: while it is seen
    again and again, not every sight is written down. `known_by` is who said that it is known, "" while nobody has.
    """

    table: ClassVar[str] = "vendor-changes"

    system: System
    record: str
    field: str
    how: Drift
    first: float
    last: float
    count: int
    known_by: str = ""
    known_at: float = 0.0

    @property
    def key(self) -> str:
        """System, record, field and how."""
        return f"{self.system}|{self.record}|{self.field}|{self.how}"


RECORDS: Final[tuple[type[Record], ...]] = (VendorChange,)
"""Every kind of record of the diagnostics."""
