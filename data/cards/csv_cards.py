"""CSV as cards: the rows with one `card_id` are one card, and each row is one of its people. Knows no path.

If one row of a card is bad, the whole card is set aside; otherwise half of its people would be pushed as if they were
all. A person without a `person_id` gets an id from the card's id, the name and the birth date
(`core.flex.person_ids`), so that the id stays the same when rows move. A person with such an id counts as a different
person on every card. A card of which two people have one name and one birth date is set aside until they have ids.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.compare.keys import text_key
from core.compare.spreadsheet_traces import trace_of, trace_reason
from core.decoding.typed_json import decoder_of
from core.flex.model import BadRecord, Card
from core.flex.person_ids import derive_person_id
from core.progress import SILENT, Meter
from data.cards.columns import (
    CARD,
    CARD_ID,
    PERSON,
    PERSON_ID,
    ROLE,
    STANDING,
    UPDATED,
    CardColumn,
    ColumnEvidence,
    Value,
    evidence_of,
    needs_evidence,
)
from data.cards.known_columns import CARDS
from data.cards.reading import (
    UNREADABLE,
    CardEntry,
    CardsReading,
    bad_id,
    card_of,
    summary_of,
    unclear_moments,
)
from data.tables.columns import NO_ANSWERS, ColumnAnswers, shown_header
from data.tables.dates import read_moment
from data.tables.rejected import RejectedLine
from data.tables.rows import TableRow
from data.tables.summaries import ValueChanges
from data.tables.table import Table, read_table
from data.tables.unreadable import UnreadableCell

REPEATED: Final = "it repeats a person of its card, who counts once"
OTHER: Final = "Other columns"
"""The section under which undocumented columns are shown."""

_CARD: Final = decoder_of(Card)


def read_csv(
    data: bytes,
    answers: ColumnAnswers = NO_ANSWERS,
    now: Callable[[], float] = time.time,
    meter: Meter = SILENT,
) -> CardsReading:
    """Read the cards of a table: CSV, or a spreadsheet. The last row is `torn` if it may be cut off.

    `answers` say which header is which column, and the order of day and month, where a person said so. `now` is the
    time in seconds since 1970. Raises `NotATable`, `UsageError` for a spreadsheet without the extra `excel`, and
    `CutShort` if `meter` is stopped.
    """
    table = read_table(data, CARDS, answers, meter)
    return CardsReading() if table is None else read_card_table(table, answers, meter, now)


def read_card_table(
    table: Table,
    answers: ColumnAnswers = NO_ANSWERS,
    meter: Meter = SILENT,
    now: Callable[[], float] = time.time,
) -> CardsReading:
    """Read the cards of a table with the columns `CARDS`. `answers`, `meter` and `now` are as for `read_csv`."""
    header = _Header.of(table)
    flaws = table.flaws()
    report = table.columns.report
    if not table.usable:
        return CardsReading(misfits=tuple(flaws), columns=report, notices=table.notices)
    cells = _Cells(header.names, table.rows, answers, now())
    groups, strays, torn = _grouped(table, header, cells)
    misfits = [*flaws, *strays]
    entries: list[CardEntry] = []
    refused: list[RejectedLine] = []
    changes = ValueChanges()
    done = named = 0
    meter.begin()
    for card_id, of_card in groups.items():
        meter.at(done, len(table.rows))
        done += len(of_card)
        if torn is not None and of_card[-1].line == torn.line:
            continue  # the card may have more people, or another amount
        read = _OneCard(header, cells, card_id, of_card)
        entry = read.entry()
        if entry is not None:
            entries.append(entry)
            named += read.named
            refused += read.refused
        for line in read.repeated:
            changes.add(line, "the row", REPEATED)
        misfits += read.misfits
    notices = (*table.notices, *cells.notices, *changes.notices(), *unclear_moments(entries))
    return CardsReading(
        tuple(entries),
        tuple(misfits),
        torn,
        named,
        report,
        notices,
        table.doubts,
        tuple(refused),
        cells.open_dates,
    )


def _grouped(
    table: Table, header: _Header, cells: _Cells
) -> tuple[dict[str, list[TableRow]], list[RejectedLine], RejectedLine | None]:
    """Return the rows by the id of their card, what is wrong with rows without an id, and the row that is cut off."""
    groups: dict[str, list[TableRow]] = {}
    strays: list[RejectedLine] = []
    torn = None
    for row in table.rows:
        card_id = header.card_id(row, cells)
        if row.line == table.unfinished:
            reason = row.wrong or "its line ends early and has no end"
            torn = RejectedLine(row.line, row.column, "the row", reason, card_id)
        if card_id is not None:
            groups.setdefault(card_id, []).append(row)
        elif torn is None:
            reason = row.wrong or header.trace(row) or "a row needs the id of its card"
            strays.append(RejectedLine(row.line, row.column or header.place[CARD_ID], CARD_ID, reason))
    return groups, strays, torn


class _Header(Struct, frozen=True):
    """The columns of a file by position: their names, and their names as shown. `place` and `dropped` count from 1."""

    names: tuple[str, ...]
    shown: tuple[str, ...]
    place: Mapping[str, int]
    dropped: frozenset[int]

    @classmethod
    def of(cls, table: Table) -> _Header:
        cells = table.header.cells
        shown = tuple(shown_header(cell, n) for n, cell in enumerate(cells, 1))
        return cls(table.columns.names, shown, table.columns.place, table.columns.dropped)

    def card_id(self, row: TableRow, cells: _Cells) -> str | None:
        """Return the id of a row's card; None if the row has no usable id."""
        try:
            card_id = str(cells.read(CARD_ID, CARD[CARD_ID], self._card_cell(row)))
        except UnreadableCell:
            return None
        return None if bad_id(card_id) else card_id

    def trace(self, row: TableRow) -> str:
        """Return what a spreadsheet left in place of the id of a row's card; "" for nothing."""
        return trace_reason(self._card_cell(row))

    def _card_cell(self, row: TableRow) -> str:
        at = self.place[CARD_ID] - 1
        return row.cells[at].strip() if at < len(row.cells) else ""


