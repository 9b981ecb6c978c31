"""What changed since a card was pushed. A push is a one-time copy, so what changes later has to be retyped.

The book keeps a keyed hash of every field as it was confirmed, never the field itself. So the desk knows that a value
is another than the value that was pushed, and cannot show the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from core.compare.equal_forms import equal_form, is_blank, kind_of
from core.errors import ArchiveDamaged
from core.flex.field_map.fates import Fate, Field
from core.flex.plans.preview import Preview
from core.flex.plans.shown import carriers_of
from core.flex.records import PushedFields, Tick
from core.push.live_push import steps_of
from core.push.plan import Asset, Entity, System, link_key
from core.push.ports import Book
from core.push.records import Push, StepRecord, Unlinked
from core.push.resolutions import is_left_as_it_was
from core.push.states import PushState, StepState
from core.texts import without_lone_surrogates

Seal = Callable[[str, Any], str]


class ChangeKind(StrEnum):
    """How a field differs from what was pushed."""

    CHANGED = "changed"
    """The field was sent, and holds another value now."""
    EMPTIED = "emptied"
    """The field was sent, and holds nothing now. FLEX keeps the old value: a push never empties a field."""
    NEW = "new"
    """The field was empty when it was pushed."""
    GONE = "gone"
    """The field was sent, and what it belongs to is no longer on the card, for example a person."""
    PUT_BACK = "put back"
    """The field was sent, and an undo put back what FLEX held before."""


class FieldChange(Struct, frozen=True):
    """One field that FLEX does not have as it is now. `field` is its line now, or None if it is gone."""

    place: str
    kind: ChangeKind
    field: Field | None


class ChangedSincePush(Struct, frozen=True):
    """What differs from what the arrived pushes sent, by the places of the fields.

    `changed` are fields that were sent and hold another value now, or nothing. `new` are fields that were empty when a
    push sent what they belong to. `not_sent` are fields that no push sent: they are no change. `put_back` are those of
    the changed fields of which an undo put the old value back. `push_id` and `at` (in seconds since 1970, UTC) are of
    the last push.
    """

    push_id: str
    at: float
    changed: frozenset[str]
    new: frozenset[str]
    not_sent: frozenset[str] = frozenset()
    put_back: frozenset[str] = frozenset()

    def __len__(self) -> int:
        """Return how many fields FLEX does not have as they are now, of those that were sent."""
        return len(self.changed) + len(self.new)

    def changes(self, fields: tuple[Field, ...]) -> list[FieldChange]:
        """Return what differs, in the order of `fields`; what is gone comes last."""
        named = dict(zip(places(fields), fields, strict=True))
        there = [
            FieldChange(place, self._kind(place, field), field)
            for place, field in named.items()
            if place in self.changed or place in self.new
        ]
        gone = sorted(self.changed - named.keys())
        return [*there, *(FieldChange(place, ChangeKind.GONE, None) for place in gone)]

    def _kind(self, place: str, field: Field) -> ChangeKind:
        if place in self.new:
            return ChangeKind.NEW
        if field.fate is Fate.EMPTY:
            return ChangeKind.EMPTIED
        return ChangeKind.PUT_BACK if place in self.put_back else ChangeKind.CHANGED


def places(fields: tuple[Field, ...]) -> list[str]:
    """Return each field's place on the card: "section/local id/name", and "/2" for the second field of that name."""
    seen: dict[str, int] = {}
    named: list[str] = []
    for field in fields:
        place = f"{_part(field)}{without_lone_surrogates(field.source)}"
        again = seen[place] = seen.get(place, 0) + 1
        named.append(place if again == 1 else f"{place}/{again}")
    return named


def _part(field: Field) -> str:
    """Return how the places of all fields begin that belong to the same part of a card: "section/local id/"."""
    return without_lone_surrogates(f"{field.section}/{field.local_id}/")


