"""The app says when the database of a team's book goes away, and when it is back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from core.errors import BookClosed
from data.team_book.errors import away, not_allowed
from tui.shell.desk_keeper import DeskKeeper


class App:
    """The parts of the app that the keeper uses here, and what it was told to show."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.drawn = 0
        self.book = SimpleNamespace(is_shared=True, read_only=None)
        self.desk = SimpleNamespace(book=self.book, practice=None)
        self.header = SimpleNamespace(show=self._draw)

    def _draw(self) -> None:
        self.drawn += 1

    def notify(self, message: Any, **_: Any) -> None:
        self.said.append(str(message))

    def set_interval(self, seconds: float, look: Any) -> None:
        self.look = look


def opened(read_only: BookClosed | None = None) -> App:
    app = App()
    app.book.read_only = read_only
    DeskKeeper(app, None).opened(app.desk)  # type: ignore[arg-type]  # stands in for the app and its desk
    app.look()
    return app


def test_a_database_that_goes_away_and_comes_back_is_said_once_each() -> None:
    app = opened()
    for why in (
        away("the database", "nothing answered in time"),
        away("the database", "it is not there"),
        None,
        None,
    ):
        app.book.read_only = why
        app.look()
    assert app.drawn == 2
    first, second = app.said
    assert "can't be reached: nothing answered in time" in first
    assert "continues automatically when the database is back" in first
    assert "can be reached again" in second


def test_a_desk_that_may_only_read_says_nothing_new() -> None:
    app = opened(not_allowed("the database"))
    app.look()
    assert app.said == []
