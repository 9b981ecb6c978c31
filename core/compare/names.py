"""How names of people compare: folded names, nicknames, initials and typos. Pure; knows no record.

A typo is distinguished from another name by what names exist: "Mary" is one letter from "Mark" and is not a typo of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel
from core.compare.folding import fold, parts
from core.compare.name_parts import GENERATIONS, bare_first_name, bare_middle_name, surname, surname_words

IsKnown = Callable[[str], bool]
"""Returns True if a folded given name is a name that people have, and not a typing error."""


@lru_cache(maxsize=131_072)
def sound(name: str) -> str:
    """Return a rough spelling of a folded given name by sound.

    Sara and Sarah, Brian and Bryan, Corey and Cory, Jaiden and Jaden have the same spelling by sound.
    """
    name = re.sub(r"(?:ey|ie|ee)$", "i", re.sub(r"a[iy](?=.)", "a", name))
    for old, new in (("ph", "f"), ("ck", "k"), ("c", "k"), ("q", "k"), ("y", "i"), ("z", "s")):
        name = name.replace(old, new)
    name = name[0] + name[1:].replace("h", "")
    return re.sub(r"(.)\1+", r"\1", name)


# -- which given names exist -------------------------------------------------------------------------------


@cache
def _listed_names() -> frozenset[str]:
    """Read `given_names.txt` once; lines that begin with # are comments."""
    text = files(__package__).joinpath("given_names.txt").read_text("utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("#") for name in line.split())


@cache
def _spellings() -> dict[str, int]:
    """Read `spellings.txt` once. Return for each name the number of its line: one line holds one name."""
    text = files(__package__).joinpath("spellings.txt").read_text("utf-8")
    return {
        name: number
        for number, line in enumerate(text.splitlines())
        if not line.startswith("#")
        for name in line.split()
    }


def spelling_line(name: str) -> int:
    """Return the number that all spellings of a folded given name have in common; -1 if it is in no list."""
    return _spellings().get(name, -1)


def is_other_spelling(left: str, right: str) -> bool:
    """Return True if two folded given names are spellings of one name: Stephen and Steven, Mohd and Mohammed."""
    line = _spellings().get(left)
    return line is not None and line == _spellings().get(right)


@cache
def _names_by_spelling() -> dict[int, frozenset[str]]:
    names: dict[int, set[str]] = {}
    for name, line in _spellings().items():
        names.setdefault(line, set()).add(name)
    return {line: frozenset(spelt) for line, spelt in names.items()}


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
    """Return the formal names, the short forms and the other spellings of a folded given name."""
    spelt = _names_by_spelling().get(_spellings().get(name, -1), frozenset())
    return _short_forms().get(name, frozenset()) | _formal_names().get(name, frozenset()) | spelt - {name}


def is_known(name: str) -> bool:
    """Return True if a folded given name is in the list of given names, of spellings or of nicknames."""
    return name in _listed_names() or name in _spellings() or name in _names_with_nicknames()


# -- typos -------------------------------------------------------------------------------------------------

_MOST_SLIPS: Final = 3
"""Slips that are forgiven in the longest names."""


def is_typo(left: str, right: str, known: IsKnown = is_known) -> bool:
    """Return True if one folded given name is probably the other, mistyped or spelt in another way.

    Two known names count as a typo only if they sound alike. Of two unknown names, either may be right, so fewer slips
    are allowed. A known name in which only the order of the letters is another is mistyped: Olirev is Oliver.
    """
    if left == right or is_other_spelling(left, right):
        return True
    longest = max(len(left), len(right))
    if not _is_slip(left, right, _MOST_SLIPS):  # nearly all pairs: only two known names may still sound alike
        return (
            sound(left) == sound(right) and known(left) and known(right) and not is_other_ending(left, right)
        )
    if is_other_ending(left, right):
        return False
    known_names = known(left) + known(right)
    if known_names == 2:
        return sound(left) == sound(right)
    if sorted(left) == sorted(right):
        return longest > 3 and _is_slip(left, right, _MOST_SLIPS if known_names and longest > 4 else 1)
    if known_names == 0:
        allowed = 1 if longest < 6 else 2
        return longest >= 5 and left[0] == right[0] and _is_slip(left, right, allowed)
    allowed = 0 if longest < 3 else 1 if longest < 6 else 2 if longest < 8 else _MOST_SLIPS
    if left[0] != right[0]:
        allowed = min(allowed, 1)
        if left[1:] == right[1:] and right[0] not in _NEIGHBOUR_KEYS.get(left[0], ""):
            return False
    return _is_slip(left, right, allowed)


def _is_slip(left: str, right: str, allowed: int) -> bool:
    return OSA.distance(left, right, score_cutoff=allowed) <= allowed


def is_alike(left: str, right: str) -> bool:
    """Return True if one folded given name is a known name and the other may be a bad spelling of it.

    The two share their first letter and two thirds of their letters. That is too little for a typo, and enough if
    something else agrees, such as the birth date.
    """
    if is_known(left) == is_known(right) or is_other_ending(left, right):
        return False
    longest = max(len(left), len(right))
    return longest >= 4 and left[:1] == right[:1] and _is_slip(left, right, (longest + 2) // 3)


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
_FEMININE_ENDINGS: Final = "a o ah e na ne la le ia ie ina ine ene een etta ette ella elle"
_ENDINGS: Final = frozenset(
    {
        *(("", ending) for ending in _FEMININE_ENDINGS.split()),
        *((ending, "a") for ending in ["o", "us", "os", "is"]),
        ("k", "ca"),
        ("k", "ia"),
        ("k", "a"),
        ("c", "que"),
        ("er", "ra"),
        ("e", "ia"),
        ("e", "ina"),
        ("s", "ne"),
        ("o", "e"),
        ("w", "a"),
    }
)
"""What a masculine and a feminine form of a name end with, after the letters that they share."""
_LOST_LETTERS: Final = frozenset({("", "e"), ("", "o")})
"""Endings that are often lost in typing: Kan is Kane. They count only if the shorter form is a name of its own."""
_MASCULINE_IN_A: Final = frozenset(
    ["joshua", "luca", "ezra", "nikita", "mustafa", "elisha", "musa", "issa", "zakaria"]
)
"""Names of men that end with a."""
_MASCULINE_IN_Y_TEXT: Final = (
    "andy barry billy bobby danny eddy freddy gerry harry jerry jimmy johnny larry randy ricky ronny "
    "teddy terry tommy tony"
)
_MASCULINE_IN_Y: Final = frozenset(_MASCULINE_IN_Y_TEXT.split())
"""Names of men that end with y. With i instead they are names of women: Tony and Toni."""
_MASCULINE_NICKNAMES_TEXT: Final = (
    "andrew angel claud clement delius edwin ernest frederick justin louis lucius terry theodosius"
)
_MASCULINE_NICKNAMES: Final = frozenset(_MASCULINE_NICKNAMES_TEXT.split())
"""Names of men for which the nickname list has the feminine form, as if Louise were short for Louis."""


@lru_cache(maxsize=131_072)
def is_other_ending(left: str, right: str) -> bool:
    """Return True if two folded given names are the masculine and the feminine form of one name, or end like them.

    Gabriel and Gabriela, Denis and Denise, Mario and Maria, Tony and Toni are two people, whether or not the names are
    known. Spellings of one name, such as Ann and Anne, are not two forms, and neither is a letter typed twice.
    """
    if left == right or is_other_spelling(left, right):
        return False
    short, long = sorted((left, right), key=lambda name: (len(name), name))
    shared = 0
    while shared < len(short) and short[shared] == long[shared]:
        shared += 1
    ends = short[shared:], long[shared:]
    if {*ends} == {"y", "i"}:
        return not _MASCULINE_IN_Y.isdisjoint((short, long))
    if shared < 3 or (ends not in _ENDINGS and ends[::-1] not in _ENDINGS):
        return False
    if ends == ("", "a") and long in _MASCULINE_IN_A:
        return False
    if ends in _LOST_LETTERS:
        return short[-1] != long[-1] and (is_known(short) or (ends[1] == "e" and not is_known(long)))
    return bool(ends[0]) or short[-1] != ends[1]


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


def given_name(first_name: str) -> str:
    """Return a first name folded, without title and generation; "" if it is a filler."""
    return fold(bare_first_name(first_name))


def _given_level(left: str, right: str, known: IsKnown) -> AgreementLevel:
    two_people = bool(_TWO_PEOPLE.search(left) or _TWO_PEOPLE.search(right))
    left, right = bare_first_name(left), bare_first_name(right)
    left_name, right_name = fold(left), fold(right)
    if not left_name or not right_name:
        return AgreementLevel.MISSING
    if left_name == right_name:
        return AgreementLevel.EQUAL
    if two_people:
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
        two_people = is_other_ending(left, right) and not _MASCULINE_NICKNAMES.isdisjoint((left, right))
        return AgreementLevel.DIFFERENT if two_people else AgreementLevel.NICKNAME
    return AgreementLevel.CLOSE if is_typo(left, right, known) else AgreementLevel.DIFFERENT


def _initial_level(left: str, right: str) -> AgreementLevel:
    """Return how two folded names compare of which at least one is an initial."""
    return AgreementLevel.INITIAL if left[0] == right[0] else AgreementLevel.DIFFERENT


def clearly_another(left: str, right: str) -> bool:
    """Return True if two first names are clearly two people's: neither blank, initial, nickname nor typo."""
    return left != right and compare_given(left, right) is AgreementLevel.DIFFERENT


# -- other names -------------------------------------------------------------------------------------------

_PARTICLE_WORDS: Final = "de da di do du la le van von der den del dos st mc mac o al el bin"
_PARTICLES: Final = frozenset(_PARTICLE_WORDS.split()) | GENERATIONS


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
    if _is_slip(left_name, right_name, 0 if longest < 4 else 1 if longest < 7 else 2):
        return AgreementLevel.CLOSE
    left_words, right_words = surname_words(left), surname_words(right)
    if (len(left_words) > 1 or len(right_words) > 1) and {*left_words} & {*right_words} - _PARTICLES:
        return AgreementLevel.CLOSE
    return AgreementLevel.DIFFERENT


def compare_middle(left: str, right: str) -> AgreementLevel:
    """Return how two middle names compare, as they are written. An initial agrees with a name that begins with it."""
    left_name, right_name = fold(bare_middle_name(left)), fold(bare_middle_name(right))
    if not left_name or not right_name:
        return AgreementLevel.MISSING
    if left_name == right_name:
        return AgreementLevel.EQUAL
    if len(left_name) == 1 or len(right_name) == 1:
        return _initial_level(left_name, right_name)
    long_enough = max(len(left_name), len(right_name)) > 3
    is_slip = long_enough and OSA.distance(left_name, right_name, score_cutoff=1) <= 1
    return AgreementLevel.CLOSE if is_slip else AgreementLevel.DIFFERENT
