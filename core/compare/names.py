"""How names of people compare: as text, as nicknames, as initials, as typos. Pure; knows no record.

A typo is told from another name by what names there are: "Mary" is one letter from "Mark" and no typo of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container
from functools import cache, lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel

Known = Callable[[str], bool]
"""Says whether a folded given name is one that people bear, rather than a slip of the keyboard."""

_NAMES: Final = """
james john robert michael david william richard joseph thomas charles christopher daniel matthew anthony
mark donald steven andrew paul joshua kenneth kevin brian george timothy ronald jason edward jeffrey
ryan jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory
alexander patrick frank raymond jack dennis jerry tyler aaron jose adam nathan henry zachary douglas
peter kyle noah ethan jeremy christian walter keith austin roger terry sean gerald carl dylan harold
jordan jesse bryan lawrence arthur gabriel bruce logan billy joe alan juan elijah willie albert wayne
randy mason vincent liam roy bobby caleb bradley russell lucas luis carlos antonio miguel angel hector
oscar mario sergio diego marco pedro jorge rafael manuel ricardo eduardo fernando javier julio cesar
raul ruben ivan simon martin leo leon neil ian colin craig darren dean duncan evan glen graham grant
hugh joel noel karl kurt lance lee louis malcolm max miles mitchell nigel oliver owen philip ralph rex
rhys ross rory shane shaun stuart todd tom tony trevor troy victor warren tim tam dan don ron jon jan
jim kim ken ben mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy
betty sandra margaret ashley kimberly emily donna michelle carol amanda melissa deborah stephanie
rebecca sharon laura cynthia dorothy amy kathleen angela shirley emma brenda pamela nicole anna samantha
katherine christine debra rachel carolyn janet maria olivia heather helen catherine diane julie victoria
joyce lauren kelly christina ruth joan virginia judith evelyn hannah andrea megan cheryl jacqueline
madison teresa abigail sophia martha sara gloria janice kathryn ann isabella judy charlotte julia grace
amber alice jean denise frances danielle marilyn natalie beverly diana brittany theresa kayla alexis
doris lori tiffany erica erin tina gina dina nina rina lena lina mina dana dawn jane june joanne joanna
annette anita ana bella bianca bonnie carla carmen celia chloe clara claire claudia daisy daniela
darlene debbie eileen elaine elena ella ellen elsa erika eva fiona gail georgia gemma hazel heidi holly
ida irene iris ivy jade jamie jasmine jenna jill jodie josephine kara karla kate katie kristen kristin
kylie lara leah lily lorraine louise lucia lucy luisa lydia lynn mabel mandy marcia marie marina marta
maya mia mila molly monica nadia naomi nora norma olga paige paula penny phoebe priscilla regina renee
rita roberta robin rosa rose roxanne sally selena sheila sonia stacey stacy stella sue sylvia tamara
tanya tara tracy vanessa vera veronica vicky wanda wendy yolanda yvonne zoe linh minh binh dinh vinh anh
bao cuong duc dung hai hoa hong hung huong khanh lan long mai nam nga phuong quang son thanh thao thu
trang tuan tung viet yen amir amit anil arjun asha deepak divya kiran karan meena neha nikhil nisha
pooja priya rahul raj ravi rohan rohit sanjay sunil sunita vijay vikram wei ming ping ying jing ling xin
yan hao jun lei hui ali omar umar hassan hussein ahmed ahmad fatima aisha layla leila yusuf kyra kiara
tiara ciara sierra cory tory corey jayden hayden aiden caden braden landon brandy candy sandy randi
brendan brenden jared jarod derek darrell darryl daryl dustin dalton colton carlton marvin melvin kelvin
calvin alvin irvin mervyn gavin devin bertha berta edwin erwin edgar edmund edith ethel elmer elma alma
erma irma wilma thelma velma hilda gilda della marian marion miriam myra mira moira maura laurel lauri
aria arya mariah marcus carlo paulo roberto alberto gilberto luca luka mateo matteo jaime jamal kamal
karim rashid tariq
"""
_COMMON: Final = frozenset(_NAMES.split())
"""Given names that a list of nicknames may lack, many of them one letter from another."""


@lru_cache(maxsize=131_072)
def fold(text: str) -> str:
    """Give a name in the form in which names compare: no case, no accents, nothing but letters and digits."""
    if text.isascii():
        plain = text.casefold()
    else:
        plain = "".join(
            one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one)
        )
    return "".join(filter(str.isalnum, plain))


_SPLIT: Final = re.compile(r"[\s\-‐-―/.,]+")
_GENERATIONS: Final = {
    **dict.fromkeys(("jr", "jnr", "junior"), "jr"),
    **dict.fromkeys(("sr", "snr", "senior"), "sr"),
    **dict.fromkeys(("ii", "2nd", "second"), "ii"),
    **dict.fromkeys(("iii", "3rd", "third"), "iii"),
    **dict.fromkeys(("iv", "4th", "fourth"), "iv"),
}


@lru_cache(maxsize=131_072)
def parts(text: str) -> tuple[str, ...]:
    """Give the folded words of a name."""
    return tuple(one for one in map(fold, _SPLIT.split(text)) if one)


def generation(suffix: str, last_name: str = "") -> str:
    """Give jr, sr, ii, iii or iv, from the suffix or from the end of the last name; "" where neither says."""
    if suffix and (folded := fold(suffix)) in _GENERATIONS:
        return _GENERATIONS[folded]
    if last_name.isalpha():
        return ""
    words = parts(last_name)
    return _GENERATIONS.get(words[-1], "") if len(words) > 1 else ""


def surname(last_name: str) -> str:
    """Give a last name folded, without a generation at its end."""
    words = parts(last_name)
    if len(words) > 1 and words[-1] in _GENERATIONS:
        words = words[:-1]
    return "".join(words)


@lru_cache(maxsize=131_072)
def _sound(name: str) -> str:
    """Give a rough spelling by sound: Sara and Sarah, Brian and Bryan, Corey and Cory, Jaiden and Jaden are one."""
    name = re.sub(r"(?:ey|ie|ee)$", "i", re.sub(r"a[iy](?=.)", "a", name))
    for old, new in (("ph", "f"), ("ck", "k"), ("c", "k"), ("q", "k"), ("y", "i"), ("z", "s")):
        name = name.replace(old, new)
    name = name[0] + name[1:].replace("h", "")
    return re.sub(r"(.)\1+", r"\1", name)


@cache
def _nicknames() -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    from nicknames import NickNamer  # noqa: PLC0415 - read when two names first differ

    table = {name: frozenset(found) for name, found in NickNamer().nickname_lookup.items()}
    return table, frozenset(table).union(*table.values())


def is_nickname(left: str, right: str) -> bool:
    """Say whether one folded given name is short for the other."""
    table, _ = _nicknames()
    return right in table.get(left, ()) or left in table.get(right, ())


@cache
def _formal() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, short in _nicknames()[0].items():
        for one in short:
            found.setdefault(one, set()).add(name)
    return {name: frozenset(formal) for name, formal in found.items()}


def nicknames(name: str) -> frozenset[str]:
    """Give what a folded given name is short for, and what is short for it."""
    return _nicknames()[0].get(name, frozenset()) | _formal().get(name, frozenset())


def is_known(name: str) -> bool:
    """Say whether a folded given name is one that people bear."""
    return name in _COMMON or name in _nicknames()[1]


def is_typo(left: str, right: str, known: Known = is_known) -> bool:
    """Say whether one folded given name is likely the other, mistyped or spelt otherwise."""
    if left == right:
        return True
    both = known(left) + known(right)
    if both == 2:
        return _sound(left) == _sound(right)
    if both == 0 and _other_ending(left, right):
        return False
    if sorted(left) == sorted(right) and left[0] == right[0] and both:
        return OSA.distance(left, right, score_cutoff=1) <= 1
    longest = max(len(left), len(right))
    if both == 0 and (longest < 5 or left[0] != right[0]):
        return False
    allowed = 0 if longest < 4 else 1 if longest < 6 else 2
    if left[0] != right[0]:
        allowed = min(allowed, 1)
        if left[1:] == right[1:] and right[0] not in _BESIDE.get(left[0], ""):
            return False
    return OSA.distance(left, right, score_cutoff=allowed) <= allowed


def _neighbours() -> dict[str, str]:
    rows = ("qwertyuiop", " asdfghjkl", "  zxcvbnm")
    at = {key: (x, y) for y, row in enumerate(rows) for x, key in enumerate(row) if key != " "}
    return {
        key: "".join(one for one, (v, w) in at.items() if one != key and abs(x - v) <= 1 and abs(y - w) <= 1)
        for key, (x, y) in at.items()
    }


_BESIDE: Final = _neighbours()
"""The keys around each: another first letter is a slip of the finger or another name, Kayla and Tayla."""


_FEMININE: Final = re.compile(r"[ao]$")


def _other_ending(left: str, right: str) -> bool:
    """Say whether two names differ in a last vowel only: Mario and Maria, Paul and Paula, Luis and Luisa."""
    if left[:-1] == right[:-1]:
        return bool(_FEMININE.search(left) and _FEMININE.search(right))
    short, long = sorted((left, right), key=len)
    return long[:-1] == short and bool(_FEMININE.search(long))


_TWO_PEOPLE: Final = re.compile(r"&|\+|\b(?:and|und)\b", re.IGNORECASE)


def compare_given(left: str, right: str) -> AgreementLevel:
    """Compare two first names as they stand. "John & Mary" is nobody's first name but its own."""
    return _compare_given(left, right)


