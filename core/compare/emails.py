"""How two emails compare: equal, look-alikes or different. Pure."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel
from core.compare.keys import email_key
from core.compare.mailboxes import inboxes_in


@lru_cache(maxsize=131_072)
def inbox_keys(email: str) -> tuple[str, ...]:
    """Return the keys of the inboxes that the text of an email names, in their order; () if it names none.

    A filler names no inbox ("n/a", "none@none.com"), so two records that share one share nothing. A text can name
    several: "pat@x.example; p.ng@y.example".
    """
    return tuple(map(email_key, inboxes_in(email)))


def inbox_key(email: str) -> str:
    """Return the key of the first inbox that the text of an email names; "" if it names none."""
    return next(iter(inbox_keys(email)), "")


@lru_cache(maxsize=65_536)
def plain_locals(email: str) -> tuple[str, ...]:
    """Return the parts before the @ without dots and +tag: one for each inbox that an email names.

    Two emails with the same plain local part are look-alikes, which a person judges. They are not equal.
    """
    return tuple(dict.fromkeys(filter(None, map(plain_local, inbox_keys(email)))))


def plain_local(key: str) -> str:
    """Return the part of an email key before the @, without dots and +tag."""
    return key.partition("@")[0].partition("+")[0].replace(".", "")


def compare_emails(left: str, right: str) -> AgreementLevel:
    """Return how two emails compare. If a text names several inboxes, one that the two share is enough.

    Close are emails with the same local part at another domain or with other dots or another +tag, and emails that
    differ by one character.
    """
    left_keys, right_keys = inbox_keys(left), inbox_keys(right)
    if not left_keys or not right_keys:
        return AgreementLevel.MISSING
    if not {*left_keys}.isdisjoint(right_keys):
        return AgreementLevel.EQUAL
    alike = any(_are_alike(left_key, right_key) for left_key in left_keys for right_key in right_keys)
    return AgreementLevel.CLOSE if alike else AgreementLevel.DIFFERENT


def shared_inbox(left: str, right: str) -> str:
    """Return the key of the first inbox that two emails both name; "" if there is none."""
    others = inbox_keys(right)
    return next((key for key in inbox_keys(left) if key in others), "")


def _are_alike(left: str, right: str) -> bool:
    left_local, right_local = plain_local(left), plain_local(right)
    if len(left_local) >= 4 and left_local == right_local:
        return True
    long_enough = min(len(left_local), len(right_local)) >= 6
    return long_enough and OSA.distance(left, right, score_cutoff=1) <= 1
