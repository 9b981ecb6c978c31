"""Texts: how many of a thing there are, spans of time, half characters from outside. Below all rooms; knows no record.

JSON can hold half of a surrogate pair (`\\ud800`), and a byte that is not UTF-8 is kept as one. UTF-8 can't hold it, so
a text goes through `without_lone_surrogates` before it is hashed, stored or written.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Final

REPLACED: Final = "\N{REPLACEMENT CHARACTER}"
"""What a half character becomes."""


def how_many(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: "1 card", "2 cards". `plural` is for a noun that does not just get an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def how_far(done: int, total: int, noun: str = "") -> str:
    """Return how far work is: "12 cards to go" before the first of them is done, then "3 of 12 cards".

    `noun` may be left out: "12 to go", "3 of 12".
    """
    things = f" {noun}" if noun else ""
    return f"{done:,} of {total:,}{things}" if done else f"{total:,}{things} to go"


def say_span(seconds: float) -> str:
    """Return a time in seconds as words, in the unit that fits: "40 s", "3 min", "5 h", "12 days"."""
    for unit, name in ((86_400.0, "days"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def without_lone_surrogates(text: str) -> str:
    """Return the text with every lone surrogate replaced, so that the text can be written as UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def has_lone_surrogate(text: str) -> bool:
    """Return True if a text holds half a character, so that it can't be sent."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def mended(value: Any, but: Container[str] = ()) -> Any:
    """Return a JSON value with every lone surrogate in its texts and keys replaced. Keys in `but` keep their values."""
    if isinstance(value, str):
        return without_lone_surrogates(value)
    if isinstance(value, dict):
        return {mended(key): inner if key in but else mended(inner, but) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [mended(inner, but) for inner in value]
    return value
