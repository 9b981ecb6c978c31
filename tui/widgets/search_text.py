"""Text as a search compares it, and where words are found in a text that is shown. Knows no widget."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

HAYSTACK_CAP = 2000
"""The number of characters of a text in which a search looks."""

_ALIKE = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "’": "'",
        "ʼ": "'",
        "‘": "'",
    }
)


def fold(text: str) -> str:
    """Return text as a search compares it: no case, no accents; "Ångström" is "angstrom", "O’Brien" is "o'brien".

    Punctuation stays, because a search looks for a part of the text. This is not a key of `core.compare`.
    """
    folded = text[:HAYSTACK_CAP].casefold()
    if folded.isascii():
        return folded
    apart = unicodedata.normalize("NFKD", folded).translate(_ALIKE)
    return "".join([char for char in apart if not unicodedata.combining(char)])


def found_in(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where folded words are in a text that is shown: pairs of first and last place, merged and in order.

    The places are those of `text` itself, also where folding makes two letters of one, as of "ß".
    """
    folded = fold(text)
    places: Sequence[int] = range(len(folded) + 1)
    if len(folded) != len(text):
        parts = [fold(char) for char in text]
        folded = "".join(parts)
        places = [at for at, part in enumerate(parts) for _ in part] + [len(text)]
    spans = sorted(
        (places[start], places[start + len(word) - 1] + 1)
        for word in words
        for start in _starts(folded, word)
    )
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _starts(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while word and at >= 0:
        yield at
        at = text.find(word, at + len(word))