def given_here(frequent: Container[str]) -> Callable[[str, str], AgreementLevel]:
    """Give what compares first names in a book where these names are frequent, and so no slips."""
    return lru_cache(maxsize=262_144)(
        lambda left, right: _given_level(left, right, lambda name: name in frequent or is_known(name))
    )


def _given_level(left: str, right: str, known: Known) -> AgreementLevel:
    one, other = fold(left), fold(right)
    if not one or not other:
        return AgreementLevel.MISSING
    if one == other:
        return AgreementLevel.EQUAL
    if _TWO_PEOPLE.search(left) or _TWO_PEOPLE.search(right):
        return AgreementLevel.DIFFERENT
    if len(one) == 1 or len(other) == 1:
        return AgreementLevel.INITIAL if one[0] == other[0] else AgreementLevel.DIFFERENT
    level = _word_level(one, other, known)
    if level is not AgreementLevel.DIFFERENT:
        return level
    ones, others = parts(left), parts(right)
    if (len(ones) > 1 or len(others) > 1) and len(ones[0]) > 1 and len(others[0]) > 1:
        return AgreementLevel.CLOSE if ones[0] == others[0] else _word_level(ones[0], others[0], known)
    return AgreementLevel.DIFFERENT


_compare_given = lru_cache(maxsize=65_536)(lambda left, right: _given_level(left, right, is_known))


