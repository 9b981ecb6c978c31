"""Which values changed since their receipt. Pure: compares receipts with the fields that records hold now.

A value is unchanged if the record holds what was read back then, or what was sent, in an equal form
(core/compare/equal_forms.py). A receipt that was written again after a look (`receipt --check`) is the newer word, so a
difference that a person has looked at is not reported again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from msgspec import Struct

from core.compare.equal_forms import is_equal, kind_of
from core.push.plan import Entity, System
from core.push.states import StepState
from core.receipts.arrival import ABSENT, GIVES_ALL, value_at
from core.receipts.model import HELD, Arrival
from core.receipts.seal import Document

RecordKey: TypeAlias = tuple[System, Entity, str]
"""System, kind of record and remote id."""
Held: TypeAlias = Mapping[RecordKey, Mapping[str, Any]]
"""The fields of records as the systems hold them now. Of a record that is not in it nothing is compared."""
_READ_BACK: Final = frozenset({*HELD, Arrival.DIFFERS})


class TrustedValue(Struct, frozen=True):
    """One value of a record by its last receipt: what was sent, and what was read back.

    `number` is the receipt's, `push_id` the push's, `about` the card's id or "", `name` the field's name in the system.
    """

    path: tuple[str, ...]
    name: str
    sent: Any
    found: Any
    number: int
    push_id: str
    about: str
    local_id: str


class ReceiptValues(Struct, frozen=True):
    """What the receipts say of each record: by the record, its values by their path.

    `not_read` counts by system the values that were sent and never read back.
    """

    of_record: Mapping[RecordKey, Mapping[tuple[str, ...], TrustedValue]]
    not_read: Mapping[System, int]


class ChangedRecord(Struct, frozen=True):
    """A record that holds other values than its receipt says. `names` are the fields, `value` is one of the values."""

    key: RecordKey
    names: tuple[str, ...]
    value: TrustedValue


def values_of_receipts(documents: Iterable[Document], untold: Mapping[RecordKey, float]) -> ReceiptValues:
    """Return what receipts say of each record, each value as its last receipt has it.

    `documents` are receipts with the oldest first. `untold` has the time (seconds since 1970) at which a push without a
    receipt last wrote to a record: older values of that record count no more.
    """
    of_record: dict[RecordKey, dict[tuple[str, ...], TrustedValue]] = {}
    not_read: dict[RecordKey, set[tuple[str, ...]]] = {}
    for document in documents:
        for key, mark, value in _values_in(document):
            if document["confirmed_at"] < untold.get(key, 0.0):
                continue
            if mark in _READ_BACK:
                of_record.setdefault(key, {})[value.path] = value
                not_read.get(key, set()).discard(value.path)
            else:
                of_record.get(key, {}).pop(value.path, None)
                not_read.setdefault(key, set()).add(value.path)
    counts: dict[System, int] = {}
    for (system, _, _), paths in not_read.items():
        if paths:
            counts[system] = counts.get(system, 0) + len(paths)
    return ReceiptValues(of_record, counts)


def _values_in(document: Document) -> Iterator[tuple[RecordKey, Arrival, TrustedValue]]:
    """Yield the values of one receipt that were sent, with their record and their mark."""
    keys: dict[str, RecordKey] = {}
    for record in document["records"]:
        if record["state"] == StepState.DONE and record["remote_id"]:
            entity = Entity.CONTACT if record["entity"] == Entity.GROUP else Entity(record["entity"])
            keys[record["ref"]] = System(record["system"]), entity, str(record["remote_id"])
    for field in document["fields"]:
        mark, path = Arrival(field["arrived"]), tuple(field["path"])
        if mark in (Arrival.NOT_SENT, Arrival.BY_HAND) or not path or field["ref"] not in keys:
            continue
        yield (
            keys[field["ref"]],
            mark,
            TrustedValue(
                path,
                field["target"],
                field["sent"],
                field["found"],
                document["number"],
                document["push_id"],
                document["about"],
                field["local_id"],
            ),
        )


class ComparedValues(Struct, frozen=True):
    """The records that changed. `same` counts by system the values that were compared, `unseen` those that were not.

    A value is unseen if the system's list does not give it.
    """

    changed: tuple[ChangedRecord, ...]
    compared: Mapping[System, int]
    unseen: Mapping[System, int]


def compare_values(receipts: ReceiptValues, held: Held) -> ComparedValues:
    """Return which records changed since their receipts."""
    changed: list[ChangedRecord] = []
    compared: dict[System, int] = {}
    unseen: dict[System, int] = {}
    for key, values in receipts.of_record.items():
        if (fields := held.get(key)) is None:
            continue
        others: list[TrustedValue] = []
        for value in values.values():
            now = value_at(fields, value.path)
            counts = unseen if now is ABSENT and not GIVES_ALL[key[0]] else compared
            counts[key[0]] = counts.get(key[0], 0) + 1
            if counts is compared and not _is_as_before(value, None if now is ABSENT else now):
                others.append(value)
        if others:
            names = tuple(dict.fromkeys(value.name for value in others))
            changed.append(ChangedRecord(key, names, max(others, key=lambda value: value.number)))
    return ComparedValues(tuple(changed), compared, unseen)


def _is_as_before(value: TrustedValue, now: Any) -> bool:
    kind = kind_of(value.path[-1])
    return is_equal(kind, value.found, now) or is_equal(kind, value.sent, now)
