"""A book that one process writes: its owner holds every lease, and no lease ever ends."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable, Mapping, Sequence

from core.push.ports import Book, Lease, LookAgain
from core.push.records import Push, Record
from core.push.states import ACTIVE


class OneOwner(Book, ABC):
    """Adds to a `Book` what `PushBook` asks for. The lock of the book has made sure that there is one writer."""

    @property
    def is_shared(self) -> bool:
        """False: there are no other senders."""
        return False

    async def begin(
        self,
        push: Push,
        *put: Record,
        files: Mapping[str, bytes],
        drop: Iterable[tuple[type[Record], str]] = (),
    ) -> Push:
        """See `PushBook.begin`. The files come first: a crash in between leaves files of a push that never began.

        `remove_leftover_files` removes those at the next start.
        """
        for other in await self.where(Push, subject=push.subject):
            if other.state in ACTIVE:
                return other
        for name, content in files.items():
            await self.put_file(name, content)
        await self.commit(push, *put, drop=drop)
        return push

    async def decide(
        self,
        look: LookAgain,  # noqa: ARG002 - of the port
        *put: Record,
        drop: Iterable[tuple[type[Record], str]] = (),
    ) -> None:
        """Commit. Nobody else decides."""
        await self.commit(*put, drop=drop)

    async def commit_under(
        self,
        lease: Lease,  # noqa: ARG002 - of the port
        *put: Record,
        drop: Iterable[tuple[type[Record], str]] = (),
    ) -> None:
        """Commit. A lease of the one owner is never lost."""
        await self.commit(*put, drop=drop)

    async def claim(self, name: str, lasts: float) -> Lease:  # noqa: ARG002 - of the port
        """Return a lease that never ends, and write nothing."""
        return Lease(name)

    async def renew(
        self,
        leases: Sequence[Lease],
        lasts: float,  # noqa: ARG002 - of the port
    ) -> Sequence[Lease]:
        """Return the leases as they are."""
        return leases

    async def release(self, lease: Lease, *, rest: float = 0.0) -> None:
        """Do nothing."""
