"""CSV as cards: the rows with one `card_id` are one card, and each row is one of its people. Knows no path.

If one row of a card is bad, the whole card is set aside; otherwise half of its people would be pushed as if they were
all. A person without a `person_id` gets an id from the card's id, the name and the birth date
(`core.flex.person_ids`), so that the id stays the same when rows move. A person with such an id counts as a different
person on every card. A card of which two people have one name and one birth date is set aside until they have ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.compare.keys import text_key
from core.flex.model import Card
from core.flex.person_ids import derive_person_id
from data.cards.columns import (
    CARD,
    CARD_ID,
    PERSON,
    PERSON_ID,
    ROLE,
    STANDING,
    CardColumn,
    UnreadableCell,
)
from data.cards.known_columns import CARDS
from data.cards.reading import CardEntry, CardsReading, bad_id, moment_of, summary_of
from data.tables.columns import NO_ANSWERS, ColumnAnswers, shown_header
from data.tables.rejected import RejectedLine
from data.tables.rows import TableRow
from data.tables.table import Table, read_table

OTHER: Final = "Other columns"
"""The section under which undocumented columns are shown."""

_CARD: Final = msgspec.json.Decoder(Card)


def read_csv(data: bytes, answers: ColumnAnswers = NO_ANSWERS) -> CardsReading:
    """Read the cards of a table: CSV, or a spreadsheet. The last row is `torn` if it may be cut off.

    `answers` say which header is which column, where a person said so. Raises `NotATable`, and `UsageError` for a
    spreadsheet without the extra `excel`.
    """
    table = read_table(data, CARDS, answers)
    if table is None:
        return CardsReading()
    header = _Header.of(table)
    flaws = table.flaws()
    report = table.columns.report
    if not table.usable:
        return CardsReading(misfits=tuple(flaws), columns=report, notices=table.notices)
    groups: dict[str, list[TableRow]] = {}
    misfits = list(flaws)
    torn = None
    for row in table.rows:
        card_id = header.card_id(row)
        if row.line == table.unfinished:
            reason = row.wrong or "its line ends early and has no end"
            torn = RejectedLine(row.line, row.column, "the row", reason, card_id)
        if card_id is not None:
            groups.setdefault(card_id, []).append(row)
        elif torn is None:
            reason = row.wrong or "a row needs the id of its card"
            misfits.append(RejectedLine(row.line, row.column or header.place[CARD_ID], CARD_ID, reason))
    entries: list[CardEntry] = []
    named = 0
    for card_id, of_card in groups.items():
        if torn is not None and of_card[-1].line == torn.line:
            continue  # the card may have more people, or another amount
        read = _OneCard(header, card_id, of_card)
        entry = read.entry()
        if entry is not None:
            entries.append(entry)
            named += read.named
        misfits += read.misfits
    return CardsReading(tuple(entries), tuple(misfits), torn, named, report, table.notices, table.doubts)


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

    def card_id(self, row: TableRow) -> str | None:
        """Return the id of a row's card; None if the row has no usable id."""
        at = self.place[CARD_ID] - 1
        card_id = row.cells[at].strip() if at < len(row.cells) else ""
        return None if bad_id(card_id) or not _is_utf8(card_id) else card_id


class _OneCard:
    """Makes a card of the contract from the rows of one card, or collects the reasons why it can't."""

    def __init__(self, header: _Header, card_id: str, rows: Sequence[TableRow]) -> None:
        self._header = header
        self._id = card_id
        self._line = rows[0].line
        self.misfits: list[RejectedLine] = []
        self.named = 0
        self._card: dict[str, Any] = {"id": card_id}
        self._since: dict[str, tuple[int, object]] = {}
        self._products: dict[str, dict[str, str]] = {}
        self._people: list[tuple[TableRow, dict[str, Any]]] = []
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
        except msgspec.ValidationError as error:  # a column's reader accepted what the contract does not
            self.misfits.append(RejectedLine(self._line, None, "the card", str(error), self._id))
            return None
        return CardEntry(self._line, summary_of(card), moment_of(self._card.get("updated_at")), encoded)

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
                _put(person, known.path, self._read(row, column, name, known, cell))
            else:
                self._put_product(row, column, name, cell)
        if not person:
            return
        if ROLE not in person and ROLE not in seen:
            where = self._header.place.get(ROLE)
            self._wrong(row, where, ROLE, "a person needs a role: Primary Applicant, Co-Applicant, Guarantor")
        person.setdefault("contact", {})
        self._people.append((row, person))

    def _cells(self, row: TableRow) -> Iterator[tuple[str, str, int]]:
        for column, (name, cell) in enumerate(zip(self._header.names, row.cells, strict=True), 1):
            if not cell or cell.isspace() or column in self._header.dropped:
                continue
            shown = name or self._header.shown[column - 1]
            if not cell.isascii() and not _is_utf8(cell):
                self._wrong(row, column, shown, "it is not UTF-8; save the file as UTF-8")
            elif "\0" in cell:
                self._wrong(row, column, shown, "it holds a NUL")
            else:
                yield name, cell, column

    def _read(self, row: TableRow, column: int, name: str, known: CardColumn, cell: str) -> str | bool | None:
        try:
            return known.read(cell)
        except UnreadableCell as error:
            self._wrong(row, column, name, str(error))
            return None

    def _put_card(self, row: TableRow, column: int, name: str, known: CardColumn, cell: str) -> None:
        value = self._read(row, column, name, known, cell)
        line, first = self._since.setdefault(name, (row.line, value))
        if first != value and value is not None:
            self._wrong(row, column, name, f"it is not what line {line} says of the same card")
        if value is not None:
            _put(self._card, known.path, value)

    def _put_product(self, row: TableRow, column: int, name: str, cell: str) -> None:
        number, part = name.split("_")[1:]
        line, first = self._since.setdefault(name, (row.line, cell))
        if first != cell:
            self._wrong(row, column, name, f"it is not what line {line} says of the same card")
        self._products.setdefault(number, {})[part] = cell
        if part == "standing":
            try:
                self._products[number][part] = str(STANDING(cell))
            except UnreadableCell as error:
                self._wrong(row, column, name, str(error))

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
            by_row = {id(row): person for row, person in self._people}
            for row, cell in cells:
                owner = by_row.get(id(row))
                extras = card["other"] if owner is None else owner["contact"].setdefault("other", [])
                extras.append(_extra(name, cell))

    def _name_people(self) -> None:
        """Give an id to each person without one. Set the card aside if two people would get the same id."""
        lines: dict[str, list[int]] = {}
        for row, person in self._people:
            contact = person["contact"]
            if "id" in contact:
                continue
            born = contact.get("birth_date")
            contact["id"] = derive_person_id(
                self._id,
                contact.get("first_name"),
                contact.get("last_name"),
                date.fromisoformat(born) if born else None,
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


def _put(into: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for part in path[:-1]:
        into = into.setdefault(part, {})
    into[path[-1]] = value


def _extra(name: str, value: str) -> dict[str, str]:
    return {"section": OTHER, "name": name, "value": value}


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
