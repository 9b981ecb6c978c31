"""What the Contacts room sends: the sync, the app shared, an undo. Each is shown, asked, sent once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from textual import work

from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.review.reviewed import Reviewed
from core.contacts.sync.plan import SUBJECT
from core.contacts.sync.share_plan import SHARE, shareable
from core.errors import DeskError
from core.push.plan import Asset
from core.push.records import Push
from core.push.states import PushState
from tui.contacts.plan_dialog import PlanDialog, ShownPlan
from tui.contacts.plan_wording import share_lines, sync_lines, undo_lines
from tui.messages import PushChanged
from tui.room import Room
from tui.text import notify
from tui.wiring import Desk

T = TypeVar("T")
SENDS = frozenset({Asset.SYNC, Asset.SHARE, Asset.UNDO})
"""Pushes after which both systems are read again."""


class ContactErrands(Room):
    """The errands of the Contacts room; the room itself says what was read and who is shown."""

    _shareable: tuple[MatchSnapshot, frozenset[str]] | None = None

    @property
    def read(self) -> tuple[MatchSnapshot, Reviewed] | None:
        """What was read and decided; None before."""
        raise NotImplementedError

    @property
    def total_expert_ids(self) -> tuple[str, ...]:
        """Whom the row under the cursor is about, by id in Total Expert."""
        raise NotImplementedError

    def action_read_contacts(self) -> None:
        """Read both systems again."""
        raise NotImplementedError

    def push_changed(self, event: PushChanged) -> None:
        """What was sent arrived: both systems are others now."""
        if event.push.asset in SENDS and event.push.state is PushState.DONE:
            self.action_read_contacts()

    @work(exclusive=True, group="ask")
    async def action_plan_sync(self) -> None:
        """Show what a sync would do now, or the one that is under way."""
        desk, read = self.desk, self.read
        if desk is None or desk.syncs is None or read is None:
            return
        if self._show_running(desk, SUBJECT, "Sync"):
            return
        syncs, (gathered, reviewed) = desk.syncs, read
        preview = await self._asked(syncs.preview(gathered, reviewed))
        if preview is None:
            return
        shown = ShownPlan(
            "Sync SimpleNexus and Total Expert",
            preview.plan.digest,
            list(sync_lines(preview)),
            "Links are kept here; prospects and contacts are made there. Nothing is deleted.",
            "Do it" if preview.does_anything else "",
            SUBJECT,
        )
        self._ask(shown, lambda: syncs.confirm(preview, gathered, desk.can_push))

    @work(exclusive=True, group="ask")
    async def action_share_app(self) -> None:
        """Show what sharing the app with the person under the cursor would do."""
        desk, read = self.desk, self.read
        if desk is None or desk.syncs is None or read is None:
            return
        if self._show_running(desk, SHARE, "Share the app"):
            return
        syncs, (gathered, _) = desk.syncs, read
        preview = syncs.preview_share(gathered, self.total_expert_ids)
        shown = ShownPlan(
            "Share the app",
            preview.plan.digest,
            list(share_lines(preview)),
            "It makes an account, which can't be taken back here.",
            "Share" if preview.plan.steps else "",
            SHARE,
        )
        self._ask(shown, lambda: syncs.confirm_share(preview, desk.can_push))

    @work(exclusive=True, group="ask")
    async def action_undo_sync(self) -> None:
        """Show what undoing the last sync would do, and what can't be undone."""
        desk = self.desk
        if desk is None or desk.syncs is None:
            return
        syncs = desk.syncs
        last = await self._asked(syncs.syncs())
        if last is None:
            return
        if not last:
            notify(self.app, "Nothing was synced yet.")
            return
        notify(self.app, "Reading both systems to see what can be undone …")
        preview = await self._asked(syncs.preview_undo(last[0].push_id))
        if preview is None:
            return
        when = f"{self.desk_app.local(last[0].at):%-d %b %H:%M}"
        shown = ShownPlan(
            f"Undo the sync of {when}",
            preview.plan.digest,
            list(undo_lines(preview)),
            "Nothing is deleted in either system.",
            "Undo" if preview.unlinks or preview.plan.steps else "",
            preview.plan.subject,
        )
        self._ask(shown, lambda: syncs.confirm_undo(preview, desk.can_push))

    def can_share(self) -> bool:
        """Say whether the row under the cursor is somebody the app can be shared with."""
        read = self.read
        if read is None:
            return False
        if self._shareable is None or self._shareable[0] is not read[0]:
            self._shareable = read[0], frozenset(one for one, _ in shareable(read[0]))
        return not self._shareable[1].isdisjoint(self.total_expert_ids)

    # -- asking ----------------------------------------------------------------------------------------

    def _ask(self, shown: ShownPlan, confirm: Callable[[], Awaitable[Push]]) -> None:
        async def begin() -> Push | None:
            try:
                push = await confirm()
            except DeskError as error:
                notify(self.app, f"{error.message}\n{error.fix}", title="Nothing was sent", severity="error")
                return None
            self.desk_app.run_push(push.push_id)
            return push

        self.app.push_screen(self._dialog(shown, begin))

    def _show_running(self, desk: Desk, subject: str, title: str) -> bool:
        """Show the push of a subject that is under way, if there is one."""
        live = desk.engine.active(subject) if desk.engine is not None else None
        if live is None:
            return False

        async def nothing() -> Push | None:
            return None

        shown = ShownPlan(title, live.push.plan, [], "", "", subject)
        self.app.push_screen(self._dialog(shown, nothing, PushChanged(live.push, tuple(live.steps))))
        return True

    def _dialog(
        self,
        shown: ShownPlan,
        confirm: Callable[[], Awaitable[Push | None]],
        running: PushChanged | None = None,
    ) -> PlanDialog:
        app = self.desk_app
        return PlanDialog(
            shown,
            confirm,
            live=app.live,
            grace=app.grace,
            clock=lambda: app.now().timestamp(),
            running=running,
        )

    async def _asked(self, question: Awaitable[T]) -> T | None:
        try:
            return await question
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="Contacts", severity="error")
            return None
