"""Brings the records of a team's book that an older version wrote to the schema of this one, in one transaction."""

from __future__ import annotations

import msgspec

from data.book.migrations import migrate_json, newest_schema
from data.team_book.connection import Connected, Server
from data.team_book.rows import MARKS, RowForms


def migrate_documents(server: Server, forms: RowForms) -> None:
    """Let every record go through the missing migrations, unless another desk has just done that.

    A migration that changes the id, subject, state or asset of pushes, or the key or reference of steps, needs one of
    the tables too (`sql/`). Raises `BookClosed`.
    """
    server.write(lambda connection: _migrate(connection, forms), again=True)


def _migrate(connection: Connected, forms: RowForms) -> None:
    newest = newest_schema(forms.migrations)
    with connection.transaction():
        row = connection.execute("select documents from brokerdesk.book for update").fetchone()
        if row is None or row[0] >= newest:
            return
        connection.execute("update brokerdesk.book set documents = %s", (newest,))
        connection.execute(
            "select id from brokerdesk.pens order by id for update"
        )  # commits that have begun end first
        kinds = connection.execute("select distinct kind from brokerdesk.records").fetchall()
        tables = {kind: _documents(connection, forms, kind) for (kind,) in kinds}
        migrated = migrate_json(tables, forms.migrations[row[0] - 1 :])
        connection.execute("delete from brokerdesk.records")
        for table, documents in migrated.items():
            if table not in forms.kinds:
                raise forms.damaged(f"there is no table {table}, which a record is of;")
            decode = forms.kinds.decoders[table].decode
            rows = [forms.row(decode(document)) for document in documents.values()]
            fixed = ([row.kind for row in rows], [row.key for row in rows], [row.body for row in rows])
            marks = ([row.marks[n] for row in rows] for n in range(MARKS))
            connection.execute(
                "insert into brokerdesk.records (kind, key, body, mark0, mark1, mark2, mark3) select * from"
                " unnest(%s::text[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[])",
                (*fixed, *marks),
            )


def _documents(connection: Connected, forms: RowForms, table: str) -> dict[str, msgspec.Raw]:
    """Return the documents of a table by the records' own keys, in the order of their first commit."""
    rows = connection.execute(
        "select key, body from brokerdesk.records where kind = %s order by place", (table,), binary=True
    ).fetchall()
    return {key: msgspec.Raw(document) for key, document in forms.documents(table, rows)}
