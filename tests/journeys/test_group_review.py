"""A group of four records is answered from the keyboard, as one question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from core.contacts.records import Answer
from tests.support.fake_contacts import FakeContactDesk, FakeContacts, people
from tests.support.fake_desk import fake_app
from tests.support.groups import books
from tests.support.until import at_rest, flat
from tui.contacts.pairs import PairList


def a_desk(folder: Path, records: int) -> FakeContactDesk:
    """Return a desk with a group of so many records before a household."""
    (left, right), (more_left, more_right) = books(records), people()
    contacts = FakeContacts(
        ([*left, *more_left[5:6], *more_left[20:]], [*right, *more_right[5:6], *more_right[20:]])
    )
    contacts.links = ()
    return FakeContactDesk(folder, contacts)


async def press(pilot: Pilot[Any], *keys: str) -> str:
    for key in keys:
        await pilot.press(key)
        await at_rest(pilot)
    return flat(pilot)


def answered(pilot: Pilot[Any]) -> dict[tuple[str, str], Answer]:
    reviewed = pilot.app.screen._pairs.reviewed
    return {ids: judged.answer for ids, judged in reviewed.answered.items()}


async def test_a_group_of_four_is_answered_with_one_record_ticked_out_and_undone(tmp_path: Path) -> None:
    app = fake_app(a_desk(tmp_path, 4))
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        text = await press(pilot, "2")
        for words in ("One person?", "4 records in 2 systems", "YOUR ANSWER", "WHAT FOLLOWS", "t one record"):
            assert words in text
        first = app.screen.query_one(PairList).cursor_key
        text = await press(pilot, "right", "t")
        assert "different (you)" in text
        assert "as answered" in text
        assert answered(pilot) == {}
        text = await press(pilot, "s")
        assert answered(pilot) == {
            ("SN-71", "50042"): Answer.SAME,
            ("SN-71", "50077"): Answer.DIFFERENT,
            ("SN-71", "50081"): Answer.HOUSEHOLD,
        }
        assert app.screen.query_one(PairList).cursor_key != first
        assert "Same person?" in text
        text = await press(pilot, "u")
        assert answered(pilot) == {}
        assert app.screen.query_one(PairList).cursor_key == first
        assert "as suggested" in text
        text = await press(pilot, "w")
        assert "to start " in text
        text = await press(pilot, "w", "p")
        assert "one of 3 pairs" in text
        assert "One person?" in await press(pilot, "p")
        await press(pilot, "b", "s")
        assert answered(pilot) == {}
        assert any("Choose an answer for each record first" in note.message for note in app._notifications)
        await press(pilot, "b", "d")
        assert set(answered(pilot).values()) == {Answer.DIFFERENT}
        await app.run_action("app.quit")


async def test_a_small_screen_gives_a_question_the_whole_width_and_opens_the_list_over_it(
    tmp_path: Path,
) -> None:
    app = fake_app(a_desk(tmp_path, 4))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        text = await press(pilot, "2")
        pair_list = app.screen.query_one(PairList)
        for words in ("QUEUE 2 to decide, 1 costly", "4 records", "Anne Keller", "Andrew", "WHAT FOLLOWS"):
            assert words in text
        assert "Min Park" not in text
        text = await press(pilot, "down")
        assert "Jae Park" in text, "the arrows go to the next question"
        await press(pilot, "up")
        for opened, closed in (("f", "f"), ("shift+tab", "escape"), ("slash", "escape"), ("f", "enter")):
            text = await press(pilot, opened)
            assert "shared email, two people" in text
            assert "WHAT FOLLOWS" not in text
            text = await press(pilot, closed)
            text = await press(pilot, "escape") if opened == "slash" else text
            assert "WHAT FOLLOWS" in text
            assert "shared email, two people" not in text
        await press(pilot, "escape")
        assert app.focused is pair_list
        await pilot.click("#queue-title", offset=(2, 0))
        await at_rest(pilot)
        assert "shared email, two people" in flat(pilot)
        await press(pilot, "f", "l")
        assert set(answered(pilot).values()) == {Answer.LATER}
        await app.run_action("app.quit")


async def test_a_click_changes_the_answer_of_a_record(tmp_path: Path) -> None:
    app = fake_app(a_desk(tmp_path, 4))
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        await press(pilot, "2")
        spots = app.screen.query_one("#group-table")._spots
        spot = next(spot for spot in spots if spot.action == "tick_record(1)")
        await pilot.click("#group-table", offset=(spot.start + 3, spot.line))
        await at_rest(pilot)
        assert "different (you)" in flat(pilot)
        await app.run_action("app.quit")
