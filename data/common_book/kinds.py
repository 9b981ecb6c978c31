"""What every book does in the same way with records, hashes and names of files, whatever it stores them in."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar, cast

import msgspec

from core.decoding.typed_json import decoder_of
from core.error_words import why_failed
from core.errors import BookClosed
from core.push.records import Record

R = TypeVar("R", bound=Record)

KEY_SIZE: Final = 32
"""Bytes of the key of a book's hashes."""
_HASH_SIZE: Final = 32  # hex digits
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class RecordKinds:
    """The kinds of record that a book holds, and their JSON. `decoders` are by table."""

    def __init__(self, kinds: Iterable[type[Record]]) -> None:
        self._kinds: dict[str, type[Record]] = {kind.table: kind for kind in kinds}
        self.decoders: Mapping[str, msgspec.json.Decoder[Any]] = {
            table: decoder_of(kind) for table, kind in self._kinds.items()
        }

    def __contains__(self, table: object) -> bool:
        return table in self._kinds

    def check(self, kind: type[Record]) -> None:
        """Raise `ValueError` if the book does not hold a kind."""
        if self._kinds.get(kind.table) is not kind:
            raise ValueError(f"this book holds no {kind.__name__}")

    def check_index(self, kind: type[Record], field: str) -> None:
        """Raise `ValueError` if the book does not hold a kind, or the kind declares no index of a field."""
        self.check(kind)
        if field not in kind.indexes:
            raise ValueError(f"{kind.__name__} declares no index of {field}")

    def encode(self, record: Record) -> bytes:
        """Return the JSON of a record. Raises `ValueError` for a record that could not be read back."""
        self.check(type(record))
        encoded = msgspec.json.encode(record)
        self.decoders[record.table].decode(encoded)
        return encoded

    def decode(self, kind: type[R], documents: Iterable[tuple[str, bytes | msgspec.Raw]]) -> Iterator[R]:
        """Yield documents (key, JSON) as records of a kind. Raises `BookClosed` for one that can't be read."""
        decode = cast("msgspec.json.Decoder[R]", self.decoders[kind.table]).decode
        key = ""
        try:
            for key, document in documents:  # noqa: B007 - the error names the key
                yield decode(document)
        except msgspec.DecodeError as error:
            message = f"table {kind.table}, key {key}: the record can't be read ({why_failed(error)})."
            raise BookClosed("book-damaged", message) from error


def one_field(field: Mapping[str, str]) -> tuple[str, str]:
    """Return the name and the value of the one field that `Book.where` is asked for. Raises `ValueError`."""
    if len(field) != 1:
        raise ValueError("name one field")
    return next(iter(field.items()))


def check_file_name(name: str) -> None:
    """Raise `ValueError` for a bad name of a private file.

    A name has letters, digits, `.`, `_` and `-`, at most 128 of them, and begins with a letter or digit.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name for a kept file: {name!r}")


def keyed_hash(key: bytes, field: str, value: Any) -> str:
    """Return the keyed hash (HMAC-SHA256) of a field's name and JSON value, as 32 hex digits.

    With one key, equal JSON values of one field have equal hashes. Raises `TypeError` for a value that is not JSON.
    """
    whole = field.encode("utf-8", "surrogatepass") + b"\0" + _canonical(value)
    return hmac.digest(key, whole, "sha256").hex()[:_HASH_SIZE]


def _canonical(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value. Text that UTF-8 can't hold (half a surrogate pair) is escaped."""
    try:
        return msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
