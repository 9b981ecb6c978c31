"""A plan is a value: what will be sent, in which order, under which references. Pure; knows no clock and no remote."""

from __future__ import annotations

import base64
import hashlib
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Body: TypeAlias = dict[str, Any]  # a JSON object; msgspec can't decode the recursive alias


class System(StrEnum):
    """The systems the desk writes to or reads from."""

    BROKERENGINE = "brokerengine"
    FLEX = "flex"
    SIMPLENEXUS = "simplenexus"
    TOTAL_EXPERT = "total-expert"


class Entity(StrEnum):
    """What kind of record a step makes or changes."""

    PERSON = "person"
    OPPORTUNITY = "opportunity"
    PROPERTY = "property"
    PRODUCT_LINK = "product-link"
    NOTE = "note"
    CONTACT = "contact"
    PROSPECT = "prospect"
    BORROWER = "borrower"
    PARTNER = "partner"
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


class StepKind(StrEnum):
    """What a lost reply means for a step, and so how it is settled (RELIABILITY: a step is one of four)."""

    CREATE = "create"
    UPDATE = "update"
    SET = "set"
    APPEND = "append"


LOOKED_UP: Final = frozenset({StepKind.CREATE, StepKind.APPEND})
"""These leave a record of their own that bears our reference: it is found by that, and seen where it is there twice."""
_APPENDED: Final = frozenset({Entity.NOTE, Entity.INSIGHT})
"""What is written onto a record once more each time, and is never the same thing twice."""


class Asset(StrEnum):
    """What was pushed (seed: the asset types a push is started from)."""

    CARD = "card"
    FACT_FIND = "fact-find"
    NOTE = "note"
    LINK = "link"
    UNLINK = "unlink"
    SYNC = "sync"
    SHARE = "share"
    UNDO = "undo"
    MILESTONE = "milestone"


ALLOW_OTHERS: Final = "elsewhere"
"""The override by which a person lets an append be sent although one of its kind from elsewhere is there."""
_IN_LANES: Final = frozenset({Asset.SYNC, Asset.SHARE, Asset.UNDO})


class Step(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One outward write.

    `ref` names the remote record for ever: the same on every retry. `body` is the JSON object that is sent,
    whole; where it needs the id of a record made by an earlier step it holds `id_of(ref)`, filled in when
    the step is sent. `remote_id` is the record it addresses, where that is known beforehand; `parent` is
    the ref (or id) of the record it hangs from. `identity` are the body's fields that must agree before a
    record found under `ref` is taken for this one. `others` are the ids of records that were there before and
    that the remote might take ours for: one of these is never what this step made, whatever it bears.
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
    others: tuple[str, ...] = ()

    @property
    def kind(self) -> StepKind:
        """What UNKNOWN means for this step."""
        match self.operation:
            case Operation.UPDATE | Operation.WRITE_BACK:
                return StepKind.UPDATE
            case Operation.LINK | Operation.JOIN_GROUP | Operation.LEAVE_GROUP:
                return StepKind.SET
            case Operation.CREATE:
                return StepKind.APPEND if self.entity in _APPENDED else StepKind.CREATE

    @property
    def key(self) -> str:
        """Which local thing this is a copy of, in its system: the key of its link."""
        return link_key(self.system, self.entity, self.local_id)


class Plan(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that one confirmation covers: the steps in order, for one subject, made with one version of the map.

    `about` is the card it concerns. `links` are pairs of local ids and remote ones that are tied in the book when it is
    confirmed; nothing is sent for them. `overrides` the codes of the objections a person overrode.
    """

    asset: Asset
    subject: str
    title: str
    steps: tuple[Step, ...]
    map_version: str = ""
    about: str = ""
    links: tuple[tuple[str, str], ...] = ()
    overrides: tuple[str, ...] = ()

    @property
    def runs_in_lanes(self) -> bool:
        """True if no step needs another and there may be thousands: they are sent in parallel lanes."""
        return self.asset in _IN_LANES

    @property
    def digest(self) -> str:
        """Eight hex digits over everything that would be sent: equal exactly when the plans are."""
        whole = msgspec.json.encode(self, order="deterministic")
        return hashlib.sha256(whole).hexdigest()[:8]


def link_key(system: System, entity: Entity, local_id: str) -> str:
    """Give the key under which the book keeps the link of a local thing."""
    return f"{system}/{entity}/{local_id}"


def make_ref(workspace: str, system: System, entity: Entity, local_id: str, generation: int = 0) -> str:
    """Derive the reference of a remote record: the same from every book of one workspace.

    `BD-` and 20 characters of base32, so that it fits an external-id field. A new `generation` is the one
    way to a new reference, and only a person chooses it.
    """
    whole = msgspec.json.encode([workspace, system, entity, local_id, generation])
    return "BD-" + base64.b32encode(hashlib.sha256(whole).digest()).decode()[:20]


_ID_OF: Final = "$id_of"


def id_of(ref: str) -> Body:
    """Stand, in a body, for the remote id that the step `ref` will have brought back."""
    return {_ID_OF: ref}


def fill_ids(value: Any, ids: dict[str, str]) -> Any:
    """Give `value` with every `id_of(ref)` replaced by `ids[ref]`; `KeyError` where one is not known yet."""
    if isinstance(value, dict):
        if value.keys() == {_ID_OF}:
            return ids[value[_ID_OF]]
        return {key: fill_ids(inner, ids) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill_ids(inner, ids) for inner in value]
    return value


def rename_ref(plan: Plan, old: str, new: str) -> Plan:
    """Give the plan with one reference replaced wherever it stands: "send again as a new record"."""
    whole = msgspec.json.encode(plan).decode()
    return msgspec.json.decode(whole.replace(f'"{old}"', f'"{new}"'), type=Plan)
