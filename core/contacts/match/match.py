"""The match of two books: the rule's verdicts, the groups that the evidence shows, and the vendors' forecasts.

Pure. The match decides nothing that a person should: a group only replaces the import and the push that it warns about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from core.contacts.linkage.features import features_of
from core.contacts.linkage.scoring import MatchModel, match_model_of
from core.contacts.linkage.suggestions import (
    Connected,
    FindGroups,
    LinkageResult,
    LinkageStatistics,
    find_groups,
    whole_books,
)
from core.contacts.match.group_rows import LEFT_OVER, LINKS, with_groups
from core.contacts.match.owner_rule import NO_OWNERS, OwnerRule, with_owners
from core.contacts.match.rule import MatchOptions, judge, scopes, total_expert_owner
from core.contacts.match.vendor_rules import Accounts, Deduplication, Forecast, VendorOutcome
from core.contacts.model import Comparison, Contact, Likeness, Reason, Role, Verdict, VerdictRow
from core.contacts.payloads import as_sent

__all__ = ["LEFT_OVER", "Matched", "match"]
NOBODY_TO_REACH: Final = frozenset({Reason.NO_ADDRESSEE, Reason.FILLERS})
"""Why a contact of Total Expert becomes no prospect: it has neither an email nor a phone that is not a filler."""


class MatchStatistics(Struct, frozen=True):
    """What a match takes from its books as a whole: the statistics of each pair of owners, and of the households.

    `scopes` are by the loan officer's id, "" where there are no owners.
    """

    scopes: Mapping[str, LinkageStatistics]
    households: MatchModel

    def of(self, scope: str) -> LinkageStatistics:
        """Return the statistics of a pair of owners; those of two empty books if the pair is new since the match."""
        return self.scopes.get(scope) or _of_empty_books()


@cache
def _of_empty_books() -> LinkageStatistics:
    return whole_books((), ())


@runtime_checkable
class CountedRows(Protocol):
    """Rows that know how many there are of each verdict, and which."""

    def counts(self) -> Mapping[Verdict, int]:
        """Return the number of rows of each verdict that there is."""
        ...

    def having(self, verdict: Verdict) -> Iterator[VerdictRow]:
        """Yield the rows of a verdict in their order."""
        ...


@runtime_checkable
class AlikeRows(Protocol):
    """Rows of which most differ in nothing but the ids of their records: not even in the records' roles."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def __getitem__(self, place: int) -> VerdictRow:
        """Return the row of a place."""
        ...

    def alike(self, begin: int, end: int) -> Iterator[tuple[Sequence[int], Sequence[tuple[str, ...]]]]:
        """Yield the places of rows that are alike, and their ids: those of SimpleNexus, then those of Total Expert.

        Rows from `begin` to before `end` that come in no such group are like no other.
        """
        ...


class ContactBook(Mapping[str, Contact]):
    """The contacts of a book by their ids, of which each is made when it is asked for."""

    def role(self, record_id: str) -> Role:
        """Return the role of a contact, without making the contact if possible."""
        return self[record_id].role

    def keep(self, ids: Sequence[str]) -> None:
        """Make these contacts now, if many at once are made quicker than one by one: they will soon be asked for."""


class ForecastScope(Struct, frozen=True):
    """The rows of which a forecast is to be made, because all others are surely created as they are.

    `accounts` are the ids of the contacts of SimpleNexus that those forecasts have to know, and `contacts` the ids of
    those of Total Expert.
    """

    rows: Sequence[VerdictRow]
    accounts: Sequence[str]
    contacts: Sequence[str]


