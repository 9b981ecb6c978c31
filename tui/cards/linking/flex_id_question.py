"""Asks for a FLEX ID until it will do: an ID that is refused stays in the box, with the reason below it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from textual.content import Content

from core.errors import DeskError
from tui.widgets.confirm_dialog import LineDialog
from tui.words.links import wrong_id

if TYPE_CHECKING:
    from tui.app import DeskApp

T = TypeVar("T")


async def ask_for_flex_id(
    app: DeskApp, title: str, question: Content, take: Callable[[str], Awaitable[T]]
) -> T | None:
    """Return what `take` makes of the typed FLEX ID, or None if the person types none.

    If `take` raises `DeskError`, the person is asked again.
    """
    typed, said = "", ""
    while True:
        asked = LineDialog(title, question, wrong_id, typed, said)
        answer = await app.push_screen_wait(asked)
        if not answer:
            return None
        typed = answer
        try:
            return await take(typed)
        except DeskError as error:
            said = f"{error.message}\n{error.fix}"
