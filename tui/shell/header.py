"""What the top bar of every room shows: each system's light, SANDBOX or LIVE, what is sent, what needs a person."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tui.text import safe_text
from tui.widgets.top_bar import Light, TopBar

if TYPE_CHECKING:
    from core.push.plan import System
    from tui.app import DeskApp

LOOK_EVERY: Final = 15.0
"""Seconds between two looks at the age of each system's last answer, at the watch and at the differences."""
_MINUTE: Final = 60.0


class Header:
    """Knows what the top bars show. It reads only what has no other owner in the app."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._lights: dict[str, Light] = {}
        self._differences = 0
        """How many differences the last reconciliation found."""
        self._watch_died = 0.0
        """When a watch that died gave its last sign of life, in seconds since 1970; 0 if none died."""

    def begin(self) -> None:
        """Look now and then, from the moment the desk is open."""
        self.look_at_systems()
        self._app.set_interval(LOOK_EVERY, self.age_lights)
        self._app.set_interval(LOOK_EVERY, self.look_at_watch)
        self._app.set_interval(LOOK_EVERY, self.look_at_differences)
        self.look_at_watch()
        self.look_at_differences()

    def show(self) -> None:
        """Show in every room what is known now."""
        for room in self._app.rooms:
            for bar in room.query(TopBar):
                self.fill(bar)

    def fill(self, bar: TopBar) -> None:
        """Show in one top bar what is known now."""
        app = self._app
        stop = app.stop_switch.stop
        bar.badge = self._badge(is_stopped=stop is not None)
        bar.waits = app.brake.number
        bar.live = app.live
        bar.stopped = stop is not None
        bar.lights = self._lights
        bar.counts = app.room_counts

    # -- the badge -------------------------------------------------------------------------------------

    def _badge(self, *, is_stopped: bool) -> str:
        """Return SANDBOX or LIVE, the profile, and in a few words each what goes on."""
        app = self._app
        profile = app.settings.profile
        name = "" if app.settings.embedded else f" {safe_text(profile.label or app.settings.name)}"
        if app.desk is not None and app.desk.book.read_only is not None:
            state = " · reading only"
        else:
            state = " · sending" if app.sends_milestones and not is_stopped else ""
        return "".join(
            (
                "LIVE" if app.live else "SANDBOX",
                name,
                state,
                f" ≠{self._differences:,}" if self._differences else "",
                self._dead_watch(),
                self._waiting(is_stopped=is_stopped),
            )
        )

    def _waiting(self, *, is_stopped: bool) -> str:
        """Return how many sends wait for a next try, and when the next of them is; "" if there is none.

        While sending is stopped there is no next try.
        """
        waiting = self._app.waiting()
        if not waiting:
            return ""
        verb = "waits" if len(waiting) == 1 else "wait"
        after = "" if is_stopped else f", next {self._app.local.clock(waiting[0].next_at)}"
        return f" · {len(waiting)} {verb}{after}"

    def _dead_watch(self) -> str:
        """Return since when a watch that was meant to go on gives no sign of life; "" if there is none."""
        if not self._watch_died:
            return ""
        return f" · no watch since {self._app.local.clock_or_day(self._watch_died, self._app.clock())}"

    # -- the lights of the systems -----------------------------------------------------------------------

    def look_at_systems(self) -> None:
        """Ask each system whether it answers, and show the result."""
        self._app.begin_work(self._ask_systems, "systems")

    async def _ask_systems(self) -> None:
        desk = self._app.desk
        if desk is None:
            return
        for system in desk.wires:
            self._light(system, "asking")
        for system in desk.wires:
            self._light(system, "up" if await desk.answers(system) else "down")

    def _light(self, system: System, state: str, age: float = 0.0) -> None:
        self._lights = {**self._lights, system.value: Light(state, minutes=int(age // _MINUTE))}
        self.show()

    def age_lights(self) -> None:
        """Show how the last request to each system ended, and how long ago."""
        desk = self._app.desk
        if desk is None:
            return
        for system in desk.wires:
            last = desk.last_answer(system)
            asking = self._lights.get(system.value, Light("")).state == "asking"
            if last is not None and not asking:
                works, age = last
                self._light(system, "up" if works else "down", age)

    # -- what was written down by others -----------------------------------------------------------------

    def look_at_differences(self) -> None:
        """Show how many differences the last reconciliation found."""
        self._app.begin_work(self._read_differences, "differences")

    async def _read_differences(self) -> None:
        from tui.wiring.reconcile import reconciliation_file

        kept = await asyncio.to_thread(reconciliation_file(self._app.settings).read)
        number = len(kept.report.rows) if kept.report is not None else 0
        if number != self._differences:
            self._differences = number
            self.show()

    def look_at_watch(self) -> None:
        """Show whether a watch that was started has died, and which automatic work waits for a person's OK."""
        self._app.begin_work(self._read_watch, "watch")

    async def _read_watch(self) -> None:
        from core.automatic.watch_status import is_dead
        from tui.wiring.book import watch_file

        await self._app.brake.look()
        status = await asyncio.to_thread(watch_file(self._app.settings).read)
        died = status.alive_at if status is not None and is_dead(status, self._app.clock()) else 0.0
        if died != self._watch_died:
            self._watch_died = died
            self.show()
