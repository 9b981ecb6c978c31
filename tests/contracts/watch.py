"""Holds what the desk sends to SimpleNexus or Total Expert against `expected`, in every test.

A test that sends something wrong on purpose says so: `@pytest.mark.breaks_contract`. `traffic` does the same for the
requests of child processes and of fixtures that several tests share, from their recordings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from jsonschema import Draft202012Validator

from data.vendors.http.transport import OneRequestTransport
from tests.contracts.expected import EXPECTED, HEADERS, Expected
from tests.contracts.recording.traffic_recorder import OURS, VARIABLE


@dataclass(frozen=True)
class Sent:
    """One request. `target` is path and query as they were sent; the names of `headers` are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, request: httpx.Request) -> Sent:
        """Return a request of httpx in this form."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        return cls(request.method, request.url.raw_path.decode("ascii"), headers, request.read())


def flaws(request: httpx.Request) -> list[str]:
    """Return what is wrong with a request of httpx by the system's description."""
    return flaws_of(Sent.of(request))


def flaws_of(sent: Sent) -> list[str]:
    """Return what is wrong with a request by the system's description; nothing if it goes to another system.

    Requests of other clients than the desk are not looked at.
    """
    path = sent.target.partition("?")[0]
    _, system, *rest = path.split("/")
    if system not in EXPECTED or sent.headers.get("user-agent") != OURS:
        return []
    place = "/" + "/".join(rest)
    fitting = [one for one in EXPECTED[system] if one.fits(sent.method, place)]
    if not fitting:
        return [f"{system} describes no {sent.method} {unquote(place)}"]
    name = f"{system} {sent.method} {fitting[0].path}"
    return [f"{name}: {flaw}" for flaw in _flaws(fitting[0], sent, place)]


def operation_of(sent: Sent) -> str:
    """Return the name of the operation that a request is, "" if no description has it."""
    _, system, *rest = sent.target.partition("?")[0].split("/")
    place = "/" + "/".join(rest)
    names = (one.path for one in EXPECTED.get(system, ()) if one.fits(sent.method, place))
    return f"{system} {sent.method} {name}" if (name := next(names, "")) else ""


def _flaws(expected: Expected, sent: Sent, place: str) -> Iterator[str]:
    headers = sent.headers
    if not expected.has_ids(place):
        yield f"an id of its path is not of the form {expected.ids}"
    for name in sorted(headers.keys() - HEADERS - expected.headers):
        yield f"it knows no header {name}"
    if not re.fullmatch(expected.sign_in, headers.get("authorization", "")):
        yield "authorization is not of the form " + (expected.sign_in or "none")
    if headers.get("accept") != "application/json":
        yield "accept is not application/json"
    yield from _query_flaws(expected, sent.target.partition("?")[2])
    if expected.body is None:
        if sent.body:
            yield "it has a body"
        return
    if headers.get("content-type") != "application/json":
        yield "content-type is not application/json"
    try:
        body = json.loads(sent.body)
    except ValueError:
        yield "its body is no JSON"
        return
    for error in _validator(expected).iter_errors(body):
        yield f"{error.json_path}: {error.validator} {error.validator_value!r:.80}"


def _query_flaws(expected: Expected, query: str) -> Iterator[str]:
    given = parse_qsl(query, keep_blank_values=True)
    for name, value in given:
        if name not in expected.query:
            yield f"it knows no parameter {name}"
        elif not re.fullmatch(expected.query[name], value):
            yield f"{name} is not of the form {expected.query[name]}"
        elif name == "sort" and (
            unknown := {one.removeprefix("-") for one in value.split(",")} - expected.sorts
        ):
            yield f"it can't be sorted by {', '.join(sorted(unknown))}"
    if len(given) != len({name for name, _ in given}):
        yield "a parameter is given twice"
    for part in query.split("&"):
        if part.startswith("filter=") and expected.filters:
            yield from _filter_flaws(expected, part.removeprefix("filter="))


def _filter_flaws(expected: Expected, written: str) -> Iterator[str]:
    """Yield what is wrong with a filter as it was written: `name=value,name=value`, each value encoded by itself."""
    for pair in written.split(","):
        name, _, value = pair.partition("=")
        if name not in expected.filters:
            yield f"it knows no filter {name}"
        elif not re.fullmatch(expected.filters[name], unquote(value)):
            yield f"the filter {name} is not of the form {expected.filters[name]}"


@lru_cache(maxsize=64)
def _validator(expected: Expected) -> Draft202012Validator:
    return Draft202012Validator(expected.body or {})


@pytest.fixture(autouse=True)
def contracts_kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fail a test in which the desk sent a vendor what its description does not have."""
    on_purpose = request.node.get_closest_marker("breaks_contract") is not None
    found: list[str] = []
    send = OneRequestTransport.handle_async_request

    async def looked_at(self: OneRequestTransport, sent: httpx.Request) -> httpx.Response:
        found.extend(flaws(sent))
        return await send(self, sent)

    looked_at.looks = True  # type: ignore[attr-defined]  # a mark of our own: it needs no recording
    monkeypatch.setattr(OneRequestTransport, "handle_async_request", looked_at)
    if on_purpose:  # children of this test record nothing either
        monkeypatch.delenv(VARIABLE, raising=False)
    yield found
    if not on_purpose:
        assert not found, "\n".join(dict.fromkeys(found))
