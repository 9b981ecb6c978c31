"""Leaves out the frames that no terminal gets: an app without a terminal draws them and throws them away.

A test that looks at the screen has it drawn whole at that moment (`tests.support.hostile_text.shown`). Pictures are
taken with every frame drawn (`all_frames`): Textual's own widgets draw some things in a later frame. What reaches a
real terminal is tested in `tests/terminal`, in processes of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import RenderableType
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.screen import Screen

_draw = Compositor.render_update
_frames = [0]
"""How many frames were drawn or left out so far."""


def frames_drawn() -> int:
    """Return how many frames the apps of this process have drawn or left out so far."""
    return _frames[0]


def _drawn_whole(
    self: Compositor,
    full: bool = False,
    screen_stack: list[Screen[object]] | None = None,
    simplify: bool = False,
) -> RenderableType | None:
    _frames[0] += 1
    if full:
        return _draw(self, full, screen_stack, simplify)
    visible_screen_stack.set([] if screen_stack is None else screen_stack)  # the screens behind a dialog
    self._dirty_regions.clear()
    return None


def draw_no_frames_for_nobody() -> None:
    """Let the apps of this process, which have no terminal, draw only what is asked for."""
    Compositor.render_update = _drawn_whole  # type: ignore[method-assign]  # the one place that draws a frame


@contextmanager
def all_frames() -> Iterator[None]:
    """Let the apps draw every frame meanwhile."""
    before = Compositor.render_update
    Compositor.render_update = _draw  # type: ignore[method-assign]  # as above
    try:
        yield
    finally:
        Compositor.render_update = before  # type: ignore[method-assign]  # as above
