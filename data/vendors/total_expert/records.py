"""Total Expert's records, as its published tables and samples have them.

Ids are numbers in one sample and text in the next, so a record's `key` is its id as text.
"""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar, Final

import msgspec
from msgspec import Struct

from core.decoding.typed_json import convert_value
from core.odd_values import field_names
from core.push.plan import System
from data.vendors.http.reply import VendorRecord


class Named(Struct, frozen=True):
    """Who or what a record belongs to."""

    id: int | str | None = None
    email: str | None = None
    username: str | None = None
    external_id: str | None = None

    @property
    def key(self) -> str:
        """The id as text; empty if there is none."""
        return "" if self.id is None else str(self.id)


class ExternalId(Struct, frozen=True):
    """What another system calls a contact."""

    source: str
    external_id: str


class Membership(Struct, frozen=True):
    """A group that a contact is in."""

    group_name: str
    id: int | str | None = None


class Preferences(Struct, frozen=True):
    """What the owner of a contact may do."""

    is_silenced: bool | int | str | None = None


class RelationshipType(Struct, frozen=True):
    """How a contact is related to an entity."""

    system_name: str | None = None


class EntityName(Struct, frozen=True):
    """An entity, such as a household."""

    id: int | str | None = None
    entity_name: str | None = None


class EntityRelation(Struct, frozen=True):
    """A contact's relation to entities. Total Expert's samples give one parent as an object and several as a list."""

    relationship_type: RelationshipType | None = None
    parent: EntityName | tuple[EntityName, ...] | None = None

    @property
    def name(self) -> str:
        """The system name of the relation; "" if there is none."""
        return (self.relationship_type.system_name or "") if self.relationship_type else ""

    @property
    def parents(self) -> tuple[EntityName, ...]:
        """The entities, in one form."""
        if self.parent is None:
            return ()
        return (self.parent,) if isinstance(self.parent, EntityName) else self.parent


Flag = bool | int | str | None
"""A yes or no: `1` and `0`, as a number or as text, in the tables; `true` and `false` in the samples."""


class CustomValue(Struct, frozen=True):
    """The value of a custom field. `field_name` is the system name of the field."""

    field_name: str
    value: object = None


_NO_DATE: Final = "0000-00-00"


def text_of(value: object) -> str:
    """Return a text or a number as text, "" for anything else and for the date that stands for none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value).strip()
    return "" if text.startswith(_NO_DATE) else text


class TotalExpertContact(VendorRecord, frozen=True):
    """A contact: no middle name, no country, and a birthday whose year (1970, or 1900) says nothing."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "Contact"
    may_be_odd: ClassVar[frozenset[str]] = frozenset(
        (
            *("title", "first_name", "last_name", "suffix", "nickname", "email", "birthday", "source"),
            *(
                "phone_cell",
                "phone_home",
                "phone_office",
                "address",
                "address_2",
                "city",
                "state",
                "zip_code",
            ),
            *("license_number", "employer_name", "employer_license_number"),
            *("internal_created_at", "internal_updated_at"),
        )
    )

    id: int | str
    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    suffix: str | None = None
    nickname: str | None = None
    email: str | None = None
    phone_cell: str | None = None
    phone_home: str | None = None
    phone_office: str | None = None
    address: str | None = None
    address_2: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    birthday: str | None = None
    source: str | None = None
    owner: Named | None = None
    assignee: Named | tuple[Named, ...] | None = None
    shared_with_users: tuple[Named, ...] | None = None
    external_id: object = None
    external_ids: tuple[ExternalId, ...] | None = None
    contact_groups: tuple[Membership, ...] | None = None
    related_entities: object = None
    license_number: str | int | None = None
    employer_name: str | None = None
    employer_license_number: str | int | None = None
    email_work: object = None
    fax: object = None
    employer_address: object = None
    employer_address_2: object = None
    employer_city: object = None
    employer_state: object = None
    employer_zip: object = None
    website_url: object = None
    linkedin_url: object = None
    other_url: object = None
    referred_by: object = None
    referred_to: object = None
    credit_score: object = None
    credit_score_date: object = None
    close_date: object = None
    list_date: object = None
    last_contacted_date: object = None
    pre_approval_issued_date: object = None
    custom: object = None
    ok_to_call: Flag = None
    ok_to_email: Flag = None
    ok_to_mail: Flag = None
    preferences: Preferences | tuple[object, ...] | None = None
    internal_created_at: str | None = None
    internal_updated_at: str | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.id)

    @property
    def custom_values(self) -> dict[str, str]:
        """The values of custom fields as text, by the system name of the field, as far as they can be read."""
        found = {}
        for entry in self.custom if isinstance(self.custom, list) else []:
            with suppress(msgspec.ValidationError):
                field = convert_value(entry, CustomValue)
                found[field.field_name] = field.value
        return {name: text for name, value in found.items() if (text := text_of(value))}

    @property
    def relations(self) -> tuple[EntityRelation, ...]:
        """The relations to entities, as far as they can be read. No reply with them is published."""
        listed = self.related_entities if isinstance(self.related_entities, list) else []
        found = []
        for entry in listed:
            with suppress(msgspec.ValidationError):
                found.append(convert_value(entry, EntityRelation))
        return tuple(found)


