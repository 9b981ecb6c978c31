"""How the documents of an older schema become documents of this one. Knows no file and no record.

docs/decisions/0009-the-books-format.md says when a change needs a migration, and when a default or an alias is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from core.decoding.typed_json import decode_json

Document: TypeAlias = dict[str, Any]  # a JSON object
Tables: TypeAlias = dict[str, dict[str, Document]]
"""{table: {key: document}}"""

Migration: TypeAlias = Callable[[str, str, Document], tuple[str, str, Document] | None]
"""A pure function from (table, key, document) of one schema to the same of the next; None removes the document."""

MIGRATIONS: Final[tuple[Migration, ...]] = ()
"""The n-th migration, from 0, leads from schema n + 1 to schema n + 2. A migration that was released never changes."""


def newest_schema(migrations: Sequence[Migration]) -> int:
    """Return the schema to which the migrations lead; without any of them it is 1."""
    return 1 + len(migrations)


def migrate(tables: Tables, migrations: Iterable[Migration]) -> Tables:
    """Return new tables, in which every document has gone through the migrations in their order.

    The order of the documents stays. Raises `ValueError` if two documents get the same table and key.
    """
    for migration in migrations:
        after: Tables = {}
        for table, documents in tables.items():
            for key, document in documents.items():
                result = migration(table, key, document)
                if result is None:
                    continue
                new_table, new_key, new_document = result
                target = after.setdefault(new_table, {})
                if new_key in target:
                    raise ValueError(f"a migration makes two documents of table {new_table}, key {new_key}")
                target[new_key] = new_document
        tables = after
    return tables


def migrate_json(
    tables: Mapping[str, Mapping[str, msgspec.Raw]], migrations: Iterable[Migration]
) -> dict[str, dict[str, msgspec.Raw]]:
    """Return new tables like `migrate`, from and to {table: {key: JSON}}. Raises as `migrate`."""
    decoded = {
        name: {key: decode_json(raw, dict[str, Any]) for key, raw in table.items()}
        for name, table in tables.items()
    }
    return {
        name: {key: msgspec.Raw(msgspec.json.encode(document)) for key, document in table.items()}
        for name, table in migrate(decoded, migrations).items()
    }
