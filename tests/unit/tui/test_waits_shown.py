"""A key that takes long says what it waits for, and that line goes with the wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.errors import DeskError
from core.flex.model import Card, Extra
from tests.support.fake_desk import CARDS, FakeCards, FakeDesk, fake_app
from tests.support.hostile_text import shown
from tests.support.until import at_rest, says, until
from tui.attention import long_work
from tui.cards.push_dialog import PushDialog


class SlowCards(FakeCards):
    """Cards that come once `answers` is set. With `fails`, an error comes then."""

    def __init__(self) -> None:
        super().__init__(CARDS)
        self.answers = asyncio.Event()
        self.answers.set()
        self.fails = False

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        """Wait, then return the card."""
        await self.answers.wait()
        if self.fails:
            raise DeskError("unknown-card", "It is gone.")
        return await super().card(card_id)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_preview_that_takes_long_says_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    monkeypatch.setattr(long_work, "SHOWN_AFTER", 0.01)
    desk = FakeDesk(tmp_path)
    desk.cards = cards = SlowCards()
    app = fake_app(desk)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await at_rest(pilot)
        await pilot.press("down")
        await at_rest(pilot)
        cards.answers.clear()
        cards.fails = fails
        await pilot.press("p")
        await says(pilot, "Reading C-1043 and FLEX …")
        cards.answers.set()
        if fails:
            await until(pilot, lambda: app._notifications)
        else:
            await until(pilot, lambda: isinstance(app.screen, PushDialog))
            await pilot.press("escape")
        await until(pilot, lambda: "and FLEX …" not in shown(app))
