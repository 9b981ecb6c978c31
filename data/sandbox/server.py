"""Puts the sandbox together and runs it: the app over a state folder, and the process around the app.

What only a first start or a running server needs is imported there, so that a second start is quick.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from data.platform.sockets import bind_alone
from data.private_files import replaced_file
from data.sandbox.control import Control
from data.sandbox.faults import Faults, FaultSpecError
from data.sandbox.gate import Gate, Message, Receive, RequestLog, Send
from data.sandbox.store import Store
from data.sandbox.systems.api import Clock, SandboxSystem
from data.sandbox.systems.brokerengine import SandboxBrokerEngine
from data.sandbox.systems.flex import SandboxFlex
from data.sandbox.systems.simplenexus import SandboxSimpleNexus
from data.sandbox.systems.total_expert import SandboxTotalExpert
from data.sandbox.users import is_used

if TYPE_CHECKING:
    import uvicorn

HOST = "127.0.0.1"
DEFAULT_CARDS = 48
DEFAULT_CONTACTS = 200
DEFAULT_OFFICERS = 4
FEWEST_OFFICERS, MOST_OFFICERS = 2, 1_000
DEFAULT_SEED = 20260301
# What may stand behind a name: add a System here and its records, faults, log and address are there.
OFFERED: tuple[type[SandboxSystem], ...] = (
    SandboxBrokerEngine,
    SandboxFlex,
    SandboxSimpleNexus,
    SandboxTotalExpert,
)
NAMES = tuple(system.name for system in OFFERED)
_DATABASE = "sandbox.sqlite"
_LOOK_EVERY = 0.2
"""Seconds between two looks whether other processes still use a sandbox whose own parent has gone."""
_FORM, _FORM_OF_TODAY = "form", 2
"""The counter that says in which form a state folder is kept."""


class SandboxError(Exception):
    """The sandbox can't start: a stable code, what happened, what to do, and the exit code."""

    def __init__(self, code: str, message: str, fix: str, exit_code: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix
        self.exit_code = exit_code


class SandboxApp:
    """The ASGI app over one state folder. `end` before the server shuts down, `close` after it.

    A control call has to bear `control_token`.
    """

    def __init__(self, store: Store, gate: Gate, control_token: str) -> None:
        self._store = store
        self._gate = gate
        self.control_token = control_token

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; handed on with the server's own `receive`."""
        await self._gate(scope, receive, send)

    def end(self) -> None:
        """Let go of the requests that hang. On the loop only."""
        self._gate.end()

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()


def make_app(
    state_dir: Path,
    *,
    seed: int = DEFAULT_SEED,
    cards: int = DEFAULT_CARDS,
    contacts: int = DEFAULT_CONTACTS,
    officers: int = DEFAULT_OFFICERS,
    insights: int | None = None,
    faults: str = "",
    clock: Clock = time.time,
) -> SandboxApp:
    """Return the app over a state folder, which is seeded if it holds nothing yet.

    `contacts` is how many people the contact systems will hold, `officers` how many loan officers and users, `insights`
    how many insights (None for a single one); `clock` gives epoch seconds. Raises FaultSpecError
    for a bad fault spec, OSError or sqlite3.Error for a folder that can't be used. One app per folder at a time.
    """
    rules = Faults(faults, seed, clock)
    make_folder(state_dir)
    store = Store(state_dir / _DATABASE)
    seeding = Seeding(store, seed, SeedSizes(cards, contacts, officers, insights))
    systems = {system.name: system(store, clock) for system in OFFERED}
    if store.empty():
        seeding.run()
    else:
        _bring_up_to_date(store, systems)
    gate = Gate(systems, rules, RequestLog())
    token = secrets.token_urlsafe(32)
    gate.control = Control(gate, seeding.run, seed, token).answer
    return SandboxApp(store, gate, token)


@dataclass(frozen=True, slots=True)
class SeedSizes:
    """How much a first start writes. Without a number of insights there is a single one."""

    cards: int = DEFAULT_CARDS
    contacts: int = DEFAULT_CONTACTS
    officers: int = DEFAULT_OFFICERS
    insights: int | None = None


_LARGEST_COPY = 4 << 20
"""Bytes of seeded records that are kept in memory, so that they need not be drawn again at a reset."""


class Seeding:
    """How a store is filled: the seed number and the sizes."""

    def __init__(self, store: Store, seed: int, sizes: SeedSizes) -> None:
        self._store = store
        self._seed = seed
        self._sizes = sizes

    def run(self) -> None:
        """Wipe the store and fill it, in one transaction. What was drawn once is not drawn again."""
        if not self._store.recall():
            self._draw()
            self._store.remember(_LARGEST_COPY)
        self._store.compact()

    def _draw(self) -> None:
        from data.sandbox.seeding.cards import seed  # noqa: PLC0415 - needed at the first start only
        from data.sandbox.seeding.contacts import seed_us  # noqa: PLC0415 - likewise

        with self._store.transaction(), self._store.bulk():
            self._store.wipe()
            seed(self._store, self._seed, self._sizes.cards)
            seed_us(self._store, self._seed, self._sizes.contacts, self._sizes.officers, self._sizes.insights)
            self._store.set_number(_FORM, _FORM_OF_TODAY)
        SandboxBrokerEngine(self._store, time.time).keep_summaries()


def _bring_up_to_date(store: Store, systems: dict[str, SandboxSystem]) -> None:
    """Make the records of an older sandbox findable by what this one looks for. The records stay as they are."""
    if store.number(_FORM) == _FORM_OF_TODAY:
        return
    with store.transaction():
        for name in ("simplenexus", "total-expert"):
            for kind, records in systems[name].records().items():
                for record in records:
                    # The vendor's own `change` would tell subscribers.
                    SandboxSystem.change(systems[name], kind, str(record["id"]), record)
        store.set_number(_FORM, _FORM_OF_TODAY)


def listening_socket(port: int) -> socket.socket:
    """Return a bound loopback socket (port 0: any free one). Raises SandboxError where the port can't be had."""
    # With the protocol named, asyncio sets TCP_NODELAY on what it accepts; without, each reply may wait 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bind_alone(listener, (HOST, port))
        # Listening from here on: a second sandbox on the same port fails now, not after its seeding.
        listener.listen(2048)
    except OverflowError:
        listener.close()
        raise SandboxError("usage", f"{port} isn't a port.", "Give a port from 0 to 65535.", 2) from None
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            fix = "Give another --port, or 0 for any free one."
            raise SandboxError("port-in-use", f"Port {port} can't be used.", fix, 3) from None
        raise
    return listener


def addresses(listener: socket.socket) -> dict[str, str]:
    """Return the base URL of each system on a bound socket."""
    port = listener.getsockname()[1]
    return {name: f"http://{HOST}:{port}/{name}" for name in NAMES}


def make_server(app: SandboxApp, when_ready: Callable[[], None]) -> uvicorn.Server:
    """Return a quiet server for the app that tells when it is ready and ends quickly, whatever hangs."""
    import uvicorn  # noqa: PLC0415 - not needed to refuse a wrong call

    class QuickServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            when_ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.end()
            await super().shutdown(sockets)

    config = uvicorn.Config(
        app,
        interface="asgi3",
        http="h11",
        ws="none",
        lifespan="off",
        loop="data.platform.loops:new_loop",
        # No log of requests: they hold people's names.
        log_config=None,
        log_level=logging.CRITICAL + 1,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return QuickServer(config)


def serve(
    port: int,
    state: Path,
    sizes: SeedSizes | None = None,
    seed: int = DEFAULT_SEED,
    faults: str = "",
    until_stdin_closes: bool = False,
) -> int:
    """Run the sandbox in this process until it is told to end; gives the exit code.

    Prints one JSON line with the addresses on stdout when it is ready, one with the error on stderr when it
    can't start: 2 usage, 3 the port can't be had, 4 the state folder can't be used or is in use. To be called
    from the main thread of a process of its own: it takes over its signals and silences its logging.
    """
    try:
        run(port, state, sizes, seed, faults, until_stdin_closes)
    except SandboxError as error:
        return complain(error)
    return 0


def run(
    port: int,
    state: Path,
    sizes: SeedSizes | None = None,
    seed: int = DEFAULT_SEED,
    faults: str = "",
    until_stdin_closes: bool = False,
) -> None:
    """Run the sandbox as `serve` does. Raises `SandboxError` if it can't start."""
    logging.disable(logging.CRITICAL)
    with contextlib.suppress(_EndError), _told_to_end(), _stdin_watched(until_stdin_closes, state):
        _serve(port, state, sizes or SeedSizes(), seed, faults)


def complain(error: SandboxError) -> int:
    """Write the error as one JSON line on stderr; gives its exit code."""
    line = {"error": {"code": error.code, "message": error.message, "fix": error.fix}}
    sys.stderr.write(json.dumps(line) + "\n")
    return error.exit_code


def make_folder(state: Path) -> None:
    """Make the state folder, for the owner only. A folder that is there with other things in it keeps its mode."""
    fresh = not state.exists()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if fresh or (state / _DATABASE).exists() or not any(state.iterdir()):
        state.chmod(0o700)


class _EndError(BaseException):
    """Someone wants the process to end."""


def _serve(port: int, state: Path, sizes: SeedSizes, seed: int, faults: str) -> None:
    import sqlite3  # noqa: PLC0415 - for the name of its error

    _check_numbers(port, sizes)
    try:
        Faults(faults, seed)
    except FaultSpecError as error:
        raise SandboxError(
            "usage",
            str(error),
            "A rule is FAULT[=ARG] [METHOD] [/path] [*N, N% or Ns], as in: drop-reply POST /flex *1",
            2,
        ) from None
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_locked(state))
            (state / "address.json").unlink(missing_ok=True)
            listener = stack.enter_context(listening_socket(port))
            app = make_app(
                state,
                seed=seed,
                cards=sizes.cards,
                contacts=sizes.contacts,
                officers=sizes.officers,
                insights=sizes.insights,
                faults=faults,
            )
        except (OSError, sqlite3.Error) as error:
            raise _unusable(state, error) from None
        stack.callback(app.close)
        stack.callback((state / "address.json").unlink, missing_ok=True)
        where = addresses(listener)
        make_server(app, lambda: _announce(state, where, app.control_token)).run(sockets=[listener])


def _unusable(state: Path, error: Exception) -> SandboxError:
    """Return why the state folder can't be used. No advice here costs the records that are in the folder."""
    number = getattr(error, "errno", None)
    name = getattr(error, "sqlite_errorname", "")
    fix = "Name another folder: --home DIR for the desk, --state DIR for the sandbox alone."
    if number in (errno.ENOSPC, errno.EDQUOT) or name == "SQLITE_FULL":
        message, fix = f"The disk of {state} is full.", "Make room on that disk, then start again."
    elif number in (errno.EACCES, errno.EPERM, errno.EROFS) or name.startswith("SQLITE_READONLY"):
        message = f"Your account can't write to {state}."
    elif number in (errno.EEXIST, errno.ENOTDIR):
        message = f"{state} can't be a folder: a file is in the way."
    elif name in ("SQLITE_CORRUPT", "SQLITE_NOTADB"):
        message = f"The sandbox's records in {state} are damaged."
        fix = f"Give the folder another name, which keeps what is in it. A new sandbox begins then. {fix}"
    else:
        message = f"{state} can't be used for the sandbox's records."
    return SandboxError("state-unusable", message, fix, 4)


def _check_numbers(port: int, sizes: SeedSizes) -> None:
    for name, value, least, most in (
        ("port", port, 0, 65535),
        ("cards", sizes.cards, 0, 1_000_000),
        ("contacts", sizes.contacts, 0, 1_000_000),
        ("officers", sizes.officers, FEWEST_OFFICERS, MOST_OFFICERS),
        ("insights", sizes.insights or 0, 0, 1_000_000),
    ):
        if not least <= value <= most:
            raise SandboxError("usage", f"--{name} {value} is out of range.", f"Give {least} to {most}.", 2)


def _announce(state: Path, where: dict[str, str], token: str) -> None:
    """Tell the addresses on stdout, and in a file that only the owner can read, which has the control token too."""
    with replaced_file(state / "address.json") as file:
        file.write(json.dumps({**where, "pid": os.getpid(), "token": token}).encode("utf-8"))
    # A reader that has gone is no reason to end: whoever wants the address has the file.
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(json.dumps(where) + "\n")
        sys.stdout.flush()


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - not needed to refuse a wrong call

    make_folder(state)
    lock = FileLock(state / "lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        fix = "Use the running one (its address is in address.json in that folder), or give another --state."
        raise SandboxError("sandbox-busy", "Another sandbox runs on this state folder.", fix, 4) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _told_to_end() -> Iterator[None]:
    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        # Told once is enough: a second signal must not break into the tidying up.
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise _EndError

    names = ("SIGTERM", "SIGINT", "SIGBREAK")  # the last is Ctrl-Break, on Windows alone
    before = {number: signal.getsignal(number) for name in names if (number := getattr(signal, name, None))}
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _stdin_watched(watched: bool, state: Path) -> Iterator[None]:
    """While inside, the end of stdin counts as SIGTERM: a parent that dies, however it dies, closes it.

    The sandbox stays for as long as other processes use it.
    """
    if watched:
        threading.Thread(target=_end_with_stdin, args=(state,), daemon=True).start()
    yield


def _end_with_stdin(state: Path) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    if is_used(state):
        with contextlib.suppress(OSError, ValueError):  # the parent may have gone
            sys.stdout.write('{"stays": true}\n')
            sys.stdout.flush()
    _wait_for_users(state)
    signal.raise_signal(signal.SIGTERM)  # Windows has no other way to signal its own process


def _wait_for_users(state: Path) -> None:
    """Wait until no other process uses the sandbox.

    A process that begins to use it reads the address after it has said so. So the address goes first: who has said so
    by then is seen here, and who says so later finds no address, and starts a sandbox of its own.
    """
    address = state / "address.json"
    while True:
        while is_used(state):
            time.sleep(_LOOK_EVERY)
        try:
            content = address.read_bytes()
            address.unlink()
        except OSError:
            return
        if not is_used(state):
            return
        with contextlib.suppress(OSError), replaced_file(address) as file:
            file.write(content)
