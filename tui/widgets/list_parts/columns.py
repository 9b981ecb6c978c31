"""The columns of a list: what each shows, and which cells of the line it gets. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from msgspec import Struct, structs

from tui.cells import Align
from tui.widgets.search_text import fold

R = TypeVar("R")


class ListColumn(Struct, Generic[R], frozen=True):
    """One column.

    A column is `width` cells wide. With `width` 0 it gets a `share` of the cells that the other columns leave: at least
    `minimum` cells and, unless `most` is 0, at most `most`. `style` names tones ("muted", "strong good") or returns
    them for a row; `lit` replaces it under the cursor. If the list is too narrow, columns with the highest `drop` are
    left out first; a column with 0 always stays. `gap` is the number of blank cells after the column.

    A column that is there `instead_of` another one, by its name, is shown only where that one was left out: it says the
    same in fewer cells, which the columns behind it give up.

    A person can hide and show the columns that have a title. `extra` columns are hidden until a person shows them.
    """

    name: str
    text: Callable[[R], object]
    title: str = ""
    width: int = 0
    share: int = 1
    minimum: int = 6
    most: int = 0
    style: str | Callable[[R], str] = "plain"
    lit: str = ""
    align: Align = "left"
    drop: int = 0
    gap: int = 2
    sort: Callable[[R], Any] | None = None
    extra: bool = False
    instead_of: str = ""

    @property
    def heading(self) -> str:
        """The name of the column for a person: its title, else its name."""
        return self.title or self.name.replace("-", " ").capitalize()

    @property
    def is_sign(self) -> bool:
        """True if the column holds a sign and no text, or says what another column says."""
        return self.width == 1 or bool(self.instead_of)

    def sort_key(self, row: R) -> Any:
        """Return the value by which the column is sorted: what `sort` returns, else the folded text."""
        return fold(str(self.text(row))) if self.sort is None else self.sort(row)


class Slot(NamedTuple):
    """A column's place on the line without the gutter: its first cell, and its number of cells."""

    start: int
    width: int


def lay_out(columns: Sequence[ListColumn[Any]], width: int) -> dict[str, Slot]:
    """Return the places of the columns that fit in `width` cells, by name. Columns with the highest `drop` go first."""
    kept = [column for column in columns if not column.instead_of]
    while len(kept) > 1 and _least(kept) > width and any(column.drop for column in kept):
        kept.remove(max(reversed(kept), key=lambda column: column.drop))
    names = {column.name for column in kept}
    left_out = {column.name for column in columns} - names
    kept = [column for column in columns if column.name in names or column.instead_of in left_out]
    wanted = _shared(kept, max(0, width - _least(kept)))
    slots: dict[str, Slot] = {}
    start = 0
    for column in kept:
        cells = max(0, min(wanted[column.name], width - start))
        slots[column.name] = Slot(start, cells)
        start += cells + column.gap
    return slots


def _shared(columns: Sequence[ListColumn[Any]], spare: int) -> dict[str, int]:
    """Return the cells of each column by name, when `spare` cells are shared. Nothing is given beyond `most`."""
    cells = {column.name: column.width or column.minimum for column in columns}
    open_ended = [column for column in columns if not column.width]
    while open_ended:
        shares = sum(column.share for column in open_ended)
        full = [
            column
            for column in open_ended
            if column.most and column.minimum + spare * column.share // shares > column.most
        ]
        if not full:
            break
        for column in full:
            cells[column.name] = column.most
            spare -= column.most - column.minimum
            open_ended.remove(column)
    shares = sum(column.share for column in open_ended)
    for column in open_ended:
        extra = spare * column.share // shares if shares else 0
        spare, shares = spare - extra, shares - column.share
        cells[column.name] += extra
    return cells


def _least(columns: Sequence[ListColumn[Any]]) -> int:
    cells = sum((column.width or column.minimum) + column.gap for column in columns)
    return cells - (columns[-1].gap if columns else 0)


class ShownColumns(Generic[R]):
    """The columns that a person wants to see, and their places. The places are kept for the width of the last line."""

    def __init__(self, columns: Sequence[ListColumn[R]]) -> None:
        self._all = tuple(columns)
        self._shown = tuple(column for column in columns if not column.extra)
        self._widths: dict[str, int] = {}
        """The cells of columns that have another width than they were made with, by their names."""
        self._slots: tuple[int, dict[str, Slot]] = (-1, {})

    @property
    def shown(self) -> tuple[ListColumn[R], ...]:
        """The columns that a person wants to see, in order. A narrow list leaves some of them out."""
        return self._shown

    @property
    def choosable(self) -> tuple[ListColumn[R], ...]:
        """The columns that a person can hide and show: those with a title."""
        return tuple(column for column in self._all if column.title)

    def named(self, name: str) -> ListColumn[R]:
        """Return the column with a name."""
        return next(column for column in self._all if column.name == name)

    def choose(self, names: Iterable[str]) -> bool:
        """Show the choosable columns with these names and no others. Return False, and change nothing, for none."""
        wanted = set(names)
        if not any(column.name in wanted for column in self.choosable):
            return False
        self._shown = tuple(column for column in self._all if not column.title or column.name in wanted)
        self._slots = (-1, {})
        return True

    def set_width(self, name: str, cells: int) -> bool:
        """Make a column `cells` cells wide. Return False if it is as wide already."""
        if self._widths.get(name) == cells:
            return False
        self._widths[name] = cells
        self._slots = (-1, {})
        return True

    def slots(self, width: int) -> dict[str, Slot]:
        """Return the places of the columns that fit in `width` cells, by name."""
        if self._slots[0] != width:
            self._slots = (width, lay_out(self._sized(self._shown), width))
        return self._slots[1]

    def left_out(self, names: Iterable[str], width: int) -> frozenset[str]:
        """Return for which of the choosable columns with these names `width` cells have no room, if all are wanted."""
        wanted = set(names)
        columns = self._sized(column for column in self._all if not column.title or column.name in wanted)
        return (
            frozenset(column.name for column in columns if column.name in wanted)
            - lay_out(columns, width).keys()
        )

    def _sized(self, columns: Iterable[ListColumn[R]]) -> list[ListColumn[R]]:
        return [
            structs.replace(column, width=self._widths.get(column.name, column.width)) for column in columns
        ]
