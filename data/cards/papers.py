"""Notes and Fact Finds in files: what belongs to a card, in the form of our contract, like a card.

A note has the card's id and a text. A Fact Find has the card's id, its people or its property, and its state. A note
without an id gets one from its card, its text and its time, so that the same note stays the same. Knows no folder and
no disk.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from core.compare.ids import id_fault
from core.decoding.lenient_json import read_leniently
from core.flex.decoding import decode
from core.flex.model import BadRecord, FactFind, Note, RejectedRecord
from core.push.plan import System
from core.systems import display_name
from data.cards.known_columns import names_a_card

SYSTEM: Final = display_name(System.BROKERENGINE)
"""The name of the system to which the records belong, in a gateway and in files alike."""
_OF_A_CARD: Final = frozenset({"kind", "title", "stage"})
"""What a card has, and no Fact Find."""


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
    is_flat = not any(isinstance(value, dict) for value in raw.values())
    return PaperKind.NOTE if "text" in raw and is_flat and not names_a_card(raw) else None


def read_paper(raw: Mapping[str, Any], line: int) -> PaperEntry:
    """Return the note or the Fact Find that an object of JSON holds. Raises `BadRecord`.

    A Fact Find without an id gets one from its card: a card has one Fact Find.
    """
    if _kind_of(raw) is PaperKind.FACT_FIND:
        form = {"flex_integrated": False, **raw, "id": raw.get("id") or f"{raw['card_id']}/fact-find"}
        fact_find = decode(form, FactFind, SYSTEM)
        _check(fact_find.id, fact_find.card_id)
        return PaperEntry(PaperKind.FACT_FIND, fact_find.id, fact_find.card_id, line, _json(form))
    form = {**raw, "attachments": raw.get("attachments") or []}
    form["id"] = raw.get("id") or note_id_of(*(str(raw.get(name) or "") for name in _OF_AN_ID))
    note = decode(form, Note, SYSTEM)
    if note.created_at is not None and not _is_in_range(note.created_at):
        del form["created_at"]  # no zone can show such a time
    _check(note.id, note.card_id)
    if not note.text.strip():
        raise BadRecord(RejectedRecord(SYSTEM, note.id, "text", "it is blank"))
    return PaperEntry(PaperKind.NOTE, note.id, note.card_id, line, _json(form))


def _is_in_range(at: datetime) -> bool:
    """Return True if a moment can be had in seconds since 1970."""
    try:
        (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return False
    return True


_OF_AN_ID: Final = ("card_id", "text", "created_at")


def note_id_of(card_id: str, text: str, created_at: str) -> str:
    """Return the id of a note that has none.

    A time that can be read counts however it is written, and a line end however the last program wrote it.
    """
    try:
        at = datetime.fromisoformat(created_at.strip())
        created_at = (at.astimezone(UTC) if at.tzinfo else at).isoformat()
    except (ValueError, OverflowError):
        pass  # no time, or one that can't be read, counts as it is written
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    plain = json.dumps([card_id, text, created_at])
    return f"NF-{hashlib.blake2b(plain.encode(), digest_size=8).hexdigest()}"


def note_of(entry: PaperEntry) -> Note:
    """Return the note of an entry."""
    return decode(read_leniently(entry.json.decode("ascii")), Note, SYSTEM)


def fact_find_of(entry: PaperEntry) -> FactFind:
    """Return the Fact Find of an entry."""
    return decode(read_leniently(entry.json.decode("ascii")), FactFind, SYSTEM)


def _check(paper_id: str, card_id: str) -> None:
    for name, given in (("id", paper_id), ("card_id", card_id)):
        if not given.strip():
            raise BadRecord(RejectedRecord(SYSTEM, paper_id or "(no id)", name, "it is blank"))
        if wrong := id_fault(given):
            raise BadRecord(RejectedRecord(SYSTEM, "(no id)", name, f"it {wrong}"))


def _json(form: Mapping[str, Any]) -> bytes:
    """Return JSON in canonical form, so that an equal note gives equal bytes."""
    return json.dumps(form, sort_keys=True, separators=(",", ":")).encode("ascii")
