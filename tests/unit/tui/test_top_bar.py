"""The lights of the header: how the last request to each system ended, and how long ago."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from core.push.plan import System
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.hostile_text import shown
from tests.support.until import at_rest
from tui.widgets.top_bar import Light


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
