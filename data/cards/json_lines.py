"""JSON Lines: one card per line, in the form of our contract's whole card, or one note or Fact Find. Knows no path.

The strict decoder reads each line first. A line that it refuses is read again by a tolerant decoder, which accepts the
line (a blank amount, an odd value) or says what is wrong with it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.compare.ids import id_fault
from core.decoding.lenient_json import read_leniently
from core.decoding.typed_json import decoder_of
from core.flex.decoding import decode
from core.flex.model import BadRecord, Card, CardSummary, lacks_a_name, person_name
from core.progress import SILENT, Meter
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


class ListedPerson(Struct, frozen=True, gc=False):
    """What the list needs of a person, and what decides whether a card fits."""

    id: str
    first_name: str | None = None
    last_name: str | None = None
    flex_id: str | None = None
    other: tuple[ListedExtra, ...] = ()


class ListedExtra(Struct, frozen=True, gc=False):
    """A field beyond the published tables: it must be whole."""

    section: str
    name: str
    value: str


class ListedApplicant(Struct, frozen=True, gc=False):
    """A person in a role."""

    role: str
    contact: ListedPerson


class ListedRequirements(Struct, frozen=True, gc=False):
    """What the list needs of the requirements."""

    loan_purpose: str | None = None
    loan_amount: Any = None


class ListedProduct(Struct, frozen=True, gc=False):
    """A product: it must be whole."""

    id: str
    lender: str
    name: str


class ListedFactFind(Struct, frozen=True, gc=False):
    """A card's Fact Find, which decides whether the card may be pushed."""

    id: str
    state: str
    flex_integrated: bool = False


class ListedCard(Struct, frozen=True, gc=False):
    """As much of a card as the list needs, and as decides whether the card fits: the quick way to read many.

    Each field that `core.flex.model.Card` requires, and each that decides, is here with its type. So a card that is set
    aside does not fit this either, and is read with care. A value of another field may be odd, which costs no card.
    """

    id: str
    title: str
    kind: str
    stage: str
    owner: str
    people: tuple[ListedApplicant, ...] = ()
    requirements: ListedRequirements = ListedRequirements()
    products: tuple[ListedProduct, ...] = ()
    flex_id: str | None = None
    flex_kind: str | None = None
    fact_find: ListedFactFind | None = None
    other: tuple[ListedExtra, ...] = ()
    updated_at: Any = None

    @property
    def summary(self) -> CardSummary:
        """The card as the board lists it."""
        people = [person.contact for person in self.people]
        names = tuple([person_name(person.first_name, person.last_name, person.id) for person in people])
        purpose = self.requirements.loan_purpose
        return CardSummary(
            self.id,
            self.title,
            self.kind,
            self.stage,
            self.owner,
            purpose,
            names,
            self.flex_id,
            Decimal(amount) if (amount := self.requirements.loan_amount) else None,
            self.fact_find.flex_integrated if self.fact_find is not None else None,
            sum([lacks_a_name(person.first_name, person.last_name) for person in people]),
        )

    @property
    def has_odd_amount(self) -> bool:
        """True if the loan amount is neither blank nor a plain number as text."""
        amount = self.requirements.loan_amount
        return amount not in (None, "") and not (isinstance(amount, str) and _AMOUNT.fullmatch(amount))

    @property
    def has_bad_flex_id(self) -> bool:
        """True if a FLEX ID of the card or of a person can't be sent in an address."""
        given = [person.contact.flex_id for person in self.people if person.contact.flex_id]
        if self.flex_id:
            given.append(self.flex_id)
        return any(map(id_fault, given))


_AMOUNT: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_FAST: Final = decoder_of(ListedCard)
_LOOK_EVERY: Final = 256
"""Lines between two reports to the meter."""


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
        if line % _LOOK_EVERY == 0:
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
        listed = _FAST.decode(text)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        listed = None
    if listed is not None and not (listed.has_bad_flex_id or listed.has_odd_amount):
        summary, updated = listed.summary, listed.updated_at
    else:
        careful = _with_care(text, line)
        if isinstance(careful, (RejectedLine, PaperEntry)):
            return careful
        card, updated = careful
        summary = summary_of(card)
    if wrong := bad_id(summary.id):
        return RejectedLine(line, None, "id", wrong)
    at = moment_of(updated)
    unclear = UNREADABLE if at is None and updated not in (None, "") else ""
    return CardEntry(line, summary, at, start=start, size=len(text), unclear=unclear)


def _with_care(text: bytes, line: int) -> tuple[Card, Any] | PaperEntry | RejectedLine:
    try:
        raw = read_leniently(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        reason = f"byte {text[error.start]:02X} is not UTF-8; save the file as UTF-8"
        return RejectedLine(line, error.start + 1, _LINE, reason)
    except json.JSONDecodeError as error:
        return RejectedLine(line, error.pos + 1, _LINE, f"it is not JSON: {error.msg}")
    if not isinstance(raw, dict):
        return RejectedLine(line, 1, _LINE, "it isn't a card: a JSON object is expected")
    given = raw.get("card_id" if is_paper(raw) else "id")
    card_id = given if isinstance(given, str) and not bad_id(given) else None
    try:
        return read_paper(raw, line) if is_paper(raw) else (decode(raw, Card, SYSTEM), raw.get("updated_at"))
    except BadRecord as error:
        return RejectedLine(line, None, error.aside.field, error.aside.reason, card_id)
