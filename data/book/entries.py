"""An archive's entry as JSON: the records of one finished push, compressed. Knows no file."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.push.records import Record


class _Entry(Struct):
    """`records` is zlib over the JSON {table: {key: document}}, base64 in the file."""

    push: str
    records: bytes


_entry: Final = msgspec.json.Decoder(_Entry)
_tables: Final = msgspec.json.Decoder(dict[str, dict[str, msgspec.Raw]])


class BadEntry(ValueError):
    """The JSON is not that of an entry of this push."""


def encode_entry(push_id: str, records: Iterable[Record]) -> bytes:
    """Return the JSON of an entry. Raises `ValueError` for what JSON can't hold."""
    tables: dict[str, dict[str, Record]] = {}
    for record in records:
        tables.setdefault(record.table, {})[record.key] = record
    return msgspec.json.encode(_Entry(push_id, zlib.compress(msgspec.json.encode(tables), 9)))


def decode_entry(
    payload: bytes, push_id: str, decoders: Mapping[str, msgspec.json.Decoder[Any]]
) -> list[Record]:
    """Return the records of an entry. `decoders` are by table. Raises `BadEntry`."""
    try:
        entry = _entry.decode(payload)
        if entry.push != push_id:
            raise BadEntry(f"it is of push {entry.push}")
        tables = _tables.decode(zlib.decompress(entry.records))
        return [
            decoders[table].decode(document)
            for table, documents in tables.items()
            for document in documents.values()
        ]
    except (msgspec.DecodeError, zlib.error) as error:
        raise BadEntry(f"the entry can't be read ({error})") from error
    except KeyError as error:
        raise BadEntry(f"there is no table {error}") from error
