"""The left-hand side of the Contacts room: the verdicts with their counts, the rows of one verdict, the progress."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from core.contacts.model import Verdict, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reviewed import ReviewChange, Reviewed
from tui.contacts.pairs import PairList, Pairs
from tui.contacts.verdicts import ALL, LISTING, VerdictCount, verdict_counts
from tui.contacts.wording import queue_title
from tui.widgets.clickable.click_lines import ClickLines
from tui.widgets.list_parts.filter_box import FilterBox
from tui.widgets.row_list import RowList
from tui.widgets.rows import Rows
from tui.words.contact_desk.verdicts import queue_counts

AT_ONCE: Final = 5_000
"""Rows of a match up to which the list is made at once. The rows of a larger match are made in another thread."""
TAKE_MARKS: Final = frozenset(
    {Verdict.LINK.value, Verdict.LINKED.value, Verdict.IMPORT.value, Verdict.PUSH.value}
)
"""The lists of which several people can be marked, to share the app with them or to invite them."""


class MadeQueue(NamedTuple):
    """The questions by their keys, and the same as rows of the list."""

    items: dict[str, ReviewItem]
    rows: Rows[VerdictRow]


class ReviewSide(Vertical):
    """Lists the rows of a match. `show_match` fills the widget."""

    class Rested(Message):
        """The cursor is on another row, or the rows were put in order in another thread and are listed now."""

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, ReviewSide.Rested)

    def __init__(self) -> None:
        super().__init__(id="review")
        self._pairs: Pairs | None = None
        self._is_of_last_match = False
        self._is_blind = False
        self._verdict = ALL
        self._is_alone = True
        """True if the list has room of its own; False if it is one row above a pair."""
        self._opens = ""
        """What a click on the title does with the list: "open" or "close" it; "" if it is always there."""

    def compose(self) -> ComposeResult:
        """Yield the verdicts, the title with the filter, the rows, and the line for the progress."""
        yield RowList(LISTING, id="verdicts")
        with Horizontal(id="queue-head"):
            yield ClickLines(id="queue-title")
            yield FilterBox(id="pair-filter")
        yield PairList(lambda: self._pairs, id="pair-list")
        yield Static(id="review-progress")

    @property
    def rows(self) -> PairList:
        """The list of rows."""
        return self.query_one("#pair-list", PairList)

    @property
    def verdicts(self) -> RowList[VerdictCount]:
        """The list of verdicts."""
        return self.query_one("#verdicts", RowList)

    @property
    def filter(self) -> Input:
        """The box for the words that every listed row must have."""
        return self.query_one("#pair-filter", Input)

    @property
    def is_filtered(self) -> bool:
        """True while the box of the filter is shown."""
        return self.filter.has_class("-shown")

    # -- a match ---------------------------------------------------------------------------------------

    def show_match(self, pairs: Pairs, *, is_of_last_match: bool) -> None:
        """List another match. The cursor stays on its row if that is still there."""
        self._pairs, self._is_of_last_match = pairs, is_of_last_match
        self.rows.placeholder = self.rows.listing.empty
        self._show_verdicts()
        self._show_rows()

    def show_blind(self, *, is_blind: bool) -> None:
        """List the questions in an order that says nothing about the evidence, or by what a mistake costs."""
        self._is_blind = is_blind
        self._show_rows()

    def change(self, change: ReviewChange, answer: Answer | None) -> None:
        """Show the effect of an answer, or of an undo (None), in the list and in the counts."""
        pairs, chosen = self._pairs, self._chosen
        if pairs is None:
            return
        added, leave = pairs.change(change, answer)
        if chosen is not None and chosen.settled is None:
            if leave:
                self.rows.set_rows(pairs.remaining())
            elif added:
                self.rows.extend_rows(added)
        self.rows.lines_changed()
        self._show_verdicts()
        self.show_title()

    def show_progress(self, line: Content) -> None:
        """Show how far the review or a reading is."""
        self.query_one("#review-progress", Static).update(line)

    @property
    def progress_width(self) -> int:
        """The cells of the line for the progress."""
        return self.query_one("#review-progress", Static).size.width

    # -- the verdicts ----------------------------------------------------------------------------------

    @property
    def verdict(self) -> str:
        """The key of the verdict of which the rows are listed."""
        return self._verdict

    @property
    def _chosen(self) -> VerdictCount | None:
        return self.verdicts.row(self._verdict) or self.verdicts.row(ALL)

    def next_verdict(self) -> None:
        """List the rows of the next verdict."""
        keys = self.verdicts.shown_keys
        if keys:
            here = keys.index(self._verdict) if self._verdict in keys else -1
            self.verdicts.move_to(keys[(here + 1) % len(keys)])

    def _show_verdicts(self) -> None:
        if self._pairs is not None:
            rows = verdict_counts(self._pairs.reviewed)
            if self._is_of_last_match:  # only a few of the rows that need nobody are kept
                rows = [row for row in rows if row.settled is None]
            self.verdicts.set_rows(rows)

    @on(RowList.Highlighted, "#verdicts")
    def _verdict_highlighted(self) -> None:
        row = self.verdicts.cursor_row
        if row is not None and row.key != self._verdict:
            self._verdict = row.key
            self._show_rows()

    # -- the rows --------------------------------------------------------------------------------------

    def _show_rows(self) -> None:
        """List the rows of the chosen verdict."""
        pairs, row = self._pairs, self._chosen
        if pairs is None or row is None:
            return
        few = len(pairs.reviewed.matched.rows) <= AT_ONCE
        if row.settled is not None:
            if few:
                self._list_settled(self.rows.made(row.settled(pairs.reviewed)))
            else:
                self._make_settled(pairs, row, row.settled)
        elif few:
            self._list_queue(pairs, self._made_queue(pairs), row)
        else:
            self._make_queue(pairs, row)
        self.rows.takes_marks = row.key in TAKE_MARKS
        self.show_title()

    def _made_queue(self, pairs: Pairs) -> MadeQueue:
        queued = pairs.queue(blind=self._is_blind)
        return MadeQueue(queued, self.rows.made([item.row for item in queued.values()]))

    def _list_queue(self, pairs: Pairs, queue: MadeQueue, row: VerdictCount) -> None:
        pairs.list_queue(queue.items)
        self.rows.set_made(queue.rows)
        self.rows.set_predicate(row.holds)

    def _list_settled(self, rows: Rows[VerdictRow]) -> None:
        self.rows.set_predicate(None)
        self.rows.set_made(rows)

    @work(exclusive=True, group="make-rows")
    async def _make_queue(self, pairs: Pairs, row: VerdictCount) -> None:
        """List the questions of a large match, which are put in order in another thread."""
        version = -1
        while version != pairs.reviewed.version:  # an answer that comes during the work is in the next try
            version = pairs.reviewed.version
            with suppress(KeyError):
                queue = await asyncio.to_thread(self._made_queue, pairs)
        if self._pairs is pairs and self._chosen == row:
            self._list_queue(pairs, queue, row)
            self.post_message(self.Rested())

    @work(exclusive=True, group="make-rows")
    async def _make_settled(
        self, pairs: Pairs, row: VerdictCount, settled: Callable[[Reviewed], list[VerdictRow]]
    ) -> None:
        """List the rows of a verdict that need nobody. All rows of the match are looked through in another thread."""
        rows = await asyncio.to_thread(lambda: self.rows.made(settled(pairs.reviewed)))
        if self._pairs is pairs and self._verdict == row.key:
            self._list_settled(rows)

    @on(RowList.Highlighted, "#pair-list")
    def _row_highlighted(self, event: RowList.Highlighted) -> None:
        # Textual does not pass a message on beyond the widget that caused it, and this widget causes most of these.
        event.stop()
        self.post_message(self.Rested())

    # -- the title and the filter ----------------------------------------------------------------------

    def fit(self, opens: str, *, is_alone: bool) -> None:
        """Show the titles of the columns, or one row alone where the pair takes the whole width.

        `opens` is what a click on the title does with the list: "open" or "close" it; "" if it is always there.
        """
        self._opens, self._is_alone = opens, is_alone
        self.rows.show_titles(are_shown=is_alone)
        self.show_title()

    def show_title(self) -> None:
        """Show what is listed, with its number; what can be clicked there filters, or opens the list."""
        pairs, row = self._pairs, self._chosen
        if pairs is None or row is None:
            return
        title = "QUEUE" if row.key == ALL else row.label.upper()
        remark = queue_counts(pairs.reviewed.costs) if row.key == ALL else f"{row.count:,}"
        order = "in the order they came" if self._is_blind else "costliest first"
        is_ordered = row.settled is None and row.count > 1 and not self.is_filtered
        if self.filter.value.strip():
            shown, total = self.rows.counts
            remark = f"{shown or 'none'} of {total:,}"
        width = self.query_one("#queue-head").size.width
        text = queue_title(
            title,
            remark,
            order if is_ordered else "",
            width // 2 if self.is_filtered else width,
            opens=self._opens,
            is_filtering=self.is_filtered,
        )
        self.query_one("#queue-title", ClickLines).show(text)

    @on(RowList.Counted, "#pair-list")
    def _rows_counted(self, event: RowList.Counted) -> None:
        event.stop()
        if self.is_filtered:
            self.show_title()

    def begin_filter(self) -> None:
        """Show the box of the filter."""
        self.filter.add_class("-shown")
        self.show_title()

    def end_filter(self) -> None:
        """List all rows again, and hide the box."""
        self.filter.value = ""
        self.filter.remove_class("-shown")
        self.show_title()

    @on(Input.Changed, "#pair-filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self.rows.filter(event.value)
