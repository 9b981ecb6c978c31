"""`make team STEPS=n RATE=n`: four workers and two desks push n people, with faults, kills and pauses."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.postgres_keeper import ServersOfRun
from tests.team.campaign import TROUBLES_EVERY, Size, run


def main() -> int:
    """Run the team, and print what it came to. Return 1 if something is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.team")
    parser.add_argument("--steps", type=int, default=20_000, metavar="N", help="how many people are pushed")
    parser.add_argument(
        "--rate", type=float, default=6_000, metavar="N", help="requests a minute, for all together"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which troubles there are")
    parser.add_argument(
        "--troubles-every",
        type=float,
        default=TROUBLES_EVERY,
        metavar="SECONDS",
        help="the mean time between two kills or pauses of workers. A pause lasts some 19 seconds: at the default of"
        " 4 more than half of the four workers stand still",
    )
    options = parser.parse_args()
    servers = ServersOfRun()
    try:
        with tempfile.TemporaryDirectory(prefix="team-") as folder:
            size = Size(options.steps, options.rate, troubles_every=options.troubles_every)
            print(
                run(Path(folder), size, options.seed, lambda line: print(line, file=sys.stderr, flush=True))
            )
    except AssertionError as error:
        print(f"Broken: {error}", file=sys.stderr)
        return 1
    finally:
        servers.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
