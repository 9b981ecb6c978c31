"""The match of two books: the rule's verdicts, suggestions among the remaining records, and the vendors' forecasts.

Pure. The match decides nothing that a person should: a suggestion only replaces the import and the push that it warns
about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from core.contacts.linkage.explain import evidence_reason
from core.contacts.linkage.features import features_of
from core.contacts.linkage.scoring import match_model_of
from core.contacts.linkage.suggestions import suggest
from core.contacts.match.rule import MatchOptions, judge, scopes
from core.contacts.match.vendor_rules import Accounts, Deduplication, Forecast
from core.contacts.model import Comparison, Contact, Likeness, Suggestion, Verdict, VerdictRow

LEFT_OVER = frozenset({Verdict.IMPORT, Verdict.PUSH, Verdict.SKIP_ONE_WAY, Verdict.CANNOT})
"""Verdicts of records that the rule leaves over. Only these records are candidates for a suggestion."""


class Matched(Struct, frozen=True):
    """Both books by id, and the verdict rows. Every record is in exactly one row. `terms` are the options used."""

    simplenexus: dict[str, Contact]
    total_expert: dict[str, Contact]
    rows: tuple[VerdictRow, ...]
    terms: MatchOptions = MatchOptions()

    @property
    def counts(self) -> dict[Verdict, int]:
        """The number of rows of each verdict, in the order of the verdicts."""
        counts = Counter(row.verdict for row in self.rows)
        return {verdict: counts[verdict] for verdict in Verdict}

    def forecasts(self) -> Iterator[tuple[VerdictRow, Forecast]]:
        """Yield each import and each push with what the target's own rules will do with it."""
        accounts = Accounts(self.simplenexus.values())
        simplenexus_scope, total_expert_scope = scopes(self.terms)
        dedup = Deduplication(
            self.total_expert.values(), owner_of=lambda contact: total_expert_scope(contact) or ""
        )
        for row in self.rows:
            if row.verdict is Verdict.IMPORT:
                yield row, accounts.prospect(self.total_expert[row.total_expert_ids[0]])
            elif row.verdict is Verdict.PUSH:
                contact = self.simplenexus[row.simplenexus_ids[0]]
                yield row, dedup.push(contact, simplenexus_scope(contact) or "")


def match(
    simplenexus: Sequence[Contact], total_expert: Sequence[Contact], terms: MatchOptions | None = None
) -> Matched:
    """Match two books. Ids are unique in their book. The rows keep the rule's order."""
    terms = terms or MatchOptions()
    ours = {contact.id: contact for contact in simplenexus}
    theirs = {contact.id: contact for contact in total_expert}
    rows = list(judge(simplenexus, total_expert, terms))
    suggestions = _suggestions(rows, ours, theirs, terms)
    households = _compare_households(rows, ours, theirs)
    by_our_id = {suggestion.simplenexus_id: suggestion for suggestion in suggestions}
    their_suggested_ids = {suggestion.total_expert_id for suggestion in suggestions}
    final: list[VerdictRow] = []
    for row in rows:
        if row.simplenexus_ids and row.simplenexus_ids[0] in by_our_id:
            suggestion = by_our_id[row.simplenexus_ids[0]]
            final.append(
                VerdictRow(
                    Verdict.POSSIBLE_DUPLICATE,
                    row.simplenexus_ids,
                    (suggestion.total_expert_id,),
                    evidence_reason(suggestion.comparison),
                    suggestion.comparison,
                )
            )
        elif row.verdict is Verdict.HOUSEHOLD:
            ids = row.simplenexus_ids, row.total_expert_ids
            final.append(VerdictRow(row.verdict, *ids, row.reason, households[row.simplenexus_ids[0]]))
        elif their_suggested_ids.isdisjoint(row.total_expert_ids):
            final.append(row)
    return Matched(ours, theirs, tuple(final), terms)


def _suggestions(
    rows: Sequence[VerdictRow], ours: dict[str, Contact], theirs: dict[str, Contact], terms: MatchOptions
) -> list[Suggestion]:
    """Return the suggestions among the records that the rule left over, separately for each pair of owners."""
    simplenexus_scope, total_expert_scope = scopes(terms)
    books: dict[str | None, tuple[list[Contact], list[Contact]]] = {}
    for row in rows:
        if row.verdict in LEFT_OVER:
            for contact in map(ours.__getitem__, row.simplenexus_ids):
                books.setdefault(simplenexus_scope(contact), ([], []))[0].append(contact)
            for contact in map(theirs.__getitem__, row.total_expert_ids):
                books.setdefault(total_expert_scope(contact), ([], []))[1].append(contact)
    return [
        suggestion
        for scope, (left, right) in books.items()
        if scope is not None
        for suggestion in suggest(left, right)
    ]


def _at_most_unsure(comparison: Comparison) -> Comparison:
    """Return a comparison of two records of one email of which a field says that they are two people.

    However alike the two are, their class is not `person`.
    """
    if comparison.likeness is not Likeness.PERSON:
        return comparison
    return msgspec.structs.replace(comparison, likeness=Likeness.UNSURE)


def _compare_households(
    rows: Sequence[VerdictRow], ours: dict[str, Contact], theirs: dict[str, Contact]
) -> dict[str, Comparison]:
    """Compare the two records of each household row, for the person who decides. Keys are SimpleNexus ids."""
    households = [row for row in rows if row.verdict is Verdict.HOUSEHOLD]
    if not households:
        return {}
    left = [features_of(ours[row.simplenexus_ids[0]]) for row in households]
    right = [features_of(theirs[row.total_expert_ids[0]], keeps_year=False) for row in households]
    model = match_model_of(left, right)
    comparisons: dict[str, Comparison] = {}
    for left_features, right_features in zip(left, right, strict=True):
        compared = model.compare(left_features, right_features)
        comparisons[left_features.contact.id] = _at_most_unsure(compared)
    return comparisons
