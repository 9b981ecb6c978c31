"""The vendors' own descriptions, where they lie beside the checkout: our clients read every sample in them.

No copy of them is here; `test_watch` and the clients' own tests hold hand-written equivalents.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from core.push.plan import System
from data.vendors.http import reply
from data.vendors.http.drift import DESCRIBED
from data.vendors.http.reply import decoded
from data.vendors.simplenexus import client
from data.vendors.total_expert import client as total_expert
from tests.contracts.expected import EXPECTED
from tests.support.fork_server import ROOT

PUBLISHED = ROOT.parent / "shared" / "contracts"

pytestmark = pytest.mark.skipif(
    not PUBLISHED.is_dir(),
    reason="the vendors' descriptions are not beside this checkout (../shared/contracts)",
)

SAMPLED = {
    "Fetch Contact": total_expert.TotalExpertContact,
    "Fetch Contacts": total_expert.TotalExpertContact,
    "Fetch Contact Group": total_expert.TotalExpertGroup,
    "Fetch Contact Groups": total_expert.TotalExpertGroup,
    "Fetch Insight": total_expert.TotalExpertInsight,
    "Fetch Insights": total_expert.TotalExpertInsight,
    "Fetch Insight Types": total_expert.InsightType,
}
"""Total Expert's sampled calls that the desk makes, and what each gives."""
MODELS = {
    ("loan-officers", "LoanOfficer"): client.LoanOfficer,
    ("borrowers", "UserBorrower"): client.Borrower,
    ("loan-officer-partners", "Partner"): client.Partner,
    ("loan-officer-prospects", "Prospect"): client.Prospect,
}