class Matched(Struct, frozen=True):
    """Both books by id, and the verdict rows. Every record is decided in exactly one row. `terms` are the options used.

    `doubles` are the records of one book that look like one person whom the other book does not have, by their ids.
    `owner_rule` says whether something new may be made for a record, by its owner. `statistics` are those that were
    used; None if they are not known, and then no change can be taken in. `connected` are the records that the evidence
    may put into one group. `forecast_scope` returns which forecasts can tell something; None if each has to be made.
    """

    simplenexus: Mapping[str, Contact]
    total_expert: Mapping[str, Contact]
    rows: Sequence[VerdictRow]
    terms: MatchOptions = MatchOptions()
    doubles: tuple[tuple[str, ...], ...] = ()
    owner_rule: OwnerRule = NO_OWNERS
    statistics: MatchStatistics | None = None
    connected: tuple[Connected, ...] = ()
    forecast_scope: Callable[[], ForecastScope] | None = None

    @property
    def counts(self) -> dict[Verdict, int]:
        """The number of rows of each verdict, in the order of the verdicts."""
        rows = self.rows
        counts = rows.counts() if isinstance(rows, CountedRows) else Counter(row.verdict for row in rows)
        return {verdict: counts[verdict] for verdict in Verdict}

    def having(self, verdict: Verdict) -> Iterator[VerdictRow]:
        """Yield the rows of a verdict in their order."""
        rows = self.rows
        if isinstance(rows, CountedRows):
            return rows.having(verdict)
        return (row for row in rows if row.verdict is verdict)

    def forecasts(self) -> Iterator[tuple[VerdictRow, Forecast]]:
        """Yield each import and each push with what the target's own rules will do with it.

        A contact of Total Expert that can't be imported because it has neither an email nor a phone is there too, with
        the reason for which SimpleNexus would refuse it.
        """
        return self._forecasts(self.rows, self.simplenexus.values(), self.total_expert.values())

    def surprises(self) -> Iterator[tuple[VerdictRow, Forecast]]:
        """Yield those of `forecasts` by which something else happens than that a record is created as it is."""
        if self.forecast_scope is None:
            found = self.forecasts()
        else:
            scope = self.forecast_scope()
            ours, theirs = (
                map(self.simplenexus.__getitem__, scope.accounts),
                map(self.total_expert.__getitem__, scope.contacts),
            )
            found = self._forecasts(scope.rows, ours, theirs)
        for row, forecast in found:
            if forecast.outcome is not VendorOutcome.CREATED or forecast.later:
                yield row, forecast

    def _forecasts(
        self, rows: Iterable[VerdictRow], simplenexus: Iterable[Contact], total_expert: Iterable[Contact]
    ) -> Iterator[tuple[VerdictRow, Forecast]]:
        """Yield the forecasts of rows. The contacts are those that may be in the way of a new one."""
        accounts = Accounts(simplenexus)
        simplenexus_scope, total_expert_scope = scopes(self.terms)
        dedup = Deduplication(total_expert, owner_of=total_expert_owner(self.terms))
        for row in rows:
            if row.verdict is Verdict.IMPORT:
                contact = self.total_expert[row.total_expert_ids[0]]
                yield row, _import_forecast(contact, accounts, total_expert_scope(contact) or "")
            elif row.verdict is Verdict.PUSH:
                contact = self.simplenexus[row.simplenexus_ids[0]]
                yield row, dedup.push(as_sent(contact), simplenexus_scope(contact) or "")
            elif row.verdict is Verdict.CANNOT and row.reason in NOBODY_TO_REACH and row.total_expert_ids:
                contact = self.total_expert[row.total_expert_ids[0]]
                refused = _import_forecast(contact, accounts, total_expert_scope(contact) or "")
                yield row, msgspec.structs.replace(refused, later=())


def _import_forecast(contact: Contact, accounts: Accounts, officer: str) -> Forecast:
    """Return what SimpleNexus will do with an import: an agent becomes a partner, anybody else a prospect."""
    is_agent = contact.role is Role.AGENT
    return accounts.partner(contact, officer) if is_agent else accounts.prospect(contact)


