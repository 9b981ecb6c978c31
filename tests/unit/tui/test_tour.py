"""The tour says which key to press, notices when it was pressed, and does nothing by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fake_desk import FakeDesk, fake_app, fake_settings
from tests.support.until import at_rest, flat, says
from tui.tour.steps import KEYS, OFFER, OFFER_KEYS, STEPS
from tui.tour.tour import Tour, TourPanel
from tui.widgets.field_table import FieldTable
from tui.wiring.practice.first_start import is_first_start


@pytest.fixture
def desk(tmp_path: Path) -> FakeDesk:
    return FakeDesk(tmp_path)


async def test_the_tour_goes_through_every_room_and_sends_only_what_a_person_confirms(desk: FakeDesk) -> None:
    app = fake_app(desk)
    async with app.run_test(size=(132, 40)) as pilot:
        await at_rest(pilot)
        await pilot.press("f2")
        await says(pilot, "step 1 of 9", "Press ↓ to look at the next card.")
        app.screen.query(FieldTable).first().focus()
        await at_rest(pilot)
        await pilot.press("down")  # the right side has the cursor: the card stays
        await at_rest(pilot)
        assert "step 1 of 9" in flat(pilot)
        app.screen.query_one("#card-list").focus()
        await at_rest(pilot)
        await pilot.press("down")
        await says(pilot, "step 2 of 9", STEPS[1].press)
        await pilot.press("p")
        await says(pilot, STEPS[2].press)
        await at_rest(pilot)
        assert app.screen.is_modal
        assert app.screen.query_one(TourPanel).is_narrowed
        assert desk.flex.sent == []
        await pilot.press("escape")
        await says(pilot, "step 4 of 9", STEPS[3].press)
        for key, number in (("4", 5), ("2", 6), ("3", 7), ("0", 8), ("f6", 9)):
            await pilot.press(key)
            await says(pilot, f"step {number} of 9")
        await pilot.press("f6", "f2")
        await at_rest(pilot)
        assert "step 9" not in flat(pilot)
        assert app.tour is None
        assert desk.flex.sent == []


async def test_a_room_that_is_reached_by_a_click_completes_its_step_and_each_step_can_be_skipped(
    desk: FakeDesk,
) -> None:
    app = fake_app(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("f2", "f2", "f2", "f2")
        await says(pilot, "step 4 of 9")
        await app.action_room("activity")
        await says(pilot, "step 5 of 9")
        await pilot.press("f3")
        await at_rest(pilot)
        assert "step 5" not in flat(pilot)
        assert not app.screen.query(TourPanel)


async def test_the_palette_stays_free_of_the_tour(desk: FakeDesk) -> None:
    app = fake_app(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("f2")
        await says(pilot, "step 1 of 9")
        await pilot.press("ctrl+p", *"connections")
        await says(pilot, "Connections")
        assert not app.screen.query(TourPanel)
        await pilot.press("escape")
        await says(pilot, "step 1 of 9")


async def test_the_help_begins_the_tour_and_an_offer_can_be_refused(desk: FakeDesk) -> None:
    app = fake_app(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("question_mark")
        await at_rest(pilot)
        await pilot.press("t")
        await says(pilot, "step 1 of 9")
        await pilot.press("f3")
        app.tour = Tour(app, -1)
        await says(pilot, OFFER)
        await pilot.press("down")
        assert app.tour.number == -1
        await pilot.press("f2")
        await says(pilot, "step 1 of 9")


def test_the_tour_is_offered_once_for_each_home(tmp_path: Path) -> None:
    settings = fake_settings(tmp_path)
    assert [is_first_start(settings), is_first_start(settings)] == [True, False]
    assert is_first_start(fake_settings(tmp_path / "missing")) is False


async def test_a_desk_without_practice_offers_no_tour_and_a_live_one_has_none(desk: FakeDesk) -> None:
    app = fake_app(desk, live=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await at_rest(pilot)
        assert app.tour is None
        await pilot.press("f2")
        await says(pilot, "in the sandbox alone")
        assert app.tour is None


def test_each_step_says_what_to_press_and_fits_a_small_screen() -> None:
    for step in STEPS:
        assert step.press.startswith("Press ")
        assert len(step.says) <= 3 * 78
        assert step.keys


@pytest.mark.parametrize("size", [(80, 24), (132, 40)])
async def test_the_keys_of_the_tour_can_be_clicked(desk: FakeDesk, size: tuple[int, int]) -> None:
    app = fake_app(desk)
    async with app.run_test(size=size) as pilot:
        await at_rest(pilot)
        app.tour = Tour(app, -1)
        await says(pilot, OFFER_KEYS)
        await pilot.click("#tour-press", offset=(OFFER_KEYS.index("F2"), 0))
        await says(pilot, "step 1 of 9", KEYS)
        await pilot.click("#tour-keys", offset=(KEYS.index("next"), 0))
        await says(pilot, "step 2 of 9")
        await pilot.click("#tour-press")
        await at_rest(pilot)
        assert app.tour.number == 1
        await pilot.click("#tour-keys", offset=(KEYS.index("F3"), 0))
        await at_rest(pilot)
        assert app.tour is None
        app.tour = Tour(app, -1)
        await says(pilot, OFFER_KEYS)
        await pilot.click("#tour-press", offset=(OFFER_KEYS.index("no, thanks"), 0))
        await at_rest(pilot)
        assert app.tour is None


async def test_a_panel_that_was_removed_can_still_be_told_what_to_show(desk: FakeDesk) -> None:
    app = fake_app(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        panel = TourPanel(0)
        panel.show(1)
        await app.screen.mount(panel)
        await says(pilot, "step 2 of 9")
        await panel.remove()
        panel.show(2)
        assert "step 3" not in flat(pilot)
