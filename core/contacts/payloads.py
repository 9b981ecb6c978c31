"""The bodies that are sent for a contact, with the fields as each system's description names them. Pure.

Only what a record holds is sent, so a blank never overwrites a value. What a system's description does not take (a
middle name, a country) has no field here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from core.compare.phones import digits
from core.contacts.model import Contact
from core.push.plan import Body

_SAME_NAMES: Final = {
    "first_name": "first_name",
    "last_name": "last_name",
    "suffix": "suffix",
    "email": "email",
    "mobile_phone": "phone_cell",
    "home_phone": "phone_home",
    "work_phone": "phone_office",
    "street": "address",
    "street_2": "address_2",
    "city": "city",
    "state": "state",
    "postcode": "zip_code",
}
"""{field of a contact: field of Total Expert}"""
_PHONE: Final = re.compile(r"[0-9 +()-]{5,30}")
_BIRTH_YEAR: Final = "1970-"
"""The year that Total Expert's documents give every birthday."""
_DAY_AND_MONTH: Final = len("mm-dd")
_LONGEST_DESTINATION: Final = 255


class NewContactOptions(Struct, frozen=True):
    """What a profile says about a new contact of Total Expert.

    `source` is the name under which Total Expert knows the desk. `groups` are the names of the groups that every new
    contact is put into, because the organisation may require some. `defaults` are values for fields that a contact
    does not hold, under Total Expert's names.
    """

    source: str
    groups: tuple[str, ...] = ()
    defaults: Mapping[str, str] = {}


DEFAULTABLE: Final = frozenset(
    {
        *("referred_by", "referred_to", "title", "employer_name", "employer_address", "employer_address_2"),
        *("employer_city", "employer_state", "employer_zip", "website_url", "linkedin_url", "other_url"),
        *("address", "address_2", "city", "state", "zip_code"),
    }
)
"""The fields that may have a default. None of them says who somebody is, and none is a consent."""


def total_expert_fields(contact: Contact) -> Body:
    """Return a contact's fields under Total Expert's names, without blanks. Every birthday gets the year 1970."""
    fields = {
        theirs: value.strip()
        for ours, theirs in _SAME_NAMES.items()
        if (value := getattr(contact, ours)).strip()
    }
    if birth_date := contact.birth_date.strip():
        fields["birthday"] = f"{_BIRTH_YEAR}{birth_date[-_DAY_AND_MONTH:]}"
    return fields


def new_contact(contact: Contact, owner: str, options: NewContactOptions, ref: str) -> Body:
    """Return the body that creates a contact in Total Expert. `owner` is the id of a user.

    A group is named by its name: every user has groups of their own.
    """
    source = options.source
    groups = [{"group_name": name} for name in options.groups]
    return {
        **options.defaults,
        "source": source,
        **total_expert_fields(contact),
        "owner": {"id": owner},
        "external_ids": [{"source": source, "external_id": ref}],
        **({"contact_groups": groups} if groups else {}),
    }


def put_back(sent: Mapping[str, object], old: Contact) -> Body:
    """Return the body that restores a contact in Total Expert to its old values.

    The body holds the fields that were `sent` and that differ from the old values. A field that was blank is made
    blank again.
    """
    fields = total_expert_fields(old)
    written = (*_SAME_NAMES.values(), "birthday")
    return {
        name: fields.get(name, "") for name in written if name in sent and fields.get(name, "") != sent[name]
    }


def new_prospect(contact: Contact, ref: str) -> Body:
    """Return the body that creates a prospect in SimpleNexus. The note holds our reference."""
    return {
        **_name_and_email(contact),
        **({"cell_phone": phone} if (phone := phone_of(contact)) else {}),
        "note": f"Imported from Total Expert by brokerdesk. {ref}",
    }


def new_account(contact: Contact, officer: str) -> Body:
    """Return the body that creates a borrower's account in SimpleNexus, the fallback of sharing the app."""
    return {
        **_name_and_email(contact),
        **({"phone": phone} if (phone := phone_of(contact)) else {}),
        "loan_officer_id": officer,
    }


def app_link(contact: Contact, *, email: str, phone: str, partner: str) -> Body:
    """Return the body that has the link to the app sent. A text that is "" is left out.

    `phone` has 10 digits. `partner` is the id of a partner with whom the link is co-branded. The name is cut at the 255
    characters that the vendor's description takes.
    """
    fields = {
        "email": email,
        "phone": phone,
        "destination_name": " ".join(filter(None, (contact.first_name.strip(), contact.last_name.strip())))[
            :_LONGEST_DESTINATION
        ],
        "partner_id": partner,
    }
    return {name: value for name, value in fields.items() if value}


def phone_of(contact: Contact) -> str:
    """Return the first phone number of a contact in a form that SimpleNexus takes, mobile first; "" for none.

    SimpleNexus's description does not say which form a number needs. A number with characters other than digits,
    spaces, + ( ) and - is therefore sent as its digits.
    """
    for phone in map(str.strip, contact.phones):
        if number := digits(phone):
            return phone if _PHONE.fullmatch(phone) else number
    return ""


def _name_and_email(contact: Contact) -> Body:
    fields = {"first_name": contact.first_name, "last_name": contact.last_name, "email": contact.email}
    return {name: value.strip() for name, value in fields.items() if value.strip()}
