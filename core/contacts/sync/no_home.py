"""What a copy of a contact leaves behind: each field that its source holds and that the other system has no place for.

Said before anything is sent, field by field. Consent is not a such field: it is read in Total Expert before each
contact. Pure. docs/domain.md, "Agents", has the reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from core.compare.dates import plain_date
from core.compare.mailboxes import addresses_in, email_fault, inbox_in
from core.compare.phones import digits, numbers_in, stands_for_no_phone
from core.compare.spreadsheet_traces import trace_reason
from core.contacts.match.roles import CUSTOM
from core.contacts.model import Contact, Role, Verdict, VerdictRow
from core.contacts.payloads import PHONES, refused_of_partner
from core.push.plan import Entity, System
from core.systems import display_name


class NoHomeField(Struct, frozen=True):
    """One field that a copy leaves behind, with its value and the reason.

    `entity` is what the contact becomes there, `local_id` its id in its own system and `name` the person's name.
    """

    system: System
    entity: Entity
    local_id: str
    name: str
    field: str
    value: str
    why: str


UNREADABLE: Final = "(can't be read)"
"""What is shown in the place of an odd value, which is not kept."""
_ADDRESS: Final = ("street", "street_2", "city", "state", "postcode")
_NAMES: Final = ("first_name", "last_name", "email")
_ALL: Final = (
    *("first_name", "middle_name", "last_name", "suffix", "nickname", "title", "email", *PHONES),
    *("birth_date", *_ADDRESS, "country", "professional_title"),
    *("license_number", "employer", "employer_license"),
)
"""The text fields that say something about the person, in the order in which they are named."""
_HOMES: Final[Mapping[Entity, frozenset[str]]] = {
    Entity.PROSPECT: frozenset({*_NAMES, *PHONES}),
    Entity.PARTNER: frozenset({*_NAMES, *PHONES, *_ADDRESS, "professional_title"}),
    Entity.CONTACT: frozenset({*_NAMES, *PHONES, *_ADDRESS, "suffix", "birth_date"}),
}
"""The fields with a place in the other system. Of the phones, SimpleNexus takes one."""
_LABELS: Final = {
    "title": "title (honorific)",
    "license_number": "license number",
    "employer_license": "employer's license number",
    "street_2": "second address line",
}


def no_home_fields(
    contact: Contact, system: System, entity: Entity, title_field: str = ""
) -> Iterator[NoHomeField]:
    """Yield the fields that a copy of a contact to `system` as an `entity` leaves behind.

    `title_field` is the custom field of Total Expert that holds a professional title; "" if there is none.
    """
    for field, value, why in _fields(contact, system, entity, title_field):
        label = _LABELS.get(field, field.replace("_", " "))
        yield NoHomeField(system, entity, contact.id, contact.name, label, value, why)


def _fields(
    contact: Contact, system: System, entity: Entity, title_field: str
) -> Iterator[tuple[str, str, str]]:
    """Yield (field, value, reason)."""
    no_place = f"{display_name(system)} has no place for it"
    yield from _own_fields(contact, system, entity, title_field, no_place)
    if system is System.SIMPLENEXUS:
        yield from _other_phones(contact)
    yield from _relationships(contact, no_place)
    for name, value in contact.more:
        if name != f"{CUSTOM}{title_field}":  # that is the professional title
            yield name, value, no_place
    for name, why in contact.odd:
        yield name, UNREADABLE, why


def _own_fields(
    contact: Contact, system: System, entity: Entity, title_field: str, no_place: str
) -> Iterator[tuple[str, str, str]]:
    """Yield (field, value, reason) for the contact's own fields of text."""
    homes = _HOMES[entity]
    if entity is Entity.CONTACT and title_field:
        homes |= {"professional_title"}
    refused = dict(refused_of_partner(contact)) if entity is Entity.PARTNER else {}
    for name in _ALL:
        if not (value := getattr(contact, name).strip()):
            continue
        if name not in homes:
            unnamed = entity is Entity.CONTACT and name == "professional_title"
            yield name, value, "no custom field is named for it (title_field)" if unnamed else no_place
        elif name in refused:
            yield name, value, refused[name]
        elif (entity is Entity.CONTACT or name not in PHONES) and (
            why := _why_left_out(name, value, display_name(system))
        ):
            yield name, value, why


def _other_phones(contact: Contact) -> Iterator[tuple[str, str, str]]:
    """Yield the phones besides the one that SimpleNexus gets: the first that has digits."""
    sent = next((phone for phone in contact.phones if digits(phone)), "")
    for name in PHONES:
        value = getattr(contact, name)
        if value.strip() and value != sent:
            no_number = trace_reason(value) or (NO_PHONE if stands_for_no_phone(value) else "")
            yield name, value.strip(), no_number or "SimpleNexus takes one phone"


NO_PHONE: Final = "it isn't a phone number"


def _why_left_out(name: str, value: str, system: str) -> str:
    """Return why a value is not sent although its field has a place: a filler, or several emails; "" if it is sent."""
    if reason := trace_reason(value):
        return reason
    if name == "email":
        several = len(addresses_in(value)) > 1
        return email_fault(value) or (
            f"{system} takes one email: {inbox_in(value)} is sent" if several else ""
        )
    if name in PHONES:
        first = next(iter(numbers_in(value)), value)
        if stands_for_no_phone(first):
            return NO_PHONE
        return "" if first == value else f"{system} takes one number: {first} is sent"
    if name == "birth_date":
        return "" if plain_date(value) else "it isn't a birth date"
    return ""


def _relationships(contact: Contact, why: str) -> Iterator[tuple[str, str, str]]:
    if contact.groups:
        yield "groups", ", ".join(contact.groups), why
    if contact.related:
        yield "related entities", ", ".join(related.name or related.id for related in contact.related), why
    if contact.assignee:
        yield "assignee", contact.assignee, why
    if contact.shared_with:
        yield "shared with", ", ".join(contact.shared_with), why


def no_home_of_row(
    row: VerdictRow, contacts: tuple[Contact | None, Contact | None], title_field: str
) -> tuple[NoHomeField, ...]:
    """Return what the copy of a row's contact would leave behind; () for a row that copies nobody.

    `contacts` are the row's records in SimpleNexus and in Total Expert.
    """
    ours, theirs = contacts
    if row.verdict is Verdict.IMPORT and theirs is not None:
        entity = Entity.PARTNER if theirs.role is Role.AGENT else Entity.PROSPECT
        return tuple(no_home_fields(theirs, System.SIMPLENEXUS, entity, title_field))
    if row.verdict is Verdict.PUSH and ours is not None:
        return tuple(no_home_fields(ours, System.TOTAL_EXPERT, Entity.CONTACT, title_field))
    return ()


def counted_fields(fields: Iterable[NoHomeField]) -> list[tuple[str, str, str, int]]:
    """Return (what the contacts become, field, reason, number of contacts) of each field that is left behind.

    The order is that of the fields' first occurrence for each kind of record.
    """
    counts = Counter(
        (f"{field.entity} in {display_name(field.system)}", field.field, field.why) for field in fields
    )
    return [
        (target, name, why, count) for (target, name, why), count in sorted(counts.items(), key=_by_target)
    ]


def _by_target(counted: tuple[tuple[str, str, str], int]) -> str:
    return counted[0][0]