def sealed(fields: tuple[Field, ...], seal: Seal) -> dict[str, str]:
    """Return the keyed hash of every field that holds something, by the field's place.

    The hash is that of the equal form of the value: a phone number with other blanks did not change.
    """
    return {place: _sealed_form(place, field, seal) for place, field in _not_empty(fields)}


def hashes_of(place: str, field: Field, seal: Seal) -> frozenset[str]:
    """Return the hashes under which the book may hold the value of a field. Older books hold the value as written."""
    return frozenset((_sealed_form(place, field, seal), seal(place, field.source_value)))


def _sealed_form(place: str, field: Field, seal: Seal) -> str:
    return seal(place, equal_form(kind_of(field.target), field.source_value))


def _not_empty(fields: tuple[Field, ...]) -> Iterator[tuple[str, Field]]:
    """Yield place and field of every field that holds something in BrokerEngine: a default does not count."""
    for place, field in zip(places(fields), fields, strict=True):
        if field.fate is not Fate.EMPTY and not is_blank(field.source_value):
            yield place, field


def remember(preview: Preview, push_id: str, now: float, seal: Seal) -> PushedFields:
    """Return what the book keeps of the fields of a push. `now` is in seconds since 1970, UTC."""
    shown = sealed(preview.fields, seal)
    left_out = _left_out(preview)
    sent = {place: hashed for place, hashed in shown.items() if place not in left_out}
    own = sealed(preview.card_fields, seal) if preview.card_fields else shown
    carriers = carriers_of(preview, places(preview.fields))
    return PushedFields(
        push_id,
        preview.plan.about,
        now,
        sent,
        whole=preview.asset is not Asset.FACT_FIND and not left_out,
        card_fields={
            place: own.get(place, "") for place in sent | own if own.get(place, "") != sent.get(place, "")
        },
        carriers={place: carrier for place, carrier in carriers.items() if place in sent},
    )


def _left_out(preview: Preview) -> frozenset[str]:
    """Return the places of the fields that the push leaves out."""
    named = zip(places(preview.fields), preview.fields, strict=True)
    return frozenset(place for place, field in named if field.left_out)


def compare(
    preview: Preview,
    arrived: Sequence[PushedFields],
    seal: Seal,
    undone: Mapping[str, float] = MappingProxyType({}),
) -> ChangedSincePush:
    """Return what differs from the pushes that arrived, the oldest first, each field as it was last sent.

    A field of a card that a Fact Find sent otherwise is changed only if the card's own value changed after that push. A
    field that no push sent is new if it was empty when a push sent the card, or another field of the same part.
    `undone` says when an undo put the old value of a field back (seconds since 1970, UTC), by the field's place.
    """
    expected = _expected(arrived, seal, of_card=preview.asset is Asset.CARD)
    now = {place: hashes_of(place, field, seal) for place, field in _not_empty(preview.fields)}
    whole = any(pushed.whole for pushed in arrived)
    not_sent = set().union(*(pushed.card_fields for pushed in arrived)) | _left_out(preview)
    unwritten = set().union(*(pushed.card_fields for pushed in arrived if pushed.whole))
    parts = {place: _part(field) for place, field in zip(places(preview.fields), preview.fields, strict=True)}
    unknown = now.keys() - expected.keys()
    new = {
        place
        for place in unknown
        if (whole and place not in unwritten)
        or (place not in not_sent and any(sent.startswith(parts[place]) for sent in expected))
    }
    last = arrived[-1]
    sent_at = {place: pushed.at for pushed in arrived for place in pushed.fields}
    put_back = frozenset(place for place in expected if undone.get(place, 0.0) > sent_at[place])
    changed = frozenset(
        place for place, hashes in expected.items() if now.get(place, {""}).isdisjoint(hashes)
    )
    return ChangedSincePush(
        last.push_id,
        last.at,
        changed=changed | put_back,
        new=frozenset(new),
        not_sent=frozenset(unknown - new),
        put_back=put_back,
    )