def match(
    simplenexus: Sequence[Contact],
    total_expert: Sequence[Contact],
    terms: MatchOptions | None = None,
    statistics: MatchStatistics | None = None,
    find: FindGroups = find_groups,
) -> Matched:
    """Match two books. Ids are unique in their book. The rows keep the rule's order.

    `statistics` are those of the books that the records are a part of; None if the records are the whole books. `find`
    finds the groups of whole books. Another function than `find_groups` may be quicker, and finds the same.
    """
    terms = terms or MatchOptions()
    ours = {contact.id: contact for contact in simplenexus}
    theirs = {contact.id: contact for contact in total_expert}
    rows = list(judge(simplenexus, total_expert, terms))
    households, model = compare_households(rows, ours, theirs, statistics)
    compared = [
        VerdictRow(
            row.verdict,
            row.simplenexus_ids,
            row.total_expert_ids,
            row.reason,
            households[row.simplenexus_ids[0]],
        )
        if row.verdict is Verdict.HOUSEHOLD
        else row
        for row in rows
    ]
    results = _evidence(rows, ours, theirs, terms, statistics, find)
    final, doubles = with_groups(compared, results.values())
    rule = OwnerRule(ours, theirs, terms)
    used = statistics or _statistics(results, model)
    connected = tuple(group for result in results.values() for group in result.connected)
    return Matched(ours, theirs, with_owners(final, rule), terms, doubles, rule, used, connected)


def _statistics(results: Mapping[str, LinkageResult], households: MatchModel) -> MatchStatistics | None:
    """Return the statistics that were used; None if the evidence of a pair of owners does not say which."""
    scopes_used = {
        scope: used.compact for scope, result in results.items() if (used := result.statistics) is not None
    }
    return MatchStatistics(scopes_used, households) if len(scopes_used) == len(results) else None


def _evidence(
    rows: Sequence[VerdictRow],
    ours: dict[str, Contact],
    theirs: dict[str, Contact],
    terms: MatchOptions,
    statistics: MatchStatistics | None,
    find: FindGroups,
) -> dict[str, LinkageResult]:
    """Return what the evidence says about all records whose owners are tied, by the scope of the two owners."""
    simplenexus_scope, total_expert_scope = scopes(terms)
    books: dict[str, tuple[list[Contact], list[Contact], list[tuple[str, str]]]] = {}
    for contact in ours.values():
        if (scope := simplenexus_scope(contact)) is not None:
            books.setdefault(scope, ([], [], []))[0].append(contact)
    for contact in theirs.values():
        if (scope := total_expert_scope(contact)) is not None:
            books.setdefault(scope, ([], [], []))[1].append(contact)
    for row in rows:
        if row.verdict in LINKS:
            scope = simplenexus_scope(ours[row.simplenexus_ids[0]])
            if scope is not None and scope == total_expert_scope(theirs[row.total_expert_ids[0]]):
                books[scope][2].append((row.simplenexus_ids[0], row.total_expert_ids[0]))
    return {
        scope: find(*book) if statistics is None else find_groups(*book, statistics.of(scope))
        for scope, book in books.items()
    }


def _at_most_unsure(comparison: Comparison) -> Comparison:
    """Return a comparison of two records of one email of which a field says that they are two people.

    However alike the two are, their class is not `person`.
    """
    if comparison.likeness is not Likeness.PERSON:
        return comparison
    return msgspec.structs.replace(comparison, likeness=Likeness.UNSURE)


def compare_households(
    rows: Sequence[VerdictRow],
    ours: Mapping[str, Contact],
    theirs: Mapping[str, Contact],
    statistics: MatchStatistics | None = None,
) -> tuple[dict[str, Comparison], MatchModel]:
    """Compare the two records of each household row, for the person who decides. Keys are SimpleNexus ids.

    Return the comparisons, and the model that compared.
    """
    households = [row for row in rows if row.verdict is Verdict.HOUSEHOLD]
    left = [features_of(ours[row.simplenexus_ids[0]]) for row in households]
    right = [features_of(theirs[row.total_expert_ids[0]], keeps_year=False) for row in households]
    model = statistics.households if statistics is not None else match_model_of(left, right).compact
    comparisons: dict[str, Comparison] = {}
    for left_features, right_features in zip(left, right, strict=True):
        compared = model.compare(left_features, right_features)
        comparisons[left_features.contact.id] = _at_most_unsure(compared)
    return comparisons, model
