"""SimpleNexus's stand-in: loan officers to read; their borrowers, partners and prospects.

It serves the fields of the vendor's description and no others: a borrower's reply does not say whose he is,
a prospect is never changed nor deleted, and a page is no larger than it likes, whatever was asked for.

| option                | what it changes                                                              |
|-----------------------|------------------------------------------------------------------------------|
| `officer_is_optional` | a borrower without `loan_officer_id` goes to the first officer, and is no 400 |
| `applications`        | false: the loan-application endpoints, which are BETA, are not for this client |
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from data.sandbox.store import Document, Keys, Store, Wanted
from data.sandbox.systems import events
from data.sandbox.systems.api import (
    ApiOperation,
    Call,
    Clock,
    Flaw,
    RefusedError,
    SandboxReply,
    SandboxSystem,
    folded,
    json_reply,
    refuse,
    text_or_none,
)
from data.sandbox.systems.auth import CLIENT_ID, CLIENT_SECRET, Tokens
from data.sandbox.systems.field_checks import (
    Check,
    boolean,
    choice,
    email_up_to,
    group,
    line,
    lines,
    or_null,
    phone,
)

NAME = "simplenexus"
LIFETIME = 900
LARGEST_PAGE = 100
COUNTER = "simplenexus-id"
STATES = (
    *("AA", "AE", "AK", "AL", "AP", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "FM", "GA"),
    *("GU", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MH", "MI", "MN", "MO"),
    *("MP", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "PR"),
    *("PW", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY"),
)
_PAGE = 25
_NAMESPACE = uuid.UUID("5a2c0f8e-9d0b-4d0e-8a53-2f6d3c1b7e44")
_VERSION = (("X-Api-Version", "1.0"), ("X-Api-Supported-Versions", "1.0"))
_OFFICERS = "/users/loan_officers"
_TYPES = {
    "loan-officers": "LoanOfficer",
    "borrowers": "UserBorrower",
    "partners": "Partner",
    "prospects": "Prospect",
    "loan-applications": "LoanApplication",
}
_STAMPS = ("created_at", "updated_at")
_SERVED = {
    "loan-officers": (
        *(*_STAMPS, "first_name", "last_name", "email", "phone", "website", "address", "is_active"),
        *("nmls", "cost_center", "is_admin", "title", "office_phone", "bio"),
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
}
_NAME = line(30)
_EMAIL = email_up_to(255)
_BORROWER: dict[str, Check] = {
    "first_name": _NAME,
    "last_name": _NAME,
    "email": _EMAIL,
    "phone": phone,
}
_NEW_BORROWER = group(
    {**_BORROWER, "loan_officer_id": line(64), "partner_id": line(64)},
    required=("first_name", "last_name", "email"),
)
_BORROWER_CHANGE = group({**_BORROWER, "custom_consent": boolean})


def _zip(value: object) -> Iterable[Flaw]:
    if not isinstance(value, str) or not 5 <= len(value) <= 10:
        yield "", "must have 5 to 10 characters"


_ADDRESS = group(
    {
        "street1": or_null(line(255)),
        "street2": or_null(line(255)),
        "city": or_null(line(255)),
        "state": choice(STATES),
        "zip": or_null(lambda value: iter(_zip(value))),
    }
)
_PARTNER: dict[str, Check] = {
    "first_name": _NAME,
    "last_name": _NAME,
    "mobile_phone": or_null(phone),
    "type": choice(("AGENT",)),
    "professional_title": or_null(line(80)),
    "list_partner_first": boolean,
    "is_cobranded": boolean,
    "address": _ADDRESS,
}
_NEW_PARTNER = group({**_PARTNER, "email": _EMAIL}, required=("first_name", "last_name", "email"))
_PARTNER_CHANGE = group(_PARTNER)
_NEW_PROSPECT = group(
    {
        "first_name": or_null(line(100)),
        "last_name": or_null(line(100)),
        "email": or_null(_EMAIL),
        "cell_phone": or_null(phone),
        "note": or_null(lines(1000)),
    }
)


class SandboxSimpleNexus(SandboxSystem):
    """The vendor's operations that a contact desk has a use for, over the store."""

    name = NAME
    kinds = (
        *("loan-officers", "borrowers", "partners", "prospects", "loan-applications"),
        *(events.WEBHOOKS, events.CALCULATIONS),
    )
    id_field = "id"
    stranger = "00000000-0000-4000-8000-000000000000"

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._tokens = Tokens(clock, LIFETIME)
        self.options = {"officer_is_optional": False, "applications": True}
        partners, prospects = f"{_OFFICERS}/{{id}}/partners", f"{_OFFICERS}/{{id}}/prospects"
        self.operations = (
            ApiOperation("POST", "/oauth/token", self._issue, open=True),
            ApiOperation("GET", _OFFICERS, self._list_officers),
            ApiOperation("GET", f"{_OFFICERS}/{{id}}", self._read("loan-officers")),
            ApiOperation("POST", "/users/borrowers", self._create_borrower),
            ApiOperation("GET", "/users/borrowers", self._list_borrowers),
            ApiOperation("GET", "/users/borrowers/{id}", self._read("borrowers")),
            ApiOperation("PATCH", "/users/borrowers/{id}", self._change_borrower),
            ApiOperation("DELETE", "/users/borrowers/{id}", self._delete_borrower),
            ApiOperation("POST", partners, self._create_partner),
            ApiOperation("GET", partners, self._list_partners),
            ApiOperation("GET", partners + "/{partner}", self._read("partners")),
            ApiOperation("PATCH", partners + "/{partner}", self._change_partner),
            ApiOperation("DELETE", partners + "/{partner}", self._delete_partner),
            ApiOperation("POST", prospects, self._create_prospect),
            ApiOperation("GET", prospects, self._list_prospects),
            ApiOperation("GET", prospects + "/{prospect}", self._read("prospects")),
            ApiOperation("GET", "/loan_applications", self._list_applications),
            ApiOperation("GET", "/loan_applications/{id}", self._read_application),
        )

    def answer(self, call: Call) -> SandboxReply:
        """Carry out one call; every answer names the version of the API."""
        reply = super().answer(call)
        return SandboxReply(
            reply.status, reply.body, reply.media_type, (*reply.headers, *_VERSION), reply.kind
        )

    def refusal(self, call: Call) -> SandboxReply | None:
        """The 401 for a call without a token in force."""
        problem = self._tokens.problem(call)
        return None if problem is None else self.error(401, "unauthorized", problem)

    def refused(self, refused: RefusedError) -> SandboxReply:
        """What the gateways call 415 or 422 is a 400 here; each wrong field is an error of its own."""
        status = 400 if refused.status in (415, 422) else refused.status
        details = [f"{name} {text}".strip() for name, text in refused.flaws] or [refused.message]
        return _errors(status, details)

    def error(
        self,
        status: int,
        code: str,  # noqa: ARG002 - the systems' common form
        message: str,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> SandboxReply:
        """`{"errors": [{"id", "status", "title", "detail"}]}`."""
        return _errors(status, [message], headers)

    def records_in(self, document: Document) -> list[Document]:
        """A page keeps its records in `contents`."""
        listed = document.get("contents")
        return listed if isinstance(listed, list) else [document]

    def keys(self, kind: str, document: Document) -> Keys:
        """People are found by whose they are, by email and by change."""
        return keys(kind, document)

    # -- the token ----------------------------------------------------------------------------------------

    def _issue(self, call: Call) -> SandboxReply:
        """A token for a JSON body with the grant, the id and the secret; errors are OAuth2's own."""
        try:
            given = call.json_object()
        except RefusedError as refused:
            return _oauth_error(400, "invalid_request", refused.message)
        unknown = set(given) - {"grant_type", "client_id", "client_secret", "scope"}
        if unknown or not {"grant_type", "client_id", "client_secret"} <= set(given):
            return _oauth_error(
                400, "invalid_request", "The body needs grant_type, client_id, client_secret."
            )
        if given["grant_type"] != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type", "Only client_credentials is offered.")
        if (given["client_id"], given["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return _oauth_error(401, "invalid_client", "The client id or secret is wrong.")
        body = {
            "access_token": self._tokens.grant(),
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "scope": "external",
            "created_at": int(self.clock()),
        }
        return json_reply(200, body, headers=(("Cache-Control", "no-store"),))

    # -- loan officers ------------------------------------------------------------------------------------

    def _list_officers(self, call: Call) -> SandboxReply:
        given = _given(call, "email", "is_active", "is_admin")
        return self._list(call, "loan-officers", given, Wanted(email=folded(given.get("email"))))

    # -- borrowers ----------------------------------------------------------------------------------------

    def _list_borrowers(self, call: Call) -> SandboxReply:
        given = _given(call, "email", "has_custom_consent", "is_active", "loan_officer_id")
        wanted = Wanted(email=folded(given.get("email")), belongs_to=given.get("loan_officer_id"))
        return self._list(call, "borrowers", given, wanted)

    def _create_borrower(self, call: Call) -> SandboxReply:
        body = _checked(call, _NEW_BORROWER)
        officer = self._officer_of(body)
        if (partner := body.get("partner_id")) is not None:
            found = self.store.get(NAME, "partners", partner)
            if found is None or found["loan_officer_id"] != officer:
                refuse(
                    400, "invalid", "A field is wrong.", [("partner_id", "names no partner of the officer")]
                )
        self._refuse_second("borrowers", body["email"], "Borrower account")
        fields = {"phone": None, **body, "loan_officer_id": officer}
        return self._created("borrowers", {**fields, "is_active": True, "custom_consent": False})

    def _officer_of(self, body: Document) -> str:
        given = body.get("loan_officer_id")
        if given is None and self.options["officer_is_optional"]:
            return str(self.store.find(NAME, "loan-officers", Wanted(), limit=1)[0]["id"])
        officer = self.store.get(NAME, "loan-officers", str(given))
        if given is None or officer is None or not officer.get("is_active"):
            text = "is missing" if given is None else "names no active loan officer"
            refuse(400, "invalid", "A field is wrong.", [("loan_officer_id", text)])
        return str(given)

    def _change_borrower(self, call: Call) -> SandboxReply:
        patch = _checked(call, _BORROWER_CHANGE)
        borrower = self._found("borrowers", call)
        if "email" in patch and folded(patch["email"]) != folded(borrower.get("email")):
            self._refuse_second("borrowers", patch["email"], "Borrower account")
        return self._changed("borrowers", borrower, patch)

    def _delete_borrower(self, call: Call) -> SandboxReply:
        """The applications of the account go with it."""
        borrower = self._found("borrowers", call)
        for application in self.store.find(NAME, "loan-applications", Wanted(belongs_to=borrower["id"])):
            self.store.remove(NAME, "loan-applications", application["id"])
        self.store.remove(NAME, "borrowers", borrower["id"])
        return _NO_CONTENT

    # -- partners -----------------------------------------------------------------------------------------

    def _list_partners(self, call: Call) -> SandboxReply:
        given = _given(call, "email", "accepted_invite")
        officer = self._officer(call)
        wanted = Wanted(email=folded(given.get("email")), belongs_to=officer["id"])
        return self._list(call, "partners", given, wanted)

    def _create_partner(self, call: Call) -> SandboxReply:
        officer = self._officer(call)
        body = _checked(call, _NEW_PARTNER)
        self._refuse_second("partners", body["email"], "Partner", officer["id"])
        fields = {
            "mobile_phone": None,
            "type": "AGENT",
            "professional_title": None,
            "list_partner_first": False,
            "is_cobranded": False,
            "accepted_invite": None,
            **body,
        }
        return self._created("partners", {**fields, "loan_officer_id": officer["id"]})

    def _change_partner(self, call: Call) -> SandboxReply:
        patch = _checked(call, _PARTNER_CHANGE)
        return self._changed("partners", self._found("partners", call), patch)

    def _delete_partner(self, call: Call) -> SandboxReply:
        self.store.remove(NAME, "partners", self._found("partners", call)["id"])
        return _NO_CONTENT

    # -- prospects ----------------------------------------------------------------------------------------

    def _list_prospects(self, call: Call) -> SandboxReply:
        given = _given(call)
        return self._list(call, "prospects", given, Wanted(belongs_to=self._officer(call)["id"]))

    def _create_prospect(self, call: Call) -> SandboxReply:
        """Nothing is unique about a prospect: one that is sent twice is there twice."""
        officer = self._officer(call)
        body = _checked(call, _NEW_PROSPECT)
        if body.get("email") is None and body.get("cell_phone") is None:
            refuse(400, "invalid", "A field is missing.", [("email", "or cell_phone must be given")])
        fields = {name: body.get(name) for name in ("first_name", "last_name", "email", "note")}
        sharer = f"{officer.get('first_name')} {officer.get('last_name')}"
        return self._created(
            "prospects",
            {
                **fields,
                "phone": body.get("cell_phone"),
                "sharer_name": sharer,
                "is_active": True,
                "loan_officer_id": officer["id"],
            },
        )

    # -- loan applications (BETA) ------------------------------------------------------------------------

    def _list_applications(self, call: Call) -> SandboxReply:
        """Active ones, unless others are asked for. Nothing that is listed says which account it belongs to."""
        self._refuse_beta()
        loans = (
            "loan_id",
            "org_id",
            *(f"{who}_external_customer_identifier" for who in ("borrower", "coborrower")),
        )
        given = _given(call, "is_active", "loan_officer_id", "user_borrower_id", *loans)
        wanted = Wanted(belongs_to=given.get("user_borrower_id"))
        return self._list(call, "loan-applications", {"is_active": "true", **given}, wanted, *loans)

    def _read_application(self, call: Call) -> SandboxReply:
        self._refuse_beta()
        call.parameters()
        record = self._joined("loan-applications", self._found("loan-applications", call))
        record.pop("has_coborrower")  # a list has it, the whole application has not
        return json_reply(200, shown("loan-applications", record), kind="loan-applications")

    def _refuse_beta(self) -> None:
        if not self.options["applications"]:
            refuse(403, "forbidden", "This endpoint is in beta and not for this client.")

    def _joined(self, kind: str, record: Document) -> Document:
        """An application with the names that it shows of its borrower and his officer; any other record as it is."""
        if kind != "loan-applications":
            return record
        borrower = self.store.get(NAME, "borrowers", str(record.get("borrower_id"))) or {}
        officer = self.store.get(NAME, "loan-officers", str(record.get("loan_officer_id"))) or {}
        names = f"{officer.get('first_name')} {officer.get('last_name')}"
        told = {name: borrower.get(name) for name in ("first_name", "last_name", "email")}
        whose = {"loan_officer_name": names, "loan_officer_email": officer.get("email")}
        return {"is_active": True, "is_submitted": False, "has_coborrower": False, **told, **whose, **record}

    # -- what they have in common -------------------------------------------------------------------------

    def _list(
        self, call: Call, kind: str, given: Mapping[str, str], wanted: Wanted, *fields: str
    ) -> SandboxReply:
        """One page. What the store can't find by is looked at record by record; `fields` are such filters more."""
        wanted = Wanted(
            belongs_to=wanted.belongs_to,
            email=wanted.email,
            updated_after=_moment(given, "updated_after"),
            added_before=self.clock() - call.lag if call.lag else None,
        )
        number = _whole(given, "page", 1)
        size = min(_whole(given, "page_size", _PAGE), LARGEST_PAGE)
        first = (number - 1) * size
        tests = _tests(given)
        if kind == "loan-applications":
            tests += [_says(name, given[name]) for name in (*fields, "loan_officer_id") if name in given]
        if tests:
            every = [r for r in self.store.find(NAME, kind, wanted) if all(fits(r) for fits in tests)]
            total, found = len(every), every[first : first + size]
        else:
            total = self.store.count(NAME, kind, wanted)
            found = self.store.find(NAME, kind, wanted, limit=size, offset=first)
        body = {
            "_self": call.path.removeprefix("/" + NAME),
            "_type": _TYPES[kind] + "Pagination",
            "contents": [shown(kind, self._joined(kind, record)) for record in found],
            "total_pages": -(-total // size),
            "total": total,
        }
        return json_reply(200, body, kind=kind)

    def _read(self, kind: str) -> Callable[[Call], SandboxReply]:
        def read(call: Call) -> SandboxReply:
            call.parameters()
            return json_reply(200, shown(kind, self._found(kind, call)), kind=kind)

        return read

    def _found(self, kind: str, call: Call) -> Document:
        """The record at the end of a path, where it belongs to the officer before it."""
        record = self.store.get(NAME, kind, call.ids[-1])
        if record is None or (len(call.ids) > 1 and record.get("loan_officer_id") != call.ids[0]):
            refuse(404, "not-found", "There is no such record.")
        return record

    def _officer(self, call: Call) -> Document:
        officer = self.store.get(NAME, "loan-officers", call.ids[0])
        if officer is None:
            refuse(404, "not-found", "There is no such loan officer.")
        return officer

    def _refuse_second(self, kind: str, email: str, what: str, officer: str | None = None) -> None:
        """One account for an email: borrowers over the company, partners of one officer (ours)."""
        if self.store.find(NAME, kind, Wanted(email=folded(email), belongs_to=officer), limit=1):
            refuse(409, "exists", f"{what} already exists for the given email.")

    def _created(self, kind: str, fields: Document) -> SandboxReply:
        id_ = record_id(self.store.next_number(COUNTER, 1))
        now = self.now()
        self.keep(kind, id_, {"id": id_, "created_at": now, "updated_at": now, **fields})
        made = self.store.get(NAME, kind, id_) or {}
        whole = shown(kind, made)
        if user := {"borrowers": "USER_BORROWER", "partners": "PARTNER"}.get(kind):
            name = f"{made.get('first_name')} {made.get('last_name')}"
            info = {
                "name": name,
                "user_type": user,
                **({"user_borrower": name} if kind == "borrowers" else {}),
            }
            events.tell(self, "user_created", whole["_self"], info, self.clock())
        return json_reply(201, {name: whole[name] for name in ("_self", "_type", "id")}, kind=kind)

    def _changed(self, kind: str, record: Document, patch: Document) -> SandboxReply:
        """An empty patch is no mistake and no change."""
        if patch:
            self.change(kind, record["id"], {**record, **patch, "updated_at": self.now()})
        return _NO_CONTENT


def record_id(number: int) -> str:
    """The id of the n-th record, in the vendor's form."""
    return str(uuid.uuid5(_NAMESPACE, str(number)))


def shown(kind: str, record: Document) -> Document:
    """A record as the vendor serves it: no word of the officer it belongs to."""
    served = {name: record[name] for name in ("id", *_SERVED[kind]) if name in record}
    if isinstance(address := served.get("address"), dict):
        blank = {"street1": None, "street2": None, "city": None, "state": "", "zip": None}
        served["address"] = {
            "_self": f"{_place(kind, record)}/address",
            "_type": "Address",
            **blank,
            **address,
        }
    return {"_self": _place(kind, record), "_type": _TYPES[kind], **served}


def keys(kind: str, document: Document) -> Keys:
    """What a record can be found by; an application by the borrower whose it is."""
    owner = document.get(
        "borrower_id" if kind in ("loan-applications", events.CALCULATIONS) else "loan_officer_id"
    )
    return Keys(
        belongs_to=text_or_none(owner),
        email=folded(document.get("email")),
        updated_at=text_or_none(document.get("updated_at")),
    )


def _place(kind: str, record: Document) -> str:
    id_, officer = record.get("id"), record.get("loan_officer_id")
    match kind:
        case "loan-officers":
            return f"{_OFFICERS}/{id_}"
        case "borrowers":
            return f"/users/borrowers/{id_}"
        case "loan-applications":
            return f"/loan_applications/{id_}"
        case _:
            return f"{_OFFICERS}/{officer}/{kind}/{id_}"


_NO_CONTENT = SandboxReply(204, b"")


def _errors(status: int, details: list[str], headers: tuple[tuple[str, str], ...] = ()) -> SandboxReply:
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    errors = [
        {"id": secrets.token_hex(8), "status": status, "title": title, "detail": detail} for detail in details
    ]
    return json_reply(status, {"errors": errors}, headers=headers)


def _oauth_error(status: int, code: str, description: str) -> SandboxReply:
    return json_reply(status, {"error": code, "error_description": description})


def _checked(call: Call, check: Check) -> Document:
    call.parameters()
    body = call.json_object()
    if flaws := list(check(body)):
        refuse(400, "invalid", "A field is wrong.", flaws)
    return body


_TIMES = ("created_after", "created_before", "updated_after", "updated_before")


def _given(call: Call, *filters: str) -> dict[str, str]:
    return call.parameters(*filters, "page", "page_size", *_TIMES)


def _tests(given: Mapping[str, str]) -> list[Callable[[Document], bool]]:
    """The filters that no index answers."""
    tests: list[Callable[[Document], bool]] = []
    for name, attribute in (
        ("is_active", "is_active"),
        ("is_admin", "is_admin"),
        ("has_custom_consent", "custom_consent"),
        ("accepted_invite", "accepted_invite"),
    ):
        if name in given:
            if given[name] not in ("true", "false"):
                refuse(400, "bad-parameter", "A filter is wrong.", [(name, "must be true or false")])
            tests.append(_equals(attribute, given[name] == "true"))
    for name in _TIMES:
        if (moment := _moment(given, name)) is not None and name != "updated_after":
            attribute = name.partition("_")[0] + "_at"
            tests.append(_beyond(attribute, moment, after=name.endswith("_after")))
    return tests


def _equals(attribute: str, value: bool) -> Callable[[Document], bool]:
    return lambda record: bool(record.get(attribute)) is value


def _says(attribute: str, value: str) -> Callable[[Document], bool]:
    return lambda record: record.get(attribute) == value


def _beyond(attribute: str, moment: str, *, after: bool) -> Callable[[Document], bool]:
    def fits(record: Document) -> bool:
        stamp = text_or_none(record.get(attribute))
        return stamp is not None and (stamp > moment if after else stamp < moment)

    return fits


def _moment(given: Mapping[str, str], name: str) -> str | None:
    """A moment with its offset, as UTC text that sorts like the kept ones; fractions of a second are dropped."""
    text = given.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        refuse(400, "bad-parameter", "A filter is wrong.", [(name, "must be a moment with its offset")])
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _whole(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        refuse(400, "bad-parameter", "A parameter is wrong.", [(name, "must be a whole number from 1")])
    return int(text)
