"""Our table of operations says what the vendors' own descriptions say, where those are next to the checkout."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.contracts.expected import (
    CONTACT_FIELDS,
    CONTACT_FILTERS,
    CONTACT_FLAGS,
    CONTACT_RELATIONS,
    CONTACT_SORTS,
    CONTACT_TEXTS,
    EMAIL,
    EVENTS,
    EXPECTED,
    INSIGHT_FILTERS,
    OWNER_OF_CONTACT,
    OWNER_OF_INSIGHT,
    UNSUBSCRIBE_FILTERS,
    USER_FILTERS,
    Expected,
)
from tests.contracts.published import PUBLISHED, table
from tests.support.yaml_text import parse_yaml

pytestmark = pytest.mark.skipif(
    not PUBLISHED.is_dir(),
    reason="the vendors' descriptions are not beside this checkout (../shared/contracts)",
)

CONTACTS, INSIGHTS = "Contact Endpoints / Contacts", "Insight Endpoints / Insights"


# -- Total Expert: tables as text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "ours"),
    [
        (CONTACTS, CONTACT_FILTERS),
        (INSIGHTS, INSIGHT_FILTERS),
        ("Insight Endpoints / Insight Types", {"type": ""}),
        ("User Endpoints / Users", USER_FILTERS),
        ("Email Unsubscribes", UNSUBSCRIBE_FILTERS),
    ],
)
def test_the_filters_of_a_list_are_the_documented_ones(section: str, ours: Mapping[str, str]) -> None:
    assert set(table(section, "Filtering")) == set(ours)


def test_contact_groups_have_no_filter() -> None:
    assert table("Contact Endpoints / Contact Groups", "Filtering") == {}


def test_a_contact_is_made_of_the_documented_attributes_and_their_types() -> None:
    attributes = table(CONTACTS, "Attributes")
    assignable = {name: row[2] for name, row in attributes.items() if row[1] == "Yes"}
    assert set(assignable) == {*CONTACT_TEXTS, *CONTACT_FLAGS, "preferences"}
    assert {assignable[name] for name in CONTACT_TEXTS} == {"string"}
    assert {assignable[name] for name in CONTACT_FLAGS} == {"string", "numeric"}
    assert set(attributes) - {"preferences"} == CONTACT_SORTS


def test_a_contacts_relationships_are_documented_and_named_as_documented() -> None:
    relations = table(CONTACTS, "Relationships")
    special = table(CONTACTS, "Special POST/PATCH Relationships")
    assert set(CONTACT_RELATIONS) <= {*relations, *special, "preferences"}
    for name, row in relations.items():
        schema = CONTACT_RELATIONS.get(name)
        if schema is not None and name != "custom":
            settable = {part.strip() for part in row[3].split(",")}
            assert set((schema.get("items") or schema)["properties"]) == settable, name
    assert set(OWNER_OF_CONTACT["properties"]) == {"username", "id", "external_id", "email"}


def test_an_insight_is_made_of_the_documented_attributes_and_relationships() -> None:
    (made,) = [one for one in EXPECTED["total-expert"] if (one.method, one.path) == ("POST", "/insights")]
    attributes, relations = table(INSIGHTS, "Attributes"), table(INSIGHTS, "Relationships")
    assignable = {name for name, row in attributes.items() if row[1] == "Yes"}
    assert set((made.body or {})["properties"]) == assignable | set(relations)
    assert {part.strip() for part in relations["owner"][3].split(",")} == set(OWNER_OF_INSIGHT["properties"])
    assert {part.strip() for part in relations["type"][3].split(",")} == {"id", "type"}


def test_the_ids_that_our_table_calls_numbers_are_numeric() -> None:
    for section in (CONTACTS, "Contact Endpoints / Contact Groups", "User Endpoints / Users", INSIGHTS):
        assert table(section, "Attributes")["id"][2] == "numeric"
    assert table("Insight Endpoints / Insight Types", "Attributes")["id"][2] == "numeric"


def test_a_birthday_is_documented_with_the_year_1970() -> None:
    assert "1970-MM-DD" in table(CONTACTS, "Attributes")["birthday"][3]
    assert "1970" in CONTACT_FIELDS["birthday"]["pattern"]


def test_every_operation_of_total_expert_is_described() -> None:
    text = (PUBLISHED / "total-expert" / "public-api.txt").read_text("utf-8")
    described = {
        (method, re.sub(r"\{\{\w+\}\}", "{id}", path).rstrip("/"))
        for method, path in re.findall(r"^--- .*: (\w+) \{\{external_api_host\}\}/v1(/[^?\s]*)", text, re.M)
    }
    assert {(one.method, one.path) for one in EXPECTED["total-expert"]} <= described


# -- SimpleNexus: OpenAPI ------------------------------------------------------------------------------------

OTHER_PRODUCT = "evault"
"""What the address of the product has that is mixed into some of the files."""


def _is_ours(operation: dict[str, Any]) -> bool:
    """Return True for an operation of nCino Mortgage on a path that also has operations of the other product.

    The servers of such a path are those of the other product. Only nCino Mortgage has a header for the version.
    """
    return any("ApiVersionHeader" in one.get("$ref", "") for one in operation.get("parameters", []))


def _operations() -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Yield each operation of nCino Mortgage: method, path, the operation, and the components of its file."""
    for file in sorted((PUBLISHED / "simplenexus").glob("*.yml")):
        whole = parse_yaml(file.read_text("utf-8"))
        for path, operations in whole.get("paths", {}).items():
            servers = operations.get("servers") or whole["servers"]
            others = all(OTHER_PRODUCT in server["url"] for server in servers)
            for method, operation in operations.items():
                if method in ("get", "post", "patch", "delete") and (not others or _is_ours(operation)):
                    plain = re.sub(r"\{\w+\}", "{id}", path)
                    yield method.upper(), plain, operation, whole["components"]


