"""The requests that SimpleNexus and Total Expert describe, as far as the desk sends them: written by hand.

`test_descriptions.py` holds this table against the vendors' own files where those are next to the checkout. Where a
description is silent, the table is too. Where a vendor's prose and samples disagree, both are accepted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Schema = Mapping[str, Any]

UUID = {"type": "string", "pattern": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
NAME = {"type": "string", "minLength": 1, "maxLength": 30}
_DOT_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*"
EMAIL = {
    "type": "string",
    "maxLength": 255,
    "pattern": rf"^{_DOT_ATOM}@([^\W_]([^\W_]|-)*\.)+[^\W_]([^\W_]|-)*$",
}
"""`format: email` of a description: RFC 5321."""
PHONE = {"type": "string", "pattern": r"^[0-9 +().-]{5,30}$"}
TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
NUMBER_OR_TEXT = {"type": ["integer", "string"]}
"""An id that the tables call numeric and that a sample or the prose gives as text."""
YES_OR_NO = {"enum": [0, 1, "0", "1"]}
WHEN = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"
WHOLE = r"[1-9]\d{0,8}"
ANY = ".+"
ID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
FLAG = "true|false"

HEADERS = frozenset(
    {
        *("host", "connection", "user-agent", "accept", "accept-encoding", "content-type", "content-length"),
        "authorization",
    }
)
"""The headers of HTTP itself, and the sign-in of both vendors. Any other header has to be in a description."""


def closed(required: tuple[str, ...] = (), /, **fields: Schema) -> Schema:
    """Return the schema of an object with these fields and no others."""
    return {"type": "object", "properties": fields, "required": list(required), "additionalProperties": False}


def nullable(schema: Schema) -> Schema:
    """Return a schema that also takes null."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


@dataclass(frozen=True, eq=False)
class Expected:
    """One operation.

    `query` gives the form of each parameter, `filters` the form of each name in Total Expert's `filter`, `sorts` the
    attributes that a list can be sorted by. `ids` is the form of an id in the path, `headers` are the headers that the
    description has besides `HEADERS`, `sign_in` is the form of the header Authorization ("" for none).
    """

    method: str
    path: str
    body: Schema | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    sorts: frozenset[str] = frozenset()
    ids: str = "[^/]+"
    headers: frozenset[str] = frozenset()
    sign_in: str = r"Bearer \S+"

    def fits(self, method: str, path: str) -> bool:
        """Return True if a request has this method and a path of this shape, whatever its ids are."""
        return method == self.method and _shape(self.path, "[^/]+").fullmatch(path) is not None

    def has_ids(self, path: str) -> bool:
        """Return True if the ids of a fitting path have the documented form."""
        return _shape(self.path, self.ids).fullmatch(path) is not None


@cache
def _shape(path: str, ids: str) -> re.Pattern[str]:
    """Return the pattern of a described path with ids of a form."""
    return re.compile(re.sub(r"\\\{\w+\\\}", lambda _: f"(?:{ids})", re.escape(path)))


# -- SimpleNexus (nCino Mortgage) ----------------------------------------------------------------------------


def _sn(method: str, path: str, body: Schema | None = None, **more: Any) -> Expected:
    return Expected(method, path, body, ids=ID, headers=frozenset({"x-api-version"}), **more)


_SN_PAGES = {
    **dict.fromkeys(("page", "page_size"), WHOLE),
    **dict.fromkeys(("created_after", "created_before", "updated_after", "updated_before"), WHEN),
}
_SN_EMAIL = {"email": r"[^@\s]+@[^@\s]+"}
_OFFICER = "/users/loan_officers/{id}"
_PROSPECT = closed(
    first_name=nullable({"type": "string", "maxLength": 100}),
    last_name=nullable({"type": "string", "maxLength": 100}),
    email=nullable(EMAIL),
    cell_phone=nullable(PHONE),
    note=nullable({"type": "string", "maxLength": 1000}),
)
_APP_SHARE = closed(
    email=nullable(EMAIL),
    phone=nullable({"type": "string", "pattern": r"^(?:\D*\d){10}\D*$", "minLength": 1, "maxLength": 32}),
    destination_name=nullable({"type": "string", "minLength": 1, "maxLength": 255}),
    partner_id=nullable(UUID),
)
_STREET = closed(street1=TEXT, street2=nullable(TEXT), city=TEXT, state=TEXT, zip=TEXT)
_LOANS = {
    **dict.fromkeys(("loan_id", "loan_officer_id", "org_id", "user_borrower_id"), ID),
    **dict.fromkeys(
        ("borrower_external_customer_identifier", "coborrower_external_customer_identifier"), ANY
    ),
    "is_active": FLAG,
}

