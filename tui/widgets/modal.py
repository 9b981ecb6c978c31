"""The base of all dialogs: Textual's modal screen, with a screen below it that is dimmed quickly. Knows no room.

Textual dims the screen below again for each frame of a dialog, and blends the colours of each piece of text anew. A
screen has some dozen styles and hundreds of pieces, so each style is blended once.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, ScreenResultType


class Modal(ModalScreen[ScreenResultType]):
    """A screen over another one, which stays visible and is dimmed.

    On a terminal of few lines the top line stays in sight, because it says whether the profile is live; so do the
    answers, while what is asked scrolls above them.
    """

    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (18, "-roomy")]  # noqa: RUF012 - Textual's own form
    DEFAULT_CSS = "Modal AnswerBar { dock: bottom; }"

    def render(self) -> RenderableType:
        """Return what lies below the dialog's own widgets."""
        below = super().render()
        return _DimmedScreen(below.screen, below.color) if isinstance(below, BackgroundScreen) else below


class _DimmedScreen(BackgroundScreen):
    """Textual's dimmed screen, which blends each style once."""

    @classmethod
    def process_segments(cls, segments: Iterable[Segment], color: Color) -> Iterable[Segment]:
        """Yield the segments as Textual would: dimmed, without links and actions."""
        for segment in segments:
            if segment.control:
                yield segment
            else:
                yield segment._replace(style=_dimmed(segment.style, color))


@lru_cache(maxsize=4096)
def _dimmed(style: Style | None, color: Color) -> Style | None:
    (segment,) = BackgroundScreen.process_segments((Segment("", style),), color)
    return segment.style