SIMPLENEXUS = EXPECTED["simplenexus"]


def _described(one: Expected) -> tuple[dict[str, Any], dict[str, Any]]:
    found = [
        (op, parts) for method, path, op, parts in _operations() if (method, path) == (one.method, one.path)
    ]
    assert found, f"{one.method} {one.path} is not described"
    return found[0]


def _resolved(schema: Any, components: dict[str, Any]) -> Any:
    while isinstance(schema, dict) and "$ref" in schema:
        kind, _, name = schema["$ref"].removeprefix("#/components/").partition("/")
        schema = components[kind][name]
    return schema


def _merged(schema: Any, components: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object with the properties of all that it is made of."""
    schema = _resolved(schema, components)
    properties = dict(schema.get("properties", {}))
    required = set(schema.get("required", ()))
    for part in schema.get("allOf", ()):
        inner = _merged(part, components)
        properties |= inner["properties"]
        required |= inner["required"]
    return {"properties": properties, "required": required}


@pytest.mark.parametrize("one", SIMPLENEXUS, ids=lambda one: f"{one.method} {one.path}")
def test_the_parameters_and_headers_of_an_operation_are_the_documented_ones(one: Expected) -> None:
    operation, components = _described(one)
    given = [_resolved(parameter, components) for parameter in operation.get("parameters", [])]
    assert {each["name"] for each in given if each["in"] == "query"} == set(one.query)
    assert {each["name"].lower() for each in given if each["in"] == "header"} == one.headers
    assert {each["schema"].get("format") for each in given if each["in"] == "path"} <= {"uuid"}


WITH_BODIES = [one for one in SIMPLENEXUS if one.body is not None]


@pytest.mark.parametrize("one", WITH_BODIES, ids=lambda one: f"{one.method} {one.path}")
def test_the_fields_of_a_body_are_the_documented_ones_with_their_limits(one: Expected) -> None:
    operation, components = _described(one)
    schema = _resolved(operation["requestBody"]["content"]["application/json"]["schema"], components)
    described = _merged(next(iter(schema.get("oneOf", [schema]))), components)
    ours: Mapping[str, Any] = one.body or {}
    assert set(ours["properties"]) == set(described["properties"])
    assert set(ours.get("required", ())) == described["required"]
    for name, theirs in described["properties"].items():
        own = ours["properties"][name]
        own = own["anyOf"][0] if "anyOf" in own else own
        for limit in ("minLength", "maxLength"):
            assert own.get(limit) == theirs.get(limit), (name, limit)
        if theirs.get("format") == "uuid":
            assert "pattern" in own, name
        assert (own.get("pattern") == EMAIL["pattern"]) == (theirs.get("format") == "email"), name
        if theirs.get("type") == "boolean":
            assert own["type"] == "boolean", name


def test_the_other_products_operations_on_webhooks_are_none_that_the_desk_knows() -> None:
    described = {(method, path) for method, path, _, _ in _operations() if path.startswith("/webhooks")}
    assert ("POST", "/webhooks") in described
    left_out = {("GET", "/webhooks/{id}"), ("DELETE", "/webhooks/{id}"), ("POST", "/webhooks/{id}/test")}
    assert not described & left_out


def test_the_events_of_webhooks_are_the_documented_ones() -> None:
    (one,) = [
        one for one in SIMPLENEXUS if (one.method, one.path) == ("POST", "/webhooks/{id}/subscriptions")
    ]
    _, components = _described(one)
    assert set(components["schemas"]["WebhookEventName"]["enum"]) == set(EVENTS)


def test_a_webhook_of_total_expert_is_made_of_the_documented_attributes() -> None:
    section = "Webhooks"
    attributes, relations = table(section, "Attributes"), table(section, "Relationships")
    (made,) = [
        one
        for one in EXPECTED["total-expert"]
        if (one.method, one.path) == ("POST", "/webhook-subscriptions")
    ]
    assert set((made.body or {})["properties"]) == {*attributes, *relations}
