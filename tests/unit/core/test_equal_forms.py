"""Which forms of a value count as the same value, by the kind of its field."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from core.compare.equal_forms import KINDS, FieldKind, equal_form, is_each_equal, is_equal, kind_of
from tests.support.yaml_text import parse_yaml

CONTRACT: Final = parse_yaml(
    (Path(__file__).resolve().parents[3] / "data" / "contracts" / "flex.yaml").read_text("utf-8")
)


@pytest.mark.parametrize(
    ("kind", "ours", "theirs"),
    [
        (FieldKind.TEXT, "two\r\nlines ", "two\nlines"),
        (FieldKind.TEXT, "Zoe\u0308", "Zoë"),
        (FieldKind.TEXT, "", None),
        (FieldKind.TEXT, " ", ""),
        (FieldKind.TEXT, "7", 7),
        (FieldKind.NAME, "O'BRIEN", "O'Brien"),
        (FieldKind.NAME, "van  der Berg", "Van der Berg "),
        (FieldKind.EMAIL, "A@Example.com", " a@example.com"),
        (FieldKind.PHONE, "0491 570 006", "(0491) 570-006"),
        (FieldKind.PHONE, "+61 491 570 006", "0491570006"),
        (FieldKind.PHONE, "+61 (0)491 570 006", "0491570006"),
        (FieldKind.PHONE, "+1 512-555-0100", "(512) 555.0100"),
        (FieldKind.PHONE, "02 9999 1111 ext. 5", "02 9999 1111 x5"),
        (FieldKind.DATE, "29/02/1988", "1988-02-29"),
        (FieldKind.DATE, "1/2/1988", "1988-02-01T00:00:00Z"),
        (FieldKind.AMOUNT, 640000, "640,000.00"),
        (FieldKind.AMOUNT, "$640,000", "640000.0"),
        (FieldKind.AMOUNT, Decimal("6.4E+5"), 640000.0),
        (FieldKind.POSTCODE, "sw1a 1aa", "SW1A1AA"),
        (FieldKind.CHOICE, "Interest Only ", "Interest Only"),
    ],
)
def test_these_are_one_value(kind: FieldKind, ours: Any, theirs: Any) -> None:
    assert is_equal(kind, ours, theirs)
    assert is_equal(kind, theirs, ours)


@pytest.mark.parametrize(
    ("kind", "ours", "theirs"),
    [
        (FieldKind.TEXT, "Two", "two"),
        (FieldKind.TEXT, "two  words", "two words"),
        (FieldKind.TEXT, "0800", 800),
        (FieldKind.TEXT, "", 0),
        (FieldKind.TEXT, True, "True"),
        (FieldKind.TEXT, True, 1),
        (FieldKind.NAME, "Zoë", "Zoe"),
        (FieldKind.NAME, "Ann", None),
        (FieldKind.EMAIL, "a.b@example.com", "ab@example.com"),
        (FieldKind.PHONE, "0491 570 006", "0491 570 007"),
        (FieldKind.PHONE, "+61 491 570 006", "61 491 570 006"),
        (FieldKind.PHONE, "+64 491 570 006", "0491 570 006"),
        (FieldKind.PHONE, "0491 570 006 (wife)", "0491 570 006"),
        (FieldKind.PHONE, "02 9999 1111 ext 5", "02 9999 1111"),
        (FieldKind.PHONE, "555-555-5555", "000-000-0000"),
        (FieldKind.DATE, "01/02/1988", "1988-01-02"),
        (FieldKind.DATE, "1988-02-29", "1988-02-29T09:30:00Z"),
        (FieldKind.AMOUNT, 640000, 64000),
        (FieldKind.AMOUNT, "64,00", "6400"),
        (FieldKind.POSTCODE, "0800", "800"),
        (FieldKind.POSTCODE, "0800", 800),
        (FieldKind.CHOICE, "Interest Only", "interest only"),
    ],
)
def test_these_are_two_values(kind: FieldKind, ours: Any, theirs: Any) -> None:
    assert not is_equal(kind, ours, theirs)
    assert not is_equal(kind, theirs, ours)


def test_an_inner_field_is_compared_by_its_own_kind() -> None:
    ours = [{"City": "Manly", "PostalCode": "2095", "CellularPhone": "0491 570 006"}]
    theirs = [{"City": "Manly", "PostalCode": "2095", "CellularPhone": "0491570006", "id": 3}]
    assert is_equal(FieldKind.TEXT, ours, theirs)
    assert not is_equal(FieldKind.TEXT, ours, [{**theirs[0], "City": "manly"}])
    assert not is_equal(FieldKind.TEXT, ours, theirs * 2)
    assert not is_equal(FieldKind.TEXT, ours, None)


def test_every_field_that_was_sent_counts_or_those_that_are_named() -> None:
    sent, there = {"FirstName": "LINH", "LastName": "Ng"}, {"FirstName": "Linh", "LastName": "Tran"}
    assert not is_each_equal(sent, there)
    assert is_each_equal(sent, there, ["FirstName"])


def test_a_field_is_known_by_the_last_part_of_its_name() -> None:
    assert kind_of("Applicant.CellularPhone") is kind_of("phone_cell") is FieldKind.PHONE
    assert kind_of("Text") is kind_of("") is FieldKind.TEXT


@pytest.mark.parametrize("kind", FieldKind)
def test_equal_values_have_one_form_and_blanks_have_none(kind: FieldKind) -> None:
    assert equal_form(kind, " 2041 ") == equal_form(kind, "2041") != ""
    assert equal_form(kind, None) == equal_form(kind, "  ") == ""


BY_SCHEMA: Final = {
    "Name": FieldKind.NAME,
    "Date": FieldKind.DATE,
    "Phone": FieldKind.PHONE,
    "Money": FieldKind.AMOUNT,
    "Years": FieldKind.AMOUNT,
    "State": FieldKind.CHOICE,
    "Flag": FieldKind.CHOICE,
    "Role": FieldKind.CHOICE,
    "LoanCategory": FieldKind.CHOICE,
    "LoanPurpose": FieldKind.CHOICE,
    "PropertyType": FieldKind.CHOICE,
}
"""The kind of a field of FLEX by the schema that the contract gives it."""


def test_every_field_that_flex_takes_has_the_kind_that_its_schema_says() -> None:
    for name, schema in CONTRACT["components"]["schemas"].items():
        if not re.match(r"New|ContactChange|PropertyChange|ProductFilter|OtherAddress", name):
            continue
        for field, form in schema.get("properties", {}).items():
            of_schema = str(form.get("$ref", "")).rpartition("/")[2]
            if kind := BY_SCHEMA.get(of_schema):
                assert kind_of(field) is kind, field
            elif "enum" in form:
                assert kind_of(field) is FieldKind.CHOICE, field
            elif form.get("type") == "number":
                assert kind_of(field) is FieldKind.AMOUNT, field
            elif "Postal" in field or "Email" in field:
                assert field in KINDS
            else:
                assert kind_of(field) is FieldKind.TEXT, field
