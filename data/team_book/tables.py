"""The tables of a team's book: records in and out, blocking, for one thread at a time. Hides how records are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar, cast

from msgspec import Struct, field
from psycopg.abc import Query
from psycopg.sql import SQL, Identifier

from core.errors import ArchiveDamaged, BookClosed
from core.push.ports import Filed
from core.push.records import Push, Record, StepRecord
from data.book.entries import BadEntry, decode_entry, encode_entry
from data.book.errors import again, archive_damaged
from data.book.kinds import check_file_name, one_field
from data.book.migrations import MIGRATIONS, newest_schema
from data.team_book import errors as reasons
from data.team_book.connection import Connected, Server
from data.team_book.pen import Pen
from data.team_book.rows import MARKS, PushRow, Row, RowForms, StepRow, archive_place, file_place

R = TypeVar("R", bound=Record)

_PUT: Final = (
    "insert into brokerdesk.records (kind, key, body, mark0, mark1, mark2, mark3)"
    " select * from unnest(%s::text[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[])"
    " on conflict (kind, key) do update set body = excluded.body, mark0 = excluded.mark0, mark1 = excluded.mark1,"
    " mark2 = excluded.mark2, mark3 = excluded.mark3"
)
_DROP: Final = (
    "delete from brokerdesk.records record using unnest(%s::text[], %s::bytea[]) as gone (kind, key)"
    " where record.kind = gone.kind and record.key = gone.key"
)
_PUT_PUSHES: Final = (
    "insert into brokerdesk.pushes (push_id, state, asset, subject, pen, commit_no)"
    " select push_id, state, asset, subject, %s, %s"
    " from unnest(%s::text[], %s::text[], %s::text[], %s::bytea[]) as put (push_id, state, asset, subject)"
    " on conflict (push_id) do update set state = excluded.state, asset = excluded.asset, subject = excluded.subject,"
    " pen = excluded.pen, commit_no = excluded.commit_no"
)
_TOUCH_PUSHES: Final = "update brokerdesk.pushes set pen = %s, commit_no = %s where push_id = any(%s)"
_OPEN_STEPS: Final = (
    "insert into brokerdesk.open_steps (step, push_id, ref) select * from unnest(%s::bytea[], %s::text[], %s::bytea[])"
    " on conflict (step) do update set push_id = excluded.push_id, ref = excluded.ref"
)
_PUT_FILES: Final = (
    "insert into brokerdesk.files (name, body) select * from unnest(%s::text[], %s::bytea[])"
    " on conflict (name) do update set body = excluded.body"
)


class Changes(Struct):
    """What a transaction writes and removes.

    `put` and `drop` are by kind and key in the tables, in the order of the calls; `drop` has the record's own key.
    """

    put: dict[tuple[str, bytes], Row] = field(default_factory=dict)
    drop: dict[tuple[str, bytes], str] = field(default_factory=dict)
    pushes: dict[str, PushRow] = field(default_factory=dict)
    steps: dict[bytes, StepRow] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def add(self, other: Changes) -> None:
        """Add what a later commit changes."""
        for place, key in other.drop.items():
            self.put.pop(place, None)
            self.steps.pop(place[1], None)
            self.pushes.pop(key, None)
        for place in other.put:
            self.drop.pop(place, None)
        self.drop |= other.drop
        self.put |= other.put
        self.pushes |= other.pushes
        self.steps |= other.steps
        self.files |= other.files

    def __bool__(self) -> bool:
        return bool(self.put or self.drop or self.files)


class BookTables:
    """A team's book, blocking. `barred` is why the book may only be read, None if it may be written.

    Use it through `PostgresBook`. Raises `BookClosed`.
    """

    def __init__(
        self,
        server: Server,
        forms: RowForms,
        pen: Pen,
        *,
        barred: BookClosed | None = None,
    ) -> None:
        self.server = server
        self.forms = forms
        self.pen = pen
        self.barred = barred
        self._is_closed = False

    @property
    def read_only(self) -> BookClosed | None:
        """The reason why the book can't be written now; None if it can."""
        if self._is_closed:
            return reasons.shut(self.server.shown)
        return self.barred or self.server.away

    # -- reading -----------------------------------------------------------------------------------------

    def get(self, kind: type[R], key: str) -> R | None:
        """Return one record, or None."""
        return next(iter(self.get_many(kind, [key])), None)

    def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """Return the records with these keys in the order of `keys`, without the missing ones."""
        wanted = [self.forms.key(kind, key) for key in keys]
        found = dict(
            self._rows(
                "select key, body from brokerdesk.records where kind = %s and key = any(%s)",
                (kind.table, wanted),
            )
        )
        return list(self.forms.records(kind, ((key, found[key]) for key in wanted if key in found)))

    def all(self, kind: type[R]) -> list[R]:
        """Return every record of a kind, in the order of their first commit."""
        self.forms.kinds.check(kind)
        rows = self._rows(
            "select key, body from brokerdesk.records where kind = %s order by place", (kind.table,)
        )
        return list(self.forms.records(kind, rows))

    def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        """Return at most `count` records of a kind without the first `skip`, the last first commit first."""
        self.forms.kinds.check(kind)
        rows = self._rows(
            "select key, body from brokerdesk.records where kind = %s order by place desc limit %s offset %s",
            (kind.table, count, skip),
        )
        return list(self.forms.records(kind, rows))

    def where(self, kind: type[R], **asked: str) -> list[R]:
        """Return the records with a value in one field, in the order of their first commit.

        Raises `ValueError` unless exactly one field is given and the kind declares it in `indexes`.
        """
        name, value = one_field(asked)
        self.forms.kinds.check_index(kind, name)
        rows = self._rows(
            SQL(
                "select key, body from brokerdesk.records where kind = %s and {mark} = %s order by place"
            ).format(mark=_mark(kind, name)),
            (kind.table, self.forms.mark(kind, name, value)),
        )
        return list(self.forms.records(kind, rows))

    def values(self, kind: type[Record], field: str) -> list[str]:
        """Return the distinct values of a field of a kind, sorted. Raises like `where`."""
        self.forms.kinds.check_index(kind, field)
        rows = self._rows(
            SQL(
                "select distinct on ({mark}) key, body from brokerdesk.records"
                " where kind = %s and {mark} is not null order by {mark}"
            ).format(mark=_mark(kind, field)),
            (kind.table,),
        )
        return sorted(getattr(record, field) for record in self.forms.records(kind, rows))

    def archived_many(self, kind: type[R], push_ids: Iterable[str]) -> dict[str, list[R] | ArchiveDamaged]:
        """Return the archived records of a kind by push, for those pushes that have an archive entry.

        A push with an entry that can't be read has the error instead of its records.
        """
        self.forms.kinds.check(kind)
        found: dict[str, list[R] | ArchiveDamaged] = {}
        for push_id, sealed in self._entries(push_ids):
            try:
                found[push_id] = cast("list[R]", self._entry(push_id, sealed, kind.table))
            except ArchiveDamaged as error:
                found[push_id] = error
        return found

    def archived(self, push_id: str) -> list[Record]:
        """Return the archived records of a push; an empty list if there are none. Raises `ArchiveDamaged`."""
        for _, sealed in self._entries([push_id]):
            return self._entry(push_id, sealed)
        return []

    def get_file(self, name: str) -> bytes | None:
        """Return the content of a private file; None if there is no such file. Raises `ValueError` for a bad name."""
        check_file_name(name)
        for (sealed,) in self._rows("select body from brokerdesk.files where name = %s", (name,)):
            return self.forms.open(file_place(name), sealed, f"the file {name}")
        return None

    def list_files(self) -> list[str]:
        """Return the names of the private files, sorted."""
        return sorted(name for (name,) in self._rows("select name from brokerdesk.files", ()))

    def _entries(self, push_ids: Iterable[str]) -> list[tuple[str, bytes]]:
        return self._rows(
            "select push_id, body from brokerdesk.archive where push_id = any(%s)", (list(push_ids),)
        )

    def _entry(self, push_id: str, sealed: bytes, table: str = "") -> list[Record]:
        """Return the records of an archive entry, of one table if it is named. Raises `ArchiveDamaged`."""
        place = f"the archive of {self.server.shown}"
        try:
            payload = self.forms.open(archive_place(push_id), sealed, "")
        except BookClosed:
            raise archive_damaged(place, "the entry was changed by somebody else", push_id) from None
        try:
            return decode_entry(payload, push_id, self.forms.kinds.decoders, MIGRATIONS, table)
        except BadEntry as error:
            raise archive_damaged(place, str(error), push_id) from error

    def _rows(self, statement: Query, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        self._check_open()
        return self.server.read(
            lambda connection: connection.execute(statement, values, binary=True).fetchall()
        )

    # -- writing -----------------------------------------------------------------------------------------

    def changes(
        self,
        put: Iterable[Record],
        drop: Iterable[tuple[type[Record], str]],
        files: Mapping[str, bytes] | None = None,
    ) -> Changes:
        """Return what a commit changes.

        Raises `ValueError` for a record that could not be read back, for a kind that this book does not hold, and for
        a record that is both written and dropped.
        """
        changes = Changes()
        for record in put:
            row = self.forms.row(record)
            changes.put[row.kind, row.key] = row
            if isinstance(record, Push):
                changes.pushes[record.push_id] = self.forms.push_row(record)
            elif isinstance(record, StepRecord):
                changes.steps[row.key] = self.forms.step_row(record)
        for kind, key in drop:
            place = (kind.table, self.forms.key(kind, key))
            if place in changes.put:
                raise ValueError(f"{kind.table} {key} is both written and dropped")
            changes.drop[place] = key
        for name, content in (files or {}).items():
            check_file_name(name)
            changes.files[name] = self.forms.seal(file_place(name), content)
        return changes

    def commit_together(
        self, commits: Sequence[tuple[tuple[Record, ...], tuple[tuple[type[Record], str], ...]]]
    ) -> list[ValueError | None]:
        """Do several commits in their order, in one transaction.

        Return an entry per commit: None, or the `ValueError` for which the commit was left out.
        """
        self._check_writable()
        whole = Changes()
        failed: list[ValueError | None] = []
        for put, drop in commits:
            try:
                whole.add(self.changes(put, drop))
                failed.append(None)
            except ValueError as error:
                failed.append(error)
        if whole:
            self.pen.commit(lambda connection: self.write(connection, whole))
        return failed

    def write(self, connection: Connected, changes: Changes) -> None:
        """Write changes, in a transaction of the pen."""
        if changes.drop:
            self._drop(connection, changes.drop)
        if rows := list(changes.put.values()):
            marks = ([row.marks[n] for row in rows] for n in range(MARKS))
            fixed = ([row.kind for row in rows], [row.key for row in rows], [row.body for row in rows])
            connection.execute(_PUT, (*fixed, *marks))
        self._write_steps(connection, changes.steps.values())
        self._write_pushes(connection, changes)
        if changes.files:
            connection.execute(_PUT_FILES, (list(changes.files), list(changes.files.values())))

    def _drop(self, connection: Connected, drop: Mapping[tuple[str, bytes], str]) -> None:
        connection.execute(_DROP, ([kind for kind, _ in drop], [key for _, key in drop]))
        if steps := [key for kind, key in drop if kind == StepRecord.table]:
            connection.execute("delete from brokerdesk.open_steps where step = any(%s)", (steps,))
        if pushes := [key for (kind, _), key in drop.items() if kind == Push.table]:
            connection.execute("delete from brokerdesk.pushes where push_id = any(%s)", (pushes,))

    def _write_steps(self, connection: Connected, steps: Iterable[StepRow]) -> None:
        rows = list(steps)
        if done := [row.step for row in rows if row.ref is None]:
            connection.execute("delete from brokerdesk.open_steps where step = any(%s)", (done,))
        if left := [row for row in rows if row.ref is not None]:
            columns = ([row.step for row in left], [row.push_id for row in left], [row.ref for row in left])
            connection.execute(_OPEN_STEPS, columns)

    def _write_pushes(self, connection: Connected, changes: Changes) -> None:
        stamp = (self.pen.id, self.pen.number + 1)
        rows = list(changes.pushes.values())
        touched = {row.push_id for row in changes.steps.values()} - changes.pushes.keys()
        if touched:
            connection.execute(_TOUCH_PUSHES, (*stamp, sorted(touched)))
        if rows:
            columns = (
                [row.push_id for row in rows],
                [row.state for row in rows],
                [row.asset for row in rows],
                [row.subject for row in rows],
            )
            connection.execute(_PUT_PUSHES, (*stamp, *columns))

    def archive(self, *filed: Filed) -> None:
        """Move records of finished pushes to the archive. Raises `ValueError` like `changes`."""
        self._check_writable()
        entries: list[tuple[str, float, bytes]] = []
        for push in filed:
            for record in push.records:
                self.forms.kinds.check(type(record))
            payload = encode_entry(push.push_id, push.records, newest_schema(MIGRATIONS))
            decode_entry(payload, push.push_id, self.forms.kinds.decoders, MIGRATIONS)
            entries.append((push.push_id, push.at, self.forms.seal(archive_place(push.push_id), payload)))
        changes = self.changes(
            (record for push in filed for record in push.left),
            [(type(record), record.key) for push in filed for record in push.records],
        )

        def move(connection: Connected) -> None:
            connection.execute(
                "insert into brokerdesk.archive (push_id, at, body)"
                " select push_id, to_timestamp(at), body from unnest(%s::text[], %s::float8[], %s::bytea[])"
                " as filed (push_id, at, body)"
                " on conflict (push_id) do update set at = excluded.at, body = excluded.body",
                tuple(map(list, zip(*entries, strict=True))),
            )
            self.write(connection, changes)

        if entries:
            self.pen.commit(move)

    def put_file(self, name: str, content: bytes) -> None:
        """Write a private file; it replaces a file of the same name. Raises `ValueError` for a bad name."""
        changes = self.changes((), (), {name: content})
        self._check_writable()
        self.pen.commit(lambda connection: self.write(connection, changes))

    def delete_file(self, name: str) -> None:
        """Remove a private file. A missing file is no error. Raises like `put_file`."""
        check_file_name(name)
        self._check_writable()
        self.pen.commit(
            lambda connection: connection.execute("delete from brokerdesk.files where name = %s", (name,))
        )

    def close(self) -> None:
        """Put the pen away and close the connection. Every later call raises `BookClosed`."""
        if not self._is_closed:
            self._is_closed = True
            with suppress(BookClosed):  # the pen is free after a day
                self.pen.put_away()
            self.server.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise reasons.shut(self.server.shown)

    def _check_writable(self) -> None:
        self._check_open()
        if self.barred is not None:
            raise again(self.barred)


def _mark(kind: type[Record], field: str) -> Identifier:
    """Return the column that holds an indexed field."""
    return Identifier(f"mark{kind.indexes.index(field)}")
