"""Forgetting a card or a contact on our side, and how long private files are kept. Nothing at a remote is touched.

What keeps a second record from being made stays: ids, references and states, which are no client's data. What goes is
what was derived from a person's fields (keyed hashes), what was decided about them, and every private file's part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Final

import msgspec
from msgspec import Struct

from core.contacts.records import Judged, Synced
from core.contacts.sync.undo_plan import OldValues
from core.errors import DeskError
from core.flex.records import NoteSent, PushedFields, Tick
from core.flex.use_cases.notes import draft_file
from core.push.live_push import steps_of
from core.push.plan import Asset
from core.push.ports import Book, Filed
from core.push.records import PLAN, Declined, Link, Push, Record, StepRecord, plan_file, undo_file
from core.push.states import PushState, StepState

PLAN_DAYS: Final = 30
"""Days for which the plan of a push that was refused, in whole or in part, is kept for another try (ours)."""
_DAY: Final = 86_400.0
_OF_A_CARD: Final = frozenset({Asset.CARD, Asset.FACT_FIND, Asset.NOTE, Asset.LINK, Asset.UNLINK})
_OVER: Final = frozenset({PushState.DONE, PushState.PARTIAL, PushState.REFUSED})
_AT_REST: Final = frozenset({StepState.DONE, StepState.SKIPPED, StepState.REFUSED, StepState.BLOCKED})


class ErasurePlan(Struct, frozen=True):
    """What forgetting does: to which ids, which records change or go, which private files; and what stays where.

    `old_values` are the files of old values that are written anew, None where nothing is left of one.
    `archived` are the archived pushes with what is left of each.
    """

    ids: tuple[str, ...]
    changed: tuple[StepRecord, ...]
    dropped: tuple[tuple[type[Record], str], ...]
    files: tuple[str, ...]
    old_values: tuple[tuple[Synced, OldValues | None], ...]
    links: tuple[Link, ...]
    archived: tuple[Filed, ...] = ()
    archived_counts: tuple[tuple[str, int], ...] = ()
    """How much of each kind goes from archives, by name."""

    @property
    def counts(self) -> dict[str, int]:
        """How much of each kind goes."""
        told = {
            "fingerprints": len(self.changed),
            "files": len(self.files),
            "old-values": len(self.old_values),
        }
        for kind, _ in self.dropped:
            told[kind.table] = told.get(kind.table, 0) + 1
        for name, count in self.archived_counts:
            told[name] = told.get(name, 0) + count
        return {name: count for name, count in told.items() if count}


async def plan_erasure(book: Book, given: str) -> ErasurePlan:
    """Plan to forget a card or a contact, by its id in either system. Raises `DeskError` while a push of it is open.

    An id that the book does not know has nothing to go, and may still be in imported cards.
    """
    links = await _links(book, given)
    ids = await _ids(book, given, links)
    of_it = [step for id_ in sorted(ids) for step in await book.where(StepRecord, local_id=id_)]
    archives = await _archives(book, ids)
    pushes = {push.push_id: push for id_ in sorted(ids) for push in await _pushes(book, id_)}
    others = {step.push_id for step in of_it} - pushes.keys()
    pushes |= {push.push_id: push for push in await book.get_many(Push, sorted(others))}
    concerned = {step.push_id for step in of_it} | pushes.keys()
    _check_over(given, pushes.values(), of_it)
    changed = tuple(_without_hashes(step) for step in of_it if step != _without_hashes(step))
    dropped: list[tuple[type[Record], str]] = []
    for id_ in sorted(ids):
        for kind in (Tick, PushedFields, NoteSent):
            dropped += [(kind, one.key) for one in await book.where(kind, card=id_)]
        dropped += [(Declined, one.key) for one in await book.where(Declined, local_id=id_)]
        judged = await book.where(Judged, simplenexus_id=id_) + await book.where(Judged, total_expert_id=id_)
        dropped += [(Judged, key) for key in dict.fromkeys(one.key for one in judged)]
    names = [draft_file(one) for one in sorted(ids)] + [plan_file(one) for one in sorted(concerned)]
    return ErasurePlan(
        tuple(sorted(ids)),
        changed,
        tuple(dropped),
        tuple([name for name in names if await book.get_file(name) is not None]),
        tuple([one async for one in _old_values(book, ids, {step.ref for step in of_it} | archives.refs)]),
        tuple([link for id_ in sorted(ids) for link in await book.where(Link, local_id=id_)]),
        tuple(archives.filed),
        tuple(archives.counts.items()),
    )


async def forget(book: Book, forgetting: ErasurePlan) -> None:
    """Do it, the private files first; done again after a crash it does the rest. Raises `BookClosed`."""
    for name in forgetting.files:
        await book.delete_file(name)
    synced: list[Synced] = []
    for one, left in forgetting.old_values:
        if left is None:
            await book.delete_file(undo_file(one.push_id))
            synced.append(msgspec.structs.replace(one, kept=False))
        else:
            await book.put_file(undo_file(one.push_id), msgspec.json.encode(left))
    await book.commit(*forgetting.changed, *synced, drop=forgetting.dropped)
    if forgetting.archived:
        await book.archive(*forgetting.archived)
    await book.tidy()  # what was replaced leaves the archives with that


async def remove_old_plans(book: Book, now: float, days: int = PLAN_DAYS) -> int:
    """Remove the plans of pushes that were refused, in whole or in part, so long ago; gives how many.

    One of which anything is still open is never removed. Raises `BookClosed`.
    """
    gone = 0
    plans = [name.removesuffix(f".{PLAN}") for name in await book.list_files() if name.endswith(f".{PLAN}")]
    for push in await book.get_many(Push, plans):
        ended_badly = push.state in (PushState.PARTIAL, PushState.REFUSED)
        if ended_badly and push.updated_at < now - days * _DAY:
            steps = await steps_of(book, push)
            if {step.state for step in steps} <= _AT_REST:
                await book.delete_file(plan_file(push.push_id))
                gone += 1
    return gone


class _Archives:
    """What archives hold of some ids: the pushes with what is left of each, how much goes, the steps' references."""

    def __init__(self) -> None:
        self.filed: list[Filed] = []
        self.counts: Counter[str] = Counter()
        self.refs: set[str] = set()


