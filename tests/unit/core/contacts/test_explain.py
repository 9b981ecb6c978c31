"""Evidence, fields side by side and consequences, in the words a person reads."""

from __future__ import annotations

import pytest

from core.compare.agreement import AgreementLevel
from core.contacts.linkage.explain import evidence_words, ranked_evidence, sum_words
from core.contacts.match.match import match
from core.contacts.model import Comparison, Contact, ContactKind, Evidence, Likeness
from core.contacts.records import Answer
from core.contacts.review.consequences import asks, consequence, if_nobody_decides
from core.contacts.review.reviewed import Reviewed, review
from core.contacts.review.side_by_side import side_by_side
from core.local_forms import Country, words_of
from tests.support.people import HALE, as_theirs, but, strangers
from tests.unit.core.contacts.test_review import ANN, DOUBLED, TOM, seal


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("phone", AgreementLevel.EQUAL, 20.7, "1", "1"), "phone equal"),
        (("birth_date", AgreementLevel.DAY_AND_MONTH, 8.5, "", ""), "birth day and month equal"),
        (("birth_date", AgreementLevel.SWAPPED, 8.5, "", ""), "day and month of birth swapped"),
        (("last_name", AgreementLevel.EQUAL, 11.0, "Moss", "MOSS "), "Moss is a rare surname"),
        (("last_name", AgreementLevel.CLOSE, 7.4, "Moss", "Moss-Lee"), "Moss is a rare surname"),
        (("last_name", AgreementLevel.CLOSE, 4.4, "Lee", "Moss-Lee"), "Lee is in both surnames"),
        (("last_name", AgreementLevel.CLOSE, 4.4, "Hale", "Hael"), "Hale is close to Hael"),
        (("last_name", AgreementLevel.EQUAL, 3.0, "Lee", "Lee"), "Lee is a common surname"),
        (("last_name", AgreementLevel.EQUAL, 5.0, "Lee", "Lee"), "surname equal"),
        (("first_name", AgreementLevel.NICKNAME, 6.1, "Katherine", "Kate"), "Kate is short for Katherine"),
        (("first_name", AgreementLevel.NICKNAME, 6.1, "Henry", "Harry"), "Henry is another form of Harry"),
        (("first_name", AgreementLevel.INITIAL, 2.0, "A.", "Ann"), "A. may be short for Ann"),
        (("email", AgreementLevel.DIFFERENT, -1.9, "a", "b"), "email differs"),
        (("place", AgreementLevel.EQUAL, 2.0, "a", "a"), "suburb equal"),
        (("address", AgreementLevel.MISSING, 0.0, "a", ""), "address on one side only"),
        (("prior", AgreementLevel.PRIOR, -19.93, "", ""), "one in a million to start with"),
        (("prior", AgreementLevel.PRIOR, -23.7, "", ""), "one in 14 million to start with"),
        (("prior", AgreementLevel.PRIOR, -10.29, "", ""), "one in 1,300 to start with"),
        (("prior", AgreementLevel.PRIOR, 0.0, "", ""), "one in 1 to start with"),
    ],
)
def test_a_line_of_evidence_in_words(line: tuple[str, AgreementLevel, float, str, str], said: str) -> None:
    assert evidence_words(Evidence(*line), words_of(Country.AU)) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("last_name", AgreementLevel.EQUAL, 5.0, "Lee", "Lee"), "last name equal"),
        (("last_name", AgreementLevel.CLOSE, 4.4, "Lee", "Moss-Lee"), "Lee is in both last names"),
        (("place", AgreementLevel.CLOSE, 2.0, "a", "b"), "city almost equal"),
        (("place", AgreementLevel.DIFFERENT, -2.0, "a", "b"), "city differs"),
    ],
)
def test_a_desk_in_the_usa_has_its_own_words(
    line: tuple[str, AgreementLevel, float, str, str], said: str
) -> None:
    assert evidence_words(Evidence(*line), words_of(Country.US)) == said


