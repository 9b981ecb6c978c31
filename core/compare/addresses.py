"""Street addresses as parts that can be compared: unit, number, street without its type (AU and US). Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct
from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel
from core.compare.names import fold

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
    """An address in parts, folded; "" is what it does not say. `core` is the street without its type."""

    unit: str = ""
    number: str = ""
    core: str = ""
    kind: str = ""

    @property
    def key(self) -> str:
        """Number and street, by which addresses are found; "" where it is no whole address."""
        return f"{self.number} {self.core}" if self.number and self.core else ""


@lru_cache(maxsize=131_072)
def street_of(street: str, street_2: str = "") -> Street:
    """Take an address apart: "2/88 Pine Street", "88 Pine St Apt 2" and "88 Pine St" with "#2" are one."""
    first, second = (_WORDS.findall(line.casefold()) for line in (street, street_2))
    unit, words = _without_unit(first)
    other_unit, other_words = _without_unit(second)
    found = _parts(unit or other_unit, words)
    return found if found.core else _parts(unit or other_unit, other_words)


def _parts(unit: str, words: list[str]) -> Street:
    number = ""
    at = next((n for n, word in enumerate(words) if _NUMBER.fullmatch(word)), None)
    if at is not None:
        number = words[at]
        words = words[at + 1 :] or words[:at]
    kept = [_TYPES.get(folded, folded) for folded in map(fold, words) if folded]
    last = max((n for n, word in enumerate(kept) if n and word in _KINDS), default=0)
    return Street(unit, number, "".join(kept[:last] or kept), kept[last] if last else "")


_KINDS: Final = frozenset(_TYPES.values()) - {"north", "south", "east", "west"}


def _without_unit(words: list[str]) -> tuple[str, list[str]]:
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
    """Compare two addresses: close is a slip in the street or its number, another type or unit, no number."""
    if not left.core or not right.core:
        return AgreementLevel.MISSING
    same = left.core == right.core
    if not same and not _near(left.core, left.kind, right.core, right.kind):
        return AgreementLevel.DIFFERENT
    if not left.number or not right.number:
        return AgreementLevel.CLOSE
    if left.number != right.number:
        slip = max(len(left.number), len(right.number)) > 1 and (
            OSA.distance(left.number, right.number, score_cutoff=1) <= 1
        )
        return AgreementLevel.CLOSE if same and slip else AgreementLevel.DIFFERENT
    other_unit = bool(left.unit and right.unit and left.unit != right.unit)
    other_kind = bool(left.kind and right.kind and left.kind != right.kind)
    return AgreementLevel.EQUAL if same and not other_unit and not other_kind else AgreementLevel.CLOSE


@lru_cache(maxsize=262_144)
def _near(left: str, left_kind: str, right: str, right_kind: str) -> bool:
    """Say whether two streets are a slip or two apart, with or without their types; a type may be misspelt."""
    longest = max(len(left), len(right))
    allowed = 0 if longest < 4 else 1 if longest < 7 else 2
    if OSA.distance(left, right, score_cutoff=allowed) <= allowed:
        return True
    if left_kind and right_kind:
        return False
    one, other = left + left_kind, right + right_kind
    allowed = 1 if longest < 7 else 3
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


@lru_cache(maxsize=131_072)
def building_of(street_2: str) -> str:
    """Give the name of a building or an estate in an address's second line, folded; "" where it is a unit alone."""
    _, words = _without_unit(_WORDS.findall(street_2.casefold()))
    held = "".join(word for word in map(fold, words) if not any(one.isdigit() for one in word))
    return held if len(held) >= 4 and held not in _UNIT_WORDS else ""


def postcode_of(text: str) -> str:
    """Give a postcode's significant part: four digits in Australia, the first five in the USA."""
    held = fold(text)
    return held[:5] if len(held) == 9 and held.isdigit() else held


@lru_cache(maxsize=65_536)
def compare_places(left: tuple[str, str, str], right: tuple[str, str, str]) -> AgreementLevel:
    """Compare postcode, city and state: equal by postcode or by city and state; close by a slip in either."""
    (code, city, state), (code_2, city_2, state_2) = left, right
    codes, cities = bool(code and code_2), bool(city and city_2)
    if codes and code == code_2:
        return AgreementLevel.EQUAL
    if cities and city == city_2:
        known = bool(state and state_2)
        return (
            AgreementLevel.DIFFERENT
            if known and state != state_2 and codes
            else AgreementLevel.CLOSE
            if codes
            else AgreementLevel.EQUAL
        )
    if not codes and not cities:
        return AgreementLevel.MISSING
    if codes and len(code) >= 4 and OSA.distance(code, code_2, score_cutoff=1) <= 1 and state == state_2:
        return AgreementLevel.CLOSE
    if cities and min(len(city), len(city_2)) >= 6 and OSA.distance(city, city_2, score_cutoff=2) <= 2:
        return AgreementLevel.CLOSE
    return AgreementLevel.DIFFERENT
