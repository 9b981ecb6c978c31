"""Keys in the Cards room on a terminal: 100,000 and 300,000 cards from a folder, next to ten.

A key is timed from its byte to the first byte that the app paints after it. A pilot in the app's own process would add
its own waits.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from tests.bench.harness.figure import Figure, NotMeasured, at_most, at_most_more, percentile
from tests.bench.harness.homes import DESK, environment, home_on_a_folder
from tests.bench.harness.runner import interleave, rounds
from tests.bench.harness.terminal import BenchTerminal, Painted

TITLE: Final = "Lists: keys on a terminal"
INTRO: Final = (
    "Cards come from one file in a folder. A key is timed from its byte to the first byte that is painted after it: the"
    " cursor at the end of the list, up and down, and letters in the filter. Of a letter the first line of the list is"
    " timed too, and the count, which is painted when all rows are searched."
)
FEW: Final = 10
SIZES: Final = (FEW, 100_000, 300_000)
WORDS: Final = ("okafor 1", "haddad", "zzz")
UP: Final = b"\x1b[A"
DOWN: Final = b"\x1b[B"
END: Final = b"\x1b[F"
DELETE: Final = 0x7F
_LIST: Final = re.compile(rb"\x1b\[(?:[5-9]|[12]\d|3[01]);[1-4]?\dH")
"""A write to the lines and columns of the list, on a terminal of 34 × 132."""
_COUNT: Final = re.compile(rb"[\d,]+ of [\d,]+ cards|no card matches|0 cards", re.IGNORECASE)


def session(home: Path, count: int) -> Mapping[str, float]:
    """Open the app on a board of `count` cards, wait for all of them, and press keys.

    Returns `loaded`, the app's CPU until all cards are there, in seconds, and medians and 95th percentiles in ms.
    """
    echoes: list[float] = []
    firsts: list[float] = []
    counts: list[float] = []
    with BenchTerminal.running(DESK, environment(home)) as app:
        loaded = app.until(f"{count:,} cards".encode(), within=600).own
        app.at_rest(1.0)
        _press(app, END)
        steps = [_press(app, key).first for _ in range(rounds(6, few=2)) for key in [UP] * 5 + [DOWN] * 5]
        _press(app, b"/")
        for word in WORDS:
            for key in [*word.encode(), *[DELETE] * len(word)]:
                painted = _press(app, bytes([key]))
                echoes.append(painted.first)
                for times, pattern in ((firsts, _LIST), (counts, _COUNT)):
                    if (at := painted.until(pattern)) is not None:
                        times.append(at)
    return {
        "loaded": loaded,
        "step": median(steps) * 1000,
        "step p95": percentile(steps, 95) * 1000,
        "echo": median(echoes) * 1000,
        "list": median(firsts) * 1000,
        "count": median(counts) * 1000,
        "count p95": percentile(counts, 95) * 1000,
    }


def _press(app: BenchTerminal, key: bytes) -> Painted:
    painted = app.press(key)
    app.at_rest(0.1)
    return painted


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield what the cards cost until they are there, and what keys take then."""
    with tempfile.TemporaryDirectory() as name:
        homes = {size: home_on_a_folder(Path(name, str(size)), size) for size in SIZES}
        found = interleave(
            {f"{size:,} cards": partial(session, homes[size], size) for size in SIZES},
            rounds(2, few=1),
            warm=0,
        )
    few, many, most = (f"{size:,} cards" for size in SIZES)
    yield found.compare(
        f"{many} from a folder, own CPU until all are in the list",
        "loaded",
        "s",
        many,
        few,
        mark=at_most_more(1.5),
    )
    yield found.compare(f"{most} from a folder, own CPU until all are in the list", "loaded", "s", most, few)
    yield found.compare(f"cursor up or down at {most}, median", "step", "ms", most, few)
    yield found.compare(f"cursor up or down at {most}, 95 %", "step p95", "ms", most, few, mark=at_most(16))
    for what, measure, mark in (
        ("a letter in the filter, until anything is painted", "echo", None),
        ("a letter in the filter, until the list is painted", "list", at_most(30)),
        ("a letter in the filter, until the count is painted", "count", at_most(60)),
        ("a letter in the filter, until the count is painted, 95 %", "count p95", None),
    ):
        yield found.compare(f"{what}, {many}", measure, "ms", many, few, mark=mark)
        yield found.compare(f"{what}, {most}", measure, "ms", most, few)
