"""`make simulate SEEDS=n`: run n schedules on all cores, print schedules per second, or the seed that failed."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.schedule import Schedule, run_seed
from tests.simulation.sync_schedule import SyncSchedule

CHUNK = 500
KINDS = {"cards": Schedule, "contacts": SyncSchedule}


def _chunk(kind: str, first: int, last: int) -> tuple[int, str] | None:
    for seed in range(first, last):
        try:
            run_seed(seed, KINDS[kind])
        except Exception:
            return seed, traceback.format_exc(limit=-3)
    return None


def _run(kind: str, first: int, last: int) -> int:
    began = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        starts = range(first, last, CHUNK)
        chunks = pool.map(
            _chunk, [kind] * len(starts), starts, [min(start + CHUNK, last) for start in starts]
        )
        for failed in chunks:
            if failed:
                replay = f"python -m tests.simulation --kind {kind} --seed {failed[0]}"
                print(f"{kind}, seed {failed[0]} broke an invariant; replay: {replay}")
                print(failed[1])
                return 1
    took = time.perf_counter() - began
    print(f"{kind}: {last - first} schedules hold the invariants, {(last - first) / took:.0f} a second")
    return 0


def main() -> int:
    """Parse the command line, run, and give the exit code: 1 where a schedule broke an invariant."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=5000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--seed", type=int, metavar="SEED", help="replay one schedule")
    parser.add_argument("--kind", choices=KINDS, help="which desk; all of them where none is named")
    options = parser.parse_args()
    kinds = [options.kind] if options.kind else list(KINDS)
    if options.seed is not None:
        for kind in kinds:
            run_seed(options.seed, KINDS[kind])
        print(f"seed {options.seed}: the invariants hold")
        return 0
    return max(_run(kind, options.first, options.first + options.seeds) for kind in kinds)


if __name__ == "__main__":
    sys.exit(main())
