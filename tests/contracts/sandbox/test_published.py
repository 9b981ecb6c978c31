"""The sandbox against the vendors' own descriptions, where they lie next to the checkout. No copy of them is here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from data.sandbox.systems.simplenexus import SandboxSimpleNexus, record_id
from data.sandbox.systems.total_expert import SandboxTotalExpert
from tests.contracts.sandbox.asking import Asked
from tests.support.fork_server import ROOT
from tests.support.yaml_text import parse_yaml

PUBLISHED = ROOT.parent / "shared" / "contracts"
TEXT = PUBLISHED / "total-expert" / "public-api.txt"
SAMPLES = PUBLISHED / "total-expert" / "public-api.postman_collection.json"
OPERATION = re.compile(r"^--- (.+): (GET|POST|PATCH|PUT|DELETE) \{\{external_api_host\}\}/v1(/[^?\s]*)")
OFFICER = record_id(1)

pytestmark = pytest.mark.skipif(
    not TEXT.is_file(), reason="the vendors' descriptions are not beside this checkout (../shared/contracts)"
)


@pytest.fixture
def te(tmp_path: Path) -> Iterator[Asked]:
    asked = Asked(SandboxTotalExpert, tmp_path)
    asked.options(strict=True)
    yield asked
    asked.store.close()


@pytest.fixture
def sn(tmp_path: Path) -> Iterator[Asked]:
    asked = Asked(SandboxSimpleNexus, tmp_path)
    asked.options(strict=True)
    yield asked
    asked.store.close()


# -- Total Expert -------------------------------------------------------------------------------------------


def test_every_documented_path_of_total_expert_exists(te: Asked) -> None:
    found = [match for line in TEXT.read_text("utf-8").splitlines() if (match := OPERATION.match(line))]
    assert len(found) > 100
    absent = set()
    for match in found:
        _, method, path = match.groups()
        parts = tuple(part for part in re.sub(r"\{\{\w+\}\}", "1", path).strip("/").split("/"))
        operations = [op for op in te.system.operations if op.method == method and op.ids(parts) is not None]
        if not operations:
            absent.add((method, path))
    assert absent == set()


def _calls(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if "item" in item:
            yield from _calls(item["item"])
        else:
            yield item


@cache
def _samples(name: str) -> list[tuple[str, Any]]:
    """The sampled replies of an operation: the sample's name and its JSON."""
    found = []
    for call in _calls(json.loads(SAMPLES.read_text("utf-8"))["item"]):
        for reply in call.get("response", []) if call["name"] == name else ():
            text = reply.get("body") or ""
            try:
                found.append((reply["name"], json.loads(text)))
            except ValueError:  # a sample that ends too early
                found.append((reply["name"], json.loads(text.rstrip().rstrip(",") + "}")))
    return found


def _sent(name: str) -> Any:
    """The body that the request of an operation samples."""
    for call in _calls(json.loads(SAMPLES.read_text("utf-8"))["item"]):
        if call["name"] == name:
            return json.loads(call["request"]["body"]["raw"])
    raise AssertionError(name)


def _misshapen(sample: Any, given: Any, at: str = "") -> Iterator[str]:
    """Where a reply lacks what a sample has, or has another type; nothing is said about null."""
    if sample is None or given is None:
        return
    if isinstance(sample, dict) and isinstance(given, dict):
        for name, value in sample.items():
            if name not in given:
                yield f"{at}/{name} is absent"
            else:
                yield from _misshapen(value, given[name], f"{at}/{name}")
    elif isinstance(sample, list) and isinstance(given, list):
        for value in given[:1] if sample else ():
            yield from _misshapen(sample[0], value, f"{at}/0")
    elif type(sample) is not type(given):
        yield f"{at} is {type(given).__name__}, sampled {type(sample).__name__}"


WHOLE = {
    "source": "Desk",
    "first_name": "Ann",
    "last_name": "Oakes",
    "email": "ann@example.com",
    "birthday": "1970-01-01",
    "owner": {"id": 301},
    "assignee": {"id": 302},
    "shared_with_users": [{"id": 303}],
    "contact_groups": [{"id": 11}],
    "external_ids": [{"source": "local", "external_id": "abcd"}],
    "external_status": {"status_name": "Processing"},
}


def test_a_contact_has_the_shape_of_every_sample(te: Asked) -> None:
    id_ = te.made("/contacts", WHOLE)
    shown = te.got(f"/contacts/{id_}")
    samples = _samples("Fetch Contact")
    assert len(samples) == 2
    for name, sample in samples:
        # Two samples disagree about the ids of users; the option has both.
        te.options(owner_ids="text" if isinstance(sample["owner"]["id"], str) else "number")
        assert list(_misshapen(sample, te.got(f"/contacts/{id_}"))) == [], name
    assert set(shown) == set().union(*(sample for _, sample in samples))