def _word_level(one: str, other: str, known: Known) -> AgreementLevel:
    if is_nickname(one, other):
        return AgreementLevel.NICKNAME
    return AgreementLevel.CLOSE if is_typo(one, other, known) else AgreementLevel.DIFFERENT


def clearly_another(left: str, right: str) -> bool:
    """Say whether two first names are clearly two people's: neither blank nor initial nor nickname nor typo."""
    return left != right and compare_given(left, right) is AgreementLevel.DIFFERENT


@lru_cache(maxsize=262_144)
def compare_surname(left: str, right: str) -> AgreementLevel:
    """Compare two last names as they stand: a typo, or one part of a double name, is close."""
    one, other = surname(left), surname(right)
    if not one or not other:
        return AgreementLevel.MISSING
    if one == other:
        return AgreementLevel.EQUAL
    if len(one) == 1 or len(other) == 1:
        return AgreementLevel.INITIAL if one[0] == other[0] else AgreementLevel.DIFFERENT
    longest = max(len(one), len(other))
    allowed = 0 if longest < 4 else 1 if longest < 7 else 2
    if OSA.distance(one, other, score_cutoff=allowed) <= allowed:
        return AgreementLevel.CLOSE
    ones, others = parts(left), parts(right)
    if (len(ones) > 1 or len(others) > 1) and {*ones} & {*others} - _PARTICLES:
        return AgreementLevel.CLOSE
    return AgreementLevel.DIFFERENT


_PARTICLE_WORDS: Final = "de da di do du la le van von der den del dos st mc mac o al el bin"
_PARTICLES: Final = frozenset(_PARTICLE_WORDS.split()) | {*_GENERATIONS}


def compare_middle(left: str, right: str) -> AgreementLevel:
    """Compare two middle names as they stand; an initial agrees with a name that begins so."""
    one, other = fold(left), fold(right)
    if not one or not other:
        return AgreementLevel.MISSING
    if one == other:
        return AgreementLevel.EQUAL
    if len(one) == 1 or len(other) == 1:
        return AgreementLevel.INITIAL if one[0] == other[0] else AgreementLevel.DIFFERENT
    slip = max(len(one), len(other)) > 3 and OSA.distance(one, other, score_cutoff=1) <= 1
    return AgreementLevel.CLOSE if slip else AgreementLevel.DIFFERENT
