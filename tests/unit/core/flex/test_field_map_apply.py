"""Each transform of the map: what is sent, what is refused and not sent, and the line that says so."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.flex.field_map.apply import Mapped, map_record, number, show
from core.flex.field_map.fates import ARRIVES, Fate, Field
from core.flex.field_map.model import FieldMap, Scope
from core.flex.model import Address, Person, Phones, Property, Requirements
from tests.support.cards import BAO, LINH, MAP, SELECTED, but, line, preview, with_loan, with_person


def _person(**changed: Any) -> Mapped:
    return map_record(MAP, Scope.PERSON, but(BAO, **changed))


def _loan(**changed: Any) -> Mapped:
    return map_record(MAP, Scope.REQUIREMENTS, Requirements(**changed))


def _of(mapped: Mapped, source: str) -> Field:
    (found,) = [field for field in mapped.fields if field.source == source]
    return found


def test_every_row_has_one_line_in_the_maps_order() -> None:
    for scope, noun in (
        (Scope.PERSON, Person("P")),
        (Scope.PROPERTY, None),
        (Scope.REQUIREMENTS, Requirements()),
    ):
        mapped = map_record(MAP, scope, noun)
        assert [field.source for field in mapped.fields] == [row.source for row in MAP.rows(scope)]
        assert {field.fate for field in mapped.fields} == {Fate.EMPTY}
        assert mapped.objects == {}


def test_a_filled_person_becomes_flexs_applicant() -> None:
    mapped = map_record(MAP, Scope.PERSON, LINH)
    assert mapped.objects == {
        "Applicant": {
            "FirstName": "Linh",
            "MiddleName": "Thi",
            "LastName": "Nguyen",
            "EmailAddress": "linh@example.com",
            "DateOfBirth": "29/02/1988",
            "CellularPhone": "0491 570 006",
            "HomePhone": "(02) 5550 1234",
            "WorkPhone": "(02) 7010 4321",
            "DirectAddressStreet": "Unit 4, 12 Darling Street",
            "DirectAddressCity": "Balmain",
            "DirectAddressPostalCode": "2041",
            "DirectAddressState": "NSW",
            "DirectAddressCountry": "Australia",
        },
        "OtherAddress": {
            "StreetAddress": "PO Box 77",
            "City": "Balmain",
            "PostalCode": "2041",
            "State": "NSW",
            "Country": "Australia",
        },
    }


@pytest.mark.parametrize("blank", [None, "", "  ", "\n\t"])
def test_a_blank_text_is_empty_and_not_sent(blank: str | None) -> None:
    mapped = _person(middle_name=blank)
    assert _of(mapped, "Middle Name").fate is Fate.EMPTY
    assert "MiddleName" not in mapped.objects["Applicant"]


@pytest.mark.parametrize("text", ["[/]", "[b]Jane[/b]", "جميلة", "👩‍👩‍👧", "O'Brien", "a" * 60])
def test_an_odd_text_is_sent_as_it_is(text: str) -> None:
    mapped = _person(middle_name=text)
    assert mapped.objects["Applicant"]["MiddleName"] == text
    assert _of(mapped, "Middle Name").fate is Fate.SENT


@pytest.mark.parametrize("text", ["\ud800", "Li\udfffnh"])
def test_half_a_character_is_refused_and_not_sent(text: str) -> None:
    mapped = _person(middle_name=text)
    assert _of(mapped, "Middle Name").fate is Fate.REFUSED
    assert "MiddleName" not in mapped.objects["Applicant"]


@pytest.mark.parametrize(
    ("born", "sent"),
    [
        (date(1988, 2, 29), "29/02/1988"),
        (date(2000, 12, 1), "01/12/2000"),
        (date(1900, 1, 2), "02/01/1900"),
        (date(9999, 12, 31), "31/12/9999"),
    ],
)
def test_a_date_is_written_day_month_year(born: date, sent: str) -> None:
    field = _of(_person(birth_date=born), "Birth Date")
    assert (field.fate, field.value) == (Fate.CONVERTED, sent)


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        ("640000.00", 640000),
        ("140000.50", 140000.5),
        ("0.01", 0.01),
        ("999999999.99", 999999999.99),
    ],
)
def test_money_is_sent_as_the_shortest_number(amount: str, sent: float) -> None:
    mapped = _loan(loan_amount=Decimal(amount))
    given = mapped.objects["Opportunity"]["ProposedLoanAmount"]
    assert (given, type(given)) == (sent, type(sent))
    assert _of(mapped, "Loan Amount").fate is Fate.SENT


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        ("-1", "negative"),
        ("-0.01", "negative"),
        ("NaN", "isn't a number"),
        ("sNaN", "isn't a number"),
        ("Infinity", "isn't a number"),
        ("-Infinity", "isn't a number"),
        ("1E+13", "digits"),
        ("1E+999999", "digits"),
        ("1E-999999", "digits"),
        ("100.005", "digits"),
    ],
)
@pytest.mark.parametrize("name", ["loan_amount", "loan_term", "split_loan"])
def test_an_amount_that_cant_be_trusted_is_refused_and_not_sent(name: str, amount: str, why: str) -> None:
    mapped = _loan(**{name: Decimal(amount)})
    (field,) = [field for field in mapped.fields if field.fate is not Fate.EMPTY]
    assert field.fate is Fate.REFUSED
    assert why in field.reason
    assert mapped.objects == {}
    assert len(field.source_value) < 60


def test_the_unit_of_a_refused_amount_is_named() -> None:
    assert "dollars" in _of(_loan(loan_amount=Decimal(-1)), "Loan Amount").reason
    assert "years" in _of(_loan(loan_term=Decimal(-1)), "Loan Term").reason


def test_flags_are_y_and_n_and_no_flag_is_not_n() -> None:
    assert _loan(pre_approval=True).objects["Opportunity"] == {"PreApproval": "Y"}
    assert _loan(pre_approval=False).objects["Opportunity"] == {"PreApproval": "N"}
    assert _loan(pre_approval=None).objects == {}
    assert _of(_loan(pre_approval=False), "Pre-approval").fate is Fate.CONVERTED


@pytest.mark.parametrize(
    ("given", "sent", "fate"),
    [
        ("NSW", "NSW", Fate.SENT),
        ("nsw", "NSW", Fate.CONVERTED),
        ("New South Wales", "NSW", Fate.CONVERTED),
        (" new south WALES ", "NSW", Fate.CONVERTED),
    ],
)
def test_a_table_gives_flexs_own_value_whatever_the_case(given: str, sent: str, fate: Fate) -> None:
    field = _of(_person(home_address=Address(state=given)), "Home Address: State/Region")
    assert (field.value, field.fate) == (sent, fate)


@pytest.mark.parametrize("given", ["Otago", "NS W", "N", "\ud800"])
def test_a_value_in_no_table_is_refused_named_and_not_sent(given: str) -> None:
    mapped = _person(home_address=Address(state=given))
    field = _of(mapped, "Home Address: State/Region")
    assert (field.fate, field.value) == (Fate.REFUSED, None)
    assert "“state”" in field.reason
    assert "TAS" in field.reason
    assert "DirectAddressState" not in mapped.objects["Applicant"]


@pytest.mark.parametrize(
    ("one", "two", "sent", "fates"),
    [
        ("Unit 4", "12 Bay Rd", "Unit 4, 12 Bay Rd", (Fate.JOINED, Fate.JOINED)),
        ("12 Bay Rd", None, "12 Bay Rd", (Fate.SENT, Fate.EMPTY)),
        (" ", "12 Bay Rd", "12 Bay Rd", (Fate.EMPTY, Fate.SENT)),
        (None, None, None, (Fate.EMPTY, Fate.EMPTY)),
        ("Unit \ud800", "12 Bay Rd", "12 Bay Rd", (Fate.REFUSED, Fate.SENT)),
        ("Unit \ud800", None, None, (Fate.REFUSED, Fate.EMPTY)),
    ],
)
def test_two_street_lines_become_one(
    one: str | None, two: str | None, sent: str | None, fates: object
) -> None:
    mapped = _person(home_address=Address(street_1=one, street_2=two))
    lines = [_of(mapped, f"Home Address: Street Address {n}") for n in (1, 2)]
    assert tuple(field.fate for field in lines) == fates
    assert mapped.objects["Applicant"].get("DirectAddressStreet") == sent
    assert {field.value for field in lines if field.fate in ARRIVES} <= {sent}


@pytest.mark.parametrize(
    ("both", "sent", "fates"),
    [
        ((True, True), "Either", (Fate.CONVERTED, Fate.CONVERTED)),
        ((True, False), "Principal & Interest", (Fate.CONVERTED, Fate.CONVERTED)),
        ((False, True), "Interest Only", (Fate.CONVERTED, Fate.CONVERTED)),
        ((None, True), "Interest Only", (Fate.EMPTY, Fate.CONVERTED)),
        ((False, False), None, (Fate.EMPTY, Fate.EMPTY)),
        ((None, None), None, (Fate.EMPTY, Fate.EMPTY)),
    ],
)
def test_two_flags_become_one_option(
    both: tuple[bool | None, bool | None], sent: str | None, fates: tuple[Fate, Fate]
) -> None:
    mapped = _loan(principal_and_interest=both[0], interest_only=both[1])
    assert mapped.objects.get("ProductFilter", {}).get("FilterRepaymentOption") == sent
    found = tuple(_of(mapped, name).fate for name in ("Principal and Interest", "Interest Only"))
    assert found == fates


def test_a_default_stands_only_where_its_neighbours_hold_something() -> None:
    bare = _person(home_address=Address(country=" "))
    assert _of(bare, "Home Address: Country").fate is Fate.EMPTY
    filled = _person(home_address=Address(suburb="Balmain"))
    field = _of(filled, "Home Address: Country")
    assert (field.fate, field.value) == (Fate.DEFAULTED, "Australia")
    assert _of(filled, "Postal Address: Country").fate is Fate.EMPTY
    said = _person(home_address=Address(suburb="Nelson", country="New Zealand"))
    assert (_of(said, "Home Address: Country").fate, said.objects["Applicant"]["DirectAddressCountry"]) == (
        Fate.SENT,
        "New Zealand",
    )


def test_a_part_of_a_noun_that_is_not_there_is_empty() -> None:
    mapped = map_record(MAP, Scope.PROPERTY, None)
    assert {field.fate for field in mapped.fields} == {Fate.EMPTY}
    assert map_record(MAP, Scope.PERSON, Person("P", phones=Phones())).objects == {}


def test_the_operators_own_table_decides() -> None:
    tables = {**MAP.tables, "property_type": {"Houseboat": "House"}}
    field_map = FieldMap("mine", MAP.row, tables)
    mapped = map_record(field_map, Scope.PROPERTY, Property(property_type="Houseboat"))
    assert mapped.objects == {"Property": {"PropertyType": "House"}}


def test_the_case_of_an_entry_is_no_difference_in_any_script() -> None:
    field_map = FieldMap("mine", MAP.row, {**MAP.tables, "property_type": {"Straßenhaus": "House"}})
    mapped = map_record(field_map, Scope.PROPERTY, Property(property_type="STRASSENHAUS"))
    assert mapped.objects == {"Property": {"PropertyType": "House"}}


# -- the split ----------------------------------------------------------------------------------------------


def test_the_split_travels_with_the_selected_product() -> None:
    shown = preview()
    bodies = shown.payload["ProductLinks"]
    assert [(b.get("SplitAmount"), b.get("BaseSplitAmount")) for b in bodies] == [
        (140000.5, 499999.5),
        (None, None),
    ]
    assert line(shown, "Split Loan").fate is Fate.SENT


@pytest.mark.parametrize(
    ("changed", "products", "fate", "why"),
    [
        ({}, (), Fate.NO_HOME, "no product is SELECTED"),
        ({}, (but(SELECTED, name="Unheard Of"),), Fate.NO_HOME, "no product is SELECTED"),
        ({"split_loan": Decimal(640001)}, (SELECTED,), Fate.REFUSED, "more than the loan amount"),
        ({"loan_amount": None}, (SELECTED,), Fate.REFUSED, "no loan amount"),
        ({"loan_amount": Decimal("NaN")}, (SELECTED,), Fate.REFUSED, "loan amount is not sent"),
        ({"loan_amount": Decimal("1E+30")}, (SELECTED,), Fate.REFUSED, "loan amount is not sent"),
        ({"loan_amount": Decimal(-5)}, (SELECTED,), Fate.REFUSED, "loan amount is not sent"),
    ],
)
def test_a_split_that_has_nowhere_to_go_says_why_and_is_not_sent(
    changed: dict[str, Any], products: tuple[Any, ...], fate: Fate, why: str
) -> None:
    shown = preview(but(with_loan(**changed), products=products))
    field = line(shown, "Split Loan")
    assert (field.fate, field.value) == (fate, None)
    assert why in field.reason
    assert b"SplitAmount" not in msgspec.json.encode(shown.payload)


def test_a_split_of_the_whole_loan_is_refused_because_nothing_is_left_for_the_other_part() -> None:
    shown = preview(with_loan(split_loan=Decimal(640000)))
    assert shown.payload["ProductLinks"][0].keys() == {"Product", "IntegrationId", "Selected"}
    assert line(shown, "Split Loan").fate is Fate.REFUSED
    assert "nothing is left" in line(shown, "Split Loan").reason


# -- what a person reads ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "yes"),
        (False, "no"),
        (None, ""),
        ("  ", ""),
        (Decimal("640000.00"), "640,000.00"),
        (Decimal("NaN"), "NaN"),
    ],
)
def test_a_source_value_is_shown_as_a_person_reads_it(value: object, shown: str) -> None:
    assert show(value) == shown


@pytest.mark.parametrize("value", ["1E+999999", "1E-999999", "-1E-100"])
def test_a_number_is_never_written_out_in_pages_of_zeros(value: str) -> None:
    assert len(show(Decimal(value))) < 40


def test_a_number_has_no_needless_places() -> None:
    assert msgspec.json.encode([number(Decimal("640000.00")), number(Decimal("0.10"))]) == b"[640000,0.1]"


def test_a_refusal_is_among_the_warnings_by_name() -> None:
    shown = preview(with_person(but(LINH, home_address=Address(state="Otago"))))
    (said,) = [w for w in shown.warnings if "Otago" in w]
    assert "State/Region of Linh Nguyen" in said
