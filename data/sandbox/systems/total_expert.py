"""Total Expert's stand-in: contacts that a POST may quietly overwrite, users, groups, insight types and insights.

It serves the fields of the vendor's description and no others: no middle name, no country, a birthday without its
year. A POST that its own rules take for somebody who is there changes that contact and answers 200.

| option              | what it changes                                                                          |
|---------------------|------------------------------------------------------------------------------------------|
| `list_name`         | `items` or `objects`: the vendor's samples and prose disagree about the name of the list |
| `filters`           | whether the documented `filter=name=value,…` is obeyed                                   |
| `required_groups`   | names of groups, with commas between, without one of which a new contact is refused      |
| `requests_a_minute` | requests in any 60 seconds before the answer is 429                                      |
| `tokens_an_hour`    | token requests of one credential in any hour before the answer is 429                    |
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import NoReturn

from data.sandbox.store import Document, Keys, Store, StoredRow, Wanted
from data.sandbox.systems.api import (
    ApiOperation,
    Call,
    Clock,
    RefusedError,
    SandboxReply,
    SandboxSystem,
    folded,
    json_reply,
    refuse,
    text_or_none,
)
from data.sandbox.systems.auth import CLIENT_ID, CLIENT_SECRET, Tokens, basic

NAME = "total-expert"
LIFETIME = 3600
LARGEST_PAGE = 100
FIRST_IDS = {
    "contacts": 50_001,
    "users": 301,
    "contact-groups": 11,
    "insight-types": 1,
    "insights": 7_001,
}
BORN_IN = "1970"
"""The year that every birthday is kept with."""
_PAGE = 10
_INDEX = "external-ids"
_TEXTS = (
    *("title", "first_name", "last_name", "email", "email_work", "address", "address_2", "city", "state"),
    *("zip_code", "phone_cell", "phone_home", "phone_office", "employer_name", "employer_address"),
    *("employer_address_2", "employer_city", "employer_state", "employer_zip", "license_number", "source"),
    *("external_id", "referred_by", "referred_to", "classification"),
)
_TIMES = ("creation_date", "last_contacted_date")
_DAYS = ("list_date", "close_date")
_CONSENTS = ("ok_to_call", "ok_to_email", "ok_to_mail")
_NEEDED = ("source", "first_name", "last_name")
_PHONES = ("phone_home", "phone_cell", "phone_office")
_PLACE = ("address", "city", "state", "zip_code")
_NOWHERE = "0000-00-00"
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: ([0-9]{2}:[0-9]{2}:[0-9]{2}))?")
_TRUTHS = {"0": False, "1": True, "false": False, "true": True}


class SandboxTotalExpert(SandboxSystem):
    """The vendor's operations that a contact desk has a use for, over the store."""

    name = NAME
    kinds = ("contacts", "users", "contact-groups", "insight-types", "insights")
    id_field = "id"
    stranger = "999999"

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._tokens = Tokens(clock, LIFETIME)
        self._asked: deque[float] = deque()
        self._granted: deque[float] = deque()
        self.options = {
            "list_name": "items",
            "filters": True,
            "required_groups": "",
            "requests_a_minute": 1000,
            "tokens_an_hour": 2,
        }
        self.operations = (
            ApiOperation("POST", "/token", self._issue, open=True),
            ApiOperation("GET", "/heartbeat", lambda call: json_reply(200, _HEARTBEAT), open=True),
            ApiOperation("GET", "/teapot", lambda call: json_reply(418, _TEAPOT)),
            ApiOperation("POST", "/contacts", self._create_contact),
            ApiOperation("GET", "/contacts", self._list_contacts),
            ApiOperation("GET", "/contacts/{id}", self._read("contacts")),
            ApiOperation("PATCH", "/contacts/{id}", self._change_contact),
            ApiOperation("DELETE", "/contacts/{id}", self._delete_contact),
            ApiOperation("GET", "/users", self._list("users")),
            ApiOperation("GET", "/users/{id}", self._read("users")),
            ApiOperation("POST", "/contact-groups", self._create_group),
            ApiOperation("GET", "/contact-groups", self._list("contact-groups")),
            ApiOperation("GET", "/contact-groups/{id}", self._read("contact-groups")),
            ApiOperation("GET", "/insight-types", self._list("insight-types")),
            ApiOperation("POST", "/insights", self._create_insight),
            ApiOperation("GET", "/insights", self._list_insights),
            ApiOperation("GET", "/insights/{id}", self._read("insights")),
        )

    def refusal(self, call: Call) -> SandboxReply | None:
        """The 401 for a call without a token in force, the 429 for one too many in a minute."""
        if (problem := self._tokens.problem(call)) is not None:
            return self.error(401, "unauthorized", problem)
        if not _has_room(self._asked, self.clock(), 60, self.options["requests_a_minute"]):
            return self.error(429, "too-many-requests", "Too many requests in a minute.")
        return None

    def refused(self, refused: RefusedError) -> SandboxReply:
        """`{"error": "…"}`, in one sentence."""
        fields = "; ".join(f"'{name}' {text}" for name, text in refused.flaws)
        return json_reply(refused.status, {"error": fields or refused.message})

    def error(
        self,
        status: int,
        code: str,  # noqa: ARG002 - the systems' common form
        message: str,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> SandboxReply:
        """`{"error": "…"}`."""
        return json_reply(status, {"error": message}, headers=headers)

    def records_in(self, document: Document) -> list[Document]:
        """A page keeps its records in `items`, or in `objects`."""
        listed = document.get("items", document.get("objects"))
        return listed if isinstance(listed, list) else [document]

    def keys(self, kind: str, document: Document) -> Keys:
        """Contacts are found by owner, name and email."""
        return keys(kind, document)

    def keep(self, kind: str, id_: str, document: Document) -> None:
        """Keep a new record; a contact under its external ids too."""
        super().keep(kind, id_, document)
        self._index(kind, id_, document)

    def change(self, kind: str, id_: str, document: Document) -> None:
        """Put a new version in the place of a record; a contact under its external ids too."""
        super().change(kind, id_, document)
        self._index(kind, id_, document)

    def _index(self, kind: str, id_: str, document: Document) -> None:
        """What is no longer true of an entry is seen when it is used; nothing is taken out."""
        for row in index_rows(kind, id_, document):
            if self.store.get(NAME, _INDEX, row.id) is None:
                self.store.add(replace(row, added=self.clock()))

    # -- the token ----------------------------------------------------------------------------------------

    def _issue(self, call: Call) -> SandboxReply:
        """A token for HTTP Basic and a grant, in JSON or as a form; so many an hour and no more."""
        if basic(call) != (CLIENT_ID, CLIENT_SECRET):
            return _oauth_error("invalid_client", "The client id or secret is wrong.")
        if not _has_room(self._granted, self.clock(), 3600, self.options["tokens_an_hour"]):
            return self.error(429, "too-many-requests", "Too many token requests in an hour.")
        if _grant(call) != "client_credentials":
            return _oauth_error("unsupported_grant_type", "Only client_credentials is offered.")
        body = {
            "access_token": self._tokens.grant(),
            "expires_in": LIFETIME,
            "token_type": "bearer",
            "scope": "leadInteraction",
        }
        return json_reply(200, body, headers=(("Cache-Control", "no-store"),))

    # -- contacts -----------------------------------------------------------------------------------------

    def _create_contact(self, call: Call) -> SandboxReply:
        body = call.json_object()
        owner = self._owner(body.get("owner"))
        for name in _NEEDED:
            if not text_or_none(body.get(name)):
                _refuse(f"Missing required attribute: '{name}'")
        if not any(text_or_none(body.get(name)) for name in ("email", *_PHONES)) and not all(
            text_or_none(body.get(name)) for name in _PLACE
        ):
            _refuse("An email, a phone number or a full address is required")
        contact = self._applied({}, body, owner)
        joined = {group["group_name"] for group in contact["contact_groups"]}
        for name in filter(None, str(self.options["required_groups"]).split(",")):
            if name not in joined:
                _refuse(f"Missing required contact group: '{name}'")
        if (there := self._duplicate(contact)) is not None:
            self._put(self._applied(there, body, owner))
            return self._told(200, call, "contacts", "duplicate", there["id"])
        number = self.store.next_number(counter("contacts"), FIRST_IDS["contacts"])
        now = self._now()
        contact = {"id": number, **contact, "internal_created_at": now, "internal_updated_at": now}
        self.keep("contacts", str(number), contact)
        return self._told(201, call, "contacts", "created", number)

    def _change_contact(self, call: Call) -> SandboxReply:
        contact = self._found("contacts", call)
        body = call.json_object()
        owner = self._owner(body["owner"]) if "owner" in body else contact.get("owner")
        self._put(self._applied(contact, body, owner))
        return _NOTHING

    def _delete_contact(self, call: Call) -> SandboxReply:
        self.store.remove(NAME, "contacts", str(self._found("contacts", call)["id"]))
        return _NOTHING

    def _list_contacts(self, call: Call) -> SandboxReply:
        given = self._filters(call)
        if "external_id" in given:
            found = self._bearing(Wanted(email=given["external_id"], added_before=self._visible(call)))
            return self._page(call, "contacts", found)
        wanted = Wanted(
            belongs_to=given.get("owner_id"),
            email=folded(given.get("email")),
            first_name=folded(given.get("first_name")),
            last_name=folded(given.get("last_name")),
            added_before=self._visible(call),
        )
        phones = {name: digits(given[name]) for name in _PHONES if name in given}
        if not phones:
            return self._page(call, "contacts", wanted)
        fitting = [
            record
            for record in self.store.find(NAME, "contacts", wanted)
            if all(digits(record.get(name)) == value for name, value in phones.items())
        ]
        return self._page(call, "contacts", fitting)

    def _put(self, contact: Document) -> None:
        self.change("contacts", str(contact["id"]), {**contact, "internal_updated_at": self._now()})

    def _applied(self, contact: Document, body: Document, owner: object) -> Document:
        """The contact with what the body says, blanks included; groups and external ids are added to."""
        changed = dict(contact)
        for given, value in body.items():
            if given not in _RELATIONS:
                name = _RENAMED.get(given, given)
                changed[name] = _attribute(name, value)
        changed["owner"] = owner
        for name in ("external_status", "preferences"):
            if name in body:
                changed[name] = _object(name, body[name])
        changed["external_ids"] = _external_ids(changed, body)
        changed["contact_groups"] = self._groups(contact.get("contact_groups", []), body, owner)
        return changed

    def _groups(self, groups: list[Document], body: Document, owner: object) -> list[Document]:
        joined = [self._group(entry, owner) for entry in _entries("contact_groups", body)]
        left = [self._group(entry, owner)["id"] for entry in _entries("remove_contact_groups", body)]
        ids = [group["id"] for group in groups]
        added = [group for group in joined if group["id"] not in ids]
        return [group for group in (*groups, *added) if group["id"] not in left]

    def _group(self, entry: Document, owner: object) -> Document:
        """The group that an id or a name means; of several of one name the contact's owner's own."""
        id_, name = entry.get("id"), entry.get("group_name")
        found = [
            group
            for group in self.store.find(NAME, "contact-groups", Wanted())
            if (str(group["id"]) == str(id_) if id_ is not None else group["group_name"] == name)
        ]
        if not found:
            _refuse("Unable to find target for relationship: 'contact_groups'")
        own = [group for group in found if _id(group.get("owner")) == _id(owner)]
        group = (own or found)[0]
        return {"group_name": group["group_name"], "id": group["id"]}

    def _duplicate(self, contact: Document) -> Document | None:
        """Return the contact of the same owner that Total Expert takes a new contact for; None if there is none.

        The rules and their order are in docs/matching.md, "Vendors' rules".
        """
        owner = _id(contact["owner"])
        for entry in contact["external_ids"]:
            mark = _mark(entry["source"], entry["external_id"])
            for there in self._bearing(Wanted(integration_id=mark)):
                if _id(there.get("owner")) == owner:
                    return there
        namesakes = self.store.find(
            NAME,
            "contacts",
            Wanted(
                belongs_to=owner,
                first_name=folded(contact["first_name"]),
                last_name=folded(contact["last_name"]),
            ),
        )
        for same in _SAMENESS:
            for there in namesakes:
                if same(contact, there):
                    return there
        return None

    def _bearing(self, wanted: Wanted) -> list[Document]:
        """The contacts that bear an external id, as they are now."""
        found = []
        for entry in self.store.find(NAME, _INDEX, wanted):
            contact = self.store.get(NAME, "contacts", entry["contact"])
            if contact is not None and entry["external"] in contact.get("external_ids", ()):
                found.append(contact)
        return found

    # -- groups, insights ---------------------------------------------------------------------------------

    def _create_group(self, call: Call) -> SandboxReply:
        body = call.json_object()
        owner = self._owner(body.get("owner"))
        name = text_or_none(body.get("group_name"))
        if name is None or set(body) - {"group_name", "owner"}:
            _refuse("Missing required attribute: 'group_name'")
        for group in self.store.find(NAME, "contact-groups", Wanted(belongs_to=_id(owner))):
            if group["group_name"] == name:
                return self._told(200, call, "contact-groups", "duplicate", group["id"])
        number = self.store.next_number(counter("contact-groups"), FIRST_IDS["contact-groups"])
        group = {"id": number, "group_name": name, "user_editable": True, "owner": owner}
        self.keep("contact-groups", str(number), group)
        return self._told(200, call, "contact-groups", "created", number)

    def _create_insight(self, call: Call) -> SandboxReply:
        """Nothing is unique about an insight: one that is sent twice is there twice, for ever."""
        body = call.json_object()
        if unknown := set(body) - {"data", "insight_date", "owner", "contact", "type"}:
            _refuse(f"Unknown attribute: '{min(unknown)}'")
        owner = self._owner(body.get("owner"))
        contact = self._related("contacts", "contact", body)
        kind = self._related("insight-types", "type", body)
        data = _object("data", body.get("data", {}))
        number = self.store.next_number(counter("insights"), FIRST_IDS["insights"])
        insight = {
            "id": number,
            "contact": {"id": contact["id"]},
            "type": {"id": kind["id"], "type": kind["type"]},
            "owner": owner,
            "insight_date": _attribute("creation_date", body.get("insight_date", self._now())),
            "data": {"description": text_or_none(data.get("description"))},
            "internal_created_at": self._now(),
        }
        self.keep("insights", str(number), insight)
        return self._told(200, call, "insights", "created", number)

    def _list_insights(self, call: Call) -> SandboxReply:
        given = self._filters(call)
        wanted = Wanted(belongs_to=given.get("contact_id"), added_before=self._visible(call))
        if "type_id" not in given:
            return self._page(call, "insights", wanted)
        found = self.store.find(NAME, "insights", wanted)
        return self._page(call, "insights", [one for one in found if _id(one["type"]) == given["type_id"]])

    def _related(self, kind: str, name: str, body: Document) -> Document:
        relation = body.get(name)
        found = self.store.get(NAME, kind, _id(relation)) if isinstance(relation, dict) else None
        if found is None:
            _refuse(f"Unable to find target for relationship: '{name}'")
        return found

    # -- what they have in common -------------------------------------------------------------------------

    def _owner(self, relation: object) -> Document:
        """The user that an id, a user name or an external id means; never an email (no description has that)."""
        given = relation if isinstance(relation, dict) else {}
        name = next((name for name in ("id", "username", "external_id") if name in given), None)
        users = self.store.find(NAME, "users", Wanted())
        found = [user for user in users if name and str(user.get(name)) == str(given[name])]
        if not found:
            _refuse("Unable to find target for relationship: 'owner'")
        return named(found[0])

    def _read(self, kind: str) -> Callable[[Call], SandboxReply]:
        def read(call: Call) -> SandboxReply:
            return json_reply(200, shown(kind, self._found(kind, call)), kind=kind)

        return read

    def _found(self, kind: str, call: Call) -> Document:
        record = self.store.get(NAME, kind, call.ids[0])
        if record is None:
            refuse(404, "not-found", "There is no such record.")
        return record

    def _list(self, kind: str) -> Callable[[Call], SandboxReply]:
        return lambda call: self._page(call, kind, Wanted(added_before=self._visible(call)))

    def _page(self, call: Call, kind: str, wanted: Wanted | list[Document]) -> SandboxReply:
        """`{"items" or "objects", "links": {"first", "last", "next", "prev"}}`; the links are numbers of pages."""
        given = dict(call.query)
        number = _whole(given, "page[number]", 1)
        size = min(_whole(given, "page[size]", _PAGE), LARGEST_PAGE)
        first = (number - 1) * size
        if isinstance(wanted, Wanted):
            total = self.store.count(NAME, kind, wanted)
            found = self.store.find(NAME, kind, wanted, limit=size, offset=first)
        else:
            total, found = len(wanted), wanted[first : first + size]
        last = max(1, -(-total // size))
        links = {
            "first": 1,
            "last": last,
            "next": number + 1 if number < last else None,
            "prev": number - 1 if number > 1 else None,
        }
        listed = [shown(kind, record) for record in found]
        return json_reply(200, {str(self.options["list_name"]): listed, "links": links}, kind=kind)

    def _filters(self, call: Call) -> dict[str, str]:
        """The documented `filter=name=value,name=value`."""
        if not self.options["filters"]:
            return {}
        pairs = [pair.partition("=") for pair in dict(call.query).get("filter", "").split(",") if pair]
        return {name: value for name, _, value in pairs}

    def _visible(self, call: Call) -> float | None:
        return self.clock() - call.lag if call.lag else None

    def _told(self, status: int, call: Call, kind: str, what: str, id_: int) -> SandboxReply:
        where = f"{call.headers.get('host', 'sandbox')}/{NAME}/{kind}/{id_}"
        return json_reply(status, {what: where, "id": id_}, kind=kind)

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%d %H:%M:%S")


def counter(kind: str) -> str:
    """The name of the series that the ids of a kind are from; kinds count apart, so their ids meet."""
    return f"{NAME}-{kind}"


def named(user: Document) -> Document:
    """A user as an owner is kept."""
    return {name: user[name] for name in ("email", "external_id", "id", "username")}


def shown(kind: str, record: Document) -> Document:
    """A record as the vendor serves it; on a contact the owner's id is text, elsewhere a number (samples)."""
    if kind != "contacts":
        return record
    served: Document = {name: record.get(name) for name in (*_TEXTS, *_TIMES, *_DAYS, "birthday")}
    served |= {name: record.get(name, False) for name in _CONSENTS}
    served |= {name: record.get(name, []) for name in ("contact_groups", "external_ids")}
    owner = record.get("owner")
    if isinstance(owner, dict) and "id" in owner:
        owner = {**owner, "id": str(owner["id"])}
    return {
        "id": record.get("id"),
        **served,
        "external_status": record.get("external_status"),
        "preferences": record.get("preferences", {"is_silenced": False}),
        "owner": owner,
        "internal_created_at": record.get("internal_created_at"),
        "internal_updated_at": record.get("internal_updated_at"),
    }


def keys(kind: str, document: Document) -> Keys:
    """What a record can be found by: contacts by owner, name and email, insights by contact, groups by owner."""
    if kind == "insights":
        return Keys(belongs_to=_id(document.get("contact")))
    return Keys(
        belongs_to=_id(document.get("owner")),
        first_name=folded(document.get("first_name")),
        last_name=folded(document.get("last_name")),
        email=folded(document.get("email")),
        updated_at=text_or_none(document.get("internal_updated_at")),
    )


def index_rows(kind: str, id_: str, document: Document) -> Iterator[StoredRow]:
    """The entries under which a contact is found by its external ids."""
    listed = document.get("external_ids") if kind == "contacts" else None
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, dict):
            continue
        source, external = text_or_none(entry.get("source")), text_or_none(entry.get("external_id"))
        if source and external:
            mark = _mark(source, external)
            content = {"contact": id_, "external": {"source": source, "external_id": external}}
            yield StoredRow(
                NAME, _INDEX, f"{mark}\x1f{id_}", content, Keys(integration_id=mark, email=external)
            )


def digits(text: object) -> str | None:
    """Return the digits of a phone number; None if there are fewer than 7. Total Expert does not compare those."""
    found = re.sub(r"[^0-9]", "", text) if isinstance(text, str) else ""
    return found if len(found) >= 7 else None


def _mark(source: str, external: str) -> str:
    return f"{source}\x1f{external}"


def _id(relation: object) -> str:
    return str(relation.get("id")) if isinstance(relation, dict) else ""


def _same_email(new: Document, there: Document) -> bool:
    return folded(new.get("email")) is not None and folded(new.get("email")) == folded(there.get("email"))


def _same_address(new: Document, there: Document) -> bool:
    place = [folded(new.get(name)) for name in _PLACE]
    return None not in place and place == [folded(there.get(name)) for name in _PLACE]


def _same_phone(name: str) -> Callable[[Document, Document], bool]:
    return lambda new, there: (
        digits(new.get(name)) is not None and digits(new.get(name)) == digits(there.get(name))
    )


_SAMENESS = (_same_email, _same_address, *(_same_phone(name) for name in _PHONES))
_RELATIONS = (
    *("owner", "contact_groups", "remove_contact_groups"),
    *("external_ids", "external_status", "preferences"),
)
_RENAMED = {"last_contacted": "last_contacted_date"}
_NOTHING = json_reply(200, [])
_HEARTBEAT = {"running_item": "Total Expert External API"}
_TEAPOT = {"code": "418 I'm a teapot", "status": "short and stout"}


def _attribute(name: str, value: object) -> object:
    """An attribute as it is kept; 422 for one that does not exist or is of another type."""
    if name in _CONSENTS:
        truth = _TRUTHS.get(str(value).lower())
        if truth is None:
            _refuse(f"Attribute '{name}' must be 0 or 1")
        return truth
    if name == "birthday":
        day = _time(name, value)
        return None if day is None else BORN_IN + day[4:10]
    if name in _TIMES:
        return _time(name, value)
    if name in _DAYS:
        return (_time(name, value) or "")[:10] or None
    if name not in _TEXTS:
        _refuse(f"Unknown attribute: '{name}'")
    if not isinstance(value, str | None):
        _refuse(f"Attribute '{name}' must be a string")
    return value or None


def _time(name: str, value: object) -> str | None:
    """`YYYY-MM-DD hh:mm:ss`; a day alone is its midnight, nothing or all zeros is none."""
    if value is None or value == "":
        return None
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is not None and found[1] == _NOWHERE:
        return None
    try:
        if found is None:
            raise ValueError
        date.fromisoformat(found[1])
    except ValueError:
        _refuse(f"Attribute '{name}' must be a date YYYY-MM-DD hh:mm:ss")
    return f"{found[1]} {found[2] or '00:00:00'}"


def _object(name: str, value: object) -> Document:
    if not isinstance(value, dict):
        _refuse(f"Attribute '{name}' must be an object")
    return value


def _entries(name: str, body: Document) -> list[Document]:
    entries = body.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        _refuse(f"Relationship '{name}' must be a list of objects")
    return entries


def _external_ids(contact: Document, body: Document) -> list[Document]:
    """What was there, what the body adds, and the single external id under the contact's source."""
    kept: list[Document] = list(contact.get("external_ids") or [])
    given = _entries("external_ids", body)
    if (single := text_or_none(body.get("external_id"))) is not None:
        given = [*given, {"source": contact.get("source"), "external_id": single}]
    for entry in given:
        source, external = text_or_none(entry.get("source")), text_or_none(entry.get("external_id"))
        if source is None or external is None:
            _refuse("Relationship 'external_ids' needs source and external_id")
        added = {"source": source, "external_id": external}
        if added not in kept:
            kept.append(added)
    return kept


def _grant(call: Call) -> object:
    try:
        return call.json_object().get("grant_type")
    except RefusedError:
        found = re.search(r"(?:^|&)grant_type=([a-z_]+)(?:&|$)", call.body.decode("utf-8", "replace"))
        return found[1] if found else None


def _has_room(times: deque[float], now: float, seconds: float, most: object) -> bool:
    """Whether one more fits into the window that ends now; it is counted if it does."""
    while times and times[0] <= now - seconds:
        times.popleft()
    if not isinstance(most, int) or len(times) >= most:
        return False
    times.append(now)
    return True


def _whole(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        refuse(400, "bad-parameter", f"{name} must be a whole number from 1")
    return int(text)


def _refuse(message: str) -> NoReturn:
    refuse(422, "invalid", message)


def _oauth_error(code: str, description: str) -> SandboxReply:
    return SandboxReply(400, json.dumps({"error": code, "error_description": description}).encode("ascii"))
