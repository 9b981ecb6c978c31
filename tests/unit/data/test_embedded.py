"""The embedded sandbox: it starts, a second desk attaches, it ends with the desk, and it says why it can't start."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from filelock import FileLock

from core.errors import Unreachable
from core.push.plan import System
from data.embedded import EmbeddedSandbox, begin_sandbox, start_sandbox
from tests.support.patience import LAST_RESORT

ROOT = Path(__file__).resolve().parents[3]


async def _answers(sandbox: EmbeddedSandbox) -> bool:
    base = sandbox.urls[System.FLEX].removesuffix("/flex")
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            reply = await client.get(f"{base}/_sandbox/faults")
        except httpx.ConnectError:
            return False
    return reply.status_code < 500


async def test_it_serves_the_four_systems_until_it_is_closed_and_a_second_desk_attaches(
    tmp_path: Path,
) -> None:
    first = await start_sandbox(tmp_path / "systems", cards=14)
    try:
        assert set(first.urls) == set(System)
        assert all(url.startswith("http://127.0.0.1:") for url in first.urls.values())
        second = await start_sandbox(tmp_path / "systems")
        assert second.urls == first.urls
        await second.close()  # somebody else's stays
        assert await _answers(first)
    finally:
        await first.close()
    assert not await _answers(first)
    await first.close()  # a second time does nothing


async def test_the_child_gets_none_of_the_desks_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", "hunter2")
    seen: list[dict[str, str]] = []
    make = subprocess.Popen

    def spying(command: list[str], *, env: dict[str, str], **more: Any) -> subprocess.Popen[bytes]:
        seen.append(env)
        assert "hunter2" not in " ".join(command)
        return make([sys.executable, "-c", ""], env=env, **more)

    monkeypatch.setattr(subprocess, "Popen", spying)
    with pytest.raises(Unreachable):
        await start_sandbox(tmp_path)
    assert not [name for name in seen[0] if name.startswith("BROKERDESK_")]
    assert "hunter2" not in seen[0].values()


async def test_it_ends_with_the_desk_even_when_the_desk_is_killed(tmp_path: Path) -> None:
    code = (
        "import asyncio, pathlib, sys\n"
        "from data.embedded import start_sandbox\n"
        "async def main():\n"
        "    sandbox = await start_sandbox(pathlib.Path(sys.argv[1]), cards=14)\n"
        "    print(list(sandbox.urls.values())[0], flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    desk = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert desk.stdout is not None
    url = urlsplit((await desk.stdout.readline()).decode())
    reader, writer = await asyncio.open_connection(
        url.hostname, url.port
    )  # open for as long as the sandbox is
    desk.kill()
    await desk.wait()
    async with asyncio.timeout(LAST_RESORT):
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.close()


async def test_one_that_cant_start_says_why_and_what_to_do(tmp_path: Path) -> None:
    state = tmp_path / "systems"
    state.write_text("in the way", "utf-8")
    with pytest.raises(Unreachable) as caught:
        await start_sandbox(state)
    assert caught.value.code == "no-sandbox"
    assert caught.value.message == (
        f"The embedded sandbox did not start. {state} can't be a folder: a file is in the way."
    )
    assert caught.value.fix.startswith("Name another folder: --home DIR")


async def test_one_that_others_use_outlives_the_desk_that_started_it(tmp_path: Path) -> None:
    first = await start_sandbox(tmp_path / "systems", cards=14)
    second = await start_sandbox(tmp_path / "systems")
    await first.close()
    assert await _answers(second)
    third = await start_sandbox(tmp_path / "systems")  # attaches to what is left
    assert third.urls == second.urls
    await second.close()
    assert await _answers(third)
    await third.close()
    await _until(lambda: not (tmp_path / "systems" / "address.json").exists())
    assert list((tmp_path / "systems" / "users").iterdir()) == []


async def test_one_ends_with_the_last_of_its_users_even_if_that_is_killed(tmp_path: Path) -> None:
    state = tmp_path / "systems"
    first = await start_sandbox(state, cards=14)
    code = (
        "import os, sys, pathlib; from data.sandbox.users import SandboxUse\n"
        "use = SandboxUse(pathlib.Path(sys.argv[1])); use.begin(); print(flush=True); sys.stdin.read()\n"
    )
    pipe = asyncio.subprocess.PIPE
    user = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(state), cwd=ROOT, stdin=pipe, stdout=pipe
    )
    assert user.stdout is not None
    await user.stdout.readline()
    await first.close()
    assert await _answers(first)
    user.kill()
    await user.communicate()
    await _until(lambda: not (state / "address.json").exists())


async def test_four_at_once_on_a_new_home_share_one(tmp_path: Path) -> None:
    sandboxes = await asyncio.gather(*(start_sandbox(tmp_path / "systems", cards=14) for _ in range(4)))
    assert [sandbox.started for sandbox in sandboxes].count(True) == 1
    assert {tuple(sandbox.urls.values()) for sandbox in sandboxes} == {tuple(sandboxes[0].urls.values())}
    for sandbox in sorted(sandboxes, key=lambda sandbox: not sandbox.started):
        await sandbox.close()


async def test_an_address_that_a_killed_sandbox_left_is_not_used(tmp_path: Path) -> None:
    state = tmp_path / "systems"
    state.mkdir()
    urls = {system.value: f"http://127.0.0.1:1/{system.value}" for system in System}
    (state / "address.json").write_text(json.dumps(urls), "utf-8")
    with FileLock(state / "lock"):  # as while another process is starting one

        async def lets_go() -> None:
            await _until(lambda: any((state / "users").glob("*")))
            (state / "address.json").unlink()

        starting = asyncio.create_task(start_sandbox(state, cards=14))
        await lets_go()
    sandbox = await starting
    assert sandbox.started
    await sandbox.close()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LAST_RESORT):
        while not holds():  # noqa: ASYNC110 - another process makes it so, and sets no event here
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "said", ["", "Traceback (most recent call last):\nKeyError: 'x'", '{"error": 1}', "[]"]
)
async def test_what_a_child_says_to_programmers_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    make = subprocess.Popen

    def failing(_command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        return make([sys.executable, "-c", f"import sys; sys.exit({said!r})"], **more)

    monkeypatch.setattr(subprocess, "Popen", failing)
    with pytest.raises(Unreachable) as caught:
        await start_sandbox(tmp_path)
    assert caught.value.message == "The embedded sandbox did not start, and did not say why."
    assert str(tmp_path) in caught.value.fix


class NoProcess:
    """Stands where `subprocess.Popen` does. Nothing may be started."""

    def __init__(self, *command: Any, **more: Any) -> None:
        raise AssertionError(f"a process was started: {command}")


async def test_attaching_to_one_that_runs_starts_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await start_sandbox(tmp_path / "systems", cards=14)
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", NoProcess)
        begin_sandbox(tmp_path / "systems")
        second = await start_sandbox(tmp_path / "systems")
    assert second.urls == first.urls
    assert not second.started
    await second.close()
    await first.close()


async def test_the_address_of_one_that_was_killed_leads_to_a_new_one(tmp_path: Path) -> None:
    state = tmp_path / "systems"
    state.mkdir()
    (state / "address.json").write_text(
        json.dumps({system.value: f"http://127.0.0.1:9/{system.value}" for system in System}), "utf-8"
    )
    sandbox = await start_sandbox(state, cards=14)
    assert sandbox.started
    assert await _answers(sandbox)
    await sandbox.close()


async def test_one_that_was_begun_early_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_sandbox(tmp_path / "systems")
    begin_sandbox(tmp_path / "systems")
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", NoProcess)
        sandbox = await start_sandbox(tmp_path / "systems")
    assert sandbox.started
    assert await _answers(sandbox)
    await sandbox.close()
    assert not await _answers(sandbox)


async def test_one_that_was_begun_early_is_taken_over_also_once_it_serves(tmp_path: Path) -> None:
    state = tmp_path / "systems"
    begin_sandbox(state)
    await _until((state / "address.json").exists)
    sandbox = await start_sandbox(state)
    assert sandbox.started, "its own process must be able to wait for its end"
    await sandbox.close()
    assert not await _answers(sandbox)
    lock = FileLock(state / "lock")
    lock.acquire(timeout=0)
    lock.release()


async def test_one_that_was_begun_early_while_another_starts_gives_way_to_that_one(tmp_path: Path) -> None:
    state = tmp_path / "systems"
    begin_sandbox(state)
    first, second = await asyncio.gather(start_sandbox(state), start_sandbox(state))
    assert first.urls == second.urls
    for sandbox in sorted((first, second), key=lambda sandbox: not sandbox.started):
        await sandbox.close()