def test_the_other_replies_have_the_shape_of_their_samples(te: Asked) -> None:
    contact = te.made("/contacts", WHOLE)
    note = te.made(
        "/contact-notes",
        {"title": "T", "note": "N", "type_id": 2, "owner": {"id": 301}, "contact": {"id": contact}},
    )
    body = {
        "email": "no@example.com",
        "organization_wide": True,
        "users": [{"id": 301}],
        "domains": [{"id": 1}],
    }
    unsubscribed = te.made("/email-unsubscribes", body)
    for name, path in (
        ("Fetch Heartbeat", "/heartbeat"),
        ("Fetch Teapot", "/teapot"),
        ("Fetch Contact Group", "/contact-groups/11"),
        ("Fetch Contact Groups", "/contact-groups"),
        ("Fetch Contact Note", f"/contact-notes/{note}"),
        ("Fetch Contact Notes", "/contact-notes"),
        ("Fetch Email Unsubscribe", f"/email-unsubscribes/{unsubscribed}"),
        ("Fetch Email Unsubscribes", "/email-unsubscribes"),
    ):
        assert _samples(name)
        for sampled, sample in _samples(name):
            assert list(_misshapen(sample, te.ask("GET", path)[1])) == [], (name, sampled)
    refusal = te.ask(
        "POST", "/contact-groups", {"group_name": "G", "owner": {"external_id": "userExternal1"}}
    )
    assert refusal == (422, dict(_samples("Create Contact Group (as Admin)"))["Owner not found"])


@pytest.mark.parametrize("name", ["Create Contact (as Admin)", "Create Contact (as User)", "Update Contact"])
def test_a_contact_that_a_sample_sends_is_taken_in_the_strict_setting(te: Asked, name: str) -> None:
    sent = _sent(name)
    known = {"owner": {"id": 301}, "assignee": {"id": 302}, "shared_with_users": [{"id": 303}]}
    body = {field: known.get(field, value) for field, value in sent.items()}
    body["contact_groups"] = [{"group_name": "Past Client"}, {"id": "14"}]
    if name == "Update Contact":
        id_ = te.made("/contacts", WHOLE)
        assert te.ask("PATCH", f"/contacts/{id_}", body) == (200, [])
    else:
        assert te.ask("POST", "/contacts", body)[0] == 201


def test_the_other_bodies_that_samples_send_are_taken_in_the_strict_setting(te: Asked) -> None:
    contact = te.records("contacts")[0]
    owner = {"id": contact["owner"]["id"]}
    sent = _sent("Create Insight (as Admin)")
    body = {**sent, "contact": {"id": contact["id"]}, "owner": owner}
    assert te.ask("POST", "/insights", {**body, "type": {"id": 2}})[0] == 201
    assert te.ask("POST", "/webhook-subscriptions", _sent("Create Webhook Subscription"))[0] == 201
    assert te.ask("PATCH", "/webhook-subscriptions/801", _sent("Update Webhook Subscription")) == (200, [])
    opted = {**_sent("Create Opt-in"), "user": owner}
    assert te.ask("POST", "/sms/opt-in", opted)[0] == 201
    assert te.ask("POST", "/sms/opt-out", _sent("Create Opt-out"))[0] == 201
    named = {name: contact[name] for name in ("first_name", "last_name", "email", "source")}
    note = {**_sent("Create Contact Note (as Admin)"), "contact": named, "owner": owner}
    assert te.ask("POST", "/contact-notes", note)[0] == 201


# -- SimpleNexus --------------------------------------------------------------------------------------------

HOST = "api.ncinomortgage.com"
FILES = (
    *("authentication", "borrowers", "loan-applications", "loan-officer-aliases", "loan-officer-app-shares"),
    *("loan-officer-partners", "loan-officer-prospects", "loan-officers", "subscriptions", "webhooks"),
)
OTHER_PRODUCT = {
    ("get", "/webhooks/{id}"),
    ("post", "/webhooks/{id}"),
    ("delete", "/webhooks/{id}"),
    ("put", "/webhooks"),
}
"""Operations of another product that bear a path of this one; the description's own servers are wrong there."""


@cache
def _described(file: str) -> Any:
    return parse_yaml((PUBLISHED / "simplenexus" / f"{file}-api.openapi.yml").read_text("utf-8"))


def _operations(file: str) -> Iterator[tuple[str, str, Any]]:
    for path, operations in _described(file)["paths"].items():
        servers = operations.get("servers", [{"url": HOST}])
        if not any(HOST in server["url"] for server in servers) and not path.startswith("/webhooks"):
            continue
        if path.endswith(("/active-status", "/test")):
            continue
        for method, operation in operations.items():
            place = re.sub(r"\{\w+\}", "{id}", path)
            if method in ("get", "post", "patch", "put", "delete") and (method, place) not in OTHER_PRODUCT:
                yield method, path, operation


@pytest.mark.parametrize("file", FILES)
def test_every_documented_path_of_simplenexus_exists(sn: Asked, file: str) -> None:
    found = list(_operations(file))
    assert found
    for method, path, _ in found:
        parts = tuple(re.sub(r"\{\w+\}", OFFICER, path).strip("/").split("/"))
        assert [
            op for op in sn.system.operations if op.method == method.upper() and op.ids(parts) is not None
        ], (method, path)


