"""Reads a large file of contacts into columns: the same contacts and notices as data/contact_files.py, sooner.

A file is read so if it is a plain table: text in UTF-8 without quotes, every row on one line and as wide as the header,
an id in each row, and no birth date such as 3/4/1980, which the others of its column would explain. A row with a value
that needs a closer look goes through the reader of data/contact_files.py by itself. Any other file is read there as a
whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final, overload

import numpy as np
import numpy.typing as npt
import polars as pl

from core.contacts.model import Contact, ContactKind
from core.progress import Meter
from data.contact_files import ContactCollector, ContactReading, sorted_misfits
from data.contacts.known_columns import COLUMNS, CONTACTS
from data.contacts.plain_values import is_changed_alone
from data.scale.columns import TEXTS
from data.tables.columns import ColumnAnswers, ColumnMatch
from data.tables.dates import DateColumn, proves_nothing, read_birth_date
from data.tables.json_records import json_of
from data.tables.rejected import NotATable
from data.tables.table import Table, read_table
from data.tables.text import BOM, is_spreadsheet, utf_16_of
from data.tables.unreadable import UnreadableCell

_HEAD: Final = 60_000
"""Bytes from the top in which the header is found."""
_FEWEST: Final = 40
"""Lines that must be in those bytes."""
_BLOCK: Final = 1 << 24
"""Bytes that are looked at together."""
_CARRIED: Final = tuple(
    dict.fromkeys(("id", *TEXTS, *(name for name in COLUMNS if name not in ("id", "one_way"))))
)
"""The columns of the frame: all fields of a contact that a file can have, as text. "" is a field without a value."""


class ColumnContacts(Sequence[Contact]):
    """The contacts of a file as columns. Each contact is made when it is asked for."""

    def __init__(self, frame: pl.DataFrame, kind: ContactKind, odd: dict[int, Contact]) -> None:
        """`frame` has the columns `_CARRIED`. `odd` are the contacts that were read by themselves, by their places."""
        self.frame = frame
        self.kind = kind
        self._odd = odd
        self._kept: dict[int, Contact] = {}

    def __len__(self) -> int:
        return self.frame.height

    @overload
    def __getitem__(self, place: int) -> Contact: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Contact]: ...
    def __getitem__(self, place: int | slice) -> Contact | Sequence[Contact]:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        if place < 0:
            place += len(self)
        return self._odd.get(place) or self._kept.get(place) or self._contact(self.frame.row(place))

    def __iter__(self) -> Iterator[Contact]:
        for place, row in enumerate(self.frame.iter_rows()):
            yield self._odd.get(place) or self._contact(row)

    def many(self, places: Sequence[int]) -> list[Contact]:
        """Return the contacts of some places. That is much quicker than one by one."""
        rows = self.frame[list(places)].iter_rows()
        return [self._odd.get(place) or self._contact(row) for place, row in zip(places, rows, strict=True)]

    def keep(self, places: Sequence[int]) -> None:
        """Make these contacts now, and keep them until others are kept: they will be asked for one by one."""
        self._kept = dict(zip(places, self.many(places), strict=True))

    def compact(self) -> None:
        """Keep the values of a column that many contacts share once. The contacts stay the same."""
        kinds = self.frame.select(pl.all().approx_n_unique()).row(0)
        shared = [
            name
            for name, number in zip(self.frame.columns, kinds, strict=True)
            if name != "id" and number * 4 < self.frame.height
        ]
        self.frame = self.frame.with_columns(pl.col(shared).cast(pl.Categorical))

    def one_way(self) -> list[int]:
        """Return the places of the contacts that the one-way integration carries."""
        return [place for place, contact in self._odd.items() if contact.one_way]

    def _contact(self, row: tuple[Any, ...]) -> Contact:
        return Contact(**dict(zip(_CARRIED, row, strict=True)), kind=self.kind)


def read_columns(
    data: bytes, kind: ContactKind, answers: ColumnAnswers, meter: Meter, now: float | None = None
) -> ContactReading | None:
    """Read a file's bytes into columns; None for a file that is no plain table. A stop of `meter` raises `CutShort`."""
    if is_spreadsheet(data) or utf_16_of(data) or json_of(data) is not None:
        return None
    body = data.removeprefix(BOM)
    table = _plain_table(body, answers)
    if table is None:
        return None
    meter.begin()
    frame = _cells(body, table)
    if frame is None or not _fits(frame):
        return None
    meter.at(0, frame.height)
    today = answers.zone(time.time() if now is None else now).date()
    odd = _odd_rows(frame, today)
    if odd is None or odd.all():
        return None
    collector = ContactCollector(kind, answers.dates, today)
    return _reading(frame, odd, table.columns, collector, meter)


def _plain_table(body: bytes, answers: ColumnAnswers) -> Table | None:
    """Return the table that the first lines begin; None unless its header is the first line and needs no word."""
    head = body[: body.rfind(b"\n", 0, _HEAD) + 1]
    if head.count(b"\n") < _FEWEST or body.find(b'"') >= 0 or body.find(b"\0") >= 0:
        return None
    if body.count(b"\r") != body.count(b"\r\n"):
        return None
    try:
        body.decode("utf-8")
        table = read_table(head, CONTACTS, answers)
    except (UnicodeDecodeError, NotATable):
        return None
    if table is None or not table.usable or table.header.line != 1 or table.notices or table.flaws():
        return None
    columns = table.columns
    return None if columns.labelled or "id" not in columns.place else table