def _expected(arrived: Iterable[PushedFields], seal: Seal, *, of_card: bool) -> dict[str, tuple[str, ...]]:
    """Return by place the hashes of the values that are no change: the one sent last, and the card's own then.

    Earlier versions also kept the hash of "" for a field that went as the map's default.
    """
    expected: dict[str, tuple[str, ...]] = {}
    for pushed in arrived:
        for place, hashed in pushed.fields.items():
            if hashed == seal(place, ""):
                continue
            own = pushed.card_fields.get(place) if of_card else None
            expected[place] = (hashed,) if own is None else (hashed, own)
    return expected


async def changed_since_push(book: Book, preview: Preview) -> ChangedSincePush | None:
    """Compare a card, or a Fact Find, with what was pushed of it, or entered by hand, each field as it was last sent.

    A value that a person ticked as entered by hand is in FLEX as it is now. Returns None if no push from here arrived
    and nobody entered the card by hand. Raises `BookClosed`.
    """
    arrived, undone = await _arrived(book, preview)
    if not arrived:
        return None
    since = compare(preview, arrived, book.keyed_hash, undone)
    entered = await _entered(book, preview)
    return msgspec.structs.replace(
        since,
        changed=since.changed - entered,
        new=since.new - entered,
        not_sent=since.not_sent - entered,
    )


async def sent_by_pushes(book: Book, preview: Preview) -> frozenset[str]:
    """Return the places of the fields of a card that a push sent as they are now. What was entered by hand is left out.

    Raises `BookClosed`.
    """
    by_hand = {
        push.push_id for push in await book.where(Push, about=preview.plan.about) if push.asset is Asset.PASTE
    }
    pushes, undone = await _arrived(book, preview)
    arrived = [pushed for pushed in pushes if pushed.push_id not in by_hand]
    if not arrived:
        return frozenset()
    since = compare(preview, arrived, book.keyed_hash, undone)
    return frozenset(places(preview.fields)) - since.changed - since.new - since.not_sent


async def _entered(book: Book, preview: Preview) -> frozenset[str]:
    """Return the places of the values that a person ticked as they are now."""
    ticks = await ticks_of(book, preview.plan.about)
    named = zip(places(preview.fields), preview.fields, strict=True)
    return frozenset(
        place
        for place, field in named
        if place in ticks and ticks[place].value == book.keyed_hash(place, field.source_value)
    )


async def ticks_of(book: Book, card_id: str) -> dict[str, Tick]:
    """Return the ticks of a card that count, by the place of the field. Raises `BookClosed`.

    A tick says that a FLEX record has a value. After the card was unlinked, another record may take its place, so the
    ticks from before do not count. They count again if the same record is linked again.
    """
    ticks = await book.where(Tick, card=card_id)
    stale = {tick.key for tick in await stale_ticks(book, card_id)}
    return {tick.place: tick for tick in ticks if tick.key not in stale}


async def stale_ticks(book: Book, card_id: str) -> list[Tick]:
    """Return the ticks of a card that were set before its link was taken back. Raises `BookClosed`."""
    unlinked = await book.get(Unlinked, link_key(System.FLEX, Entity.OPPORTUNITY, card_id))
    if unlinked is None:
        return []
    return [tick for tick in await book.where(Tick, card=card_id) if tick.at <= unlinked.at]


async def was_pushed(book: Book, card_id: str) -> bool:
    """Return True if the card or its Fact Find was pushed, at least in part, or entered by hand. `BookClosed`."""
    return any(_has_arrived(push) for push in await book.where(Push, about=card_id))


def _has_arrived(push: Push) -> bool:
    """Return True for a push that sent a part of a card at least, and for a card that was entered by hand."""
    if push.asset is Asset.PASTE:
        return push.subject == push.about
    return push.asset in (Asset.CARD, Asset.FACT_FIND) and push.state in (PushState.DONE, PushState.PARTIAL)


async def _arrived(book: Book, preview: Preview) -> tuple[list[PushedFields], dict[str, float]]:
    """Return what `_pushed_and_undone` does. A Fact Find is compared with its own pushes only."""
    only = preview.subject if preview.asset is Asset.FACT_FIND else ""
    return await _pushed_and_undone(book, preview.plan.about, only)


