"""Puts the groups of the evidence into the rule's rows: one row, and so one question, for each group. Pure.

A group replaces the import and the push of its records. Rows of existing links stay as they are; the group's row names
their records too, so that a person sees which record a record may be a second one of (docs/matching.md, "Groups").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from core.contacts.linkage.explain import evidence_reason
from core.contacts.linkage.suggestions import LinkageResult, PersonGroup
from core.contacts.model import Likeness, Reason, Suggestion, Verdict, VerdictRow
from core.push.plan import System

LEFT_OVER: Final = frozenset({Verdict.IMPORT, Verdict.PUSH, Verdict.SKIP_ONE_WAY, Verdict.CANNOT})
"""Verdicts of records that the rule leaves over."""
LINKS: Final = frozenset({Verdict.LINKED, Verdict.LINK})
"""Verdicts of rows that link two records."""
STANDING_TROUBLE: Final = frozenset({Reason.HALF_GONE, Reason.MOVED, Reason.LINKED_TWICE})
"""Reasons of a hold that no answer about two records settles, because an existing link is in the way."""

_Key = tuple[System, str]
_Sides = tuple[tuple[str, ...], tuple[str, ...]]
"""(SimpleNexus ids, Total Expert ids)"""


def with_groups(
    rows: Sequence[VerdictRow], results: Iterable[LinkageResult]
) -> tuple[tuple[VerdictRow, ...], tuple[tuple[str, ...], ...]]:
    """Return the rule's rows with the groups and suggestions of the evidence, and the doubles of one book.

    The new rows take the place of the first row that they replace; questions about linked records alone come last.
    """
    placed, last, doubles = placed_with_groups(rows, results)
    return (*(row for _, row in placed), *last), doubles


def placed_with_groups(
    rows: Sequence[VerdictRow], results: Iterable[LinkageResult]
) -> tuple[list[tuple[int, VerdictRow]], tuple[VerdictRow, ...], tuple[tuple[str, ...], ...]]:
    """Return what `with_groups` does: the rows with the places in `rows` where they stand, the last rows, the doubles.

    Rows about records that `results` does not name need not be among `rows`.
    """
    found = _Rows(rows)
    doubles: list[tuple[str, ...]] = []
    outside: list[Suggestion] = []
    for result in results:
        for group in result.groups:
            found.add_group(group)
        for link in result.doubted:
            found.doubt(link)
        outside += result.pairs
        doubles += result.doubles
    for pair in outside:
        found.add_pair(pair)
    return found.final(), tuple(found.last), tuple(doubles)


class _Merged(Struct):
    """What replaces one or more open rows: the places of those rows, and the groups that join them."""

    places: list[int]
    groups: list[PersonGroup]


class _Rows:
    """The rule's rows while groups are put in."""

    def __init__(self, rows: Sequence[VerdictRow]) -> None:
        self._rows = list(rows)
        self._place: dict[_Key, int] = {}
        for n, row in enumerate(rows):
            self._place |= dict.fromkeys(_keys((row.simplenexus_ids, row.total_expert_ids)), n)
        self._merged: dict[int, _Merged] = {}
        """What replaces each open row that is in a group, by the row's place."""
        self._asked: dict[int, list[PersonGroup]] = {}
        """The groups that a row of the rule asks about already, by the row's place."""
        self._beside: dict[int, VerdictRow] = {}
        """The rows of single records that look like a record of another row, by their places."""
        self.last: list[VerdictRow] = []
        """The questions about linked records alone."""

    def _is_open(self, place: int) -> bool:
        """Return True if no link decides about the records of a row."""
        row = self._rows[place]
        return row.verdict not in LINKS and row.reason not in STANDING_TROUBLE

    def add_group(self, group: PersonGroup) -> None:
        """Let a group join the open rows of its records."""
        keys = _keys((group.simplenexus_ids, group.total_expert_ids))
        places = sorted({self._place[key] for key in keys if self._is_open(self._place[key])})
        linked = [key for key in keys if not self._is_open(self._place[key])]
        if not places and any(self._rows[self._place[key]].reason in STANDING_TROUBLE for key in keys):
            return  # the link in trouble is asked about first
        if not places:
            ids = group.simplenexus_ids, group.total_expert_ids
            row = VerdictRow(Verdict.POSSIBLE_DUPLICATE, *ids, Reason.SEVERAL_LINKS, None, ids, group.pairs)
            self.last.append(row)
        elif places[0] not in self._merged and self._asks_already(places, linked):
            self._asked.setdefault(places[0], []).append(group)
        else:
            self._join(places, group)

    def _asks_already(self, places: Sequence[int], linked: Sequence[_Key]) -> bool:
        """Return True if a row of the rule asks about the group already: a hold or a household."""
        row = self._rows[places[0]]
        if len(places) > 1 or row.verdict in LEFT_OVER:
            return False
        return not linked or row.reason is Reason.BESIDE_A_LINK

    def _join(self, places: Sequence[int], group: PersonGroup) -> None:
        joined = _Merged([], [group])
        for place in places:
            other = self._merged.get(place) or _Merged([place], self._asked.pop(place, []))
            if other is not joined:
                joined.places += other.places
                joined.groups += other.groups
                self._merged |= dict.fromkeys(other.places, joined)

    def doubt(self, link: Suggestion) -> None:
        """Note that the evidence about an existing link speaks for two people."""
        place = self._place[System.SIMPLENEXUS, link.simplenexus_id]
        row = self._rows[place]
        if row.verdict is Verdict.LINKED:
            ids = row.simplenexus_ids, row.total_expert_ids
            self._rows[place] = VerdictRow(row.verdict, *ids, Reason.DOUBTED, link.comparison)

    def add_pair(self, pair: Suggestion) -> None:
        """Put in a suggestion about a record that is in no group.

        Two records that the rule leaves over become one row. A record that looks like one of another row gets a row of
        its own that names the other.
        """
        ours = System.SIMPLENEXUS, pair.simplenexus_id
        theirs = System.TOTAL_EXPERT, pair.total_expert_id
        free = [key for key in (ours, theirs) if self._is_free(self._place[key])]
        ids = (pair.simplenexus_id,), (pair.total_expert_id,)
        if len(free) == 2:
            row = VerdictRow(
                Verdict.POSSIBLE_DUPLICATE, *ids, evidence_reason(pair.comparison), pair.comparison
            )
            self._beside[self._place[ours]] = self._beside[self._place[theirs]] = row
        elif free and pair.comparison.likeness is not Likeness.HOUSEHOLD:
            (key,) = free
            other = theirs if key == ours else ours
            elsewhere = self._with_partner(other)
            sides = _sides([key, *_keys(elsewhere)])
            comparison = pair.comparison if len(sides[0]) == len(sides[1]) == 1 else None
            is_linked = self._rows[self._place[other]].verdict in LINKS
            reason = Reason.SECOND_RECORD if is_linked else evidence_reason(pair.comparison)
            self._beside[self._place[key]] = VerdictRow(
                Verdict.POSSIBLE_DUPLICATE, *sides, reason, comparison, elsewhere, (pair,)
            )

    def _is_free(self, place: int) -> bool:
        """Return True if the rule leaves a record over and no group or suggestion has it."""
        row = self._rows[place]
        return row.verdict in LEFT_OVER and place not in self._merged and place not in self._beside

    def _with_partner(self, key: _Key) -> _Sides:
        """Return a record of another row, with the record that it is linked with."""
        row = self._rows[self._place[key]]
        return (row.simplenexus_ids, row.total_expert_ids) if row.verdict in LINKS else _sides([key])

    def final(self) -> list[tuple[int, VerdictRow]]:
        """Return the rows with their places."""
        final: list[tuple[int, VerdictRow]] = []
        for place, row in enumerate(self._rows):
            merged = self._merged.get(place)
            if merged is not None:
                if place == min(merged.places):
                    final.append((place, self._row(merged)))
            elif (beside := self._beside.get(place)) is not None:
                ours, theirs = beside.own_simplenexus_ids, beside.own_total_expert_ids
                if ours[0] in row.simplenexus_ids if ours else theirs[0] in row.total_expert_ids:
                    final.append((place, beside))
            else:
                final.append((place, row))
        return final

    def _row(self, merged: _Merged) -> VerdictRow:
        """Return the row that replaces open rows: their own records first, then those of other rows."""
        replaced = [self._rows[place] for place in sorted(merged.places)]
        own = _sides([key for row in replaced for key in _keys((row.simplenexus_ids, row.total_expert_ids))])
        members = [
            key for group in merged.groups for key in _keys((group.simplenexus_ids, group.total_expert_ids))
        ]
        elsewhere = _sides([key for key in members if not self._is_open(self._place[key])])
        suggestions = tuple(
            sorted(
                (pair for group in merged.groups for pair in group.pairs),
                key=lambda pair: -pair.comparison.bits,
            )
        )
        ids = (*own[0], *elsewhere[0]), (*own[1], *elsewhere[1])
        verdict, reason = Verdict.POSSIBLE_DUPLICATE, evidence_reason(suggestions[0].comparison)
        if all(row.reason is Reason.BESIDE_A_LINK for row in replaced):
            verdict, reason = Verdict.HOLD, Reason.BESIDE_A_LINK
        elif any(elsewhere):
            reason = Reason.SECOND_RECORD
        if len(ids[0]) == len(ids[1]) == 1:
            return VerdictRow(verdict, *ids, reason, suggestions[0].comparison, elsewhere)
        return VerdictRow(verdict, *ids, reason, None, elsewhere, suggestions)


def _keys(sides: _Sides) -> list[_Key]:
    return [
        *((System.SIMPLENEXUS, our_id) for our_id in sides[0]),
        *((System.TOTAL_EXPERT, their_id) for their_id in sides[1]),
    ]


def _sides(keys: Iterable[_Key]) -> _Sides:
    """Return the ids of each system, each once, in their order."""
    once = dict.fromkeys(keys)
    return (
        tuple(record_id for system, record_id in once if system is System.SIMPLENEXUS),
        tuple(record_id for system, record_id in once if system is System.TOTAL_EXPERT),
    )
