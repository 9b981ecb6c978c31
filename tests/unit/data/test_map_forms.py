"""The forms of the shipped map are those of FLEX's contract: no limit is in one of them alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from core.flex.field_map.forms import FIRST_BIRTH, HOME_COUNTRY, FormKind, is_abroad
from core.flex.field_map.model import Transform
from core.flex.plans import note
from core.flex.plans.objections import MOST_PEOPLE, NEEDED_NAMES, ROLES
from data.maps import shipped_map
from tests.support.flex_limits import field_schema, refused_fields, schema_of

SCHEMA_OF = {
    "Applicant": "NewContact",
    "OtherAddress": "OtherAddress",
    "Opportunity": "NewOpportunity",
    "ProductFilter": "ProductFilter",
    "Product": "NewProductLink",
    "Property": "NewProperty",
    "Note": "NewNote",
}
MAP = shipped_map()
WITHOUT_A_FORM = {"Product.ProductFLEXId", "Product.Selected", "Note.Attachments"}
"""Targets that are filled from FLEX's own catalogue, by the push itself, or by files (tested below)."""


def _schema(target: str) -> dict[str, Any]:
    obj, _, name = target.partition(".")
    return field_schema(SCHEMA_OF[obj], name)


def test_every_target_has_a_form() -> None:
    targets = {row.target for row in MAP.row}
    assert targets - MAP.forms.keys() == WITHOUT_A_FORM
    assert MAP.forms.keys() <= targets


@pytest.mark.parametrize("target", MAP.forms)
def test_a_form_has_the_limits_of_the_contract_and_no_others(target: str) -> None:
    form, schema = MAP.forms[target], _schema(target)
    values = schema_of("AustralianState")["enum"] if form.kind is FormKind.STATE else schema.get("enum", ())
    assert (form.longest, form.pattern, form.least, form.most, form.values) == (
        schema.get("maxLength", 0),
        schema.get("pattern", ""),
        schema.get("minimum", 0),
        schema.get("maximum", 0),
        tuple(values),
    )


@pytest.mark.parametrize("target", MAP.forms)
def test_the_kind_of_a_form_fits_the_contracts_type(target: str) -> None:
    form, schema = MAP.forms[target], _schema(target)
    numbers = (FormKind.NUMBER, FormKind.YEARS)
    assert (schema.get("type") == "number") is (form.kind in numbers)
    assert ("enum" in schema) is (form.kind is FormKind.LIST)
    assert ("x-earliest" in schema) is (form.kind is FormKind.DATE)
    assert form.country in {"", *(row.target for row in MAP.row)}
    assert schema.get("x-decimals", 2) == 2  # the transforms refuse a third decimal


def test_dates_and_the_name_of_australia_are_the_contracts() -> None:
    schema = _schema("Applicant.DateOfBirth")
    assert datetime.strptime(schema["x-earliest"], "%d/%m/%Y").date() == FIRST_BIRTH
    assert schema["x-latest"] == "today"
    for country in (HOME_COUNTRY, HOME_COUNTRY.upper(), "New Zealand"):
        body = {"FirstName": "A", "LastName": "B", "IntegrationId": "t", "DirectAddressState": "Otago"}
        wrong = refused_fields("NewContact", {**body, "DirectAddressCountry": country}, date.max)
        assert bool(wrong) is not is_abroad(country)


def test_every_value_that_the_map_gives_is_in_the_list_of_its_target() -> None:
    for row in MAP.row:
        form = MAP.forms.get(row.target)
        if form is None or not form.values:
            continue
        given = (
            set(MAP.tables[row.table].values())
            if row.transform is Transform.TABLE
            else {row.choice, row.both}
        )
        assert given - {""} <= set(form.values), row.source


def test_what_the_plans_themselves_check_is_the_contracts() -> None:
    assert field_schema("NewOpportunity", "Applicants")["maxItems"] == MOST_PEOPLE
    assert tuple(schema_of("Role")["enum"]) == ROLES
    assert set(schema_of("NewContact")["required"]) - {"IntegrationId"} == set(NEEDED_NAMES)
    for name in ("FileName", "ContentType"):
        schema = field_schema("NewAttachment", name)
        assert (schema["maxLength"], schema["pattern"]) == (note.FILE_NAME.longest, note.FILE_NAME.pattern)
    assert field_schema("NewNote", "Attachments")["maxItems"] == note.MOST_FILES
    assert field_schema("NewNote", "Text")["maxLength"] == note.LONGEST_TEXT


@pytest.mark.parametrize("table", MAP.guesses)
def test_a_guess_is_an_entry_that_sends_another_word_than_it_reads(table: str) -> None:
    for key in MAP.guesses[table]:
        assert MAP.tables[table][key].casefold() != key.casefold()
