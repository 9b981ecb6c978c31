"""Fields side by side: the value in one system, a sign, the value in the other system, and the field's name there.

Only visible lines are painted, so thousands of lines cost no more than a screenful. Knows no map and no card.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Unpack

from msgspec import Struct
from textual import events
from textual.message import Message

from tui.text import clip, fit, width_of
from tui.under_cursor import CopyableText, NamedValue
from tui.widgets.line_view import Heading, InDom, LineView, Piece, Tone

_SOFT = 18
"""The cells that values keep until everything else is narrow."""


class FieldRow(Struct, frozen=True):
    """A field: its label, the left value, a sign, the right value, and its name on the right.

    `reason` is not painted; the screen shows it for the field under the cursor. `copied` is what is copied from the
    field, as the system holds it; "" stands for the value on the right if it arrives, else the left one.

    A label alone, or a label with a left value, takes the whole line, in its `tone`. Otherwise `tone` colours the sign,
    and the right value too if it says that something does not arrive ("bad", "muted"); "strong" makes both values bold,
    for the names of the systems above them, where the cursor does not stop. `goes_on` says that the row is a further
    line of the field above it: the cursor is on all lines of a field.
    """

    label: str
    left: str = ""
    sign: str = ""
    right: str = ""
    name: str = ""
    tone: Tone = "plain"
    reason: str = ""
    copied: str = ""
    goes_on: bool = False

    @property
    def copyable(self) -> CopyableText | None:
        """What is copied from the field; None if it has no value."""
        arrives = self.right if self.tone not in {"bad", "muted"} else ""
        text = self.copied or arrives or self.left or self.right or self.label
        return CopyableText(text, self.label if text != self.label else "The line") if text else None

    @property
    def whole_values(self) -> tuple[NamedValue, ...]:
        """The parts of the field in full."""
        if self.is_open:
            whole = self.copied or self.left or self.label
            reason = (NamedValue("", self.reason),) if self.reason else ()
            return (NamedValue(self.label if self.left else "", whole), *reason)
        parts = (self.label, self.left), (self.name or "In the other system", self.right), ("", self.reason)
        return tuple(NamedValue(name, text) for name, text in parts if text)

    @property
    def is_open(self) -> bool:
        """True if there is nothing to the right of the left value."""
        return not (self.sign or self.right or self.name)

    @property
    def stops(self) -> bool:
        """True if the cursor can come to rest on the row."""
        return not self.goes_on and not (self.tone == "strong" and not self.label)

    @property
    def spans(self) -> bool:
        """True if the left value may go on into the column of the right one, because there is none."""
        return bool(self.sign) and not self.right


class Gap(Struct, frozen=True):
    """A blank line."""


FieldLine = FieldRow | Heading | Gap


class _Widths(NamedTuple):
    label: int
    left: int
    right: int
    name: int


AROUND: Final = 6
"""Cells around a field's columns: one before the label, two after it, one after the left value, two for the sign."""
_MOST = _Widths(30, 44, 44, 40)
_FLOORS = (
    _Widths(_MOST.label, _SOFT, _SOFT, _MOST.name),
    _Widths(_MOST.label, _SOFT, _SOFT, 20),
    _Widths(16, _SOFT, _SOFT, 20),
    _Widths(16, 14, _SOFT, 20),
    _Widths(14, 14, 16, 14),
)
"""The smallest widths of the columns while the target's name is shown, stage by stage."""


