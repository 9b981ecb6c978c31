"""Street addresses of Australia and the United States in parts: unit, number, street without its type. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct
from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel
from core.compare.folding import fold
from core.compare.states import state_code

_TYPES: Final = {
    form: full
    for full, forms in {
        "street": "st str street",
        "avenue": "av ave aven avenue",
        "road": "rd road",
        "drive": "dr drv drive",
        "lane": "ln lane la",
        "court": "ct crt court",
        "circuit": "cct circuit crcuit",
        "crescent": "cr cres crescent",
        "place": "pl plc place",
        "boulevard": "blvd bvd boulevard",
        "parade": "pde parade",
        "terrace": "tce ter terr terrace",
        "highway": "hwy highway",
        "close": "cl close",
        "circle": "cir circ circle",
        "square": "sq square",
        "parkway": "pkwy parkway",
        "way": "way wy",
        "trail": "trl trail",
        "esplanade": "esp esplanade",
        "grove": "gr gve grove",
        "north": "n north",
        "south": "s south",
        "east": "e east",
        "west": "w west",
    }.items()
    for form in forms.split()
}
_UNITS: Final = "apt apartment unit u ste suite flat fl no number lot shop villa level floor"
_UNIT_WORDS: Final = frozenset(_UNITS.split())
_WORDS: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[#/&-]")
_NUMBER: Final = re.compile(r"\d+[a-z]?")


class Street(Struct, frozen=True, gc=False):
    """The parts of an address, folded; "" stands for a missing part.

    `core` is the street without its type, `kind` the type, such as "avenue".
    """

    unit: str = ""
    number: str = ""
    core: str = ""
    kind: str = ""

    @property
    def key(self) -> str:
        """Number and street without its type, the value by which addresses are found; "" if one of them is missing."""
        return f"{self.number} {self.core}" if self.number and self.core else ""


@lru_cache(maxsize=131_072)
def street_of(street: str, street_2: str = "") -> Street:
    """Return the parts of an address of one or two lines.

    "2/88 Pine Street", "88 Pine St Apt 2" and "88 Pine St" with "#2" in the second line have the same parts.
    """
    first, second = (_WORDS.findall(line.casefold()) for line in (street, street_2))
    unit, words = _without_unit(first)
    second_unit, second_words = _without_unit(second)
    parts = _parts(unit or second_unit, words)
    return parts if parts.core else _parts(unit or second_unit, second_words)


def _parts(unit: str, words: list[str]) -> Street:
    number = ""
    position = next((n for n, word in enumerate(words) if _NUMBER.fullmatch(word)), None)
    if position is not None:
        number = words[position]
        words = words[position + 1 :] or words[:position]
    full = [_TYPES.get(folded, folded) for folded in map(fold, words) if folded]
    last = max((n for n, word in enumerate(full) if n and word in _KINDS), default=0)
    return Street(unit, number, "".join(full[:last] or full), full[last] if last else "")


_KINDS: Final = frozenset(_TYPES.values()) - {"north", "south", "east", "west"}
"""Types of streets. A direction is written out like a type and is part of the street."""


def _without_unit(words: list[str]) -> tuple[str, list[str]]:
    """Return the unit, "" if there is none, and the other words of an address line."""
    if len(words) > 2 and words[1] == "/" and words[2][0].isdigit():
        return words[0], words[2:]
    if len(words) > 3 and words[0] in _UNIT_WORDS and words[2] == "/":
        return words[1], words[3:]
    for n, word in enumerate(words[:-1]):
        if word == "#" or (word in _UNIT_WORDS and len(words[n + 1]) <= 4):
            after = n + 1 if words[n + 1] != "#" else n + 2
            if after < len(words) and (words[after][0].isdigit() or len(words[after]) == 1):
                return words[after], words[:n] + words[after + 1 :]
    return "", words


def compare_streets(left: Street, right: Street) -> AgreementLevel:
    """Return how two addresses compare.

    Close are a typing error in the street or in its number, another type or unit, and a missing number.
    """
    if not left.core or not right.core:
        return AgreementLevel.MISSING
    same = left.core == right.core
    if not same and not are_close_streets(left.core, left.kind, right.core, right.kind):
        return AgreementLevel.DIFFERENT
    if not left.number or not right.number:
        return AgreementLevel.CLOSE
    if left.number != right.number:
        is_slip = max(len(left.number), len(right.number)) > 1 and (
            OSA.distance(left.number, right.number, score_cutoff=1) <= 1
        )
        return AgreementLevel.CLOSE if same and is_slip else AgreementLevel.DIFFERENT
    other_unit = bool(left.unit and right.unit and left.unit != right.unit)
    other_kind = bool(left.kind and right.kind and left.kind != right.kind)
    return AgreementLevel.EQUAL if same and not other_unit and not other_kind else AgreementLevel.CLOSE


@lru_cache(maxsize=262_144)
def are_close_streets(left: str, left_kind: str, right: str, right_kind: str) -> bool:
    """Return True if two streets differ by one or two typing errors.

    If one of them has no type, the type may be misspelt, so the streets are compared with their types as well.
    """
    longest = max(len(left), len(right))
    allowed = 0 if longest < 4 else 1 if longest < 7 else 2
    if OSA.distance(left, right, score_cutoff=allowed) <= allowed:
        return True
    if left_kind and right_kind:
        return False
    allowed = 1 if longest < 7 else 3
    return OSA.distance(left + left_kind, right + right_kind, score_cutoff=allowed) <= allowed


@lru_cache(maxsize=131_072)
def building_of(street_2: str) -> str:
    """Return the name of a building or an estate in the second address line, folded; "" if the line is only a unit."""
    _, words = _without_unit(_WORDS.findall(street_2.casefold()))
    name = "".join(word for word in map(fold, words) if not any(char.isdigit() for char in word))
    return name if len(name) >= 4 and name not in _UNIT_WORDS else ""


def postcode_of(text: str) -> str:
    """Return the significant part of a postcode: four digits in Australia, the first five in the United States."""
    code = fold(text)
    return code[:5] if len(code) == 9 and code.isdigit() else code


def state_of(text: str) -> str:
    """Return a state as its two letters, folded; another text folded."""
    return (state_code(text) or fold(text)).casefold()


@lru_cache(maxsize=65_536)
def compare_places(left: tuple[str, str, str], right: tuple[str, str, str]) -> AgreementLevel:
    """Return how two places compare. A place is (postcode, city, state), as `postcode_of`, `fold`, `state_of` say.

    Places are equal by postcode, or by city if a postcode is missing. Close are one city under two postcodes, and a
    typing error in the postcode or in the city. Two postcodes in two states are two places, whatever the cities are
    called: Dayton in Ohio and Clayton in Missouri.
    """
    (left_code, left_city, left_state), (right_code, right_city, right_state) = left, right
    both_codes, both_cities = bool(left_code and right_code), bool(left_city and right_city)
    if both_codes and left_code == right_code:
        return AgreementLevel.EQUAL
    if not both_codes and not both_cities:
        return AgreementLevel.MISSING
    same_state = left_state == right_state
    if both_codes and left_state and right_state and not same_state:
        return AgreementLevel.DIFFERENT
    if both_cities and left_city == right_city:
        return AgreementLevel.CLOSE if both_codes else AgreementLevel.EQUAL
    long_codes = both_codes and min(len(left_code), len(right_code)) >= 4
    if long_codes and same_state and _is_slip(left_code, right_code, 1):
        return AgreementLevel.CLOSE
    long_cities = both_cities and min(len(left_city), len(right_city)) >= 6
    if long_cities and _is_slip(left_city, right_city, 2):
        return AgreementLevel.CLOSE
    return AgreementLevel.DIFFERENT


def _is_slip(left: str, right: str, allowed: int) -> bool:
    return OSA.distance(left, right, score_cutoff=allowed) <= allowed
