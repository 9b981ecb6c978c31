"""What changed since a card was pushed. A push is a one-time copy, so what changes later has to be retyped.

The book keeps a keyed hash of every field as it was confirmed, never the field itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from msgspec import Struct

from core.errors import ArchiveDamaged
from core.flex.field_map.fates import Fate, Field
from core.flex.plans.preview import Preview
from core.flex.records import PushedFields
from core.push.plan import Asset
from core.push.ports import Book
from core.push.records import Push
from core.push.states import PushState

Seal = Callable[[str, Any], str]


class ChangedSincePush(Struct, frozen=True):
    """What differs from the last push that arrived: the places of changed fields and of new fields.

    `at` is the time of that push, in seconds since 1970, UTC.
    """

    push_id: str
    at: float
    changed: frozenset[str]
    new: frozenset[str]

    def __len__(self) -> int:
        return len(self.changed) + len(self.new)


def places(fields: tuple[Field, ...]) -> list[str]:
    """Return each field's place on the card: "section/local id/name", and "/2" for the second field of that name."""
    seen: dict[str, int] = {}
    named: list[str] = []
    for field in fields:
        place = f"{field.section}/{field.local_id}/{field.source}"
        again = seen[place] = seen.get(place, 0) + 1
        named.append(place if again == 1 else f"{place}/{again}")
    return named


def sealed(preview: Preview, seal: Seal) -> dict[str, str]:
    """Return the keyed hash of every field that holds something, by the field's place."""
    return {
        place: seal(place, field.source_value)
        for place, field in zip(places(preview.fields), preview.fields, strict=True)
        if field.fate is not Fate.EMPTY
    }


def compare(preview: Preview, copied: PushedFields, seal: Seal) -> ChangedSincePush:
    """Return what differs from a push of the card. A field that is empty now counts as changed."""
    now = sealed(preview, seal)
    gone = copied.fields.keys() - now.keys()
    changed = {
        place for place, hashed in now.items() if place in copied.fields and copied.fields[place] != hashed
    }
    return ChangedSincePush(
        copied.push_id, copied.at, frozenset(changed | gone), frozenset(now.keys() - copied.fields.keys())
    )


async def changed_since_push(book: Book, preview: Preview) -> ChangedSincePush | None:
    """Compare a card with what its pushes sent, each field as it was last sent.

    Returns None if no push from here arrived. Raises `BookClosed`.
    """
    arrived = await arrived_fields(book, preview.subject)
    if not arrived:
        return None
    fields: dict[str, str] = {}
    for copied in arrived:  # a later push may have sent only the people
        fields |= copied.fields
    last = arrived[-1]
    return compare(preview, PushedFields(last.push_id, last.card, last.at, fields), book.keyed_hash)


async def arrived_fields(book: Book, card_id: str) -> list[PushedFields]:
    """Return what the arrived pushes of a card sent, the oldest first. Raises `BookClosed`."""
    live = {copied.push_id: copied for copied in await book.where(PushedFields, card=card_id)}
    arrived: list[PushedFields] = []
    for push in await book.where(Push, about=card_id):
        if push.state in (PushState.DONE, PushState.PARTIAL) and push.asset is not Asset.NOTE:
            copied = live.get(push.push_id) or await _archived(book, push.push_id)
            if copied is not None:
                arrived.append(copied)
    return sorted(arrived, key=lambda copied: copied.at)


async def _archived(book: Book, push_id: str) -> PushedFields | None:
    """Return what a push sent, from its archive, or None if the archive holds nothing or can't be read."""
    with suppress(ArchiveDamaged):
        return next(
            (record for record in await book.archived(push_id) if isinstance(record, PushedFields)), None
        )
    return None
