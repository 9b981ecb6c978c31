"""The process that tries the mutants of one module or folder, in a copy of the tree (the working folder).

It first runs all checks (tests, then fault schedules) on the unbroken code, in one pytest session, and stays in that
session. For each mutant it forks a child. The child runs only the checks that can notice the mutant, and ends at the
first check that fails. If replacing the code of functions is enough, the child is warm: everything is loaded already.
Otherwise the child is cold: a new process that loads the mutant from the tree. The tree holds the mutant meanwhile, so
that a process started by a test meets the mutant too.
"""

from __future__ import annotations

import ast
import functools
import gc
import json
import math
import os
import resource
import select
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from types import CodeType
from typing import Any, TextIO

import pytest

from tests.mutation.active_mutant import NotInside, Swap, functions_of, swaps, unbroken
from tests.mutation.list_mutants import Recorder, Seen, function, statement, that_run

PASSED, A_TEST, A_SCHEDULE, BROKEN = 0, 1, 2, 70
"""How a child ends. `BROKEN` is a fault of the trial itself, never of the mutant."""
SLOWER = 5
"""A check that takes this many times its usual time, and `GRACE` seconds more, is taken to never end."""
GRACE = 4
TO_LOAD = 60
MEMORY = 4 << 30
TMP = Path("trial-tmp")
OPTIONS = ["-q", "--no-header", "--tb=no", "-p", "no:cacheprovider"]


def patience(seconds: float) -> float:
    """Return how many seconds a check may run or wait, from the seconds that it took unbroken."""
    return SLOWER * seconds + GRACE


