"""Possible duplicates among records that are not linked: the best one of each, for a person to look at. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from core.contacts.linkage.blocking import candidate_pairs
from core.contacts.linkage.scoring import Features, MatchModel, features_of, likeness, match_model_of, total
from core.contacts.linkage.weights import SHARE, prior
from core.contacts.model import Contact, Likeness, Suggestion

ENOUGH: Final = 100
"""Suggestions from which the share of people on both sides is taken from the books themselves."""


class _Found(Struct, frozen=True, gc=False):
    household: bool
    bits: float
    left: int
    right: int


def suggest(simplenexus: Sequence[Contact], total_expert: Sequence[Contact]) -> list[Suggestion]:
    """Give at most one suggestion for each record, those above zero, the clearest first.

    A record's likeness to a person goes before its likeness to a household. Never acted on without a person.
    """
    left = [features_of(one) for one in simplenexus]
    right = [features_of(one, keeps_year=False) for one in total_expert]
    if not left or not right:
        return []
    usual = match_model_of(left, right)
    open_minded = _with_share(usual, left, right, 1.0)
    found = _above_zero(left, right, open_minded)
    lost = open_minded.prior - usual.prior
    chosen = _one_to_one([one for one in found if one.bits > lost], left, right)
    share = sum(not one.household for one in chosen) / min(len(left), len(right))
    scale = usual
    if share > SHARE and len(chosen) >= ENOUGH:
        scale = _with_share(usual, left, right, share)
        lost = open_minded.prior - scale.prior
        chosen = _one_to_one([one for one in found if one.bits > lost], left, right)
    compared = ((one, scale.compare(left[one.left], right[one.right])) for one in chosen)
    return [
        Suggestion(left[one.left].contact.id, right[one.right].contact.id, comparison)
        for one, comparison in compared
        if comparison.bits > 0
    ]


def _with_share(
    scale: MatchModel, left: Sequence[Features], right: Sequence[Features], share: float
) -> MatchModel:
    return msgspec.structs.replace(scale, prior=prior(len(left), len(right), share))


def _above_zero(left: Sequence[Features], right: Sequence[Features], scale: MatchModel) -> list[_Found]:
    found: list[_Found] = []
    for i, places in candidate_pairs(left, right, scale):
        one = left[i]
        for j in places:
            lines = scale.lines(one, right[j])
            said = total(lines)
            if said > 0:
                found.append(_Found(likeness(one, right[j], lines) is Likeness.HOUSEHOLD, said, i, j))
    return found


def _one_to_one(found: Sequence[_Found], left: Sequence[Features], right: Sequence[Features]) -> list[_Found]:
    """Keep the best pair of each record; ids settle a tie, so that order doesn't."""
    ranked = sorted(
        found,
        key=lambda one: (
            one.household,
            -one.bits,
            left[one.left].contact.id,
            right[one.right].contact.id,
        ),
    )
    taken_left, taken_right = set[int](), set[int]()
    kept: list[_Found] = []
    for one in ranked:
        if one.left not in taken_left and one.right not in taken_right:
            taken_left.add(one.left)
            taken_right.add(one.right)
            kept.append(one)
    return kept
