"""What counts as the ID of a record in another system, and how a person's typing of an ID is read. Knows no system.

An ID is opaque text: the desk compares it exactly, shows it safely and reads nothing out of it. In a path it is one
percent-encoded segment, so `.` and `..` are refused: a server may take them for steps between folders even when
they are encoded.
"""

from __future__ import annotations

import unicodedata
from typing import Final, TypeGuard

LONGEST_ID: Final = 128
"""Characters, as in data/contracts/flex.yaml."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""The Unicode categories of characters that nobody sees or types: controls, marks of direction, half characters."""


def id_fault(text: str) -> str:
    """Return why a text can't be an ID, as the end of a sentence that begins with the text; "" if it can be one."""
    if not text.strip():
        return "is empty"
    if text in (".", ".."):
        return "can't be sent in an address"
    if text != text.strip():
        return "begins or ends with a blank"
    if len(text) > LONGEST_ID:
        return f"has more than {LONGEST_ID} characters"
    if not text.isprintable() and any(unicodedata.category(character) in _INVISIBLE for character in text):
        return "holds a character that can't be seen"
    return ""


def is_id(value: object) -> TypeGuard[str]:
    """Return True if a value can be the ID of a record."""
    return isinstance(value, str) and not id_fault(value)


def spellings(typed: str) -> tuple[str, ...]:
    """Return the IDs that a person may mean, the one to try first in front: as typed, then in upper case.

    Blanks at the ends are left out. An ID that is upper case already has one spelling. An empty tuple means that the
    text can't be an ID.
    """
    text = typed.strip()
    return tuple(text_ for text_ in dict.fromkeys((text, text.upper())) if is_id(text_))
