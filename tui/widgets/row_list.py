"""The one list of the app: any number of rows in columns, with a filter, marks, sorting and sections.

Rows are values of the screen. The list knows a row only by its key, so the cursor and the marks stay with their rows
when the list is filtered, sorted or gets new data.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from math import inf
from time import perf_counter
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar, Unpack

from msgspec import Struct, structs
from textual import events, work
from textual.binding import BindingType
from textual.message import Message

from tui.action_model import NamesKeys
from tui.actions import bindings_for
from tui.text import Align, fit, notify, width_of
from tui.under_cursor import CopyableText, NamedValue
from tui.widgets.early_keys import NO_ROWS, EarlyKeys
from tui.widgets.line_view import Heading, InDom, LineView, Piece
from tui.widgets.rows import Arrangement, Rows, View, fold, found_in

R = TypeVar("R")

Direction = Literal["up", "down"]

_AT_ONCE = 0.003
"""Seconds of arranging before the paint after a key. Arranging that takes longer goes on in the background."""
_SLICE = 0.002
_REST = 0.001


class ListColumn(Struct, Generic[R], frozen=True):
    """One column.

    A column is `width` cells wide. With `width` 0 it gets a `share` of the cells that the other columns leave, but at
    least `minimum` cells. `style` names tones ("muted", "strong good") or returns them for a row; `lit` replaces it
    under the cursor. If the list is too narrow, columns with the highest `drop` are left out first; a column with 0
    always stays. `gap` is the number of blank cells after the column.

    A person can hide and show the columns that have a title. `extra` columns are hidden until a person shows them.
    """

    name: str
    text: Callable[[R], object]
    title: str = ""
    width: int = 0
    share: int = 1
    minimum: int = 6
    style: str | Callable[[R], str] = "plain"
    lit: str = ""
    align: Align = "left"
    drop: int = 0
    gap: int = 2
    sort: Callable[[R], Any] | None = None
    extra: bool = False

    @property
    def heading(self) -> str:
        """The name of the column for a person: its title, else its name."""
        return self.title or self.name.replace("-", " ").capitalize()

    @property
    def is_sign(self) -> bool:
        """True if the column holds a sign and no text."""
        return self.width == 1

    def sort_key(self, row: R) -> Any:
        """Return the value by which the column is sorted: what `sort` returns, else the folded text."""
        return fold(str(self.text(row))) if self.sort is None else self.sort(row)


class Listing(Struct, Generic[R], frozen=True):
    """How a list shows its rows.

    `key` returns a row's stable name, `haystack` the text in which the filter searches (default: all columns), and
    `section` the heading above the row. Sections come in the order of `sections`; other sections come after them in
    the order of their first row. `can_mark` is False for a list of which no action takes marked rows.

    `noun` names a row ("card"); the palette finds the rows of a list with a noun by their text. `copied` returns what
    is copied from a row; by default the texts of its columns. If the list is `foldable`, each heading shows how many
    rows it has, and a key or a click hides them. `folded` names the headings that begin folded, by their text.
    `opens_at_once` is True if a single click opens a row.
    """

    columns: tuple[ListColumn[R], ...]
    key: Callable[[R], str]
    haystack: Callable[[R], str] | None = None
    section: Callable[[R], Heading | None] | None = None
    sections: tuple[Heading, ...] = ()
    titled: bool = False
    can_mark: bool = True
    empty: str = ""
    no_match: str = "Nothing matches."
    noun: str = ""
    copied: Callable[[R], CopyableText | None] | None = None
    foldable: bool = False
    folded: tuple[str, ...] = ()
    opens_at_once: bool = False

    @property
    def nouns(self) -> str:
        """What several rows are called; "rows" without a noun."""
        noun = self.noun or "row"
        return f"{noun}es" if noun.endswith(("s", "sh", "ch", "x")) else f"{noun}s"

    def counted(self, count: int) -> str:
        """Return a number of rows in words."""
        return f"{count:,} {(self.noun or 'row') if count == 1 else self.nouns}"

    def searched(self, row: R) -> str:
        """Return the text in which the filter searches for a row."""
        if self.haystack is not None:
            return self.haystack(row)
        return " ".join([str(column.text(row)) for column in self.columns])

    def values_of(self, row: R) -> list[NamedValue]:
        """Return the columns' names with a row's whole texts, without signs and empty texts."""
        texts = ((column, str(column.text(row))) for column in self.columns if not column.is_sign)
        return [NamedValue(column.heading, text) for column, text in texts if text]

    def copyable(self, row: R) -> CopyableText | None:
        """Return what is copied from a row."""
        if self.copied is not None:
            return self.copied(row)
        text = "\t".join(value.text for value in self.values_of(row))
        return CopyableText(text, f"The {self.noun or 'row'}") if text else None


class Slot(NamedTuple):
    """A column's place on the line without the gutter: its first cell, and its number of cells."""

    start: int
    width: int