def test_every_line_that_can_be_has_words() -> None:
    fields = (
        "first_name",
        "middle_name",
        "last_name",
        "suffix",
        "birth_date",
        "phone",
        "email",
        "address",
        "place",
    )
    for field in fields:
        for level in AgreementLevel:
            for left, right in (("", ""), ("Ann", "Ann"), ("A", "")):
                said = evidence_words(Evidence(field, level, 0.0, left, right), words_of(Country.AU))
                assert said
                assert "_" not in said


@pytest.mark.parametrize(
    ("bits", "likeness", "said"),
    [
        (17.1, Likeness.PERSON, "very likely the same person"),
        (5.0, Likeness.PERSON, "likely the same person"),
        (0.5, Likeness.PERSON, "perhaps the same person"),
        (-3.0, Likeness.PERSON, "unlikely to be the same person"),
        (17.1, Likeness.HOUSEHOLD, "likely two people of one household"),
        (-1.0, Likeness.HOUSEHOLD, "likely two people"),
    ],
)
def test_the_sum_in_words(bits: float, likeness: Likeness, said: str) -> None:
    assert sum_words(Comparison(likeness, bits, ())) == said


def test_what_is_told_is_the_strongest_first_and_the_odds_last() -> None:
    lines = tuple(
        Evidence(field, level, bits)
        for field, level, bits in (
            ("email", AgreementLevel.DIFFERENT, -0.5),
            ("phone", AgreementLevel.EQUAL, 9.0),
            ("suffix", AgreementLevel.MISSING, 0.0),
            ("prior", AgreementLevel.PRIOR, -9.0),
            ("place", AgreementLevel.EQUAL, 9.5),
        )
    )
    fields = [one.field for one in ranked_evidence(Comparison(Likeness.PERSON, 9.0, lines))]
    assert fields == ["place", "phone", "email", "prior"]


KATHERINE = Contact(
    "S1", "Katherine", "", "Moss", email="k@x.example", mobile_phone="(415) 555-0142", birth_date="1991-04-12",
    street="88 Pine St Apt 2", city="Oakland", state="CA", owner="lo", since="2024-06-02T01:02:03", origin="app",
)  # fmt: skip
KATE = but(
    KATHERINE, id="T1", first_name="Kate", last_name="Moss-Lee", email="kate@y.example", mobile_phone="",
    home_phone="415 555 0142", birth_date="1970-04-12", street="88 Pine Street #2", since="", origin="import",
)  # fmt: skip


def test_two_records_side_by_side() -> None:
    found = {
        one.label: (one.left, one.sign, one.right)
        for one in side_by_side(KATHERINE, KATE, lambda one: "d.reyes", Country.AU)
    }
    assert found == {
        "name": ("Katherine Moss", "≈", "Kate Moss-Lee"),
        "email": ("k@x.example", "≠", "kate@y.example"),
        "mobile": ("(415) 555-0142", "", ""),
        "home": ("", "", "415 555 0142"),
        "birth date": ("12 Apr 1991", "=", "12 Apr, no year"),
        "address": ("88 Pine St Apt 2", "≈", "88 Pine Street #2"),
        "suburb": ("Oakland CA", "=", "Oakland CA"),
        "officer": ("d.reyes", "≠", "d.reyes"),
        "since": ("2 Jun 2024, app", "", "import"),
    }
    american = {one.label: one for one in side_by_side(KATHERINE, KATE, lambda one: "", Country.US)}
    assert {"cell phone", "city"} < set(american)
    assert (american["birth date"].left, american["birth date"].right) == ("Apr 12, 1991", "Apr 12, no year")
    assert american["since"].left == "Jun 2, 2024, app"
    alone = side_by_side(None, KATE, lambda one: "", Country.AU)
    assert {one.left + one.sign for one in alone} == {""}
    tied = side_by_side(KATHERINE, KATE, lambda one: "d", Country.AU, one_owner=True)
    assert next(one.sign for one in tied if one.label == "officer") == "="


