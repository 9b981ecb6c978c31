"""Resolves one row of the match: which final rows it becomes with the answers that hold. Pure.

`same` links two records. `different` and `household` let each record be handled alone, as the rule says. A push that
would change a contact that the record was told apart from is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from core.compare.emails import inbox_keys
from core.contacts.match.match import LEFT_OVER, Matched
from core.contacts.match.owner_rule import OwnerPair, RecordKey, held_row, one_record, record_made_of
from core.contacts.match.rule import alone, total_expert_owner
from core.contacts.match.vendor_rules import Deduplication, VendorOutcome
from core.contacts.model import Contact, Reason, Verdict, VerdictRow
from core.contacts.payloads import as_sent
from core.contacts.records import OwnersAnswer
from core.contacts.review.answers import Answers, is_fixed
from core.contacts.review.decisions import Ids
from core.push.plan import System

Sides = tuple[tuple[str, ...], tuple[str, ...]]
"""(SimpleNexus ids, Total Expert ids)"""
NOBODY = ("",)
"""The ids of a side without a record."""


class RowResolver:
    """Returns the final rows of each row of the match. Each of the row's records is in exactly one final row."""

    def __init__(self, matched: Matched, answers: Answers) -> None:
        self._matched = matched
        self._answers = answers
        self._owners = matched.owner_rule
        self._dedup = Deduplication(matched.total_expert.values(), owner_of=total_expert_owner(matched.terms))
        self._hits: dict[str, tuple[str, ...]] = {}
        self._linked = self._linked_by_email()

    def rows(self, row: VerdictRow) -> Iterator[VerdictRow]:
        """Yield the final rows of a row. A link comes from the row of its SimpleNexus record.

        Whatever led to an import or a push, the rule of owners has the last word.
        """
        held: list[RecordKey] = []
        for final in self._before_owners(row):
            key = record_made_of(final)
            checked = final if key is None else self._checked(key, final)
            if key is not None and checked.reason is Reason.OTHER_OWNER:
                held.append(key)
            else:
                yield checked
        if held:
            yield held_row(held, (other for key in held for other in self.open_others(key)))

    def _checked(self, key: RecordKey, row: VerdictRow) -> VerdictRow:
        """Return an import or a push, or what becomes of it because of its owner."""
        if self._owners.has_left(key):
            return one_record(key, Verdict.CANNOT, Reason.OWNER_LEFT)
        others = self.open_others(key)
        if not others:
            return row
        answers = {self._answers.of_owners(self._owners.pair(key, other)) for other in others}
        if OwnersAnswer.LEAVE in answers:
            return one_record(key, Verdict.CANNOT, Reason.LEFT_TO_OWNER)
        return one_record(key, Verdict.HOLD, Reason.OTHER_OWNER)

    def open_others(self, key: RecordKey) -> tuple[RecordKey, ...]:
        """Return the records of other owners that keep a record from being imported or pushed.

        Those that a person told apart, or of which the owners are separate, do not.
        """
        return tuple(
            other
            for other in self._owners.others(key)
            if not self._is_separate(self._owners.pair(key, other)) and not self._apart(key, other)
        )

    def _is_separate(self, pair: OwnerPair) -> bool:
        return self._answers.of_owners(pair) is OwnersAnswer.SEPARATE

    def _apart(self, key: RecordKey, other: RecordKey) -> bool:
        """Return True if two records were told apart. Two of one system never were."""
        is_ours = key[0] is System.SIMPLENEXUS
        others_id = "" if key[0] is other[0] else other[1]
        return self._answers.apart((key[1], others_id) if is_ours else (others_id, key[1]))

    def _before_owners(self, row: VerdictRow) -> Iterator[VerdictRow]:
        """Yield the final rows of a row as if every record had one owner only."""
        if row.reason is Reason.MOVED:
            ids = row.simplenexus_ids[0], row.total_expert_ids[0]
            yield replace(row, verdict=Verdict.LINKED) if self._answers.kept(ids) else row
            return
        if is_fixed(row):
            yield row
            return
        yield from self._answered_same(row)
        answers = self._answers
        ours = tuple(
            our_id
            for our_id in row.own_simplenexus_ids
            if our_id not in answers.same_as_ours and not answers.first_of_ours(our_id)
        )
        theirs = tuple(
            their_id
            for their_id in row.own_total_expert_ids
            if their_id not in answers.same_as_theirs and not answers.first_of_theirs(their_id)
        )
        if row.reason is Reason.SEVERAL_LINKS:
            if self._is_open(row):
                yield row
        elif not ours and not theirs:
            return
        elif row.reason is Reason.OTHER_OWNER:
            yield from self.alone(ours, theirs)
        elif row.verdict in LEFT_OVER:
            yield self._pushed(ours[0]) if row.verdict is Verdict.PUSH else row
        elif row.verdict is Verdict.POSSIBLE_DUPLICATE:
            yield from self._left_of_group(row, (ours, theirs))
        else:
            yield from self._separated(row, (ours, theirs))

    def _answered_same(self, row: VerdictRow) -> Iterator[VerdictRow]:
        """Yield the rows of the records with a "same" answer: those that are linked, and second records."""
        answers = self._answers
        for our_id in row.own_simplenexus_ids:
            if (their_id := answers.same_as_ours.get(our_id)) is not None:
                comparison = row.comparison if row.total_expert_ids == (their_id,) else None
                yield VerdictRow(Verdict.LINK, (our_id,), (their_id,), Reason.DECIDED, comparison)
            elif first := answers.first_of_ours(our_id):
                yield VerdictRow(Verdict.LINKED, (our_id,), first, Reason.SECOND_RECORD, None, ((), first))
        for their_id in row.own_total_expert_ids:
            if first := answers.first_of_theirs(their_id):
                yield VerdictRow(Verdict.LINKED, first, (their_id,), Reason.SECOND_RECORD, None, (first, ()))

    def _is_open(self, row: VerdictRow) -> bool:
        """Return True if a pair of several linked pairs has no answer yet."""
        answers = self._answers
        return any(
            not answers.apart((pair.simplenexus_id, pair.total_expert_id))
            and not answers.same((pair.simplenexus_id, pair.total_expert_id))
            for pair in row.suggestions
        )

    def _left_of_group(self, row: VerdictRow, undecided: Sides) -> Iterator[VerdictRow]:
        """Yield the rows of a group's records without a "same" answer.

        A record that was told apart from every record of the other system is handled alone. The others stay one
        question: they may be second records of those that are linked now.
        """
        answers = self._answers
        ours_alone = tuple(
            our_id
            for our_id in undecided[0]
            if all(answers.apart((our_id, their_id)) for their_id in row.total_expert_ids)
        )
        theirs_alone = tuple(
            their_id
            for their_id in undecided[1]
            if all(answers.apart((our_id, their_id)) for our_id in row.simplenexus_ids)
        )
        yield from self.alone(ours_alone, theirs_alone)
        ours = tuple(our_id for our_id in undecided[0] if our_id not in ours_alone)
        theirs = tuple(their_id for their_id in undecided[1] if their_id not in theirs_alone)
        if (ours, theirs) == (row.own_simplenexus_ids, row.own_total_expert_ids):
            yield row
        elif ours or theirs:
            our_others = tuple(n for n in row.simplenexus_ids if n not in ours and n not in ours_alone)
            their_others = tuple(n for n in row.total_expert_ids if n not in theirs and n not in theirs_alone)
            ids = (*ours, *our_others), (*theirs, *their_others)
            is_linked = any(n in answers.linked_ours or n in answers.fixed_ours for n in our_others) or any(
                n in answers.linked_theirs or n in answers.fixed_theirs for n in their_others
            )
            reason = Reason.SECOND_RECORD if is_linked else Reason.EVIDENCE
            left = tuple(
                pair
                for pair in row.suggestions
                if pair.simplenexus_id in ids[0] and pair.total_expert_id in ids[1]
            )
            elsewhere = our_others, their_others
            comparison = left[0].comparison if len(ids[0]) == len(ids[1]) == 1 and left else None
            if ids == (row.simplenexus_ids, row.total_expert_ids):
                comparison = comparison or row.comparison
            if not left and not any(elsewhere):  # one email is all that is left
                several = len(ids[0]) + len(ids[1]) > 2
                verdict = Verdict.HOLD if several else Verdict.HOUSEHOLD
                reason = Reason.SEVERAL if several else Reason.OTHER_PERSON
                yield VerdictRow(verdict, *ids, reason)
            else:
                yield VerdictRow(row.verdict, *ids, reason, comparison, elsewhere, left)

    def _separated(self, row: VerdictRow, undecided: Sides) -> Iterator[VerdictRow]:
        """Yield the rows of the records of one email without a "same" answer.

        A record that was told apart from every record that it might be is handled alone. The others keep their row if
        none is missing from it; otherwise they are held.
        """
        our_options, their_options = self.facing(row)
        ours_alone = self._told_apart(undecided[0], their_options, System.SIMPLENEXUS)
        theirs_alone = self._told_apart(undecided[1], our_options, System.TOTAL_EXPERT)
        yield from self.alone(ours_alone, theirs_alone)
        ours = tuple(our_id for our_id in undecided[0] if our_id not in ours_alone)
        theirs = tuple(their_id for their_id in undecided[1] if their_id not in theirs_alone)
        if (ours, theirs) == (row.own_simplenexus_ids, row.own_total_expert_ids):
            yield row
        elif ours or theirs:
            reason = row.reason if row.verdict is Verdict.HOLD else Reason.BESIDE_A_LINK
            yield VerdictRow(Verdict.HOLD, ours, theirs, reason)

    def _told_apart(self, ids: Iterable[str], options: tuple[str, ...], side: System) -> tuple[str, ...]:
        """Return the records of `side` that were told apart from each of the `options` that are free.

        An option is free if it is linked to nobody else. If no option is free, one answer is enough.
        """
        answers = self._answers
        is_ours = side is System.SIMPLENEXUS
        taken = answers.linked_theirs if is_ours else answers.linked_ours
        fixed = answers.fixed_theirs if is_ours else answers.fixed_ours
        free = [option for option in options if option not in taken and option not in fixed]

        def is_told_apart(record_id: str) -> bool:
            apart = (
                answers.apart((record_id, option) if is_ours else (option, record_id))
                for option in free or options or NOBODY
            )
            return all(apart) if free else any(apart)

        return tuple(record_id for record_id in ids if is_told_apart(record_id))

    def alone(self, ours: Iterable[str], theirs: Iterable[str]) -> Iterator[VerdictRow]:
        """Yield the rows of records that have no partner in the other system."""
        yield from map(self._pushed, ours)
        for their_id in theirs:
            yield alone(self._matched.total_expert[their_id], System.TOTAL_EXPERT)

    def _pushed(self, our_id: str) -> VerdictRow:
        row = alone(self._matched.simplenexus[our_id], System.SIMPLENEXUS)
        hits = self.hits(our_id) if row.verdict is Verdict.PUSH else ()
        if hits and all(self._answers.apart((our_id, hit)) for hit in hits):
            return VerdictRow(Verdict.CANNOT, (our_id,), (), Reason.WOULD_OVERWRITE)
        return row

    def hits(self, our_id: str) -> tuple[str, ...]:
        """Return the contacts of which Total Expert would change one if a SimpleNexus record were pushed."""
        if (hits := self._hits.get(our_id)) is None:
            contact = self._matched.simplenexus[our_id]
            forecast = self._dedup.push(as_sent(contact), self._answers.scope_ours(contact) or "")
            hits = self._hits[our_id] = forecast.hits if forecast.outcome is VendorOutcome.PATCHED else ()
        return hits

    def facing(self, row: VerdictRow) -> Sides:
        """Return the records that the records of a row of the match might be.

        These are the records of the row's other side. If a linked record has the email of the row already, they are the
        linked records: such a row has one record.
        """
        if row.reason is not Reason.BESIDE_A_LINK or any(row.elsewhere):
            return row.simplenexus_ids, row.total_expert_ids
        if row.simplenexus_ids:
            contact = self._matched.simplenexus[row.simplenexus_ids[0]]
            return row.simplenexus_ids, self._linked_beside(contact, System.SIMPLENEXUS)[1]
        contact = self._matched.total_expert[row.total_expert_ids[0]]
        return self._linked_beside(contact, System.TOTAL_EXPERT)[0], row.total_expert_ids

    def _linked_beside(self, contact: Contact, side: System) -> Sides:
        """Return the linked records that have an email of a record, each once."""
        found = [self._linked.get(key, ((), ())) for key in self._keys(contact, side)]
        ours = dict.fromkeys(our_id for our_ids, _ in found for our_id in our_ids)
        theirs = dict.fromkeys(their_id for _, their_ids in found for their_id in their_ids)
        return tuple(ours), tuple(theirs)

    def _linked_by_email(self) -> dict[Ids, Sides]:
        """Return the linked records by scope and email key; empty if no unlinked record shares their email."""
        if not any(row.reason is Reason.BESIDE_A_LINK for row in self._matched.rows):
            return {}
        linked: dict[Ids, Sides] = {}
        for row in filter(is_fixed, self._matched.rows):
            ours = (self._matched.simplenexus[our_id] for our_id in row.simplenexus_ids)
            theirs = (self._matched.total_expert[their_id] for their_id in row.total_expert_ids)
            keys = {
                *(key for contact in ours for key in self._keys(contact, System.SIMPLENEXUS)),
                *(key for contact in theirs for key in self._keys(contact, System.TOTAL_EXPERT)),
            }
            for key in keys:
                our_ids, their_ids = linked.get(key, ((), ()))
                linked[key] = (*our_ids, *row.simplenexus_ids), (*their_ids, *row.total_expert_ids)
        return linked

    def _keys(self, contact: Contact, side: System) -> tuple[Ids, ...]:
        """Return the scope of a record with each of its emails."""
        scope = self._answers.scope_ours if side is System.SIMPLENEXUS else self._answers.scope_theirs
        return tuple((scope(contact) or "", email) for email in inbox_keys(contact.email))
