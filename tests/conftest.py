"""What every test shares: nothing beyond loopback can be reached, and a sandbox on real HTTP where one is asked for."""

from __future__ import annotations

import gc
import importlib
import ipaddress
import itertools
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from data.vendors.http import drift
from tests.contracts import traffic
from tests.contracts.recording import traffic_recorder
from tests.contracts.watch import contracts_kept  # noqa: F401 - a fixture for every test
from tests.support.few_contacts import FEW
from tests.support.frames import draw_no_frames_for_nobody
from tests.support.postgres_keeper import ServersOfRun
from tests.support.sandbox_home import Home, Sandbox

# The same cases in every run. A busy machine makes any case slow.
settings.register_profile(
    "steady", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


_NUMBERS = itertools.count(1)
"""The numbers of the homes of tests without a folder of their own."""


def pytest_configure(config: pytest.Config) -> None:
    """Let every process of the tests record what it sends to SimpleNexus and Total Expert."""
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist inherit the variables
        if traffic_recorder.VARIABLE not in os.environ:
            os.environ[traffic_recorder.VARIABLE] = tempfile.mkdtemp(prefix=traffic_recorder.OF_ONE_RUN)
        Path(os.environ[traffic_recorder.VARIABLE]).mkdir(parents=True, exist_ok=True)
        servers = ServersOfRun()
        config.add_cleanup(servers.end)
        own = str(Path(traffic_recorder.__file__).parent)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (own, os.environ.get("PYTHONPATH"))))
    traffic_recorder.record_from_now()
    draw_no_frames_for_nobody()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the whole run if a process sent what no description has."""
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    folder = Path(os.environ[traffic_recorder.VARIABLE])
    code, lines = traffic.report(folder)
    if code == 1:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("", *lines, sep="\n")
    elif folder.name.startswith(traffic_recorder.OF_ONE_RUN):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many workers `-n auto` means: three for each processor.

    Many tests wait: for other processes, or for an app to rest. A test of the app keeps a third of a processor busy.
    """
    return 3 * (os.cpu_count() or 1)


def pytest_collection(session: pytest.Session) -> None:
    """Import one part of the test modules before the others, in each worker another part.

    All workers import all test modules. What one of them has compiled, the others read from its cache: without this
    hook they would all compile the same module at the same time.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is not None and session.config.args == ["tests"]:
        root = session.config.rootpath
        modules = sorted(root.glob("tests/**/test_*.py"))
        number, size = int(worker["workerid"].removeprefix("gw")), -(-len(modules) // worker["workercount"])
        for module in modules[number * size : (number + 1) * size]:
            with suppress(Exception, pytest.skip.Exception):  # collecting it says what is wrong
                importlib.import_module(".".join(module.relative_to(root).with_suffix("").parts))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a test by its argument where the value is long.

    Bytes may hold the time of a file that was made for the test, and Windows takes no name of 32,767 characters.
    """
    return (
        argname
        if (isinstance(val, bytes) and len(val) > 40) or (isinstance(val, str) and len(val) > 1000)
        else None
    )


WAITING = ("browser", "terminal", "processes", "faults")
"""Folders of tests that wait most of their time, the one with the longest tests first."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deal the modules of the folders `WAITING` to all workers, which begin with them. The order of the others stays.

    A worker takes a part of the list from one end of it to the other, so each part begins with waiting tests. A module
    stays together: each worker that runs a test of it starts its systems.
    """
    workers: int = getattr(config, "workerinput", {}).get("workercount", 1)
    waiting = sorted(
        (item for item in items if _folder(item) is not None), key=lambda item: _folder(item) or 0
    )
    modules = [list(tests) for _, tests in itertools.groupby(waiting, key=lambda item: item.path)]
    others = iter([item for item in items if _folder(item) is None])
    size = -(-len(items) // workers)
    dealt: list[pytest.Item] = []
    for n in range(workers):
        dealt += itertools.chain(*modules[n::workers])
        dealt += itertools.islice(others, max(0, size * (n + 1) - len(dealt)))
    items[:] = [*dealt, *others]


def _folder(item: pytest.Item) -> int | None:
    """Return the place of a test's folder in `WAITING`, or None."""
    return next((n for n, name in enumerate(WAITING) if name in item.path.parts), None)


def pytest_collection_finish() -> None:
    """Take what was collected out of the garbage collector's sight: thousands of tests stay until the end.

    Collect seldom afterwards: that took a tenth of the time of the app's tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = ipaddress.ip_address(address[0])
            assert host.is_loopback, f"a test tried to reach {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _sealed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep out the developer's own home, profile, keyring and terminal, and what the tests before counted.

    A test without a folder of its own gets a home that is not made: most tests never open it.
    """
    drift.clear()
    if "tmp_path" in request.fixturenames:
        own: Path = request.getfixturevalue("tmp_path")
    else:
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        own = factory.getbasetemp() / f"of-{next(_NUMBERS)}"
    for name in ("BROKERDESK_HOME", "NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BROKERDESK_HOME", str(own / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox a worker; the tests that use it get it as new (`sandbox`)."""
    with Sandbox.serve(tmp_path_factory.mktemp("systems")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Sandbox:
    """A sandbox that holds what it was seeded with and nothing else."""
    return _as_new(sandbox_process)


@pytest.fixture(scope="session")
def few_contacts_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One small sandbox a worker."""
    with Sandbox.serve(tmp_path_factory.mktemp("few"), *FEW) as sandbox:
        yield sandbox


@pytest.fixture
def few_contacts(few_contacts_process: Sandbox) -> Sandbox:
    """A sandbox like `sandbox` with one card, and the smallest number of contacts that has every kind of pair.

    A module takes it for all its tests with a fixture `sandbox` that returns it.
    """
    return _as_new(few_contacts_process)


def _as_new(sandbox: Sandbox) -> Sandbox:
    """Return a sandbox to its first records.

    Many tests share its process, and each signs in, so the sandbox gives more tokens than Total Expert does.
    """
    sandbox.reset()
    sandbox.options("total-expert", tokens_an_hour=10_000)
    return sandbox


@pytest.fixture
def home(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk's home whose profile points at the sandbox as if it were live."""
    monkeypatch.setenv("BROKERDESK_BROKERENGINE_SECRET", "sandbox")
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", "sandbox")
    return Home.at(tmp_path / "home", sandbox)
