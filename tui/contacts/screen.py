"""The Contacts room: what happens to every contact of both systems, and the questions that a person has to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from core.collector import loading
from core.compare.agreement import AgreementLevel
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import VerdictRow
from core.contacts.records import Answer, Judged, JudgedOwners
from core.contacts.review.decisions import Ids
from core.contacts.review.group_question import is_group
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.use_cases import AnswerResult, ReviewUseCases
from core.errors import BookClosed, DeskError
from core.push.plan import System
from tui.actions import bindings_for
from tui.contacts import wording
from tui.contacts.controller import ContactController
from tui.contacts.detail import PairDetail, ShownRow, owner_names
from tui.contacts.group_detail import GroupDetail, GroupTable
from tui.contacts.group_view import CYCLE, GroupChoice, GroupView, group_view, stands_for
from tui.contacts.messages import Heard, LastQuestionsRead, MatchRead, ReadAgain, ReadFailed
from tui.contacts.owner_question import ask_about_owners, names_of
from tui.contacts.pairs import PairList, Pairs, changed_question
from tui.contacts.verdicts import ALL, LISTING, VerdictCount, verdict_counts
from tui.room import Room
from tui.text import content, notify, plain
from tui.widgets.chooser import Chooser, Offer
from tui.widgets.confirm_dialog import ConfirmDialog
from tui.widgets.row_list import RowList
from tui.widgets.rows import Rows
from tui.words.reads import full_read_line, read_line, short_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.contacts.model import Verdict
    from core.contacts.review.queue import Cost
    from core.contacts.use_cases import ContactUseCases
    from tui.messages import PushChanged
    from tui.wiring import Desk

NO_SYSTEMS: Final = (
    "This profile has no contact systems.\n\nTo match SimpleNexus with Total Expert, name both in config.toml: "
    "[profiles.NAME.simplenexus] and [profiles.NAME.total_expert]."
)


_OF_ANY_MATCH: Final = frozenset({"blind", "next_verdict"})
"""Actions that the questions of the last match allow too."""
Gather = Callable[["ContactUseCases"], Awaitable[MatchSnapshot]]
"""Reads both systems: what changed, or everything."""


AT_ONCE: Final = 5_000
"""Rows of a match up to which the list is made at once. The rows of a larger match are made in another thread."""


class MadeQueue(NamedTuple):
    """The questions by their keys, and the same as rows of the list."""

    items: dict[str, ReviewItem]
    rows: Rows[VerdictRow]


class ContactsScreen(Room):
    """The verdicts and the queue on the left, one pair on the right."""

    room = "contacts"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("contacts")]
    CSS_PATH = "screen.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._controller = ContactController(self)
        self._review: ReviewUseCases | None = None
        self._gathered: MatchSnapshot | None = None
        self._pairs: Pairs | None = None
        self._read: dict[System, int] = {}
        self._reading = False
        self._verdict = ALL
        self._ids: Ids = ("", "")
        self._blind = False
        self._bits = False
        self._pair_by_pair = ""
        """The key of the group that is shown pair by pair; "" while groups are shown as tables."""
        self._choice = GroupChoice()
        self._group: GroupView | None = None
        self._changed_meanwhile = False
        """True if the shown question changed by itself and no key was pressed since."""

    def compose_room(self) -> ComposeResult:
        """Yield the two sides."""
        with Horizontal(id="contacts", classes="-pairs"):
            with Vertical(id="review"):
                yield RowList(LISTING, id="verdicts")
                with Horizontal(id="queue-head"):
                    yield Static(id="queue-title")
                    yield Input(placeholder="filter", id="pair-filter", compact=True)
                yield PairList(lambda: self._pairs, id="pair-list")
                yield Static(id="review-progress")
            yield PairDetail(id="pair-detail")
            yield GroupDetail(id="group-detail")

    def on_mount(self) -> None:
        """Start in the queue."""
        self._verdicts.display = False
        self.set_focus(self._list)

    def on_resize(self) -> None:
        """Draw the bar for the new width."""
        self.call_after_refresh(self._show_progress)

    @property
    def read(self) -> tuple[MatchSnapshot, Reviewed] | None:
        """The latest snapshot with the reviewed match; None until both systems were read."""
        pairs, gathered = self._pairs, self._gathered
        if pairs is None or gathered is None or self._last_match:
            return None
        return gathered, pairs.reviewed

    @property
    def total_expert_ids(self) -> tuple[str, ...]:
        """The Total Expert ids of the row under the cursor."""
        row = self._list.cursor_row
        return row.total_expert_ids if row is not None else ()

    # -- reading --------------------------------------------------------------------------------------

    def desk_opened(self, desk: Desk) -> None:
        """Read and match both systems, or show that the profile has none."""
        if desk.contacts is None:
            self._list.placeholder = NO_SYSTEMS
            return
        self._review = ReviewUseCases(desk.book, desk.contacts.clock, desk.contacts.terms.operator)
        self._reading = True
        self._show_reading()
        self._open_last_questions(desk.contacts, self._review)

    def known_match(self) -> tuple[float, Mapping[Verdict, int], Mapping[Cost, int]] | None:
        """Return when the match was made that is shown, its rows by verdict, and its open questions by cost."""
        if self._pairs is None or self._gathered is None or self._last_match:
            return None
        reviewed = self._pairs.reviewed
        return self._gathered.at, reviewed.counts, reviewed.costs

    def desk_failed(self, error: DeskError) -> None:
        """Show in place of the list why there is no list."""
        self._list.placeholder = f"{error.message}\n\n{error.fix}"
        self._list.placeholder_tone = "bad"

    def action_read_contacts(self) -> None:
        """Read what changed. The old rows stay until the new rows are there."""
        self._read_contacts(lambda contacts: contacts.gather(self._hear))

    def action_read_all_contacts(self) -> None:
        """Read everything again. The old rows stay until the new rows are there."""
        self._read_contacts(lambda contacts: contacts.gather_all(self._hear))

    @work(exclusive=True, group="contacts")
    async def _open_last_questions(self, contacts: ContactUseCases, review: ReviewUseCases) -> None:
        """Show the questions of the last match, if the book keeps them, then read both systems."""
        with suppress(DeskError):  # reading both systems says what is wrong
            kept = await review.last_questions()
            if kept is not None and kept.rows:
                gathered = await contacts.known_contacts(kept.ids, kept.counted, kept.at)
                if gathered is not None:
                    reviewed = await review.begin_last(kept, gathered, contacts.options(gathered))
                    await asyncio.to_thread(reviewed.prepare)
                    self.post_message(LastQuestionsRead(gathered, reviewed))
        self.post_message(ReadAgain())

    @on(LastQuestionsRead)
    def _last_questions_read(self, event: LastQuestionsRead) -> None:
        self._gathered = event.gathered
        self._show_match(Pairs(event.reviewed))
        said = f"These are the questions of the last match, {self._last_match}. Both systems are read now."
        notify(self.app, said, title="Contacts")

    @property
    def _last_match(self) -> str:
        """When the match was made whose questions are shown until both systems are read; "" for a new match."""
        at = self._review.last_at if self._review is not None else None
        if at is None:
            return ""
        return self.desk_app.local.since(at, self.desk_app.now().timestamp())

    @on(ReadAgain)
    def _read_again(self) -> None:
        self._reading = False
        self.action_read_contacts()

    def _show_match(self, pairs: Pairs) -> None:
        """Show another match. The cursor stays on its question if that is still there."""
        self._pairs = pairs
        self._verdicts.display = True
        self._list.placeholder = self._list.listing.empty
        self._show_verdicts()
        self._show_rows()
        self._show_pair(None)
        self._show_progress()

    def _read_contacts(self, gather: Gather) -> None:
        if self._review is None or self._reading:
            return
        self._reading = True
        self._read = {}
        self._list.placeholder_tone = "placeholder"
        self._show_reading()
        self._gather_and_match(self._review, gather)

    @work(exclusive=True, group="contacts")
    async def _gather_and_match(self, review: ReviewUseCases, gather: Gather) -> None:
        desk = self.desk.contacts if self.desk is not None else None
        if desk is None:
            return
        try:
            gathered = await gather(desk)
            if self.desk is not None and self.desk.syncs is not None:
                await self._controller.read_shares(self.desk.syncs)
            with loading():
                reviewed = await review.begin(await desk.match(gathered))
                await asyncio.to_thread(reviewed.prepare)
                await asyncio.to_thread(self._controller.prepare, gathered)
                not_used = await asyncio.to_thread(lambda: len(gathered.not_used))
        except DeskError as error:
            self.post_message(ReadFailed(error))
        else:
            self.post_message(MatchRead(gathered, reviewed, not_used))
            with suppress(BookClosed):  # another process writes to the book: it keeps its own questions
                await review.keep(reviewed, gathered)
            with loading():
                await desk.prepare_changes()

    def _hear(self, system: System, count: int) -> None:
        self.post_message(Heard(system, count))

    @on(Heard)
    def _heard(self, event: Heard) -> None:
        self._read[event.system] = event.count
        self._show_reading()

    @on(MatchRead)
    def _match_read(self, event: MatchRead) -> None:
        first = self._pairs is None
        self._reading = False
        before, item = self._pairs, self._item
        self._gathered = event.gathered
        self._show_match(Pairs(event.reviewed))
        if before is not None and item is not None:
            self._tell_changed(before.reviewed, item, event.reviewed)
        self._tell_taken_back()
        self._tell_aside(event.not_used)
        self._tell_missing()
        if not first:
            notify(self.app, f"Read both systems again: {self._how_read()}.")

    def _tell_changed(self, before: Reviewed, item: ReviewItem, now: Reviewed) -> None:
        """Say so if the question that was shown is another one now. The next key does not answer then."""
        change = changed_question(before, item, now)
        if change:
            self._choice = GroupChoice()
            self._changed_meanwhile = True
            notify(self.app, change, title="The question changed", severity="warning")

    def _tell_taken_back(self) -> None:
        """Say which answers about questions of the last match the new match took back."""
        review = self._review
        if review is not None and review.taken_back:
            count = len(review.taken_back)
            were = "answer was" if count == 1 else "answers were"
            said = f"{count:,} {were} taken back: the records are others now. They are asked about again."
            notify(self.app, said, title="Answers taken back", severity="warning")

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

    def _how_read(self) -> str:
        """Return how both systems were read last, in words."""
        contacts = self.desk.contacts if self.desk is not None else None
        return read_line(contacts.reads, self.desk_app.local) if contacts is not None else ""

    def _tell_missing(self) -> None:
        """Warn if a system gave clearly fewer records than before: every sync waits for an answer then."""
        contacts = self.desk.contacts if self.desk is not None else None
        if contacts is not None and contacts.short_reads:
            lines = short_lines(contacts.short_reads, self.desk_app.local)
            said = "\n".join([*lines, "Nothing is synced: a asks what to do, R reads everything again."])
            notify(self.app, said, title="Fewer records", severity="error", seconds=30)

    def _tell_aside(self, count: int) -> None:
        if count:
            message = (
                f"{count:,} {'record or field was' if count == 1 else 'records or fields were'} set aside. "
                "See: brokerdesk match"
            )
            notify(self.app, message, title="Contacts", severity="warning")

    @on(ReadFailed)
    def _read_failed(self, event: ReadFailed) -> None:
        self._reading = False
        if self._pairs is None:
            self.desk_failed(event.error)
        else:
            notify(self.app, f"{event.error.message}\n{event.error.fix}", title="Contacts", severity="error")
        self._show_progress()
        self.refresh_bindings()
        self.desk_app.look_at_systems()

    def _show_reading(self) -> None:
        if self._pairs is None:
            self._list.placeholder = f"Reading both systems …\n\n{wording.reading_line(self._read)}"
        self._show_progress()

    # -- what is listed -------------------------------------------------------------------------------

    def _show_verdicts(self) -> None:
        if self._pairs is not None:
            rows = verdict_counts(self._pairs.reviewed)
            if self._last_match:  # of the rows that need nobody only a few are kept
                rows = [row for row in rows if row.settled is None]
            self._verdicts.set_rows(rows)

    @on(RowList.Highlighted, "#verdicts")
    def _verdict_highlighted(self) -> None:
        row = self._verdicts.cursor_row
        if row is not None and row.key != self._verdict:
            self._verdict = row.key
            self._show_rows()

    def _show_rows(self) -> None:
        """List the rows of the chosen verdict."""
        pairs, row = self._pairs, self._chosen
        if pairs is None or row is None:
            return
        few = len(pairs.reviewed.matched.rows) <= AT_ONCE
        if row.settled is not None:
            if few:
                self._list_settled(self._list.made(row.settled(pairs.reviewed)))
            else:
                self._make_settled(pairs, row, row.settled)
        elif few:
            self._list_queue(pairs, self._made_queue(pairs), row)
        else:
            self._make_queue(pairs, row)
        remark = "in the order they came" if self._blind and row.settled is None else row.remark
        title = "QUEUE" if row.settled is None else row.label.upper()
        self.query_one("#queue-title", Static).update(
            content("[$secondary]$title[/]  [$foreground-muted]$remark[/]  ", title=title, remark=remark)
        )

    def _made_queue(self, pairs: Pairs) -> MadeQueue:
        queued = pairs.queue(blind=self._blind)
        return MadeQueue(queued, self._list.made([item.row for item in queued.values()]))

    def _list_queue(self, pairs: Pairs, queue: MadeQueue, row: VerdictCount) -> None:
        pairs.list_queue(queue.items)
        self._list.set_made(queue.rows)
        self._list.set_predicate(row.holds)

    def _list_settled(self, rows: Rows[VerdictRow]) -> None:
        self._list.set_predicate(None)
        self._list.set_made(rows)

    @work(exclusive=True, group="make-rows")
    async def _make_queue(self, pairs: Pairs, row: VerdictCount) -> None:
        """List the questions of a large match, which are put in order in another thread."""
        version = -1
        while version != pairs.reviewed.version:  # an answer that comes meanwhile is in the next try
            version = pairs.reviewed.version
            with suppress(KeyError):
                queue = await asyncio.to_thread(self._made_queue, pairs)
        if self._pairs is pairs and self._chosen == row:
            self._list_queue(pairs, queue, row)
            self._show_pair(None)

    @work(exclusive=True, group="make-rows")
    async def _make_settled(
        self, pairs: Pairs, row: VerdictCount, settled: Callable[[Reviewed], list[VerdictRow]]
    ) -> None:
        """List the rows of a verdict that need nobody. All rows of the match are looked through in another thread."""
        rows = await asyncio.to_thread(lambda: self._list.made(settled(pairs.reviewed)))
        if self._pairs is pairs and self._verdict == row.key:
            self._list_settled(rows)

    @property
    def _chosen(self) -> VerdictCount | None:
        return self._verdicts.row(self._verdict) or self._verdicts.row(ALL)

    def action_next_verdict(self) -> None:
        """Show the rows of the next verdict."""
        keys = self._verdicts.shown_keys
        if keys:
            here = keys.index(self._verdict) if self._verdict in keys else -1
            self._verdicts.move_to(keys[(here + 1) % len(keys)])

    # -- one pair -------------------------------------------------------------------------------------

    @on(RowList.Highlighted, "#pair-list")
    def _pair_highlighted(self) -> None:
        self._show_pair(None)

    @property
    def _item(self) -> ReviewItem | None:
        """The question about the row under the cursor; None if there is nothing to decide."""
        row, pairs = self._list.cursor_row, self._pairs
        return pairs.reviewed.question(pairs.current(row)) if row is not None and pairs is not None else None

    def _shown(self, ids: Ids | None) -> ShownRow | None:
        pairs, row = self._pairs, self._list.cursor_row
        if pairs is None or row is None or self._gathered is None:
            return None
        item = self._item
        if item is not None:
            return ShownRow(
                pairs.reviewed, self._gathered, item.row, ids or item.first, item, self._blind, self._writer
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
            self._blind,
            said=self._said(ids),
            title_field=title_field,
        )

    def _said(self, ids: Ids) -> str:
        """Return the answer about two records, and when the app was shared; "" if there is neither."""
        judged = self._pairs.reviewed.answered.get(ids) if self._pairs is not None else None
        decided = (
            f"decided: {judged.answer}, by {judged.by} on {self._when(judged)}" if judged is not None else ""
        )
        return ", ".join(filter(None, (decided, self._controller.said_of_share(ids[1]))))

    def _when(self, judged: Judged | JudgedOwners) -> str:
        return self.desk_app.local.day_and_clock(judged.at)

    def _show_pair(self, ids: Ids | None) -> None:
        """Show the row under the cursor with these two of its records; None: the records that the row names first."""
        self._group = self._group_view()
        shown = self._shown(ids)
        self._ids = shown.ids if shown else ("", "")
        self._show_side()
        if self._group is None:
            self.query_one(PairDetail).show(shown)
        self.query_one(GroupDetail).show(self._group)
        self.refresh_bindings()

    # -- a group --------------------------------------------------------------------------------------

    def _group_view(self) -> GroupView | None:
        """Return the group under the cursor; None if it is a pair, or if the group is shown pair by pair."""
        item, pairs = self._item, self._pairs
        if item is None or pairs is None or self._gathered is None or not is_group(item):
            return None
        if self._pair_by_pair == item.key:
            return None
        self._choice = self._choice.about(item.key)
        return group_view(
            pairs.reviewed, item, owner_names(self._gathered), self._writer, self._choice,
            blind=self._blind, bits=self._bits,
        )  # fmt: skip

    @property
    def _writer(self) -> str:
        return self.desk.contacts.terms.writer if self.desk and self.desk.contacts else "desk"

    def _show_side(self) -> None:
        """Show the table for a group, else the pair. A focused part that goes passes the focus to the other."""
        part = self._detail
        had_focus = self.focused is not None and self.focused.id in ("pair", "group")
        self.query_one("#contacts").set_class(self._group is not None, "-group")
        self.query_one("#contacts").set_class(self._group is None, "-pairs")
        self.call_after_refresh(self._show_progress)
        if had_focus and self.focused is not part:
            self.set_focus(part)

    def on_descendant_focus(self) -> None:
        """Give the table the whole width of a narrow screen while it has the focus."""
        self.query_one("#contacts").set_class(self.focused is self.query_one("#group"), "-detail")

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
        """Show or hide the weights under the records of a group."""
        self._bits = not self._bits
        self._show_pair(self._ids)

    def action_pair_by_pair(self) -> None:
        """Show two records of a group side by side, or the table again."""
        item = self._item
        if item is None:
            return
        pair = self._group.pair() if self._group is not None else None
        self._pair_by_pair = item.key if self._group is not None else ""
        self._show_pair(pair)

    @on(GroupTable.Clicked)
    async def _table_clicked(self, event: GroupTable.Clicked) -> None:
        await self.run_action(event.action)

    async def _answer_group(self, group: GroupView, answer: Answer) -> None:
        review = self._review
        if review is None:
            return
        if why := group.refused.get(answer, ""):
            notify(self.app, why, title="Not decided", severity="warning")
            return
        answers = group.answers(answer)
        try:
            done = await review.decide(answers)
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="Not decided", severity="error")
            return
        self._choice = GroupChoice()
        self._changed(done, stands_for(answers))
        if self._item is None or self._item.later:
            self._go_on()
        self._show_pair(None)

    def action_other_pair(self, by: int) -> None:
        """Show another pair of a row with several records."""
        if self._group is not None:
            self._choose(self._group.moved(by))
            return
        item = self._item
        if item is not None and self._pairs is not None:
            self._show_pair(self._pairs.reviewed.step(item, self._ids, by))

    def action_blind(self) -> None:
        """Hide or show the weights of the evidence. While they are hidden, the queue's order hides them too."""
        self._blind = not self._blind
        self._show_rows()
        self._show_pair(self._ids)

    # -- deciding -------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what applies to the row under the cursor."""
        for_group = self._check_group(action, parameters)
        if for_group is not None:
            return for_group
        match action:
            case "answer":
                shown = self._shown(self._ids)
                return shown is not None and parameters[0] in shown.answers
            case "all_alike":
                shown = self._shown(self._ids)
                return shown is not None and shown.alike > 1
            case "undo_answer":
                return self._pairs is not None and self._pairs.reviewed.has_answers
            case "read_contacts" | "read_all_contacts":
                return self._review is not None and not (self._reading and self._pairs is None)
            case "blind" | "next_verdict" | "plan_sync" | "scope" | "undo_sync":
                return self._pairs is not None and (action in _OF_ANY_MATCH or self.read is not None)
            case "share_app" | "invite_agent":
                controller = self._controller
                return controller.can_share() if action == "share_app" else controller.can_invite()
            case _:
                return super().check_action(action, parameters)

    def _check_group(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action of a question can be done; None for one that the question does not decide about."""
        group = self._group
        match action:
            case "answer" if group is not None:
                return parameters[0] in CYCLE and parameters[0] not in group.refused
            case "tick_record" | "group_go":
                return group is not None and bool(group.open)
            case "bits":
                return group is not None and not self._blind
            case "other_pair":
                return (item := self._item) is not None and item.pairs > 1
            case "of_owners":
                item, pairs = self._item, self._pairs
                return item is not None and pairs is not None and bool(pairs.reviewed.owner_pairs(item))
            case "pair_by_pair":
                return (item := self._item) is not None and is_group(item)
            case _:
                return None

    def why_not(self, action: str) -> str:
        """Return why an action of a question can't be done now."""
        if action in {"plan_sync", "scope", "undo_sync"} and self._last_match:
            return "Both systems are read first: these are the questions of the last match."
        if self._group is not None:
            for answer, why in self._group.refused.items():
                if action == f"answer('{answer.value}')":
                    return why
        item = self._item
        if action == "of_owners" and not self._check_group(action, ()):
            return "Only a question about one email under two owners has this."
        is_one = item is not None and is_group(item)
        if action in {"tick_record", "bits", "pair_by_pair"} and not is_one:
            return "Only a question about several records has this."
        if action in {"tick_record", "bits"} and self._group is None:
            return "Two records are shown: p shows the table again."
        if action == "bits" and self._blind:
            return "The weights are hidden while you judge blind: b shows them."
        return ""

    async def action_answer(self, answer: str) -> None:
        """Answer the question about the two records that are shown, and go to the next open question."""
        if self._is_changed_meanwhile():
            return
        if self._group is not None:
            await self._answer_group(self._group, Answer(answer))
        elif await self._decide([self._ids], Answer(answer)):
            if self._item is None or self._item.later:
                self._go_on()
            self._show_pair(None)

    def _go_on(self) -> None:
        """Go to the next row to decide."""
        if self._pairs is not None:
            self._list.go_on(self._pairs.is_open)

    async def _decide(self, ids: list[Ids], answer: Answer) -> bool:
        review = self._review
        if review is None:
            return False
        try:
            done = await review.answer(ids, answer)
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="Not decided", severity="error")
            return False
        self._changed(done, answer)
        return True

    @work(exclusive=True, group="choose")
    async def action_of_owners(self) -> None:
        """Answer about all contacts of the two owners of this question, after showing how many that are now."""
        item, pairs, gathered, review = self._item, self._pairs, self._gathered, self._review
        if item is None or pairs is None or gathered is None or review is None:
            return
        said = await ask_about_owners(self.desk_app, pairs.reviewed, gathered, item)
        if said is None:
            return
        try:
            done = await review.decide_owners(*said)
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="Not decided", severity="error")
            return
        self._changed(done, None)
        self._show_rows()
        self._go_on()
        self._show_pair(None)

    def _changed(self, done: AnswerResult, answer: Answer | None) -> None:
        """Show the effect of an answer or an undo in the list, in the counts and in the bar."""
        if self._pairs is None:
            return
        added, leave = self._pairs.change(done.change, answer)
        chosen = self._chosen
        if chosen is not None and chosen.settled is None:
            if leave:
                self._list.set_rows(self._pairs.remaining())
            elif added:
                self._list.extend_rows(added)
        self._list.lines_changed()
        self._show_verdicts()
        self._show_progress()
        if done.changed_links:
            self.action_read_contacts()

    async def action_undo_answer(self) -> None:
        """Take the last decision back, and show its question again."""
        review = self._review
        if review is None or self._pairs is None:
            return
        try:
            done = await review.undo()
        except DeskError as error:
            notify(self.app, f"{error.message}\n{error.fix}", title="Not undone", severity="error")
            return
        if done is None:
            notify(self.app, "There is no decision to take back.")
            return
        self._changed(done, None)
        self._tell_undone(done)
        if done.change.items:
            self._list.move_to(done.change.items[0].key)
        self._show_pair(None)

    def _tell_undone(self, done: AnswerResult) -> None:
        for said in done.decision.owners:
            owners = names_of(self._gathered, said.pair) if self._gathered is not None else "two owners"
            notify(self.app, f"Taken back: “{said.answer}” of {owners} ({said.by}, {self._when(said)}).")
        if not done.decision.judged:
            return
        judged = done.decision.judged[0]
        count = len(done.decision.judged)
        names = (
            [contact.name for contact in self._pairs.reviewed.contacts(judged.ids) if contact]
            if self._pairs
            else []
        )
        subject = f"{count:,} pairs" if count > 1 else " and ".join(names) or "two records that are gone"
        notify(self.app, f"Taken back: “{judged.answer}” of {subject} ({judged.by}, {self._when(judged)}).")

    @work(exclusive=True, group="choose")
    async def action_all_alike(self) -> None:
        """Answer all questions that compare like this question. Ask for the answer, show how many, then answer all."""
        shown = self._shown(self._ids)
        if shown is None or shown.item is None:
            return
        alike = [item.first for item in shown.reviewed.alike(shown.item)]
        offers = [
            Offer(answer.value, f"{answer.value}: {shown.does(answer)}", len(alike))
            for answer in shown.answers
        ]
        chosen = await self.app.push_screen_wait(Chooser("What is true of all of these?", offers))
        if chosen is None or not chosen.value:
            return
        lines = [
            content("Answer [b]$answer[/b] for all [b]$count[/b] pairs that compare like this one:",
                    answer=chosen.value, count=f"{len(alike):,}"),
            *_pattern(shown),
            content("[$foreground-muted]One decision: u takes all of it back.[/]"),
        ]  # fmt: skip
        question = ConfirmDialog(f"{len(alike):,} alike", lines, grace=self.desk_app.grace)
        if await self.app.push_screen_wait(question) and await self._decide(alike, Answer(chosen.value)):
            self._go_on()

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
        bar = self.query_one("#review-progress", Static)
        if at := self._last_match:
            bar.update(wording.last_match_line(at, self._read, bar.size.width, reading=self._reading))
        elif self._reading and self._pairs is not None:
            bar.update(plain(f" reading: {wording.reading_line(self._read)}", "$foreground-muted"))
        elif self._pairs is not None and self._review is not None:
            left = self._review.seconds_left()
            contacts = self.desk.contacts if self.desk is not None else None
            remark = full_read_line(contacts.reads, self.desk_app.local) if contacts is not None else ""
            bar.update(wording.progress_line(self._pairs.reviewed.progress, left, bar.size.width, remark))

    def action_next_part(self) -> None:
        """Go to the next part of the room."""
        self._go_to_part(1)

    def action_previous_part(self) -> None:
        """Go to the previous part of the room."""
        self._go_to_part(-1)

    def _go_to_part(self, by: int) -> None:
        self.query_one("#contacts").remove_class("-detail")
        parts: list[Widget] = [self._verdicts, self._list, self._detail]
        here = parts.index(self.focused) if self.focused in parts else 1
        self.set_focus(parts[(here + by) % len(parts)])

    def action_filter(self) -> None:
        """Go to the filter at once, so that the next keys go into it."""
        self._filter.add_class("-shown")
        self.set_focus(self._filter)

    @on(Input.Changed, "#pair-filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._list.filter(event.value)

    @on(Input.Submitted, "#pair-filter")
    def _filter_submitted(self) -> None:
        self.set_focus(self._list)

    def action_back(self) -> None:
        """Leave the detail, then the filter, then the verdict."""
        self.query_one("#contacts").remove_class("-detail")
        box = self._filter
        if self.focused is not self._list and self.focused is not box:
            self.set_focus(self._list)
        elif box.value or box.has_class("-shown"):
            box.value = ""
            box.remove_class("-shown")
            self.set_focus(self._list)
        elif self._verdict != ALL:
            self._verdicts.move_to(ALL)

    @on(RowList.Selected, "#verdicts")
    def _verdict_opened(self) -> None:
        self.set_focus(self._list)

    @on(RowList.Selected, "#pair-list")
    def _pair_opened(self) -> None:
        self.set_focus(self._detail)

    @property
    def _list(self) -> PairList:
        return self.query_one("#pair-list", PairList)

    @property
    def _verdicts(self) -> RowList[VerdictCount]:
        return self.query_one("#verdicts", RowList)

    @property
    def _filter(self) -> Input:
        return self.query_one("#pair-filter", Input)


def _pattern(shown: ShownRow) -> Iterator[Content]:
    """Yield how each field of a pair compares. All questions alike have this in common."""
    for evidence in shown.compared.evidence if shown.compared else ():
        if evidence.level is not AgreementLevel.PRIOR:
            yield content(
                "[$foreground-muted]$field[/] $level",
                field=evidence.field.replace("_", " "),
                level=evidence.level,
            )
