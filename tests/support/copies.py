"""Copies of what was read, kept in memory."""

from __future__ import annotations

from core.contacts.reading.copy import ContactCopy, CopyChanges
from core.contacts.reading.shortfall import RecordCount
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

    def version(self, system: System) -> object:
        """Return how often the copy was saved."""
        return len([saved for saved in self.saved if saved[0] is system]) or None

    def known(self, system: System) -> RecordCount | None:
        """Return how many records there were when the system was read last."""
        copy = self.copies.get(system)
        return copy.count if copy is not None else None

    def save(self, system: System, copy: ContactCopy, changes: CopyChanges | None) -> None:
        """Keep a copy."""
        self.copies[system] = copy
        self.saved.append((system, copy, changes))
