"""Commands over replies with odd values: each answers with an exit code, and with JSON or plain lines; none breaks.

The commands run in this process, each desk on a home of its own, against the systems on a loopback port. The arguments
of some hold odd characters too.

    python -m tests.fidelity.odd_commands --count 1000
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Final
from unittest.mock import patch

import msgspec

from data.sandbox.gate import Message, Receive, Send
from data.sandbox.server import SandboxApp
from data.sandbox.systems.brokerengine import SandboxBrokerEngine
from data.sandbox.systems.flex import SandboxFlex
from tests.fidelity.board import DrawnBoard
from tests.fidelity.contacts.book import CONTACT_SYSTEMS, ContactBook
from tests.fidelity.odd_values import MOST_BROKEN, OddReplies
from tests.fidelity.systems import SystemsInProcess, served
from tests.support.hostile_text import unseen
from tests.support.sandbox_home import Home

SYSTEMS: Final = ("brokerengine", "flex", "simplenexus", "total-expert")
SECRETS: Final = {f"BROKERDESK_{name.upper().replace('-', '_')}_SECRET": "sandbox" for name in SYSTEMS}
EXIT_CODES: Final = frozenset({0, 1, 2, 3})
TYPED: Final = ("\udcff", "a\udc80b", "\u202e", "\x00", "é" * 300, "-", "--", "../..", " ", "1\n2")
"""Arguments as a shell gives them: a byte that is no UTF-8 arrives as half a character."""


class OddSystems(SystemsInProcess):
    """All four systems, with odd values in what they answer over HTTP."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, (SandboxBrokerEngine, SandboxFlex, *CONTACT_SYSTEMS))
        self.replies = OddReplies(0, 10**9, frozenset())

    def app(self) -> SandboxApp:
        """Return the systems as an ASGI app."""
        return OddApp(super().app(), self)


class OddApp(SandboxApp):
    """Replaces values in each reply to a read."""

    def __init__(self, app: SandboxApp, systems: OddSystems) -> None:
        self._app, self._systems = app, systems

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope.get("method") != "GET":
            await self._app(scope, receive, send)
            return
        said: list[Message] = []

        async def keep(message: Message) -> None:
            said.append(message)

        await self._app(scope, receive, keep)
        if [message["type"] for message in said] != ["http.response.start", "http.response.body"]:
            for message in said:
                await send(message)
            return
        start, body = said
        if start["status"] == 200:
            body["body"] = self._systems.replies.replaced(str(scope["path"]).split("/")[1], body["body"])
            others = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
            start["headers"] = [*others, (b"content-length", str(len(body["body"])).encode())]
        await send(start)
        await send(body)

    def end(self) -> None:
        """End the app within."""
        self._app.end()


class BrokenCommand(AssertionError):
    """A command broke: its words, its exit code, and what it said."""


def words_of(random: Random, cards: list[str]) -> list[list[str]]:
    """Return the commands that a desk is asked, in order."""
    card, typed = random.choice(cards), random.choice(TYPED)
    return [
        ["cards"],
        ["preview", "card", card],
        ["push", "card", card, "--yes"],
        ["preview", "fact-find", f"FF-{card}"],
        ["push", "fact-find", f"FF-{card}", "--yes"],
        ["notes", card],
        ["push", "note", f"N-{card}-0", "--yes"],
        ["preview", "note", "--card", card, "--text", f"Called. {typed}"],
        ["push", "note", "--card", card, "--text", f"Called. {typed}", "--yes"],
        ["checklist", card],
        ["products", card],
        ["preview", "card", typed],
        ["cards", "--filter", typed],
        ["cards", "--changed"],
        ["activity"],
        ["links"],
        ["receipt"],
        ["reconcile", "flex"],
        ["match"],
        ["review"],
        ["sync", "--yes"],
        ["milestones"],
        ["resume", "--yes"],
        ["unlink", card, "--yes"],
    ]


async def run_odd_commands(seed: int, systems: OddSystems, folder: Path) -> int:
    """Run the commands on the desk of a seed, as JSON or as lines; return how many. Raises `BrokenCommand`."""
    random = Random(seed)
    systems.wipe()
    board = DrawnBoard(seed, systems)
    ContactBook(systems, random)
    systems.replies = OddReplies(seed, 7 + seed % 23, frozenset(random.sample(SYSTEMS, random.randint(1, 4))))
    asked = 0
    async with served(systems) as urls:
        home = Home.with_urls(folder / f"desk-{seed}", urls, systems=SYSTEMS)
        for words in words_of(random, board.cards):
            options = [*words, "--json"] if random.random() < 0.5 else words
            code, out, err = await asyncio.to_thread(_run, home, options)
            _judge(options, code, out, err)
            asked += 1
    return asked


def _run(home: Home, words: list[str]) -> tuple[int, str, str]:
    """Run a command. What the parser refuses ends with exit code 2."""
    try:
        return home.say(*words)
    except SystemExit as end:
        return int(end.code or 0), "", ""


def _judge(words: list[str], code: int, out: str, err: str) -> None:
    both = out + err
    wrong = ""
    if code not in EXIT_CODES:
        wrong = f"exit code {code}"
    elif "Traceback" in both or "itself failed" in both:
        wrong = "it broke"
    elif "--json" in words and code != 2:
        try:
            msgspec.json.decode(out)
        except msgspec.DecodeError as error:
            wrong = f"its JSON: {error}"
    if bad := unseen(both.replace("\n", "")):
        wrong = f"it prints {bad[0]!a}"
    if wrong:
        raise BrokenCommand(f"{words}: {wrong}: {both[-300:]!a}")


def main() -> int:
    """Parse the command line, run, and return the exit code: 1 if a command broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity.odd_commands")
    parser.add_argument("--count", type=int, default=1_000, metavar="N", help="how many commands")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    options = parser.parse_args()
    seed, asked, broken, values, began = options.first, 0, 0, 0, time.process_time()
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, SECRETS):
        systems = OddSystems(Path(folder))
        while asked < options.count and broken < MOST_BROKEN:
            try:
                asked += asyncio.run(run_odd_commands(seed, systems, Path(folder)))
            except Exception as error:
                broken += 1
                print(f"seed {seed}: {type(error).__name__}: {str(error)[:600]}", flush=True)
            values += len(systems.replies.places)
            seed += 1
        systems.close()
    took = time.process_time() - began
    print(f"{asked:,} commands over {values:,} odd values, {took:.0f} s; {broken} desks broke")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
