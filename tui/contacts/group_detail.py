"""The right-hand side of the Contacts room for a group: all its records as a table. A click acts like a key."""

from __future__ import annotations

from typing import Unpack

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from tui.contacts.group_view import GroupView
from tui.contacts.group_wording import Spot, group_lines, title_words
from tui.text import content, joined, plain
from tui.widgets.line_view import InDom


class GroupTable(Static):
    """The lines of the table, and the cells that can be clicked."""

    ALLOW_SELECT = False

    class Clicked(Message):
        """A cell was clicked that stands for an action of the room."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._spots: tuple[Spot, ...] = ()

    def show(self, view: GroupView, width: int, height: int) -> None:
        """Show a group in `width` cells. `height` is the number of visible lines."""
        shown = group_lines(view, width, height)
        self._spots = shown.spots
        self.update(content("\n").join(shown.lines))

    def on_click(self, event: events.Click) -> None:
        """Post the action of the clicked cell."""
        offset = event.get_content_offset(self)
        for line, start, end, action in self._spots:
            if offset is not None and offset.y == line and start <= offset.x < end:
                event.stop()
                self.post_message(self.Clicked(action))
                return


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
            yield GroupTable(id="group-table")

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
        self.query_one("#group-fate", Static).update(
            content("[$foreground-muted]if nobody decides:[/] [$warning]$fate[/]", fate=view.question.skipped)
        )
        self.query_one(GroupTable).show(view, max(30, place.size.width - 1), place.size.height)
