"""The folded form of a name: no case, no accents, only letters and digits. Pure; knows no record."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_WORD_BREAK: Final = re.compile(r"[\s\-‐-―/.,]+")
_LETTERS: Final = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "ı": "i",
        "ĸ": "k",
        "ə": "e",
        "ɓ": "b",
        "ɗ": "d",
        "ƙ": "k",
        "ƴ": "y",
        "ơ": "o",
        "ư": "u",
    }
)
"""Latin letters that Unicode does not take apart into a base letter and an accent."""


@lru_cache(maxsize=131_072)
def fold(text: str) -> str:
    """Return a name as names are compared: no case, no accents, only letters and digits.

    Łukasz is lukasz, Jørgen is jorgen, Weiß is weiss. An okina and other modifier letters are left out.
    """
    if text.isascii():
        plain = text.casefold()
    else:
        decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
        plain = "".join(char for char in decomposed if unicodedata.category(char) not in ("Mn", "Lm"))
    return "".join(filter(str.isalnum, plain))


@lru_cache(maxsize=131_072)
def parts(text: str) -> tuple[str, ...]:
    """Return the folded words of a name."""
    return tuple(word for word in map(fold, _WORD_BREAK.split(text)) if word)
