"""The result of reading a file of cards: the good cards, and what does not fit, by line and column.

A card is kept as the JSON of our BrokerEngine contract, for every form of file. If the file itself holds that JSON, the
card is a span of the file, else it is bytes. Knows no folder and no disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from core.decoding.lenient_json import read_leniently
from core.flex.decoding import decode, leftovers
from core.flex.model import BadRecord, Card, CardSummary, Extra, RejectedRecord, lacks_a_name
from data.cards.papers import SYSTEM, PaperEntry
from data.tables.columns import ColumnReport
from data.tables.rejected import RejectedLine
from data.tables.summaries import counted


class CardEntry(Struct, frozen=True, gc=False):
    """A good card of a file: its first line and its JSON, either `held` or `size` bytes of the file from `start`.

    `updated` is the card's own moment of change (seconds since 1970, UTC), or None if the card names none that can be
    used. `unclear` says why the moment that the card names can't be used, "" if nothing is wrong.
    """

    line: int
    summary: CardSummary
    updated: float | None = None
    held: bytes | None = None
    start: int = 0
    size: int = 0
    unclear: str = ""

    def json(self, file: bytes) -> bytes:
        """Return the card's JSON. `file` are the bytes of its file."""
        return file[self.start : self.start + self.size] if self.held is None else self.held


class CardsReading(Struct, frozen=True):
    """The content of a file. `torn` is the last line if it is cut off. `named` counts people who had no id.

    `columns` says which column of a table is which; None for the JSON of our contract. `notices` say what was assumed
    about the file; those that concern values are also in `doubts`. `refused` are values of good cards that the preview
    refuses. `open_dates` counts the dates of which nothing proves the order of day and month. `papers` are the notes
    and the Fact Finds.
    """

    entries: tuple[CardEntry, ...] = ()
    misfits: tuple[RejectedLine, ...] = ()
    torn: RejectedLine | None = None
    named: int = 0
    columns: ColumnReport | None = None
    notices: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    refused: tuple[RejectedLine, ...] = ()
    open_dates: int = 0
    papers: tuple[PaperEntry, ...] = ()

    def newest(self, moment: float) -> dict[str, CardEntry | RejectedLine]:
        """Return each card's newest version by the card's id, bad versions too.

        The later `updated_at` wins, then the later line. A version without `updated_at` gets `moment`, the file's own
        moment in seconds since 1970. If a version of a card has an `updated_at` that can't be used, the later line of
        that card wins: an older version never wins because the newer one has an odd date.
        """
        newest: dict[str, CardEntry | RejectedLine] = {}
        several: dict[str, list[CardEntry | RejectedLine]] = {}
        for version in (*self.entries, *self.misfits, *((self.torn,) if self.torn else ())):
            card_id = version.summary.id if isinstance(version, CardEntry) else version.card_id
            if card_id is None:
                continue
            if card_id in newest:
                several.setdefault(card_id, [newest[card_id]]).append(version)
            else:
                newest[card_id] = version
        for card_id, versions in several.items():
            newest[card_id] = _newest(versions, moment)
        return newest


def _newest(versions: Sequence[CardEntry | RejectedLine], moment: float) -> CardEntry | RejectedLine:
    """Return the newest of the versions of one card."""
    if any(isinstance(version, CardEntry) and version.unclear for version in versions):
        return max(versions, key=lambda version: version.line)

    def age(version: CardEntry | RejectedLine) -> tuple[float, int]:
        updated = version.updated if isinstance(version, CardEntry) else None
        return moment if updated is None else updated, version.line

    return max(versions, key=age)


def unclear_moments(entries: Iterable[CardEntry]) -> tuple[str, ...]:
    """Return what a person should know of cards with an `updated_at` that can't be used; () if there are none."""
    lines: dict[str, list[int]] = {}
    for entry in entries:
        if entry.unclear:
            lines.setdefault(entry.unclear, []).append(entry.line)
    return tuple(counted("updated_at", of_kind, reason) for reason, of_kind in lines.items())


_LATER_COUNTS: Final = "so that the later line and the later file count for the card"
UNREADABLE: Final = f"it can't be read as a time, {_LATER_COUNTS}"
AHEAD: Final = f"it is more than a day ahead of this computer's clock, {_LATER_COUNTS}"
FURTHEST_AHEAD: Final = 86_400.0
"""Seconds by which a card's `updated_at` may be ahead: one without a zone counts as UTC, and may be of any zone."""


def not_ahead(reading: CardsReading, now: float) -> CardsReading:
    """Return a reading without the moments of change that are more than a day ahead of `now` (seconds since 1970).

    Such a moment is wrong, and would make every later version of the card count as older. It counts as one that can't
    be read.
    """
    latest = now + FURTHEST_AHEAD
    if not any(entry.updated is not None and entry.updated > latest for entry in reading.entries):
        return reading
    entries = tuple(
        replace(entry, updated=None, unclear=AHEAD)
        if entry.updated is not None and entry.updated > latest
        else entry
        for entry in reading.entries
    )
    named = unclear_moments(entry for entry in entries if entry.unclear == AHEAD)
    return replace(reading, entries=entries, notices=(*reading.notices, *named))


def read_together(readings: Sequence[CardsReading]) -> CardsReading:
    """Return the readings of the parts of one file as one reading. The first columns and the first torn line count."""
    return CardsReading(
        tuple(entry for reading in readings for entry in reading.entries),
        tuple(misfit for reading in readings for misfit in reading.misfits),
        next((reading.torn for reading in readings if reading.torn is not None), None),
        sum(reading.named for reading in readings),
        next((reading.columns for reading in readings if reading.columns is not None), None),
        tuple(notice for reading in readings for notice in reading.notices),
        tuple(doubt for reading in readings for doubt in reading.doubts),
        tuple(refused for reading in readings for refused in reading.refused),
        sum(reading.open_dates for reading in readings),
        tuple(paper for reading in readings for paper in reading.papers),
    )


def summary_of(card: Card) -> CardSummary:
    """Return a card as the board lists it."""
    return CardSummary(
        card.id,
        card.title,
        card.kind,
        card.stage,
        card.owner,
        card.requirements.loan_purpose,
        tuple(person.contact.name for person in card.people),
        card.flex_id,
        card.requirements.loan_amount,
        card.fact_find.flex_integrated if card.fact_find is not None else None,
        sum(lacks_a_name(person.contact.first_name, person.contact.last_name) for person in card.people),
    )


def card_of(line: bytes) -> tuple[Card, tuple[Extra, ...]]:
    """Decode a card's JSON. Return the card and the fields that are not in the contract. Raises `BadRecord`."""
    try:
        raw = read_leniently(line.decode("utf-8"))
    except ValueError:
        raise BadRecord(RejectedRecord(SYSTEM, "(no id)", "the record", "it is not JSON any more")) from None
    card = decode(raw, Card, SYSTEM)
    return card, tuple(leftovers(raw, card))


def moment_of(text: Any) -> float | None:
    """Return an ISO moment in seconds since 1970; None if it is not a moment. A moment without an offset is UTC."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def bad_id(card_id: str) -> str:
    """Return what is wrong with a card's id; "" if it is fine."""
    if not card_id.strip():
        return "it is blank"
    if not card_id.isprintable() or card_id != card_id.strip():
        return "it holds a character that can't be typed"
    return ""