class _Cells:
    """Reads the cells of the columns, by what each column proves. `notices` say what a person should know, and
    `open_dates` counts the dates that are read in an order that nothing proves.
    """

    def __init__(
        self, names: Sequence[str], rows: Iterable[TableRow], answers: ColumnAnswers, now: float
    ) -> None:
        today = answers.zone(now).date()
        proving = {name: at for at, name in enumerate(names) if needs_evidence(name)}
        columns: dict[str, list[str]] = {name: [] for name in proving}
        for row in rows if proving else ():
            for name, at in proving.items():
                if at < len(row.cells):
                    columns[name].append(row.cells[at])
        self._evidence: dict[str, ColumnEvidence] = {}
        self._other = ColumnEvidence(today=today)
        self.notices: list[str] = []
        self.open_dates = 0
        for name, of_column in columns.items():
            self._evidence[name], said = evidence_of(name, of_column, today, answers.dates)
            self.notices += [said] if said else []
            self.open_dates += self._evidence[name].assumed

    def moment(self, written: str) -> float | None:
        """Return a card's moment of change in seconds since 1970; None if there is none that can be read."""
        dates = self._evidence.get(UPDATED, self._other).dates
        with suppress(UnreadableCell):
            return read_moment(written, dates)
        return None

    def read(self, name: str, known: CardColumn, cell: str) -> Value:
        """Return the value of a cell. Raises `UnreadableCell`."""
        return known.read(cell, self._evidence.get(name, self._other))


