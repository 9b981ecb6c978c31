"""Erases what the desk stores about a card or a contact, and old plans. Changes nothing in any system.

Ids, references and states stay: they hold no client's data, and they keep the desk from creating a record twice. The
keyed hashes of a person's fields, the decisions about a person, and the person's part of every private file go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Final

import msgspec
from msgspec import Struct

from core.contacts.records import QUESTIONS_FILE, AppShared, Judged, Synced
from core.contacts.sync.undo_plan import OldValues
from core.decoding.typed_json import decode_json
from core.errors import DeskError
from core.flex.records import NoteSent, PushedFields, SamePerson, Tick
from core.flex.use_cases.drafts import draft_files
from core.flex.use_cases.undo import UNDOABLE
from core.push.live_push import steps_of
from core.push.plan import Asset
from core.push.ports import Book, Filed
from core.push.records import (
    PLAN,
    Declined,
    Link,
    Push,
    Record,
    StepRecord,
    plan_file,
    seen_file,
    undo_file,
)
from core.push.states import PushState, StepState

PLAN_DAYS: Final = 30
"""Days for which the desk keeps the plan of a push that was refused or partly refused, for another try. Our rule."""
_DAY: Final = 86_400.0
_OF_A_CARD: Final = frozenset(
    {Asset.CARD, Asset.FACT_FIND, Asset.NOTE, Asset.LINK, Asset.UNLINK, Asset.PASTE}
)
_OVER: Final = frozenset({PushState.DONE, PushState.PARTIAL, PushState.REFUSED})
_AT_REST: Final = frozenset({StepState.DONE, StepState.SKIPPED, StepState.REFUSED, StepState.BLOCKED})


class ErasurePlan(Struct, frozen=True):
    """What an erasure does.

    `ids` are all ids of the card or contact. `changed` are steps without their hashes, `dropped` the records to
    remove (kind and key), `files` the private files to remove. `old_values` are the syncs with what is left of their
    files of old values, None where nothing is left. `links` are the links that stay. `archived` are the archived
    pushes with what is left of each.
    """

    ids: tuple[str, ...]
    changed: tuple[StepRecord, ...]
    dropped: tuple[tuple[type[Record], str], ...]
    files: tuple[str, ...]
    old_values: tuple[tuple[Synced, OldValues | None], ...]
    links: tuple[Link, ...]
    archived: tuple[Filed, ...] = ()
    archived_counts: tuple[tuple[str, int], ...] = ()
    """How many records of each kind go from the archives: pairs of the kind's name and the number."""

    @property
    def counts(self) -> dict[str, int]:
        """How many records and files of each kind go. A kind of which nothing goes is left out."""
        counts = {
            "fingerprints": len(self.changed),
            "files": len(self.files),
            "old-values": len(self.old_values),
        }
        for kind, _ in self.dropped:
            counts[kind.table] = counts.get(kind.table, 0) + 1
        for name, count in self.archived_counts:
            counts[name] = counts.get(name, 0) + count
        return {name: count for name, count in counts.items() if count}


async def plan_erasure(book: Book, given: str) -> ErasurePlan:
    """Return what erasing a card or a contact would do. `given` is its id in any system.

    The plan of an id that the book does not know is empty; imported cards may still have it. Raises `DeskError`
    (still-open) while a push of the card or contact is not finished.
    """
    links = await _links(book, given)
    ids = await _ids(book, given, links)
    steps = [step for id_ in sorted(ids) for step in await book.where(StepRecord, local_id=id_)]
    archives = await _archives(book, ids)
    pushes = {push.push_id: push for id_ in sorted(ids) for push in await _pushes(book, id_)}
    others = {step.push_id for step in steps} - pushes.keys()
    pushes |= {push.push_id: push for push in await book.get_many(Push, sorted(others))}
    concerned = {step.push_id for step in steps} | pushes.keys()
    _check_over(given, pushes.values(), steps)
    changed = tuple(_without_hashes(step) for step in steps if step != _without_hashes(step))
    dropped: list[tuple[type[Record], str]] = []
    for id_ in sorted(ids):
        for kind in (Tick, PushedFields, NoteSent):
            dropped += [(kind, record.key) for record in await book.where(kind, card=id_)]
        dropped += [(Declined, record.key) for record in await book.where(Declined, local_id=id_)]
        dropped += [(SamePerson, record.key) for record in await book.where(SamePerson, person=id_)]
        judged = await book.where(Judged, simplenexus_id=id_) + await book.where(Judged, total_expert_id=id_)
        dropped += [(Judged, key) for key in dict.fromkeys(record.key for record in judged)]
    written = [name for id_ in sorted(ids) for name in await draft_files(book, id_)]
    names = written + [
        name for push_id in sorted(concerned) for name in (plan_file(push_id), seen_file(push_id))
    ]
    touched = concerned | {filed.push_id for filed in archives.filed}
    names += [
        undo_file(push.push_id)
        for push in await book.get_many(Push, sorted(touched))
        if push.asset in UNDOABLE  # the old values of a sync are removed record by record
    ]
    questions = await book.get_file(QUESTIONS_FILE) or b""
    if any(msgspec.json.encode(id_) in questions for id_ in ids):
        names.append(QUESTIONS_FILE)  # as a whole: the next match keeps it again
    return ErasurePlan(
        tuple(sorted(ids)),
        changed,
        tuple(dropped),
        tuple([name for name in names if await book.get_file(name) is not None]),
        tuple([pair async for pair in _old_values(book, ids, {step.ref for step in steps} | archives.refs)]),
        tuple([link for id_ in sorted(ids) for link in await book.where(Link, local_id=id_)]),
        tuple(archives.filed),
        tuple(archives.counts.items()),
    )


