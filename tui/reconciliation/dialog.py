"""Reconciliation: where the book's links and receipts differ from what the systems hold. Sends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from core.errors import DeskError
from core.push.plan import System
from core.reconcile.flex_look import LookTerms
from tui.action_model import SaysWhyNot
from tui.actions import bindings_for
from tui.reconciliation.rows import LISTING, Place, ReportRow, place_of, report_rows
from tui.text import content, joined, notify, notify_error, paragraph
from tui.widgets.key_footer import KeyFooter
from tui.widgets.modal import Modal
from tui.widgets.row_list import RowList
from tui.wiring.reconcile import keep_report, reconcile_use_cases, reconciliation_file
from tui.words.reconcile import last_sentence, reading_words

if TYPE_CHECKING:
    from tui.app import DeskApp


class ReconciliationDialog(Modal[Place | None], SaysWhyNot):
    """The last report, with what can be done about each line. Returns where the operator wants to go, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("reconciliation")]
    CSS_PATH = "dialog.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._compares = False

    def compose(self) -> ComposeResult:
        """Yield the title, the lines, and the one under the cursor."""
        with Vertical(id="reconciliation"):
            yield Static(id="reconciliation-title")
            yield RowList(LISTING, id="reconciliation-list")
            yield Static(id="reconciliation-one")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Show the last report."""
        self._list.focus()
        self._show()

    @property
    def _app(self) -> DeskApp:
        return cast("DeskApp", self.app)

    @work(exclusive=True, group="reconciliation")
    async def _show(self) -> None:
        await self._show_kept()

    async def _show_kept(self) -> None:
        kept = await asyncio.to_thread(reconciliation_file(self._app.settings).read)
        self._title(last_sentence(kept, self._app.local))
        country = self._app.local.country
        self._list.set_rows(report_rows(kept.report, country) if kept.report is not None else [])
        self._show_one()

    def _title(self, said: str) -> None:
        title = content("[b]Reconciliation[/b]   $said", said=said)
        self.query_one("#reconciliation-title", Static).update(title)

    @on(RowList.Highlighted, "#reconciliation-list")
    def _show_one(self) -> None:
        row = self._row
        parts = [paragraph(line) for line in (row.detail or (row.text,))] if row is not None else []
        lines = [part for one in parts for part in (one, content("\n"))][:-1]
        self.query_one("#reconciliation-one", Static).update(joined(*lines))
        self.refresh_bindings()

    # -- actions -----------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to go only where there is a place, and to compare unless that is under way."""
        if action == "go_there":
            return self._place is not None
        if action == "compare_now":
            return not self._compares
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why there is nowhere to go from a line, or why nothing can be compared now."""
        if action == "go_there" and self._place is None:
            row = self._row
            has_command = row is not None and row.discrepancy is not None
            return "The command below fixes this." if has_command else "There is nothing to fix here."
        if action == "compare_now" and self._compares:
            return "The systems are being read. Escape stops that."
        if action == "compare_now" and self._app.desk is None:
            return "The book is still being opened."
        return ""

    @work(exclusive=True, group="reconciliation")
    async def action_compare_now(self) -> None:
        """Compare everything, keep the report and show it."""
        desk = self._app.desk
        if desk is None:
            return
        self._compares = True
        self._begins([])
        self.refresh_bindings()
        try:
            use_cases = reconcile_use_cases(desk)
            report = await use_cases.run(use_cases.parts.systems, LookTerms(), self._begins)
            await keep_report(self._app.settings, report, self._app.settings.operator)
        except DeskError as error:
            notify_error(self.app, error, title="Reconciliation")
        finally:
            self._compares = False
        await self._show_kept()
        await self._list.settled()
        self._list.move_to("0")
        self._app.header.look_at_differences()

    def _begins(self, systems: Sequence[System]) -> None:
        """Say what is read now. Closing the dialog stops that."""
        self._title(f"{reading_words(systems)} Escape stops.")

    @on(RowList.Selected, "#reconciliation-list")
    def _row_opened(self) -> None:
        self.action_go_there()

    def action_go_there(self) -> None:
        """Close, and go to where the line under the cursor can be fixed."""
        if (place := self._place) is not None:
            self.dismiss(place)
        elif reason := self.why_not("go_there"):
            notify(self.app, reason, severity="warning")

    def action_close_reconciliation(self) -> None:
        """Close."""
        self.dismiss(None)

    @property
    def _place(self) -> Place | None:
        row = self._row
        return place_of(row.discrepancy) if row is not None and row.discrepancy is not None else None

    @property
    def _row(self) -> ReportRow | None:
        return self._list.cursor_row

    @property
    def _list(self) -> RowList[ReportRow]:
        return self.query_one("#reconciliation-list", RowList)
