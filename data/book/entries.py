"""An archive's entry as JSON: the records of one finished push, compressed. Knows no file."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.decoding.typed_json import decoder_of
from core.error_words import why_failed
from core.push.records import Record
from data.book.migrations import Migration, migrate_json, newest_schema


class _Entry(Struct, omit_defaults=True):
    """`records` is zlib over the JSON {table: {key: document}}, in base64. `schema` is that of the documents."""

    push: str
    records: bytes
    schema: int = 1


_entry: Final = decoder_of(_Entry)
_tables: Final = decoder_of(dict[str, dict[str, msgspec.Raw]])


class BadEntry(ValueError):
    """The JSON is not that of an entry of this push."""


def encode_entry(push_id: str, records: Iterable[Record], schema: int) -> bytes:
    """Return the JSON of an entry with records of a schema. Raises `ValueError` for what JSON can't hold."""
    tables: dict[str, dict[str, Record]] = {}
    for record in records:
        tables.setdefault(record.table, {})[record.key] = record
    return msgspec.json.encode(_Entry(push_id, zlib.compress(msgspec.json.encode(tables), 9), schema))


def decode_entry(
    payload: bytes,
    push_id: str,
    decoders: Mapping[str, msgspec.json.Decoder[Any]],
    migrations: Sequence[Migration],
    only: str = "",
) -> list[Record]:
    """Return the records of an entry, those of the table `only` if it is named.

    `decoders` are by table; `migrations` are all of them, from schema 1.

    The documents of an entry with an older schema go through the missing migrations. The file stays as it is. Raises
    `BadEntry`.
    """
    try:
        entry = _entry.decode(payload)
        if entry.push != push_id:
            raise BadEntry(f"it is of push {entry.push}")
        tables = _tables.decode(zlib.decompress(entry.records))
        if entry.schema < newest_schema(migrations):
            tables = migrate_json(tables, migrations[entry.schema - 1 :])
        if unknown := tables.keys() - decoders.keys():
            raise BadEntry(f"there is no table {min(unknown)}")
        return [
            decoders[table].decode(document)
            for table in ([only] if only else tables)
            for document in tables.get(table, {}).values()
        ]
    except (msgspec.DecodeError, zlib.error) as error:
        raise BadEntry(f"the entry can't be read ({why_failed(error)})") from error
