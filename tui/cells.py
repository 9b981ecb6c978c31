"""Measures text in the cells of a terminal and fits it into columns, for the command line and the app.

A CJK character or an emoji takes two cells, a combining mark none. This module knows no widget. It loads rich only for
text that is not ASCII, because most text is.
"""

from __future__ import annotations

from typing import Final, Literal

from tui.terminal_safe import ELLIPSIS, safe_text

Align = Literal["left", "right"]
_ENOUGH: Final = 4
"""Characters that nearly always fill a cell: one, and the marks that stay on it (`terminal_safe.MARKS_KEPT`)."""


def width_of(text: object) -> int:
    """Return how many cells `text` takes after it was made safe."""
    shown = safe_text(text)
    return len(shown) if shown.isascii() else _cells(shown)


def fit(text: object, width: int, align: Align = "left") -> str:
    """Return `text`, made safe, in exactly `width` cells: cut with "…" or padded with spaces."""
    if width <= 0:
        return ""
    shown = safe_text(text)
    length = len(shown) if shown.isascii() else _cells(shown)
    if length == width:
        return shown
    if length < width:
        padding = " " * (width - length)
        return shown + padding if align == "left" else padding + shown
    return _cut(shown, width)


def clip(text: object, width: int) -> str:
    """Return `text`, made safe, in at most `width` cells: cut with "…", not padded."""
    if width <= 0:
        return ""
    shown = safe_text(text)
    length = len(shown) if shown.isascii() else _cells(shown)
    return shown if length <= width else _cut(shown, width)


def _cut(shown: str, width: int) -> str:
    if shown.isascii():
        return shown[: width - 1] + ELLIPSIS
    from rich.cells import set_cell_size  # noqa: PLC0415 - most text is ASCII

    start = shown[: _ENOUGH * width]  # to measure a long text to its end takes many times as long
    if _cells(start) > width:
        shown = start
    return set_cell_size(set_cell_size(shown, width - 1).rstrip(" ") + ELLIPSIS, width)


def _cells(shown: str) -> int:
    from rich.cells import cell_len  # noqa: PLC0415 - most text is ASCII

    return cell_len(shown)
