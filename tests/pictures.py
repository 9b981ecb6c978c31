"""Draws the pictures of the README and the guides from the running app on a seeded sandbox: `make pictures`.

The clock stands at the hour of the seed and the operator is always the same; what FLEX calls its records is the
sandbox's own count. Nothing in a picture points outside it: the font is whatever monospace is at hand.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from core.local_forms import DeskTime
from core.push.plan import System
from core.systems import config_key
from data.settings import load_settings
from tests.moving_picture import FONTS, Frame, moving_picture
from tests.support.clipboard import MemoryClipboard
from tests.support.fork_server import ROOT
from tests.support.sandbox_home import Home, Sandbox
from tests.support.until import at_rest, says, until
from tui.app import DeskApp
from tui.cards.push_dialog import PushDialog
from tui.clipboard import Clipboard

WHERE = ROOT / "docs" / "pictures"
SIZE = (132, 34)
NOON = datetime(2026, 3, 2, 14, 5, tzinfo=UTC).timestamp()
FILM_SIZE = (110, 30)
STILL = 2
"""The frame of the moving picture for those who want no motion: the question before a push."""
ALL_SYSTEMS = ("brokerengine", "flex", "simplenexus", "total-expert")


def at_home(svg: str) -> str:
    """Give the picture without a link to a font elsewhere, and with the same names inside on every run."""
    svg = re.sub(r"\s*@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family:\s*(?:Fira Code|arial)[^;]*;", f"font-family: {FONTS};", svg)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\bterminal-\d+-", "terminal-", svg)
    svg = re.sub(r"\b\d\.\d\d&#160;s\b", "0.02&#160;s", svg)  # how long a reply took
    outside = [link for link in re.findall(r"https?://[^\"')\s]+", svg) if "www.w3.org" not in link]
    if outside:
        raise AssertionError(f"the picture points outside: {outside}")
    return svg + ("" if svg.endswith("\n") else "\n")


def _app(home: Home) -> DeskApp:
    return DeskApp(
        load_settings(home.path, None),
        local=DeskTime(_noon),
        clock=lambda: NOON,
        grace=0.0,
        clipboard=Clipboard(MemoryClipboard(), None),
    )


async def _draw(home: Home, sandbox: Sandbox) -> None:
    app = _app(home)
    async with app.run_test(size=SIZE) as pilot:
        app.animation_level = "none"
        await at_rest(pilot)
        await _push(pilot, "C-1002", "Everything arrived.")
        sandbox.faults("423 POST /flex/opportunities *1")
        await _push(pilot, "C-1009", "refused")
        await _find(pilot, "C-1001")
        await pilot.press("escape")
        await at_rest(pilot)
        _keep(pilot, "cards")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PushDialog) and app.screen.armed)
        _keep(pilot, "confirm")
        await pilot.press("escape", "4")
        await at_rest(pilot)
        await says(pilot, "NEEDS YOU")
        _keep(pilot, "activity")
        await app.run_action("app.quit")


async def _film(home: Home, sandbox: Sandbox) -> str:
    """Play what a newcomer does first, and return it as a moving picture."""
    app = _app(home)
    frames: list[Frame] = []

    def shoot(caption: str, seconds: float) -> None:
        app.clear_notifications()
        frames.append(Frame(at_home(app.export_screenshot(simplify=True)), caption, seconds))

    async with app.run_test(size=FILM_SIZE) as pilot:
        app.animation_level = "none"
        await at_rest(pilot)
        shoot("the board: every card, and whether it is in FLEX", 3)
        await pilot.press("slash", *"patel")
        await at_rest(pilot)
        shoot("/  find a card", 2)
        await pilot.press("enter")
        await at_rest(pilot)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PushDialog) and app.screen.armed)
        shoot("p  what a push will do, before it does it", 4)
        await pilot.press("y")
        await says(pilot, "Everything arrived.")
        shoot("y  sent once", 3)
        await pilot.press("escape")
        sandbox.faults("drop-reply POST /flex/contacts *1")
        await _push(pilot, "C-1001", "Everything arrived.")
        await pilot.press("4")
        await at_rest(pilot)
        await pilot.press("d")
        await says(pilot, "found by its reference")
        shoot("a reply was lost: looked up by its reference, never sent twice", 4)
        await pilot.press("2")
        await at_rest(pilot)
        shoot("two contact books: one person, or two?", 4)
        await pilot.press("s")
        await at_rest(pilot)
        shoot("s  the same; u takes it back", 3)
        await app.run_action("app.quit")
    return moving_picture(frames, STILL)


def _noon(at: float) -> datetime:
    """Give one and the same time, whenever something was."""
    return datetime.fromtimestamp(NOON, UTC)


async def _find(pilot: Pilot[Any], card_id: str) -> None:
    await pilot.press("escape", "slash")
    await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "filter")
    await pilot.press(*card_id[2:], "enter")
    await at_rest(pilot)


async def _push(pilot: Pilot[Any], card_id: str, ends: str) -> None:
    await _find(pilot, card_id)
    await pilot.press("p")
    await until(pilot, lambda: isinstance(pilot.app.screen, PushDialog) and pilot.app.screen.armed)
    await pilot.press("y")
    await says(pilot, ends)
    await pilot.press("escape")
    await at_rest(pilot)


def _keep(pilot: Pilot[Any], name: str) -> None:
    pilot.app.clear_notifications()
    WHERE.mkdir(parents=True, exist_ok=True)
    svg = pilot.app.export_screenshot(title="brokerdesk", simplify=True)
    (WHERE / f"{name}.svg").write_text(at_home(svg), "utf-8", newline="\n")


def main() -> None:
    """Draw every picture."""
    os.environ |= {f"BROKERDESK_{config_key(system).upper()}_SECRET": "sandbox" for system in System}
    os.environ.pop("NO_COLOR", None)
    with tempfile.TemporaryDirectory() as folder, Sandbox.serve(Path(folder) / "systems") as sandbox:
        asyncio.run(_draw(_home(Path(folder) / "still", sandbox, ("brokerengine", "flex")), sandbox))
        sandbox.reset()
        film = asyncio.run(_film(_home(Path(folder) / "film", sandbox, ALL_SYSTEMS), sandbox))
        (WHERE / "tour.svg").write_text(film, "utf-8", newline="\n")
    for picture in sorted(WHERE.glob("*.svg")):
        print(picture.relative_to(ROOT), f"{picture.stat().st_size // 1024} KB")


def _home(path: Path, sandbox: Sandbox, systems: Sequence[str]) -> Home:
    """Return a home with the profile `demo` for these systems of a sandbox."""
    home = Home.at(path, sandbox, systems=systems)
    config = home.path / "config.toml"
    text = config.read_text("utf-8").replace("[profiles.test", "[profiles.demo")
    config.write_text(text.replace('profile = "test"', 'profile = "demo"'), "utf-8")
    return home


if __name__ == "__main__":
    main()
