"""Possible duplicates: found by evidence a person can read, and no couple, twin or son taken for one person."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from core.compare.agreement import AgreementLevel
from core.contacts.linkage import blocking
from core.contacts.linkage.features import features_of
from core.contacts.linkage.scoring import match_model_of
from core.contacts.linkage.suggestions import suggest
from core.contacts.match.match import match
from core.contacts.model import Comparison, Contact, Likeness, Verdict
from tests.support.people import HALE, as_theirs, but, strangers


def suggested(ours: Contact, theirs: Contact) -> Comparison | None:
    """Give what is suggested of two records in a book of strangers."""
    found = suggest([*strangers(60, "S"), ours], [*strangers(60, "T"), theirs])
    return next(
        (o.comparison for o in found if (o.simplenexus_id, o.total_expert_id) == (ours.id, theirs.id)), None
    )


def level(found: Comparison, field: str) -> AgreementLevel:
    return next(line.level for line in found.evidence if line.field == field)


ONE_PERSON = {
    "changed email": {},
    "no email": {"email": ""},
    "nickname": {"first_name": "Bob"},
    "initial": {"first_name": "R."},
    "typo": {"first_name": "Robrt", "last_name": "Hael"},
    "moved": {"street": "7 Elm Rd", "city": "Reno", "state": "NV", "postcode": "89501"},
    "new phone": {"mobile_phone": "(702) 555-0190"},
    "married": {"last_name": "Hale-Ortega"},
    "swapped day and month": {"birth_date": "1971-12-04"},
    "mistyped date": {"birth_date": "1971-04-13"},
    "no year": {"birth_date": "--04-12"},
    "year stored as 1970": {"birth_date": "1970-04-12"},
    "names swapped": {"first_name": "Hale", "last_name": "Robert"},
    "unit and type otherwise": {"street": "88 Pine Street #2", "postcode": "94601-1234"},
    "phone with country code": {"mobile_phone": "+1 415.555.0142", "birth_date": ""},
}


@pytest.mark.parametrize("changes", ONE_PERSON.values(), ids=ONE_PERSON)
def test_one_person_twice_is_suggested_as_a_person(changes: dict[str, str]) -> None:
    found = suggested(HALE, as_theirs(HALE, **changes))
    assert found is not None
    assert found.likeness is Likeness.PERSON


HOUSEHOLDS = {
    "couple": {"first_name": "Mary", "birth_date": "1973-09-30"},
    "couple without birth dates": {"first_name": "Mary", "birth_date": ""},
    "couple one letter apart": {"first_name": "Roberta", "birth_date": ""},
    "twins": {"first_name": "Richard"},
    "twins with names alike": {"first_name": "Roger"},
    "father and son": {"suffix": "Jr", "birth_date": "1999-01-30"},
    "father and son without birth dates": {"suffix": "Jr", "birth_date": ""},
    "father and son by the last name": {"last_name": "Hale Jr.", "birth_date": ""},
    "father and son by birth date alone": {"birth_date": "1999-01-30"},
}


@pytest.mark.parametrize("changes", HOUSEHOLDS.values(), ids=HOUSEHOLDS)
def test_a_household_is_never_suggested_as_a_person(changes: dict[str, str]) -> None:
    found = suggested(HALE, as_theirs(HALE, **changes))
    assert found is not None
    assert found.likeness is Likeness.HOUSEHOLD


def test_jr_and_sr_born_alike_are_no_one_person() -> None:
    found = suggested(but(HALE, suffix="Sr"), as_theirs(HALE, suffix="Jr"))
    assert found is not None
    assert found.likeness is Likeness.HOUSEHOLD


def test_a_shared_landline_alone_is_no_suggestion() -> None:
    theirs = as_theirs(
        HALE,
        first_name="Wei",
        last_name="Zhang",
        birth_date="1988-08-08",
        street="9 Oak Ct",
        postcode="73301",
        city="Austin",
        state="TX",
    )
    assert suggested(HALE, theirs) is None


def test_strangers_are_not_suggested() -> None:
    assert suggest(strangers(80, "S"), strangers(80, "T")) == []


@pytest.mark.parametrize("null", ["1900-01-01", "1970-01-01"])
def test_a_stand_in_for_no_date_says_nothing(null: str) -> None:
    found = suggested(but(HALE, birth_date=null), as_theirs(HALE, birth_date=null))
    assert found is not None
    assert level(found, "birth_date") is AgreementLevel.MISSING


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("r.o.b.hale@bayhome.example", AgreementLevel.CLOSE),
        ("rob.hale@post.example", AgreementLevel.CLOSE),
        ("x@y.example", AgreementLevel.DIFFERENT),
    ],
)
def test_emails_that_look_alike_are_close(email: str, expected: AgreementLevel) -> None:
    found = suggested(HALE, as_theirs(HALE, email=email))
    assert found is not None
    assert level(found, "email") is expected


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({"email": "ruth.a.hale7@post.example"}, True),
        ({"email": "ruth.a.hael77@post.example"}, True),
        ({"email": "ruth.a.hail7@post.example"}, False),
        ({"email": "nina@post.example"}, False),
        ({"email": "", "mobile_phone": "(415) 555-0143"}, True),
    ],
)
def test_a_pair_is_found_by_one_value_that_is_one_letter_off(changes: dict[str, str], is_found: bool) -> None:
    """Nothing else agrees: another name, another home. In a large book that has to weigh much."""
    bare = {"street": "", "city": "", "state": "", "postcode": "", "birth_date": ""}
    ours = but(HALE, **bare, email="ruth.a.hale77@post.example")
    theirs = but(
        HALE, **{**bare, "first_name": "Xenia", "last_name": "Okafor", "mobile_phone": "", **changes}
    )
    left, right = features_of(ours), features_of(theirs)
    model = structs.replace(match_model_of([left], [right]), prior=-13.0)
    assert list(blocking.candidate_pairs([left], [right], model)) == ([(0, [0])] if is_found else [])


def test_a_rare_surname_says_more_than_a_common_one() -> None:
    crowd = [but(one, last_name="Smith") for one in strangers(40, "S")]

    def said(name: str) -> float:
        ours, theirs = but(HALE, last_name=name), as_theirs(HALE, last_name=name)
        found = suggest([*crowd, ours], [*strangers(40, "T"), theirs])
        lines = next(one for one in found if one.simplenexus_id == ours.id).comparison.evidence
        return next(line.bits for line in lines if line.field == "last_name")

    assert said("Oyelaran") > said("Smith") + 2


def test_each_record_is_suggested_once_and_the_person_before_the_household() -> None:
    wife = but(HALE, id="S2", first_name="Mary", email="m@x.example", birth_date="1973-09-30")
    theirs = as_theirs(HALE)
    found = suggest([wife, HALE, *strangers(30, "S")], [theirs, *strangers(30, "T")])
    assert [(one.simplenexus_id, one.total_expert_id) for one in found] == [("S1", "T1")]


def test_a_suggestion_takes_the_place_of_its_import_and_its_push() -> None:
    matched = match([HALE, *strangers(9, "S")], [as_theirs(HALE), *strangers(9, "T")])
    assert +Counter(matched.counts) == {
        Verdict.POSSIBLE_DUPLICATE: 1,
        Verdict.IMPORT: 9,
        Verdict.PUSH: 9,
    }


def test_one_that_cannot_be_imported_is_looked_for_too() -> None:
    matched = match([HALE], [as_theirs(HALE, email="", mobile_phone="")])
    assert [row.verdict for row in matched.rows] == [Verdict.POSSIBLE_DUPLICATE]


def test_those_who_share_an_inbox_come_with_the_evidence() -> None:
    (row,) = match([HALE], [as_theirs(HALE, email=HALE.email, first_name="Mary")]).rows
    assert row.verdict is Verdict.HOUSEHOLD
    assert row.comparison is not None
    assert (row.comparison.likeness, level(row.comparison, "email")) == (
        Likeness.HOUSEHOLD,
        AgreementLevel.EQUAL,
    )


def test_a_large_book_is_searched_by_keys_and_finds_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = [*strangers(60, "S"), HALE]
    for changes in ONE_PERSON.values():
        theirs = [*strangers(60, "T"), as_theirs(HALE, **changes)]
        whole = suggest(ours, theirs)
        with monkeypatch.context() as patched:
            patched.setattr(blocking, "SMALL", 0)
            assert suggest(ours, theirs) == whole


def test_a_key_that_a_crowd_shares_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "SMALL", 0)
    crowd = [but(one, home_phone="(415) 555-0100", postcode="") for one in strangers(60, "T")]
    left = [features_of(but(one, home_phone="(415) 555-0100", postcode="")) for one in strangers(60, "S")]
    right = [features_of(one) for one in crowd]
    assert list(blocking.candidate_pairs(left, right, match_model_of(left, right))) == []


odd = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["Ann", "Anne", "Lee", "1980-02-03", "--02-03", "1980-13-45", "4155550142", "1/2 St", "#", "/", "0"]
    ),
)
NAMES = "id first_name middle_name last_name suffix email mobile_phone home_phone birth_date"
PLACES = "street street_2 city state postcode"
contacts = st.builds(Contact, **dict.fromkeys(f"{NAMES} {PLACES}".split(), odd))


def test_a_slip_in_a_short_middle_name_is_the_same_from_both_sides() -> None:
    one, other = features_of(but(HALE, middle_name="Ana")), features_of(but(HALE, middle_name="Anna"))
    levels = [
        next(
            line.level
            for line in match_model_of([a], [b]).compare(a, b).evidence
            if line.field == "middle_name"
        )
        for a, b in ((one, other), (other, one))
    ]
    assert levels == [AgreementLevel.CLOSE, AgreementLevel.CLOSE]


@settings(max_examples=300, deadline=None)
@given(contacts, contacts)
def test_lines_add_up_and_sides_do_not_matter(one: Contact, other: Contact) -> None:
    left, right = features_of(one), features_of(other)
    there, back = (
        match_model_of([left], [right]).compare(left, right),
        match_model_of([right], [left]).compare(right, left),
    )
    assert there.bits == round(sum(line.bits for line in there.evidence), 2) == back.bits
    assert there.likeness is back.likeness
    assert [(line.field, line.level) for line in there.evidence] == [
        (line.field, line.level) for line in back.evidence
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(contacts, max_size=6), st.lists(contacts, max_size=6))
def test_every_record_is_in_one_row_whatever_it_holds(ours: list[Contact], theirs: list[Contact]) -> None:
    ours = [but(contact, id=f"S{n}") for n, contact in enumerate(ours)]
    theirs = [but(contact, id=f"T{n}") for n, contact in enumerate(theirs)]
    matched = match(ours, theirs)
    assert sorted(one for row in matched.rows for one in row.own_simplenexus_ids) == sorted(
        one.id for one in ours
    )
    assert sorted(one for row in matched.rows for one in row.own_total_expert_ids) == sorted(
        one.id for one in theirs
    )
    assert sum(matched.counts.values()) == len(matched.rows)
    list(matched.forecasts())
