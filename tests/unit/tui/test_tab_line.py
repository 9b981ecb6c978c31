"""The line of tabs: on a narrow line the shown tab stays, and "…" stands for the others."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from tests.support.hostile_text import shown
from tui.widgets.tab_line import TabLine

TABS = {
    "fields": "Fields",
    "payload": "Payload",
    "products": "Products",
    "notes": "Notes",
    "history": "History",
}


class TabApp(App[None]):
    def compose(self) -> ComposeResult:
        yield TabLine(TABS)


@pytest.mark.parametrize(
    ("width", "active", "line"),
    [
        (80, "fields", "Fields    Payload    Products    Notes    History"),
        (37, "fields", "Fields Payload Products Notes History"),
        (36, "fields", "Fields Payload Products Notes …"),
        (20, "products", "… Payload Products …"),
        (20, "history", "… Notes History"),
    ],
)
async def test_the_shown_tab_stays_on_the_line(width: int, active: str, line: str) -> None:
    app = TabApp()
    async with app.run_test(size=(width, 3)) as pilot:
        tabs = app.query_one(TabLine)
        tabs.active = active
        await pilot.pause()
        assert shown(app).split("\n")[0].rstrip() == line


async def test_a_click_shows_a_tab_of_a_line_that_begins_with_dots() -> None:
    app = TabApp()
    async with app.run_test(size=(20, 3)) as pilot:
        tabs = app.query_one(TabLine)
        tabs.active = "products"
        await pilot.pause()
        await pilot.click(TabLine, offset=(3, 0))
        assert tabs.active == "payload"


async def test_a_click_on_the_dots_shows_the_next_tab_there() -> None:
    app = TabApp()
    async with app.run_test(size=(20, 3)) as pilot:
        tabs = app.query_one(TabLine)
        tabs.active = "products"
        await pilot.pause()
        await pilot.click(TabLine, offset=(19, 0))
        assert tabs.active == "notes"
        tabs.active = "products"
        await pilot.pause()
        await pilot.click(TabLine, offset=(0, 0))
        assert tabs.active == "fields"
