"""Forgetting a card or a contact on our side, and how long private files are kept. Nothing at a remote is touched.

What keeps a second record from being made stays: ids, references and states, which are no client's data. What goes is
what was derived from a person's fields (keyed hashes), what was decided about them, and every private file's part.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Final

import msgspec
from msgspec import Struct

from core.contacts.decisions import Judged
from core.contacts.synced import Synced
from core.contacts.undo_plan import OldValues
from core.errors import DeskError
from core.flex.checklist import Tick
from core.flex.note_plan import NoteSent
from core.flex.notes import draft_file
from core.flex.since import Copied
from core.push.journal import Link, Push, Record, StepRecord, plan_file, undo_file
from core.push.plan import Asset
from core.push.ports import Book
from core.push.states import PushState, StepState

PLAN_DAYS: Final = 30
"""Days for which the plan of a push that was refused, in whole or in part, is kept for another try (ours)."""
_DAY: Final = 86_400.0
_OF_A_CARD: Final = frozenset({Asset.CARD, Asset.FACT_FIND, Asset.NOTE, Asset.LINK, Asset.UNLINK})
_OVER: Final = frozenset({PushState.DONE, PushState.PARTIAL, PushState.REFUSED})
_AT_REST: Final = frozenset({StepState.DONE, StepState.SKIPPED, StepState.REFUSED, StepState.BLOCKED})


class Forgetting(Struct, frozen=True):
    """What forgetting does: to which ids, which records change or go, which private files; and what stays where.

    `old_values` are the files of old values that are written anew, None where nothing is left of one.
    """

    ids: tuple[str, ...]
    changed: tuple[StepRecord, ...]
    dropped: tuple[tuple[type[Record], str], ...]
    files: tuple[str, ...]
    old_values: tuple[tuple[Synced, OldValues | None], ...]
    links: tuple[Link, ...]

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
        return {name: count for name, count in told.items() if count}


async def plan_forgetting(book: Book, given: str) -> Forgetting:
    """Plan to forget a card or a contact, by its id in either system. Raises `DeskError` while a push of it is open.

    An id that the book does not know has nothing to go, and may still be in imported cards.
    """
    pushes = {push.push_id: push for push in await book.all(Push)}
    steps = await book.all(StepRecord)
    links = await book.all(Link)
    ids = _ids(given, pushes, steps, links)
    of_it = [step for step in steps if step.local_id in ids]
    concerned = {step.push_id for step in of_it} | {
        one.push_id for one in pushes.values() if {one.subject, one.about} & ids
    }
    _check_over(given, [pushes[one] for one in concerned if one in pushes], of_it)
    changed = tuple(
        msgspec.structs.replace(step, before={}, sent={}, detail="")
        for step in of_it
        if step.before or step.sent or step.detail
    )
    dropped: list[tuple[type[Record], str]] = [
        (Tick, one.key) for one in await book.all(Tick) if one.card in ids
    ]
    dropped += [(Copied, one.key) for one in await book.all(Copied) if one.card in ids]
    dropped += [(NoteSent, one.key) for one in await book.all(NoteSent) if one.card in ids]
    dropped += [
        (Judged, one.key) for one in await book.all(Judged) if {one.simplenexus_id, one.total_expert_id} & ids
    ]
    names = [draft_file(one) for one in sorted(ids)] + [plan_file(one) for one in sorted(concerned)]
    return Forgetting(
        tuple(sorted(ids)),
        changed,
        tuple(dropped),
        tuple([name for name in names if await book.kept(name) is not None]),
        tuple([one async for one in _old_values(book, ids, {step.ref for step in of_it})]),
        tuple(link for link in links if link.local_id in ids),
    )


async def forget(book: Book, forgetting: Forgetting) -> None:
    """Do it, the private files first; done again after a crash it does the rest. Raises `BookClosed`."""
    for name in forgetting.files:
        await book.discard(name)
    synced: list[Synced] = []
    for one, left in forgetting.old_values:
        if left is None:
            await book.discard(undo_file(one.push_id))
            synced.append(msgspec.structs.replace(one, kept=False))
        else:
            await book.keep(undo_file(one.push_id), msgspec.json.encode(left))
    await book.commit(*forgetting.changed, *synced, drop=forgetting.dropped)


async def let_go_of_plans(book: Book, now: float, days: int = PLAN_DAYS) -> int:
    """Remove the plans of pushes that were refused, in whole or in part, so long ago; gives how many.

    One of which anything is still open is never removed. Raises `BookClosed`.
    """
    old = [
        push
        for push in await book.all(Push)
        if push.state in (PushState.PARTIAL, PushState.REFUSED) and push.updated_at < now - days * _DAY
    ]
    gone = 0
    for push in old:
        states = {
            record.state
            for n in range(push.size)
            if (record := await book.get(StepRecord, f"{push.push_id}:{n}")) is not None
        }
        if states <= _AT_REST and await book.kept(plan_file(push.push_id)) is not None:
            await book.discard(plan_file(push.push_id))
            gone += 1
    return gone


def _ids(given: str, pushes: dict[str, Push], steps: Iterable[StepRecord], links: Iterable[Link]) -> set[str]:
    """Give every id under which our side knows it: a card's people and notes too, and a contact in either system."""
    ids = {given}
    for step in steps:
        push = pushes.get(step.push_id)
        if push is not None and push.asset in _OF_A_CARD and given in (push.subject, push.about):
            ids.add(step.local_id)
    for link in links:
        if given in (link.local_id, link.remote_id):
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
        content = await book.kept(undo_file(one.push_id)) if one.kept else None
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
