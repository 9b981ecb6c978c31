"""What a push of the contact desk will change, computed from its plan alone, and where the systems differ from that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from core.push.plan import Body, Entity, Operation, Plan, Step, System
from tests.fidelity.contacts.book import group_id
from tests.fidelity.difference import Dump, Path, RecordKey, Values, compared, flatten, is_equal

KINDS: Final = {
    Entity.PROSPECT: "prospects",
    Entity.PARTNER: "partners",
    Entity.INVITE: "partners",
    Entity.ACCESS: "partners",
    Entity.BORROWER: "borrowers",
    Entity.APP_SHARE: "app-shares",
    Entity.CONTACT: "contacts",
    Entity.INSIGHT: "insights",
    Entity.GROUP: "contacts",
}
_TOLD_BY_THE_SYSTEM: Final = frozenset({"webhooks", "notifications"})
"""What a system keeps about its own events."""
_NAMED_ALONG: Final = frozenset(
    {
        *(("owner", name) for name in ("email", "external_id", "username")),
        ("type", "type"),
    }
)
_DESCRIBED: Final = ("custom", "description")
"""Total Expert describes a custom field that was sent by its name."""
"""What Total Expert adds to a relationship of which the id was sent."""


class ExpectedRecord(Struct, frozen=True):
    """A record that one step makes or changes, with the values that arrive. `remote_id` is None for a new record.

    A value of None is one that the record does not hold afterwards.
    """

    step: int
    system: str
    kind: str
    remote_id: str | None
    values: Values


def expected_records(plan: Plan) -> list[ExpectedRecord]:
    """Return what each step of a plan will make or change."""
    return [
        ExpectedRecord(n, step.system, KINDS[step.entity], _changed_id(step), dict(_values(step)))
        for n, step in enumerate(plan.steps)
    ]


def _changed_id(step: Step) -> str | None:
    is_new = step.operation in (Operation.CREATE, Operation.SHARE) and step.entity is not Entity.INVITE
    return None if is_new else step.remote_id


def _values(step: Step) -> Iterator[tuple[Path, Any]]:
    match step.operation:
        case Operation.JOIN_GROUP:
            for group in step.body["contact_groups"]:
                yield ("contact_groups", str(group["id"]), "id"), group["id"]
        case Operation.LEAVE_GROUP:
            for group in step.body["remove_contact_groups"]:
                yield ("contact_groups", str(group["id"]), "id"), None
        case Operation.WRITE_BACK:
            for name, value in step.body.items():
                yield (name,), value or None
        case Operation.DISABLE:
            yield ("is_enabled",), False
        case Operation.CREATE | Operation.SHARE:
            yield from flatten(_created(step)).items()
        case Operation.UPDATE | Operation.LINK:
            raise AssertionError(f"the contact desk plans no {step.operation}")


def _created(step: Step) -> Body:
    """Return what a create or a share puts into a record; for an invite, what changes on the partner."""
    if step.entity is Entity.INVITE:
        return {"accepted_invite": False}
    body = dict(step.body)
    if groups := body.get("contact_groups"):  # a contact names its groups by name, and holds their ids
        owner = str(body["owner"]["id"])
        body["contact_groups"] = [{"id": group_id(owner, group["group_name"])} for group in groups]
    if step.entity is Entity.PROSPECT:
        body["phone"] = body.pop("cell_phone", None)
    if step.entity in (Entity.PROSPECT, Entity.PARTNER, Entity.APP_SHARE):
        body["loan_officer_id"] = step.parent
    return body


class Part(Struct, frozen=True):
    """The steps that the journal calls done, and those that may have arrived, by their places.

    `denied` are the steps that a reply denied and that were sent again: what can't be looked up may be there twice.
    """

    done: frozenset[int]
    in_doubt: frozenset[int] = frozenset()
    denied: frozenset[int] = frozenset()


def contact_differences(
    records: Sequence[ExpectedRecord], before: Dump, after: Dump, part: Part
) -> list[str]:
    """Return every way in which the systems differ from the forecast, one line each."""
    lines = [f"{key} is gone" for key in before.keys() - after.keys()]
    new = sorted(key for key in after.keys() - before.keys() if key.kind not in _TOLD_BY_THE_SYSTEM)
    came = {key: _shown(key, after[key]) for key in new}
    for record in records:
        if record.remote_id is not None or record.step not in part.done | part.in_doubt:
            continue
        key = next((key for key, values in came.items() if _is_of(record, key, values)), None)
        if key is not None:
            del came[key]
        elif record.step in part.done:
            lines.append(f"step {record.step}: no new {record.system} {record.kind} holds {record.values}")
    for record in records:
        if record.kind == KINDS[Entity.APP_SHARE] and record.step in part.denied:
            came = {key: values for key, values in came.items() if not _is_of(record, key, values)}
    lines += [f"{key} came and was not named: {values}" for key, values in came.items()]
    for key in before.keys() & after.keys():
        lines += _changes(records, key, _shown(key, before[key]), _shown(key, after[key]), part)
    return lines


def _shown(key: RecordKey, values: Values) -> Values:
    """Return a record's values that a push can change, blanks left out."""
    return {
        path: value
        for path, value in compared(key, values).items()
        if path not in _NAMED_ALONG
        and path[-1] != "group_name"
        and (path[0], path[-1]) != _DESCRIBED
        and not _is_default(key, path, value)
    }


def _is_default(key: RecordKey, path: Path, value: Any) -> bool:
    """Return True for what a system sets on a new record: no consent is given, nobody is silenced, nobody is first."""
    if key.kind == KINDS[Entity.PARTNER]:
        return path[0] in ("list_partner_first", "is_cobranded") and value is False
    return key.system == System.TOTAL_EXPERT and value is False


def _is_of(record: ExpectedRecord, key: RecordKey, values: Values) -> bool:
    if (record.system, record.kind) != (key.system, key.kind):
        return False
    return values.keys() == record.values.keys() and all(
        _is_same(path, values[path], value) for path, value in record.values.items()
    )


def _changes(
    records: Sequence[ExpectedRecord], key: RecordKey, old: Values, new: Values, part: Part
) -> Iterator[str]:
    """Yield what differs of one record that was there before: each expected value in turn, the last one counts."""
    must: Values = {}
    may: dict[Path, list[Any]] = {}
    for record in records:
        if (record.system, record.kind, record.remote_id) == key:
            if record.step in part.done:
                must |= record.values
            if record.step in part.done | part.in_doubt:
                for path, value in record.values.items():
                    may.setdefault(path, []).append(value)
    for path, value in must.items():
        if not _is_same(path, new.get(path), value):
            yield f"{key}: {'.'.join(path)} was to be {value!r} and is {new.get(path)!r}"
    for path in old.keys() | new.keys():
        was, now = old.get(path), new.get(path)
        if was != now and not any(_is_same(path, now, value) for value in may.get(path, [])):
            yield f"{key}: {'.'.join(path)} was {was!r}, is {now!r}, and was not named"


def _is_same(path: Path, left: Any, right: Any) -> bool:
    if path[-1] == "id":
        return str(left) == str(right)  # a number in one sample of Total Expert's, text in another
    return is_equal(path, left, right)
