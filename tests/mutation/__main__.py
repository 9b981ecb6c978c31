"""`make mutants`: run every mutant of the core and of the book against the tests that concern its module.

A mutant lives in a copy of the tree (`trial.py`). `concerns.py` names the tests of each module. A mutant of the engine
or the book also runs against fault schedules. A mutant is caught when a test fails, when a schedule breaks an
invariant, or when a test does not end in time. The command lists each mutant that survives, unless `equivalent.txt`
says why no test could notice that mutant.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TextIO

from tests.mutation.concerns import CONCERNS, ROOMS, WITH_SCHEDULES, concern_of
from tests.mutation.mutators import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
TELLING = ("core/push/activity.py", "core/push/ports.py")
"""Modules without mutants: they only read, or only name types. Nothing is sent or written by them."""
COPIED = ("core", "data", "tui", "tests")
MOST_OPEN = 8
"""A warm process takes about 150 MB."""
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
Result = dict[str, Any]


class Refused(Exception):
    """The unbroken code fails in the trial, so a verdict about a mutant would mean nothing."""


class Room:
    """The process that tries the mutants of one module, or of all modules of one folder.

    `room` is the path of the module or folder in `tree`. `tests` are the test files that concern it. `seeds` is the
    number of fault schedules.
    """

    def __init__(self, tree: Path, room: str, tests: Sequence[str], seeds: int) -> None:
        self._tree = tree
        self._log = tree / f"{room.replace('/', '-')}.log"
        asked = json.dumps({"room": room, "seeds": seeds, "tests": tests})
        path = f"{tree}{os.pathsep}{ROOT}"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.mutation.run_mutant", asked],
                cwd=tree,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "", "MATRIX": "1"},
            )
        try:
            self._answer()
        except Refused:
            self.close()
            raise

    def try_out(self, mutant: Mutant) -> Result:
        """Try one mutant. Gives `verdict`, `by` which check, how many `tests`, `others` (tests that start a
        process, which may run any line) and `schedules` could notice it, whether any is known to have `reached` its
        line, whether the child was `warm`, and `seconds`.

        The tree is afterwards as it was. Raises `Refused`.
        """
        assert self._process.stdin is not None
        file = self._tree / mutant.file
        whole = file.read_bytes()
        file.write_text(mutant.source, "utf-8")
        try:
            print(
                json.dumps({"file": mutant.file, "line": mutant.line}), file=self._process.stdin, flush=True
            )
            return self._answer()
        finally:
            file.write_bytes(whole)

    def _answer(self) -> Result:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer: Result = json.loads(line) if line else {"refused": self._log.read_text()[-2000:]}
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer

    def close(self) -> None:
        """End the process and wait for its end."""
        self._process.communicate()


class Rooms:
    """The processes of one copy of the tree. A process starts when the first mutant that needs it comes.

    A folder with fault schedules has one process, any other module has its own. At most `MOST_OPEN` processes are
    open at once; the one that was used least recently is closed first.
    """

    def __init__(self, tree: Path, seeds: int, stack: ExitStack) -> None:
        self._tree = tree
        self._seeds = seeds
        self._open: dict[str, Room] = {}
        stack.callback(self._close_all)

    def try_out(self, mutant: Mutant) -> Result:
        """Try one mutant in the process of its module or folder (`Room.try_out`)."""
        concern = concern_of(mutant.file)
        has_schedules = concern in WITH_SCHEDULES
        name = concern if has_schedules else mutant.file
        room = self._open.pop(name, None)
        if room is None:
            room = Room(self._tree, name, CONCERNS[concern], self._seeds if has_schedules else 0)
        self._open[name] = room
        if len(self._open) > MOST_OPEN:
            self._open.pop(next(iter(self._open))).close()
        return room.try_out(mutant)

    def _close_all(self) -> None:
        for room in self._open.values():
            room.close()


@contextmanager
def copied_tree() -> Iterator[Path]:
    """Copy the tree, compile the copy, yield its folder, and remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder)
        for name in COPIED:
            ignored = shutil.ignore_patterns("__pycache__", "__snapshots__")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", tree)
        compile_by_content(tree, *COPIED)
        yield tree


def compile_by_content(tree: Path, *folders: str) -> None:
    """Compile folders so that a module whose content changed is loaded again, whatever its time and size."""
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", *folders]
    subprocess.run(command, cwd=tree, check=True)


def explained() -> set[str]:
    """Return the names of the mutants in `equivalent.txt`. Each name stands there above its reason."""
    lines = EQUIVALENT.read_text("utf-8").splitlines() if EQUIVALENT.exists() else []
    return {line for line in lines if "  →  " in line}


def modules() -> list[str]:
    """Return the path of every module that has mutants, in order."""
    files = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [name for path in files if (name := path.relative_to(ROOT).as_posix()) not in TELLING]


def every_one(only: str) -> list[Mutant]:
    """Return the mutants of the modules with `only` in their path, in order."""
    chosen = [name for name in modules() if only in name]
    return [mutant for name in chosen for mutant in mutants(name, (ROOT / name).read_text("utf-8"))]


