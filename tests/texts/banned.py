"""The turns of phrase that no text may have, each with better words, and the texts that may have one anyway.

The reader is a broker in Australia or a loan officer in the United States, in a hurry. A turn is banned if it has to
be read twice: old-fashioned, a metaphor, a bare "it", or a word of programmers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.texts.collect import ShownText

BANNED: Final[Mapping[str, str]] = MappingProxyType(
    {
        r"remotes?": "the system by its name, or “the system”",
        r"stands?|stood|standing": "is; has no value; is in",
        r"who(?:se|m)": "owner; which … of; who",
        r"by (?:itself|themselves)": "automatically",
        r"even so|all the same|in spite of": "anyway; although",
        r"let(?:s|ting)? go": "delete; allow",
        r"(?:own|owner's|your) eyes": "only you can read",
        r"besides?|amid": "next to; also; among",
        r"anew|once more": "again; new",
        r"likewise|hence|thereof|whereupon": "too; so; of that",
        r"(?<!there )(?:is|are|was|were) (?:no|none)(?! longer| more)": "isn't a; isn't one of",
        r"obey(?:s|ed)?": "the filter works; is ignored",
        r"dearest": "costliest",
        r"0 of": "none of",
        r"bears?|bore": "has; uses",
        r"held": "stored; has; waits",
        r"hang together": "are linked",
        r"(?:goes|go) (?:its|their) own way": "is handled on its own",
        r"told": "reported; said",
        r"tells? (?:of|apart|whether|who|which|its)": "reports; says",
        r"(?:to key|keyed|key (?:it|them|in)) (?:it |them )?by hand|to key|key (?:it|them) in": "enter by hand",
        r"nobody can (?:tell|say|ask)|nobody knows": "it isn't known",
        r"in force": "active",
        r"our side": "brokerdesk",
        r"no live one": "practice profile",
        r"written down": "recorded",
        r"be wanting|for want of": "is missing",
    }
)
"""A pattern for whole words, in small or capital letters, and the better words."""
_TURN: Final = re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in BANNED), re.IGNORECASE)
_NAME: Final = re.compile(r"\{[\w…]+\}|\$\{?\w+\}?")


class Allowed(NamedTuple):
    """A banned turn that a module, or each module of a folder, may show in texts that have these words, and why."""

    place: str
    words: str
    why: str


ALLOWED: Final = (
    Allowed("tui/cards/", "Stand Variable", "BrokerEngine's own name of the field"),
    Allowed("core/automatic/standing_orders.py", "standing order", "what a bank calls it too"),
)


_COUNTED: Final = re.compile(r"\{(?:len|count|steps)\} [a-z]+s\b")
_NEVER_ONE: Final = frozenset({"characters", "bytes"})
"""Nouns of limits and sizes: the number is never 1 where they are shown."""


def wrong_numbers(texts: Iterable[ShownText]) -> Iterator[str]:
    """Yield the texts that would say "1 cards": `how_many` of `core/texts.py` gives a number with its noun."""
    for module, text in texts:
        found = (found for found in _COUNTED.findall(text) if found.split()[1] not in _NEVER_ONE)
        yield from (f"{module}: {noun}" for noun in found)


class BannedTurn(NamedTuple):
    """A banned turn in a text."""

    module: str
    turn: str
    text: str


def better_words(turn: str) -> str:
    """Return the words to use instead of a turn that was found."""
    return next(better for pattern, better in BANNED.items() if re.fullmatch(pattern, turn, re.IGNORECASE))


def banned_turns(texts: Iterable[ShownText], allowed: Iterable[Allowed] = ALLOWED) -> Iterator[BannedTurn]:
    """Yield each banned turn of each text, without those that are allowed there. Names of values do not count."""
    exceptions = tuple(allowed)
    for module, text in texts:
        words = text
        for exception in exceptions:
            if module.startswith(exception.place):
                words = words.replace(exception.words, "…")
        for turn in _TURN.findall(_NAME.sub("…", words)):
            yield BannedTurn(module, turn, text)
