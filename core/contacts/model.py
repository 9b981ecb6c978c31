"""A contact as both systems hold it, and the words for what should become of it. Knows no file and no system."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import exp2
from typing import Final

from msgspec import Struct

from core.compare.agreement import AgreementLevel


class ContactKind(StrEnum):
    """What a record is in its system: SimpleNexus has the first three, Total Expert contacts."""

    BORROWER = "borrower"
    PARTNER = "partner"
    PROSPECT = "prospect"
    CONTACT = "contact"


class Role(StrEnum):
    """What a person is to the loan officer. SimpleNexus says it of every record, Total Expert has no field for it."""

    UNKNOWN = ""
    BORROWER = "borrower"
    AGENT = "agent"


class Consent(Struct, frozen=True, gc=False):
    """What Total Expert says of a contact's wishes. None means that the system says nothing.

    `email`, `call` and `mail` say whether each is wanted. `silenced` says that the owner may not communicate at all.
    """

    email: bool | None = None
    call: bool | None = None
    mail: bool | None = None
    silenced: bool | None = None


NO_CONSENT: Final = Consent()
"""The consent of a record about which nothing is known."""


class RelatedEntity(Struct, frozen=True, gc=False):
    """An entity that a contact is related to, such as a household. `relation` is the system's name of the relation."""

    relation: str
    id: str = ""
    name: str = ""


class Contact(Struct, frozen=True, gc=False, omit_defaults=True):
    """One record of either system, as text; a field without a value is "".

    `birth_date` is `yyyy-mm-dd`, or `--mm-dd` if the system keeps no year. `owner` is the id of the owner, a loan
    officer or user. `one_way` says that the one-way integration carries the contact already. `since` is the ISO date or
    time of the record's creation. `origin` is the system's own word for its source, and is only displayed.

    `title` is an honorific such as "Doctor"; `professional_title` is what a partner is. `groups` are the names of the
    contact's groups. `assignee` and `shared_with` are ids of users who have the contact in addition to its owner.

    `agent_by` says in words by what a contact of Total Expert is an agent, "" if nothing says so. `accepted_invite` is
    what SimpleNexus says of a partner. `more` are further fields that only one system knows, as (the system's name of
    the field, value): nothing compares them, and they are named before a copy is made without them. `odd` are the
    fields that hold something that can't be used, as (field, why): such a field counts as empty.
    """

    id: str
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    suffix: str = ""
    email: str = ""
    mobile_phone: str = ""
    home_phone: str = ""
    work_phone: str = ""
    birth_date: str = ""
    street: str = ""
    street_2: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    owner: str = ""
    kind: ContactKind = ContactKind.CONTACT
    one_way: bool = False
    since: str = ""
    origin: str = ""
    title: str = ""
    nickname: str = ""
    professional_title: str = ""
    consent: Consent = NO_CONSENT
    groups: tuple[str, ...] = ()
    related: tuple[RelatedEntity, ...] = ()
    assignee: str = ""
    shared_with: tuple[str, ...] = ()
    license_number: str = ""
    employer: str = ""
    employer_license: str = ""
    agent_by: str = ""
    accepted_invite: bool | None = None
    more: tuple[tuple[str, str], ...] = ()
    odd: tuple[tuple[str, str], ...] = ()

    @property
    def role(self) -> Role:
        """What the person is, as far as the record's own system says it."""
        match self.kind:
            case ContactKind.PARTNER:
                return Role.AGENT
            case ContactKind.BORROWER | ContactKind.PROSPECT:
                return Role.BORROWER
            case ContactKind.CONTACT:
                return Role.AGENT if self.agent_by else Role.UNKNOWN

    def has_other_role(self, other: Contact) -> bool:
        """Return True if one record is an agent's and the other a borrower's. An unknown role contradicts nothing."""
        return {self.role, other.role} == {Role.AGENT, Role.BORROWER}

    @property
    def name(self) -> str:
        """The name a person is called by on screens; the id where there is none."""
        parts = (self.first_name, self.middle_name, self.last_name, self.suffix)
        return " ".join(part for part in parts if part) or self.id

    @property
    def phones(self) -> tuple[str, ...]:
        """The numbers it holds, mobile first."""
        return tuple(
            phone for phone in (self.mobile_phone, self.home_phone, self.work_phone) if phone.strip()
        )


class Verdict(StrEnum):
    """What should become of the records of one row (docs/matching.md, "Verdicts")."""

    LINKED = "linked"
    LINK = "link"
    UNLINKED = "unlinked"
    HOUSEHOLD = "household"
    HOLD = "hold"
    GONE = "gone"
    POSSIBLE_DUPLICATE = "possible-duplicate"
    IMPORT = "import"
    PUSH = "push"
    SKIP_ONE_WAY = "skip-one-way"
    CANNOT = "cannot"