def stale(only: str, found: list[Mutant]) -> list[str]:
    """Return the explained names, of modules with `only` in their path, that no mutant has any more."""
    names = {mutant.name for mutant in found}
    return sorted(name for name in explained() if only in name.partition(": ")[0] and name not in names)


def identity(mutant: Mutant) -> str:
    """Return an id of a mutant: another one for every mutant, and for every content of its module."""
    return hashlib.sha256(f"{mutant.file}\n{mutant.source}".encode()).hexdigest()[:16]


def read_results(path: Path) -> dict[str, Result]:
    """Return the results in a file, by the id of their mutant. A line that was cut off is left out."""
    found: dict[str, Result] = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else []:
        try:
            result: Result = json.loads(line)
        except ValueError:
            continue
        found[result["id"]] = result
    return found


def main() -> int:
    """Parse the command line and run the mutants, or count them. Return 1 if an unexplained mutant survived."""
    options = _options()
    found, known = every_one(options.only), explained()
    if options.count:
        _count(found, known)
        return 0
    wanted = [mutant for mutant in found if mutant.name not in known]
    if options.shuffle is not None:
        random.Random(options.shuffle).shuffle(wanted)
    results = _run(wanted, options, len(found) - len(wanted))
    for name in stale(options.only, found):
        print(f"explained, but no mutant any more: {name}")
    return int(any(result["verdict"] == "survived" for result in results))


def _run(wanted: list[Mutant], options: argparse.Namespace, explained_ones: int) -> list[Result]:
    """Try the mutants that have no result yet, print the survivors and a summary. Return all results."""
    before = read_results(options.resume) if options.resume else {}
    results = [before[name] for mutant in wanted if (name := identity(mutant)) in before]
    waiting: SimpleQueue[Mutant] = SimpleQueue()
    for mutant in wanted:
        if identity(mutant) not in before:
            waiting.put(mutant)
    began = time.monotonic()

    def work(out: TextIO) -> None:
        with copied_tree() as tree, ExitStack() as stack:
            rooms = Rooms(tree, options.seeds, stack)
            while not options.minutes or time.monotonic() - began < options.minutes * 60:
                try:
                    mutant = waiting.get_nowait()
                except Empty:
                    return
                said = {"id": identity(mutant), "line": mutant.line, "name": mutant.name, "file": mutant.file}
                results.append(result := said | rooms.try_out(mutant))
                print(json.dumps(result, ensure_ascii=False), file=out, flush=True)
                if result["verdict"] == "survived":
                    print(_survivor(result), flush=True)

    with _added_to(options.out) as out, ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(work, out) for _ in range(options.jobs)]:
            done.result()
    _summary(results, len(wanted), time.monotonic() - began, explained_ones)
    return results


def _added_to(path: Path) -> TextIO:
    out = path.open("a", encoding="utf-8")
    if out.tell():
        print(file=out)  # its last line may have been cut off
    return out


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument(
        "--only",
        metavar="MODULE",
        default="",
        help="like data/book, core/flex/use_cases/changed_since_push.py or since",
    )
    parser.add_argument(
        "--shuffle", type=int, metavar="SEED", help="a fair sample, where there is little time"
    )
    parser.add_argument(
        "--count", action="store_true", help="print how many mutants each module has, and run none"
    )
    parser.add_argument("--seeds", type=int, default=200, help="fault schedules for what the tests let pass")
    parser.add_argument("--minutes", type=float, default=0, help="begin no more after so long")
    parser.add_argument(
        "--jobs", type=int, default=1, help="copies of the tree that are worked in side by side"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", default=os.devnull, help="add each result, as a line of JSON"
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="leave out what has a result in FILE, unless its module changed",
    )
    return parser.parse_args()


def _count(found: list[Mutant], known: set[str]) -> None:
    total = Counter(mutant.file for mutant in found)
    explained_ones = Counter(mutant.file for mutant in found if mutant.name in known)
    for file, number in total.items():
        print(f"{file:34} {number:5}  {explained_ones[file]:3} explained")
    print(f"{len(found)} mutants in {len(total)} modules")


def _survivor(result: Result) -> str:
    against = f"{result['tests']} tests, {result['others']} with processes, {result['schedules']} schedules"
    if not result["reached"]:
        against += ", none of which runs the line"
    return f"survived {against}: line {result['line']} of {result['name']}"


def _summary(results: list[Result], of: int, took: float, explained_ones: int) -> None:
    by_file: dict[str, Counter[str]] = {}
    for result in results:
        by_file.setdefault(result["file"], Counter())[result["verdict"]] += 1
    for file, verdicts in sorted(by_file.items()):
        print(f"{file:34} {sum(verdicts.values()):5}  {dict(verdicts)}")
    total = Counter(result["verdict"] for result in results)
    print(f"{len(results)} of {of} mutants in {took / 60:.0f} min: {dict(total)}; {explained_ones} explained")


if __name__ == "__main__":
    sys.exit(main())
