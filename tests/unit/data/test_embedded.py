"""The embedded sandbox: it starts, a second desk attaches, it ends with the desk, and it says why it can't start."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from core.errors import Unreachable
from core.push.plan import System
from data.embedded import EmbeddedSandbox, start_sandbox
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
    make = asyncio.create_subprocess_exec

    async def spying(*command: str, env: dict[str, str], **more: object) -> asyncio.subprocess.Process:
        seen.append(env)
        assert "hunter2" not in " ".join(command)
        return await make(sys.executable, "-c", "", env=env, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spying)
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
    assert "it said nothing" not in caught.value.message
    assert str(state) in caught.value.fix
