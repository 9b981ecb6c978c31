"""Reads files of contacts, tables or JSON Lines: the contacts, and the rejected lines by line and column.

A bad value rejects its row. A bad birth date or flag rejects only that field, so the contact still finds its match.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from core.contacts.model import Contact, ContactKind
from core.errors import UsageError
from data.cards.columns import UnreadableCell, day, flag
from data.cards.reading import bad_id
from data.contacts.identity import derive_contact_id
from data.contacts.known_columns import COLUMNS, CONTACTS
from data.exports import unwritable
from data.private_files import replaced_file
from data.tables.columns import NO_ANSWERS, ColumnAnswers, ColumnReport
from data.tables.rejected import NotATable, RejectedLine
from data.tables.source import read_bytes, shown_name
from data.tables.table import Table, read_table
from data.tables.text import BOM

LONGEST_EMAIL: Final = 255
LONGEST: Final = 1_000
"""Characters that any other value may have."""


class ContactReading(Struct, frozen=True):
    """What a file of contacts holds. Of several rows with one id, the first counts; the others are in `misfits`.

    `columns` says which column of a table is which; None for JSON. `notices` say what was assumed about the file.
    """

    contacts: tuple[Contact, ...] = ()
    misfits: tuple[RejectedLine, ...] = ()
    columns: ColumnReport | None = None
    notices: tuple[str, ...] = ()


def read_contacts(
    path: Path, kind: ContactKind = ContactKind.CONTACT, answers: ColumnAnswers = NO_ANSWERS
) -> ContactReading:
    """Read a whole file. Raises `UsageError` if it can't be read, or if it is neither a table nor JSON Lines.

    `answers` say which header is which column, where a person said so.
    """
    data = read_bytes(path)
    start = data.removeprefix(BOM)[:4096].lstrip()
    if start.startswith(b"["):
        raise UsageError("not-contacts", f"{shown_name(path)} is one JSON list.", when="it is one JSON list")
    try:
        return parse_contacts(data, kind, answers)
    except NotATable as error:
        raise UsageError("not-contacts", f"{shown_name(path)} {error}.") from None


def parse_contacts(
    data: bytes, kind: ContactKind = ContactKind.CONTACT, answers: ColumnAnswers = NO_ANSWERS
) -> ContactReading:
    """Read the contacts from a file's bytes. A file that begins with `{` is JSON Lines, any other is a table.

    Raises `NotATable`, and `UsageError` for a spreadsheet without the extra `excel`.
    """
    body = data.removeprefix(BOM)
    collector = _ContactCollector(kind)
    table = None
    if body[:4096].lstrip().startswith(b"{"):
        _read_lines(body, collector)
    else:
        table = read_table(data, CONTACTS, answers)
    if table is not None:
        _read_rows(table, collector)
    return ContactReading(
        tuple(collector.contacts),
        tuple(sorted(collector.misfits, key=_place)),
        table.columns.report if table else None,
        (*table.notices, *collector.notices()) if table else (),
    )


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
        self._named = 0

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

    def take_without_id(self, line: int, columns: Mapping[str, int], values: Mapping[str, str]) -> None:
        """Take in a row of a file that has no ids. The row gets an id that stays when rows move.

        Two rows with one such id are one person, as two rows with one id are: the first row counts.
        """
        contact_id = derive_contact_id(values)
        if contact_id:
            self._named += 1
            self.take(line, columns, {**values, "id": contact_id})
        elif any(cell.strip() for cell in values.values()):
            reason = "the file has no ids, and the row has neither an email nor a name to make one from"
            self.misfits.append(RejectedLine(line, None, "id", reason))

    def notices(self) -> tuple[str, ...]:
        """Return how many contacts got an id, if any did."""
        if not self._named:
            return ()
        got = "1 contact got an id" if self._named == 1 else f"{self._named:,} contacts got ids"
        return (f"{got} made from the email, else from the name with the birth date or a phone",)

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


_WHO: Final = ("email", "first_name", "last_name", "mobile_phone", "home_phone", "work_phone")
"""The columns of which a row that ends early needs one, to be somebody."""


def _read_rows(table: Table, collector: _ContactCollector) -> None:
    """Take in the rows of a table, unless its header lacks what is needed."""
    collector.misfits += table.flaws()
    if not table.usable:
        return
    has_ids = "id" in table.columns.report.found
    for row in table.rows:
        if row.wrong:
            collector.misfits.append(RejectedLine(row.line, row.column, "the row", row.wrong))
            continue
        if row.line == table.unfinished:
            reason = "the last row ends early and its line has no end: the file may be cut off"
            collector.misfits.append(RejectedLine(row.line, None, "the row", reason))
            continue
        values, columns = table.columns.read(row.cells)
        if row.missing and not any(values.get(name, "").strip() for name in _WHO):
            reason = "the row ends early and names nobody: a total, or a line below the table"
            collector.misfits.append(RejectedLine(row.line, None, "the row", reason))
        elif has_ids:
            collector.take(row.line, columns, values)
        else:
            collector.take_without_id(row.line, columns, values)


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
