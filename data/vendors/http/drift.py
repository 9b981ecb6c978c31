"""Counts where a vendor's records differ from the vendor's description. A difference stops nothing.

The counts name the field and the kind of record. They never hold a value of a record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from core.push.plan import System

_MOST: Final = 200
"""How many different drifts are counted. A system that renames its fields in every reply must not fill the memory."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_ODD: Final = "(a name that is none)"


class Drift(StrEnum):
    """How a field can differ from its description."""

    NEW_FIELD = "new-field"
    UNKNOWN_VALUE = "unknown-value"
    NULL = "null"


class Drifted(Struct, frozen=True, order=True):
    """One drift: the system, the kind of record, the field, how the field differs, and how often it was seen."""

    system: System
    record: str
    field: str
    how: Drift
    count: int = 0


class Described(Struct, frozen=True):
    """What a description says about one kind of record.

    `fields` are all fields, `never_null` the fields that are never null, and `values` the only values of some fields.
    """

    fields: frozenset[str]
    never_null: frozenset[str] = frozenset()
    values: Mapping[str, frozenset[str]] = {}


_seen: Counter[tuple[System, str, str, Drift]] = Counter()


def observe(system: System, record: str, item: Mapping[str, Any]) -> None:
    """Count where an item of a list differs from its description. A record without a description is not looked at."""
    described = DESCRIBED.get((system, record))
    if described is None:
        return
    for name in item.keys() - described.fields:
        _count(system, record, name, Drift.NEW_FIELD)
    for name in described.never_null:
        if name in item and item[name] is None:
            _count(system, record, name, Drift.NULL)
    for name, known in described.values.items():
        if isinstance(value := item.get(name), str) and value not in known:
            _count(system, record, name, Drift.UNKNOWN_VALUE)


def report() -> tuple[Drifted, ...]:
    """Return every drift that this process has seen, once with its count, in order."""
    return tuple(sorted(Drifted(*kind, count) for kind, count in _seen.items()))


def clear() -> None:
    """Set all counts back to nothing."""
    _seen.clear()


def _count(system: System, record: str, name: object, how: Drift) -> None:
    field = name if isinstance(name, str) and _NAME.fullmatch(name) else _ODD
    kind = (system, record, field, how)
    if kind in _seen or len(_seen) < _MOST:
        _seen[kind] += 1


def _described(names: str, never_null: str = "", **values: str) -> Described:
    known = {name: frozenset(listed.split()) for name, listed in values.items()}
    return Described(frozenset(names.split()), frozenset(never_null.split()), known)


_STAMPS = "id _type _self _links created_at updated_at"
_PERSON = "first_name last_name email"
DESCRIBED: Final[Mapping[tuple[System, str], Described]] = {
    (System.SIMPLENEXUS, "LoanOfficer"): _described(
        f"{_STAMPS} {_PERSON} phone website address is_active nmls cost_center is_admin third_party title "
        "office_phone bio mobile_url nm_url header_url is_discoverable profile_url",
        f"id {_PERSON}",
    ),
    (System.SIMPLENEXUS, "Borrower"): _described(
        f"{_STAMPS} {_PERSON} phone is_active custom_consent", f"id {_PERSON} is_active"
    ),
    (System.SIMPLENEXUS, "Partner"): _described(
        f"{_STAMPS} {_PERSON} mobile_phone address type professional_title list_partner_first is_cobranded "
        "photo_url logo_url cobranded_url accepted_invite",
        "id first_name email",
        type="AGENT",
    ),
    (System.SIMPLENEXUS, "Alias"): _described("_type _links _self id alias", "id alias"),
    (System.SIMPLENEXUS, "Prospect"): _described(
        f"{_STAMPS} {_PERSON} phone sharer_name note is_active", "id is_active"
    ),
    (System.TOTAL_EXPERT, "Contact"): _described(
        f"id title {_PERSON} nickname suffix email_work phone_cell phone_home phone_office fax address address_2 city "
        "state zip_code birthday source owner assignee external_id external_ids external_status contact_groups "
        "internal_created_at internal_updated_at classification close_date creation_date employer_name "
        "employer_address employer_address_2 employer_city employer_state employer_zip employer_license_number "
        "license_number list_date last_contacted_date ok_to_call ok_to_email ok_to_mail preferences referred_by "
        "referred_to shared_with_users custom channels wlp_access related_entities credit_score credit_score_date "
        "pre_approval_issued_date linkedin_url other_url website_url last_modified_date credit_score_expiration_date",
        "id",
    ),
    (System.TOTAL_EXPERT, "User"): _described(
        "id email external_id info internal_created_at internal_updated_at last_login_date licenses disclaimers "
        "settings_marketing status type username saml_subject_id expenditure_approver role teams",
        "id email",
        type="Realtor Lender Title",
    ),
    (System.TOTAL_EXPERT, "InsightType"): _described(
        "id description expiration_interval type internal_created_at internal_updated_at", "id type"
    ),
    (System.TOTAL_EXPERT, "EmailUnsubscribe"): _described(
        "id email organization_wide organization_unsub_at users domains remove_users remove_domains",
        "id email",
    ),
    (System.TOTAL_EXPERT, "Group"): _described("id group_name user_editable owner", "id group_name"),
    (System.TOTAL_EXPERT, "Insight"): _described(
        "id contact type owner insight_date data expires_at internal_created_at internal_updated_at",
        "id contact type",
    ),
}
"""The descriptions by system and kind of record.

`tests/contracts/test_published_samples.py` derives them from the vendors' published descriptions and compares.
"""
