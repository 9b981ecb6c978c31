"""Covers the screen when nobody has touched the desk for a while, and takes the key that shows it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from textual import events

from core.errors import DeskError
from tui.eyes.lock import LockScreen
from tui.eyes.mask import BLANK
from tui.overview.known import read_overview
from tui.words.overview import waiting_items

if TYPE_CHECKING:
    from textual.filter import LineFilter

    from core.overview.use_cases import OverviewUseCases
    from core.push.records import Push
    from tui.app import DeskApp

LOOK_EVERY: Final = 5.0
"""Seconds between two looks at how long nobody touched the desk; the counts are renewed as often."""
_MINUTE: Final = 60.0
_TOUCHES: Final = (events.Key, events.MouseDown, events.MouseScrollDown, events.MouseScrollUp, events.Paste)


class IdleGuard:
    """Knows when the desk was touched last. `minutes` without a touch cover the screen; 0 never does."""

    def __init__(self, app: DeskApp, clock: Callable[[], float], minutes: int) -> None:
        self._app = app
        self._clock = clock
        self._minutes = minutes
        self._touched = clock()
        self._lock: LockScreen | None = None
        self._ends_click = False
        self._overview: OverviewUseCases | None = None

    @property
    def is_locked(self) -> bool:
        """True while the counts cover the screen."""
        return self._lock is not None

    def swallows(self, event: events.Event) -> bool:
        """Return True for a key or a click that only shows the desk again, and for the end of that click."""
        if isinstance(event, events.MouseUp) and self._ends_click:
            self._ends_click = False
            return True
        if not isinstance(event, _TOUCHES):
            return self.is_locked and isinstance(event, events.InputEvent)
        self._touched = self._clock()
        if self._lock is None:
            return False
        self._ends_click = isinstance(event, events.MouseDown)
        self.wake()
        return True

    def wake(self) -> None:
        """Show the desk again."""
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        is_on_top = lock.is_on_top
        lock.dismiss()
        if not is_on_top:  # a dialog came up above the counts: they go when it is answered
            for widget in self._app.screen.walk_children(with_self=True):
                widget.refresh()

    def filters(self) -> Sequence[LineFilter]:
        """Return what hides a dialog that comes while the screen is covered."""
        return (BLANK,) if self._lock is not None and not self._lock.is_on_top else ()

    async def look(self) -> None:
        """Cover the screen if nobody was there for long enough. If it is covered, show the counts as they are now."""
        if self._lock is not None:
            await self._show()
        elif self._minutes and self._clock() - self._touched >= self._minutes * _MINUTE:
            await self.lock()

    async def lock(self) -> None:
        """Cover the screen."""
        if self._lock is None:
            self._lock = LockScreen(self.wake)
            await self._app.push_screen(self._lock)
            await self._show()

    async def _show(self) -> None:
        """Show the counts. A book that is closed shows nothing new."""
        desk, lock = self._app.desk, self._lock
        if lock is None:
            return
        when = self._app.local.since(self._touched, self._clock())
        if desk is None:
            lock.show(when, ())
            return
        if self._overview is None:
            self._overview = desk.overview
        try:
            seen = await read_overview(self._app, desk, self._overview)
        except DeskError:
            return
        if lock.is_attached:
            lock.show(when, waiting_items(seen))

    def push_changed(self, push: Push) -> None:
        """Count a push in its new state."""
        if self._overview is not None:
            self._overview.push_changed(push)
