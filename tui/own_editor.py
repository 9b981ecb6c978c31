"""Gives the operator's own editor the app's terminal, and takes it back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from textual.app import App

from tui.editor import editor_of

Result = TypeVar("Result")


async def with_terminal(app: App[Any], work: Callable[[], Result]) -> Result:
    """Do work that needs the app's terminal, in a thread: what the app sends goes on meanwhile. Return its result.

    Raises `SuspendNotSupported` on a terminal that the app can't leave, `UsageError` (no-editor) without an editor, and
    what `work` raises. Textual takes the terminal back only if nothing is raised while the app is away.
    """
    editor_of()
    failed: Exception | None = None
    with app.batch_update(), app.suspend():
        try:
            return await asyncio.to_thread(work)
        except Exception as error:
            failed = error
    raise failed
