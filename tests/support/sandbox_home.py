"""A sandbox in a process of its own, a home that points at the sandbox, and the command line as a person calls it."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from json import dumps, loads
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.fork_server import ROOT, ForkedProcess, fork_server
from tests.support.patience import LAST_RESORT
from tui.cli.main import main

Document = dict[str, Any]
"""A JSON object."""


def token_of(state: Path) -> str:
    """Return the token of the control calls of the sandbox that runs on a folder."""
    return str(loads((state / "address.json").read_text("utf-8"))["token"])


@dataclass
class Sandbox:
    """A running sandbox and its control calls. `urls` has an address for each system.

    `token` is what a control call has to have. `since` is the number of the last request that `writes` leaves out.
    """

    urls: dict[str, str]
    process: subprocess.Popen[str]
    token: str
    since: int = 0

    @classmethod
    @contextlib.contextmanager
    def serve(cls, state: Path, *more: str) -> Iterator[Sandbox]:
        """Start a sandbox on the folder `state`, with `more` options, and end it afterwards."""
        command = [
            sys.executable,
            "-m",
            "data.sandbox",
            "--port",
            "0",
            "--state",
            str(state),
            "--until-stdin-closes",
        ]
        process = subprocess.Popen(
            [*command, *more], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            urls = loads(process.stdout.readline())
            yield cls(urls, process, token_of(state))
        finally:
            process.stdin.close()
            process.wait(LAST_RESORT)
            process.stdout.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
    ) -> Any:
        """Make a control call and return the JSON of its reply.

        The client is the standard library's: a call takes it a third of the work that it takes httpx.
        """
        base = urlsplit(self.urls["flex"])
        headers = {"Authorization": f"Bearer {self.token}"}
        body = b""
        if json is not None:
            body, headers["Content-Type"] = dumps(json).encode("ascii"), "application/json"
        query = f"?{urlencode(params)}" if params else ""
        with closing(HTTPConnection(base.hostname or "", base.port, timeout=LAST_RESORT)) as connection:
            connection.request(method, f"/_sandbox/{path}{query}", body, headers)
            reply = connection.getresponse()
            content = reply.read()
        assert reply.status < HTTPStatus.MULTIPLE_CHOICES, f"{method} {path}: {reply.status} {content!r}"
        return loads(content) if content else None

    def reset(self) -> None:
        """Return to the first records and options, without faults; forget all requests so far."""
        self.since = self.ask("POST", "restart")["requests"]

    def forget_requests(self) -> None:
        """Leave the requests so far out of what `requests` and `writes` return."""
        self.since = max(
            (seen["n"] for system in self.urls for seen in self.requests(system)), default=self.since
        )

    def records(self, system: str = "flex") -> dict[str, list[Document]]:
        """Return the records of a system by kind."""
        records: dict[str, list[Document]] = self.ask("GET", f"records/{system}")
        return records

    def faults(self, spec: str) -> None:
        """Replace the fault rules; an empty text has none."""
        self.ask("POST", "faults", json={"spec": spec})

    def carry_out_late(self) -> None:
        """Carry out the one request that the fault `late` keeps back."""
        assert self.ask("POST", "late") == {"carried_out": 1}

    def options(self, system: str, **options: bool | int | str) -> None:
        """Change how a system behaves; lasts until `reset`."""
        self.ask("POST", f"options/{system}", json=options)

    def change(
        self, kind: str, row_id: str, patch: Mapping[str, object], system: str = "brokerengine"
    ) -> None:
        """Change a record as another user of the system would."""
        self.ask("PATCH", f"records/{system}/{kind}/{row_id}", json=patch)

    def requests(self, system: str) -> list[Document]:
        """Return the requests to a system since `since`, oldest first."""
        requests: list[Document] = self.ask("GET", "requests", params={"system": system, "since": self.since})
        return requests

    def writes(self, system: str = "flex") -> list[Document]:
        """Return those requests that write."""
        return [
            seen for seen in self.requests(system) if seen["method"] != "GET" and "token" not in seen["path"]
        ]

    def ours(self, kind: str, ref: str) -> list[Document]:
        """Return FLEX's records of a kind that have our reference."""
        return [row for row in self.records()[kind] if row.get("IntegrationId") == ref]


class TypedLines(io.StringIO):
    """Standard input of somebody at a terminal who types these lines."""

    def isatty(self) -> bool:
        """Return True."""
        return True


_AGENTS = '\nagents.group = "Realtor"\nagents.title_field = "professional_title"'
"""The group and the custom field that the sandbox has for agents."""


@dataclass
class Home:
    """A desk's home folder."""

    path: Path

    @classmethod
    def at(
        cls,
        path: Path,
        sandbox: Sandbox,
        more: str = "",
        settle: float = 0,
        systems: Sequence[str] = ("brokerengine", "flex"),
    ) -> Home:
        """Write a configuration with a profile for a sandbox into a folder. `more` are further lines of it."""
        return cls.with_urls(path, sandbox.urls, more, settle, systems)

    @classmethod
    def with_urls(
        cls,
        path: Path,
        urls: Mapping[str, str],
        more: str = "",
        settle: float = 0,
        systems: Sequence[str] = ("brokerengine", "flex"),
    ) -> Home:
        """Write a configuration like that of `at` for systems at other addresses."""
        path.mkdir(parents=True, exist_ok=True)
        profiles = "\n".join(
            f'[profiles.test.{name.replace("-", "_")}]\nurl = "{urls[name]}"\nclient_id = "sandbox"\n'
            f"settle = {settle}\nrate = 60000\ndeadline = 100{_AGENTS if name.startswith('total') else ''}"
            for name in systems
        )
        head = f'profile = "test"\n[profiles.test]\nworkspace = "test"\noperator = "m.hale"\n{more}\n'
        (path / "config.toml").write_text(head + profiles, "utf-8")
        return cls(path)

    def run(self, *arguments: str) -> tuple[int, Any]:
        """Run a command in this process; return its exit code and its JSON."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*arguments, "--json", "--home", str(self.path)])
        assert not err.getvalue(), err.getvalue()
        return code, loads(out.getvalue())

    def say(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command in this process; return its exit code and what it printed on both streams."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*arguments, "--home", str(self.path)])
        return code, out.getvalue(), err.getvalue()

    def command(self, *arguments: str) -> list[str]:
        """Return the command line that runs a command in an interpreter of its own."""
        return [sys.executable, "-m", "tui.cli", *arguments, "--json", "--home", str(self.path)]

    def spawn(self, *arguments: str, module: str = "tui.cli", **environment: str) -> ForkedProcess:
        """Start a command in a process of its own, with more environment variables."""
        options = [*arguments, "--json", "--home", str(self.path)]
        return fork_server().spawn(module, options, {**os.environ, **environment}, ROOT)