def _cells(body: bytes, table: Table) -> pl.DataFrame | None:
    """Return the cells of the columns that a contact has, a row for each line below the header.

    Returns None if a row is not as wide as the header, or is blank.
    """
    width = len(table.header.cells)
    separator = _separator(body, table.header.cells)
    if not separator or not _is_regular(body, separator, width):
        return None
    places = table.columns.place
    start = body.index(b"\n") + 1
    frame = pl.read_csv(
        body[start:],
        has_header=False,
        separator=separator,
        quote_char=None,
        infer_schema=False,
        columns=[at - 1 for at in sorted(places.values())],
    )
    names = [name for name, _ in sorted(places.items(), key=lambda item: item[1])]
    frame.columns = names
    frame = frame.with_columns(pl.all().fill_null(""))
    if frame.height != body.count(b"\n", start) + (not body.endswith(b"\n")):
        return None
    missing = [pl.lit("").alias(name) for name in (*_CARRIED, "one_way") if name not in names]
    return frame.with_columns(missing)


def _separator(body: bytes, header: Sequence[str]) -> str:
    """Return the sign between the cells of the header; "" if that is none of the usual ones."""
    line = body[: body.index(b"\n")].decode("utf-8").removesuffix("\r")
    return next((sign for sign in (",", ";", "\t", "|") if line.split(sign) == list(header)), "")


def _is_regular(body: bytes, separator: str, width: int) -> bool:
    """Return True if each line has `width` cells and is not blank."""
    bytes_ = np.frombuffer(body, np.uint8)
    start = 0
    while start < len(body):
        end = body.rfind(b"\n", start, start + _BLOCK) + 1
        if end <= start:
            end = body.find(b"\n", start) + 1 or len(body)
        block = bytes_[start:end]
        stops = np.flatnonzero(block == ord("\n"))
        if not len(stops) or stops[-1] != len(block) - 1:
            stops = np.append(stops, len(block))
        signs = np.flatnonzero(block == ord(separator))
        begins = np.append(-1, stops[:-1])
        if np.any(stops - begins - 1 <= width):  # a blank row has as many signs, and perhaps a return
            return False
        if len(signs) != len(stops) * (width - 1):
            return False
        if width > 1:
            by_line = signs.reshape(len(stops), width - 1)
            if np.any(by_line[:, 0] <= begins) or np.any(by_line[:, -1] >= stops):
                return False
        start = end
    return True


def _fits(frame: pl.DataFrame) -> bool:
    """Return True if no value says how the others of its column are read, and no id comes twice.

    Such values are birth dates of numbers, and ids that a spreadsheet took for numbers.
    """
    ids = frame["id"]
    if ids.n_unique() != frame.height or ids.str.contains(r"^\s*[0-9]+\.0+\s*$").any():
        return False
    return all(map(proves_nothing, frame["birth_date"].unique().to_list()))


_SUSPICIOUS: Final = (
    r"(?i)[#=/;,|&\r\n]|^\s*'|e[+-]|\.0|^\s*[0-9]{3,4}(?:-[0-9]{4})?\s*$|:::| or | and |[^ -~]"
)
"""What a value has that data/contacts/plain_values.py may look closer at."""


def _odd_rows(frame: pl.DataFrame, today: date) -> npt.NDArray[np.bool_] | None:
    """Return which rows have a value that is read alone."""
    texts = [name for name in _CARRIED if name != "birth_date"]
    is_odd = pl.col("one_way") != ""
    for name in texts:
        text = pl.col(name)
        looked_at = frame[name].filter(frame[name].str.contains(_SUSPICIOUS)).unique().to_list()
        is_odd |= text.is_in([value for value in looked_at if is_changed_alone(name, value)])
        is_odd |= text.str.len_bytes() > 255
    is_odd |= ~pl.col("id").str.contains(r"^[!-~]+$")
    code = pl.col("postcode").str.strip_chars()
    is_odd |= (pl.col("postcode") != "") & (code.str.len_chars() < 5)
    dates = frame["birth_date"].unique().to_list()
    is_odd |= pl.col("birth_date").is_in([text for text in dates if text and not _is_date(text, today)])
    return frame.select(is_odd).to_series().to_numpy().astype(np.bool_)


def _is_date(text: str, today: date) -> bool:
    try:
        return read_birth_date(text, DateColumn(), today).text == text
    except UnreadableCell:
        return False


def _reading(
    frame: pl.DataFrame,
    odd: npt.NDArray[np.bool_],
    columns: ColumnMatch,
    collector: ContactCollector,
    meter: Meter,
) -> ContactReading | None:
    """Return what the file holds. The odd rows are read one by one, and the others as they are."""
    places: list[int] = []
    odd_places = np.flatnonzero(odd)
    names = list(columns.place)
    rows = frame.select(names)[odd_places].iter_rows()
    for place, cells in zip(odd_places.tolist(), meter.through(rows, len(odd_places)), strict=True):
        before = len(collector.contacts)
        values = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
        collector.take(place + 2, columns.place, values)
        if len(collector.contacts) > before:
            places.append(place)
    collector.finish()
    plain = frame.with_row_index("place").filter(~pl.Series(odd)).select("place", *_CARRIED)
    ids = set(plain["id"].to_list()) if places else set()
    if any(contact.id in ids for contact in collector.contacts):
        return None
    read = pl.DataFrame(
        [
            (place, *(getattr(contact, name) for name in _CARRIED))
            for place, contact in zip(places, collector.contacts, strict=True)
        ],
        plain.schema,
        orient="row",
    )
    whole = pl.concat([plain, read]).sort("place", maintain_order=True)
    at = np.searchsorted(whole["place"].to_numpy(), np.array(places, np.uint32)).tolist()
    contacts = ColumnContacts(
        whole.select(_CARRIED), collector.kind, dict(zip(at, collector.contacts, strict=True))
    )
    return ContactReading(
        contacts, sorted_misfits(collector.misfits), columns.report, collector.notices(), collector.open_dates
    )