EVENTS = (
    *("account_assignment_created", "account_assignment_deleted", "document_created", "document_updated"),
    *("document_uploaded", "job_status_changed", "loan_activated", "loan_app_abandoned"),
    *("loan_app_imported", "loan_app_started", "loan_app_submitted", "loan_app_updated", "loan_created"),
    *("loan_deactivated", "loan_deleted", "loan_milestone_completed", "loan_milestone_updated"),
    *("loan_officer_demoted", "loan_officer_promoted", "loan_updated", "milestone_created"),
    *("milestone_deleted", "milestones_reordered", "organization_created", "organization_deleted"),
    *("state_license_created", "state_license_deleted", "state_license_updated", "user_created"),
    *("user_deleted", "user_disabled", "user_enabled", "user_first_login", "user_updated"),
    "verification_available",
)
"""The events of webhooks."""

SIMPLENEXUS = (
    _sn(
        "POST",
        "/oauth/token",
        closed(
            ("grant_type", "client_id", "client_secret"),
            grant_type={"const": "client_credentials"},
            client_id=TEXT,
            client_secret=TEXT,
            scope=TEXT,
        ),
        sign_in="",
    ),
    _sn(
        "GET",
        "/users/loan_officers",
        query={**_SN_PAGES, **_SN_EMAIL, "is_active": FLAG, "is_admin": FLAG, "org_id": ID},
    ),
    _sn(
        "GET",
        "/users/borrowers",
        query={
            **_SN_PAGES,
            **_SN_EMAIL,
            "loan_officer_id": ID,
            "is_active": FLAG,
            "has_custom_consent": FLAG,
        },
    ),
    _sn("GET", "/users/borrowers/{id}"),
    _sn(
        "POST",
        "/users/borrowers",
        closed(
            ("first_name", "last_name", "email"),
            first_name=NAME,
            last_name=NAME,
            email=EMAIL,
            phone=PHONE,
            loan_officer_id=UUID,
            partner_id=UUID,
        ),
    ),
    _sn("GET", f"{_OFFICER}/aliases", query=_SN_PAGES),
    _sn("GET", f"{_OFFICER}/partners", query={**_SN_PAGES, **_SN_EMAIL, "accepted_invite": FLAG}),
    _sn(
        "POST",
        f"{_OFFICER}/partners",
        closed(
            ("first_name", "last_name", "email"),
            first_name=NAME,
            last_name=NAME,
            email=EMAIL,
            mobile_phone=nullable(PHONE),
            type={"const": "AGENT"},
            professional_title=nullable({"type": "string", "maxLength": 80}),
            list_partner_first={"type": "boolean"},
            is_cobranded={"type": "boolean"},
            address=_STREET,
        ),
    ),
    _sn("GET", f"{_OFFICER}/partners/{{id}}"),
    _sn(
        "POST",
        f"{_OFFICER}/partners/{{id}}/actions",
        closed(("action",), action={"enum": ["SEND_INVITE", "ENABLE", "DISABLE"]}),
    ),
    _sn("GET", "/loan_applications", query={**_SN_PAGES, **_LOANS}),
    _sn("GET", "/loan_applications/{id}"),
    _sn("GET", f"{_OFFICER}/prospects", query=_SN_PAGES),
    _sn("GET", f"{_OFFICER}/prospects/{{id}}"),
    _sn(
        "POST",
        f"{_OFFICER}/prospects",
        {**_PROSPECT, "anyOf": [{"required": ["email"]}, {"required": ["cell_phone"]}]},
    ),
    _sn(
        "POST",
        f"{_OFFICER}/app_shares",
        {**_APP_SHARE, "anyOf": [{"required": ["email"]}, {"required": ["phone"]}]},
    ),
    _sn("GET", "/webhooks", query=_SN_PAGES),
    _sn(
        "POST",
        "/webhooks",
        closed(
            ("url", "name"),
            url={"type": "string", "pattern": "^https?://"},
            name=TEXT,
            version=nullable(TEXT),
        ),
    ),
    _sn(
        "POST",
        "/webhooks/{id}/test_events",
        closed(("event", "event_info"), event={"enum": list(EVENTS)}, event_info={"type": "object"}),
    ),
    _sn(
        "POST",
        "/webhooks/{id}/actions",
        closed(("action",), action={"enum": ["ENABLE", "DISABLE", "TEST"]}),
    ),
    _sn("GET", "/webhooks/{id}/subscriptions", query=_SN_PAGES),
    _sn("POST", "/webhooks/{id}/subscriptions", closed(("event",), event={"enum": list(EVENTS)})),
    _sn("DELETE", "/webhooks/{id}/subscriptions/{id}"),
)