async def arrived_fields(book: Book, card_id: str) -> list[PushedFields]:
    """Return what the arrived pushes of a card and of its Fact Finds sent, the oldest first. Raises `BookClosed`."""
    return (await _pushed_and_undone(book, card_id))[0]


async def _pushed_and_undone(
    book: Book, card_id: str, only: str = ""
) -> tuple[list[PushedFields], dict[str, float]]:
    """Return what the arrived pushes of a card sent, the oldest first, and when an undo put values back, by place.

    `only` is the subject whose pushes count; "" means every subject. Raises `BookClosed`.
    """
    undone: dict[str, float] = {}
    live = {pushed.push_id: pushed for pushed in await book.where(PushedFields, card=card_id)}
    arrived: list[PushedFields] = []
    for push in await book.where(Push, about=card_id):
        if not _has_arrived(push) or (only and push.subject != only):
            continue
        pushed, steps = await _fields_and_steps(book, push, live.get(push.push_id))
        if pushed is not None:
            arrived.append(_as_far_as_written(_with_its_extent(push, pushed), steps))
            for place, at in (await _put_back(book, push, pushed, steps)).items():
                undone[place] = max(at, undone.get(place, at))
    return sorted(arrived, key=lambda pushed: pushed.at), undone


async def _put_back(
    book: Book, push: Push, pushed: PushedFields, steps: Iterable[StepRecord]
) -> dict[str, float]:
    """Return when undos put back what a push had replaced, by the place of the field."""
    contacts = {step.n: step.remote_id for step in steps if step.state is StepState.DONE}
    found: dict[str, float] = {}
    for undo in await book.where(Push, about=push.push_id):
        back: list[StepRecord] = []
        if undo.asset is Asset.UNDO:
            with suppress(ArchiveDamaged):
                back = await steps_of(book, undo)
        names = {
            (step.remote_id, name) for step in back if step.state is StepState.DONE for name in step.sent
        }
        for place, (n, name) in pushed.carriers.items() if names else ():
            if (contacts.get(n), name) in names:
                found[place] = max(undo.created_at, found.get(place, 0.0))
    return found


def _with_its_extent(push: Push, pushed: PushedFields) -> PushedFields:
    """Return the fields of a push. A record of an earlier version does not say that a Fact Find is a part of a card."""
    if push.asset is not Asset.FACT_FIND or not pushed.whole:
        return pushed
    return PushedFields(
        pushed.push_id, pushed.card, pushed.at, pushed.fields, whole=False, card_fields=pushed.card_fields
    )


def _as_far_as_written(pushed: PushedFields, steps: Iterable[StepRecord]) -> PushedFields:
    """Return the fields of a push without those that FLEX did not get: they move to `card_fields`, as not sent.

    A step that did not arrive wrote nothing. Neither did a step for which a person chose a record that was there.
    """
    by_place = {step.n: step for step in steps}
    lost = {
        place: pushed.fields[place]
        for place, (n, name) in pushed.carriers.items()
        if place in pushed.fields
        and (step := by_place.get(n)) is not None
        and (step.state is not StepState.DONE or is_left_as_it_was(step, name))
    }
    if not lost:
        return pushed
    return msgspec.structs.replace(
        pushed,
        fields={place: hashed for place, hashed in pushed.fields.items() if place not in lost},
        card_fields=pushed.card_fields | lost,
    )


async def _fields_and_steps(
    book: Book, push: Push, live: PushedFields | None
) -> tuple[PushedFields | None, list[StepRecord]]:
    """Return what a push was to send, and its steps. `live` is what the live log holds.

    The rest is read from the archive. Of an archive that can't be read nothing is returned.
    """
    with suppress(ArchiveDamaged):
        if live is not None:
            return live, await steps_of(book, push)
        records = await book.archived(push.push_id)
        pushed = next((record for record in records if isinstance(record, PushedFields)), None)
        return pushed, [record for record in records if isinstance(record, StepRecord)]
    return live, []
