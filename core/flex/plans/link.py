"""What linking a card or a person to a FLEX record does, and what taking a link back does, as a value. Pure."""

from __future__ import annotations

from msgspec import Struct

from core.push.plan import Asset, Entity, Operation, Plan, Step, System
from core.push.records import Record
from core.texts import without_lone_surrogates


class LinkPreview(Struct, frozen=True):
    """A link, or a link that is taken back, before it is confirmed.

    `flex_id` is the ID that is linked, None if a link is taken back. `was` is the ID before, None if there was none.
    `written` are the records that the confirmation writes into the book, `removed` the records that it removes (kind
    and key). `warnings` are what a person should know, a sentence each.
    """

    plan: Plan
    entity: Entity
    flex_id: str | None
    was: str | None
    written: tuple[Record, ...] = ()
    removed: tuple[tuple[type[Record], str], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def local_id(self) -> str:
        """The id of the card or the person."""
        return self.plan.subject


def write_flex_id(
    ref: str,
    entity: Entity,
    local_id: str,
    flex_id: str | None,
    kind: str | None = None,
    was: str | None = None,
) -> Step:
    """Return the step that writes a FLEX ID onto BrokerEngine's card or contact; `flex_id` None takes an ID away.

    `kind` is "opportunity" or "application", for a card. `was` is the ID that BrokerEngine holds and that a person saw.
    The step does not replace another ID that is there by then.
    """
    body: dict[str, str | None] = {"flex_id": flex_id}
    if entity is Entity.OPPORTUNITY:
        body["flex_kind"] = kind
    summary = f"FLEX ID {flex_id}" if flex_id else "no FLEX ID"
    return Step(
        ref=ref,
        system=System.BROKERENGINE,
        entity=entity,
        operation=Operation.WRITE_BACK,
        local_id=local_id,
        summary=f"{summary}, was {was}" if was else summary,
        body=dict(body),
        remote_id=local_id,
        identity=("flex_id",),
        seen={"flex_id": was} if was else {},
    )


def link_plan(local_id: str, title: str, flex_id: str, steps: tuple[Step, ...], map_version: str) -> Plan:
    """Return the plan of a link. The book links the pair at the confirmation."""
    return Plan(
        Asset.LINK,
        local_id,
        without_lone_surrogates(title),
        steps,
        map_version,
        about=local_id,
        links=((local_id, flex_id),),
    )


def unlink_plan(local_id: str, title: str, was: str, steps: tuple[Step, ...], map_version: str) -> Plan:
    """Return the plan that takes a link back. Its title names the ID, so that its hash does too."""
    said = without_lone_surrogates(f"{title}, not {was}")
    return Plan(Asset.UNLINK, local_id, said, steps, map_version, about=local_id)
