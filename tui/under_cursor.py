"""What the cursor is on: what a key copies from there, and the whole values of a line that is cut. Knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from textual.screen import Screen


class CopyableText(NamedTuple):
    """A text to copy, as the system holds it, and what it is called on the screen."""

    text: str
    name: str


class NamedValue(NamedTuple):
    """A value in full, and its name."""

    name: str
    text: str


class UnderCursor:
    """A widget, or a screen, that says what its cursor is on."""

    def copyable(self) -> CopyableText | None:
        """Return what is copied from the place of the cursor; None if there is nothing."""
        return None

    def whole_values(self) -> Sequence[NamedValue]:
        """Return the values of the line under the cursor in full."""
        return ()


def copyable_on(screen: Screen[Any]) -> CopyableText | None:
    """Return what is copied now: what the focus is on, else what the first widget with a cursor is on."""
    return next((found for place in _places(screen) if (found := place.copyable()) is not None), None)


def whole_values_on(screen: Screen[Any]) -> Sequence[NamedValue]:
    """Return the whole values of the line that the cursor is on now, found as by `copyable_on`."""
    return next((found for place in _places(screen) if (found := place.whole_values())), ())


def _places(screen: Screen[Any]) -> list[UnderCursor]:
    focused = screen.focused
    near = list(focused.ancestors_with_self) if focused is not None else []
    nodes = [*near, *(widget for widget in screen.query("*") if widget.display)]
    return [node for node in dict.fromkeys(nodes) if isinstance(node, UnderCursor)]
