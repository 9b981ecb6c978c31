"""Keys in one burst, as a slow line delivers them: each goes where the key before it has left the focus."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.journeys.console import cursor, leave, says
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.until import at_rest
from tui.shell import key_order

if TYPE_CHECKING:
    from textual.app import App


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no key go on because another one takes long."""
    monkeypatch.setattr(key_order, "_LOOKS", 100_000)


def type_at_once(pilot: Pilot[Any], *keys: str) -> None:
    """Give the app all keys before it looks at the first."""
    for key in keys:
        pilot.app.post_message(events.Key(key, " " if key == "space" else key if len(key) == 1 else None))


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


async def test_a_key_after_enter_waits_for_a_screen_that_has_much_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = Input.action_submit

    async def busy() -> None:
        for _ in range(500):
            await asyncio.sleep(0)

    async def submit_to_a_busy_screen(box: Input) -> None:
        box.screen.call_later(busy)
        await submit(box)

    monkeypatch.setattr(Input, "action_submit", submit_to_a_busy_screen)
    async with fake_app(FakeDesk(tmp_path)).run_test(size=(120, 34)) as pilot:
        await says(pilot, "C-1042")
        type_at_once(pilot, "slash", *"C-1060", "enter", "space")
        await at_rest(pilot)
        assert pilot.app.screen.query_one("#filter", Input).value == "C-1060"
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


class Silent:
    """A widget that takes a message and never comes to it, and the app around it."""

    def __init__(self, is_running: bool) -> None:
        self.is_running = is_running
        self.focused = self
        self.ancestors_with_self = [self]

    def call_later(self, do: Callable[..., object], *_: object) -> bool:
        if inspect.iscoroutinefunction(do):  # what the app is asked: the next key
            self.next = asyncio.ensure_future(do())
        return True


@pytest.mark.parametrize(
    ("is_running", "looks"), [(False, 1_000_000), (True, 2)], ids=["removed", "too-long"]
)
async def test_a_key_goes_on_after_one_that_never_ends(
    is_running: bool, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_order, "_LOOKS", looks)
    taken: list[str] = []
    all_taken = asyncio.Event()

    async def take(event: key_order.Typed) -> None:
        taken.append(event.key if isinstance(event, events.Key) else event.text)
        if len(taken) == 3:
            all_taken.set()

    order = key_order.KeyOrder(cast("App[None]", Silent(is_running)), take)
    for typed in (events.Key("a", "a"), events.Paste("b"), events.Key("c", "c")):
        await order.typed(typed)
    assert taken == ["a"]
    await all_taken.wait()
    assert taken == ["a", "b", "c"]
