"""`make simulate SEEDS=n`: run n schedules on all cores, say how fast, or how to replay the one that failed."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice, zip_longest

from tests.simulation.cards import CardSchedule
from tests.simulation.contacts import ContactSchedule
from tests.simulation.schedule import Schedule, run_seed
from tests.simulation.team import TeamSchedule
from tests.simulation.twice import CardsTwice, ContactsTwice

CHUNK = 250
TOLD_EVERY = 60.0
"""Seconds between two lines that say how far it came."""
KINDS: dict[str, type[Schedule]] = {"cards": CardSchedule, "contacts": ContactSchedule}
"""Where nothing is ever to stand twice at a remote."""
EVERY: dict[str, type[Schedule]] = {
    **KINDS,
    "cards-twice": CardsTwice,
    "contacts-twice": ContactsTwice,
    "team": TeamSchedule,
}
SHARES = {"cards": 0.35, "contacts": 0.35, "cards-twice": 0.1, "contacts-twice": 0.1, "team": 0.1}
"""How many of all schedules are of a kind where none is named."""
Chunk = tuple[str, int, int]
"""A kind, its first seed, and the one after the last."""
Run = tuple[float, int | None, str]
"""The seconds that a chunk took, and the seed that failed, with what it says."""


def run_chunk(chunk: Chunk) -> Run:
    """Run some schedules one after the other, up to the first that fails."""
    kind, first, last = chunk
    began = time.process_time()
    for seed in range(first, last):
        try:
            run_seed(seed, EVERY[kind])
        except Exception:
            return time.process_time() - began, seed, traceback.format_exc(limit=-3)
    return time.process_time() - began, None, ""


def chunks(kinds: Sequence[str], first: int, seeds: int) -> Iterator[Chunk]:
    """Give the work, the kinds side by side: so many seeds in all, of each kind from `first` on."""
    whole = sum(SHARES[kind] for kind in kinds)
    lists = []
    for kind in kinds:
        last = first + round(seeds * SHARES[kind] / whole)
        lists.append([(kind, start, min(start + CHUNK, last)) for start in range(first, last, CHUNK)])
    for row in zip_longest(*lists):
        yield from (chunk for chunk in row if chunk)


def quicken() -> None:
    """Look for garbage seldom: a schedule leaves little, and what was loaded stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


class Tally:
    """How many schedules of each kind hold, and how long they took one core."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.took: Counter[str] = Counter()

    def add(self, chunk: Chunk, seconds: float) -> None:
        kind, first, last = chunk
        self.done[kind] += last - first
        self.took[kind] += seconds  # type: ignore[assignment]  # a Counter of seconds

    def __str__(self) -> str:
        return ", ".join(f"{kind} {count:,}" for kind, count in self.done.items()) or "none yet"


def simulate(work: Iterator[Chunk], jobs: int, tell: Callable[[str], None]) -> int:
    """Run all chunks in so many processes; say every now and then how far it came. Gives the exit code."""
    tally, began, told = Tally(), time.monotonic(), time.monotonic()
    with ProcessPoolExecutor(jobs, initializer=quicken) as pool:
        running: dict[Future[Run], Chunk] = {
            pool.submit(run_chunk, each): each for each in islice(work, 2 * jobs)
        }
        while running:
            over, _ = wait(running, timeout=5, return_when=FIRST_COMPLETED)
            for future in over:
                chunk = running.pop(future)
                seconds, failed, said = future.result()
                if failed is not None:
                    pool.shutdown(wait=False, cancel_futures=True)
                    tell(f"{tally} schedules held before")
                    print(f"{chunk[0]}, seed {failed} broke an invariant; replay:", end=" ")
                    print(f"python -m tests.simulation --kind {chunk[0]} --seed {failed}\n{said}")
                    return 1
                tally.add(chunk, seconds)
                running |= {pool.submit(run_chunk, each): each for each in islice(work, 1)}
            if time.monotonic() - told >= TOLD_EVERY:
                told = time.monotonic()
                tell(f"{told - began:,.0f} s: {tally} schedules hold the invariants so far")
    for kind, count in tally.done.items():
        rate = count / max(tally.took[kind], 1e-9)
        print(f"{kind}: {count:,} schedules hold the invariants, {rate:.0f} a second on one core")
    took = time.monotonic() - began
    print(f"{sum(tally.done.values()):,} schedules in {took:,.0f} s on {jobs} cores")
    return 0


def main() -> int:
    """Parse the command line, run, and give the exit code: 1 where a schedule broke an invariant."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=5000, metavar="N", help="how many schedules in all")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed of each kind")
    parser.add_argument("--seed", type=int, metavar="SEED", help="replay one schedule")
    parser.add_argument("--kind", choices=EVERY, help="which desk; all of them where none is named")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    options = parser.parse_args()
    kinds = [options.kind] if options.kind else list(EVERY)
    if options.seed is not None:
        for kind in kinds:
            run_seed(options.seed, EVERY[kind])
            print(f"{kind}, seed {options.seed}: the invariants hold")
        return 0
    work = chunks(kinds, options.first, options.seeds)
    return simulate(work, options.jobs, lambda said: print(said, file=sys.stderr, flush=True))


def with_one_order() -> None:
    """Begin again where the order of a set is left to chance: a seed is to decide everything."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        again = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"})


if __name__ == "__main__":
    with_one_order()
    sys.exit(main())
