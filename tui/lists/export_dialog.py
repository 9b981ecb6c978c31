"""Asks for the file that a list is written to, writes it, and says how far the writing is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from core.errors import DeskError
from core.progress import EVERY, LastProgress, Meter
from tui.actions import bindings_for
from tui.lists.export import ExportFile, with_format
from tui.text import plain, safe_text
from tui.widgets.clickable.choice_line import ChoiceLine, ClickWord
from tui.widgets.modal import Modal
from tui.wiring.files import TableFormat, complete_path, format_of, typed_path
from tui.words.waiting import rows_line

SHOWN_NAMES = 6
"""Names of a folder that are shown."""


Write = Callable[[ExportFile, Meter], None]
"""Writes the file. Blocks. Raises `DeskError`, and `CutShort` if the meter is stopped."""


class ExportDialog(Modal[ExportFile | None]):
    """Returns the file that was written. A file that is there already is replaced only after a second Enter.

    Escape stops the writing; nothing of the file is kept then.
    """

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

    def __init__(self, title: str, path: str, write: Write) -> None:
        super().__init__()
        self._title = title
        self._path = path
        self._write = write
        self._meter: Meter | None = None
        """The meter of the writing that is under way."""
        self._progress = LastProgress()
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
        self.set_interval(EVERY, self._show_progress)

    def on_unmount(self) -> None:
        """End the writing: its result isn't wanted any more."""
        self._stop()

    def _stop(self) -> bool:
        """Stop the writing. Return False if nothing is written."""
        if self._meter is None:
            return False
        self._meter.stop.set()
        return True

    def _show_progress(self) -> None:
        """Say how far a long writing is."""
        if self._meter is not None and self._progress.newest is not None:
            self._say(rows_line(self._progress.newest))

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

    @work(group="export-file")
    async def action_export_file(self) -> None:
        """Write the file; if there is one already, say so first."""
        if self._meter is not None:
            return
        typed = self.query_one(Input).value
        format_ = format_of(typed)
        if format_ is None:
            self._say("The ending says the format: .csv, .json or .xlsx.")
            return
        path = await asyncio.to_thread(typed_path, typed)
        if self._replaces != str(path) and await asyncio.to_thread(path.exists):
            self._replaces = str(path)
            self._say("There is such a file already. Press Enter again to replace it.")
            return
        file = ExportFile(path, format_)
        self._meter = self._progress.meter(path.name)
        self._say("Writing …")
        try:
            await asyncio.to_thread(self._write, file, self._meter)
        except DeskError as error:
            self._say(f"{error.message} {error.fix}")
        else:
            self.dismiss(file)
        finally:
            self._meter = None

    def action_close_export(self) -> None:
        """Stop the writing, else close."""
        if not self._stop():
            self.dismiss(None)
