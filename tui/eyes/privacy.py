"""What keeps clients' data from other eyes: "eyes nearby", which hides it, and the cover of an idle desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.text import notify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.filter import LineFilter

    from core.push.records import Push
    from tui.app import DeskApp
    from tui.eyes.eyes import EyesNearby
    from tui.eyes.idle import IdleGuard

LOOK_EVERY: Final = 15.0
"""Seconds between two looks at how long nobody was there."""


class Privacy:
    """Both covers of the app. Each is imported when it is first used."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._eyes: EyesNearby | None = None
        self._idle_guard: IdleGuard | None = None

    def begin(self) -> None:
        """Look now and then whether anybody is there, if the profile wants that."""
        if self._app.settings.profile.lock_after:
            self._app.set_interval(LOOK_EVERY, self.idle_guard.look)

    @property
    def is_hidden(self) -> bool:
        """True while clients' data is hidden."""
        return self._eyes is not None and self._eyes.is_on

    @property
    def idle_guard(self) -> IdleGuard:
        """What covers the screen when nobody is there."""
        if self._idle_guard is None:
            from tui.eyes.idle import IdleGuard

            self._idle_guard = IdleGuard(self._app, self._app.clock, self._app.settings.profile.lock_after)
        return self._idle_guard

    def switch_eyes(self) -> None:
        """Hide what belongs to clients, or show it again."""
        if self._eyes is None:
            from tui.eyes.eyes import EyesNearby

            self._eyes = EyesNearby(self._app)
        self._eyes.switch()
        self._app.copies_to.is_closed = self._eyes.is_on
        says = "hidden. F6 shows them again" if self._eyes.is_on else "shown again"
        said = f"Names, phones, emails, amounts and birth dates are {says}."
        notify(self._app, said, title="Eyes nearby")

    def filters(self) -> Sequence[LineFilter]:
        """Return what each line passes before it is painted."""
        eyes = self._eyes.filters() if self._eyes is not None else ()
        idle = self._idle_guard.filters() if self._idle_guard is not None else ()
        return (*eyes, *idle)

    def swallows(self, event: events.Event) -> bool:
        """Return True for the key or click that only shows a covered desk again."""
        return self._idle_guard is not None and self._idle_guard.swallows(event)

    def push_changed(self, push: Push) -> None:
        """Count a push in its new state on the cover."""
        if self._idle_guard is not None:
            self._idle_guard.push_changed(push)
