"""The app as a person has it in front of them: opened on a home, and closed so that nothing is left behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from textual.pilot import Pilot

from data.settings import load_settings
from tests.support.clipboard import MemoryClipboard
from tests.support.sandbox_home import Home, Sandbox
from tests.support.until import at_rest, flat, says, until
from tui.app import DeskApp
from tui.cards.push_dialog import PushDialog
from tui.clipboard import Clipboard

if TYPE_CHECKING:
    from tui.shell.desk_keeper import Opener

NORMAL = (132, 34)


@asynccontextmanager
async def console(
    home: Home,
    *,
    size: tuple[int, int] = NORMAL,
    grace: float = 0.0,
    rest: bool = True,
    clipboard: Clipboard | None = None,
    opener: Opener | None = None,
) -> AsyncIterator[Pilot[Any]]:
    """Open the app on a home, wait until it has read the board, and leave it in order at the end.

    A yes counts as soon as its question is painted, unless a test gives a `grace`: no key comes too early then, however
    coarse the system's clock is.
    """
    before = asyncio.all_tasks()
    copies_to = clipboard or Clipboard(MemoryClipboard(), None)
    app = DeskApp(load_settings(home.path, None), grace=grace, clipboard=copies_to, opener=opener)
    async with app.run_test(size=size, notifications=True) as pilot:
        if rest:
            await at_rest(pilot)
        yield pilot
        await leave(pilot)
    await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() - before if not (task.done() or _is_of_the_loop(task))]
    assert not left, left
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("book")]


def _is_of_the_loop(task: asyncio.Task[Any]) -> bool:
    """Return True for a task in which Windows' own event loop waits for a connection; it ends after its socket."""
    return getattr(task.get_coro(), "__qualname__", "").startswith("IocpProactor.")


def toasts(pilot: Pilot[Any]) -> str:
    """Give what the toasts that are shown say."""
    return " ".join(f"{note.title} {note.message}" for note in pilot.app._notifications)


async def leave(pilot: Pilot[Any]) -> str | None:
    """Quit as the key does; gives what is said after the screen is gone."""
    app = pilot.app
    await app.run_action("app.quit")
    answer: str | None = app.return_value
    return answer


async def told(home: Home, *arguments: str) -> Any:
    """Run a command next to the app's loop; gives its JSON."""
    return (await asyncio.to_thread(home.run, *arguments))[1]


async def find(pilot: Pilot[Any], card_id: str) -> None:
    """Go to a card by typing its number into the filter, and wait until it was read."""
    await pilot.press("escape", "slash")
    await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "filter")
    await pilot.press(*card_id[2:], "enter")
    await at_rest(pilot)
    assert cursor(pilot) == card_id


async def ask(pilot: Pilot[Any]) -> PushDialog:
    """Press the key that asks whether to push, and wait until the answer counts."""
    await pilot.press("p")
    await until(pilot, lambda: isinstance(pilot.app.screen, PushDialog) and pilot.app.screen.armed)
    dialog = pilot.app.screen
    assert isinstance(dialog, PushDialog)
    return dialog


async def push(pilot: Pilot[Any], card_id: str) -> None:
    """Push a card with the keyboard; the dialog stays open."""
    await find(pilot, card_id)
    await ask(pilot)
    await pilot.press("y")


def cursor(pilot: Pilot[Any]) -> str | None:
    """Give the card under the cursor."""
    key: str | None = pilot.app.screen.query_one("#card-list").cursor_key  # type: ignore[attr-defined]  # a RowList
    return key


async def arrived_once(sandbox: Sandbox, home: Home, card_id: str) -> None:
    """Check that each record that a card's pushes made is there once, under the id that the links name."""
    held = sandbox.records()
    refs = [
        row["IntegrationId"]
        for kind in ("contacts", "opportunities", "properties", "product-links")
        for row in held[kind]
        if str(row.get("IntegrationId", "")).startswith("BD-")
    ]
    assert len(refs) == len(set(refs)), refs
    links = {(link["entity"], link["local_id"]): link for link in (await told(home, "links"))["links"]}
    opportunity = links["opportunity", card_id]
    (row,) = sandbox.ours("opportunities", opportunity["ref"])
    assert row["FLEXId"] == opportunity["remote_id"]


__all__ = [
    "arrived_once",
    "ask",
    "at_rest",
    "console",
    "cursor",
    "find",
    "flat",
    "leave",
    "push",
    "says",
    "toasts",
    "until",
]
