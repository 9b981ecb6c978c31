"""The rule of two files in columns: core/contacts/match/rule.py for books without owners and without links.

Where the codes of two records of one email don't say enough, `objection` of core/contacts/match/same_email.py decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from core.contacts.linkage.features import is_nobody
from core.contacts.match.rule import SameEmail
from core.contacts.match.same_email import objection
from core.contacts.model import Reason, Verdict, VerdictRow
from data.scale.clusters import roots_of
from data.scale.codes import Bools, Ints
from data.scale.columns import Columns
from data.scale.levels import DAY_AND_MONTH, DIFFERENT, EQUAL, INITIAL, MISSING, NICKNAME
from data.scale.linkage import Linkage
from data.scale.rows import RowColumns
from data.scale.scores import FIRST, PHONE

NONE: Final = -1
"""In place of a record's number: a row has no record of this side, or a record has no row of its own."""


class Rule:
    """Decides about the records of two files. `ours` and `theirs` are numbers of records of their own book, from 0."""

    def __init__(
        self,
        columns: Columns,
        linkage: Linkage,
        ids: tuple[list[str], list[str]],
        same_email: SameEmail,
    ) -> None:
        self._columns = columns
        self._linkage = linkage
        self._ids = ids
        self._same_email = same_email
        keys = _joined_keys(columns)
        self._keys = keys[: columns.left], keys[columns.left :]
        size = int(keys.max(initial=0)) + 1
        self._counts = tuple(np.bincount(side, minlength=size) for side in self._keys)

    def rows(self) -> tuple[RowColumns, Ints, Ints]:
        """Return the rows, and the place of the row of each record of both books."""
        ours, theirs = self._keys
        our_count, their_count = self._counts
        left_size, right_size = len(ours), len(theirs)
        keyed = ours != 0
        alone = ~keyed | ((our_count[ours] == 1) & (their_count[ours] == 0))
        one_each = keyed & (our_count[ours] == 1) & (their_count[ours] == 1)
        several = keyed & ~alone & ~one_each
        first_several = _firsts(ours, several)
        their_alone = (theirs == 0) | ((our_count[theirs] == 0) & (their_count[theirs] == 1))
        their_several = (theirs != 0) & (our_count[theirs] == 0) & (their_count[theirs] > 1)
        first_theirs = _firsts(theirs, their_several)

        our_rows = np.flatnonzero(alone | one_each | first_several)
        their_rows = np.flatnonzero(their_alone | first_theirs)
        right_of_key = np.full(len(their_count), NONE, np.int32)
        right_of_key[theirs] = np.arange(right_size, dtype=np.int32)
        left = np.concatenate([our_rows, np.full(len(their_rows), NONE)]).astype(np.int32)
        right = np.concatenate([np.where(one_each, right_of_key[ours], NONE)[our_rows], their_rows]).astype(
            np.int32
        )
        rows = RowColumns(left, right, self._ids)
        self._decide(rows)

        our_places = np.full(left_size, NONE, np.int32)
        their_places = np.full(right_size, NONE, np.int32)
        our_places[our_rows] = np.arange(len(our_rows), dtype=np.int32)
        their_places[their_rows] = len(our_rows) + np.arange(len(their_rows), dtype=np.int32)
        paired = np.flatnonzero((left != NONE) & (right != NONE))
        their_places[right[paired]] = paired
        self._hold_several(rows, our_places, their_places, several, their_places == NONE, their_several)
        return rows, our_places, their_places

    def _decide(self, rows: RowColumns) -> None:
        """Set the verdicts of records that are alone and of pairs of one email."""
        ours = np.flatnonzero((rows.left != NONE) & (rows.right == NONE))
        rows.set(ours, Verdict.PUSH, Reason.ONLY_HERE)
        theirs = np.flatnonzero((rows.left == NONE) & (rows.right != NONE))
        rows.set(theirs, Verdict.IMPORT, Reason.ONLY_HERE)
        both = np.flatnonzero((rows.left != NONE) & (rows.right != NONE))
        rows.set(both, Verdict.LINK, Reason.SAME_EMAIL)
        columns, left = self._columns, self._columns.left
        for place in ours[self._may_be_nobody(rows.left[ours])].tolist():
            contact = self._linkage.contact(int(rows.left[place]))
            if contact.one_way:
                rows.set_one(place, Verdict.SKIP_ONE_WAY, Reason.ONLY_HERE)
            elif is_nobody(contact):
                rows.set_one(place, Verdict.CANNOT, Reason.FILLERS)
        records = rows.right[theirs] + left
        no_way = (columns.email.codes[records] == 0) & (columns.phones[0][records] == 0)
        for place in theirs[no_way].tolist():
            nobody = is_nobody(self._linkage.contact(int(rows.right[place]) + left))
            rows.set_one(place, Verdict.CANNOT, Reason.FILLERS if nobody else Reason.NO_ADDRESSEE)
        if self._same_email is SameEmail.HOLD:
            asked = both[self._may_object(rows.left[both], rows.right[both] + left)]
            pairs = self._linkage.pairs_of_contacts(rows.left[asked], rows.right[asked] + left)
            for place, (our, their) in zip(asked.tolist(), pairs, strict=True):
                reason = objection(our, their)
                if reason is not None:
                    rows.set_one(place, Verdict.HOUSEHOLD, reason)

    def _may_be_nobody(self, records: Ints) -> Bools:
        """Return which records have no value that is surely somebody's."""
        columns = self._columns
        held = [columns.email.codes, columns.phones[0], columns.given.codes, columns.surname.codes]
        nobody = np.ones(len(records), np.bool_)
        for codes in (*held, columns.core.codes, columns.born.codes):
            nobody &= codes[records] == 0
        return nobody | self._columns.one_way[records]

    def _may_object(self, left: Ints, right: Ints) -> Bools:
        """Return which pairs of one email something may speak against.

        Nothing speaks against a pair with agreeing first names, equal last and middle names, birth dates and
        generations, as far as both have them. First names that are not equal need a phone that is not another one.
        """
        columns = self._columns
        objects = np.ones(len(left), np.bool_)
        alike = ~columns.long_name[left] & ~columns.long_name[right]
        alike &= columns.generation.codes[left] == columns.generation.codes[right]
        for coded in (columns.middle, columns.surname):
            alike &= _fit(coded.codes, left, right)
        places = np.flatnonzero(alike)
        born = columns.born.codes
        dates = self._linkage.scorer.dates.compare(born[left[places]], born[right[places]])
        places = places[np.isin(dates, [EQUAL, DAY_AND_MONTH, MISSING])]
        one_name = _fit(columns.given.codes, left[places], right[places])
        objects[places[one_name]] = False
        places = places[~one_name]
        levels = self._linkage.scorer.lines(left[places], right[places]).levels
        sure = np.isin(levels[FIRST], [NICKNAME, INITIAL]) & (levels[PHONE] != DIFFERENT)
        objects[places[sure]] = False
        return objects

    def _hold_several(
        self,
        rows: RowColumns,
        our_places: Ints,
        their_places: Ints,
        several: Bools,
        placeless: Bools,
        their_several: Bools,
    ) -> None:
        """Put in the rows of emails that several records of a side have, and the places of their records."""
        members: dict[int, tuple[list[int], list[int]]] = {}
        for side, chosen in ((0, several), (1, placeless | their_several)):
            records = np.flatnonzero(chosen)
            for record, key in zip(records.tolist(), self._keys[side][records].tolist(), strict=True):
                members.setdefault(key, ([], []))[side].append(record)
        for ours, theirs in members.values():
            place = int(our_places[ours[0]] if ours else their_places[theirs[0]])
            our_places[ours], their_places[theirs] = place, place
            ids = tuple(self._ids[0][n] for n in ours), tuple(self._ids[1][n] for n in theirs)
            rows.put(place, VerdictRow(Verdict.HOLD, *ids, Reason.SEVERAL))


def _fit(codes: Ints, left: Ints, right: Ints) -> Bools:
    """Return where two records have one value, or at least one of them has none."""
    a, b = codes[left], codes[right]
    fit: Bools = (a == b) | (a == 0) | (b == 0)
    return fit


def _firsts(keys: Ints, chosen: Bools) -> Bools:
    """Return the first of the chosen records of each key."""
    places = np.flatnonzero(chosen)
    firsts = np.zeros(len(keys), np.bool_)
    firsts[places[np.unique(keys[places], return_index=True)[1]]] = True
    return firsts


def _joined_keys(columns: Columns) -> Ints:
    """Return the key of each record: its email's code. Inboxes in one record's email have one key."""
    if not columns.several:
        return columns.email.codes
    code_of: Mapping[str, int] = {value: code for code, value in enumerate(columns.email.values)}
    edges = [(code_of[keys[0]], code_of[key]) for keys in columns.several.values() for key in keys[1:]]
    ends = np.array(edges, np.int32).reshape(-1, 2)
    return roots_of(ends[:, 0], ends[:, 1], len(columns.email.values))[columns.email.codes]
