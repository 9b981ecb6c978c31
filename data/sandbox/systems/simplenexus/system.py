"""SimpleNexus's stand-in as one system: the resources over the store, and the sign-in before them."""

from __future__ import annotations

from data.sandbox.store import Document, Store
from data.sandbox.systems import events
from data.sandbox.systems.api import Call, Clock, SandboxReply
from data.sandbox.systems.simplenexus.applications import ServedApplications
from data.sandbox.systems.simplenexus.base import SimpleNexusBase
from data.sandbox.systems.simplenexus.borrowers import ServedBorrowers
from data.sandbox.systems.simplenexus.officers import ServedOfficers
from data.sandbox.systems.simplenexus.partners import ServedPartners
from data.sandbox.systems.simplenexus.prospects import ServedProspects
from data.sandbox.systems.simplenexus.records import OFFICERS
from data.sandbox.systems.simplenexus.sign_in import OauthTokens
from data.sandbox.systems.simplenexus.webhooks import ServedWebhooks

_PEOPLE = ("borrowers", "partners")


class SandboxSimpleNexus(SimpleNexusBase):
    """The vendor's operations over the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._sign_in = OauthTokens(self)
        self.operations = (
            *self._sign_in.operations,
            *ServedOfficers(self).operations,
            *ServedBorrowers(self).operations,
            *ServedPartners(self).operations,
            *ServedProspects(self).operations,
            *ServedApplications(self).operations,
            *ServedWebhooks(self).operations,
        )

    def refusal(self, call: Call) -> SandboxReply | None:
        """Return the 401 for a call without a token in force."""
        problem = self._sign_in.problem(call)
        return None if problem is None else self.error(401, "unauthorized", problem)

    def forget(self, kind: str, id_: str) -> bool:
        """Remove a record; of a person a webhook tells, which names the officer and not the person's address."""
        before = self.store.get(self.name, kind, id_)
        if before is not None and kind in _PEOPLE:
            self._tell_removed(kind, before)
        return super().forget(kind, id_)

    def edited(self, kind: str, document: Document) -> None:
        """Tell that somebody else changed a person."""
        if kind in _PEOPLE:
            self.tell_of_user("user_updated", kind, document)

    def _tell_removed(self, kind: str, record: Document) -> None:
        user = {"borrowers": "USER_BORROWER", "partners": "PARTNER"}[kind]
        info = {"name": f"{record.get('first_name')} {record.get('last_name')}", "user_type": user}
        link = f"{OFFICERS}/{record.get('loan_officer_id')}"
        events.tell(self, "user_deleted", link, info, self.clock())
