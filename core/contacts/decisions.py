"""What a person said of two records, and how it is remembered: durable, undone in order, never a client's data.

The book knows this module, so it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, ClassVar, Final

from msgspec import Struct

from core.push.journal import Record

Ids = tuple[str, str]
"""A record of SimpleNexus and one of Total Expert, by id; "" for none where a record has nobody beside it."""

Seal = Callable[[str, Any], str]
"""Gives the keyed hash of a field's JSON value, as `Book.seal` does."""


class Answer(StrEnum):
    """What a person can say of two records (MATCHING §4)."""

    SAME = "same"
    DIFFERENT = "different"
    HOUSEHOLD = "household"
    LATER = "later"


APART: Final = frozenset({Answer.DIFFERENT, Answer.HOUSEHOLD})
"""Answers after which each record goes its own way."""


class Judged(Record, frozen=True):
    """An answer about two records, who gave it and when (seconds since 1970, UTC).

    `group` counts decisions: what one key press answered has one number, and the highest is undone first. `before` is
    what was said of the two until then, whole, so that undoing it brings that back.
    """

    table: ClassVar[str] = "judged"
    indexes: ClassVar[tuple[str, ...]] = ("simplenexus_id", "total_expert_id")

    simplenexus_id: str
    total_expert_id: str
    answer: Answer
    fingerprint: str
    by: str
    at: float
    group: int
    before: Judged | None = None

    @property
    def key(self) -> str:
        """The two ids."""
        return f"{self.simplenexus_id}|{self.total_expert_id}"

    @property
    def ids(self) -> Ids:
        """The two ids."""
        return self.simplenexus_id, self.total_expert_id


class Decision(Struct, frozen=True):
    """One key press: its number, and what it answered, as it was recorded."""

    group: int
    judged: tuple[Judged, ...]


def latest(judged: Iterable[Judged]) -> Decision | None:
    """Give the last decision that stands, which is the one to be undone first."""
    found: list[Judged] = []
    for one in judged:
        if not found or one.group > found[0].group:
            found = [one]
        elif one.group == found[0].group:
            found.append(one)
    return Decision(found[0].group, tuple(found)) if found else None
