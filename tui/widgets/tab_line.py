"""A line of tabs. The shown tab is underlined; a click or a key shows another tab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.text import joined, plain
from tui.widgets.line_view import InDom


class TabLine(Widget):
    """Tabs by name. The numbers in `counts` are painted after the titles."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    TabLine { height: 1; color: $foreground-muted; }
    """

    active: reactive[str] = reactive("")
    counts: reactive[Mapping[str, int]] = reactive[Mapping[str, int]](dict)
    tabs: reactive[Mapping[str, str]] = reactive[Mapping[str, str]](dict)
    """The titles by name. If the shown tab is not among them any more, the first one is shown."""

    class Changed(Message):
        """Another tab is shown."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, tabs: Mapping[str, str], **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self.set_reactive(TabLine.tabs, tabs)
        self._spots: list[tuple[int, int, str]] = []
        self.set_reactive(TabLine.active, next(iter(tabs)))

    def render(self) -> Content:
        """Return the line, with less space between the tabs if the line is narrow.

        If it is too narrow for all tabs, the line begins or ends with "…", and the shown tab is on it. A click on "…"
        shows the next tab there.
        """
        titles = {name: self._title(name) for name in self.tabs}
        needed = sum(len(title) for title in titles.values())
        gap = next((gap for gap in (4, 2) if needed + gap * len(titles) <= self.size.width), 1)
        shown, is_cut = self._that_fit(titles)
        names = list(self.tabs)
        parts: list[Content] = [plain("… ")] if is_cut else []
        self._spots = [(0, 1, names[names.index(next(iter(shown))) - 1])] if is_cut else []
        at = 2 if is_cut else 0
        for name, title in shown.items():
            parts += [
                plain(title, "bold underline $primary" if name == self.active else ""),
                plain(" " * gap),
            ]
            self._spots.append((at, at + len(title), name))
            at += len(title) + gap
        if (later := names.index(name) + 1) < len(names):
            self._spots.append((at, at + 1, names[later]))
            parts.append(plain("…"))
        return joined(*parts)

    def _that_fit(self, titles: Mapping[str, str]) -> tuple[Mapping[str, str], bool]:
        """Return the tabs that fit with one cell between them, and whether some before them are left out."""
        names = list(titles)
        first, last = 0, len(names)

        def cells() -> int:
            around = 2 * (first > 0) + 2 * (last < len(names))
            return sum(len(titles[name]) + 1 for name in names[first:last]) - 1 + around

        shown = names.index(self.active)
        while cells() > self.size.width and last - 1 > shown:
            last -= 1
        while cells() > self.size.width and first < shown:
            first += 1
        return {name: titles[name] for name in names[first:last]}, first > 0

    def _title(self, name: str) -> str:
        count = self.counts.get(name)
        return f"{self.tabs[name]} {count}" if count else self.tabs[name]

    def step(self, by: int) -> None:
        """Show the tab that is `by` places further; after the last tab comes the first."""
        names = list(self.tabs)
        self.active = names[(names.index(self.active) + by) % len(names)]

    def watch_tabs(self, tabs: Mapping[str, str]) -> None:
        """Show the first tab if the shown tab is gone."""
        if self.active not in tabs:
            self.active = next(iter(tabs))

    def watch_active(self, tab: str) -> None:
        """Post that another tab is shown."""
        self.post_message(self.Changed(tab))

    def on_click(self, event: events.Click) -> None:
        """Show the tab that was clicked."""
        offset = event.get_content_offset(self)
        for start, end, name in self._spots:
            if offset is not None and start <= offset.x < end:
                self.active = name
