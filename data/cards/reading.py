"""What reading a file of cards gives: the cards that are good, and what does not fit, by line and column.

A card is kept as the JSON of our BrokerEngine contract, whatever form the file has: as a span of the file where the
file holds that JSON itself, else as bytes. Knows no folder and no disk.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from core.flex.decoding import decode, leftovers
from core.flex.model import BadRecord, Card, CardSummary, Extra, RejectedRecord
from core.push.plan import System
from core.systems import display_name

SYSTEM: Final = display_name(System.BROKERENGINE)
"""Whose records these are, however they came."""
BOM: Final = b"\xef\xbb\xbf"


class RejectedLine(Struct, frozen=True):
    """Something in a file that does not fit. Lines and columns count from 1.

    `column` is the column of a table, or the character of a line of JSON; None where no single one is at fault.
    `card_id` is whose card it is, None where that can't be told. Never quotes a value.
    """

    line: int
    column: int | None
    field: str
    reason: str
    card_id: str | None = None


class CardEntry(Struct, frozen=True):
    """A good card of a file: where it begins, and its JSON, either `held` or `size` bytes of the file from `start`.

    `updated` is the card's own moment of change (seconds since 1970, UTC) where it names one.
    """

    line: int
    summary: CardSummary
    updated: float | None = None
    held: bytes | None = None
    start: int = 0
    size: int = 0

    def json(self, file: bytes) -> bytes:
        """Give the card's JSON, given the bytes of its file."""
        return file[self.start : self.start + self.size] if self.held is None else self.held


class CardsReading(Struct, frozen=True):
    """A file, read. `torn` is its last line where that ends in the middle; `named` how many people had no id."""

    entries: tuple[CardEntry, ...] = ()
    misfits: tuple[RejectedLine, ...] = ()
    torn: RejectedLine | None = None
    named: int = 0

    def newest(self, moment: float) -> dict[str, CardEntry | RejectedLine]:
        """Give each card's newest version, bad ones too: the file's own moment stands in for a card's.

        The later `updated_at` wins, then the later line.
        """
        found: dict[str, tuple[tuple[float, int], CardEntry | RejectedLine]] = {}
        for one in (*self.entries, *self.misfits, *((self.torn,) if self.torn else ())):
            if isinstance(one, CardEntry):
                card_id, at = one.summary.id, moment if one.updated is None else one.updated
            elif one.card_id is not None:
                card_id, at = one.card_id, moment
            else:
                continue
            if card_id not in found or found[card_id][0] < (at, one.line):
                found[card_id] = ((at, one.line), one)
        return {card_id: one for card_id, (_, one) in found.items()}


def summary_of(card: Card) -> CardSummary:
    """Give a card as the board lists it."""
    return CardSummary(
        card.id,
        card.title,
        card.kind,
        card.stage,
        card.owner,
        card.requirements.loan_purpose,
        tuple(one.contact.name for one in card.people),
        card.flex_id,
    )


def card_of(line: bytes) -> tuple[Card, tuple[Extra, ...]]:
    """Decode a card's JSON whole, and what it holds beyond the contract. Raises `BadRecord`."""
    try:
        raw = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRecord(RejectedRecord(SYSTEM, "(no id)", "the record", "it is not JSON any more")) from None
    card = decode(raw, Card, SYSTEM)
    return card, tuple(leftovers(raw, card))


def moment_of(text: Any) -> float | None:
    """Give a moment in seconds since 1970, UTC; None where it is none. One without an offset is UTC."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def bad_id(card_id: str) -> str:
    """Say what is wrong with a card's id; "" where nothing is."""
    if not card_id.strip():
        return "it is blank"
    if not card_id.isprintable() or card_id != card_id.strip():
        return "it holds a character that can't be typed"
    return ""
