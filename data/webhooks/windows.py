"""The file by which a test of a webhook tells the listener, another process, to take none of its kind for a while.

The file is next to the inbox and is written whole or not at all. A window ends by itself, so that a test that died
does not deafen the listener. A file that can't be read is no window.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.decoding.typed_json import decode_json
from core.error_words import why_failed
from core.errors import DeskError
from core.webhooks.ports import ListenerWindow
from data.private_files import replaced_file

NAME: Final = "webhooks.json"
LONGEST: Final = 600.0
"""Seconds: a window that is open for longer counts as none. A clock that was set back must not keep one open."""
MOST_IDS: Final = 1_000
"""How many test events are remembered; the latest stay."""


class WindowState(Struct, frozen=True):
    """What the file says: the window, and until when the test events of these ids are dropped (seconds since 1970)."""

    window: ListenerWindow | None = None
    ignored: Mapping[str, float] = {}


class WindowFile:
    """The file in a folder. Implements `core.webhooks.ports.Windows`. `now` gives seconds since 1970."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self._path = folder / NAME
        self._now = now

    def state(self) -> WindowState:
        """Return what counts now."""
        now, held = self._now(), self._read()
        window = held.window
        if window is not None and not 0 < window.until - now <= LONGEST:
            window = None
        return WindowState(window, {id_: until for id_, until in held.ignored.items() if until > now})

    def open(self, window: ListenerWindow) -> None:
        """See `Windows.open`. Raises `DeskError` (inbox-closed)."""
        self._write(replace(self.state(), window=window))

    def close(self, token: str) -> None:
        """See `Windows.close`. Raises `DeskError` (inbox-closed)."""
        state = self.state()
        if state.window is not None and state.window.token == token:
            self._write(replace(state, window=None))

    def ignore(self, ids: Collection[str], until: float) -> None:
        """See `Windows.ignore`. Raises `DeskError` (inbox-closed)."""
        if ids:
            state = self.state()
            ignored = [*state.ignored.items(), *((id_, until) for id_ in ids)]
            self._write(replace(state, ignored=dict(ignored[-MOST_IDS:])))

    def _read(self) -> WindowState:
        try:
            return decode_json(self._path.read_bytes(), WindowState)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return WindowState()

    def _write(self, state: WindowState) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replaced_file(self._path) as file:
                file.write(msgspec.json.encode(state))
        except OSError as error:
            why = why_failed(error)
            raise DeskError("inbox-closed", f"{self._path.name} can't be written: {why}.") from None
