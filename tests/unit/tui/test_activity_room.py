"""The Activity room: what its text and its keys are about."""

from __future__ import annotations

from pathlib import Path

from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.until import at_rest, says
from tui.activity.detail import NO_PUSH
from tui.activity.screen import ActivityScreen


async def test_without_a_push_under_the_cursor_no_key_acts_on_the_one_before(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path).pushed("C-1060", 25, opportunity="refused")
    async with fake_app(desk).run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        await pilot.press("4")
        await says(pilot, "The opportunity was refused")
        sent = len(desk.flex.sent)
        await pilot.press("slash", "z", "z", "enter")
        assert "The opportunity was refused" not in await says(pilot, NO_PUSH, "No push matches")
        await pilot.press("a", "b", "e", "z")
        await at_rest(pilot)
        assert isinstance(pilot.app.screen, ActivityScreen), "no dialog opened"
        assert len(desk.flex.sent) == sent
        await pilot.press("escape", "escape")
        await says(pilot, "The opportunity was refused", "try again")
