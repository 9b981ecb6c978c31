"""Requests of every process are recorded, and what no description has is reported."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.vendors.http.transport import OneRequestTransport
from tests.contracts.recording.traffic_recorder import OF_ONE_RUN, VARIABLE
from tests.contracts.traffic import breaches, recorded, report
from tests.support.fork_server import ROOT, fork_server
from tests.support.patience import LAST_RESORT

HEADERS = {"user-agent": "brokerdesk", "accept": "application/json", "authorization": "Bearer t0k.en"}
INSIGHT = {
    "contact": {"id": 451},
    "type": {"id": 7},
    "owner": {"id": 50},
    "insight_date": "2026-02-02 10:00:00",
    "data": {"description": "BD-1"},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of recordings for this test alone."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def send(method: str, path: str, body: Any = None, headers: Mapping[str, str] = HEADERS) -> None:
    """Send a request over a transport that answers by itself."""

    async def sent() -> None:
        answers = httpx.MockTransport(lambda request: httpx.Response(200, json={}))
        async with httpx.AsyncClient(transport=answers) as client:
            await client.request(method, f"http://127.0.0.1{path}", headers=headers, json=body)

    asyncio.run(sent())


INSIGHTS = "/total-expert/insights"
SEEN = [
    (
        "GET",
        "/total-expert/contacts?filter[email]=ann@example.com",
        None,
        {},
        "it knows no parameter filter[email]",
    ),
    ("GET", "/total-expert/contacts?filter%5Bemail%5D=a@b", None, {}, "it knows no parameter filter[email]"),
    ("GET", "/total-expert/contacts?filter=phone=612", None, {}, "it knows no filter phone"),
    ("GET", "/total-expert/contacts?filter=email%3Da@b", None, {}, "it knows no filter email%3Da@b"),
    ("GET", f"{INSIGHTS}?filter=contact_id=BD-7", None, {}, r"the filter contact_id is not of the form \d+"),
    ("GET", f"{INSIGHTS}?sort=-insight_date", None, {}, "it knows no parameter sort"),
    ("GET", "/total-expert/contacts?sort=-owner", None, {}, "it can't be sorted by owner"),
    ("GET", "/total-expert/contact-groups?filter=group_name=A", None, {}, "it knows no parameter filter"),
    ("POST", INSIGHTS, {**INSIGHT, "note": "x"}, {}, "$: additionalProperties False"),
    ("POST", INSIGHTS, {**INSIGHT, "contact": {"id": "451"}}, {}, "$.contact.id: type 'integer'"),
    ("POST", INSIGHTS, {**INSIGHT, "owner": {"email": "a@b"}}, {}, "$.owner: additionalProperties False"),
    ("PATCH", "/total-expert/contacts/BD-7", {"city": "x"}, {}, r"an id of its path is not of the form \d+"),
    ("GET", "/total-expert/users", None, {"idempotency-key": "1"}, "it knows no header idempotency-key"),
    ("GET", "/simplenexus/users/borrowers/7", None, {}, "an id of its path is not of the form"),
    ("GET", "/simplenexus/users/borrowers?page=1&phone=6", None, {}, "it knows no parameter phone"),
    ("POST", "/simplenexus/webhooks/1/test", {}, {}, "simplenexus describes no POST /webhooks/1/test"),
    ("DELETE", "/total-expert/contacts/7", None, {}, "total-expert describes no DELETE /contacts/7"),
]


@pytest.mark.parametrize(("method", "path", "body", "headers", "said"), SEEN)
def test_what_no_description_has_is_reported(
    folder: Path, method: str, path: str, body: Any, headers: dict[str, str], said: str
) -> None:
    send(method, path, body, {**HEADERS, **headers})
    (breach,) = breaches(folder)
    assert said in breach
    code, lines = report(folder)
    assert code == 1
    assert lines[-1] == "1 requests, 1 breaches"


def test_what_the_descriptions_have_is_no_breach_and_is_counted(folder: Path) -> None:
    assert report(folder) == (2, ["0 requests, 0 breaches"])
    send(
        "GET", "/total-expert/contacts?page[number]=1&page[size]=100&filter=email=a%2Bb@x.example,owner_id=3"
    )
    send(
        "GET",
        "/total-expert/contacts?filter=internal_updated_at_start=2026-10-14T17:41:01Z&sort=internal_updated_at",
    )
    send("POST", INSIGHTS, INSIGHT)
    send("GET", "/simplenexus/users/loan_officers?page=1", headers={**HEADERS, "x-api-version": "1.0"})
    assert report(folder) == (
        0,
        [
            "       1  simplenexus GET /users/loan_officers",
            "       2  total-expert GET /contacts",
            "       1  total-expert POST /insights",
            "4 requests, 0 breaches",
        ],
    )


def test_another_client_and_another_system_are_not_recorded(folder: Path) -> None:
    send("GET", "/total-expert/contacts?limit=5", headers={**HEADERS, "user-agent": "a test"})
    send("GET", "/flex/contacts?limit=5")
    assert list(recorded(folder)) == []


def test_a_recording_holds_no_credentials(folder: Path) -> None:
    send("GET", "/total-expert/users")
    (file,) = folder.glob("*.jsonl")
    assert "t0k" not in file.read_text()
    assert json.loads(file.read_text())["headers"]["authorization"] == "Bearer xxx.xx"


async def test_what_a_test_looks_at_itself_is_recorded_only_where_somebody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contracts_kept: list[str]
) -> None:
    for name, count in ((f"{OF_ONE_RUN}1", 0), ("asked-for", 1)):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(VARIABLE, str(tmp_path / name))
        async with httpx.AsyncClient(transport=OneRequestTransport()) as client:
            with pytest.raises(httpx.HTTPError):
                await client.get("http://127.0.0.1:1/total-expert/nowhere", headers=HEADERS)
        assert len(list(recorded(tmp_path / name))) == count
    assert contracts_kept == ["total-expert describes no GET /nowhere"] * 2
    contracts_kept.clear()


def test_a_line_that_a_kill_cut_off_is_left_out(folder: Path) -> None:
    send("GET", "/total-expert/users")
    (file,) = folder.glob("*.jsonl")
    with file.open("a") as more:
        more.write('{"method": "GET", "tar')
    assert len(list(recorded(folder))) == 1


CHILD = """
import asyncio, httpx
async def main():
    answers = httpx.MockTransport(lambda request: httpx.Response(200))
    async with httpx.AsyncClient(transport=answers) as client:
        await client.get("http://127.0.0.1/total-expert/contacts?filter[id]=1", headers={"user-agent": "brokerdesk"})
asyncio.run(main())
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module that sends one request."""
    (tmp_path / "one_request.py").write_text(CHILD)
    return tmp_path


@pytest.mark.parametrize("how", ["interpreter", "fork server"])
def test_a_child_process_records_too(folder: Path, module: Path, how: str) -> None:
    if how == "interpreter":
        subprocess.run(
            [sys.executable, str(module / "one_request.py")], check=True, cwd=ROOT, timeout=LAST_RESORT
        )
    else:
        child = fork_server().spawn("one_request", [], dict(os.environ), module)
        assert child.communicate()[1] == ""
        assert child.wait() == 0
    (sent,) = recorded(folder)
    assert sent.target == "/total-expert/contacts?filter[id]=1"
    assert [file.stem for file in folder.glob("*.jsonl")] != [str(os.getpid())]
