"""The right-hand side of the Contacts room for a group: all its records as a table. A click acts like a key."""

from __future__ import annotations

from typing import Unpack

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tui.contacts.groups.view import GroupView
from tui.contacts.groups.wording import group_lines, title_words
from tui.contacts.wording import skipped_line
from tui.text import joined, plain
from tui.widgets.clickable.click_lines import ClickLines
from tui.widgets.line_view import InDom


class GroupDetail(Vertical):
    """Shows one group. `show` fills the widget."""

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._view: GroupView | None = None

    def compose(self) -> ComposeResult:
        """Yield the question, what happens without an answer, and the table, which scrolls."""
        yield Static(id="group-question")
        yield Static(id="group-fate")
        with VerticalScroll(id="group"):
            yield ClickLines(id="group-table")

    def on_resize(self) -> None:
        """Lay the table out for the new size."""
        self.call_after_refresh(self._fill)

    def show(self, view: GroupView | None) -> None:
        """Show a group, or nothing. The table stays where it is while one group is shown."""
        other = view is None or self._view is None or view.question.key != self._view.question.key
        self._view = view
        self._fill()
        if other:
            self.query_one("#group").scroll_home(animate=False)

    def _fill(self) -> None:
        view = self._view
        if view is None:
            return
        place = self.query_one("#group")
        later = "   put off" if view.later else ""
        self.query_one("#group-question", Static).update(
            joined(plain("One person?", "bold"), plain(f"   {title_words(view)}{later}", "$foreground-muted"))
        )
        self.query_one("#group-fate", Static).update(skipped_line(view.question.skipped, "$warning"))
        width = max(30, place.size.width - 1)
        self.query_one(ClickLines).show(group_lines(view, width, place.size.height))