class _OneCard:
    """Makes a card of the contract from the rows of one card, or collects the reasons why it can't.

    `misfits` set the card aside. `refused` are cells that cost their field alone. `repeated` are the lines of rows that
    repeat a person of an earlier row.
    """

    def __init__(self, header: _Header, cells: _Cells, card_id: str, rows: Sequence[TableRow]) -> None:
        self._header = header
        self._reading = cells
        self._id = card_id
        self._line = rows[0].line
        self.misfits: list[RejectedLine] = []
        self.refused: list[RejectedLine] = []
        self.repeated: list[int] = []
        self.named = 0
        self._card: dict[str, Any] = {"id": card_id}
        self._since: dict[str, tuple[int, object]] = {}
        self._products: dict[str, dict[str, str]] = {}
        self._people: list[tuple[TableRow, dict[str, Any]]] = []
        self._by_line: dict[int, dict[str, Any]] = {}
        self._seen: dict[str, dict[str, Any]] = {}
        self._further: dict[int, list[tuple[TableRow, str]]] = {}
        for row in rows:
            if row.wrong:
                self._wrong(row, row.column, "the row", row.wrong)
            else:
                self._take(row)
        if not self.misfits:
            self._finish()

    def entry(self) -> CardEntry | None:
        """Return the card; None if something in its rows does not fit."""
        if self.misfits:
            return None
        encoded = msgspec.json.encode(self._card)
        try:
            card = _CARD.decode(encoded)
        except msgspec.ValidationError:  # a cell could not be read
            try:
                card, _ = card_of(encoded)
            except BadRecord as error:
                whole = RejectedLine(self._line, None, error.aside.field, error.aside.reason, self._id)
                self.misfits += self.refused or [whole]
                return None
        written = self._card.get("updated_at", "")
        at = self._reading.moment(written)
        unclear = UNREADABLE if at is None and written else ""
        return CardEntry(self._line, summary_of(card), at, encoded, unclear=unclear)

    # -- a row -----------------------------------------------------------------------------------------

    def _take(self, row: TableRow) -> None:
        person: dict[str, Any] = {}
        seen: dict[str, str] = {}
        for name, cell, column in self._cells(row):
            if not name:
                self._further.setdefault(column, []).append((row, cell))
            elif seen.setdefault(name, cell) != cell:
                self._wrong(row, column, name, "the header has this column twice, and they differ here")
            elif known := CARD.get(name):
                self._put_card(row, column, name, known, cell)
            elif known := PERSON.get(name):
                if (value := self._read(row, column, name, known, cell)) not in (None, ""):
                    _put(person, known.path, value)
            else:
                self._put_product(row, column, name, cell)
        if not person:
            return
        if ROLE not in person and ROLE not in seen:
            where = self._header.place.get(ROLE)
            self._wrong(row, where, ROLE, "a person needs a role: Primary Applicant, Co-Applicant, Guarantor")
        person.setdefault("contact", {})
        if self._is_repeated(row, person):
            self.repeated.append(row.line)
        else:
            self._people.append((row, person))
            self._by_line[row.line] = person

    def _is_repeated(self, row: TableRow, person: dict[str, Any]) -> bool:
        """Return True if a row repeats an earlier row, or a person who can be told from others."""
        is_told = any(name in person["contact"] for name in _TELLING)
        whole = json.dumps([person, None if is_told else row.cells], sort_keys=True)
        earlier = self._seen.setdefault(whole, person)
        if earlier is person:
            return False
        self._by_line[row.line] = earlier
        return True

    def _cells(self, row: TableRow) -> Iterator[tuple[str, str, int]]:
        for column, (name, cell) in enumerate(zip(self._header.names, row.cells, strict=True), 1):
            if not cell or cell.isspace() or column in self._header.dropped:
                continue
            shown = name or self._header.shown[column - 1]
            if fault := cell_fault(cell):
                self._wrong(row, column, shown, fault)
            else:
                yield name, cell, column

    def _read(self, row: TableRow, column: int, name: str, known: CardColumn, cell: str) -> str | bool | None:
        try:
            value = self._reading.read(name, known, cell)
        except UnreadableCell as error:
            if not known.refused_alone:
                self._wrong(row, column, name, str(error))
                return None
            self._refuse(row, column, name, str(error))
            return _kept_text(cell)
        if isinstance(value, str) and (trace := trace_reason(value)):
            self._refuse(row, column, name, trace)
        return value

    def _put_card(self, row: TableRow, column: int, name: str, known: CardColumn, cell: str) -> None:
        value = self._read(row, column, name, known, cell)
        line, first = self._since.setdefault(name, (row.line, value))
        if first != value and value is not None:
            self._wrong(row, column, name, f"it is not what line {line} says of the same card")
        if value not in (None, ""):
            _put(self._card, known.path, value)

    def _put_product(self, row: TableRow, column: int, name: str, cell: str) -> None:
        number, part = name.split("_")[1:]
        line, first = self._since.setdefault(name, (row.line, cell))
        if first != cell:
            self._wrong(row, column, name, f"it is not what line {line} says of the same card")
        self._products.setdefault(number, {})[part] = cell
        if part == "standing":
            try:
                self._products[number][part] = str(STANDING(cell, ColumnEvidence()))
            except UnreadableCell as error:
                self._wrong(row, column, name, str(error))

    def _refuse(self, row: TableRow, column: int, name: str, reason: str) -> None:
        self.refused.append(RejectedLine(row.line, column, name, reason, self._id))

    def _wrong(self, row: TableRow, column: int | None, field: str, reason: str) -> None:
        self.misfits.append(RejectedLine(row.line, column, field, reason, self._id))

    # -- the whole card --------------------------------------------------------------------------------

    def _finish(self) -> None:
        card = self._card
        if "kind" not in card:
            column = self._header.place["kind"]
            self.misfits.append(
                RejectedLine(self._line, column, "kind", "a card is a lead or a deal", self._id)
            )
        people = [person for _, person in self._people]
        self._name_people()
        if mark := card.get("fact_find"):
            mark.setdefault("id", f"{self._id}/fact-find")
            mark.setdefault("state", "open")
        if any(name not in card for name in ("title", "stage", "owner")):
            names = " & ".join(_full_name(person) for person in people)
            card.update({"title": names or self._id, "stage": "", "owner": ""} | card)
        card["people"] = people
        card["products"] = list(self._finished_products())
        card["other"] = []
        for column, cells in self._further.items():
            name = self._header.shown[column - 1]
            if len({cell for _, cell in cells}) == 1:
                card["other"].append(_extra(name, cells[0][1]))
                continue
            seen: set[tuple[int, str]] = set()
            for row, cell in cells:
                owner = self._by_line.get(row.line)
                extras = card["other"] if owner is None else owner["contact"].setdefault("other", [])
                if (id(extras), cell) not in seen:
                    seen.add((id(extras), cell))
                    extras.append(_extra(name, cell))

    def _name_people(self) -> None:
        """Give an id to each person without one. Set the card aside if two people would get the same id."""
        lines: dict[str, list[int]] = {}
        for row, person in self._people:
            contact = person["contact"]
            if "id" in contact:
                continue
            born = _date_of(contact.get("birth_date", ""))
            contact["id"] = derive_person_id(
                self._id,
                contact.get("first_name"),
                contact.get("last_name"),
                born,
            )
            lines.setdefault(contact["id"], []).append(row.line)
        self.named = sum(map(len, lines.values()))
        for same in lines.values():
            if len(same) > 1:
                place = self._header.place.get(PERSON_ID)
                self.misfits.append(RejectedLine(same[0], place, PERSON_ID, _cannot_tell(same), self._id))

    def _finished_products(self) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        for number, product in sorted(self._products.items(), key=lambda item: int(item[0])):
            line = self._since[f"product_{number}_{next(iter(product))}"][0]
            missing = [part for part in ("lender", "name") if part not in product]
            product_id = _product_id(product.get("lender", ""), product.get("name", ""))
            if missing or product_id in seen:
                part = missing[0] if missing else "name"
                reason = (
                    "a product needs a lender and a name" if missing else "the card has this product twice"
                )
                column = f"product_{number}_{part}"
                self.misfits.append(
                    RejectedLine(line, self._header.place.get(column), column, reason, self._id)
                )
                continue
            seen.add(product_id)
            standing = product.get("standing")
            yield {
                "id": product_id,
                "lender": product["lender"],
                "name": product["name"],
                "tracked": True,
                "shortlisted": standing is not None,
                "highlighted": standing == "SELECTED",
                "in_funding_position": standing == "SELECTED",
            }


