"""Says in one toast what happens to several pushes at about the same time. Knows no push."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from tui.text import notify

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from tui.app import DeskApp

TOGETHER: Final = 0.3
"""Seconds in which toasts of one kind are gathered."""
LATER: Final = 30.0
"""Seconds in which they are gathered after a toast of the same kind was shown."""


def _always() -> bool:
    return True


class GatheredToast(NamedTuple):
    """A toast about one push. `holds` returns False once the toast is not true any more."""

    message: str
    title: str = ""
    severity: SeverityLevel = "information"
    seconds: float | None = None
    holds: Callable[[], bool] = _always


class GatheredToasts:
    """Shows one toast for all toasts of a kind, so that many pushes do not cover the screen."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._gathered: dict[str, list[GatheredToast]] = {}
        """What is not shown yet, by kind."""
        self._lately: set[str] = set()
        """The kinds of which a toast was shown a moment ago."""

    def say(self, kind: str, toast: GatheredToast, several: str) -> None:
        """Show a toast soon. `several` is its message if more of the kind come: `{n}` stands for their number."""
        if kind not in self._gathered:
            self._gathered[kind] = []
            seconds = LATER if kind in self._lately else TOGETHER
            self._app.set_timer(seconds, partial(self._show, kind, several))
        self._gathered[kind].append(toast)

    def _show(self, kind: str, several: str) -> None:
        toasts = [toast for toast in self._gathered.pop(kind) if toast.holds()]
        if not toasts:
            return
        self._lately.add(kind)
        self._app.set_timer(LATER, partial(self._lately.discard, kind))
        first = toasts[0]
        message = first.message if len(toasts) == 1 else several.replace("{n}", f"{len(toasts):,}")
        notify(self._app, message, title=first.title, severity=first.severity, seconds=first.seconds)
