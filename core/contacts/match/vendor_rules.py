"""The vendors' rules: a forecast of what a system will do with an import or a push. Checked after sending. Pure.

SimpleNexus, by its public API documentation: one account per email (else 409); an account needs an email, and a first
and a last name of 1 to 30 characters (else 400); so does a partner, and a loan officer has one partner per email (else
409); a prospect has names of at most 100 characters and needs an email or a phone. An email has the form of RFC 5321
(`format: email`). A text that is not an address, or a filler, is not sent, and is not an email here. The documentation
does not say whether two loan officers may have partners of one email: such a partner is sent, and a 409 is a question.
Total Expert, by its public API documentation: a create that matches a contact of the same owner changes that contact.
It compares phones by their digits, also phones that are not evidence for a match, such as 555-555-5555.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from core.compare.addresses import postcode_of, state_of, street_of
from core.compare.folding import fold
from core.compare.keys import email_key, text_key
from core.compare.mailboxes import addresses_in, inbox_in
from core.contacts.consent import Channel, person_consent, refusal
from core.contacts.field_limits import LIMITS
from core.contacts.model import Contact, ContactKind
from core.contacts.payloads import phone_of, without_traces

LONGEST_NAME: Final = LIMITS[ContactKind.BORROWER]["last_name"]
LONGEST_PROSPECT: Final = LIMITS[ContactKind.PROSPECT]["last_name"]
LONGEST_EMAIL: Final = LIMITS[ContactKind.BORROWER]["email"]


class VendorOutcome(StrEnum):
    """What a system will do with a new record."""

    CREATED = "created"
    PATCHED = "changes an existing contact"
    REFUSED = "refused"


class ForecastProblem(StrEnum):
    """Why a system will not simply create a record."""

    SAME_EMAIL = "another account has this email"
    SAME_PARTNER = "another partner of the loan officer has this email"
    LONG_NAME = "a name of more than 30 characters"
    LONG_PROSPECT = "a prospect's name of more than 100 characters"
    NO_NAME = "no first or no last name"
    NOT_AN_EMAIL = "the email isn't an email address"
    NO_EMAIL = "no email"
    LONG_EMAIL = "an email of more than 255 characters"
    NO_ADDRESSEE = "no email and no phone"
    NO_WAY_TO_REACH = "an email, a phone or a whole address is needed"
    OPTED_OUT = "the contact opted out of emails, or is silenced"


class VendorRule(StrEnum):
    """The rules by which a create hits an existing contact of Total Expert, in the order in which it applies them."""

    EXTERNAL_ID = "external id"
    EMAIL = "first and last name, email"
    ADDRESS = "first and last name, address"
    HOME_PHONE = "first and last name, home phone"
    CELL_PHONE = "first and last name, cell phone"
    OFFICE_PHONE = "first and last name, office phone"


class Forecast(Struct, frozen=True):
    """What will happen to one record: it is created, it is refused, or it changes an existing contact.

    `troubles` are the reasons of a refusal. `rule` and `hits` are there if a contact is changed: `hits` are the ids of
    all contacts that the rule finds. Total Expert changes one of them; its documentation does not say which. `later` is
    what will keep an imported prospect from getting an account.
    """

    outcome: VendorOutcome
    troubles: tuple[ForecastProblem, ...] = ()
    rule: VendorRule | None = None
    hits: tuple[str, ...] = ()
    later: tuple[ForecastProblem, ...] = ()


class Accounts:
    """SimpleNexus's refusals: knows which emails have an account, and which a partner of each loan officer."""

    def __init__(self, simplenexus: Iterable[Contact]) -> None:
        self._emails = set[str]()
        self._partners = set[tuple[str, str]]()
        for contact in simplenexus:
            if contact.kind is not ContactKind.PROSPECT:
                self._emails.add(email_key(contact.email))
            if contact.kind is ContactKind.PARTNER:
                self._partners.add((contact.owner, email_key(contact.email)))

    def add(self, contact: Contact) -> None:
        """Take in the email of an account that is about to be created."""
        self._emails.add(email_key(inbox_in(contact.email)))

    def add_partner(self, contact: Contact, officer: str) -> None:
        """Take in the email of a partner that is about to be created for a loan officer."""
        self._partners.add((officer, email_key(inbox_in(contact.email))))

    def partner(self, contact: Contact, officer: str) -> Forecast:
        """Return what SimpleNexus will do with an import as a partner of a loan officer.

        A filler such as "none" is not an email.
        """
        contact = without_traces(contact)
        troubles = [*_name_troubles(contact), *_account_email_troubles(contact)]
        email = email_key(inbox_in(contact.email))
        if email and (officer, email) in self._partners:
            troubles.append(ForecastProblem.SAME_PARTNER)
        return _created_unless(troubles)

    def prospect(self, contact: Contact) -> Forecast:
        """Return what SimpleNexus will do with an import as a prospect."""
        troubles = []
        if max(len(name.strip()) for name in (contact.first_name, contact.last_name)) > LONGEST_PROSPECT:
            troubles.append(ForecastProblem.LONG_PROSPECT)
        if is_long_email(contact):
            troubles.append(ForecastProblem.LONG_EMAIL)
        if not inbox_in(contact.email) and not phone_of(contact):
            if contact.email.strip() and not addresses_in(contact.email):
                troubles.append(ForecastProblem.NOT_AN_EMAIL)
            troubles.append(ForecastProblem.NO_ADDRESSEE)
        later = self.account(contact).troubles
        if refusal(person_consent([contact]), Channel.EMAIL) is not None:
            later = (*later, ForecastProblem.OPTED_OUT)
        return msgspec.structs.replace(_created_unless(troubles), later=later)

    def account(self, contact: Contact) -> Forecast:
        """Return what SimpleNexus will do when the app is shared, which creates a borrower's account."""
        contact = without_traces(contact)
        troubles = [*_name_troubles(contact), *_account_email_troubles(contact)]
        email = email_key(inbox_in(contact.email))
        if email and email in self._emails:
            troubles.append(ForecastProblem.SAME_EMAIL)
        return _created_unless(troubles)


