"""The keys of emails and names: two values count as equal if their keys are equal. Pure.

This module imports nothing heavy, so that a vendor's client or the start of the app can use it.
"""

from __future__ import annotations


def email_key(email: str) -> str:
    """Return `email` without outer blanks and without regard to case; "" if there is none.

    Dots and a `+tag` count: emails that are merely similar are different (docs/matching.md, "Rule").
    """
    return email.strip().casefold()


def label_key(label: str) -> str:
    """Return a name that somebody set up in a system, without outer blanks and without regard to case.

    Inner blanks count, because two such names can exist side by side in one system.
    """
    return label.strip().casefold()


def text_key(text: str) -> str:
    """Return `text` without regard to case, with one space between words and no outer blanks.

    Accents and punctuation count. `core.compare.names.fold` ignores them too.
    """
    return " ".join(text.split()).casefold()
