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
from tui.widgets.top_bar import Light, RoomCount, TopBar


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
        app.header.age_lights()
        await pilot.pause()
        assert "BE ○  FLEX ● 7 min" in shown(app).splitlines()[0]


@pytest.mark.parametrize("width", [50, 60, 70, 80, 90, 120])
async def test_what_waits_stays_in_sight_however_narrow_the_header_is(tmp_path: Path, width: int) -> None:
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test(size=(width, 24)) as pilot:
        await at_rest(pilot)
        bar = app.screen.query_one(TopBar)
        bar.badge, bar.waits, bar.stopped = "SANDBOX ≠3", 1234, True
        await pilot.pause()
        shown_line = shown(app).splitlines()[0]
        assert "STOPPED · F8: 1,234" in shown_line
        assert "SANDBOX ≠3" in shown_line
        assert "1 Cards" in shown_line


@pytest.mark.parametrize("width", [12, 20, 30, 40])
async def test_sandbox_or_live_is_the_last_thing_to_go(tmp_path: Path, width: int) -> None:
    app = fake_app(FakeDesk(tmp_path), live=True)
    async with app.run_test(size=(width, 10)) as pilot:
        await at_rest(pilot)
        bar = app.screen.query_one(TopBar)
        bar.badge, bar.waits, bar.stopped = "LIVE Harbour Loans · no watch since 14:05", 12, True
        bar.counts = {"activity": RoomCount(1234, is_urgent=True)}
        await pilot.pause()
        line = shown(app).splitlines()[0]
        assert "LIVE" in line
        assert ("STOPPED" in line) is (width >= 20)
        bar.waits, bar.stopped = 0, False
        await pilot.pause()
        assert ("!1,234" in shown(app).splitlines()[0]) is (width >= 40)


async def test_a_room_is_found_by_a_click_also_where_its_name_is_left_out(tmp_path: Path) -> None:
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test(size=(70, 24)) as pilot:
        await at_rest(pilot)
        bar = app.screen.query_one(TopBar)
        bar.badge, bar.stopped = "SANDBOX ≠3 · no watch since 14:05", True
        await pilot.pause()
        place = shown(app).splitlines()[0].index(" 4 ") + 1
        await pilot.click(bar, offset=(place, 0))
        await at_rest(pilot)
        assert app.current_mode == "activity"


async def test_the_lights_stay_when_their_ages_do_not_fit(tmp_path: Path) -> None:
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test(size=(132, 24)) as pilot:
        await at_rest(pilot)
        bar = app.screen.query_one(TopBar)
        bar.counts = {"contacts": RoomCount(22), "milestones": RoomCount(6)}
        bar.lights = {system: Light("up", 3) for system in System}
        await pilot.pause()
        assert "BE ●  FLEX ●  SN ●  TE ●" in shown(app).splitlines()[0]
        assert "3 min" not in shown(app).splitlines()[0]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 90, 120])
async def test_a_system_that_does_not_answer_shows_however_narrow_the_header_is(
    tmp_path: Path, width: int
) -> None:
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test(size=(width, 24)) as pilot:
        await at_rest(pilot)
        bar = app.screen.query_one(TopBar)
        bar.counts = {"contacts": RoomCount(22), "milestones": RoomCount(6)}
        bar.badge = "SANDBOX · reading only"
        bar.lights = {
            system: Light("down" if system is System.TOTAL_EXPERT else "up", 3) for system in System
        }
        await pilot.pause()
        line = shown(app).splitlines()[0]
        assert "TE ○" in line
        assert "SANDBOX" in line
        if width < 90:
            assert "FLEX" not in line
        place = line.index("TE ○") - 1  # the bar has a blank before it
        (action,) = [spot.action for spot in bar._spots if spot.start <= place < spot.end]
        assert action == "app.connections"


@pytest.mark.parametrize("width", [66, 70, 80])
async def test_a_count_is_never_taken_for_the_number_of_a_room(tmp_path: Path, width: int) -> None:
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test(size=(width, 24)) as pilot:
        await at_rest(pilot)
        bar = app.screen.query_one(TopBar)
        bar.counts = {
            "contacts": RoomCount(3),
            "milestones": RoomCount(6),
            "activity": RoomCount(2, is_urgent=True),
        }
        bar.badge = "SANDBOX · reading only"
        await pilot.pause()
        line = shown(app).splitlines()[0]
        assert "2(3)" in line
        bar.counts = {**bar.counts, "cards": RoomCount(5)}
        await pilot.pause()
        assert "1 Cards(5)" in shown(app).splitlines()[0], "the room that is shown, too"
        assert "3(6)" in line
        assert "4(!2)" in line
        place = line.index("3(6)") + 2
        await pilot.click(bar, offset=(place, 0))
        await at_rest(pilot)
        assert app.current_mode == "milestones"
