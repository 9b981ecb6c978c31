"""Reads back what a push wrote, where a system can be read. Sends nothing; a read that fails is an answer too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from core.errors import Unreachable
from core.push.plan import Entity, Operation, StepKind, System
from core.push.ports import Remote, RemoteRecord, Request
from core.push.records import StepRecord
from core.push.states import StepState

FEW: Final = 20
"""The largest number of new records of one kind that are read one by one. More are read page by page."""
READ_BY_ID: Final = frozenset(
    {
        *((System.FLEX, entity) for entity in (Entity.PERSON, Entity.OPPORTUNITY, Entity.PROPERTY)),
        *((System.FLEX, entity) for entity in (Entity.NOTE, Entity.PRODUCT_LINK, Entity.APPLICANT)),
        (System.BROKERENGINE, Entity.PERSON),
        (System.BROKERENGINE, Entity.OPPORTUNITY),
        (System.SIMPLENEXUS, Entity.BORROWER),
        (System.SIMPLENEXUS, Entity.PARTNER),
        (System.TOTAL_EXPERT, Entity.CONTACT),
        (System.TOTAL_EXPERT, Entity.GROUP),
    }
)
"""What can be read by its id. The step of a group is read on its contact."""
READ_BY_REFERENCE: Final = frozenset(
    {(System.SIMPLENEXUS, Entity.PROSPECT), (System.TOTAL_EXPERT, Entity.INSIGHT)}
)
"""What can be found again by our reference alone."""
NEVER_READ: Final = frozenset(
    (System.SIMPLENEXUS, entity) for entity in (Entity.INVITE, Entity.ACCESS, Entity.APP_SHARE)
)
"""What no system gives back: whether an invite or a link was sent, and whether a partner is switched off."""
_ABOUT_ONE: Final = frozenset({"bad-answer", "bad-reply"})
"""Codes of errors that say nothing of the next record. After any other error the system is not asked again."""


class Found(Struct, frozen=True):
    """What a system holds of one step's record, read at `at` (seconds since 1970, UTC)."""

    record: RemoteRecord
    at: float


class NotRead(Struct, frozen=True):
    """Why the record of one step was not read, in a sentence."""

    reason: str


Reading: TypeAlias = Found | NotRead


def ids_of(steps: Sequence[StepRecord]) -> dict[str, str]:
    """Return the remote ids of the steps that are DONE, by their references."""
    return {step.ref: step.remote_id for step in steps if step.remote_id and step.state is StepState.DONE}


async def read_back(
    remotes: Mapping[System, Remote], steps: Sequence[StepRecord], now: float
) -> dict[int, Reading]:
    """Read the record of each step that is DONE. Return the readings by the steps' places. `now` is the time."""
    ids = ids_of(steps)
    readings: dict[int, Reading] = {}
    by_reference: defaultdict[tuple[System, Entity], list[StepRecord]] = defaultdict(list)
    by_id: defaultdict[tuple[System, Entity], list[StepRecord]] = defaultdict(list)
    for step in steps:
        if step.state is not StepState.DONE:
            continue
        kind = (step.system, step.entity)
        if kind in READ_BY_REFERENCE:
            by_reference[kind].append(step)
        elif kind in READ_BY_ID:
            by_id[kind].append(step)
        else:
            readings[step.n] = NotRead("The system gives back no record of this kind.")
    down: dict[System, str] = {}
    for (system, entity), group in by_id.items():
        remote = remotes.get(system)
        single = group
        if remote is not None:
            many = [step for step in group if _is_found_by_reference(step, remote)]
            if len(many) > FEW:
                by_reference[system, entity] += many
                single = [step for step in group if step not in many]
        for step in single:
            readings[step.n] = await _read_unless_down(remote, step, ids, now, down)
    for (system, _), group in by_reference.items():
        readings |= await _look_up(remotes.get(system), group, ids, now)
    return readings


async def _read_unless_down(
    remote: Remote | None, step: StepRecord, ids: Mapping[str, str], now: float, down: dict[System, str]
) -> Reading:
    """Read one record. `down` holds the systems that did not answer, with the reason; one more may be added."""
    if step.system in down:
        return NotRead(down[step.system])
    try:
        return await _read(remote, step, ids, now)
    except Unreachable as error:
        if error.code not in _ABOUT_ONE:
            down[step.system] = error.message
        return NotRead(error.message)


def _is_found_by_reference(step: StepRecord, remote: Remote) -> bool:
    made = step.kind is StepKind.CREATE and step.operation is Operation.CREATE
    return made and remote.can_look_up(step.entity)


def _request(step: StepRecord, ids: Mapping[str, str]) -> Request:
    """Return the request that reads a step's record.

    A group is read on its contact, an applicant on the opportunity.
    """
    parent = ids.get(step.parent, step.parent) if step.parent else None
    entity, remote_id = step.entity, step.remote_id
    if entity is Entity.GROUP:
        entity = Entity.CONTACT
    elif entity is Entity.APPLICANT:
        entity, remote_id = Entity.OPPORTUNITY, parent
    return Request(step.ref, entity, step.operation, {}, remote_id, parent)


async def _read(remote: Remote | None, step: StepRecord, ids: Mapping[str, str], now: float) -> Reading:
    if remote is None:
        return NotRead("There is no connection to the system.")
    record = await remote.read(_request(step, ids))
    return Found(record, now) if record else NotRead("The record is not there any more.")


async def _look_up(
    remote: Remote | None, steps: Sequence[StepRecord], ids: Mapping[str, str], now: float
) -> dict[int, Reading]:
    if remote is None:
        return {step.n: NotRead("There is no connection to the system.") for step in steps}
    try:
        found = await remote.look_up([_request(step, ids) for step in steps])
    except Unreachable as error:
        return {step.n: NotRead(error.message) for step in steps}
    readings: dict[int, Reading] = {}
    for step in steps:
        records = [one for one in found.get(step.ref, ()) if one.remote_id == step.remote_id]
        readings[step.n] = (
            Found(records[0], now) if records else NotRead("The record is not found by its reference.")
        )
    return readings
