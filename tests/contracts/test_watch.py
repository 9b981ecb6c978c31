"""The contract that is watched: it takes what the descriptions have, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.contracts.watch import flaws

OFFICER = "0b35906a-356b-5715-8c60-ba035bec8a97"
ACCOUNT = {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com", "loan_officer_id": OFFICER}
APP_SHARE = {"email": "ann@example.com", "destination_name": "Ann Lee"}
PROSPECT = {"first_name": "Ann", "email": "ann@example.com", "note": "BD-1"}
CONTACT = {
    "source": "brokerdesk",
    "first_name": "Ann",
    "last_name": "Lee",
    "email": "ann@example.com",
    "owner": {"id": 301},
}
INSIGHT = {
    "contact": {"id": 1},
    "type": {"id": 2},
    "owner": {"id": 3},
    "insight_date": "2026-02-02 10:00:00",
    "data": {"description": "BD-1"},
}
PLACES = {
    "account": ("simplenexus", "POST", "/users/borrowers", ACCOUNT),
    "prospect": ("simplenexus", "POST", f"/users/loan_officers/{OFFICER}/prospects", PROSPECT),
    "app share": ("simplenexus", "POST", f"/users/loan_officers/{OFFICER}/app_shares", APP_SHARE),
    "contact": ("total-expert", "POST", "/contacts", CONTACT),
    "change": ("total-expert", "PATCH", "/contacts/50001", {"first_name": "Ann"}),
    "insight": ("total-expert", "POST", "/insights", INSIGHT),
}


def sent(what: str, change: Mapping[str, Any] | None = None, **headers: str) -> list[str]:
    system, method, path, body = PLACES[what]
    held = {name: value for name, value in {**body, **(change or {})}.items() if value is not ...}
    given = {
        "user-agent": "brokerdesk",
        "accept": "application/json",
        "authorization": "Bearer t",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return flaws(httpx.Request(method, f"http://127.0.0.1/{system}{path}", headers=given, json=held))


def read(path: str) -> list[str]:
    given = {"user-agent": "brokerdesk", "accept": "application/json", "authorization": "Bearer t"}
    return flaws(httpx.Request("GET", f"http://127.0.0.1/{path}", headers=given))


@pytest.mark.parametrize("what", PLACES)
def test_what_the_descriptions_have_passes(what: str) -> None:
    assert sent(what) == []


@pytest.mark.parametrize(
    ("what", "change", "said"),
    [
        ("account", {"first_name": "A" * 31}, "$.first_name: maxLength"),
        ("account", {"first_name": ""}, "$.first_name: minLength"),
        ("account", {"last_name": ...}, "$: required"),
        ("account", {"mobile_phone": "555"}, "$: additionalProperties"),
        ("account", {"email": "a" * 250 + "@x.example"}, "$.email: maxLength"),
        ("account", {"loan_officer_id": 7}, "$.loan_officer_id: type"),
        ("prospect", {"email": ...}, "$: anyOf"),
        ("prospect", {"note": "x" * 1001}, "$.note"),
        ("prospect", {"phone": "(612) 555-0100"}, "$: additionalProperties"),
        ("contact", {"owner": ...}, "$: required"),
        ("contact", {"middle_name": "May"}, "$: additionalProperties"),
        ("contact", {"external_ids": [{"external_id": "BD-1"}]}, "$.external_ids[0]: required"),
        ("contact", {"email": ...}, "$: anyOf"),
        ("change", {"first_name": ...}, "$: minProperties"),
        ("insight", {"insight_date": "2026-02-02T10:00:00Z"}, "$.insight_date: pattern"),
        ("insight", {"contact": {}}, "$.contact: required"),
    ],
)
def test_a_wrong_field_type_or_length_is_named(what: str, change: dict[str, Any], said: str) -> None:
    (flaw,) = sent(what, change)
    assert said in flaw


def test_a_wrong_header_is_named() -> None:
    assert "authorization" in sent("account", authorization="Basic dTpw")[0]
    assert "content-type" in sent("account", content_type="text/plain")[0]
    assert "accept" in sent("contact", accept="*/*")[0]


def test_a_wrong_parameter_or_path_is_named() -> None:
    assert read("simplenexus/users/borrowers?page=1&page_size=100") == []
    assert "no parameter limit" in read("simplenexus/users/borrowers?limit=5")[0]
    assert "updated_after is not" in read("simplenexus/users/borrowers?updated_after=2026-01-01")[0]
    assert "page[size] is not" in read("total-expert/contacts?page[size]=500")[0]
    assert (
        "describes no DELETE"
        in flaws(
            httpx.Request(
                "DELETE",
                "http://127.0.0.1/simplenexus/users/borrowers/x",
                headers={"user-agent": "brokerdesk"},
            )
        )[0]
    )