@pytest.mark.parametrize(
    ("left", "right", "sign"),
    [
        ("(415) 555-0142", "415.555.0142", "="),
        ("4155550142", "4155550143", "≈"),
        ("4155550142", "2125550143", "≠"),
    ],
)
def test_phones_side_by_side(left: str, right: str, sign: str) -> None:
    found = side_by_side(
        Contact("S", mobile_phone=left), Contact("T", mobile_phone=right), lambda one: "", Country.AU
    )
    assert [one.sign for one in found] == [sign]


@pytest.mark.parametrize(
    ("ours", "theirs", "sign"),
    [
        ({"first_name": "Ann", "suffix": "Jr"}, {"first_name": "Ann", "suffix": "Sr"}, "≠"),
        ({"first_name": "Ann"}, {"first_name": "ANN"}, "="),
        ({"first_name": "Ann"}, {"first_name": "Tom"}, "≠"),
        ({"first_name": "Ann", "middle_name": "B"}, {"first_name": "Ann"}, "≈"),
    ],
)
def test_names_side_by_side(ours: dict[str, str], theirs: dict[str, str], sign: str) -> None:
    found = side_by_side(but(ANN, **ours), but(ANN, **theirs), lambda one: "", Country.AU)
    assert found[0].sign == sign


def outlook(reviewed: Reviewed, writer: str = "vendor") -> tuple[str, dict[str, str]]:
    item = reviewed.queue[0]
    said = {
        answer.value: consequence(reviewed, item, item.first, answer)
        for answer in reviewed.offered(item.first)
    }
    return if_nobody_decides(reviewed, item, writer), said


def test_what_happens_with_a_possible_duplicate() -> None:
    asked, said = outlook(review(match(*DOUBLED), [], seal))
    assert asked == "a second account is created, and the vendors' push will change Robert Hale"
    held, _ = outlook(review(match(*DOUBLED), [], seal), "desk")
    assert held == "nothing is sent, because a sync would create a second account and change Robert Hale"
    assert said["same"] == "linked; nothing is created"
    assert (
        said["different"]
        == "imported, not pushed: a push would change the other record; not asked again unless a field changes"
    )
    one_way = [*strangers(60, "S"), but(HALE, one_way=True)], DOUBLED[1]
    asked, said = outlook(review(match(*one_way), [], seal))
    assert asked == "a second account is created"
    assert said["household"] == "imported, left to the one-way integration; noted as one household"


def test_what_happens_with_a_couple_and_with_a_push_that_overwrites() -> None:
    asked, said = outlook(review(match([ANN], [TOM]), [], seal))
    assert asked == "nothing is linked or sent"
    assert said["different"] == "imported, pushed; not asked again unless a field changes"
    assert said["later"] == "stays in the queue, at the end"


def test_a_question_about_one_record_alone_says_so() -> None:
    reviewed = review(match([ANN, but(ANN, id="S2")], []), [], seal)
    (item,) = reviewed.queue
    assert asks(item) == "Several records share one email. Who is this?"
    assert reviewed.offered(item.first) == (Answer.DIFFERENT, Answer.LATER)
    assert as_theirs(HALE).id == "T1"


# -- side by side, field by field ---------------------------------------------------------------------------


def shown(ours: Contact | None, theirs: Contact | None, label: str) -> tuple[str, str, str] | None:
    """Return (left, sign, right) of one field; None if the field is left out. The owner's id is the owner's name."""
    found = side_by_side(ours, theirs, lambda contact: contact.owner, Country.AU)
    return next(((line.left, line.sign, line.right) for line in found if line.label == label), None)


THEIRS = but(HALE, id="T1")


def test_a_record_alone_has_its_values_and_no_signs() -> None:
    mine = but(HALE, owner="dana", since="2024-06-02T01:02:03", origin="app")
    for field, value in (("name", "Robert Hale"), ("officer", "dana"), ("since", "2 Jun 2024, app")):
        assert shown(mine, None, field) == (value, "", "")
        assert shown(None, mine, field) == ("", "", value)


def test_an_officer_on_one_side_only_is_shown_and_is_another_officer() -> None:
    assert shown(but(HALE, owner="dana"), THEIRS, "officer") == ("dana", "≠", "")
    assert shown(HALE, but(THEIRS, owner="dana"), "officer") == ("", "≠", "dana")
    assert shown(HALE, THEIRS, "officer") is None


