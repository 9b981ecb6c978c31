"""Measures every part, or those that are named, and writes docs/benchmarks.md: `make bench`.

A part is a module of this folder with `figures()`, and runs in a process of its own: `python -m tests.bench keys`.
A part that fails leaves the others alone, and the page says so. `--quick` takes few runs of some parts, and writes no
page.
"""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from types import ModuleType
from typing import Final

import msgspec

from tests.bench.harness.curves import curves_of, draw
from tests.bench.harness.figure import Figure, NotMeasured, Sample, figure_of, judge
from tests.bench.harness.page import PICTURE, page_of, sample_words
from tests.bench.harness.processes import all_processors
from tests.bench.harness.results import (
    PartResult,
    Results,
    load,
    pace,
    rounded,
    store,
    this_commit,
    this_machine,
)
from tests.bench.harness.runner import reason_of
from tests.bench.why import WHY
from tests.support.fork_server import ROOT

DOCS: Final = ROOT / "docs"
ORDER: Final = (
    *(
        "first_frame",
        "commands",
        "keys",
        "far_board",
        "cards",
        "rows",
        "other_tables",
        "book",
        "storage",
    ),
    *(
        "pushes",
        "activity",
        "steps",
        "rate",
        "one_request",
        "idle",
        "match_files",
        "live_match",
        "review",
        "milestones",
    ),
)
"""How the page begins. Parts that are not named follow by their names."""
QUICK: Final = ("first_frame", "commands", "storage", "other_tables", "steps", "one_request")
"""The parts of a quick run."""
TITLES: Final = {
    "cards": "The Cards room",
    "rows": "Lists, in the process",
    "book": "The book",
    "pushes": "A book of many pushes",
    "activity": "The Activity room",
    "review": "The contact review",
    "milestones": "Milestones",
}
"""The titles of parts that name none themselves."""
WITHIN: Final = 1800.0
"""Seconds after which a part is ended."""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a part hands over at a time: a figure, what was not measured, or why the part failed."""

    figure: Figure | None = None
    missing: NotMeasured | None = None
    failed: str = ""


def parts() -> list[str]:
    """Return the names of all parts, which are the modules with `figures`, in the order of the page."""
    folder = Path(__file__).parent
    found = [path.stem for path in folder.glob("*.py") if "\ndef figures()" in path.read_text("utf-8")]
    return sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def part(name: str) -> ModuleType:
    """Return the module of a part."""
    return import_module(f"tests.bench.{name}")


def main() -> int:
    """Run the parts. Return 0, or 1 if a part failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts()))
    parser.add_argument("--quick", action="store_true", help="few runs, no part that takes long, no page")
    parser.add_argument("--page", action="store_true", help="measure nothing; write the page of what is kept")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.into:
        measure(options.parts[0], options.into)
        return 0
    if wrong := sorted(set(options.parts) - set(parts())):
        parser.error(f"there is no part {', '.join(wrong)}; the parts are {', '.join(parts())}")
    if options.page:
        write(load())
        return 0
    failed = False
    for name in options.parts or (QUICK if options.quick else parts()):
        result = run_part(name, quick=options.quick)
        failed = failed or bool(result.failed)
        if not options.quick:
            write({**load(), name: result})
    return int(failed)


def write(results: Results) -> None:
    """Keep the results, and write the page and its picture, the parts in their order, without a part that is gone."""
    known = {name: results[name] for name in parts() if name in results}
    store(known)
    (DOCS / "benchmarks.md").write_text(page_of(known, WHY), "utf-8")
    figures = [figure for result in known.values() for figure in result.figures]
    (DOCS / PICTURE).write_text(draw(curves_of(figures)), "utf-8")


def measure(name: str, into: Path) -> None:
    """Measure a part in this process. Write a line for each figure as soon as it is known."""
    with into.open("ab", buffering=0) as file:

        def tell(line: Line) -> None:
            file.write(msgspec.json.encode(line) + b"\n")

        try:
            for each in part(name).figures():
                if isinstance(each, NotMeasured):
                    print(f"  not measured: {each.what}: {each.reason}", flush=True)
                    tell(Line(missing=each))
                else:
                    figure = figure_of(each)
                    print(shown(figure), flush=True)
                    tell(Line(figure=rounded(figure)))
        except Exception as error:
            tell(Line(failed=reason_of(error)))
            raise


def run_part(name: str, *, quick: bool) -> PartResult:
    """Run a part in a process of its own, and return what it measured until its end or failure."""
    try:
        module = part(name)
    except Exception:  # its own process says why
        module = ModuleType(name)
    title = str(getattr(module, "TITLE", TITLES.get(name, name)))
    print(f"{name}: {title}", flush=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if quick:
        environment["BENCH_QUICK"] = "1"
    pace_before = pace()
    start, busy, ours = time.perf_counter(), all_processors(), _children()
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        told.touch()
        command = [sys.executable, "-m", "tests.bench", name, "--into", str(told)]
        try:
            status = subprocess.run(
                command, cwd=ROOT, env=environment, check=False, timeout=WITHIN
            ).returncode
            words = f"its process ended with {status}" if status else ""
        except subprocess.TimeoutExpired:
            words = f"it took more than {WITHIN:.0f} s"
        lines = [msgspec.json.decode(line, type=Line) for line in told.read_bytes().splitlines()]
    seconds = time.perf_counter() - start
    used = all_processors() - busy
    return PartResult(
        title=title,
        intro=str(getattr(module, "INTRO", "")),
        day=datetime.datetime.now(datetime.UTC).date().isoformat(),
        commit=this_commit(),
        seconds=round(seconds, 1),
        others=round(max(0.0, used - (_children() - ours)) / seconds / (os.cpu_count() or 1), 3),
        machine=this_machine(),
        pace=Sample((*pace_before, *pace())),
        figures=tuple(line.figure for line in lines if line.figure is not None),
        not_measured=tuple(line.missing for line in lines if line.missing is not None),
        failed="".join(line.failed for line in lines) or words,
    )


def _children() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def shown(figure: Figure) -> str:
    """Return a figure as a line of the terminal."""
    other = f"{figure.other_name} {sample_words(figure.other)}" if figure.other else ""
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f} ×"
    judgement = judge(figure)
    verdict = (
        ""
        if judgement is None
        else "mark met"
        if judgement.met
        else f"mark missed by {100 * judgement.off:.0f} %"
    )
    ours = f"{sample_words(figure.ours)} {figure.unit}"
    return f"  {figure.what:70} {ours:>28}  {other:40} {ratio:>9}  {verdict}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
