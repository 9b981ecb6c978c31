"""Two books matched: the rule's verdicts, the possible duplicates among what is left, and what the systems will do.

Pure, decides nothing a person should: a suggestion only takes the place of the import and the push it warns of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from core.contacts.linkage.features import features_of
from core.contacts.linkage.scoring import match_model_of
from core.contacts.linkage.suggestions import suggest
from core.contacts.match.rule import MatchOptions, judge, scopes
from core.contacts.match.vendor_rules import Accounts, Deduplication, Forecast
from core.contacts.model import Comparison, Contact, Likeness, Reason, Suggestion, Verdict, VerdictRow

LEFT_OVER = frozenset({Verdict.IMPORT, Verdict.PUSH, Verdict.SKIP_ONE_WAY, Verdict.CANNOT})
"""Verdicts of records that are not linked: possible duplicates are looked for among them."""


class Matched(Struct, frozen=True):
    """Both books, and a verdict for every record, each in exactly one row."""

    simplenexus: dict[str, Contact]
    total_expert: dict[str, Contact]
    rows: tuple[VerdictRow, ...]
    terms: MatchOptions = MatchOptions()

    @property
    def counts(self) -> dict[Verdict, int]:
        """Give how many rows each verdict has, all verdicts in their order."""
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in Verdict}

    def forecasts(self) -> Iterator[tuple[VerdictRow, Forecast]]:
        """Say what the target's own rules will do with each import and each push."""
        accounts = Accounts(self.simplenexus.values())
        scope_ours, scope_theirs = scopes(self.terms)
        dedup = Deduplication(
            self.total_expert.values(), owner_of=lambda contact: scope_theirs(contact) or ""
        )
        for row in self.rows:
            if row.verdict is Verdict.IMPORT:
                yield row, accounts.prospect(self.total_expert[row.total_expert_ids[0]])
            elif row.verdict is Verdict.PUSH:
                contact = self.simplenexus[row.simplenexus_ids[0]]
                yield row, dedup.push(contact, scope_ours(contact) or "")


def match(
    simplenexus: Sequence[Contact], total_expert: Sequence[Contact], terms: MatchOptions | None = None
) -> Matched:
    """Match two books; ids are unique on their side. Rows keep the rule's order."""
    terms = terms or MatchOptions()
    ours = {one.id: one for one in simplenexus}
    theirs = {one.id: one for one in total_expert}
    rows = list(judge(simplenexus, total_expert, terms))
    households = [row for row in rows if row.verdict is Verdict.HOUSEHOLD]
    suggested = _suggested(rows, ours, theirs, terms)
    of_ours = {one.simplenexus_id: one for one in suggested}
    of_theirs = {one.total_expert_id for one in suggested}
    shared = _households(households, ours, theirs)
    kept: list[VerdictRow] = []
    for row in rows:
        left_over = row.verdict in LEFT_OVER
        if left_over and row.simplenexus_ids and (found := of_ours.get(row.simplenexus_ids[0])):
            kept.append(
                VerdictRow(
                    Verdict.POSSIBLE_DUPLICATE,
                    row.simplenexus_ids,
                    (found.total_expert_id,),
                    Reason.EVIDENCE,
                    found.comparison,
                )
            )
        elif left_over and row.total_expert_ids and row.total_expert_ids[0] in of_theirs:
            continue
        elif row.verdict is Verdict.HOUSEHOLD:
            ids = row.simplenexus_ids, row.total_expert_ids
            kept.append(VerdictRow(row.verdict, *ids, row.reason, shared[row.simplenexus_ids[0]]))
        else:
            kept.append(row)
    return Matched(ours, theirs, tuple(kept), terms)


def _suggested(
    rows: Sequence[VerdictRow], ours: dict[str, Contact], theirs: dict[str, Contact], terms: MatchOptions
) -> list[Suggestion]:
    """Look for possible duplicates in each owner's book, among what the rule left over there."""
    scope_ours, scope_theirs = scopes(terms)
    books: dict[str | None, tuple[list[Contact], list[Contact]]] = {}
    for row in rows:
        if row.verdict in LEFT_OVER:
            for contact in map(ours.__getitem__, row.simplenexus_ids):
                books.setdefault(scope_ours(contact), ([], []))[0].append(contact)
            for contact in map(theirs.__getitem__, row.total_expert_ids):
                books.setdefault(scope_theirs(contact), ([], []))[1].append(contact)
    return [
        one for where, (left, right) in books.items() if where is not None for one in suggest(left, right)
    ]


def _households(
    rows: Sequence[VerdictRow], ours: dict[str, Contact], theirs: dict[str, Contact]
) -> dict[str, Comparison]:
    """Compare those who share an inbox, for the person who has to tell them apart."""
    left = [features_of(ours[row.simplenexus_ids[0]]) for row in rows]
    right = [features_of(theirs[row.total_expert_ids[0]], keeps_year=False) for row in rows]
    if not rows:
        return {}
    scale = match_model_of(left, right)
    found: dict[str, Comparison] = {}
    for one, other in zip(left, right, strict=True):
        compared = scale.compare(one, other)
        found[one.contact.id] = Comparison(Likeness.HOUSEHOLD, compared.bits, compared.evidence)
    return found