async def _archives(book: Book, ids: set[str]) -> _Archives:
    """Look through every archived push for what was derived from somebody's fields. Raises `ArchiveDamaged`."""
    found = _Archives()
    for push in await book.all(Push):
        records = await book.archived(push.push_id)
        left: list[Record] = []
        for record in records:
            if isinstance(record, StepRecord) and record.local_id in ids:
                found.refs.add(record.ref)
                found.counts["fingerprints"] += record != _without_hashes(record)
                left.append(_without_hashes(record))
            elif isinstance(record, PushedFields) and record.card in ids:
                found.counts[PushedFields.table] += 1
            else:
                left.append(record)
        if left != records:
            found.filed.append(Filed(push.push_id, push.updated_at, tuple(left)))
    return found


def _without_hashes(step: StepRecord) -> StepRecord:
    return msgspec.structs.replace(step, before={}, sent={}, detail="")


async def _links(book: Book, id_: str) -> list[Link]:
    """Give the links that tie an id, on either side."""
    return await book.where(Link, local_id=id_) + await book.where(Link, remote_id=id_)


async def _pushes(book: Book, id_: str) -> list[Push]:
    """Give the pushes of a subject, or that concern a card."""
    return await book.where(Push, subject=id_) + await book.where(Push, about=id_)


async def _ids(book: Book, given: str, links: Iterable[Link]) -> set[str]:
    """Give every id under which our side knows it: a card's people and notes too, and a contact in either system."""
    ids = {given}
    for push in await _pushes(book, given):
        if push.asset in _OF_A_CARD:
            ids |= {step.local_id for step in await steps_of(book, push)}
    for link in links:
        ids |= {link.local_id, link.remote_id}
    return ids


def _check_over(given: str, pushes: Iterable[Push], steps: Iterable[StepRecord]) -> None:
    still = [push.push_id for push in pushes if push.state not in _OVER]
    still += [step.push_id for step in steps if step.state not in _AT_REST]
    if still:
        raise DeskError("still-open", f"A push of {given} is not over: {min(still)}.")


async def _old_values(
    book: Book, ids: set[str], refs: set[str]
) -> AsyncIterator[tuple[Synced, OldValues | None]]:
    """Give the files of old values in which something of it is, without that."""
    for one in await book.all(Synced):
        content = await book.get_file(undo_file(one.push_id)) if one.kept else None
        if content is None:
            continue
        held = msgspec.json.decode(content, type=OldValues)
        left = {
            ref: msgspec.structs.replace(before, old=old)
            for ref, before in held.pushes.items()
            if ref not in refs and (old := {key: was for key, was in before.old.items() if key not in ids})
        }
        if left != held.pushes:
            yield one, OldValues(left) if left else None