# -- Total Expert --------------------------------------------------------------------------------------------

_TE_PAGES = {"page[number]": WHOLE, "page[size]": r"[1-9]\d?|100"}
_TE_ID = r"\d+"
_CHANGED = dict.fromkeys(("internal_updated_at_start", "internal_updated_at_end"), WHEN)
OWNER_OF_CONTACT = closed(id=NUMBER, email=TEXT, username=TEXT, external_id=TEXT)
OWNER_OF_INSIGHT = closed(id=NUMBER, username=TEXT, external_id=TEXT)
"""An insight's owner is not named by an email."""
_OWNER_OF_GROUP = closed(id=NUMBER_OR_TEXT, email=TEXT, username=TEXT, external_id=TEXT)
_GROUPS = listed(closed(id=NUMBER_OR_TEXT, group_name=TEXT))
CONTACT_TEXTS = (
    *("address", "address_2", "birthday", "city", "close_date", "creation_date", "credit_score"),
    *("credit_score_date", "email", "email_work", "employer_address", "employer_address_2", "employer_city"),
    *("employer_license_number", "employer_name", "employer_state", "employer_zip", "external_id", "fax"),
    *("first_name", "last_contacted_date", "last_name", "license_number", "linkedin_url", "list_date"),
    *("nickname", "other_url", "phone_cell", "phone_home", "phone_office", "pre_approval_issued_date"),
    *("referred_by", "referred_to", "source", "state", "suffix", "title", "website_url", "zip_code"),
)
"""The attributes of a contact that can be set and are text."""
CONTACT_FLAGS = ("ok_to_call", "ok_to_email", "ok_to_mail")
"""The tables call one of them numeric and two of them text; the samples send numbers."""
CONTACT_RELATIONS: Mapping[str, Schema] = {
    "owner": OWNER_OF_CONTACT,
    "assignee": OWNER_OF_CONTACT,
    "shared_with_users": listed(OWNER_OF_CONTACT),
    "contact_groups": _GROUPS,
    "remove_contact_groups": _GROUPS,
    "external_ids": listed(closed(("source", "external_id"), source=TEXT, external_id=TEXT)),
    "channels": listed(closed(system_name=TEXT)),
    "custom": listed(closed(("field_name", "value"), field_name=TEXT, value={})),
    "preferences": closed(is_silenced={"enum": [True, False, 0, 1]}),
    "options": closed(suppress_emails={"type": "boolean"}),
}
"""The relationships of a contact that the desk may ever set."""
CONTACT_FIELDS: Mapping[str, Schema] = {
    **dict.fromkeys(CONTACT_TEXTS, TEXT),
    "birthday": {"type": "string", "pattern": r"^(1970-\d{2}-\d{2})?$"},
    **dict.fromkeys(CONTACT_FLAGS, YES_OR_NO),
    **CONTACT_RELATIONS,
}
CONTACT_FILTERS = {
    **_CHANGED,
    **dict.fromkeys(("owner_email", "owner_username", "owner_external_id", "group_name"), ANY),
    **dict.fromkeys(("owner_id", "group_id"), _TE_ID),
    **dict.fromkeys(("first_name", "last_name", "email", "phone_cell", "phone_home", "phone_office"), ANY),
    **dict.fromkeys(("first_name_contains", "last_name_contains", "email_contains"), ".{3,}"),
    **dict.fromkeys(("archieved", "external_id", "source"), ANY),
}
INSIGHT_FILTERS = {
    **dict.fromkeys(("owner_email", "owner_external_id"), ANY),
    **dict.fromkeys(("owner_id", "type_id", "contact_id"), _TE_ID),
}
UNSUBSCRIBE_FILTERS = {
    "email": ANY,
    **{
        f"{who}_unsub_at_{end}": WHEN
        for who in ("organization", "user", "domain")
        for end in ("start", "end")
    },
}
USER_FILTERS = {
    **_CHANGED,
    **dict.fromkeys(("email", "username", "external_id"), ANY),
    "status": "[01]",
}
CONTACT_SORTS = frozenset(
    {*CONTACT_TEXTS, *CONTACT_FLAGS, "id", "internal_created_at", "internal_updated_at"}
)
_BY_PHONE = [{"required": [name]} for name in ("phone_cell", "phone_home", "phone_office")]
_BY_ADDRESS = {"required": ["address", "city", "state", "zip_code"]}


