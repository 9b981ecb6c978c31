r"""An append-only file of lines with checksums. Knows neither TinyDB nor the meaning of the tables.

A line is `crc32 SP json LF`. The checksum is eight hex digits and continues from the line before, so a missing, doubled
or misplaced line is noticed like an altered line. The first line is a header
`{"kind": "brokerdesk-book", "schema": s, "snapshot": n}`. The n lines after it were written together with it. Every
other line is one commit, `{table: {key: document or null}}`; null removes the document.

A half-written end is what a crash can leave: a commit that was never confirmed. It is cut off and reported. Everything
else that does not fit is damage, and the log refuses to open. It never starts empty over an existing file.
docs/protocol.md, "Log", has the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeAlias
from zlib import crc32

import msgspec
from msgspec import Struct

from core.decoding.typed_json import decoder_of
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


_change: Final = decoder_of(Change)
_header: Final = decoder_of(_Header)


class Log:
    """One log file. Call `load` first, then `append` as often as needed.

    `barred` is why the log may not be written even if the disk allows it. `schema` is the newest schema that this
    code can read, and the schema of a file that it writes. `read_only` is why the log can't be written now (None: it
    can). `notices` are sentences for the operator. `schema_found` is the schema of the file after `load`.

    A log with an older schema must be written again by `snapshot` before the first `append`.
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
        """The file in which `snapshot` leaves the earlier log."""
        return self.path.with_name(self.path.name + ".bak")

    def load(self, take: Callable[[Change], None]) -> None:
        """Read the whole log and give its changes, in order, to `take`. Make the file if there is none.

        Raises `BookClosed` for damage, for a newer schema, and for a file that can't be read or made; what `take` got
        before does not count then. If a half-written end can't be cut off, the log is read-only.
        """
        try:
            if not self._disk.exists(self.path):
                self._begin()
                return
            with closing(self._disk.lines(self.path)) as lines:
                torn, good = self._parse(lines, take)
        except OSError as error:
            raise reasons.read_failed(self.path, error) from error
        if torn and self.read_only is None:
            with self._or_read_only():
                self._disk.cut(self.path, self._size)
                self.notices.append(
                    f"{self.path.name} ended in a half-written line ({torn} bytes after line {good}): it was cut "
                    "off. It belonged to a write that was never confirmed."
                )

    def append(self, change: Mapping[str, Mapping[str, Any]]) -> Change:
        """Write one commit durably. Return the change as a later `load` will return it.

        `change` is {table: {key: JSON object, or None to remove}}. Raises `BookClosed` if the log is read-only; after
        the first failed write it stays read-only. Raises `ValueError` or `TypeError`, and writes nothing, if the change
        can't be written as JSON.
        """
        if self.read_only is not None:
            raise reasons.again(self.read_only)
        payload = msgspec.json.encode(change)
        as_read = {  # copies: a slice would keep the whole line in memory as long as one of its documents is used
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
        """Replace the log by a new log that holds only `changes`, and leave the old log in `backup`.

        Call it only after `load`. If the disk refuses, the log becomes read-only; the file is complete in either case.
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
        except BaseException:  # nobody knows which of the two files is there now
            self.read_only = reasons.interrupted(self.path)
            raise
        else:
            self._size, self._crc, self.schema_found = len(content), crc, self._schema

    def fail(self, path: Path, error: OSError) -> BookClosed:
        """Make the log read-only for good, because a write to `path` in its folder failed. Return the reason."""
        if self.read_only is None:
            self.read_only = reasons.write_failed(path, error)
        return self.read_only

    def close(self) -> None:
        """Close the file. Everything has been written before."""
        tail, self._tail = self._tail, None
        if tail is not None:
            with suppress(OSError):
                tail.close()

    def _begin(self) -> None:
        """Make the file in one step, so that an empty file can only be damage."""
        if self.read_only is None:
            content, self._crc = self._whole([])
            try:
                replace(self._disk, self.path, content)
            except OSError as error:
                raise reasons.no_home(self.path.parent, error) from error
            self._size = len(content)

    def _take_back(self) -> None:
        """Try to remove the line that a failed append left. The line was not confirmed.

        The file may show bytes that the disk never got. The log is right whether or not the line can be removed.
        """
        self.close()
        with suppress(OSError):
            self._disk.cut(self.path, self._size)

    @contextmanager
    def _or_read_only(self) -> Iterator[None]:
        """Make the log read-only, instead of raising, if a write in the block raises `OSError`."""
        try:
            yield
        except OSError as error:
            self.fail(self.path, error)

    def _parse(self, lines: Iterator[bytes], take: Callable[[Change], None]) -> tuple[int, int]:
        """Give the changes to `take`. Return the size in bytes of a half-written end, and the number of good lines."""
        first = next(lines, b"")
        payload, crc = _payload(first, 0)
        if payload is None:
            what = (
                "the file is empty" if not first else "the first line is not that of a book, or it is damaged"
            )
            raise self._damage(1, what)
        header = self._read_header(payload)
        size, number, torn = len(first), 2, 0
        for line in lines:
            payload, sum_here = _payload(line, crc)
            if payload is None:
                last = next(lines, None) is None
                if (
                    not last
                    or number - 1 <= header.snapshot
                    or _whole_line_within(line.removesuffix(b"\n"), crc)
                ):
                    raise self._damage(number, "the line does not agree with its checksum")
                torn = len(line)
                break
            try:
                change = _change.decode(payload)
            except msgspec.DecodeError as error:
                raise self._damage(number, "the line is not a commit") from error
            take(change)
            crc = sum_here
            size += len(line)
            number += 1
        if number - 2 < header.snapshot:
            raise self._damage(number, f"the file ends before the {header.snapshot} lines of its snapshot do")
        self._size, self._crc = size, crc
        return torn, number - 1

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
    """Return the whole line of a payload, and the checksum from which the next line continues."""
    crc = crc32(payload, before)
    return b"%08x %b\n" % (crc, payload), crc


def _payload(line: bytes, before: int) -> tuple[bytes | None, int]:
    """Return the payload of a line, and the checksum from which the next line continues.

    The payload is None if the line has no LF or does not agree with its checksum.
    """
    payload = line[_CHECK:-1]
    crc = crc32(payload, before)
    good = line[:_CHECK] == b"%08x " % crc and line.endswith(b"\n")
    return (payload if good else None), crc


def _whole_line_within(line: bytes, before: int) -> bool:
    """Return True if a bad last line begins with a whole good line. Then only its LF was altered: it was confirmed.

    An unfinished write can't look like that. It has only a part of the line, followed by nothing or by zeros.
    """
    wanted, payload, crc = line[:_CHECK], line[_CHECK:].rstrip(b"\0"), before
    for place in range(len(payload) - 1):
        crc = crc32(payload[place : place + 1], crc)
        if payload[place] == ord("}") and wanted == b"%08x " % crc:
            return True
    return False