def _name_troubles(contact: Contact) -> Iterator[ForecastProblem]:
    lengths = [len(name.strip()) for name in (contact.first_name, contact.last_name)]
    if not all(lengths):
        yield ForecastProblem.NO_NAME
    if max(lengths) > LONGEST_NAME:
        yield ForecastProblem.LONG_NAME


def _account_email_troubles(contact: Contact) -> Iterator[ForecastProblem]:
    if is_long_email(contact):
        yield ForecastProblem.LONG_EMAIL
    elif not inbox_in(contact.email):
        yield ForecastProblem.NO_EMAIL


def is_long_email(contact: Contact) -> bool:
    """Return True if the email of a contact has more characters than SimpleNexus takes."""
    return len(inbox_in(contact.email) or contact.email.strip()) > LONGEST_EMAIL


def _created_unless(troubles: Sequence[ForecastProblem]) -> Forecast:
    """Return the forecast "refused" if there are troubles, else "created"."""
    return Forecast(VendorOutcome.REFUSED if troubles else VendorOutcome.CREATED, tuple(troubles))


def full_name_key(contact: Contact) -> tuple[str, str]:
    """Return first and last name as Total Expert's duplicate check compares them: case and spacing don't count."""
    return text_key(contact.first_name), text_key(contact.last_name)


_Key = tuple[str, ...]
"""A rule, an owner, a full name key and the value that the rule compares."""


_SHORTEST_PHONE: Final = 7
_DIGITS: Final = "0123456789"


def phone_key(phone: str) -> str:
    """Return a phone as Total Expert's duplicate check compares it: all its digits, from seven digits on.

    A filler counts, and so do a country code and an extension. The documentation does not say what is done with fewer
    digits. Our assumption is the careful one: two such phones are equal if they are written alike.
    """
    digits = "".join(char for char in phone if char in _DIGITS)
    return digits if len(digits) >= _SHORTEST_PHONE else text_key(phone)


