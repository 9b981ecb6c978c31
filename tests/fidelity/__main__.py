"""`make fidelity DESKS=n`: compare the pushes of n random desks with their previews; print what differs."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.fidelity.contacts.book import CONTACT_SYSTEMS
from tests.fidelity.contacts.story import run_contact_story
from tests.fidelity.desk import Unfaithful
from tests.fidelity.story import BackEnd, run_story
from tests.fidelity.systems import SystemsInProcess

CONTACT_BACK_ENDS: Final = (BackEnd.VIRTUAL, BackEnd.FAULTS)
ONE_OF: Final = {BackEnd.COMMANDS: 20}
"""Of so many desks one is tried by a back end that takes long, if no back end is named."""


def main() -> int:
    """Parse the command line, run, and return the exit code: 1 where a push was not what its preview said."""
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity")
    parser.add_argument("--seeds", type=int, default=1000, metavar="N", help="how many desks")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    parser.add_argument("--seed", type=int, metavar="SEED", help="replay one desk")
    parser.add_argument("--back-end", choices=list(BackEnd), help="all of them where none is named")
    parser.add_argument(
        "--kind",
        choices=("cards", "contacts"),
        default="cards",
        help="contacts: virtual time and faults alone",
    )
    options = parser.parse_args()
    seeds: Sequence[int] = (
        [options.seed] if options.seed is not None else range(options.first, options.first + options.seeds)
    )
    if options.kind == "contacts":
        return contact_books(seeds, [BackEnd(options.back_end)] if options.back_end else CONTACT_BACK_ENDS)
    back_ends = [BackEnd(options.back_end)] if options.back_end else list(BackEnd)
    failed = desks = 0
    with tempfile.TemporaryDirectory() as folder:
        systems = SystemsInProcess(Path(folder))
        for back_end in back_ends:
            began, pushes, answered = time.process_time(), 0, 0
            for seed in seeds[:: 1 if options.back_end else ONE_OF.get(back_end, 1)]:
                desks += 1
                try:
                    told = run_story(seed, systems, back_end)
                except Unfaithful as error:
                    failed += 1
                    print(f"{back_end}, seed {seed}: {error}\n", flush=True)
                    continue
                pushes += told.pushes
                answered += told.answered
            took = time.process_time() - began
            print(
                f"{back_end}: {pushes:,} pushes were as previewed, {took:.0f} s; "
                f"questions about people answered {answered:,} times"
            )
        systems.close()
    print(f"{failed} of {desks:,} desks were not faithful")
    return int(failed > 0)


def contact_books(seeds: Sequence[int], back_ends: Sequence[BackEnd]) -> int:
    """Compare the pushes of the contact books of these seeds with their plans. Return the exit code."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        systems = SystemsInProcess(Path(folder), CONTACT_SYSTEMS)
        for back_end in back_ends:
            if back_end not in CONTACT_BACK_ENDS:
                print(f"contacts are not tried by the back end {back_end}")
                return 2
            began, pushes = time.process_time(), Counter[str]()
            for seed in seeds:
                try:
                    told = run_contact_story(seed, systems, with_faults=back_end is BackEnd.FAULTS)
                except Unfaithful as error:
                    failed += 1
                    print(f"contacts, {back_end}, seed {seed}: {error}\n", flush=True)
                else:
                    pushes.update({asset.value: number for asset, number in told.pushes.items()})
            took = time.process_time() - began
            kinds = ", ".join(f"{asset} {number:,}" for asset, number in sorted(pushes.items()))
            print(f"contacts, {back_end}: {pushes.total():,} pushes were as planned ({kinds}), {took:.0f} s")
        systems.close()
    print(f"{failed} of {len(seeds) * len(back_ends):,} contact books were not faithful")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
