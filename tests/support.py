"""A sandbox in a process of its own, a home that points at it, and the command line as a person calls it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tui.cli import main

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Sandbox:
    """The sandbox, and what can be asked of it from outside."""

    urls: dict[str, str]
    process: subprocess.Popen[str]
    since: int = 0

    @classmethod
    @contextlib.contextmanager
    def serve(cls, state: Path, *more: str) -> Iterator[Sandbox]:
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
            yield cls(json.loads(process.stdout.readline()), process)
        finally:
            process.stdin.close()
            process.wait(10)
            process.stdout.close()

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        base = self.urls["flex"].removesuffix("/flex")
        reply = httpx.request(method, f"{base}/_sandbox/{path}", trust_env=False, timeout=30, **options)
        reply.raise_for_status()
        return reply.json() if reply.content else None

    def reset(self) -> None:
        self.faults("")
        self._ask("POST", "reset")
        self.since = max(
            (one["n"] for system in self.urls for one in self._requests(system)), default=self.since
        )

    def records(self, system: str = "flex") -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = self._ask("GET", f"records/{system}")
        return found

    def faults(self, spec: str) -> None:
        self._ask("POST", "faults", json={"spec": spec})

    def options(self, system: str, **options: Any) -> None:
        self._ask("POST", f"options/{system}", json=options)

    def change(self, kind: str, row_id: str, patch: dict[str, Any], system: str = "brokerengine") -> None:
        self._ask("PATCH", f"records/{system}/{kind}/{row_id}", json=patch)

    def _requests(self, system: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask(
            "GET", "requests", params={"system": system, "since": self.since}
        )
        return found

    def writes(self, system: str = "flex") -> list[dict[str, Any]]:
        return [
            one for one in self._requests(system) if one["method"] != "GET" and "token" not in one["path"]
        ]

    def ours(self, kind: str, ref: str) -> list[dict[str, Any]]:
        return [row for row in self.records()[kind] if row.get("IntegrationId") == ref]


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
        path.mkdir(parents=True, exist_ok=True)
        systems = "\n".join(
            f'[profiles.test.{name.replace("-", "_")}]\nurl = "{sandbox.urls[name]}"\nclient_id = "sandbox"\n'
            f"settle = {settle}\nrate = 60000\ndeadline = 5"
            for name in systems
        )
        head = f'profile = "test"\n[profiles.test]\nworkspace = "test"\noperator = "m.hale"\n{more}\n'
        (path / "config.toml").write_text(head + systems, "utf-8")
        return cls(path)

    def run(self, *arguments: str) -> tuple[int, Any]:
        """Run a command in this process; gives its exit code and its JSON."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*arguments, "--json", "--home", str(self.path)])
        assert not err.getvalue(), err.getvalue()
        return code, json.loads(out.getvalue())

    def say(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command in this process; gives its exit code and what it printed on both streams."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*arguments, "--home", str(self.path)])
        return code, out.getvalue(), err.getvalue()

    def command(self, *arguments: str, module: str = "tui.cli") -> list[str]:
        """Give the command line that runs a command in a process of its own."""
        return [sys.executable, "-m", module, *arguments, "--json", "--home", str(self.path)]

    def spawn(self, *arguments: str, module: str = "tui.cli", **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments, module=module),
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