def _place(contact: Contact) -> tuple[str, str, str, str]:
    return contact.street, contact.city, contact.state, contact.postcode


def _address_keys(contact: Contact) -> tuple[str, ...]:
    """Return the forms of a whole address with city, state and postcode; () if a part is missing.

    Total Expert's rule names no second line, so the first form has none. How it compares the text of a street is not
    documented. The second form is the careful assumption: "88 Pine St Apt 2" may be "88 Pine Street #2".
    """
    written = tuple(map(text_key, _place(contact)))
    if not all(written):
        return ()
    street = street_of(contact.street, contact.street_2)
    place = fold(contact.city), state_of(contact.state), postcode_of(contact.postcode)
    parts = "|".join((f"{street.unit}/{street.key}", *place)) if street.key else ""
    return ("|".join(("written", *written)), *([f"parts|{parts}"] if parts else []))


def _one(key: str) -> tuple[str, ...]:
    return (key,) if key else ()


_RULES: Final[tuple[tuple[VendorRule, Callable[[Contact], tuple[str, ...]]], ...]] = (
    (VendorRule.EMAIL, lambda contact: _one(email_key(contact.email))),
    (VendorRule.ADDRESS, _address_keys),
    (VendorRule.HOME_PHONE, lambda contact: _one(phone_key(contact.home_phone))),
    (VendorRule.CELL_PHONE, lambda contact: _one(phone_key(contact.mobile_phone))),
    (VendorRule.OFFICE_PHONE, lambda contact: _one(phone_key(contact.work_phone))),
)
"""What each rule compares: two contacts fit if one value of theirs is equal. Without a value the rule finds nobody."""


class Deduplication:
    """Total Expert's own duplicate check: separately for each owner, in the order of its rules.

    It knows the contacts that were read, and no others.
    """

    def __init__(
        self,
        total_expert: Iterable[Contact],
        external_ids: Iterable[tuple[str, str]] = (),
        owner_of: Callable[[Contact], str] = lambda contact: contact.owner,
    ) -> None:
        """Index the contacts. `external_ids` are (external id, contact's id); `owner_of` returns a contact's owner."""
        self._ids_by_external_id: dict[str, list[str]] = {}
        for external_id, contact_id in external_ids:
            self._ids_by_external_id.setdefault(external_id, []).append(contact_id)
        self._ids_by_key: dict[_Key, list[str]] = {}
        for contact in total_expert:
            self.add(contact, owner_of(contact))

    def add(self, contact: Contact, owner: str) -> None:
        """Take in one more contact of an owner, such as one that a push of the same sync creates."""
        for _, keys in _keys(contact, owner):
            for key in keys:
                self._ids_by_key.setdefault(key, []).append(contact.id)

    def push(self, contact: Contact, owner: str, external_id: str = "") -> Forecast:
        """Return what Total Expert will do with a push for this owner."""
        if external_id and external_id in self._ids_by_external_id:
            hits = tuple(self._ids_by_external_id[external_id])
            return Forecast(VendorOutcome.PATCHED, (), VendorRule.EXTERNAL_ID, hits)
        if not contact.first_name.strip() or not contact.last_name.strip():
            return _created_unless([ForecastProblem.NO_NAME])
        if not contact.email.strip() and not contact.phones and not _address_keys(contact):
            return _created_unless([ForecastProblem.NO_WAY_TO_REACH])
        for rule, keys in _keys(contact, owner):
            hits = tuple(dict.fromkeys(hit for key in keys for hit in self._ids_by_key.get(key, ())))
            if hits:
                return Forecast(VendorOutcome.PATCHED, (), rule, hits)
        return Forecast(VendorOutcome.CREATED)


def _keys(contact: Contact, owner: str) -> Iterator[tuple[VendorRule, list[_Key]]]:
    """Yield each rule of Total Expert in its order, with the keys by which the rule finds a contact."""
    first, last = full_name_key(contact)
    if first and last:
        for rule, values_of in _RULES:
            yield rule, [(rule.value, owner, first, last, value) for value in values_of(contact)]
