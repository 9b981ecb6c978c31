r"""The listener's own file of events: taken in by one process, consumed by another, neither waiting for the other.

A line is `LF crc32 SP json LF`: eight hex digits over the JSON of one delivery's events. Each line stands alone and
begins with its own line feed, so that what a crash left half written spoils no line after it. A delivery is durable
before it is answered; one that was half written never was, and is left out when it is read.

The consumer folds in what it read, makes that durable, then drops it: a crash between the two gives the same events
again, which change nothing. Both hold a lock for the moment they touch the file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeAlias, cast
from zlib import crc32

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

from core.decoding.typed_json import decoder_of
from core.error_words import why_failed
from core.errors import DeskError
from core.milestones.events import CalculationReport, MilestoneEvent
from core.milestones.ports import Received
from data.book.disk import Disk, RealDisk, replace
from data.platform.files import FILE_MODE

NAME: Final = "events.log"
PATIENCE: Final = 5.0
"""Seconds to wait for the other process; it holds the lock for some milliseconds."""
_CHECK: Final = 9  # eight hex digits and a space


class _ReportsLine(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The line of a delivery of calculations, or of events of unknown kinds. A line of events is a list instead."""

    calculations: tuple[CalculationReport, ...] = ()
    unknown: int = 0


_Line: TypeAlias = tuple[MilestoneEvent, ...] | _ReportsLine
_line: Final[msgspec.json.Decoder[_Line]] = decoder_of(cast("type[_Line]", _Line))
_events: Final = decoder_of(list[msgspec.Raw])
_event: Final = decoder_of(MilestoneEvent)


class Inbox:
    """The event file in one folder, which is made where it is missing. Blocking; any thread may call.

    `count_unknown` gets the number of events of unknown kinds, once they are dropped.
    """

    def __init__(
        self,
        folder: Path,
        disk: Disk | None = None,
        count_unknown: Callable[[int], None] = lambda number: None,
    ) -> None:
        self.path = folder / NAME
        self._count_unknown = count_unknown
        self._disk = disk or RealDisk()
        self._turn = threading.Lock()
        self._broken: str = ""

    def add(self, events: tuple[MilestoneEvent, ...]) -> None:
        """Take one delivery in; it is durable on return. Raises `DeskError` (inbox-closed): it is not taken in.

        After a write that failed nothing more is taken in: a second fsync may succeed without the data.
        """
        self._add(msgspec.json.encode(events))

    def add_reports(self, reports: tuple[CalculationReport, ...]) -> None:
        """Take reports of calculations in, as `add` takes events. An email in them stays until they are consumed."""
        self._add(msgspec.json.encode(_ReportsLine(reports)))

    def add_unknown(self, number: int) -> None:
        """Note that events of unknown kinds came, and how many. Raises as `add`."""
        self._add(msgspec.json.encode(_ReportsLine(unknown=number)))

    def _add(self, payload: bytes) -> None:
        """Append one line. Raises as `add`."""
        if self._broken:
            raise _closed(self._broken)
        with self._locked():
            try:
                if not self._disk.exists(self.path):
                    replace(self._disk, self.path, b"")
                tail = self._disk.tail(self.path)
                try:
                    tail.append(b"\n%08x %b\n" % (crc32(payload), payload))
                finally:
                    tail.close()
            except OSError as error:
                self._broken = why_failed(error)
                raise _closed(self._broken) from error

    def read(self) -> Received:
        """Give what was taken in and not dropped. Raises `DeskError` (inbox-closed)."""
        with self._locked():
            try:
                content = self._disk.read(self.path) if self._disk.exists(self.path) else b""
            except OSError as error:
                raise _closed(why_failed(error)) from error
        found: list[MilestoneEvent] = []
        reports: list[CalculationReport] = []
        bad = 0
        for line in content.split(b"\n"):
            match _parse(line):
                case None:
                    bad += 1
                case _ReportsLine(calculations=calculations):
                    reports += calculations
                case events:
                    found += events
        notice = f"{self.path.name}: {bad} half-written or damaged line(s) left out; a poll finds what they reported."
        return Received(tuple(found), len(content), (notice,) if bad else (), tuple(reports))

    def drop(self, end: int) -> None:
        """Forget what was read up to `end`. One consumer at a time: who has the book.

        Raises `DeskError` (inbox-closed); then all of it is read again.
        """
        if not end:
            return
        with self._locked():
            try:
                content = self._disk.read(self.path)
                rest = content[end:]
                if rest:
                    replace(self._disk, self.path, rest)
                else:
                    self._disk.cut(self.path, 0)
            except OSError as error:
                raise _closed(why_failed(error)) from error
        lines = [_parse(line) for line in content[:end].split(b"\n") if b'"unknown"' in line]
        if unknown := sum(line.unknown for line in lines if isinstance(line, _ReportsLine)):
            self._count_unknown(unknown)

    def has_news(self) -> bool:
        """Return True if deliveries wait. Asks for the size of the file only."""
        try:
            return self.path.stat().st_size > 0
        except OSError:
            return False

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Around every touch of the file, in this process and in the other."""
        with self._turn:
            try:
                self._disk.make_folder(self.path.parent)
                lock = FileLock(self.path.with_suffix(".lock"), mode=FILE_MODE)
                lock.acquire(timeout=PATIENCE)
            except (OSError, Timeout) as error:
                why = "another process holds it" if isinstance(error, Timeout) else why_failed(error)
                raise _closed(why) from error
            try:
                yield
            finally:
                lock.release()


def _parse(line: bytes) -> _Line | None:
    """Give a line's events or reports, none for a blank one; None where it does not agree with its checksum."""
    if not line:
        return ()
    payload = line[_CHECK:]
    if line[:_CHECK] != b"%08x " % crc32(payload):
        return None
    try:
        return _line.decode(payload)
    except msgspec.DecodeError:
        return _known_events(payload)


def _known_events(payload: bytes) -> tuple[MilestoneEvent, ...] | None:
    """Return the events of a line that this version knows; None if there is none. A newer listener may know more."""
    known: list[MilestoneEvent] = []
    try:
        listed = _events.decode(payload)
    except msgspec.DecodeError:
        return None
    for raw in listed:
        with suppress(msgspec.DecodeError):
            known.append(_event.decode(raw))
    return tuple(known) or None


def _closed(why: str) -> DeskError:
    return DeskError("inbox-closed", f"The file of received events can't be used: {why}.")
