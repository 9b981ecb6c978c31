"""Decisions about pairs of contacts: which answers separate two records, and which decision is undone first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import Struct

from core.contacts.records import Answer, Judged, JudgedOwners

Ids = tuple[str, str]
"""The id of a SimpleNexus record and the id of a Total Expert record; "" where a record has no partner."""

PairAnswer = tuple[Ids, Answer]
"""Two records and the answer about them."""

Seal = Callable[[str, Any], str]
"""Returns the keyed hash of a field's JSON value, like `Book.keyed_hash`."""

APART: Final = frozenset({Answer.DIFFERENT, Answer.HOUSEHOLD})
"""Answers after which the two records stay separate."""


class ReviewDecision(Struct, frozen=True):
    """The answers that one key press gave, about pairs or about owners. `group` is their common number."""

    group: int
    judged: tuple[Judged, ...] = ()
    owners: tuple[JudgedOwners, ...] = ()


def latest(judged: Iterable[Judged], owners: Iterable[JudgedOwners] = ()) -> ReviewDecision | None:
    """Return the latest decision, which is the first to be undone; None if there is no answer."""
    pairs, officers = tuple(judged), tuple(owners)
    group = max((*(answer.group for answer in pairs), *(said.group for said in officers)), default=None)
    if group is None:
        return None
    return ReviewDecision(
        group,
        tuple(answer for answer in pairs if answer.group == group),
        tuple(answer for answer in officers if answer.group == group),
    )
