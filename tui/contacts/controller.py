"""What the Contacts room sends: the sync, the shared app, an undo. Each is shown, confirmed and sent once.

The controller knows only the part of the room that `ContactRoom` names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct

from core.automatic.quiet_start import FIRST_SYNC_AFTER
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.records import AppShared
from core.contacts.review.reviewed import Reviewed
from core.contacts.sync.invite_plan import linked_partners
from core.contacts.sync.plan import SUBJECT, SyncPreview
from core.contacts.sync.scope import WHOLE, SyncScope, scope_words, scopes_of
from core.contacts.sync.share_plan import (
    AS_USUAL,
    ShareChoices,
    SharePreview,
    last_share,
    partners_of,
    person_of,
    said_of,
    shareable,
)
from core.errors import DeskError
from core.push.plan import Asset
from core.push.records import Push
from core.push.states import PushState
from tui.contacts.plans.missing_dialog import missing_dialog
from tui.contacts.plans.plan_dialog import PlanDialog, ShownPlan
from tui.contacts.plans.plan_wording import invite_lines, remark_lines, sync_lines, undo_lines
from tui.contacts.plans.share_dialog import ShareDialog
from tui.messages import PushChanged
from tui.text import notify, notify_error
from tui.widgets.chooser import Chooser, Offer

if TYPE_CHECKING:
    from core.contacts.sync.use_cases import SyncUseCases
    from tui.app import DeskApp
    from tui.wiring import Desk

T = TypeVar("T")
SENDS = frozenset({Asset.SYNC, Asset.SHARE, Asset.INVITE, Asset.UNDO})
"""Pushes after which both systems are read again."""


class ContactRoom(Protocol):
    """What the controller needs from the room."""

    @property
    def desk(self) -> Desk | None:
        """The desk, or None until it is open."""

    @property
    def desk_app(self) -> DeskApp:
        """The app: it shows dialogs and runs pushes."""

    @property
    def read(self) -> tuple[MatchSnapshot, Reviewed] | None:
        """The latest snapshot with the reviewed match; None until both systems were read."""

    @property
    def total_expert_ids(self) -> tuple[str, ...]:
        """The Total Expert ids of the marked rows; without marks, of the row under the cursor."""

    @property
    def marks_remark(self) -> str:
        """A sentence about marked rows that are not shown; "" if all marked rows are shown."""

    def action_read_contacts(self) -> None:
        """Read both systems again."""

    def action_read_all_contacts(self) -> None:
        """Read both systems again in full."""

    def run_worker(self, work: Coroutine[None, None, None], /, *, group: str, exclusive: bool) -> object:
        """Run a coroutine until it or the room ends. `exclusive` cancels other work of the same group."""


class _People(Struct, frozen=True):
    """The ids in Total Expert with which the app can be shared, and those of agents who are linked with a partner."""

    gathered: MatchSnapshot
    shareable: frozenset[str]
    invitable: frozenset[str]


def _people(gathered: MatchSnapshot) -> _People:
    sharing, inviting = shareable(gathered), linked_partners(gathered)
    return _People(
        gathered,
        frozenset(contact_id for contact_id, _ in sharing),
        frozenset(contact_id for contact_id, _ in inviting),
    )


def shown_sync(preview: SyncPreview, limited: Sequence[str]) -> ShownPlan:
    """Return what the dialog asks about a sync. `limited` says, a sentence each, why it sends less than it could."""
    return ShownPlan(
        "Sync SimpleNexus and Total Expert",
        preview.plan.digest,
        list(sync_lines(preview, limited)),
        "Links stay in brokerdesk; prospects, partners and contacts are created in the two systems. Nothing is "
        "deleted, and nobody is invited.",
        "Sync" if preview.does_anything else "",
        SUBJECT,
        FIRST_SYNC_AFTER if preview.first else "",
        len(preview.plan.links),
    )


class ContactController:
    """Plans, shows and begins what the Contacts room sends."""

    def __init__(self, room: ContactRoom) -> None:
        self._room = room
        self._scope = WHOLE
        """What a person limited the syncs of this console to, within the profile's own scope."""
        self._people: _People | None = None
        """With whom the app can be shared and who can be invited, of the snapshot that is shown."""
        self._next_people: _People | None = None
        """The same of the snapshot that is about to be shown."""
        self._shares: dict[str, AppShared] = {}
        """The last link to the app that was sent to each contact, by the id in Total Expert."""

    def push_changed(self, event: PushChanged) -> None:
        """Read both systems again after a push that changes them."""
        if event.push.asset in SENDS and event.push.state is PushState.DONE:
            self._room.action_read_contacts()

    def plan_sync(self) -> None:
        """Show what a sync would do now, or the sync that is running."""
        self._start(self._plan_sync())

    def choose_scope(self) -> None:
        """Let a person limit the next syncs to an owner or a group."""
        self._start(self._choose_scope())

    def share_app(self) -> None:
        """Show what sharing the app with the person under the cursor would do."""
        self._start(self._share_app())

    def invite_agent(self) -> None:
        """Show what inviting the agent under the cursor would do."""
        self._start(self._invite_agent())

    def undo_sync(self) -> None:
        """Show what undoing the last sync would do, and what can't be undone."""
        self._start(self._undo_sync())

    def prepare(self, gathered: MatchSnapshot) -> None:
        """Find with whom the app can be shared and who can be invited, before a snapshot is shown: in a thread."""
        self._next_people = _people(gathered)

    def can_share(self) -> bool:
        """Return True if the app can be shared with somebody of the row under the cursor."""
        people = self._people_now()
        return people is not None and not people.shareable.isdisjoint(self._room.total_expert_ids)

    def can_invite(self) -> bool:
        """Return True if somebody of the row under the cursor is linked with a partner."""
        people = self._people_now()
        return people is not None and not people.invitable.isdisjoint(self._room.total_expert_ids)

    def _people_now(self) -> _People | None:
        read, ready = self._room.read, self._next_people
        if read is None:
            return None
        if ready is not None and ready.gathered is read[0]:
            self._people, self._next_people = ready, None
        if self._people is None or self._people.gathered is not read[0]:
            self._people = _people(read[0])
        return self._people

    async def read_shares(self, syncs: SyncUseCases) -> None:
        """Read with whom the app was shared. Raises `BookClosed`."""
        shares: defaultdict[str, list[AppShared]] = defaultdict(list)
        for share in await syncs.shares():
            shares[share.total_expert_id].append(share)
        last = {contact_id: last_share(group) for contact_id, group in shares.items()}
        self._shares = {contact_id: share for contact_id, share in last.items() if share is not None}

    def said_of_share(self, total_expert_id: str) -> str:
        """Return that the app was shared with a contact, and when; "" if it was not."""
        share = self._shares.get(total_expert_id)
        return f"app {said_of(share, self._room.desk_app.local)}" if share is not None else ""

    # -- planning --------------------------------------------------------------------------------------

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self._room.run_worker(work, group="ask", exclusive=True)

    async def _plan_sync(self) -> None:
        desk, read = self._room.desk, self._room.read
        if desk is None or desk.syncs is None or read is None:
            return
        if self._show_running(desk, SUBJECT, "Sync") or not await self._is_complete(desk):
            return
        syncs, (gathered, reviewed) = desk.syncs, read
        planned = await self._asked(self._preview_sync(syncs, gathered, reviewed, self._scope))
        if planned is None:
            return
        preview, limited = planned
        self._ask(shown_sync(preview, limited), lambda: syncs.confirm(preview, gathered, desk.can_push))

    async def _is_complete(self, desk: Desk) -> bool:
        """Return True if both systems gave their records, or if a person says how many are really gone.

        Else the person is asked for the number, or both systems are read in full again.
        """
        contacts, app = desk.contacts, self._room.desk_app
        if contacts is None or not contacts.short_reads:
            return contacts is not None
        app.clear_notifications()  # what they say is in the dialog, which they would cover
        asked = contacts.short_reads
        for short in asked:
            answer = await app.push_screen_wait(missing_dialog(short, app.local))
            if answer is None:
                return False
            if not answer:
                self._room.action_read_all_contacts()
                return False
        try:  # with the number that the person typed: another read may have ended since
            await contacts.accept_missing([short.shortfall.missing for short in asked])
        except DeskError as error:
            notify_error(app, error, title="Nothing was sent")
            return False
        return True

    @staticmethod
    async def _preview_sync(
        syncs: SyncUseCases, gathered: MatchSnapshot, reviewed: Reviewed, scope: SyncScope
    ) -> tuple[SyncPreview, list[str]]:
        """Return a sync of at most the records that the profile may send now, and why it sends less than it could."""
        preview = await syncs.preview(gathered, reviewed, limits=await syncs.limits_of_now(), scope=scope)
        return preview, await syncs.why_limited(preview)

    async def _choose_scope(self) -> None:
        read = self._room.read
        if read is None:
            return
        scopes = scopes_of(read[0])
        everybody = len(read[0].simplenexus) + len(read[0].total_expert)
        offers = [Offer(None, "everything", everybody)]
        offers += [Offer(label, label, count) for label, (_, count) in scopes.items()]
        chosen = await self._room.desk_app.push_screen_wait(Chooser("Limit the sync to", offers))
        if chosen is None:
            return
        self._scope = WHOLE if chosen.value is None else scopes[chosen.value][0]
        said = f"Only {scope_words([self._scope])}" if self._scope else "Everything"
        notify(self._room.desk_app, f"{said} in the next syncs. a shows the plan.", title="Scope")

    async def _share_app(self) -> None:
        desk, read = self._room.desk, self._room.read
        if desk is None or desk.syncs is None or read is None:
            return
        syncs, (gathered, _) = desk.syncs, read
        chosen = self._room.total_expert_ids
        if self._show_unfinished_share(desk, chosen) or not await self._is_complete(desk):
            return

        async def plan(choices: ShareChoices) -> SharePreview | None:
            return await self._asked(syncs.preview_share(gathered, chosen, choices))

        preview = await plan(AS_USUAL)
        if preview is not None:
            app = self._room.desk_app
            dialog = ShareDialog(
                preview,
                partners_of(gathered, chosen),
                plan,
                lambda shown: self._begun(syncs.confirm_share(shown, desk.can_push)),
                live=app.live,
                grace=app.grace,
                clock=lambda: app.now().timestamp(),
                zone=app.local,
                remark=self._room.marks_remark,
            )
            app.push_screen(dialog)

    def _show_unfinished_share(self, desk: Desk, chosen: Collection[str]) -> bool:
        """Show the push that shares the app with one of these people and is not finished, if there is one."""
        engine = desk.engine
        live = [] if engine is None else [engine.live(push.push_id) for push in engine.unfinished()]
        for push in live:
            if push is not None and push.push.asset is Asset.SHARE:
                people = {person_of(step) for step in push.plan.steps}
                if not people.isdisjoint(chosen):
                    return self._show_running(desk, push.push.subject, "Share the app")
        return False

    async def _invite_agent(self) -> None:
        desk, read = self._room.desk, self._room.read
        if desk is None or desk.syncs is None or read is None:
            return
        if not await self._is_complete(desk):
            return
        syncs, (gathered, _) = desk.syncs, read
        preview = await self._asked(syncs.preview_invite(gathered, self._room.total_expert_ids))
        if preview is None or self._show_running(desk, preview.plan.subject, "Invite the agent"):
            return
        shown = ShownPlan(
            "Invite the agent",
            preview.plan.digest,
            [
                *remark_lines(self._room.marks_remark),
                *invite_lines(preview, self._room.desk_app.local),
            ],
            "If no answer comes, you are asked. Nothing is sent again automatically.",
            "Invite" if preview.plan.steps else "",
            preview.plan.subject,
        )
        self._ask(shown, lambda: syncs.confirm_invite(preview, desk.can_push))

    async def _undo_sync(self) -> None:
        desk = self._room.desk
        if desk is None or desk.syncs is None:
            return
        syncs = desk.syncs
        last = await self._asked(syncs.syncs())
        if last is None:
            return
        if not last:
            notify(self._room.desk_app, "Nothing was synced yet.")
            return
        notify(self._room.desk_app, "Reading both systems to see what can be undone …")
        preview = await self._asked(syncs.preview_undo(last[0].push_id))
        if preview is None:
            return
        when = self._room.desk_app.local.day_and_clock(last[0].at)
        shown = ShownPlan(
            f"Undo the sync of {when}",
            preview.plan.digest,
            list(undo_lines(preview)),
            "Nothing is deleted in either system. What is taken back stays so until a person links it again.",
            "Undo" if preview.unlinks or preview.plan.steps else "",
            preview.plan.subject,
            links=len(preview.unlinks),
        )
        self._ask(shown, lambda: syncs.confirm_undo(preview, desk.can_push))

    # -- asking ----------------------------------------------------------------------------------------

    def _ask(self, shown: ShownPlan, confirm: Callable[[], Awaitable[Push]]) -> None:
        self._room.desk_app.push_screen(self._dialog(shown, lambda: self._begun(confirm())))

    async def _begun(self, confirmed: Awaitable[Push]) -> Push | None:
        """Run the push that was confirmed. Return None if it could not begin; the operator has seen why."""
        try:
            push = await confirmed
        except DeskError as error:
            notify(
                self._room.desk_app,
                f"{error.message}\n{error.fix}",
                title="Nothing was sent",
                severity="error",
            )
            return None
        self._room.desk_app.run_push(push.push_id)
        return push

    def _show_running(self, desk: Desk, subject: str, title: str) -> bool:
        """Show the push of a subject that is under way, if there is one."""
        live = desk.engine.active(subject) if desk.engine is not None else None
        if live is None:
            return False

        async def nothing() -> Push | None:
            return None

        shown = ShownPlan(title, live.push.plan, [], "", "", subject)
        self._room.desk_app.push_screen(
            self._dialog(shown, nothing, PushChanged(live.push, tuple(live.steps)))
        )
        return True

    def _dialog(
        self,
        shown: ShownPlan,
        confirm: Callable[[], Awaitable[Push | None]],
        running: PushChanged | None = None,
    ) -> PlanDialog:
        app = self._room.desk_app
        return PlanDialog(
            shown,
            confirm,
            live=app.live,
            grace=app.grace,
            clock=lambda: app.now().timestamp(),
            running=running,
            confirmed_by=app.pushes.confirmed_by,
        )

    async def _asked(self, question: Awaitable[T]) -> T | None:
        try:
            return await question
        except DeskError as error:
            notify_error(self._room.desk_app, error, title="Contacts")
            return None
