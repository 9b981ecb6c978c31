"""A group is one question: its records in a table, the suggested answers, and what follows from the answers."""

from __future__ import annotations

import pytest

from core.contacts.match.match import match
from core.contacts.model import Comparison, Contact, Likeness
from core.contacts.records import Answer
from core.contacts.review.group_question import (
    GroupQuestion,
    RecordKey,
    all_different,
    all_later,
    group_answers,
    group_question,
    is_group,
    member_answers,
    suggested_answer,
)
from core.contacts.review.reviewed import Reviewed, review
from core.local_forms import Country
from core.push.plan import System
from tests.support.people import but
from tests.unit.core.contacts.test_review import said, seal

KELLER = Contact(
    "S1",
    first_name="Ann",
    last_name="Keller",
    email="ann@keller.example",
    mobile_phone="(415) 555-0142",
    birth_date="1980-04-12",
    owner="Priya Raman",
)
SECOND = but(KELLER, id="T1", street="12 Pine St", city="Oakland", postcode="94601")
ANDREW = but(
    KELLER,
    id="T2",
    first_name="Andrew",
    mobile_phone="415 555 0199",
    birth_date="1978-11-30",
    street="12 Pine St",
)
S1, T1, T2 = (System.SIMPLENEXUS, "S1"), (System.TOTAL_EXPERT, "T1"), (System.TOTAL_EXPERT, "T2")


def reviewed() -> Reviewed:
    """Return the review of three records of one inbox: Ann twice, and Andrew."""
    return review(match([KELLER], [SECOND, ANDREW]), [], seal)


def asked(answers: dict[RecordKey, Answer] | None = None) -> GroupQuestion:
    found = reviewed()
    (item,) = found.queue
    assert is_group(item)
    return group_question(found, item, lambda contact: contact.owner, Country.AU, answers=answers)


def test_the_members_are_compared_with_the_reference_and_the_likeliest_comes_first() -> None:
    question = asked()
    assert [member.key for member in question.members] == [T1, S1, T2]
    assert question.systems == 2
    assert [member.suggested for member in question.members] == [None, Answer.SAME, Answer.HOUSEHOLD]
    assert [member.ticked for member in question.members] == [True, True, False]
    assert question.reference.comparison is None
    assert all(member.comparison is not None for member in question.members[1:])


def test_each_field_has_a_sign_against_the_reference_and_no_sign_where_a_value_is_missing() -> None:
    question = asked()
    andrew = question.member(T2)
    assert andrew is not None
    signs = {field.label: field.sign for field in andrew.fields}
    assert (signs["name"], signs["email"], signs["mobile"]) == ("≠", "=", "≠")
    other = next(member for member in question.members[1:] if member.key != T2)
    assert {field.label: field.sign for field in other.fields}["address"] == ""
    assert {field.sign for field in question.reference.fields} == {""}
    assert "work" not in question.labels
    assert all(
        tuple(field.label for field in member.fields) == question.labels for member in question.members
    )


def test_as_suggested_the_likely_record_is_the_same_and_the_other_is_of_the_household() -> None:
    assert dict(group_answers(asked())) == {
        ("S1", "T1"): Answer.SAME,
        ("S1", "T2"): Answer.HOUSEHOLD,
    }


def test_a_member_that_is_ticked_out_gets_its_own_answer() -> None:
    question = asked()
    other = next(member for member in question.members[1:] if member.key != T2)
    ticked_out = asked({other.key: Answer.DIFFERENT})
    assert dict(group_answers(ticked_out))["S1", "T1"] is Answer.DIFFERENT
    assert ticked_out.weakest is None


def test_the_weakest_pair_is_the_one_with_the_least_evidence_among_the_ticked() -> None:
    question = asked()
    assert question.weakest is not None
    assert {question.weakest.first, question.weakest.second} == {0, 1}
    everybody = asked({T2: Answer.SAME})
    assert everybody.weakest is not None
    keys = {everybody.members[n].key for n in (everybody.weakest.first, everybody.weakest.second)}
    assert T2 in keys


def test_what_follows_is_what_the_answers_make_of_the_rows() -> None:
    found = reviewed()
    before = found.rows, found.queue
    question = asked()
    texts = [(effect.system, effect.sign, effect.text) for effect in question.follows]
    assert (System.TOTAL_EXPERT, "+", "Andrew Keller (T2) is imported as a prospect") in texts
    assert [sign for _, sign, text in texts if "T1" in text] == ["+"]
    assert any("is linked: S1 and T1" in text for _, _, text in texts)
    assert (found.rows, found.queue) == before


def test_all_different_and_later_are_about_every_pair_of_two_systems() -> None:
    pairs = {("S1", "T1"), ("S1", "T2")}
    assert dict(all_different(asked())) == dict.fromkeys(pairs, Answer.DIFFERENT)
    assert dict(all_later(asked())) == dict.fromkeys(pairs, Answer.LATER)


def test_one_member_can_be_answered_alone() -> None:
    question = asked()
    facing = {ids for ids, _ in member_answers(question, T2, Answer.DIFFERENT)}
    assert facing == {("S1", "T2")}
    with pytest.raises(KeyError):
        member_answers(question, (System.SIMPLENEXUS, "S9"), Answer.SAME)


def test_who_was_told_apart_before_is_not_suggested_as_the_same() -> None:
    matched = match([KELLER, but(KELLER, id="S2")], [SECOND, but(SECOND, id="T2")])
    reviewed = review(matched, [said(("S1", "T2"), Answer.DIFFERENT, matched)], seal)
    (item,) = reviewed.queue
    question = group_question(reviewed, item, lambda contact: contact.owner, Country.AU)
    assert len(question.members) == 4
    assert dict(group_answers(question)).get(("S1", "T2")) is not Answer.SAME


@pytest.mark.parametrize(
    ("likeness", "bits", "answer"),
    [
        (Likeness.PERSON, 9.0, Answer.SAME),
        (Likeness.PERSON, -0.5, Answer.DIFFERENT),
        (Likeness.UNSURE, 9.0, Answer.LATER),
        (Likeness.UNSURE, -2.0, Answer.DIFFERENT),
        (Likeness.HOUSEHOLD, 9.0, Answer.HOUSEHOLD),
        (Likeness.HOUSEHOLD, -9.0, Answer.HOUSEHOLD),
    ],
)
def test_nothing_is_suggested_about_a_pair_that_fits_both_answers(
    likeness: Likeness, bits: float, answer: Answer
) -> None:
    assert suggested_answer(Comparison(likeness, bits, ())) is answer
