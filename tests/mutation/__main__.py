"""`make mutants`: mutants of the engine and the book, each run against the tests near it and some fault schedules.

A mutant lives in a copy of the tree. It is caught where a test fails, a schedule breaks an invariant, or nothing ends
in time. One that survives is listed, unless `equivalent.txt` says why nothing could notice it.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from tests.mutation.mutators import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core/push", "data/book")
TELLING = ("core/push/told.py", "core/push/activity.py", "core/push/ports.py")
"""These read and tell, or only name forms: nothing goes out or onto the disk by them."""
COPIED = ("core", "data", "tui", "tests")
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
SLOWER = 5
"""What takes so many times as long as the unbroken code is taken to never end."""
VERDICTS = {0: "survived", 1: "a test", 2: "a schedule", None: "never ended"}


class Nursery:
    """A copy of the tree, and the process in it that tries mutants."""

    def __init__(self, tree: Path, *options: str) -> None:
        self.tree = tree
        command = ["nice", "-n", "15", sys.executable, *options, "-m", "tests.mutation.trial"]
        self._process = subprocess.Popen(
            command,
            cwd=tree,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, file: str, seeds: int, limit: float) -> str:
        """Try the tree as it stands."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(
            json.dumps({"file": file, "seeds": seeds, "limit": limit}), file=self._process.stdin, flush=True
        )
        code = json.loads(self._process.stdout.readline())
        return VERDICTS.get(code, "a test")

    def try_out(self, mutant: Mutant, seeds: int, limit: float) -> str:
        """Try one mutant; the tree is afterwards as it was."""
        file = self.tree / mutant.file
        whole = file.read_text("utf-8")
        file.write_text(mutant.source, "utf-8")
        try:
            return self.ask(mutant.file, seeds, limit)
        finally:
            file.write_text(whole, "utf-8")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Copy the tree, compile all of it but what is mutated, and keep the copy for as long as it is used."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder)
        for name in COPIED:
            ignored = shutil.ignore_patterns("__pycache__", "__snapshots__")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", tree)
        made = Nursery(tree, "-B")
        try:
            yield made
        finally:
            made.close()


def explained() -> set[str]:
    """Give the names of the mutants that nothing could notice; each stands above its reason."""
    lines = EQUIVALENT.read_text("utf-8").splitlines() if EQUIVALENT.exists() else []
    return {line for line in lines if "  →  " in line}


def chosen(only: str, seed: int | None) -> list[Mutant]:
    """Give the mutants of the modules whose name holds `only`, in order, or shuffled where there is a seed."""
    files = [path for room in ROOMS for path in sorted((ROOT / room).glob("*.py"))]
    names = [name for path in files if (name := str(path.relative_to(ROOT))) not in TELLING]
    known = explained()
    found = [
        mutant
        for name in names
        if only in name
        for mutant in mutants(name, (ROOT / name).read_text("utf-8"))
        if mutant.name not in known
    ]
    if seed is not None:
        random.Random(seed).shuffle(found)
    return found


def main() -> int:
    """Parse the command line, run, list what survived; 1 where something did that is not explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument(
        "--only", metavar="MODULE", default="", help="like data/book, core/push/runner.py or runner"
    )
    parser.add_argument(
        "--shuffle", type=int, metavar="SEED", help="a fair sample, where there is little time"
    )
    parser.add_argument("--seeds", type=int, default=200, help="fault schedules for what the tests let pass")
    parser.add_argument("--minutes", type=float, default=0, help="begin no more after so long")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    all_of_them = chosen(options.only, options.shuffle)
    waiting: SimpleQueue[Mutant] = SimpleQueue()
    for mutant in all_of_them:
        waiting.put(mutant)
    began = time.monotonic()
    results: list[tuple[Mutant, str]] = []

    def work() -> None:
        with nursery() as here:
            limits: dict[str, float] = {}
            while not waiting.empty():
                if options.minutes and time.monotonic() - began > options.minutes * 60:
                    return
                mutant = waiting.get()
                room = str(Path(mutant.file).parent)
                if room not in limits:
                    start = time.monotonic()
                    if (verdict := here.ask(mutant.file, options.seeds, 600)) != "survived":
                        raise SystemExit(f"{room} fails unbroken: {verdict}")
                    limits[room] = SLOWER * (time.monotonic() - start)
                results.append((mutant, here.try_out(mutant, options.seeds, limits[room])))
                if results[-1][1] == "survived":
                    print(f"survived: line {mutant.line} of {mutant.name}", flush=True)

    with ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(work) for _ in range(options.jobs)]:
            done.result()
    _summary(results, len(all_of_them), time.monotonic() - began)
    return int(any(verdict == "survived" for _, verdict in results))


def _summary(results: list[tuple[Mutant, str]], of: int, took: float) -> None:
    by_file: dict[str, Counter[str]] = {}
    for mutant, verdict in results:
        by_file.setdefault(mutant.file, Counter())[verdict] += 1
    for file, verdicts in sorted(by_file.items()):
        print(f"{file:28} {sum(verdicts.values()):5}  {dict(verdicts)}")
    total = Counter(verdict for _, verdict in results)
    print(
        f"{len(results)} of {of} mutants in {took / 60:.0f} min: {dict(total)}; {len(explained())} explained before"
    )


if __name__ == "__main__":
    sys.exit(main())
