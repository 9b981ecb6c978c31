"""The dialog that imports a file of cards: it reads the file, asks what is unclear, and stores the cards on `y`.

`tui.wiring.files` reads and stores, as for the command `import`. This module asks, and shows what was found. A file is
read in a thread of its own, so that the app still hears keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static

from core.errors import DeskError
from core.progress import Meter, RowProgress
from tui.action_model import SaysWhyNot
from tui.actions import bindings_for
from tui.text import content, paragraph, plain
from tui.widgets.answer_bar import ANSWER_KEYS, AnswerBar, AnswerKeys
from tui.widgets.chooser import Chooser, Offer
from tui.widgets.confirm_dialog import LineDialog
from tui.widgets.modal import Modal
from tui.wiring.files import (
    complete_path,
    is_answers_name,
    proposed_answers_name,
    read_import,
    remember_columns,
    trouble_lines,
    typed_path,
)
from tui.words.columns import (
    DATE_ORDERS,
    NAME_RULE,
    NOTHING_IMPORTED,
    SANDBOX_WARNING,
    columns_needed,
    could_be_both,
    import_lines,
    number_lines,
    rejected_lines,
)
from tui.words.waiting import rows_line

if TYPE_CHECKING:
    from data.cards.import_store import Import, StoredCards
    from data.settings import Settings
    from data.tables.columns import ColumnReport

ASK_AGAIN = "Enter in the path asks again; or brokerdesk import --columns"
"""How a person answers about columns once more, in the app and on the command line."""
IN_THE_PATH: Final = AnswerKeys(yes="enter, y", no="esc")
"""The keys that answer while the path has the focus: Enter reads the file again, and leaves the path."""
NOTHING_READ: Final = "There is nothing to import: read a file first."
NOTHING_IN_IT: Final = (
    "There is nothing to import from this file: the lines above say why. f reads another file."
)
"""Why an answer imports nothing."""
SHOWN_NAMES = 40
"""How many names of a folder are shown at most."""


class ImportDialog(Modal[None], SaysWhyNot):
    """Asks for a file, shows what an import of it would change, and imports it. `imported` hears what was imported."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("import-file")]
    CSS_PATH = "import_dialog.tcss"

    class Progressed(Message):
        """The file was read a little further. Posted from the thread that reads."""

        def __init__(self, progress: RowProgress) -> None:
            super().__init__()
            self.progress = progress

    def __init__(self, settings: Settings, *, grace: float, imported: Callable[[str], None]) -> None:
        super().__init__()
        self._settings = settings
        self._answers = AnswerBar(grace=grace)
        self._tell_imported = imported
        self._meter: Meter | None = None
        """The meter of the file that is being read; None if none is."""
        self._found: Import | None = None
        """What can be imported on a yes; None if nothing can."""
        self._was_read = False
        """True once a file was to be read, whatever was found in it."""
        self._is_keeping = False

    def compose(self) -> ComposeResult:
        """Yield the path, what happens now, what was found, and the two answers."""
        with Vertical(id="import"):
            yield Static(
                content("[b]Import cards[/b]   [$foreground-muted]from JSON, CSV or a spreadsheet[/]"),
                id="import-title",
            )
            yield Input(placeholder="path of the file, or drop the file here", id="import-path", compact=True)
            yield Static(id="import-now")
            with VerticalScroll(id="import-report"):
                yield Static(id="import-lines")
            yield self._answers

    def on_mount(self) -> None:
        """Start in the path."""
        self._answers.offer_close()
        self._path.focus()
        self._say("Enter reads the file. Nothing is imported before your answer.")

    def on_unmount(self) -> None:
        """Stop reading the file, because the dialog is closed."""
        self._stop()

    # -- the path --------------------------------------------------------------------------------------

    @work(exclusive=True, group="complete-path")
    async def action_complete_path(self) -> None:
        """Complete the path by the names in its folder, and show the names that fit."""
        completed = await asyncio.to_thread(complete_path, self._path.value)
        self._path.value = completed.text
        self._path.cursor_position = len(completed.text)
        shown = "   ".join(completed.names[:SHOWN_NAMES])
        more = len(completed.names) - SHOWN_NAMES
        if not completed.names:
            self._say("No name in that folder begins like this.", "$warning")
        elif len(completed.names) > 1:
            self._say(f"{shown}   and {more:,} more" if more > 0 else shown)

    @on(Input.Submitted, "#import-path")
    def _submitted(self) -> None:
        if self._path.value.strip() and self._meter is None and not self._is_keeping:
            self._take_in(self._path.value)

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _name_keys(self) -> None:
        """Name the keys that answer: in the path, letters are typed."""
        self._answers.name_keys(IN_THE_PATH if self._path.has_focus else ANSWER_KEYS)

    def action_other_file(self) -> None:
        """Go back to the path."""
        self._path.focus()

    # -- reading ---------------------------------------------------------------------------------------

    @work(exclusive=True, group="import-file")
    async def _take_in(self, typed: str) -> None:
        """Read a file, ask what is unclear, and show what was found."""
        self._found = None
        self._was_read = True
        self._answers.offer_close()
        self._show_lines(())
        try:
            file = await asyncio.to_thread(typed_path, typed)
            found = await self._with_answers(file)
            numbers = await asyncio.to_thread(found.forecast)
        except DeskError as error:
            self._say_error(error)
            return
        self._show(file, found, numbers)

    async def _with_answers(self, file: Path) -> Import:
        """Read the file, and read it again with the answers about its columns and dates. Raises `DeskError`."""
        columns = ""
        found = await self._read(file, columns, "")
        if found.columns is not None and found.columns.questions:
            columns = await self._ask_columns(file, found.columns)
            if columns:
                found = await self._read(file, columns, "")
        if found.open_dates:
            offers = [Offer(order, means) for order, means in DATE_ORDERS.items()]
            chosen = await self.app.push_screen_wait(Chooser(could_be_both(found.open_dates), offers))
            if chosen is not None and chosen.value is not None:
                found = await self._read(file, columns, chosen.value)
        return found

    async def _read(self, file: Path, columns: str, dates: str) -> Import:
        """Read the file in a thread. Raises `DeskError`, `CutShort` too."""
        self._meter = Meter(file.name, self._hear)
        self._say("Reading …   Esc stops")
        self.refresh_bindings()
        try:
            return await asyncio.to_thread(read_import, self._settings, file, columns, dates, self._meter)
        finally:
            self._meter = None
            self._say("")
            self.refresh_bindings()

    def _hear(self, progress: RowProgress) -> None:
        self.post_message(self.Progressed(progress))

    @on(Progressed)
    def _show_progress(self, event: Progressed) -> None:
        if self._meter is not None:
            self._say(f"{rows_line(event.progress)} · Esc stops")

    def _stop(self) -> bool:
        """Ask a reading to end. Return False if no file is being read."""
        if self._meter is None:
            return False
        self._meter.stop.set()
        return True

    # -- questions -------------------------------------------------------------------------------------

    async def _ask_columns(self, file: Path, report: ColumnReport) -> str:
        """Ask for each open column which header it is, and remember the answers. Return their name; "" for none."""
        answers: dict[str, str] = {}
        for column in report.questions:
            free = [header for header in report.unmatched if header not in answers]
            if not free:
                break
            offers = [Offer(header, header) for header in free]
            none = Offer(None, "none of these")  # the first one: only Enter answers nothing
            chosen = await self.app.push_screen_wait(
                Chooser(f"Which column holds the {column.replace('_', ' ')}?", [none, *offers])
            )
            if chosen is None:
                return ""
            if chosen.value is not None:
                answers[chosen.value] = column
        if not report.settled_by(answers):
            return ""
        question = content("Remember these answers for files with the same headers, under this name:")
        name = await self.app.push_screen_wait(
            LineDialog("The answers", question, _wrong_name, proposed_answers_name(file))
        )
        if not name:
            return ""
        return await asyncio.to_thread(remember_columns, self._settings, file, report, answers, name)

    # -- importing -------------------------------------------------------------------------------------

    @property
    def armed(self) -> bool:
        """True once a yes counts."""
        return self._found is not None and self._answers.armed

    @on(AnswerBar.Yes)
    def action_take_file(self) -> None:
        """Import what was found."""
        if not self._is_keeping and self._found is not None and self._answers.counts():
            self._is_keeping = True
            self._keep(self._found)

    @work(group="keep-import")
    async def _keep(self, found: Import) -> None:
        self._say("Importing …")
        try:
            numbers = await asyncio.to_thread(found.keep)
        except DeskError as error:
            self._say_error(error)
            return
        finally:
            self._is_keeping = False
        self._tell_imported("\n".join(number_lines(found, numbers, "imported")))
        self.dismiss()

    @on(AnswerBar.No)
    def action_close_import(self) -> None:
        """Stop the reading, else close."""
        if not self._stop() and not self._is_keeping:
            self.dismiss()

    def footer_of(self, action: str) -> str | None:
        """Say whether Escape stops the reading of a file or closes."""
        if action == "close-import":
            return "close" if self._meter is None else "stop"
        return super().footer_of(action)

    # -- which keys act --------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to complete in the path, and to import once there is something to import."""
        if action == "complete_path":
            return self._path.has_focus
        if action == "other_file":
            return not self._path.has_focus
        if action == "take_file":
            return self._found is not None
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why an action can't be done now."""
        if action == "take_file" and self._found is None:
            return NOTHING_READ if not self._was_read else NOTHING_IN_IT
        return ""

    # -- what is shown ---------------------------------------------------------------------------------

    def _show(self, file: Path, found: Import, numbers: StoredCards) -> None:
        count = numbers.imported + numbers.changed + numbers.notes + numbers.fact_finds
        self._say(_sentence(found, count), "$warning" if found.is_empty else "$success")
        missing = []
        if found.columns is not None and found.columns.missing:
            missing = _error_lines(columns_needed(file.name, found.columns, ASK_AGAIN))
        self._show_lines([*missing, *self._lines(found, numbers)])
        if count:
            self._found = found
            self._answers.ask(f"Import {count:,}")
        self.query_one("#import-report").focus()
        self.refresh_bindings()

    def _lines(self, found: Import, numbers: StoredCards) -> Iterator[tuple[str, str]]:
        """Yield the lines about a file, each with its style: first the numbers and what needs a look."""
        if not found.is_empty:
            for line in number_lines(found, numbers, "new"):
                yield line, "bold"
        if not found.is_empty and self._settings.embedded:
            yield SANDBOX_WARNING, "$warning"
        for line in rejected_lines(trouble_lines(found.refused), trouble_lines(found.set_aside)):
            yield line, "$warning"
        for line in import_lines(found):
            yield line, ""

    def _show_lines(self, lines: Iterable[tuple[str, str]]) -> None:
        shown = content("\n").join([paragraph(line, style) for line, style in lines])
        self.query_one("#import-lines", Static).update(shown)

    def _say(self, said: str, tone: str = "$foreground-muted") -> None:
        self.query_one("#import-now", Static).update(plain(said, tone))

    def _say_error(self, error: DeskError) -> None:
        self._say(NOTHING_IMPORTED, "$warning")
        self._show_lines(_error_lines(error))

    @property
    def _path(self) -> Input:
        return self.query_one("#import-path", Input)


def _error_lines(error: DeskError) -> list[tuple[str, str]]:
    """Return what went wrong and what to do about it, each with its style."""
    return [(error.message, "$error"), (error.fix, "")]


def _sentence(found: Import, count: int) -> str:
    """Return what an answer would do. `count` is the number of records that are new or changed."""
    if found.is_empty:
        return f"{NOTHING_IMPORTED} The file has nothing that can be."
    if not count:
        return "All of it is imported already."
    return "Not imported yet: y imports."


def _wrong_name(given: str) -> str:
    return "" if is_answers_name(given) else NAME_RULE