def lay_out(columns: Sequence[ListColumn[Any]], width: int) -> dict[str, Slot]:
    """Return the places of the columns that fit in `width` cells, by name. Columns with the highest `drop` go first."""
    kept = list(columns)
    while len(kept) > 1 and _least(kept) > width and any(column.drop for column in kept):
        kept.remove(max(reversed(kept), key=lambda column: column.drop))
    spare = max(0, width - _least(kept))
    shares = sum(column.share for column in kept if not column.width)
    slots: dict[str, Slot] = {}
    start = 0
    for column in kept:
        cells = column.width
        if not column.width:
            extra = spare * column.share // shares if shares else 0
            spare, shares = spare - extra, shares - column.share
            cells = column.minimum + extra
        cells = max(0, min(cells, width - start))
        slots[column.name] = Slot(start, cells)
        start += cells + column.gap
    return slots


def _least(columns: Sequence[ListColumn[Any]]) -> int:
    cells = sum((column.width or column.minimum) + column.gap for column in columns)
    return cells - (columns[-1].gap if columns else 0)


class _Block(NamedTuple):
    """Rows under one heading: the first line, the first line of a row, and the first index in the arrangement.

    `size` is the number of rows. A folded block shows its heading alone.
    """

    line: int
    first_row: int
    first_index: int
    size: int
    heading: Heading | None
    folded: bool = False


T = TypeVar("T")


class _Work(Generic[T]):
    """Work that can be paused and continued, and its result. `early` is the part of it that came before the end."""

    def __init__(self, steps: Generator[T | None, None, T]) -> None:
        self._steps = steps
        self.result: T | None = None
        self.early: T | None = None

    def advance(self, seconds: float) -> bool:
        """Work for about `seconds`. Return True if the work is finished."""
        until = perf_counter() + seconds
        try:
            while True:
                self.early = next(self._steps) or self.early
                if perf_counter() > until:
                    return False
        except StopIteration as end:
            self.result = end.value
            return True

    def take_early(self) -> T | None:
        """Return what came before the end, once; None if nothing did."""
        early, self.early = self.early, None
        return early


class _Arranging(NamedTuple):
    """Arranging that is not finished, and the rows that it arranges."""

    rows: Rows[Any]
    view: View[Any]
    work: _Work[Arrangement]


class _DialogWanted(Message):
    """A person wants a dialog about a list. The list knows no dialog, so the app opens it."""

    def __init__(self, row_list: RowList[Any]) -> None:
        super().__init__()
        self.row_list = row_list

    @property
    def control(self) -> RowList[Any]:
        """The list."""
        return self.row_list


class FoundRow(NamedTuple):
    """A row that was looked for by its text: its key, and its texts in one line."""

    key: str
    label: str


