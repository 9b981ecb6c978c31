"""A board of 100,000 cards over HTTP: from the first cards in the list to all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench.harness.figure import Figure, NotMeasured, Place, at_most
from tests.bench.harness.homes import DESK, environment
from tests.bench.harness.runner import interleave, quick, rounds
from tests.bench.harness.terminal import BenchTerminal
from tests.support.sandbox_home import Home, Sandbox

TITLE: Final = "A large board over HTTP"
INTRO: Final = (
    "The sandbox gives the cards over HTTP on loopback, as fast as it can: the profile allows 60,000 requests a minute."
    " A real gateway's rate comes on top. Wall clock holds the sandbox's time, own CPU does not."
)
SIZES: Final = (1_000, 10_000, 100_000)


def session(home: Path, count: int) -> Mapping[str, float]:
    """Open the app and wait for the first cards and for all of them. Return seconds between, and the app's CPU."""
    with BenchTerminal.running(DESK, environment(home)) as app:
        first = app.until(b"C-1001", within=120)
        last = app.until(f"{count:,} cards".encode(), within=300)
    return {"wall": last.wall - first.wall, "cpu": last.own}


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield wall clock and CPU by the size of the board."""
    sizes = SIZES[:2] if quick() else SIZES
    for size in sizes:
        with (
            tempfile.TemporaryDirectory() as name,
            Sandbox.serve(Path(name, "systems"), "--cards", str(size)) as sandbox,
        ):
            home = Home.at(Path(name, "home"), sandbox).path
            found = interleave({"brokerdesk": partial(session, home, size)}, rounds(3, few=1), warm=0)
        yield found.alone(
            f"{size:,} cards over HTTP, own CPU from the start until all are in the list",
            "cpu",
            "s",
            "brokerdesk",
            place=Place("a board over HTTP", size, "cards"),
        )
        yield found.alone(
            f"{size:,} cards over HTTP, wall clock from the first cards until all are in the list",
            "wall",
            "s",
            "brokerdesk",
            mark=at_most(2.5) if size == SIZES[-1] else None,
        )
