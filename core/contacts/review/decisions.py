"""Decisions about pairs of contacts: which answers separate two records, and which decision is undone first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import Struct

from core.contacts.records import Answer, Judged

Ids = tuple[str, str]
"""The id of a SimpleNexus record and the id of a Total Expert record; "" where a record has no partner."""

PairAnswer = tuple[Ids, Answer]
"""Two records and the answer about them."""

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
    newest: list[Judged] = []
    for answer in judged:
        if not newest or answer.group > newest[0].group:
            newest = [answer]
        elif answer.group == newest[0].group:
            newest.append(answer)
    return ReviewDecision(newest[0].group, tuple(newest)) if newest else None
