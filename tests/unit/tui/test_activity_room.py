"""The Activity room: what its text and its keys are about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from core.push import activity
from core.push.records import Push
from core.push.states import PushState
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.until import at_rest, says
from tui.activity.detail import NO_PUSH
from tui.activity.screen import ActivityScreen
from tui.messages import PushChanged


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


async def test_what_is_heard_of_a_push_while_it_is_read_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = FakeDesk(tmp_path).pushed("C-1060", 25, opportunity="refused")
    async with fake_app(desk).run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        read = activity.read_activity
        app: Any = pilot.app
        heard: list[Push] = []

        async def read_while_it_ends(book: Any, push: Push) -> activity.Activity:
            shown = await read(book, push)
            heard.append(replace(push, state=PushState.PAUSED))
            app.screen.push_changed(PushChanged(heard[-1], shown.steps))
            return shown

        monkeypatch.setattr("core.push.activity.read_activity", read_while_it_ends)
        await pilot.press("4")
        await at_rest(pilot)
        assert app.screen._told.push is heard[-1]
