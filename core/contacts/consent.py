"""Which channels a person's opt-outs leave, and whether milestones may be sent to them. Pure.

An opt-out on any record of a person counts for all records of that person. Only Total Expert says what a contact
wishes. Nothing readable tells whether a contact agreed to text messages, and `do_not_contact` can be written and never
read. No text of the vendors says how the values combine; the rules are ours (docs/domain.md, "Consent").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.compare.keys import email_key
from core.compare.mailboxes import inboxes_in
from core.contacts.model import Contact


class Channel(StrEnum):
    """A way to reach a contact."""

    EMAIL = "email"
    SMS = "sms"

    @property
    def words(self) -> str:
        """The channel as a person reads it."""
        return "text message" if self is Channel.SMS else "email"


class OptOutKind(StrEnum):
    """What a contact does not want, in the words that a person reads."""

    NO_EMAIL = "no email"
    NO_CALLS = "no calls"
    NO_MAIL = "no mail"
    SILENCED = "silenced"
    UNSUBSCRIBED = "unsubscribed"


class Unsubscribe(Struct, frozen=True):
    """An address that is unsubscribed from emails: for the whole organisation, or for some users by their ids."""

    email: str
    organisation: bool = False
    users: tuple[str, ...] = ()


class OptOut(Struct, frozen=True):
    """One opt-out. `record` is the id of the contact that says so; "" for an unsubscribed address."""

    kind: OptOutKind
    record: str = ""

    @property
    def words(self) -> str:
        """The opt-out with the record that it comes from."""
        return f"{self.kind} (contact {self.record})" if self.record else self.kind.value


class PersonConsent(Struct, frozen=True):
    """What all records of one person say.

    `opt_outs` are in the order of the records. `stated` is what every record says in words, opt-outs or not. `unasked`
    is True if an address can't be asked about.
    """

    opt_outs: tuple[OptOut, ...]
    stated: str
    unasked: bool

    @property
    def words(self) -> str:
        """The opt-outs with the records that they come from; "" if none is known."""
        return ", ".join(opt_out.words for opt_out in self.opt_outs)

    def first(self, kind: OptOutKind) -> OptOut | None:
        """Return the first opt-out of a kind; None if there is none."""
        return next((opt_out for opt_out in self.opt_outs if opt_out.kind is kind), None)


class ChannelRefusal(Struct, frozen=True):
    """Why a channel is not used. `record` is the id of the contact that says so, "" if no contact does."""

    why: str
    record: str = ""


_YES_OR_NO: Final[Mapping[bool | None, str]] = {True: "yes", False: "no", None: "unknown"}
_SILENCED: Final[Mapping[bool | None, str]] = {
    True: "silenced",
    False: "not silenced",
    None: "silenced unknown",
}
_EVERY_WAY: Final = (OptOutKind.NO_EMAIL, OptOutKind.NO_CALLS, OptOutKind.NO_MAIL)
_OFF: Final = {Channel.EMAIL: OptOutKind.NO_EMAIL, Channel.SMS: OptOutKind.NO_CALLS}
CANT_ASK: Final = "Total Expert can't be asked whether the address is unsubscribed"
NOBODY_CONFIRMED: Final = "nobody confirmed that the contact agreed to text messages"


def opt_outs_of(contact: Contact) -> tuple[OptOut, ...]:
    """Return the opt-outs of one record. A value that is not known is not an opt-out."""
    said = contact.consent
    is_off = {
        OptOutKind.NO_EMAIL: said.email is False,
        OptOutKind.NO_CALLS: said.call is False,
        OptOutKind.NO_MAIL: said.mail is False,
        OptOutKind.SILENCED: said.silenced is True,
    }
    return tuple(OptOut(kind, contact.id) for kind, off in is_off.items() if off)


def opt_out_words(contact: Contact) -> str:
    """Return the opt-outs of one record as a person reads them, as in "no email, silenced"; "" if there is none."""
    return ", ".join(opt_out.kind for opt_out in opt_outs_of(contact))


def consent_words(contact: Contact) -> str:
    """Return what one record says of every channel, as in "no email · calls · mail"; "" if it says nothing."""
    said = contact.consent
    ways = (
        (said.email, "email", OptOutKind.NO_EMAIL),
        (said.call, "calls", OptOutKind.NO_CALLS),
        (said.mail, "mail", OptOutKind.NO_MAIL),
    )
    parts = [word if wanted else off.value for wanted, word, off in ways if wanted is not None]
    if said.silenced:
        parts.insert(0, OptOutKind.SILENCED.value)
    return " · ".join(parts)


def person_consent(
    records: Sequence[Contact], unsubscribes: Iterable[Unsubscribe] | None = ()
) -> PersonConsent:
    """Return what the records of one person in Total Expert say together.

    `unsubscribes` are those of the person's addresses. None says that an address can't be asked about.
    """
    owners = {owner for record in records for owner in (record.owner, record.assignee) if owner}
    off = [
        unsubscribe
        for unsubscribe in unsubscribes or ()
        if unsubscribe.organisation or not owners.isdisjoint(unsubscribe.users)
    ]
    opt_outs = [opt_out for record in records for opt_out in opt_outs_of(record)]
    if off:
        opt_outs.append(OptOut(OptOutKind.UNSUBSCRIBED))
    stated = [*(_stated(record) for record in records), *map(_unsubscribed, off)]
    return PersonConsent(tuple(opt_outs), "; ".join(stated), unsubscribes is None)


def _stated(record: Contact) -> str:
    said = record.consent
    ways = f"email {_YES_OR_NO[said.email]}, calls {_YES_OR_NO[said.call]}, mail {_YES_OR_NO[said.mail]}"
    return f"contact {record.id}: {ways}, {_SILENCED[said.silenced]}"


def _unsubscribed(unsubscribe: Unsubscribe) -> str:
    if unsubscribe.organisation:
        return "the address is unsubscribed for the organisation"
    return f"the address is unsubscribed for user {', '.join(unsubscribe.users)}"


def refusal(consent: PersonConsent, channel: Channel, *, agreed: bool = False) -> ChannelRefusal | None:
    """Return why a channel must not be used for a person; None if it may be used.

    `agreed` says that a person confirms that the contact agreed to text messages.
    """
    for kind in (OptOutKind.SILENCED, _OFF[channel]):
        if (opt_out := consent.first(kind)) is not None:
            return ChannelRefusal(opt_out.words, opt_out.record)
    match channel:
        case Channel.EMAIL:
            if (opt_out := consent.first(OptOutKind.UNSUBSCRIBED)) is not None:
                return ChannelRefusal(opt_out.words)
            return ChannelRefusal(CANT_ASK) if consent.unasked else None
        case Channel.SMS:
            return None if agreed else ChannelRefusal(NOBODY_CONFIRMED)


def silence(consent: PersonConsent) -> ChannelRefusal | None:
    """Return why milestones of a person wait for somebody's word; None if they do not.

    They wait if one record is silenced, or if no way is left: no email, no calls and no mail, on whichever records.
    """
    if (silenced := consent.first(OptOutKind.SILENCED)) is not None:
        return ChannelRefusal(silenced.words, silenced.record)
    off = [opt_out for kind in _EVERY_WAY if (opt_out := consent.first(kind)) is not None]
    if len(off) < len(_EVERY_WAY):
        return None
    return ChannelRefusal(", ".join(opt_out.words for opt_out in off), off[0].record)


def addresses(records: Iterable[Contact]) -> tuple[str, ...]:
    """Return the different emails of records, in their order: each inbox of a text, or a text that names none as it is.

    Total Expert may know an unsubscription of such a text.
    """
    written = [
        email for record in records for email in inboxes_in(record.email) or filter(str.strip, [record.email])
    ]
    return tuple({email_key(email): email for email in written}.values())


class PersonRecords:
    """Which records of Total Expert are one person: linked with, or judged to be, one person of SimpleNexus.

    `pairs` are links and "same" answers, as (SimpleNexus id, Total Expert id).
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._theirs: dict[str, list[str]] = {}
        self._ours: dict[str, list[str]] = {}
        for our_id, their_id in pairs:
            self._theirs.setdefault(our_id, []).append(their_id)
            self._ours.setdefault(their_id, []).append(our_id)

    def of(self, total_expert_id: str) -> tuple[str, ...]:
        """Return the ids of all records of a person in Total Expert, the given one first."""
        return tuple(self._reached(total_expert_id))

    def _reached(self, total_expert_id: str) -> Iterator[str]:
        seen, waiting = {total_expert_id}, [total_expert_id]
        while waiting:
            yield (their_id := waiting.pop(0))
            for our_id in self._ours.get(their_id, ()):
                new = [other for other in self._theirs[our_id] if other not in seen]
                seen.update(new)
                waiting += new
