r"""Keeps what was read last of both contact systems: one private file for each system.

The first line says for which program, profile and systems the copy is. The second line is the copy. Each further line
is what one incremental read changed, with its mark, so that a line that is lost takes its mark with it. A line is
`LF crc32 SP json`. A file that is damaged, or that is of another version, system or workspace, counts as no copy: the
next read is then a full one. Nothing here raises an error of the disk, because a copy only saves requests.

Two processes may share a file. Who finds that the other one saved in the meantime saves nothing.

A second file for each system has the number of its records alone (`core.contacts.reading.shortfall.RecordCount`). It
fits every version, and stays when a copy is removed. So a read that lacks a page is noticed also after an upgrade.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

from core.contacts.model import Consent, Contact, RelatedEntity
from core.contacts.ports import LostRecords, Owner, RejectedContact
from core.contacts.reading.copy import ContactCopy, CopyChanges, folded
from core.contacts.reading.shortfall import MissingRecord, RecordCount, Shortfall
from core.decoding.typed_json import decode_json
from core.push.plan import System
from core.version import VERSION
from data.book.disk import Disk, RealDisk, replace
from data.platform.files import FILE_MODE

FORMAT: Final = 1
"""The number of this form of the file."""
COUNT_FORMAT: Final = 1
"""The number of the form of the file with the count."""
PATIENCE: Final = 1.0
"""Seconds to wait for the other process. Without the lock nothing is saved."""
_CHECK: Final = 9  # eight hex digits and a blank
_SMALL: Final = 1_000_000
"""Bytes of changes up to which a file is never written again."""
_KINDS: Final = (
    *(Contact, Consent, RelatedEntity, Owner, RejectedContact, LostRecords),
    *(ContactCopy, CopyChanges, Shortfall, MissingRecord),
)


class _Header(Struct, frozen=True):
    """For which program and systems a copy is. `fields` is a hash of all names, so that a new field is read too."""

    format: int
    program: str
    fields: str
    identity: str


class _CountFile(Struct, frozen=True):
    """The file of a count, and for which system, workspace and credentials the count is."""

    format: int
    identity: str
    count: RecordCount


class _Seen(Struct, frozen=True):
    """How a file was when it was read or written here. `base` is the size of the copy without the changes."""

    number: int
    size: int
    base: int


class ContactCopies:
    """The copies of one profile. Implements `core.contacts.reading.copy.CopyStore`.

    `identities` says for each system what the copy depends on: the address, the credentials' name, the workspace.
    """

    def __init__(self, folder: Path, identities: Mapping[System, str], disk: Disk | None = None) -> None:
        self._folder = folder
        self._identities = identities
        self._disk = disk or RealDisk()
        self._seen: dict[System, _Seen] = {}

    def load(self, system: System) -> ContactCopy | None:
        """Return the copy of a system; None if there is none that can be used."""
        self._seen.pop(system, None)
        try:
            number = self._path(system).stat().st_ino
            lines = self._disk.read(self._path(system)).split(b"\n")
            header, base = _payload(lines[1]), _payload(lines[2])
            if header is None or base is None or header != msgspec.json.encode(self._header(system)):
                return None
            every = [_payload(line) for line in lines[3:]]
            is_whole = not every or every[-1] is not None
            if not is_whole:
                every.pop()  # the line that a crash left half written; the next save writes the file again
            if None in every:
                return None
            changes = [decode_json(line, CopyChanges) for line in every if line is not None]
            copy = folded(decode_json(base, ContactCopy), changes)
        except (OSError, IndexError, ValueError, KeyError, RecursionError):
            return None
        if is_whole:
            size = sum(map(len, lines)) + len(lines) - 1
            self._seen[system] = _Seen(number, size, sum(map(len, lines[1:3])) + 2)
        return copy

    def known(self, system: System) -> RecordCount | None:
        """Return how many records a system had when it was read last; None if no file for this system says so."""
        try:
            file = decode_json(self._count_path(system).read_bytes(), _CountFile)
        except (OSError, ValueError):
            return None
        fits = (file.format, file.identity) == (COUNT_FORMAT, self._identities.get(system, ""))
        return file.count if fits else None

    def is_current(self, system: System) -> bool:
        """Return True if the file is as it was when it was read or written here."""
        seen = self._seen.get(system)
        return seen is not None and self.version(system) == (seen.number, seen.size)

    def version(self, system: System) -> tuple[int, int] | None:
        """Return the number and the size of the file, which change with each save; None without a file."""
        try:
            found = self._path(system).stat()
        except OSError:
            return None
        return found.st_ino, found.st_size

    def save(self, system: System, copy: ContactCopy, changes: CopyChanges | None) -> None:
        """Write the copy, or add one line of changes. Writes nothing if another process saved in the meantime."""
        with suppress(OSError, ValueError, Timeout):
            self._disk.make_folder(self._folder)
            lock = FileLock(self._path(system).with_suffix(".lock"), mode=FILE_MODE)
            with lock.acquire(timeout=PATIENCE):
                if changes is None:
                    self._write(system, copy)
                    self._write_count(system, copy)
                    return
                seen = self._seen.get(system)
                if seen is not None and not self.is_current(system):
                    return
                if seen is None or seen.size - seen.base > max(_SMALL, seen.base):
                    self._write(system, copy)
                else:
                    self._add(system, seen, changes)
                self._write_count(system, copy)

    def _write(self, system: System, copy: ContactCopy) -> None:
        content = _line(self._header(system)) + _line(copy)
        self._seen.pop(system, None)
        replace(self._disk, self._path(system), content)
        self._seen[system] = _Seen(self._path(system).stat().st_ino, len(content), len(content))

    def _add(self, system: System, seen: _Seen, changes: CopyChanges) -> None:
        line = _line(changes)
        self._seen.pop(system, None)
        tail = self._disk.tail(self._path(system))
        try:
            tail.append(line)
        finally:
            tail.close()
        self._seen[system] = _Seen(seen.number, seen.size + len(line), seen.base)

    def _write_count(self, system: System, copy: ContactCopy) -> None:
        if self.known(system) != copy.count:
            file = _CountFile(COUNT_FORMAT, self._identities.get(system, ""), copy.count)
            replace(self._disk, self._count_path(system), msgspec.json.encode(file))

    def _count_path(self, system: System) -> Path:
        return self._folder / f"{system.value}.count"

    def _header(self, system: System) -> _Header:
        return _Header(FORMAT, VERSION, _fields(), self._identities.get(system, ""))

    def _path(self, system: System) -> Path:
        return self._folder / f"{system.value}.copy"


def copies_that_name(folder: Path, ids: Iterable[str]) -> list[Path]:
    """Return the copies in a folder that name a record of one of these ids. Raises `OSError`."""
    wanted = [msgspec.json.encode(record_id) for record_id in ids]
    found = []
    for path in sorted(folder.glob("*.copy")):
        content = path.read_bytes()
        if any(record_id in content for record_id in wanted):
            found.append(path)
    return found


def remove_copies(folder: Path, ids: Iterable[str]) -> None:
    """Remove the copies in a folder that name a record of one of these ids. Raises `OSError`.

    A copy without one record would say that the system has no such record. So the copy goes as a whole, and the next
    read is a full one.
    """
    for path in copies_that_name(folder, ids):
        path.unlink(missing_ok=True)


def identity_of(*parts: str) -> str:
    """Return a hash of what a copy depends on. The hash tells nobody an address or a name."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _line(record: Struct) -> bytes:
    payload = msgspec.json.encode(record)
    return b"\n%08x %b" % (crc32(payload), payload)


def _payload(line: bytes) -> memoryview | None:
    """Return the JSON of a line, without a copy of it; None if the line does not agree with its checksum."""
    payload = memoryview(line)[_CHECK:]
    return payload if line[:_CHECK] == b"%08x " % crc32(payload) else None


def _fields() -> str:
    names = [(kind.__name__, kind.__struct_encode_fields__) for kind in _KINDS]
    return hashlib.sha256(repr(names).encode()).hexdigest()
