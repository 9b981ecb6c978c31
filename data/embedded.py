"""The embedded sandbox: starts it as a child that ends with the desk, or attaches to one that runs already."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Final

from core.errors import Unreachable
from core.push.plan import System

READY_WITHIN: Final = 60.0
"""Seconds; the first start seeds, later ones take less than one."""


class EmbeddedSandbox:
    """The four systems on loopback. `urls` gives each system's base address."""

    def __init__(self, urls: dict[System, str], child: asyncio.subprocess.Process | None) -> None:
        self.urls = urls
        self._child = child

    @property
    def started(self) -> bool:
        """True where it is this desk's own child, false where somebody else's was running."""
        return self._child is not None

    async def close(self) -> None:
        """End the child by closing its stdin; one that somebody else started stays."""
        if self._child is None or self._child.returncode is not None:
            return
        if self._child.stdin is not None:
            self._child.stdin.close()
        try:
            async with asyncio.timeout(5):
                await self._child.wait()
        except TimeoutError:
            self._child.kill()
            await self._child.wait()


async def start_sandbox(state: Path, *, cards: int | None = None) -> EmbeddedSandbox:
    """Start the sandbox on a free port, with its state in `state`. Raises `Unreachable` where it does not come up."""
    command = [sys.executable, "-P", "-m", "data.sandbox", "--port", "0", "--state", str(state)]
    if cards is not None:
        command += ["--cards", str(cards)]
    child = await asyncio.create_subprocess_exec(
        *command,
        "--until-stdin-closes",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the desk, which then ends the sandbox in order
        env=_environment(),
    )
    if child.stdout is None or child.stderr is None:
        raise AssertionError("both are pipes")
    try:
        async with asyncio.timeout(READY_WITHIN):
            line = await child.stdout.readline()
    except TimeoutError:
        line = b""
    if urls := _urls(line):
        return EmbeddedSandbox(urls, child)
    if child.returncode is None and not line:
        child.kill()
    said = (await child.stderr.read()).decode("utf-8", "replace").strip()
    await child.wait()
    if "sandbox-busy" in said and (running := _running(state)):
        return EmbeddedSandbox(running, None)
    raise Unreachable(
        "no-sandbox", f"The embedded sandbox did not start ({_last(said)}).", sandbox_folder=state
    )


def _environment() -> dict[str, str]:
    """Give the child this process's code, and none of its secrets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BROKERDESK_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _running(state: Path) -> dict[System, str]:
    try:
        return _urls((state / "address.json").read_bytes())
    except OSError:
        return {}


def _urls(line: bytes) -> dict[System, str]:
    try:
        said = json.loads(line)
        return {system: str(said[system.value]) for system in System}
    except (ValueError, KeyError, TypeError):
        return {}


def _last(said: str) -> str:
    return said.splitlines()[-1][:200] if said else "it said nothing"
