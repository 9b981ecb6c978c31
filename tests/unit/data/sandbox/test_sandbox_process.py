"""The sandbox as a process: one JSON line, a lock, records that outlive kill -9, and quick ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import filelock
import httpx
import pytest

from data.sandbox.server import listening_socket
from tests.support.patience import LAST_RESORT, wait_until
from tests.support.private import is_private
from tests.support.sandbox_home import token_of

Start = Callable[..., subprocess.Popen[str]]
PERSON = {"IntegrationId": "t:p", "FirstName": "Linh", "LastName": "Nguyen"}
COMMAND = [sys.executable, "-m", "data.sandbox", "--cards", "14"]
# A parent that starts a sandbox, hands its line on, and waits to be killed.
PARENT = """
import subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
sys.stdout.write(child.stdout.readline())
sys.stdout.flush()
child.wait()
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*options: str, command: list[str] | None = None) -> subprocess.Popen[str]:
        line = [*(command or COMMAND), "--state", str(tmp_path / "state"), *options]
        pipe = subprocess.PIPE
        process = subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def ready(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr else ""
    addresses: dict[str, str] = json.loads(line)
    return addresses


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and what was still written; the process must end by itself."""
    out, err = process.communicate(timeout=LAST_RESORT)
    return process.returncode, out, err


def create(url: str) -> str:
    """Create a contact; gives its FLEXId."""
    with httpx.Client(trust_env=False) as http:
        form = {"grant_type": "client_credentials"}
        token = http.post(url + "/oauth/token", data=form, auth=("sandbox", "sandbox")).json()["access_token"]
        reply = http.post(url + "/contacts", json=PERSON, headers={"Authorization": f"Bearer {token}"})
        assert reply.status_code == 201
        return str(reply.json()["FLEXId"])


def control(state: Path) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(state)}"}


def contacts(url: str, state: Path) -> list[str]:
    root = url.removesuffix("/flex")
    held = httpx.get(root + "/_sandbox/records/flex", headers=control(state), trust_env=False).json()
    return [contact["FLEXId"] for contact in held["contacts"]]


def test_it_prints_one_json_line_and_writes_its_address(start: Start, tmp_path: Path) -> None:
    process = start()
    addresses = ready(process)
    assert list(addresses) == ["brokerengine", "flex", "simplenexus", "total-expert"]
    port = addresses["flex"].split(":")[2].split("/")[0]
    assert addresses == {name: f"http://127.0.0.1:{port}/{name}" for name in addresses}
    written = json.loads((tmp_path / "state" / "address.json").read_text())
    token = written.pop("token")
    assert len(token) >= 32
    assert written == {**addresses, "pid": process.pid}
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (0, "", "")
    assert not (tmp_path / "state" / "address.json").exists()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_its_folder_and_files_are_the_owners_only(start: Start, tmp_path: Path) -> None:
    ready(start())
    state = tmp_path / "state"
    assert is_private(state)
    assert {is_private(file) for file in state.iterdir()} == {True}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_with_open_and_hanging_connections(start: Start, tmp_path: Path, number: int) -> None:
    process = start("--faults", "hang-before GET /flex/contacts; 401 GET /flex/products")
    url = ready(process)["flex"]
    with httpx.Client(trust_env=False) as kept:
        assert kept.get(url + "/openapi.yaml").status_code == 200
        token = kept.post(
            url + "/oauth/token", data={"grant_type": "client_credentials"}, auth=("sandbox", "sandbox")
        ).json()["access_token"]
        port = int(url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as hanging:
            request = (
                f"GET /flex/contacts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
            )
            hanging.sendall(request.encode())
            while not [s for s in _requests(kept, url, tmp_path) if s["path"] == "/flex/contacts"]:
                pass
            process.send_signal(number)
            assert ended(process) == (0, "", "")
            assert hanging.recv(1) == b""


def _requests(http: httpx.Client, url: str, folder: Path) -> list[dict[str, Any]]:
    asked = url.removesuffix("/flex") + "/_sandbox/requests"
    seen: list[dict[str, Any]] = http.get(asked, headers=control(folder / "state")).json()
    return seen


def test_records_outlive_a_restart_and_kill_9(start: Start, tmp_path: Path) -> None:
    first = start()
    one = create(ready(first)["flex"])
    first.send_signal(signal.SIGTERM)
    assert ended(first)[0] == 0
    second = start()
    url = ready(second)["flex"]
    two = create(url)
    second.kill()
    second.communicate()
    assert (tmp_path / "state" / "address.json").exists()
    third = start()
    url = ready(third)["flex"]
    assert contacts(url, tmp_path / "state")[-2:] == [one, two]
    assert create(url) > two
    assert json.loads((tmp_path / "state" / "address.json").read_text())["pid"] == third.pid


def test_a_state_folder_is_seeded_once(start: Start, tmp_path: Path) -> None:
    first = start("--seed", "1")
    before = contacts(ready(first)["flex"], tmp_path / "state")
    first.send_signal(signal.SIGTERM)
    ended(first)
    second = start("--seed", "2", "--cards", "40")
    assert contacts(ready(second)["flex"], tmp_path / "state") == before


def test_a_second_sandbox_on_the_folder_is_refused(start: Start, tmp_path: Path) -> None:
    ready(start())
    written = (tmp_path / "state" / "address.json").read_text()
    code, out, err = ended(start())
    assert (code, out) == (4, "")
    error = json.loads(err)["error"]
    assert (error["code"], set(error)) == ("sandbox-busy", {"code", "message", "fix"})
    assert (tmp_path / "state" / "address.json").read_text() == written


def test_a_port_in_use_is_refused_and_its_owner_left_alone(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        code, out, err = ended(start("--port", str(other.getsockname()[1])))
    assert (code, out, json.loads(err)["error"]["code"]) == (3, "", "port-in-use")
    assert not (tmp_path / "state" / "address.json").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--faults", "nonsense"),
        ("--port", "x"),
        ("--port", "70000"),
        ("--cards", "-1"),
        ("--colour",),
    ],
)
def test_a_wrong_call_is_refused_in_one_json_line(
    start: Start, tmp_path: Path, options: tuple[str, ...]
) -> None:
    code, out, err = ended(start(*options))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert json.loads(err)["error"]["code"] == "usage"
    assert not (tmp_path / "state").exists()


def test_a_state_folder_that_cannot_be_used_is_refused(start: Start, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    code, out, err = ended(start())
    assert (code, out, json.loads(err)["error"]["code"]) == (4, "", "state-unusable")


def test_a_damaged_state_is_refused(start: Start, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "sandbox.sqlite").write_bytes(b"no database " * 1000)
    code, out, err = ended(start())
    assert (code, out, json.loads(err)["error"]["code"]) == (4, "", "state-unusable")


def test_replies_are_not_held_back_for_more_to_send() -> None:
    with listening_socket(0) as listener:
        # What asyncio looks at before it sets TCP_NODELAY on an accepted connection.
        assert listener.proto == socket.IPPROTO_TCP
        assert listener.getsockname()[0] == "127.0.0.1"


def test_it_ends_cleanly_when_it_is_told_in_two_ways_at_once(start: Start, tmp_path: Path) -> None:
    process = start("--until-stdin-closes")
    ready(process)
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    assert ended(process) == (0, "", "")
    assert not (tmp_path / "state" / "address.json").exists()


def test_it_ends_cleanly_in_the_middle_of_seeding(start: Start, tmp_path: Path) -> None:
    process = start("--cards", "100000")
    wait_until((tmp_path / "state" / "sandbox.sqlite").exists)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (0, "", "")
    again = start()
    assert len(contacts(ready(again)["flex"], tmp_path / "state")) == 4


def test_it_ends_when_its_stdin_closes(start: Start, tmp_path: Path) -> None:
    process = start("--until-stdin-closes")
    ready(process)
    assert process.stdin is not None
    process.stdin.write("something that is not the end\n")
    process.stdin.flush()
    assert process.poll() is None
    process.stdin.close()
    process.stdin = None
    assert ended(process) == (0, "", "")
    assert not (tmp_path / "state" / "address.json").exists()


def test_it_ends_when_its_parent_is_killed(start: Start, tmp_path: Path) -> None:
    parent = start("--until-stdin-closes", command=[sys.executable, "-c", PARENT, *COMMAND])
    ready(parent)
    parent.kill()
    with filelock.FileLock(tmp_path / "state" / "lock", timeout=LAST_RESORT):
        assert not (tmp_path / "state" / "address.json").exists()


def test_without_the_option_the_end_of_stdin_means_nothing(start: Start) -> None:
    process = start()
    url = ready(process)["flex"]
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    assert create(url)
    assert process.poll() is None


def test_a_second_start_loads_no_lists_of_names_and_no_yaml(start: Start, tmp_path: Path) -> None:
    first = start("--cards", "20")
    ready(first)
    first.send_signal(signal.SIGTERM)
    ended(first)
    start_again = (
        "import sys\n"
        "from pathlib import Path\n"
        "from data.sandbox.server import make_app\n"
        "make_app(Path(sys.argv[1]))\n"
        "unwanted = {'data.sandbox.seeding.invented_words', 'yaml', 'core', 'httpx', 'textual', 'uvicorn'}\n"
        "print(sorted(unwanted & set(sys.modules)))\n"
    )
    line = [sys.executable, "-c", start_again, str(tmp_path / "state")]
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout == "[]\n"
