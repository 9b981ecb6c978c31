"""Where a vendor's records are other than its description has them: told once per kind, with a count. Stops nothing.

What is kept is which field of which kind of record, never what a record holds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

_MOST: Final = 200
"""Kinds of drift that are kept; a system that renames its fields at every reply says no more with the next."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_ODD: Final = "(a name that is none)"


class Drift(StrEnum):
    """How a field can be other than described."""

    NEW_FIELD = "new-field"
    UNKNOWN_VALUE = "unknown-value"
    NULL = "null"


class Drifted(Struct, frozen=True, order=True):
    """A kind of drift: in which records of which system, of which field, and how often it was seen."""

    system: str
    record: str
    field: str
    how: Drift
    count: int = 0


class Described(Struct, frozen=True):
    """What a description says of a record: its fields, those that are never null, and the values of some."""

    fields: frozenset[str]
    never_null: frozenset[str] = frozenset()
    values: Mapping[str, frozenset[str]] = {}


_seen: Counter[tuple[str, str, str, Drift]] = Counter()


def look(system: str, record: str, item: Mapping[str, Any]) -> None:
    """Note where an item of a list is other than described; of what has no description nothing is said."""
    described = DESCRIBED.get((system, record))
    if described is None:
        return
    for name in item.keys() - described.fields:
        _note(system, record, name, Drift.NEW_FIELD)
    for name in described.never_null:
        if name in item and item[name] is None:
            _note(system, record, name, Drift.NULL)
    for name, known in described.values.items():
        if isinstance(value := item.get(name), str) and value not in known:
            _note(system, record, name, Drift.UNKNOWN_VALUE)


def told() -> tuple[Drifted, ...]:
    """Give what this process has seen, each kind once with its count, in order."""
    return tuple(sorted(Drifted(*kind, count) for kind, count in _seen.items()))


def forget() -> None:
    """Begin anew."""
    _seen.clear()


def _note(system: str, record: str, name: object, how: Drift) -> None:
    field = name if isinstance(name, str) and _NAME.fullmatch(name) else _ODD
    kind = (system, record, field, how)
    if kind in _seen or len(_seen) < _MOST:
        _seen[kind] += 1


def _described(names: str, never_null: str = "", **values: str) -> Described:
    known = {name: frozenset(said.split()) for name, said in values.items()}
    return Described(frozenset(names.split()), frozenset(never_null.split()), known)


_STAMPS = "id _type _self _links created_at updated_at"
_PERSON = "first_name last_name email"
DESCRIBED: Final[Mapping[tuple[str, str], Described]] = {
    ("simplenexus", "LoanOfficer"): _described(
        f"{_STAMPS} {_PERSON} phone website address is_active nmls cost_center is_admin third_party title "
        "office_phone bio mobile_url nm_url  "
        "header_url is_discoverable profile_url",
        f"id {_PERSON}",
    ),
    ("simplenexus", "Borrower"): _described(
        f"{_STAMPS} {_PERSON} phone is_active custom_consent", f"id {_PERSON} is_active"
    ),
    ("simplenexus", "Partner"): _described(
        f"{_STAMPS} {_PERSON} mobile_phone address type professional_title list_partner_first is_cobranded "
        "photo_url logo_url cobranded_url accepted_invite",
        "id first_name email",
        type="AGENT",
    ),
    ("simplenexus", "Prospect"): _described(
        f"{_STAMPS} {_PERSON} phone sharer_name note is_active", "id is_active"
    ),
    ("total_expert", "Contact"): _described(
        f"id title {_PERSON} nick_name suffix email_work phone_cell phone_home phone_office address address_2 city "
        "state zip_code birthday source owner assignee external_id external_ids external_status contact_groups "
        "internal_created_at internal_updated_at classification close_date creation_date employer_name "
        "employer_address employer_address_2 employer_city employer_state employer_zip license_number list_date "
        "last_contacted_date ok_to_call ok_to_email ok_to_mail preferences referred_by referred_to "
        "shared_with_users custom_fields",
        "id",
    ),
    ("total_expert", "Group"): _described("id group_name user_editable owner", "id group_name"),
    ("total_expert", "Insight"): _described(
        "id contact type owner insight_date data internal_created_at internal_updated_at", "id contact type"
    ),
}
"""By system and kind of record (the descriptions; for fields that no sample shows, Total Expert's prose)."""
