"""Turns a confirmed plan into what a receipt keeps of it. Pure; knows no room: a room may name the fields itself."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

from core.push.plan import Entity, Operation, Plan, Step, id_of
from core.receipts.model import SentFile, Shown, ShownField

SENT: Final = "sent"
TO_COME: Final = "→"
"""Comes in a path before the reference of a record, the id of which is not known yet."""
_NAMING: Final = ("FLEXId", "AddressType", "FileName", "external_id", "id", "group_name", "field_name")
"""The fields by which an entry of a list is named, in this order."""
_CONTENT: Final = "Content"
_LEAVES: Final = "remove_contact_groups"
_IMPLIED: Final = frozenset({"IntegrationId"})
"""Our own reference is not a value of the source."""


def entry_name(entry: Mapping[str, Any]) -> str:
    """Return how a path names an entry of a list: `"AddressType=Postal"`; `"FLEXId=→BD-…"` for an id to come."""
    for name in _NAMING:
        if name in entry:
            value = entry[name]
            if isinstance(value, dict) and len(value) == 1:
                return f"{name}={TO_COME}{next(iter(value.values()))}"
            return f"{name}={value}"
    return ""


def fields_of_plan(plan: Plan, steps: Collection[int] | None = None) -> tuple[ShownField, ...]:
    """Return every value that the steps of a plan send, as fields. `steps` are places from 0; None means all."""
    return tuple(
        field
        for n, step in enumerate(plan.steps)
        if steps is None or n in steps
        for field in _fields_of_step(n, step)
    )


def _fields_of_step(n: int, step: Step) -> Iterator[ShownField]:
    for path, value in _leaves(step.body, ()):
        name = ".".join(part for part in path if "=" not in part)
        where, expected = path, value
        if path[0] == _LEAVES:  # the contact is to be in that group no more
            where, expected = ("contact_groups", *path[1:]), None
        yield ShownField(
            section=f"{step.entity}",
            source=name,
            target=name,
            fate=SENT,
            source_value="" if isinstance(value, dict) else str(value),
            value=expected,
            about=step.summary,
            local_id=step.local_id,
            step=n,
            path=where,
        )
    if step.entity is Entity.PRODUCT_LINK and step.operation is Operation.LINK:
        yield ShownField(
            f"{step.entity}", "Product", "Product", SENT, value=step.remote_id, step=n, path=("Product",)
        )


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    match value:
        case {"$id_of": str() as ref, **rest} if not rest:
            yield path, id_of(ref)
        case dict():
            for name, inner in value.items():
                if name != _CONTENT and (path or name not in _IMPLIED):
                    yield from _leaves(inner, (*path, name))
        case list() | tuple():
            for entry in value:
                if isinstance(entry, dict) and (name := entry_name(entry)):
                    yield from _leaves(entry, (*path, name))
        case _:
            yield path, value


def shown_of_plan(plan: Plan, rule: str = "") -> Shown:
    """Return what was shown of a plan that has no preview by fields. `rule` as in `Shown`."""
    return Shown(title=plan.title, fields=fields_of_plan(plan), rule=rule)


def shown_by_rule(plan: Plan, rule: str) -> bytes:
    """Return what the receipt keeps of a plan that a setting sent, as JSON; b"" if a person was asked."""
    return msgspec.json.encode(shown_of_plan(plan, rule)) if rule else b""


def files_of(plan: Plan) -> tuple[SentFile, ...]:
    """Return the files that go along with the notes of a plan, with size and SHA-256 instead of their content."""
    return tuple(
        _file(entry)
        for step in plan.steps
        for entry in step.body.get("Attachments", ())
        if isinstance(entry, dict)
    )


def _file(entry: Mapping[str, Any]) -> SentFile:
    try:
        content = base64.b64decode(str(entry.get(_CONTENT, "")), validate=True)
    except binascii.Error:
        content = b""
    return SentFile(str(entry.get("FileName", "")), len(content), hashlib.sha256(content).hexdigest())
