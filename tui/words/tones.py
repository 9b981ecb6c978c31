"""The theme's colour for each tone of a sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from tui.widgets.line_view import Tone

Sign: TypeAlias = "tuple[str, Tone]"
"""One character that stands for a state, and its tone. The character alone says the state; colour only helps."""
TONES: Final[dict[Tone, str]] = {
    "good": "$success",
    "warn": "$warning",
    "bad": "$error",
    "muted": "$foreground-muted",
    "primary": "$primary",
    "lilac": "$secondary",
}
"""Textual's colour variable by tone. A tone without a colour of its own is missing."""
