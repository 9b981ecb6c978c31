"""`make mutants`: mutants of the engine and the book, each run against the tests that can notice it, then schedules.

They live in a copy of the tree (`trial.py`). A mutant is caught where a test fails, a fault schedule breaks an
invariant, or nothing ends in time. One that survives is listed, unless `equivalent.txt` says why nothing could
notice it.
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

from tests.mutation.mutators import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
NEAR = {
    "core/push": [f"tests/core/{path}.py" for path in (
        "test_engine", "test_engine_in_doubt", "test_side_by_side", "test_decisions", "test_states", "test_pace",
        "test_compare", "test_fresh", "test_card_plan", "contacts/test_sync_desk", "contacts/test_sync_plan",
        "milestones/test_milestone_desk", "milestones/test_live_streams", "milestones/test_plan",
        "test_audit", "test_live_push", "test_words_of_the_book", "test_driver", "test_one_step",
    )],
    "data/book": [f"tests/data/book/test_book_{name}.py" for name in (
        "port", "looking", "shelf", "thread", "shared", "others", "trouble", "disk", "damage", "kill", "crash", "model",
        "format", "golden",
    )],
}  # fmt: skip
"""The tests beside each room. Not `test_book_power.py`: it mounts disks, which stay mounted when it is killed."""
TELLING = ("core/push/told.py", "core/push/activity.py", "core/push/ports.py")
"""These read and tell, or only name forms: nothing goes out or onto the disk by them."""
COPIED = ("core", "data", "tui", "tests")
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
Result = dict[str, Any]


class Refused(Exception):
    """The unbroken code does not pass in a room's trial, so that no verdict of it would mean anything."""


class Room:
    """The process that tries the mutants of one room of a tree."""

    def __init__(self, tree: Path, room: str, tests: Sequence[str], seeds: int) -> None:
        self._tree = tree
        self._log = tree / f"{room.replace('/', '-')}.log"
        asked = json.dumps({"room": room, "seeds": seeds, "tests": tests})
        path = f"{tree}{os.pathsep}{ROOT}"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.mutation.trial", asked],
                cwd=tree,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": ""},
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
        """End the process."""
        self._process.communicate()


class Rooms:
    """The rooms of a copy of the tree, each opened when its first mutant comes."""

    def __init__(self, tree: Path, seeds: int, stack: ExitStack) -> None:
        self._tree = tree
        self._seeds = seeds
        self._stack = stack
        self._open: dict[str, Room] = {}

    def try_out(self, mutant: Mutant) -> Result:
        """Try one mutant (`Room.try_out`)."""
        name = str(Path(mutant.file).parent)
        if name not in self._open:
            self._open[name] = Room(self._tree, name, NEAR[name], self._seeds)
            self._stack.callback(self._open[name].close)
        return self._open[name].try_out(mutant)


@contextmanager
def copied_tree() -> Iterator[Path]:
    """Copy the tree and compile it."""
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder)
        for name in COPIED:
            ignored = shutil.ignore_patterns("__pycache__", "__snapshots__")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", tree)
        compile_by_content(tree, *COPIED)
        yield tree


def compile_by_content(tree: Path, *folders: str) -> None:
    """Compile folders so that a module is loaded anew whenever its content is another, whatever its time and size."""
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", *folders]
    subprocess.run(command, cwd=tree, check=True)


def explained() -> set[str]:
    """Give the names of the mutants that nothing could notice; each stands above its reason."""
    lines = EQUIVALENT.read_text("utf-8").splitlines() if EQUIVALENT.exists() else []
    return {line for line in lines if "  →  " in line}


def every_one(only: str) -> list[Mutant]:
    """Give the mutants of the modules whose name holds `only`, in order."""
    files = [path for room in NEAR for path in sorted((ROOT / room).glob("*.py"))]
    names = [name for path in files if (name := str(path.relative_to(ROOT))) not in TELLING]
    return [
        mutant for name in names if only in name for mutant in mutants(name, (ROOT / name).read_text("utf-8"))
    ]


def stale(only: str, found: list[Mutant]) -> list[str]:
    """Give the explanations, of modules whose name holds `only`, that no mutant has any more."""
    names = {mutant.name for mutant in found}
    return sorted(name for name in explained() if only in name.partition(": ")[0] and name not in names)


def identity(mutant: Mutant) -> str:
    """Tell a mutant from all others, and from itself once anything in its module is changed."""
    return hashlib.sha256(f"{mutant.file}\n{mutant.source}".encode()).hexdigest()[:16]


def read_results(path: Path) -> dict[str, Result]:
    """Give the results of a file by identity; a line that was cut off is left out."""
    found: dict[str, Result] = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else []:
        try:
            result: Result = json.loads(line)
        except ValueError:
            continue
        found[result["id"]] = result
    return found


def main() -> int:
    """Parse the command line, run, list what survived; 1 where something did that is not explained."""
    options = _options()
    found, known = every_one(options.only), explained()
    wanted = [mutant for mutant in found if mutant.name not in known]
    if options.shuffle is not None:
        random.Random(options.shuffle).shuffle(wanted)
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
    _summary(results, len(wanted), time.monotonic() - began, len(found) - len(wanted))
    for name in stale(options.only, found):
        print(f"explained, but no mutant any more: {name}")
    return int(any(result["verdict"] == "survived" for result in results))


def _added_to(path: Path) -> TextIO:
    out = path.open("a", encoding="utf-8")
    if out.tell():
        print(file=out)  # its last line may have been cut off
    return out


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument(
        "--only", metavar="MODULE", default="", help="like data/book, core/push/runner.py or runner"
    )
    parser.add_argument(
        "--shuffle", type=int, metavar="SEED", help="a fair sample, where there is little time"
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
        print(f"{file:28} {sum(verdicts.values()):5}  {dict(verdicts)}")
    total = Counter(result["verdict"] for result in results)
    print(f"{len(results)} of {of} mutants in {took / 60:.0f} min: {dict(total)}; {explained_ones} explained")


if __name__ == "__main__":
    sys.exit(main())
