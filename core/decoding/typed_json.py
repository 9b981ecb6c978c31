"""Decode JSON and plain values to typed records, from any thread.

msgspec prepares a record type when it decodes the type for the first time. If two threads do that at the same time,
Python itself crashes (seen with msgspec 0.22.0). So all of brokerdesk decodes through this module, which has one thread
prepare a type at a time. Encoding needs no preparation.
"""

from __future__ import annotations

import threading
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")

_preparing: Final = threading.Lock()
_decoders: Final[dict[Any, msgspec.json.Decoder[Any]]] = {}


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of JSON to `kind`. Threads may share it."""
    decoder = _decoders.get(kind)
    if decoder is None:
        with _preparing:
            decoder = _decoders.setdefault(kind, msgspec.json.Decoder(kind))
    return decoder


def decode_json(content: bytes | memoryview | str, kind: type[T]) -> T:
    """Decode JSON to `kind`. Raises `msgspec.MsgspecError`, a ValueError, if the JSON does not fit."""
    return decoder_of(kind).decode(content)


def convert_value(raw: object, kind: type[T], *, strict: bool = True) -> T:
    """Convert a value of plain dicts, lists and scalars to `kind`. Raises `msgspec.ValidationError` if it does not fit.

    If `strict` is False, texts may stand for numbers and booleans.
    """
    decoder_of(kind)
    return msgspec.convert(raw, kind, strict=strict)
