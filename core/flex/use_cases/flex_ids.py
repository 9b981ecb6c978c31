"""Which record of FLEX a person means by an ID that the person typed. Reads only."""

from __future__ import annotations

from core.compare.ids import id_fault, spellings
from core.errors import DeskError, Unreachable
from core.flex.model import FlexPerson
from core.flex.ports import FlexRecords
from core.push.plan import Entity


def meant_ids(typed: str) -> tuple[str, ...]:
    """Return the FLEX IDs that a person may mean, the one to try first in front. Raises `DeskError` (bad-flex-id)."""
    if meant := spellings(typed):
        return meant
    text = typed.strip()
    raise DeskError("bad-flex-id", f"“{text}” isn't a FLEX ID: it {id_fault(text)}.")


async def find_opportunity(records: FlexRecords | None, typed: str) -> tuple[str, str]:
    """Return the FLEX ID that a person means, and "opportunity" or "application".

    An ID that FLEX does not have is tried in upper case. If FLEX can't be asked, the ID counts as an opportunity's.
    Raises `DeskError` (bad-flex-id, not-in-flex), `Unreachable`.
    """
    meant = meant_ids(typed)
    if records is None:
        return meant[0], "opportunity"
    for flex_id in meant:
        if kind := await records.kind_of(flex_id):
            return flex_id, kind
    raise DeskError("not-in-flex", f"FLEX has no opportunity or application {meant[0]}.")


async def read_contact(records: FlexRecords, typed: str) -> FlexPerson | None:
    """Return the contact that a person means, tried in upper case too; None if FLEX has none. Raises `Unreachable`."""
    for flex_id in spellings(typed):
        if contact := await records.person(flex_id):
            return contact
    return None


async def find_contact(records: FlexRecords | None, typed: str) -> str:
    """Return the FLEX ID of the contact that a person means, tried in upper case too.

    If FLEX can't be asked, the ID is returned as it was typed. Raises `DeskError` (bad-flex-id, no-such-contact),
    `Unreachable`.
    """
    meant = meant_ids(typed)
    if records is None:
        return meant[0]
    if contact := await read_contact(records, typed):
        return contact.flex_id
    raise DeskError("no-such-contact", f"FLEX has no contact {meant[0]}.")


async def find_record(records: FlexRecords | None, entity: Entity, typed: str) -> str:
    """Return the FLEX ID of a record that a person found in FLEX while the desk could not tell whether it is there.

    Opportunities and contacts are read, in upper case too. If FLEX can't be reached, and for other kinds of record,
    the person's word counts. Raises `DeskError` (bad-flex-id, not-in-flex, no-such-contact).
    """
    try:
        if entity is Entity.OPPORTUNITY:
            return (await find_opportunity(records, typed))[0]
        if entity is Entity.PERSON:
            return await find_contact(records, typed)
    except Unreachable:
        pass
    return meant_ids(typed)[0]
