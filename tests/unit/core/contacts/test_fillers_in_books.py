"""Two books with fillers: nobody is linked, held or asked about because of them, and what is true is still found."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contacts.linkage.explain import evidence_words
from core.contacts.match.existing_links import taken_over
from core.contacts.match.match import match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.match.same_email import objection
from core.contacts.match.vendor_rules import Accounts, ForecastProblem, VendorOutcome
from core.contacts.model import Contact, ContactKind, Reason, Verdict
from core.contacts.payloads import NewContactOptions, new_contact, new_partner, new_prospect
from core.contacts.review.side_by_side import side_by_side
from core.contacts.sync.no_home import no_home_fields
from core.local_forms import Country, words_of
from core.push.plan import Entity, System
from tests.support.people import but

EMAILS = (
    "noemail@bank.example",
    "N/A",
    "none",
    "none@none.com",
    "test@test.com",
    "unknown",
    "a@a.com",
    "-",
    "xxx",
)
PHONES = ("555-555-5555", "(000) 000-0000", "0400 000 000", "1234567890", "n/a", "415-555-5555", "9999999")
PEOPLE = (
    *(("Wanda", "Quill", "1961-02-03"), ("Hugo", "Brandt", "1972-08-30"), ("Ines", "Valdez", "1988-11-12")),
    *(("Otis", "Rask", "1955-04-21"), ("Mina", "Sato", "1979-06-17"), ("Pia", "Lindqvist", "1990-01-29")),
    *(("Ravi", "Menon", "1984-10-05"), ("Tess", "O'Dowd", "1969-12-14")),
)


def book(prefix: str, email: Sequence[str], phone: Sequence[str] = ()) -> list[Contact]:
    """Return the eight people with these emails, and with phones of their own unless some are given."""
    return [
        Contact(
            f"{prefix}{n}",
            first_name=first,
            last_name=last,
            birth_date=born,
            email=email[n % len(email)],
            mobile_phone=phone[n % len(phone)] if phone else f"(415) 555-01{n:02}",
        )
        for n, (first, last, born) in enumerate(PEOPLE)
    ]


@pytest.mark.parametrize("email", EMAILS)
def test_eight_true_pairs_with_one_filler_email_are_eight_suggestions(email: str) -> None:
    rows = match(book("S", [email]), book("T", [email.upper()])).rows
    assert [row.verdict for row in rows] == [Verdict.POSSIBLE_DUPLICATE] * 8
    assert [(row.simplenexus_ids, row.total_expert_ids) for row in rows] == [
        ((f"S{n}",), (f"T{n}",)) for n in range(8)
    ]


@pytest.mark.parametrize("phone", PHONES)
def test_a_filler_phone_of_everybody_hides_no_pair_and_makes_none(phone: str) -> None:
    rows = match(book("S", ["none"], [phone]), book("T", ["n/a"], [phone])).rows
    assert [row.verdict for row in rows] == [Verdict.POSSIBLE_DUPLICATE] * 8
    strangers = [
        but(contact, first_name="Lars", last_name=f"Holm{n}", birth_date="")
        for n, contact in enumerate(book("T", ["n/a"], [phone]))
    ]
    apart = match(book("S", ["none"], [phone]), strangers).rows
    assert {row.verdict for row in apart} == {Verdict.PUSH, Verdict.CANNOT}


def punctuated(random: Random, filler: str) -> str:
    """Return a filler in another case, with blanks around it, and a phone with other punctuation."""
    cased = "".join(random.choice((char.upper(), char.lower())) for char in filler)
    if any(map(str.isdigit, filler)):
        digits = [char for char in filler if char.isdigit()]
        cased = "".join(digit + random.choice(("", "", "-", " ", ".")) for digit in digits)
    return random.choice(("", " ", "\t", "\u00a0")) + cased + random.choice(("", " ", "  "))


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(EMAILS), st.sampled_from(PHONES))
def test_no_pair_of_strangers_meets_through_a_filler(random: Random, email: str, phone: str) -> None:
    """Whatever the letter case, the blanks and the punctuation are."""

    def side(prefix: str, people: Sequence[tuple[str, str]]) -> list[Contact]:
        return [
            Contact(
                f"{prefix}{n}",
                first_name=first,
                last_name=last,
                email=punctuated(random, email),
                mobile_phone=punctuated(random, phone),
            )
            for n, (first, last) in enumerate(people)
        ]

    ours = side("S", [("Wanda", "Quill"), ("Hugo", "Brandt"), ("Test", "Test")])
    theirs = side("T", [("Ravi", "Menon"), ("Tess", "Lindqvist"), ("TEST", "User")])
    assert {row.verdict for row in match(ours, theirs).rows} <= {Verdict.PUSH, Verdict.CANNOT}


@pytest.mark.parametrize(
    "name", [("Test", "Test"), ("Unknown", "Unknown"), ("N/A", "n.a."), ("null", "Null")]
)
def test_filler_names_are_no_evidence(name: tuple[str, str]) -> None:
    ours = Contact("S1", first_name=name[0], last_name=name[1], email="x1@x.example")
    theirs = Contact("T1", first_name=name[0], last_name=name[1], email="y2@y.example")
    assert [row.verdict for row in match([ours], [theirs]).rows] == [Verdict.PUSH, Verdict.IMPORT]


def test_na_null_and_nil_are_names_of_people() -> None:
    ours = [
        Contact("S1", first_name="Min", last_name="Na", birth_date="1961-02-03", mobile_phone="4155550142"),
        Contact(
            "S2", first_name="Jennifer", last_name="Null", birth_date="1972-08-30", mobile_phone="4155550143"
        ),
    ]
    theirs = [but(contact, id=f"T{n}", email="none") for n, contact in enumerate(ours, 1)]
    rows = match(ours, theirs).rows
    assert [row.verdict for row in rows] == [Verdict.POSSIBLE_DUPLICATE] * 2
    assert (
        objection(but(ours[1], last_name="Nil"), theirs[1]) is None
    )  # a slip of three letters, one date, one phone
    assert (
        objection(but(ours[1], birth_date="", mobile_phone=""), but(theirs[1], first_name="Joan"))
        is Reason.OTHER_NAME
    )


def test_a_surname_is_a_filler_where_the_email_is_the_same_word() -> None:
    ours = Contact(
        "S1",
        first_name="Jen",
        last_name="Null",
        email="null",
        birth_date="1961-02-03",
        mobile_phone="4155550142",
    )
    theirs = but(ours, id="T1", last_name="Okafor", email="jen@x.example")
    (row,) = match([ours], [theirs]).rows
    assert row.comparison is not None
    surname = next(line for line in row.comparison.evidence if line.field == "last_name")
    assert (surname.level.value, surname.bits) == ("missing", 0.0)
    assert (
        evidence_words(surname, words_of(Country.AU))
        == "surname is not evidence: a filler, or no surname at all"
    )


# -- records of nobody ---------------------------------------------------------------------------------------


def test_a_record_of_fillers_alone_is_of_nobody() -> None:
    nobody = {
        "first_name": "N/A",
        "last_name": "Unknown",
        "email": "noemail@x.example",
        "mobile_phone": "0000000000",
    }
    ours = [Contact(f"S{n}", **nobody) for n in range(5)]
    theirs = [Contact(f"T{n}", **nobody) for n in range(5)]
    rows = match(ours, theirs).rows
    assert [(row.verdict, row.reason) for row in rows] == [(Verdict.CANNOT, Reason.FILLERS)] * 10
    born = [but(contact, birth_date="1961-02-03") for contact in ours]
    assert {row.reason for row in match(born, []).rows} == {Reason.ONLY_HERE}


def test_a_contact_without_a_name_says_nothing_of_fillers() -> None:
    (row,) = match([], [Contact("T1", birth_date="1961-02-03")]).rows
    assert (row.verdict, row.reason) == (Verdict.CANNOT, Reason.NO_ADDRESSEE)


# -- several addresses in one field ---------------------------------------------------------------------------

SEVERAL = "pat.ng@home.example; p.ng@work.example"
PAT = Contact("S1", first_name="Pat", last_name="Ng", email="p.ng@work.example")
HERS = Contact("T1", first_name="Pat", last_name="Ng", email=SEVERAL)


def test_any_of_several_addresses_links_unless_something_says_two_people() -> None:
    assert [row.verdict for row in match([PAT], [HERS]).rows] == [Verdict.LINK]
    assert [row.verdict for row in match([but(PAT, first_name="Gerald")], [HERS]).rows] == [Verdict.HOUSEHOLD]
    other = but(PAT, email="p.ng@elsewhere.example")
    assert [row.verdict for row in match([but(other, first_name="Lu", last_name="Wei")], [HERS]).rows] == [
        Verdict.PUSH,
        Verdict.IMPORT,
    ]


def test_two_records_of_the_addresses_of_one_are_held() -> None:
    also = but(PAT, id="S2", email="pat.ng@home.example")
    (row,) = match([PAT, also], [HERS]).rows
    assert (row.verdict, row.reason) in {
        (Verdict.HOLD, Reason.SEVERAL),
        (Verdict.POSSIBLE_DUPLICATE, Reason.EVIDENCE),
    }
    chain = but(HERS, id="T2", email="lu@x.example, pat.ng@home.example")
    (row,) = match([but(PAT, email="lu@x.example")], [HERS, chain]).rows
    assert set(row.total_expert_ids) == {"T1", "T2"}


def test_records_with_the_same_several_addresses_are_linked() -> None:
    three = "pat@x.example; p.ng@y.example; png@z.example"
    for order in (three, "png@z.example, pat@x.example, p.ng@y.example", "p.ng@y.example; other@w.example"):
        assert [row.verdict for row in match([but(PAT, email=order)], [but(HERS, email=three)]).rows] == [
            Verdict.LINK
        ]


def test_an_address_beside_a_link_holds_whoever_has_it() -> None:
    linked = MatchOptions(standing=(("S1", "T1"),))
    also = but(PAT, id="S2", first_name="Lu", last_name="Wei", email="pat.ng@home.example")
    rows = match([PAT, also], [HERS], linked).rows
    assert [(row.verdict, row.reason) for row in rows] == [
        (Verdict.LINKED, Reason.STANDING),
        (Verdict.HOLD, Reason.BESIDE_A_LINK),
    ]


def test_any_of_several_addresses_is_another_owners() -> None:
    owners = Owners({"U1": "O1", "U2": "O2"})
    ours = but(PAT, owner="O2", first_name="Lu", last_name="Wei")
    rows = match([ours], [but(HERS, owner="U1")], MatchOptions(owners=owners)).rows
    assert {row.reason for row in rows} == {Reason.OTHER_OWNER}


def test_a_filler_email_takes_over_no_prospect() -> None:
    prospect = Contact(
        "P1", first_name="Pat", last_name="Ng", email="none@none.com", kind=ContactKind.PROSPECT, owner="O1"
    )
    account = but(prospect, id="B1", kind=ContactKind.BORROWER)
    theirs = Contact("T1", first_name="Pat", last_name="Ng", email="none@none.com")
    books = {"P1": prospect, "B1": account}, {"T1": theirs}
    assert taken_over(*books, [("P1", "T1")]) == {}
    real = {name: but(contact, email="pat@x.example") for name, contact in books[0].items()}
    assert taken_over(real, {"T1": but(theirs, email="Pat <pat@x.example>")}, [("P1", "T1")]) == {"P1": "B1"}


# -- the forecast and what is sent ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("email", "troubles"),
    [
        ("ana.roe@example", (ForecastProblem.NOT_AN_EMAIL, ForecastProblem.NO_ADDRESSEE)),
        ("ana.roe@x.example.", (ForecastProblem.NOT_AN_EMAIL, ForecastProblem.NO_ADDRESSEE)),
        ("ana roe@x.example", (ForecastProblem.NOT_AN_EMAIL, ForecastProblem.NO_ADDRESSEE)),
        ("ana@x,example", (ForecastProblem.NOT_AN_EMAIL, ForecastProblem.NO_ADDRESSEE)),
        ("not given", (ForecastProblem.NOT_AN_EMAIL, ForecastProblem.NO_ADDRESSEE)),
        ("none@none.com", (ForecastProblem.NO_ADDRESSEE,)),
        ("Ana Roe <ana@x.example>", ()),
        ("ana@x.example ::: a.roe@y.example", ()),
    ],
)
def test_what_is_no_address_is_forecast_as_refused(email: str, troubles: tuple[ForecastProblem, ...]) -> None:
    contact = Contact("T1", first_name="Ana", last_name="Roe", email=email)
    assert Accounts([]).prospect(contact).troubles == troubles
    ((row, forecast),) = match([], [contact]).forecasts()
    assert row.verdict is (Verdict.CANNOT if troubles else Verdict.IMPORT)
    assert (forecast.outcome, forecast.troubles) == (
        VendorOutcome.REFUSED if troubles else VendorOutcome.CREATED,
        troubles,
    )
    reached = Accounts([]).prospect(but(contact, mobile_phone="(415) 555-0142"))
    assert reached.outcome is VendorOutcome.CREATED


def test_one_address_is_sent_and_no_filler() -> None:
    contact = Contact(
        "S1",
        first_name="Pat",
        last_name="Ng",
        email=SEVERAL,
        mobile_phone="555-555-5555",
        home_phone="(415) 555-0142",
        birth_date="1900-01-01",
    )
    body = new_contact(contact, "301", NewContactOptions("us"), "BD-1")
    assert (body["email"], body["phone_home"]) == ("pat.ng@home.example", "(415) 555-0142")
    assert not {"phone_cell", "birthday"} & body.keys()
    assert new_prospect(but(contact, email="none@none.com"), "BD-1").keys() == {
        *("first_name", "last_name", "cell_phone", "note")
    }
    assert new_partner(but(contact, email="Pat <pat@x.example>"))["email"] == "pat@x.example"


def test_what_is_left_out_is_named_with_its_reason() -> None:
    contact = Contact(
        "S1", email=SEVERAL, mobile_phone="555-555-5555", birth_date="1900-01-01", work_phone="ask him"
    )
    left = {field.field: field.why for field in no_home_fields(contact, System.TOTAL_EXPERT, Entity.CONTACT)}
    assert left == {
        "email": "Total Expert takes one email: pat.ng@home.example is sent",
        "mobile phone": "it isn't a phone number",
        "birth date": "it isn't a birth date",
    }
    for email, why in (
        ("n/a", "it isn't an email address"),
        ("a b@x.example", "it isn't an email address"),
    ):
        named = no_home_fields(Contact("T1", email=email), System.SIMPLENEXUS, Entity.PROSPECT)
        assert [(field.field, field.why) for field in named] == [("email", why)]
    named = no_home_fields(Contact("T1", email="Pat <pat@x.example>"), System.SIMPLENEXUS, Entity.PROSPECT)
    assert [*named] == []


def test_two_fillers_have_no_sign_between_them() -> None:
    ours = Contact("S1", first_name="Test", last_name="Test", email="none@none.com", mobile_phone="0000000")
    fields = side_by_side(ours, but(ours, id="T1"), lambda contact: "", Country.AU)
    assert {field.label: field.sign for field in fields[:3]} == {
        "name": "",
        "email": "",
        "mobile": "",
    }
