"""One email: what says that two records are two people, and what says nothing. Whole kinds, not cases."""

from __future__ import annotations

import pytest

from core.contacts.match.rule import MatchOptions, SameEmail, judge, links_by_email
from core.contacts.match.same_email import objection
from core.contacts.model import Contact, Reason, Verdict

EMAIL = "family@home.example"
Fields = dict[str, str]


def asked(ours: Fields, theirs: Fields) -> Reason | None:
    """Return why a person is asked about two records of one email; None if they are linked. Sides do not matter."""
    left, right = Contact("S1", email=EMAIL, **ours), Contact("T1", email=EMAIL, **theirs)
    reason = objection(left, right)
    assert links_by_email(left, right) is (reason is None)
    swapped = objection(Contact("S1", email=EMAIL, **theirs), Contact("T1", email=EMAIL, **ours))
    assert swapped is reason
    assert [row.verdict for row in judge([left], [right], MatchOptions(SameEmail.LINK))] == [Verdict.LINK]
    return reason


def named(first_name: str, last_name: str = "Okafor", **fields: str) -> Fields:
    return {"first_name": first_name, "last_name": last_name, **fields}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (named("Tamsin", "Okafor"), named("Okafor", "Tamsin")),
        (named("Yiannis", "Papadakis"), named("Papadakis", "Yianis")),
        (
            named("Wanjiru", "Kamau", birth_date="1984-05-06"),
            named("KAMAU", "wanjiru", birth_date="1984-05-06"),
        ),
    ],
)
def test_crossed_first_and_last_names_are_one_person(ours: Fields, theirs: Fields) -> None:
    assert asked(ours, theirs) is None


@pytest.mark.parametrize("title", ["Dr", "Mr.", "Mrs", "Prof.", "Rev", "Miss", "Sir", "Herr", "Dr. Prof."])
def test_a_title_is_no_part_of_a_name(title: str) -> None:
    assert asked(named(f"{title} Tamsin"), named("Tamsin")) is None
    assert asked(named(f"{title} Tamsin"), named("Gerald")) is Reason.OTHER_NAME
    assert asked(named(f"{title} Tamsin", "Okafor MD"), named("Okafor", "Tamsin")) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Łukasz", "Lukasz"),
        ("Jørgen", "Jorgen"),
        ("Đorđe", "Dorde"),
        ("Æthelred", "Aethelred"),
        ("Weiß", "WEISS"),
        ("Þórunn", "Thorunn"),
        ("Yıldız", "Yildiz"),
        ("Œdipe", "Oedipe"),
        ("Kaʻiulani", "Kaiulani"),
        ("Nguyễn", "Nguyen"),
    ],
)
def test_letters_of_other_alphabets_fold(one: str, other: str) -> None:
    assert asked(named(one, birth_date="1984-05-06"), named(other, birth_date="1986-09-01")) is None
    assert asked(named("Tamsin", one, birth_date="1984-05-06"), named("Tamsin", other)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Stephen", "Steven"),
        ("Luis", "Louis"),
        ("Mohd", "Mohammed"),
        ("Md.", "Muhammad"),
        ("Catherine", "Katharine"),
        ("Geoffrey", "Jeffrey"),
        ("Sean", "Shaun"),
        ("Aisha", "Ayesha"),
        ("Yousef", "Yusuf"),
        ("Dmitry", "Dimitri"),
        ("Philippa", "Phillippa"),
        ("Olirev", "Oliver"),
        ("Maximillian", "Maxmilian"),
    ],
)
def test_spellings_and_slips_of_a_name_agree(one: str, other: str) -> None:
    assert asked(named(one), named(other)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gabriel", "Gabriela"),
        ("Denis", "Denise"),
        ("Simon", "Simone"),
        ("Louis", "Louise"),
        ("Angel", "Angela"),
        ("Frederick", "Frederica"),
        ("Dominic", "Dominique"),
        ("Tony", "Toni"),
        ("Jovan", "Jovana"),
        ("Radoslav", "Radoslava"),
        ("Konstantinos", "Konstantina"),
        ("Aurelius", "Aurelia"),
        ("Karim", "Karimah"),
        ("Alexander", "Alexandra"),
    ],
)
@pytest.mark.parametrize("shared", [{}, {"mobile_phone": "(415) 555-0142"}, {"birth_date": "1984-05-06"}])
def test_a_feminine_and_a_masculine_form_are_two_people_whatever_else_agrees(
    one: str, other: str, shared: Fields
) -> None:
    assert asked(named(one, **shared), named(other, **shared)) is Reason.OTHER_NAME


