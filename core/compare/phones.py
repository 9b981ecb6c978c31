"""Phone numbers as national digits, whichever way they are written in Australia or the United States. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Final

from core.compare.fillers import is_filler_phone, is_filler_text, says_nothing

_EXTENSION: Final = re.compile(
    r"(?:\b(?:ext|extn|extension)\b|(?<=\d)\s*x(?=\s*\d)|#|;).*", re.IGNORECASE | re.DOTALL
)
_INTERNATIONAL_PREFIX: Final = re.compile(r"^(?:0011|011|00)(?=[1-9]\d{8,})")
_LETTER: Final = re.compile(r"[^\W\d_]")
_SHORTEST: Final = 6


@lru_cache(maxsize=131_072)
def digits(phone: str) -> str:
    """Return a number's national digits: without country code (1, 61), trunk 0 and extension; "" if it isn't a number.

    Of several numbers with a separator the first counts. A filler is not a number: one digit repeated (000 000 0000),
    or 1234567890 and the like.
    """
    if _SEPARATOR.search(phone) and (several := numbers_in(phone)):
        phone = several[0]
    number = "" if says_nothing(phone) else _national(phone)
    return "" if len(number) < _SHORTEST or is_filler_phone(number) else number


def stands_for_no_phone(phone: str) -> bool:
    """Return True if a text is a filler of a phone: (555) 555-5555, 0000, n/a. "ask him" is none, and no number.

    A blank text is not a filler.
    """
    number = _national(phone)
    if _LETTER.search(phone) and len(number) < _SHORTEST:
        return is_filler_text(phone)
    return bool(phone.strip()) and (says_nothing(phone) or is_filler_phone(number or "0"))


def _national(phone: str) -> str:
    number = "".join(char for char in _EXTENSION.sub("", phone) if char in "0123456789")
    number = _INTERNATIONAL_PREFIX.sub("", number)
    if len(number) == 11 and number[0] == "1":
        number = number[1:]
    elif len(number) in (11, 12) and number.startswith("61"):
        number = number[2:]
    return number.removeprefix("0")


def is_slip(left: str, right: str) -> bool:
    """Return True if two national numbers differ by one digit or by two neighbouring digits swapped."""
    return len(left) >= 9 and len(right) >= 9 and _edit_distance()(left, right, score_cutoff=1) <= 1


@cache
def _edit_distance() -> Callable[..., int]:
    """Return rapidfuzz's distance, which is imported once it is needed."""
    from rapidfuzz.distance import OSA  # noqa: PLC0415 - the field map needs `digits` before the first screen

    return OSA.distance


_SEPARATOR: Final = re.compile(r"\s*(?::::|[/;,|&\r\n]+|\b(?:or|and)\b)\s*", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\+?[0-9 ().\-\u00a0]+")
_WHOLE: Final = range(8, 16)
"""How many digits a number has that is certainly whole: from eight without an area code to the international limit."""


def numbers_in(text: str) -> tuple[str, ...]:
    """Return the numbers of a text that holds several, in order and each once; () if it does not surely hold several.

    A separator is between them (`/`, `;`, `,`, `|`, `:::`, `&`, a line end, "or", "and"), and each part is a whole
    number. "5550 1234/5" is a number and another last digit, so that it gives ().
    """
    parts = [part for part in _SEPARATOR.split(text.strip()) if part]
    if len(parts) < 2:
        return ()
    for part in parts:
        if not _NUMBER.fullmatch(part) or sum(char.isdigit() for char in part) not in _WHOLE:
            return ()
    return tuple({digits(part) or part: part for part in reversed(parts)}.values())[::-1]
