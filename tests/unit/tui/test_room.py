"""What every room does: a room that is hidden wakes the app for nothing, so its timers rest."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.screen import Screen

from tests.support.until import until
from tui.room import Room


class CountingRoom(Room):
    """Counts how often it is woken."""

    room: ClassVar[str] = "cards"

    def __init__(self) -> None:
        super().__init__()
        self.woken = 0

    def compose(self) -> ComposeResult:
        """Yield nothing: the bars of a room need the whole app."""
        return ()

    def on_mount(self) -> None:
        """Count while the room is shown."""
        self.while_shown(0.01, self._count)

    def _count(self) -> None:
        self.woken += 1


async def test_a_hidden_room_is_not_woken_and_is_again_once_it_is_shown() -> None:
    app = App[None]()
    async with app.run_test() as pilot:
        first, second = CountingRoom(), CountingRoom()
        await app.push_screen(first)
        await until(pilot, lambda: first.woken > 2)
        await app.push_screen(second)
        await until(pilot, lambda: second.woken > 1)
        before, then = first.woken, second.woken
        await until(pilot, lambda: second.woken > then + 5)
        assert first.woken == before
        await app.pop_screen()
        await until(pilot, lambda: first.woken > before)


async def test_a_dialog_over_a_room_hides_it_too() -> None:
    app = App[None]()
    async with app.run_test() as pilot:
        room = CountingRoom()
        await app.push_screen(room)
        await app.push_screen(Screen())
        await pilot.pause()
        before = room.woken
        other = CountingRoom()
        await app.push_screen(other)
        await until(pilot, lambda: other.woken > 5)
        assert room.woken <= before + 1
