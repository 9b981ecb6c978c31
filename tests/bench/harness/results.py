"""What was measured, kept in docs/benchmarks.json: a part of the benchmark can be run again without the others."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from tests.bench.harness.figure import Figure, NotMeasured, Sample
from tests.bench.harness.peers import versions
from tests.support.fork_server import ROOT

FILE: Final = ROOT / "docs" / "benchmarks.json"
OURS: Final = ("textual", "rich", "httpx", "tinydb", "msgspec", "rapidfuzz")
PEERS: Final = {
    "posting": ("posting",),
    "harlequin": ("harlequin",),
    "fastdatatable": ("textual-fastdatatable", "pyarrow"),
    "matching": ("polars", "duckdb", "splink", "recordlinkage"),
}
"""The packages of each peer's environment that the page names."""
_TURNS: Final = 5
_ADDITIONS: Final = 1_000_000


class Machine(msgspec.Struct, frozen=True):
    """Where and with what it was measured."""

    system: str
    processor: str
    cores: int
    python: str
    packages: dict[str, str]


class PartResult(msgspec.Struct, frozen=True):
    """One run of one part."""

    title: str
    intro: str
    day: str
    commit: str
    seconds: float
    others: float
    """The share of the machine's processors that other programs used meanwhile, 0 to 1."""
    machine: Machine
    figures: tuple[Figure, ...] = ()
    not_measured: tuple[NotMeasured, ...] = ()
    failed: str = ""
    """Why the part ended before its end; "" if it did not."""
    pace: Sample | None = None
    """Milliseconds of processor time that `pace` took for its loop, before and after the part."""


Results = dict[str, PartResult]


def load(file: Path = FILE) -> Results:
    """Return the results by part; none if there is no file yet."""
    return msgspec.json.decode(file.read_bytes(), type=Results) if file.is_file() else {}


def store(results: Results, file: Path = FILE) -> None:
    """Write all results."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def rounded(figure: Figure) -> Figure:
    """Return a figure with four digits of each value: no run repeats more of them."""

    def short(sample: Sample) -> Sample:
        return Sample(tuple(float(f"{value:.4g}") for value in sample.values))

    other = None if figure.other is None else short(figure.other)
    return msgspec.structs.replace(figure, ours=short(figure.ours), other=other)


def this_machine() -> Machine:
    """Return the machine of this process, and the versions of what is measured on it."""
    packages = {name: metadata.version(name) for name in OURS}
    for peer, names in PEERS.items():
        packages |= versions(peer, names)
    return Machine(
        f"{platform.system()} {platform.release().partition('-')[0]}",
        _processor(),
        os.cpu_count() or 0,
        platform.python_version(),
        packages,
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def pace() -> tuple[float, ...]:
    """Return how fast this machine is just now: milliseconds of processor time of five turns of a fixed loop.

    The same machine can be half as fast an hour later, when others use the same processor. Figures of two days can be
    compared only with this loop beside them.
    """
    turns = []
    for _ in range(_TURNS):
        start, total = time.process_time(), 0
        for number in range(_ADDITIONS):
            total += number
        turns.append(1000 * (time.process_time() - start))
    return tuple(float(f"{turn:.4g}") for turn in turns)


def this_commit() -> str:
    """Return the commit of the checkout, with a + if it has changes; "" if that is not known."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