class Likeness(StrEnum):
    """What two records seem to be: one person, or people who share a home, a phone or an inbox.

    `UNSURE` says that the fields fit both (docs/matching.md, "Classes").
    """

    PERSON = "person"
    UNSURE = "unsure"
    HOUSEHOLD = "household"


class Relation(StrEnum):
    """What two people of one household are to each other."""

    SPOUSES = "spouses"
    PARENT_AND_CHILD = "parent and child"
    SIBLINGS = "siblings"
    TWINS = "twins"


class Evidence(Struct, frozen=True, gc=False):
    """One line of a comparison: a field, its agreement level, its match weight in bits, both values as written."""

    field: str
    level: AgreementLevel
    bits: float
    left: str = ""
    right: str = ""


class Comparison(Struct, frozen=True):
    """Two records compared. The lines of evidence may be made when they are first read.

    `bits` is the sum of the lines; above zero, one person is likelier than two strangers. `household` is the
    probability, from 0 to 1, that the two are people of one household, if they are not strangers. `relation` is what
    two such people would most likely be to each other; None if that was not computed.
    """

    likeness: Likeness
    bits: float
    evidence: Sequence[Evidence]
    household: float = 0.0
    relation: Relation | None = None

    @property
    def person(self) -> float:
        """The probability, from 0 to 1, that the two records are of one person."""
        return (1 - self.household) / (1 + (1 - self.household) * exp2(-self.bits))

    @property
    def two_of_one_household(self) -> float:
        """The probability, from 0 to 1, that the two records are of two people of one household."""
        return self.household / (1 + (1 - self.household) * exp2(-self.bits))


class Reason(StrEnum):
    """Why a row has its verdict, if the verdict alone does not say."""

    NONE = ""
    ONLY_HERE = "only one system has it"
    SAME_EMAIL = "one record on each side has this email"
    SEVERAL = "several records have this email"
    OTHER_NAME = "one email, clearly another first name"
    OTHER_PERSON = "one email and one first name, but another suffix or birth date"
    OTHER_DETAILS = "one email, but several other details differ"
    OTHER_ROLE = "one email, but a borrower in SimpleNexus and an agent in Total Expert"
    BESIDE_A_LINK = "a linked record has this email already"
    STANDING = "linked before"
    EMAIL_CHANGED = "linked before; the emails differ now"
    HALF_GONE = "linked before; the other record was not found"
    MOVED = "linked before; the two now have different owners"
    LINKED_TWICE = "linked to several records"
    NO_ADDRESSEE = "neither an email nor a phone"
    FILLERS = "its name, email and phone are all fillers, such as N/A"
    NOT_TIED = "its loan officer has no match in the other system"
    OWNER_LEFT = "its owner left: nothing new is made"
    OTHER_OWNER = "the same email under another owner"
    LEFT_TO_OWNER = "another owner has this person; somebody decided to leave that"
    EVIDENCE = "another email or none, but strong evidence"
    SOME_EVIDENCE = "another email or none, but some evidence"
    SECOND_RECORD = "second record of a linked person"
    SEVERAL_LINKS = "several linked pairs look like one person"
    DOUBTED = "linked before; the evidence now speaks for two people"
    DECIDED = "a person decided"
    WOULD_OVERWRITE = "a push would change a contact that is another person, as somebody decided"
    TAKEN_OVER = "the imported prospect made an account"
    TAKEN_BACK = "a person took this link back"
    DIVERTED = "a push changed this record where it should have made a new one"


class Suggestion(Struct, frozen=True):
    """A possible duplicate: two records that may be one person. A person decides; nothing acts on it automatically."""

    simplenexus_id: str
    total_expert_id: str
    comparison: Comparison


class VerdictRow(Struct, frozen=True, gc=False):
    """One verdict and the records that it is about.

    Every record of both books is decided in exactly one row. A row about a group also names records that are decided in
    another row, because they are linked or in another group: `elsewhere` has their ids, as (SimpleNexus ids, Total
    Expert ids). They come last in `simplenexus_ids` and `total_expert_ids`. `suggestions` are the pairs of a group that
    look like one person, the pair with the most evidence first; `comparison` is there if the row is about one pair.
    `gone` is the id of the linked record that was not found, "" if there is none.
    """

    verdict: Verdict
    simplenexus_ids: tuple[str, ...] = ()
    total_expert_ids: tuple[str, ...] = ()
    reason: Reason = Reason.NONE
    comparison: Comparison | None = None
    elsewhere: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    suggestions: tuple[Suggestion, ...] = ()
    gone: str = ""

    @property
    def own_simplenexus_ids(self) -> tuple[str, ...]:
        """The SimpleNexus records that this row decides about."""
        others = self.elsewhere[0]
        return tuple(n for n in self.simplenexus_ids if n not in others) if others else self.simplenexus_ids

    @property
    def own_total_expert_ids(self) -> tuple[str, ...]:
        """The Total Expert records that this row decides about."""
        others = self.elsewhere[1]
        return tuple(n for n in self.total_expert_ids if n not in others) if others else self.total_expert_ids
