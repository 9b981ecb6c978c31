r"""A file of checksummed lines that is only ever added to. Knows no TinyDB and none of the tables' meaning.

A line is `crc32 SP json LF`: eight hex digits, continued from the line before, so that a line which is missing,
doubled or out of place is noticed like one that is altered. The first line is a header
`{"kind": "brokerdesk-book", "schema": s, "snapshot": n}`; the n lines after it were written with it in one piece.
Every other line is one commit, `{table: {key: document or null}}`, and null removes.

Whatever a crash can leave at the very end (a commit that was never confirmed) is cut off and reported. Whatever
a crash can't leave is damage, and the log refuses to open: it never starts empty over a file that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeAlias
from zlib import crc32

import msgspec
from msgspec import Struct

from core.errors import BookClosed
from data.book import errors as reasons
from data.book.disk import Disk, Tail, replace
from data.book.migrations import MIGRATIONS, newest_schema

Change: TypeAlias = dict[str, dict[str, msgspec.Raw]]
"""{table: {key: a JSON object, or `NOTHING` for what is removed}}, still encoded."""
NOTHING: Final = msgspec.Raw(b"null")

KIND: Final = "brokerdesk-book"
SCHEMA: Final = newest_schema(MIGRATIONS)
_CHECK: Final = 9  # eight hex digits and a space


class _Header(Struct):
    kind: str
    schema: int
    snapshot: int = 0


_change: Final = msgspec.json.Decoder(Change)
_header: Final = msgspec.json.Decoder(_Header)


class Log:
    """One log file. `load` comes first, then `append` as often as needed.

    `barred` is why the log may not be written even if the disk allows it. `schema` is the newest schema that this
    code can read, and the schema of a file that it writes. `read_only` is why the log can't be written now (None: it
    can), `notices` are sentences for the operator. `schema_found` is the schema of the file after `load`.

    A log with an older schema must be written anew by `snapshot` before the first `append`.
    """

    def __init__(
        self, disk: Disk, path: Path, *, barred: BookClosed | None = None, schema: int = SCHEMA
    ) -> None:
        self.path = path
        self.schema_found = schema
        self._schema = schema
        self.notices: list[str] = []
        self.read_only = barred
        self._disk = disk
        self._tail: Tail | None = None
        self._size = 0
        self._crc = 0

    @property
    def backup(self) -> Path:
        """Where `snapshot` leaves the log as it was before."""
        return self.path.with_name(self.path.name + ".bak")

    def load(self) -> list[Change]:
        """Read the whole log and give its changes in order; makes the file where there is none.

        Raises `BookClosed` for damage, a newer schema, a file that can't be read or can't be made. Where a
        half-written end can't be cut off the log is read-only.
        """
        try:
            if not self._disk.exists(self.path):
                return self._begin()
            data = self._disk.read(self.path)
        except OSError as error:
            raise reasons.read_failed(self.path, error) from error
        changes, good, lines = self._parse(data)
        if good < len(data) and self.read_only is None:
            torn = len(data) - good
            with self._or_read_only():
                self._disk.cut(self.path, good)
                self.notices.append(
                    f"{self.path.name} ended in a half-written line ({torn} bytes after line {lines}): it was cut "
                    "off. It belonged to a write that was never confirmed."
                )
        self._size = good
        return changes

    def append(self, change: Mapping[str, Mapping[str, Any]]) -> Change:
        """Write one commit; it is durable on return. Gives the change as a later `load` will give it.

        `change` is {table: {key: JSON object, or None to remove}}. Raises `BookClosed` when the log is
        read-only, which it is for good after the first failed write; `ValueError` or `TypeError` before
        anything is written when the change can't be told in JSON.
        """
        if self.read_only is not None:
            raise reasons.again(self.read_only)
        payload = msgspec.json.encode(change)
        as_read = {  # copies: a slice would keep the whole line in memory for as long as one document of it lives
            table: {key: document.copy() for key, document in documents.items()}
            for table, documents in _change.decode(payload).items()
        }
        line, crc = _line(payload, self._crc)
        try:
            if self._tail is None:
                self._tail = self._disk.tail(self.path)
            self._tail.append(line)
        except OSError as error:
            reason = self.fail(self.path, error)
            self._take_back()
            raise reasons.again(reason) from error
        except BaseException:
            self.read_only = reasons.interrupted(self.path)
            raise
        self._size += len(line)
        self._crc = crc
        return as_read

    def snapshot(self, changes: Iterable[Mapping[str, Mapping[str, Any]]]) -> None:
        """Replace the log by one that holds just `changes`, and leave the old one in `backup`.

        Only after `load`. A disk that refuses makes the log read-only; what is in the file is complete either way.
        """
        if self.read_only is not None:
            return
        self.close()  # the next append opens the new file
        payloads = [msgspec.json.encode(each) for each in changes]
        content, crc = self._whole(payloads)
        try:
            replace(self._disk, self.backup, self._disk.read(self.path))
            replace(self._disk, self.path, content)
        except OSError as error:
            self.fail(self.path, error)
        except BaseException:  # which of the two files is there now, nobody knows
            self.read_only = reasons.interrupted(self.path)
            raise
        else:
            self._size, self._crc, self.schema_found = len(content), crc, self._schema

    def fail(self, path: Path, error: OSError) -> BookClosed:
        """Make the log read-only for good because a write to `path`, in its folder, failed; give the reason."""
        if self.read_only is None:
            self.read_only = reasons.write_failed(path, error)
        return self.read_only

    def close(self) -> None:
        """Close the file. Nothing is left to write."""
        tail, self._tail = self._tail, None
        if tail is not None:
            with suppress(OSError):
                tail.close()

    def _begin(self) -> list[Change]:
        """Make the file in one step, so that one which is there and empty can only be damage."""
        if self.read_only is None:
            content, self._crc = self._whole([])
            try:
                replace(self._disk, self.path, content)
            except OSError as error:
                raise reasons.no_home(self.path.parent, error) from error
            self._size = len(content)
        return []

    def _take_back(self) -> None:
        """Try to remove what a failed append left: it was not confirmed, and perhaps is not on the disk either.

        The file may show bytes that the disk never got. Nothing follows from how this goes.
        """
        self.close()
        with suppress(OSError):
            self._disk.cut(self.path, self._size)

    @contextmanager
    def _or_read_only(self) -> Iterator[None]:
        """Around writes at open: an `OSError` ends them and makes the log read-only instead of raising."""
        try:
            yield
        except OSError as error:
            self.fail(self.path, error)

    def _parse(self, data: bytes) -> tuple[list[Change], int, int]:
        """Give the changes, the size of the sound part in bytes, and its number of lines."""
        end = data.find(b"\n") + 1
        payload = _payload(data[: end - 1], 0) if end else None
        if payload is None:
            what = (
                "the file is empty" if not data else "the first line is not that of a book, or it is damaged"
            )
            raise self._damage(1, what)
        header = self._read_header(payload)
        self._crc = crc32(payload)
        changes: list[Change] = []
        start, number = end, 2
        while start < len(data):
            end = data.find(b"\n", start) + 1
            line = data[start : end - 1] if end else data[start:]
            payload = _payload(line, self._crc) if end else None
            if payload is None:
                last = end in (0, len(data))
                if not last or number - 1 <= header.snapshot or _whole_line_within(line, self._crc):
                    raise self._damage(number, "the line does not agree with its checksum")
                return changes, start, number - 1
            try:
                changes.append(_change.decode(payload))
            except msgspec.DecodeError as error:
                raise self._damage(number, "the line is not a commit") from error
            self._crc = crc32(payload, self._crc)
            start, number = end, number + 1
        if number - 2 < header.snapshot:
            raise self._damage(number, f"the file ends before the {header.snapshot} lines of its snapshot do")
        return changes, start, number - 1

    def _read_header(self, payload: bytes) -> _Header:
        try:
            header = _header.decode(payload)
        except msgspec.DecodeError as error:
            raise self._damage(1, "the first line is not that of a book") from error
        if header.kind != KIND or header.schema < 1:
            raise self._damage(1, "the first line is not that of a book")
        if header.schema > self._schema:
            raise reasons.newer(self.path, header.schema, self._schema)
        self.schema_found = header.schema
        return header

    def _whole(self, payloads: list[bytes]) -> tuple[bytes, int]:
        """Return a whole file with its header, and the checksum from which the next line continues."""
        header = msgspec.json.encode(_Header(KIND, self._schema, len(payloads)))
        lines, crc = [], 0
        for payload in [header, *payloads]:
            line, crc = _line(payload, crc)
            lines.append(line)
        return b"".join(lines), crc

    def _damage(self, line: int, what: str) -> BookClosed:
        backup = None
        with suppress(OSError):
            backup = self.backup if self._disk.exists(self.backup) else None
        return reasons.damaged(f"{self.path}, line {line}", what, backup)


def _line(payload: bytes, before: int) -> tuple[bytes, int]:
    """Give a payload's whole line and the checksum the next one continues from."""
    crc = crc32(payload, before)
    return b"%08x %b\n" % (crc, payload), crc


def _payload(line: bytes, before: int) -> bytes | None:
    """Give what a line (without its LF) carries, or None where it does not agree with its checksum."""
    payload = line[_CHECK:]
    return payload if line[:_CHECK] == b"%08x " % crc32(payload, before) else None


def _whole_line_within(line: bytes, before: int) -> bool:
    """Say whether a bad last line begins with a whole good one: only its LF was altered, so it was confirmed.

    An unfinished write can't look like that: it has less than the line, and nothing or zeros for the rest.
    """
    wanted, payload, crc = line[:_CHECK], line[_CHECK:].rstrip(b"\0"), before
    for place in range(len(payload) - 1):
        crc = crc32(payload[place : place + 1], crc)
        if payload[place] == ord("}") and wanted == b"%08x " % crc:
            return True
    return False
