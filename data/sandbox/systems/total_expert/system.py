"""Total Expert's stand-in as one system: the resources over the store, the sign-in, and the notifications."""

from __future__ import annotations

from data.sandbox.store import Document, Store
from data.sandbox.systems.api import Call, Clock, SandboxReply
from data.sandbox.systems.total_expert.base import TotalExpertBase
from data.sandbox.systems.total_expert.contacts.resource import ServedContacts
from data.sandbox.systems.total_expert.groups import ServedGroups
from data.sandbox.systems.total_expert.insights import ServedInsights
from data.sandbox.systems.total_expert.notes import ServedNotes
from data.sandbox.systems.total_expert.sign_in import SignIn
from data.sandbox.systems.total_expert.unsubscribes import ServedUnsubscribes
from data.sandbox.systems.total_expert.users import ServedUsers
from data.sandbox.systems.total_expert.webhooks import ServedSubscriptions, notify, record_hash


class SandboxTotalExpert(TotalExpertBase):
    """The vendor's operations over the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._sign_in = SignIn(self)
        self.operations = (
            *self._sign_in.operations,
            *ServedContacts(self).operations,
            *ServedGroups(self).operations,
            *ServedInsights(self).operations,
            *ServedNotes(self).operations,
            *ServedUsers(self).operations,
            *ServedUnsubscribes(self).operations,
            *ServedSubscriptions(self).operations,
        )

    def refusal(self, call: Call) -> SandboxReply | None:
        """Return the 401 for a call without a valid token, the 429 for too many, the 403 for a forbidden resource."""
        if (problem := self._sign_in.problem(call)) is not None:
            return self.error(401, "unauthorized", problem)
        if not self.has_room():
            return self.error(429, "too-many-requests", "Too many requests in a minute.")
        if call.parts and call.parts[0] in str(self.options["forbidden"]).split(","):
            return self.error(403, "forbidden", "You do not have permission for this resource.")
        return None

    # A contact that somebody else changes, through a control call, is notified like one that a client changes.

    def keep(self, kind: str, id_: str, document: Document) -> None:
        """Keep a new record; subscribers hear of a contact."""
        super().keep(kind, id_, document)
        self._notify(kind, "CREATED", document)

    def change(self, kind: str, id_: str, document: Document) -> None:
        """Put a new version in the place of a record; subscribers hear of a contact, changed or not."""
        super().change(kind, id_, document)
        self._notify(kind, "DELETED" if document.get("archived") is True else "UPDATED", document)

    def forget(self, kind: str, id_: str) -> bool:
        """Remove a record; subscribers hear of a contact."""
        before = self.store.get(self.name, kind, id_)
        if before is not None:
            self._notify(kind, "DELETED", before)
        return super().forget(kind, id_)

    def _notify(self, kind: str, action: str, document: Document) -> None:
        if kind == "contacts":
            notify(self, "CONTACT", action, document.get("id"), record_hash(document))
