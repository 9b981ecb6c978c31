"""What the book remembers of a sync beside its push. A module of its own: opening a book needs it and little else."""

from __future__ import annotations

from typing import ClassVar

from core.push.journal import Record


class Synced(Record, frozen=True):
    """A sync that was confirmed: what it linked in the book, as (SimpleNexus id, Total Expert id), and when.

    `kept` says that old values lie in a file of their own.
    """

    table: ClassVar[str] = "syncs"

    push_id: str
    links: tuple[tuple[str, str], ...]
    at: float
    kept: bool

    @property
    def key(self) -> str:
        """The push's id."""
        return self.push_id
