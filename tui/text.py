"""The only way in which text reaches a widget: made safe, measured in cells, never read as markup.

Text from another system can be hostile: a name may be markup, a command to the terminal, or a megabyte long. What is
made here is for the screen alone; a push sends the original. This module knows no record and no screen.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from textual.content import Content, Span

from tui.cells import Align, clip, fit, width_of
from tui.terminal_safe import CAP, ELLIPSIS, MARKS_KEPT, REPLACEMENT, safe_lines, safe_text

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel
    from textual.widgets import Static

    from core.errors import DeskError

    class Notifies(Protocol):
        """The app, a screen or a widget: whatever can show a toast."""

        def notify(
            self,
            message: str,
            *,
            title: str = "",
            severity: SeverityLevel = "information",
            timeout: float | None = None,
            markup: bool = True,
        ) -> None:
            """Show a toast."""


__all__ = [
    "CAP",
    "ELLIPSIS",
    "MARKS_KEPT",
    "REPLACEMENT",
    "Align",
    "clip",
    "content",
    "fit",
    "joined",
    "notify",
    "notify_error",
    "paragraph",
    "plain",
    "safe_lines",
    "safe_text",
    "set_text",
    "width_of",
    "wrap",
    "wrap_hanging",
]

_placeholders = re.compile(r"\$(?:(\$)|([a-z_]\w*)|\{([a-z_]\w*)\})", re.ASCII | re.IGNORECASE)


def wrap(text: object, width: int) -> list[str]:
    """Break `text`, made safe, into lines of at most `width` cells; nothing is lost.

    Lines end between words. A word that is too long, such as an email or a path, ends after a sign in it, such as "@",
    "/" or ".", and only without one of these in the middle of letters.
    """
    lines: list[str] = []
    for paragraph in safe_lines(text).split("\n"):
        line, taken = "", 0
        for word in paragraph.split(" "):
            size = width_of(word)
            if line and taken + 1 + size > width:
                lines.append(clip(line, width))
                line, taken = word, size
            else:
                line, taken = (f"{line} {word}", taken + 1 + size) if line else (word, size)
            while taken > width > 1:  # a path or an address: a person has to be able to read its end
                head = _head(line, width)
                lines.append(head)
                line = line[len(head) :]
                taken -= width_of(head)
        lines.append(clip(line, width))
    return lines


def wrap_hanging(line: str, width: int) -> list[str]:
    """Break a line that is indented. The lines that follow are indented by two cells more."""
    indent = len(line) - len(line.lstrip(" "))
    first, *rest = wrap(line.lstrip(" "), max(1, width - indent - _HANG))
    return [" " * indent + first, *(" " * (indent + _HANG) + more for more in rest)]


_HANG: Final = 2
_SIGNS_IN_WORDS: Final = frozenset("@/\\.-_,:;=?&")
"""Signs after which a long word may end a line."""


def _head(text: str, width: int) -> str:
    """Return as many of the first characters as fit into `width` cells, up to a sign if one is in the second half."""
    end = min(len(text), width)
    while end > 1 and width_of(text[:end]) > width:
        end -= 1
    if end < len(text):
        signs = (at + 1 for at in range(end - 1, end // 2 - 1, -1) if text[at] in _SIGNS_IN_WORDS)
        end = next(signs, end)
    return text[:end]


def plain(value: object, style: str = "") -> Content:
    """Return a value as one line for a widget, in one style ("bold $good"). It is never markup."""
    return _styled(safe_text(value), style)


def paragraph(value: object, style: str = "") -> Content:
    """Return a value as text of several lines for a widget, in one style. It is never markup."""
    return _styled(safe_lines(value), style)


def _styled(text: str, style: str) -> Content:
    return Content(text, [Span(0, len(text), style)] if style and text else None)


def content(template: str, /, **values: object) -> Content:
    """Return a template of ours with its places filled: "[$good]$sign[/] sent to [b]$name[/b]".

    A value is never markup: it is made safe, and takes the style of its place. A value that is `Content` already keeps
    its own styles too. `$$` stands for a dollar sign. The template has to be a literal, because it is read as markup.

    Raises `KeyError` if a place of the template has no value.
    """
    base, holes = _parsed(template)
    if not holes:
        return base
    parts: list[Content] = []
    at = 0
    for start, end, name in holes:
        value = "$" if name == "$" else values[name]
        filling = value if isinstance(value, Content) else plain(value)
        place = [Span(0, len(filling), span.style) for span in base[start:end].spans]
        parts += [base[at:start], Content(filling.plain, [*place, *filling.spans])]
        at = end
    return Content.assemble(*parts, base[at:])


@lru_cache(maxsize=512)
def _parsed(template: str) -> tuple[Content, tuple[tuple[int, int, str], ...]]:
    base = Content.from_markup(template)
    holes = tuple(
        (found.start(), found.end(), found[1] or found[2] or found[3])
        for found in _placeholders.finditer(base.plain)
    )
    return base, holes


def joined(*parts: Content) -> Content:
    """Return pieces of content one after the other, without a separator."""
    return Content.assemble(*parts)


def set_text(part: Static, text: Content) -> None:
    """Show a text in a part of the screen. The text that is there already costs no new layout of the screen."""
    now = part.content
    if not (isinstance(now, Content) and now.is_same(text)):
        part.update(text)


def notify(
    where: Notifies,
    message: str | Content,
    *,
    title: object = "",
    severity: SeverityLevel = "information",
    seconds: float | None = None,
) -> None:
    """Show a toast for `seconds`, or for the usual time. The message is never markup; content loses its styles."""
    said = message.plain if isinstance(message, Content) else message
    where.notify(safe_lines(said), title=safe_text(title), severity=severity, timeout=seconds, markup=False)


def notify_error(where: Notifies, error: DeskError, *, title: object = "") -> None:
    """Show in a toast what went wrong and what to do now."""
    notify(where, f"{error.message}\n{error.fix}", title=title, severity="error")
