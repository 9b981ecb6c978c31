"""The steps of a push with their live states, for the confirm dialog and the Activity room.

Only visible steps are painted, because a push can have thousands. Knows only strings, no plan and no engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Unpack

from textual.message import Message

from tui.text import fit, width_of
from tui.under_cursor import CopyableText, NamedValue
from tui.widgets.line_view import InDom, LineView, Piece, Tone


@dataclass(frozen=True, slots=True)
class StripStep:
    """A step: the sign of its state, its number or time, the operation, the record, and an id or a remark.

    `tone` colours the sign. The number, the operation ("update" is muted) and the remark have their own tones.
    """

    number: str = ""
    operation: str = ""
    entity: str = ""
    summary: str = ""
    remark: str = ""
    sign: str = ""
    tone: Tone = "plain"
    number_tone: Tone = "muted"
    operation_tone: Tone = "plain"
    remark_tone: Tone = "muted"
    copied: str = ""
    """What is copied from the step, such as the id of its record; "" stands for the record."""


class _Widths(NamedTuple):
    sign: int
    number: int
    operation: int
    entity: int
    summary: int
    remark: int


_MOST = _Widths(1, 8, 12, 14, 60, 28)
_GAPS = _Widths(1, 2, 2, 2, 2, 0)
_LEAST_SUMMARY = 12


class StepStrip(LineView):
    """Steps, one per line. The strip has a cursor only if it can have the focus."""

    DEFAULT_CSS = """
    StepStrip { height: auto; max-height: 100%; }
    """

    class Highlighted(Message):
        """The cursor came to rest on a step."""

        def __init__(self, strip: StepStrip, index: int) -> None:
            super().__init__()
            self.strip = strip
            self.index = index

        @property
        def control(self) -> StepStrip:
            """The strip."""
            return self.strip

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._steps: list[StripStep] = []
        self._natural = _Widths(0, 0, 0, 0, 0, 0)

    def set_steps(self, steps: Sequence[StripStep]) -> None:
        """Show these steps. As many steps as before cost no new layout of the screen."""
        is_as_high = len(steps) == len(self._steps)
        self._steps = list(steps)
        self._natural = _Widths(0, 0, 0, 0, 0, 0)
        for step in self._steps:
            self._natural = _widest(self._natural, step)
        self.set_reactive(LineView.cursor_line, self.first_stop(max(0, self.cursor_line), 1))
        self.lines_changed()
        self.refresh(layout=not is_as_high)

    def copyable(self) -> CopyableText | None:
        """Return what is copied from the step under the cursor."""
        step = self.cursor_step
        text = (step.copied or step.summary) if step is not None else ""
        return CopyableText(text, text) if text else None

    def whole_values(self) -> Sequence[NamedValue]:
        """Return the parts of the step under the cursor in full."""
        step = self.cursor_step
        if step is None:
            return ()
        what = " ".join(filter(None, (step.operation, step.entity)))
        parts = (("Step", step.number), ("What", what), ("Record", step.summary), ("Result", step.remark))
        return [NamedValue(name, text) for name, text in parts if text]

    @property
    def cursor_step(self) -> StripStep | None:
        """The step under the cursor."""
        return self._steps[self.cursor_line] if 0 <= self.cursor_line < len(self._steps) else None

    @property
    def line_total(self) -> int:
        """The number of lines: one per step."""
        return len(self._steps)

    def stops_at(self, line: int) -> bool:
        """Return True if the strip has a cursor: every step stops it."""
        return self.can_focus and 0 <= line < len(self._steps)

    def cursor_rested(self) -> None:
        """Post the step under the cursor."""
        self.post_message(self.Highlighted(self, self.cursor_line))

    def paint(self, line: int, width: int) -> Sequence[Piece]:
        """Return the pieces of a step."""
        step = self._steps[line]
        widths = _fitted(self._natural, width)
        cells: tuple[tuple[str, str], ...] = (
            (fit(step.sign, widths.sign), step.tone),
            (fit(step.number, widths.number, "right"), step.number_tone),
            (fit(step.operation, widths.operation), step.operation_tone),
            (fit(step.entity, widths.entity), "plain"),
            (fit(step.summary, widths.summary), "plain"),
            (fit(step.remark, widths.remark), step.remark_tone),
        )
        pieces: list[Piece] = []
        for (text, tone), gap in zip(cells, _GAPS, strict=True):
            if text:
                pieces += [(text, tone), (" " * gap, "plain")]
        return pieces


def _widest(widths: _Widths, step: StripStep) -> _Widths:
    cells = (step.sign, step.number, step.operation, step.entity, step.summary, step.remark)
    return _Widths(
        *(
            min(most, max(width, width_of(text)))
            for width, text, most in zip(widths, cells, _MOST, strict=True)
        )
    )


def _fitted(natural: _Widths, width: int) -> _Widths:
    """Share `width` cells: the summary shrinks first, then the remark. If need be, the remark is left out."""
    gaps = sum(gap for gap, cells in zip(_GAPS, natural, strict=True) if cells)
    over = sum(natural) + gaps - width
    if over <= 0:
        return natural
    summary = max(min(natural.summary, _LEAST_SUMMARY), natural.summary - over)
    over -= natural.summary - summary
    remark = max(min(natural.remark, 8), natural.remark - max(0, over))
    over -= natural.remark - remark
    if over <= 0:
        return natural._replace(summary=summary, remark=remark)
    rest = width - (sum(natural) + gaps - natural.summary - natural.remark) + _GAPS.remark
    if rest >= _LEAST_SUMMARY // 2:
        return natural._replace(summary=min(natural.summary, rest), remark=0)
    return natural._replace(summary=max(1, rest + natural.entity), remark=0, entity=0)
