"""The bodies that are sent for a contact, with the fields as each system's description names them. Pure.

Only what a record holds is sent, so a blank never overwrites a value. What a system's description does not take (a
middle name, a country) has no field here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from core.compare.dates import plain_date
from core.compare.mailboxes import inbox_in
from core.compare.phones import digits, numbers_in, stands_for_no_phone
from core.compare.spreadsheet_traces import trace_of
from core.contacts.model import Contact, ContactKind, Role
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
    does not hold, under Total Expert's names. An agent is also put into the group `agent_group`, and the professional
    title is written into the custom field `title_field`; "" stands for none.
    """

    source: str
    groups: tuple[str, ...] = ()
    defaults: Mapping[str, str] = {}
    agent_group: str = ""
    title_field: str = ""


DEFAULTABLE: Final = frozenset(
    {
        *("referred_by", "referred_to", "employer_name", "employer_address", "employer_address_2"),
        *("employer_city", "employer_state", "employer_zip", "website_url", "linkedin_url", "other_url"),
        *("address", "address_2", "city", "state", "zip_code"),
    }
)
"""The fields that may have a default. None of them says who somebody is, and none is a consent.

The honorific `title` is none of them: nobody is a doctor, or a realtor, by default.
"""


def without_traces(contact: Contact) -> Contact:
    """Return a contact with "" in the place of what a spreadsheet left: #REF!, 6.14126E+10."""
    changed = {name: "" for name in _TEXTS if trace_of(getattr(contact, name))}
    return msgspec.structs.replace(contact, **changed) if changed else contact


def as_sent(contact: Contact) -> Contact:
    """Return a contact as it is sent.

    Its email is the first inbox alone, and a phone of several numbers is the first of them. In the place of each
    filler, and of what a spreadsheet left, is "". `core/contacts/sync/no_home.py` names what is left out.
    """
    contact = without_traces(contact)
    values = {
        "email": inbox_in(contact.email),
        "birth_date": contact.birth_date if plain_date(contact.birth_date) else "",
        **{name: _one_number(getattr(contact, name)) for name in PHONES},
    }
    changed = {name: value for name, value in values.items() if getattr(contact, name).strip() != value}
    return msgspec.structs.replace(contact, **changed) if changed else contact


def _one_number(phone: str) -> str:
    """Return a phone as it is sent: the first of several numbers, "" for a filler."""
    number = next(iter(numbers_in(phone)), phone)
    return "" if stands_for_no_phone(number) else number.strip()


_TEXTS: Final = (*_SAME_NAMES, "birth_date", "professional_title")
"""The fields that some body holds."""
PHONES: Final = ("mobile_phone", "home_phone", "work_phone")
"""The fields of a contact's phones, in the order of `Contact.phones`."""


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


def held_values(contact: Contact) -> dict[str, object]:
    """Return what a record holds under the names of the bodies that write it; None for a field that is blank.

    Only fields that a record of this kind gives back are there. SimpleNexus gives one phone.
    """
    names = {"first_name": contact.first_name, "last_name": contact.last_name, "email": contact.email}
    match contact.kind:
        case ContactKind.CONTACT:
            fields = total_expert_fields(contact)
            return {name: fields.get(name) for name in (*_SAME_NAMES.values(), "birthday")}
        case ContactKind.PROSPECT:
            return _or_none({**names, "cell_phone": contact.mobile_phone})
        case ContactKind.BORROWER:
            return _or_none({**names, "phone": contact.mobile_phone})
        case ContactKind.PARTNER:
            address = {theirs: getattr(contact, ours) for ours, theirs in _PARTNER_ADDRESS.items()}
            return {
                **_or_none({**names, "mobile_phone": contact.mobile_phone}),
                **_or_none({"professional_title": contact.professional_title}),
                "address": _or_none(address),
            }


def _or_none(fields: Mapping[str, str]) -> dict[str, object]:
    return {name: value.strip() or None for name, value in fields.items()}


