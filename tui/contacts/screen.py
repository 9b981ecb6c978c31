"""The Contacts room: what happens to every contact of both systems, and the questions that a person has to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Verdict
from core.contacts.records import Answer
from core.contacts.review.decisions import Ids
from core.contacts.review.group_question import is_group
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.use_cases import AnswerResult, ReviewUseCases
from core.errors import DeskError
from core.local_forms import words_of
from core.texts import how_many
from tui.actions import bindings_for
from tui.contacts import wording
from tui.contacts.answering import ContactAnswers
from tui.contacts.controller import ContactController
from tui.contacts.detail import PairDetail, ShownRow, owner_names
from tui.contacts.fresh_question import FreshQuestion
from tui.contacts.groups.detail import GroupDetail
from tui.contacts.groups.view import GroupChoice, GroupView, group_view
from tui.contacts.messages import Heard, LastQuestionsRead, Matching, MatchRead, ReadAgain, ReadFailed
from tui.contacts.offered import is_offered, why_not_offered
from tui.contacts.pairs import PairList, Pairs
from tui.contacts.reading import STOPPED, MatchReader
from tui.contacts.review_side import ReviewSide
from tui.contacts.verdicts import ALL
from tui.room import Room
from tui.text import notify
from tui.widgets.clickable.click_lines import ClickLines
from tui.widgets.row_list import RowList
from tui.words.reads import full_read_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.contacts.review.queue import Cost
    from tui.messages import PushChanged
    from tui.wiring import Desk

NO_SYSTEMS: Final = (
    "This profile has no contact systems.\n\nTo match SimpleNexus with Total Expert, name both in config.toml: "
    "[profiles.NAME.simplenexus] and [profiles.NAME.total_expert]."
)


_OF_MARKED: Final = {"share-app": "share app with", "invite-agent": "invite"}
"""The words of the actions that take all marked people."""
NOTHING_NEEDS_YOU: Final = "Nothing needs you. a shows what a sync would do."


class ContactsScreen(Room):
    """The verdicts and the queue on the left, one pair on the right."""

    room = "contacts"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("contacts")]
    CSS_PATH = "screen.tcss"
    NEEDS_LINES = Room.NEEDS_LINES | {"next-part", "filter"}

    def __init__(self) -> None:
        super().__init__()
        self._controller = ContactController(self)
        self._reading = MatchReader(self, self._controller)
        self._answers = ContactAnswers(self, self._holds_a_key)
        self._review: ReviewUseCases | None = None
        self._gathered: MatchSnapshot | None = None
        self._pairs: Pairs | None = None
        self._ids: Ids = ("", "")
        self._blind = False
        self._bits = False
        self._pair_by_pair = ""
        """The key of the group that is shown pair by pair; "" while groups are shown as tables."""
        self._choice = GroupChoice()
        self._group: GroupView | None = None
        self._changed_meanwhile = False
        """True if a reading changed the question that is shown, and no key was pressed since."""

    def compose_room(self) -> ComposeResult:
        """Yield the two sides."""
        with Horizontal(id="contacts", classes="-pairs"):
            yield ReviewSide()
            yield PairDetail(id="pair-detail")
            yield GroupDetail(id="group-detail")

    def on_mount(self) -> None:
        """Start in the queue."""
        self._question = FreshQuestion(self, self.desk_app.grace)
        self.set_focus(self._list)

    def on_resize(self) -> None:
        """Draw the bar and the title for the new width."""
        self.call_after_refresh(self._fit_list)
        self.refresh_bindings()

    @property
    def is_narrow(self) -> bool:
        """True if the pair takes the whole width, so that the list is opened over it."""
        return self.has_class("-narrow")

    @property
    def review(self) -> ReviewUseCases | None:
        """What keeps the answers; None for a profile without contact systems."""
        return self._review

    @property
    def pairs(self) -> Pairs | None:
        """The match that is shown; None before the first."""
        return self._pairs

    @property
    def gathered(self) -> MatchSnapshot | None:
        """The snapshot of the match that is shown; None before the first."""
        return self._gathered

    @property
    def read(self) -> tuple[MatchSnapshot, Reviewed] | None:
        """The latest snapshot with the reviewed match; None until both systems were read."""
        pairs, gathered = self._pairs, self._gathered
        if pairs is None or gathered is None or self._last_match:
            return None
        return gathered, pairs.reviewed

    @property
    def total_expert_ids(self) -> tuple[str, ...]:
        """The Total Expert ids of the marked rows; without marks, of the row under the cursor."""
        marked = [self._list.row(key) for key in self._list.marks] if self._list.takes_marks else []
        rows = marked or [self._list.cursor_row]
        return tuple(contact_id for row in rows if row is not None for contact_id in row.total_expert_ids)

    @property
    def marks_remark(self) -> str:
        """A sentence about marked rows that are not shown; "" if all marked rows are shown."""
        return self._list.marks_remark if self._list.takes_marks else ""

    def footer_of(self, action: str) -> str | None:
        """Say in the footer that sharing and inviting take the marked people."""
        marked = self._list.marked if self._list.takes_marks else 0
        words = _OF_MARKED.get(action)
        return f"{words} {marked:,} marked" if words and marked else super().footer_of(action)

    # -- reading --------------------------------------------------------------------------------------

    def desk_opened(self, desk: Desk) -> None:
        """Read and match both systems, or show that the profile has none."""
        if desk.contacts is None:
            self._list.placeholder = NO_SYSTEMS
            return
        self._review = ReviewUseCases(desk.book, desk.contacts.clock, desk.contacts.terms.operator)
        self._reading.open(desk.contacts, self._review)
        self.show_reading()

    def known_match(self) -> tuple[float, Mapping[Verdict, int], Mapping[Cost, int]] | None:
        """Return when the match was made that is shown, its rows by verdict, and its open questions by cost."""
        if self._pairs is None or self._gathered is None or self._last_match:
            return None
        reviewed = self._pairs.reviewed
        return self._gathered.at, reviewed.counts, reviewed.costs

    def desk_failed(self, error: DeskError) -> None:
        """Show in the place of the list why there is no list."""
        self._list.placeholder = f"{error.message}\n\n{error.fix}"
        self._list.placeholder_tone = "bad"

    def action_read_contacts(self) -> None:
        """Read what changed. The old rows stay until the new rows are there."""
        if self._review is not None:
            self._list.placeholder_tone = "placeholder"
            self._reading.read_changes(self._review)

    def action_read_all_contacts(self) -> None:
        """Read everything again. The old rows stay until the new rows are there."""
        if self._review is not None:
            self._list.placeholder_tone = "placeholder"
            self._reading.read_all(self._review)

    def action_stop_reading(self) -> None:
        """Stop the reading. The old rows stay."""
        self._reading.stop()
        if self._pairs is None:
            self._list.placeholder = STOPPED
        self.refresh_bindings()

    @on(LastQuestionsRead)
    def _last_questions_read(self, event: LastQuestionsRead) -> None:
        self._gathered = event.gathered
        self._show_match(Pairs(event.reviewed, words_of(self.desk_app.local.country)))
        said = f"These are the questions of the last match ({self._last_match}). Both systems are being read now."
        notify(self.app, said, title="Contacts")

    @property
    def _last_match(self) -> str:
        """The time of the last match while its questions are shown, until both systems are read; "" for a new match."""
        at = self._review.last_at if self._review is not None else None
        if at is None:
            return ""
        return self.desk_app.local.since(at, self.desk_app.now().timestamp())

    @on(ReadAgain)
    def _read_again(self) -> None:
        self._reading.ended()
        self.action_read_contacts()

    def _show_match(self, pairs: Pairs) -> None:
        """Show another match. The cursor stays on its question if that is still there."""
        self._pairs = pairs
        self.query_one("#contacts").add_class("-matched")
        self._side.show_match(pairs, is_of_last_match=bool(self._last_match))
        if not any(pairs.reviewed.costs.values()):
            self._open_list(is_open=True)  # a narrow screen would show one empty row alone
        self._show_pair(None)
        self._show_progress()

    @on(Heard)
    def _heard(self, event: Heard) -> None:
        self._reading.heard(event)

    @on(Matching)
    def _matching(self) -> None:
        self._reading.matching()

    @on(MatchRead)
    def _match_read(self, event: MatchRead) -> None:
        reading = self._reading
        reading.ended()
        before, item = self._pairs, self.item
        self._gathered = event.gathered
        self._show_match(Pairs(event.reviewed, words_of(self.desk_app.local.country)))
        if (
            before is not None
            and item is not None
            and reading.say_change(before.reviewed, item, event.reviewed)
        ):
            self._choice = GroupChoice()  # the next key does not answer
            self._changed_meanwhile = True
        if self._review is not None:
            reading.say_taken_back(self._review)
        reading.say_set_aside(event.not_used)
        reading.say_missing()
        if before is not None:
            reading.say_how_read()

    def _holds_a_key(self) -> bool:
        """Return True for a key that is no answer to the question that is shown, and say so."""
        if self._question.is_fresh:
            if said := self._question.refuses():
                notify(self.app, said, title="Not decided", severity="warning")
            return True
        return self._is_changed_meanwhile()

    def _is_changed_meanwhile(self) -> bool:
        """Return True once after the shown question changed, and say that the key was not taken as an answer."""
        pairs, review = self._pairs, self._review
        is_older = pairs is not None and review is not None and pairs.reviewed is not review.reviewed
        if not self._changed_meanwhile and not is_older:
            return False
        self._changed_meanwhile = False
        said = "The question changed while both systems were read. Look at it, then press the key again."
        notify(self.app, said, title="Not decided", severity="warning")
        return True

    @on(ReadFailed)
    def _read_failed(self, event: ReadFailed) -> None:
        self._reading.ended()
        if self._pairs is None:
            self.desk_failed(event.error)
        else:
            notify(self.app, f"{event.error.message}\n{event.error.fix}", title="Contacts", severity="error")
        self._show_progress()
        self.refresh_bindings()
        self.desk_app.look_at_systems()

    def show_reading(self) -> None:
        """Show how far the reading is, or that it is over."""
        if self._pairs is None:
            self._list.placeholder = f"Reading both systems …\n\n{self._reading.line}"
        self._show_progress()
        self.refresh_bindings()

    def action_next_verdict(self) -> None:
        """Show the rows of the next verdict."""
        self._open_list(is_open=True)
        self._side.next_verdict()

    # -- one pair -------------------------------------------------------------------------------------

    @on(ReviewSide.Rested)
    def _row_rested(self) -> None:
        self._show_pair(None)

    @property
    def item(self) -> ReviewItem | None:
        """The question about the row under the cursor; None if there is nothing to decide."""
        row, pairs = self._list.cursor_row, self._pairs
        return pairs.reviewed.question(pairs.current(row)) if row is not None and pairs is not None else None

    def _shown(self, ids: Ids | None) -> ShownRow | None:
        pairs, row = self._pairs, self._list.cursor_row
        if pairs is None or row is None or self._gathered is None:
            return None
        item = self.item
        if item is not None:
            return ShownRow(
                pairs.reviewed,
                self._gathered,
                item.row,
                ids or item.first,
                item,
                self.desk_app.local.country,
                self._blind,
                self._bits,
                self._writer,
            )
        ids = ids or pairs.first(row)
        now = pairs.reviewed.row_of(*ids) or row
        title_field = self.desk.contacts.terms.agents.title_field if self.desk and self.desk.contacts else ""
        return ShownRow(
            pairs.reviewed,
            self._gathered,
            now,
            ids,
            None,
            self.desk_app.local.country,
            self._blind,
            self._bits,
            said=self._said(ids),
            title_field=title_field,
        )

    @property
    def shown(self) -> ShownRow | None:
        """The two records that are shown; None if there are none."""
        return self._shown(self._ids)

    def _said(self, ids: Ids) -> str:
        """Return what a person did about two records last, and when the app was shared; "" if there is neither.

        That is an answer, or that a person took the link of the two back.
        """
        if self._pairs is None:
            return ""
        local, reviewed = self.desk_app.local, self._pairs.reviewed
        judged, removed = reviewed.answered.get(ids), reviewed.matched.terms.taken_back.get(ids)
        row = reviewed.row_of(*ids)
        done = ""
        if removed is not None and row is not None and row.verdict is Verdict.UNLINKED:
            when = local.day_and_clock(removed.at)
            done = (
                f"a push changed this record on {when} where it should have made a new one; “same” links them"
                if removed.diverted
                else f"{removed.by} took the link back on {when}; “same” links again"
            )
        elif judged is not None:
            done = f"decided: {judged.answer}, by {judged.by} on {local.day_and_clock(judged.at)}"
        return ", ".join(filter(None, (done, self._controller.said_of_share(ids[1]))))

    def _show_pair(self, ids: Ids | None) -> None:
        """Show the row under the cursor with these two of its records; None: the records that the row names first."""
        self._group = self._group_view()
        shown = self._shown(ids)
        self._ids = shown.ids if shown else ("", "")
        self._show_side()
        if self._group is None:
            is_idle = self._pairs is not None and not any(self._pairs.reviewed.costs.values())
            self.query_one(PairDetail).show(shown, NOTHING_NEEDS_YOU if is_idle else "")
        self.query_one(GroupDetail).show(self._group)
        self.refresh_bindings()

    # -- a group --------------------------------------------------------------------------------------

    def _group_view(self) -> GroupView | None:
        """Return the group under the cursor; None if it is a pair, or if the group is shown pair by pair."""
        item, pairs = self.item, self._pairs
        if item is None or pairs is None or self._gathered is None or not is_group(item):
            return None
        if self._pair_by_pair == item.key:
            return None
        self._choice = self._choice.about(item.key)
        return group_view(
            pairs.reviewed, item, owner_names(self._gathered), self.desk_app.local.country, self._writer, self._choice,
            blind=self._blind, bits=self._bits,
        )  # fmt: skip

    @property
    def _writer(self) -> str:
        return self.desk.contacts.terms.writer if self.desk and self.desk.contacts else "desk"

    def _show_side(self) -> None:
        """Show the table for a group, else the pair. A focused part that goes passes the focus to the other."""
        part = self._detail
        had_focus = self.focused is not None and self.focused.id in ("pair", "group")
        both = self.query_one("#contacts")
        both.set_class(self._group is not None, "-group", update=False)  # the next line styles both
        both.set_class(self._group is None, "-pairs")
        self.call_after_refresh(self._show_progress)
        self.call_after_refresh(self._side.show_title)
        if had_focus and self.focused is not part:
            self.set_focus(part)

    @property
    def _detail(self) -> Widget:
        """The part on the right that scrolls."""
        return self.query_one("#group" if self._group is not None else "#pair")

    def _choose(self, choice: GroupChoice) -> None:
        self._choice = choice
        self._show_pair(self._ids)

    def action_group_go(self, place: int) -> None:
        """Go to one record of the group."""
        if self._group is not None:
            self._choose(self._group.moved(place - self._group.current))

    def action_tick_record(self, place: int) -> None:
        """Give the record at a place of the group its next answer; -1 means the record under the cursor."""
        if self._group is not None and self._group.open:
            self._choose(self._group.ticked(place if place >= 0 else self._group.current))

    def action_bits(self) -> None:
        """Show or hide the weights of the evidence. They come last, so the detail scrolls to them."""
        self._bits = not self._bits
        self._show_pair(self._ids)
        if self._group is None:
            self.query_one(PairDetail).show_why(is_wanted=self._bits)

    def action_pair_by_pair(self) -> None:
        """Show two records of a group side by side, or the table again."""
        item = self.item
        if item is None:
            return
        pair = self._group.pair() if self._group is not None else None
        self._pair_by_pair = item.key if self._group is not None else ""
        self._show_pair(pair)

    @on(ClickLines.Clicked)
    async def _line_clicked(self, event: ClickLines.Clicked) -> None:
        await self.run_action(event.action)

    def action_other_pair(self, by: int) -> None:
        """Show another pair of a row with several records."""
        if self._group is not None:
            self._choose(self._group.moved(by))
            return
        item = self.item
        if item is not None and self._pairs is not None:
            self._show_pair(self._pairs.reviewed.step(item, self._ids, by))

    def action_blind(self) -> None:
        """Hide or show the weights of the evidence. While they are hidden, the queue's order hides them too."""
        self._blind = not self._blind
        self._side.show_blind(is_blind=self._blind)
        self._show_pair(self._ids)

    # -- deciding -------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what applies to the row under the cursor."""
        match action:
            case "share_app":
                return self._controller.can_share()
            case "invite_agent":
                return self._controller.can_invite()
            case _:
                offered = is_offered(self, action, parameters)
                return super().check_action(action, parameters) if offered is None else offered

    def why_not(self, action: str) -> str:
        """Return why an action can't be done now."""
        if action not in {"share_app", "invite_agent"}:
            return why_not_offered(self, action)
        if self.check_action(action, ()):
            return ""
        marked = self._list.marks if self._list.takes_marks else ()
        about_marks = f"This is about the {how_many(len(marked), 'marked row')}. " if marked else ""
        return f"{about_marks}{why_not_offered(self, action)} {self.marks_remark}".strip()

    @property
    def group(self) -> GroupView | None:
        """The group that is shown as a table; None if a pair is shown."""
        return self._group

    @property
    def is_blind(self) -> bool:
        """True while the evidence is hidden."""
        return self._blind

    @property
    def is_reading(self) -> bool:
        """True while both systems are read."""
        return self._reading.is_running

    @property
    def can_stop_reading(self) -> bool:
        """True while a reading can be stopped: until its match is nearly there."""
        return self._reading.can_stop

    @property
    def has_systems(self) -> bool:
        """True if the profile has contact systems."""
        return self._review is not None

    @property
    def has_new_match(self) -> bool:
        """True if both systems were read; False while the questions of the last match are shown."""
        return self.read is not None

    async def action_answer(self, answer: str) -> None:
        """Answer the question that is shown, and go to the next open question."""
        if self._group is None:
            await self._answers.answer_pair(self._ids, Answer(answer))
        elif await self._answers.answer_group(self._group, Answer(answer)):
            self._choice = GroupChoice()
            self._show_pair(None)

    def action_of_owners(self) -> None:
        """Answer about all contacts of the two owners of this question."""
        self._answers.answer_owners()

    def action_all_alike(self) -> None:
        """Answer all questions that compare like this question."""
        self._answers.answer_alike()

    async def action_undo_answer(self) -> None:
        """Take the last decision back, and show its question again."""
        await self._answers.undo()

    def go_on(self) -> None:
        """Go to the next row to decide, and show it."""
        if self._pairs is not None:
            self._list.go_on(self._pairs.is_open)
        self._show_pair(None)
        self._question.came()

    def show_again(self, key: str) -> None:
        """Go to the question with this key, and show it. With "" the present row is shown again."""
        if key:
            self._list.move_to(key)
        self._show_pair(None)
        self._question.came()

    def changed(self, done: AnswerResult, answer: Answer | None) -> None:
        """Show the effect of an answer or an undo in the list, in the counts and in the bar."""
        self._side.change(done.change, answer)
        self._show_progress()
        if done.changed_links:
            self.action_read_contacts()

    # -- sending --------------------------------------------------------------------------------------

    def push_changed(self, event: PushChanged) -> None:
        """Read both systems again after a push that changes them."""
        self._controller.push_changed(event)

    def action_plan_sync(self) -> None:
        """Show what a sync would do now, or the sync that is running."""
        self._controller.plan_sync()

    def action_scope(self) -> None:
        """Limit the next syncs to an owner or a group."""
        self._controller.choose_scope()

    def action_share_app(self) -> None:
        """Show what sharing the app with the person under the cursor would do."""
        self._controller.share_app()

    def action_invite_agent(self) -> None:
        """Show what inviting the agent under the cursor would do."""
        self._controller.invite_agent()

    def action_undo_sync(self) -> None:
        """Show what undoing the last sync would do, and what can't be undone."""
        self._controller.undo_sync()

    # -- small things ---------------------------------------------------------------------------------

    def _show_progress(self) -> None:
        if self._pairs is not None:
            settled, needed = self._pairs.reviewed.progress
            self.desk_app.attention.contacts_counted(needed - settled)
        side, reading = self._side, self._reading
        width = side.progress_width
        if at := self._last_match:
            line = wording.last_match_line(at, reading.read, width, reading=reading.is_running)
        elif self._pairs is None or self._review is None:
            return
        elif reading.is_running:
            line = wording.refresh_line(reading.line, width)
        else:
            contacts = self.desk.contacts if self.desk is not None else None
            remark = full_read_line(contacts.reads, self.desk_app.local) if contacts is not None else ""
            left = self._review.seconds_left()
            line = wording.progress_line(self._pairs.reviewed.progress, left, width, remark)
        side.show_progress(line)

    def action_next_part(self) -> None:
        """Go to the next part of the room."""
        self._go_to_part(1)

    def action_previous_part(self) -> None:
        """Go to the previous part of the room."""
        self._go_to_part(-1)

    def _go_to_part(self, by: int) -> None:
        parts: list[Widget] = [self._side.verdicts, self._list, self._detail]
        here = parts.index(self.focused) if self.focused in parts else 1
        part = parts[(here + by) % len(parts)]
        self._open_list(is_open=part is not self._detail)
        self.set_focus(part)

    def action_show_list(self) -> None:
        """On a narrow screen, show the list over the pair, or the pair again."""
        self._open_list(is_open=not self.query_one("#contacts").has_class("-list"))
        self.set_focus(self._list)

    def _open_list(self, *, is_open: bool) -> None:
        """Show the list over the pair on a narrow screen. A wider screen shows both anyway."""
        self.query_one("#contacts").set_class(is_open and self.is_narrow, "-list")
        self._fit_list()

    def _fit_list(self) -> None:
        """Show the titles of the list, or one row alone where the pair takes the whole width."""
        is_open = self.query_one("#contacts").has_class("-list")
        opens = "" if not self.is_narrow else "close" if is_open else "open"
        self._side.fit(opens, is_alone=is_open or not self.is_narrow)
        self.call_after_refresh(self._show_progress)

    def action_filter(self) -> None:
        """Go to the filter at once, so that the next keys go into it."""
        self._side.begin_filter()
        self._open_list(is_open=True)
        self.set_focus(self._side.filter)

    @on(Input.Submitted, "#pair-filter")
    def _filter_submitted(self) -> None:
        self.set_focus(self._list)

    def action_back(self) -> None:
        """Leave the list or the detail, then the filter, then the verdict."""
        side = self._side
        if self.query_one("#contacts").has_class("-list") and not side.is_filtered:
            self._open_list(is_open=False)
            self.set_focus(self._list)
        elif self.focused not in (self._list, side.filter):
            self.set_focus(self._list)
        elif side.is_filtered:
            side.end_filter()
            self.set_focus(self._list)
        elif side.verdict != ALL:
            side.verdicts.move_to(ALL)

    @on(RowList.Selected, "#verdicts")
    def _verdict_opened(self) -> None:
        self.set_focus(self._list)

    @on(RowList.Selected, "#pair-list")
    def _pair_opened(self) -> None:
        self._open_list(is_open=False)
        self.set_focus(self._detail)

    @property
    def _side(self) -> ReviewSide:
        return self.query_one(ReviewSide)

    @property
    def _list(self) -> PairList:
        return self._side.rows