def test_since_is_shown_if_one_side_knows_it() -> None:
    assert shown(but(HALE, since="2024-06-02"), THEIRS, "since") == ("2 Jun 2024", "", "")
    assert shown(HALE, but(THEIRS, since="2023-01-31"), "since") == ("", "", "31 Jan 2023")
    assert shown(HALE, THEIRS, "since") is None


def test_a_record_without_an_origin_says_what_it_is_in_its_system() -> None:
    prospect = but(HALE, kind=ContactKind.PROSPECT)
    assert shown(prospect, THEIRS, "since") == ("prospect", "", "")
    assert shown(but(prospect, origin="web form"), THEIRS, "since") == ("web form", "", "")


@pytest.mark.parametrize(
    ("ours", "theirs", "sign"),
    [
        ({"middle_name": "James"}, {"middle_name": "Peter"}, "≠"),
        ({"last_name": "Hale"}, {"last_name": "Ito"}, "≠"),
        ({"suffix": "Jr"}, {}, "≈"),
        ({}, {"suffix": "Jr"}, "≈"),
        ({"suffix": "Jr"}, {"suffix": "jr."}, "="),
    ],
)
def test_names_differ_if_one_part_is_clearly_another(
    ours: dict[str, str], theirs: dict[str, str], sign: str
) -> None:
    found = shown(but(HALE, **ours), but(THEIRS, **theirs), "name")
    assert found is not None
    assert found[1] == sign


def test_a_number_that_the_other_record_has_under_another_label_is_equal() -> None:
    both = but(HALE, mobile_phone="(415) 555-0142", home_phone="(212) 555-0177")
    ours_at_home = but(HALE, mobile_phone="(650) 555-0199", home_phone="415 555 0142")
    assert shown(both, ours_at_home, "mobile") == ("(415) 555-0142", "=", "(650) 555-0199")
    assert shown(ours_at_home, both, "mobile") == ("(650) 555-0199", "=", "(415) 555-0142")


def test_the_work_phone_has_a_line_of_its_own() -> None:
    found = shown(but(HALE, work_phone="415 555 0100"), but(THEIRS, work_phone="4155550100"), "work")
    assert found == ("415 555 0100", "=", "4155550100")


@pytest.mark.parametrize(
    ("left", "right"),
    [("ask her", "unknown"), ("000 000 0000", "555-555-5555"), ("ask her", "(415) 555-0142")],
)
def test_a_phone_that_is_no_number_has_no_sign(left: str, right: str) -> None:
    assert shown(but(HALE, mobile_phone=left), but(THEIRS, mobile_phone=right), "mobile") == (left, "", right)
    assert shown(but(HALE, mobile_phone=right), but(THEIRS, mobile_phone=left), "mobile") == (right, "", left)


@pytest.mark.parametrize(
    ("street", "street_2", "sign"),
    [
        ("88 Pine St", "Apt 2", "="),
        ("88 pine st apt 2", "", "="),
        ("88 Pine Street #2", "", "≈"),
        ("1200 Lakeshore Ave", "", "≠"),
    ],
)
def test_one_address_written_in_two_ways_is_close_and_another_address_differs(
    street: str, street_2: str, sign: str
) -> None:
    found = shown(HALE, but(THEIRS, street=street, street_2=street_2), "address")
    assert found is not None
    assert found[1] == sign


def test_the_city_has_its_state_and_postcode() -> None:
    assert shown(HALE, THEIRS, "suburb") == ("Oakland CA 94601", "=", "Oakland CA 94601")


def test_a_birthday_in_1970_keeps_its_year_in_simplenexus_only() -> None:
    born = but(HALE, birth_date="1970-04-12")
    assert shown(born, born, "birth date") == ("12 Apr 1970", "=", "12 Apr, no year")
    assert shown(but(HALE, birth_date="--04-12"), None, "birth date") == ("12 Apr, no year", "", "")
