"""What an insight is to the desk: what it says, how our own are told from others', and the steps that make one. Pure.

An insight has no field for a reference, so ours stands in its description, as a word of its own. It can be neither
changed nor removed, and Total Expert takes a second one without a word.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

_REF: Final = re.compile(r"BD-[A-Z2-7]{20}")


class Insight(Struct, frozen=True):
    """An insight as Total Expert holds it: its id, its type's id, what it says."""

    id: str
    type_id: str
    description: str = ""

    @property
    def refs(self) -> tuple[str, ...]:
        """The references of ours that stand in it."""
        return tuple(word for word in self.description.split() if _REF.fullmatch(word))


class InsightContact(Struct, frozen=True):
    """The contact of Total Expert that a person of SimpleNexus is linked with, and the user whose he is."""

    id: str
    owner: str


def is_from_elsewhere(insight: Insight, type_id: str, ref: str, *, once: bool) -> bool:
    """Say whether an insight of a contact is of the same kind as ours and not of the desk's making.

    One that bears a reference of ours for another application is the desk's own; of a milestone that a contact has
    but once there is no such other.
    """
    if insight.type_id != type_id or ref in insight.refs:
        return False
    return once or not insight.refs


def folded(name: str) -> str:
    """Return the name of an insight type or a group for look-ups: without regard to case and outer blanks."""
    return name.strip().casefold()
