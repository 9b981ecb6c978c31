"""Contact notes, and the activities that they leave behind. A contact has to be there and be the owner's."""

from __future__ import annotations

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, folded, json_reply, text_or_none
from data.sandbox.systems.total_expert.base import NOTHING, TotalExpertBase
from data.sandbox.systems.total_expert.queries import instant, long_enough, no_query
from data.sandbox.systems.total_expert.records import NAME, id_of
from data.sandbox.systems.total_expert.relationships import Relationships, not_found
from data.sandbox.systems.total_expert.values import refuse_body, whole_object

_KIND, _ACTIVITIES = "contact-notes", "activities"
_FIELDS = ("title", "note", "type_id", "contact", "owner", "outcome")
_NEEDED = ("title", "note", "type_id")
_LAST_TYPE = 34
NOTE_FILTERS = (
    *("created_on_start", "created_on_end", "title", "notes", "is_private", "type_id", "title_contains"),
    "notes_contains",
)
ACTIVITY_FILTERS = (
    *("internal_created_at_start", "internal_created_at_end", "contact_id", "type", "owner_id"),
)


class ServedNotes:
    """The operations on contact notes and activities."""

    def __init__(self, system: TotalExpertBase) -> None:
        self._system = system
        self._store = system.store
        self._related = Relationships(system)
        self.operations = (
            ApiOperation("POST", "/contact-notes", self._create),
            ApiOperation("GET", "/contact-notes", self._list),
            ApiOperation("GET", "/contact-notes/{id}", self._read),
            ApiOperation("PATCH", "/contact-notes/{id}", self._change),
            ApiOperation("DELETE", "/contact-notes/{id}", self._delete),
            ApiOperation("GET", "/activity", self._list_activities),
            ApiOperation("GET", "/activity/{id}", self._read_activity),
        )

    def _create(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        body = self._checked(call)
        for name in _NEEDED:
            if name not in body:
                refuse_body(f"Missing required attribute: '{name}'")
        owner = self._related.owner(body)
        contact = self._related.contact(body.get("contact"), owner)
        if id_of(contact.get("owner")) != id_of(owner):
            not_found("contact")
        number, now = self._system.number(_KIND), self._system.now()
        texts = {name: body[name] for name in ("title", "note")}
        note = {
            "id": number,
            **texts,
            "type_id": str(body["type_id"]),
            "contact": {"id": contact["id"]},
            "owner": owner,
            "created_on": now,
        }
        self._system.keep(_KIND, str(number), note)
        self._keep_activity(note, now)
        return self._system.told(201, call, _KIND, "created", number)

    def _keep_activity(self, note: Document, now: str) -> None:
        """Which activities Total Expert makes is not published; one for each note is our assumption."""
        number = self._system.number(_ACTIVITIES)
        activity = {
            "id": number,
            "details": note["title"],
            "owner_id": note["owner"]["id"],
            "type": "note",
            "title": note["title"],
            "notes": note["note"],
            "note_id": note["id"],
            "contact_id": note["contact"]["id"],
            "created_at": now,
            "owner": note["owner"],
        }
        self._system.keep(_ACTIVITIES, str(number), activity)

    def _list(self, call: Call) -> SandboxReply:
        query = self._system.query(call, NOTE_FILTERS)
        wanted = dict(query.filters)
        found = [
            _shown(note)
            for note in self._store.find(NAME, _KIND, Wanted(added_before=self._system.visible(call)))
            if _note_fits(note, wanted)
        ]
        return self._system.page_of_records(_KIND, found, query)

    def _read(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        return json_reply(200, _shown(self._system.found(_KIND, call)), kind=_KIND)

    def _change(self, call: Call) -> SandboxReply:
        """Text and type change; a contact that is named must be the note's, and is not changed."""
        no_query(call, strict=self._system.strict)
        note = self._system.found(_KIND, call)
        body = self._checked(call)
        if "contact" in body:
            there = self._related.contact(body["contact"], note["owner"])
            if there["id"] != note["contact"]["id"]:
                not_found("contact")
        changed = dict(note)
        for name in ("title", "note"):
            if name in body:
                changed[name] = body[name]
        if "type_id" in body:
            changed["type_id"] = str(body["type_id"])
        self._system.change(_KIND, str(note["id"]), changed)
        return NOTHING

    def _delete(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        self._system.forget(_KIND, str(self._system.found(_KIND, call)["id"]))
        return NOTHING

    def _checked(self, call: Call) -> Document:
        body = self._system.known("attribute", self._system.body(call), _FIELDS)
        for name in ("title", "note"):
            if name in body and not text_or_none(body[name]):
                refuse_body(f"Attribute '{name}' must be a string")
        kind = body.get("type_id", 1)
        if not isinstance(kind, int) or isinstance(kind, bool) or not 1 <= kind <= _LAST_TYPE:
            refuse_body(f"Attribute 'type_id' must be a number from 1 to {_LAST_TYPE}")
        if "outcome" in body:
            self._system.known(
                "field of 'outcome'", whole_object("outcome", body["outcome"]), ("outcome_id",)
            )
        return body

    # -- activities ---------------------------------------------------------------------------------------

    def _list_activities(self, call: Call) -> SandboxReply:
        query = self._system.query(call, ACTIVITY_FILTERS)
        wanted = dict(query.filters)
        found = [
            activity
            for activity in self._store.find(
                NAME, _ACTIVITIES, Wanted(added_before=self._system.visible(call))
            )
            if _within("internal_created_at", activity["created_at"], wanted)
            and all(str(activity[name]) == wanted[name] for name in ACTIVITY_FILTERS[2:] if name in wanted)
        ]
        return self._system.page_of_records(_ACTIVITIES, found, query)

    def _read_activity(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        return json_reply(200, self._system.found(_ACTIVITIES, call), kind=_ACTIVITIES)


def _note_fits(note: Document, wanted: dict[str, str]) -> bool:
    for name, field in (("title", "title"), ("notes", "note")):
        own = folded(note.get(field)) or ""
        if name in wanted and own != wanted[name].casefold():
            return False
        part = f"{name}_contains"
        if part in wanted and long_enough(part, wanted[part]) not in own:
            return False
    if "type_id" in wanted and note.get("type_id") != wanted["type_id"]:
        return False
    # No field of a note says whether the note is private: none is (our assumption).
    if wanted.get("is_private", "0").lower() in ("1", "true"):
        return False
    return _within("created_on", str(note.get("created_on")), wanted)


def _within(name: str, moment: str, wanted: dict[str, str]) -> bool:
    """Return True if a moment lies in the range that the filters give, both ends included."""
    start, end = f"{name}_start", f"{name}_end"
    if start in wanted and moment < instant(start, wanted[start]):
        return False
    return end not in wanted or moment <= instant(end, wanted[end])


def _shown(note: Document) -> Document:
    return {name: note.get(name) for name in ("id", "note", "title", "type_id", "contact", "owner")}
