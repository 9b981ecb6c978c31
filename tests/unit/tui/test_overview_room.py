"""The overview room: its numbers are those of the rooms, and lead to their lists by key and by click."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.until import at_rest, flat, says
from tui.overview.lines import OverviewColumn


def a_desk(folder: Path) -> FakeDesk:
    return FakeDesk(folder).pushed("C-1042", 97).pushed("C-1060", 25, opportunity="refused")


async def test_a_number_leads_to_its_list_by_key_and_by_click(tmp_path: Path) -> None:
    app = fake_app(a_desk(tmp_path))
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        await pilot.press("0")
        assert "1 arrived 1 in part" in await says(pilot, "WAITING FOR YOU", "1 push asks you")
        await pilot.press("enter")
        await at_rest(pilot)
        assert app.current_mode == "activity"
        await pilot.press("0")
        await at_rest(pilot)
        left = app.screen.query_one("#overview-left", OverviewColumn)
        row = next(n for n in range(left.line_total) if "can't be pushed" in left._lines[n].text)
        await pilot.click(left, offset=(10, row))
        await at_rest(pilot)
        assert app.current_mode == "cards"
        assert app.screen.query_one(Input).value == "can't be pushed"


async def test_a_push_that_ends_is_counted_when_the_overview_is_shown_again(tmp_path: Path) -> None:
    app = fake_app(a_desk(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("0")
        await says(pilot, "1 arrived")
        assert not app.screen.query_one("#overview-right").display
        await pilot.press("1")
        await at_rest(pilot)
        await pilot.press("slash", *"1043", "enter", "p")
        await at_rest(pilot)
        await pilot.press("y")
        await at_rest(pilot)
        await pilot.press("escape", "0")
        await says(pilot, "2 arrived")


async def test_what_a_room_has_not_read_is_not_counted_as_nothing(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        app.screen.query_one("#card-list").filling = True  # type: ignore[attr-defined] # cards still come in
        await pilot.press("0")
        await at_rest(pilot)
        assert "cards in FLEX that changed: not read yet" in flat(pilot)
