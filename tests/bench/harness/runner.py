"""Runs what is compared in turns, in random order, so that a busy moment of the machine meets all alike."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from tests.bench.harness.figure import Figure, Mark, NotMeasured, Place, Sample

Run = Callable[[], Mapping[str, float]]
"""Does the work once and returns what was measured, by name."""
SEED = 1


def quick() -> bool:
    """Return True if fewer runs are wanted (`--quick`)."""
    return bool(os.environ.get("BENCH_QUICK"))


def rounds(usual: int, few: int = 3) -> int:
    """Return how often to repeat a run: `usual` times, or a `few` times if the benchmark is to be quick."""
    return few if quick() else usual


@dataclass
class Rounds:
    """What was measured in each round, by entrant. An entrant that failed is in `failed` alone, with the reason."""

    taken: dict[str, list[Mapping[str, float]]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def sample(self, entrant: str, measure: str) -> Sample:
        """Return the values of an entrant, one for each round. Raises KeyError if the entrant failed."""
        return Sample(tuple(measured[measure] for measured in self.taken[entrant]))

    def compare(
        self,
        what: str,
        measure: str,
        unit: str,
        ours: str,
        other: str,
        *,
        other_measure: str = "",
        scale: float = 1.0,
        mark: Mark | None = None,
        place: Place | None = None,
    ) -> Figure | NotMeasured:
        """Return the figure of one entrant next to another one. `scale` turns what was measured into the unit.

        `other_measure` is what counts of the other one, if that has another name.
        """
        for name in (ours, other):
            if name in self.failed:
                return NotMeasured(f"{what}: {name}", self.failed[name])
        return Figure(
            what,
            _scaled(self.sample(ours, measure), scale),
            unit,
            _scaled(self.sample(other, other_measure or measure), scale),
            other,
            mark,
            place,
        )

    def alone(
        self,
        what: str,
        measure: str,
        unit: str,
        ours: str,
        *,
        scale: float = 1.0,
        mark: Mark | None = None,
        place: Place | None = None,
    ) -> Figure | NotMeasured:
        """Return the figure of one entrant with nothing next to it."""
        if ours in self.failed:
            return NotMeasured(f"{what}: {ours}", self.failed[ours])
        return Figure(what, _scaled(self.sample(ours, measure), scale), unit, mark=mark, place=place)


def _scaled(sample: Sample, scale: float) -> Sample:
    return Sample(tuple(value * scale for value in sample.values))


def order(names: Iterable[str], count: int, seed: int = SEED) -> Iterator[list[str]]:
    """Yield the names in random order, `count` times; one seed gives one sequence."""
    dice = Random(seed)
    listed = list(names)
    for _ in range(count):
        yield dice.sample(listed, len(listed))


def interleave(entrants: Mapping[str, Run], count: int, *, seed: int = SEED, warm: int = 1) -> Rounds:
    """Run each entrant once a round, in random order. The first `warm` rounds are not counted.

    An entrant that raises is tried again at once. If it raises again, it is left out, with the error as reason.
    """
    found = Rounds({name: [] for name in entrants})
    for number, names in enumerate(order(entrants, warm + count, seed)):
        for name in names:
            if name in found.failed:
                continue
            try:
                measured = _tried(entrants[name])
            except Exception as error:  # a peer may fail in any way, and the others go on
                found.failed[name] = reason_of(error)
                del found.taken[name]
                continue
            if number >= warm:
                found.taken[name].append(measured)
    return found


def _tried(run: Run) -> Mapping[str, float]:
    try:
        return run()
    except Exception:
        return run()


def reason_of(error: Exception) -> str:
    """Return an error in one short line."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[-1][:200]}".removesuffix(": ")


def processor_time(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> Run:
    """Return a run that measures the `cpu` of some work of this process, all threads, in seconds."""

    def run() -> Mapping[str, float]:
        start = clock()
        work()
        return {"cpu": clock() - start}

    return run
