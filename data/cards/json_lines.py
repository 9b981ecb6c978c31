"""JSON Lines: one card per line, in the form of our contract's whole card, or one note or Fact Find. Knows no path.

The strict decoder reads each line first. A line that it refuses is read again by a tolerant decoder, which accepts the
line (a blank amount, an odd value) or says what is wrong with it.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from core.flex.decoding import decode
from core.flex.model import BadRecord, Card
from core.lenient_json import read_leniently
from core.progress import SILENT, Meter
from core.typed_json import decoder_of
from data.cards.papers import SYSTEM, PaperEntry, is_paper, read_paper
from data.cards.reading import (
    UNREADABLE,
    CardEntry,
    CardsReading,
    bad_id,
    moment_of,
    summary_of,
    unclear_moments,
)
from data.tables.rejected import RejectedLine
from data.tables.text import BOM


class _Dated(Card, frozen=True):
    """A card with the moment of change that the source gives."""

    updated_at: Any = None


_FAST: Final = decoder_of(_Dated)


def read_jsonl(data: bytes, meter: Meter = SILENT) -> CardsReading:
    """Read the cards of a file. A last line without an end that is not JSON is `torn`: it may still be written.

    Raises `CutShort` if `meter` is stopped.
    """
    entries: list[CardEntry] = []
    misfits: list[RejectedLine] = []
    papers: list[PaperEntry] = []
    torn = None
    at, line = len(BOM) if data.startswith(BOM) else 0, 0
    total = data.count(b"\n") + (not data.endswith(b"\n"))
    meter.begin()
    while at < len(data):
        meter.at(line, total)
        line += 1
        end = data.find(b"\n", at)
        whole = end >= 0
        end = end if whole else len(data)
        text = data[at:end]
        if text.strip():
            read = _read(text, line, at)
            if isinstance(read, CardEntry):
                entries.append(read)
            elif isinstance(read, PaperEntry):
                papers.append(read)
            elif read.field == _LINE and not whole:
                torn = read
            else:
                misfits.append(read)
        at = end + 1
    return CardsReading(
        tuple(entries), tuple(misfits), torn, notices=unclear_moments(entries), papers=tuple(papers)
    )


_LINE: Final = "the line"


def _read(text: bytes, line: int, start: int) -> CardEntry | PaperEntry | RejectedLine:
    try:
        fast = _FAST.decode(text)
        card: Card = fast
        updated: Any = fast.updated_at
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        careful = _with_care(text, line)
        if isinstance(careful, (RejectedLine, PaperEntry)):
            return careful
        card, updated = careful
    if wrong := bad_id(card.id):
        return RejectedLine(line, None, "id", wrong)
    at = moment_of(updated)
    unclear = UNREADABLE if at is None and updated not in (None, "") else ""
    return CardEntry(line, summary_of(card), at, start=start, size=len(text), unclear=unclear)


def _with_care(text: bytes, line: int) -> tuple[Card, Any] | PaperEntry | RejectedLine:
    try:
        raw = read_leniently(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        reason = f"byte {text[error.start]:02X} is not UTF-8; save the file as UTF-8"
        return RejectedLine(line, error.start + 1, _LINE, reason)
    except json.JSONDecodeError as error:
        return RejectedLine(line, error.pos + 1, _LINE, f"it is not JSON: {error.msg}")
    if not isinstance(raw, dict):
        return RejectedLine(line, 1, _LINE, "it is no card: a JSON object is expected")
    given = raw.get("card_id" if is_paper(raw) else "id")
    card_id = given if isinstance(given, str) and not bad_id(given) else None
    try:
        return read_paper(raw, line) if is_paper(raw) else (decode(raw, Card, SYSTEM), raw.get("updated_at"))
    except BadRecord as error:
        return RejectedLine(line, None, error.aside.field, error.aside.reason, card_id)
