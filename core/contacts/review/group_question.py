"""The question about a group: are these records one person? Everything that a screen shows of the question. Pure.

A group has records of both systems. One of them is the reference: each other member is compared with the person of the
reference, which is the reference and the records that are linked with it. `group_question` makes the value,
`group_answers` the answers about pairs that one key press gives (docs/matching.md, "Groups").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from msgspec import Struct

from core.contacts.consent import consent_words
from core.contacts.linkage.features import Features, features_of
from core.contacts.model import Comparison, Contact, Likeness, Reason, Role, Verdict, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.consequences import if_nobody_decides
from core.contacts.review.decisions import Ids, PairAnswer
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reason_words import REASON_WORDS
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.side_by_side import (
    CONSENT,
    LABELS,
    NONE,
    NameOwner,
    field_signs,
    field_values,
    origin_of,
)
from core.local_forms import Country
from core.push.plan import System
from core.texts import how_many

RecordKey = tuple[System, str]
"""A record: its system and its id there."""
MOST_COMPARED: Final = 12
"""Members up to which every pair of a group is compared. In a larger group only the reference is compared."""


class MemberField(Struct, frozen=True):
    """One field of a member: its label, its value as a person reads it, and the sign against the reference.

    The sign is "" where the reference or the member has no value, and for the reference itself.
    """

    label: str
    value: str
    sign: str


class GroupMember(Struct, frozen=True):
    """One record of a group.

    `fields` has one entry for each label of the question, in their order. `comparison` is the evidence against the
    reference; None for the reference and for a record that is linked with it. `suggested` is the answer that the
    evidence suggests, and `answer` the answer that would be given now; both are None for the reference and for a record
    that is linked with it. `linked_with` are the ids of the other system's records that the record is linked with.
    """

    key: RecordKey
    contact: Contact
    fields: tuple[MemberField, ...]
    comparison: Comparison | None
    suggested: Answer | None
    answer: Answer | None
    linked_with: tuple[str, ...] = ()

    @property
    def system(self) -> System:
        """The system that holds the record."""
        return self.key[0]

    @property
    def ticked(self) -> bool:
        """True if the record counts as the person of the reference."""
        return self.answer in (None, Answer.SAME)


class GroupPair(Struct, frozen=True):
    """Two members, by their places in the group, and how they compare. `linked` is True if a link joins them."""

    first: int
    second: int
    comparison: Comparison
    linked: bool = False


class Effect(Struct, frozen=True):
    """One thing that follows from the answers: in which system, a sign, and a sentence.

    The sign is "+" for a record or a link that is made, "·" for a record that stays as it is, and "!" for what a person
    has to decide afterwards.
    """

    system: System
    sign: str
    text: str


class GroupQuestion(Struct, frozen=True):
    """A question about a group.

    `key` is the key of its item in the queue. `members` begin with the reference and the records that are linked with
    it; then the likely records of the same person, then the others. `labels` are the fields that a member has a value
    for. `pairs` are the compared pairs. `skipped` says what happens if nobody decides, `follows` what the answers of
    the members would do.
    """

    key: str
    members: tuple[GroupMember, ...]
    labels: tuple[str, ...]
    pairs: tuple[GroupPair, ...]
    skipped: str
    follows: tuple[Effect, ...]

    @property
    def reference(self) -> GroupMember:
        """The member that the others are compared with."""
        return self.members[0]

    @property
    def systems(self) -> int:
        """The number of systems that hold a member."""
        return len({member.system for member in self.members})

    @property
    def weakest(self) -> GroupPair | None:
        """The pair of ticked members with the least evidence for one person; None if fewer than two are ticked.

        Two members that are linked are no such pair.
        """
        ticked = [
            pair
            for pair in self.pairs
            if not pair.linked and self.members[pair.first].ticked and self.members[pair.second].ticked
        ]
        return min(ticked, key=lambda pair: pair.comparison.bits, default=None)

    def member(self, key: RecordKey) -> GroupMember | None:
        """Return a member by its key; None if the group has no such member."""
        return next((member for member in self.members if member.key == key), None)


def is_group(item: ReviewItem) -> bool:
    """Return True if a question has more than two records and at least one in each system.

    Records of several owners are no group: they are never linked with each other.
    """
    if item.row.reason is Reason.OTHER_OWNER:
        return False
    if item.row.verdict is Verdict.GONE:
        return False  # the records of one side are candidates for the other end of the link
    return bool(item.ours and item.theirs) and len(item.ours) + len(item.theirs) > 2


def group_question(
    reviewed: Reviewed,
    item: ReviewItem,
    named: NameOwner,
    country: Country,
    writer: str = "desk",
    answers: Mapping[RecordKey, Answer] | None = None,
) -> GroupQuestion:
    """Return the question about all records of an item.

    `named` returns the name of a record's owner. Dates are in the form of the desk's `country`. `writer` is "desk" if
    the desk's own sync writes. `answers` are the answers that a person chose for members in place of the suggested
    ones: an answer other than `same` ticks a member out.
    """
    records = {
        **{(System.SIMPLENEXUS, our_id): reviewed.matched.simplenexus[our_id] for our_id in item.ours},
        **{
            (System.TOTAL_EXPERT, their_id): reviewed.matched.total_expert[their_id]
            for their_id in item.theirs
        },
    }
    compared = _Compared(reviewed, records)
    reference = compared.reference()
    person = [reference, *(key for key in records if key in compared.links[reference])]
    others = [key for key in records if key not in person]
    against = {key: compared.best(key, person) for key in others}
    suggested: dict[RecordKey, Answer] = {}
    ticked = [*person]
    for key in sorted(others, key=lambda key: -against[key].bits):
        suggested[key] = _given_answer(reviewed, key, ticked) or suggested_answer(against[key])
        if suggested[key] is Answer.SAME:
            ticked.append(key)
    others.sort(key=lambda key: (_ORDER.index(suggested[key]), -against[key].bits))
    ordered = [*person, *others]
    chosen = answers or {}
    bare = [
        GroupMember(
            key,
            records[key],
            compared.fields(key, person, named, country),
            against.get(key),
            suggested.get(key),
            chosen.get(key, suggested[key]) if key in suggested else None,
            tuple(partner for _, partner in compared.links[key]),
        )
        for key in ordered
    ]
    labels = tuple(
        field.label
        for n, field in enumerate(bare[0].fields)
        if any(member.fields[n].value for member in bare)
    )
    members = tuple(
        GroupMember(
            member.key,
            member.contact,
            tuple(field for field in member.fields if field.label in labels),
            member.comparison,
            member.suggested,
            member.answer,
            member.linked_with,
        )
        for member in bare
    )
    skipped = if_nobody_decides(reviewed, item, writer)
    asked = GroupQuestion(item.key, members, labels, compared.pairs(ordered), skipped, ())
    rows = reviewed.what_if(group_answers(asked))
    follows = tuple(_effects(members, rows))
    return GroupQuestion(item.key, members, labels, asked.pairs, skipped, follows)


_ORDER: Final = (Answer.SAME, Answer.LATER, Answer.HOUSEHOLD, Answer.DIFFERENT)
"""The order of the members by the answer that is suggested for them."""


def _given_answer(reviewed: Reviewed, key: RecordKey, ticked: Sequence[RecordKey]) -> Answer | None:
    """Return the answer by which a person told a record apart from one of `ticked`; None if nobody did."""
    for other in ticked:
        if other[0] is not key[0]:
            ours, theirs = (key, other) if key[0] is System.SIMPLENEXUS else (other, key)
            ids = ours[1], theirs[1]
            if reviewed.apart(ids):
                return reviewed.answered[ids].answer
    return None


def suggested_answer(comparison: Comparison) -> Answer:
    """Return the answer that the evidence about two records suggests; `later` if the evidence fits both answers."""
    if comparison.likeness is Likeness.HOUSEHOLD:
        return Answer.HOUSEHOLD
    if comparison.bits <= 0:
        return Answer.DIFFERENT
    return Answer.LATER if comparison.likeness is Likeness.UNSURE else Answer.SAME


# -- the answers -------------------------------------------------------------------------------------------


def group_answers(question: GroupQuestion) -> tuple[PairAnswer, ...]:
    """Return the answers about pairs that the answers of all members stand for, as one decision.

    The ticked members are one person: `same` about each pair of two systems, the pair with the most evidence first,
    which is the pair that is linked if none is. The answer of another member is given about that member and each
    ticked record of the other system.
    """
    ticked = [member for member in question.members if member.ticked]
    same = dict.fromkeys(_pairs(question, ticked, ticked), Answer.SAME)
    apart = {
        ids: member.answer
        for member in question.members
        if member.answer is not None and not member.ticked
        for ids in _pairs(question, [member], ticked)
    }
    return tuple((same | apart).items())


def member_answers(question: GroupQuestion, key: RecordKey, answer: Answer) -> tuple[PairAnswer, ...]:
    """Return the answers about pairs that one answer about one member stands for. The other members stay open.

    The answer is given about the member and each record of the reference's person in the other system. Raises
    `KeyError` if the group has no such member.
    """
    member = question.member(key)
    if member is None:
        raise KeyError(key)
    person = [other for other in question.members if other.answer is None]
    facing = [other for other in person if other.system is not member.system]
    if not facing:
        facing = [other for other in question.members if other.system is not member.system and other.ticked]
    return tuple((ids, answer) for ids in _pairs(question, [member], facing))


def all_different(question: GroupQuestion) -> tuple[PairAnswer, ...]:
    """Return the answers that tell every member apart from every other. Links stay."""
    return tuple((ids, Answer.DIFFERENT) for ids in _pairs(question, question.members, question.members))


def all_household(question: GroupQuestion) -> tuple[PairAnswer, ...]:
    """Return the answers that note all members as different people of one household. Links stay."""
    return tuple((ids, Answer.HOUSEHOLD) for ids, _ in all_different(question))


def all_later(question: GroupQuestion) -> tuple[PairAnswer, ...]:
    """Return the answers that put the whole group off."""
    return tuple((ids, Answer.LATER) for ids in _pairs(question, question.members, question.members))


def _pairs(
    question: GroupQuestion, some: Sequence[GroupMember], others: Sequence[GroupMember]
) -> tuple[Ids, ...]:
    """Return the pairs of one record of `some` and one of `others` in two systems, those with most evidence first.

    Two records that are linked are no such pair.
    """
    bits = {
        frozenset((question.members[pair.first].key, question.members[pair.second].key)): pair.comparison.bits
        for pair in question.pairs
    }
    found: dict[Ids, float] = {}
    for one in some:
        for other in others:
            if one.system is other.system or other.key[1] in one.linked_with:
                continue
            ours, theirs = (one, other) if one.system is System.SIMPLENEXUS else (other, one)
            found[ours.key[1], theirs.key[1]] = bits.get(frozenset((one.key, other.key)), 0.0)
    return tuple(sorted(found, key=lambda ids: (-found[ids], ids)))


# -- what follows ------------------------------------------------------------------------------------------


def _effects(members: Sequence[GroupMember], rows: Sequence[VerdictRow]) -> Iterator[Effect]:
    """Yield what becomes of each member, by the final rows that the answers would make."""
    linked = {member.key for member in members if member.linked_with}
    row_of = {
        **{(System.SIMPLENEXUS, our_id): row for row in rows for our_id in row.own_simplenexus_ids},
        **{(System.TOTAL_EXPERT, their_id): row for row in rows for their_id in row.own_total_expert_ids},
    }
    told = set[int]()
    for member in members:
        row = row_of.get(member.key)
        if row is None or member.key in linked or id(row) in told:
            continue
        told.add(id(row))
        yield Effect(member.system, *_effect(member, row))
    for system in (System.SIMPLENEXUS, System.TOTAL_EXPERT):
        ids = [member.key[1] for member in members if member.ticked and member.system is system]
        if len(ids) > 1:
            text = (
                f"its {how_many(len(ids), 'record')} stay; merging them there is up to you: {', '.join(ids)}"
            )
            yield Effect(system, "·", text)


def _effect(member: GroupMember, row: VerdictRow) -> tuple[str, str]:
    """Return the sign and the sentence for a member whose final row is `row`."""
    name = member.contact.name
    match row.verdict:
        case Verdict.LINK:
            ours, theirs = row.simplenexus_ids[0], row.total_expert_ids[0]
            return "+", f"{name} is linked: {ours} and {theirs}; nothing is created"
        case Verdict.LINKED:
            return "·", f"{name} ({member.key[1]}) is noted as a second record; nothing is created for it"
        case Verdict.IMPORT:
            kind = "partner" if member.contact.role is Role.AGENT else "prospect"
            return "+", f"{name} ({member.key[1]}) is imported as a {kind}"
        case Verdict.PUSH:
            return "+", f"{name} ({member.key[1]}) is pushed as a new contact"
        case Verdict.SKIP_ONE_WAY:
            return "·", f"{name} ({member.key[1]}) is left to the one-way integration"
        case Verdict.CANNOT:
            why = (
                "a push would change another contact"
                if row.reason is Reason.WOULD_OVERWRITE
                else REASON_WORDS[row.reason]
            )
            return "·", f"{name} ({member.key[1]}) is not sent: {why}"
        case Verdict.UNLINKED:
            return "·", f"{name} ({member.key[1]}) stays as it is: {REASON_WORDS[row.reason]}"
        case Verdict.HOUSEHOLD | Verdict.HOLD | Verdict.GONE | Verdict.POSSIBLE_DUPLICATE:
            return "!", f"{name} ({member.key[1]}) stays in the queue"


# -- comparing ---------------------------------------------------------------------------------------------


class _Compared:
    """The records of a group, compared with each other. `links` are the members that each member is linked with."""

    def __init__(self, reviewed: Reviewed, records: Mapping[RecordKey, Contact]) -> None:
        self._reviewed = reviewed
        self._records = records
        self._features: dict[RecordKey, Features] = {
            key: features_of(contact, keeps_year=key[0] is System.SIMPLENEXUS)
            for key, contact in records.items()
        }
        self.links: dict[RecordKey, tuple[RecordKey, ...]] = {key: self._linked(key) for key in records}
        self._known: dict[frozenset[RecordKey], Comparison] = {}
        if len(records) <= MOST_COMPARED:
            for one, other in combinations(records, 2):
                self.between(one, other)

    def _linked(self, key: RecordKey) -> tuple[RecordKey, ...]:
        system, record_id = key
        other = System.TOTAL_EXPERT if system is System.SIMPLENEXUS else System.SIMPLENEXUS
        return tuple((other, partner) for partner in self._reviewed.partners(system, record_id))

    def between(self, one: RecordKey, other: RecordKey) -> Comparison:
        """Return how two records compare."""
        pair = frozenset((one, other))
        if pair not in self._known:
            self._known[pair] = self._reviewed.compare_features(self._features[one], self._features[other])
        return self._known[pair]

    def reference(self) -> RecordKey:
        """Return the record to compare the others with.

        That is a linked record, SimpleNexus's first. Without a link it is the record with the most evidence that the
        others are the same person.
        """
        keys = list(self._records)
        linked = [key for key in keys if any(partner in self._records for partner in self.links[key])]
        candidates = linked or keys
        if len(keys) > MOST_COMPARED:
            return candidates[0]
        sums = {
            key: sum(max(0.0, self.between(key, other).bits) for other in keys if other != key)
            for key in candidates
        }
        return max(candidates, key=lambda key: (bool(linked) and key[0] is System.SIMPLENEXUS, sums[key]))

    def best(self, key: RecordKey, person: Sequence[RecordKey]) -> Comparison:
        """Return the comparison with the record of `person` that says most: the one with the most evidence."""
        return max((self.between(key, other) for other in person), key=lambda compared: compared.bits)

    def fields(
        self, key: RecordKey, person: Sequence[RecordKey], named: NameOwner, country: Country
    ) -> tuple[MemberField, ...]:
        """Return the fields of a record, each with the sign against the first record of `person` that has a value."""
        values = field_values(self._records[key], key[0], country)
        signs = dict.fromkeys(LABELS, NONE)
        for other in reversed([] if key == person[0] else person):
            if other == key:
                continue
            theirs = field_values(self._records[other], other[0], country)
            between = field_signs(self._features[other], self._features[key])
            signs |= {label: between[label] for label in LABELS if values[label] and theirs[label]}
        fields = [MemberField(label, values[label], signs[label]) for label in LABELS]
        contact = self._records[key]
        fields.append(MemberField(CONSENT, consent_words(contact), NONE))
        fields.append(MemberField("officer", named(contact), NONE))
        fields.append(MemberField("since", origin_of(contact, country), NONE))
        return tuple(fields)

    def pairs(self, ordered: Sequence[RecordKey]) -> tuple[GroupPair, ...]:
        """Return the compared pairs by their places in `ordered`."""
        places = {key: n for n, key in enumerate(ordered)}
        pairs = []
        for pair, comparison in self._known.items():
            one, other = sorted(pair, key=lambda key: places[key])
            pairs.append(GroupPair(places[one], places[other], comparison, other in self.links[one]))
        return tuple(sorted(pairs, key=lambda pair: (pair.first, pair.second)))
