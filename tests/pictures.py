"""Draws the README's pictures from the running app on a seeded sandbox: `make pictures`.

The clock stands at the hour of the seed and the operator is always the same; what FLEX calls its records is the
sandbox's own count. Nothing in a picture points outside it: the font is whatever monospace is at hand.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from core.local_forms import DeskTime
from data.settings import load_settings
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
FONTS = "ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace"


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


async def _draw(home: Home, sandbox: Sandbox) -> None:
    app = DeskApp(
        load_settings(home.path, None),
        local=DeskTime(_noon),
        clock=lambda: NOON,
        grace=0.0,
        clipboard=Clipboard(MemoryClipboard(), None),
    )
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
    os.environ |= {f"BROKERDESK_{name}_SECRET": "sandbox" for name in ("BROKERENGINE", "FLEX")}
    os.environ.pop("NO_COLOR", None)
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "systems"
        with Sandbox.serve(state) as sandbox:
            home = Home.at(Path(folder) / "home", sandbox)
            config = home.path / "config.toml"
            config.write_text(
                config.read_text("utf-8")
                .replace("[profiles.test", "[profiles.demo")
                .replace('profile = "test"', 'profile = "demo"'),
                "utf-8",
            )
            asyncio.run(_draw(home, sandbox))
    for picture in sorted(WHERE.glob("*.svg")):
        print(picture.relative_to(ROOT), f"{picture.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
