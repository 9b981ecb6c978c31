"""What SimpleNexus's stand-in keeps: kinds, ids, addresses, and how a record is shown. Knows no request.

A record shows the fields of the vendor's description and no others: no word of the officer whom a borrower belongs to.
"""

from __future__ import annotations

import uuid

from data.sandbox.store import Document, Keys
from data.sandbox.systems import events
from data.sandbox.systems.api import folded, text_or_none

NAME = "simplenexus"
COUNTER = "simplenexus-id"
OFFICERS = "/users/loan_officers"
KINDS = (
    *("loan-officers", "borrowers", "partners", "prospects", "loan-applications", "aliases", "app-shares"),
    *(events.WEBHOOKS, events.CALCULATIONS, events.REGISTERED, events.SUBSCRIPTIONS),
)
_NAMESPACE = uuid.UUID("5a2c0f8e-9d0b-4d0e-8a53-2f6d3c1b7e44")
_TYPES = {
    "loan-officers": "LoanOfficer",
    "borrowers": "UserBorrower",
    "partners": "Partner",
    "prospects": "Prospect",
    "loan-applications": "LoanApplication",
    "aliases": "Alias",
    events.REGISTERED: "Webhook",
    events.SUBSCRIPTIONS: "WebhookSubscription",
}
"""The `_type` of a record. The description names its models and no values of `_type`: these are our assumption."""
_STAMPS = ("created_at", "updated_at")
_SERVED = {
    "loan-officers": (
        *(*_STAMPS, "first_name", "last_name", "email", "phone", "website", "address", "is_active"),
        *(
            "nmls",
            "cost_center",
            "is_admin",
            "third_party",
            "title",
            "office_phone",
            "bio",
            "is_discoverable",
        ),
    ),
    "borrowers": (*_STAMPS, "first_name", "last_name", "email", "phone", "is_active", "custom_consent"),
    "partners": (
        *(*_STAMPS, "first_name", "last_name", "email", "mobile_phone", "address", "type"),
        *("professional_title", "list_partner_first", "is_cobranded", "accepted_invite"),
    ),
    "prospects": (
        *("first_name", "last_name", "email", "phone", "sharer_name", "note", "is_active"),
        *_STAMPS,
    ),
    "loan-applications": (
        *("first_name", "last_name", "email", "loan_officer_name", "loan_officer_email"),
        *(*_STAMPS, "is_active", "is_submitted", "has_coborrower"),
    ),
    "aliases": ("alias",),
    events.REGISTERED: ("name", "url", "version", "created_at"),
    events.SUBSCRIPTIONS: ("event",),
}
_OF_AN_OFFICER = ("partners", "prospects", "aliases")
_OF_A_BORROWER = ("loan-applications", events.CALCULATIONS)


def record_id(number: int) -> str:
    """Return the id of the n-th record, in the vendor's form."""
    return str(uuid.uuid5(_NAMESPACE, str(number)))


def type_of(kind: str) -> str:
    """Return the `_type` of a record of the kind."""
    return _TYPES[kind]


def keys(kind: str, document: Document) -> Keys:
    """Return what a record can be found by; an application by the borrower whose it is."""
    owner = "loan_officer_id"
    if kind in _OF_A_BORROWER:
        owner = "borrower_id"
    elif kind == events.SUBSCRIPTIONS:
        owner = "webhook_id"
    return Keys(
        belongs_to=text_or_none(document.get(owner)),
        email=folded(document.get("email")),
        updated_at=text_or_none(document.get("updated_at")),
    )


def place(kind: str, record: Document) -> str:
    """Return the address of a record, below the system's base address."""
    id_ = record.get("id")
    if kind in _OF_AN_OFFICER:
        return f"{OFFICERS}/{record.get('loan_officer_id')}/{kind}/{id_}"
    match kind:
        case "loan-officers":
            return f"{OFFICERS}/{id_}"
        case "borrowers":
            return f"/users/borrowers/{id_}"
        case "loan-applications":
            return f"/loan_applications/{id_}"
        case events.SUBSCRIPTIONS:
            return f"/webhooks/{record.get('webhook_id')}/subscriptions/{id_}"
        case _:
            return f"/webhooks/{id_}"


def shown(kind: str, record: Document) -> Document:
    """Return a record as a reply shows it."""
    served = {name: record[name] for name in ("id", *_SERVED[kind]) if name in record}
    for name, model, blank in (
        ("address", "Address", {"street1": None, "street2": None, "city": None, "state": "", "zip": None}),
        ("third_party", "ThirdParty", {"credit_user_id": None, "los_username": None}),
    ):
        if isinstance(part := served.get(name), dict):
            own = {"_self": f"{place(kind, record)}/{name}", "_type": model}
            served[name] = {**own, **blank, **part}
    return {"_self": place(kind, record), "_type": _TYPES[kind], **served}


def created(kind: str, record: Document) -> Document:
    """Return what the reply to a create says of a record: its address, type and id."""
    whole = shown(kind, record)
    return {name: whole[name] for name in ("_self", "_type", "id")}
