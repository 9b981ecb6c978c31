"""`brokerdesk serve` in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.fork_server import ROOT
from tests.support.patience import LAST_RESORT


@dataclass
class ServedDesk:
    """A server that runs. `process` is its process; `link` opens the desk in one browser, once."""

    process: asyncio.subprocess.Process
    link: str

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, home: Path, *options: str) -> AsyncIterator[ServedDesk]:
        """Serve the desk of a home on a free port, and end it in order afterwards."""
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "tui.cli",
                "serve",
                "--port",
                "0",
                "--json",
                "--home",
                str(home),
                *options,
            ),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        desk = cls(process, "")
        try:
            desk.link = await desk._next_link()
            yield desk
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), LAST_RESORT)

    async def _next_link(self) -> str:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), LAST_RESORT)
        return str(json.loads(line)["url"])

    async def new_link(self) -> str:
        """Press Enter in the window of the server, and return the address that it prints."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        return await self._next_link()

    @property
    def origin(self) -> str:
        """What the browser calls the origin of the page."""
        return "/".join(self.link.split("/")[:3])

    async def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal, and return the exit code and what was written on stderr."""
        self.process.send_signal(number)
        _, complaints = await asyncio.wait_for(self.process.communicate(), LAST_RESORT)
        assert self.process.returncode is not None
        return self.process.returncode, complaints.decode()
