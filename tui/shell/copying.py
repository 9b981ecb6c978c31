"""Copies for the app: to the operating system's clipboard, else the terminal's. The clipboard is found when needed."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from tui.text import notify

if TYPE_CHECKING:
    from tui.app import DeskApp
    from tui.clipboard import Clipboard


class Copying:
    """Where the app copies to. `clipboard` is None until the first use, unless a test gives its own."""

    def __init__(self, app: DeskApp, clipboard: Clipboard | None) -> None:
        self._app = app
        self._clipboard = clipboard

    @property
    def clipboard(self) -> Clipboard:
        """The clipboard of the browser, or of the operating system, or of the terminal."""
        if self._clipboard is None:
            from tui.wiring.clipboard import browser_clipboard, find_clipboard

            find = browser_clipboard if self._app.is_web else find_clipboard
            self._clipboard = find(self._app.to_terminal)
        return self._clipboard

    def copy(self, text: str, what: str) -> None:
        """Copy a text in the background, and say how far it came. `what` names the text."""
        self._app.begin_work(partial(self._copy, text, what), "copy")

    async def _copy(self, text: str, what: str) -> None:
        reached = await asyncio.to_thread(self.clipboard.copy, text)
        notify(self._app, f"{what}: {reached.value}")

    def copy_under_cursor(self) -> None:
        """Copy what the cursor is on."""
        from tui.under_cursor import copyable_on

        if (found := copyable_on(self._app.screen)) is None:
            notify(self._app, "There is nothing to copy under the cursor.", severity="warning")
        else:
            self.copy(found.text, found.name)

    def clear(self) -> None:
        """Overwrite what was copied for now, if it is still there. Blocks for a moment."""
        if self._clipboard is not None:
            self._clipboard.clear()
