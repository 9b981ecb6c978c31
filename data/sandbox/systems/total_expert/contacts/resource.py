"""Contacts: a POST that matches somebody changes that contact and answers 200, and nothing says so beforehand."""

from __future__ import annotations

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, folded, json_reply, text_or_none
from data.sandbox.systems.total_expert.base import NOTHING, TotalExpertBase
from data.sandbox.systems.total_expert.contacts.forms import contact_shown
from data.sandbox.systems.total_expert.contacts.relations import RELATIONS, ContactRelations
from data.sandbox.systems.total_expert.deduplication import PLACE, duplicate_of
from data.sandbox.systems.total_expert.queries import instant, long_enough, no_query, refuse_query
from data.sandbox.systems.total_expert.records import ARCHIVED, NAME, PHONES, digits, id_of
from data.sandbox.systems.total_expert.relationships import not_found
from data.sandbox.systems.total_expert.values import CONTACT, RENAMED, SORTABLE, refuse_body

_NEEDED = ("source", "first_name", "last_name")
_REACHED_BY = ("email", *PHONES)
_OPTIONS = ("suppress_emails",)
FILTERS = (
    *("internal_updated_at_start", "internal_updated_at_end", "owner_id", "owner_email", "owner_username"),
    *("first_name", "last_name", "email", "first_name_contains", "last_name_contains", "email_contains"),
    *("group_id", "group_name", "phone_cell", "phone_home", "phone_office", "owner_external_id"),
    *("archieved", "external_id", "source"),
)
"""The filters of the vendor's table; `archieved` is spelt so."""


