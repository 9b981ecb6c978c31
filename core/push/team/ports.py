"""What the engine needs from a book that several senders may share: docs/protocol.md, "Several senders".

A sender is one process that can send the pushes of a book: an app, a command or a worker. `data/book` and the fakes of
the tests implement these, and pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Protocol

from msgspec import Struct

from core.errors import HeldElsewhere, LeaseLost
from core.push.plan import Asset
from core.push.ports import Lease, PushBook

LASTS: Final = 90.0
"""Seconds for which a lease is taken. A sender that dies is followed by another one after this time at the latest."""
RENEWALS: Final = 4
"""How often a lease is renewed in the time that it lasts, while its sender needs it."""


class Held(Struct, frozen=True):
    """A lease as others see it: what is held, by whom, and for how many seconds at least it still lasts.

    `sender` is the id of the process, another one for each start; `operator` and `host` are for people to read.
    """

    name: str
    sender: str
    operator: str
    host: str
    lasts: float


class PushNews(Struct, frozen=True):
    """The pushes of a book that were changed since an earlier mark, by whichever sender, and the mark of this answer.

    A mark is opaque: only the book that gave it can read it. "" is the mark before the first answer.
    """

    mark: str
    push_ids: tuple[str, ...] = ()


class SharedToken(Struct, frozen=True):
    """The token of one credential, and for how many seconds it is still used."""

    bearer: str
    lasts: float

    def __repr__(self) -> str:
        """Return how long the token is used, without the token itself."""
        return f"SharedToken(lasts={self.lasts:.0f})"


class TeamBook(PushBook, Protocol):
    """A book that several senders share: desks and workers, on any machine."""

    @property
    def may_share(self) -> bool:
        """False if this account may only read the book: then the sender has rates and tokens of its own.

        A book that was opened for reading, by an account that may write it, shares them.
        """
        ...

    async def claim_next(self, count: int, lasts: float, assets: Collection[Asset]) -> Sequence[Lease]:
        """Take the leases of at most `count` pushes of `assets` that go on without a person, and return the leases.

        Those are pushes in the state QUEUED, RUNNING or PAUSED which `claim` would give, which nobody holds (also not
        this sender) and which do not rest. The earliest committed come first. A push that another sender is
        claiming at this moment is passed over, not waited for. Raises `BookClosed`.
        """
        ...

    async def held(self, prefix: str = "") -> Sequence[Held]:
        """Return the leases that have not ended and of which the name begins with `prefix`, sorted by name.

        The leases of this sender are among them. Raises `BookClosed`.
        """
        ...

    async def changes(self, mark: str) -> PushNews:
        """Return the pushes of which the push or a step was committed since `mark`, and the mark of now.

        A committed change is in the answer to at least one call that comes after the commit, however long its
        transaction took and whoever made it. It may be in several answers. The answer to the mark "" has no push in it.
        The time depends on the number of changes, not on the size of the book. Raises `BookClosed`.
        """
        ...

    async def reserve(self, name: str, count: int, gap: float) -> float:
        """Reserve the next `count` sends over a connection, `gap` seconds apart. Return when the first may leave.

        The n-th (from 0) may leave `n * gap` seconds after the first. The answer is in seconds from the book's reply,
        0 or more. `name` is the same for all who share a credential. All reservations of a name, by whichever sender,
        are at least `gap` seconds apart on the book's clock; none is before the moment of its call. Raises
        `BookClosed`.
        """
        ...

    async def get_token(self, credential: str) -> SharedToken | None:
        """Return the token of a credential that was stored last, unless it has ended on the book's clock.

        A token that can't be read counts as none. `credential` is as the `name` of `reserve`. Raises `BookClosed`.
        """
        ...

    async def claim_token(self, credential: str, lasts: float) -> Lease:
        """Take for `lasts` seconds the right to request a new token for all who share a credential. See `claim`.

        Raises `HeldElsewhere` while another sender has it, `BookClosed`.
        """
        ...

    async def put_token(self, credential: str, bearer: str, lasts: float) -> None:
        """Store the token of a credential in the place of the one before; it ends in `lasts` seconds.

        Raises `BookClosed`.
        """
        ...


def held_elsewhere(name: str, operator: str, host: str) -> HeldElsewhere:
    """Return the error of a claim of a name that `operator` holds on the machine `host`."""
    return HeldElsewhere("held-elsewhere", f"{operator} on {host} works on {name}.")


def lease_lost(name: str) -> LeaseLost:
    """Return the error of a commit under a lease on a name that is lost."""
    return LeaseLost("lease-lost", f"{name} was taken over by another desk or worker.")
