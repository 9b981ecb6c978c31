"""The attributes of a contact by their types: what is taken, how a value is kept, and what is refused with 422.

The vendor's table types each attribute. Where a sample sends another type, both are taken. In the strict setting a
value has to be in one of those forms; otherwise a few near forms pass too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NoReturn

from data.sandbox.store import Document
from data.sandbox.systems.api import refuse
from data.sandbox.systems.total_expert.records import BORN_IN

Reader = Callable[[str, object, bool], object]
"""Gives the kept form of a value: the attribute's name, the value, whether the setting is strict."""

_NOWHERE = "0000-00-00"
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})Z?)?")
_CREDIT = ("Excellent", "Good", "Fair", "Poor", "Very Poor")
_BORN_IN = ("1970", "1900")


def refuse_body(message: str) -> NoReturn:
    """Refuse a body that is JSON and makes no sense. Raises RefusedError always."""
    refuse(422, "invalid", message)


def text(name: str, value: object, strict: bool) -> str | None:  # noqa: ARG001 - one form of all readers
    """Return a text; an empty one, or null, clears the attribute (our assumption)."""
    if not isinstance(value, str | None):
        refuse_body(f"Attribute '{name}' must be a string")
    return value or None


def moment(name: str, value: object, strict: bool) -> str | None:
    """Return a date and time in UTC as `YYYY-MM-DD hh:mm:ss`; all zeros, null or an empty text clear it."""
    if value is None or value == "":
        return None
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is not None and found[1] == _NOWHERE:
        return None
    try:
        if found is None or (strict and (found[2] is None or found[0][10] != " " or found[0][-1] == "Z")):
            raise ValueError
        date.fromisoformat(found[1])
    except ValueError:
        refuse_body(f"Attribute '{name}' must be a date YYYY-MM-DD hh:mm:ss")
    return f"{found[1]} {found[2] or '00:00:00'}"


def day(name: str, value: object, strict: bool) -> str | None:
    """Return the day of a moment, which is all that the vendor's samples give back."""
    kept = moment(name, value, strict)
    return None if kept is None else kept[:10]


def birthday(name: str, value: object, strict: bool) -> str | None:
    """Return a birthday with the year that every birthday is kept with.

    A birthday of another year is taken and loses the year, except in the strict setting (our assumption).
    """
    kept = moment(name, value, strict=False)
    if kept is None:
        return None
    if strict and (kept[:4] not in _BORN_IN or len(str(value)) != len("1970-01-01")):
        refuse_body(f"Attribute '{name}' must be a date 1970-MM-DD")
    return BORN_IN + kept[4:10]


def flag(name: str, value: object, strict: bool) -> bool:
    """Return a consent: 1 or 0 as a number or a text; also true and false except in the strict setting."""
    form = str(value).lower()
    if isinstance(value, int | str) and form in ("0", "1"):
        return form == "1"
    if not strict and form in ("true", "false"):
        return form == "true"
    refuse_body(f"Attribute '{name}' must be 0 or 1")


def credit(name: str, value: object, strict: bool) -> str | None:
    """Return a credit rating, one of the vendor's five words."""
    kept = text(name, value, strict)
    if kept is not None and kept not in _CREDIT:
        refuse_body(f"Attribute '{name}' must be one of: {', '.join(_CREDIT)}")
    return kept


def whole_object(name: str, value: object) -> Document:
    """Return an object."""
    if not isinstance(value, dict):
        refuse_body(f"Attribute '{name}' must be an object")
    return value


def entries(name: str, body: Document) -> list[Document]:
    """Return the objects of a relationship that is a list; none where the body does not have it."""
    listed = body.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        refuse_body(f"Relationship '{name}' must be a list of objects")
    return listed


CONTACT: dict[str, Reader] = {
    **dict.fromkeys(
        (
            *("address", "address_2", "city", "email", "email_work", "employer_address"),
            *("employer_address_2", "employer_city", "employer_license_number", "employer_name"),
            *("employer_state", "employer_zip", "external_id", "fax", "first_name", "last_name"),
            *("license_number", "linkedin_url", "nickname", "other_url", "phone_cell", "phone_home"),
            *("phone_office", "referred_by", "referred_to", "source", "state", "suffix", "title"),
            *("website_url", "zip_code"),
        ),
        text,
    ),
    **dict.fromkeys(
        ("creation_date", "credit_score_date", "last_contacted_date", "pre_approval_issued_date"), moment
    ),
    **dict.fromkeys(("close_date", "list_date"), day),
    **dict.fromkeys(("ok_to_call", "ok_to_email", "ok_to_mail"), flag),
    "birthday": birthday,
    "credit_score": credit,
}
"""The attributes that the vendor's table calls assignable, but for `preferences`, which is an object."""
RENAMED = {"last_contacted": "last_contacted_date"}
"""Names that a sample sends and no table has."""
SORTABLE = (*CONTACT, "id", "internal_created_at", "internal_updated_at")
"""The attributes by which a list of contacts can be sorted."""
