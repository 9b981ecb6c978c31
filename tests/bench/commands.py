"""What commands cost: with the sandbox up and not, and with books of no, 1,000 and 5,000 finished pushes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.bench import pushes
from tests.bench.harness.figure import Figure, NotMeasured, Place, at_most, at_most_more
from tests.bench.harness.homes import DESK, environment
from tests.bench.harness.processes import run_command
from tests.bench.harness.runner import Run, interleave, rounds
from tests.support.sandbox_home import Home, Sandbox

TITLE: Final = "Commands"
INTRO: Final = (
    "A command runs to its end in an interpreter of its own. Its CPU is that of all its processes: a sandbox that it "
    "starts counts, one that runs already does not. Memory is the most that the process held."
)
SIZES: Final = (0, 1_000, 5_000)
BARE: Final = "Python with asyncio"


def command(home: Path, words: Sequence[str]) -> Run:
    """Return a run of a command that measures its `cpu` and `wall` in seconds and its `memory` in MB."""

    def run() -> Mapping[str, float]:
        ended = run_command(words, environment(home))
        return {"cpu": ended.cpu, "wall": ended.wall, "memory": ended.memory}

    return run


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield the figures of commands."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone = folder / "alone"
        alone.mkdir()
        run_command([*DESK, "cards", "--json"], environment(alone))  # seeds the sandbox
        with Sandbox.serve(folder / "systems") as sandbox:
            homes = {size: Home.at(folder / f"{size}", sandbox).path for size in SIZES}
            for size, home in homes.items():
                pushes._make(home / "test", size)
            entrants = {
                BARE: command(alone, [sys.executable, "-c", "import asyncio"]),
                "--version": command(alone, [*DESK, "--version"]),
                "--help": command(alone, [*DESK, "--help"]),
                "cards --json, sandbox not running": command(alone, [*DESK, "cards", "--json"]),
            }
            for size, home in homes.items():
                entrants |= {
                    f"cards --json, {size:,}": command(home, [*DESK, "cards", "--json"]),
                    f"activity, {size:,}": command(home, [*DESK, "activity"]),
                    f"activity --json, {size:,}": command(home, [*DESK, "activity", "--json"]),
                }
            found = interleave(entrants, rounds(5, few=1))
    for word in ("--version", "--help"):
        yield found.compare(f"brokerdesk {word}, CPU", "cpu", "s", word, BARE, mark=at_most(0.06))
    yield found.compare(
        "cards --json, CPU, system up", "cpu", "s", "cards --json, 0", BARE, mark=at_most(0.35)
    )
    down = "cards --json, sandbox not running"
    yield found.compare(f"{down}, CPU", "cpu", "s", down, BARE, mark=at_most(0.6))
    yield found.alone("cards --json, wall clock, system up", "wall", "s", "cards --json, 0")
    for what, mark, largest in (
        ("cards --json", None, at_most_more(0.1)),
        ("activity", at_most(0.35), at_most(0.35)),
        ("activity --json", None, at_most(1.5)),
    ):
        many = ", all" if what == "activity --json" else ""
        for size in SIZES:
            yield found.compare(
                f"{what}{many}, {size:,} pushes, CPU",
                "cpu",
                "s",
                f"{what}, {size:,}",
                f"{what}, 0",
                mark=largest if size == SIZES[-1] else mark,
                place=Place(f"{what}{many}", size, "pushes"),
            )
        for size in SIZES[1:]:
            yield found.compare(
                f"{what}{many}, {size:,} pushes, memory",
                "memory",
                "MB",
                f"{what}, {size:,}",
                f"{what}, 0",
                mark=at_most_more(100) if (what, size) == ("cards --json", SIZES[-1]) else None,
            )
