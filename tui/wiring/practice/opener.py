"""Opens the app's desk on the built-in sandbox. What that needs is imported in a thread, after the first screen."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from core.push.live_push import Listener
    from data.settings import Settings
    from tui.wiring.desk import Desk


class PracticeOpener(Protocol):
    """Opens the desk of the app, as `open_desk` does."""

    def __call__(
        self, settings: Settings, *, write: bool, listen: Listener
    ) -> AbstractAsyncContextManager[Desk]:
        """Open a desk. Raises what `open_desk` raises."""


def open_practice_with(faults: str) -> PracticeOpener:
    """Return what opens the app's desk on the sandbox, with what goes wrong from the start ("" for nothing)."""

    @asynccontextmanager
    async def opener(settings: Settings, *, write: bool, listen: Listener) -> AsyncIterator[Desk]:
        open_now = await asyncio.to_thread(_find, faults, settings)
        async with open_now(settings, write=write, listen=listen) as desk:
            yield desk

    return opener


def _find(faults: str, settings: Settings) -> PracticeOpener:
    """Begin the sandbox, and import what opens the desk. Blocks."""
    from tui.wiring.systems import begin

    begin(settings)
    from tui.wiring.practice.desk import open_practice

    return open_practice(faults)
