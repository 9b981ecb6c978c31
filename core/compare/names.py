"""How names of people compare: folded names, nicknames, initials and typos. Pure; knows no record.

A typo is distinguished from another name by what names exist: "Mary" is one letter from "Mark" and is no typo of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel

IsKnown = Callable[[str], bool]
"""Returns True if a folded given name is a name that people bear, and no typing error."""


@lru_cache(maxsize=131_072)
def fold(text: str) -> str:
    """Return a name as names are compared: no case, no accents, only letters and digits."""
    if text.isascii():
        plain = text.casefold()
    else:
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return "".join(filter(str.isalnum, plain))


_WORD_BREAK: Final = re.compile(r"[\s\-‐-―/.,]+")
_GENERATIONS: Final = {
    **dict.fromkeys(("jr", "jnr", "junior"), "jr"),
    **dict.fromkeys(("sr", "snr", "senior"), "sr"),
    **dict.fromkeys(("ii", "2nd", "second"), "ii"),
    **dict.fromkeys(("iii", "3rd", "third"), "iii"),
    **dict.fromkeys(("iv", "4th", "fourth"), "iv"),
}
"""The generation by the folded word that a name ends with."""


@lru_cache(maxsize=131_072)
def parts(text: str) -> tuple[str, ...]:
    """Return the folded words of a name."""
    return tuple(word for word in map(fold, _WORD_BREAK.split(text)) if word)


def generation(suffix: str, last_name: str = "") -> str:
    """Return jr, sr, ii, iii or iv, from the suffix or from the last word of the last name; "" if there is none."""
    if suffix and (folded := fold(suffix)) in _GENERATIONS:
        return _GENERATIONS[folded]
    if last_name.isalpha():
        return ""
    words = parts(last_name)
    return _GENERATIONS.get(words[-1], "") if len(words) > 1 else ""


def surname(last_name: str) -> str:
    """Return a last name folded, without a generation at its end."""
    words = parts(last_name)
    if len(words) > 1 and words[-1] in _GENERATIONS:
        words = words[:-1]
    return "".join(words)


@lru_cache(maxsize=131_072)
def _sound(name: str) -> str:
    """Return a rough spelling by sound.

    Sara and Sarah, Brian and Bryan, Corey and Cory, Jaiden and Jaden have the same spelling by sound.
    """
    name = re.sub(r"(?:ey|ie|ee)$", "i", re.sub(r"a[iy](?=.)", "a", name))
    for old, new in (("ph", "f"), ("ck", "k"), ("c", "k"), ("q", "k"), ("y", "i"), ("z", "s")):
        name = name.replace(old, new)
    name = name[0] + name[1:].replace("h", "")
    return re.sub(r"(.)\1+", r"\1", name)


_TITLES: Final = frozenset(
    ["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "dame", "rev", "hon"]
)


def without_title(first_name: str) -> str:
    """Return a first name without a title before it: "Dr Linh" is "Linh". A name that is only a title stays."""
    words = first_name.split()
    while len(words) > 1 and fold(words[0]) in _TITLES:
        words = words[1:]
    return " ".join(words)


# -- which given names exist -------------------------------------------------------------------------------


@cache
def _listed_names() -> frozenset[str]:
    """Read `given_names.txt` once; lines that begin with # are comments."""
    text = files(__package__).joinpath("given_names.txt").read_text("utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("#") for name in line.split())


@cache
def _short_forms() -> dict[str, frozenset[str]]:
    """Return the short forms of each formal name, from the list of the package `nicknames`."""
    from nicknames import NickNamer  # noqa: PLC0415 - the list is read when two names first differ

    return {name: frozenset(short) for name, short in NickNamer().nickname_lookup.items()}


@cache
def _formal_names() -> dict[str, frozenset[str]]:
    """Return the formal names of each short form."""
    formal_names: dict[str, set[str]] = {}
    for formal, short_forms in _short_forms().items():
        for short in short_forms:
            formal_names.setdefault(short, set()).add(formal)
    return {short: frozenset(formal) for short, formal in formal_names.items()}


@cache
def _names_with_nicknames() -> frozenset[str]:
    """Return every name of the nickname list, formal names and short forms."""
    return frozenset(_short_forms()).union(*_short_forms().values())


def is_nickname(left: str, right: str) -> bool:
    """Return True if one folded given name is a short form of the other."""
    table = _short_forms()
    return right in table.get(left, ()) or left in table.get(right, ())


def nicknames(name: str) -> frozenset[str]:
    """Return the formal names and the short forms of a folded given name."""
    return _short_forms().get(name, frozenset()) | _formal_names().get(name, frozenset())


def is_known(name: str) -> bool:
    """Return True if a folded given name is in the list of given names or in the nickname list."""
    return name in _listed_names() or name in _names_with_nicknames()


# -- typos -------------------------------------------------------------------------------------------------


def is_typo(left: str, right: str, known: IsKnown = is_known) -> bool:
    """Return True if one folded given name is probably the other, mistyped or spelt in another way.

    Two known names count as a typo only if they sound alike.
    """
    if left == right:
        return True
    known_names = known(left) + known(right)
    if known_names == 2:
        return _sound(left) == _sound(right)
    if known_names == 0 and _other_ending(left, right):
        return False
    if sorted(left) == sorted(right) and left[0] == right[0] and known_names:
        return OSA.distance(left, right, score_cutoff=1) <= 1
    longest = max(len(left), len(right))
    if known_names == 0 and (longest < 5 or left[0] != right[0]):
        return False
    allowed = 0 if longest < 4 else 1 if longest < 6 else 2
    if left[0] != right[0]:
        allowed = min(allowed, 1)
        if left[1:] == right[1:] and right[0] not in _NEIGHBOUR_KEYS.get(left[0], ""):
            return False
    return OSA.distance(left, right, score_cutoff=allowed) <= allowed


def _keyboard_neighbours() -> dict[str, str]:
    rows = ("qwertyuiop", " asdfghjkl", "  zxcvbnm")
    positions = {key: (x, y) for y, row in enumerate(rows) for x, key in enumerate(row) if key != " "}
    return {
        key: "".join(
            other
            for other, (other_x, other_y) in positions.items()
            if other != key and abs(other_x - x) <= 1 and abs(other_y - y) <= 1
        )
        for key, (x, y) in positions.items()
    }


_NEIGHBOUR_KEYS: Final = _keyboard_neighbours()
"""The keys around each key. Another first letter is a typo only if the keys are neighbours: not Tayla and Kayla."""
_FEMININE: Final = re.compile(r"[ao]$")


def _other_ending(left: str, right: str) -> bool:
    """Return True if two names differ only in a last vowel: Mario and Maria, Paul and Paula, Luis and Luisa."""
    if left[:-1] == right[:-1]:
        return bool(_FEMININE.search(left) and _FEMININE.search(right))
    short, long = sorted((left, right), key=len)
    return long[:-1] == short and bool(_FEMININE.search(long))


# -- first names -------------------------------------------------------------------------------------------

_TWO_PEOPLE: Final = re.compile(r"&|\+|\b(?:and|und)\b", re.IGNORECASE)


def compare_given(left: str, right: str) -> AgreementLevel:
    """Return how two first names compare, as they are written.

    A first name of two people, such as "John & Mary", agrees only with an equal one.
    """
    return _compare_given(left, right)


def given_name_comparer(frequent: Container[str]) -> Callable[[str, str], AgreementLevel]:
    """Return a function that compares first names in a book in which the folded names `frequent` occur often.

    These names count as known.
    """
    return lru_cache(maxsize=262_144)(
        lambda left, right: _given_level(left, right, lambda name: name in frequent or is_known(name))
    )


def _given_level(left: str, right: str, known: IsKnown) -> AgreementLevel:
    left_name, right_name = fold(left), fold(right)
    if not left_name or not right_name:
        return AgreementLevel.MISSING
    if left_name == right_name:
        return AgreementLevel.EQUAL
    if _TWO_PEOPLE.search(left) or _TWO_PEOPLE.search(right):
        return AgreementLevel.DIFFERENT
    if len(left_name) == 1 or len(right_name) == 1:
        return _initial_level(left_name, right_name)
    level = _word_level(left_name, right_name, known)
    if level is not AgreementLevel.DIFFERENT:
        return level
    left_words, right_words = parts(left), parts(right)
    several_words = len(left_words) > 1 or len(right_words) > 1
    if several_words and len(left_words[0]) > 1 and len(right_words[0]) > 1:
        if left_words[0] == right_words[0]:
            return AgreementLevel.CLOSE
        return _word_level(left_words[0], right_words[0], known)
    return AgreementLevel.DIFFERENT


_compare_given = lru_cache(maxsize=65_536)(lambda left, right: _given_level(left, right, is_known))


def _word_level(left: str, right: str, known: IsKnown) -> AgreementLevel:
    if is_nickname(left, right):
        return AgreementLevel.NICKNAME
    return AgreementLevel.CLOSE if is_typo(left, right, known) else AgreementLevel.DIFFERENT


def _initial_level(left: str, right: str) -> AgreementLevel:
    """Return how two folded names compare of which at least one is an initial."""
    return AgreementLevel.INITIAL if left[0] == right[0] else AgreementLevel.DIFFERENT


def clearly_another(left: str, right: str) -> bool:
    """Return True if two first names are clearly two people's: neither blank, initial, nickname nor typo."""
    return left != right and compare_given(left, right) is AgreementLevel.DIFFERENT


# -- other names -------------------------------------------------------------------------------------------

_PARTICLE_WORDS: Final = "de da di do du la le van von der den del dos st mc mac o al el bin"
_PARTICLES: Final = frozenset(_PARTICLE_WORDS.split()) | {*_GENERATIONS}


@lru_cache(maxsize=262_144)
def compare_surname(left: str, right: str) -> AgreementLevel:
    """Return how two last names compare, as they are written. A typo and one part of a double name are close."""
    left_name, right_name = surname(left), surname(right)
    if not left_name or not right_name:
        return AgreementLevel.MISSING
    if left_name == right_name:
        return AgreementLevel.EQUAL
    if len(left_name) == 1 or len(right_name) == 1:
        return _initial_level(left_name, right_name)
    longest = max(len(left_name), len(right_name))
    allowed = 0 if longest < 4 else 1 if longest < 7 else 2
    if OSA.distance(left_name, right_name, score_cutoff=allowed) <= allowed:
        return AgreementLevel.CLOSE
    left_words, right_words = parts(left), parts(right)
    if (len(left_words) > 1 or len(right_words) > 1) and {*left_words} & {*right_words} - _PARTICLES:
        return AgreementLevel.CLOSE
    return AgreementLevel.DIFFERENT


def compare_middle(left: str, right: str) -> AgreementLevel:
    """Return how two middle names compare, as they are written. An initial agrees with a name that begins with it."""
    left_name, right_name = fold(left), fold(right)
    if not left_name or not right_name:
        return AgreementLevel.MISSING
    if left_name == right_name:
        return AgreementLevel.EQUAL
    if len(left_name) == 1 or len(right_name) == 1:
        return _initial_level(left_name, right_name)
    long_enough = max(len(left_name), len(right_name)) > 3
    is_slip = long_enough and OSA.distance(left_name, right_name, score_cutoff=1) <= 1
    return AgreementLevel.CLOSE if is_slip else AgreementLevel.DIFFERENT
