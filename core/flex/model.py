"""What BrokerEngine holds: cards, their people, requirements, property and products, notes and Fact Finds.

The shapes are those of our BrokerEngine contract (data/contracts/brokerengine.yaml). `core.flex.decoding` makes these
values of JSON; what a field can't hold is in the record's `odd`. The module knows neither FLEX's shapes nor where a
record comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from core.errors import DeskError
from core.odd_values import MayBeOdd, field_in_words


class Extra(MayBeOdd, frozen=True):
    """A field of a card for which the published tables have no row."""

    section: str
    name: str
    value: str


class Address(MayBeOdd, frozen=True):
    """An address as BrokerEngine keeps it: two street lines."""

    street_1: str | None = None
    street_2: str | None = None
    suburb: str | None = None
    postcode: str | None = None
    state: str | None = None
    country: str | None = None


class Phones(MayBeOdd, frozen=True):
    """A person's three numbers."""

    mobile: str | None = None
    home: str | None = None
    office: str | None = None


class Person(MayBeOdd, frozen=True):
    """A BrokerEngine contact. `flex_id` is the FLEX contact it is linked to, as BrokerEngine knows it."""

    id: str
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    birth_date: date | None = None
    phones: Phones = Phones()
    home_address: Address | None = None
    postal_address: Address | None = None
    flex_id: str | None = None
    other: tuple[Extra, ...] = ()

    @property
    def name(self) -> str:
        """The name to show on screens, or the id of a person without a name."""
        return person_name(self.first_name, self.last_name, self.id)


def lacks_a_name(first_name: str | None, last_name: str | None) -> bool:
    """Return True if a person has no first or no last name. Blanks are no name."""
    return not (first_name and first_name.strip() and last_name and last_name.strip())


def person_name(first_name: str | None, last_name: str | None, person_id: str) -> str:
    """Return the name to show of a person, or the id of a person without a name."""
    if first_name and last_name:
        return f"{first_name} {last_name}"
    return first_name or last_name or person_id


class HeldPerson(Struct, frozen=True):
    """A person as the source of cards holds one.

    `place` says in words where that is. `writable` is True if the source stores a FLEX ID on the person.
    """

    person: Person
    place: str
    writable: bool


class Applicant(MayBeOdd, frozen=True):
    """A person on a card in a role: Primary Applicant, Co-Applicant or Guarantor."""

    role: str
    contact: Person


class Requirements(MayBeOdd, frozen=True):
    """The section Requirements and Objectives. Amounts are in dollars, the term is in years."""

    loan_amount: Decimal | None = None
    loan_term: Decimal | None = None
    loan_category: str | None = None
    loan_purpose: str | None = None
    objectives: str | None = None
    pre_approval: bool | None = None
    split_loan: Decimal | None = None
    fixed_rate: bool | None = None
    standard_variable: bool | None = None
    principal_and_interest: bool | None = None
    interest_only: bool | None = None


class Property(MayBeOdd, frozen=True):
    """The property of a lead or deal, from the section Qualifications."""

    valuation_amount: Decimal | None = None
    property_type: str | None = None
    usage: str | None = None
    purpose: str | None = None
    address: Address | None = None


class Product(MayBeOdd, frozen=True):
    """A loan product on a card, with its marks in the product scenario."""

    id: str
    lender: str
    name: str
    tracked: bool = False
    shortlisted: bool = False
    highlighted: bool = False
    in_funding_position: bool = False


class FactFindMark(MayBeOdd, frozen=True):
    """Which Fact Find a card has, and whether it is the FLEX-integrated one, which stops a card push."""

    id: str
    state: str
    flex_integrated: bool = False


class Card(MayBeOdd, frozen=True):
    """A lead or deal card with everything on it."""

    id: str
    title: str
    kind: str
    stage: str
    owner: str
    people: tuple[Applicant, ...] = ()
    requirements: Requirements = Requirements()
    property: Property | None = None
    products: tuple[Product, ...] = ()
    flex_id: str | None = None
    flex_kind: str | None = None
    fact_find: FactFindMark | None = None
    other: tuple[Extra, ...] = ()


