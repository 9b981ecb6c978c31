"""Notes and Fact Finds in files: what belongs to a card, in lines of JSON or in the rows of a table.

A note has the card's id and a text. A Fact Find has the card's id, its people or its property, and its state; it is
kept in the form of our contract, like a card. A note without an id gets one from its card, its text and its time, so
that the same note stays the same. Knows no folder and no disk.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.compare.ids import id_fault
from core.flex.decoding import decode
from core.flex.model import BadRecord, FactFind, Note, RejectedRecord
from core.push.plan import System
from core.systems import display_name
from data.cards.columns import CARD_ID
from data.cards.flat_json import column_key, column_of

SYSTEM: Final = display_name(System.BROKERENGINE)
TEXTS: Final = ("text", "note_text", "note", "body", "content")
"""The names of a note's text; the first that is there counts."""
NOTE_IDS: Final = ("id", "note_id")
_OF_A_CARD: Final = frozenset({"kind", "title", "stage"})
"""What a card has, and no Fact Find."""
_OF_A_NOTE: Final = frozenset({"", CARD_ID, "updated_at"})
"""The columns of a card that a note may have too."""
_CARD_WORDS: Final = frozenset(
    {
        "people",
        "cardtype",
        "cardkind",
        "cardname",
        "cardtitle",
        "dealtype",
        "dealname",
        "leadtype",
        "leadname",
    }
)


class PaperKind(StrEnum):
    """What belongs to a card."""

    NOTE = "note"
    FACT_FIND = "fact-find"


class PaperEntry(Struct, frozen=True):
    """A note or a Fact Find of a file: its first line, its ids and its JSON."""

    kind: PaperKind
    id: str
    card_id: str
    line: int
    json: bytes

    @property
    def key(self) -> tuple[PaperKind, str]:
        """What tells it from any other one."""
        return self.kind, self.id


def is_paper(raw: Mapping[str, Any]) -> bool:
    """Return True if an object of JSON is a note or a Fact Find, good or bad."""
    return _kind_of(raw) is not None


def _kind_of(raw: Mapping[str, Any]) -> PaperKind | None:
    if "card_id" not in raw:
        return None
    if "state" in raw and ("people" in raw or "property" in raw) and _OF_A_CARD.isdisjoint(raw):
        return PaperKind.FACT_FIND
    holds_text = any(name in raw for name in TEXTS) and not any(isinstance(one, dict) for one in raw.values())
    return PaperKind.NOTE if holds_text and not names_a_card(raw) else None


def names_a_card(headers: Iterable[str]) -> bool:
    """Return True if one of the headers or keys holds what a card or a person has, and no note."""
    return any(
        column_of((header,)) not in _OF_A_NOTE or column_key(header) in _CARD_WORDS for header in headers
    )


def read_paper(raw: Mapping[str, Any], line: int) -> PaperEntry:
    """Return the note or the Fact Find that an object of JSON holds. Raises `BadRecord`."""
    if _kind_of(raw) is PaperKind.FACT_FIND:
        form = {"flex_integrated": False, **raw, "id": raw.get("id") or f"{raw['card_id']}/fact-find"}
        fact_find = decode(form, FactFind, SYSTEM)
        _check(fact_find.id, fact_find.card_id)
        return PaperEntry(PaperKind.FACT_FIND, fact_find.id, fact_find.card_id, line, _json(form))
    form = _note_form(raw)
    note = decode(form, Note, SYSTEM)
    _check(note.id, note.card_id)
    if not note.text.strip():
        raise BadRecord(RejectedRecord(SYSTEM, note.id, "text", "it is blank"))
    return PaperEntry(PaperKind.NOTE, note.id, note.card_id, line, _json(form))


def _note_form(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a note in the form of our contract. A time that can't be read is left out: it is only shown."""
    text = next(raw[name] for name in TEXTS if name in raw)
    card_id = raw["card_id"]
    given = next((raw[name] for name in NOTE_IDS if raw.get(name)), None)
    form = {
        "id": given
        if given is not None
        else note_id_of(str(card_id), str(text), str(raw.get("created_at") or "")),
        "card_id": card_id,
        "text": text,
        "attachments": raw.get("attachments") or [],
    }
    if raw.get("author"):
        form["author"] = raw["author"]
    created = raw.get("created_at")
    return form | {"created_at": created} if _is_moment(created) else form


def _is_moment(value: object) -> bool:
    try:
        at = msgspec.convert(value, datetime)
        (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (msgspec.ValidationError, UnicodeEncodeError, OverflowError):
        return False
    return True


def note_id_of(card_id: str, text: str, created_at: str) -> str:
    """Return the id of a note that has none."""
    plain = json.dumps([card_id, text.strip(), created_at])
    return f"NF-{hashlib.blake2b(plain.encode(), digest_size=8).hexdigest()}"


def note_of(entry: PaperEntry) -> Note:
    """Return the note of an entry."""
    return decode(json.loads(entry.json), Note, SYSTEM)


def fact_find_of(entry: PaperEntry) -> FactFind:
    """Return the Fact Find of an entry."""
    return decode(json.loads(entry.json), FactFind, SYSTEM)


def _check(paper_id: str, card_id: str) -> None:
    for name, given in (("id", paper_id), ("card_id", card_id)):
        if not given.strip():
            raise BadRecord(RejectedRecord(SYSTEM, paper_id or "(no id)", name, "it is blank"))
        if wrong := id_fault(given):
            raise BadRecord(RejectedRecord(SYSTEM, "(no id)", name, f"it {wrong}"))


def _json(form: Mapping[str, Any]) -> bytes:
    """Return JSON in canonical form, so that an equal note gives equal bytes."""
    return json.dumps(form, sort_keys=True, separators=(",", ":")).encode("ascii")
