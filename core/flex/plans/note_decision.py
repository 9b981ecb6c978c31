"""The name of one deliberate push of a note: the subject of the push, from which the note's reference comes. Pure.

A note may be pushed any number of times, and each push makes one new record. So the name holds a generation: 0 for the
first push of the note, then 1, 2, ….
"""

from __future__ import annotations

import hashlib
from typing import Final

from msgspec import Struct

from core.push.plan import Entity, System, make_ref

_GENERATION: Final = "@"
_DIGITS: Final = 12
"""Hex digits that tell the written notes of one card apart. Two notes that share them get two generations."""


class NoteDecision(Struct, frozen=True):
    """One deliberate push of a note.

    `local_id` names the note: BrokerEngine's id, or for a note that was written here the name by `written_note_id`.
    """

    local_id: str
    generation: int = 0

    @property
    def subject(self) -> str:
        """The subject of the push: "N-3001" for the first push of a note, "N-3001@1" for the second."""
        if self.generation == 0 and _GENERATION not in self.local_id:
            return self.local_id
        return f"{self.local_id}{_GENERATION}{self.generation}"

    def ref(self, workspace: str) -> str:
        """Return the reference of the FLEX record. For BrokerEngine's notes every book of a workspace has the same."""
        return make_ref(workspace, System.FLEX, Entity.NOTE, self.local_id, self.generation)


def decision_of(subject: str) -> NoteDecision:
    """Return the decision that has this subject."""
    local_id, sign, generation = subject.rpartition(_GENERATION)
    if not sign or not generation.isdecimal():
        return NoteDecision(subject)
    return NoteDecision(local_id, int(generation))


def written_note_id(card_id: str, keyed_hash: str) -> str:
    """Return the name of a note that was written here. `keyed_hash` is the book's own hash of its text and files."""
    return f"{card_id}-draft-{hashlib.sha256(keyed_hash.encode()).hexdigest()[:_DIGITS]}"


def is_written_here(subject: str, card_id: str) -> bool:
    """Return True if the subject is that of a note that was written here, on this card."""
    return subject.startswith(f"{card_id}-draft-")
