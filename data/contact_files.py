"""Reads files of contacts, tables or JSON: the contacts, and the rejected lines by line and column.

A bad id, a value that is too long and a byte that is not a text reject their row. Any other value that can't be read
rejects only its field, so that the contact still finds its match.
"""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.compare.spreadsheet_traces import AS_NUMBER, without_decimal_zero
from core.contacts.model import Contact, ContactKind
from core.decoding.lenient_json import read_numbers_as_text
from core.errors import UsageError
from core.progress import SILENT, Meter
from data.cards.reading import bad_id
from data.contacts.identity import derive_contact_id, shared_inboxes
from data.contacts.known_columns import CONTACTS
from data.contacts.plain_values import PlainRow, plain_row
from data.exports import unwritable
from data.private_files import replaced_file
from data.tables.columns import (
    NO_ANSWERS,
    ColumnAnswers,
    ColumnMatch,
    ColumnReport,
    join_reports,
    match_columns,
)
from data.tables.dates import DateOrder, date_column, order_notice, read_birth_date
from data.tables.json_records import BadJson, as_lines, json_of
from data.tables.rejected import NotATable, RejectedLine
from data.tables.source import read_bytes, shown_name
from data.tables.summaries import ValueChanges
from data.tables.table import Table, read_table
from data.tables.text import BOM
from data.tables.unreadable import UnreadableCell
from data.tables.values import ONE_OF_SEVERAL, are_numbers_with_decimals, read_flag

LONGEST_EMAIL: Final = 255
LONGEST: Final = 1_000
"""Characters that any other value may have."""
_WITHOUT: Final = "; the contact is read without it"
_REPEATED: Final = "it is there already, and counts once"
_SAME_ID: Final = "line {line} has this id already; that one is used"
_SAME_PERSON: Final = "line {line} names the same person; that row is used"
"""Why the row of a file without ids is not read, if its other values differ."""


class ContactReading(Struct, frozen=True):
    """What a file of contacts holds. Of several rows with one id, the first counts; the others are in `misfits`.

    `columns` says which column or key is which; None for an empty file. `notices` say what was assumed about the file.
    `open_dates` counts the dates that wait for a person to say the order of day and month.
    """

    contacts: Sequence[Contact] = ()
    misfits: tuple[RejectedLine, ...] = ()
    columns: ColumnReport | None = None
    notices: tuple[str, ...] = ()
    open_dates: int = 0


QuickReader = Callable[[bytes, ContactKind, ColumnAnswers, Meter], ContactReading | None]
"""Returns what the bytes of a file hold, or None."""


def read_contacts(
    path: Path,
    kind: ContactKind = ContactKind.CONTACT,
    answers: ColumnAnswers = NO_ANSWERS,
    meter: Meter = SILENT,
    quickly: QuickReader = lambda data, kind, answers, meter: None,
) -> ContactReading:
    """Read a whole file. Raises `UsageError` if it can't be read, or if it is neither a table nor JSON.

    `answers` say which header is which column, and the order of day and month, where a person said so. A stop of
    `meter` raises `CutShort`. `quickly` may read the file in another way; with None, it leaves it to this reader.
    """
    data = read_bytes(path)
    try:
        if (reading := quickly(data, kind, answers, meter)) is not None:
            return reading
        return parse_contacts(data, kind, answers, meter=meter)
    except NotATable as error:
        raise UsageError("not-contacts", f"{shown_name(path)} {error}.") from None


