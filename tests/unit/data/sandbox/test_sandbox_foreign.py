"""A web page in the operator's browser, and another user of the machine, change nothing in the sandbox."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


def asked(sandbox: Any, method: str, path: str, headers: dict[str, str], body: Any = None) -> httpx.Response:
    reply: httpx.Response = sandbox.http.request(method, sandbox.root + path, headers=headers, json=body)
    return reply


WRITES = [
    ("POST", "/_sandbox/reset", None),
    ("POST", "/_sandbox/restart", None),
    ("POST", "/_sandbox/faults", {"spec": "commit-twice POST /flex"}),
    ("DELETE", "/_sandbox/records/brokerengine/cards/C-1001", None),
    ("PATCH", "/_sandbox/records/brokerengine/cards/C-1001", {"title": "x"}),
    ("POST", "/_sandbox/options/total-expert", {"tokens_an_hour": 1}),
    ("GET", "/_sandbox/records/total-expert", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer x", "Basic c2FuZGJveDpzYW5kYm94", "Bearer é"], ids=repr
)
def test_a_control_call_without_the_token_does_nothing(
    sandbox: Any, method: str, path: str, body: Any, given: str
) -> None:
    before = sandbox.control("GET", "/records/brokerengine"), sandbox.control("GET", "/faults")
    headers = {"Authorization": given.encode("latin-1")} if given else {}
    reply = asked(sandbox, method, path, headers, body)  # type: ignore[arg-type]  # bytes are a header's value too
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "control-token")
    assert (sandbox.control("GET", "/records/brokerengine"), sandbox.control("GET", "/faults")) == before


def test_the_token_of_a_system_is_no_token_of_the_control_calls(sandbox: Any) -> None:
    token = {"Authorization": f"Bearer {sandbox.tokens['flex']}"}
    assert asked(sandbox, "POST", "/_sandbox/reset", token).status_code == 401
    assert asked(sandbox, "GET", "/flex/contacts", sandbox.control_token).status_code == 401


@pytest.mark.parametrize(
    "page",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8000"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": ""},
        {"Host": "[::1"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_sandbox/reset"),
        ("POST", "/flex/contacts"),
        ("POST", "/simplenexus/oauth/token"),
        ("GET", "/x"),
    ],
)
def test_a_page_of_a_browser_is_refused_everywhere(
    sandbox: Any, method: str, path: str, page: dict[str, str]
) -> None:
    """A page of another site says so in `Origin`; a site that lets its name point here has its own `Host`."""
    before = sandbox.records("flex", "contacts"), len(sandbox.requests())
    token = (
        sandbox.control_token
        if path.startswith("/_")
        else {"Authorization": f"Bearer {sandbox.tokens['flex']}"}
    )
    reply = asked(
        sandbox, method, path, token | page, {"IntegrationId": "t:p", "FirstName": "A", "LastName": "B"}
    )
    assert reply.status_code in (403, 400)
    assert (sandbox.records("flex", "contacts"), len(sandbox.requests())) == before


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9000", "LOCALHOST", "[::1]:80"])
def test_the_names_of_this_machine_are_answered_at_any_port(sandbox: Any, host: str) -> None:
    """Whoever forwards a port reaches it under another one."""
    assert (
        asked(sandbox, "GET", "/_sandbox/faults", sandbox.control_token | {"Host": host}).status_code == 200
    )
