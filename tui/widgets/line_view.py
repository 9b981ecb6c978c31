"""The one painter of long columns of lines: paints the visible lines and moves a cursor.

A subclass says how many lines there are, and returns the pieces of a line: texts with style names. The subclass knows
what its lines mean; this module knows only lines.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, Literal, TypedDict, Unpack

from msgspec import Struct
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.action_model import NamesKeys
from tui.actions import bindings_for
from tui.text import safe_text, wrap
from tui.under_cursor import UnderCursor

Tone = Literal["plain", "strong", "muted", "good", "warn", "bad", "lilac", "primary"]
"""The meaning of a piece of text. Each has a component class `line-view--…`. Tones can be joined: "strong good"."""

Piece = tuple[str, str]
"""(text, the tones in which it is painted, separated by spaces)"""

CURSOR_SIGN = "▌"
_OF_A_LINE = frozenset({"list-up", "list-down", "list-mark"})
"""The actions that do nothing without a line."""
_CACHED_LINES = 600


class Heading(Struct, frozen=True):
    """The title above a group of lines, with a quieter remark next to it."""

    text: str
    remark: str = ""

    def pieces(self) -> tuple[Piece, ...]:
        """Return the heading as it is painted."""
        title: Piece = (safe_text(self.text).upper(), "heading")
        return (title, ("  ", "plain"), (safe_text(self.remark), "muted")) if self.remark else (title,)


class InDom(TypedDict, total=False):
    """The arguments by which every widget can be found."""

    id: str | None
    name: str | None
    classes: str | None


@lru_cache(maxsize=8)
def _placeholder_lines(text: str, width: int) -> list[str]:
    """Return a placeholder's lines, which are looked up again for each line of the screen."""
    return wrap(text, width) if text else []


