"""What all resources of SimpleNexus's stand-in share: options, bodies, lists and the vendor's form of an error.

| option                | default   | what it changes                                                          |
|-----------------------|-----------|--------------------------------------------------------------------------|
| `strict`              | false     | unknown parameters, headers and forms of ids are refused, not ignored    |
| `officer_is_optional` | false     | a borrower without an officer goes to the first one, and is no 400       |
| `applications`        | true      | false: the loan-application endpoints (BETA) are not for this client     |
| `app_shares`          | true      | false: likewise for sharing the app                                      |
| `prospects`           | true      | false: likewise for creating prospects; they can still be read           |
| `officer_filter`      | true      | false: the filter `loan_officer_id` of borrowers is ignored              |
| `partner_emails`      | `officer` | `company`: no text says among whose partners an email is one partner's   |
| `token_seconds`       | 900       | how long a token lasts; an example has 900                               |
| `webhook_secret`      | `sandbox` | what webhooks are signed with; how it is agreed is not published         |
| `largest_page`        | 100       | the most records of a page, whatever is asked for (no text has a limit)  |

A body with a field that the description does not have is always refused: the description says so itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from http import HTTPStatus

from data.sandbox.store import Document, Keys, Store, Wanted
from data.sandbox.systems import events
from data.sandbox.systems.api import (
    Call,
    Clock,
    RefusedError,
    SandboxReply,
    SandboxSystem,
    json_reply,
    refuse,
    unknown_headers,
)
from data.sandbox.systems.field_checks import Check
from data.sandbox.systems.simplenexus.records import (
    COUNTER,
    KINDS,
    NAME,
    created,
    keys,
    place,
    record_id,
    shown,
    type_of,
)
from data.sandbox.systems.simplenexus.rules import is_uuid, moment_of

NO_CONTENT = SandboxReply(204, b"")
"""The reply to a change, a removal and most actions."""
VERSION = "1.0"
_VERSIONS = (("X-Api-Version", VERSION), ("X-Api-Supported-Versions", VERSION))
_VERSION_HEADER = "x-api-version"
_PAGE = 25
_PAGING = ("page", "page_size")
_TIMES = ("created_after", "created_before", "updated_after", "updated_before")
_TYPED_IDS = ("loan_officer_id", "user_borrower_id", "loan_id", "org_id")


class SimpleNexusBase(SandboxSystem):
    """The parts of the stand-in that no resource owns. `SandboxSimpleNexus` adds the resources."""

    name = NAME
    kinds = KINDS
    id_field = "id"
    stranger = "00000000-0000-4000-8000-000000000000"

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self.options = {
            "strict": False,
            "officer_is_optional": False,
            "applications": True,
            "app_shares": True,
            "prospects": True,
            "officer_filter": True,
            "partner_emails": "officer",
            "token_seconds": 900,
            "webhook_secret": "sandbox",
            "largest_page": 100,
        }

    @property
    def strict(self) -> bool:
        """Whether everything that the description does not have is refused."""
        return self.options["strict"] is True

    # -- the common form ----------------------------------------------------------------------------------

    def answer(self, call: Call) -> SandboxReply:
        """Carry out one call; every answer names the version of the API."""
        reply = self._answered(call)
        headers = (*reply.headers, *_VERSIONS)
        return SandboxReply(reply.status, reply.body, reply.media_type, headers, reply.kind)

    def _answered(self, call: Call) -> SandboxReply:
        if self.strict and (unknown := unknown_headers(call, _VERSION_HEADER)):
            return self.error(400, "bad-header", f"{unknown[0]} is no known header")
        if call.headers.get(_VERSION_HEADER, VERSION) != VERSION:
            return self.error(400, "bad-header", f"The supported version is {VERSION}.")
        return super().answer(call)

    def refused(self, refused: RefusedError) -> SandboxReply:
        """Return what the gateways call 415 or 422 is a 400 here; each wrong field is an error of its own."""
        status = 400 if refused.status in (413, 415, 422) else refused.status
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

    # -- queries and bodies -------------------------------------------------------------------------------

    def given(self, call: Call, *filters: str) -> dict[str, str]:
        """Return the known parameters of a list: its filters, the paging and the four times."""
        return self._known(call, (*filters, *_PAGING, *_TIMES))

    def no_query(self, call: Call) -> None:
        """Refuse every parameter of a call that takes none, in the strict setting."""
        self._known(call, ())

    def _known(self, call: Call, known: Collection[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in call.query:
            if name in known:
                if name in found or not value:
                    refuse(400, "bad-parameter", "A parameter is wrong.", [(name, "must be given once")])
                found[name] = value
            elif self.strict:
                refuse(400, "bad-parameter", "A parameter is wrong.", [(name, "is no known parameter")])
        for name in _TYPED_IDS:
            if self.strict and name in found and not is_uuid(found[name]):
                refuse(400, "bad-parameter", "A parameter is wrong.", [(name, "must be a uuid")])
        return found

    def checked(self, call: Call, check: Check) -> Document:
        """Return the body, where it passes the check. Raises RefusedError (400)."""
        self.no_query(call)
        body = call.json_object()
        if flaws := list(check(body)):
            refuse(400, "invalid", "A field is wrong.", flaws)
        return body

    # -- records and replies ------------------------------------------------------------------------------

    def record(self, kind: str, call: Call, owner: str = "loan_officer_id") -> Document:
        """Return the record at the end of a path, where it belongs to what stands before it. Raises RefusedError."""
        self._checked_ids(call)
        record = self.store.get(NAME, kind, call.ids[-1])
        if record is None or (len(call.ids) > 1 and record.get(owner) != call.ids[0]):
            refuse(404, "not-found", "There is no such record.")
        return record

    def officer(self, call: Call) -> Document:
        """Return the loan officer whom the path names. Raises RefusedError."""
        self._checked_ids(call)
        officer = self.store.get(NAME, "loan-officers", call.ids[0])
        if officer is None:
            refuse(404, "not-found", "There is no such loan officer.")
        return officer

    def active_officer(self, field: str, given: object) -> str:
        """Return the id of a loan officer who is there and active. Raises RefusedError (400)."""
        officer = self.store.get(NAME, "loan-officers", str(given))
        if given is None or officer is None or not officer.get("is_active"):
            text = "is missing" if given is None else "names no active loan officer"
            refuse(400, "invalid", "A field is wrong.", [(field, text)])
        return str(given)

    def _checked_ids(self, call: Call) -> None:
        if self.strict and not all(is_uuid(id_) for id_ in call.ids):
            refuse(400, "bad-parameter", "An id of the path must be a uuid.")

    def refuse_second(self, kind: str, email: str, what: str, officer: str | None = None) -> None:
        """Refuse a record with an email that another one has. Raises RefusedError (409)."""
        if self.store.find(NAME, kind, Wanted(email=email.strip().casefold(), belongs_to=officer), limit=1):
            refuse(409, "exists", f"{what} already exists for the given email.")

    def made(self, kind: str, fields: Document) -> SandboxReply:
        """Keep a new record and answer 201."""
        return json_reply(201, created(kind, self.new(kind, fields)), kind=kind)

    def new(self, kind: str, fields: Document) -> Document:
        """Keep a new record with its id and times."""
        id_ = record_id(self.store.next_number(COUNTER, 1))
        now = self.now()
        record = {"id": id_, "created_at": now, "updated_at": now, **fields}
        self.keep(kind, id_, record)
        return record

    def changed(self, kind: str, record: Document, patch: Document) -> SandboxReply:
        """Change a record and answer 204. An empty body is no mistake (the prose) and no change."""
        if patch:
            self.change(kind, record["id"], {**record, **patch, "updated_at": self.now()})
        return NO_CONTENT

    def tell_of_user(self, event: str, kind: str, record: Document) -> None:
        """Let the webhook of a user event wait for its delivery."""
        name = f"{record.get('first_name')} {record.get('last_name')}"
        users = {"borrowers": "USER_BORROWER", "partners": "PARTNER", "loan-officers": "LOAN_OFFICER"}
        info = {"name": name, "user_type": users[kind]}
        if event == "user_created" and kind == "borrowers":
            info["user_borrower"] = name
        events.tell(self, event, place(kind, record), info, self.clock())

    def shown_alone(self, kind: str, owner: str = "loan_officer_id") -> Callable[[Call], SandboxReply]:
        """Return the operation that shows one record of a kind."""

        def read(call: Call) -> SandboxReply:
            self.no_query(call)
            return json_reply(200, shown(kind, self.record(kind, call, owner)), kind=kind)

        return read

    def listed(
        self,
        call: Call,
        kind: str,
        given: Mapping[str, str],
        wanted: Wanted,
        joined: Callable[[Document], Document] = lambda record: record,
    ) -> SandboxReply:
        """Return one page of the records that fit, as the vendor pages them.

        `joined` adds what a record shows of others.
        """
        wanted = self._wanted(given, wanted, call)
        number = _whole(given, "page", 1)
        size = min(_whole(given, "page_size", _PAGE), int(self.options["largest_page"]))
        total = self.store.count(NAME, kind, wanted)
        found = self.store.find(NAME, kind, wanted, limit=size, offset=(number - 1) * size)
        body = {
            "_self": call.path.removeprefix("/" + NAME),
            "_type": type_of(kind) + "Pagination",
            "contents": [shown(kind, joined(record)) for record in found],
            "total_pages": -(-total // size),
            "total": total,
        }
        return json_reply(200, body, kind=kind)

    def _wanted(self, given: Mapping[str, str], wanted: Wanted, call: Call) -> Wanted:
        """Return the search with the times of the query in it. All four times leave out the moment itself."""
        bounds = list(wanted.bounds)
        for name in _TIMES:
            if name in given and name != "updated_after":
                relation = ">" if name.endswith("_after") else "<"
                bounds.append((name.partition("_")[0] + "_at", relation, _moment(given, name)))
        return replace(
            wanted,
            updated_after=_moment(given, "updated_after") if "updated_after" in given else None,
            added_before=self.clock() - call.lag if call.lag else None,
            bounds=tuple(bounds),
        )


def flags_of(given: Mapping[str, str], *names: tuple[str, str]) -> tuple[tuple[str, bool], ...]:
    """Return the true-or-false filters of a query: for each parameter the attribute that it is about."""
    found = []
    for name, attribute in names:
        if name in given:
            if given[name] not in ("true", "false"):
                refuse(400, "bad-parameter", "A filter is wrong.", [(name, "must be true or false")])
            found.append((attribute, given[name] == "true"))
    return tuple(found)


def _moment(given: Mapping[str, str], name: str) -> str:
    moment = moment_of(given[name])
    if moment is None:
        refuse(400, "bad-parameter", "A filter is wrong.", [(name, "must be a moment with its offset")])
    return moment


def _whole(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        refuse(400, "bad-parameter", "A parameter is wrong.", [(name, "must be a whole number from 1")])
    return int(text)


def _errors(status: int, details: list[str], headers: tuple[tuple[str, str], ...] = ()) -> SandboxReply:
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    errors = [
        {"id": secrets.token_hex(8), "status": status, "title": title, "detail": detail} for detail in details
    ]
    return json_reply(status, {"errors": errors}, headers=headers)