class Checks:
    """A pytest plugin: in place of the tests of its session it does `work`. Knows every check by its name."""

    def __init__(self, seeds: int, work: Callable[[Checks], None]) -> None:
        self.items: dict[str, pytest.Item] = {}
        self.schedules: dict[str, Callable[[], object]] = {}
        self.loaded = False
        self._seeds = seeds
        self._work = work
        self._failed = False

    def pytest_configure(self) -> None:
        from hypothesis import HealthCheck, settings  # noqa: PLC0415 - pytest is to load it

        slow = [HealthCheck.too_slow]
        settings.register_profile("trial", settings(), deadline=None, suppress_health_check=slow)
        settings.load_profile("trial")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.loaded = not session.testsfailed
        self.items = {item.nodeid: item for item in session.items}
        if self._seeds:
            from tests.simulation.__main__ import KINDS  # noqa: PLC0415 - loads the desk, and so the mutant
            from tests.simulation.schedule import run_seed  # noqa: PLC0415 - as above

            self.schedules = {
                f"schedule {kind} {seed}": functools.partial(run_seed, seed, make)
                for kind, make in KINDS.items()
                for seed in range(self._seeds // len(KINDS))
            }
        self._work(self)
        return True

    def holds(self, name: str, following: str = "") -> bool:
        """Run a check; `following` keeps the fixtures that the next one shares."""
        self._failed = False
        try:
            if name in self.items:
                item, after = self.items[name], self.items.get(following)
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            else:
                self.schedules[name]()
        except BaseException:  # a mutant may raise anything, anywhere
            return False
        return not self._failed

    def first_failure(self, names: Sequence[str], seconds: dict[str, float], said: int) -> int:
        """Run checks until one fails; writes the name of each to `said` before it begins. Gives the exit code."""
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        for name, following in zip_longest(names, names[1:], fillvalue=""):
            os.write(said, name.encode() + b"\n")
            limit = math.ceil(time.process_time() + patience(seconds.get(name, 1.0)))
            resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
            if not self.holds(name, following):
                return A_TEST if name in self.items else A_SCHEDULE
        return PASSED


class Room:
    """The warm process: runs every check once and records its lines, then tries each mutant that comes.

    `room` is the path of one module, or of a folder with all modules below it.
    """

    def __init__(self, room: str, asked: str, questions: TextIO, answers: TextIO) -> None:
        place = Path(room).resolve()
        self._asked = asked
        self._questions = questions
        self._answers = answers
        files = [place] if place.is_file() else place.rglob("*.py")
        self._sources = {str(path): path.read_text("utf-8") for path in files}
        self.recorder = Recorder(str(place) if place.is_file() else f"{place}{os.sep}")
        self._at_import = self.recorder.current
        self._seen: dict[str, Seen] = {}

    def work(self, checks: Checks) -> None:
        """Answer each question `{"file", "line"}` with what became of the mutant that is in the file."""
        if not checks.loaded:
            self._say({"refused": "the tests do not load"})
            return
        self._checks = checks
        if failed := self._survey():
            self._say({"refused": f"it fails unbroken: {failed}"})
            return
        self._config = next(iter(checks.items.values())).config
        gc.collect()
        self._living = functions_of(set(self._sources))
        self._codes = {file: _compiled(source, file) for file, source in self._sources.items()}
        gc.freeze()
        nothing = [swap for file, code in self._codes.items() for swap in unbroken(code, self._living[file])]
        refused = self._refusal("warm", nothing)
        self._say({"refused": refused} if refused else {"checks": len(self._seen)})
        for line in self._questions:
            self._say(self._try_out(**json.loads(line)))

    def _say(self, answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=self._answers, flush=True)

    def _survey(self) -> str:
        """Run every check and record it; gives the one that failed, if one did."""
        names = [*self._checks.items, *self._checks.schedules]
        with self.recorder:
            for name, following in zip_longest(names, names[1:], fillvalue=""):
                _forget()
                self.recorder.current = self._seen[name] = Seen()
                began = time.perf_counter()
                if not self._checks.holds(name, following):
                    return name
                self._seen[name].seconds = time.perf_counter() - began
        return ""

    def _try_out(self, file: str, line: int) -> dict[str, Any]:
        began = time.perf_counter()
        path = str(Path(file).resolve())
        tree = ast.parse(self._sources[path])
        mutated = statement(tree, line)
        found: list[Swap] | None = None
        with suppress(NotInside):
            if not any((path, n) in self._at_import.lines for n in mutated):
                mutant = _compiled(Path(path).read_text("utf-8"), path)
                found = swaps(self._codes[path], mutant, self._living[path])
        if found is None and (refused := self._cold_is_refused):
            return {"refused": refused}
        names = that_run(self._seen, path, mutated, function(tree, line))
        if found is None:  # what the module made is anywhere: all checks, those that enter the file first
            near = set(that_run(self._seen, path, range(1, self._sources[path].count("\n") + 2)))
            names = sorted(self._seen, key=lambda name: (name not in near, self._seen[name].seconds))
        names = sorted(names, key=lambda name: name in self._checks.schedules)
        verdict, by = self._outcome(names, found)
        schedules = sum(name in self._checks.schedules for name in names)
        others = sum(self._seen[name].starts_another for name in names)
        return {
            "verdict": verdict,
            "by": by,
            "warm": found is not None,
            "reached": any(
                (path, n) in one.lines for n in mutated for one in [self._at_import, *self._seen.values()]
            ),
            "tests": len(names) - schedules - others,
            "others": others,
            "schedules": schedules,
            "seconds": round(time.perf_counter() - began, 3),
        }

    @functools.cached_property
    def _cold_is_refused(self) -> str:
        return self._refusal("cold", None)

    def _refusal(self, kind: str, found: list[Swap] | None) -> str:
        """Say what is wrong where a child in which nothing is broken does not pass every check."""
        names = sorted(self._seen, key=lambda n: (n in self._checks.schedules, self._seen[n].seconds))
        held = {path: Path(path).read_bytes() for path in self._sources}
        try:
            for path, source in self._sources.items():
                Path(path).write_text(source, "utf-8")  # a mutant is in one of them by now
            verdict, by = self._outcome(names, found)
        finally:
            for path, content in held.items():
                Path(path).write_bytes(content)
        return "" if verdict == "survived" else f"a {kind} child fails unbroken: {verdict}, {by}"

    def _outcome(self, names: list[str], found: list[Swap] | None) -> tuple[str, str]:
        """Give the verdict of a child, and the check that it did not get past."""
        if threading.active_count() > 1:
            raise SystemExit(f"a thread is left, so that no child can be made: {threading.enumerate()}")
        seconds = {name: self._seen[name].seconds for name in names}
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            self._be_a_child(names, seconds, found, theirs)
        os.close(theirs)
        with suppress(OSError):
            os.setpgid(child, child)
        code, last = watched(child, ours, seconds)
        os.close(ours)
        shutil.rmtree(TMP / "child", ignore_errors=True)
        if code == BROKEN:
            raise SystemExit(f"the trial itself failed at {last or 'its beginning'}")
        verdict = {PASSED: "survived", A_SCHEDULE: "a schedule", None: "never ended"}.get(code, "a test")
        return verdict, "" if verdict == "survived" else last or "loading it"

    def _be_a_child(
        self, names: list[str], seconds: dict[str, float], found: list[Swap] | None, said: int
    ) -> None:
        code = BROKEN
        try:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            if found is None:
                order = TMP / "order.json"
                order.write_text(json.dumps(seconds))
                os.set_inheritable(said, True)
                what = [self._asked, str(said), str(order)]
                os.execv(sys.executable, [sys.executable, "-m", "tests.mutation.run_mutant", *what])
            (TMP / "child").mkdir()
            self._config._tmp_path_factory._basetemp = (TMP / "child").resolve()  # type: ignore[attr-defined]  # pytest's own
            for living, changed in found:
                living.__code__ = changed
            _forget()
            code = self._checks.first_failure(names, seconds, said)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)