class ServedContacts:
    """The operations on contacts."""

    def __init__(self, system: TotalExpertBase) -> None:
        self._system = system
        self._store = system.store
        self._relations = ContactRelations(system)
        self.operations = (
            ApiOperation("POST", "/contacts", self._create),
            ApiOperation("PATCH", "/contacts", self._change_by_attributes),
            ApiOperation("GET", "/contacts", self._list),
            ApiOperation("GET", "/contacts/{id}", self._read),
            ApiOperation("PATCH", "/contacts/{id}", self._change),
            ApiOperation("DELETE", "/contacts/{id}", self._delete),
        )

    def _create(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        body = self._system.body(call)
        if "id" in body:
            return self._change_owner(call, body)
        owner = self._relations.owner(body)
        contact = self._applied({}, body, owner)
        _refuse_incomplete(body)
        if "revoke_consent" in body:
            refuse_body("Consent can only be revoked by an update")
        among = id_of(owner) if self._system.options["duplicates_among"] == "owner" else None
        if (there := duplicate_of(self._store, contact, among)) is not None:
            self._put(there, self._applied(there, body, there.get("owner")))
            return self._system.told(200, call, "contacts", "duplicate", there["id"])
        self._refuse_missing_groups(contact)
        number = self._system.number("contacts")
        now = self._system.now()
        kept = {"id": number, **contact, "internal_created_at": now, "internal_updated_at": now}
        self._system.keep("contacts", str(number), kept)
        self._relations.consent(str(number), body)
        return self._system.told(201, call, "contacts", "created", number)

    def _change_owner(self, call: Call, body: Document) -> SandboxReply:
        """A POST with a contact's id gives that contact to another owner.

        A contact of the new owner that is a duplicate is changed instead, and the first one stays (our assumption).
        """
        contact = self._store.get(NAME, "contacts", str(body["id"]))
        if contact is None or isinstance(body["id"], bool | float) or self._is_text(body["id"]):
            refuse_body("Unable to find target: 'id'")
        given = {name: value for name, value in body.items() if name != "id"}
        owner = self._relations.owner(given)
        changed = self._applied(contact, given, owner)
        there = duplicate_of(self._store, changed, id_of(owner))
        if there is not None and there["id"] != contact["id"]:
            self._put(there, self._applied(there, given, owner))
            return self._system.told(200, call, "contacts", "duplicate", there["id"])
        self._put(contact, changed)
        return self._system.told(200, call, "contacts", "duplicate", contact["id"])

    def _is_text(self, value: object) -> bool:
        return self._system.strict and isinstance(value, str)

    def _change(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        return self._changed(self._system.found("contacts", call), self._system.body(call))

    def _change_by_attributes(self, call: Call) -> SandboxReply:
        """The documented PATCH without an id: the attributes find the contact as they find a duplicate."""
        no_query(call, strict=self._system.strict)
        body = self._system.body(call)
        owner = id_of(self._relations.owner(body)) if "owner" in body else None
        there = duplicate_of(self._store, body, owner)
        if there is None:
            not_found("contact")
        return self._changed(there, body)

    def _changed(self, contact: Document, body: Document) -> SandboxReply:
        owner = self._relations.owner(body) if "owner" in body else contact.get("owner")
        self._put(contact, self._applied(contact, body, owner))
        self._relations.consent(str(contact["id"]), body)
        return NOTHING

    def _delete(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        self._system.forget("contacts", str(self._system.found("contacts", call)["id"]))
        return NOTHING

    def _read(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        record = self._system.found("contacts", call)
        return json_reply(200, contact_shown(record, self._system.options), kind="contacts")

    def _list(self, call: Call) -> SandboxReply:
        query = self._system.query(call, FILTERS, SORTABLE)
        wanted = self._wanted(dict(query.filters), self._system.visible(call))
        return self._system.served_page(
            "contacts", wanted, query, lambda record: contact_shown(record, self._system.options)
        )

    def _put(self, before: Document, after: Document) -> None:
        """Keep a change. `quiet_relationships` keeps the time where relationships and consents alone changed."""
        quiet = self._system.options["quiet_relationships"] is True
        loud = any(before.get(name) != after.get(name) for name in CONTACT if not name.startswith("ok_to_"))
        if loud or not quiet:
            after = {**after, "internal_updated_at": self._system.now()}
        self._system.change("contacts", str(after["id"]), after)

    def _applied(self, contact: Document, body: Document, owner: object) -> Document:
        """Return the contact with what the body says, blanks included."""
        given = {RENAMED.get(name, name): value for name, value in body.items()}
        given = self._system.known("attribute", given, (*CONTACT, *RELATIONS))
        changed = dict(contact)
        for name, value in given.items():
            if (reader := CONTACT.get(name)) is not None:
                changed[name] = reader(name, value, self._system.strict)
        if "options" in given and isinstance(given["options"], dict):
            self._system.known("option", given["options"], _OPTIONS)
        changed["owner"] = owner
        return self._relations.applied(contact, changed, given)

    def _refuse_missing_groups(self, contact: Document) -> None:
        """Some organisations require groups on creation; which error that is, no text says."""
        required = str(self._system.options["required_groups"])
        joined = [group["group_name"] for group in contact["contact_groups"]]
        for name in (part.strip() for part in required.split(",") if part.strip()):
            if name not in joined:
                refuse_body(f"Missing required contact group: '{name}'")

    # -- filters ------------------------------------------------------------------------------------------

    def _wanted(self, filters: dict[str, str], visible: float | None) -> Wanted:
        found: list[tuple[str, str]] = []
        archived = filters.get("archieved", "0").lower() in ("1", "true")
        if archived:
            found.append(ARCHIVED)
        found += [(name, digits(filters[name]) or "") for name in PHONES if name in filters]
        if "group_id" in filters:
            found.append(("group_id", filters["group_id"]))
        if "group_name" in filters:
            found.append(("group_name", folded(filters["group_name"]) or ""))
        if "external_id" in filters:
            listed = self._system.options["external_id_filter"] == "list"
            found.append(("listed_external_id" if listed else "external_id", filters["external_id"]))
        start, end = (
            instant(name, filters[name]) if name in filters else None
            for name in ("internal_updated_at_start", "internal_updated_at_end")
        )
        return Wanted(
            belongs_to=self._owner_filter(filters),
            first_name=_folded(filters.get("first_name")),
            last_name=_folded(filters.get("last_name")),
            email=_folded(filters.get("email")),
            updated_from=start,
            updated_to=end,
            added_before=visible,
            marks=tuple(found),
            without_mark=None if archived else ARCHIVED,
            texts=(("source", filters["source"]),) if "source" in filters else (),
            parts=tuple(
                (name, long_enough(f"{name}_contains", filters[f"{name}_contains"]))
                for name in ("first_name", "last_name", "email")
                if f"{name}_contains" in filters
            ),
        )

    def _owner_filter(self, filters: dict[str, str]) -> str | None:
        """Return the id of the owner that the filters name; one that no user has where they name nobody."""
        names = {
            "owner_id": "id",
            "owner_email": "email",
            "owner_username": "username",
            "owner_external_id": "external_id",
        }
        given = {names[name]: value for name, value in filters.items() if name in names}
        if not given:
            return None
        for user in self._store.find(NAME, "users", Wanted()):
            if all(_folded(str(user.get(name))) == _folded(value) for name, value in given.items()):
                return str(user["id"])
        if self._system.strict and "id" in given and not given["id"].isdigit():
            refuse_query("Filter 'owner_id' must be numeric")
        return "nobody"


def _refuse_incomplete(body: Document) -> None:
    """Refuse a new contact that lacks one of the required attributes, or all ways to be reached."""
    for name in _NEEDED:
        if not text_or_none(body.get(name)):
            refuse_body(f"Missing required attribute: '{name}'")
    if not any(text_or_none(body.get(name)) for name in _REACHED_BY) and not all(
        text_or_none(body.get(name)) for name in PLACE
    ):
        refuse_body("An email, a phone number or a full address is required")


def _folded(value: str | None) -> str | None:
    """A filter's value as names and emails are compared; an empty one fits nothing."""
    return None if value is None else value.strip().casefold()