class RowList(LineView, NamesKeys, Generic[R]):
    """A list of rows: see the module. Give it rows with `set_rows`, `extend_rows` and `update_row`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("rows")]

    class Highlighted(Message):
        """The cursor came to rest on a row, or on no row."""

        def __init__(self, row_list: RowList[Any], key: str | None) -> None:
            super().__init__()
            self.row_list = row_list
            self.key = key

        @property
        def control(self) -> RowList[Any]:
            """The list."""
            return self.row_list

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, RowList.Highlighted) and message.row_list is self.row_list

    class Selected(Message):
        """A row was opened: Enter, or a second click."""

        def __init__(self, row_list: RowList[Any], key: str) -> None:
            super().__init__()
            self.row_list = row_list
            self.key = key

        @property
        def control(self) -> RowList[Any]:
            """The list."""
            return self.row_list

    class Marked(Message):
        """The marked rows have changed."""

        def __init__(self, row_list: RowList[Any], keys: tuple[str, ...]) -> None:
            super().__init__()
            self.row_list = row_list
            self.keys = keys

        @property
        def control(self) -> RowList[Any]:
            """The list."""
            return self.row_list

    class ColumnsWanted(_DialogWanted):
        """A person wants to choose the columns of a list. The app asks which."""

    class ExportWanted(_DialogWanted):
        """A person wants what a list shows as a file. The app asks where."""

    class Counted(Message):
        """The number of rows that are shown, and of all rows."""

        def __init__(self, row_list: RowList[Any], shown: int, total: int) -> None:
            super().__init__()
            self.row_list = row_list
            self.shown = shown
            self.total = total

        @property
        def control(self) -> RowList[Any]:
            """The list."""
            return self.row_list

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, RowList.Counted) and message.row_list is self.row_list

    def __init__(self, listing: Listing[R], **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self.listing = listing
        self.header_height = 1 if listing.titled else 0
        self._shown: Rows[R] = self._made(())
        self._newest = self._shown
        self._places: Sequence[int] = ()
        self._groups: tuple[tuple[Heading | None, int], ...] = ()
        self._blocks: list[_Block] = []
        self._total = 0
        self._words: tuple[str, ...] = ()
        self.filter_text = ""
        """The words that every shown row has, as they were typed."""
        self._predicate: Callable[[R], bool] | None = None
        self._sorting: tuple[str, Direction] | None = None
        self._marks: dict[str, None] = {}
        self._held_marks: tuple[Rows[R] | None, int, tuple[str, ...]] = (None, 0, ())
        """The marks of rows that are in the data, for these rows and their number; None if they are not known."""
        self._wanted: str | None = None
        self._told: str | None = None
        self._clicked: str | None = None
        self._under_way: _Arranging | None = None
        self._shown_early: _Arranging | None = None
        """The arranging of which the first rows were shown before the end."""
        self._stale = False
        self.filling = False
        """True while more rows are on their way. The texts for the filter are prepared afterwards."""
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._slots: tuple[int, dict[str, Slot]] = (-1, {})
        self._folded = set(listing.folded)
        """The texts of the headings of which the rows are hidden."""
        self._on_heading = ""
        """The text of the folded heading that the cursor is on; "" while the cursor is on a row."""
        self._columns = tuple(column for column in listing.columns if not column.extra)
        self._widths: dict[str, int] = {}
        """The cells of columns that have another width than in the listing, by their names."""
        self._early_keys = EarlyKeys()
        self.placeholder = listing.empty

    # Rows in

    def set_rows(self, rows: Sequence[R]) -> None:
        """Replace all rows. The cursor and the marks stay with their keys."""
        self.set_made(self._made(rows))

    def made(self, rows: Sequence[R]) -> Rows[R]:
        """Return rows for `set_made`. For many rows, this may run in another thread."""
        return self._made(rows)

    def set_made(self, rows: Rows[R]) -> None:
        """Replace all rows, as `set_rows` does."""
        self._early_keys.all_rows_came()
        self._newest = rows
        self._renew()

    def set_changed_rows(self, rows: Sequence[R]) -> None:
        """Replace all rows, of which most are the objects that are there already.

        This is for rows that never change, and of which all texts depend on the row alone. If the keys and their order
        are as before, only the other objects are taken in.
        """
        if self._newest.replace_all(rows):
            self._early_keys.all_rows_came()
            self._renew()
        else:
            self.set_rows(rows)

    def extend_rows(self, rows: Sequence[R]) -> None:
        """Add rows at the end. The cursor stays where it is."""
        self._newest.extend(rows)
        self._renew()

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
                self._renew()
            elif rows is self._shown and (line := self._line_of_place(place)) >= 0:
                self.line_changed(line)

    def _made(self, rows: Sequence[R]) -> Rows[R]:
        return Rows(rows, self.listing.key, self.listing.searched)

    def set_width(self, name: str, cells: int) -> None:
        """Give a column `cells` cells. The rows know how wide a column has to be, the listing does not."""
        if self._widths.get(name) != cells:
            self._widths[name] = cells
            self._slots = (-1, {})
            self.lines_changed()

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
            self._rearrange()

    def set_predicate(self, predicate: Callable[[R], bool] | None) -> None:
        """Show only rows for which `predicate` is True, in addition to the filter. `None` shows all."""
        self._predicate = predicate
        self._rearrange()

    def sort_by(self, name: str | None, direction: Direction = "up") -> None:
        """Sort by a column. `None` is the order in which the rows came."""
        self._sorting = None if name is None else (self._column(name).name, direction)
        self._rearrange()

    def _column(self, name: str) -> ListColumn[R]:
        return next(column for column in self.listing.columns if column.name == name)

    def _view(self) -> View[R]:
        listing = self.listing
        sort = self._column(self._sorting[0]).sort_key if self._sorting else None
        descending = self._sorting is not None and self._sorting[1] == "down"
        enough = 2 * self.body_height
        return View(self._words, self._predicate, sort, descending, listing.section, listing.sections, enough)

    def _rearrange(self) -> None:
        """Arrange the rows for the present filter and order. Arranging for an older filter or order is dropped."""
        self._stale = False
        view = self._view()
        arranging = _Arranging(self._newest, view, _Work(self._newest.arrange(view)))
        self._under_way = arranging
        if arranging.work.advance(_AT_ONCE if self.is_attached else inf):
            self._arranged(arranging)
        else:
            self._quiet.clear()
            self._show_early(arranging)
            self._finish(arranging)

    def _renew(self) -> None:
        """Arrange the rows for new data. Arranging under way is finished first, so that frequent changes show."""
        if self._under_way is None:
            self._rearrange()
        else:
            self._stale = True

    @work(group="arrange", exclusive=True)
    async def _finish(self, arranging: _Arranging) -> None:
        """Arrange in slices. Newer rows, words or another order end it, also if it has not begun by then."""
        while arranging is self._under_way:
            if arranging.work.advance(_SLICE):
                self._arranged(arranging)
                return
            self._show_early(arranging)
            await asyncio.sleep(_REST)

    def _show_early(self, arranging: _Arranging) -> None:
        """Show the first rows that were found, unless the row of the cursor is one that comes later."""
        early = arranging.work.take_early()
        if early is None:
            return
        place = arranging.rows.place(self._wanted)
        if place is None or place in early.places or not arranging.rows.shows(place, arranging.view):
            self._show(arranging.rows, early)
            self._shown_early = arranging

    @work(group="prepare", exclusive=True)
    async def _prepare(self, rows: Rows[R]) -> None:
        preparing = _Work(rows.prepare())
        while not preparing.advance(_SLICE):
            await asyncio.sleep(_REST)
            if rows is not self._shown or self._under_way is not None:
                return

    async def settled(self) -> None:
        """Wait until the list shows the latest rows, filter and order."""
        await self._quiet.wait()

    def _arranged(self, arranging: _Arranging) -> None:
        arrangement = arranging.work.result
        if arrangement is None:
            return
        self._under_way = None
        last_line = self.scroll_offset.y + self.body_height
        if self._shown_early is arranging and self.listing.section is None and last_line <= len(self._places):
            self._places = arrangement.places  # it begins with what is on the screen
            self._set_blocks(arrangement.groups)
            self.number_changed()
        else:
            self._show(arranging.rows, arrangement)
        listing = self.listing
        if self.placeholder in ("", listing.empty, listing.no_match):
            self.placeholder = listing.no_match if len(self._shown) else listing.empty
        self.post_message(self.Counted(self, len(self._places), len(self._shown)))
        if self._stale:
            self._rearrange()
            return
        if early := self._early_keys.obeyed(has_rows=bool(self._places)):
            self.call_later(self._obey, early)
        self._quiet.set()
        if self.is_attached and not self.filling and not self._shown.prepared:
            self._prepare(self._shown)

    def _show(self, rows: Rows[Any], arrangement: Arrangement) -> None:
        """Show some rows in their order. The cursor stays on its row."""
        old_cell = self.cursor_line - self.scroll_offset.y
        old_index = self._index_of_line(self.cursor_line)
        self._shown = rows
        self._places = arrangement.places
        self._set_blocks(arrangement.groups)
        self._place_cursor(old_index, old_cell)

    def _set_blocks(self, groups: tuple[tuple[Heading | None, int], ...]) -> None:
        self._groups = groups
        self._blocks = []
        line = index = 0
        was_folded = False
        for heading, count in groups:
            folded = self._is_folded(heading)
            start = line
            if heading is not None:
                line += 2 if start and not (folded and was_folded) else 1
            elif start:
                line += 1
            self._blocks.append(_Block(start, line, index, count, heading, folded))
            line += 0 if folded else count
            index += count
            was_folded = folded
        self._total = line

    def _is_folded(self, heading: Heading | None) -> bool:
        """Return True if a heading's rows are hidden. While words are looked for, every row that has them is shown."""
        return heading is not None and not self._words and heading.text in self._folded

    # From lines to rows and back

    @property
    def line_total(self) -> int:
        """The number of lines, including the headings and the blank lines above them."""
        return self._total

    def _index_of_line(self, line: int) -> int:
        if not 0 <= line < self._total:
            return -1
        block = self._block_of_line(line)
        return block.first_index + line - block.first_row if line >= block.first_row else -1

    def _block_of_line(self, line: int) -> _Block:
        return self._blocks[bisect_right(self._blocks, line, key=lambda block: block.line) - 1]

    def _line_of_index(self, index: int) -> int:
        """Return the line of a row, or of its heading if the row is folded; -1 for none."""
        if not 0 <= index < len(self._places):
            return -1
        block = self._blocks[bisect_right(self._blocks, index, key=lambda block: block.first_index) - 1]
        return block.first_row - 1 if block.folded else block.first_row + index - block.first_index

    def _line_of_place(self, place: int | None) -> int:
        if place is None:
            return -1
        try:
            return self._line_of_index(self._places.index(place))
        except ValueError:
            return -1

    def _place_of_line(self, line: int) -> int | None:
        index = self._index_of_line(line)
        return None if index < 0 else self._places[index]

    def stops_at(self, line: int) -> bool:
        """Return True for a row and a folded heading, False for another heading or a blank line."""
        if self._index_of_line(line) >= 0:
            return True
        return self._heading_at(line) is not None and self._block_of_line(line).folded

    def _heading_at(self, line: int) -> Heading | None:
        """Return the heading on a line; None if the line has none."""
        if not 0 <= line < self._total:
            return None
        block = self._block_of_line(line)
        return block.heading if line == block.first_row - 1 else None

    # What a screen asks

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor."""
        place = self._place_of_line(self.cursor_line)
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
        return [self._shown.keys[place] for place in self._shown_places()]

    def _shown_places(self) -> Iterator[int]:
        for block in self._blocks:
            if not block.folded:
                yield from self._places[block.first_index : block.first_index + block.size]

    @property
    def shown_rows(self) -> list[R]:
        """The rows that are shown, in order, without those of folded headings."""
        return [self._shown.rows[place] for place in self._shown_places()]

    @property
    def sorting(self) -> tuple[str, Direction] | None:
        """The name of the column by which the list is sorted, with the direction; None for the order of the rows."""
        return self._sorting

    async def find(self, text: str, most: int) -> list[FoundRow]:
        """Return at most `most` rows with every word of a text, also those that are not shown.

        Keys are heard meanwhile.
        """
        rows, found = self._newest, list[FoundRow]()
        words = tuple(fold(text).split())
        until = perf_counter() + _SLICE
        for places in rows.find(words) if words else ():
            for place in places[: most - len(found)]:
                row = rows.rows[place]
                label = "  ".join(value.text for value in self.listing.values_of(row))
                found.append(FoundRow(rows.keys[place], label))
            if len(found) >= most:
                break
            if perf_counter() > until:
                await asyncio.sleep(_REST)
                until = perf_counter() + _SLICE
        return found

    async def count(self, text: str, predicate: Callable[[R], bool] | None) -> int:
        """Return how many rows have every word of a text and fulfil a predicate. Keys are heard meanwhile."""
        rows, total = self._newest, 0
        until = perf_counter() + _SLICE
        for places in rows.find(tuple(fold(text).split())):
            total += sum(1 for place in places if predicate is None or predicate(rows.rows[place]))
            if perf_counter() > until:
                await asyncio.sleep(_REST)
                until = perf_counter() + _SLICE
        return total

    @property
    def counts(self) -> tuple[int, int]:
        """(number of rows that are shown, number of all rows)"""
        return len(self._places), len(self._shown)

    @property
    def section_counts(self) -> dict[Heading | None, int]:
        """The number of shown rows under each heading that has any."""
        return {block.heading: block.size for block in self._blocks}

    @property
    def marks(self) -> tuple[str, ...]:
        """The keys of the marked rows in the order of marking, without rows that are no longer in the data."""
        rows, number, marks = self._held_marks
        if rows is not self._newest or number != len(rows):
            rows, marks = self._newest, self._newest.holding(self._marks)
            self._held_marks = (rows, len(rows), marks)
        return marks

    def mark(self, keys: Iterable[str]) -> None:
        """Mark these rows and unmark all others."""
        self._set_marks(keys)

    def move_to(self, key: str) -> bool:
        """Move the cursor to a row. Return True if the row is shown; else it gets the cursor as soon as it is shown."""
        self._wanted = key
        self._on_heading = ""
        if self._unfold(key):
            self._set_blocks(self._groups)
            self.lines_changed()
        line = self._line_of_place(self._shown.place(key))
        if line >= 0:
            self.cursor_line = line
            self._tell()
        return line >= 0

    # The cursor

    @property
    def cursor_shown(self) -> bool:
        """Return True: the cursor shows to which row the detail belongs."""
        return True

    def cursor_rested(self) -> None:
        """Remember the row, or the folded heading, that the user chose."""
        heading = self._heading_at(self.cursor_line)
        self._on_heading = heading.text if heading is not None else ""
        self._wanted = self.cursor_key
        self._clicked = None
        self._tell()

    def _tell(self) -> None:
        key = self.cursor_key
        if key != self._told:
            self._told = key
            self.post_message(self.Highlighted(self, key))

    def _place_cursor(self, old_index: int, old_cell: int) -> None:
        """Keep the cursor on its row, and the row at its height on the screen.

        If the filter hides the row, the cursor is on the first row until the row is shown again. If the row is no
        longer in the data, the cursor goes to the row that took its place.
        """
        place = self._shown.place(self._wanted)
        line = self._line_of_heading(self._on_heading) if self._on_heading else self._line_of_place(place)
        kept = line >= 0
        if not kept:
            index = old_index if place is None and self._wanted is not None else 0
            line = self._line_of_index(max(0, min(index, len(self._places) - 1)))
        self.set_reactive(LineView.cursor_line, line)
        self.lines_changed()
        if kept and 0 <= old_cell < self.body_height:
            self.scroll_to(y=line - old_cell, animate=False, force=True)
        if line >= 0:
            self.reveal(line)
        if self._wanted is None and not self._on_heading:
            self._wanted = self.cursor_key
        self._tell()

    def _line_of_heading(self, text: str) -> int:
        """Return the line of a folded heading; -1 if there is none of this text."""
        lines = (
            block.first_row - 1
            for block in self._blocks
            if block.folded and block.heading is not None and block.heading.text == text
        )
        return next(lines, -1)

    def copyable(self) -> CopyableText | None:
        """Return what is copied from the row under the cursor."""
        row = self.cursor_row
        return None if row is None else self.listing.copyable(row)

    def whole_values(self) -> Sequence[NamedValue]:
        """Return the texts of the row under the cursor in full, those of hidden columns too."""
        row = self.cursor_row
        return () if row is None else self.listing.values_of(row)

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
        """Say that kept keys do nothing if no rows can come: the list says why."""
        if tone == "bad" and (refusal := self._early_keys.refused()):
            notify(self.app, refusal, severity="warning")

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

    def footer_of(self, action: str) -> str | None:
        """Say in the footer how many rows are marked."""
        return f"{len(self.marks):,} marked" if action == "list-mark" and self.marks else None

    def _set_marks(self, keys: Iterable[str]) -> None:
        self._marks = dict.fromkeys(keys)
        self.lines_changed()
        self._say_marks()

    def _say_marks(self) -> None:
        self._held_marks = (None, 0, ())
        self.post_message(self.Marked(self, self.marks))
        self.refresh_bindings()

    def action_mark_row(self) -> None:
        """Mark or unmark the row under the cursor, and go down."""
        key = self.cursor_key
        if key is None:
            return
        if key in self._marks:
            del self._marks[key]
        else:
            self._marks[key] = None
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
        places = [self._place_of_line(line) for line in range(min(first, last), max(first, last) + 1)]
        self._set_marks([*self._marks, *(self._shown.keys[place] for place in places if place is not None)])

    def action_mark_shown(self) -> None:
        """Mark all rows that are shown; if all of them are marked, take these marks away."""
        keys = self.shown_keys
        shown = set(keys)
        if shown <= self._marks.keys():
            self._set_marks([key for key in self._marks if key not in shown])
        else:
            self._set_marks([*self._marks, *keys])

    def action_unmark_rows(self) -> None:
        """Remove all marks."""
        if self._marks:
            self.mark(())

    # Folding

    def action_fold(self) -> None:
        """Hide the rows under the heading above the cursor, or show them again."""
        if 0 <= self.cursor_line < self._total:
            self._turn(self._block_of_line(self.cursor_line))

    def action_fold_all(self) -> None:
        """Hide the rows under every heading, or show all of them if all are hidden."""
        texts = {heading.text for heading, _ in self._groups if heading is not None}
        if texts <= self._folded:
            self._fold(texts, set())
        else:
            self._fold(set(), texts)

    def _unfold(self, key: str) -> bool:
        """See to it that the heading of a row is not folded. Return True if it was."""
        row, section = self.row(key), self.listing.section
        heading = section(row) if row is not None and section is not None else None
        was_folded = heading is not None and heading.text in self._folded
        if heading is not None:
            self._folded.discard(heading.text)
        return was_folded

    @property
    def _can_fold(self) -> bool:
        """True if headings can be folded now. While words are looked for, every row that has them is shown."""
        return self.listing.foldable and not self._words

    def _turn(self, block: _Block) -> None:
        if block.heading is None or not self._can_fold:
            return
        text = block.heading.text
        if text in self._folded:
            if self._on_heading == text:
                self._wanted = self._shown.keys[self._places[block.first_index]]
            self._fold({text}, set())
        else:
            self._fold(set(), {text})

    def _fold(self, opened: set[str], closed: set[str]) -> None:
        """Show the rows of some headings and hide those of others. The cursor of a hidden row goes to its heading."""
        cell = self.cursor_line - self.scroll_offset.y
        here = self._block_of_line(self.cursor_line).heading if 0 <= self.cursor_line < self._total else None
        self._folded = (self._folded - opened) | closed
        self._set_blocks(self._groups)
        self._on_heading = here.text if here is not None and self._is_folded(here) else ""
        self._place_cursor(0, cell)

    def action_sort_next(self) -> None:
        """Sort by the next column; after the last column, by none."""
        names = [None, *(column.name for column in self._columns if column.title or column.sort)]
        now = self._sorting[0] if self._sorting else None
        self.sort_by(names[(names.index(now) + 1) % len(names)] if now in names else None)

    def action_sort_reverse(self) -> None:
        """Reverse the order."""
        if self._sorting:
            name, direction = self._sorting
            self.sort_by(name, "down" if direction == "up" else "up")

    # Columns

    @property
    def columns(self) -> tuple[ListColumn[R], ...]:
        """The columns that a person wants to see, in order. A narrow list leaves some of them out."""
        return self._columns

    @property
    def choosable_columns(self) -> tuple[ListColumn[R], ...]:
        """The columns that a person can hide and show: those with a title."""
        return tuple(column for column in self.listing.columns if column.title)

    def show_columns(self, names: Iterable[str]) -> None:
        """Show the choosable columns with these names and no others. Unknown names are ignored; one always stays."""
        wanted = set(names)
        if not any(column.name in wanted for column in self.choosable_columns):
            return
        self._columns = tuple(
            column for column in self.listing.columns if not column.title or column.name in wanted
        )
        self._slots = (-1, {})
        self.lines_changed()

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
        if line >= 0 and self._heading_at(line) is not None:
            self._turn(self._block_of_line(line))
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
        for name, slot in self._layout(self.scrollable_content_region.width - 1).items():
            if slot.start <= x < slot.start + slot.width and self._column(name).title:
                if self._sorting == (name, "up"):
                    self.sort_by(name, "down")
                else:
                    self.sort_by(None if self._sorting == (name, "down") else name)

    # Painting

    def lead(self, line: int) -> Piece:
        """Return the sign before a row: it is marked, under the cursor, or both."""
        place = self._place_of_line(line)
        if place is not None and self._shown.keys[place] in self._marks:
            return ("◈" if self.is_lit(line) else "◆", "marked")
        return super().lead(line)

    def paint(self, line: int, width: int) -> Sequence[Piece]:
        """Return the pieces of a row, of a heading, or of the blank line above a heading."""
        place = self._place_of_line(line)
        if place is None:
            return self._heading(line)
        row = self._shown.rows[place]
        lit = self.is_lit(line)
        slots = self._layout(width)
        pieces: list[Piece] = []
        for column in self._columns:
            slot = slots.get(column.name)
            if slot is None:
                continue
            style = column.style if isinstance(column.style, str) else column.style(row)
            if lit and column.lit:
                style = column.lit
            text = fit(column.text(row), slot.width, column.align) + " " * column.gap
            pieces += self._with_matches(text, style) if self._words else [(text, style)]
        return pieces

    def _with_matches(self, text: str, style: str) -> list[Piece]:
        """Return a text in pieces: what the filter's words are found in is painted as a match."""
        pieces: list[Piece] = []
        at = 0
        for start, end in found_in(text, self._words):
            pieces += [(text[at:start], style), (text[start:end], f"{style} match")]
            at = end
        return [*pieces, (text[at:], style)]

    def _heading(self, line: int) -> Sequence[Piece]:
        """Return the pieces of a heading. The heading of a foldable list has a sign and the number of its rows."""
        heading = self._heading_at(line)
        if heading is None or not self.listing.foldable:
            return heading.pieces() if heading is not None else ()
        block = self._block_of_line(line)
        title, *remark = heading.pieces()
        sign = "▸ " if block.folded else " ▾ "
        return ((sign, "muted"), title, (f"  {block.size:,}", "muted"), *remark)

    def paint_header(self, width: int) -> Sequence[Piece]:
        """Return the titles, with an arrow at the column by which the list is sorted."""
        slots = self._layout(width - 1)
        pieces: list[Piece] = [(" ", "header")]
        for column in self._columns:
            slot = slots.get(column.name)
            if slot is None:
                continue
            sorted_here = self._sorting is not None and self._sorting[0] == column.name
            arrow = (" ▴" if self._sorting == (column.name, "up") else " ▾") if sorted_here else ""
            title = fit(column.title, min(slot.width, width_of(column.title))) + arrow
            pieces.append(
                (fit(title, slot.width, column.align), "header primary" if sorted_here else "header")
            )
            pieces.append((" " * column.gap, "header"))
        return pieces

    def _layout(self, width: int) -> dict[str, Slot]:
        if self._slots[0] != width:
            columns = [
                structs.replace(column, width=self._widths.get(column.name, column.width))
                for column in self._columns
            ]
            self._slots = (width, lay_out(columns, width))
        return self._slots[1]
