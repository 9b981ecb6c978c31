"""What a delivery of SimpleNexus names: the id and the kind of each event. Pure; keeps no names of people.

Nothing in a test event says that it is one. So the listener needs the kind, to take none of it during a test, and the
id, to drop a test event that comes again later.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import msgspec
from msgspec import Struct

from core.decoding.typed_json import decoder_of


class NamedEvent(Struct, frozen=True):
    """An event of a delivery by its id ("" if it has none) and its kind."""

    id: str = msgspec.field(name="_id", default="")
    event: str = ""


class _Delivery(Struct):
    events: list[msgspec.Raw]


_delivery: Final = decoder_of(_Delivery)
_event: Final = decoder_of(NamedEvent)


_ESCAPES: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


def repaired(body: bytes) -> bytes:
    """Return a body of JSON in which half a character, or a byte that is not UTF-8, became U+FFFD.

    A decoder refuses the whole body because of one of them. The repaired value is odd, and the rest can be read.
    """
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        body = body.decode("utf-8", "replace").encode()
    if rb"\ud" not in body.lower():
        return body
    return _ESCAPES.sub(lambda found: rb"\ufffd" if found[1] else found[0], body)


def named_events(body: bytes) -> tuple[NamedEvent, ...]:
    """Return the events of a delivery. An event that can't be read has neither id nor kind."""
    try:
        raw = _delivery.decode(repaired(body)).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    return tuple(map(_named, raw))


def _named(raw: msgspec.Raw) -> NamedEvent:
    try:
        return _event.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NamedEvent()


def without(body: bytes, ids: Collection[str]) -> bytes | None:
    """Return a delivery without the events of these ids; None if no event is left."""
    try:
        raw = _delivery.decode(repaired(body)).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body
    left = [event for event in raw if _named(event).id not in ids]
    if len(left) == len(raw):
        return body
    return msgspec.json.encode({"events": left}) if left else None
