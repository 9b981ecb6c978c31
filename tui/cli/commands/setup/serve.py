"""`serve`: shows the app in a browser, on this machine or behind a server with TLS."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from core.errors import UsageError
from tui import wiring
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json_line, say
from tui.wiring import setup

_MINUTE: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class BrowserOptions(CommandOptions):
    """The options of `serve`."""

    host: str
    port: int
    """0 for any free port."""
    public_url: str | None
    """The address that a server in front offers; None without one."""
    idle: int
    """After how many minutes without a touch a browser has to open a new link."""
    keep: int
    """For how many minutes a desk waits for its page."""


async def serve(options: BrowserOptions) -> int:
    """Serve until stopped. Prints the link, and then what happens, without client data, on stderr."""
    settings = wiring.settings_of(options.home, options.profile)
    try:
        from tui.browser import guard, server  # noqa: PLC0415 - the extra `serve` may be absent
    except ImportError:
        raise UsageError(
            "no-serve", "Serving the desk needs the extra serve, which is not installed."
        ) from None

    public = guard.public_address(options.public_url) if options.public_url is not None else None
    is_local = setup.is_this_machine(options.host)
    if not is_local and public is None:
        message = (
            f"{options.host} is not this machine alone, and nothing says by which address browsers come."
        )
        raise UsageError("not-private", message)
    terms = server.ServeTerms(
        command=_app_command(options),
        names=tuple(dict.fromkeys((options.host, "localhost"))) if is_local else (),
        public=public,
        idle=options.idle * _MINUTE,
        keep=options.keep * _MINUTE,
    )
    listener = server.bind(options.host, options.port)
    desk = server.DeskServer(terms, int(listener.getsockname()[1]))

    def show_link() -> None:
        link = desk.guard.new_link()
        if options.json:
            emit_json_line({"url": link})
        else:
            say("", f"  {link}", "")
        sys.stdout.flush()

    def ready() -> None:
        if not options.json:
            say(
                f"The desk of profile “{settings.name}” is at this address, which works once, in one browser:"
            )
        show_link()
        if not options.json:
            say("Enter prints a new address, for another browser or after a pause. Ctrl-C ends the desk.")
        sys.stdout.flush()
        _on_each_line(asyncio.get_running_loop(), show_link)

    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger = logging.getLogger("brokerdesk.serve")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(lines)
    try:
        await server.serve(desk, listener, ready)
    finally:
        logger.removeHandler(lines)
    if not options.json:
        say(*(line for words in desk.apps.last_words for line in words.splitlines()))
    return 0


def _app_command(options: BrowserOptions) -> tuple[str, ...]:
    """Return the command that starts the app: this Python, and no module of the folder in which it was started."""
    given = (("--home", options.home), ("--profile", options.profile))
    chosen = [word for option, value in given if value is not None for word in (option, value)]
    return (sys.executable, "-P", "-m", "tui.cli", *chosen)


def _on_each_line(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
    """Call `act` in the loop for each line of stdin, as long as there are any.

    A thread reads, because no event loop can wait for a console of Windows. It holds no lock that the end of the
    process needs.
    """

    def read() -> None:
        with suppress(OSError, RuntimeError):  # there is no stdin, or the loop has ended
            while os.read(0, 1024):
                loop.call_soon_threadsafe(act)

    if hasattr(signal, "SIGTTIN"):
        signal.signal(
            signal.SIGTTIN, signal.SIG_IGN
        )  # in the background of a shell, reading would halt the process
    threading.Thread(target=read, daemon=True).start()
