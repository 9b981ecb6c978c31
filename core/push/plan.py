"""A plan as a frozen value: what is sent, in which order, under which references. Knows no clock and no remote.

Follows docs/protocol.md, "Plan", "References" and "Step kinds".
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from core.decoding.typed_json import decode_json

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Body: TypeAlias = dict[str, Any]  # a JSON object; msgspec can't decode the recursive alias


class System(StrEnum):
    """The systems that the desk writes to or reads from."""

    BROKERENGINE = "brokerengine"
    FLEX = "flex"
    SIMPLENEXUS = "simplenexus"
    TOTAL_EXPERT = "total-expert"


class Entity(StrEnum):
    """The kinds of record that a step makes or changes."""

    PERSON = "person"
    OPPORTUNITY = "opportunity"
    APPLICANT = "applicant"
    PROPERTY = "property"
    PRODUCT_LINK = "product-link"
    NOTE = "note"
    CONTACT = "contact"
    PROSPECT = "prospect"
    BORROWER = "borrower"
    PARTNER = "partner"
    INVITE = "invite"
    ACCESS = "access"
    APP_SHARE = "app-share"
    INSIGHT = "insight"
    GROUP = "group"


class Operation(StrEnum):
    """What a step does to its record."""

    CREATE = "create"
    UPDATE = "update"
    LINK = "link"
    WRITE_BACK = "write-back"
    JOIN_GROUP = "join-group"
    LEAVE_GROUP = "leave-group"
    DISABLE = "disable"
    SHARE = "share"


ACTS: Final = frozenset({Entity.INVITE, Entity.ACCESS})
"""What is done to a record that is there. The book remembers it like a link, but it links nothing."""


class StepKind(StrEnum):
    """Decides what is done before sending and how a lost reply is settled: docs/protocol.md, "Step kinds"."""

    CREATE = "create"
    UPDATE = "update"
    SET = "set"
    APPEND = "append"


LOOKED_UP: Final = frozenset({StepKind.CREATE, StepKind.APPEND})
"""A step of these kinds leaves a record with our reference. A look-up finds that record, and a second one."""
CHANGEABLE: Final = frozenset({Entity.PERSON, Entity.PROPERTY})
"""Records of which a create that finds other values under its reference can be sent as an update instead."""
_APPENDED: Final = frozenset({Entity.NOTE, Entity.INSIGHT, Entity.INVITE})
"""Records of which one parent may hold many: each step adds one more."""


class Asset(StrEnum):
    """What a push is started from."""

    CARD = "card"
    FACT_FIND = "fact-find"
    NOTE = "note"
    LINK = "link"
    UNLINK = "unlink"
    SYNC = "sync"
    SHARE = "share"
    INVITE = "invite"
    UNDO = "undo"
    MILESTONE = "milestone"
    PASTE = "paste"
    """A card or a note that a person entered by hand: nothing of it is sent."""


ALLOW_OTHERS: Final = "elsewhere"
"""The override that lets an append be sent although a record of the same type from elsewhere is there."""
_IN_LANES: Final = frozenset({Asset.SYNC, Asset.SHARE, Asset.INVITE, Asset.UNDO})


class Step(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One outward write.

    - `ref` names the remote record for ever; a retry keeps it.
    - `body` is the whole JSON object that is sent. It holds `id_of(ref)` where it needs the id of a record that an
      earlier step makes; the id is filled in when the step is sent.
    - `remote_id` is the id of the addressed record, if it is known beforehand. If an earlier step makes that record, it
      is the reference of that step, which `needs` names too; the id is filled in when the step is sent.
    - `parent` is the reference or id of the record that this record belongs to.
    - `needs` are the references of the steps that must be DONE first.
    - `identity` are the fields of the body that must agree before a record found under `ref` counts as ours.
    - `holds` are the fields of the body that such a record must hold too, before it is taken for what this step would
      make. If it holds other values, a person is asked, who may have them updated.
    - `others` are ids of records that were there before and that the system might confuse with ours. Such a record is
      never what this step made, even if it has our reference.
    - `seen` are fields of the addressed record as a person saw them in the preview. An update is not sent to a record
      that holds something else there by then, unless that is what the update would write.
    """

    ref: str
    system: System
    entity: Entity
    operation: Operation
    local_id: str
    summary: str
    body: Body
    remote_id: str | None = None
    parent: str | None = None
    needs: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    seen: Body = {}

    @property
    def kind(self) -> StepKind:
        """The step's kind, which follows from operation and entity."""
        match self.operation:
            case Operation.UPDATE | Operation.WRITE_BACK:
                return StepKind.UPDATE
            case Operation.LINK | Operation.JOIN_GROUP | Operation.LEAVE_GROUP | Operation.DISABLE:
                return StepKind.SET
            case Operation.SHARE:
                return StepKind.APPEND
            case Operation.CREATE:
                return StepKind.APPEND if self.entity in _APPENDED else StepKind.CREATE

    @property
    def key(self) -> str:
        """The key of the link that the step makes: system, kind of record and local id."""
        return link_key(self.system, self.entity, self.local_id)

    @property
    def parent_fields(self) -> tuple[str, ...]:
        """The fields of the body that say which record this record belongs to: objects that hold the parent's id."""
        if self.parent is None:
            return ()
        parent = (self.parent, id_of(self.parent))
        return tuple(
            name
            for name, value in self.body.items()
            if isinstance(value, dict) and any(inner in parent for inner in value.values())
        )


