"""Matches two large files in columns: core/contacts/match/match.py for books without owners and without links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from core.contacts.linkage.suggestions import LinkageResult
from core.contacts.match.group_rows import placed_with_groups
from core.contacts.match.match import ContactBook, Matched, compare_households
from core.contacts.match.rule import MatchOptions, SameEmail
from core.contacts.model import Contact, Role, Verdict, VerdictRow
from core.progress import SILENT, Meter
from data.scale.codes import Ints
from data.scale.columns import columns_of, first_inboxes
from data.scale.files import ColumnContacts
from data.scale.forecasts import forecast_scope
from data.scale.linkage import BookColumns, Linkage
from data.scale.rows import RowColumns
from data.scale.rule import Rule

HeardRule = Callable[[Mapping[Verdict, int]], None]
"""Is called with the number of rows of each verdict as soon as the rule has decided, before the evidence is weighed."""


class ContactsById(ContactBook):
    """The contacts of a file by their ids."""

    def __init__(self, contacts: ColumnContacts, ids: list[str]) -> None:
        self._contacts = contacts
        self.places = {record_id: n for n, record_id in enumerate(ids)}
        self._role = Contact("", kind=contacts.kind).role

    def __getitem__(self, record_id: str) -> Contact:
        return self._contacts[self.places[record_id]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self.places

    def keep(self, ids: Sequence[str]) -> None:
        """Make these contacts now."""
        self._contacts.keep([self.places[record_id] for record_id in ids])

    def role(self, record_id: str) -> Role:
        """Return the role of a contact of the file: all of them are of one kind, and a file names no agents."""
        if record_id not in self.places:
            raise KeyError(record_id)
        return self._role


def rule_of(simplenexus: ColumnContacts, total_expert: ColumnContacts, same_email: SameEmail) -> RowColumns:
    """Return the rows of the rule alone."""
    return _Prepared(simplenexus, total_expert, SILENT).rule(same_email)[0]


class _Prepared:
    """Two files as columns, with what compares them."""

    def __init__(self, simplenexus: ColumnContacts, total_expert: ColumnContacts, meter: Meter) -> None:
        self.ids = simplenexus.frame["id"].to_list(), total_expert.frame["id"].to_list()
        self.columns = columns_of(simplenexus.frame, total_expert.frame, _one_way(simplenexus, total_expert))
        meter.look()
        ours = BookColumns(self.ids[0], simplenexus.__getitem__, simplenexus.many)
        theirs = BookColumns(self.ids[1], total_expert.__getitem__, total_expert.many)
        self.linkage = Linkage(ours, theirs, self.columns, meter)

    def rule(self, same_email: SameEmail) -> tuple[RowColumns, Ints, Ints]:
        """Return what `Rule.rows` does."""
        linkage = self.linkage
        return Rule(self.columns, linkage, self.ids, same_email).rows()


def match_columns(
    simplenexus: ColumnContacts,
    total_expert: ColumnContacts,
    same_email: SameEmail,
    heard: HeardRule = lambda counts: None,
    meter: Meter = SILENT,
) -> Matched:
    """Match two files. The rows are those of `match`. A stop of `meter` raises `CutShort`."""
    prepared = _Prepared(simplenexus, total_expert, meter)
    rows, our_places, their_places = prepared.rule(same_email)
    ids, linkage = prepared.ids, prepared.linkage
    heard(rows.counts())
    for contacts in (simplenexus, total_expert):
        contacts.compact()
    links = np.array(rows.of_verdict(Verdict.LINK), np.int32)
    result = linkage.result((rows.left[links], rows.right[links]))
    ours, theirs = ContactsById(simplenexus, ids[0]), ContactsById(total_expert, ids[1])
    _put_households(rows, ours, theirs)
    places = _Places(ours, theirs, our_places, their_places)
    final, doubles = _with_groups(rows, result, places)
    emails = first_inboxes(prepared.columns)
    return Matched(
        ours,
        theirs,
        final,
        MatchOptions(same_email),
        doubles,
        forecast_scope=lambda: forecast_scope(final, simplenexus, total_expert, emails),
    )


def _one_way(simplenexus: ColumnContacts, total_expert: ColumnContacts) -> Ints:
    """Return the numbers of the records that the one-way integration carries."""
    shift = len(simplenexus)
    return np.array([*simplenexus.one_way(), *(shift + place for place in total_expert.one_way())], np.int32)


def _put_households(rows: RowColumns, ours: Mapping[str, Contact], theirs: Mapping[str, Contact]) -> None:
    """Put the comparisons into the rows of one email and two people."""
    places = rows.of_verdict(Verdict.HOUSEHOLD)
    households = [rows[place] for place in places]
    compared, _ = compare_households(households, ours, theirs)
    for place, row in zip(places, households, strict=True):
        ids = row.simplenexus_ids, row.total_expert_ids
        rows.put(place, VerdictRow(row.verdict, *ids, row.reason, compared[row.simplenexus_ids[0]]))


class _Places:
    """The places of the rows of records, by their ids."""

    def __init__(
        self, ours: ContactsById, theirs: ContactsById, our_places: Ints, their_places: Ints
    ) -> None:
        self._sides = (ours.places, our_places), (theirs.places, their_places)

    def of(self, result: LinkageResult) -> list[int]:
        """Return the places of the rows of all records that the evidence names."""
        places: set[int] = set()
        for group in result.groups:
            self._add(places, group.simplenexus_ids, group.total_expert_ids)
        for pair in (*result.pairs, *result.doubted):
            self._add(places, (pair.simplenexus_id,), (pair.total_expert_id,))
        return sorted(places)

    def _add(self, places: set[int], *ids: Sequence[str]) -> None:
        for (place_of, rows), side in zip(self._sides, ids, strict=True):
            places.update(int(rows[place_of[record_id]]) for record_id in side)


def _with_groups(
    rows: RowColumns, result: LinkageResult, places: _Places
) -> tuple[RowColumns, tuple[tuple[str, ...], ...]]:
    """Return the rows with the groups. Only the rows that the evidence is about are looked at."""
    touched = places.of(result)
    placed, last, doubles = placed_with_groups([rows[place] for place in touched], [result])
    dropped = np.zeros(len(rows), np.bool_)
    dropped[touched] = True
    for at, row in placed:
        dropped[touched[at]] = False
        rows.put(touched[at], row)
    return rows.without(dropped, last), doubles
