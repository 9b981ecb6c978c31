"""Keys that are pressed before the data is there: obeyed once the data is there, or refused in words, never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import dropwhile
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.errors import Unreachable
from core.push.live_push import Listener
from data.settings import Settings
from tests.journeys.console import cursor, flat, leave, says, toasts, until
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.until import at_rest
from tui.actions import ACTIONS, key_list
from tui.activity.wording import READING
from tui.cards.screen import CardsScreen
from tui.widgets.row_list import RowList
from tui.wiring import Desk

DESK_LATE = "brokerdesk is still starting. Press the key again when the cards are there."
CARDS_LATE = "The cards are still being read. Press the key again when they are there."


class LateDesk(FakeDesk):
    """A desk that opens when the test lets it, and whose cards come when the test lets them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.may_open = asyncio.Event()
        self.cards.may_answer.clear()

    def open(self, settings: Settings, *, write: bool, listen: Listener) -> AbstractAsyncContextManager[Desk]:
        return self._open_late(settings, write=write, listen=listen)

    @asynccontextmanager
    async def _open_late(self, settings: Settings, *, write: bool, listen: Listener) -> AsyncIterator[Desk]:
        await self.may_open.wait()
        async with super().open(settings, write=write, listen=listen) as desk:
            yield desk

    def let_come(self) -> None:
        """Let the desk open and the cards come."""
        self.may_open.set()
        self.cards.may_answer.set()


@asynccontextmanager
async def early(desk: LateDesk) -> AsyncIterator[Pilot[Any]]:
    """Run the app until its first frame; the desk is not open then."""
    app = fake_app(desk)
    async with app.run_test(size=(120, 34), notifications=True) as pilot:
        await says(pilot, "Loading the cards")
        yield pilot
        desk.let_come()
        await leave(pilot)


@pytest.fixture
def late(tmp_path: Path) -> LateDesk:
    return LateDesk(tmp_path)


async def shown(pilot: Pilot[Any], late: LateDesk) -> list[str]:
    """Let the data come, and return the cards of the list from the one on which the cursor begins."""
    late.let_come()
    await at_rest(pilot)
    rows = pilot.app.screen.query_one("#card-list", RowList)
    return list(dropwhile(lambda key: bool(rows.row(key).trouble), rows.shown_keys))


async def test_a_cursor_key_moves_the_cursor_once_the_cards_are_there(late: LateDesk) -> None:
    async with early(late) as pilot:
        await pilot.press("down", "j", "up", "j")
        keys = await shown(pilot, late)
        await until(pilot, lambda: cursor(pilot) == keys[2])


async def test_cursor_keys_wait_for_the_cards_of_an_open_desk_too(late: LateDesk) -> None:
    async with early(late) as pilot:
        late.may_open.set()
        await until(pilot, lambda: pilot.app.desk is not None)
        await pilot.press("down")
        keys = await shown(pilot, late)
        await until(pilot, lambda: cursor(pilot) == keys[1])
        await pilot.press("down")
        assert cursor(pilot) == keys[2]


async def test_enter_opens_the_card_that_the_keys_before_it_chose(late: LateDesk) -> None:
    async with early(late) as pilot:
        await pilot.press("down", "enter")
        keys = await shown(pilot, late)
        await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "fields")
        assert cursor(pilot) == keys[1]


async def test_a_key_after_enter_is_refused_in_words(late: LateDesk) -> None:
    async with early(late) as pilot:
        await pilot.press("enter", "down")
        await until(pilot, lambda: "that you opened is still being read" in toasts(pilot))
        keys = await shown(pilot, late)
        await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "fields")
        assert cursor(pilot) == keys[0]


async def test_marks_are_set_on_the_rows_that_the_cursor_reaches(late: LateDesk) -> None:
    async with early(late) as pilot:
        await pilot.press("space", "down", "space")
        keys = await shown(pilot, late)
        screen = pilot.app.screen
        assert isinstance(screen, CardsScreen)
        await until(pilot, lambda: tuple(row.id for row in screen.marks) == (keys[0], keys[2]))


async def test_letters_of_the_filter_filter_the_cards_that_come(late: LateDesk) -> None:
    async with early(late) as pilot:
        await pilot.press("slash")
        await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "filter")
        await pilot.press(*"1042", "enter", "enter")
        assert await shown(pilot, late) == ["C-1042"]
        await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "fields")
        assert cursor(pilot) == "C-1042"


async def test_the_key_of_another_room_is_obeyed_at_once_and_the_cards_keep_their_keys(
    late: LateDesk,
) -> None:
    async with early(late) as pilot:
        await pilot.press("down", "4")
        await says(pilot, READING)
        late.let_come()
        await until(pilot, lambda: pilot.app.desk is not None)
        await pilot.press("1")
        keys = await shown(pilot, late)
        await until(pilot, lambda: cursor(pilot) == keys[1])


async def test_the_push_key_is_refused_in_words_and_asks_nothing_when_the_cards_come(late: LateDesk) -> None:
    async with early(late) as pilot:
        await pilot.press("p", "y", "y")
        await until(pilot, lambda: DESK_LATE in toasts(pilot))
        late.may_open.set()
        await until(pilot, lambda: pilot.app.desk is not None)
        await pilot.press("p")
        await until(pilot, lambda: CARDS_LATE in toasts(pilot))
        await shown(pilot, late)
        assert isinstance(pilot.app.screen, CardsScreen)
        assert not late.flex.sent
        assert not late.board.sent


NEED_NOTHING = {"import-file", "map", "next-tab", "previous-tab"}
"""The actions of the Cards room that work before the desk is open."""


@pytest.mark.parametrize(
    "name", [action.name for action in ACTIONS if action.group == "cards" and action.name not in NEED_NOTHING]
)
async def test_each_action_on_cards_is_refused_in_words(name: str, late: LateDesk) -> None:
    (key, *_) = next(key_list(action.keys) for action in ACTIONS if action.name == name)
    async with early(late) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: DESK_LATE in toasts(pilot))
        assert isinstance(pilot.app.screen, CardsScreen)


@pytest.mark.parametrize(("key", "words"), [("m", "Field map"), ("I", "file"), ("question_mark", "Keys")])
async def test_what_needs_no_card_works_at_once(key: str, words: str, late: LateDesk) -> None:
    async with early(late) as pilot:
        before = pilot.app.screen
        await pilot.press(key)
        await until(pilot, lambda: pilot.app.screen is not before)
        assert words.casefold() in flat(pilot).casefold()


async def test_kept_keys_are_refused_in_words_if_the_cards_cant_be_read(late: LateDesk) -> None:
    late.trouble = Unreachable("unreachable", "FLEX does not answer.")
    async with early(late) as pilot:
        await pilot.press("down", "enter")
        late.let_come()
        await says(pilot, "FLEX does not answer.")
        await until(pilot, lambda: "did nothing: the list could not be read" in toasts(pilot))


async def test_the_activity_room_says_that_it_reads_until_it_knows_whether_anything_was_pushed(
    tmp_path: Path,
) -> None:
    desk = LateDesk(tmp_path)
    async with early(desk) as pilot:
        await pilot.press("4")
        await says(pilot, READING)
        assert "nothing was pushed" not in flat(pilot).lower()
        await pilot.press("d")
        await until(pilot, lambda: "still" in toasts(pilot))
        desk.let_come()
        await says(pilot, "Today nothing was pushed")
        await says(pilot, "Nothing was pushed yet")
