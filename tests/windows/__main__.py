"""`make windows`: run the tests on Windows' own Python under wine, and compare the failures with the known ones.

It ends with 1 if a test fails that the list does not have, if a run breaks off, or if nothing ran. An entry of the list
of which nothing failed is said, so that it can be taken out. docs/windows.md says what this can and can't show.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.support.fork_server import ROOT
from tests.windows.known import LIST, KnownFailures, Verdict, is_within, judge, read_known, read_outcomes
from tests.windows.machine import FOLDER, WindowsMachine, as_windows
from tests.windows.outcomes import OUTCOMES

PARTS: Final = (
    "tests/processes",
    "tests/unit/core",
    "tests/unit/data",
    "tests/unit/tui",
    "tests/contracts",
    "tests/faults",
    "tests/fidelity",
    "tests/simulation",
    "tests/texts",
    "tests/journeys",
    "tests/terminal",
    "tests/snapshots",
    "tests/mutation",
)
"""The folders of tests, each run by itself. The tests beside them run last."""
BROKEN_OFF: Final = 2
"""pytest's exit codes from here on say that a run did not come to its end: interrupted, broken, wrongly called."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the machine, run the parts, judge. Return the exit code."""
    parser = argparse.ArgumentParser(prog="make windows", description=__doc__)
    parser.add_argument("parts", nargs="*", help="folders, files or tests; all of them without")
    parser.add_argument("--jobs", type=int, default=2, help="how many tests run at a time")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the machine is made")
    given = parser.parse_args(arguments)
    known = read_known(LIST.read_text("utf-8"))
    machine = WindowsMachine(given.folder.resolve())
    machine.make()
    parts = given.parts or [
        *PARTS,
        *sorted(f"tests/{path.name}" for path in (ROOT / "tests").glob("test_*.py")),
    ]
    outcomes = machine.folder / "outcomes.tsv"
    outcomes.unlink(missing_ok=True)
    broken = [part for part in parts if not _run(machine, part, outcomes, known, given.jobs)]
    verdict = judge(
        read_outcomes(outcomes.read_text("ascii").splitlines()) if outcomes.exists() else {}, known, parts
    )
    _say(verdict, known, broken)
    return int(bool(verdict.new or broken or not verdict.ended))


def _run(machine: WindowsMachine, part: str, outcomes: Path, known: KnownFailures, jobs: int) -> bool:
    """Run one part. Return False if the run broke off."""
    if any(is_within(part, name.rstrip("/")) for name in known.not_run):
        return True
    out = [name for name in known.not_run if is_within(name, part)]
    options = [f"--deselect={name}" if "::" in name else f"--ignore={name.rstrip('/')}" for name in out]
    spread = ["-n", str(jobs), "--dist", "worksteal"] if jobs > 1 else []
    began = time.monotonic()
    print(f"\n== {part}", flush=True)
    code = machine.run(
        [
            str(machine.python),
            "-m",
            "pytest",
            "-p",
            "tests.windows.outcomes",
            "--tb=short",
            *spread,
            *options,
            part,
        ],
        [(OUTCOMES, as_windows(outcomes))],
    )
    print(f"== {part}: {time.monotonic() - began:.0f} s", flush=True)
    return code < BROKEN_OFF


def _say(verdict: Verdict, known: KnownFailures, broken: Sequence[str]) -> None:
    print(f"\n{verdict.ended} tests passed or were skipped, {len(verdict.listed)} failed as the list says.")
    for name, reason in known.not_run.items():
        print(f"not run  {name}: {reason}")
    for test in verdict.listed:
        print(f"known    {test}: {known.reason_of(test)}")
    for name in verdict.healed:
        print(f"PASSES   {name}: take it out of {LIST.relative_to(ROOT)}")
    for part in broken:
        print(f"BROKE    {part}: the run broke off")
    for test in verdict.new:
        print(f"NEW      {test}")


if __name__ == "__main__":
    sys.exit(main())
