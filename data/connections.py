"""How the systems of a profile are reached: address and secret of each, and a wire to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from msgspec import Struct

from core.push.plan import System
from data.book.disk import RealDisk
from data.book.stop_file import StopFile
from data.configuration.definition import SystemSettings
from data.embedded import start_sandbox
from data.settings import Settings, check_live, find_secret, not_configured, sandbox_state
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.total_expert.client import TokenFile

SANDBOX: SystemSettings = SystemSettings(settle=0.0, rate=60_000.0, client_id="sandbox")
"""How the systems of the embedded sandbox are spoken to."""


class Connection(Struct, frozen=True):
    """One system of a profile: the way to it, and what the profile says of it."""

    wire: HttpClient
    settings: SystemSettings


async def connect(
    settings: Settings, wanted: Sequence[System], stack: AsyncExitStack
) -> dict[System, Connection]:
    """Make the way to each system wanted, until `stack` ends; the embedded sandbox is started where it is the one.

    Raises `UsageError` where the profile lacks an address or a secret or does not say that it is live, `Unreachable`
    where the sandbox does not start.
    """
    if not settings.embedded:
        check_live(settings)
    addresses = await (_embedded if settings.embedded else _configured)(settings, wanted, stack)
    found: dict[System, Connection] = {}
    for system, (address, said) in addresses.items():
        # Total Expert gives two tokens an hour: what one process was given the next one uses.
        keep = TokenFile(settings.folder, address) if system is System.TOTAL_EXPERT else None
        wire = HttpClient(address, keep=keep, stopped=StopFile(settings.folder).is_set)
        stack.push_async_callback(wire.close)
        found[system] = Connection(wire, said)
    return found


_Addresses = dict[System, tuple[SystemAddress, SystemSettings]]


async def _embedded(settings: Settings, wanted: Sequence[System], stack: AsyncExitStack) -> _Addresses:
    with suppress(OSError):  # where it can't be made the sandbox says so
        await asyncio.to_thread(RealDisk().make_folder, settings.folder)  # private from its beginning
    sandbox = await start_sandbox(sandbox_state(settings.home))
    stack.push_async_callback(sandbox.close)
    if sandbox.started:
        await asyncio.to_thread(_drop_tokens, settings.folder)
    return {system: _address(system, sandbox.urls[system], "sandbox", SANDBOX) for system in wanted}


async def _configured(settings: Settings, wanted: Sequence[System], stack: AsyncExitStack) -> _Addresses:  # noqa: ARG001 - as the embedded one
    found: _Addresses = {}
    for system in wanted:
        chosen = settings.profile.system(system)
        if chosen is None or not chosen.url:
            raise not_configured(settings, system)
        secret = await asyncio.to_thread(find_secret, settings, system)
        found[system] = _address(system, chosen.url, secret, chosen, settings.profile.proxy)
    return found


def _address(
    system: System, url: str, secret: str, said: SystemSettings, proxy: str = ""
) -> tuple[SystemAddress, SystemSettings]:
    address = SystemAddress(
        system, url, said.client_id, secret, rate=said.rate, deadline=said.deadline, proxy=proxy
    )
    return address, said


def _drop_tokens(folder: Path) -> None:
    """Remove the tokens of sandboxes that are gone: each had an address of its own."""
    for file in folder.glob("token-*"):
        file.unlink(missing_ok=True)