_TELLING: Final = ("id", "birth_date", "email", "phones", "flex_id")
"""The fields of a person that tell two people of one name apart."""


def _kept_text(cell: str) -> str:
    """Return the text of a cell that could not be read, as the card keeps it for the preview.

    A text that would be taken for a number there (`5_000`) is put into quotation marks.
    """
    text = cell.strip()
    with suppress(ArithmeticError, ValueError):
        Decimal(text)
        return text if trace_of(text) else f"“{text}”"
    return text


def _date_of(text: str) -> date | None:
    """Return a birth date that was read; None for a text that could not be read."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _put(into: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for part in path[:-1]:
        into = into.setdefault(part, {})
    into[path[-1]] = value


def _extra(name: str, value: str) -> dict[str, str]:
    return {"section": OTHER, "name": name, "value": value}


def cell_fault(cell: str) -> str:
    """Return why a cell is not a text; "" if it is one."""
    if not cell.isascii() and not _is_utf8(cell):
        return "it is not UTF-8; save the file as UTF-8"
    return "it holds a NUL" if "\0" in cell else ""


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _full_name(person: dict[str, Any]) -> str:
    contact = person["contact"]
    return " ".join(part for part in (contact.get("first_name"), contact.get("last_name")) if part)


def _cannot_tell(lines: Sequence[int]) -> str:
    """Return why people would get the same id, with the lines of the file that they are in."""
    named = ", ".join(map(str, lines[:-1])) + f" and {lines[-1]}"
    return f"the people on lines {named} have one name and one birth date, or none: give each a person_id"


def _product_id(lender: str, name: str) -> str:
    """Return a product's id, made from its lender and name, so that the id stays when columns move."""
    plain = "\n".join(text_key(part) for part in (lender, name))
    return f"PR-{hashlib.blake2b(plain.encode(), digest_size=5).hexdigest()}"
