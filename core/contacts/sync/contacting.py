"""Whether somebody may be contacted now, and by which channel: by their consent, and by the hours of the profile. Pure.

A plan of a share asks `Contacting.stop` for each channel that it would use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from core.contacts.consent import Channel, PersonConsent, refusal
from core.contacts.model import Contact
from core.local_forms import UTC_TIME, DeskTime
from core.push.plan import Asset, StatedConsent
from core.send_hours import SendHours


class ContactingStop(Struct, frozen=True):
    """Why somebody is not contacted now. `opens` is when it is possible: seconds since 1970; None if it is not."""

    why: str
    opens: float | None = None


class NotContacted(Struct, frozen=True):
    """Somebody whom a plan leaves out, and why.

    `opens` is when it is possible by the hours of the profile, in seconds since 1970; None if hours are not the reason.
    """

    total_expert_id: str
    name: str
    why: str
    opens: float | None = None


class Contacting(Struct, frozen=True):
    """What people wish, by the id of their contact, and the hours in which anybody is contacted, if there are some.

    `now` is seconds since 1970. `local` writes a day for the person who asks.
    """

    consents: Mapping[str, PersonConsent] = {}
    hours: SendHours | None = None
    now: float = 0.0
    local: DeskTime = UTC_TIME

    def stop(self, contact: Contact, channel: Channel, *, agreed: bool = False) -> ContactingStop | None:
        """Return why a contact of Total Expert is not contacted by a channel now; None if nothing is against it.

        `agreed` says that a person confirms that the contact agreed to text messages.
        """
        consent = self.consents.get(contact.id)
        if consent is not None and (refused := refusal(consent, channel, agreed=agreed)) is not None:
            return ContactingStop(f"must not be reached by {channel.words}: {refused.why}")
        if self.hours is not None and (opens := self.hours.opens(self.now, contact.state)) is not None:
            return ContactingStop(self.hours.outside(contact.state), opens)
        return None

    def stated(self, contact_ids: Iterable[str]) -> tuple[StatedConsent, ...]:
        """Return what a plan and its receipt keep of the consent of these contacts."""
        known = ((contact_id, self.consents.get(contact_id)) for contact_id in contact_ids)
        return tuple(StatedConsent(id_, consent.stated) for id_, consent in known if consent is not None)


CONTACTING: Final = frozenset({Asset.SHARE, Asset.INVITE})
"""The assets of which each step contacts a person, so that consent and hours are looked at before each send."""
NOBODY_ASKED: Final = Contacting()
"""Nothing is known of anybody's consent, and no hours are kept."""