def watched(child: int, said: int, seconds: dict[str, float]) -> tuple[int | None, str]:
    """Wait for a child that says each check it begins; gives its exit code (None: it never ended) and the last check.

    It ends itself when it uses the processor for too long. Here it is killed when it waits for too long: it may be
    starved by others, and then it does not wait. What it started is killed with it.
    """
    last, rest, waited, before = "", b"", 0.0, time.monotonic()
    ended = False
    try:
        while not ended and waited <= (patience(seconds.get(last, 1.0)) if last else TO_LOAD):
            ready, _, _ = select.select([said], [], [], 0.05)
            now = time.monotonic()
            if ready:
                heard = os.read(said, 1 << 16)
                ended = not heard
                *whole, rest = (rest + heard).split(b"\n")
                last, waited = (whole[-1].decode(), 0.0) if whole else (last, waited)
            elif _waits(child):
                waited += now - before
            before = now
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return (code if ended and code != -signal.SIGXCPU else None), last


def _waits(process: int) -> bool:
    """Say whether a process waits, as far as the system tells."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "R"
    return True


def _compiled(source: str, file: str) -> CodeType:
    return compile(source, file, "exec", dont_inherit=True)


def _forget() -> None:
    """Empty our caches: what is in them was made by unbroken code."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("core", "data", "tests"):
            for one in list(vars(module).values()):
                if isinstance(one, functools._lru_cache_wrapper):
                    one.cache_clear()


def _cold(seeds: int, arguments: list[str], said: int, order: Path) -> int:
    """Run every check in the order given, in a process that loaded nothing of the desk before."""
    resource.setrlimit(resource.RLIMIT_CPU, (TO_LOAD, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    os.set_inheritable(said, False)
    seconds: dict[str, float] = json.loads(order.read_text())
    ended = A_TEST  # also where it does not even load

    def work(checks: Checks) -> None:
        nonlocal ended
        if checks.loaded:
            there = [*checks.items, *checks.schedules]  # a mutant may change which there are
            names = [name for name in seconds if name in there] + [n for n in there if n not in seconds]
            ended = checks.first_failure(names, seconds, said)

    pytest.main([*arguments, f"--basetemp={TMP / 'child'}"], plugins=[Checks(seeds, work)])
    return ended


def main() -> None:
    """Be the warm process, or with two more arguments a cold child; the first is `{"room", "seeds", "tests"}`."""
    asked = json.loads(sys.argv[1])
    arguments = [*OPTIONS, *asked["tests"]]
    if len(sys.argv) > 2:
        os._exit(_cold(asked["seeds"], arguments, int(sys.argv[2]), Path(sys.argv[3])))
    questions, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    shutil.rmtree(TMP, ignore_errors=True)
    TMP.mkdir()
    room = Room(asked["room"], sys.argv[1], questions, answers)
    with room.recorder:
        pytest.main([*arguments, f"--basetemp={TMP / 'warm'}"], plugins=[Checks(asked["seeds"], room.work)])


if __name__ == "__main__":
    main()