async def forget(book: Book, forgetting: ErasurePlan) -> None:
    """Carry out an erasure, private files first. After a crash, a second call does the rest. Raises `BookClosed`."""
    for name in forgetting.files:
        await book.delete_file(name)
    synced: list[Synced] = []
    for sync, left in forgetting.old_values:
        if left is None:
            await book.delete_file(undo_file(sync.push_id))
            synced.append(msgspec.structs.replace(sync, kept=False))
        else:
            await book.put_file(undo_file(sync.push_id), msgspec.json.encode(left))
    await book.commit(*forgetting.changed, *synced, drop=forgetting.dropped)
    if forgetting.archived:
        await book.archive(*forgetting.archived)
    await book.tidy()  # removes the replaced entries from the archives' files


async def remove_old_plans(book: Book, now: float, days: int = PLAN_DAYS) -> int:
    """Remove old plans of pushes that were refused or partly refused; return how many were removed.

    A plan is old when its push changed last more than `days` days before `now` (seconds since 1970). The plan of a
    push with an open step stays. Raises `BookClosed`.
    """
    gone = 0
    plans = [name.removesuffix(f".{PLAN}") for name in await book.list_files() if name.endswith(f".{PLAN}")]
    for push in await book.get_many(Push, plans):
        ended_badly = push.state in (PushState.PARTIAL, PushState.REFUSED)
        if ended_badly and push.updated_at < now - days * _DAY:
            steps = await steps_of(book, push)
            if {step.state for step in steps} <= _AT_REST:
                await book.delete_file(plan_file(push.push_id))
                await book.delete_file(seen_file(push.push_id))
                gone += 1
    return gone


class _Archives:
    """What the archives hold about some ids.

    `filed` are the pushes with what is left of each, `counts` how many records of each kind go, `refs` the references
    of the steps.
    """

    def __init__(self) -> None:
        self.filed: list[Filed] = []
        self.counts: Counter[str] = Counter()
        self.refs: set[str] = set()


async def _archives(book: Book, ids: set[str]) -> _Archives:
    """Return what every archived push holds about these ids. Raises `ArchiveDamaged`."""
    archives = _Archives()
    for push in await book.all(Push):
        records = await book.archived(push.push_id)
        left: list[Record] = []
        for record in records:
            if isinstance(record, StepRecord) and record.local_id in ids:
                archives.refs.add(record.ref)
                archives.counts["fingerprints"] += record != _without_hashes(record)
                left.append(_without_hashes(record))
            elif isinstance(record, PushedFields) and record.card in ids:
                archives.counts[PushedFields.table] += 1
            else:
                left.append(record)
        if left != records:
            archives.filed.append(Filed(push.push_id, push.updated_at, tuple(left)))
    return archives


def _without_hashes(step: StepRecord) -> StepRecord:
    return msgspec.structs.replace(step, before={}, sent={}, detail="")


async def _links(book: Book, id_: str) -> list[Link]:
    """Return the links of an id, as the local or the remote id."""
    return await book.where(Link, local_id=id_) + await book.where(Link, remote_id=id_)


async def _pushes(book: Book, id_: str) -> list[Push]:
    """Return the pushes with this id as their subject, or about the card of this id."""
    return await book.where(Push, subject=id_) + await book.where(Push, about=id_)


async def _ids(book: Book, given: str, links: Iterable[Link]) -> set[str]:
    """Return every id that belongs to the given one: a card's people and notes, a contact's id in the other system."""
    ids = {given}
    for push in await _pushes(book, given):
        if push.asset in _OF_A_CARD:
            ids |= {step.local_id for step in await steps_of(book, push)}
    for link in links:
        ids |= {link.local_id, link.remote_id}
    for id_ in sorted(ids):  # a further link to the app has a local id of its own
        ids |= {share.local_id for share in await book.where(AppShared, total_expert_id=id_)}
    return ids


def _check_over(given: str, pushes: Iterable[Push], steps: Iterable[StepRecord]) -> None:
    """Raise `DeskError` if a push or a step is not finished."""
    still = [push.push_id for push in pushes if push.state not in _OVER]
    still += [step.push_id for step in steps if step.state not in _AT_REST]
    if still:
        raise DeskError("still-open", f"A push of {given} is not finished: {min(still)}.")


async def _old_values(
    book: Book, ids: set[str], refs: set[str]
) -> AsyncIterator[tuple[Synced, OldValues | None]]:
    """Yield each sync with a file of old values that holds something about the ids, and the file without that part.

    None instead of a file means that nothing else is in the file.
    """
    for sync in await book.all(Synced):
        content = await book.get_file(undo_file(sync.push_id)) if sync.kept else None
        if content is None:
            continue
        old_values = decode_json(content, OldValues)
        left = {
            ref: msgspec.structs.replace(before, old=old)
            for ref, before in old_values.pushes.items()
            if ref not in refs and (old := {key: was for key, was in before.old.items() if key not in ids})
        }
        if left != old_values.pushes:
            yield sync, OldValues(left) if left else None
