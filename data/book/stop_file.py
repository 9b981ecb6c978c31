"""The file that stops all sending on a book. It stands in the book's folder, and needs no lock.

So an app, a command and a worker can each be stopped while another process has the book open for writing. The stop
lasts until its file is removed, also across a restart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from core.decoding.typed_json import decode_json
from core.stop import Stop
from data.private_files import replaced_file

NAME: Final = "sending-is-stopped"
"""The name of the file. A person who finds it can read what it says."""


class StopFile:
    """The stop of the book in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def now(self) -> Stop | None:
        """Return the stop, or None. A file that can't be read stops everything too: somebody meant to stop."""
        try:
            return decode_json(self._path.read_bytes(), Stop)
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            return Stop()

    def is_set(self) -> bool:
        """Return True while sending is stopped."""
        return self.now() is not None

    def set(self, stop: Stop) -> Stop:
        """Stop all sending, and return the stop that holds: an earlier one stays. Raises `OSError`."""
        if earlier := self.now():
            return earlier
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replaced_file(self._path) as file:
            file.write(msgspec.json.encode(stop))
        return stop

    def lift(self) -> Stop | None:
        """Allow sending again, and return the stop that was lifted; None if there was none. Raises `OSError`."""
        stop = self.now()
        self._path.unlink(missing_ok=True)
        return stop
