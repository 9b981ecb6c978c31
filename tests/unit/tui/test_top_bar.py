"""The header: how the last request to each system ended and how long ago, and what a narrow line leaves out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from textual.app import App, ComposeResult

from core.push.plan import System
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.hostile_text import shown
from tests.support.until import at_rest
from tui.room import ROOMS
from tui.widgets.top_bar import Light, TopBar


@pytest.mark.parametrize(
    ("minutes", "age"),
    [(0, ""), (1, ""), (2, " 2 min"), (119, " 119 min"), (120, " 2 h"), (60 * 30, " 30 h")],
)
def test_an_answer_of_some_minutes_ago_says_so(minutes: int, age: str) -> None:
    assert Light("up", minutes).age == age


async def test_a_light_shows_the_last_answer_and_its_age(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        assert "BE ●  FLEX ●" in shown(app).splitlines()[0]
        flex, board = desk.wires[System.FLEX], desk.wires[System.BROKERENGINE]
        assert flex.last_answer is not None
        assert board.last_answer is not None
        now = asyncio.get_running_loop().time()
        flex.last_answer = msgspec.structs.replace(flex.last_answer, at=now - 7 * 60)
        board.last_answer = msgspec.structs.replace(board.last_answer, at=now, works=False)
        app._age_lights()
        await pilot.pause()
        assert "BE ○  FLEX ● 7 min" in shown(app).splitlines()[0]


class Bar(App[None]):
    """A header over nothing, in the room with the longest name."""

    def compose(self) -> ComposeResult:
        yield TopBar(ROOMS, "milestones")


async def line(width: int, *, waits: int, stopped: bool, badge: str, brief: str) -> str:
    """Return the header as it is painted in so many columns."""
    app = Bar()
    async with app.run_test(size=(width, 3)) as pilot:
        bar = app.query_one(TopBar)
        bar.waits, bar.stopped, bar.badge, bar.brief = waits, stopped, badge, brief
        await pilot.pause()
        return shown(app).splitlines()[0]


LONG = " north · sending · 2 wait, next 14:05 ≠3 · watch: no round since 14:05"
BRIEF = " ≠3 · watch ✗ · sending"


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("word", ["LIVE", "SANDBOX"])
async def test_a_narrow_line_still_has_everything_that_waits_for_a_person(width: int, word: str) -> None:
    said = await line(width, waits=312, stopped=True, badge=word + LONG, brief=word + BRIEF)
    assert f"STOPPED · F8: 312 · {word}" in said
    assert "≠3" in said
    assert "watch" in said
    assert "3 Milestones" in said


async def test_rooms_keep_their_names_while_there_is_room() -> None:
    said = await line(80, waits=312, stopped=False, badge="LIVE north · sending", brief="LIVE · sending")
    assert "bd  1 Cards" in said
    assert "2 Contacts" in said
    assert "F8: 312 · LIVE · sending" in said
    assert "brokerdesk" in await line(80, waits=0, stopped=False, badge="LIVE north", brief="LIVE")
