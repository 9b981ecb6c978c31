"""How soon the app is there on a terminal, in turns with an empty Textual app, posting and harlequin.

The first frame is there when the words of header, list, detail and footer are. The sandbox that runs already is a
process of its own, and its time does not count; a sandbox that the app starts counts.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.bench.harness.figure import Figure, NotMeasured, at_most, at_most_times
from tests.bench.harness.homes import DESK, environment
from tests.bench.harness.peers import PeerMissing, python_of
from tests.bench.harness.runner import Run, interleave, rounds
from tests.bench.harness.terminal import BenchTerminal
from tests.support.fork_server import ROOT
from tests.support.sandbox_home import Sandbox

TITLE: Final = "Start"
INTRO: Final = (
    "Programs are started on a terminal of 132 × 34 until the words of their first frame are written, and brokerdesk "
    "until its first cards are. *Own CPU* is that of the app alone, without the sandbox that it starts."
)
LIST: Final = b"Loading the cards"
FRAME: Final = (b"1 Cards", LIST, b"Fields", b"palette")
CARDS: Final = (b"C-1001",)
EMPTY: Final = f"""
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static({LIST.decode()!r})
Empty().run()
"""
FAR: Final = ("--faults", "delay=0.15 GET /brokerengine")
"""Lets BrokerEngine take as long for an answer as a system does that is 50 ms away and needs 100 ms."""
PEERS: Final = {"posting": (b"Collection",), "harlequin": (b"Data Catalog",)}


def start(
    command: Sequence[str],
    home: Path,
    *moments: Sequence[bytes],
    folder: Path = ROOT,
    variables: Mapping[str, str] | None = None,
) -> Run:
    """Return a run that starts a command on a terminal and measures up to each moment, which is some words.

    The command has the `variables` of the environment too.

    Measured are `wall0`, `own0` and `tree0` of the first moment, `wall1` of the second, and so on, in seconds.
    """

    def run() -> Mapping[str, float]:
        found: dict[str, float] = {}
        with BenchTerminal.running(command, environment(home, **variables or {}), folder) as terminal:
            for number, words in enumerate(moments):
                at = terminal.until(*words)
                found |= {f"wall{number}": at.wall, f"own{number}": at.own, f"tree{number}": at.tree}
        if len(moments) > 1:
            found["after"] = found["wall1"] - found["wall0"]
        return found

    return run


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield the first frame next to each peer, and the first cards."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        homes = {entry: folder / entry for entry in ("bare", "empty", "up", "far", "down", *PEERS)}
        for home in homes.values():
            home.mkdir()
        start(DESK, homes["down"], CARDS)()  # seeds the sandbox
        entrants = {
            "Python": start([python, "-c", f"print({LIST.decode()!r})"], homes["bare"], (LIST,)),
            "an empty Textual app": start([python, "-c", EMPTY], homes["empty"], (LIST,)),
            "brokerdesk": start(DESK, homes["up"], FRAME, CARDS),
            "brokerdesk, answers after 150 ms": start([*DESK, *FAR], homes["far"], FRAME, CARDS),
            "brokerdesk, sandbox not running": start(DESK, homes["down"], FRAME, CARDS),
        }
        for peer, words in PEERS.items():
            try:
                program = python_of(peer).with_name(peer)
            except PeerMissing as error:
                yield NotMeasured(peer, str(error))
            else:
                entrants[peer] = start([str(program)], homes[peer], words, folder=homes[peer])
        with Sandbox.serve(homes["up"] / "sandbox"), Sandbox.serve(homes["far"] / "sandbox"):
            found = interleave(entrants, rounds(9))
    if reason := found.failed.get("brokerdesk"):
        raise RuntimeError(reason)
    cpu, wall = "first frame, own CPU", "first frame, wall clock"
    for other in [name for name in entrants if not name.startswith("brokerdesk")]:
        mark = at_most_times(1.3) if other == "an empty Textual app" else None
        yield found.compare(cpu, "own0", "ms", "brokerdesk", other, scale=1000, mark=mark)
    yield found.compare(wall, "wall0", "ms", "brokerdesk", "an empty Textual app", scale=1000)
    down = "brokerdesk, sandbox not running"
    yield found.compare(
        "first cards, own CPU",
        "own1",
        "ms",
        "brokerdesk",
        "an empty Textual app",
        other_measure="own0",
        scale=1000,
    )
    after = "first cards after the first frame, wall clock"
    yield found.alone(f"{after}, sandbox running", "after", "s", "brokerdesk", mark=at_most(0.25))
    yield found.alone(f"{after}, answers after 150 ms", "after", "s", "brokerdesk, answers after 150 ms")
    yield found.alone(f"{after}, sandbox not running", "after", "s", down, mark=at_most(0.3))
