"""Keys in one burst, as a slow line delivers them: each goes where the key before it has left the focus."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.journeys.console import cursor, leave, says
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.until import at_rest
from tui.shell import key_order


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no key go on because another one takes long."""
    monkeypatch.setattr(key_order, "_AT_MOST", 600.0)


def type_at_once(pilot: Pilot[None], *keys: str) -> None:
    """Give the app all keys before it looks at the first."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_letters_after_the_key_of_the_filter_go_into_the_filter(tmp_path: Path) -> None:
    async with fake_app(FakeDesk(tmp_path)).run_test(size=(120, 34)) as pilot:
        await says(pilot, "C-1042")
        type_at_once(pilot, "slash", *"qp?1")
        await at_rest(pilot)
        assert pilot.app.screen.query_one("#filter", Input).value == "qp?1"
        await leave(pilot)


async def test_a_key_after_enter_acts_on_the_filtered_list(tmp_path: Path) -> None:
    async with fake_app(FakeDesk(tmp_path)).run_test(size=(120, 34)) as pilot:
        await says(pilot, "C-1042")
        first = cursor(pilot)
        type_at_once(pilot, "slash", *"C-1060", "enter", "space")
        await at_rest(pilot)
        assert pilot.app.screen.query_one("#filter", Input).value == "C-1060"
        assert cursor(pilot) != first
        await says(pilot, "1 marked")
        await leave(pilot)


async def test_a_paste_goes_where_the_key_before_it_went_and_the_next_key_after_it(tmp_path: Path) -> None:
    async with fake_app(FakeDesk(tmp_path)).run_test(size=(120, 34)) as pilot:
        await says(pilot, "C-1042")
        type_at_once(pilot, "slash")
        pilot.app.post_message(events.Paste("C-10"))
        type_at_once(pilot, "6", "0")
        await at_rest(pilot)
        assert pilot.app.screen.query_one("#filter", Input).value == "C-1060"
        await leave(pilot)


async def test_a_key_goes_on_after_one_whose_widget_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_order, "_AT_MOST", 0.0)
    monkeypatch.setattr(key_order.KeyOrder, "_follow", lambda *_: None)
    async with fake_app(FakeDesk(tmp_path)).run_test(size=(120, 34)) as pilot:
        await says(pilot, "C-1042")
        first = cursor(pilot)
        type_at_once(pilot, "down", "down", "up")
        await at_rest(pilot)
        assert cursor(pilot) != first
        await leave(pilot)
