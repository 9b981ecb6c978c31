"""Append-only files for details that are rarely read: a file per month, read entry by entry. Knows no entry's meaning.

A file begins with the line `{"kind": "brokerdesk-archive", "schema": 1}`. Every line is `crc32 SP json LF` as in the
log, but a checksum does not continue from the line before. The book's log holds the place of each entry: file, first
byte and length. An entry without a place does not count: it was never confirmed, or it was replaced.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final, NamedTuple
from zlib import crc32

import msgspec

from core.errors import ArchiveDamaged
from core.push.records import Record
from data.book import errors as reasons
from data.book.disk import Disk, replace

_CHECK: Final = 9  # eight hex digits and a space
_READ_AT_ONCE: Final = 1 << 20  # bytes
_NAME: Final = re.compile(r"([0-9]{4}-[0-9]{2})(?:-([0-9]+))?\.log")


class Archived(Record, frozen=True):
    """The place of a push's details in the archives: the file, the entry's first byte, its length in bytes."""

    table: ClassVar[str] = "archived"

    push_id: str
    file: str
    at: int
    size: int

    @property
    def key(self) -> str:
        """The push's id."""
        return self.push_id


class _Name(NamedTuple):
    """A month's n-th file (from 1)."""

    month: str
    number: int

    def __str__(self) -> str:
        return f"{self.month}.log" if self.number == 1 else f"{self.month}-{self.number}.log"


