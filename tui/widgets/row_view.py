"""Rows on the screen: which of them, in which order and columns, and where the cursor is. No key does anything here.

`RowList` adds what a person can do to the rows. Finding, sorting and grouping are in `rows` and in `list_parts`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Generic, TypeVar, Unpack

from textual import events
from textual.message import Message

from tui.text import notify
from tui.under_cursor import CopyableText, NamedValue
from tui.widgets.early_keys import NO_ROWS, EarlyKeys
from tui.widgets.line_view import Heading, InDom, LineView, Piece
from tui.widgets.list_parts.arranging import REST, SLICE, RowArranger
from tui.widgets.list_parts.columns import ListColumn, ShownColumns
from tui.widgets.list_parts.lines import RowLines
from tui.widgets.list_parts.listing import FoundRow, Listing
from tui.widgets.list_parts.painting import (
    Direction,
    Sorting,
    foldable_heading_pieces,
    row_pieces,
    title_pieces,
)
from tui.widgets.rows import Arrangement, Rows, View
from tui.widgets.search_text import fold

R = TypeVar("R")


class _NewestOfRows(Message):
    """Something about the rows of which only the newest counts."""

    def __init__(self, row_view: RowView[Any]) -> None:
        super().__init__()
        self._row_view = row_view

    @property
    def control(self) -> RowView[Any]:
        """The list."""
        return self._row_view

    def can_replace(self, message: Message) -> bool:
        """Return True for the same message about the same rows."""
        return isinstance(message, type(self)) and message.control is self.control


class RowView(LineView, Generic[R]):
    """Rows in columns. A screen gives it rows by `set_rows`, `extend_rows` and `update_row`."""

    class Highlighted(_NewestOfRows, namespace="row_list"):
        """The cursor came to rest on a row, or on no row."""

        def __init__(self, row_view: RowView[Any], key: str | None) -> None:
            super().__init__(row_view)
            self.key = key

    class Counted(_NewestOfRows, namespace="row_list"):
        """The number of rows that are shown, and of all rows."""

        def __init__(self, row_view: RowView[Any], shown: int, total: int) -> None:
            super().__init__(row_view)
            self.shown = shown
            self.total = total

    def __init__(self, listing: Listing[R], **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self.listing = listing
        self.header_height = 1 if listing.titled else 0
        self._arranger: RowArranger[R] = RowArranger(self, self.made(()))
        self._row_lines = RowLines(listing.folded)
        self._columns = ShownColumns(listing.columns)
        self._words: tuple[str, ...] = ()
        self.filter_text = ""
        """The words that every shown row has, as they were typed."""
        self._predicate: Callable[[R], bool] | None = None
        self._sorting: Sorting | None = None
        self._wanted: str | None = None
        """The key of the row that the cursor belongs on, also while that row is not shown."""
        self._posted: str | None = None
        """The key of the row under the cursor as it was posted last."""
        self._on_heading = ""
        """The text of the folded heading that the cursor is on; "" while the cursor is on a row."""
        self._early_keys = EarlyKeys()
        self.placeholder = listing.empty

    # Rows in

    @property
    def filling(self) -> bool:
        """True while more rows are on their way. The texts for the filter are prepared afterwards."""
        return self._arranger.filling

    @filling.setter
    def filling(self, more: bool) -> None:
        self._arranger.filling = more

    @property
    def _newest(self) -> Rows[R]:
        return self._arranger.newest

    @property
    def _shown(self) -> Rows[R]:
        return self._arranger.shown

    def set_rows(self, rows: Sequence[R]) -> None:
        """Replace all rows. The cursor and the marks stay with their keys."""
        self.set_made(self.made(rows))

    def made(self, rows: Sequence[R]) -> Rows[R]:
        """Return rows for `set_made`. For many rows, this may run in another thread."""
        return Rows(rows, self.listing.key, self.listing.searched)

    def set_made(self, rows: Rows[R]) -> None:
        """Replace all rows, as `set_rows` does."""
        self._early_keys.all_rows_came()
        self._arranger.newest = rows
        self._arranger.renew()

    def set_changed_rows(self, rows: Sequence[R]) -> None:
        """Replace all rows, of which most are the objects that are there already.

        This is for rows that never change, and of which all texts depend on the row alone. If the keys and their order
        are as before, only the other objects are taken in.
        """
        if self._newest.replace_all(rows):
            self._early_keys.all_rows_came()
            self._arranger.renew()
        else:
            self.set_rows(rows)

    def extend_rows(self, rows: Sequence[R]) -> None:
        """Add rows at the end. The cursor stays where it is."""
        self._newest.extend(rows)
        self._arranger.renew()

    def update_row(self, key: str, row: R) -> None:
        """Replace the row with this key. The row keeps its place until the list is sorted again.

        The row moves only if it belongs to another section now. An unknown key is ignored.
        """
        for rows in {id(rows): rows for rows in (self._shown, self._newest)}.values():
            place = rows.place(key)
            if place is None:
                continue
            section = self.listing.section
            moved = section is not None and section(rows.rows[place]) != section(row)
            rows.replace(place, row)
            if moved:
                rows.forget_order()
                self._arranger.renew()
            elif rows is self._shown and (line := self._row_lines.line_of_place(place)) >= 0:
                self.line_changed(line)

    # Which rows, in which order

    def filter(self, text: str) -> None:
        """Show only rows with every word of `text`; case and accents do not matter. The newest text wins.

        When all rows are shown again, the cursor stays on the row that was found.
        """
        words = tuple(dict.fromkeys(fold(text).split()))
        if words != self._words:
            if not words and (found := self.cursor_key) is not None:
                self._wanted, self._on_heading = found, ""
                self._unfold(found)
            self.filter_text = text.strip()
            self._words = words
            self._row_lines.all_open = bool(words)
            self._arranger.arrange()

    def set_predicate(self, predicate: Callable[[R], bool] | None) -> None:
        """Show only rows for which `predicate` is True, in addition to the filter. `None` shows all."""
        self._predicate = predicate
        self._arranger.arrange()

    def sort_by(self, name: str | None, direction: Direction = "up") -> None:
        """Sort by a column. `None` is the order in which the rows came."""
        self._sorting = None if name is None else (self._columns.named(name).name, direction)
        self._arranger.arrange()

    def view(self) -> View[R]:
        """Return which rows are to be shown now, and in which order."""
        listing, sorting = self.listing, self._sorting
        sort = self._columns.named(sorting[0]).sort_key if sorting else None
        descending = sorting is not None and sorting[1] == "down"
        enough = 2 * self.body_height
        return View(self._words, self._predicate, sort, descending, listing.section, listing.sections, enough)

    async def settled(self) -> None:
        """Wait until the list shows the latest rows, filter and order."""
        await self._arranger.settled()

    def may_show_first(self, rows: Rows[Any], first: Arrangement, view: View[Any]) -> bool:
        """Return True for the first rows that were found, unless the row of the cursor is one that comes later."""
        place = rows.place(self._wanted)
        return place is None or place in first.places or not rows.shows(place, view)

    def show_first(self, rows: Rows[Any], first: Arrangement) -> None:  # noqa: ARG002 - the arranger has the rows
        """Show the first rows that were found. The cursor stays on its row."""
        self._show(first)

    def show_all(self, rows: Rows[Any], arrangement: Arrangement, *, begun: bool) -> None:
        """Show all rows that were found, and post their number. `begun` is True if the first are shown already."""
        last_line = self.scroll_offset.y + self.body_height
        if begun and self.listing.section is None and last_line <= len(self._row_lines.places):
            self._row_lines.set_rows(arrangement)  # it begins with what is on the screen
            self.number_changed()
        else:
            self._show(arrangement)
        listing = self.listing
        if self.placeholder in ("", listing.empty, listing.no_match):
            self.placeholder = listing.no_match if len(rows) else listing.empty
        self.post_message(self.Counted(self, len(arrangement.places), len(rows)))

    def came_to_rest(self) -> None:
        """Obey the keys that came before the rows."""
        if early := self._early_keys.obeyed(has_rows=bool(self._row_lines.places)):
            self.call_later(self._obey, early)

    def _show(self, arrangement: Arrangement) -> None:
        old_cell = self.cursor_line - self.scroll_offset.y
        old_index = self._row_lines.index_of_line(self.cursor_line)
        self._row_lines.set_rows(arrangement)
        self._place_cursor(old_index, old_cell)

    # Columns

    @property
    def columns(self) -> tuple[ListColumn[R], ...]:
        """The columns that a person wants to see, in order. A narrow list leaves some of them out."""
        return self._columns.shown

    def set_width(self, name: str, cells: int) -> None:
        """Give a column `cells` cells. The rows know how wide a column has to be, the listing does not."""
        if self._columns.set_width(name, cells):
            self.lines_changed()

    # What a screen asks

    @property
    def line_total(self) -> int:
        """The number of lines, including the headings and the blank lines above them."""
        return self._row_lines.total

    def stops_at(self, line: int) -> bool:
        """Return True for a row and a folded heading, False for another heading or a blank line."""
        return self._row_lines.stops_at(line)

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor."""
        place = self._row_lines.place_of_line(self.cursor_line)
        return None if place is None else self._shown.keys[place]

    @property
    def cursor_row(self) -> R | None:
        """The row under the cursor as it was given last, also while the list is still being arranged.

        None if there is no such row any more.
        """
        key = self.cursor_key
        return None if key is None else self.row(key)

    def row(self, key: str) -> R | None:
        """Return the row with a key, also if it is not shown; None if there is none."""
        place = self._newest.place(key)
        return None if place is None else self._newest.rows[place]

    @property
    def shown_keys(self) -> list[str]:
        """The keys of the rows that are shown, in order, without those of folded headings."""
        return list(map(self._shown.keys.__getitem__, self._row_lines.shown_places()))

    @property
    def shown_rows(self) -> list[R]:
        """The rows that are shown, in order, without those of folded headings."""
        return list(map(self._shown.rows.__getitem__, self._row_lines.shown_places()))

    @property
    def sorting(self) -> Sorting | None:
        """The name of the column by which the list is sorted, with the direction; None for the order of the rows."""
        return self._sorting

    async def find(self, text: str, most: int) -> list[FoundRow]:
        """Return at most `most` rows with every word of a text, also those that are not shown.

        Keys are heard meanwhile.
        """
        rows, found = self._newest, list[FoundRow]()
        words = tuple(fold(text).split())
        until = perf_counter() + SLICE
        for places in rows.find(words) if words else ():
            for place in places[: most - len(found)]:
                row = rows.rows[place]
                label = "  ".join(value.text for value in self.listing.values_of(row))
                found.append(FoundRow(rows.keys[place], label))
            if len(found) >= most:
                break
            if perf_counter() > until:
                await asyncio.sleep(REST)
                until = perf_counter() + SLICE
        return found

    async def count(self, text: str, predicate: Callable[[R], bool] | None) -> int:
        """Return how many rows have every word of a text and fulfil a predicate. Keys are heard meanwhile."""
        rows, total = self._newest, 0
        until = perf_counter() + SLICE
        for places in rows.find(tuple(fold(text).split())):
            total += sum(1 for place in places if predicate is None or predicate(rows.rows[place]))
            if perf_counter() > until:
                await asyncio.sleep(REST)
                until = perf_counter() + SLICE
        return total

    @property
    def counts(self) -> tuple[int, int]:
        """(number of rows that are shown, number of all rows)"""
        return len(self._row_lines.places), len(self._shown)

    @property
    def section_counts(self) -> dict[Heading | None, int]:
        """The number of shown rows under each heading that has any."""
        return self._row_lines.counts

    def copyable(self) -> CopyableText | None:
        """Return what is copied from the row under the cursor."""
        row = self.cursor_row
        return None if row is None else self.listing.copyable(row)

    def whole_values(self) -> Sequence[NamedValue]:
        """Return the texts of the row under the cursor in full, those of hidden columns too."""
        row = self.cursor_row
        return () if row is None else self.listing.values_of(row)

    # The cursor

    @property
    def cursor_shown(self) -> bool:
        """Return True: the cursor shows to which row the detail belongs."""
        return True

    def move_to(self, key: str) -> bool:
        """Move the cursor to a row. Return True if the row is shown; else it gets the cursor as soon as it is shown."""
        self._wanted = key
        self._on_heading = ""
        if self._unfold(key):
            self._row_lines.lay()
            self.lines_changed()
        line = self._row_lines.line_of_place(self._shown.place(key))
        if line >= 0:
            self.cursor_line = line
            self._post_cursor()
        return line >= 0

    def cursor_rested(self) -> None:
        """Remember the row, or the folded heading, that the user chose."""
        heading = self._row_lines.heading_at(self.cursor_line)
        self._on_heading = heading.text if heading is not None else ""
        self._wanted = self.cursor_key
        self._post_cursor()

    def _post_cursor(self) -> None:
        key = self.cursor_key
        if key != self._posted:
            self._posted = key
            self.post_message(self.Highlighted(self, key))

    def _place_cursor(self, old_index: int, old_cell: int) -> None:
        """Keep the cursor on its row, and the row at its height on the screen.

        If the filter hides the row, the cursor is on the first row until the row is shown again. If the row is no
        longer in the data, the cursor goes to the row that took its place.
        """
        lines, place = self._row_lines, self._shown.place(self._wanted)
        line = lines.line_of_folded(self._on_heading) if self._on_heading else lines.line_of_place(place)
        kept = line >= 0
        if not kept:
            index = old_index if place is None and self._wanted is not None else 0
            line = lines.line_of_index(max(0, min(index, len(lines.places) - 1)))
        self.set_reactive(LineView.cursor_line, line)
        self.lines_changed()
        if kept and 0 <= old_cell < self.body_height:
            self.scroll_to(y=line - old_cell, animate=False, force=True)
        if line >= 0:
            self.reveal(line)
        if self._wanted is None and not self._on_heading:
            self._wanted = self.cursor_key
        self._post_cursor()

    def _unfold(self, key: str) -> bool:
        """See to it that the heading of a row is not folded. Return True if it was."""
        row, section = self.row(key), self.listing.section
        heading = section(row) if row is not None and section is not None else None
        return heading is not None and self._row_lines.will_show(heading)

    # Keys that come before the rows

    @property
    def is_waiting(self) -> bool:
        """True until the list has its first rows."""
        return self._early_keys.are_kept

    def on_key(self, event: events.Key) -> None:
        """Keep a key of the list for the first rows."""
        bound = self.screen.active_bindings.get(event.key) if self.is_waiting else None
        if bound is None or bound.node is not self or not bound.enabled:
            return
        event.stop()
        event.prevent_default()
        failed = self.placeholder_tone == "bad"
        if refusal := NO_ROWS if failed else self._early_keys.keep(bound.binding.action):
            notify(self.app, refusal, severity="warning")

    async def _obey(self, actions: Sequence[str]) -> None:
        for action in actions:
            await self.run_action(action)

    def watch_placeholder_tone(self, tone: str) -> None:
        """Refuse the kept keys if no rows can come. The placeholder says why."""
        if tone == "bad" and (refusal := self._early_keys.refused()):
            notify(self.app, refusal, severity="warning")

    # Painting

    def paint(self, line: int, width: int) -> Sequence[Piece]:
        """Return the pieces of a row, of a heading, or of the blank line above a heading."""
        lines = self._row_lines
        place = lines.place_of_line(line)
        if place is not None:
            row, slots = self._shown.rows[place], self._columns.slots(width)
            return row_pieces(row, self.columns, slots, self._words, lit=self.is_lit(line))
        heading = lines.heading_at(line)
        if heading is None:
            return ()
        if not self.listing.foldable:
            return heading.pieces()
        return foldable_heading_pieces(heading, lines.rows_under(line), folded=lines.stops_at(line))

    def paint_header(self, width: int) -> Sequence[Piece]:
        """Return the titles, with an arrow at the column by which the list is sorted."""
        return title_pieces(self.columns, self._columns.slots(width - 1), self._sorting)
