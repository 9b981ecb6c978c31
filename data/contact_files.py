"""Reads files of contacts, CSV or JSON Lines: the contacts, and the rejected lines by line and column.

A bad id, a value that is too long and a byte that is no text reject their row. Any other value that can't be read
rejects only its field, so that the contact still finds its match.
"""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.compare.spreadsheet_traces import AS_NUMBER, without_decimal_zero
from core.contacts.model import Contact, ContactKind
from core.errors import UsageError
from data.cards.columns import known_name
from data.cards.csv_table import DELIMITERS, TableRow, read_table
from data.cards.read_file import read_bytes
from data.cards.reading import BOM, bad_id
from data.contacts.plain_values import plain_row
from data.exports import unwritable
from data.private_files import replaced_file
from data.tables.dates import DateOrder, date_column, order_notice, read_birth_date
from data.tables.rejected import RejectedLine
from data.tables.summaries import ValueChanges
from data.tables.unreadable import UnreadableCell
from data.tables.values import are_numbers_with_decimals, read_flag

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
    notices: tuple[str, ...] = ()


def read_contacts(
    path: Path, kind: ContactKind = ContactKind.CONTACT, order: DateOrder | None = None
) -> ContactReading:
    """Read a whole file. `order` is the order of day and month in its dates, if a person named one.

    Raises `UsageError` if it can't be read, or if it is neither CSV nor JSON Lines."""
    data = read_bytes(path)
    for mark, what in _OTHER_FORMS:
        if data.startswith(mark):
            raise UsageError("not-contacts", f"{path} is {what}.")
    start = data.removeprefix(BOM)[:4096].lstrip()
    if start.startswith(b"["):
        raise UsageError("not-contacts", f"{path} is one JSON list.", when="it is one JSON list")
    return parse_contacts(data, kind, order)


