"""Evidence and what it amounts to, in words a person reads, for the screen and the command line alike. Pure.

The words may hold what a record holds: they are made safe where they are shown.
"""

from __future__ import annotations

from math import floor, log10
from typing import Final

from core.compare.agreement import AgreementLevel
from core.compare.keys import text_key
from core.contacts.model import Comparison, Evidence, Likeness

RARE_SURNAME: Final = 7.0
RARE_GIVEN: Final = 9.5
"""Bits from which a name is called rare; there are fewer given names than surnames, so that one says less."""
COMMON: Final = 4.5

_NAMES: Final = {"first_name": "first name", "middle_name": "middle name", "last_name": "surname"}
_FIELDS: Final = {**_NAMES, "birth_date": "birth date", "place": "town"}
_SPECIAL: Final = {
    ("birth_date", AgreementLevel.SWAPPED): "day and month of birth swapped",
    ("birth_date", AgreementLevel.DAY_AND_MONTH): "birth day and month equal",
    ("birth_date", AgreementLevel.CLOSE): "birth date one digit off",
    ("phone", AgreementLevel.CLOSE): "phone one digit off",
    ("email", AgreementLevel.CLOSE): "emails look alike",
    ("address", AgreementLevel.CLOSE): "address almost equal",
    ("place", AgreementLevel.CLOSE): "town almost equal",
    ("first_name", AgreementLevel.CROSSED): "first and last name swapped",
    ("last_name", AgreementLevel.CROSSED): "last and first name swapped",
    ("suffix", AgreementLevel.DIFFERENT): "another generation",
}


def evidence_words(line: Evidence) -> str:
    """Say one line of evidence: "phone equal", "Moss is a rare surname", "one in 14 million to start with"."""
    if line.level is AgreementLevel.PRIOR:
        return f"one in {_odds(2**-line.bits)} to start with"
    if line.level is AgreementLevel.MISSING:
        return f"{_field(line)} on one side only"
    if said := _SPECIAL.get((line.field, line.level)):
        return said
    if line.field in _NAMES and (said := _name_words(line)):
        return said
    return f"{_field(line)} {'differs' if line.level is AgreementLevel.DIFFERENT else line.level.value}"


def _field(line: Evidence) -> str:
    return _FIELDS.get(line.field, line.field)


def _name_words(line: Evidence) -> str:
    short, long = sorted((line.left.strip(), line.right.strip()), key=len)
    match line.level:
        case AgreementLevel.NICKNAME if len(short) < len(long):
            return f"{short} is short for {long}"
        case AgreementLevel.NICKNAME:
            return f"{short} is another form of {long}"
        case AgreementLevel.INITIAL:
            return f"{short} may stand for {long}"
        case AgreementLevel.EQUAL | AgreementLevel.CLOSE:
            is_rare = line.bits >= (RARE_SURNAME if line.field == "last_name" else RARE_GIVEN)
            rare = " is a rare " if is_rare else " is a common " if line.bits < COMMON else ""
            if line.level is AgreementLevel.EQUAL:
                return f"{short}{rare}{_field(line)}" if rare else f"{_field(line)} equal"
            if shared := _shared(line):
                return f"{shared}{rare}{_field(line)}" if is_rare else f"{shared} is in both {_field(line)}s"
            return f"{short} is close to {long}"
        case _:
            return ""


def _shared(line: Evidence) -> str:
    """Give the part that a double name has in common with the other, as it stands."""
    others = {text_key(one) for one in line.right.replace("-", " ").split()}
    return " ".join(one for one in line.left.replace("-", " ").split() if text_key(one) in others)


def _odds(of: float) -> str:
    """Say a large number: 700, 12,000, a million, 14 million."""
    digits = 10 ** max(0, floor(log10(max(of, 1))) - 1)
    rounded = round(of / digits) * digits
    if rounded < 1_000_000:
        return f"{rounded:,}"
    millions = round(rounded / 1_000_000)
    return "a million" if millions == 1 else f"{millions:,} million"


def sum_words(compared: Comparison) -> str:
    """Say what the evidence amounts to."""
    if compared.likeness is Likeness.HOUSEHOLD:
        return "likely two people of one household" if compared.bits > 0 else "likely two people"
    for least, said in ((10.0, "very likely"), (4.0, "likely"), (0.0, "perhaps")):
        if compared.bits >= least:
            return f"{said} the same person"
    return "hardly the same person"


def told(compared: Comparison) -> list[Evidence]:
    """Give the lines that say something, the strongest first, where one begins last."""
    lines = [
        one for one in compared.evidence if one.level not in (AgreementLevel.MISSING, AgreementLevel.PRIOR)
    ]
    prior = [one for one in compared.evidence if one.level is AgreementLevel.PRIOR]
    return [*sorted(lines, key=lambda one: -one.bits), *prior]
