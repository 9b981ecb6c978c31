"""What becomes of one row of a match after the answers that hold. Pure.

`same` links two; `different` and `household` let each record go its own way alone, as the rule says; a push that would
change a contact it was told apart from is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from core.compare.keys import email_key
from core.contacts.match.match import LEFT_OVER, Matched
from core.contacts.match.rule import alone
from core.contacts.match.vendor_rules import Deduplication, VendorOutcome
from core.contacts.model import Contact, Reason, Verdict, VerdictRow
from core.contacts.review.answers import Answers, is_fixed
from core.contacts.review.decisions import Ids
from core.push.plan import System

Sides = tuple[tuple[str, ...], tuple[str, ...]]
"""Ids of SimpleNexus, ids of Total Expert."""
NOBODY = ("",)


class RowResolver:
    """Gives the rows that a row of the match becomes, each of its records in exactly one."""

    def __init__(self, matched: Matched, answers: Answers) -> None:
        self._matched = matched
        self._answers = answers
        self._dedup = Deduplication(
            matched.total_expert.values(), owner_of=lambda contact: answers.scope_theirs(contact) or ""
        )
        self._hits: dict[str, tuple[str, ...]] = {}
        self._linked = self._emails_of_links()

    def rows(self, row: VerdictRow) -> Iterator[VerdictRow]:
        """Give what a row of the match becomes. A link comes from the row of its SimpleNexus record."""
        if is_fixed(row):
            yield row
            return
        said = self._answers
        for one in row.simplenexus_ids:
            if (other := said.same_as_ours.get(one)) is not None:
                compared = row.comparison if row.total_expert_ids == (other,) else None
                yield VerdictRow(Verdict.LINK, (one,), (other,), Reason.DECIDED, compared)
        ours = tuple(one for one in row.simplenexus_ids if one not in said.same_as_ours)
        theirs = tuple(one for one in row.total_expert_ids if one not in said.same_as_theirs)
        if not ours and not theirs:
            return
        if row.verdict in LEFT_OVER:
            yield self._pushed(ours[0]) if row.verdict is Verdict.PUSH else row
        elif row.verdict is Verdict.POSSIBLE_DUPLICATE and not (ours and theirs):
            yield from self.alone(ours, theirs)
        else:
            yield from self._parted(row, (ours, theirs))

    def _parted(self, row: VerdictRow, left: Sides) -> Iterator[VerdictRow]:
        """Let go alone who was told apart from all that it might be; who is left stays as it was, or is held."""
        facing = self.facing(row)
        going = self._going(left[0], facing[1]), self._going(left[1], facing[0], theirs=True)
        yield from self.alone(*going)
        gone = {*going[0]}, {*going[1]}
        ours, theirs = (
            tuple(one for one in side if one not in out) for side, out in zip(left, gone, strict=True)
        )
        if (ours, theirs) == (row.simplenexus_ids, row.total_expert_ids):
            yield row
        elif ours or theirs:
            reason = row.reason if row.verdict is Verdict.HOLD else Reason.BESIDE_A_LINK
            yield VerdictRow(Verdict.HOLD, ours, theirs, reason)

    def _going(
        self, side: Iterable[str], others: tuple[str, ...], *, theirs: bool = False
    ) -> tuple[str, ...]:
        """Give who was told apart from each of the others; where all of those are somebody else's, from any."""
        said = self._answers
        taken = said.same_as_ours if theirs else said.same_as_theirs
        fixed = said.fixed_ours if theirs else said.fixed_theirs
        free = [one for one in others if one not in taken and one not in fixed]

        def goes(one: str) -> bool:
            told = (
                said.apart((other, one) if theirs else (one, other)) for other in free or others or NOBODY
            )
            return all(told) if free else any(told)

        return tuple(one for one in side if goes(one))

    def alone(self, ours: Iterable[str], theirs: Iterable[str]) -> Iterator[VerdictRow]:
        """Give the rows of records that are nobody else."""
        yield from map(self._pushed, ours)
        for one in theirs:
            yield alone(self._matched.total_expert[one], System.TOTAL_EXPERT)

    def _pushed(self, one: str) -> VerdictRow:
        row = alone(self._matched.simplenexus[one], System.SIMPLENEXUS)
        hits = self.hits(one) if row.verdict is Verdict.PUSH else ()
        if hits and all(self._answers.apart((one, hit)) for hit in hits):
            return VerdictRow(Verdict.CANNOT, (one,), (), Reason.WOULD_OVERWRITE)
        return row

    def hits(self, one: str) -> tuple[str, ...]:
        """Give the contacts of which Total Expert would change one, were this record pushed (forecast)."""
        if (hits := self._hits.get(one)) is None:
            contact = self._matched.simplenexus[one]
            found = self._dedup.push(contact, self._answers.scope_ours(contact) or "")
            hits = self._hits[one] = found.hits if found.outcome is VendorOutcome.PATCHED else ()
        return hits

    def facing(self, row: VerdictRow) -> Sides:
        """Give who the records of a row might be: each other; beside a link, those who are linked."""
        if row.reason is not Reason.BESIDE_A_LINK or (row.simplenexus_ids and row.total_expert_ids):
            return row.simplenexus_ids, row.total_expert_ids
        for one in row.simplenexus_ids:
            contact = self._matched.simplenexus[one]
            return row.simplenexus_ids, self._linked.get(self._key(contact, System.SIMPLENEXUS), ((), ()))[1]
        contact = self._matched.total_expert[row.total_expert_ids[0]]
        return self._linked.get(self._key(contact, System.TOTAL_EXPERT), ((), ()))[0], row.total_expert_ids

    def _emails_of_links(self) -> dict[Ids, Sides]:
        """Give the linked records by book and email, as far as somebody unlinked is beside them."""
        if not any(row.reason is Reason.BESIDE_A_LINK for row in self._matched.rows):
            return {}
        found: dict[Ids, Sides] = {}
        for row in filter(is_fixed, self._matched.rows):
            ours = (
                self._key(self._matched.simplenexus[one], System.SIMPLENEXUS) for one in row.simplenexus_ids
            )
            theirs = (
                self._key(self._matched.total_expert[one], System.TOTAL_EXPERT)
                for one in row.total_expert_ids
            )
            for key in {*chain(ours, theirs)}:
                held = found.get(key, ((), ()))
                found[key] = (*held[0], *row.simplenexus_ids), (*held[1], *row.total_expert_ids)
        return found

    def _key(self, contact: Contact, side: System) -> Ids:
        scope = self._answers.scope_ours if side is System.SIMPLENEXUS else self._answers.scope_theirs
        return scope(contact) or "", email_key(contact.email)
