"""Copies of what was read, kept in memory."""

from __future__ import annotations

from core.contacts.reading.copy import ContactCopy, CopyChanges
from core.push.plan import System


class CopiesInMemory:
    """Implements `core.contacts.reading.copy.CopyStore`. `saved` has every save, in order."""

    def __init__(self) -> None:
        self.copies: dict[System, ContactCopy] = {}
        self.saved: list[tuple[System, ContactCopy, CopyChanges | None]] = []

    def load(self, system: System) -> ContactCopy | None:
        """Return the copy of a system."""
        return self.copies.get(system)

    def is_current(self, system: System) -> bool:
        """Return True if there is a copy: nobody else changes one."""
        return system in self.copies

    def save(self, system: System, copy: ContactCopy, changes: CopyChanges | None) -> None:
        """Keep a copy."""
        self.copies[system] = copy
        self.saved.append((system, copy, changes))
