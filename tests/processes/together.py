"""`python -m tests.processes.together --minutes 60`: the app, commands, a listener and a watch at once on one book.

The app runs on a real terminal, everything else in processes of its own, the systems on a real server. People begin and
submit applications, the app is opened, pushes a card or a note by its keys and is closed, commands read and write, and
the watch is killed or ended and started again. At the end Total Expert and FLEX hold everything once, in order, and no
write was refused because of the watch. `--seed` repeats the choices, not their moments.

While the app has the book open, a command that writes is refused, and says so (docs/protocol.md, "Lock"). Such refusals
are counted apart.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from threading import Event
from typing import Any, Final

from tests.journeys.test_milestones import SECRET, STARTED, SUBMITTED, Us, listening, own_map
from tests.support.fork_server import ForkedProcess
from tests.support.sandbox_home import Home, Sandbox
from tests.terminal.terminal import Terminal
from tui.wiring.book import PATIENCE

SYSTEMS: Final = ("brokerengine", "flex", "simplenexus", "total-expert")
LOCKED: Final = "book-locked"


class Together:
    """One run. `counted` has how often each thing happened; `wrong` says what should not have happened."""

    def __init__(self, home: Home, sandbox: Sandbox, random: Random, stack: ExitStack) -> None:
        self.counted: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.longest = 0.0
        self._us = Us(home, sandbox)
        self._home, self._sandbox, self._random = home, sandbox, random
        self._expected: dict[str, list[str]] = {}
        self._open: dict[str, str] = {}
        code, told = home.run("watch", "--once")
        assert code == 0, told
        self._cards = self._pushable()
        self._pushed: list[str] = []
        self._notes: list[str] = []
        self._url = stack.enter_context(listening(home))
        self._watch = home.spawn("watch")
        self._app: Terminal | None = None
        self._window = stack.enter_context(ExitStack())

    def _pushable(self) -> list[str]:
        """Return cards of which nothing is pushed yet and nothing stands in the way."""
        ids = [card["id"] for card in self._home.run("cards")[1]["cards"]]
        previews = ((card, self._home.run("preview", "card", card)) for card in ids)
        return [card for card, (code, preview) in previews if code == 0 and preview["pushable"]]

    def step(self) -> None:
        """Let one thing happen."""
        acts: list[tuple[Callable[[], None], int]] = [
            (self._somebody_acts, 6),
            (self._read, 2),
            (self._write, 5 if self._app is None else 1),
            (self._open_app if self._app is None else self._push_in_app, 3),
            (self._end_watch, 1),
        ]
        if self._app is not None:
            acts.append((self._close_app, 1))
        (act,) = self._random.choices([act for act, _ in acts], [weight for _, weight in acts])
        self.counted[act.__name__.strip("_").replace("_", " ")] += 1
        act()
        if self._app is not None:
            self._app.until()

    # -- what happens in the systems -----------------------------------------------------------------------

    def _somebody_acts(self) -> None:
        """Let a person begin an application, or submit the one that the person began."""
        person = self._random.choice(self._us.people)
        if (begun := self._open.pop(person, None)) is None:
            self._open[person] = self._us.act("begin", person, 0)
            milestone = STARTED
        else:
            self._us.act("submit", begun, 0)
            milestone = SUBMITTED
        self._expected.setdefault(self._us.contacts[person], []).append(milestone)
        statuses = self._us.deliver(self._url, doubled=self._random.randrange(2))
        self._check(set(statuses) == {200}, f"the listener answered {statuses}")

    def _note(self) -> str:
        """Return the text of the next note."""
        self._notes.append(f"Call number {len(self._notes) + 1}: the broker rang about the loan.")
        return self._notes[-1]

    def _card(self, more: float) -> tuple[str, bool]:
        """Return a card to push, and True if it is in FLEX already; with the chance `more`, or if no other is left."""
        if self._pushed and (not self._cards or self._random.random() < more):
            return self._random.choice(self._pushed), True
        self._pushed.append(self._cards.pop())
        return self._pushed[-1], False

    # -- commands ------------------------------------------------------------------------------------------

    def _read(self) -> None:
        for command in (("activity",), ("cards",), ("milestones",)):
            self._run(*command, writes=False)

    def _write(self) -> None:
        """Push a card or a note, or keep a contact's milestones back and let them go on."""
        if self._random.random() < 0.7:
            if self._app is not None:  # it will be refused
                self._run(
                    "push", "card", self._cards[0] if self._cards else self._pushed[0], "--yes", writes=True
                )
                return
            card, is_there = self._card(0.7)
            note = ("note", "--card", card, "--text", self._note()) if is_there else ("card", card)
            self._run("push", *note, "--yes", writes=True)
            return
        contact = self._us.contacts[self._random.choice(self._us.people)]
        for option in ("--pause", "--go-on"):
            self._run("milestones", option, contact, writes=True)

    def _run(self, *arguments: str, writes: bool) -> None:
        """Run a command in a process of its own, and note how it ended."""
        began = time.monotonic()
        process = self._home.spawn(*arguments)
        out, err = process.communicate()
        took = time.monotonic() - began
        said: dict[str, Any] = json.loads(out) if out else {}
        name, code = " ".join(arguments), (said.get("error") or {}).get("code", "")
        if err or not out:
            self.wrong.append(f"{name}: {err}")
        if not writes:
            self._check(process.returncode in (0, 1) and code in ("", "not-confirmed"), f"{name}: {said}")
            return
        if code == LOCKED and self._app is not None:
            self.counted["writes refused while the app had the book"] += 1
            return
        self.longest = max(self.longest, took)
        self.counted["writes by a command"] += 1
        self._check(process.returncode == 0, f"{name}: exit {process.returncode}, {said.get('error')}")

    # -- the app -------------------------------------------------------------------------------------------

    def _open_app(self) -> None:
        began = time.monotonic()
        command = ("-m", "tui.cli", "--home", str(self._home.path))
        app = self._window.enter_context(Terminal.running(*command, others=[self._sandbox.process.pid]))
        shown = app.until("C-1001")
        self.longest = max(self.longest, time.monotonic() - began)
        self._check("Reading only" not in shown, "the app was opened to read only")
        self._app = app

    def _push_in_app(self) -> None:
        assert self._app is not None
        app = self._app
        card, is_there = self._card(0.5)
        app.press("1", "\x1b", "\x1b", "r", "/", *card[2:], "\r", quiet=0.3)
        app.until(f"{card} ")
        if is_there:
            app.press("n", "w", quiet=0.3)
            app.press(*self._note(), quiet=0.01)
            app.press("\x13", quiet=0.5)
        else:
            app.press("p", quiet=0.3)
        app.until("Send")
        app.press("y", quiet=0.5)
        app.until("arrived")
        app.press("\x1b", "\x1b", "\x1b", quiet=0.3)
        self.counted["notes pushed in the app" if is_there else "cards pushed in the app"] += 1

    def _close_app(self) -> None:
        assert self._app is not None
        app, self._app = self._app, None
        app.press("q", quiet=0.3)
        self._check(app.to_the_end() == 0, "the app did not end in order")
        self._window.close()

    # -- the watch -----------------------------------------------------------------------------------------

    def _end_watch(self) -> None:
        """Kill the watch or end it, and start another."""
        how = self._random.choice((signal.SIGKILL, signal.SIGTERM))
        self._let_watch_end(how)
        self._watch = self._home.spawn("watch")

    def _let_watch_end(self, how: signal.Signals) -> None:
        ended = _end(self._watch, how)
        self._check(ended in (0, -signal.SIGKILL), f"the watch ended with {ended}")

    # -- the end -------------------------------------------------------------------------------------------

    def finish(self, waits: Event) -> None:
        """Close the app, let the watch send what is left, and compare what the systems hold with what happened."""
        if self._app is not None:
            self._close_app()
        until = time.monotonic() + 10 * PATIENCE
        while self._us.sent() != self._expected and time.monotonic() < until:
            waits.wait(1.0)
        self._let_watch_end(signal.SIGTERM)
        for contact, expected in self._expected.items():
            sent = self._us.sent().get(contact, [])
            self._check(
                sent == expected, f"contact {contact}: {len(expected)} were due, {len(sent)} were sent"
            )
        held = self._sandbox.records()
        refs = Counter(
            str(row["IntegrationId"]) for kind in held for row in held[kind] if row.get("IntegrationId")
        )
        self._check(set(refs.values()) <= {1}, f"made twice: {[ref for ref, n in refs.items() if n > 1]}")
        texts = Counter(str(row.get("Text", row.get("Body", ""))) for row in held["notes"])
        lost = [text for text in self._notes if sum(n for held, n in texts.items() if text in held) != 1]
        self._check(not lost, f"notes that are not there once: {lost}")
        states = Counter(push["state"] for push in self._home.run("activity")[1]["pushes"])
        self._check(set(states) == {"done"}, f"pushes that are not done: {states}")
        self.counted["milestones sent, once and in order"] = sum(map(len, self._expected.values()))
        self.counted["pushes done"] = states["done"]

    def _check(self, is_so: bool, what: str) -> None:
        if not is_so:
            self.wrong.append(what)
            print(f"WRONG: {what}", flush=True)


