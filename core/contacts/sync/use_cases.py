"""The sync's use cases: preview and confirm a sync, share the app, and undo a sync as far as possible."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from core.contacts.match.existing_links import pair_of
from core.contacts.match.snapshot import MatchSnapshot, ids_read
from core.contacts.model import Verdict
from core.contacts.records import Judged, Synced
from core.contacts.review.reviewed import Reviewed, review
from core.contacts.sync.plan import (
    CREATED,
    NO_LIMITS,
    SUBJECT,
    PastPushes,
    SyncLimits,
    SyncOptions,
    SyncPreview,
    ended_steps,
    plan_sync,
)
from core.contacts.sync.share_plan import SharePreview, plan_share
from core.contacts.sync.undo_plan import OldValues, UndoInputs, UndoPreview, made_links, old_values, plan_undo
from core.contacts.use_cases import ContactUseCases
from core.errors import DeskError
from core.push.engine import Engine
from core.push.live_push import steps_of
from core.push.plan import Asset, Entity, Plan, System, make_ref
from core.push.records import Declined, Generation, Link, Push, Record, StepRecord, Unlinked, undo_file
from core.push.states import ACTIVE
from core.receipts.careful_start import SYNCED, CarefulKind, CarefulStart, limit_in_words
from core.receipts.shown import shown_by_rule

FRESH_FOR: Final = 120.0
"""Seconds for which a snapshot counts as fresh. A confirmation after that reads both systems again."""
AUTO_PUSH: Final = "the profile's setting auto_push = true; nobody was asked about this push"
DAY: Final = 86_400.0
NAMED: Final = 5
"""The most records that a message names."""
Everything = (Verdict.LINK, Verdict.IMPORT, Verdict.PUSH)


class NewUsers(Struct, frozen=True):
    """The new users that need no person's answer: the sync that pushes them, and the snapshot that it was made of."""

    preview: SyncPreview
    gathered: MatchSnapshot

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the users in SimpleNexus."""
        return tuple(step.local_id for step in self.preview.plan.steps)


class SyncUseCases:
    """Plans and confirms what is written to the two systems. Only the engine sends."""

    def __init__(
        self,
        contacts: ContactUseCases,
        source: str,
        careful: CarefulStart | None = None,
        *,
        groups: tuple[str, ...] = (),
        defaults: Mapping[str, str] | None = None,
    ) -> None:
        """`source` is the name under which Total Expert knows the desk. `careful` says how many may be sent at once.

        `groups` and `defaults` are those of `NewContactOptions`.
        """
        self.careful = careful
        self._contacts = contacts
        self._book = contacts.book
        self._clock = contacts.clock
        terms = contacts.terms
        self._terms = SyncOptions(terms.workspace, source, terms.writer, groups, defaults or {})
        self._proved: dict[str, float] = {}

    # -- the sync --------------------------------------------------------------------------------------

    async def preview(
        self,
        gathered: MatchSnapshot,
        reviewed: Reviewed,
        only: Collection[Verdict] = Everything,
        limits: SyncLimits = NO_LIMITS,
    ) -> SyncPreview:
        """Return what a sync would do with a snapshot and the answers of people. Raises `BookClosed`.

        `limits` has the most records that are sent, by system; links are not limited.
        """
        past = await self._past()
        seal = self._book.keyed_hash
        preview = await asyncio.to_thread(
            plan_sync, gathered, reviewed, past, self._terms, seal, only, limits
        )
        self._proved = {preview.plan.digest: gathered.at + gathered.took}
        return preview

    async def confirm(
        self, preview: SyncPreview, gathered: MatchSnapshot, engine: Engine, *, rule: str = ""
    ) -> Push:
        """Begin the sync that a person confirmed, or return the unfinished push of the same plan.

        `rule` is the setting that sends the sync if no person was asked; the receipt names it.

        Raises `DeskError` (`another-plan-waits`; `nothing-to-sync`; `plan-changed` if the contacts have changed),
        `Unreachable`, `BookClosed`.
        """
        plan = preview.plan
        if running := engine.unfinished_push_of(plan):
            return running
        if not preview.does_anything:
            raise DeskError("nothing-to-sync", "There is nothing to link or to send.")
        await self._check_careful(plan, rule)
        if not await self._is_fresh_sync(plan) or await self._is_there_unread(plan, gathered):
            raise _changed()
        push_id, now = self._contacts.new_id(), self._clock.now()
        kept = old_values(plan, gathered) if self._contacts.terms.undo_days else None
        if kept is not None:
            await self._book.put_file(undo_file(push_id), msgspec.json.encode(kept))
        links = [self._link(pair, now) for pair in plan.links]
        push = await engine.begin(
            plan,
            self._contacts.terms.operator,
            push_id,
            also=(*links, Synced(push_id, plan.links, now, kept is not None)),
            drop=[(Unlinked, link.key) for link in links],
            shown=shown_by_rule(plan, rule),
        )
        if push.push_id != push_id and kept is not None:
            await self._book.delete_file(undo_file(push_id))
        return push

    async def _check_careful(self, plan: Plan, rule: str) -> None:
        """Raise `DeskError` (careful-start) if the careful start of a live profile keeps the plan back.

        `rule` is the setting that sends the plan if no person was asked, else "".
        """
        if self.careful is None:
            return
        for system, kind in SYNCED.items():
            number = sum(step.system is system for step in plan.steps)
            if rule and number:
                await self.careful.check_unasked(kind)
            await self.careful.check(kind, number)

    async def check_size(self, preview: SyncPreview) -> None:
        """Raise `DeskError` (careful-start) if the sync is too large for a careful start. Raises `BookClosed`."""
        await self._check_careful(preview.plan, "")

    async def limits_of_now(self) -> SyncLimits:
        """Return how many records a sync may send now, by system; a system without a limit is left out.

        Each system is limited by what arrived in that system alone. Raises `BookClosed`.
        """
        if self.careful is None:
            return {}
        limits = {system: await self.careful.largest(kind) for system, kind in SYNCED.items()}
        return {system: limit for system, limit in limits.items() if limit is not None}

    async def why_limited(self, preview: SyncPreview) -> list[str]:
        """Return why a sync sends less than it could, in sentences: for each system that the careful start limits.

        Raises `BookClosed`.
        """
        if self.careful is None:
            return []
        return [
            limit_in_words(kind, await self.careful.arrived(kind))
            for system, kind in SYNCED.items()
            if system in preview.left_for_later and await self.careful.largest(kind) is not None
        ]

    async def look_for_new_users(self, left: Collection[str] = ()) -> NewUsers | None:
        """Read both systems, and return the contacts that `push_new_users` would push.

        `left` are the ids in SimpleNexus of users who are left to a person. Returns None if `auto_push` is off. Raises
        `DeskError` (careful-start), `Unreachable`, `BookClosed`.
        """
        if not self._contacts.terms.auto_push:
            return None
        if self.careful is not None:
            await self.careful.check_unasked(CarefulKind.CONTACTS)
        gathered, reviewed = await self._again()
        preview = await self.preview(gathered, reviewed, only=(Verdict.PUSH,))
        plan = preview.plan
        if left:
            steps = tuple(step for step in plan.steps if step.local_id not in set(left))
            plan = msgspec.structs.replace(plan, title=f"{len(steps)} pushed", steps=steps)
        return NewUsers(msgspec.structs.replace(preview, plan=plan), gathered)

    async def push_new_users(self, engine: Engine, found: NewUsers, rule: str = AUTO_PUSH) -> Push | None:
        """Begin to push the contacts that only SimpleNexus has and that need no person's answer.

        Returns None if there is nothing to push, or if a sync is under way. `rule` stands for the confirmation. Rows
        that a person has to see stay in the queue; links and imports wait for a sync. Raises like `confirm`.
        """
        if engine.active(SUBJECT) or not found.preview.does_anything:
            return None
        # Both systems were read for this plan alone, perhaps by a desk that could not write.
        self._proved = {found.preview.plan.digest: found.gathered.at + found.gathered.took}
        return await self.confirm(found.preview, found.gathered, engine, rule=rule)

    async def is_fresh(self, plan: Plan) -> bool:
        """Return True if the same sync, share or undo would be planned now. Raises `Unreachable`, `BookClosed`.

        Raises `ValueError` for the plan of another room.
        """
        match plan.asset:
            case Asset.SYNC:
                return await self._is_fresh_sync(plan)
            case Asset.SHARE:
                return await self._is_fresh_share(plan)
            case Asset.UNDO:
                return await self._is_fresh_undo(plan)
            case Asset.CARD | Asset.FACT_FIND | Asset.NOTE | Asset.LINK | Asset.UNLINK | Asset.MILESTONE:
                raise ValueError(f"a {plan.asset} is no plan of the contacts")

    async def _is_fresh_sync(self, plan: Plan) -> bool:
        """Return True if every step and link of a sync would be planned now.

        Reads both systems if the plan was last compared with them more than `FRESH_FOR` seconds ago.
        """
        at = self._proved.get(plan.digest)
        if at is not None and 0 <= self._clock.now() - at <= FRESH_FOR:
            return True
        gathered, reviewed = await self._again()
        now = (await self.preview(gathered, reviewed)).plan
        steps = {step.ref: step for step in now.steps}
        linked = {*now.links, *gathered.links}
        fresh = all(steps.get(step.ref) == step for step in plan.steps) and linked.issuperset(plan.links)
        if fresh:
            self._proved[plan.digest] = gathered.at + gathered.took
        return fresh

    async def _is_there_unread(self, plan: Plan, gathered: MatchSnapshot) -> bool:
        """Return True if a system holds a record that was not read, with the email of a record that would be created.

        A list that is read page by page while it changes loses a record at the edge of a page. Such a contact would be
        created a second time. Raises `Unreachable`.
        """
        read = ids_read(gathered) | ids_read(self._contacts.last or gathered)
        for system, entity in ((System.SIMPLENEXUS, Entity.PROSPECT), (System.TOTAL_EXPERT, Entity.CONTACT)):
            steps = [step for step in plan.steps if (step.system, step.entity) == (system, entity)]
            emails = {email for step in steps if (email := str(step.body.get("email", "")))}
            owners = {step.parent for step in steps if step.parent and step.body.get("email")}
            if emails and not read.issuperset(await self._contacts.ids_by_email(system, emails, owners)):
                return True
        return False

    # -- sharing the app -------------------------------------------------------------------------------

    def preview_share(self, gathered: MatchSnapshot, chosen: Sequence[str]) -> SharePreview:
        """Return what sharing the app would do. `chosen` are ids in Total Expert."""
        preview = plan_share(gathered, chosen, self._terms.workspace)
        self._proved[preview.plan.digest] = gathered.at + gathered.took
        return preview

    async def confirm_share(self, preview: SharePreview, engine: Engine) -> Push:
        """Begin to share the app as a person confirmed. Raises like `confirm`."""
        if running := engine.unfinished_push_of(preview.plan):
            return running
        if not preview.plan.steps:
            why = "; ".join(f"{person.total_expert_id} {person.why}" for person in preview.left_out[:NAMED])
            raise DeskError("nothing-to-share", f"The app can be shared with none of them: {why}.")
        return await engine.begin(preview.plan, self._contacts.terms.operator, self._contacts.new_id())

    async def _is_fresh_share(self, plan: Plan) -> bool:
        """Return True if the same accounts would be created now."""
        at = self._proved.get(plan.digest)
        if at is not None and 0 <= self._clock.now() - at <= FRESH_FOR:
            return True
        gathered = await self._contacts.gather()
        return (
            plan_share(gathered, [step.local_id for step in plan.steps], self._terms.workspace).plan == plan
        )

    # -- undo ------------------------------------------------------------------------------------------

    async def syncs(self) -> list[Synced]:
        """Return the syncs for which an undo can be previewed, the newest first. Raises `BookClosed`."""
        return sorted(await self._book.all(Synced), key=lambda synced: synced.at, reverse=True)

    async def preview_undo(self, push_id: str) -> UndoPreview:
        """Return what undoing a sync would do, and what can't be undone. Reads both systems.

        Raises `DeskError` (`unknown-sync`, `sync-under-way`), `Unreachable`, `BookClosed`.
        """
        synced = await self._book.get(Synced, push_id)
        push = await self._book.get(Push, push_id)
        if synced is None or push is None:
            raise DeskError("unknown-sync", f"There is no sync {push_id}.")
        if push.state in ACTIVE:
            raise DeskError("sync-under-way", f"The sync {push_id} is not over: {push.state}.")
        content = await self._book.get_file(undo_file(push_id))
        kept = msgspec.json.decode(content, type=OldValues) if content else None
        gathered = await self._contacts.gather()
        steps = await steps_of(self._book, push)
        keys = [*made_links(synced), *(step.link_key for step in steps)]
        links = {link.key: link for link in await self._book.get_many(Link, keys)}
        days = self._contacts.terms.undo_days
        over = self._clock.now() > synced.at + days * DAY
        return plan_undo(
            UndoInputs(synced, tuple(steps), links, None if over else kept, gathered), self._terms.workspace
        )

    async def confirm_undo(self, preview: UndoPreview, engine: Engine) -> Push:
        """Take the links back and begin to put old values back. Raises like `confirm`."""
        if running := engine.unfinished_push_of(preview.plan):
            return running
        now, terms = self._clock.now(), self._contacts.terms
        unlinked: list[Record] = [
            Unlinked(
                link.system,
                link.entity,
                link.local_id,
                link.remote_id,
                link.entity,
                link.ref,
                terms.operator,
                now,
            )
            for link in preview.unlinks
        ]
        if not unlinked and not preview.plan.steps:
            raise DeskError("nothing-to-undo", "Nothing of this sync can be undone.")
        return await engine.begin(
            preview.plan,
            terms.operator,
            self._contacts.new_id(),
            also=unlinked,
            drop=[(Link, link.key) for link in preview.unlinks],
        )

    async def _is_fresh_undo(self, plan: Plan) -> bool:
        """Return True if the same values would be put back now, so that nobody changed those contacts since."""
        again = (await self.preview_undo(plan.about)).plan
        steps = {step.ref: step for step in again.steps}
        return all(steps.get(step.ref) == step for step in plan.steps)

    async def forget_old_values(self) -> int:
        """Delete the old values of syncs that are older than `undo_days` days. Return the number of those syncs.

        Raises `BookClosed`.
        """
        until = self._clock.now() - self._contacts.terms.undo_days * DAY
        over = [synced for synced in await self._book.all(Synced) if synced.kept and synced.at < until]
        for synced in over:
            await self._book.delete_file(undo_file(synced.push_id))
            await self._book.commit(msgspec.structs.replace(synced, kept=False))
        return len(over)

    # -- small things ----------------------------------------------------------------------------------

    async def _again(self) -> tuple[MatchSnapshot, Reviewed]:
        gathered = await self._contacts.gather()
        matched = await self._contacts.match(gathered)
        judged = await self._book.all(Judged)
        return gathered, await asyncio.to_thread(review, matched, judged, self._book.keyed_hash)

    async def _past(self) -> PastPushes:
        unlinked = [pair_of(record) for record in await self._book.all(Unlinked)]
        steps = [step for entity in CREATED for step in await self._book.where(StepRecord, entity=entity)]
        declined = [
            record for entity in CREATED for record in await self._book.where(Declined, entity=entity)
        ]
        return PastPushes(
            {generation.link: generation.number for generation in await self._book.all(Generation)},
            ended_steps(steps, declined),
            frozenset(pair for pair in unlinked if pair is not None),
        )

    def _link(self, pair: tuple[str, str], at: float) -> Link:
        ours, theirs = pair
        ref = make_ref(self._terms.workspace, System.TOTAL_EXPERT, Entity.CONTACT, ours)
        return Link(System.TOTAL_EXPERT, Entity.CONTACT, ours, theirs, ref, at)


def _changed() -> DeskError:
    return DeskError(
        "plan-changed",
        "The contacts changed since they were read; nothing was sent.",
        when="the contacts changed",
    )
