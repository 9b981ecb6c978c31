"""Keeps notices about removed records: an empty private file for each, whose name says what the notice says.

The listener adds a file, a read drops those that it has acted on. Neither waits for the other. The names hold ids and
no client's data.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from core.contacts.reading.notices import Notice
from core.error_words import why_failed
from core.errors import DeskError
from core.push.plan import System
from data.book.disk import Disk, RealDisk

_NAME: Final = re.compile(
    r"(?P<system>[a-z-]+)\.(?P<what>record|owner)\.(?P<id>[A-Za-z0-9_-]+)\.(?P<key>[0-9a-f]+)"
)


class NoticeFiles:
    """The notices in one folder. Implements `core.contacts.reading.notices.NoticeBox`."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._folder = folder
        self._disk = disk or RealDisk()

    def add(self, notices: Collection[Notice]) -> None:
        """Take notices in; they are durable on return. Raises `DeskError` (inbox-closed)."""
        if not notices:
            return
        try:
            self._disk.make_folder(self._folder)
            for notice in notices:
                what = f"record.{notice.record_id}" if notice.record_id else f"owner.{notice.owner}"
                self._disk.write(self._folder / f"{notice.system}.{what}.{secrets.token_hex(6)}", b"")
            self._disk.sync_folder(self._folder)
        except OSError as error:
            why = why_failed(error)
            raise DeskError("inbox-closed", f"A notice can't be kept: {why}.") from error

    def waiting(self, system: System) -> Sequence[Notice]:
        """Return the notices of a system that were not dropped."""
        try:
            names = self._disk.names(self._folder)
        except OSError:
            return []
        parts = [found for name in names if (found := _NAME.fullmatch(name)) and found["system"] == system]
        return [
            Notice(system, found["id"], key=found.string)
            if found["what"] == "record"
            else Notice(system, owner=found["id"], key=found.string)
            for found in parts
        ]

    def drop(self, notices: Collection[Notice]) -> None:
        """Remove the files of these notices."""
        for notice in notices:
            with suppress(OSError):
                self._disk.unlink(self._folder / notice.key)
