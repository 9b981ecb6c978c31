"""Wait for the app without guessing how long: until something is so, or until nothing is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

from tests.support.frames import frames_drawn
from tests.support.hostile_text import shown
from tests.support.parsed_styles import keep_parsed_styles
from tests.support.patience import Patience
from tests.support.pilot_waits import see_what_is_done
from tui.widgets.row_list import RowList

WORK = 8.0
"""Seconds of this process's processor time after which a wait gives up. The failure says what the screen shows then."""
FIRST_LOOK, LAST_LOOK = 0.01, 0.05
"""Seconds between the first two looks at what the app does, and between later ones: a look at the screen draws it.

Nothing is sent to the app meanwhile. A pilot's pause would send each widget a message.
"""
see_what_is_done()
keep_parsed_styles()
SELDOM = 8
"""While nothing is drawn, a wait looks at the screen only at every eighth turn."""
FOREVER = {"desk", "take-up", "try-again", "auto-push", "sandbox"}
"""Groups of workers that run as long as the app does."""
WAIT_FOR_A_PERSON = {
    "choose",
    "sandbox-entry",
    "import-file",
    "decide",
    "ask-about-new-users",
    "answer-brake",
    "switch-stop",
}
"""Groups of workers that wait for an answer to a question on the screen."""
ASK_FIRST = {"link", "write", "template", "end-by-hand"}
"""Groups of workers that wait for an answer as long as a dialog is open, and work then."""


async def until(pilot: Pilot[Any], so: Callable[[], object]) -> None:
    """Wait until something is so."""
    patience, wait = Patience(WORK), FIRST_LOOK
    while not so():
        assert not patience.is_over, f"waited in vain for this screen to change:\n{shown(pilot.app)}"
        await asyncio.sleep(wait)
        wait = min(wait * 1.5, LAST_LOOK)
    await pilot.pause()


async def says(pilot: Pilot[Any], *words: str) -> str:
    """Wait until the screen says all of these; gives what it showed then.

    To look draws the whole screen, so a screen on which nothing was drawn since the last look is looked at seldom.
    """
    text, drawn, looks = "", -1, 0

    def are_there() -> bool:
        nonlocal text, drawn, looks
        looks += 1
        if drawn != frames_drawn() or looks % SELDOM == 0:
            drawn = frames_drawn()
            text = flat(pilot)
        return all(word in text for word in words)

    await until(pilot, are_there)
    return text


def flat(pilot: Pilot[Any]) -> str:
    """Give what the screen shows, with every run of blanks as one space and frames left out."""
    text = shown(pilot.app)
    for line in "│▕╭╮╰╯─▌":
        text = text.replace(line, " ")
    return " ".join(text.split())


async def at_rest(pilot: Pilot[Any]) -> None:
    """Wait until the desk is open, nothing is read any more, and every list shows what was asked for."""
    app = pilot.app
    await until(
        pilot, lambda: getattr(app, "desk", None) is not None or getattr(app, "trouble", None) is not None
    )
    quiet = 0
    while quiet < 3:
        waiting = WAIT_FOR_A_PERSON | (ASK_FIRST if app.screen.is_modal else set())
        busy = any(
            worker.group not in FOREVER and not worker.is_finished and worker.group not in waiting
            for worker in app.workers
        )
        quiet = 0 if busy else quiet + 1
        if busy:
            await asyncio.sleep(FIRST_LOOK)
            continue
        for rows in app.screen.query(RowList):
            await rows.settled()
        await pilot.pause(FIRST_LOOK)
