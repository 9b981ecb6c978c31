"""Insights and contacts of Total Expert as values, and how the desk tells its own insights from others. Pure.

An insight has no field for a reference. Ours is a word of the description. An insight can be neither changed nor
removed, and Total Expert accepts a second one without an error.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

_REF: Final = re.compile(r"BD-[A-Z2-7]{20}")


class Insight(Struct, frozen=True):
    """An insight as Total Expert holds it."""

    id: str
    type_id: str
    description: str = ""

    @property
    def refs(self) -> tuple[str, ...]:
        """Our references in the description."""
        return tuple(word for word in self.description.split() if _REF.fullmatch(word))


class InsightContact(Struct, frozen=True):
    """The contact of Total Expert that a person of SimpleNexus is linked with. `owner` is a user's id.

    `consent` is what all records of the person say of their wishes, in words, and `opt_outs` the opt-outs of it.
    `silence` is why milestones of the person wait for somebody's word; "" if they do not. `state` is the contact's
    state, as it is written there. `asks` is True if the link of the two asks where it goes, because the contact is gone
    or has another owner. Nothing is sent for such a contact until a person has decided.
    """

    id: str
    owner: str
    consent: str = ""
    opt_outs: str = ""
    silence: str = ""
    state: str = ""
    asks: bool = False


def is_from_elsewhere(insight: Insight, type_id: str, ref: str, *, once: bool) -> bool:
    """Return True if an insight has the type of the one to send, and the desk did not make it.

    `ref` is the reference of the insight to send. An insight with another reference of ours is the desk's own, for
    another application. A milestone that a contact has only once (`once`) has no other application.
    """
    if insight.type_id != type_id or ref in insight.refs:
        return False
    return once or not insight.refs
