"""Decisions about pairs of contacts: which answers separate two records, and which decision is undone first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import Struct

from core.contacts.records import Answer, Judged

Ids = tuple[str, str]
"""The id of a SimpleNexus record and the id of a Total Expert record; "" where a record has no partner."""

Seal = Callable[[str, Any], str]
"""Returns the keyed hash of a field's JSON value, like `Book.keyed_hash`."""

APART: Final = frozenset({Answer.DIFFERENT, Answer.HOUSEHOLD})
"""Answers after which the two records stay separate."""


class ReviewDecision(Struct, frozen=True):
    """The answers that one key press gave. `group` is their common number."""

    group: int
    judged: tuple[Judged, ...]


def latest(judged: Iterable[Judged]) -> ReviewDecision | None:
    """Return the latest decision, which is the first to be undone; None if there is no answer."""
    found: list[Judged] = []
    for one in judged:
        if not found or one.group > found[0].group:
            found = [one]
        elif one.group == found[0].group:
            found.append(one)
    return ReviewDecision(found[0].group, tuple(found)) if found else None
