"""The class of two records: one person, two people of one household, or unsure; and the words for a likelihood."""

from __future__ import annotations

from collections import Counter

import pytest

from core.compare.agreement import AgreementLevel
from core.compare.dates import compare_dates, days_apart, plain_date, years_apart
from core.contacts.linkage.explain import evidence_reason, is_strong, likelihood_words, sum_words
from core.contacts.linkage.features import features_of
from core.contacts.linkage.likelihood import Household, household
from core.contacts.linkage.scoring import match_model_of
from core.contacts.linkage.weights import against
from core.contacts.match.match import match
from core.contacts.model import Comparison, Contact, Evidence, Likeness, Reason, Relation
from tests.support.families import (
    Habits,
    Kind,
    families,
    judge_shared_inboxes,
    pairs_of_different_people,
    pairs_of_one_person,
)
from tests.support.people import HALE, as_theirs, but, strangers

BORN = "1981-05-23"


def classed(ours: Contact, theirs: Contact) -> Household:
    """Return the class of two records, in a book of strangers. Sides do not matter."""
    found = []
    for left, right in ((ours, theirs), (theirs, ours)):
        left_features, right_features = features_of(left), features_of(right)
        model = match_model_of([*map(features_of, strangers(60, "S")), left_features], [right_features])
        found.append(household(left_features, right_features, model.lines(left_features, right_features)))
    assert found[0] == found[1]
    return found[0]


def of(**changes: str) -> Household:
    """Return the class of a woman's record and of another that differs in these fields."""
    ours = but(HALE, first_name="Ottilie", last_name="Vandermeer", birth_date=BORN)
    return classed(ours, as_theirs(ours, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"first_name": "Otilie"},
        {"last_name": "Lindqvist"},
        {"birth_date": "1981-05-28"},
        {"birth_date": "1981-09-23"},
        {"birth_date": "1981-06-20"},
        {"birth_date": ""},
        {"birth_date": "1983-03-02", "mobile_phone": "(702) 555-0190"},
        {"birth_date": "1988-11-02"},
        {"street": "7 Elm Rd", "city": "Reno", "state": "NV", "postcode": "89501"},
        {"first_name": "Vandermeer", "last_name": "Ottilie"},
    ],
)
def test_one_person_whatever_one_field_says(changes: dict[str, str]) -> None:
    assert of(**changes).likeness is Likeness.PERSON


@pytest.mark.parametrize(
    ("changes", "relation"),
    [
        ({"first_name": "Wolfram", "birth_date": "1979-11-02"}, Relation.SPOUSES),
        ({"first_name": "Wolfram", "birth_date": ""}, Relation.SPOUSES),
        ({"birth_date": "2009-11-02"}, Relation.PARENT_AND_CHILD),
        ({"first_name": "Wolfram", "birth_date": "2009-11-02"}, Relation.PARENT_AND_CHILD),
        ({"last_name": "Vandermeer Jr", "birth_date": ""}, Relation.PARENT_AND_CHILD),
    ],
)
def test_two_people_of_one_household_and_what_they_are_to_each_other(
    changes: dict[str, str], relation: Relation
) -> None:
    found = of(**changes)
    assert (found.likeness, found.relation) == (Likeness.HOUSEHOLD, relation)


def test_twins_and_another_known_name_on_one_birth_date_are_a_household() -> None:
    twins = classed(but(HALE, first_name="Hannah"), as_theirs(HALE, first_name="Sophia"))
    assert (twins.likeness, twins.relation) == (Likeness.HOUSEHOLD, Relation.TWINS)


@pytest.mark.parametrize(
    "changes",
    [{"first_name": "Thandeka"}, {"first_name": "", "birth_date": ""}, {"birth_date": "--11-02"}],
    ids=[
        "another unknown name on one birth date",
        "no first name and no date",
        "another day, and the year not kept",
    ],
)
def test_what_fits_one_person_and_a_household_is_unsure(changes: dict[str, str]) -> None:
    found = of(**changes)
    assert found.likeness is Likeness.UNSURE
    assert found.probability > 0.1


def test_a_birth_date_a_generation_apart_weighs_more_than_one_some_years_apart() -> None:
    probabilities = [of(birth_date=f"{year}-11-02").probability for year in (1986, 2009)]
    assert probabilities[0] < 0.1 < 0.5 < probabilities[1]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("1971-04-12", "1971-04-28", AgreementLevel.PARTLY),
        ("1971-04-12", "1971-11-12", AgreementLevel.PARTLY),
        ("1971-04-12", "1938-04-12", AgreementLevel.PARTLY),
        ("1971-04-12", "1917-12-04", AgreementLevel.PARTLY),
        ("1971-04-12", "1971-05-20", AgreementLevel.NEARBY),
        ("1971-12-28", "1972-01-09", AgreementLevel.NEARBY),
        ("1971-04-12", "1973-05-30", AgreementLevel.YEARS),
        ("1971-04-12", "1974-06-30", AgreementLevel.DIFFERENT),
        ("1971-13-45", "1974-06-30", AgreementLevel.DIFFERENT),
    ],
)
def test_levels_between_one_digit_and_another_birth_date(
    left: str, right: str, level: AgreementLevel
) -> None:
    assert compare_dates(plain_date(left), plain_date(right)) is level
    assert compare_dates(plain_date(right), plain_date(left)) is level


def test_days_and_years_between_birth_dates() -> None:
    assert (days_apart("19711228", "19720109"), days_apart("19711399", "19720109")) == (12, None)
    assert (years_apart("19711228", "19840109"), years_apart("1228", "19840109")) == (13, None)


