"""Counts where a vendor's records and replies differ from the vendor's description. A difference stops nothing.

The counts name the field and the kind of record, or the operation and the status. They never hold a value of a record.
`core.diagnostics.changes` keeps them in the book.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from core.diagnostics.records import Drift, Drifted
from core.push.plan import System
from data.vendors.http.operations import operation_of

_MOST: Final = 200
"""How many different drifts are counted. A system that renames its fields in every reply must not fill the memory."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_ODD: Final = "(not a valid name)"
_OUTAGE: Final = 500
_TOO_MANY: Final = 429
_LENGTH_WORDS: Final = frozenset({"long", "longer", "length", "characters", "maximum", "max", "exceeds"})
"""The words by which a refusal speaks of a length. They are our assumption."""


class Described(Struct, frozen=True):
    """What a description says about one kind of record.

    `fields` are all fields, `never_null` the fields that are never null, and `values` the only values of some fields.
    `longest` are the most characters of some fields.
    """

    fields: frozenset[str]
    never_null: frozenset[str] = frozenset()
    values: Mapping[str, frozenset[str]] = {}
    longest: Mapping[str, int] = {}


_Kind = tuple[System, str, str, Drift]
_seen: Counter[_Kind] = Counter()
_taken: set[_Kind] = set()
"""What a book was given in this process."""


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
    for name, longest in described.longest.items():
        if isinstance(value := item.get(name), str) and len(value) > longest:
            _count(system, record, name, Drift.LONGER_VALUE)


def observe_status(system: System, method: str, path: str, status: int) -> None:
    """Count a status that the description of the operation lacks.

    An outage (5xx) and a limit (429) are no property of the operation: a server in front of a system gives them too.
    """
    operation = operation_of(system, method, path)
    if operation is None or status >= _OUTAGE or status == _TOO_MANY or status in operation.statuses:
        return
    _count_named(system, operation.name, str(status), Drift.NEW_STATUS)


def observe_unknown_events(system: System, number: int) -> None:
    """Count webhook events of kinds that the description lacks."""
    for _ in range(number):
        _count_named(system, "WebhookEvent", "event", Drift.UNKNOWN_VALUE)


def observe_refused_lengths(
    system: System, method: str, path: str, body: Mapping[str, Any], words: Iterable[str]
) -> None:
    """Count the fields of a body that were refused as too long although the description allows their length.

    `words` are the words of the refusal. The desk sends nothing that is longer than a described limit, so a refusal
    that names a field of the body and speaks of a length means another limit. No description has the words: those that
    count as speaking of a length are our assumption.
    """
    said = {word.casefold() for word in words}
    operation = operation_of(system, method, path)
    if operation is None or said.isdisjoint(_LENGTH_WORDS):
        return
    for name, value in body.items():
        if isinstance(value, str) and value and name.casefold() in said:
            _count_named(system, operation.name, name, Drift.REFUSED_LENGTH)


def report() -> tuple[Drifted, ...]:
    """Return every drift that was counted since the last `take`, once with its count, in order."""
    return tuple(sorted(Drifted(*kind, count) for kind, count in _seen.items()))


def take() -> tuple[Drifted, ...]:
    """Return what `report` does, for a book that keeps it, and begin to count again."""
    drifts = report()
    _taken.update(_seen)
    _seen.clear()
    return drifts


def has_news() -> bool:
    """Return True if something was counted that no book was given in this process."""
    return not _seen.keys() <= _taken


def clear() -> None:
    """Set everything back to nothing."""
    _seen.clear()
    _taken.clear()


def _count(system: System, record: str, name: object, how: Drift) -> None:
    _count_named(system, record, name if isinstance(name, str) and _NAME.fullmatch(name) else _ODD, how)


def _count_named(system: System, record: str, field: str, how: Drift) -> None:
    kind = (system, record, field, how)
    if kind in _seen or len(_seen) < _MOST:
        _seen[kind] += 1


def _described(
    names: str, never_null: str = "", longest: Mapping[str, int] | None = None, **values: str
) -> Described:
    known = {name: frozenset(listed.split()) for name, listed in values.items()}
    return Described(frozenset(names.split()), frozenset(never_null.split()), known, longest or {})


_STAMPS = "id _type _self _links created_at updated_at"
_PERSON = "first_name last_name email"
_LONGEST = {"first_name": 30, "last_name": 30, "email": 255}
DESCRIBED: Final[Mapping[tuple[System, str], Described]] = {
    (System.SIMPLENEXUS, "LoanOfficer"): _described(
        f"{_STAMPS} {_PERSON} phone website address is_active nmls cost_center is_admin third_party title "
        "office_phone bio mobile_url nm_url header_url is_discoverable profile_url",
        f"id {_PERSON}",
    ),
    (System.SIMPLENEXUS, "Borrower"): _described(
        f"{_STAMPS} {_PERSON} phone is_active custom_consent", f"id {_PERSON} is_active", _LONGEST
    ),
    (System.SIMPLENEXUS, "Partner"): _described(
        f"{_STAMPS} {_PERSON} mobile_phone address type professional_title list_partner_first is_cobranded "
        "photo_url logo_url cobranded_url accepted_invite",
        "id first_name email",
        {**_LONGEST, "professional_title": 80},
        type="AGENT",
    ),
    (System.SIMPLENEXUS, "Alias"): _described("_type _links _self id alias", "id alias", {"alias": 255}),
    (System.SIMPLENEXUS, "Prospect"): _described(
        f"{_STAMPS} {_PERSON} phone sharer_name note is_active",
        "id is_active",
        {"first_name": 100, "last_name": 100, "email": 255, "note": 1000},
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
