"""Runs one PostgreSQL server for a whole run of tests, and ends it when that run is over, however it ends.

Run as a process of its own: `python -m tests.support.postgres_keeper FOLDER PACKAGE`. It makes a server in FOLDER from
the binaries of PACKAGE, writes `started` there when the server answers, and waits until it gets the lock of the run,
which the process that runs the tests holds as long as it lives. Then it ends the server and removes FOLDER. PostgreSQL
refuses to run as root: it runs as nobody then.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

SETTINGS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "24MB",
    "max_connections": "120",
    "max_wal_size": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_min_messages": "fatal",
    "timezone": "UTC",
}
"""A server that is fast to start and stop. Nothing that it holds outlives a run of tests."""
FOLDER: Final = "BROKERDESK_TEST_POSTGRES"
"""The variable with the folder in which the servers of a run are. The workers of pytest-xdist inherit it."""
_LOOK_EVERY: Final = 0.2
WINDOWS: Final = sys.platform == "win32"


def binaries(package: str) -> Path:
    """Return the folder with `initdb` and `postgres` of an installed package. The package is not imported."""
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"{package} is not installed"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


def as_nobody() -> dict[str, Any]:
    """Return how `subprocess` starts a process that must not be root; nothing where we are not root."""
    if WINDOWS or os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}


class Server:
    """A server of PostgreSQL as a child of this process, in a folder that only it uses."""

    def __init__(self, folder: Path, package: str, **settings: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self._bin = binaries(package) if package else Path()
        self._settings = SETTINGS | settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Return how the server is reached, without a database."""
        where = "127.0.0.1" if WINDOWS else str(self.folder)
        return f"host={where} port={self.port} user=desk"

    def make(self) -> None:
        """Make the files of the server."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if as_nobody():
            shutil.chown(self.folder, "nobody", "nogroup")
            if not self._can_be_run():  # a folder above is closed to others
                self._bin = Path(shutil.copytree(self._bin.parent, self.folder / "pginstall")) / "bin"
        command = (
            self._bin / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            "desk",
            "-A",
            "trust",
            "-E",
            "UTF8",
        )
        options = ("--locale=C", "--no-sync", "--no-instructions")
        subprocess.run((*command, *options), check=True, capture_output=True, cwd=self.folder, **as_nobody())

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        where = () if WINDOWS else ("-k", self.folder)
        listen = "127.0.0.1" if WINDOWS else ""
        self._process = subprocess.Popen(
            (
                self._bin / "postgres",
                "-D",
                self.folder / "data",
                "-p",
                str(self.port),
                "-h",
                listen,
                *where,
                *options,
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("ab"),
            cwd=self.folder,
            **as_nobody(),
        )
        import psycopg  # noqa: PLC0415 - the process that runs the tests does without

        for _ in range(600):
            assert self._process.poll() is None, (self.folder / "log").read_text("utf-8", "replace")
            with suppress(psycopg.OperationalError):
                psycopg.connect(f"{self.dsn} dbname=postgres", connect_timeout=2).close()
                return
            time.sleep(0.05)
        raise AssertionError("PostgreSQL did not start")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT closes its connections, SIGQUIT ends it as a crash would."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate() if WINDOWS else process.send_signal(how)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def remove(self) -> None:
        """Remove the files of a server that was stopped."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def standby(self) -> Server:
        """Return a server that follows this one, which runs. It is made from a copy, and not started yet."""
        other = Server(self.folder.with_name(f"{self.folder.name}-standby"), "", **self._settings)
        other._bin = self._bin
        other.folder.mkdir(parents=True, exist_ok=True)
        if as_nobody():
            shutil.chown(other.folder, "nobody", "nogroup")
        command = (
            self._bin / "pg_basebackup",
            "-D",
            other.folder / "data",
            "-d",
            self.dsn,
            "-R",
            "-c",
            "fast",
        )
        subprocess.run(
            (*command, "--no-sync"), check=True, capture_output=True, cwd=other.folder, **as_nobody()
        )
        return other

    def promote(self) -> None:
        """Let a standby take over, and wait until it has."""
        command = (self._bin / "pg_ctl", "-D", self.folder / "data", "promote", "-w")
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **as_nobody())

    def _can_be_run(self) -> bool:
        try:
            subprocess.run(
                (self._bin / "postgres", "-V"), check=True, capture_output=True, cwd="/", **as_nobody()
            )
        except (OSError, subprocess.CalledProcessError):
            return False
        return True


def _free_port() -> int:
    """Return a port that is free now. Where sockets are files it is only a part of their name."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def lock_of(root: Path) -> FileLock:
    """Return the lock that the process which runs the tests holds."""
    return FileLock(root / "run.lock", thread_local=False)


class ServersOfRun:
    """The folder of the servers of one run of tests. Is held by the process that runs the tests."""

    def __init__(self) -> None:
        # The name of a socket has 107 characters at most, so the folder is not below that of a test.
        self._root = Path(tempfile.mkdtemp(prefix="pg-"))
        self._root.chmod(0o755)
        self._lock = lock_of(self._root)
        self._lock.acquire()
        os.environ[FOLDER] = str(self._root)

    def end(self) -> None:
        """End the servers, if a test has started them. They end by themselves if this process is killed."""
        started = [path for path in self._root.iterdir() if path.is_dir()]
        self._lock.release()
        deadline = time.monotonic() + 30
        while any(path.exists() for path in started) and time.monotonic() < deadline:
            time.sleep(0.02)
        shutil.rmtree(self._root, ignore_errors=True)


def keep(folder: Path, package: str) -> None:
    """Run a server until the run is over or a signal comes."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())
    server = Server(folder, package)
    try:
        server.make()
        server.start()
        draft = folder / "started.new"
        draft.write_text(server.dsn)
        draft.rename(folder / "started")
        with lock_of(folder.parent).acquire(poll_interval=_LOOK_EVERY):
            pass
    finally:
        server.stop(signal.SIGTERM if WINDOWS else signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), sys.argv[2])