def parse_contacts(
    data: bytes,
    kind: ContactKind = ContactKind.CONTACT,
    answers: ColumnAnswers = NO_ANSWERS,
    now: Callable[[], float] = time.time,
    meter: Meter = SILENT,
) -> ContactReading:
    """Read the contacts from a file's bytes. A file that begins with `{` or `[` is JSON, any other is a table.

    JSON is one contact a line, one list, one contact, or an object that holds the list. Raises `NotATable`,
    `UsageError` for a spreadsheet without the extra `excel`, and `CutShort` if `meter` is stopped.
    """
    collector = ContactCollector(kind, answers.dates, answers.zone(now()).date())
    report = None
    notices: tuple[str, ...] = ()
    if (written := json_of(data)) is not None:
        report = _read_json(written, answers, collector, meter)
    elif (table := read_table(data, CONTACTS, answers, meter)) is not None:
        _read_rows(table, collector, meter)
        report, notices = table.columns.report, table.notices
    collector.finish()
    return ContactReading(
        tuple(collector.contacts),
        sorted_misfits(collector.misfits),
        report,
        (*notices, *collector.notices()),
        collector.open_dates,
    )


def sorted_misfits(misfits: Iterable[RejectedLine]) -> tuple[RejectedLine, ...]:
    """Return what does not fit, by line and column."""
    return tuple(sorted(misfits, key=lambda rejected: (rejected.line, rejected.column or 0)))


class ContactCollector:
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
        self.open_dates = 0
        self._named = 0

    def take(self, line: int, columns: Mapping[str, int | None], values: Mapping[str, str]) -> None:
        """Take in a row. `values` are by column name; `columns` are the positions by name, from 1, or None.

        The birth date of the row is read by `finish`, because the column has to be known for it.
        """
        self._take(line, columns, values, plain_row(values), _SAME_ID)

    def _take(
        self,
        line: int,
        columns: Mapping[str, int | None],
        written: Mapping[str, str],
        plain: PlainRow,
        taken: str,
    ) -> None:
        """Take in a row as it is written and as it is meant. `taken` says why it is not read if its id is taken."""
        if wrong := _half_character(written):
            self._reject_row(line, columns, written.get("id", "").strip(), *wrong)
            return
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
                self._changes.add(line, "the row", _REPEATED)
                return
            field = "id" if "id" in columns else "the row"
            reason = taken.format(line=first)
            self.misfits.append(RejectedLine(line, columns.get("id"), field, reason, contact_id))
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
        born = fields.pop("birth_date", "")
        if born.strip():
            place = len(self.contacts), line, columns.get("birth_date"), born
            self._dates.append(_WrittenDate(*place))
        is_one_way = False
        try:
            one_way = fields.pop("one_way", "")
            is_one_way = bool(one_way.strip()) and read_flag(one_way)
        except UnreadableCell as error:
            self._reject_field(line, columns.get("one_way"), "one_way", str(error), contact_id)
        self.contacts.append(Contact(**fields, kind=self.kind, one_way=is_one_way))

    def take_without_id(
        self,
        line: int,
        columns: Mapping[str, int | None],
        values: Mapping[str, str],
        shared: Container[str],
    ) -> None:
        """Take in a row of a file that has no ids. The row gets an id that stays when rows move.

        Two rows with one such id are one person, as two rows with one id are: the first row counts. `shared` are the
        inboxes that several people of the file share.
        """
        plain = plain_row(values)
        contact_id = derive_contact_id(plain.values, shared)
        if contact_id:
            before = len(self.contacts)
            plain = msgspec.structs.replace(plain, values={**plain.values, "id": contact_id})
            self._take(line, columns, values, plain, _SAME_PERSON)
            self._named += len(self.contacts) - before
        elif any(cell.strip() for cell in values.values()):
            reason = "the file has no ids, and the row has neither an email nor a name to make one from"
            self.misfits.append(RejectedLine(line, None, "id", reason))

    def leave_out(self, line: int, columns: Iterable[str]) -> None:
        """Count the further values of a row that are not read, by column."""
        for column in columns:
            self._changes.add(line, column, ONE_OF_SEVERAL)

    def finish(self) -> None:
        """Read what a whole column decides: the birth dates, and ids that a program took for numbers."""
        column = date_column((written.text for written in self._dates), self._order)
        self.open_dates = column.open if column.order is None else 0
        self._said = order_notice("birth_date", column, self._order)
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
            self.misfits = [
                msgspec.structs.replace(misfit, card_id=without_decimal_zero(misfit.card_id or "")[0] or None)
                for misfit in self.misfits
            ]
            for line, _ in self._rows.values():
                self._changes.add(line, "id", AS_NUMBER)

    def notices(self) -> tuple[str, ...]:
        """Return how many contacts got an id, and what was restored or assumed: a sentence for each kind."""
        sentences = [self._said] if self._said else []
        if self._named:
            got = "1 contact got an id" if self._named == 1 else f"{self._named:,} contacts got ids"
            sentences.append(f"{got} made from the email, else from the name with the birth date or a phone")
        return (*sentences, *self._changes.notices())

    def _reject_row(
        self, line: int, columns: Mapping[str, int | None], contact_id: str, field: str, reason: str
    ) -> None:
        known = None if field == "id" or bad_id(contact_id) else contact_id
        self.misfits.append(RejectedLine(line, columns.get(field), field, reason, known))

    def _reject_field(self, line: int, column: int | None, field: str, reason: str, contact_id: str) -> None:
        self.misfits.append(RejectedLine(line, column, field, f"{reason}{_WITHOUT}", contact_id))


