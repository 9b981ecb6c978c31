"""The embedded sandbox: starts it as a child that ends with the desk, or attaches to one that runs already."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from core.errors import Unreachable
from core.push.plan import System
from data.platform.processes import OWN_GROUP
from data.sandbox.users import SandboxUse

READY_WITHIN: Final = 60.0
"""Seconds; the first start seeds, later ones take less than one."""
END_WITHIN: Final = 5.0
"""Seconds that a child has to end once its stdin is closed."""
LOOK_EVERY: Final = 0.05
"""Seconds between two looks for the address of a sandbox that another process is starting."""


class SandboxChild:
    """A sandbox that is this process's own child. Its pipes are read in threads, so that no event loop owns it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def start(cls, state: Path, cards: int | None) -> SandboxChild:
        """Start a child on a free port. Raises `OSError` where no process can be made."""
        command = [sys.executable, "-P", "-m", "data.sandbox", "--port", "0", "--state", str(state)]
        if cards is not None:
            command += ["--cards", str(cards)]
        return cls(
            subprocess.Popen(  # noqa: S603 - our own code
                [*command, "--until-stdin-closes"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                **OWN_GROUP,  # Ctrl-C is for the desk, which then ends the sandbox in order
            )
        )

    async def line(self, within: float) -> bytes:
        """Return the next line of its output; b"" at the end of the output, or after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                return await asyncio.to_thread(_pipe(self._process.stdout).readline)
        except TimeoutError:
            return b""

    async def last_words(self) -> str:
        """End it and return what it wrote on stderr."""
        self._process.kill()
        said = await asyncio.to_thread(_pipe(self._process.stderr).read)
        await asyncio.to_thread(self._process.wait)
        self._close_pipes()
        return said.decode("utf-8", "replace").strip()

    async def end(self) -> None:
        """Close its stdin and wait until it has ended, or until it says that others use it: then it stays."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(OSError):
            _pipe(self._process.stdin).close()
        if await self.line(END_WITHIN):
            self._process.returncode = 0  # nobody waits for it any more; it ends with the last of its users
        else:
            self._process.kill()  # does nothing to one that has ended
            await asyncio.to_thread(self._process.wait)
        self._close_pipes()

    def abandon(self) -> None:
        """End it at once, where nothing may wait."""
        self._process.kill()
        self._process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                _pipe(pipe).close()


class EmbeddedSandbox:
    """The four systems on loopback. `urls` gives each system's base address.

    It is this process's own `child`, or another process's, in which case `use` keeps it there.
    """

    def __init__(
        self, urls: dict[System, str], child: SandboxChild | None, use: SandboxUse | None = None
    ) -> None:
        self.urls = urls
        self._child = child
        self._use = use

    @property
    def started(self) -> bool:
        """True where it is this desk's own child, false where somebody else's was running."""
        return self._child is not None

    async def close(self) -> None:
        """End the child, unless others use it; let go of one that somebody else started."""
        if self._child is not None:
            await self._child.end()
        if self._use is not None:
            self._use.end()


_begun: dict[Path, SandboxChild] = {}
"""The children that were begun early and that no `start_sandbox` has taken over yet."""


def begin_sandbox(state: Path) -> None:
    """Start the child that `start_sandbox` will need, unless a sandbox runs already. Blocks for some milliseconds.

    The child gets ready while this process does other work. A child that nobody takes over ends with this process. If
    no process can be made, `start_sandbox` says so.
    """
    if state not in _begun and not _is_running(state):
        with contextlib.suppress(OSError):
            _begun[state] = SandboxChild.start(state, None)


async def start_sandbox(state: Path, *, cards: int | None = None) -> EmbeddedSandbox:
    """Start the sandbox on a free port, with its state in `state`, or attach to the one that runs there.

    Where another process is starting it, wait for that one. Raises `Unreachable` where none comes up.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + READY_WITHIN
    while True:
        # A child of our own is taken over also once it serves: only whoever has it can wait for its end.
        has_begun = cards is None and state in _begun
        if not has_begun and await asyncio.to_thread(_is_running, state):
            running = await _attached(state, until)
            if running is not None:
                return running
        started = await _started(state, cards, until - clock())
        if isinstance(started, EmbeddedSandbox):
            return started
        if started.code != "sandbox-busy":
            raise started.error(state)
        if (other := await _attached(state, until)) is not None:
            return other
        if clock() >= until:
            raise Unreachable(
                "no-sandbox",
                "Another process uses the sandbox of this home, and its sandbox does not answer.",
                when="another process has it",
            )


@dataclass(frozen=True)
class _Refusal:
    """What a child said before it ended. The texts are "" if it said nothing that can be shown."""

    code: str = ""
    message: str = ""
    fix: str = ""

    def error(self, state: Path) -> Unreachable:
        if not self.message:
            return Unreachable(
                "no-sandbox",
                "The embedded sandbox did not start, and did not say why.",
                sandbox_folder=state,
            )
        return Unreachable(
            "no-sandbox",
            f"The embedded sandbox did not start. {self.message}",
            when="the sandbox says why",
            advice=self.fix.rstrip("."),
        )


async def _started(state: Path, cards: int | None, within: float) -> EmbeddedSandbox | _Refusal:
    """Start a child and wait `within` seconds until it serves. Return it, or why it does not."""
    try:
        child = _begun.pop(state, None) if cards is None else None
        if child is None:
            child = await asyncio.to_thread(SandboxChild.start, state, cards)
    except OSError:
        return _Refusal()
    try:
        if urls := _urls(await child.line(within)):
            return EmbeddedSandbox(urls, child)
        return _refusal(await child.last_words())
    except BaseException:
        child.abandon()
        raise


async def _attached(state: Path, until: float) -> EmbeddedSandbox | None:
    """Wait for the sandbox that another process has; None if that process lets go of the folder, or after `until`.

    From the first look on, that sandbox stays for us, whatever becomes of the process that started it.
    """
    clock = asyncio.get_running_loop().time
    use = SandboxUse(state)
    with contextlib.suppress(OSError):  # one that can't be kept there may still be used
        await asyncio.to_thread(use.begin)
    try:
        while clock() < until:
            urls = _running(state)
            answers = bool(urls) and await asyncio.to_thread(_answers, urls)
            if answers:
                return EmbeddedSandbox(urls, None, use)
            if not await asyncio.to_thread(_is_taken, state):
                break
            await asyncio.sleep(LOOK_EVERY)
    except BaseException:
        use.end()
        raise
    use.end()
    return None


def _environment() -> dict[str, str]:
    """Give the child this process's code, and none of its secrets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BROKERDESK_")}
    path = os.pathsep.join(path for path in sys.path if path)
    return {**kept, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}


def _is_running(state: Path) -> bool:
    """Return True if a sandbox serves the folder. A child that is started only to find that out takes 0.1 s.

    The address is looked at first, because a look at the lock holds the lock for a moment.
    """
    return bool(_running(state)) and _is_taken(state)


def _running(state: Path) -> dict[System, str]:
    try:
        return _urls((state / "address.json").read_bytes())
    except OSError:
        return {}


def _answers(urls: dict[System, str]) -> bool:
    """Return True if something listens there: the file may be from a process that was killed."""
    url = urlsplit(urls[System.FLEX])
    try:
        socket.create_connection((url.hostname or "", url.port or 0), timeout=1.0).close()
    except (OSError, ValueError):
        return False
    return True


def _is_taken(state: Path) -> bool:
    """Return True if a sandbox holds the folder."""
    lock = FileLock(state / "lock", mode=0o600, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def _urls(line: bytes) -> dict[System, str]:
    try:
        said = json.loads(line)
        return {system: str(said[system.value]) for system in System}
    except (ValueError, KeyError, TypeError):
        return {}


def _refusal(said: str) -> _Refusal:
    """Return what a child said, from the one JSON line that it ends with. Anything else is for programmers."""
    try:
        error = json.loads(said.splitlines()[-1])["error"]
        return _Refusal(*(str(error[name]) for name in ("code", "message", "fix")))
    except (ValueError, LookupError, TypeError):
        return _Refusal()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError("each is a pipe")
    return pipe
