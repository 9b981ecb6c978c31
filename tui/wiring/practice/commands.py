"""The new beginning of the sandbox, and its control calls, for the command line."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from core.errors import UsageError
from data.book.disk import RealDisk
from data.embedded import start_sandbox
from data.practice.control import SandboxControl
from data.practice.reset import check_practice, reset_practice
from data.sandbox.faults import FaultSpecError, parse
from data.settings import sandbox_state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from data.settings import Settings

__all__ = ["check_faults", "reset_practice", "running_control", "started_control"]


def running_control(settings: Settings) -> SandboxControl:
    """Return the control calls of the sandbox that runs in a home. Raises `UsageError` (not-sandbox)."""
    check_practice(settings)
    return SandboxControl(sandbox_state(settings.home))


@asynccontextmanager
async def started_control(settings: Settings) -> AsyncIterator[SandboxControl]:
    """Start the sandbox, or attach to the one that runs. Raises `UsageError` (not-sandbox), `Unreachable`."""
    control = running_control(settings)
    with suppress(OSError):  # a folder that can't be made is reported by the sandbox
        await asyncio.to_thread(RealDisk().make_folder, settings.folder)  # private from its beginning
    sandbox = await start_sandbox(sandbox_state(settings.home))
    try:
        yield control
    finally:
        await sandbox.close()


def check_faults(settings: Settings, spec: str) -> None:
    """Raise `UsageError` unless the profile is the sandbox (not-sandbox) and the rules can be read (bad-faults)."""
    check_practice(settings)
    try:
        parse(spec)
    except FaultSpecError as error:
        raise UsageError("bad-faults", f"--faults: {error}.") from None
