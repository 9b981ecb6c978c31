"""What looking at a system, a book and a home finds, and that looking changes nothing."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.diagnostics.records import Drift
from core.diagnostics.system_findings import Finds, FoundBy, UpCheck
from core.errors import DeskError
from core.push.plan import System
from core.push.records import RECORDS
from data.book.book import open_book
from data.configuration.definition import Profile
from data.diagnostics import look_at, look_at_book, look_at_files
from data.settings import Settings
from data.vendors.glance import NOBODY
from data.vendors.http import drift
from data.vendors.http.client import HttpClient, SystemAddress

NOW = 1_800_000_000.0
Answer = Callable[[httpx.Request], tuple[int, Any]]


def _stream(content: Any) -> httpx.ByteStream:
    return httpx.ByteStream(json.dumps(content).encode())


def _wire(system: System, answer: Answer, **headers: str) -> HttpClient:
    def respond(request: httpx.Request) -> httpx.Response:
        if "token" in request.url.path:
            return httpx.Response(200, stream=_stream({"access_token": "t", "expires_in": 900}))
        status, content = answer(request)
        return httpx.Response(
            status, stream=_stream(content), headers={"content-type": "application/json", **headers}
        )

    address = SystemAddress(system, "https://it.example/v1", "desk", "s3cret", deadline=100)
    return HttpClient(address, transport=httpx.MockTransport(respond))


def _none(request: httpx.Request) -> tuple[int, Any]:
    if request.url.path.endswith("/heartbeat"):
        return 200, {"running_item": "Total Expert External API"}
    if request.url.path.endswith("/teapot"):
        return 418, {"code": "418 I'm a teapot"}
    return 200, {"items": [], "contents": [], "links": {"next": None}}


async def test_what_a_system_tells_is_seen() -> None:
    told = {
        "date": formatdate(NOW + 90, usegmt=True),
        "x-ratelimit-remaining": "41",
        "x-contract-version": "1.2.0",
    }
    seen = await look_at(_wire(System.FLEX, _none, **told), lambda: NOW)
    assert seen.trouble is None
    assert (seen.skew, seen.left, seen.contract, seen.rate) == (90.0, 41, "1.2.0", 500.0)
    records = ("Contacts", "Opportunities", "Properties", "Notes")
    assert seen.finds == tuple(Finds(f"{name}, by our reference", FoundBy.FILTER) for name in records)


@pytest.mark.parametrize("system", [System.FLEX, System.BROKERENGINE])
async def test_the_version_of_our_contracts_is_read_from_the_description_that_a_gateway_serves(
    system: System,
) -> None:
    text = b"openapi: 3.1.0\ninfo:\n  version: 1.1.0\n"

    def respond(request: httpx.Request) -> httpx.Response:
        if "token" in request.url.path:
            return httpx.Response(200, stream=_stream({"access_token": "t", "expires_in": 900}))
        if request.url.path.endswith("/openapi.yaml"):
            return httpx.Response(200, stream=httpx.ByteStream(text))
        return httpx.Response(200, stream=_stream({"items": []}))

    address = SystemAddress(system, "https://it.example/v1", "desk", "s3cret", deadline=100)
    seen = await look_at(HttpClient(address, transport=httpx.MockTransport(respond)))
    assert (seen.trouble, seen.contract) == (None, "1.1")


async def test_total_expert_is_asked_for_its_heartbeat_and_whether_it_is_a_teapot() -> None:
    seen = await look_at(_wire(System.TOTAL_EXPERT, _none))
    assert seen.trouble is None
    assert seen.up == (
        UpCheck("heartbeat", works=True, says="Total Expert External API"),
        UpCheck("teapot", works=True),
    )

    def no_teapot(request: httpx.Request) -> tuple[int, Any]:
        return (403, {}) if request.url.path.endswith("/teapot") else _none(request)

    seen = await look_at(_wire(System.TOTAL_EXPERT, no_teapot))
    assert [check.works for check in seen.up] == [True, False]

    def refuses(request: httpx.Request) -> tuple[int, Any]:
        return _none(request) if request.url.path.endswith("/heartbeat") else (401, {})

    seen = await look_at(_wire(System.TOTAL_EXPERT, refuses))
    assert seen.trouble is not None
    assert [check.code for check in seen.up] == ["heartbeat"]


@pytest.mark.parametrize(("date", "left"), [("yesterday", "many"), ("", "-1"), ("", "9" * 400)])
async def test_what_can_not_be_read_is_as_if_it_were_not_told(date: str, left: str) -> None:
    seen = await look_at(_wire(System.BROKERENGINE, _none, date=date, **{"ratelimit-remaining": left}))
    assert (seen.trouble, seen.skew, seen.left, seen.contract) == (None, None, None, "")


async def test_a_gateway_that_ignores_what_is_searched_for_is_found_out() -> None:
    def ignores(request: httpx.Request) -> tuple[int, Any]:
        if request.url.path.endswith("/openapi.yaml"):
            return 404, {}
        assert request.url.params["IntegrationId"] == NOBODY
        found = [] if request.url.path.endswith("/contacts") else [{"FLEXId": "1-6D9UB"}]
        return 200, {"items": found}

    seen = await look_at(_wire(System.FLEX, ignores))
    assert [one.by for one in seen.finds] == ["filter", "ignored", "ignored", "ignored"]


@pytest.mark.parametrize(
    ("system", "answer", "code"),
    [
        (System.BROKERENGINE, lambda _: (404, {}), "bad-answer"),
        (System.FLEX, lambda _: (200, ["no", "object"]), "bad-answer"),
        (System.SIMPLENEXUS, lambda _: (401, {}), "not-authorised"),
        (System.SIMPLENEXUS, lambda _: (403, {}), "forbidden"),
        (System.TOTAL_EXPERT, lambda _: (429, {}), "rate-limited"),
        (System.TOTAL_EXPERT, lambda _: (503, {}), "bad-answer"),
    ],
)
async def test_what_is_wrong_is_named(system: System, answer: Answer, code: str) -> None:
    seen = await look_at(_wire(system, answer))
    assert seen.trouble is not None
    assert seen.trouble.code == code
    assert seen.trouble.fix
    assert "s3cret" not in repr(seen)


async def test_a_system_that_is_not_there_is_said_with_the_reason() -> None:
    wire = HttpClient(SystemAddress(System.FLEX, "http://127.0.0.1:9/flex", "desk", "s3cret", deadline=100))
    try:
        seen = await look_at(wire)
    finally:
        await wire.close()
    assert seen.trouble is not None
    assert seen.trouble.code == "unreachable"
    assert "nothing listens there" in seen.trouble.message


async def test_what_speaks_no_tls_is_said() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    wire = HttpClient(SystemAddress(System.FLEX, f"https://127.0.0.1:{port}", "desk", "s3cret", deadline=100))
    try:
        seen = await look_at(wire)
    finally:
        await wire.close()
        server.close()
        await server.wait_closed()
    assert seen.trouble is not None
    assert "does not speak TLS" in seen.trouble.message


async def test_records_that_are_other_than_described_are_seen() -> None:
    drift.clear()
    one = {
        "id": "B1",
        "first_name": None,
        "last_name": "M",
        "email": "m@x.example",
        "is_active": True,
        "shoe": 9,
    }

    def answer(request: httpx.Request) -> tuple[int, Any]:
        nobody = "nobody" in request.url.params.get("email", "")
        return 200, {"contents": [] if nobody else [one], "total_pages": 1}

    seen = await look_at(_wire(System.SIMPLENEXUS, answer))
    drifts = drift.report()
    drift.clear()
    assert {(one.record, one.field, one.how) for one in drifts} == {
        ("Borrower", "shoe", Drift.NEW_FIELD),
        ("Borrower", "first_name", Drift.NULL),
    }
    assert seen.finds[0] == Finds("Accounts, by email", FoundBy.FILTER)


# -- the book ------------------------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", "live", Profile())


def _tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def test_a_book_that_is_not_there_is_not_made(settings: Settings) -> None:
    seen = look_at_book(settings, None)
    assert (seen.there, seen.writing, seen.holder) == (False, None, "")
    assert not settings.home.exists()


def test_a_book_is_seen_with_its_size_and_the_age_of_its_snapshot(settings: Settings) -> None:
    open_book(settings.folder, RECORDS, operator="m.hale").close()
    backup = settings.folder / "book.log.bak"
    backup.write_bytes(b"")
    os.utime(backup, (NOW, NOW))
    before = _tree(settings.home)
    seen = look_at_book(settings, None, lambda: NOW + 500)
    assert (seen.there, seen.writing, seen.holder, seen.backup_age) == (True, None, "", 500)
    assert seen.size == (settings.folder / "book.log").stat().st_size
    assert _tree(settings.home) == before


def test_who_writes_the_book_is_named_and_goes_on_writing(settings: Settings) -> None:
    with open_book(settings.folder, RECORDS, operator="m.hale") as book:
        assert look_at_book(settings, None).holder == "this process"
        assert book.read_only is None
        by = settings.folder / "book.lock.by"
        by.write_text(by.read_text().replace(f":{os.getpid()},", ":4711,"))
        assert look_at_book(settings, None).holder.startswith("process 4711 (m.hale")
    assert look_at_book(settings, None).holder == ""


def test_after_looking_the_book_can_be_taken(settings: Settings) -> None:
    open_book(settings.folder, RECORDS, operator="m.hale").close()
    look_at_book(settings, None)
    with open_book(settings.folder, RECORDS, operator="j.park") as book:
        assert book.read_only is None


def test_a_folder_that_takes_no_file_is_said(settings: Settings) -> None:
    settings.home.mkdir()
    settings.folder.write_text("in the way")
    writing = look_at_book(settings, None).writing
    assert writing is not None
    assert writing.code.startswith("book-")


def test_a_book_on_a_cloud_drive_can_not_be_written(tmp_path: Path) -> None:
    writing = look_at_book(Settings(tmp_path / "Dropbox", "live", Profile()), None).writing
    assert writing is not None
    assert writing.code == "book-synced"


def test_why_it_can_not_be_read_comes_first(settings: Settings) -> None:
    seen = look_at_book(settings, DeskError("book-damaged", "Line 3."))
    assert seen.reading is not None
    assert (seen.reading.code, seen.writing) == ("book-damaged", None)


# -- files ---------------------------------------------------------------------------------------------------


def test_modes_that_let_others_in_are_named_and_not_mended(settings: Settings) -> None:
    folder = settings.folder
    (folder / "kept").mkdir(parents=True)
    for name, mode in (
        ("../config.toml", 0o640),
        ("../secrets.json", 0o640),
        ("book.key", 0o604),
        ("book.log", 0o600),
        ("kept/P1.plan", 0o644),
        ("token-1.json", 0o660),
        ("map.toml", 0o644),
    ):
        (folder / name).touch()
        (folder / name).chmod(mode)
    for each in (settings.home, folder, folder / "kept"):
        each.chmod(0o700)
    folder.chmod(0o755)
    before = _tree(settings.home)
    seen = look_at_files(settings)
    assert [Path(path).name for path in seen.loose] == ["config.toml", "live"]
    assert [Path(path).name for path in seen.private] == [
        "secrets.json",
        "book.key",
        "token-1.json",
        "P1.plan",
    ]
    assert seen.secrets == str(settings.home / "secrets.json")
    assert seen.repair == f"chmod -R go-rwx {settings.home}"
    assert _tree(settings.home) == before
    assert os.system(seen.repair) == 0
    mended = look_at_files(settings)
    assert (mended.loose, mended.private) == ((), ())


def test_settings_that_others_may_change_are_bad(settings: Settings) -> None:
    settings.home.mkdir(mode=0o700)
    (settings.home / "config.toml").touch()
    (settings.home / "config.toml").chmod(0o620)
    assert look_at_files(settings).private == (str(settings.home / "config.toml"),)
