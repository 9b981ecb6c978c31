"""The app in a process of its own, without a screen: `python -m tests.processes.app_without_screen HOME`.

It prints `open` once the desk is open. Each line on standard input is the id of a card: the card is pushed with the
keys, and `pushed` is printed. At the end of standard input the app is left as its key does, and `left` is printed.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.journeys.console import console, push
from tests.support.sandbox_home import Home
from tests.support.until import says


async def _run(home: Home) -> None:
    async with console(home) as pilot:
        print("open", flush=True)
        while card := (await asyncio.to_thread(sys.stdin.readline)).strip():
            await push(pilot, card)
            await says(pilot, "Everything arrived.")
            await pilot.press("escape")
            print("pushed", flush=True)
    print("left", flush=True)


if __name__ == "__main__":
    asyncio.run(_run(Home(Path(sys.argv[1]))))
