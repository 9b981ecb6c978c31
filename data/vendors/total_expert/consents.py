"""What Total Expert says of a contact's wishes now: the contact's own fields, and unsubscribed addresses."""

from __future__ import annotations

from collections.abc import Sequence

from core.contacts.consent import Unsubscribe
from core.contacts.model import Contact
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.contact_source import contact_of, flag_of
from data.vendors.total_expert.filters import is_filterable


class TotalExpertConsents:
    """Implements `core.contacts.ports.ConsentSource` with the typed client."""

    def __init__(self, client: TotalExpert) -> None:
        self._client = client

    async def contact(self, contact_id: str) -> Contact | None:
        """Read one contact now; None if there is none. Raises `Unreachable`."""
        record = await self._client.contact(contact_id)
        return None if record is None else contact_of(record)

    async def unsubscribes(self, email: str) -> Sequence[Unsubscribe] | None:
        """Return what an address is unsubscribed from. Raises `Unreachable`.

        None for an address with a comma, which no filter can hold. An address that is unsubscribed from a sending
        domain of Total Expert alone is left out: SimpleNexus does not send from there.
        """
        if not is_filterable(email):
            return None
        return [
            Unsubscribe(
                record.email,
                flag_of(record.organization_wide) is True,
                tuple(user.key for user in record.users or () if user.key),
            )
            for record in await self._client.unsubscribes(email)
        ]
