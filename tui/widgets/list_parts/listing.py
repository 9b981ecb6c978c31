"""How a list shows its rows: their columns, keys, headings and texts. A screen makes a `Listing`. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

from tui.under_cursor import CopyableText, NamedValue
from tui.widgets.line_view import Heading
from tui.widgets.list_parts.columns import ListColumn

R = TypeVar("R")


class Listing(Struct, Generic[R], frozen=True):
    """How a list shows its rows.

    `key` returns a row's stable name, `haystack` the text in which the filter searches (default: all columns), and
    `section` the heading above the row. Sections come in the order of `sections`; other sections come after them in
    the order of their first row. `can_mark` is False for a list of which no action takes marked rows.

    `noun` names a row ("card"); the palette finds the rows of a list with a noun by their text. `copied` returns what
    is copied from a row; by default the texts of its columns. If the list is `foldable`, each heading shows how many
    rows it has, and a key or a click hides them. `folded` names the headings that begin folded, by their text.
    `opens_at_once` is True if a single click opens a row. `is_record` returns False for a row that only offers
    something to do or to choose: it is neither exported nor counted. By default every row is a record.
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
    is_record: Callable[[R], bool] | None = None

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


class FoundRow(NamedTuple):
    """A row that was looked for by its text: its key, and its texts in one line."""

    key: str
    label: str