class CardSummary(MayBeOdd, frozen=True, gc=False):
    """A card as the board lists it. A field is None if the list does not say.

    `loan_amount` is in dollars. `flex_integrated` is True if the card's Fact Find is the FLEX-integrated one.
    `names_missing` is the number of people without a first or a last name. `updated_at` is the time of the last change,
    as the source writes it.
    """

    id: str
    title: str
    kind: str
    stage: str
    owner: str
    purpose: str | None = None
    people: tuple[str, ...] = ()
    flex_id: str | None = None
    loan_amount: Decimal | None = None
    flex_integrated: bool | None = None
    names_missing: int | None = None
    updated_at: object = None

    @property
    def amount(self) -> Decimal | None:
        """The loan amount in dollars, by which cards are sorted and found; None for a text such as NaN as well."""
        return self.loan_amount if self.loan_amount is not None and self.loan_amount.is_finite() else None


class CatalogueProduct(MayBeOdd, frozen=True):
    """An entry of FLEX's product catalogue."""

    flex_id: str
    lender: str
    name: str


class Attachment(MayBeOdd, frozen=True):
    """A file on a note. `size` is bytes."""

    id: str
    file_name: str
    content_type: str
    size: int


class Note(MayBeOdd, frozen=True):
    """A note on a card, or a note written here: then `id` is the name by `written_note_id`, `author` the operator."""

    id: str
    card_id: str
    text: str
    author: str | None = None
    created_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()


class WrittenFile(Struct, frozen=True):
    """A file that is attached to a note that is written here.

    `content` is the file's bytes, or the reason why they can't be sent.
    """

    path: str
    file_name: str
    content_type: str
    content: bytes | str


class WrittenNote(Struct, frozen=True):
    """A note that is written here: its card, its text and its files."""

    card_id: str
    text: str
    files: tuple[WrittenFile, ...] = ()


class FactFind(MayBeOdd, frozen=True):
    """A Fact Find as its people filled it out."""

    id: str
    card_id: str
    state: str
    flex_integrated: bool = False
    people: tuple[Applicant, ...] = ()
    property: Property | None = None


class FlexPerson(Struct, frozen=True):
    """A contact that FLEX has already, with the fields that a person compares with ours, as FLEX writes them."""

    flex_id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    birth_date: str = ""
    mobile: str = ""
    street: str = ""
    integration_id: str = ""
    middle_name: str = ""
    home_phone: str = ""
    work_phone: str = ""

    @property
    def name(self) -> str:
        """The name to show on screens, or the FLEX ID of a contact without a name."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.flex_id


class FlexOpportunity(Struct, frozen=True):
    """An opportunity or application that FLEX has already. `kind` says which.

    `roles` maps the FLEX ID of each applicant to the applicant's role, "" if FLEX gives none.
    """

    flex_id: str
    kind: str = "opportunity"
    roles: Mapping[str, str] = {}
    loan_amount: Decimal | None = None
    integration_id: str = ""

    @property
    def applicants(self) -> tuple[str, ...]:
        """The FLEX IDs of the applicants."""
        return tuple(self.roles)


class FlexProperty(Struct, frozen=True):
    """A property that FLEX has already. `opportunity` is the FLEX ID of the opportunity that it is on."""

    flex_id: str
    integration_id: str = ""
    opportunity: str = ""


class FlexNote(Struct, frozen=True):
    """A note that FLEX has already. `created_at` is the time as FLEX writes it, in ISO 8601."""

    flex_id: str
    text: str
    integration_id: str = ""
    created_at: str = ""


class RejectedRecord(Struct, frozen=True):
    """A record that does not fit the model: its system and id, the field, and why."""

    system: str
    id: str
    field: str
    reason: str


class BadRecord(DeskError):
    """A record was set aside. It can't be used until it is corrected in its own system."""

    def __init__(self, aside: RejectedRecord) -> None:
        super().__init__(
            "bad-record",
            f"{aside.system} record {aside.id} was set aside: {field_in_words(aside.field)}: {aside.reason}.",
            field=f"“{aside.field}”",
            source=aside.system,
        )
        self.aside = aside