def _calls(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if "item" in item:
            yield from _calls(item["item"])
        else:
            yield item


def _total_expert() -> Iterator[dict[str, Any]]:
    for file in sorted(PUBLISHED.glob("total-expert/*.samples.json")):
        yield from _calls(json.loads(file.read_text("utf-8"))["item"])


def _samples(call: dict[str, Any]) -> Iterator[Any]:
    """Give the replies of a call that are JSON, out of what they are wrapped in."""
    for sample in call.get("response", []):
        try:
            said = json.loads(sample.get("body") or "")
        except ValueError:
            continue
        if isinstance(said, dict) and "examples" in said:
            held = said["examples"]
            yield from (one.get("value") for one in ([held] if "value" in held else held.values()))
        else:
            yield said.get("example", said) if isinstance(said, dict) else said


def _records(said: Any) -> list[Any]:
    if isinstance(said, list):
        return said
    return list(said.get("items", said.get("objects", [said])))


def test_every_sample_of_total_expert_is_read() -> None:
    read = 0
    for call in _total_expert():
        kind: Any = SAMPLED.get(call["name"])
        for said in _samples(call) if kind else ():
            page = decoded(_records(said), kind)
            assert page.set_aside == (), (call["name"], page.set_aside)
            read += len(page.records)
    assert read > 3


def test_what_total_experts_samples_say_was_made_or_hit_is_taken() -> None:
    taken = {
        call["name"]: total_expert._told(said, place)
        for call in _total_expert()
        for said in _samples(call)
        for name, place in (("Create Contact (as Admin)", "/contacts/"),)
        if call["name"] == name and isinstance(said, dict) and "error" not in said
    }
    assert taken
    assert all(taken.values())


def _model(file: str, name: str) -> dict[str, Any]:
    """Give the properties of a schema with those of what it is made of."""
    said = yaml.safe_load((PUBLISHED / "simplenexus" / f"{file}-api.openapi.yml").read_text("utf-8"))
    schemas = said["components"]["schemas"]

    def all_of(schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        found = dict(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            found |= all_of(part)
        return found

    return all_of(schemas[name])


@pytest.mark.parametrize(("place", "kind"), MODELS.items())
def test_the_fields_of_simplenexus_are_the_ones_we_know(place: tuple[str, str], kind: Any) -> None:
    described = DESCRIBED[System.SIMPLENEXUS, kind.record_name]
    model = _model(*place)
    assert described.fields == set(model)
    assert set(kind.__struct_fields__) <= described.fields
    assert {name for name in described.never_null if _may_be_null(model[name])} == set()
    assert described.values == {name: set(field["enum"]) for name, field in model.items() if "enum" in field}


TABLES = {
    "Contact": ("Contact Endpoints / Contacts", ("Fetch Contact", "Fetch Contacts")),
    "Group": ("Contact Endpoints / Contact Groups", ("Fetch Contact Group", "Fetch Contact Groups")),
    "Insight": ("Insight Endpoints / Insights", ("Fetch Insight", "Fetch Insights")),
}
"""By kind of record: the section of Total Expert's text that describes it, and the calls with samples of it."""
UNWRITTEN = {"Insight": {"internal_created_at"}}
"""Fields that every other kind of record has, so that their absence from one table is no statement."""


def _table(section: str, title: str) -> set[str]:
    """Return the names in the first column of a table of Total Expert's text."""
    text = (PUBLISHED / "total-expert" / "public-api.txt").read_text("utf-8")
    part = text.partition(f"\n=== {section}\n")[2].partition("\n=== ")[0]
    lines = part.partition(f"#### {title}\n")[2].partition("\n#### ")[0].splitlines()
    table = itertools.dropwhile(lambda line: not line.startswith("| "), lines)
    rows = itertools.takewhile(lambda line: line.startswith("| "), table)
    return {row.split("|")[1].strip() for row in rows} - {"Field", "Relationship"}


def _sampled(calls: tuple[str, ...]) -> set[str]:
    """Return the fields that the samples of some calls have."""
    return {
        name
        for call in _total_expert()
        if call["name"] in calls
        for said in _samples(call)
        for record in _records(said)
        for name in record
    }


@pytest.mark.parametrize("record", TABLES)
def test_the_fields_of_total_expert_are_the_ones_its_tables_and_samples_have(record: str) -> None:
    section, calls = TABLES[record]
    published = _table(section, "Attributes") | _table(section, "Relationships") | _sampled(calls)
    assert len(published) > 3
    assert DESCRIBED[System.TOTAL_EXPERT, record].fields == published | UNWRITTEN.get(record, set())


def test_the_fields_that_a_refusal_may_name_are_the_ones_we_send_and_they_describe() -> None:
    described = set()
    for system in EXPECTED:
        for file in (PUBLISHED / system).glob("*.openapi.yml"):
            described |= set(_properties(yaml.safe_load(file.read_text("utf-8"))))
    for section, _ in TABLES.values():
        for title in ("Attributes", "Relationships", "Special POST/PATCH Relationships"):
            described |= _table(section, title)
    sent = {
        name for requests in EXPECTED.values() for one in requests for name in _properties(one.body or {})
    }
    assert sorted(reply._FIELDS - described) == []
    assert sorted(reply._FIELDS - sent) == []


def _properties(said: Any) -> Iterator[str]:
    """Yield every name of a property, anywhere in a description."""
    if isinstance(said, dict):
        properties = said.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for part in said.values():
            yield from _properties(part)
    elif isinstance(said, list):
        for part in said:
            yield from _properties(part)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(("place", "kind"), MODELS.items())
def test_a_record_made_by_simplenexus_own_schema_is_read(
    place: tuple[str, str], kind: Any, sparse: bool
) -> None:
    made = {
        name: value
        for name, schema in _model(*place).items()
        if (value := _made(schema, sparse=sparse)) is not None or _may_be_null(schema)
    }
    page = decoded([made], kind)
    assert page.set_aside == ()


def _may_be_null(schema: dict[str, Any]) -> bool:
    return isinstance(schema.get("type"), list) and "null" in schema["type"]


def _made(schema: dict[str, Any], *, sparse: bool) -> Any:
    if sparse and _may_be_null(schema):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    return {"string": "text", "boolean": True, "integer": 1, "number": 1.5, "array": []}.get(kind, {})


def _paths(system: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for file in (PUBLISHED / system).glob("*.openapi.yml"):
        for path, operations in yaml.safe_load(file.read_text("utf-8"))["paths"].items():
            plain = "/" + "/".join("{}" if part[:1] == "{" else part for part in path.strip("/").split("/"))
            found |= {(method.upper(), plain.removeprefix("/v1")) for method in operations}
    return found


@pytest.mark.parametrize("system", EXPECTED)
def test_every_request_we_expect_is_one_they_describe(system: str) -> None:
    ours = {(one.method, one.path.replace("{id}", "{}")) for one in EXPECTED[system]}
    assert ours - _paths(system) == set()
