"""Who unsubscribed from what: emails for the organisation, for sending domains or for users; text messages by phone.

No sample of a reply to a write is published; the replies here are those of other creates (our assumption).
"""

from __future__ import annotations

from datetime import UTC, datetime

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, folded, json_reply, text_or_none
from data.sandbox.systems.total_expert.base import NOTHING, TotalExpertBase
from data.sandbox.systems.total_expert.catalogue import EMAIL_DOMAINS
from data.sandbox.systems.total_expert.queries import instant, no_query
from data.sandbox.systems.total_expert.records import NAME, id_of
from data.sandbox.systems.total_expert.relationships import INSIGHT_OWNER, Relationships, not_found
from data.sandbox.systems.total_expert.values import entries, refuse_body
from data.sandbox.systems.total_expert.webhooks import notify, record_hash

_KIND, _TEXTS = "email-unsubscribes", "text-consents"
_FIELDS = ("email", "organization_wide", "users", "domains", "remove_users", "remove_domains")
_FEWEST_DIGITS = 10
UNSUBSCRIBE_FILTERS = (
    "email",
    *(f"{tier}_unsub_at_{end}" for tier in ("organization", "user", "domain") for end in ("start", "end")),
)


class ServedUnsubscribes:
    """The operations on email unsubscribes and on text consents."""

    def __init__(self, system: TotalExpertBase) -> None:
        self._system = system
        self._store = system.store
        self._related = Relationships(system)
        self.operations = (
            ApiOperation("POST", "/email-unsubscribes", self._write),
            ApiOperation("GET", "/email-unsubscribes", self._list),
            ApiOperation("GET", "/email-unsubscribes/{id}", self._read),
            ApiOperation("POST", "/sms/opt-in", self._opt_in),
            ApiOperation("POST", "/sms/opt-out", self._opt_out),
        )

    def _write(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        body = self._system.known("attribute", self._system.body(call), _FIELDS)
        email = text_or_none(body.get("email"))
        if email is None:
            refuse_body("Missing required attribute: 'email'")
        there = self._store.find(NAME, _KIND, Wanted(email=folded(email)), limit=1)
        record = self._applied(there[0] if there else {"id": 0, "email": email}, body)
        if there:
            self._system.change(_KIND, str(record["id"]), record)
        else:
            record["id"] = self._system.number(_KIND)
            self._system.keep(_KIND, str(record["id"]), record)
        notify(self._system, "EMAIL_UNSUBSCRIBE", "UPDATED", record["id"], record_hash(record))
        what = "duplicate" if there else "created"
        return self._system.told(200 if there else 201, call, _KIND, what, record["id"])

    def _applied(self, before: Document, body: Document) -> Document:
        now = datetime.fromtimestamp(self._system.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        wide = body.get("organization_wide", before.get("organization_wide", False))
        if not isinstance(wide, bool):
            refuse_body("Attribute 'organization_wide' must be a boolean")
        since = before.get("organization_unsub_at")
        users = {id_of(user): user for user in before.get("users", ())}
        domains = {id_of(domain): domain for domain in before.get("domains", ())}
        for user in self._related.users("users", body):
            users.setdefault(id_of(user), {**user, "user_unsub_at": now})
        for user in self._related.users("remove_users", body):
            users.pop(id_of(user), None)
        for entry in entries("domains", body):
            domain = _domain("domains", entry)
            domains.setdefault(id_of(domain), {**domain, "domain_unsub_at": now})
        for entry in entries("remove_domains", body):
            domains.pop(id_of(_domain("remove_domains", entry)), None)
        return {
            **before,
            "organization_wide": wide,
            "organization_unsub_at": (since or now) if wide else None,
            "domains": list(domains.values()),
            "users": list(users.values()),
        }

    def _list(self, call: Call) -> SandboxReply:
        query = self._system.query(call, UNSUBSCRIBE_FILTERS)
        filters = dict(query.filters)
        email = folded(filters["email"]) if "email" in filters else None
        wanted = Wanted(email=email, added_before=self._system.visible(call))
        found = [
            record
            for record in self._store.find(NAME, _KIND, wanted)
            if _in_time(filters, "organization", [record.get("organization_unsub_at")])
            and _in_time(filters, "user", [user["user_unsub_at"] for user in record["users"]])
            and _in_time(filters, "domain", [domain["domain_unsub_at"] for domain in record["domains"]])
        ]
        return self._system.page_of_records(_KIND, found, query)

    def _read(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        return json_reply(200, self._system.found(_KIND, call), kind=_KIND)

    # -- text messages ------------------------------------------------------------------------------------

    def _opt_in(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        body = self._system.known("attribute", self._system.body(call), ("phone_number", "user", "status"))
        phone = _mobile(body)
        user = self._related.user("user", body.get("user"), INSIGHT_OWNER)
        if body.get("status") != "OPTED_IN":
            refuse_body("Attribute 'status' must be OPTED_IN")
        return self._keep_text(phone, {"user": {"id": user["id"]}, "status": "OPTED_IN"})

    def _opt_out(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        body = self._system.known("attribute", self._system.body(call), ("phone_number",))
        return self._keep_text(_mobile(body), {"status": "OPTED_OUT"})

    def _keep_text(self, phone: str, said: Document) -> SandboxReply:
        """Nothing reads such a consent back through the API; the control calls do."""
        number = str(self._store.next_number(f"{NAME}-{_TEXTS}", 1))
        self._system.keep(_TEXTS, number, {"id": number, "phone_number": phone, **said})
        return SandboxReply(201, NOTHING.body)


def _mobile(body: Document) -> str:
    phone = text_or_none(body.get("phone_number"))
    if phone is None or sum(char.isdigit() for char in phone) < _FEWEST_DIGITS:
        refuse_body("Missing required attribute: 'phone_number'")
    return phone


def _domain(name: str, entry: Document) -> Document:
    given = {key: value for key, value in entry.items() if key in ("domain_name", "id")}
    found = [
        domain
        for domain in EMAIL_DOMAINS
        if given and all(str(domain[key]) == str(value) for key, value in given.items())
    ]
    if not found:
        not_found(name)
    return found[0]


def _in_time(filters: dict[str, str], tier: str, moments: list[str | None]) -> bool:
    """Return True if one of the moments lies in the range that the filters give for a tier, both ends included."""
    start, end = f"{tier}_unsub_at_start", f"{tier}_unsub_at_end"
    if start not in filters and end not in filters:
        return True
    written = [instant(start, moment) for moment in moments if moment]
    return any(
        (start not in filters or moment >= instant(start, filters[start]))
        and (end not in filters or moment <= instant(end, filters[end]))
        for moment in written
    )
