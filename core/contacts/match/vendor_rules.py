"""What each system's own rules will do with an import or a push: shown before, checked after. Pure.

SimpleNexus (spec): an account per email (409), first and last name of 1 to 30 characters and an email (400); a prospect
has names of at most 100 characters or none, and needs an email or a phone. Total
Expert (digest): a create that matches a contact of the same owner changes that one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from core.compare.addresses import postcode_of, street_of
from core.compare.keys import email_key, text_key
from core.compare.names import fold
from core.compare.phones import digits
from core.contacts.model import Contact, ContactKind
from core.contacts.payloads import phone_of

LONGEST_NAME: Final = 30
LONGEST_PROSPECT: Final = 100
LONGEST_EMAIL: Final = 255


class VendorOutcome(StrEnum):
    """What a system will do."""

    CREATED = "created"
    PATCHED = "changes an existing contact"
    REFUSED = "refused"


class ForecastProblem(StrEnum):
    """Why a system will not simply create it."""

    SAME_EMAIL = "409: another account has this email"
    LONG_NAME = "400: a name of more than 30 characters"
    LONG_PROSPECT = "400: a prospect's name of more than 100 characters"
    NO_NAME = "400: first and last name are needed"
    NO_EMAIL = "400: an account needs an email"
    LONG_EMAIL = "400: an email of more than 255 characters"
    NO_ADDRESSEE = "400: a prospect needs an email or a phone"
    NO_WAY_TO_REACH = "an email, a phone or a whole address is needed"


class VendorRule(StrEnum):
    """By which of Total Expert's rules a create hits a contact, in its order."""

    EXTERNAL_ID = "external id"
    EMAIL = "first and last name, email"
    ADDRESS = "first and last name, address"
    HOME_PHONE = "first and last name, home phone"
    CELL_PHONE = "first and last name, cell phone"
    OFFICE_PHONE = "first and last name, office phone"


class Forecast(Struct, frozen=True):
    """What will become of one record: created, refused with the troubles, or whom a push changes, and by which rule.

    `hits` are all the contacts that the rule finds; Total Expert picks one, nobody says which. `later` is what will
    keep an imported prospect from getting an account.
    """

    outcome: VendorOutcome
    troubles: tuple[ForecastProblem, ...] = ()
    rule: VendorRule | None = None
    hits: tuple[str, ...] = ()
    later: tuple[ForecastProblem, ...] = ()


class Accounts:
    """SimpleNexus, as far as its refusals go: which emails have an account."""

    def __init__(self, simplenexus: Iterable[Contact]) -> None:
        self._emails = {
            email_key(one.email) for one in simplenexus if one.kind is not ContactKind.PROSPECT
        } - {""}

    def prospect(self, contact: Contact) -> Forecast:
        """Say what an import as a prospect will meet."""
        troubles = []
        if max(len(name.strip()) for name in (contact.first_name, contact.last_name)) > LONGEST_PROSPECT:
            troubles.append(ForecastProblem.LONG_PROSPECT)
        if len(contact.email.strip()) > LONGEST_EMAIL:
            troubles.append(ForecastProblem.LONG_EMAIL)
        if not contact.email.strip() and not phone_of(contact):
            troubles.append(ForecastProblem.NO_ADDRESSEE)
        return msgspec.structs.replace(_told(troubles), later=self.account(contact).troubles)

    def account(self, contact: Contact) -> Forecast:
        """Say what sharing the app, which makes a borrower's account, will meet."""
        troubles = [*_name_troubles(contact)]
        email = email_key(contact.email)
        if not email:
            troubles.append(ForecastProblem.NO_EMAIL)
        elif email in self._emails:
            troubles.append(ForecastProblem.SAME_EMAIL)
        return _told(troubles)


def _name_troubles(contact: Contact) -> Iterator[ForecastProblem]:
    lengths = [len(name.strip()) for name in (contact.first_name, contact.last_name)]
    if not all(lengths):
        yield ForecastProblem.NO_NAME
    if max(lengths) > LONGEST_NAME:
        yield ForecastProblem.LONG_NAME
    if len(contact.email.strip()) > LONGEST_EMAIL:
        yield ForecastProblem.LONG_EMAIL


def _told(troubles: Iterable[ForecastProblem]) -> Forecast:
    held = tuple(troubles)
    return Forecast(VendorOutcome.REFUSED if held else VendorOutcome.CREATED, held)


def full_name_key(contact: Contact) -> tuple[str, str]:
    """Return first and last name as Total Expert's duplicate check compares them: case and spacing don't count."""
    return text_key(contact.first_name), text_key(contact.last_name)


_Key = tuple[str, ...]


def _address(one: Contact) -> str:
    street = street_of(one.street, one.street_2)
    parts = (f"{street.unit}/{street.key}", fold(one.city), fold(one.state), postcode_of(one.postcode))
    return "|".join(parts) if street.key and all(parts[1:]) else ""


_RULES: Final[tuple[tuple[VendorRule, Callable[[Contact], str]], ...]] = (
    (VendorRule.EMAIL, lambda one: email_key(one.email)),
    (VendorRule.ADDRESS, _address),
    (VendorRule.HOME_PHONE, lambda one: digits(one.home_phone)),
    (VendorRule.CELL_PHONE, lambda one: digits(one.mobile_phone)),
    (VendorRule.OFFICE_PHONE, lambda one: digits(one.work_phone)),
)


class Deduplication:
    """Total Expert's own duplicate check, per owner, in its order (digest), over the contacts it is known to hold."""

    def __init__(
        self,
        total_expert: Iterable[Contact],
        external_ids: Iterable[tuple[str, str]] = (),
        owner_of: Callable[[Contact], str] = lambda contact: contact.owner,
    ) -> None:
        """Take the contacts, their external ids as (external id, contact's id), and what says whose one is."""
        self._ids: dict[str, list[str]] = {}
        for external, contact_id in external_ids:
            self._ids.setdefault(external, []).append(contact_id)
        self._held: dict[_Key, list[str]] = {}
        for contact in total_expert:
            for key in _keys(contact, owner_of(contact)):
                self._held.setdefault(key, []).append(contact.id)

    def push(self, contact: Contact, owner: str, external_id: str = "") -> Forecast:
        """Say whom a push for this owner will change, if anybody."""
        if external_id and external_id in self._ids:
            return Forecast(VendorOutcome.PATCHED, (), VendorRule.EXTERNAL_ID, tuple(self._ids[external_id]))
        if not contact.first_name.strip() or not contact.last_name.strip():
            return _told([ForecastProblem.NO_NAME])
        if not contact.email.strip() and not contact.phones and not _address(contact):
            return _told([ForecastProblem.NO_WAY_TO_REACH])
        for key in _keys(contact, owner):
            if key in self._held:
                return Forecast(VendorOutcome.PATCHED, (), VendorRule(key[0]), tuple(self._held[key]))
        return Forecast(VendorOutcome.CREATED)


def _keys(contact: Contact, owner: str) -> Iterator[_Key]:
    """Give what a contact is found by, in Total Expert's order; names compare but for case and spacing."""
    first, last = full_name_key(contact)
    if first and last:
        for rule, value in _RULES:
            if held := value(contact):
                yield rule.value, owner, first, last, held
