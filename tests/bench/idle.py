"""What the app costs while nobody does anything: processor time and wake-ups, next to an empty Textual app."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench.first_frame import CARDS, EMPTY, LIST
from tests.bench.harness.figure import Figure, NotMeasured
from tests.bench.harness.homes import DESK, environment
from tests.bench.harness.processes import LINUX, cpu_of
from tests.bench.harness.runner import interleave, rounds
from tests.bench.harness.terminal import BenchTerminal
from tests.support.sandbox_home import Sandbox

TITLE: Final = "Idle"
INTRO: Final = (
    "The app shows the sandbox's cards, and no key is pressed. A wake-up is a time that one of its threads waited and"
    " went on."
)
SETTLED: Final = 25.0
"""Seconds after the first cards until counting begins: what is done once after the start is done then."""
WATCHED: Final = 20.0


def _wake_ups(pid: int) -> int:
    found = 0
    for status in Path("/proc", str(pid), "task").glob("*/status"):
        lines = status.read_text("utf-8").splitlines()
        found += next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt"))
    return found


def _watch(command: Sequence[str], words: Sequence[bytes], home: Path) -> Mapping[str, float]:
    with BenchTerminal.running(command, environment(home)) as app:
        app.until(*words)
        app.idle(SETTLED)
        cpu, wakes = cpu_of(app.pid), _wake_ups(app.pid)
        app.idle(WATCHED)
        return {
            "cpu": (cpu_of(app.pid) - cpu) * 60 / WATCHED,
            "wakes": (_wake_ups(app.pid) - wakes) * 60 / WATCHED,
        }


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield CPU and wake-ups of a minute."""
    if not LINUX:
        yield NotMeasured("wake-ups", "they are counted on Linux alone")
        return
    with tempfile.TemporaryDirectory() as name:
        ours, empty = Path(name, "ours"), Path(name, "empty")
        for home in (ours, empty):
            home.mkdir()
        with Sandbox.serve(ours / "sandbox"):
            found = interleave(
                {
                    "brokerdesk": partial(_watch, DESK, CARDS, ours),
                    "an empty Textual app": partial(_watch, (sys.executable, "-c", EMPTY), (LIST,), empty),
                },
                rounds(2, few=1),
                warm=0,
            )
    for what, measure, unit, scale in (
        ("CPU of a minute without a key", "cpu", "ms", 1000.0),
        ("wake-ups in a minute without a key", "wakes", "", 1.0),
    ):
        yield found.compare(what, measure, unit, "brokerdesk", "an empty Textual app", scale=scale)
