"""How two emails compare: equal, look-alikes or different. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel
from core.compare.keys import email_key

_FILLER_LOCALS_TEXT: Final = (
    "none noemail nomail noemailaddress noreply donotreply notprovided noneprovided notgiven notavailable "
    "unknown declined refused anonymous nobody null na"
)
_FILLER_LOCALS: Final = frozenset(_FILLER_LOCALS_TEXT.split())
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")


@lru_cache(maxsize=131_072)
def inbox_key(email: str) -> str:
    """Return the key of the inbox that an email names; "" for a filler and for text that is no email.

    "n/a", "none@none.com" and "no-email@x.example" name no inbox, so two records that share one share nothing.
    """
    key = email_key(email)
    if not _ADDRESS.fullmatch(key):
        return ""
    local = "".join(filter(str.isalnum, key.partition("@")[0]))
    return "" if local in _FILLER_LOCALS else key


@lru_cache(maxsize=65_536)
def plain_local(email: str) -> str:
    """Return the part before the @ without dots and +tag.

    Two emails with the same plain local part are look-alikes, which a person judges. They are not equal.
    """
    return inbox_key(email).partition("@")[0].partition("+")[0].replace(".", "")


def compare_emails(left: str, right: str) -> AgreementLevel:
    """Return how two emails compare.

    Close are emails with the same local part at another domain or with other dots or another +tag, and emails that
    differ by one character.
    """
    left_key, right_key = inbox_key(left), inbox_key(right)
    if not left_key or not right_key:
        return AgreementLevel.MISSING
    if left_key == right_key:
        return AgreementLevel.EQUAL
    left_local, right_local = plain_local(left), plain_local(right)
    if len(left_local) >= 4 and left_local == right_local:
        return AgreementLevel.CLOSE
    long_enough = min(len(left_local), len(right_local)) >= 6
    if long_enough and OSA.distance(left_key, right_key, score_cutoff=1) <= 1:
        return AgreementLevel.CLOSE
    return AgreementLevel.DIFFERENT
