"""What of a written name is the name itself: titles, degrees, generations and fillers are not. Pure.

A system has three or four fields for a name, and people write "Dr", "MD", "Jr" or "Unknown" into each of them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from core.compare.fillers import is_filler_middle_name, is_filler_name
from core.compare.folding import fold, parts

_TITLES_TEXT: Final = (
    "mr mrs ms miss mx dr prof professor sir dame lord lady rev reverend hon pastor rabbi madam mme capt "
    "captain col colonel sgt lt maj major herr frau sra srta"
)
_TITLES: Final = frozenset(_TITLES_TEXT.split())
_DEGREES: Final = frozenset(["md", "phd", "esq", "esquire", "cpa", "dds", "dmd", "dvm", "rn", "jd", "mba"])
"""What follows a name. "Do" and "Ma" are family names."""
_GENERATIONS: Final = {
    **dict.fromkeys(("jr", "jnr"), "jr"),
    **dict.fromkeys(("sr", "snr"), "sr"),
    **dict.fromkeys(("ii", "2nd"), "ii"),
    **dict.fromkeys(("iii", "3rd"), "iii"),
    **dict.fromkeys(("iv", "4th"), "iv"),
}
"""The generation by a folded word that is not a name."""
_GENERATION_WORDS: Final = {
    **_GENERATIONS,
    "junior": "jr",
    "senior": "sr",
    "second": "ii",
    "third": "iii",
    "fourth": "iv",
}
"""The generation by a folded word that follows a name. Alone, Junior is a first name and Senior a last name."""
_SUFFIXES: Final = {**_GENERATION_WORDS, "v": "v", "5th": "v", "fifth": "v"}
"""The generation by the folded text of the field for it. Elsewhere, V is an initial."""
GENERATIONS: Final = frozenset(_GENERATION_WORDS)

_SPACES: Final = re.compile(r"[\s,]+")


def without_title(first_name: str) -> str:
    """Return a first name without a title before it: "Dr Linh" is "Linh". A name that is only a title stays."""
    words = first_name.split()
    while len(words) > 1 and fold(words[0]) in _TITLES:
        words = words[1:]
    return " ".join(words)


@lru_cache(maxsize=131_072)
def bare_first_name(first_name: str) -> str:
    """Return a first name as it is written, without title, degree and generation; "" if it is a filler."""
    if not first_name or first_name.isalpha():
        return "" if is_filler_name(first_name) else first_name
    words = [word for word in _SPACES.split(without_title(first_name)) if word]
    while len(words) > 1 and (fold(words[-1]) in _GENERATION_WORDS or fold(words[-1]) in _DEGREES):
        words.pop()
    name = " ".join(words)
    return "" if is_filler_name(name) else name


@lru_cache(maxsize=131_072)
def bare_middle_name(middle_name: str) -> str:
    """Return a middle name as it is written, without a generation; "" if it is a filler."""
    words = [word for word in _SPACES.split(middle_name) if word and fold(word) not in _GENERATIONS]
    name = " ".join(words)
    return "" if is_filler_middle_name(name) else name


@lru_cache(maxsize=131_072)
def surname_words(last_name: str) -> tuple[str, ...]:
    """Return the folded words of a last name, without title, degree and generation; () if it is a filler."""
    if is_filler_name(last_name):
        return ()
    words = [word for word in _SPACES.split(without_title(last_name)) if fold(word)]
    while len(words) > 1 and (fold(words[-1]) in _GENERATION_WORDS or fold(words[-1]) in _DEGREES):
        words.pop()
    return parts(" ".join(word for word in words if fold(word) not in _GENERATIONS))


def surname(last_name: str) -> str:
    """Return a last name folded, without title, degree and generation."""
    return "".join(surname_words(last_name))


def generation(suffix: str, last_name: str = "", first_name: str = "", middle_name: str = "") -> str:
    """Return jr, sr, ii, iii, iv or v; "" if there is none.

    A generation may be in any field of a name: "Morris II", "Hale, J.R.", "3rd". Words such as Junior count only
    after another word.
    """
    if suffix and (named := _SUFFIXES.get(fold(suffix))):
        return named
    for name, alone in ((last_name, True), (middle_name, True), (first_name, False)):
        if name and (named := _written_generation(name, alone=alone)):
            return named
    return ""


@lru_cache(maxsize=131_072)
def _written_generation(name: str, *, alone: bool) -> str:
    """Return the generation that is written into a name. `alone` says that the generation may be the whole text."""
    words = [word for word in map(fold, _SPACES.split(name)) if word]
    while len(words) > 1 and words[-1] in _DEGREES:
        words.pop()
    if len(words) > 1 and (named := _GENERATION_WORDS.get(words[-1])):
        return named
    later = words if alone else words[1:]
    return next((_GENERATIONS[word] for word in later if word in _GENERATIONS), "")
