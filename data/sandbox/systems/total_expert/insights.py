"""Insight types and insights. Types are made by the vendor alone; an insight is never changed and never removed.

Nothing is unique about an insight: one that is sent twice is there twice. No sample of a reply is published, so the
form of `type` is an option, and both forms are to be understood.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from data.sandbox.store import Document, Mark, Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, folded, json_reply
from data.sandbox.systems.total_expert.base import TotalExpertBase
from data.sandbox.systems.total_expert.queries import no_query, refuse_query
from data.sandbox.systems.total_expert.records import NAME, id_of, type_name
from data.sandbox.systems.total_expert.relationships import INSIGHT_OWNER, Relationships
from data.sandbox.systems.total_expert.values import moment, whole_object

_TYPES, _INSIGHTS = "insight-types", "insights"
_FIELDS = ("data", "expires_at", "insight_date", "owner", "contact", "type")
_STAMPS = ("internal_created_at", "internal_updated_at")
INSIGHT_FILTERS = ("owner_email", "owner_id", "owner_external_id", "type_id", "contact_id")


class ServedInsights:
    """The operations on insight types and insights."""

    def __init__(self, system: TotalExpertBase) -> None:
        self._system = system
        self._related = Relationships(system)
        self.operations = (
            ApiOperation("GET", "/insight-types", self._list_types),
            ApiOperation("POST", "/insights", self._create),
            ApiOperation("GET", "/insights", self._list),
            ApiOperation("GET", "/insights/{id}", self._read),
        )

    # -- types --------------------------------------------------------------------------------------------

    def _list_types(self, call: Call) -> SandboxReply:
        query = self._system.query(call, ("type",))
        wanted = Wanted(added_before=self._system.visible(call))
        found = [
            self._type_shown(kind)
            for kind in self._system.set_up(_TYPES, wanted)
            if "type" not in query.filters or folded(type_name(kind)) == folded(query.filters["type"])
        ]
        return self._system.page_of_records(_TYPES, found, query)

    def _type_shown(self, kind: Document) -> Document:
        name = type_name(kind)
        return {
            "id": kind.get("id"),
            "description": kind.get("description", name),
            "expiration_interval": kind.get("expiration_interval"),
            "type": name,
            **{stamp: kind.get(stamp) for stamp in _STAMPS},
        }

    # -- insights -----------------------------------------------------------------------------------------

    def _create(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        body = self._system.known("attribute", self._system.body(call), _FIELDS)
        owner = self._related.owner(body, INSIGHT_OWNER)
        contact = self._related.contact(body.get("contact"), owner)
        kind = self._related.insight_type(body.get("type"))
        now = self._system.now()
        happened = moment("insight_date", body.get("insight_date", now), self._system.strict) or now
        expires = moment("expires_at", body.get("expires_at"), self._system.strict)
        number = self._system.number(_INSIGHTS)
        insight = {
            "id": number,
            "contact": {"id": contact["id"]},
            "type": {"id": kind["id"], "type": type_name(kind)},
            "owner": owner,
            "insight_date": happened,
            "expires_at": expires or _expiry(happened, kind.get("expiration_interval")),
            "data": whole_object("data", body.get("data", {})),
            "internal_created_at": now,
            "internal_updated_at": now,
        }
        self._system.keep(_INSIGHTS, str(number), insight)
        return self._system.told(201, call, _INSIGHTS, "created", number)

    def _list(self, call: Call) -> SandboxReply:
        query = self._system.query(call, INSIGHT_FILTERS)
        filters = query.filters
        for name in ("owner_id", "type_id", "contact_id"):
            if self._system.strict and name in filters and not filters[name].isdigit():
                refuse_query(f"Filter '{name}' must be numeric")
        found: list[Mark] = []
        if "type_id" in filters:
            found.append(("type", filters["type_id"]))
        if any(name.startswith("owner_") for name in filters):
            found.append(("owner", self._owner_filter(dict(filters))))
        wanted = Wanted(
            belongs_to=filters.get("contact_id"),
            added_before=self._system.visible(call),
            marks=tuple(found),
        )
        return self._system.served_page(_INSIGHTS, wanted, query, self._shown)

    def _owner_filter(self, filters: dict[str, str]) -> str:
        for user in self._system.store.find(NAME, "users", Wanted()):
            if all(
                folded(str(user.get(name))) == folded(filters[f"owner_{name}"])
                for name in ("id", "email", "external_id")
                if f"owner_{name}" in filters
            ):
                return id_of(user)
        return "nobody"

    def _read(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        return json_reply(200, self._shown(self._system.found(_INSIGHTS, call)), kind=_INSIGHTS)

    def _shown(self, insight: Document) -> Document:
        kind = insight.get("type")
        shown = {name: insight.get(name) for name in ("id", "data", "expires_at", "insight_date")}
        shown |= {name: insight.get(name) for name in ("internal_updated_at", "owner", "contact")}
        shown["type"] = self._type_of(kind if isinstance(kind, dict) else {})
        return shown

    def _type_of(self, kind: Document) -> object:
        if self._system.options["insight_type_form"] == "text":
            return type_name(kind)
        return {"id": kind.get("id"), "type": type_name(kind)}


def _expiry(happened: str, interval: object) -> str | None:
    """Return when an insight ends, from its type's length in seconds; None if it does not end."""
    if not isinstance(interval, int) or isinstance(interval, bool):
        return None
    begun = datetime.strptime(happened, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return (begun + timedelta(seconds=interval)).strftime("%Y-%m-%d %H:%M:%S")
