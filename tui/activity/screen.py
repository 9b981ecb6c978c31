"""The Activity room: every push, live and past. Pushes that need a person come first, with the choices as keys."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from core.error_catalogue import fix_of, meaning_of
from core.errors import DeskError
from core.flex.use_cases.undo import UNDOABLE
from core.push import activity
from core.push.activity import Activity
from core.push.plan import Entity, Operation, Plan, StepKind, System
from core.push.records import Push, StepRecord
from core.push.resolutions import SAYS, Choice, Resolution, choices
from core.push.states import ACTIVE, PushState, StepState
from core.receipts.use_cases import ENDED
from core.systems import display_name
from tui.actions import bindings_for
from tui.activity import wording
from tui.activity.push_rows import PushRows
from tui.activity.receipt_dialog import ReceiptDialog
from tui.messages import PushChanged
from tui.room import Room
from tui.sandbox.words import NOTHING_PUSHED
from tui.text import content, notify, plain
from tui.widgets.chooser import Chooser, Offer
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog, MessageDialog, live_lines
from tui.widgets.row_list import RowList
from tui.widgets.step_strip import StepStrip
from tui.words.links import wrong_id
from tui.words.push_steps import push_steps
from tui.words.put_back import undo_lines, undo_sum
from tui.words.waiting import waiting_line

if TYPE_CHECKING:
    from tui.wiring import Desk

AT_ONCE = 400
"""The number of rows that are made before other tasks get their turn; about 4 ms."""
URGENT = (StepState.NEEDS_YOU, StepState.CONFLICT, StepState.UNKNOWN, StepState.REFUSED, StepState.INTENT)
"""The first step in one of these states, in this order, is the step that is shown first."""


class ActivityScreen(Room):
    """The pushes on the left, one push with its steps on the right."""

    room = "activity"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("activity")]
    CSS_PATH = "screen.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._pushes: dict[str, Push] = {}
        self._rows: PushRows | None = None
        self._building = False
        """True while rows are made in pieces. Pushes that change in the meantime are updated at the end."""
        self._told: Activity | None = None
        self._plan: Plan | None = None
        self._n = 0

    def compose_room(self) -> ComposeResult:
        """Yield the two sides."""
        with Horizontal(id="activity"):
            with Vertical(id="pushes"):
                with Horizontal(id="push-filter-line"):
                    yield Static(plain("/ ", "bold $primary"), id="push-filter-sign")
                    yield Input(placeholder="filter", id="push-filter", compact=True)
                yield RowList(wording.LISTING, id="push-list")
                yield Static(id="push-foot")
            with Vertical(id="push"):
                yield Static(id="push-title")
                yield Static(id="push-remark")
                yield StepStrip(id="push-steps")
                with VerticalScroll(id="step", can_focus=False):
                    yield Static(id="step-trail")
                    yield Static(id="step-choices")
                    yield Static(id="step-exchange")

    def on_mount(self) -> None:
        """Start in the list."""
        self.set_focus(self._list)

    def on_resize(self) -> None:
        """Wrap the lines for the new width."""
        self.call_after_refresh(self._show_step)

    # -- the list --------------------------------------------------------------------------------------

    def desk_opened(self, desk: Desk) -> None:
        """Read the journal."""
        self._read(desk)

    def desk_failed(self, error: DeskError) -> None:
        """Show in place of the list why there is no list."""
        self._list.placeholder = f"{error.message}\n\n{error.fix}"
        self._list.placeholder_tone = "bad"

    @work(exclusive=True, group="journal")
    async def _read(self, desk: Desk) -> None:
        try:
            pushes = await activity.pushes(desk.book)
        except DeskError as error:
            self.desk_failed(error)
            return
        self._pushes = {push.push_id: push for push in pushes} | self._pushes
        self._show_rows()

    def on_screen_resume(self) -> None:
        """Show the rows again: names of cards may have been read in the meantime."""
        self._show_rows()

    def _show_rows(self) -> None:
        """Make all rows again. Many rows are made in small pieces, so that keys and painting do not wait."""
        if self.desk is not None and self.desk.practice is not None:
            self._list.placeholder = wording.LISTING.empty if self._pushes else NOTHING_PUSHED
        oldest_first = sorted(self._pushes.values(), key=lambda push: (push.created_at, push.push_id))
        rows = PushRows(oldest_first, self.desk_app.titles, self.desk_app.local, self.desk_app.now().date())
        if rows.build(AT_ONCE):
            self._building = True
            self._build(rows)
        else:
            self._rows_built(rows)

    @work(exclusive=True, group="rows")
    async def _build(self, rows: PushRows) -> None:
        more = True
        while more:
            await asyncio.sleep(0)
            more = rows.build(AT_ONCE)
        self._rows_built(rows)

    def _rows_built(self, rows: PushRows) -> None:
        for push in self._pushes.values():
            if not rows.holds(push):  # the push changed while the rows were made
                rows.take(push)
        self._rows, self._building = rows, False
        self._list.set_rows(rows.newest_first)
        self._show_foot(rows)

    def _show_foot(self, rows: PushRows) -> None:
        self.query_one("#push-foot", Static).update(wording.foot_line(rows.of_today))

    def push_changed(self, event: PushChanged) -> None:
        """Show the new state of a push in its row and in its steps."""
        before = self._pushes.get(event.push.push_id)
        self._pushes[event.push.push_id] = event.push
        if before is None or before.state is not event.push.state:
            self._show_change(event.push)
        if self._told is not None and self._told.push.push_id == event.push.push_id:
            self._told = Activity(event.push, event.steps)
            self._show_push()

    def _show_change(self, push: Push) -> None:
        """Show a push that is new or has a new state. Only rows that differ are replaced."""
        rows = self._rows
        if self._building:
            return
        if rows is None or rows.today != self.desk_app.now().date():
            self._show_rows()
            return
        is_new = rows.is_new(push)
        changed = rows.take(push)
        if is_new:
            self._list.set_rows(rows.newest_first)
        else:
            for row in changed:
                self._list.update_row(row.push.push_id, row)
        self._show_foot(rows)

    @on(RowList.Highlighted, "#push-list")
    def _push_highlighted(self) -> None:
        self._read_push()

    @work(exclusive=True, group="push")
    async def _read_push(self) -> None:
        row, desk = self._list.cursor_row, self.desk
        if row is None or desk is None:
            return
        push_id = row.push.push_id
        live = desk.engine.live(push_id) if desk.engine else None
        try:
            if live is not None:
                shown, plan = Activity(live.push, tuple(live.steps)), live.plan
            else:
                shown, plan = await activity.read_activity(desk.book, self._pushes[push_id]), None
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="The book", severity="error")
            return
        if shown.missing:
            notify(self.app, shown.missing, title="The book", severity="warning")
        self._told, self._plan = shown, plan
        self._n = _most_urgent(shown)
        self._show_push()

    # -- one push --------------------------------------------------------------------------------------

    def _show_push(self) -> None:
        shown = self._told
        if shown is None:
            return
        strip = self.query_one(StepStrip)
        strip.set_steps(push_steps(self._plan, shown.steps))
        if 0 <= self._n < len(shown.steps):
            strip.cursor_line = self._n
        self._show_step()

    def _show_step(self) -> None:
        shown, step = self._told, self._step
        if shown is None:
            return
        title = self.desk_app.titles.get(shown.push.subject, "")
        self._static("push-title").update(wording.title_line(shown.push, step, title))
        self._static("push-remark").update(wording.remark_line(shown.push, step, self._waits(shown.push)))
        place = self.query_one("#step")
        width = place.size.width - 2  # a scrollbar may come
        trail = wording.trail_lines(step, self.desk_app.local, width) if step else plain("")
        asked = wording.choice_lines(step, width)
        self._static("step-trail").update(trail)
        self._static("step-choices").update(asked)
        self._static("step-exchange").update(wording.exchange_lines(step) if step else plain(""))
        self._choices_in_sight(_height(trail) + _height(asked) + 1 <= place.size.height)
        self.refresh_bindings()

    def _waits(self, push: Push) -> str:
        """Return since when a paused push waits and when it is tried again by itself; "" if it is not."""
        resumption = self.desk.resumption if self.desk is not None else None
        waiting = resumption.waiting_push(push.push_id) if resumption is not None else None
        return waiting_line(waiting, self.desk_app.local) if waiting is not None else ""

    def _choices_in_sight(self, fits: bool) -> None:
        """Put the choices below the trail, or above it if they would not be visible below."""
        place, trail, asked = (self.query_one(name) for name in ("#step", "#step-trail", "#step-choices"))
        above = place.children.index(asked) < place.children.index(trail)
        if fits and above:
            place.move_child(asked, after=trail)
        elif not fits and not above:
            place.move_child(asked, before=trail)
        asked.set_class(not fits, "-first")

    @on(StepStrip.Highlighted)
    def _step_highlighted(self, event: StepStrip.Highlighted) -> None:
        self._n = event.index
        self._show_step()

    @property
    def _step(self) -> StepRecord | None:
        shown = self._told
        return shown.steps[self._n] if shown and self._n < len(shown.steps) else None

    # -- deciding --------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be decided about this step, and only where this console may write."""
        if action == "decide":
            offered = choices(self._step) if self._step else ()
            return bool(parameters) and parameters[0] in offered and self._may_write
        if action == "resume":
            push = self._told.push if self._told else None
            return self._may_write and push is not None and push.state is PushState.PAUSED
        if action == "undo_push":
            return self._may_write and self._told is not None and may_be_undone(self._told)
        if action == "explain":
            return self._told is not None
        if action == "receipt":
            push = self._told.push if self._told else None
            has_receipts = self.desk is not None and self.desk.receipts is not None
            return push is not None and push.state in ENDED and has_receipts
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why an action can't be done with the push or step under the cursor."""
        if action not in ("decide", "resume", "explain"):
            return ""
        if self._told is None:
            return "There is no push under the cursor."
        if action != "explain" and not self._may_write:
            return "This desk only reads: another process has the book open."
        if action == "decide" and not (self._step and choices(self._step)):
            return "This step needs no decision."
        if action == "resume" and self._told.push.state is not PushState.PAUSED:
            return "Only a push that is paused can be continued."
        return ""

    @property
    def _may_write(self) -> bool:
        return self.desk is not None and self.desk.engine is not None

    @work(exclusive=True, group="decide")
    async def action_decide(self, choice: str) -> None:
        """Carry out a decision about the step. Ask first if the decision creates or replaces a record."""
        desk, shown, step = self.desk, self._told, self._step
        if desk is None or desk.engine is None or shown is None or step is None:
            return
        decision = await self._decision(Choice(choice), step)
        if decision is None:
            return
        decision = msgspec.structs.replace(decision, workspace=desk.settings.profile.workspace)
        try:
            if step.system is System.FLEX and choice == Choice.THERE and decision.remote_id:
                meant = await desk.links.find(step.entity, decision.remote_id)
                decision = msgspec.structs.replace(decision, remote_id=meant)
            await desk.engine.decide(shown.push.push_id, step.n, decision)
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="Not done", severity="error")
        self._read_push()

    async def _decision(self, choice: Choice, step: StepRecord) -> Resolution | None:
        """Ask for what a choice needs: which record, its id, or a yes. Return None if the operator gives no answer."""
        match choice:
            case Choice.LINK if len(step.candidates) > 1:
                offers = [Offer(remote_id, remote_id, n) for n, remote_id in enumerate(step.candidates, 1)]
                chosen = await self.app.push_screen_wait(Chooser("Which one is it?", offers))
                return Resolution(choice, chosen.value or "") if chosen else None
            case Choice.THERE if step.kind is StepKind.CREATE and not step.remote_id and not step.candidates:
                ask = content(
                    "The ID of the $entity that you found in $system:",
                    entity=step.entity,
                    system=display_name(step.system),
                )
                given = await self.app.push_screen_wait(LineDialog("It is there", ask, wrong_id))
                return Resolution(choice, given) if given else None
            case Choice.AS_NEW | Choice.OVERWRITE:
                lines = [
                    *live_lines(live=self.desk_app.live),
                    plain(f"{SAYS[choice][0].capitalize()}: {SAYS[choice][1]}."),
                    plain("It can't be undone from here."),
                ]
                question = ConfirmDialog("Are you sure?", lines, grace=self.desk_app.grace)
                return Resolution(choice) if await self.app.push_screen_wait(question) else None
            case Choice.THERE | Choice.NOT_THERE | Choice.LINK | Choice.AGAIN | Choice.LEAVE:
                return Resolution(choice)

    def action_resume(self) -> None:
        """Continue this push. Open circuit breakers are closed first."""
        if self._told is not None:
            self.desk_app.resume(self._told.push.push_id)

    @work(exclusive=True, group="undo")
    async def action_undo_push(self) -> None:
        """Show what this push replaced on contacts in FLEX, and put it back after a yes."""
        desk, shown = self.desk, self._told
        if desk is None or shown is None:
            return
        try:
            preview = await desk.undo.preview(shown.push.push_id)
            lines = [plain(line) for line in undo_lines(preview)]
            if not preview.plan.steps:
                nothing = plain("Nothing of this push can be put back.")
                self.app.push_screen(MessageDialog("Undo", [nothing, *lines]))
                return
            asked = content("Put back $sum?", sum=undo_sum(preview))
            question = [*live_lines(live=self.desk_app.live), asked, *lines]
            if await self.app.push_screen_wait(ConfirmDialog("Undo", question, grace=self.desk_app.grace)):
                begun = await desk.undo.confirm(preview, desk.can_push)
                self.desk_app.run_push(begun.push_id)
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="Not undone", severity="error")

    def action_explain(self) -> None:
        """Show what each code of this step means, and what to do."""
        shown, step = self._told, self._step
        if shown is None:
            return
        codes = [step.error, *(event.code for event in step.trail)] if step else []
        lines = [
            content(
                "[bold]$code[/]  $meaning. [$foreground-muted]$fix[/]",
                code=code,
                meaning=meaning_of(code),
                fix=fix_of(code),
            )
            for code in dict.fromkeys([shown.push.reason, *codes])
            if code
        ]
        self.app.push_screen(
            MessageDialog("What this means", lines or [plain("There is nothing to explain here.")])
        )

    @work(exclusive=True, group="receipt")
    async def action_receipt(self) -> None:
        """Show the receipt of this push."""
        desk, shown = self.desk, self._told
        if desk is None or desk.receipts is None or shown is None:
            return
        push_id = shown.push.push_id
        try:
            outcome = await desk.keeper.ready(push_id) if desk.keeper is not None else None
            found = await desk.receipts.of_push(push_id)
        except DeskError as error:
            outcome, found = error, None
        if found is not None:
            dialog = ReceiptDialog(desk.receipts, found, may_write=self._may_write)
            await self.app.push_screen_wait(dialog)
        elif isinstance(outcome, DeskError):
            notify(self.app, f"{outcome.message}\n{outcome.fix}", title="No receipt yet", severity="error")
        else:
            notify(self.app, "This push has no receipt whose values are still kept.", title="Receipt")

    # -- small things ----------------------------------------------------------------------------------

    def action_next_step(self) -> None:
        """Move the focus between the list and the steps."""
        strip = self.query_one(StepStrip)
        self.set_focus(self._list if strip.has_focus else strip)

    def action_filter(self) -> None:
        """Go to the filter at once, so that the next keys go into it."""
        self.set_focus(self.query_one("#push-filter", Input))

    @on(Input.Changed, "#push-filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._list.filter(event.value)

    @on(Input.Submitted, "#push-filter")
    def _filter_submitted(self) -> None:
        self.set_focus(self._list)

    def action_back(self) -> None:
        """Leave the steps or the filter."""
        box = self.query_one("#push-filter", Input)
        if not self._list.has_focus:
            self.set_focus(self._list)
        elif box.value:
            box.value = ""

    @property
    def _list(self) -> RowList[wording.PushRow]:
        return self.query_one("#push-list", RowList)

    def _static(self, name: str) -> Static:
        return self.query_one(f"#{name}", Static)


def _height(text: Content) -> int:
    return text.plain.count("\n") + 1


def may_be_undone(shown: Activity) -> bool:
    """Return True if a push is over and changed a contact in FLEX."""
    return (
        shown.push.asset in UNDOABLE
        and shown.push.state not in ACTIVE
        and any(
            step.entity is Entity.PERSON
            and step.operation is Operation.UPDATE
            and step.state is StepState.DONE
            for step in shown.steps
        )
    )


def _most_urgent(shown: Activity) -> int:
    for state in URGENT:
        for step in shown.steps:
            if step.state is state:
                return step.n
    return 0
