"""Reads files of contacts, CSV or JSON Lines: the contacts, and the rejected lines by line and column.

A bad value rejects its row. A bad birth date or flag rejects only that field, so the contact still finds its match.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from core.contacts.model import Contact, ContactKind
from core.errors import UsageError
from data.cards.columns import UnreadableCell, day, flag, known_name
from data.cards.csv_table import DELIMITERS, TableRow, read_table
from data.cards.json_items import BadJson, as_lines
from data.cards.read_file import read_bytes
from data.cards.reading import BOM, RejectedLine, bad_id
from data.exports import unwritable
from data.private_files import replaced_file

COLUMNS: Final = (
    "id",
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "email",
    "mobile_phone",
    "home_phone",
    "work_phone",
    "birth_date",
    "street",
    "street_2",
    "city",
    "state",
    "postcode",
    "country",
    "owner",
    "one_way",
)
LONGEST_EMAIL: Final = 255
LONGEST: Final = 1_000
"""Characters that any other value may have."""


class ContactReading(Struct, frozen=True):
    """What a file of contacts holds. Of several rows with one id, the first counts; the others are in `misfits`."""

    contacts: tuple[Contact, ...] = ()
    misfits: tuple[RejectedLine, ...] = ()


def read_contacts(path: Path, kind: ContactKind = ContactKind.CONTACT) -> ContactReading:
    """Read a whole file. Raises `UsageError` if it can't be read, or if it is neither CSV nor JSON Lines."""
    data = read_bytes(path)
    for mark, what in _OTHER_FORMS:
        if data.startswith(mark):
            raise UsageError("not-contacts", f"{path} is {what}.")
    return parse_contacts(data, kind)


