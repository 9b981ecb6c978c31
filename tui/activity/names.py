"""Whom the pushes of the Activity room are for: the journal holds no names, so plans, receipts and contacts say it.

What this holds is client data: `PushClients.people` is a field that privacy (F6) hides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from core.push.plan import Asset
from core.push.records import Push

if TYPE_CHECKING:
    from tui.wiring import Desk


class PushClients(Struct, frozen=True):
    """The names that were found: by push id, and for milestones by the contact's id in Total Expert.

    "" stands for a name that was looked for and is not known.
    """

    people: Mapping[str, str] = {}

    def of(self, push: Push) -> str:
        """Return whom a push is for; "" if that is not known."""
        return self.people.get(_key(push), "")

    def lacks(self, push: Push) -> bool:
        """Return True if nobody has looked for the name of a push."""
        return _key(push) not in self.people

    def having(self, found: Mapping[str, str]) -> PushClients:
        """Return these names and those of `found`, by the same keys."""
        return PushClients({**self.people, **found})


def _key(push: Push) -> str:
    return f"contact {push.about}" if push.asset is Asset.MILESTONE else push.push_id


async def find_clients(desk: Desk, pushes: Iterable[Push], now: float) -> dict[str, str]:
    """Return for each push the name of whom it is for, by the keys of `PushClients`; "" if that is not known.

    Sends no request: the names come from the book, the receipts, and the contacts as they were read last. `now` is in
    seconds since 1970. Raises `BookClosed`.
    """
    pushes = list(pushes)
    milestones = [push for push in pushes if push.asset is Asset.MILESTONE]
    others = [push for push in pushes if push.asset is not Asset.MILESTONE]
    clients = await desk.names.clients(others) if others and desk.names is not None else {}
    contacts = await _contact_names(desk, {push.about for push in milestones}, now) if milestones else {}
    found = {push.push_id: clients.get(push.push_id, "") for push in others}
    return found | {_key(push): contacts.get(push.about, "") for push in milestones}


async def _contact_names(desk: Desk, ids: set[str], now: float) -> dict[str, str]:
    """Return the names of contacts of Total Expert, by id, without those that are not known."""
    if desk.contacts is None:
        return {}
    known = desk.contacts.last or await desk.contacts.known_contacts((frozenset(), ids), {}, now)
    people = known.total_expert if known is not None else ()
    return {person.id: person.name for person in people if person.id in ids and person.name}
