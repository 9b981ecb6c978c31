"""How an agent is recognised among Total Expert's contacts, which have no field for a role. Pure.

Which signs count is a setting of the profile. That a licence number is a sign is our assumption: Total Expert's tables
call the field "contact's license number" and do not say who has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from core.compare.keys import label_key
from core.contacts.model import Contact

CUSTOM: Final = "custom."
"""Comes before the name of a custom field in `Contact.more`."""


class AgentRule(Struct, frozen=True):
    """What a profile says about agents.

    `group` is the name of the group that a new agent is put into; its members are agents, and so are those of
    `groups`. `relations` are system names of relations to entities that only agents have. `license` and
    `employer_license` say whether such a number makes a contact an agent. `title_field` is the system name of the
    custom field that holds an agent's professional title; "" if there is none.
    """

    group: str = ""
    groups: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    license: bool = True
    employer_license: bool = True
    title_field: str = ""


NO_RULE: Final = AgentRule()
"""What counts if a profile says nothing: licence numbers alone."""


def agent_by(contact: Contact, rule: AgentRule) -> str:
    """Return in words by what a contact of Total Expert is an agent; "" if nothing says so."""
    return next(_signs(contact, rule), "")


def _signs(contact: Contact, rule: AgentRule) -> Iterator[str]:
    groups = {label_key(name) for name in (rule.group, *rule.groups)} - {""}
    relations = {label_key(name) for name in rule.relations} - {""}
    yield from (f"group {name}" for name in contact.groups if label_key(name) in groups)
    if rule.license and _is_number(contact.license_number):
        yield "license number"
    if rule.employer_license and _is_number(contact.employer_license):
        yield "employer's license number"
    yield from (
        f"relation {related.relation}"
        for related in contact.related
        if label_key(related.relation) in relations
    )


def _is_number(text: str) -> bool:
    """Return True if a text can be a licence number. A filler such as "n/a" or "000" has no digit but 0."""
    return any(char.isdigit() and char != "0" for char in text)


def with_role(contact: Contact, rule: AgentRule) -> Contact:
    """Return a contact of Total Expert with the sign by which it is an agent, and with its professional title."""
    sign = agent_by(contact, rule)
    title = dict(contact.more).get(f"{CUSTOM}{rule.title_field}", "") if rule.title_field else ""
    if not sign and not title:
        return contact
    return msgspec.structs.replace(contact, agent_by=sign, professional_title=title)


def with_roles(contacts: Mapping[str, Contact], rule: AgentRule) -> dict[str, Contact]:
    """Return Total Expert's contacts by id, each with its role."""
    return {contact_id: with_role(contact, rule) for contact_id, contact in contacts.items()}
