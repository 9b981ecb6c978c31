"""Which of our references a book knows, and which thing each of them belongs to. Pure.

A reference is a hash (`core.push.plan.make_ref`), so it does not say which workspace made it. It is of this workspace
if the reference of a thing that this desk can name is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from core.push.plan import Entity, System, link_key, make_ref

_OURS: Final = re.compile(r"BD-[A-Z2-7]{20}")
_MORE_GENERATIONS: Final = 3
"""How many generations beyond the book's own another book may have made. The number is ours."""


class KnownReferences(Struct, frozen=True):
    """What a book knows: its workspace, its references, and how often something was sent as new, by the link's key."""

    workspace: str
    refs: frozenset[str] = frozenset()
    generations: Mapping[str, int] = {}

    def is_unknown(self, ref: str | None) -> bool:
        """Return True if a text is a reference of a desk, and this book does not know it."""
        return bool(ref) and ref not in self.refs and bool(_OURS.fullmatch(ref or ""))

    def of_thing(self, system: System, entity: Entity, local_id: str) -> Iterable[str]:
        """Yield the references that any book of this workspace may have given to the copy of a thing."""
        generations = self.generations.get(link_key(system, entity, local_id), 0) + _MORE_GENERATIONS
        for generation in range(generations + 1):
            yield make_ref(self.workspace, system, entity, local_id, generation)

    def owners(self, system: System, entity: Entity, local_ids: Iterable[str]) -> dict[str, str]:
        """Return for each reference that these things may have the id of the thing."""
        return {ref: local_id for local_id in local_ids for ref in self.of_thing(system, entity, local_id)}
