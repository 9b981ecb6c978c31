"""The vendors' own descriptions, where they lie beside the checkout: our clients read every sample in them.

No copy of them is here; `test_watch` and the clients' own tests hold hand-written equivalents.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

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
    for reply in call.get("response", []):
        try:
            said = json.loads(reply.get("body") or "")
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
    described = DESCRIBED["simplenexus", kind.__name__]
    assert set(_model(*place)) == described.fields
    assert set(kind.__struct_fields__) <= described.fields


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