@pytest.mark.parametrize("name", ["Joshua", "Joshu"])
def test_a_letter_that_is_lost_or_typed_twice_is_no_other_ending(name: str) -> None:
    assert asked(named("Joshua"), named(name)) is None
    assert asked(named("Saraa"), named("Sara")) is None
    assert asked(named("Georg"), named("George")) is None


@pytest.mark.parametrize(
    "son",
    [
        named("Desmond", suffix="Jr"),
        named("Desmond", suffix="J.R."),
        named("Desmond", suffix="3rd"),
        named("Desmond", "Okafor II"),
        named("Desmond", "Okafor, J.R."),
        named("Desmond", "Okafor Jr. MD"),
        named("Desmond III"),
        named("Desmond Jr."),
        named("Desmond", middle_name="II"),
        named("Desmond", "Okafor Junior"),
    ],
)
def test_a_generation_in_any_part_of_a_name_is_another_person_unless_the_birth_date_is_equal(
    son: Fields,
) -> None:
    assert asked(named("Desmond"), son) is Reason.OTHER_PERSON
    assert asked(named("Desmond", suffix="Sr"), son) is Reason.OTHER_PERSON
    born = {"birth_date": "1984-05-06"}
    assert asked({**named("Desmond"), **born}, {**son, **born}) is None
    assert asked({**named("Desmond", suffix="Sr"), **born}, {**son, **born}) is Reason.OTHER_PERSON
    assert asked({**named("Desmond"), **born}, {**son, "birth_date": "--05-06"}) is None
    assert asked(son, son) is None


@pytest.mark.parametrize("name", ["Junior", "J.R.", "Second"])
def test_a_word_alone_in_the_field_for_a_first_name_is_a_name(name: str) -> None:
    assert asked(named(name), named(name)) is None
    assert asked(named("Desmond", "Senior"), named("Desmond", "Senior")) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("Mary", "Marsha"), ("Desmond", "Desmond"), ("William", "Bill"), ("D.", "Desmond"), ("", "")],
)
@pytest.mark.parametrize("years", [("1950", "1978"), ("1961", "1974"), ("1999", "1983")])
def test_birth_dates_a_generation_apart_are_two_people(one: str, other: str, years: tuple[str, str]) -> None:
    shared = {"mobile_phone": "(415) 555-0142"}
    ours = named(one, birth_date=f"{years[0]}-02-03", **shared)
    assert asked(ours, named(other, birth_date=f"{years[1]}-11-30", **shared)) is Reason.OTHER_PERSON


MARRIED = {"last_name": "Lindqvist"}
PHONES = {"mobile_phone": "(415) 555-0142"}, {"mobile_phone": "(212) 555-0177"}


@pytest.mark.parametrize("first_name", ["T.", "T", "Tamsyn", ""])
def test_another_surname_needs_an_equal_first_name(first_name: str) -> None:
    assert asked(named("Tamsin"), {**named(first_name), **MARRIED}) is Reason.OTHER_DETAILS
    assert asked(named("Tamsin"), {**named("Tamsin"), **MARRIED}) is None
    born = {"birth_date": "1984-05-06"}
    assert asked({**named("Tamsin"), **born}, {**named(first_name), **MARRIED, **born}) is None


def test_another_surname_with_another_date_is_another_person() -> None:
    ours, theirs = named("Tamsin", birth_date="1984-05-06"), named("Tamsin", birth_date="1989-11-30")
    assert asked(ours, {**theirs, **MARRIED}) is Reason.OTHER_DETAILS
    assert asked(ours, {**theirs, **MARRIED, "birth_date": "1984-05-07"}) is None


def test_another_birth_date_and_another_phone_are_another_person_and_one_of_them_is_not() -> None:
    ours, theirs = named("Tamsin", birth_date="1984-05-06"), named("Tamsin", birth_date="1989-11-30")
    assert asked({**ours, **PHONES[0]}, {**theirs, **PHONES[1]}) is Reason.OTHER_DETAILS
    assert asked({**ours, **PHONES[0]}, {**theirs, **PHONES[0]}) is None
    assert asked(ours, theirs) is None
    assert asked(named("Tamsin", **PHONES[0]), named("Tamsin", **PHONES[1])) is None