class _WrittenDate(Struct, frozen=True):
    """A birth date as a row has it: the place of the contact in the list, the line and the column."""

    at: int
    line: int
    column: int | None
    text: str


def _half_character(values: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the field with a byte that is not a text, and what is wrong; None if there is none."""
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


_WHO: Final = ("email", "first_name", "last_name", "mobile_phone", "home_phone", "work_phone")
"""The columns of which a row that ends early needs one, to be somebody."""


def _read_rows(table: Table, collector: ContactCollector, meter: Meter) -> None:
    """Take in the rows of a table, unless its header lacks what is needed."""
    collector.misfits += table.flaws()
    if not table.usable:
        return
    has_ids = "id" in table.columns.report.found
    shared: frozenset[str] = frozenset() if has_ids else shared_inboxes(_naming(table))
    for row in meter.through(table.rows, len(table.rows)):
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
            continue
        collector.leave_out(row.line, table.columns.further(row.cells))
        if has_ids:
            collector.take(row.line, columns, values)
        else:
            collector.take_without_id(row.line, columns, values, shared)


_NAMING: Final = ("email", "first_name", "last_name")


def _naming(table: Table) -> Iterator[Mapping[str, str]]:
    """Yield what `shared_inboxes` needs of each row."""
    for row in table.rows:
        if not row.wrong:
            values, _ = table.columns.read(row.cells)
            yield plain_row({name: values[name] for name in _NAMING if name in values}).values


def _read_json(
    data: bytes, answers: ColumnAnswers, collector: ContactCollector, meter: Meter
) -> ColumnReport | None:
    """Take in the contacts of a file in JSON. Return which key is which column; None if the file has no contact."""
    try:
        lines = as_lines(data)
    except BadJson as error:
        collector.misfits.append(RejectedLine(error.line, error.column, "the file", str(error)))
        return None
    objects = list(_objects(data.removeprefix(BOM) if lines is None else lines, collector, meter))
    matches: dict[tuple[str, ...], ColumnMatch] = {}
    for found in objects:
        headers = tuple(found.raw)
        if headers not in matches:
            matches[headers] = match_columns(headers, CONTACTS, answers)
    if not matches:
        return None
    report = join_reports([match.report for match in matches.values()], CONTACTS)
    found_records = (_record(found, matches[tuple(found.raw)], collector) for found in objects)
    records = [record for record in found_records if record is not None]
    if any("id" in record.values for record in records):
        for record in records:
            collector.take(record.line, record.columns, record.values)
        return report
    shared = shared_inboxes(plain_row(record.values).values for record in records)
    for record in records:
        collector.take_without_id(record.line, record.columns, record.values, shared)
    return report


class _ContactObject(Struct, frozen=True):
    """An object of JSON: its line, its JSON, and its fields."""

    line: int
    text: bytes
    raw: dict[str, Any]


class _Record(Struct, frozen=True):
    """A contact of JSON: its line, its values by column, and the position of each in the line."""

    line: int
    values: Mapping[str, str]
    columns: Mapping[str, int | None]


def _objects(body: bytes, collector: ContactCollector, meter: Meter) -> Iterator[_ContactObject]:
    """Yield the objects of JSON Lines, with each number as its text. A line that holds none is rejected."""
    total = body.count(b"\n") + (not body.endswith(b"\n"))
    for line, text in enumerate(meter.through(io.BytesIO(body), total), 1):
        if not text.strip():
            continue
        try:
            raw = read_numbers_as_text(text.decode("utf-8"))
        except UnicodeDecodeError as error:
            reason = f"byte {text[error.start]:02X} is not UTF-8; save the file as UTF-8"
            collector.misfits.append(RejectedLine(line, error.start + 1, "the line", reason))
        except json.JSONDecodeError as error:
            reason = f"it is not JSON: {error.msg}"
            collector.misfits.append(RejectedLine(line, error.pos + 1, "the line", reason))
        else:
            if isinstance(raw, dict):
                yield _ContactObject(line, text, raw)
            else:
                reason = "it isn't a contact: a JSON object is expected"
                collector.misfits.append(RejectedLine(line, 1, "the line", reason))


def _record(found: _ContactObject, match: ColumnMatch, collector: ContactCollector) -> _Record | None:
    """Return an object as a row; None if its id is not a text. Any other value that is not a text costs its field."""
    headers = tuple(found.raw)
    cells = {name: _cell(name, found.raw[headers[at - 1]]) for name, at in match.place.items()}
    given = cells.get("id")
    known = given if given and not bad_id(given) else None
    for name, cell in cells.items():
        if cell is None:
            reason = "it isn't a text" if name == "id" else f"it isn't a text{_WITHOUT}"
            column = _column_of(found.text, headers[match.place[name] - 1])
            collector.misfits.append(RejectedLine(found.line, column, name, reason, known))
            if name == "id":
                return None
    row = [_cell("", value) or "" for value in found.raw.values()]
    for name, at in match.place.items():
        row[at - 1] = cells[name] or ""
    values, places = match.read(row)
    columns = {name: _column_of(found.text, headers[places[name] - 1]) for name in values}
    return _Record(found.line, values, columns)


def _cell(name: str, value: object) -> str | None:
    """Return a value of JSON as the text of a cell; None for what is not a text. Numbers are texts already."""
    if value is None:
        return ""
    if isinstance(value, bool) and name == "one_way":
        return "Y" if value else "N"
    return value if isinstance(value, str) else None


def _column_of(text: bytes, name: str) -> int | None:
    """Return the position of a field's name in a line of JSON, in characters from 1; None if it is not there."""
    position = text.decode("utf-8").find(f'"{name}"')
    return position + 1 if position >= 0 else None


_ESCAPED: Final = re.compile(rb"[^ -\[\]-~]")
"""What two writers of JSON may write in two ways: letters beyond ASCII, and signs with a backslash before them."""


def _json_line(row: Any) -> bytes:
    """Return a value as a line of ASCII: msgspec writes it, or json where the two would not write the same.

    A `msgspec.Raw` is JSON already.
    """
    line = msgspec.json.encode(row)
    if not isinstance(row, msgspec.Raw) and _ESCAPED.search(line):
        line = json.dumps(row, separators=(",", ":")).encode("ascii")
    return line + b"\n"


def write_rows(path: Path, rows: Iterable[Any], total: int | None = None, meter: Meter = SILENT) -> int:
    """Write one JSON value on each line and return the number of lines. `total` is how many come, if that is known.

    Only the owner can read the file. The file is written completely or not at all. Raises `UsageError` if it can't be
    written, and `CutShort` if `meter` is stopped.
    """
    count = 0
    try:
        with replaced_file(path) as file:
            for row in meter.through(rows, total):
                file.write(_json_line(row))
                count += 1
    except OSError as error:
        raise unwritable(path, error) from None
    return count
