"""The new beginning of the sandbox, and its control calls, for the command line."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from data.embedded import start_sandbox
from data.practice.control import SandboxControl
from data.practice.reset import check_practice, reset_practice
from data.settings import sandbox_state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from data.settings import Settings

__all__ = ["reset_practice", "running_control", "started_control"]


def running_control(settings: Settings) -> SandboxControl:
    """Return the control calls of the sandbox that runs in a home. Raises `UsageError` (not-sandbox)."""
    check_practice(settings)
    return SandboxControl(sandbox_state(settings.home))


@asynccontextmanager
async def started_control(settings: Settings) -> AsyncIterator[SandboxControl]:
    """Start the sandbox, or attach to the one that runs. Raises `UsageError` (not-sandbox), `Unreachable`."""
    control = running_control(settings)
    sandbox = await start_sandbox(sandbox_state(settings.home))
    try:
        yield control
    finally:
        await sandbox.close()