def test_no_field_that_differs_speaks_for_one_person() -> None:
    other = Contact(
        "T1", "Wolfram", "B", "Lindqvist", "Jr", "w@y.example", "(212) 555-0177", birth_date="1949-09-30",
        street="14 Pine St", city="Reno", state="NV", postcode="89501",
    )  # fmt: skip
    ours = but(HALE, middle_name="A", suffix="Sr")
    left, right = features_of(ours), features_of(other)
    crowd = [features_of(but(one, street="14 Pine St")) for one in strangers(60, "S")]
    lines = match_model_of([*crowd, left], [right]).lines(left, right)
    differing = {field: bits for field, level, bits in lines if level is AgreementLevel.DIFFERENT}
    assert {*differing} >= {
        "first_name",
        "last_name",
        "suffix",
        "birth_date",
        "phone",
        "email",
        "address",
        "place",
    }
    assert max(differing.values()) <= 0
    assert differing["address"] == 0.0
    assert against(0.05, 0.02) == 0.0 > against(0.02)


def compared(bits: float, of_household: float = 0.0) -> Comparison:
    return Comparison(Likeness.PERSON, bits, (), of_household)


def test_evidence_is_strong_only_if_a_false_pair_is_rarer_than_one_in_a_thousand() -> None:
    for bits, of_household, strong in ((10.0, 0.0, True), (9.9, 0.0, False), (20.0, 0.002, False)):
        found = compared(bits, of_household)
        assert is_strong(found) is strong
        assert evidence_reason(found) is (Reason.EVIDENCE if strong else Reason.SOME_EVIDENCE)
    household_pair = Comparison(Likeness.HOUSEHOLD, 20.0, (), 0.9)
    assert evidence_reason(household_pair) is Reason.SOME_EVIDENCE


@pytest.mark.parametrize(
    ("bits", "of_household", "said"),
    [
        (20.0, 0.0, "one person: 999 in 1,000"),
        (5.0, 0.0, "one person: 97 in 100"),
        (0.0, 0.0, "one person: 50 in 100"),
        (20.0, 0.25, "one person: 75 in 100"),
        (-20.0, 0.9, "one person: 1 in 100"),
    ],
)
def test_a_likelihood_in_words(bits: float, of_household: float, said: str) -> None:
    found = compared(bits, of_household)
    assert likelihood_words(found) == said
    assert found.person + found.two_of_one_household <= 1.0


@pytest.mark.parametrize(
    ("level", "relation", "said"),
    [
        (AgreementLevel.DIFFERENT, Relation.TWINS, "unsure: one person under another name, or twins"),
        (AgreementLevel.EQUAL, Relation.PARENT_AND_CHILD, "unsure: one person, or parent and child"),
        (AgreementLevel.EQUAL, None, "unsure: one person, or two people of one household"),
    ],
)
def test_what_is_unsure_says_what_it_can_be(
    level: AgreementLevel, relation: Relation | None, said: str
) -> None:
    line = Evidence("first_name", level, 0.0)
    assert sum_words(Comparison(Likeness.UNSURE, 12.0, (line,), 0.3, relation)) == said


def test_a_pair_of_one_email_that_a_field_speaks_against_is_at_most_unsure() -> None:
    ours = but(HALE, middle_name="James", birth_date="", mobile_phone="")
    (row,) = match([ours], [but(ours, id="T1", middle_name="Peter")]).rows
    assert row.comparison is not None
    assert (row.reason, row.comparison.likeness) == (Reason.OTHER_DETAILS, Likeness.UNSURE)


# -- generated families -------------------------------------------------------------------------------------


def test_few_pairs_of_different_people_of_a_family_are_taken_for_one_person() -> None:
    books = families(700, 3, Habits())
    left = {one.id: features_of(one) for one in books.simplenexus}
    right = {one.id: features_of(one, keeps_year=False) for one in books.total_expert}
    model = match_model_of([*left.values()], [*right.values()])
    pairs = list(pairs_of_different_people(books))
    assert {kind for kind, _, _ in pairs} == {*Kind}
    wrong = Counter(
        kind
        for kind, ours, theirs in pairs
        if (found := model.compare(left[ours.id], right[theirs.id])).likeness is Likeness.PERSON
        and found.bits > 0
    )
    assert wrong.total() <= len(pairs) / 100
    assert (
        wrong[Kind.SPOUSES] + wrong[Kind.PARENT] + wrong[Kind.SIBLINGS] + wrong[Kind.TWINS]
        <= len(pairs) / 500
    )
    same = [model.compare(left[ours], right[theirs]).likeness for ours, theirs in pairs_of_one_person(books)]
    assert same.count(Likeness.PERSON) >= 0.97 * len(same)


@pytest.mark.parametrize(
    "habits",
    [Habits(inbox=1.0, lone=True), Habits(inbox=1.0), Habits(inbox=1.0, several=0.3)],
    ids=[
        "one record of a family a side",
        "one record of each person a side",
        "several records of a person a side",
    ],
)
def test_nobody_of_a_family_with_one_inbox_is_linked_with_somebody_else(habits: Habits) -> None:
    books = families(400, 5, habits)
    found = judge_shared_inboxes(books, match(books.simplenexus, books.total_expert).rows)
    assert found.linked_apart == []
    assert found.found >= 0.98 * found.true_pairs > 100


def test_one_seed_makes_the_same_families() -> None:
    assert families(30, 8, Habits()) == families(30, 8, Habits()) != families(30, 9, Habits())
