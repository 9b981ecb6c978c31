"""The sync's use cases: preview and confirm a sync, share the app, and undo a sync as far as possible."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.automatic.quiet_start import QuietStart, quiet_start
from core.contacts.match.existing_links import taken_back
from core.contacts.match.snapshot import MatchSnapshot, ids_read
from core.contacts.model import Verdict
from core.contacts.reading.reader import ReadKind
from core.contacts.records import AppShared, Judged, JudgedOwners, Synced
from core.contacts.review.held_decisions import held_decisions
from core.contacts.review.reviewed import Reviewed, review
from core.contacts.sync.contacting_guard import ContactingGuard
from core.contacts.sync.invite_plan import InvitePreview, PastInvites, plan_invite
from core.contacts.sync.no_home import NoHomeField
from core.contacts.sync.plan import (
    CREATED,
    NO_LIMITS,
    SUBJECT,
    PastPushes,
    SyncLimits,
    SyncOptions,
    SyncPreview,
    SyncSelection,
    ended_steps,
    plan_sync,
    records_of,
)
from core.contacts.sync.scope import WHOLE, SyncScope
from core.contacts.sync.share_plan import (
    AS_USUAL,
    ShareChoices,
    SharePreview,
    channels_of,
    choices_of,
    person_of,
    plan_share,
)
from core.contacts.sync.shares import new_shares, others_than, settle_shares, shares_now
from core.contacts.sync.undo_plan import (
    OldValues,
    UndoInputs,
    UndoPreview,
    access_keys,
    made_links,
    old_values,
    plan_undo,
)
from core.contacts.use_cases import ContactUseCases
from core.decoding.typed_json import decode_json
from core.errors import DeskError
from core.push.engine import Engine
from core.push.live_push import steps_of
from core.push.plan import Asset, Entity, Plan, System, make_ref
from core.push.records import Declined, Generation, Link, Push, Record, StepRecord, Unlinked, undo_file
from core.push.states import ACTIVE
from core.receipts.careful_start import SYNCED, CarefulKind, CarefulStart, limit_in_words
from core.receipts.model import ShownField
from core.receipts.shown import shown_of_plan

FRESH_FOR: Final = 120.0
"""Seconds for which a snapshot counts as fresh. A confirmation after that reads both systems again."""
AUTO_PUSH: Final = "the profile's setting auto_push = true; nobody was asked about this push"
FEW: Final = 20
"""The most records that are asked for one by one before a sync. For more, both systems are read in full."""
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

    def only(self, ids: Collection[str]) -> NewUsers:
        """Return the sync of these users alone."""
        chosen, plan = set(ids), self.preview.plan
        if chosen.issuperset(self.ids):
            return self
        steps = tuple(step for step in plan.steps if step.local_id in chosen)
        plan = msgspec.structs.replace(plan, title=f"{len(steps)} pushed", steps=steps)
        return NewUsers(msgspec.structs.replace(self.preview, plan=plan), self.gathered)


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
        scope: SyncScope = WHOLE,
    ) -> None:
        """`source` is the name under which Total Expert knows the desk. `careful` says how many may be sent at once.

        `groups` and `defaults` are those of `NewContactOptions`. `scope` limits every sync of the profile.
        """
        self.scope = scope
        self._limited_to: dict[str, SyncScope] = {}
        """The scope of the latest preview, by the hash of its plan."""
        self.careful = careful
        self.guard = ContactingGuard(contacts)
        self._contacts = contacts
        self._book = contacts.book
        self._clock = contacts.clock
        terms = contacts.terms
        self._terms = SyncOptions(terms.workspace, source, terms.writer, groups, defaults or {}, terms.agents)
        self._proved: dict[str, float] = {}

    # -- the sync --------------------------------------------------------------------------------------

    async def preview(
        self,
        gathered: MatchSnapshot,
        reviewed: Reviewed,
        only: Collection[Verdict] = Everything,
        limits: SyncLimits = NO_LIMITS,
        made_after: float | None = None,
        scope: SyncScope = WHOLE,
    ) -> SyncPreview:
        """Return what a sync would do with a snapshot and the answers of people. Raises `BookClosed`.

        `limits` has the most records that are sent, by system; links are not limited. `made_after` is that of
        `SyncSelection`. `scope` limits the sync further than the profile does.
        """
        past = await self._past()
        seal = self._book.keyed_hash
        preview = await asyncio.to_thread(
            plan_sync,
            gathered,
            reviewed,
            past,
            self._terms,
            seal,
            only,
            limits,
            SyncSelection((self.scope, scope), made_after),
        )
        self._limited_to = {preview.plan.digest: scope}
        preview = msgspec.structs.replace(preview, first=await self.first_sync() is None)
        self._proved = {preview.plan.digest: gathered.at + gathered.took}
        return preview

    async def confirm(
        self, preview: SyncPreview, gathered: MatchSnapshot, engine: Engine, *, rule: str = ""
    ) -> Push:
        """Begin the sync that a person confirmed, or return the unfinished push of the same plan.

        `rule` is the setting that sends the sync if no person was asked; the receipt names it.

        Raises `DeskError` (`another-plan-waits`; `nothing-to-sync`; `plan-changed` if the contacts have changed;
        `fewer-records` if a system gave clearly fewer records than before), `Unreachable`, `BookClosed`.
        """
        plan = preview.plan
        if running := engine.unfinished_push_of(plan):
            return running
        if not preview.does_anything:
            raise DeskError("nothing-to-sync", "There is nothing to link or to send.")
        await self._check_careful(plan, rule)
        await self._look_again_at_sources(plan, gathered)
        await self._contacts.check_complete_now()
        records = records_of(plan)
        if preview.decided.about(*records) != await held_decisions(self._book, *records):
            self._proved.pop(plan.digest, None)  # somebody decided something since: the plan is made again
        if not await self._is_fresh_sync(plan) or await self._is_there_unread(plan, gathered):
            raise _changed()
        push_id, now = self._contacts.new_id(), self._clock.now()
        kept = old_values(plan, gathered) if self._contacts.terms.undo_days else None
        if kept is not None:
            await self._book.put_file(undo_file(push_id), msgspec.json.encode(kept))
        links = [self._link(pair, now) for pair in plan.links]
        starts = [QuietStart(now)] if await self.first_sync() is None else []
        push = await engine.begin(
            plan,
            self._contacts.terms.operator,
            push_id,
            also=(*links, *starts, Synced(push_id, plan.links, now, kept is not None)),
            drop=[(Unlinked, link.key) for link in links],
            shown=_shown(preview, rule),
        )
        if push.push_id != push_id and kept is not None:
            await self._book.delete_file(undo_file(push_id))
        return push

    async def first_sync(self) -> float | None:
        """Return when the first sync of the profile was confirmed, in seconds since 1970; None if there was none.

        In a book that is older than the quiet start, it is the oldest sync. Raises `BookClosed`.
        """
        start = await quiet_start(self._book)
        if start is not None:
            return start.at
        return min((synced.at for synced in await self._book.all(Synced)), default=None)

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

        `left` are the ids in SimpleNexus of users who are left to a person. Returns None if `auto_push` is off, and
        before the first sync; users who were there before the first sync are not pushed. Raises `DeskError`
        (careful-start; fewer-records), `Unreachable`, `BookClosed`.
        """
        if not self._contacts.terms.auto_push:
            return None
        first_sync = await self.first_sync()
        if first_sync is None:
            return None
        if self.careful is not None:
            await self.careful.check_unasked(CarefulKind.CONTACTS)
        gathered, reviewed = await self._again()
        await self._contacts.check_complete_now()
        preview = await self.preview(gathered, reviewed, only=(Verdict.PUSH,), made_after=first_sync)
        found = NewUsers(preview, gathered)
        return found.only(set(found.ids) - set(left))

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

        Raises `DeskError` (fewer-records) if a system gave clearly fewer records than before: an undo alone goes on,
        because it creates nothing. Raises `ValueError` for the plan of another room.
        """
        match plan.asset:
            case Asset.SYNC:
                is_fresh = await self._is_fresh_sync(plan)
            case Asset.SHARE:
                is_fresh = await self._is_fresh_share(plan)
            case Asset.INVITE:
                is_fresh = await self._is_fresh_invite(plan)
            case Asset.UNDO:
                return await self._is_fresh_undo(plan)
            case (
                Asset.CARD
                | Asset.FACT_FIND
                | Asset.NOTE
                | Asset.LINK
                | Asset.UNLINK
                | Asset.PASTE
                | Asset.MILESTONE
            ):
                raise ValueError(f"a {plan.asset} is no plan of the contacts")
        await self._contacts.check_complete_now()
        return is_fresh

    async def _is_fresh_sync(self, plan: Plan) -> bool:
        """Return True if every step and link of a sync would be planned now.

        Reads both systems if the plan was last compared with them more than `FRESH_FOR` seconds ago.
        """
        at = self._proved.get(plan.digest)
        if at is not None and 0 <= self._clock.now() - at <= FRESH_FOR:
            return True
        gathered, reviewed = await self._again()
        scope = self._limited_to.get(plan.digest, WHOLE)
        now = (await self.preview(gathered, reviewed, scope=scope)).plan
        self._limited_to[plan.digest] = scope
        steps = {step.ref: step for step in now.steps}
        linked = {*now.links, *gathered.links}
        fresh = all(steps.get(step.ref) == step for step in plan.steps) and linked.issuperset(plan.links)
        if fresh:
            self._proved[plan.digest] = gathered.at + gathered.took
        return fresh

    async def _look_again_at_sources(self, plan: Plan, gathered: MatchSnapshot) -> None:
        """Look again at the records from which others would be created: one of them may be gone since it was read.

        Up to `FEW` are asked for one by one. For more, both systems are read in full, unless the last read was a full
        one. If one is gone, the plan is made again from what is left. Raises `Unreachable`.
        """
        if len(plan.steps) > FEW:
            if any(read.kind is not ReadKind.FULL for read in self._contacts.reads):
                await self._contacts.gather_all()
                self._proved.pop(plan.digest, None)
            return
        books = (
            (System.TOTAL_EXPERT, System.SIMPLENEXUS, gathered.simplenexus),
            (System.SIMPLENEXUS, System.TOTAL_EXPERT, gathered.total_expert),
        )
        for written, source, book in books:
            ids = {step.local_id for step in plan.steps if step.system is written}
            contacts = [contact for contact in book if contact.id in ids]
            if contacts and await self._contacts.gone_among(source, contacts):
                self._proved.pop(plan.digest, None)

    async def _is_there_unread(self, plan: Plan, gathered: MatchSnapshot) -> bool:
        """Return True if a system holds a record that was not read, with the email of a record that would be created.

        A list that is read page by page while it changes loses a record at the edge of a page. Such a contact would be
        created a second time. Raises `Unreachable`.
        """
        read = ids_read(gathered) | ids_read(self._contacts.last or gathered)
        for system in SYNCED:
            steps = [step for step in plan.steps if step.system is system]
            emails = {email for step in steps if (email := str(step.body.get("email", "")))}
            owners = {step.parent for step in steps if step.parent and step.body.get("email")}
            if emails and not read.issuperset(await self._contacts.ids_by_email(system, emails, owners)):
                return True
        return False

    # -- sharing the app -------------------------------------------------------------------------------

    async def shares(self) -> list[AppShared]:
        """Return every link to the app that the book knows, as it stands now. Raises `BookClosed`."""
        return await shares_now(self._book)

    async def settle_shares(self) -> int:
        """Write down what became of the links that are over. Return how many changed. Raises `BookClosed`."""
        return await settle_shares(self._book)

    async def preview_share(
        self, gathered: MatchSnapshot, chosen: Sequence[str], choices: ShareChoices = AS_USUAL
    ) -> SharePreview:
        """Return what sharing the app would do. `chosen` are ids in Total Expert.

        Their consent is read now. Raises `Unreachable`, `BookClosed`.
        """
        contacting = await self.guard.contacting(gathered, chosen)
        preview = plan_share(
            gathered, chosen, self._terms.workspace, choices, await self.shares(), contacting
        )
        self._proved[preview.plan.digest] = gathered.at + gathered.took
        return preview

    async def confirm_share(self, preview: SharePreview, engine: Engine) -> Push:
        """Begin to share the app as a person confirmed. Raises like `confirm`."""
        if running := engine.unfinished_push_of(preview.plan):
            return running
        await self._contacts.check_complete_now()
        if not preview.plan.steps:
            why = "; ".join(f"{person.total_expert_id} {person.why}" for person in preview.left_out[:NAMED])
            raise DeskError("nothing-to-share", f"The app can be shared with none of them: {why}.")
        push_id = self._contacts.new_id()
        shown = replace(shown_of_plan(preview.plan), warnings=preview.warnings)
        return await engine.begin(
            preview.plan,
            self._contacts.terms.operator,
            push_id,
            also=new_shares(preview.plan, preview.choices, push_id, self._clock.now()),
            shown=msgspec.json.encode(shown),
        )

    async def _is_fresh_share(self, plan: Plan) -> bool:
        """Return True if the same links would be sent, or the same accounts be made, now."""
        at = self._proved.get(plan.digest)
        if at is not None and 0 <= self._clock.now() - at <= FRESH_FOR:
            return True
        gathered = await self._contacts.gather()
        shared, workspace = others_than(plan, await self.shares()), self._terms.workspace
        for channels in {channels_of(step) for step in plan.steps}:  # consent may leave each person others
            steps = [step for step in plan.steps if channels_of(step) == channels]
            choices = replace(choices_of(plan), channels=channels)
            again = plan_share(gathered, list(map(person_of, steps)), workspace, choices, shared).plan
            if list(again.steps) != steps:
                return False
        return True

    # -- inviting agents -------------------------------------------------------------------------------

    async def preview_invite(self, gathered: MatchSnapshot, chosen: Sequence[str]) -> InvitePreview:
        """Return what inviting agents would do. `chosen` are ids in Total Expert.

        Their consent is read now. Raises `Unreachable`, `BookClosed`.
        """
        contacting = await self.guard.contacting(gathered, chosen)
        past = await self._past_invites()
        preview = plan_invite(gathered, chosen, self._terms.workspace, past, contacting)
        self._proved[preview.plan.digest] = gathered.at + gathered.took
        return preview

    async def confirm_invite(self, preview: InvitePreview, engine: Engine) -> Push:
        """Begin to invite agents as a person confirmed. Raises like `confirm`."""
        if running := engine.unfinished_push_of(preview.plan):
            return running
        await self._contacts.check_complete_now()
        if not preview.plan.steps:
            why = "; ".join(f"{agent.total_expert_id} {agent.why}" for agent in preview.left_out[:NAMED])
            raise DeskError("nothing-to-invite", f"None of them can be invited: {why}.")
        shown = replace(shown_of_plan(preview.plan), warnings=preview.warnings)
        return await engine.begin(
            preview.plan,
            self._contacts.terms.operator,
            self._contacts.new_id(),
            shown=msgspec.json.encode(shown),
        )

    async def _is_fresh_invite(self, plan: Plan) -> bool:
        """Return True if the same agents would be invited now."""
        at = self._proved.get(plan.digest)
        if at is not None and 0 <= self._clock.now() - at <= FRESH_FOR:
            return True
        chosen = [person_of(step) for step in plan.steps]
        gathered = await self._contacts.gather()
        again = plan_invite(gathered, chosen, self._terms.workspace, await self._past_invites())
        return again.plan.steps == plan.steps

    async def _past_invites(self) -> PastInvites:
        """Return what the book knows of invites. Raises `BookClosed`."""
        times: dict[str, list[float]] = {}
        links = await self._book.where(Link, entity=Entity.INVITE)
        for link in sorted(links, key=lambda link: link.at):
            times.setdefault(link.remote_id, []).append(link.at)
        off = frozenset(link.remote_id for link in await self._book.where(Link, entity=Entity.ACCESS))
        return PastInvites(times, frozenset(link.local_id for link in links), off)

    # -- undo ------------------------------------------------------------------------------------------

    async def syncs(self) -> list[Synced]:
        """Return the syncs for which an undo can be previewed, the newest first. Raises `BookClosed`."""
        return sorted(await self._book.all(Synced), key=lambda synced: synced.at, reverse=True)

    async def preview_undo(self, push_id: str) -> UndoPreview:
        """Return what undoing a sync would do, and what can't be undone. Reads both systems.

        Raises `DeskError` (`unknown-sync`, `sync-under-way`, `share-stays`), `Unreachable`, `BookClosed`.
        """
        synced = await self._book.get(Synced, push_id)
        push = await self._book.get(Push, push_id)
        if push is not None and push.asset is Asset.SHARE:
            raise DeskError(
                "share-stays", f"The push {push_id} shared the app, and what it sent can't be taken back."
            )
        if synced is None or push is None:
            raise DeskError("unknown-sync", f"There is no sync {push_id}.")
        if push.state in ACTIVE:
            raise DeskError("sync-under-way", f"The sync {push_id} is not finished: {push.state}.")
        content = await self._book.get_file(undo_file(push_id))
        kept = decode_json(content, OldValues) if content else None
        gathered = await self._contacts.gather()
        steps = await steps_of(self._book, push)
        keys = [*made_links(synced), *(step.link_key for step in steps), *access_keys(steps)]
        links = {link.key: link for link in await self._book.get_many(Link, keys)}
        days = self._contacts.terms.undo_days
        over = self._clock.now() > synced.at + days * DAY
        return plan_undo(
            UndoInputs(
                synced,
                tuple(steps),
                links,
                None if over else kept,
                gathered,
                tuple(await self.shares()),
                self._contacts.terms.local,
            ),
            self._terms.workspace,
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
            await self._book.commit(replace(synced, kept=False))
        return len(over)

    # -- small things ----------------------------------------------------------------------------------

    async def _again(self) -> tuple[MatchSnapshot, Reviewed]:
        gathered = await self._contacts.gather()
        matched = await self._contacts.match(gathered)
        judged, owners = await self._book.all(Judged), await self._book.all(JudgedOwners)
        return gathered, await asyncio.to_thread(review, matched, judged, self._book.keyed_hash, owners)

    async def _past(self) -> PastPushes:
        steps = [step for entity in CREATED for step in await self._book.where(StepRecord, entity=entity)]
        declined = [
            record for entity in CREATED for record in await self._book.where(Declined, entity=entity)
        ]
        return PastPushes(
            {generation.link: generation.number for generation in await self._book.all(Generation)},
            ended_steps(steps, declined),
            taken_back(await self._book.all(Unlinked)),
        )

    def _link(self, pair: tuple[str, str], at: float) -> Link:
        ours, theirs = pair
        ref = make_ref(self._terms.workspace, System.TOTAL_EXPERT, Entity.CONTACT, ours)
        return Link(System.TOTAL_EXPERT, Entity.CONTACT, ours, theirs, ref, at)


def _shown(preview: SyncPreview, rule: str) -> bytes:
    """Return what the receipt keeps of a sync, as JSON: every value that is sent, and every field that is left behind.

    `rule` is the setting that sends the sync if no person was asked.
    """
    if not rule and not preview.no_home:
        return b""
    shown = shown_of_plan(preview.plan, rule)
    left = tuple(map(_no_home_field, preview.no_home))
    return msgspec.json.encode(msgspec.structs.replace(shown, fields=(*shown.fields, *left)))


def _no_home_field(field: NoHomeField) -> ShownField:
    return ShownField(
        section=f"{field.entity}",
        source=field.field,
        target="",
        fate="no-home",
        source_value=field.value,
        reason=field.why,
        about=field.name,
        local_id=field.local_id,
    )


def _changed() -> DeskError:
    return DeskError(
        "plan-changed",
        "The contacts changed since they were read; nothing was sent.",
        when="the contacts changed",
    )
