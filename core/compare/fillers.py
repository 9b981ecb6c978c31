"""What stands for "none" where somebody must enter a value: fillers of emails, names, phones and dates. Pure.

A filler is not data: no two records agree in it, and it is not sent as if it were data. A filler is a whole value,
never a part of one. What counts as one, and why, is in docs/matching.md, "Fillers". This module imports nothing heavy.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from core.compare.folding import fold, parts
from core.compare.spreadsheet_traces import trace_of

NULLS: Final = frozenset(
    {"1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "1904-01-01", "1969-12-31", "1970-01-01"}
)
"""Dates that systems write if they know no birth date: the first days of their calendars."""

# -- any field ---------------------------------------------------------------------------------------------

_NOT_APPLICABLE: Final = re.compile(r"\W*n(?: ?[/\\] ?a|\.a)\W*", re.IGNORECASE)
"""N/A and n.a., but neither Na, which is a name, nor N. A., which are initials."""
_NONE_TEXT: Final = (
    "unknown unk unknwn undefined none nonegiven noneprovided nonesupplied null nil na nan notapplicable "
    "notavailable notgiven notknown notprovided notrecorded notspecified notsupplied tba tbc tbd tobeadvised "
    "tobeconfirmed tobedetermined blank empty missing withheld redacted declined refused noemail nomail "
    "noemailaddress nophone nophonenumber nomobile nonumber nocontact donthave donothave nothing"
)
_NONE: Final = frozenset(_NONE_TEXT.split())
"""Folded texts that stand for "none" in a field that they can't be data of: in an email, a phone, a date."""


def says_nothing(text: str) -> bool:
    """Return True if no field can have a text as its value: neither "-", "." and "?", nor what a spreadsheet left.

    Whatever is not a value in any field belongs here: emails, names and phones all ask this function.
    """
    return not any(map(str.isalnum, text)) or bool(trace_of(text))


@lru_cache(maxsize=65_536)
def is_filler_text(text: str) -> bool:
    """Return True if a text stands for "none" in an email or a phone: N/A, none, not provided, xxx, TBA, "-"."""
    if says_nothing(text) or _NOT_APPLICABLE.fullmatch(text):
        return True
    word = fold(text)
    return word in _NONE or set(word) == {"x"}


# -- emails ------------------------------------------------------------------------------------------------

_NO_EMAIL: Final = re.compile(
    r"(?:client|customer|borrower)?(?:has|have|thereis)?(?:no|none|without|dont|donot)(?:have|an|any|valid)*"
    r"e?mail(?:address|addr|available|given|onfile|provided|supplied|yet)*[0-9]*"
)
"""A folded text that says "no email", such as noemail, no.mail, donotemail. Desks number them: noemail12."""
_NO_INBOX_TEXT: Final = (
    "none noreply donotreply dontreply notprovided noneprovided notgiven nonegiven notavailable notapplicable "
    "notsupplied unknown declined refused anonymous nobody nope nothanks donthave donothave donotuse donotcontact "
    "changeme asdf asdfasdf asdfgh qwerty"
)
_NO_INBOX: Final = frozenset(_NO_INBOX_TEXT.split())
"""What comes before the @ of an address that is not an inbox of a person, whatever the domain is."""
_PLACEHOLDERS_TEXT: Final = (
    "test testing tester email mail emailaddress youremail myemail na nan nil null no noname noone name "
    "username user client customer borrower applicant someone somebody anyone anybody nothing dummy demo "
    "firstlast firstnamelastname admin nada example sample fake invalid temp blank empty missing tba tbc tbd"
)
_PLACEHOLDERS: Final = frozenset(_PLACEHOLDERS_TEXT.split()) | _NO_INBOX
"""What comes before the @ of a filler, if the domain says so too: test@test.com, but not test@family.example.

Na, Null and Test are surnames, and client@ can be the inbox of a firm.
"""
_PLACEHOLDER_DOMAINS_TEXT: Final = (
    "domain yourdomain mydomain company yourcompany website address nowhere "
    "gmail googlemail yahoo ymail hotmail outlook live icloud aol msn"
)
_PLACEHOLDER_DOMAINS: Final = _PLACEHOLDERS | frozenset(_PLACEHOLDER_DOMAINS_TEXT.split())
"""Names of domains that make a filler of a placeholder: other placeholders, and those where anybody gets an inbox."""
_TWICE: Final = frozenset(["abc", "abcd", "abcde", "xyz", "asd", "qwe", "me", "you", "some", "any"])
"""What makes a filler if it is on both sides of the @, as one letter does: a@a.com, abc@abc.com."""
FILLER_LOCALS: Final = _PLACEHOLDERS | _TWICE
"""Every word that can make a filler of an address, but for those with "mail" and those that the domain repeats."""
_SECOND_LEVEL: Final = frozenset(["co", "com", "net", "org", "gov", "edu", "ac", "id", "asn"])
"""What comes before a country in a domain: com.au, co.nz."""


def is_filler_email(address: str) -> bool:
    """Return True if an email address names no inbox of a person: none@none.com, no-email@x.com, test@test.com.

    Letter case, punctuation before the @ and a +tag make no difference. `address` has one @.
    """
    local, _, domain = address.casefold().partition("@")
    word = "".join(filter(str.isalnum, local.partition("+")[0]))
    labels = domain.split(".")
    name = labels[-2] if len(labels) > 1 else labels[0]
    if len(labels) > 2 and name in _SECOND_LEVEL:
        name = labels[-3]
    name = name.replace("-", "")
    if not word or word in _NO_INBOX or _NO_EMAIL.fullmatch(word):
        return True
    if labels[-1] == "invalid" or _NO_EMAIL.fullmatch(name):
        return True
    if word == name:
        return word in _PLACEHOLDERS or word in _TWICE or word.isdigit() or len(set(word)) == 1
    return word in _PLACEHOLDERS and name in _PLACEHOLDER_DOMAINS