@pytest.mark.parametrize("first_name", ["Tamsyn", "T."])
def test_another_form_of_the_first_name_needs_more_than_the_inbox_if_the_phone_or_the_date_is_another(
    first_name: str,
) -> None:
    ours = named("Tamsin", birth_date="1984-05-06")
    assert asked(named("Tamsin"), named(first_name)) is None
    assert asked(named("Tamsin", **PHONES[0]), named(first_name, **PHONES[1])) is Reason.OTHER_DETAILS
    assert asked(ours, named(first_name, birth_date="1989-11-30")) is Reason.OTHER_DETAILS
    assert asked({**ours, **PHONES[0]}, named(first_name, birth_date="1984-05-06", **PHONES[1])) is None


@pytest.mark.parametrize("shared", [{"birth_date": "1984-05-06"}, PHONES[0]])
def test_an_equal_birth_date_or_phone_outweighs_a_spelling_and_no_other_name(shared: Fields) -> None:
    assert asked(named("Kathrynne"), named("Christie")) is Reason.OTHER_NAME
    assert asked(named("Elisbth"), named("Elizabeth")) is None
    assert asked(named("Fredarrik"), named("Frederick")) is None
    assert asked(named("Elzbt"), named("Elizabeth")) is Reason.OTHER_NAME
    assert asked(named("Jasmnyy"), named("Jasmine")) is Reason.OTHER_NAME
    assert asked(named("Jasmnyy", **shared), named("Jasmine", **shared)) is None
    for other in ("Miranda", "Samantha", "Thandiwe"):
        assert asked(named("Amanda", **shared), named(other, **shared)) is Reason.OTHER_NAME


def test_a_middle_name_that_is_used_as_the_first_name_needs_an_equal_birth_date() -> None:
    ours, theirs = named("Desmond", middle_name="Tobias"), named("Tobias")
    born = {"birth_date": "1984-05-06"}
    assert asked(ours, theirs) is Reason.OTHER_NAME
    assert asked({**ours, **PHONES[0]}, {**theirs, **PHONES[0]}) is Reason.OTHER_NAME
    assert asked({**ours, **born}, {**theirs, **born}) is None


def test_another_middle_name_needs_an_equal_phone_or_birth_date() -> None:
    ours, theirs = named("Desmond", middle_name="A."), named("Desmond", middle_name="Basil")
    assert asked(ours, theirs) is Reason.OTHER_DETAILS
    assert asked({**ours, **PHONES[0]}, {**theirs, **PHONES[0]}) is None


@pytest.mark.parametrize(
    "filler", ["Unknown", "ANONYMOUS", "n/a", "N.A.", "xxx", "tbd", "First Name", "-", "?"]
)
def test_a_filler_is_a_missing_name(filler: str) -> None:
    assert asked(named(filler), named("Tamsin")) is None
    assert asked(named("Tamsin", filler), named("Tamsin")) is None
    assert asked(named(filler, "Lindqvist"), named("Tamsin")) is Reason.OTHER_DETAILS


@pytest.mark.parametrize("name", ["Na", "Do", "Ma", "Client-Ferrand"])
def test_a_name_that_looks_like_a_filler_or_a_degree_is_a_name(name: str) -> None:
    assert asked(named(name), named("Tamsin")) is Reason.OTHER_NAME
    assert asked(named("T.", name), named("Tamsin")) is Reason.OTHER_DETAILS


@pytest.mark.parametrize(
    "filler", ["1900-01-01", "1899-12-30", "0001-01-01", "1111-11-11", "9999-12-31", "1984-00-00"]
)
def test_a_filler_is_a_missing_birth_date(filler: str) -> None:
    assert (
        asked(named("Tamsin", birth_date=filler, **PHONES[0]), named("Tamsin", birth_date="1984-05-06"))
        is None
    )
    ours = named("Desmond", birth_date=filler)
    assert asked(ours, named("Desmond", suffix="Jr", birth_date=filler)) is Reason.OTHER_PERSON


@pytest.mark.parametrize(
    "email", ["n/a", "unknown", "none@none.com", "no-email@x.example", "NoEmail@y.example", "a b@c"]
)
def test_a_filler_is_no_email_and_links_nobody(email: str) -> None:
    ours, theirs = (
        Contact("S1", "Ann", email=email),
        Contact("T1", "Ann", email=email, mobile_phone="4155550142"),
    )
    assert [row.verdict for row in judge([ours], [theirs])] == [Verdict.PUSH, Verdict.IMPORT]


def test_three_letters_and_one_slip_are_a_slip_only_of_a_known_name() -> None:
    assert asked(named("Ann"), named("Anb")) is None
    assert asked(named("Kim"), named("Tim")) is Reason.OTHER_NAME
    assert asked(named("Zvi"), named("Zvo")) is Reason.OTHER_NAME
