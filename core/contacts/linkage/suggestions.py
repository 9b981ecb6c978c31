"""Suggestions: possible duplicates among records that are not linked, at most one for each record. Pure.

A person decides about each suggestion. Nothing acts on a suggestion by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from core.contacts.linkage.blocking import candidate_pairs
from core.contacts.linkage.features import Features, features_of
from core.contacts.linkage.scoring import MatchModel, likeness, match_model_of, total
from core.contacts.linkage.weights import SHARE, prior
from core.contacts.model import Contact, Likeness, Suggestion

ENOUGH: Final = 100
"""Suggestions from which the share of people in both books is estimated from the books themselves."""


class _ScoredPair(Struct, frozen=True, gc=False):
    """A candidate pair with its sum in bits. `left` and `right` are the indexes of its records."""

    household: bool
    bits: float
    left: int
    right: int


def suggest(simplenexus: Sequence[Contact], total_expert: Sequence[Contact]) -> list[Suggestion]:
    """Return at most one suggestion for each record, of pairs whose sum is above zero, the best pair first.

    The class person goes before the class household. If there are `ENOUGH` suggestions, the share of people in both
    books is estimated from them, and the prior rises if that share is above `SHARE`.
    """
    left = [features_of(contact) for contact in simplenexus]
    right = [features_of(contact, keeps_year=False) for contact in total_expert]
    if not left or not right:
        return []
    usual = match_model_of(left, right)
    highest = _with_share(usual, left, right, 1.0)
    scored = _above_zero(left, right, highest)
    model = usual
    chosen = _above_prior(scored, left, right, highest.prior - usual.prior)
    share = sum(not pair.household for pair in chosen) / min(len(left), len(right))
    if share > SHARE and len(chosen) >= ENOUGH:
        model = _with_share(usual, left, right, share)
        chosen = _above_prior(scored, left, right, highest.prior - model.prior)
    suggestions = []
    for pair in chosen:
        comparison = model.compare(left[pair.left], right[pair.right])
        if comparison.bits > 0:
            ids = left[pair.left].contact.id, right[pair.right].contact.id
            suggestions.append(Suggestion(*ids, comparison))
    return suggestions


def _with_share(
    model: MatchModel, left: Sequence[Features], right: Sequence[Features], share: float
) -> MatchModel:
    return msgspec.structs.replace(model, prior=prior(len(left), len(right), share))


def _above_zero(left: Sequence[Features], right: Sequence[Features], model: MatchModel) -> list[_ScoredPair]:
    pairs: list[_ScoredPair] = []
    for i, places in candidate_pairs(left, right, model):
        features = left[i]
        for j in places:
            lines = model.lines(features, right[j])
            bits = total(lines)
            if bits > 0:
                household = likeness(features, right[j], lines) is Likeness.HOUSEHOLD
                pairs.append(_ScoredPair(household, bits, i, j))
    return pairs


def _above_prior(
    scored: Sequence[_ScoredPair], left: Sequence[Features], right: Sequence[Features], least: float
) -> list[_ScoredPair]:
    """Return the best pair of each record among the pairs above `least` bits.

    Pairs with an equal sum are ordered by their ids, so that the order of the books does not matter.
    """
    ranked = sorted(
        (pair for pair in scored if pair.bits > least),
        key=lambda pair: (
            pair.household,
            -pair.bits,
            left[pair.left].contact.id,
            right[pair.right].contact.id,
        ),
    )
    taken_left, taken_right = set[int](), set[int]()
    best: list[_ScoredPair] = []
    for pair in ranked:
        if pair.left not in taken_left and pair.right not in taken_right:
            taken_left.add(pair.left)
            taken_right.add(pair.right)
            best.append(pair)
    return best
