"""Contact groups: each is a user's; a name is one group's of one user (the table names the name alone)."""

from __future__ import annotations

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, json_reply, text_or_none
from data.sandbox.systems.total_expert.base import NOTHING, TotalExpertBase
from data.sandbox.systems.total_expert.queries import no_query
from data.sandbox.systems.total_expert.records import NAME, id_of
from data.sandbox.systems.total_expert.relationships import Relationships
from data.sandbox.systems.total_expert.values import refuse_body

_KIND = "contact-groups"
_FIELDS = ("group_name", "user_editable", "owner")


class ServedGroups:
    """The operations on contact groups. The table documents no filter and no order."""

    def __init__(self, system: TotalExpertBase) -> None:
        self._system = system
        self._related = Relationships(system)
        self.operations = (
            ApiOperation("POST", "/contact-groups", self._create),
            ApiOperation("GET", "/contact-groups", self._list),
            ApiOperation("GET", "/contact-groups/{id}", self._read),
            ApiOperation("PATCH", "/contact-groups/{id}", self._change),
            ApiOperation("DELETE", "/contact-groups/{id}", self._delete),
        )

    def _create(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        body = self._system.known("attribute", self._system.body(call), _FIELDS)
        owner = self._related.owner(body)
        name = _name(body)
        for group in self._system.store.find(NAME, _KIND, Wanted(belongs_to=id_of(owner))):
            if group["group_name"] == name:
                return self._system.told(200, call, _KIND, "duplicate", group["id"])
        number = self._system.number(_KIND)
        kept = {"id": number, "group_name": name, "user_editable": _editable(body), "owner": owner}
        self._system.keep(_KIND, str(number), kept)
        return self._system.told(201, call, _KIND, "created", number)

    def _list(self, call: Call) -> SandboxReply:
        query, wanted = self._system.query(call), Wanted(added_before=self._system.visible(call))
        if not self._system.has(_KIND):
            return self._system.page_of_records(_KIND, [], query)
        return self._system.served_page(_KIND, wanted, query, _shown)

    def _read(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        return json_reply(200, _shown(self._system.found(_KIND, call)), kind=_KIND)

    def _change(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        group = self._system.found(_KIND, call)
        body = self._system.known("attribute", self._system.body(call), _FIELDS)
        changed = dict(group)
        if "group_name" in body:
            changed["group_name"] = _name(body)
        if "user_editable" in body:
            changed["user_editable"] = _editable(body)
        if "owner" in body:
            changed["owner"] = self._related.owner(body)
        self._system.change(_KIND, str(group["id"]), changed)
        return NOTHING

    def _delete(self, call: Call) -> SandboxReply:
        """A group that goes is not a contact's any more (our assumption)."""
        no_query(call, strict=self._system.strict)
        group = self._system.found(_KIND, call)
        members = Wanted(marks=(("group_id", str(group["id"])),))
        for contact in self._system.store.find(NAME, "contacts", members):
            left = [one for one in contact["contact_groups"] if one.get("id") != group["id"]]
            self._system.change("contacts", str(contact["id"]), {**contact, "contact_groups": left})
        self._system.forget(_KIND, str(group["id"]))
        return NOTHING


def _name(body: Document) -> str:
    name = text_or_none(body.get("group_name"))
    if name is None:
        refuse_body("Missing required attribute: 'group_name'")
    return name


def _editable(body: Document) -> bool:
    editable = body.get("user_editable", True)
    if not isinstance(editable, bool):
        refuse_body("Attribute 'user_editable' must be a boolean")
    return editable


def _shown(group: Document) -> Document:
    return {name: group.get(name) for name in ("group_name", "id", "user_editable", "owner")}
