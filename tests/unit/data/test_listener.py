"""Deliveries over real HTTP to the real command: what is signed is durable before its 200, the rest leaves no trace."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.errors import UsageError
from core.milestones.facts import FactState, fold
from core.push.plan import System
from core.webhooks.ports import ListenerWindow, WindowKind
from data.configuration.definition import Profile
from data.inbox import Inbox
from data.listener import LARGEST, PATH, Listener, is_signed
from data.serving import asgi
from data.settings import Settings, find_listen_secret
from data.webhooks.windows import WindowState
from tests.support.patience import LAST_RESORT
from tests.support.sandbox_home import Sandbox
from tui.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
SECRET = "hush"
JANE = {
    "_id": "d-1",
    "_timestamp": "2026-11-20T09:00:00Z",
    "events": [
        {
            "_id": "e-1",
            "_timestamp": "2026-11-20T09:00:00Z",
            "_links": {"loan_application": "/loan_applications/3f0c"},
            "event": "loan_app_started",
            "event_info": {"borrower_name": "Jane Client"},
        }
    ],
}
BODY = json.dumps(JANE).encode()


def signed(body: bytes, key: str = SECRET) -> bytes:
    return hmac.new(key.encode(), body, hashlib.sha256).digest()


class Running:
    """The command in a process of its own, and what it wrote on stderr."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui.cli", "listen", "--port", "0", "--json", "--home", str(home)],
            cwd=ROOT,
            env={**os.environ, "BROKERDESK_LISTEN_SECRET": SECRET},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        said = ""
        while "}" not in said:
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            said += line
        where = json.loads(said)
        assert where["host"] == "127.0.0.1"
        self.url = f"http://127.0.0.1:{where['port']}{where['path']}"
        self.lines: list[str] = []
        self._reading = threading.Thread(target=lambda: self.lines.extend(self.process.stderr or ()))
        self._reading.start()
        self.inbox = Inbox(home / "sandbox" / "inbox")

    def post(self, body: bytes, *signatures: str, **more: Any) -> httpx.Response:
        headers = [(b"x-api-signature", one.encode("latin-1")) for one in signatures]
        return httpx.post(
            self.url, content=body, headers=headers, trust_env=False, timeout=LAST_RESORT, **more
        )

    def stop(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(15)
        self._reading.join(15)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code, "".join(self.lines)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    command = Running(tmp_path_factory.mktemp("listen"))
    yield command
    if command.process.poll() is None:
        command.stop()


def test_a_signed_delivery_is_durable_when_it_is_answered(running: Running) -> None:
    held = running.inbox.read()
    running.inbox.drop(held.end)
    for number, signature in enumerate(
        (
            signed(BODY).hex(),
            signed(BODY).hex().upper(),
            base64.b64encode(signed(BODY)).decode(),
            "sha256=" + signed(BODY).hex(),
        ),
        1,
    ):
        reply = running.post(BODY, signature)
        assert (reply.status_code, reply.json()) == (200, {"events": 1})
        found = running.inbox.read()
        assert [event.id for event in found.events] == ["e-1"] * number
    assert b"Jane" not in running.inbox.path.read_bytes()
    running.inbox.drop(found.end)


MALFORMED = b'{"name": "Jane Client", '


@pytest.mark.parametrize(
    ("body", "signatures", "status", "code"),
    [
        (BODY, (), 401, "bad-signature"),
        (BODY, ("",), 401, "bad-signature"),
        (BODY, ("é",), 401, "bad-signature"),
        (BODY, (signed(BODY, "other").hex(),), 401, "bad-signature"),
        (BODY + b" ", (signed(BODY).hex(),), 401, "bad-signature"),
        (BODY, (signed(BODY).hex(), signed(BODY).hex()), 401, "bad-signature"),
        (MALFORMED, (), 401, "bad-signature"),
        (MALFORMED, (signed(MALFORMED).hex(),), 400, "bad-webhook"),
        (b"[" * 500_000, (signed(b"[" * 500_000).hex(),), 400, "bad-webhook"),
        (b" " * 10_000_000, (signed(b" " * 10_000_000).hex(),), 413, "too-large"),
        (b" " * (LARGEST + 1), ("",), 413, "too-large"),
    ],
    ids=lambda value: "" if isinstance(value, (bytes, tuple)) else str(value),
)
def test_what_is_refused_hears_why_and_leaves_nothing(
    running: Running, body: bytes, signatures: tuple[str, ...], status: int, code: str
) -> None:
    before = running.inbox.read()
    reply = running.post(body, *signatures)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert "Jane" not in reply.text
    assert running.inbox.read() == before


def test_other_places_and_other_methods_are_named(running: Running) -> None:
    elsewhere = httpx.post(running.url + "/x", content=BODY, trust_env=False)
    assert (elsewhere.status_code, "/simplenexus" in elsewhere.text) == (404, True)
    assert httpx.get(running.url, trust_env=False).status_code == 405


def test_what_no_milestone_needs_is_taken_and_forgotten(running: Running) -> None:
    before = running.inbox.read()
    other = json.dumps({**JANE, "events": [{**JANE["events"][0], "event": "document_uploaded"}]}).encode()
    assert running.post(other, signed(other).hex()).json() == {"events": 0}
    assert running.inbox.read() == before


def test_its_lines_name_no_client_and_it_ends_when_told(tmp_path: Path) -> None:
    command = Running(tmp_path / "home")
    command.post(BODY, signed(BODY).hex())
    command.post(BODY, "x")
    command.post(MALFORMED, signed(MALFORMED).hex())
    good = JANE["events"][0]
    naive = good | {"_timestamp": "2026-11-20T09:00:00"}
    unlinked = good | {"_links": {"loan_application": "/Jane Client"}}
    new = {"_id": None, "event": "brand_new_event", "_links": {"loan_application": None}}
    mixed = json.dumps({"events": [good, naive, unlinked, new, new, {"event": "Jane Client"}]}).encode()
    assert command.post(mixed, signed(mixed).hex()).json() == {"events": 1}
    odd = json.dumps({"events": [naive]}).encode()
    assert command.post(odd, signed(odd).hex()).status_code == 400
    code, said = command.stop()
    assert code == 0
    lines = [line.split(" ", 2)[2] for line in said.splitlines()]
    assert lines == [
        f"taken: 1 event, {len(BODY)} bytes",
        f"refused: bad-signature (401), {len(BODY)} bytes",
        f"refused: bad-webhook (400), {len(MALFORMED)} bytes",
        "set aside: event 2: _timestamp: it has no time zone",
        "set aside: event 3: _links.loan_application: it ends in no id",
        "of an unknown kind: 1 event, (not a valid name)",
        "of an unknown kind: 2 events, brand_new_event",
        f"taken: 1 event, {len(mixed)} bytes",
        "set aside: event 1: _timestamp: it has no time zone",
        f"refused: bad-webhook (400), {len(odd)} bytes",
    ]
    assert [event.id for event in command.inbox.read().events] == ["e-1", "e-1"]


def test_a_port_that_is_taken_and_a_missing_secret_are_said(tmp_path: Path, running: Running) -> None:
    port = running.url.rpartition(":")[2].partition("/")[0]
    done = subprocess.run(
        [sys.executable, "-m", "tui.cli", "listen", "--port", port, "--home", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LAST_RESORT,
        check=False,
    )
    assert (done.returncode, "can't be used" in done.stderr) == (1, True)
    live = Settings(tmp_path, "live", Profile())
    assert find_listen_secret(live, {"BROKERDESK_LISTEN_SECRET": "x"}) == "x"
    with pytest.raises(UsageError, match="no secret for listen"):
        find_listen_secret(live, {})


def test_what_the_sandbox_delivers_is_what_is_folded_in(tmp_path: Path, sandbox: Sandbox) -> None:
    """From the vendor's own form to what the rules know, over two sockets and a file; the book takes no notice."""
    command = Running(tmp_path / "home")
    made = sandbox.ask("POST", "events/lives", json={"count": 8, "seed": 3})["applications"]
    asked = {"url": command.url, "secret": SECRET, "doubled": 2, "shuffled": True}
    assert set(sandbox.ask("POST", "events/deliver", json=asked)["statuses"]) == {200}
    code, said = command.stop()
    assert (code, "example.com" in said) == (0, False)
    state = fold(FactState(), command.inbox.read().events)
    held = {row["id"]: row for row in sandbox.records("simplenexus")["loan-applications"]}
    assert set(state.applications) == set(made)
    for id_, application in state.applications.items():
        assert bool(application.submitted) is held[id_]["is_submitted"]
        changed = application.submitted or application.touched
        assert datetime.fromtimestamp(changed, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") == held[id_]["updated_at"]
    assert main(["links", "--json", "--home", str(tmp_path / "home")]) == 0


async def asked(app: Listener, *messages: dict[str, Any]) -> int:
    """Hand a request to the app piece by piece, then nothing more; gives the status."""
    waiting = iter(messages)
    sent: list[Any] = []

    async def receive() -> Any:
        return next(waiting, None) or await never.wait()

    async def send(message: Any) -> None:
        sent.append(message)

    never = asyncio.Event()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/simplenexus",
        "headers": [(b"x-api-signature", signed(BODY).hex().encode())],
    }
    await app(scope, receive, send)
    return int(sent[0]["status"])


async def test_a_body_that_drips_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "PATIENCE", 0.05)
    app = Listener(Inbox(tmp_path), {PATH: SECRET})
    half = {"type": "http.request", "body": BODY[:20], "more_body": True}
    assert await asked(app, half) == 408
    assert await asked(app, half, {"type": "http.disconnect"}) == 400


async def test_what_cant_be_made_durable_is_not_confirmed(tmp_path: Path) -> None:
    (tmp_path / "events.log").mkdir()
    app = Listener(Inbox(tmp_path), {PATH: SECRET})
    assert await asked(app, {"type": "http.request", "body": BODY, "more_body": False}) == 503


def test_a_signature_of_another_length_is_no_error() -> None:
    for given in (b"", b"00", b"zz", b"=", signed(BODY), signed(BODY).hex().encode()[:-2]):
        assert not is_signed(SECRET.encode(), BODY, given)


# -- while the desk tests or enables its webhook ------------------------------------------------------------


class Open:
    """The windows of a listener, as the test says."""

    def __init__(self, window: ListenerWindow | None = None, *ignored: str) -> None:
        self._state = WindowState(window, dict.fromkeys(ignored, 1e12))

    def state(self) -> WindowState:
        return self._state


def delivery(*kinds: tuple[str, str]) -> bytes:
    """Return a delivery of events by id and kind."""
    return json.dumps(
        {"_id": "d", "events": [{**JANE["events"][0], "_id": id_, "event": kind} for id_, kind in kinds]}
    ).encode()


async def deliver(
    folder: Path, windows: Open, body: bytes, *, key: str = SECRET, method: str = "POST"
) -> tuple[int, Any, list[str], list[System]]:
    """Give a listener one delivery. Return the answer, the ids of what it took, and what it said was taken."""
    heard: list[System] = []
    app = Listener(Inbox(folder), {PATH: SECRET}, windows=windows, taken=heard.append)
    out: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        out.append(message)

    headers = [(b"x-api-signature", signed(body, key).hex().encode())]
    await app({"type": "http", "method": method, "path": PATH, "headers": headers}, receive, send)
    content = out[1]["body"]
    taken = [event.id for event in Inbox(folder).read().events]
    return out[0]["status"], json.loads(content) if content else None, taken, heard


TESTING = ListenerWindow(WindowKind.TEST, "t0ken", 1e12, "loan_app_submitted")
ENABLING = ListenerWindow(WindowKind.ENABLING, "t0ken", 1e12)
STARTED, SUBMITTED = ("e-1", "loan_app_started"), ("e-2", "loan_app_submitted")


async def test_while_a_test_runs_nothing_of_its_kind_is_taken_and_the_answer_proves_who_got_it(
    tmp_path: Path,
) -> None:
    status, said, taken, heard = await deliver(tmp_path, Open(TESTING), delivery(STARTED, SUBMITTED))
    assert (status, taken, heard) == (503, [], []), "the whole delivery comes again"
    assert (said["test"], said["ids"], said["error"]["code"]) == ("t0ken", ["e-2"], "webhook-test")
    status, said, taken, _ = await deliver(tmp_path, Open(TESTING), delivery(SUBMITTED), key="another")
    assert (status, taken, "t0ken" in str(said)) == (401, [], False), "the token is for who knows the secret"


async def test_while_a_test_runs_every_other_kind_is_taken(tmp_path: Path) -> None:
    status, _, taken, heard = await deliver(tmp_path, Open(TESTING), delivery(STARTED))
    assert (status, taken, heard) == (200, ["e-1"], [System.SIMPLENEXUS])


async def test_a_test_event_that_comes_again_is_dropped_and_what_came_with_it_is_taken(
    tmp_path: Path,
) -> None:
    status, said, taken, heard = await deliver(tmp_path, Open(None, "e-2"), delivery(SUBMITTED))
    assert (status, said, taken, heard) == (204, None, [], [])
    status, _, taken, _ = await deliver(tmp_path, Open(None, "e-2"), delivery(STARTED, SUBMITTED))
    assert (status, taken) == (200, ["e-1"])


@pytest.mark.parametrize(
    ("body", "key", "method"),
    [(b"{}", SECRET, "POST"), (b"", "another", "POST"), (b"", SECRET, "GET"), (b"{}", "another", "HEAD")],
)
async def test_while_the_webhook_is_switched_on_whatever_asks_is_answered_well_and_nothing_is_taken(
    tmp_path: Path, body: bytes, key: str, method: str
) -> None:
    status, said, taken, heard = await deliver(tmp_path, Open(ENABLING), body, key=key, method=method)
    assert (status, said, taken, heard) == (204, None, [], [])
    status, *_ = await deliver(tmp_path, Open(), body, key=key, method=method)
    assert status in (400, 401, 405)


async def test_while_the_webhook_is_switched_on_a_signed_delivery_is_taken_and_an_unsigned_one_is_not(
    tmp_path: Path,
) -> None:
    status, _, taken, _ = await deliver(tmp_path, Open(ENABLING), delivery(STARTED), key="another")
    assert (status, taken) == (401, []), "it comes again"
    status, _, taken, _ = await deliver(tmp_path, Open(ENABLING), delivery(STARTED))
    assert (status, taken) == (200, ["e-1"])


async def test_while_the_webhook_is_switched_on_what_can_not_be_kept_comes_again(tmp_path: Path) -> None:
    (tmp_path / "full").write_bytes(b"a file in the place of the folder")
    app = Listener(Inbox(tmp_path / "full"), {PATH: SECRET}, windows=Open(ENABLING))
    out: list[Any] = []
    body = delivery(STARTED)

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        out.append(message)

    headers = [(b"x-api-signature", signed(body).hex().encode())]
    await app({"type": "http", "method": "POST", "path": PATH, "headers": headers}, receive, send)
    assert out[0]["status"] == 503