class FieldTable(LineView):
    """Lines of fields under headings: see the module. Give it lines with `set_lines`."""

    class Highlighted(Message):
        """The cursor came to rest on a field."""

        def __init__(self, table: FieldTable, row: FieldRow) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> FieldTable:
            """The table."""
            return self.table

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, FieldTable.Highlighted) and message.table is self.table

    class Resized(Message):
        """The table has another size."""

        def __init__(self, table: FieldTable) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> FieldTable:
            """The table."""
            return self.table

    def on_resize(self) -> None:
        """Post that the size has changed, so that texts can be broken for the new width."""
        self.post_message(self.Resized(self))

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._lines: tuple[FieldLine, ...] = ()
        self._natural = _Widths(0, 0, 0, 0)

    def set_lines(self, lines: Sequence[FieldLine]) -> None:
        """Show these lines from the top. If the table has the cursor, it stays with the field of the same label."""
        old = self.cursor_field
        self._lines = tuple(lines)
        fields = [line for line in self._lines if isinstance(line, FieldRow)]
        self._natural = _natural(fields)
        again = (
            next((n for n, line in enumerate(self._lines) if _same(line, old)), -1) if old is not None else -1
        )
        self.set_reactive(LineView.cursor_line, again if again >= 0 else self.first_stop(0, 1))
        self.lines_changed()
        if again < 0:
            self.scroll_to(y=0, animate=False, force=True)
        if self.has_focus:
            self.cursor_rested()

    @property
    def cursor_field(self) -> FieldRow | None:
        """The field under the cursor."""
        line = self._lines[self.cursor_line] if 0 <= self.cursor_line < len(self._lines) else None
        return line if isinstance(line, FieldRow) else None

    def copyable(self) -> CopyableText | None:
        """Return what is copied from the field under the cursor."""
        field = self.cursor_field
        return field.copyable if field is not None else None

    def whole_values(self) -> Sequence[NamedValue]:
        """Return the parts of the field under the cursor in full."""
        field = self.cursor_field
        return field.whole_values if field is not None else ()

    @property
    def line_total(self) -> int:
        """The number of lines, including gaps."""
        return len(self._lines)

    def stops_at(self, line: int) -> bool:
        """Return True for the first line of a field."""
        shown = self._lines[line]
        return isinstance(shown, FieldRow) and shown.stops

    def has_lead(self, line: int) -> bool:
        """Return True for each line of a field."""
        return isinstance(self._lines[line], FieldRow)

    def is_lit(self, line: int) -> bool:
        """Return True for each line of the field under the cursor."""
        return super().is_lit(self._first_of(line))

    def _first_of(self, line: int) -> int:
        """Return the first line of the field that a line belongs to."""
        while line > 0 and isinstance(shown := self._lines[line], FieldRow) and shown.goes_on:
            line -= 1
        return line

    def _last_of(self, line: int) -> int:
        """Return the last line of the field that begins on a line."""
        while line + 1 < len(self._lines) and self._first_of(line + 1) <= line:
            line += 1
        return line

    def line_changed(self, line: int) -> None:
        """Paint all lines of a field again."""
        for each in range(line, self._last_of(line) + 1):
            super().line_changed(each)

    def reveal(self, line: int) -> None:
        """Scroll as little as possible to show all lines of a field."""
        super().reveal(self._last_of(line))
        super().reveal(line)

    def line_under(self, event: events.Click) -> int:
        """Return the first line of the field that a click hit."""
        line = super().line_under(event)
        return self._first_of(line) if line >= 0 else line

    def cursor_rested(self) -> None:
        """Post the field under the cursor, so that the screen can show its reason."""
        if (field := self.cursor_field) is not None:
            self.post_message(self.Highlighted(self, field))

    def on_focus(self) -> None:
        """Show the cursor, and post the field under it."""
        super().on_focus()
        self.cursor_rested()

    def paint(self, line: int, width: int) -> Sequence[Piece]:
        """Return the pieces of a field, a heading or a gap."""
        shown = self._lines[line]
        if isinstance(shown, Heading):
            return shown.pieces()
        if isinstance(shown, Gap):
            return ()
        if shown.is_open and not shown.left:
            quiet = "muted" if shown.tone == "plain" else shown.tone
            return ((" ", "plain"), (fit(shown.label, max(0, width - 1)), quiet))
        widths = _fitted(self._natural, width)
        value = "strong" if shown.tone == "strong" else "plain"
        arrives = shown.tone if shown.tone in {"bad", "muted", "strong"} else "plain"
        pieces: list[Piece] = [(" ", "plain"), (fit(shown.label, widths.label) + "  ", "muted")]
        if shown.is_open:
            tone = value if shown.tone == "strong" else shown.tone
            return (*pieces, (fit(shown.left, max(0, width - widths.label - 3)), tone))
        if shown.spans and width_of(shown.left) > widths.left:
            cells = widths.left + widths.right + 3
            left = clip(shown.left, cells - 2)
            rest = " " * (cells - width_of(left) - 2)
            pieces += [(f"{left} ", value), (fit(shown.sign, 1), shown.tone), (rest, "plain")]
        else:
            pieces += [
                (fit(shown.left, widths.left) + " ", value),
                (fit(shown.sign, 1), shown.tone),
                (" ", "plain"),
                (fit(shown.right, widths.right), arrives),
            ]
        if widths.name:
            pieces.append(("  " + fit(shown.name, widths.name), "muted"))
        return pieces


def _natural(fields: Sequence[FieldRow]) -> _Widths:
    """Return the widths in which nothing is cut. A value that spans both columns needs no wide left one."""
    left = max((width_of(field.left) for field in fields if not (field.is_open or field.spans)), default=0)
    right = max((width_of(field.right) for field in fields), default=0)
    spanning = max((width_of(field.left) + 2 for field in fields if field.spans), default=0)
    return _Widths(
        max((width_of(field.label) for field in fields if field.left or not field.is_open), default=0),
        left,
        max(right, spanning - left - 3),
        max((width_of(field.name) for field in fields), default=0),
    )


def _same(line: FieldLine, field: FieldRow) -> bool:
    return isinstance(line, FieldRow) and line.label == field.label and line.name == field.name


def most_label(width: int) -> int:
    """Return how many cells a label may take in a line of `width` cells without the target's name."""
    return min(_MOST.label, max(8, width * 2 // 5))


def _fitted(natural: _Widths, width: int) -> _Widths:
    """Share `width` cells: long values shrink first, then names and labels, then the target's name is left out."""
    widths = _Widths(*map(min, natural, _MOST))
    if widths.name:
        for floor in _FLOORS:
            over = sum(widths) + AROUND + 2 - width
            if over <= 0:
                return widths
            widths = _shrunk(widths, floor, over)
        if sum(widths) + AROUND + 2 <= width:
            return widths
    label = min(natural.label, most_label(width))
    values = max(2, width - label - AROUND)
    left, right = _shared(min(natural.left, _MOST.left), natural.right, values)  # nothing stands to its right
    return _Widths(label, left, right, 0)


def _shrunk(widths: _Widths, floor: _Widths, over: int) -> _Widths:
    """Take `over` cells from the columns, cell by cell from the column that is furthest above `floor`."""
    cells = widths._asdict()
    least = floor._asdict()
    while over > 0:
        fat = [name for name in ("left", "right", "name", "label") if cells[name] > least[name]]
        if not fat:
            break
        cells[max(fat, key=lambda name: cells[name] - least[name])] -= 1
        over -= 1
    return _Widths(**cells)


def _shared(left: int, right: int, cells: int) -> tuple[int, int]:
    if left + right <= cells:
        return left, right
    half = cells // 2
    if left <= half:
        return left, cells - left
    if right <= half:
        return cells - right, right
    return half, cells - half
