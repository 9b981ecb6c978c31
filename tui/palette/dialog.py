"""The palette's dialog: a line to type in, and the entries below it. Only Enter or a click does something."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Final

from msgspec import Struct
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui.actions import bindings_for
from tui.palette.entries import NOT_NOW, SECTIONS, PaletteEntry, best_first, searched
from tui.text import notify, paragraph, width_of
from tui.widgets.line_view import Heading
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList

More = Callable[[str], Awaitable[Sequence[PaletteEntry]]]
"""Returns the entries that take a moment: rows with the typed words; without words, the saved views."""
REST: Final = 0.1
"""Seconds without a key after which rows are searched."""
_WIDTH: Final = 100
"""Cells of the dialog at most, as in its CSS."""
_AROUND: Final = 10
"""Lines of the frame, the line to type in, the entry in full, the header and the footer."""
_LEAST_LABEL: Final = 20
"""Cells of the column of names at least."""


class PaletteRow(Struct, frozen=True):
    """An entry under the heading that it has now."""

    entry: PaletteEntry
    heading: Heading | None


_LISTING: Final[Listing[PaletteRow]] = Listing(
    columns=(
        ListColumn(
            "label",
            lambda row: row.entry.label,
            width=_LEAST_LABEL,
            style=lambda row: "muted" if row.entry.reason else "plain",
            lit="strong",
        ),
        ListColumn("does", lambda row: row.entry.does, minimum=24, style="muted", drop=1),
        ListColumn("keys", lambda row: row.entry.keys, width=10, align="right", style="primary"),
    ),
    key=lambda row: row.entry.key,
    haystack=lambda row: searched(row.entry),
    section=lambda row: row.heading,
    can_mark=False,
    opens_at_once=True,
    no_match="Nothing has these words.",
)


class PaletteDialog(Modal[PaletteEntry | None]):
    """Returns the chosen entry. An entry that can't be done now says why, and the palette stays."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("palette")]
    DEFAULT_CSS = """
    PaletteDialog { align: center top; }
    PaletteDialog > Vertical {
        width: 100; max-width: 96%; height: auto; margin-top: 1;
        padding: 0 1; background: $surface; border: round $primary;
        border-title-color: $foreground; border-title-style: bold;
    }
    PaletteDialog Input { margin-bottom: 1; }
    PaletteDialog #palette-does { height: 2; margin-top: 1; color: $foreground-muted; }
    """

    def __init__(self, entries: Sequence[PaletteEntry], more: More) -> None:
        super().__init__()
        self._entries = {entry.key: entry for entry in entries}
        self._found = dict(self._entries)
        self._more = more

    def compose(self) -> ComposeResult:
        """Yield the line to type in, the list, and what the entry under the cursor does, in full."""
        with Vertical() as frame:
            frame.border_title = "Palette"
            yield Input(placeholder="an action, a card, a client, an ID, a view, a theme …", compact=True)
            entries = RowList(_LISTING)
            entries.can_focus = False
            yield entries
            yield Static(id="palette-does")

    def on_mount(self) -> None:
        """Show all entries."""
        self.query_one(Input).focus()
        self._show("", ())
        self._look_for_more("")

    def on_resize(self, event: events.Resize) -> None:
        """Give the list the lines that are left."""
        self.query_one(RowList).styles.height = max(3, event.size.height - _AROUND)
        self._fit_labels()

    def _fit_labels(self) -> None:
        """Make the column of names as wide as the longest name, but at most two fifths of the dialog."""
        longest = max((width_of(entry.label) for entry in self._found.values()), default=0)
        most = min(_WIDTH, self.app.size.width) * 2 // 5
        self.query_one(RowList).set_width("label", max(_LEAST_LABEL, min(longest, most)))

    @on(RowList.Highlighted)
    def _show_whole(self) -> None:
        """Show what the entry under the cursor does, to the end."""
        row = self.query_one(RowList).cursor_row
        does = row.entry.reason or row.entry.does if isinstance(row, PaletteRow) else ""
        self.query_one("#palette-does", Static).update(paragraph(does))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value, ())
        self._look_for_more(event.value)

    @work(exclusive=True, group="palette-more")
    async def _look_for_more(self, text: str) -> None:
        """Add the entries that take a moment, once nothing was typed for a while."""
        if text:
            await asyncio.sleep(REST)
        more = await self._more(text)
        if more and self.is_attached and self.query_one(Input).value == text:
            self._show(text, more)

    def _show(self, text: str, more: Sequence[PaletteEntry]) -> None:
        """Show the entries with the typed words, the best one under the cursor; without words all, by section.

        What can't be done now comes last.
        """
        entries = list(self._entries.values())
        if text.strip():
            entries = best_first(entries, text)
            now = [PaletteRow(entry, None) for entry in entries if not entry.reason]
            later = [PaletteRow(entry, Heading(NOT_NOW)) for entry in entries if entry.reason]
            rows = [*now, *(PaletteRow(entry, Heading(entry.section)) for entry in more), *later]
        else:
            entries = sorted([*entries, *more], key=lambda entry: SECTIONS.index(entry.section))
            rows = [PaletteRow(entry, Heading(entry.section)) for entry in entries]
        self._found = {row.entry.key: row.entry for row in rows}
        self._fit_labels()
        shown = self.query_one(RowList)
        stays = bool(more) and shown.cursor_key is not None
        shown.filter(text)
        shown.set_rows(rows)
        if rows and not stays:
            shown.move_to(rows[0].entry.key)

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        entry = self._found[event.key]
        if entry.reason:
            notify(self.app, entry.reason, severity="warning")
        else:
            self.dismiss(entry)

    def action_take(self) -> None:
        """Choose the entry under the cursor."""
        self.query_one(RowList).action_open_row()

    def action_go(self, by: int) -> None:
        """Move the cursor."""
        entries = self.query_one(RowList)
        for _ in range(abs(by)):
            entries.action_cursor_down() if by > 0 else entries.action_cursor_up()

    def action_close_palette(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
