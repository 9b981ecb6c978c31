"""Start Python modules in processes of their own without a new interpreter: each is forked from a warm process.

The warm process (`python -m tests.support.fork_server FD`) has imported the command line and starts no thread. For each
request it forks a child, which takes over the arguments, environment, folder and pipes of the request and then runs the
module as `python -m MODULE` does. A child is a real process: it can be killed with `kill -9` at any point, and shares
no memory with the test. Imports are the only work that a child does not do itself.

The warm process keeps the code that it imported first. Mutation tests, which change code on disk, must not use it.
"""

from __future__ import annotations

import array
import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO, cast

from tests.support.patience import LAST_RESORT

ROOT = Path(__file__).resolve().parents[2]
WARM = ("core", "data", "tui.cli.commands", "tui.wiring", "tui.cli.main", "tui.cli.run")
_LONGEST = 1 << 20
_CHANNELS = 3


@dataclass
class ForkedProcess:
    """A process that the warm process forked. Its methods and fields mean what those of `subprocess.Popen` mean."""

    pid: int
    stdout: TextIO
    stderr: TextIO
    _status: IO[bytes]
    returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        if self.returncode is not None:
            return self.returncode
        with selectors.DefaultSelector() as ready:
            ready.register(self._status, selectors.EVENT_READ)
            return self.wait() if ready.select(0) else None

    def wait(self, timeout: float = LAST_RESORT) -> int:
        """Wait for the end and return the exit code. Raise TimeoutExpired after `timeout` seconds."""
        if self.returncode is None:
            with selectors.DefaultSelector() as ready:
                ready.register(self._status, selectors.EVENT_READ)
                if not ready.select(timeout):
                    raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            self.returncode = os.waitstatus_to_exitcode(int(self._status.readline()))
            self._status.close()
        return self.returncode

    def communicate(self, timeout: float = LAST_RESORT) -> tuple[str, str]:
        """Read both outputs to their ends, wait for the process, and return what it printed.

        Raise TimeoutExpired where nothing is printed for `timeout` seconds and the outputs stay open.
        """
        printed: dict[TextIO, bytes] = {self.stdout: b"", self.stderr: b""}
        with selectors.DefaultSelector() as ready:
            for output in printed:
                if not output.closed:
                    ready.register(output, selectors.EVENT_READ, output)
            while ready.get_map():
                keys = ready.select(timeout)
                if not keys:
                    raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
                for key, _ in keys:
                    piece = os.read(key.fd, 1 << 16)
                    printed[key.data] += piece
                    if not piece:
                        ready.unregister(key.fileobj)
        for output in printed:
            output.close()
        self.wait(timeout)
        out, err = (text.decode() for text in printed.values())
        return out, err

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to end (SIGTERM)."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process at once (SIGKILL)."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The warm process, seen from the tests. One for each process that runs tests: see `fork_server`."""

    def __init__(self) -> None:
        self._socket, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._one_at_a_time = threading.Lock()
        with its_end:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.fork_server", str(its_end.fileno())],
                cwd=ROOT,
                pass_fds=[its_end.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in the terminal of the tests is not meant for it
            )

    def spawn(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> ForkedProcess:
        """Start `python -m module arguments`; `environment` is the whole environment, `folder` where it starts."""
        request = {"module": module, "arguments": list(arguments), "environment": dict(environment)}
        text = json.dumps({**request, "folder": str(folder)}).encode() + b"\n"
        pipes = [os.pipe() for _ in range(_CHANNELS)]
        try:
            with self._one_at_a_time:
                self._socket.sendmsg([text[:1]], [_descriptors(theirs for _, theirs in pipes)])
                self._socket.sendall(text[1:])
                pid = int(_line(self._socket))
        finally:
            for _, theirs in pipes:
                os.close(theirs)
        out, err, status = (ours for ours, _ in pipes)
        return ForkedProcess(pid, _text(out), _text(err), open(status, "rb", buffering=0))

    def close(self) -> None:
        """End the warm process, and with it every child that still runs."""
        self._socket.close()
        self._process.wait(LAST_RESORT)


class InterpreterStarter(ForkServer):
    """Starts an interpreter for each process, on Windows, which can't fork. Only that takes longer."""

    def __init__(self) -> None:
        """Begin with nothing: there is no warm process."""

    def spawn(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> ForkedProcess:
        """Start `python -m module arguments`."""
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        return cast("ForkedProcess", process)  # it has the same methods and fields

    def close(self) -> None:
        """Do nothing: each process belongs to its test."""


@functools.cache
def fork_server() -> ForkServer:
    """Return the warm process of this process. It starts at the first call and ends with this process."""
    server = ForkServer() if hasattr(os, "fork") else InterpreterStarter()
    atexit.register(server.close)
    return server


@dataclass(frozen=True)
class _Request:
    """What a child is to run, and its descriptors: standard output, standard error, status."""

    module: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    descriptors: list[int]


def _descriptors(numbers: Iterable[int]) -> tuple[int, int, array.array[int]]:
    return (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", numbers))


def _text(number: int) -> TextIO:
    return open(number, encoding="utf-8")


def _line(connection: socket.socket) -> bytes:
    """Read one line; empty where the other side is gone."""
    text = b""
    while not text.endswith(b"\n"):
        piece = connection.recv(_LONGEST)
        if not piece:
            return b""
        text += piece
    return text


def _received(connection: socket.socket) -> _Request | None:
    """Read one request; None where the tests are gone."""
    first, numbers, _, _ = socket.recv_fds(connection, 1, _CHANNELS)
    rest = _line(connection) if first else b""
    return _Request(**json.loads(first + rest), descriptors=numbers) if rest else None


def _import_everything() -> None:
    """Import all modules that a command may import."""
    for name in WARM:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{name}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def _serve(connection: socket.socket) -> _Request | None:
    """Fork a child for each request. Return the request in the child, and None when the tests are gone."""
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    children: dict[int, int] = {}
    with selectors.DefaultSelector() as ready:
        ready.register(connection, selectors.EVENT_READ)
        ready.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fd == woken:
                    os.read(woken, 1 << 10)
                    _reap(children)
                    continue
                request = _received(connection)
                if request is None:
                    for pid in children:
                        os.kill(pid, signal.SIGKILL)
                    return None
                out, err, status = request.descriptors
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    _answer_signals_as_at_a_terminal()
                    for number in (woken, wake, status, *children.values()):
                        os.close(number)
                    connection.close()
                    return request
                children[pid] = status
                os.close(out)
                os.close(err)
                connection.sendall(f"{pid}\n".encode())


def _answer_signals_as_at_a_terminal() -> None:
    """Give a child the usual answers to signals. A shell that starts the tests in the background ignores some."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def _reap(children: dict[int, int]) -> None:
    """Tell the tests how each child ended that has ended."""
    for pid, status in list(children.items()):
        ended, how = os.waitpid(pid, os.WNOHANG)
        if ended:
            with suppress(BrokenPipeError):
                os.write(status, f"{how}\n".encode())
            os.close(children.pop(pid))


def _become(request: _Request) -> None:
    """Take over what the request gives, then run its module as the main program."""
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(request.folder)
    out, err, _ = request.descriptors
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = open(number, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115 - open for as long as the process
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.path[0] = request.folder  # as after `python -m`
    sys.argv = [request.module, *request.arguments]
    sys.modules.pop(request.module, None)  # runpy warns where the module to run is imported already
    runpy.run_module(request.module, run_name="__main__", alter_sys=True)


def main(number: int) -> None:
    """Be the warm process on the socket `number`; in each child, be the module of the request."""
    _import_everything()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=number) as connection:
        request = _serve(connection)
    if request is not None:
        _become(request)


if __name__ == "__main__":
    main(int(sys.argv[1]))
