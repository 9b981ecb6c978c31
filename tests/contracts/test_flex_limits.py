"""The limits that flex.yaml states are those that FLEX's stand-in keeps, and the field map is within them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from core.flex.field_map.model import FieldMapRow, Transform
from tests.fidelity.systems import EPOCH, SystemsInProcess
from tests.support.cards import MAP
from tests.support.flex_limits import contract, field_schema, refused_fields, schema_of

TODAY = datetime.fromtimestamp(EPOCH, UTC).date()

PERSON = {"IntegrationId": "t:p", "FirstName": "Linh", "LastName": "Nguyen"}
DEAL = {"IntegrationId": "t:o", "Applicants": [{"IntegrationId": "t:who", "Role": "Guarantor"}]}
HOUSE = {"IntegrationId": "t:h", "Opportunity": {"IntegrationId": "t:deal"}}
NOTE = {"IntegrationId": "t:n", "Parent": {"IntegrationId": "t:deal"}, "Text": "Hi."}
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "NewContact": ("/contacts", PERSON),
    "NewOpportunity": ("/opportunities", DEAL),
    "NewProperty": ("/properties", HOUSE),
    "NewNote": ("/notes", NOTE),
}
"""Where a body of each schema is posted, and a body that is taken."""

TEXTS = [
    "",
    " ",
    "\t",
    "x",
    "x y",
    "é",
    "Y",
    "N",
    "NSW",
    "nsw",
    "Otago",
    "a\nb",
    "a\n",
    "a\x00b",
    "a\x7f",
    "a@b",
]
TEXTS += [
    "@",
    "a@b@c",
    "a b@c",
    "0491 570 006",
    "+61 (2) 5550-1234",
    "1234",
    "1" * 30,
    "1" * 31,
    "02.5550.1234",
]
TEXTS += ["29/02/1988", "29/02/1989", "31/12/1899", "01/01/1900", "1/1/1990", "01/01/2090", "1988-02-29"]
TEXTS += [TODAY.strftime("%d/%m/%Y"), "House", "Purchase", "Security", "Investment", "Owner Occupied"]
TEXTS += ["x" * n for n in (10, 11, 60, 61, 64, 65, 80, 81, 200, 201, 8000, 8001, 32_000, 32_001)]
NUMBERS = [0, 0.01, 0.001, 0.29, 1, 1.005, 0.99, 30, 50, 50.01, 51, 999_999_999.99, 1e9, -1, 640_000.55]
OTHERS = [None, True, [], {}, [None], ["x"]]


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[SystemsInProcess]:
    opened = SystemsInProcess(tmp_path)
    opened.put("flex", "contacts", {"FLEXId": "1-WHO", "IntegrationId": "t:who"})
    opened.put("flex", "opportunities", {"FLEXId": "1-DEAL", "IntegrationId": "t:deal", "Applicants": []})
    yield opened
    opened.close()


def refused(systems: SystemsInProcess, path: str, body: dict[str, Any]) -> set[str]:
    """Return the fields that FLEX's stand-in refuses."""
    status, answer = systems.ask("flex", "POST", path, body)
    if status == 201:
        return set()
    assert status == 422, (body, answer)
    return {field["field"] for field in answer["error"].get("fields", [{"field": ""}])}


def fields_of(name: str) -> list[str]:
    return [
        field
        for field in schema_of(name)["properties"]
        if field not in ("Applicants", "Opportunity", "Parent")
    ]


CASES = [(name, field) for name in BODIES for field in fields_of(name)]


@pytest.mark.parametrize(("name", "field"), CASES, ids=[f"{name}.{field}" for name, field in CASES])
def test_the_stand_in_refuses_what_the_description_refuses_and_nothing_else(
    systems: SystemsInProcess, name: str, field: str
) -> None:
    path, good = BODIES[name]
    assert refused(systems, path, good) == set()
    for value in [*TEXTS, *NUMBERS, *OTHERS]:
        body = {**good, field: value}
        by_description = bool(refused_fields(name, body, TODAY))
        assert bool(refused(systems, path, body)) == by_description, (field, value)


@pytest.mark.parametrize("country", [None, "Australia", "AUSTRALIA", "New Zealand"])
@pytest.mark.parametrize("state", ["NSW", "nsw", "Otago"])
def test_the_state_of_an_address_depends_on_its_country(
    systems: SystemsInProcess, state: str, country: str | None
) -> None:
    home = {"DirectAddressState": state} | ({"DirectAddressCountry": country} if country else {})
    postal = {"AddressType": "Postal", "State": state} | ({"Country": country} if country else {})
    for body in (PERSON | home, PERSON | {"OtherAddress": [postal]}):
        wrong = {"DirectAddressState"} if body.keys() & home.keys() else {"OtherAddress[0].State"}
        taken = state == "NSW" or country == "New Zealand"
        assert refused_fields("NewContact", body, TODAY) == (set() if taken else wrong)
        assert refused(systems, "/contacts", body) == (set() if taken else wrong)


@pytest.mark.parametrize("count", [0, 1, 20, 21])
def test_an_opportunity_has_one_to_twenty_applicants(systems: SystemsInProcess, count: int) -> None:
    body = DEAL | {"Applicants": DEAL["Applicants"] * count}
    taken = 1 <= count <= 20
    assert refused_fields("NewOpportunity", body, TODAY) == (set() if taken else {"Applicants"})
    assert refused(systems, "/opportunities", body) == (set() if taken else {"Applicants"})


# -- the field map -------------------------------------------------------------------------------------------

OBJECTS = {
    "Applicant": "NewContact",
    "OtherAddress": "OtherAddress",
    "Opportunity": "NewOpportunity",
    "ProductFilter": "ProductFilter",
    "Property": "NewProperty",
    "Product": "NewProductLink",
    "Note": "NewNote",
}
"""The objects of the map's targets, and the schema of each."""
BY_THE_PLAN = {"Product.ProductFLEXId"}
"""Targets that the plan puts into a path, not into a body."""


def sent_rows() -> list[FieldMapRow]:
    return [row for row in MAP.row if row.target not in BY_THE_PLAN]


@pytest.mark.parametrize("row", sent_rows(), ids=lambda row: f"{row.section} {row.source}")
def test_every_target_of_the_map_is_a_field_of_the_contract(row: FieldMapRow) -> None:
    assert field_schema(OBJECTS[row.target_object], row.target_field)


TABLES = [(row, row.table) for row in sent_rows() if row.table and row.transform is Transform.TABLE]


@pytest.mark.parametrize(("row", "table"), TABLES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_value_of_a_table_is_one_that_the_contract_takes(row: FieldMapRow, table: str) -> None:
    schema = OBJECTS[row.target_object]
    for value in {*MAP.tables[table].values(), *([row.default] if row.default else [])}:
        assert row.target_field not in refused_fields(schema, {row.target_field: value}, date.today()), value


def test_the_description_says_each_limit_in_a_form_that_a_program_can_read() -> None:
    """A text without a length, or a number without a range, has no limit that the map could be checked against."""
    schemas = contract()["components"]["schemas"]
    for name in ("NewContact", "NewOpportunity", "NewProperty", "NewProductLink", "NewNote", "OtherAddress"):
        for field in schemas[name]["properties"]:
            schema = field_schema(name, field)
            if schema.get("type") == "string" and not {"enum", "const", "contentEncoding"} & schema.keys():
                assert "maxLength" in schema or "pattern" in schema, json.dumps([name, field])
            if schema.get("type") == "number":
                assert {"minimum", "maximum", "x-decimals"} <= schema.keys(), json.dumps([name, field])