class UserInfo(Struct, frozen=True):
    """What a user is called."""

    first_name: str | None = None
    last_name: str | None = None


class TotalExpertUser(VendorRecord, frozen=True):
    """A user, who owns contacts; tied to a loan officer of SimpleNexus by email. `status` is 0 for one who left."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "User"
    may_be_odd: ClassVar[frozenset[str]] = field_names(UserInfo)

    id: int | str
    email: str
    username: str | None = None
    external_id: str | None = None
    status: int | str | None = None
    info: UserInfo | None = None
    internal_updated_at: str | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.id)

    @property
    def name(self) -> str:
        """The person's name; the user name if there is none."""
        info = self.info or UserInfo()
        return " ".join(part for part in (info.first_name, info.last_name) if part) or self.username or ""

    @property
    def is_active(self) -> bool:
        """False for a user who left. A user without a status counts as active."""
        return str(self.status) != "0"


class TotalExpertGroup(VendorRecord, frozen=True):
    """A group of contacts, one user's own."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "Group"

    id: int | str
    group_name: str
    owner: Named | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.id)


class InsightType(VendorRecord, frozen=True):
    """A kind of insight. `type` is its unique system name; `expiration_interval` is in seconds."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "InsightType"

    id: int | str
    type: str | None = None
    description: str | None = None
    expiration_interval: int | float | str | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.id)


class Said(Struct, frozen=True):
    """What an insight says."""

    description: str | None = None


class TypeOfInsight(Struct, frozen=True):
    """The kind of an insight, as an object."""

    id: int | str | None = None
    type: str | None = None


class TotalExpertInsight(VendorRecord, frozen=True):
    """Something that happened to a contact. It starts Journeys, and can't be taken back.

    No sample of an insight is published, so its type may be an object or the name of the type.
    """

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "Insight"

    id: int | str
    contact: Named | None = None
    type: TypeOfInsight | str | None = None
    owner: Named | None = None
    insight_date: str | None = None
    data: Said | tuple[object, ...] | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.id)

    @property
    def description(self) -> str:
        """What the insight says; "" if it says nothing."""
        return (self.data.description or "") if isinstance(self.data, Said) else ""

    @property
    def type_id(self) -> str:
        """The id of the type as text; "" if the record gives no id."""
        kind = self.type
        return str(kind.id) if isinstance(kind, TypeOfInsight) and kind.id is not None else ""

    @property
    def type_name(self) -> str:
        """The system name of the type; "" if the record gives none."""
        return self.type if isinstance(self.type, str) else (self.type.type or "") if self.type else ""


class UnsubscribedUser(Named, frozen=True):
    """A user who may no longer email the address."""

    user_unsub_at: str | None = None


class UnsubscribedDomain(Struct, frozen=True):
    """A sending domain that may no longer email the address."""

    domain_name: str | None = None
    id: int | str | None = None
    domain_unsub_at: str | None = None


class EmailUnsubscribe(VendorRecord, frozen=True):
    """An address that is unsubscribed: for the organisation, for sending domains, or for users."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "EmailUnsubscribe"

    id: int | str
    email: str
    organization_wide: Flag = None
    organization_unsub_at: str | None = None
    domains: tuple[UnsubscribedDomain, ...] | None = None
    users: tuple[UnsubscribedUser, ...] | None = None