class LineView(ScrollView, UnderCursor, NamesKeys, can_focus=True):
    """A scrolled column of lines. Only visible lines are painted. The cursor rests on lines that stop it."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("lines")]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"line-view--{name}"
        for name in (
            "cursor",
            "cursor-sign",
            "heading",
            "header",
            "marked",
            "placeholder",
            "plain",
            "strong",
            "muted",
            "muted-lit",
            "good",
            "warn",
            "bad",
            "lilac",
            "primary",
            "match",
        )
    }
    DEFAULT_CSS = """
    LineView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .line-view--cursor { background: $block-cursor-blurred-background; }
        & > .line-view--cursor-sign { color: $foreground-muted; }
        &:focus > .line-view--cursor-sign { color: $primary; text-style: bold; }
        &:nocolor > .line-view--cursor { text-style: reverse; }
        & > .line-view--heading { color: $secondary; }
        &:nocolor > .line-view--heading { text-style: bold; }
        & > .line-view--header { color: $foreground-muted; }
        & > .line-view--marked { color: $primary; text-style: bold; }
        & > .line-view--placeholder { color: $foreground-muted; }
        & > .line-view--strong { text-style: bold; }
        & > .line-view--muted { color: $foreground-muted; }
        & > .line-view--muted-lit { color: $foreground-darken-2; }
        & > .line-view--good { color: $success; }
        & > .line-view--warn { color: $warning; }
        & > .line-view--bad { color: $error; }
        & > .line-view--lilac { color: $secondary; }
        & > .line-view--primary { color: $primary; }
        & > .line-view--match { color: $primary; text-style: bold underline; }
    }
    """

    header_height: int = 0
    """The number of lines at the top that do not scroll."""

    placeholder: reactive[str] = reactive("")
    """The text that is shown if there are no lines: nothing here, loading, or what went wrong."""
    placeholder_tone: reactive[str] = reactive("placeholder")
    cursor_line: reactive[int] = reactive(-1, repaint=False)
    """The line under the cursor; -1 if no line stops the cursor."""

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._was_empty = True
        """True if the footer was painted when there was no line."""
        self._strips: dict[int, Strip] = {}
        self._styles_by_name: dict[tuple[str, bool], Style] = {}

    # What a subclass says

    @property
    @abstractmethod
    def line_total(self) -> int:
        """The number of lines, including headings and gaps."""

    @abstractmethod
    def paint(self, line: int, width: int) -> Sequence[Piece]:
        """Return the pieces of a line for `width` cells, without the cell of the cursor's sign."""

    @abstractmethod
    def stops_at(self, line: int) -> bool:
        """Return True if the cursor may rest on a line."""

    def has_lead(self, line: int) -> bool:
        """Return True if a line begins with the cell of the cursor's sign."""
        return self.stops_at(line)

    def paint_header(self, width: int) -> Sequence[Piece]:
        """Return the pieces of the line that stays on top. It is used if `header_height` is 1."""
        return ((" " * width, "header"),)

    def lead(self, line: int) -> Piece:
        """Return the cell before a line that stops the cursor. Its sign shows the cursor without colour too."""
        return (CURSOR_SIGN, "cursor-sign") if self.is_lit(line) else (" ", "plain")

    @property
    def cursor_shown(self) -> bool:
        """Return True if the cursor is painted now."""
        return self.has_focus

    # Lines

    def lines_changed(self) -> None:
        """Paint all lines again, because their number or their text has changed."""
        self._strips.clear()
        self.number_changed()
        self.refresh()

    def footer_of(self, action: str) -> str | None:
        """Leave the keys that move the cursor out of the footer while there is no line."""
        return "" if action in _OF_A_LINE and not self.line_total else None

    def number_changed(self) -> None:
        """Show how many lines there are now. The lines on the screen are as before."""
        if self._was_empty == bool(self.line_total) and self.is_attached:
            self._was_empty = not self.line_total
            self.refresh_bindings()
        size = Size(self.size.width, self.line_total + self.header_height)
        if size != self.virtual_size:
            if self._changes_layout(size):
                self.virtual_size = size
            else:
                # Textual's own way is a new layout of the whole screen for each new number of lines.
                self.set_reactive(LineView.virtual_size, size)
                if self.show_vertical_scrollbar:
                    self.vertical_scrollbar.window_virtual_size = size.height
                self.scroll_y = self.validate_scroll_y(self.scroll_y)

    def _changes_layout(self, size: Size) -> bool:
        """Return True if this size of all lines moves anything on the screen: the scrollbar comes or goes."""
        room = self.container_size.height
        has_scrollbar = size.height > room
        return (
            not room
            or size.width != self.virtual_size.width
            or self.styles.auto_dimensions
            or has_scrollbar != self.show_vertical_scrollbar
        )

    def line_changed(self, line: int) -> None:
        """Paint one line again."""
        self._strips.pop(line, None)
        self.refresh_line(line + self.header_height)

    @property
    def body_height(self) -> int:
        """The number of lines that are visible at once."""
        return max(1, self.scrollable_content_region.height - self.header_height)

    def reveal(self, line: int) -> None:
        """Scroll as little as possible to show a line and the heading just above it."""
        top = self.scroll_offset.y
        first = line
        while first > 0 and not self.stops_at(first - 1) and line - first < 2:
            first -= 1
        if first < top:
            self.scroll_to(y=first, animate=False, force=True)
        elif line >= top + self.body_height:
            self.scroll_to(y=line - self.body_height + 1, animate=False, force=True)

    # Painting

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        width = self.scrollable_content_region.width
        if y < self.header_height:
            return self._strip(self.paint_header(width), width, lit=False)
        if self.line_total == 0:
            return self._placeholder_line(y - self.header_height, width)
        line = y - self.header_height + self.scroll_offset.y
        if line >= self.line_total:
            return Strip.blank(width, self._rich("plain", lit=False))
        if self.is_lit(line):
            return self._strip(self._line(line, width), width, lit=True)
        strip = self._strips.get(line)
        if strip is None or strip.cell_length != width:
            if len(self._strips) > _CACHED_LINES:
                self._strips.clear()
            strip = self._strips[line] = self._strip(self._line(line, width), width, lit=False)
        return strip

    def is_lit(self, line: int) -> bool:
        """Return True if a line is painted as the line under the cursor."""
        return line == self.cursor_line and self.cursor_shown

    def _line(self, line: int, width: int) -> Sequence[Piece]:
        if not self.has_lead(line):
            return self.paint(line, width)
        return (self.lead(line), *self.paint(line, width - 1))

    def _placeholder_line(self, y: int, width: int) -> Strip:
        lines = _placeholder_lines(self.placeholder, width - 2)
        text = f" {lines[y]}" if y < len(lines) else ""
        return self._strip(((text, self.placeholder_tone),), width, lit=False)

    def _strip(self, pieces: Sequence[Piece], width: int, *, lit: bool) -> Strip:
        segments = [Segment(safe_text(text), self._rich(tones, lit=lit)) for text, tones in pieces if text]
        return Strip(segments).adjust_cell_length(width, self._rich("plain", lit=lit))

    def _rich(self, tones: str, *, lit: bool) -> Style:
        style = self._styles_by_name.get((tones, lit))
        if style is None:
            style = self._styles_by_name[tones, lit] = self._resolved(tones, lit=lit)
        return style

    def _resolved(self, tones: str, *, lit: bool) -> Style:
        _, _, ground, ink = self.colors
        names = [f"line-view--{'muted-lit' if lit and tone == 'muted' else tone}" for tone in tones.split()]
        made = Style()
        if lit:
            cursor = self.get_component_styles("line-view--cursor")
            ground += cursor.background
            made += cursor.text_style
        for name in names:
            styles = self.get_component_styles(name)
            if styles.has_rule("color"):
                ink = styles.color
            made += styles.text_style
        return made + Style.from_color((ground + ink).rich_color, ground.rich_color)

    def notify_style_update(self) -> None:
        """Forget the lines that were painted in the old colours."""
        self._strips.clear()
        self._styles_by_name.clear()
        super().notify_style_update()

    # The cursor

    def validate_cursor_line(self, line: int) -> int:
        """Keep the cursor among the lines."""
        return max(-1, min(line, self.line_total - 1))

    def watch_cursor_line(self, old: int, new: int) -> None:
        """Paint the two lines that changed and show where the cursor is."""
        if not self.is_attached:
            return
        for line in (old, new):
            if line >= 0:
                self.line_changed(line)
        if new >= 0:
            self.reveal(new)

    def cursor_rested(self) -> None:
        """Do what follows from a move of the cursor by the user. A subclass may override this."""

    def action_cursor_up(self) -> None:
        """Go to the line above."""
        self._go(-1, 1)

    def action_cursor_down(self) -> None:
        """Go to the line below."""
        self._go(1, 1)

    def action_page_up(self) -> None:
        """Go up by the number of visible lines."""
        self._go(-1, max(1, self.body_height - 1))

    def action_page_down(self) -> None:
        """Go down by the number of visible lines."""
        self._go(1, max(1, self.body_height - 1))

    def action_cursor_top(self) -> None:
        """Go to the first line."""
        self._go(-1, self.line_total)

    def action_cursor_bottom(self) -> None:
        """Go to the last line."""
        self._go(1, self.line_total)

    def first_stop(self, line: int, step: int) -> int:
        """Return the nearest line that stops the cursor, from `line` on in steps of `step`; -1 for none."""
        while 0 <= line < self.line_total:
            if self.stops_at(line):
                return line
            line += step
        return -1

    def _go(self, step: int, lines: int) -> None:
        if self.cursor_line < 0:
            self.scroll_relative(y=step * lines, animate=False, force=True)
            return
        line = max(0, min(self.cursor_line + step * lines, self.line_total - 1))
        target = self.first_stop(line, step)
        if target < 0:
            target = self.first_stop(line, -step)
        if target == self.cursor_line:
            self.reveal(target)
        elif target >= 0:
            self.cursor_line = target
            self.cursor_rested()

    # Events

    def line_under(self, event: events.Click) -> int:
        """Return the line that a click hit; -1 for the header, for clicks below the last line, and outside."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.header_height:
            return -1
        line = offset.y - self.header_height + self.scroll_offset.y
        return line if line < self.line_total else -1

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked line."""
        line = self.line_under(event)
        if line >= 0 and self.stops_at(line) and line != self.cursor_line:
            self.cursor_line = line
            self.cursor_rested()

    def on_resize(self) -> None:
        """Lay the lines out for the new width, and keep the cursor visible."""
        self.lines_changed()
        if self.cursor_line >= 0:
            self.reveal(self.cursor_line)

    def on_focus(self) -> None:
        """Show the cursor as active: keys move it."""
        self._cursor_restyled()

    def on_blur(self) -> None:
        """Show the cursor as inactive."""
        self._cursor_restyled()

    def _cursor_restyled(self) -> None:
        if self.cursor_line >= 0:
            self.line_changed(self.cursor_line)

    def watch_placeholder(self) -> None:
        """Show a new placeholder at once."""
        self.refresh()
