"""What is sent to either system for a contact, field by field, as their descriptions name the fields. Pure.

Only what a record holds is sent: a blank never overwrites (seed's peers; ours). What a system's description does not
take (a middle name, a suffix, a country) has no field here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from core.compare.phones import digits
from core.contacts.model import Contact
from core.push.plan import Body

_SAME_NAMES: Final = {
    "first_name": "first_name",
    "last_name": "last_name",
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
"""A contact's field, and Total Expert's (contracts/total-expert)."""
_PHONE: Final = re.compile(r"[0-9 +()-]{5,30}")
_NO_YEAR: Final = "--"


def total_expert_fields(contact: Contact) -> Body:
    """Give a contact's fields as Total Expert names them, without blanks; a birthday without its year is of 1970."""
    held = {
        theirs: value.strip()
        for ours, theirs in _SAME_NAMES.items()
        if (value := getattr(contact, ours)).strip()
    }
    if birth_date := contact.birth_date.strip():
        held["birthday"] = (
            birth_date.replace(_NO_YEAR, "1970-", 1) if birth_date.startswith(_NO_YEAR) else birth_date
        )
    return held


def new_contact(contact: Contact, owner: str, source: str, ref: str) -> Body:
    """Give the body that makes a contact of Total Expert. `owner` is a user's id, `source` what the desk is called."""
    return {
        "source": source,
        **total_expert_fields(contact),
        "owner": {"id": owner},
        "external_ids": [{"source": source, "external_id": ref}],
    }


def put_back(sent: Mapping[str, object], old: Contact) -> Body:
    """Give the body that puts back what a contact of Total Expert held, in the fields that were sent over it.

    A field that was blank is made blank again.
    """
    held = total_expert_fields(old)
    written = (*_SAME_NAMES.values(), "birthday")
    return {name: held.get(name, "") for name in written if name in sent and held.get(name, "") != sent[name]}


def new_prospect(contact: Contact, ref: str) -> Body:
    """Give the body that makes a prospect of SimpleNexus; our reference stands in its note."""
    return {
        **_name_and_email(contact),
        **({"cell_phone": phone} if (phone := phone_of(contact)) else {}),
        "note": f"Imported from Total Expert by brokerdesk. {ref}",
    }


def new_account(contact: Contact, officer: str) -> Body:
    """Give the body that makes a borrower's account in SimpleNexus: sharing the app."""
    return {
        **_name_and_email(contact),
        **({"phone": phone} if (phone := phone_of(contact)) else {}),
        "loan_officer_id": officer,
    }


def phone_of(contact: Contact) -> str:
    """Give the first number as SimpleNexus takes it, mobile first; "" for none.

    Its description says no more of the form than "phone": one with anything but digits, spaces, + ( ) - is sent as
    its digits (ours).
    """
    for held in map(str.strip, contact.phones):
        if number := digits(held):
            return held if _PHONE.fullmatch(held) else number
    return ""


def _name_and_email(contact: Contact) -> Body:
    held = {"first_name": contact.first_name, "last_name": contact.last_name, "email": contact.email}
    return {name: value.strip() for name, value in held.items() if value.strip()}