_OTHER_FORMS: Final = (
    (b"PK\x03\x04", "a spreadsheet or an archive"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


def parse_contacts(data: bytes, kind: ContactKind = ContactKind.CONTACT) -> ContactReading:
    """Read the contacts from a file's bytes. A file that begins with `{` or `[` is JSON, any other is CSV.

    JSON is one contact a line, one list, or an object that holds the list.
    """
    body = data.removeprefix(BOM)
    collector = _ContactCollector(kind)
    if body[:4096].lstrip().startswith((b"{", b"[")):
        _read_json(data, collector)
    else:
        _read_csv(body.decode("utf-8", "surrogateescape"), collector)
    return ContactReading(tuple(collector.contacts), tuple(sorted(collector.misfits, key=_place)))


def _place(rejected: RejectedLine) -> tuple[int, int]:
    return rejected.line, rejected.column or 0


class _ContactCollector:
    """Collects the contacts and the rejected lines of a file. A value that many rows share is stored once."""

    def __init__(self, kind: ContactKind) -> None:
        self.kind = kind
        self.contacts: list[Contact] = []
        self.misfits: list[RejectedLine] = []
        self._lines: dict[str, int] = {}
        self._shared: dict[str, str] = {}

    def take(self, line: int, columns: Mapping[str, int | None], values: Mapping[str, str]) -> None:
        """Take in a row. `values` are by column name; `columns` are the positions by name, from 1, or None."""
        contact_id = values.get("id", "").strip()
        if wrong := _bad_row(contact_id, values):
            field, reason = wrong
            known = None if field == "id" or bad_id(contact_id) else contact_id
            self.misfits.append(RejectedLine(line, columns.get(field), field, reason, known))
            return
        if contact_id in self._lines:
            reason = f"line {self._lines[contact_id]} has this id already; that one is used"
            self.misfits.append(RejectedLine(line, columns.get("id"), "id", reason, contact_id))
            return
        self._lines[contact_id] = line
        fields: dict[str, Any] = {
            name: self._shared.setdefault(value, value) for name, value in values.items()
        }
        fields["id"] = contact_id
        birth_date = ""
        is_one_way = False
        try:
            birth_date = _birth_date(fields.pop("birth_date", ""))
        except UnreadableCell as error:
            self._reject_field(line, columns, "birth_date", error, contact_id)
        try:
            one_way = fields.pop("one_way", "")
            is_one_way = bool(one_way.strip()) and bool(flag(one_way))
        except UnreadableCell as error:
            self._reject_field(line, columns, "one_way", error, contact_id)
        self.contacts.append(Contact(**fields, birth_date=birth_date, kind=self.kind, one_way=is_one_way))

    def _reject_field(
        self, line: int, columns: Mapping[str, int | None], field: str, error: UnreadableCell, contact_id: str
    ) -> None:
        reason = f"{error}; the contact is read without it"
        self.misfits.append(RejectedLine(line, columns.get(field), field, reason, contact_id))


def _bad_row(contact_id: str, values: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the field that rejects a whole row, and why; None if the row is good."""
    for field, value in values.items():
        if value.isascii():
            continue
        surrogate = next((char for char in value if "\ud800" <= char <= "\udfff"), None)
        if surrogate is not None:
            byte = ord(surrogate) - 0xDC00
            trouble = f"byte {byte:02X} is not UTF-8" if 0x80 <= byte <= 0xFF else "half a character"
            return field, f"{trouble}; save the file as UTF-8"
    if wrong := bad_id(contact_id):
        return "id", wrong
    for field, value in values.items():
        longest = LONGEST_EMAIL if field == "email" else LONGEST
        if len(value.strip()) > longest:
            return field, f"it has {len(value.strip())} characters, {longest} is the most"
    return None


def _birth_date(text: str) -> str:
    """Return a birth date as `yyyy-mm-dd`, or as `--mm-dd` if it has no year. Raises `UnreadableCell`."""
    date = text.strip()
    if not date:
        return ""
    if date.startswith("--") and len(date) == 7:
        day(f"2000{date[1:]}")
        return date
    if len(date) != 10 or date[4] != "-":
        raise UnreadableCell("it is no date: yyyy-mm-dd")
    return str(day(date))


def _read_csv(text: str, collector: _ContactCollector) -> None:
    header, rows = _rows(text)
    if header is None:
        return
    names = [known_name(cell) for cell in header.cells]
    columns: dict[str, int | None] = {}
    for column, name in enumerate(names, 1):
        if name in columns:
            reason = f"the header has it already, in column {columns[name]}"
            collector.misfits.append(RejectedLine(header.line, column, name, reason))
        elif name in COLUMNS:
            columns[name] = column
    if "id" not in columns:
        collector.misfits.append(RejectedLine(header.line, None, "id", "the header has no such column"))
        return
    wanted = [(name, column - 1) for name, column in columns.items() if column]
    for row in rows:
        if row.wrong:
            collector.misfits.append(RejectedLine(row.line, row.column, "the row", row.wrong))
        else:
            collector.take(row.line, columns, {name: row.cells[at] for name, at in wanted if row.cells[at]})


def _rows(text: str) -> tuple[TableRow | None, Iterable[TableRow]]:
    """Return the header and the rows. A regular file is read row by row; any other is read whole, with care."""
    delimiter = _delimiter(text)
    if not _is_regular(text, delimiter):
        rows = read_table(text, delimiter)
        return (rows[0], rows[1:]) if rows else (None, ())
    stream = _plain_rows(text, delimiter)
    return next(stream, None), stream


def _is_regular(text: str, delimiter: str) -> bool:
    """Return True if each row has as many cells as the header and takes one line."""
    width = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for n, cells in enumerate(reader, 1):
            if any(cells):
                width = width or len(cells)
                if len(cells) != width or reader.line_num != n:
                    return False
    except csv.Error:
        return False
    return True


def _plain_rows(text: str, delimiter: str) -> Iterator[TableRow]:
    for line, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
        if any(cells):
            yield TableRow(line, cells)


def _delimiter(text: str) -> str:
    """Return the delimiter with which the first line has the most known columns."""
    first: Sequence[str] = text[:65_536].lstrip().splitlines()[:1]

    def known_columns(delimiter: str) -> int:
        return sum(known_name(cell.strip('"')) in COLUMNS for line in first for cell in line.split(delimiter))

    return max(DELIMITERS, key=known_columns)


def _read_json(data: bytes, collector: _ContactCollector) -> None:
    try:
        lines = as_lines(data)
    except BadJson as error:
        collector.misfits.append(RejectedLine(error.line, error.column, "the file", str(error)))
    else:
        _read_lines(data.removeprefix(BOM) if lines is None else lines, collector)


def _read_lines(body: bytes, collector: _ContactCollector) -> None:
    for line, text in enumerate(io.BytesIO(body), 1):
        if text.strip():
            _read_line(line, text, collector)


def _read_line(line: int, text: bytes, collector: _ContactCollector) -> None:
    try:
        raw = json.loads(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        reason = f"byte {text[error.start]:02X} is not UTF-8; save the file as UTF-8"
        collector.misfits.append(RejectedLine(line, error.start + 1, "the line", reason))
        return
    except json.JSONDecodeError as error:
        collector.misfits.append(
            RejectedLine(line, error.pos + 1, "the line", f"it is not JSON: {error.msg}")
        )
        return
    except (ValueError, RecursionError):
        collector.misfits.append(RejectedLine(line, None, "the line", "it is not JSON that can be read"))
        return
    if not isinstance(raw, dict):
        collector.misfits.append(
            RejectedLine(line, 1, "the line", "it is no contact: a JSON object is expected")
        )
        return
    values: dict[str, str] = {}
    for name in COLUMNS:
        value = raw.get(name)
        if isinstance(value, bool) and name == "one_way":
            value = "Y" if value else "N"
        elif isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            column = _column_of(text, name)
            collector.misfits.append(RejectedLine(line, column, name, "it is no text"))
            return
        if value:
            values[name] = value
    collector.take(line, {name: _column_of(text, name) for name in values}, values)


def _column_of(text: bytes, name: str) -> int | None:
    """Return the position of a field's name in a line of JSON, in characters from 1; None if it is not there."""
    position = text.decode("utf-8").find(f'"{name}"')
    return position + 1 if position >= 0 else None


def write_rows(path: Path, rows: Iterable[Any]) -> int:
    """Write one JSON value on each line and return the number of lines.

    Only the owner can read the file. The file is written completely or not at all. Raises `UsageError` if it can't be
    written.
    """
    count = 0
    try:
        with replaced_file(path) as file:
            for row in rows:
                file.write(json.dumps(row, separators=(",", ":")).encode("ascii") + b"\n")
                count += 1
    except OSError as error:
        raise unwritable(path, error) from None
    return count
