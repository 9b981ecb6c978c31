"""What the group table shows: the question, the chosen answers, the record under the cursor. Pure.

A person changes the answer of one record after the other; nothing is decided until all answers are given at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.contacts.records import Answer
from core.contacts.review.decisions import Ids, PairAnswer
from core.contacts.review.group_choices import (
    officer_sign,
    outcome,
    why_refused,
)
from core.contacts.review.group_question import (
    GroupMember,
    GroupQuestion,
    RecordKey,
    all_different,
    all_household,
    all_later,
    group_answers,
    group_question,
)
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.side_by_side import NameOwner
from core.local_forms import Country, CountryWords, words_of
from core.push.plan import System

CYCLE: Final = (Answer.SAME, Answer.DIFFERENT, Answer.HOUSEHOLD, Answer.LATER)
"""The answers of one record, in the order in which one key goes through them."""


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """What a person chose in the question `key`: answers of records, and the number of the record under the cursor."""

    key: str = ""
    answers: tuple[tuple[RecordKey, Answer], ...] = ()
    current: int = 0

    def about(self, key: str) -> GroupChoice:
        """Return the choice for the question `key`: this choice if it is about that question, else an empty one."""
        return self if key == self.key else GroupChoice(key)


@dataclass(frozen=True, slots=True)
class GroupView:
    """A question about a group, ready to be shown.

    `open` are the members with an answer of their own, and `current` is the place of one of them. `blind` hides what
    the evidence suggests. `bits` shows the weights. `refused` says for each answer about the whole group why it can't
    be given; an answer that can be given is not in it. `outcomes` says what each answer would do. `words` are
    those of the desk's country.
    """

    question: GroupQuestion
    choice: GroupChoice
    open: tuple[GroupMember, ...]
    officers: Mapping[RecordKey, str]
    refused: Mapping[Answer, str]
    outcomes: Mapping[Answer, str]
    words: CountryWords
    blind: bool = False
    bits: bool = False
    later: bool = False

    @property
    def person(self) -> tuple[GroupMember, ...]:
        """The reference and the records that are linked with it."""
        return tuple(member for member in self.question.members if member.answer is None)

    @property
    def current(self) -> int:
        """The place of the record under the cursor in `open`."""
        return self.choice.current % len(self.open) if self.open else 0

    @property
    def changed(self) -> frozenset[RecordKey]:
        """The records for which a person chose the answer."""
        return frozenset(key for key, _ in self.choice.answers)

    def answers(self, answer: Answer) -> tuple[PairAnswer, ...]:
        """Return the answers about pairs that one key gives. `same` means the answers that the records show."""
        return _answers(self.question, answer)

    def pair(self) -> Ids | None:
        """Return the record under the cursor and the first record of the other system, as a pair of ids."""
        if not self.open:
            return None
        member = self.open[self.current]
        facing = next((other for other in self.question.members if other.system is not member.system), None)
        if facing is None:
            return None
        ours, theirs = (member, facing) if member.system is System.SIMPLENEXUS else (facing, member)
        return ours.key[1], theirs.key[1]

    def moved(self, by: int) -> GroupChoice:
        """Return the choice with the cursor `by` records further; the first record follows the last."""
        return (
            replace(self.choice, current=(self.current + by) % len(self.open)) if self.open else self.choice
        )

    def ticked(self, place: int) -> GroupChoice:
        """Return the choice with the next answer for the record at `place` of `open`, and the cursor on it."""
        member = self.open[place]
        if self.blind and member.key not in self.changed:
            answer = Answer.SAME
        else:
            answer = CYCLE[(CYCLE.index(member.answer or Answer.SAME) + 1) % len(CYCLE)]
        answers = {**dict(self.choice.answers), member.key: answer}
        return replace(self.choice, answers=tuple(answers.items()), current=place)


def group_view(
    reviewed: Reviewed,
    item: ReviewItem,
    named: NameOwner,
    country: Country,
    writer: str,
    choice: GroupChoice,
    *,
    blind: bool,
    bits: bool,
) -> GroupView:
    """Return the view of a question about a group, with the answers that a person chose."""
    choice = choice.about(item.key)
    question = group_question(reviewed, item, named, country, writer, dict(choice.answers))
    members = [member for member in question.members if member.answer is not None]
    if blind:
        members.sort(key=lambda member: member.key)
    refused = {answer: why_refused(reviewed, _answers(question, answer)) for answer in CYCLE}
    if blind and (missing := len(members) - len(choice.answers)):
        refused[Answer.SAME] = f"Choose an answer for each record first: {missing} to go (← → and t)."
    outcomes = {
        answer: outcome(reviewed, _answers(question, answer))
        for answer in (Answer.DIFFERENT, Answer.HOUSEHOLD)
    }
    reference = (question.reference.system, question.reference.contact)
    return GroupView(
        question,
        choice,
        tuple(members),
        {
            member.key: officer_sign(reviewed, reference, (member.system, member.contact))
            for member in question.members
        },
        {answer: why for answer, why in refused.items() if why},
        outcomes,
        words_of(country),
        blind=blind,
        bits=bits and not blind,
        later=item.later,
    )


def _answers(question: GroupQuestion, answer: Answer) -> tuple[PairAnswer, ...]:
    match answer:
        case Answer.SAME:
            return group_answers(question)
        case Answer.DIFFERENT:
            return all_different(question)
        case Answer.HOUSEHOLD:
            return all_household(question)
        case Answer.LATER:
            return all_later(question)
        case Answer.UNLINK:
            return ()  # it is never offered about a group


def stands_for(answers: Sequence[PairAnswer]) -> Answer:
    """Return the answer that a list shows for a decision about a group: `same` if any two records are the same."""
    given = [answer for _, answer in answers]
    return Answer.SAME if Answer.SAME in given else given[0]
