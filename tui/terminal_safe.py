"""Makes text from outside safe for a terminal. Pure: knows no widget, so that the command line can use it too."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import category

CAP = 2000
"""Characters of one value that are ever shown."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "…"
MARKS_KEPT = 3
"""Combining marks kept on one character; Vietnamese and polytonic Greek need two."""
_STACKING = frozenset({"Mn", "Me"})

# Printable for Python, yet drawn as nothing: Unicode's Default_Ignorable_Code_Point that is not Cf or Cn.
_ignorables = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def safe_text(value: object, cap: int = CAP) -> str:
    """Give one line that can be shown: no control, bidi, invisible or unassigned character, at most `cap` long.

    What can't be shown becomes U+FFFD, so that it is seen; line ends and tabs become spaces; `None` is nothing.
    """
    text = value if type(value) is str else _said(value)
    if len(text) > cap:
        text = text[: max(0, cap - 1)] + ELLIPSIS
    if text.isascii() and text.isprintable():
        return text
    return _cleaned(text)


def safe_lines(value: object, cap: int = CAP) -> str:
    """Give text of several lines that can be shown: as `safe_text`, with line ends kept."""
    text = value if type(value) is str else _said(value)
    if len(text) > cap:
        text = text[: max(0, cap - 1)] + ELLIPSIS
    return "\n".join(safe_text(line, cap) for line in re.split("\r\n|\r|\n", text))


def _said(value: object) -> str:
    return "" if value is None else str(value)


@lru_cache(maxsize=4096)
def _cleaned(text: str) -> str:
    shown: list[str] = []
    marks = 0
    for char in _ignorables.sub(REPLACEMENT, text.replace("\r\n", " ")):
        if not char.isprintable():
            shown.append(_stand_in(char))
            marks = 0
        elif category(char) in _STACKING:
            marks += 1
            if marks <= MARKS_KEPT:
                shown.append(char)
        else:
            shown.append(char)
            marks = 0
    return "".join(shown)


def _stand_in(char: str) -> str:
    return " " if char in "\t\n\r" or category(char) == "Zs" else REPLACEMENT
