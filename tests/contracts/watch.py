"""Looks over the shoulder of every test: what the desk sends to SimpleNexus or Total Expert is held against `expected`.

A test that sends something wrong on purpose says so: `@pytest.mark.breaks_contract`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.contracts.expected import EXPECTED, Expected

OURS = "brokerdesk"
"""How the desk names itself; what other clients in the tests send is their affair."""


def flaws(request: httpx.Request) -> list[str]:
    """Give what is wrong with a request by the system's own description; nothing where it is not to one of them."""
    path = request.url.raw_path.decode("ascii").partition("?")[0]
    _, system, *rest = path.split("/")
    if system not in EXPECTED or request.headers.get("user-agent") != OURS:
        return []
    place = "/" + "/".join(rest)
    fitting = [one for one in EXPECTED[system] if one.fits(request.method, place)]
    if not fitting:
        return [f"{system} describes no {request.method} {unquote(place)}"]
    return [f"{system} {request.method} {fitting[0].path}: {flaw}" for flaw in _flaws(fitting[0], request)]


def _flaws(expected: Expected, request: httpx.Request) -> Iterator[str]:
    headers = request.headers
    if not re.fullmatch(expected.sign_in, headers.get("authorization", "")):
        yield "authorization is not of the form " + (expected.sign_in or "none")
    if headers.get("accept") != "application/json":
        yield "accept is not application/json"
    yield from _query_flaws(expected, request)
    content = request.read()
    if expected.body is None:
        if content:
            yield "it has a body"
        return
    if headers.get("content-type") != "application/json":
        yield "content-type is not application/json"
    try:
        body = json.loads(content)
    except ValueError:
        yield "its body is no JSON"
        return
    for error in _validator(expected).iter_errors(body):
        yield f"{error.json_path}: {error.validator} {error.validator_value!r:.80}"


def _query_flaws(expected: Expected, request: httpx.Request) -> Iterator[str]:
    given = parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True)
    for name, value in given:
        if name not in expected.query:
            yield f"it knows no parameter {name}"
        elif not re.fullmatch(expected.query[name], value):
            yield f"{name} is not of the form {expected.query[name]}"
    if len(given) != len({name for name, _ in given}):
        yield "a parameter is given twice"


@lru_cache(maxsize=64)
def _validator(expected: Expected) -> Draft202012Validator:
    return Draft202012Validator(expected.body or {})


@pytest.fixture(autouse=True)
def contracts_kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fail a test in which the desk sent a vendor what its description does not have."""
    found: list[str] = []
    send = httpx.AsyncHTTPTransport.handle_async_request

    async def looked_at(self: httpx.AsyncHTTPTransport, sent: httpx.Request) -> httpx.Response:
        found.extend(flaws(sent))
        return await send(self, sent)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", looked_at)
    yield found
    if request.node.get_closest_marker("breaks_contract") is None:
        assert not found, "\n".join(dict.fromkeys(found))
