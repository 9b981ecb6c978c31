"""The one list of the app: any number of rows in columns, with a filter, marks, sorting and sections.

Rows are values of the screen. The list knows a row only by its key, so the cursor and the marks stay with their rows
when the list is filtered, sorted or gets new data. `RowView` shows the rows; this module adds what keys and the mouse
do to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from math import inf
from time import perf_counter
from typing import Any, ClassVar, Final, Generic, TypeVar, Unpack

from textual import events
from textual.binding import BindingType
from textual.message import Message

from tui.actions import bindings_for
from tui.widgets.line_view import Heading, InDom, Piece
from tui.widgets.list_parts.arranging import AT_ONCE, REST, SLICE, PausableWork
from tui.widgets.list_parts.columns import ListColumn, Slot, lay_out
from tui.widgets.list_parts.listing import FoundRow, Listing
from tui.widgets.list_parts.marks import RowMarks, marks_words
from tui.widgets.list_parts.painting import Direction
from tui.widgets.row_view import RowView
from tui.widgets.rows import Arrangement, Rows

__all__ = ["Direction", "FoundRow", "ListColumn", "Listing", "RowList", "Slot", "lay_out"]

R = TypeVar("R")
MARKING_SHOWN_EVERY: Final = 0.05
"""Seconds after which the rows that are being marked, and their number, are shown again."""


class _OfList(Message):
    """Something that a person did in a list, or wants of it."""

    def __init__(self, row_list: RowList[Any]) -> None:
        super().__init__()
        self.row_list = row_list

    @property
    def control(self) -> RowList[Any]:
        """The list."""
        return self.row_list


class RowList(RowView[R], Generic[R]):
    """A list of rows: see the module. A screen gives it rows by `set_rows`, `extend_rows` and `update_row`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("rows")]

    class Selected(_OfList):
        """A row was opened: Enter, or a second click."""

        def __init__(self, row_list: RowList[Any], key: str) -> None:
            super().__init__(row_list)
            self.key = key

    class Marked(_OfList):
        """The marked rows have changed."""

        def __init__(self, row_list: RowList[Any], keys: tuple[str, ...]) -> None:
            super().__init__(row_list)
            self.keys = keys

    class ColumnsWanted(_OfList):
        """A person wants to choose the columns of a list. The list knows no dialog, so the app asks which."""

    class ExportWanted(_OfList):
        """A person wants what a list shows as a file. The app asks where."""

    def __init__(self, listing: Listing[R], **dom: Unpack[InDom]) -> None:
        super().__init__(listing, **dom)
        self._marks: RowMarks[R] = RowMarks()
        self._marking: PausableWork[bool] | None = None
        """The marking of all rows that is under way."""
        self._clicked: str | None = None
        """The key of the row that was clicked last: a second click opens it."""

    def cursor_rested(self) -> None:
        """Remember the row, or the folded heading, that the user chose."""
        super().cursor_rested()
        self._clicked = None

    # Actions

    def action_open_row(self) -> None:
        """Open the row under the cursor, or show the rows of the folded heading under it."""
        if self._on_heading:
            self.action_fold()
        elif (key := self.cursor_key) is not None:
            self.post_message(self.Selected(self, key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer marks only where an action takes them, folding only where headings are, columns where several are."""
        match action:
            case "mark_row" | "unmark_rows" if not self.listing.can_mark:
                return False
            case "mark_up" | "mark_down" | "mark_shown":
                return self.check_action("mark_row", parameters)
            case "fold" | "fold_all":
                return self._can_fold
            case "choose_columns":
                return len(self.choosable_columns) > 1
            case _:
                return super().check_action(action, parameters)

    # Marks

    @property
    def marks(self) -> tuple[str, ...]:
        """The keys of the marked rows in the order of marking, without rows that are no longer in the data.

        Marking that is under way is finished first.
        """
        self._finish_marking()
        return self._marks.among(self._newest)

    @property
    def marked(self) -> int:
        """How many rows in the data are marked now, also while rows are being marked."""
        return self._marks.number(self._newest)

    @property
    def hidden_marks(self) -> int:
        """How many marked rows are not shown: the filter leaves them out, or their heading is folded."""
        marked, lines = self.marked, self._row_lines
        if not marked or (len(lines.places) == len(self._shown) and not lines.folded):
            return 0
        return marked - sum(self._shown.keys[place] in self._marks for place in lines.shown_places())

    @property
    def marks_remark(self) -> str:
        """A sentence about marked rows that are not shown, for whoever acts on all marked rows; "" if all are shown."""
        hidden = self.hidden_marks
        if not hidden:
            return ""
        are = "is" if hidden == 1 else "are"
        return f"{hidden:,} of the {self.marked:,} marked rows {are} not shown: U unmarks all."

    def show_all(self, rows: Rows[Any], arrangement: Arrangement, *, begun: bool) -> None:
        """Show all rows that were found. Which marks are shown may be others now."""
        super().show_all(rows, arrangement, begun=begun)
        if self._marks:
            self.refresh_bindings()

    def mark(self, keys: Iterable[str]) -> None:
        """Mark these rows and unmark all others."""
        self._marking = None
        self._marks.set(keys)
        self._marks_changed()

    def footer_of(self, action: str) -> str | None:
        """Say in the footer how many rows are marked."""
        if action == "list-mark" and (number := self.marked):
            return marks_words(number, self.hidden_marks)
        return super().footer_of(action)

    def _marks_changed(self) -> None:
        self.lines_changed()
        self._say_marks()

    def _say_marks(self) -> None:
        self.post_message(self.Marked(self, self.marks))
        self.refresh_bindings()

    def action_mark_row(self) -> None:
        """Mark or unmark the row under the cursor, and go down."""
        key = self.cursor_key
        if key is None:
            return
        self._finish_marking()
        self._marks.turn(key)
        self.line_changed(self.cursor_line)
        self._say_marks()
        self.action_cursor_down()

    def action_mark_up(self) -> None:
        """Mark the row under the cursor and the row above it, and go there."""
        self._mark_on(self.action_cursor_up)

    def action_mark_down(self) -> None:
        """Mark the row under the cursor and the row below it, and go there."""
        self._mark_on(self.action_cursor_down)

    def _mark_on(self, go: Callable[[], None]) -> None:
        here = self.cursor_line
        go()
        self._mark_lines(here, self.cursor_line)

    def _mark_lines(self, first: int, last: int) -> None:
        """Mark the rows of two lines and between them."""
        lines = range(min(first, last), max(first, last) + 1)
        places = map(self._row_lines.place_of_line, lines)
        self._finish_marking()
        self._marks.add(self._shown.keys[place] for place in places if place is not None)
        self._marks_changed()

    def action_mark_shown(self) -> None:
        """Mark all rows that are shown; if all of them are marked, take these marks away.

        Many rows are marked in slices, between which keys are heard.
        """
        self._finish_marking()
        marking = PausableWork(self._marks.turn_all(self._row_lines.shown_places(), self._shown))
        if marking.advance(AT_ONCE if self.is_attached else inf):
            self._marks_changed()
            return
        self._marking = marking
        self._show_marking()
        self.run_worker(self._mark_in_slices(marking), group="mark", exclusive=True)

    async def _mark_in_slices(self, marking: PausableWork[bool]) -> None:
        shown_at = perf_counter()
        while marking is self._marking:
            if marking.advance(SLICE):
                self._finish_marking()
                return
            if perf_counter() - shown_at > MARKING_SHOWN_EVERY:
                self._show_marking()
                shown_at = perf_counter()
            await asyncio.sleep(REST)

    def _show_marking(self) -> None:
        """Show which rows are marked so far, and how many."""
        self.lines_changed()
        self.refresh_bindings()

    def _finish_marking(self) -> None:
        """Mark the rows that are left of marking under way at once."""
        if (marking := self._marking) is not None:
            self._marking = None
            marking.advance(inf)
            self._marks_changed()

    def action_unmark_rows(self) -> None:
        """Remove all marks."""
        if self._marks:
            self.mark(())

    def lead(self, line: int) -> Piece:
        """Return the sign before a row: it is marked, under the cursor, or both."""
        place = self._row_lines.place_of_line(line)
        if place is not None and self._shown.keys[place] in self._marks:
            return ("◈" if self.is_lit(line) else "◆", "marked")
        return super().lead(line)

    # Folding

    def action_fold(self) -> None:
        """Hide the rows under the heading above the cursor, or show them again."""
        self._turn(self._row_lines.heading_above(self.cursor_line))

    def action_fold_all(self) -> None:
        """Hide the rows under every heading, or show all of them if all are hidden."""
        texts = self._row_lines.headings
        if texts <= self._row_lines.folded:
            self._fold(texts, set())
        else:
            self._fold(set(), texts)

    @property
    def _can_fold(self) -> bool:
        """True if headings can be folded now. While words are looked for, every row that has them is shown."""
        return self.listing.foldable and not self._words

    def _turn(self, heading: Heading | None) -> None:
        if heading is None or not self._can_fold:
            return
        text = heading.text
        if text in self._row_lines.folded:
            place = self._row_lines.first_place_under(text)
            if self._on_heading == text and place is not None:
                self._wanted = self._shown.keys[place]
            self._fold({text}, set())
        else:
            self._fold(set(), {text})

    def _fold(self, opened: set[str], closed: set[str]) -> None:
        """Show the rows of some headings and hide those of others. The cursor of a hidden row goes to its heading."""
        cell = self.cursor_line - self.scroll_offset.y
        here = self._row_lines.heading_above(self.cursor_line)
        self._row_lines.fold(opened, closed)
        self._on_heading = here.text if here is not None and self._row_lines.is_folded(here) else ""
        self._place_cursor(0, cell)

    # Sorting and columns

    def action_sort_next(self) -> None:
        """Sort by the next column; after the last column, by none."""
        names = [None, *(column.name for column in self.columns if column.title or column.sort)]
        now = self._sorting[0] if self._sorting else None
        self.sort_by(names[(names.index(now) + 1) % len(names)] if now in names else None)

    def action_sort_reverse(self) -> None:
        """Reverse the order."""
        if self._sorting:
            name, direction = self._sorting
            self.sort_by(name, "down" if direction == "up" else "up")

    @property
    def choosable_columns(self) -> tuple[ListColumn[R], ...]:
        """The columns that a person can hide and show: those with a title."""
        return self._columns.choosable

    def show_columns(self, names: Iterable[str]) -> None:
        """Show the choosable columns with these names and no others. Unknown names are ignored; one always stays."""
        if self._columns.choose(names):
            self.lines_changed()

    def left_out(self, names: Iterable[str]) -> frozenset[str]:
        """Return for which of the choosable columns with these names the list is too narrow now."""
        return self._columns.left_out(names, self.scrollable_content_region.width - 1)

    def action_choose_columns(self) -> None:
        """Let the app ask which columns are shown."""
        self.post_message(self.ColumnsWanted(self))

    def action_export_list(self) -> None:
        """Let the app ask for a file to write what is shown to."""
        self.post_message(self.ExportWanted(self))

    # The mouse

    def on_click(self, event: events.Click) -> None:
        """Sort by a clicked title, fold a clicked heading, highlight a clicked row, or open a highlighted row.

        With Shift, the rows from the cursor to the clicked row are marked.
        """
        event.prevent_default()
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < self.header_height:
            self._click_title(offset.x - 1)
            return
        line = self.line_under(event)
        if (heading := self._row_lines.heading_at(line)) is not None:
            self._turn(heading)
            return
        if line < 0 or not self.stops_at(line):
            return
        before = self.cursor_line
        if line != self.cursor_line:
            self.cursor_line = line
            self.cursor_rested()
        elif self._clicked == self.cursor_key and not event.shift:
            self.action_open_row()
        self._clicked = self.cursor_key
        if event.shift and self.check_action("mark_row", ()):
            self._mark_lines(before, line)
        elif self.listing.opens_at_once:
            self.action_open_row()

    def _click_title(self, x: int) -> None:
        for name, slot in self._columns.slots(self.scrollable_content_region.width - 1).items():
            if slot.start <= x < slot.start + slot.width and self._columns.named(name).title:
                if self._sorting == (name, "up"):
                    self.sort_by(name, "down")
                else:
                    self.sort_by(None if self._sorting == (name, "down") else name)