# -- phones ------------------------------------------------------------------------------------------------

_FIGURES: Final = re.compile(
    r"(\d)\1*"  # one digit: 000 000 0000, 1111111
    r"|12345(?:6(?:7(?:8(?:90?)?)?)?)?"  # 123-456-7890 and its beginnings
    r"|9876543(?:2(?:10?)?)?"  # from nine down
    r"|4(\d)\2{7}"  # an Australian mobile number: 0400 000 000, 0411 111 111
    r"|[2378](\d)\3{7}"  # an Australian number with an area: (02) 0000 0000
    r"|[2-9]\d\d(?:0{7}|1{7}|5{7}|5551212)"  # a number of the United States that nobody can have
    r"|5551212|5555551234|5551234567|1231231234|1112223333"
)
"""National digits that stand for no number. In the United States no number begins with 0 or 1 after its area, 555-5555
is given to nobody, 555 is nobody's area, and 555-1212 is the directory's."""


def is_filler_phone(national: str) -> bool:
    """Return True if the national digits of a phone stand for no number: one digit repeated, 1234567890 and the like.

    555-0100 to 555-0199 are ordinary numbers here.
    """
    return _FIGURES.fullmatch(national) is not None


# -- names -------------------------------------------------------------------------------------------------

_NO_NAME_TEXT: Final = (
    "unknown unk unknwn anonymous undefined unnamed tba tbc tbd noname notknown notprovided notavailable "
    "notapplicable notgiven notsupplied noneprovided nonegiven firstname lastname coborrower placeholder redacted "
    "withheld nofirstname nolastname xxx xxxx xxxxx"
)
_NO_NAME: Final = frozenset(_NO_NAME_TEXT.split())
"""Folded words that nobody is called. One of them is a filler alone."""
_PERHAPS_A_NAME_TEXT: Final = (
    "na nan nil no null none anon nobody noone test tester testing dummy demo fake sample example guest user name "
    "surname first last client customer contact lead prospect borrower applicant person blank empty missing "
    "asdf qwerty abc x xx"
)
_PERHAPS_A_NAME: Final = frozenset(_PERHAPS_A_NAME_TEXT.split())
"""Folded words that are fillers and also somebody's name, as Na, Null, Nil, Test and Guest are."""
_FILLER_WORDS: Final = _NO_NAME | _PERHAPS_A_NAME
_NO_MIDDLE_NAME: Final = frozenset(["none", "nil", "null", "nmn", "nmi", "nomiddlename"])
"""Further fillers of a middle name. NMN and NMI say "no middle name"."""


@lru_cache(maxsize=131_072)
def is_filler_name(name: str) -> bool:
    """Return True if a text in one field of a name is nobody's name: Unknown, Anonymous, N/A, XXX, "-".

    A word that can be somebody's name, such as Null, is not a filler alone. `filler_names` looks at both fields.
    """
    if not name:
        return False
    if says_nothing(name) or _NOT_APPLICABLE.fullmatch(name):
        return True
    words = parts(name)
    return "".join(words) in _NO_NAME or (_may_be_filler(name) and not _NO_NAME.isdisjoint(words))


def _may_be_filler(name: str) -> bool:
    """Return True if a text, or each of its words, is a word that stands for no name."""
    words = parts(name)
    return "".join(words) in _FILLER_WORDS or (bool(words) and _FILLER_WORDS.issuperset(words))


def is_filler_middle_name(name: str) -> bool:
    """Return True if a text is not a middle name: a filler of a name, or None, NMN and the like."""
    return is_filler_name(name) or fold(name) in _NO_MIDDLE_NAME


def filler_names(first: str, last: str, others: Collection[str] = ()) -> tuple[bool, bool]:
    """Return whether the first name of a record is a filler, and whether its last name is.

    A word that can be somebody's name is a filler where both names are fillers ("Test Test", "Null Null"), or where one
    of `others`, the record's emails and phones, is the same word.
    """
    fillers = _filler_names(first, last)
    words = fold(first), fold(last)
    if _FILLER_WORDS.isdisjoint(words):
        return fillers
    said = _FILLER_WORDS.intersection(map(fold, others))
    return fillers[0] or words[0] in said, fillers[1] or words[1] in said


def can_be_filler(name: str) -> bool:
    """Return True if a first or last name can be a filler, alone or because of the rest of its record.

    If neither name of a record can, `filler_names` says that neither is.
    """
    word = fold(name)
    if not word:
        return bool(name)
    return word in _FILLER_WORDS or word in _ENDS or is_filler_name(name) or _may_be_filler(name)


_ENDS: Final = frozenset(
    end for word in _NO_NAME for n in range(1, len(word) + 1) for end in (word[:n], word[-n:])
)
"""What a filler that is divided between first and last name can begin or end with."""


@lru_cache(maxsize=131_072)
def _filler_names(first: str, last: str) -> tuple[bool, bool]:
    written = [name for name in (first, last) if name.strip()]
    if "".join(map(fold, written)) in _NO_NAME:
        return bool(first), bool(last)
    several = len(written) > 1 or (len(written) == 1 and len(parts(written[0])) > 1)
    if several and all(is_filler_name(name) or _may_be_filler(name) for name in written):
        return bool(first), bool(last)
    return is_filler_name(first), is_filler_name(last)