def as_update(step: Step, remote_id: str) -> Step:
    """Return the step that gives the record `remote_id` the values that the create `step` would have sent.

    What names the record and its parent is left out: the record has both already.
    """
    body = {
        name: value
        for name, value in step.body.items()
        if value != step.ref and name not in step.parent_fields
    }
    return msgspec.structs.replace(
        step, operation=Operation.UPDATE, body=body, remote_id=remote_id, identity=(), holds=()
    )


class StatedConsent(Struct, frozen=True, forbid_unknown_fields=True):
    """What the systems say of a person's consent, in words. `about` is the id under which the plan names the person.

    `overruled_by` is who decided to contact the person although that speaks against it; "" if nothing does.
    """

    about: str
    says: str
    overruled_by: str = ""


class Plan(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that one confirmation covers: the steps in order, for one subject, made with one version of the map.

    `about` is the id of the card that the plan concerns. `links` are pairs of a local and a remote id that the book
    links at the confirmation; nothing is sent for them. `overrides` are the codes of the objections that a person
    overruled. `anew` are the local ids of people for whom a person wants a new record, whatever is there already.
    `consent` is what the systems said of those who are contacted, when the plan was made.
    """

    asset: Asset
    subject: str
    title: str
    steps: tuple[Step, ...]
    map_version: str = ""
    about: str = ""
    links: tuple[tuple[str, str], ...] = ()
    overrides: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    consent: tuple[StatedConsent, ...] = ()

    @property
    def runs_in_lanes(self) -> bool:
        """True if no step needs another and there may be thousands: they are sent in parallel lanes."""
        return self.asset in _IN_LANES

    @property
    def digest(self) -> str:
        """Eight hex digits over everything that would be sent. Equal plans, and only those, have equal digests."""
        whole = msgspec.json.encode(self, order="deterministic")
        return hashlib.sha256(whole).hexdigest()[:8]


def digest_of(parts: Iterable[str]) -> str:
    """Return eight hex digits over the hashes of several plans. The order of the plans counts."""
    return hashlib.sha256(msgspec.json.encode(list(parts))).hexdigest()[:8]


def link_key(system: System, entity: Entity, local_id: str) -> str:
    """Return the key under which the book keeps the link of a local thing."""
    return f"{system}/{entity}/{local_id}"


def make_ref(workspace: str, system: System, entity: Entity, local_id: str, generation: int = 0) -> str:
    """Return the reference of a remote record. Every book of one workspace derives the same.

    The reference is `BD-` and 20 characters of base32, so that it fits an external-id field. Only a new `generation`
    gives a new reference, and only a person chooses that.
    """
    whole = msgspec.json.encode([workspace, system, entity, local_id, generation])
    start = hashlib.sha256(whole).digest()[:15]  # 24 characters of base32: a desk derives 100,000 of these
    return "BD-" + base64.b32encode(start).decode()[:20]


_ID_OF: Final = "$id_of"


def id_of(ref: str) -> Body:
    """Return a placeholder, for use in a body, for the remote id that the step `ref` will bring back.

    `{"$id_of": "BD-…"}` is replaced by that id just before sending.
    """
    return {_ID_OF: ref}


def fill_ids(value: Any, ids: dict[str, str]) -> Any:
    """Return a JSON value with every `id_of(ref)` replaced by `ids[ref]`. Raises `KeyError` if an id is missing."""
    if isinstance(value, dict):
        if value.keys() == {_ID_OF}:
            return ids[value[_ID_OF]]
        return {key: fill_ids(inner, ids) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill_ids(inner, ids) for inner in value]
    return value


def rename_ref(plan: Plan, old: str, new: str) -> Plan:
    """Return the plan with one reference replaced everywhere, as "send as new" needs it."""
    whole = msgspec.json.encode(plan).decode()
    return decode_json(whole.replace(f'"{old}"', f'"{new}"'), Plan)
