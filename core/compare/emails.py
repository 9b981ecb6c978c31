"""Emails as keys, and how two that differ look alike. Pure."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from core.contacts.model import AgreementLevel


def email_key(email: str) -> str:
    """Give an email in the form in which emails are equal: stripped and case-folded, nothing more (seed's match)."""
    return email.strip().casefold()


@lru_cache(maxsize=65_536)
def plain_local(email: str) -> str:
    """Give the part before the @ without dots and +tag: a look-alike for a person to weigh, never equality."""
    return email_key(email).partition("@")[0].partition("+")[0].replace(".", "")


def compare_emails(left: str, right: str) -> AgreementLevel:
    """Compare two emails: close is the same name at another domain, with other dots or +tag, or one letter off."""
    one, other = email_key(left), email_key(right)
    if not one or not other:
        return AgreementLevel.MISSING
    if one == other:
        return AgreementLevel.EQUAL
    mine, yours = plain_local(left), plain_local(right)
    if len(mine) >= 4 and mine == yours:
        return AgreementLevel.CLOSE
    if min(len(mine), len(yours)) >= 6 and OSA.distance(one, other, score_cutoff=1) <= 1:
        return AgreementLevel.CLOSE
    return AgreementLevel.DIFFERENT
