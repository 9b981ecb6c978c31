"""Evidence in words, for the screen and the command line alike. Pure.

The words may contain the values of a record. Whoever shows the words makes them safe for a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from typing import Final, NamedTuple

from core.compare.agreement import AgreementLevel
from core.compare.keys import text_key
from core.contacts.model import Comparison, Evidence, Likeness, Reason, Relation
from core.local_forms import CountryWords

RARE_SURNAME: Final = 7.0
RARE_GIVEN: Final = 9.5
"""Bits from which a name is called rare. There are fewer given names than surnames, so a given name needs more."""
COMMON: Final = 4.5
"""Bits below which a name is called common."""

_NAMES: Final = frozenset({"first_name", "middle_name", "last_name"})
_ADDRESS: Final = frozenset({"address", "place"})
_SPECIAL: Final = {
    ("birth_date", AgreementLevel.SWAPPED): "day and month of birth swapped",
    ("birth_date", AgreementLevel.DAY_AND_MONTH): "birth day and month equal",
    ("birth_date", AgreementLevel.CLOSE): "birth date one digit off",
    ("birth_date", AgreementLevel.PARTLY): "two of day, month and year of birth equal",
    ("birth_date", AgreementLevel.NEARBY): "birth dates within 40 days",
    ("birth_date", AgreementLevel.YEARS): "birth dates within two years",
    ("phone", AgreementLevel.CLOSE): "phone one digit off",
    ("email", AgreementLevel.CLOSE): "emails look alike",
    ("first_name", AgreementLevel.CROSSED): "first and last name swapped",
    ("last_name", AgreementLevel.CROSSED): "last and first name swapped",
    ("suffix", AgreementLevel.DIFFERENT): "another generation",
    ("role", AgreementLevel.DIFFERENT): "one is an agent, the other a borrower",
}


def evidence_words(line: Evidence, words: CountryWords) -> str:
    """Return one line of evidence in the words of the desk's country.

    For example "phone equal", "Moss is a rare surname", "one in 14 million to start with".
    """
    field = field_name(line.field, words)
    if line.level is AgreementLevel.PRIOR:
        return f"one in {_odds(2**-line.bits)} to start with"
    if line.level is AgreementLevel.MISSING:
        if line.left.strip() and line.right.strip():
            return f"{field} is not evidence: a filler, or no {field} at all"
        return f"{field} on one side only"
    if special := _SPECIAL.get((line.field, line.level)):
        return special
    if line.field in _NAMES and (about_names := _name_words(line, field)):
        return about_names
    if line.level is AgreementLevel.CLOSE and line.field in _ADDRESS:
        return f"{field} almost equal"
    return f"{field} {'differs' if line.level is AgreementLevel.DIFFERENT else line.level.value}"


def field_name(field: str, words: CountryWords) -> str:
    """Return what a field is called in the words of the desk's country: "surname" or "last name"."""
    match field:
        case "last_name":
            return words.last_name
        case "place" | "city":
            return words.town
        case "mobile_phone":
            return words.mobile
        case "prior":
            return "to start"
        case _:
            return field.replace("_", " ")


def _name_words(line: Evidence, field: str) -> str:
    """Return the words for two names of `field`; "" if the level has no words of its own for names."""
    short, long = sorted((line.left.strip(), line.right.strip()), key=len)
    match line.level:
        case AgreementLevel.NICKNAME:
            another_form = f"{short} is another form of {long}"
            return f"{short} is short for {long}" if len(short) < len(long) else another_form
        case AgreementLevel.INITIAL:
            return f"{short} may be short for {long}"
        case AgreementLevel.EQUAL:
            rarity = _rarity(line)
            return f"{short} is a {rarity} {field}" if rarity else f"{field} equal"
        case AgreementLevel.CLOSE:
            shared = _shared_words(line)
            if not shared:
                return f"{short} is close to {long}"
            is_rare = _rarity(line) == "rare"
            return f"{shared} is a rare {field}" if is_rare else f"{shared} is in both {field}s"
        case (
            AgreementLevel.CROSSED
            | AgreementLevel.SWAPPED
            | AgreementLevel.DAY_AND_MONTH
            | AgreementLevel.PARTLY
            | AgreementLevel.NEARBY
            | AgreementLevel.YEARS
            | AgreementLevel.DIFFERENT
            | AgreementLevel.MISSING
            | AgreementLevel.PRIOR
        ):
            return ""


def _rarity(line: Evidence) -> str:
    """Return "rare" or "common", or "" if a name is neither."""
    if line.bits >= (RARE_SURNAME if line.field == "last_name" else RARE_GIVEN):
        return "rare"
    return "common" if line.bits < COMMON else ""


def _shared_words(line: Evidence) -> str:
    """Return the words of the left name that the right name has too, as they are written."""
    right_keys = {text_key(word) for word in line.right.replace("-", " ").split()}
    return " ".join(word for word in line.left.replace("-", " ").split() if text_key(word) in right_keys)