_OTHER_FORMS: Final = (
    (b"PK\x03\x04", "a spreadsheet or an archive"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


def parse_contacts(
    data: bytes,
    kind: ContactKind = ContactKind.CONTACT,
    order: DateOrder | None = None,
    now: Callable[[], float] = time.time,
) -> ContactReading:
    """Read the contacts from a file's bytes. A file that begins with `{` is JSON Lines, any other is CSV."""
    body = data.removeprefix(BOM)
    collector = _ContactCollector(kind, order, datetime.fromtimestamp(now(), UTC).date())
    if body[:4096].lstrip().startswith(b"{"):
        _read_lines(body, collector)
    else:
        _read_csv(body.decode("utf-8", "surrogateescape"), collector)
    collector.finish()
    return ContactReading(
        tuple(collector.contacts),
        tuple(sorted(collector.misfits, key=_place)),
        notices=collector.notices(),
    )


def _place(rejected: RejectedLine) -> tuple[int, int]:
    return rejected.line, rejected.column or 0


class _ContactCollector:
    """Collects the contacts and the rejected lines of a file. A value that many rows share is stored once.

    `_rows` has the line and the hash of the values of each contact's row, by the contact's id.
    """

    def __init__(self, kind: ContactKind, order: DateOrder | None, today: date) -> None:
        self.kind = kind
        self.contacts: list[Contact] = []
        self.misfits: list[RejectedLine] = []
        self._order = order
        self._today = today
        self._rows: dict[str, tuple[int, int]] = {}
        self._shared: dict[str, str] = {}
        self._changes = ValueChanges()
        self._dates: list[_WrittenDate] = []
        self._said = ""

    def take(self, line: int, columns: Mapping[str, int | None], values: Mapping[str, str]) -> None:
        """Take in a row. `values` are by column name; `columns` are the positions by name, from 1, or None.

        The birth date of the row is read by `finish`, because the column has to be known for it.
        """
        if wrong := _half_character(values):
            self._reject_row(line, columns, values.get("id", "").strip(), *wrong)
            return
        plain = plain_row(values)
        values = plain.values
        contact_id = values.get("id", "").strip()
        if trace := dict(plain.left_out).get("id"):
            self._reject_row(line, columns, "", "id", trace)
            return
        if wrong := _bad_row(contact_id, values):
            self._reject_row(line, columns, contact_id, *wrong)
            return
        content = hash(frozenset(values.items()))
        if contact_id in self._rows:
            first, earlier = self._rows[contact_id]
            if content == earlier:
                self._changes.add(line, "the row", "the row is there already and counts once")
                return
            reason = f"line {first} has this id already; that one is used"
            self.misfits.append(RejectedLine(line, columns.get("id"), "id", reason, contact_id))
            return
        self._rows[contact_id] = line, content
        for column, reason in plain.left_out:
            self._reject_field(line, columns.get(column), column, reason, contact_id)
        for column, change in plain.changes:
            self._changes.add(line, column, change)
        fields: dict[str, Any] = {
            name: self._shared.setdefault(value, value) for name, value in values.items()
        }
        fields["id"] = contact_id
        written = fields.pop("birth_date", "")
        if written.strip():
            place = len(self.contacts), line, columns.get("birth_date"), written
            self._dates.append(_WrittenDate(*place))
        is_one_way = False
        try:
            one_way = fields.pop("one_way", "")
            is_one_way = bool(one_way.strip()) and read_flag(one_way)
        except UnreadableCell as error:
            self._reject_field(line, columns.get("one_way"), "one_way", str(error), contact_id)
        self.contacts.append(Contact(**fields, kind=self.kind, one_way=is_one_way))

    def finish(self) -> None:
        """Read what a whole column decides: the birth dates, and ids that a program took for numbers."""
        column = date_column((written.text for written in self._dates), self._order)
        self._said = "" if self._order else order_notice("birth_date", column)
        for written in self._dates:
            contact = self.contacts[written.at]
            try:
                born = read_birth_date(written.text, column, self._today)
            except UnreadableCell as error:
                self._reject_field(written.line, written.column, "birth_date", str(error), contact.id)
                continue
            if born.change:
                self._changes.add(written.line, "birth_date", born.change)
            self.contacts[written.at] = msgspec.structs.replace(contact, birth_date=born.text)
        if are_numbers_with_decimals(contact.id for contact in self.contacts):
            self.contacts = [
                msgspec.structs.replace(contact, id=without_decimal_zero(contact.id)[0])
                for contact in self.contacts
            ]
            for line, _ in self._rows.values():
                self._changes.add(line, "id", AS_NUMBER)

    def notices(self) -> tuple[str, ...]:
        """Return what was restored or assumed, a sentence for each kind."""
        return (*((self._said,) if self._said else ()), *self._changes.notices())

    def _reject_row(
        self, line: int, columns: Mapping[str, int | None], contact_id: str, field: str, reason: str
    ) -> None:
        known = None if field == "id" or bad_id(contact_id) else contact_id
        self.misfits.append(RejectedLine(line, columns.get(field), field, reason, known))

    def _reject_field(self, line: int, column: int | None, field: str, reason: str, contact_id: str) -> None:
        without = f"{reason}; the contact is read without it"
        self.misfits.append(RejectedLine(line, column, field, without, contact_id))


class _WrittenDate(Struct, frozen=True):
    """A birth date as a row has it: the place of the contact in the list, the line and the column."""

    at: int
    line: int
    column: int | None
    text: str


def _half_character(values: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the field with a byte that is no text, and what is wrong; None if there is none."""
    for field, value in values.items():
        if value.isascii():
            continue
        surrogate = next((char for char in value if "\ud800" <= char <= "\udfff"), None)
        if surrogate is not None:
            byte = ord(surrogate) - 0xDC00
            trouble = f"byte {byte:02X} is not UTF-8" if 0x80 <= byte <= 0xFF else "half a character"
            return field, f"{trouble}; save the file as UTF-8"
    return None


def _bad_row(contact_id: str, values: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the field that rejects a whole row, and why; None if the row is good."""
    if wrong := bad_id(contact_id):
        return "id", wrong
    for field, value in values.items():
        longest = LONGEST_EMAIL if field == "email" else LONGEST
        if len(value.strip()) > longest:
            return field, f"it has {len(value.strip())} characters, {longest} is the most"
    return None


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
