"""Many pushes that come to the same end at about the same time are said in one toast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.settings import load_settings
from tui.app import DeskApp
from tui.sending.gathered_toasts import LATER, TOGETHER, GatheredToast, GatheredToasts


class TimedApp(DeskApp):
    """Notes its toasts and timers. `pass_time` runs the timers of a delay that are due by then."""

    def __init__(self, home: Path) -> None:
        super().__init__(load_settings(home, None))
        self.said: list[str] = []
        self._timers: list[tuple[float, Callable[[], Any]]] = []

    def set_timer(self, delay: float, callback: Any = None, **_: Any) -> Any:
        """Note what is to be done later."""
        self._timers.append((delay, callback))

    def notify(self, message: str, **_: Any) -> None:
        """Note a toast."""
        self.said.append(message)

    def pass_time(self, seconds: float) -> None:
        """Run what is due."""
        due = [callback for delay, callback in self._timers if delay <= seconds]
        self._timers = [timer for timer in self._timers if timer[0] > seconds]
        for callback in due:
            callback()


def say(toasts: GatheredToasts, kind: str, name: str, holds: Callable[[], bool] = lambda: True) -> None:
    toasts.say(kind, GatheredToast(f"{name} {kind}", holds=holds), f"{{n}} pushes {kind}")


def test_one_toast_is_shown_for_each_kind(tmp_path: Path) -> None:
    app = TimedApp(tmp_path)
    toasts = GatheredToasts(app)
    for n in range(1_200):
        say(toasts, "wait", f"C-{n}")
    say(toasts, "differ", "C-7")
    assert app.said == [], "they are gathered first"
    app.pass_time(TOGETHER)
    assert app.said == ["1,200 pushes wait", "C-7 differ"]


def test_what_comes_soon_after_a_toast_waits_for_the_next_one(tmp_path: Path) -> None:
    app = TimedApp(tmp_path)
    toasts = GatheredToasts(app)
    say(toasts, "wait", "C-1")
    app.pass_time(TOGETHER)
    say(toasts, "wait", "C-2")
    say(toasts, "wait", "C-3")
    app.pass_time(TOGETHER)
    assert app.said == ["C-1 wait"]
    app.pass_time(LATER)
    assert app.said == ["C-1 wait", "2 pushes wait"]


def test_what_is_not_true_any_more_is_not_said(tmp_path: Path) -> None:
    app = TimedApp(tmp_path)
    toasts = GatheredToasts(app)
    say(toasts, "wait", "C-1", holds=lambda: False)
    say(toasts, "wait", "C-2")
    say(toasts, "differ", "C-3", holds=lambda: False)
    app.pass_time(TOGETHER)
    assert app.said == ["C-2 wait"]