def new_contact(contact: Contact, owner: str, options: NewContactOptions, ref: str) -> Body:
    """Return the body that creates a contact in Total Expert. `owner` is the id of a user.

    A group is named by its name: every user has groups of their own. An agent's professional title is never written as
    `title`: that is the honorific with which letters begin.
    """
    contact = as_sent(contact)
    source = options.source
    is_agent = contact.role is Role.AGENT
    names = (*options.groups, *([options.agent_group] if is_agent and options.agent_group else []))
    groups = [{"group_name": name} for name in dict.fromkeys(names)]
    title = contact.professional_title.strip()
    custom = [{"field_name": options.title_field, "value": title}] if title and options.title_field else []
    return {
        **options.defaults,
        "source": source,
        **total_expert_fields(contact),
        "owner": {"id": owner},
        "external_ids": [{"source": source, "external_id": ref}],
        **({"contact_groups": groups} if groups else {}),
        **({"custom": custom} if custom else {}),
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
    contact = without_traces(contact)
    return {
        **_name_and_email(contact),
        **({"cell_phone": phone} if (phone := phone_of(contact)) else {}),
        "note": f"Imported from Total Expert by brokerdesk. {ref}",
    }


def new_account(contact: Contact, officer: str) -> Body:
    """Return the body that creates a borrower's account in SimpleNexus, the fallback of sharing the app."""
    contact = without_traces(contact)
    return {
        **_name_and_email(contact),
        **({"phone": phone} if (phone := phone_of(contact)) else {}),
        "loan_officer_id": officer,
    }


def new_partner(contact: Contact) -> Body:
    """Return the body that creates a partner in SimpleNexus, an agent. Values that SimpleNexus refuses are left out.

    `refused_of_partner` names those values. A partner has no field for our reference.
    """
    contact = without_traces(contact)
    refused = {name for name, _ in refused_of_partner(contact)}
    address = {
        theirs: value.strip()
        for ours, theirs in _PARTNER_ADDRESS.items()
        if (value := getattr(contact, ours)).strip() and ours not in refused
    }
    if "state" in address:
        address["state"] = address["state"].upper()
    title = contact.professional_title.strip() if "professional_title" not in refused else ""
    return {
        **_name_and_email(contact),
        **({"mobile_phone": phone} if (phone := phone_of(contact)) else {}),
        "type": "AGENT",
        **({"professional_title": title} if title else {}),
        **({"address": address} if address else {}),
    }


_PARTNER_ADDRESS: Final = {
    "street": "street1",
    "street_2": "street2",
    "city": "city",
    "state": "state",
    "postcode": "zip",
}
"""{field of a contact: field of a partner's address}"""
_LONGEST_LINE: Final = 255
_LONGEST_TITLE: Final = 80
_SHORTEST_ZIP, _LONGEST_ZIP = 5, 10
_STATES: Final = frozenset(
    {
        *(
            "AA",
            "AE",
            "AK",
            "AL",
            "AP",
            "AR",
            "AS",
            "AZ",
            "CA",
            "CO",
            "CT",
            "DC",
            "DE",
            "FL",
            "FM",
            "GA",
            "GU",
        ),
        *(
            "HI",
            "IA",
            "ID",
            "IL",
            "IN",
            "KS",
            "KY",
            "LA",
            "MA",
            "MD",
            "ME",
            "MH",
            "MI",
            "MN",
            "MO",
            "MP",
            "MS",
        ),
        *(
            "MT",
            "NC",
            "ND",
            "NE",
            "NH",
            "NJ",
            "NM",
            "NV",
            "NY",
            "OH",
            "OK",
            "OR",
            "PA",
            "PR",
            "PW",
            "RI",
            "SC",
        ),
        *("SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY"),
    }
)
"""The codes that SimpleNexus's description lists."""


def refused_of_partner(contact: Contact) -> Iterator[tuple[str, str]]:
    """Yield the fields of a contact that SimpleNexus would refuse in a partner, each with the reason.

    Names and the email are not among them: without those nothing is sent.
    """
    for name in ("street", "street_2", "city"):
        if len(getattr(contact, name).strip()) > _LONGEST_LINE:
            yield name, f"SimpleNexus takes {_LONGEST_LINE} characters"
    if (state := contact.state.strip()) and state.upper() not in _STATES:
        yield "state", "SimpleNexus takes the two letters of a state"
    if (code := contact.postcode.strip()) and not _SHORTEST_ZIP <= len(code) <= _LONGEST_ZIP:
        yield "postcode", f"SimpleNexus takes {_SHORTEST_ZIP} to {_LONGEST_ZIP} characters"
    if len(contact.professional_title.strip()) > _LONGEST_TITLE:
        yield "professional_title", f"SimpleNexus takes {_LONGEST_TITLE} characters"


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
    for phone in map(_one_number, contact.phones):
        if number := digits(phone):
            return phone if _PHONE.fullmatch(phone) else number
    return ""


def _name_and_email(contact: Contact) -> Body:
    fields = {
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": inbox_in(contact.email),
    }
    return {name: value.strip() for name, value in fields.items() if value.strip()}
