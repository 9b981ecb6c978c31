"""The Milestones room: contacts on the left, one contact's timeline on the right. A person confirms what is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from core.errors import DeskError
from core.milestones.calculations.report import NO_SOURCE
from core.milestones.inputs import MilestoneLine
from core.texts import how_many
from tui.actions import bindings_for
from tui.milestones import wording
from tui.milestones.rows import (
    EMPTY,
    ContactRow,
    MilestoneRow,
    contact_rows,
    contacts_listing,
    names_of,
    timeline_listing,
    timeline_rows,
)
from tui.room import Room
from tui.text import content, notify, plain
from tui.widgets.clickable.click_lines import NO_TEXT, ClickLines
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog, live_lines
from tui.widgets.list_parts.filter_box import FilterBox
from tui.widgets.row_list import RowList
from tui.words.contact_desk.milestones import Present, changes_in
from tui.words.waiting import waiting_line

if TYPE_CHECKING:
    from textual.timer import Timer

    from core.automatic.unasked import UnaskedSender
    from core.milestones.use_cases import MilestoneUseCases, Overview
    from tui.wiring import Desk

NO_SYSTEMS: Final = (
    "This profile has no contact systems.\n\nMilestones go from SimpleNexus to Total Expert. Name both in config.toml: "
    "[profiles.NAME.simplenexus] and [profiles.NAME.total_expert]."
)
READING: Final = "Reading what happened in SimpleNexus …"
WATCHES: Final = "The vendors' own integration sends; brokerdesk only watches (writer in config.toml)."
LONGEST: Final = 200
"""The most characters that a reason may have."""


class _Question(NamedTuple):
    """A question before a decision: the title, the lines for what sends unasked, and the word for yes."""

    title: str
    lines: Callable[[UnaskedSender], list[Content]]
    yes: str


class MilestonesScreen(Room):
    """The screen of the room. On the right, below the timeline, is the milestone under the cursor."""

    room = "milestones"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("milestones")]
    CSS_PATH = "screen.tcss"
    NEEDS_LINES = Room.NEEDS_LINES | {"next-list"}

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""
        """The key of the contact whose timeline is shown."""
        self._led_to = ""
        """The key of the entry to which the room led the timeline's cursor; "" while a person holds it elsewhere."""
        self._present = Present(lambda: self._now, self._when, self._sender_of)
        self._tick: Timer | None = None
        """The timer that shows the countdowns again when one of them reads differently."""

    def compose_room(self) -> ComposeResult:
        """Yield the two sides."""
        with Horizontal(id="milestones"):
            with Vertical(id="people"):
                yield Static(id="people-day")
                with Horizontal(id="people-filter-line"):
                    yield Static(plain("/ ", "bold $primary"), id="people-filter-sign")
                    yield FilterBox(id="people-filter")
                yield RowList(contacts_listing(self._present), id="people-list")
                yield Static(id="people-lack")
                yield Static(id="people-foot")
            with Vertical(id="timeline"):
                yield Static(id="timeline-title")
                yield Static(id="timeline-remark")
                yield RowList(timeline_listing(self._present), id="timeline-list")
                with VerticalScroll(id="milestone", can_focus=False):
                    yield Static(id="milestone-question")
                    yield Static(id="milestone-facts")
                    yield ClickLines(id="milestone-keys")

    def on_mount(self) -> None:
        """Focus the contacts."""
        self._people.placeholder = READING
        self.set_focus(self._people)
        self.milestones_seen()

    def on_resize(self) -> None:
        """Wrap the texts for the new width."""
        self.call_after_refresh(self._show_milestone)

    # -- what was seen ---------------------------------------------------------------------------------

    def desk_opened(self, desk: Desk) -> None:
        """Show a hint if the profile has no contact systems. Otherwise the app's watch reads them."""
        if desk.milestones is None:
            self._people.placeholder = NO_SYSTEMS
        self.milestones_seen()

    def desk_failed(self, error: DeskError) -> None:
        """Show the error in place of the list."""
        self._people.placeholder = f"{error.message}\n\n{error.fix}"
        self._people.placeholder_tone = "bad"

    def milestones_seen(self) -> None:
        """Show the state of everything, or why that is not known."""
        overview, trouble = self.desk_app.milestone_watch.overview, self.desk_app.milestone_watch.trouble
        if overview is None:
            if trouble is not None:
                self.desk_failed(trouble)
            return
        lacking = f"\n\n{NO_SOURCE}" if overview.lacks_calculations else ""
        self._people.placeholder = f"{EMPTY}{lacking}"
        self._people.placeholder_tone = "placeholder"
        self._people.set_rows(contact_rows(overview.lines, overview.paused, self._names()))
        today = self.desk_app.now().date()
        self._put("people-day", wording.day_line(overview, self.desk_app.local, today))
        self._put("people-foot", wording.foot_line(sends=self.desk_app.milestone_watch.sends))
        lacks = wording.lack_lines(overview)
        self._put("people-lack", plain("\n".join(lacks)))
        self.query_one("#people-lack", Static).display = bool(lacks)
        self._show_contact()
        self._wait_for_a_change()

    def on_screen_resume(self) -> None:
        """Show everything again: other rooms may have read names since."""
        self.milestones_seen()

    def on_screen_suspend(self) -> None:
        """Count down no more: nobody sees it."""
        self._wait_no_more()

    def _names(self) -> dict[str, str]:
        contacts = self.desk.contacts if self.desk is not None else None
        overview = self.desk_app.milestone_watch.overview
        return names_of(contacts.last if contacts is not None else None, overview.lines if overview else ())

    def _when(self, at: float) -> str:
        return self.desk_app.local.clock_or_day(at, self.desk_app.now().timestamp())

    def _sender_of(self, line: MilestoneLine) -> UnaskedSender | None:
        return self.desk_app.milestone_watch.unasked.sender_of(line)

    @property
    def _now(self) -> float:
        return self.desk_app.now().timestamp()

    @on(RowList.Highlighted, "#people-list")
    def _contact_highlighted(self) -> None:
        self._show_contact()

    def _show_contact(self) -> None:
        row = self._contact
        rows = timeline_rows(row.lines, self._when) if row is not None else []
        leads = row is not None and (row.key != self._shown or self._leads)
        self._timeline.set_rows(rows)
        if row is not None and leads:
            self._lead_to(MilestoneRow(row.chief, "").key)
        self._shown = row.key if row is not None else ""
        title, remark = plain(""), plain("")
        if row is not None:
            link = f"contact {row.contact}" if row.contact else "not linked with a contact of Total Expert"
            title = content("[b]$name[/b]   [$foreground-muted]$link[/]", name=row.name, link=link)
            if self._watches_only:
                remark = plain(WATCHES, "$foreground-muted")
            if row.paused:
                remark = content("[$warning]‖ paused:[/] nothing of this contact is sent until you press p")
        trouble = self.desk_app.milestone_watch.trouble
        if trouble is not None:
            waiting = self.desk_app.milestone_watch.waiting
            again = f"It {waiting_line(waiting, self.desk_app.local)}. " if waiting is not None else ""
            remark = content(
                "[$error]$what[/] [$warning]$again[/][$foreground-muted]$fix[/]",
                what=trouble.message,
                again=again,
                fix=trouble.fix,
            )
        self.query_one("#timeline-title", Static).update(title)
        place = self.query_one("#timeline-remark", Static)
        place.update(remark)
        place.display = bool(remark.plain) or self.has_class("-tall")
        self._show_milestone()

    @property
    def _leads(self) -> bool:
        """True while the timeline's cursor is where the room led it: it goes on with what the contact's row names."""
        return bool(self._led_to) and self._timeline.cursor_key == self._led_to

    def _lead_to(self, key: str) -> None:
        self._led_to = key
        self._timeline.move_to(key)

    @property
    def _watches_only(self) -> bool:
        desk = self.desk.milestones if self.desk is not None else None
        return desk is not None and desk.terms.writer == "vendor"

    @on(RowList.Highlighted, "#timeline-list")
    def _milestone_highlighted(self) -> None:
        self._show_milestone()

    def _show_milestone(self) -> None:
        """Show a milestone in texts of the room's width. `on_resize` comes back once there is a width."""
        if not self.query_one("#milestone").size.width:
            return
        line, row = self._line, self._contact
        texts = (plain(""),) * 2
        keys = NO_TEXT
        if line is not None and row is not None:
            width = self.query_one("#milestone").size.width - 1  # its scrollbar
            sender = self._sender_of(line)
            keys = wording.key_lines(line, sender, paused=row.paused, may_write=self._may_write, width=width)
            texts = (
                wording.question_line(line, self._now),
                wording.fact_lines(line, self.desk_app.local, self._now, width),
            )
        for name, text in zip(("question", "facts"), texts, strict=True):
            self._put(f"milestone-{name}", text)
        self.query_one(ClickLines).show(keys)
        self.refresh_bindings()

    @on(ClickLines.Clicked)
    async def _line_clicked(self, event: ClickLines.Clicked) -> None:
        await self.run_action(event.action)

    def _put(self, name: str, text: Content) -> None:
        self.query_one(f"#{name}", Static).update(text)

    # -- countdowns ------------------------------------------------------------------------------------

    def _wait_for_a_change(self) -> None:
        """Wake up when the next countdown reads differently, and not before. Without a countdown, never."""
        self._wait_no_more()
        overview = self.desk_app.milestone_watch.overview
        seconds = changes_in(overview.lines, self._now) if overview is not None else None
        if seconds is not None and self.is_current:
            self._tick = self.set_timer(seconds, self._count_down)

    def _wait_no_more(self) -> None:
        if self._tick is not None:
            self._tick.stop()
            self._tick = None

    def _count_down(self) -> None:
        """Show the countdowns again. The texts of the lists are made when they are painted."""
        self._people.lines_changed()
        self._timeline.lines_changed()
        line = self._line
        if line is not None and line.counts_down:
            self._put("milestone-question", wording.question_line(line, self._now))
        self._wait_for_a_change()

    # -- deciding --------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what applies to the milestone under the cursor, and only if this console may write."""
        line, row = self._line, self._contact
        match action:
            case "send_milestone":
                return self._may_write and line is not None and wording.can_be_sent(line)
            case "send_even_so":
                return self._may_write and line is not None and wording.can_be_approved(line)
            case "skip_milestone":
                return self._may_write and line is not None and wording.can_be_skipped(line)
            case "unskip_milestone":
                return self._may_write and line is not None and line.can_be_unskipped
            case "pause_contact":
                return self._may_write and row is not None and bool(row.contact)
            case "send_all_due" | "send_by_itself":
                return self._may_write and self.desk_app.milestone_watch.overview is not None
            case "read_milestones":
                return self.desk is not None and self.desk.milestones is not None
            case _:
                return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why an action can't be done now."""
        if action in _WHY_NOT and self.check_action(action, ()) is False:
            desk = self.desk
            if desk is not None and desk.milestones is None:
                return "This profile has no contact systems."
            if desk is not None and not self._may_write:
                return "brokerdesk only reads: another process has the book open."
            return _WHY_NOT[action] if self._line is not None else "No milestone is selected."
        return ""

    @property
    def _may_write(self) -> bool:
        return self.desk is not None and self.desk.engine is not None and self.desk.milestones is not None

    async def action_send_milestone(self) -> None:
        """Send the milestone under the cursor after a confirmation."""
        if self._line is not None and wording.can_be_sent(self._line):
            self._ask_to_send([self._line])

    @on(RowList.Selected, "#timeline-list")
    async def _milestone_opened(self) -> None:
        if self._may_write:
            await self.action_send_milestone()

    def action_send_all_due(self) -> None:
        """Send everything that is due after a confirmation that shows how much that is."""
        overview = self.desk_app.milestone_watch.overview
        if overview is not None and overview.due:
            self._ask_to_send(list(overview.due))
        elif overview is not None:
            notify(self.app, "Nothing is due.")

    @work(exclusive=True, group="decide")
    async def _ask_to_send(self, chosen: list[MilestoneLine]) -> None:
        if self.desk is None or self.desk.milestones is None:
            return
        try:
            await self.desk.milestones.check_together(len(chosen))
        except DeskError as error:
            self.desk_app.warn(
                f"{error.message}\n{error.fix}", title=f"Send {how_many(len(chosen), 'milestone')}"
            )
            return
        names = self._names()
        recipients = [names.get(line.contact, f"contact {line.contact}") for line in chosen]
        title = (
            f"Send {how_many(len(chosen), 'milestone')}"
            if len(chosen) > 1
            else f"Send “{chosen[0].milestone}”"
        )
        lines = [*live_lines(live=self.desk_app.live), *wording.send_lines(chosen, recipients)]
        question = ConfirmDialog(title, lines, yes="Send", grace=self.desk_app.grace)
        if await self.app.push_screen_wait(question):
            sent = [line.name for line in chosen]
            here = self._timeline.cursor_key
            if here is not None and here in sent:
                self._led_to = here  # once it is sent, the room leads on
            self.desk_app.milestone_watch.send(sent)

    @work(exclusive=True, group="decide")
    async def action_send_by_itself(self) -> None:
        """Begin or stop sending what is due without asking, while the app is open."""
        app = self.desk_app
        if not app.milestone_watch.sends:
            if self.desk is None or self.desk.milestones is None:
                return
            try:
                await self.desk.milestones.check_unasked()
            except DeskError as error:
                app.warn(f"{error.message}\n{error.fix}", title="Auto-send")
                return
            due = len(app.milestone_watch.overview.due) if app.milestone_watch.overview is not None else 0
            lines = [
                *live_lines(live=app.live),
                plain("While brokerdesk is open, a milestone is sent as soon as it is due, without asking."),
                plain(f"Now due: {due:,}. What needs you or is paused still waits."),
                plain(""),
                plain(wording.FOR_EVER, "$warning"),
            ]
            question = ConfirmDialog("Auto-send", lines, yes="Begin auto-send", grace=app.grace)
            if not await app.push_screen_wait(question):
                return
            app.milestone_watch.start_sending()
        else:
            app.milestone_watch.stop_sending()

    def action_send_even_so(self) -> None:
        """Approve the milestone under the cursor although there is a doubt."""
        line = self._line
        if line is not None and wording.can_be_approved(line):
            title = f"Send “{line.milestone}” anyway"
            asked = partial(wording.anyway_lines, line, self._recipient(line))
            self._make_due(
                [line], lambda room: room.approve(line.name), _Question(title, asked, "Send anyway")
            )

    def _make_due(
        self,
        lines: Sequence[MilestoneLine],
        decide: Callable[[MilestoneUseCases], Awaitable[Overview]],
        question: _Question,
    ) -> None:
        """Carry out a decision that may make these milestones due. Ask first if something then sends them unasked.

        An insight can't be taken back, so no decision may send one without a question.
        """
        sender = self.desk_app.milestone_watch.unasked.sender_of_any(lines)
        if sender is None:
            self._led_to = ""  # the cursor stays here, where the next key sends
            self.desk_app.milestone_watch.decide(decide)
        else:
            self._ask_first(decide, question, sender)

    @work(exclusive=True, group="decide")
    async def _ask_first(
        self,
        decide: Callable[[MilestoneUseCases], Awaitable[Overview]],
        question: _Question,
        sender: UnaskedSender,
    ) -> None:
        app = self.desk_app
        lines = [*live_lines(live=app.live), *question.lines(sender)]
        if await app.push_screen_wait(
            ConfirmDialog(question.title, lines, yes=question.yes, grace=app.grace)
        ):
            app.milestone_watch.decide(decide)

    def _recipient(self, line: MilestoneLine) -> str:
        return self._names().get(line.contact) or f"contact {line.contact}"

    @work(exclusive=True, group="decide")
    async def action_skip_milestone(self) -> None:
        """Ask for a reason, and never send the milestone under the cursor."""
        line = self._line
        if line is None or not wording.can_be_skipped(line):
            return
        ask = content("Why should “$milestone” not be sent?", milestone=line.milestone)
        reason = await self.app.push_screen_wait(LineDialog("Skip", ask, _wrong_reason, empty=NO_REASON))
        if reason:
            self._led_to = ""  # the cursor stays here, where u takes the skip back
            self.desk_app.milestone_watch.decide(lambda room: room.skip(line.name, reason))
            notify(self.app, "Skipped. u takes that back.", title=line.milestone)

    def action_unskip_milestone(self) -> None:
        """Take back that the milestone under the cursor is never sent."""
        line = self._line
        if line is not None and line.can_be_unskipped:
            self.app.clear_notifications()  # one of them may still say that u takes the skip back
            title = f"Undo the skip of “{line.milestone}”"
            asked = partial(wording.unskip_lines, line, self._recipient(line))
            self._make_due(
                [line], lambda room: room.unskip(line.name), _Question(title, asked, "Undo the skip")
            )

    def action_pause_contact(self) -> None:
        """Pause the contact under the cursor, or end the pause."""
        row = self._contact
        if row is None or not row.contact:
            return
        contact = row.contact
        if row.paused:
            held = [line for line in row.lines if line.waits_for_go_on]
            asked = partial(wording.go_on_lines, held, row.name)
            self._make_due(
                held, lambda room: room.unpause(contact), _Question("End the pause", asked, "Go on")
            )
        else:
            self.desk_app.milestone_watch.decide(lambda room: room.pause(contact))

    def action_read_milestones(self) -> None:
        """Ask SimpleNexus and look at everything again."""
        self.desk_app.milestone_watch.read()

    # -- small things ----------------------------------------------------------------------------------

    def action_next_list(self) -> None:
        """Move the focus between the contacts and the timeline."""
        self.set_focus(self._people if self._timeline.has_focus else self._timeline)

    @on(RowList.Selected, "#people-list")
    def _contact_opened(self) -> None:
        self.set_focus(self._timeline)

    def action_filter(self) -> None:
        """Focus the filter at once, because the next keys are meant for it."""
        self.set_focus(self._filter)

    @on(Input.Changed, "#people-filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._people.filter(event.value)

    @on(Input.Submitted, "#people-filter")
    def _filter_submitted(self) -> None:
        self.set_focus(self._people)

    def action_back(self) -> None:
        """Leave the timeline, else clear the filter."""
        if not self._timeline.has_focus:
            self._filter.value = ""
        self.set_focus(self._people)

    @property
    def _contact(self) -> ContactRow | None:
        return self._people.cursor_row

    @property
    def _line(self) -> MilestoneLine | None:
        row = self._timeline.cursor_row
        return row.line if row is not None else None

    @property
    def _people(self) -> RowList[ContactRow]:
        return self.query_one("#people-list", RowList)

    @property
    def _timeline(self) -> RowList[MilestoneRow]:
        return self.query_one("#timeline-list", RowList)

    @property
    def _filter(self) -> Input:
        return self.query_one("#people-filter", Input)


NO_REASON: Final = "Say why in a few words. The book keeps it."


def _wrong_reason(text: str) -> str:
    return f"At most {LONGEST} characters." if len(text) > LONGEST else ""


_WHY_NOT: Final = {
    "send_milestone": "This milestone isn't due.",
    "send_even_so": "Nothing holds this milestone back that you could overrule.",
    "skip_milestone": "This milestone is settled, or being sent.",
    "unskip_milestone": "Nobody skipped this milestone, or nothing more is known of it.",
    "pause_contact": "This person isn't linked with a contact of Total Expert yet.",
    "send_all_due": "The milestones are still being read.",
    "send_by_itself": "The milestones are still being read.",
}
"""Why an action can't be done with the milestone under the cursor."""
