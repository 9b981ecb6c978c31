"""The bottom line: the few keys that are useful now, each with its effect. A click has the same effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Unpack

from textual import events
from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from tui.action_model import Action
from tui.actions import ACTIONS, Hint, footer_hints, show_key
from tui.text import content, joined, plain, width_of
from tui.widgets.line_view import InDom

_BETWEEN = 3


class _Spot(NamedTuple):
    """The cells of the line that do something when clicked."""

    start: int
    end: int
    binding: ActiveBinding


class KeyFooter(Widget):
    """The keys that work now, from the registry. On a narrow line the least important keys are left out."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyFooter {
        dock: bottom;
        height: 1;
        padding: 0 1;
        background: $footer-background;
        color: $footer-description-foreground;
    }
    """

    def __init__(self, actions: Sequence[Action] = ACTIONS, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._actions = actions
        self._spots: list[_Spot] = []

    def on_mount(self) -> None:
        """Paint again when other keys work."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            self.refresh()

    def render(self) -> Content:
        """Return the keys that fit on the line."""
        hints = _kept(footer_hints(self.screen, self._actions), self.size.width)
        self._spots = []
        parts: list[Content] = []
        at = 0
        for hint in hints:
            self._spots += _spots(hint, at)
            parts += [
                content("[bold $footer-key-foreground]$keys[/] $label", keys=hint.shown, label=hint.label)
            ]
            parts += [plain(" " * _BETWEEN)]
            at += _width(hint) + _BETWEEN
        return joined(*parts[:-1])

    async def on_click(self, event: events.Click) -> None:
        """Run the action that was clicked."""
        offset = event.get_content_offset(self)
        for start, end, active in self._spots:
            if offset is not None and start <= offset.x < end:
                event.stop()
                await self.app.run_action(active.binding.action, active.node)
                return


def _width(hint: Hint) -> int:
    return width_of(hint.shown) + 1 + width_of(hint.label)


def _kept(hints: list[Hint], width: int) -> list[Hint]:
    kept = list(hints)
    taken = sum(_width(hint) + _BETWEEN for hint in kept) - _BETWEEN
    while kept and taken > width:
        least = min(reversed(kept), key=lambda hint: hint.keep)
        kept.remove(least)
        taken -= _width(least) + _BETWEEN
    return kept


def _spots(hint: Hint, at: int) -> list[_Spot]:
    """Return the clickable cells: the whole entry, or each key alone if several keys share a label."""
    if len(hint.keys) == 1:
        return [_Spot(at, at + _width(hint), hint.keys[0][1])]
    space = 0 if width_of(hint.shown) == len(hint.keys) else 1
    spots: list[_Spot] = []
    for key, active in hint.keys:
        end = at + width_of(show_key(key))
        spots.append(_Spot(at, end, active))
        at = end + space
    return spots
