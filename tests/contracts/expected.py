"""What SimpleNexus and Total Expert say a request of theirs looks like: written by hand from their descriptions.

Where a description is silent the expectation is too. `digest` marks what a third party's summary alone says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]

UUID = {"type": "string", "pattern": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
NAME = {"type": "string", "minLength": 1, "maxLength": 30}
EMAIL = {"type": "string", "maxLength": 255, "pattern": r"^[^@\s]+@[^@\s]+$"}
PHONE = {"type": "string", "pattern": r"^[0-9 +().-]{5,30}$"}
TEXT = {"type": "string"}
KEY = {"type": ["string", "integer"]}
WHEN = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"
WHOLE = r"[1-9]\d{0,8}"


def closed(required: tuple[str, ...] = (), /, **fields: Schema) -> Schema:
    """An object of these fields and no others."""
    return {"type": "object", "properties": fields, "required": list(required), "additionalProperties": False}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


@dataclass(frozen=True, eq=False)
class Expected:
    """A request. `query` gives the form of each parameter that is known; `sign_in` how it says who asks."""

    method: str
    path: str
    body: Schema | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    sign_in: str = r"Bearer \S+"

    def fits(self, method: str, path: str) -> bool:
        wanted = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(wanted, path) is not None


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
_STREET = closed(street1=TEXT, street2=nullable(TEXT), city=TEXT, state=TEXT, zip=TEXT)

SIMPLENEXUS = (
    Expected(
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
    Expected("GET", "/users/loan_officers", query={**_SN_PAGES, **_SN_EMAIL, "is_active": "true|false"}),
    Expected(
        "GET",
        "/users/borrowers",
        query={
            **_SN_PAGES,
            **_SN_EMAIL,
            "loan_officer_id": UUID["pattern"][1:-1],
            "is_active": "true|false",
            "has_custom_consent": "true|false",
        },
    ),
    Expected("GET", "/users/borrowers/{id}"),
    Expected(
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
    Expected(
        "PATCH",
        "/users/borrowers/{id}",
        {
            **closed(
                first_name=NAME, last_name=NAME, email=EMAIL, phone=PHONE, custom_consent={"type": "boolean"}
            ),
            "minProperties": 1,
        },
    ),
    Expected(
        "GET", f"{_OFFICER}/partners", query={**_SN_PAGES, **_SN_EMAIL, "accepted_invite": "true|false"}
    ),
    Expected(
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
    Expected(
        "GET",
        "/loan_applications",
        query={
            **_SN_PAGES,
            **dict.fromkeys(
                ("loan_id", "loan_officer_id", "org_id", "user_borrower_id"), UUID["pattern"][1:-1]
            ),
            **dict.fromkeys(("borrower_external_customer_identifier",), ".+"),
            "is_active": "true|false",
        },
    ),
    Expected("GET", "/loan_applications/{id}"),
    Expected("GET", f"{_OFFICER}/prospects", query=_SN_PAGES),
    Expected("GET", f"{_OFFICER}/prospects/{{id}}"),
    Expected(
        "POST",
        f"{_OFFICER}/prospects",
        {**_PROSPECT, "anyOf": [{"required": ["email"]}, {"required": ["cell_phone"]}]},
    ),
)

_TE_PAGES = {r"page[number]": WHOLE, r"page[size]": r"[1-9]\d?|100"}
_OWNER = closed(id=KEY, email=TEXT, username=TEXT, external_id=TEXT)
_CONTACT_FIELDS = {
    **dict.fromkeys(("title", "first_name", "last_name", "nick_name", "suffix", "source", "birthday"), TEXT),
    **dict.fromkeys(("email", "email_work", "phone_cell", "phone_home", "phone_office"), TEXT),
    **dict.fromkeys(("address", "address_2", "city", "state", "zip_code", "employer_name"), TEXT),
    "owner": _OWNER,
    "external_ids": {
        "type": "array",
        "items": closed(("source", "external_id"), source=TEXT, external_id=TEXT),
    },
    "contact_groups": {"type": "array", "items": closed(id=KEY, group_name=TEXT)},
    "remove_contact_groups": {"type": "array", "items": closed(id=KEY, group_name=TEXT)},
}
_BY_PHONE = [{"required": [name]} for name in ("phone_cell", "phone_home", "phone_office")]
_BY_ADDRESS = {"required": ["address", "city", "state", "zip_code"]}

TOTAL_EXPERT = (
    Expected(
        "POST",
        "/token",
        closed(("grant_type",), grant_type={"const": "client_credentials"}),
        sign_in=r"Basic [A-Za-z0-9+/]+=*",
    ),
    Expected(
        "GET",
        "/contacts",
        # digest: the filters; the description has none
        query={
            **_TE_PAGES,
            **{f"filter[{name}]": ".+" for name in ("external_id", "email", "first_name", "last_name")},
        },
    ),
    Expected("GET", "/contacts/{id}"),
    Expected(
        "POST",
        "/contacts",
        {
            **closed(("source", "first_name", "last_name", "owner"), **_CONTACT_FIELDS),
            "anyOf": [{"required": ["email"]}, *_BY_PHONE, _BY_ADDRESS],
        },
    ),
    Expected("PATCH", "/contacts/{id}", {**closed(**_CONTACT_FIELDS), "minProperties": 1}),
    Expected("GET", "/users", query=_TE_PAGES),
    Expected("GET", "/contact-groups", query=_TE_PAGES),
    Expected("POST", "/contact-groups", closed(("group_name", "owner"), group_name=TEXT, owner=_OWNER)),
    Expected("GET", "/insight-types", query=_TE_PAGES),
    Expected("GET", "/insights", query={**_TE_PAGES, "filter[contact_id]": ".+"}),  # digest: the filter
    Expected("GET", "/insights/{id}"),
    Expected(
        "POST",
        "/insights",
        closed(
            (
                "contact",
                "type",
            ),  # no description says which are needed; without these two it says nothing of nobody
            contact=closed(("id",), id=KEY),
            type=closed(("id",), id=KEY),
            owner=_OWNER,
            insight_date={"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"},
            data=closed(("description",), description=TEXT),
        ),
    ),
)

EXPECTED = {"simplenexus": SIMPLENEXUS, "total-expert": TOTAL_EXPERT}
