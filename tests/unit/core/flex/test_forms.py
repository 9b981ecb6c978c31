"""The forms of FLEX's fields: which values are converted into the form, and which are refused, and why."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.flex.field_map.apply import map_record
from core.flex.field_map.fates import ARRIVES, Fate, Field, Mark
from core.flex.field_map.forms import FormKind, TargetForm, fit
from core.flex.field_map.model import Scope
from core.flex.model import Address, Phones, Property, Requirements
from core.flex.plans.card import plan_people_again
from core.flex.plans.objections import MOST_PEOPLE
from core.push.plan import Entity
from tests.support.cards import BAO, FULL, LINH, MAP, but, gather, line, link, preview, with_loan, with_person

TODAY = date(2026, 11, 28)


def _field(source: str, **changed: Any) -> Field:
    fields = map_record(MAP, Scope.PERSON, but(BAO, **changed), today=TODAY).fields
    (found,) = [field for field in fields if field.source == source]
    return found


def _mobile(written: str, country: str | None = None) -> Field:
    return _field("Phone Number: Mobile", phones=Phones(written), home_address=Address(country=country))


def _postcode(written: str, country: str | None = None) -> Field:
    return _field("Home Address: Postcode", home_address=Address(postcode=written, country=country))


# -- phones -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["0491 570 006", "+61 491 570 156", "(02) 5550 1234", "13 11 14", "1300-975-707"]
)
def test_a_phone_that_flex_takes_is_sent_as_it_is_written(written: str) -> None:
    assert (_mobile(written).fate, _mobile(written).value) == (Fate.SENT, written)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("0491.570.006", "0491 570 006"),
        ("+61.491.570.156", "0491 570 156"),
        ("0491\u2013570\u2013006", "0491 570 006"),
        ("\u202a0491\u00a0570\u00a0006\u202c", "0491 570 006"),
        ("０４９１ ５７０ ００６", "0491 570 006"),
        ("02.5550.1234", "02 5550 1234"),
        ("+64.21.123.4567", "+64 21 123 4567"),
        ('="0412555011"', "0412555011"),
        ("'0412555011", "0412555011"),
    ],
)
def test_a_phone_that_flex_takes_in_another_form_is_converted(written: str, sent: str) -> None:
    assert (_mobile(written).fate, _mobile(written).value) == (Fate.CONVERTED, sent)


def test_the_zero_that_a_spreadsheet_takes_from_a_mobile_number_is_restored() -> None:
    field = _mobile("412555010")
    assert (field.fate, field.value) == (Fate.CONVERTED, "0412 555 010")
    assert "zero" in field.reason
    assert _mobile("+412555010").value == "+412555010"
    assert _mobile("412 555 010", "Germany").value == "412 555 010"
    assert _mobile("255501234").value == "255501234"  # also a number of New Zealand: the zero is not proved


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("0491 570 006 after 5pm", "digits, blanks"),
        ("ask Linh", "digits, blanks"),
        ("6.14126E+10", "scientific notation"),
        ("0412 555 014 / 555", "digits, blanks"),
        ("0412 555 014 0412 555 015", "more than one number"),
        ("-----", "isn't a phone number"),
        ("000 000 0000", "isn't a phone number"),
        ("12345", "isn't a phone number"),
        ("#N/A", "a spreadsheet's trace: an error value"),
        ("########", "too narrow"),
        ("0491 570\x00 006", "control character"),
    ],
)
def test_junk_in_a_phone_is_refused_with_the_reason(written: str, why: str) -> None:
    field = _mobile(written)
    assert (field.fate, field.value) == (Fate.REFUSED, None)
    assert why in field.reason


def test_a_number_that_a_spreadsheet_wrote_with_a_decimal_keeps_its_digits() -> None:
    assert _mobile("61412555010.0").value == "61412555010"
    assert _mobile("412555010.0").value == "0412 555 010"


def test_of_two_numbers_the_first_is_sent_and_the_other_is_named() -> None:
    field = _mobile("0412 555 014 / 0412 555 015")
    assert (field.fate, field.value) == (Fate.CONVERTED, "0412 555 014")
    assert "left out: 0412 555 015" in field.reason
    shown = preview(with_person(but(LINH, phones=Phones("0412 555 014 or 0412 555 015"))))
    assert [warning for warning in shown.warnings if "0412 555 015" in warning] == [
        f"Phone Number: Mobile of {LINH.name}: the first number; left out: 0412 555 015."
    ]


# -- emails, dates, names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Ed Orr <ed.orr@example.org>", "ed.orr@example.org"),
        ("<ed@example.org>", "ed@example.org"),
        ("mailto:ed@example.org", "ed@example.org"),
        ("ed@example.org;", "ed@example.org"),
    ],
)
def test_the_one_address_in_an_email_field_is_taken_out(written: str, sent: str) -> None:
    field = _field("Email Address", email=written)
    assert (field.fate, field.value) == (Fate.CONVERTED, sent)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("a@example.com; b@example.com", "more than one"),
        ("a@example.com b@example.com", "more than one"),
        ("Ann <a@example.com>, Bo <b@example.com>", "more than one"),
        ("N/A", "isn't an email"),
        ("ed at example.org", "isn't an email"),
        ("@example.org", "isn't an email"),
        ("ed@", "isn't an email"),
        (f"{'e' * 250}@example.org", "262 characters"),
    ],
)
def test_two_emails_or_none_are_refused_because_nobody_knows_which(written: str, why: str) -> None:
    field = _field("Email Address", email=written)
    assert field.fate is Fate.REFUSED
    assert why in field.reason


@pytest.mark.parametrize(
    ("born", "why"),
    [
        (date(2080, 1, 1), "future"),
        (date(2026, 11, 29), "future"),
        (date(1899, 12, 31), "before 1900"),
        (date(1, 1, 1), "before 1900"),
        (date(1900, 1, 1), "empty date"),
    ],
)
def test_a_birth_date_that_cant_be_is_refused(born: date, why: str) -> None:
    assert why in _field("Birth Date", birth_date=born).reason
    assert _field("Birth Date", birth_date=born).fate is Fate.REFUSED


def test_a_birth_date_of_today_is_sent() -> None:
    assert _field("Birth Date", birth_date=TODAY).value == "28/11/2026"


@pytest.mark.parametrize(
    ("text", "why"), [("A" * 61, "61 characters, FLEX takes 60"), ("\u200b", "seen"), ("A\x07", "control")]
)
def test_a_name_that_flex_refuses_is_refused_alone_where_flex_can_do_without_it(text: str, why: str) -> None:
    shown = preview(with_person(but(LINH, middle_name=text)))
    assert line(shown, "Middle Name").fate is Fate.REFUSED
    assert why in line(shown, "Middle Name").reason
    assert shown.pushable
    assert "MiddleName" not in shown.plan.steps[0].body
    assert any("Middle Name" in warning for warning in shown.warnings)


@pytest.mark.parametrize("name", ["first_name", "last_name"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_name_that_flex_needs_and_refuses_stops_the_push_before_it_begins(name: str, linked: bool) -> None:
    card = with_person(but(LINH, **{name: "A" * 61}))
    shown = preview(card, links=link(Entity.PERSON, "P-1", "1-6D9UB") if linked else {})
    assert [reason.code for reason in shown.reasons] == ["name-missing"]
    assert "61 characters" in shown.reasons[0].message


@pytest.mark.parametrize(
    "kind", [FormKind.LINE, FormKind.EMAIL, FormKind.PHONE, FormKind.POSTCODE, FormKind.STATE]
)
def test_a_line_that_is_far_too_long_is_refused_by_its_length(kind: FormKind) -> None:
    fitted = fit(TargetForm(kind, longest=60), "4" * 250_000, country="Peru")
    assert (fitted.change, fitted.wrong) == ("", "it has 250,000 characters, FLEX takes 60")


def test_a_long_line_that_an_own_contract_takes_is_sent() -> None:
    written = "x" * 15_000
    assert fit(TargetForm(FormKind.LINE, longest=20_000), written).wrong == ""
    assert (
        fit(TargetForm(FormKind.LINE), written).wrong == "it has 15,000 characters, far too many for one line"
    )


def test_line_ends_in_a_line_become_blanks() -> None:
    field = _field("Home Address: City/Town/Suburb", home_address=Address(suburb="St \r\n Leonards"))
    assert (field.fate, field.value) == (Fate.CONVERTED, "St Leonards")


# -- addresses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("800", "0800"),
        ("872", "0872"),
        ("200", "0200"),
        ('="0800"', "0800"),
        ("2041.0", "2041"),
        ("800.0", "0800"),
    ],
)
def test_a_postcode_that_a_spreadsheet_changed_is_restored(written: str, sent: str) -> None:
    assert (_postcode(written).fate, _postcode(written).value) == (Fate.CONVERTED, sent)


def test_a_postcode_of_three_digits_stays_where_nothing_proves_a_lost_zero() -> None:
    assert _postcode("800", "Iceland").value == "800"
    assert _postcode("300").value == "300"


@pytest.mark.parametrize(
    ("written", "why"), [("2041 NSW AU", "11 characters"), ("N/A", "isn't a postcode"), ("#REF!", "error")]
)
def test_a_postcode_that_is_none_is_refused(written: str, why: str) -> None:
    assert _postcode(written).fate is Fate.REFUSED
    assert why in _postcode(written).reason


def test_two_street_lines_that_are_too_long_together_are_both_refused() -> None:
    shown = preview(with_person(but(LINH, home_address=Address("a" * 100, "b" * 100))))
    lines = [line(shown, f"Home Address: Street Address {n}") for n in (1, 2)]
    assert [field.fate for field in lines] == [Fate.REFUSED] * 2
    assert "202 characters" in lines[0].reason


def test_an_error_in_one_street_line_leaves_the_other() -> None:
    shown = preview(with_person(but(LINH, home_address=Address("#N/A", "12 Bay Rd"))))
    assert line(shown, "Home Address: Street Address 1").fate is Fate.REFUSED
    assert line(shown, "Home Address: Street Address 2").value == "12 Bay Rd"


@pytest.mark.parametrize("country", ["AU", "aus", "Aust.", "australia", "Australia", None])
def test_australia_has_one_name_and_its_states_are_a_list(country: str | None) -> None:
    address = Address(state="Vic.", suburb="Kew", country=country)
    assert _field("Home Address: Country", home_address=address).value == "Australia"
    assert _field("Home Address: State/Region", home_address=address).value == "VIC"
    other = but(address, state="Otago")
    assert _field("Home Address: State/Region", home_address=other).fate is Fate.REFUSED


def test_a_state_abroad_is_sent_as_it_is_written() -> None:
    address = Address(state="Victoria", suburb="Langford", country="Canada")
    assert _field("Home Address: State/Region", home_address=address).value == "Victoria"
    assert _field("Home Address: Country", home_address=address).value == "Canada"


def test_a_state_abroad_is_refused_where_its_country_is_not_sent() -> None:
    address = Address(state="Otago", country="N" * 61)
    assert _field("Home Address: Country", home_address=address).fate is Fate.REFUSED
    assert _field("Home Address: State/Region", home_address=address).fate is Fate.REFUSED


# -- numbers, lists -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "amount", "why"),
    [
        ("loan_amount", "0", "0.01 to 999,999,999.99"),
        ("loan_amount", "1000000000", "0.01 to 999,999,999.99"),
        ("loan_term", "360", "1 to 50 years; 360 months would be 30 years"),
        ("loan_term", "55", "1 to 50 years"),
        ("loan_term", "0.5", "1 to 50 years"),
    ],
)
def test_a_number_out_of_range_is_refused_alone(field: str, amount: str, why: str) -> None:
    shown = preview(with_loan(**{field: Decimal(amount)}))
    (refused,) = [one for one in shown.fields if one.fate is Fate.REFUSED and one.source != "Split Loan"]
    assert why in refused.reason
    assert shown.pushable


@pytest.mark.parametrize(
    ("part", "value", "sent", "mark"),
    [
        ("property_type", "Duplex", "Townhouse", Mark.GUESS),
        ("property_type", "duplex", "Townhouse", Mark.GUESS),
        ("property_type", "Flat", "Strata title or Unit", Mark.SEEN),
        ("property_type", "House", "House", Mark.SEEN),
        ("purpose", "Owner Occupier", "Owner Occupied", Mark.SEEN),
    ],
)
def test_an_everyday_value_is_sent_and_a_guess_says_so(part: str, value: str, sent: str, mark: Mark) -> None:
    fields = map_record(MAP, Scope.PROPERTY, Property(**{part: value})).fields
    (field,) = [one for one in fields if one.fate is not Fate.EMPTY]
    assert (field.value, field.confidence) == (sent, mark)
    assert ("our guess" in field.reason) is (mark is Mark.GUESS)


@pytest.mark.parametrize(
    "changed", [{"loan_category": "Construction"}, {"loan_purpose": "Renovation"}, {"loan_purpose": "Duplex"}]
)
def test_a_value_without_a_fair_equivalent_is_refused(changed: dict[str, str]) -> None:
    fields = map_record(MAP, Scope.REQUIREMENTS, Requirements(**changed)).fields
    (field,) = [one for one in fields if one.fate is not Fate.EMPTY]
    assert field.fate is Fate.REFUSED
    assert field.table


# -- the summary --------------------------------------------------------------------------------------------


def test_people_sent_again_are_warned_of_refused_values_and_of_what_has_no_home() -> None:
    card = with_person(but(LINH, email="n/a"))
    shown = plan_people_again(gather(card, links=link(Entity.PERSON, "P-1", "1-6D9UB")))
    assert [warning for warning in shown.warnings if "n/a" in warning]


def test_more_people_than_flex_takes_are_an_objection() -> None:
    people = [but(BAO, id=f"P-{n}") for n in range(MOST_PEOPLE + 1)]
    assert [reason.code for reason in preview(with_person(*people)).reasons] == ["too-many-people"]
    assert preview(with_person(*people[1:])).pushable


def test_every_refused_field_says_why_and_every_other_arrives_in_flexs_form() -> None:
    for field in preview(FULL).fields:
        assert field.fate in ARRIVES or field.fate is Fate.EMPTY or field.reason


@pytest.mark.parametrize(
    ("state", "postcode", "sent"),
    [
        ("NSW", "2041", True),
        ("New South Wales", None, True),
        (None, "800", True),
        (None, None, True),
        ("CA", "94601", False),
        ("CA", None, False),
        (None, "SW1A 1AA", False),
        (None, "94601", False),
        ("Auckland", "1010", False),
    ],
)
def test_an_overseas_address_without_a_country_does_not_become_australian(
    state: str | None, postcode: str | None, sent: bool
) -> None:
    address = Address(street_1="1 High St", state=state, postcode=postcode)
    field = _field("Home Address: Country", home_address=address)
    assert field.value == ("Australia" if sent else None)
    assert sent or "no country is written" in field.reason