class Archive:
    """The files in one folder, blocking. `places` returns the places of the entries that count."""

    def __init__(self, disk: Disk, folder: Path, places: Callable[[], Collection[Archived]]) -> None:
        self.folder = folder
        self._disk = disk
        self._places = places
        self._ends: dict[str, int] = {}
        """{name of a file to which this object has added: size in bytes of its sound part}"""
        self._unsound: set[str] = set()
        """The names of files to which nothing more is added."""

    def add(self, month: str, entries: Sequence[tuple[str, bytes]]) -> list[Archived]:
        """Write entries (push id, JSON) durably to the file of a month ("2026-11"). Return their places.

        The entries count as soon as the book's log holds these places. Raises `BookClosed` if the disk refuses. Then
        nothing is lost, and nothing more is added to that file.
        """
        name = ""
        try:
            name = self._file_of(month)
            at = self._ends[name]
            lines = [_line(payload) for _, payload in entries]
            tail = self._disk.tail(self.folder / name)
            try:
                tail.append(b"".join(lines))
            finally:
                tail.close()
        except OSError as error:
            self._spoil(name)
            raise reasons.not_archived(self.folder / (name or month), error) from error
        except BaseException:
            self._spoil(name)
            raise
        added: list[Archived] = []
        for (push_id, _), line in zip(entries, lines, strict=True):
            added.append(Archived(push_id, name, at, len(line)))
            at += len(line)
        self._ends[name] = at
        return added

    def read(self, places: Iterable[Archived]) -> Iterator[tuple[Archived, bytes | ArchiveDamaged | None]]:
        """Yield each place with the JSON of its entry, in the order of the files. None: the file is missing.

        An entry that has changed since it was written comes as the error that says so. Entries that follow each other
        in a file are read together. Raises `BookClosed` if the disk refuses.
        """
        for run in _runs(sorted(places, key=lambda place: (place.file, place.at))):
            path, start = self.folder / run[0].file, run[0].at
            try:
                data = self._disk.read_at(path, start, run[-1].at + run[-1].size - start)
            except FileNotFoundError:
                yield from ((place, None) for place in run)
                continue
            except OSError as error:
                raise reasons.read_failed(path, error) from error
            for place in run:
                line = data[place.at - start : place.at - start + place.size]
                payload = _payload(line) if len(line) == place.size else None
                if payload is None:
                    yield place, self.damage(place, "the line does not agree with its checksum")
                else:
                    yield place, payload

    def damage(self, place: Archived, what: str) -> ArchiveDamaged:
        """Return the error for a damaged entry, with its file and line. `what` says what is wrong."""
        path = self.folder / place.file
        before = b""
        with suppress(OSError):
            before = self._disk.read_at(path, 0, place.at)
        return reasons.archive_damaged(f"{path}, line {before.count(10) + 1}", what, place.push_id)

    def renew(self) -> list[tuple[list[Archived], str]]:
        """Copy the entries that count from each file with other entries to a new file. The old files stay.

        Return, for each copied file, the new places of its entries and the name of the old file. The caller writes the
        places to the log and then removes the old file (`remove`). Damaged entries are copied as they are. Raises
        `BookClosed` if the disk refuses.
        """
        places: defaultdict[str, list[Archived]] = defaultdict(list)
        for place in sorted(self._places(), key=lambda place: place.at):
            places[place.file].append(place)
        renewed: list[tuple[list[Archived], str]] = []
        path = self.folder
        try:
            for name in self._files():
                path, counting = self.folder / name, places[name]
                size = self._disk.size(path)
                if size <= len(_HEADER) + sum(place.size for place in counting):
                    continue
                if counting and counting[-1].at + counting[-1].size > size:
                    continue  # the file is cut short; whoever repairs it needs it as it is
                renewed.append((self._carried(name, counting), name))
        except OSError as error:
            raise reasons.not_archived(path, error) from error
        return renewed

    def remove(self, names: Iterable[str]) -> None:
        """Remove files in which no entry counts. If the disk refuses, they stay for the next time."""
        with suppress(OSError):
            for name in names:
                self._ends.pop(name, None)
                self._unsound.discard(name)
                self._disk.unlink(self.folder / name)
            self._disk.sync_folder(self.folder)

    def _carried(self, name: str, places: Sequence[Archived]) -> list[Archived]:
        """Copy entries to a new file in their order. Return their new places."""
        if not places:
            return []
        data = self._disk.read(self.folder / name)
        new = str(self._next(_parsed(name).month))
        moved: list[Archived] = []
        at = len(_HEADER)
        for place in places:
            moved.append(msgspec.structs.replace(place, file=new, at=at))
            at += place.size
        parts = (data[place.at : place.at + place.size] for place in places)
        replace(self._disk, self.folder / new, b"".join([_HEADER, *parts]))
        self._ends[new] = at
        return moved

    def _file_of(self, month: str) -> str:
        """Return the name of the file to which entries of a month are added.

        The file is made if there is none. Before the first addition it is cut after the last entry that counts.
        """
        numbers = [name.number for file in self._files() if (name := _parsed(file)).month == month]
        if numbers:
            newest = str(_Name(month, max(numbers)))
            if newest in self._ends:
                return newest
            path, end = self.folder / newest, self._end(newest)
            size = 0 if newest in self._unsound else self._disk.size(path)
            if size >= end:
                if size > end:
                    self._disk.cut(path, end)
                self._ends[newest] = end
                return newest
        self._disk.make_folder(self.folder)
        new = str(self._next(month))
        replace(self._disk, self.folder / new, _HEADER)
        self._ends[new] = len(_HEADER)
        return new

    def _next(self, month: str) -> _Name:
        names = [_parsed(file) for file in {*self._files(), *(place.file for place in self._places())}]
        return _Name(month, 1 + max((name.number for name in names if name.month == month), default=0))

    def _files(self) -> list[str]:
        return [name for name in self._disk.names(self.folder) if _NAME.fullmatch(name)]

    def _of(self, name: str) -> list[Archived]:
        return [place for place in self._places() if place.file == name]

    def _end(self, name: str) -> int:
        return max((place.at + place.size for place in self._of(name)), default=len(_HEADER))

    def _spoil(self, name: str) -> None:
        self._ends.pop(name, None)
        self._unsound.add(name)


def month_of(place: Archived) -> float:
    """Return the first moment of the month of an entry's file, in seconds since 1970, UTC."""
    return datetime.strptime(f"{_parsed(place.file).month} +0000", "%Y-%m %z").timestamp()


def _parsed(name: str) -> _Name:
    match = _NAME.fullmatch(name)
    return _Name(match[1], int(match[2] or 1)) if match else _Name("", 0)


def _runs(places: Iterable[Archived]) -> Iterator[list[Archived]]:
    """Split sorted places into runs that follow each other in one file, of `_READ_AT_ONCE` bytes or one entry each."""
    run: list[Archived] = []
    for place in places:
        if run and (
            place.file != run[0].file
            or place.at != run[-1].at + run[-1].size
            or place.at + place.size - run[0].at > _READ_AT_ONCE
        ):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _line(payload: bytes) -> bytes:
    return b"%08x %b\n" % (crc32(payload), payload)


def _payload(line: bytes) -> bytes | None:
    """Return the payload of a line; None if it does not agree with the checksum."""
    payload = line[_CHECK:-1]
    return payload if line == _line(payload) else None


_HEADER: Final = _line(b'{"kind":"brokerdesk-archive","schema":1}')
