"""The vendors' own samples, where they are next to the checkout: our clients read every one of them.

No copy of them is here; `test_watch` and the clients' own tests hold hand-written equivalents.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from core.contacts.model import Consent
from core.milestones.events import DESCRIBED_KINDS, from_webhook
from core.push.plan import System
from core.push.ports import Applied
from data.vendors.http import reply
from data.vendors.http.drift import DESCRIBED
from data.vendors.http.reply import VendorRecord, decoded
from data.vendors.simplenexus import client
from data.vendors.total_expert import client as total_expert
from data.vendors.total_expert import records
from data.vendors.total_expert.contact_source import contact_of
from tests.contracts.expected import EXPECTED
from tests.contracts.published import PUBLISHED, table
from tests.support.yaml_text import parse_yaml

pytestmark = pytest.mark.skipif(
    not PUBLISHED.is_dir(),
    reason="the vendors' descriptions are not beside this checkout (../shared/contracts)",
)

SAMPLED: dict[str, type[VendorRecord]] = {
    "/contacts": records.TotalExpertContact,
    "/contact-groups": records.TotalExpertGroup,
    "/insights": records.TotalExpertInsight,
    "/insight-types": records.InsightType,
    "/users": records.TotalExpertUser,
    "/email-unsubscribes": records.EmailUnsubscribe,
}
"""By path: what the reads of Total Expert give."""
MODELS = {
    ("loan-officers", "LoanOfficer"): client.LoanOfficer,
    ("borrowers", "UserBorrower"): client.Borrower,
    ("loan-officer-aliases", "Alias"): client.OfficerAlias,
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
    """Yield every call with samples: those of the collection, and those that were derived from it."""
    folder = PUBLISHED / "total-expert"
    for file in (folder / "public-api.postman_collection.json", *sorted(folder.glob("*.samples.json"))):
        yield from _calls(json.loads(file.read_text("utf-8"))["item"])


def _samples(call: dict[str, Any]) -> Iterator[Any]:
    """Yield the replies of a call that are JSON, out of what they are wrapped in."""
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


def _address(call: dict[str, Any]) -> tuple[str, str]:
    """Return the method of a call and its path, with {id} for every part that is filled in."""
    url = call["request"]["url"]
    if isinstance(url, dict) and isinstance(url.get("path"), list):
        parts = [part for part in url["path"] if part != "v1"]
    else:
        raw = url if isinstance(url, str) else url["raw"]
        parts = raw.partition("/v1")[2].partition("?")[0].strip("/").split("/")
    named = ("{id}" if part.startswith(("{", ":")) else part for part in parts)
    return call["request"]["method"], "/" + "/".join(named)


WIRED = {(one.method, one.path): one for one in EXPECTED["total-expert"]}


def _every_sample() -> Iterator[tuple[str, str, dict[str, Any], Any]]:
    """Yield each sample of a call that the desk makes: method, path, the call, what is said."""
    for call in _total_expert():
        method, path = _address(call)
        if (method, path) in WIRED:
            for said in _samples(call):
                yield method, path, call, said


def _is_read(method: str, path: str, said: Any) -> bool:
    """Return True if our client reads a sample as what it is."""
    if isinstance(said, dict) and "error" in said:
        answer = reply.HttpReply(422, {}, json.dumps(said).encode())
        return reply.said(answer).startswith("it answered 422")
    match method, path:
        case "POST", "/token":
            return isinstance(said["access_token"], str) and isinstance(said["expires_in"], int)
        case "GET", "/heartbeat":
            return isinstance(said["running_item"], str)
        case "GET", "/teapot":
            return "418" in said["code"]
        case "POST", _:
            return total_expert._told(said, f"{path}/") == str(said["id"])
        case "PATCH", _:
            answer = reply.HttpReply(200, {}, json.dumps(said).encode())
            return isinstance(reply.outcome_of(answer, "", lambda _: None, silent="7"), Applied)
        case _:
            kind: Any = SAMPLED[path.removesuffix("/{id}")]
            page = decoded(_records(said), kind)
            return bool(page.records) and page.set_aside == ()


def test_every_sample_of_total_expert_is_read() -> None:
    read: Counter[tuple[str, str]] = Counter()
    for method, path, call, said in _every_sample():
        if isinstance(said, str) or said in ({}, None):  # a derived file has a sentence in place of a sample
            continue
        assert _is_read(method, path, said), (call["name"], said)
        read[method, path] += 1
    assert {path for _, path in read} >= {"/token", "/heartbeat", "/teapot", "/contacts", "/contacts/{id}"}
    assert {path for _, path in read} >= {"/contact-groups", "/email-unsubscribes"}
    assert read.total() > 15


def test_the_samples_hold_what_the_contact_model_takes_over() -> None:
    contacts = [
        contact_of(record)
        for method, path, _, said in _every_sample()
        if (method, path) == ("GET", "/contacts/{id}") and isinstance(said, dict)
        for record in decoded(_records(said), records.TotalExpertContact).records
    ]
    whole = [contact for contact in contacts if contact.assignee]
    assert whole
    for contact in whole:
        assert (contact.title, contact.assignee, contact.shared_with) == ("Doctor", "58", ("56",))
        assert contact.consent == Consent(email=False, call=False, mail=False, silenced=True)
        assert contact.groups == ("Past Client", "Prospect")
        assert contact.birth_date == ""


@pytest.mark.parametrize("file", ["user-webhooks", "loan-application-webhooks"])
def test_every_sampled_webhook_of_simplenexus_is_read(file: str) -> None:
    said = parse_yaml((PUBLISHED / "simplenexus" / f"{file}-api.openapi.yml").read_text("utf-8"))
    read = 0
    for name, operations in said["webhooks"].items():
        content = operations["post"]["requestBody"]["content"]["application/json"]
        example = content.get("example")
        if example is None:
            continue
        found = from_webhook(json.dumps(example).encode(), 1_800_000_000.0)
        assert (found.set_aside, found.unknown) == ((), ()), (name, found)
        read += 1
    assert read > 3


def test_the_kinds_of_events_are_those_that_can_be_subscribed_to() -> None:
    said = parse_yaml((PUBLISHED / "simplenexus" / "subscriptions-api.openapi.yml").read_text("utf-8"))
    named = [
        schema["enum"]
        for schema in said["components"]["schemas"].values()
        if "user_created" in schema.get("enum", ())
    ]
    assert {frozenset(kinds) for kinds in named} == {DESCRIBED_KINDS}


def test_the_sampled_errors_and_tokens_of_simplenexus_are_read() -> None:
    for file in sorted((PUBLISHED / "simplenexus").glob("*.yml")):
        schemas = parse_yaml(file.read_text("utf-8"))["components"]["schemas"]
        for name, example in ((name, schema.get("example")) for name, schema in schemas.items()):
            if name in ("ErrorSet", "OAuthError") and example is not None:
                answer = reply.HttpReply(400, {}, json.dumps(example).encode())
                assert reply.said(answer).startswith("it answered 400"), (file.name, name)
            if name == "OAuthToken" and example is not None:
                assert example["access_token"]
                assert example["expires_in"] == 900


def _model(file: str, name: str) -> dict[str, Any]:
    """Give the properties of a schema with those of what it is made of."""
    said = parse_yaml((PUBLISHED / "simplenexus" / f"{file}-api.openapi.yml").read_text("utf-8"))
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
    "Contact": ("Contact Endpoints / Contacts", "/contacts"),
    "Group": ("Contact Endpoints / Contact Groups", "/contact-groups"),
    "Insight": ("Insight Endpoints / Insights", "/insights"),
    "InsightType": ("Insight Endpoints / Insight Types", "/insight-types"),
    "User": ("User Endpoints / Users", "/users"),
    "EmailUnsubscribe": ("Email Unsubscribes", "/email-unsubscribes"),
}
"""By kind of record: the section of Total Expert's text that describes it, and the path with samples of it."""
UNWRITTEN = {"Insight": {"internal_created_at"}}
"""Fields that every other kind of record has, so that their absence from one table is no statement."""


def _sampled(path: str) -> set[str]:
    """Return the fields that the samples of a path have."""
    return {
        name
        for method, at, _, said in _every_sample()
        if method == "GET" and at.removesuffix("/{id}") == path and isinstance(said, (dict, list))
        for record in _records(said)
        if isinstance(record, dict)
        for name in record
    }


@pytest.mark.parametrize("record", TABLES)
def test_the_fields_of_total_expert_are_the_ones_its_tables_and_samples_have(record: str) -> None:
    section, path = TABLES[record]
    published = set(table(section, "Attributes")) | set(table(section, "Relationships")) | _sampled(path)
    assert len(published) > 3
    assert DESCRIBED[System.TOTAL_EXPERT, record].fields == published | UNWRITTEN.get(record, set())


def test_the_fields_that_a_refusal_may_name_are_the_ones_we_send_and_they_describe() -> None:
    described = set()
    for system in EXPECTED:
        for file in (PUBLISHED / system).glob("*.openapi.yml"):
            described |= set(_properties(parse_yaml(file.read_text("utf-8"))))
    for section, _ in TABLES.values():
        for title in ("Attributes", "Relationships", "Special POST/PATCH Relationships"):
            described |= set(table(section, title))
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
