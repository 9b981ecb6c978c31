"""`make simulate SEEDS=n`: run n schedules on all cores, print schedules per second, or the seed that failed."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.schedule import run_seed

CHUNK = 500


def _chunk(first: int, last: int) -> tuple[int, str] | None:
    for seed in range(first, last):
        try:
            run_seed(seed)
        except Exception:
            return seed, traceback.format_exc(limit=-3)
    return None


def main() -> int:
    """Parse the command line, run, and give the exit code: 1 where a schedule broke an invariant."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=5000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--seed", type=int, metavar="SEED", help="replay one schedule")
    options = parser.parse_args()
    if options.seed is not None:
        run_seed(options.seed)
        print(f"seed {options.seed}: the invariants hold")
        return 0
    began = time.perf_counter()
    last = options.first + options.seeds
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        starts = range(options.first, last, CHUNK)
        for failed in pool.map(_chunk, starts, [min(start + CHUNK, last) for start in starts]):
            if failed:
                print(
                    f"seed {failed[0]} broke an invariant; replay: python -m tests.simulation --seed {failed[0]}"
                )
                print(failed[1])
                return 1
    took = time.perf_counter() - began
    print(f"{options.seeds} schedules hold the invariants, {options.seeds / took:.0f} a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
