"""The email addresses in a text, as people write them into one cell. Pure; imports nothing heavy.

An address is a mailbox as RFC 5321 writes it (section 4.1.2), at a full domain (section 2.3.5): two labels or more, of
which the last has a letter. Letters of any script count (RFC 6531). A quoted part before the @ and a number in place of
the domain are not address here, although the RFC allows them: no person has such an inbox.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from core.compare.fillers import is_filler_email, is_filler_text

_ATOM: Final = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL: Final = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[^.]*[^\W\d_]){_LABEL}")
_PLAIN: Final = re.compile(
    r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@(?:[A-Za-z0-9]+[.-])*[A-Za-z0-9]+\.[A-Za-z]+"
)
"""The usual form of an address, which is decided without a closer look."""
_IN_ROUND: Final = re.compile(r"\(([^()<>]*@[^()<>]*)\)")
_REMARK: Final = re.compile(r"\([^()@]*\)")
_IN_ANGLES: Final = re.compile(r"<([^<>]*)>")
_BETWEEN: Final = re.compile(r"\s*(?:[;,|\n]|:::)\s*")
_BLANKS: Final = re.compile(r"\s+")
_SCHEME: Final = re.compile(r"(mailto|smtp|e-?mail):\s*", re.IGNORECASE)
_LABELLED: Final = re.compile(r"[^\W\d_]+:")
_JOINS: Final = frozenset(["and", "or", "und"])
_PAIRS: Final = {'"': '"', "'": "'", "[": "]", "<": ">"}
_LONGEST: Final = 10_000
"""Characters of a text that are looked at."""


def is_address(text: str) -> bool:
    """Return True if a text is one email address and nothing else."""
    return _PLAIN.fullmatch(text) is not None or _ADDRESS.fullmatch(text) is not None


@lru_cache(maxsize=131_072)
def addresses_in(text: str) -> tuple[str, ...]:
    """Return the different email addresses in a text, as they are written and in their order; () if it is not an email.

    `Kim Soo <kim@x.example>`, `mailto:kim@x.example` and `kim@x.example; soo@y.example` give addresses. A text
    is read as a whole or not at all: "kim soo@x.example" and "kim@x,example" give none, because a part of an address
    would be somebody else's.
    """
    if len(text) > _LONGEST or "@" not in text:
        return ()
    plain = _visible(text).strip()
    if is_address(plain):
        return (plain,)
    marked = _REMARK.sub(" ", _IN_ROUND.sub(r"<\1>", plain)).replace(":::", ";")
    found = _bracketed(marked) if "<" in marked else _listed(_BLANKS.split(_BETWEEN.sub(" ", marked)))
    return tuple({address.casefold(): address for address in reversed(found)}.values())[::-1]


@lru_cache(maxsize=131_072)
def inboxes_in(text: str) -> tuple[str, ...]:
    """Return the addresses in a text that name a person's inbox: those that are not fillers."""
    return tuple(address for address in addresses_in(text) if not is_filler_email(address))


def inbox_in(text: str) -> str:
    """Return the first address in a text that names a person's inbox, as it is written; "" if there is none."""
    return next(iter(inboxes_in(text)), "")


PLACEHOLDER: Final = "it means “no email”: it is nobody's email address"
"""Why an address is not sent or searched for that stands for "none"."""


def email_fault(text: str) -> str:
    """Return why a text can't be sent as an email, as the end of a sentence; "" if it has an inbox, or is blank."""
    if not text.strip() or inboxes_in(text):
        return ""
    return PLACEHOLDER if addresses_in(text) else "it isn't an email address"


def _bracketed(text: str) -> list[str]:
    """Return the addresses of a text with angle brackets: those in brackets, and whole entries of the list."""
    found = [_bare(inner) for inner in _IN_ANGLES.findall(text)]
    around = [_bare(part) for part in _BETWEEN.split(_IN_ANGLES.sub(";", text))]
    found += [part for part in around if "@" in part]
    if not all(map(is_address, found)):
        return []
    return sorted(found, key=text.index)


def _listed(words: list[str]) -> list[str]:
    """Return the addresses of a list without brackets; [] if a word is neither an address nor a word between two."""
    found: list[str] = []
    for written in words:
        word = _bare(written)
        if is_address(word):
            found.append(word)
        elif word.count("@") > 1 and all(map(is_address, several := re.split(r"[/&]", word))):
            found += several
        elif not (word in _JOINS or is_filler_text(word) or _LABELLED.fullmatch(word)):
            return []
    return found


def _bare(text: str) -> str:
    """Return a text without quotes and brackets around it and without `mailto:` before it."""
    word = text.strip()
    while len(word) > 1 and _PAIRS.get(word[0]) == word[-1]:
        word = word[1:-1].strip()
    if scheme := _SCHEME.match(word):
        word = word[scheme.end() :].partition("?")[0].strip()
    return word


def _visible(text: str) -> str:
    """Return a text without characters that nobody sees, such as the mark of direction that a copy takes along."""
    if text.isascii():
        return text
    return "".join(char for char in text if unicodedata.category(char) != "Cf")
