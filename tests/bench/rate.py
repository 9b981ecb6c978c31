"""How much of the allowed rate a bulk push of cards and a sync of contacts use, with systems that are far away."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.bench.harness.figure import Figure, NotMeasured, Sample, at_least, at_most
from tests.bench.harness.homes import DESK, environment
from tests.bench.harness.latency import Distance, FarServer, far_away
from tests.bench.harness.processes import run_command
from tests.bench.harness.runner import quick, reason_of
from tests.support.sandbox_home import Home, Sandbox

TITLE: Final = "Sending: the rate"
INTRO: Final = (
    "`push card ID… --yes` and `sync --yes` against systems that are far away: each new connection costs a round trip,"
    " each request another one and 100 ms until the answer. The profile allows 500 requests a minute. *Used* is the"
    " rate of the requests between the first write and the last one, to the system that is written to most. Arrivals"
    " are counted to one percent."
)
RATE: Final = 500.0
"""Requests a minute."""
ANSWER: Final = 0.1
ROUND_TRIPS: Final = (0.03, 0.05, 0.1)
CARDS: Final = 40
CONTACTS: Final = 400
WINDOW: Final = 10.0
"""Seconds over which it is counted whether the rate is exceeded."""


def used(requests: Sequence[tuple[float, str]], rate: float = RATE) -> float:
    """Return the part of the rate, in %, that requests use between the first write and the last one.

    Requests are (seconds, "METHOD path"). Token requests do not count. Raises ValueError without two writes.
    """
    counted = [(at, line) for at, line in requests if "token" not in line]
    writes = [at for at, line in counted if not line.startswith("GET")]
    if len(writes) < 2:
        raise ValueError("There are not two writes.")
    between = [at for at, _ in counted if writes[0] <= at <= writes[-1]]
    return 100 * (len(between) - 1) * 60 / (writes[-1] - writes[0]) / rate


def densest(requests: Sequence[tuple[float, str]], rate: float = RATE, window: float = WINDOW) -> float:
    """Return the part of the rate, in %, that is used in the densest window of some seconds."""
    times = [at for at, line in requests if "token" not in line]
    most, first = 0, 0
    for last, at in enumerate(times):
        while times[first] < at - window:
            first += 1
        most = max(most, last - first)
    return 100 * most * 60 / window / rate


def _far_home(
    stack: ExitStack, folder: Path, sandbox: Sandbox, distance: Distance, systems: tuple[str, ...]
) -> tuple[Home, dict[str, FarServer]]:
    far: dict[str, FarServer] = {}
    urls: dict[str, str] = {}
    for system in systems:
        there = urlsplit(sandbox.urls[system])
        far[system] = stack.enter_context(far_away(there.hostname or "", there.port or 0, distance))
        urls[system] = far[system].url + there.path
    home = Home.with_urls(folder, urls, systems=systems)
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("rate = 60000", f"rate = {RATE:.0f}"), "utf-8")
    return home, far


def _push_cards(folder: Path, sandbox: Sandbox, distance: Distance, count: int) -> list[tuple[float, str]]:
    near = Home.at(folder / "near", sandbox).path
    cards = json.loads(run_command([*DESK, "cards", "--json"], environment(near)).output)["cards"]
    ids = [card["id"] for card in cards if card["state"] == "unlinked"][:count]
    with ExitStack() as stack:
        home, far = _far_home(stack, folder / "far", sandbox, distance, ("brokerengine", "flex"))
        run_command([*DESK, "push", "card", *ids, "--yes", "--json"], environment(home.path), status=(0, 1))
        return far["flex"].requests


def _sync(folder: Path, sandbox: Sandbox, distance: Distance) -> list[tuple[float, str]]:
    with ExitStack() as stack:
        home, far = _far_home(stack, folder / "far", sandbox, distance, ("simplenexus", "total-expert"))
        run_command([*DESK, "sync", "--yes", "--json"], environment(home.path), status=(0, 1))
        return max((each.requests for each in far.values()), key=_writes)


def _writes(requests: Sequence[tuple[float, str]]) -> int:
    return sum(not line.startswith("GET") for _, line in requests)


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield the part of the rate that is used, by round trip."""
    for round_trip in ROUND_TRIPS[:1] if quick() else ROUND_TRIPS:
        words = f"{1000 * round_trip:.0f} ms round trip"
        distance = Distance(round_trip, ANSWER)
        for what in ("a bulk push of cards", "a sync of contacts"):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                options = ("--cards", str(2 * CARDS), "--contacts", str(CONTACTS))
                with Sandbox.serve(folder / "systems", *options) as sandbox:
                    try:
                        if what == "a bulk push of cards":
                            requests = _push_cards(folder, sandbox, distance, 8 if quick() else CARDS)
                        else:
                            requests = _sync(folder, sandbox, distance)
                        share = used(requests)
                    except Exception as error:
                        yield NotMeasured(f"{what}, {words}", reason_of(error))
                        continue
            mark = at_least(95) if round_trip <= 0.05 else None
            yield Figure(
                f"{what}, {words}, {len(requests)} requests: used of the rate",
                Sample((share,)),
                "%",
                mark=mark,
            )
            yield Figure(
                f"{what}, {words}: the most within {WINDOW:.0f} s",
                Sample((densest(requests),)),
                "%",
                mark=at_most(101),
            )
