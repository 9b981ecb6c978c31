"""The forms of the shipped map are those of FLEX's contract: no limit stands in one of them alone."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
import yaml

from core.flex.field_map.forms import FormKind, TargetForm
from core.flex.field_map.model import Transform
from core.flex.plans import note
from core.flex.plans.objections import MOST_PEOPLE, NEEDED_NAMES, ROLES
from data.maps import shipped_map

CONTRACT = yaml.safe_load(files("data.contracts").joinpath("flex.yaml").read_text("utf-8"))
SCHEMAS = CONTRACT["components"]["schemas"]
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
ONLY_IN_WORDS = {"Applicant.DirectAddressState", "OtherAddress.State"}
"""States are a list in Australia only, so that the contract says so in the field's description."""


def _schema(target: str) -> dict[str, Any]:
    obj, _, name = target.partition(".")
    return _resolved(SCHEMAS[SCHEMA_OF[obj]]["properties"][name])


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return {**SCHEMAS[reference.rpartition("/")[2]], **schema} if reference else schema


def test_every_target_has_a_form() -> None:
    targets = {row.target for row in MAP.row}
    assert targets - MAP.forms.keys() == WITHOUT_A_FORM
    assert MAP.forms.keys() <= targets


@pytest.mark.parametrize("target", MAP.forms)
def test_a_form_has_the_limits_of_the_contract_and_no_others(target: str) -> None:
    form, schema = MAP.forms[target], _schema(target)
    values = () if target in ONLY_IN_WORDS else form.values
    limits = (form.longest, form.pattern, form.least, form.most, values)
    assert limits == (
        schema.get("maxLength", 0),
        schema.get("pattern", ""),
        schema.get("minimum", 0),
        schema.get("maximum", 0),
        tuple(schema.get("enum", ())),
    )


@pytest.mark.parametrize("target", sorted(ONLY_IN_WORDS))
def test_the_states_are_those_that_the_contract_names(target: str) -> None:
    *most, last = MAP.forms[target].values
    assert f"{', '.join(most)} or {last}" in _schema(target)["description"]


@pytest.mark.parametrize("target", MAP.forms)
def test_the_kind_of_a_form_fits_the_contracts_type(target: str) -> None:
    form, schema = MAP.forms[target], _schema(target)
    numbers = (FormKind.NUMBER, FormKind.YEARS)
    assert (schema.get("type") == "number") is (form.kind in numbers)
    assert ("enum" in schema) is (form.kind is FormKind.LIST)
    assert form.country in {"", *(row.target for row in MAP.row)}


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
    opportunity = SCHEMAS["NewOpportunity"]["properties"]["Applicants"]
    assert opportunity["maxItems"] == MOST_PEOPLE
    assert tuple(SCHEMAS["Role"]["enum"]) == ROLES
    assert set(SCHEMAS["NewContact"]["required"]) - {"IntegrationId"} == set(NEEDED_NAMES)
    attachment = SCHEMAS["NewAttachment"]["properties"]
    for name in ("FileName", "ContentType"):
        assert TargetForm(FormKind.LINE, longest=attachment[name]["maxLength"]) == note.FILE_NAME
    assert SCHEMAS["NewNote"]["properties"]["Attachments"]["maxItems"] == note.MOST_FILES
    assert SCHEMAS["NewNote"]["properties"]["Text"]["maxLength"] == note.LONGEST_TEXT


@pytest.mark.parametrize("table", MAP.guesses)
def test_a_guess_is_an_entry_that_sends_another_word_than_it_reads(table: str) -> None:
    for key in MAP.guesses[table]:
        assert MAP.tables[table][key].casefold() != key.casefold()
