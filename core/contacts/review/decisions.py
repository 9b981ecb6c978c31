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


def latest(
    judged: Iterable[Judged], owners: Iterable[JudgedOwners] = (), by: str = ""
) -> ReviewDecision | None:
    """Return the latest decision, which is the first to be undone; None if there is no answer.

    With `by`, only the decisions of that person count. Two people on one book can give the same number to decisions of
    theirs, so the person and the time tell them apart.
    """
    pairs = [answer for answer in judged if by in ("", answer.by)]
    officers = [said for said in owners if by in ("", said.by)]
    last = max((*map(_decision_of, pairs), *map(_decision_of, officers)), default=None)
    if last is None:
        return None
    return ReviewDecision(
        last[0],
        tuple(answer for answer in pairs if _decision_of(answer) == last),
        tuple(said for said in officers if _decision_of(said) == last),
    )


def _decision_of(answer: Judged | JudgedOwners) -> tuple[int, float, str]:
    return answer.group, answer.at, answer.by