def _end(process: ForkedProcess, how: signal.Signals) -> int:
    process.send_signal(how)
    process.communicate()
    return process.returncode or 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print what happened. Return 1 if something went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.processes.together", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long")
    parser.add_argument("--seed", type=int, default=1, help="which choices")
    options = parser.parse_args(arguments)
    for name in ("BROKERENGINE", "FLEX", "SIMPLENEXUS", "TOTAL_EXPERT"):
        os.environ[f"BROKERDESK_{name}_SECRET"] = "sandbox"
    os.environ["BROKERDESK_LISTEN_SECRET"] = SECRET
    waits, random = Event(), Random(options.seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandbox = stack.enter_context(Sandbox.serve(folder / "systems"))
        sandbox.options("total-expert", tokens_an_hour=10**9, requests_a_minute=10**9)
        sandbox.options("simplenexus", applications=True)
        home = Home.at(folder / "home", sandbox, 'writer = "desk"\nmilestones = "own.toml"', systems=SYSTEMS)
        own_map(home, "")
        together = Together(home, sandbox, random, stack)
        until = time.monotonic() + 60 * options.minutes
        while time.monotonic() < until:
            together.step()
            waits.wait(random.uniform(0.5, 6.0))
        together.finish(waits)
    for name, number in sorted(together.counted.items()):
        print(f"{number:6,} {name}")
    print(f"the longest that a command or the app waited and worked: {together.longest:.1f} s")
    print(f"{len(together.wrong)} went wrong")
    return int(bool(together.wrong))


if __name__ == "__main__":
    raise SystemExit(main())