@pytest.mark.parametrize("file", FILES)
def test_every_documented_parameter_of_a_list_is_known(sn: Asked, file: str) -> None:
    parameters = _described(file)["components"].get("parameters", {})
    values = {"boolean": "true", "integer": "1", "string": OFFICER}
    for method, path, operation in _operations(file):
        listed = [
            parameters[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            for one in operation.get("parameters", [])
        ]
        query = [one for one in listed if one["in"] == "query"]
        place = re.sub(r"\{loan_officer_id\}", OFFICER, path)
        if method != "get" or not query or "{" in place:
            continue
        sent = "&".join(
            f"{one['name']}="
            + (
                "2030-01-01T00:00:00Z"
                if one["schema"].get("format") == "date-time"
                else values[one["schema"]["type"]]
            )
            for one in query
        )
        assert sn.ask("GET", f"{place}?{sent}")[0] == 200, place


def _flat(schema: Any, components: Any) -> Any:
    """A schema without references, its parts joined, so that `additionalProperties: false` means all of them."""
    if isinstance(schema, list):
        return [_flat(part, components) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _flat(components[schema["$ref"].rpartition("/")[2]], components)
    flat = {name: _flat(part, components) for name, part in schema.items() if name != "allOf"}
    for part in _flat(schema.get("allOf", []), components):
        for name, value in part.items():
            if name == "properties":
                flat[name] = {**flat.get(name, {}), **value}
            elif name == "required":
                flat[name] = sorted({*value, *flat.get(name, ())})
            else:
                flat.setdefault(name, value)
    return flat


def test_every_list_and_record_fits_its_schema(sn: Asked) -> None:
    hook = sn.made("/webhooks", {"url": "https://desk.example/hook", "name": "desk", "version": "1.0"})
    below = f"/users/loan_officers/{OFFICER}"
    sn.made(f"/webhooks/{hook}/subscriptions", {"event": "user_created"})
    sn.made(f"{below}/aliases", {"alias": "dana"})
    sn.made(f"{below}/prospects", {"email": "p@example.com"})
    sn.made(
        f"{below}/partners", {"first_name": "R", "last_name": "V", "email": "r@example.com", "address": {}}
    )
    for path, file, name in (
        ("/users/loan_officers", "loan-officers", "LoanOfficer"),
        ("/users/borrowers", "borrowers", "UserBorrower"),
        (f"{below}/partners", "loan-officer-partners", "Partner"),
        (f"{below}/prospects", "loan-officer-prospects", "Prospect"),
        (f"{below}/aliases", "loan-officer-aliases", "Alias"),
        ("/loan_applications", "loan-applications", "LoanApplication"),
        ("/webhooks", "webhooks", "Webhook"),
        (f"/webhooks/{hook}/subscriptions", "subscriptions", "WebhookSubscription"),
    ):
        components = _described(file)["components"]["schemas"]
        page = sn.got(path)
        assert page["contents"], path
        schema = {**_flat(components[name + "Pagination"], components), "additionalProperties": False}
        schema["properties"]["contents"]["items"]["additionalProperties"] = False
        Draft202012Validator(schema).validate(page)
        if path == "/webhooks":  # one webhook alone is shown by another product only
            continue
        whole = "LoanApplication.Detail" if name == "LoanApplication" else name
        schema = {**_flat(components[whole], components), "additionalProperties": False}
        Draft202012Validator(schema).validate(sn.got(page["contents"][0]["_self"]))


@pytest.mark.parametrize("field", ["borrowers", "loan-officer-partners", "loan-officer-prospects"])
def test_every_field_of_a_new_person_is_taken(sn: Asked, field: str) -> None:
    body, path = {
        "borrowers": ("UserBorrowerPostBody", "/users/borrowers"),
        "loan-officer-partners": ("PartnerPostBody", f"/users/loan_officers/{OFFICER}/partners"),
        "loan-officer-prospects": ("ProspectPostBody", f"/users/loan_officers/{OFFICER}/prospects"),
    }[field]
    partner = sn.made(
        f"/users/loan_officers/{OFFICER}/partners",
        {"first_name": "R", "last_name": "V", "email": "r@example.com"},
    )
    values = {
        "first_name": "Ann",
        "last_name": "Oakes",
        "email": "ann@example.com",
        "phone": "612-555-0101",
        "mobile_phone": "612-555-0101",
        "cell_phone": "612-555-0101",
        "loan_officer_id": OFFICER,
        "partner_id": partner,
        "type": "AGENT",
        "professional_title": "Broker",
        "list_partner_first": True,
        "is_cobranded": True,
        "address": {"street1": "1 Elm", "street2": None, "city": "Duluth", "state": "MN", "zip": "55802"},
        "note": "BD-1",
    }
    components = _described(field)["components"]["schemas"]
    sent = {name: values[name] for name in _flat(components[body], components)["properties"]}
    assert sn.ask("POST", path, sent)[0] == 201


def test_the_events_to_subscribe_to_are_the_described_ones() -> None:
    from data.sandbox.systems.simplenexus.webhooks import EVENTS  # noqa: PLC0415 - needed here alone

    components = _described("subscriptions")["components"]["schemas"]
    assert sorted(EVENTS) == sorted(components["WebhookEventName"]["enum"])
