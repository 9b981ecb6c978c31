"""Phone numbers as digits that can be compared, whichever way they are written (AU and US). Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

_EXTENSION: Final = re.compile(
    r"(?:\b(?:ext|extn|extension)\b|(?<=\d)\s*x(?=\s*\d)|#|;).*", re.IGNORECASE | re.DOTALL
)
_ABROAD: Final = re.compile(r"^(?:0011|011|00)(?=[1-9]\d{8,})")
_SHORTEST: Final = 6


@lru_cache(maxsize=131_072)
def digits(phone: str) -> str:
    """Give a number's national digits, without country code (1, 61), trunk 0 and extension; "" where it is none.

    A number of one digit again and again (000 000 0000) is a filler and is none.
    """
    held = "".join(one for one in _EXTENSION.sub("", phone) if one in "0123456789")
    held = _ABROAD.sub("", held)
    if len(held) == 11 and held[0] == "1":
        held = held[1:]
    elif len(held) in (11, 12) and held.startswith("61"):
        held = held[2:]
    held = held.removeprefix("0")
    return held if len(held) >= _SHORTEST and len(set(held)) > 1 and held not in _FILLERS else ""


_FILLERS: Final = frozenset({"1234567890", "123456789", "12345678", "1234567", "123456", "5555555555"})


def is_slip(left: str, right: str) -> bool:
    """Say whether two numbers are one digit apart, or have two neighbours swapped."""
    return len(left) >= 9 and len(right) >= 9 and OSA.distance(left, right, score_cutoff=1) <= 1