def _odds(number: float) -> str:
    """Return a number rounded to two digits, as it is read aloud: 700, 12,000, a million, 14 million."""
    digits = 10 ** max(0, floor(log10(max(number, 1))) - 1)
    rounded = round(number / digits) * digits
    if rounded < 1_000_000:
        return f"{rounded:,}"
    millions = round(rounded / 1_000_000)
    return "a million" if millions == 1 else f"{millions:,} million"


STRONG: Final = 10.0
"""Bits from which evidence is strong: fewer than one in a thousand pairs with so many bits are strangers."""
RARELY_TWO: Final = 1e-3
"""The highest probability of a household at which evidence is strong."""

_OR: Final = {
    Relation.SPOUSES: "or spouses",
    Relation.PARENT_AND_CHILD: "or parent and child",
    Relation.SIBLINGS: "or siblings",
    Relation.TWINS: "or twins",
}


def is_strong(comparison: Comparison) -> bool:
    """Return True if fewer than one in a thousand such pairs are of two people."""
    is_person = comparison.likeness is Likeness.PERSON
    return is_person and comparison.bits >= STRONG and comparison.household <= RARELY_TWO


def evidence_reason(comparison: Comparison) -> Reason:
    """Return the reason of a possible duplicate: strong evidence or some evidence."""
    return Reason.EVIDENCE if is_strong(comparison) else Reason.SOME_EVIDENCE


def sum_words(comparison: Comparison) -> str:
    """Return the class and the sum of a comparison in words (docs/matching.md, "Words")."""
    match comparison.likeness:
        case Likeness.HOUSEHOLD:
            return "likely two people of one household" if comparison.bits > 0 else "likely two people"
        case Likeness.UNSURE:
            return _unsure_words(comparison)
        case Likeness.PERSON:
            for least, adverb in ((STRONG, "very likely"), (4.0, "likely"), (0.0, "perhaps")):
                if comparison.bits >= least:
                    return f"{adverb} the same person"
            return "unlikely to be the same person"


def _unsure_words(comparison: Comparison) -> str:
    """Return what two records can be: one person, under another name if the first names differ, or two people."""
    other = "or two people of one household"
    if comparison.relation is not None:
        other = _OR[comparison.relation]
    given = next((line.level for line in comparison.evidence if line.field == "first_name"), None)
    one = "one person under another name" if given is AgreementLevel.DIFFERENT else "one person"
    return f"unsure: {one}, {other}"


def likelihood_words(comparison: Comparison) -> str:
    """Return how likely one person is, as a person reads it: "one person: 97 in 100"."""
    hundredths = comparison.person * 100
    if hundredths > 99:
        thousandths = min(999, floor(comparison.person * 1_000))
        return f"one person: {thousandths} in 1,000"
    return f"one person: {max(1, round(hundredths))} in 100"


def ranked_evidence(comparison: Comparison) -> list[Evidence]:
    """Return the lines of evidence that say something, the strongest first and the prior last."""
    lines = [
        line
        for line in comparison.evidence
        if line.level not in (AgreementLevel.MISSING, AgreementLevel.PRIOR)
    ]
    prior = [line for line in comparison.evidence if line.level is AgreementLevel.PRIOR]
    return [*sorted(lines, key=lambda line: -line.bits), *prior]


class FieldsByAgreement(NamedTuple):
    """The names of the compared fields: those that are equal, those that are similar, and those that differ."""

    same: tuple[str, ...]
    similar: tuple[str, ...]
    other: tuple[str, ...]


def fields_by_agreement(comparison: Comparison, words: CountryWords) -> FieldsByAgreement:
    """Return the fields that both records hold, in three lists; the field that says most comes first in each."""
    lines = [line for line in ranked_evidence(comparison) if line.level is not AgreementLevel.PRIOR]
    other = [line for line in lines if line.level is AgreementLevel.DIFFERENT]
    alike = [line for line in lines if line.level is not AgreementLevel.DIFFERENT]
    return FieldsByAgreement(
        tuple(_spoken(line, words) for line in alike if line.level in _SAME),
        tuple(_spoken(line, words) for line in alike if line.level not in _SAME),
        tuple(_spoken(line, words) for line in reversed(other)),
    )


_SAME: Final = (AgreementLevel.EQUAL, AgreementLevel.DAY_AND_MONTH)


def _spoken(line: Evidence, words: CountryWords) -> str:
    return "birthday" if line.level is AgreementLevel.DAY_AND_MONTH else field_name(line.field, words)


def why_sentence(comparison: Comparison, words: CountryWords) -> str:
    """Return in one sentence what two records seem to be, and why.

    For example "Very likely the same person: same phone, address and birthday; another email."
    """
    fields = fields_by_agreement(comparison, words)
    parts = [
        f"{adjective} {_list_of(names)}"
        for adjective, names in (
            ("same", fields.same),
            ("similar", fields.similar),
            ("another", fields.other),
        )
        if names
    ]
    start = sum_words(comparison)
    if ": " in start:  # "unsure: one person, or twins"
        unsure, _, what = start.partition(": ")
        start = f"{unsure} ({what})"
    reasons = "; ".join(parts)
    return f"{start[:1].upper()}{start[1:]}{f': {reasons}' if reasons else ''}."


def _list_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
