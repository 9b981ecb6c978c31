"""The Activity room: every push, live and past. Pushes that need a person come first, with the choices as keys."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static

from core.errors import DeskError
from core.push import activity
from core.push.activity import Activity
from core.push.plan import Asset, Plan
from core.push.records import Link, Push, StepRecord
from core.push.resolutions import Choice, choices
from core.push.states import ACTIVE, PushState, StepState
from core.receipts.clients import OF_A_CLIENT, PushNames
from core.receipts.use_cases import ENDED
from tui.actions import bindings_for
from tui.activity import detail, wording
from tui.activity.clues import ASKING, Clue, clues_of, record_words, search_text
from tui.activity.deciding import PushDecisions
from tui.activity.explaining import explain_lines
from tui.activity.names import PushClients, find_clients
from tui.activity.progress import Pace
from tui.activity.push_rows import PushRows
from tui.activity.receipt_dialog import read_receipt
from tui.attention.long_work import SHOWN_AFTER
from tui.messages import PushChanged
from tui.room import Room
from tui.sandbox.words import NOTHING_PUSHED
from tui.text import content, notify, notify_error, plain, set_text
from tui.widgets.clickable.click_lines import NO_TEXT, ClickLines, ClickText, lines_of, stacked
from tui.widgets.confirm_dialog import MessageDialog
from tui.widgets.list_parts.filter_box import FilterBox
from tui.widgets.row_list import RowList
from tui.widgets.step_strip import StepStrip
from tui.words.push_steps import push_steps, step_summaries
from tui.words.pushes import milestone_words, push_command, when_words
from tui.words.waiting import waiting_line

if TYPE_CHECKING:
    from tui.wiring import Desk

AT_ONCE = 400
"""The number of rows that are made before other tasks get their turn; about 4 ms."""
NAMED = 500
"""How many of the newest pushes get a name that the board does not know at once. Others get it under the cursor."""
URGENT = (StepState.NEEDS_YOU, StepState.CONFLICT, StepState.UNKNOWN, StepState.REFUSED, StepState.INTENT)
"""The first step in one of these states, in this order, is the step that is shown first."""


STILL_READING = "The push is still being read. Press the key again when it is there."
_OF_A_PUSH = frozenset({"decide", "resume", "undo_push", "explain", "details", "receipt", "copy_command"})
"""The actions that need a push under the cursor."""
WORKS_EVERY = 1.0
"""Seconds after which the progress of long work is shown again."""


class PushText(ClickLines):
    """The text about a push, of which parts can be selected to copy them."""

    ALLOW_SELECT = True


class PushArea(VerticalScroll):
    """The part that scrolls, below the title of a push. What stands first in it depends on its size."""

    class Resized(Message):
        """It has another size, as with a title of more lines."""

    def on_resize(self) -> None:
        """Tell the room."""
        self.post_message(self.Resized())


class ActivityScreen(Room):
    """The pushes on the left, one push with its steps on the right."""

    room = "activity"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("activity")]
    CSS_PATH = "screen.tcss"
    NEEDS_LINES = Room.NEEDS_LINES | {"next-step"}

    def __init__(self) -> None:
        super().__init__()
        self._pushes: dict[str, Push] = {}
        self._is_read = False
        self._rows: PushRows | None = None
        self._building = False
        """True while rows are made in pieces. Pushes that change in the meantime are updated at the end."""
        self._clients = PushClients()
        """Whom pushes are for, as their plans, their receipts and the kept contacts say it."""
        self._told: Activity | None = None
        self._reading = ""
        """The id of the push that is being read, or was read last."""
        self._heard: Activity | None = None
        """What was heard of that push since its reading began: it is newer than what is read."""
        self._may_be_undone = False
        """True if the push that is shown replaced something that can be put back."""
        self._plan: Plan | None = None
        self._names = PushNames()
        self._flex_id = ""
        """The FLEX ID of what the push under the cursor linked."""
        self._n = 0
        self._is_open = False
        """True while the steps, the request and the reply are shown."""
        self._found: dict[tuple[str, int, tuple[str, ...]], list[Clue]] = {}
        """The records that a step may be, by push id, number and the ids of the records."""
        self._unread: set[tuple[str, int, tuple[str, ...]]] = set()
        """The keys of `_found` for which the system could not be asked. It is asked again at the next rest."""
        self._paces: dict[str, Pace] = {}
        """How fast the running pushes are, by push id."""

    def compose_room(self) -> ComposeResult:
        """Yield the two sides."""
        with Horizontal(id="activity"):
            with Vertical(id="pushes"):
                with Horizontal(id="push-filter-line"):
                    yield Static(plain("/ ", "bold $primary"), id="push-filter-sign")
                    yield FilterBox(id="push-filter")
                yield Static(id="push-day")
                yield Static(id="push-works")
                yield RowList(wording.LISTING, id="push-list")
            with Vertical(id="push"):
                yield Static(id="push-title")
                with PushArea(id="step", can_focus=False):
                    yield PushText(plain(detail.NOTHING, "$foreground-muted"), id="step-text")
                    yield StepStrip(id="push-steps")
                    yield Static(id="step-trail")

    def on_mount(self) -> None:
        """Start in the list."""
        self._list.placeholder = wording.READING
        self.query_one(StepStrip).display = False
        self._static("push-works").display = False
        self._static("push-title").display = False
        self.while_shown(WORKS_EVERY, self._show_works)
        self.set_focus(self._list)

    def on_resize(self) -> None:
        """Wrap the lines of the list for the new width."""
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        if self._rows is not None:
            self._show_day(self._rows)

    @on(PushArea.Resized)
    def _fit_step(self) -> None:
        """Show the step as its new room allows."""
        self._show_step()

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
        self._is_read = True
        self._list.placeholder = wording.LISTING.empty
        self._show_rows()

    def on_screen_resume(self) -> None:
        """Show the rows again: names of cards may have been read in the meantime."""
        self._show_rows()

    def _show_rows(self) -> None:
        """Make all rows again. Many rows are made in small pieces, so that keys and painting do not wait."""
        if self._is_read and self.desk is not None and self.desk.practice is not None:
            self._list.placeholder = wording.LISTING.empty if self._pushes else NOTHING_PUSHED
        oldest_first = sorted(self._pushes.values(), key=lambda push: (push.created_at, push.push_id))
        rows = PushRows(oldest_first, self.client_of, self.desk_app.local, self.desk_app.now().date())
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
                rows.take(push, self._how_far(push))
        self._rows, self._building = rows, False
        self._list.set_rows(rows.newest_first)
        self._show_day(rows)
        if self._told is None:
            self._read_push()
        self._read_clients(rows)

    def _show_day(self, rows: PushRows) -> None:
        if self._is_read or self._pushes:
            place = self._static("push-day")
            set_text(place, wording.day_line(rows.of_today, rows.asking, place.size.width))

    def _show_works(self) -> None:
        """Show how far long work is, such as a bulk push. Its cards are in the list once their pushes begin."""
        works = [work for work in self.desk_app.attention.works if work.seconds >= SHOWN_AFTER]
        place = self._static("push-works")
        if works or place.display:
            place.update(wording.works_lines(work.line for work in works))
            place.display = bool(works)
            self.refresh_bindings()

    def action_stop_work(self) -> None:
        """Begin nothing more of the work that goes on."""
        for each in self.desk_app.attention.works:
            each.stop()
        notify(self.app, "Nothing more of it is begun. What is on its way goes on.")

    # -- names -----------------------------------------------------------------------------------------

    def client_of(self, push: Push) -> str:
        """Return whom a push is for: as the board says, else as its plan or receipt said; "" if that is not known.

        For a milestone it is the contact, with the milestone.
        """
        if push.asset is Asset.MILESTONE:
            return milestone_words(push, self._clients.of(push))
        titles = self.desk_app.titles
        is_of_client = push.asset in OF_A_CLIENT
        title = titles.get(push.about if is_of_client and push.about else push.subject, "")
        if title:
            return title
        undone = self._pushes.get(push.about) if push.asset is Asset.UNDO else None
        known = self._clients.of(push)
        return known or (self.client_of(undone) if undone is not None else "")

    @work(exclusive=True, group="clients")
    async def _read_clients(self, rows: PushRows) -> None:
        """Read whom the newest pushes are for, if the board does not say it."""
        desk = self.desk
        newest = [row.push for row in rows.newest_first[:NAMED]]
        unnamed = [push for push in newest if self._lacks_client(push)]
        if desk is None or not unnamed:
            return
        try:
            found = await find_clients(desk, unnamed, self.desk_app.now().timestamp())
        except DeskError:
            return  # the book is closed; the ids stay
        self._clients = self._clients.having(found)
        named = [push.push_id for push in unnamed if self._clients.of(push)]
        if rows is self._rows and named:
            for row in rows.name_anew(named):
                self._list.update_row(row.push.push_id, row)
            if self._told is not None and self._told.push.push_id in named:
                self._show_step()

    def _lacks_client(self, push: Push) -> bool:
        """Return True if whom a push is for is not known, and was not looked for yet."""
        is_unnamed = push.asset is Asset.MILESTONE or not self.client_of(push)
        return is_unnamed and self._clients.lacks(push)

    def push_changed(self, event: PushChanged) -> None:
        """Show the new state of a push in its row and in its steps."""
        push = event.push
        before = self._pushes.get(push.push_id)
        self._pushes[push.push_id] = push
        had = self._how_far(push)
        if push.state is PushState.RUNNING:
            pace = self._paces.setdefault(push.push_id, Pace())
            pace.take(event.steps, self.desk_app.now().timestamp())
        else:
            self._paces.pop(push.push_id, None)
        if before is None or before.state is not push.state or had != self._how_far(push):
            self._show_change(push)
        if push.push_id == self._reading:
            self._heard = Activity(push, event.steps)
        if self._told is not None and self._told.push.push_id == push.push_id:
            self._told = Activity(push, event.steps)
            self._show_push()
            if push.state not in ACTIVE and (before is None or before.state is not push.state):
                self._read_push()  # what the push replaced is known now

    def _newer(self, read: Activity) -> Activity:
        """Return what was heard of a push while it was read, else what was read."""
        return self._heard or read

    def _how_far(self, push: Push) -> str:
        """Return how far a push is that has run for more than a second, "" for any other."""
        pace = self._paces.get(push.push_id)
        return pace.short if pace is not None else ""

    def _show_change(self, push: Push) -> None:
        """Show a push that is new or has a new state. Only rows that differ are replaced."""
        rows = self._rows
        if self._building:
            return
        if rows is None or rows.today != self.desk_app.now().date():
            self._show_rows()
            return
        is_new = rows.is_new(push)
        changed = rows.take(push, self._how_far(push))
        if is_new:
            self._list.set_rows(rows.newest_first)
            if push.asset is Asset.MILESTONE and self._lacks_client(push):
                self._read_clients(rows)
        else:
            for row in changed:
                self._list.update_row(row.push.push_id, row)
        self._show_day(rows)

    @on(RowList.Highlighted, "#push-list")
    def _push_highlighted(self) -> None:
        self._read_push()

    @work(exclusive=True, group="push")
    async def _read_push(self) -> None:
        row, desk = self._list.cursor_row, self.desk
        if row is None:
            self._show_nothing()
            return
        if desk is None:
            return
        push = self._pushes[row.push.push_id]
        self._reading, self._heard = push.push_id, None
        for place in [place for place in self._unread if place[0] == push.push_id]:
            self._unread.remove(place)
            del self._found[place]
        live = desk.engine.live(push.push_id) if desk.engine else None
        try:
            if live is not None:
                plan = None if live.plan_is_gone else live.plan
            else:
                plan = await activity.read_plan(desk.book, push)
            names = await desk.names.of(push) if desk.names is not None and plan is None else PushNames()
            links = await desk.book.where(Link, local_id=push.subject) if push.asset is Asset.LINK else []
            # The steps come last, because a live push goes on while the rest is read.
            if live is not None:
                shown = Activity(live.push, tuple(live.steps))
            else:
                shown = await activity.read_activity(desk.book, push)
            may_be_undone = await desk.undo.may_be_undone(shown.push)
        except DeskError as error:
            notify_error(self.app, error, title="The book")
            return
        if shown.missing:
            notify(self.app, shown.missing, title="The book", severity="warning")
        if names.client:
            self._clients = self._clients.having({push.push_id: names.client})
        self._told, self._plan, self._names = self._newer(shown), plan, names
        self._may_be_undone = may_be_undone
        self._flex_id = links[-1].remote_id if links else ""
        self._n = most_urgent(self._told)
        self._show_push()

    # -- one push --------------------------------------------------------------------------------------

    def _show_nothing(self) -> None:
        """Show that there is no push under the cursor: no key acts on the one that was there before."""
        self._told, self._plan, self._names = None, None, PushNames()
        self._may_be_undone = False
        self._static("push-title").display = False
        self._static("step-text").update(
            plain(detail.NO_PUSH if self._pushes else detail.NOTHING, "$foreground-muted")
        )
        self.query_one(StepStrip).display = False
        self._static("step-trail").update(plain(""))
        self.refresh_bindings()

    def _show_push(self) -> None:
        shown = self._told
        if shown is None:
            return
        strip = self.query_one(StepStrip)
        strip.set_steps(push_steps(self._plan, shown.steps, self._names.steps))
        if 0 <= self._n < len(shown.steps):
            strip.cursor_line = self._n
        self._show_step()

    def _show_step(self) -> None:
        """Show the question first, then what happened; the steps, the request and the reply only if they are open."""
        shown, step = self._told, self._step
        if shown is None:
            return
        push, zone = shown.push, self.desk_app.local
        when = when_words(push, zone, self.desk_app.now().timestamp())
        self._static("push-title").display = True
        set_text(self._static("push-title"), detail.title_line(push, step, self.client_of(push), when))
        width = self.query_one("#step").size.width - 2  # a scrollbar may come
        summaries = step_summaries(self._plan, self._names.steps, shown.steps)
        pace = self._paces.get(push.push_id)
        asked = [self._clue_lines(shown, step, summaries, width), detail.choice_lines(step, width)]
        head = [
            lines_of(pace.line() if pace is not None else plain(""), width),
            lines_of(detail.remark_line(push, step, self._waits(push)), width),
        ]
        height = self.query_one("#step").size.height
        if len(stacked([*head, *asked], apart=1).lines) > height:
            asked.reverse()  # what the keys do stays in sight
        happened = plain("") if self._is_open else detail.happened_lines(shown.steps, summaries, zone, width)
        command = detail.command_line(self._command(shown), width)
        fold = detail.fold_line(len(shown.steps), push.plan, is_open=self._is_open)
        parts = [
            *head,
            *asked,
            lines_of(happened, width),
            lines_of(command, width, "copy_command"),
            lines_of(fold, width, "details"),
        ]
        self.query_one(PushText).show(stacked(parts, apart=1))
        self.query_one(StepStrip).display = self._is_open
        below = [detail.trail_lines(step, zone, width), detail.exchange_lines(step)] if step else []
        trail = [text for text in below if text.plain and self._is_open]
        set_text(self._static("step-trail"), content("\n\n").join(trail))
        self.refresh_bindings()

    def _clue_lines(
        self, shown: Activity, step: StepRecord | None, summaries: Sequence[str], width: int
    ) -> ClickText:
        """Return what to look for in the other system, if the step asks something about a record there."""
        if step is None or step.state not in ASKING:
            return NO_TEXT
        clues = [*self._clues(shown, step, summaries), *self._candidates(shown, step)]
        return detail.clue_lines(step, clues, self.desk_app.local, width)

    def _clues(self, shown: Activity, step: StepRecord, summaries: Sequence[str]) -> list[Clue]:
        planned = self._plan.steps[step.n] if self._plan is not None and self._plan.steps else None
        return clues_of(planned, summaries[step.n], self._plan, shown.steps)

    def _candidates(self, shown: Activity, step: StepRecord) -> list[Clue]:
        """Return the records that the step may be, and begin to read them unless that was done."""
        if not step.candidates:
            return []
        place = (shown.push.push_id, step.n, step.candidates)
        if place not in self._found:
            self._found[place] = [Clue("Found", remote_id) for remote_id in step.candidates]
            self._read_candidates(step, place)
        return self._found[place]

    @work(group="candidates")
    async def _read_candidates(self, step: StepRecord, place: tuple[str, int, tuple[str, ...]]) -> None:
        """Read the records that a step may be. If the system can't be asked, their ids are shown alone."""
        engine = self.desk.engine if self.desk is not None else None
        if engine is None:
            return
        try:
            records = await engine.candidates(place[0], place[1])
        except DeskError:
            self._unread.add(place)
            return
        said = {
            record.remote_id: record_words(step.entity, record.fields, self.desk_app.local)
            for record in records
        }
        self._found[place] = [
            Clue("Found", " ".join(filter(None, (remote_id, said.get(remote_id, "")))))
            for remote_id in step.candidates
        ]
        self._show_step()

    def _command(self, shown: Activity) -> str:
        return push_command(shown.push, shown.steps, self._flex_id)

    def _waits(self, push: Push) -> str:
        """Return since when a paused push waits and when it is tried again automatically; "" if it is not."""
        resumption = self.desk.resumption if self.desk is not None else None
        waiting = resumption.waiting_push(push.push_id) if resumption is not None else None
        return waiting_line(waiting, self.desk_app.local) if waiting is not None else ""

    @on(StepStrip.Highlighted)
    def _step_highlighted(self, event: StepStrip.Highlighted) -> None:
        self._n = event.index
        self._show_step()

    @property
    def _step(self) -> StepRecord | None:
        shown = self._told
        return shown.steps[self._n] if shown and self._n < len(shown.steps) else None

    def action_details(self) -> None:
        """Show or hide the steps, the request and the reply."""
        self._is_open = not self._is_open
        if not self._is_open and self.query_one(StepStrip).has_focus:
            self.set_focus(self._list)
        self._show_step()

    def action_scroll_text(self, way: str) -> None:
        """Scroll the text about the push by half a page, "down" or "up"."""
        place = self.query_one("#step", VerticalScroll)
        half = max(1, place.size.height // 2)
        place.scroll_relative(y=half if way == "down" else -half, animate=False)

    def action_copy_search(self) -> None:
        """Copy a text for the search box of the other system."""
        shown, step = self._told, self._step
        if shown is None or step is None:
            return
        summaries = step_summaries(self._plan, self._names.steps, shown.steps)
        clues = self._clues(shown, step, summaries)
        text = search_text(step.entity, clues, self.client_of(shown.push), step.ref)
        self.desk_app.copy_text(text, "The text to search for")

    def action_copy_command(self) -> None:
        """Copy the command that does the same as this push."""
        if self._told is not None:
            self.desk_app.copy_text(self._command(self._told), "The command")

    # -- deciding --------------------------------------------------------------------------------------

    @on(ClickLines.Clicked)
    async def _line_clicked(self, event: ClickLines.Clicked) -> None:
        await self.run_action(event.action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be decided about this step, and only where this console may write."""
        if action == "decide":
            offered = choices(self._step) if self._step else ()
            return bool(parameters) and parameters[0] in offered and self._may_write
        if action == "resume":
            push = self._told.push if self._told else None
            return self._may_write and push is not None and push.state is PushState.PAUSED
        if action == "undo_push":
            return self._may_write and self._may_be_undone
        if action == "stop_work":
            return bool(self.desk_app.attention.works)
        if action == "copy_search":
            return self._step is not None and self._step.state in ASKING
        if action in ("explain", "details", "copy_command"):
            return self._told is not None
        if action == "receipt":
            push = self._told.push if self._told else None
            has_receipts = self.desk is not None and self.desk.receipts is not None
            return push is not None and push.state in ENDED and has_receipts
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why an action can't be done with the push or step under the cursor."""
        if action not in _OF_A_PUSH:
            return ""
        if self._told is None:
            is_coming = not self._is_read or self._list.cursor_row is not None
            return STILL_READING if is_coming else "There is no push under the cursor."
        if action in ("decide", "resume") and not self._may_write:
            return "brokerdesk only reads: another process has the book open."
        if action == "decide" and not (self._step and choices(self._step)):
            return "This step needs no decision."
        if action == "resume" and self._told.push.state is not PushState.PAUSED:
            return "Only a push that is paused can be continued."
        if action == "undo_push" and not self._may_be_undone:
            return wording.no_undo_words(self._told.push)
        return ""

    @property
    def _may_write(self) -> bool:
        return self.desk is not None and self.desk.engine is not None

    @work(exclusive=True, group="decide")
    async def action_decide(self, choice: str) -> None:
        """Carry out a decision about the step. Ask first if the decision creates or replaces a record."""
        shown, step = self._told, self._step
        if shown is not None and step is not None:
            clues = self._candidates(shown, step)
            if await PushDecisions(self.desk_app).decide(shown.push.push_id, step, Choice(choice), clues):
                self._read_push()

    def action_resume(self) -> None:
        """Continue this push. Open circuit breakers are closed first."""
        if self._told is not None:
            self.desk_app.pushes.resume(self._told.push.push_id)

    @work(exclusive=True, group="undo")
    async def action_undo_push(self) -> None:
        """Show what this push replaced on contacts in FLEX, and put it back after a yes."""
        if self._told is not None:
            await PushDecisions(self.desk_app).undo(self._told.push.push_id)

    def action_explain(self) -> None:
        """Show what each thing on the screen about this push and step means, and what to do."""
        if self._told is not None:
            lines = explain_lines(self._told, self._step, is_open=self._is_open)
            self.app.push_screen(MessageDialog("What this means", lines))

    @work(exclusive=True, group="receipt")
    async def action_receipt(self) -> None:
        """Show the receipt of this push."""
        if self._told is None:
            return
        dialog = await read_receipt(self.app, self.desk, self._told.push.push_id)
        if dialog is not None:
            await self.app.push_screen_wait(dialog)

    # -- small things ----------------------------------------------------------------------------------

    def action_next_step(self) -> None:
        """Move the focus between the list and the steps, which are opened for that."""
        strip = self.query_one(StepStrip)
        if strip.has_focus:
            self.set_focus(self._list)
            return
        self._is_open = True
        self._show_step()
        self.set_focus(strip)

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
        """Leave the steps, else clear the filter."""
        box = self.query_one("#push-filter", Input)
        if not self.query_one(StepStrip).has_focus:
            box.value = ""
        self.set_focus(self._list)

    @property
    def _list(self) -> RowList[wording.PushRow]:
        return self.query_one("#push-list", RowList)

    def _static(self, name: str) -> Static:
        return self.query_one(f"#{name}", Static)


def most_urgent(shown: Activity) -> int:
    """Return the number of the step that is shown first: the most urgent, else the first whose reply was lost."""
    for state in URGENT:
        for step in shown.steps:
            if step.state is state:
                return step.n
    return next(
        (step.n for step in shown.steps if any(event.code in detail.SETTLED for event in step.trail)), 0
    )
