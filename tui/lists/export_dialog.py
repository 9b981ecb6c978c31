"""Asks for the file that a list is written to."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui.actions import bindings_for
from tui.lists.export import ExportFile, TableFormat, format_of, with_format
from tui.text import plain, safe_text
from tui.widgets.choice_line import ChoiceLine, ClickWord
from tui.widgets.modal import Modal
from tui.wiring.files import complete_path, typed_path

SHOWN_NAMES = 6
"""Names of a folder that are shown."""


class ExportDialog(Modal[ExportFile | None]):
    """Returns the file. A file that is there already is replaced only after a second Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("export")]
    DEFAULT_CSS = """
    ExportDialog { align: center middle; }
    ExportDialog > Vertical {
        width: 78; max-width: 96%; height: auto; max-height: 90%;
        padding: 1 2; background: $surface; border: round $primary;
        border-title-color: $foreground; border-title-style: bold;
    }
    ExportDialog Input, ExportDialog ChoiceLine { margin-bottom: 1; }
    ExportDialog Static { height: auto; }
    """

    def __init__(self, title: str, path: str) -> None:
        super().__init__()
        self._title = title
        self._path = path
        self._replaces = ""
        """The path of the file that the next Enter replaces."""

    def compose(self) -> ComposeResult:
        """Yield the path, the formats, and a line for what is wrong."""
        with Vertical() as frame:
            frame.border_title = safe_text(self._title)
            yield Input(self._path, compact=True)
            yield ChoiceLine()
            yield Static(id="export-said")

    def on_mount(self) -> None:
        """Start in the path."""
        self.query_one(Input).focus()
        self._show_format()

    @on(Input.Changed)
    def _show_format(self) -> None:
        """Show the formats, the one of the path lit."""
        now = format_of(self.query_one(Input).value)
        words = [self._word(format_, is_taken=format_ is now) for format_ in TableFormat]
        self.query_one(ChoiceLine).set_words(words)
        self._say("" if now else "The ending says the format: .csv, .json or .xlsx.")

    def _word(self, format_: TableFormat, *, is_taken: bool) -> ClickWord:
        action = f"screen.take_format('{format_.name}')"
        if is_taken:
            return ClickWord(f"● {format_.name}", action, "bold $primary")
        return ClickWord(f"○ {format_.name}", action)

    def _say(self, words: str) -> None:
        self.query_one("#export-said", Static).update(plain(words, "$warning"))

    def action_take_format(self, name: str) -> None:
        """Take a format by its name."""
        box = self.query_one(Input)
        box.value = with_format(box.value, TableFormat[name])
        box.cursor_position = len(box.value)

    def action_export_format(self) -> None:
        """Take the next format."""
        formats = list(TableFormat)
        now = format_of(self.query_one(Input).value)
        self.action_take_format(formats[(formats.index(now) + 1 if now else 0) % len(formats)].name)

    @work(exclusive=True, group="complete-path")
    async def action_export_path(self) -> None:
        """Complete the path by the names in its folder, and show the names that fit."""
        box = self.query_one(Input)
        completed = await asyncio.to_thread(complete_path, box.value)
        box.value = completed.text
        box.cursor_position = len(completed.text)
        if len(completed.names) > 1:
            self._say("   ".join(completed.names[:SHOWN_NAMES]))

    @work(exclusive=True, group="export-file")
    async def action_export_file(self) -> None:
        """Return the file; if there is one already, say so first."""
        typed = self.query_one(Input).value
        format_ = format_of(typed)
        if format_ is None:
            self._say("The ending says the format: .csv, .json or .xlsx.")
            return
        path = await asyncio.to_thread(typed_path, typed)
        if self._replaces != str(path) and await asyncio.to_thread(path.exists):
            self._replaces = str(path)
            self._say("There is such a file already. Enter once more replaces it.")
            return
        self.dismiss(ExportFile(path, format_))

    def action_close_export(self) -> None:
        """Write nothing."""
        self.dismiss(None)