HOOK_URL = {"type": "string", "pattern": r"^(https://|http://(127\.0\.0\.1|localhost)[:/])"}
"""Total Expert sends to https alone; the sandbox also to this machine."""
HOOK_SECRET = {"type": "string", "minLength": 1, "maxLength": 255}
_HOOK_ACTIONS = {**listed(closed(("action", "item"), action=TEXT, item=TEXT)), "minItems": 1}


def _te_list(path: str, filters: Mapping[str, str], sorts: frozenset[str] = frozenset()) -> Expected:
    query = {**_TE_PAGES, **({"filter": ANY} if filters else {}), **({"sort": ANY} if sorts else {})}
    return Expected("GET", path, query=query, filters=filters, sorts=sorts)


TOTAL_EXPERT = (
    Expected(
        "POST",
        "/token",
        closed(("grant_type",), grant_type={"const": "client_credentials"}),
        sign_in=r"Basic [A-Za-z0-9+/]+=*",
    ),
    Expected("GET", "/heartbeat", sign_in=r"(Bearer \S+)?"),
    Expected("GET", "/teapot"),
    _te_list("/contacts", CONTACT_FILTERS, CONTACT_SORTS),
    Expected("GET", "/contacts/{id}", ids=_TE_ID),
    Expected(
        "POST",
        "/contacts",
        {
            **closed(("source", "first_name", "last_name", "owner"), **CONTACT_FIELDS),
            "anyOf": [{"required": ["email"]}, *_BY_PHONE, _BY_ADDRESS],
        },
    ),
    Expected("PATCH", "/contacts/{id}", {**closed(**CONTACT_FIELDS), "minProperties": 1}, ids=_TE_ID),
    _te_list("/users", USER_FILTERS),
    _te_list("/contact-groups", {}),
    Expected(
        "POST", "/contact-groups", closed(("group_name", "owner"), group_name=TEXT, owner=_OWNER_OF_GROUP)
    ),
    _te_list("/insight-types", {"type": ANY}),
    _te_list("/insights", INSIGHT_FILTERS),
    Expected("GET", "/insights/{id}", ids=_TE_ID),
    Expected(
        "POST",
        "/insights",
        closed(
            ("contact", "type", "owner"),
            contact=closed(("id",), id=NUMBER),
            type=closed(id=NUMBER, type=TEXT),
            owner=OWNER_OF_INSIGHT,
            insight_date={"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"},
            expires_at={"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"},
            data={"type": "object", "properties": {"description": TEXT}, "required": ["description"]},
        ),
    ),
    _te_list("/email-unsubscribes", UNSUBSCRIBE_FILTERS),
    _te_list("/webhook-actions", {}),
    _te_list("/webhook-subscriptions", {}),
    Expected(
        "POST",
        "/webhook-subscriptions",
        closed(("url", "actions"), url=HOOK_URL, secret=HOOK_SECRET, actions=_HOOK_ACTIONS),
    ),
    Expected(
        "PATCH",
        "/webhook-subscriptions/{id}",
        {
            **closed(url=HOOK_URL, secret=HOOK_SECRET, actions=_HOOK_ACTIONS, remove_actions=_HOOK_ACTIONS),
            "minProperties": 1,
        },
        ids=_TE_ID,
    ),
    Expected("DELETE", "/webhook-subscriptions/{id}", ids=_TE_ID),
)

EXPECTED: Mapping[str, tuple[Expected, ...]] = {"simplenexus": SIMPLENEXUS, "total-expert": TOTAL_EXPERT}
"""The operations by vendor. The names are those of the sandbox's addresses."""
