"""The tables of a team's book: records in and out, blocking, for one thread at a time. Hides how records are stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, LiteralString, TypeVar, cast

from psycopg.sql import SQL, Composed, Identifier

from core.errors import ArchiveDamaged, BookClosed
from core.push.ports import Filed, Lease
from core.push.records import Push, Record, StepRecord
from core.push.team.ports import lease_lost
from data.book.entries import BadEntry, decode_entry, encode_entry
from data.book.errors import again, archive_damaged
from data.book.migrations import newest_schema
from data.common_book.kinds import check_file_name, one_field
from data.team_book import errors as reasons
from data.team_book.changes import Commit, CommitChanges, LeasesLost, write_changes
from data.team_book.connection import Connected, Server
from data.team_book.leases import LeaseTables
from data.team_book.news import TELL
from data.team_book.pen import Pen, Tally
from data.team_book.rows import RowForms, archive_place, file_place

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_TELL_EVERY: Final = 0.2
"""Seconds between two notifications. What is not notified is heard with the next poll of the others."""


class BookTables:
    """A team's book, blocking. `barred` is why the book may only be read, None if it may be written.

    `may_share`: a book that is barred only because it was opened for reading has rates and tokens all the same. Use it
    through `PostgresBook`. Raises `BookClosed`.
    """

    def __init__(
        self,
        server: Server,
        forms: RowForms,
        pen: Pen,
        leases: LeaseTables,
        *,
        barred: BookClosed | None = None,
        may_share: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.server = server
        self.forms = forms
        self.pen = pen
        self.leases = leases
        self.barred = barred
        self.may_share = may_share
        self._clock = clock
        self._is_closed = False
        self._told_at = -_TELL_EVERY
        self._may_tell = True

    @property
    def read_only(self) -> BookClosed | None:
        """The reason why the book can't be written now; None if it can."""
        if self._is_closed:
            return reasons.shut(self.server.shown)
        return self.barred or self.server.away

    # -- reading -----------------------------------------------------------------------------------------

    def get(self, kind: type[R], key: str) -> R | None:
        """Return one record, or None."""
        rows = self._rows(
            "select key, body from brokerdesk.records where kind = %s and key = %s",
            (kind.table, self.forms.key(kind, key)),
        )
        return next(iter(self.forms.records(kind, rows)), None)

    def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """Return the records with these keys in the order of `keys`, without the missing ones."""
        wanted = [self.forms.key(kind, key) for key in keys]
        found = dict(
            self._rows(
                "select key, body from brokerdesk.records where kind = %s and key = any(%s)",
                (kind.table, wanted),
            )
        )
        return self.forms.records(kind, ((key, found[key]) for key in wanted if key in found))

    def all(self, kind: type[R]) -> list[R]:
        """Return every record of a kind, in the order of their first commit."""
        self.forms.kinds.check(kind)
        rows = self._rows(
            "select key, body from brokerdesk.records where kind = %s order by place", (kind.table,)
        )
        return self.forms.records(kind, rows)

    def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        """Return at most `count` records of a kind without the first `skip`, the last first commit first."""
        self.forms.kinds.check(kind)
        rows = self._rows(
            "select key, body from brokerdesk.records where kind = %s order by place desc limit %s offset %s",
            (kind.table, count, skip),
        )
        return self.forms.records(kind, rows)

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
        return self.forms.records(kind, rows)

    def where_any(self, kind: type[R], field: str, values: Collection[str]) -> list[R]:
        """Return the records with one of the values in a field: see `Book.where_any`. Raises like `where`."""
        self.forms.kinds.check_index(kind, field)
        rows = self._rows(
            SQL(
                "select found.key, found.body from unnest(%s::bytea[]) as wanted (mark) cross join lateral"
                " (select key, body, place from brokerdesk.records where kind = %s and {mark} = wanted.mark"
                " order by place) found order by found.place"
            ).format(mark=_mark(kind, field)),
            ([self.forms.mark(kind, field, value) for value in dict.fromkeys(values)], kind.table),
        )  # one look-up a value: plans are made without the values, and a list of them is taken for many rows
        return self.forms.records(kind, rows)

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
        return self.get_files([name]).get(name)

    def get_files(self, names: Collection[str]) -> dict[str, bytes]:
        """Return the contents of those private files that exist, by name. Raises `ValueError` for a bad name."""
        for name in names:
            check_file_name(name)
        rows = self._rows("select name, body from brokerdesk.files where name = any(%s)", (list(names),))
        return {name: self.forms.open(file_place(name), sealed, f"the file {name}") for name, sealed in rows}

    def list_files(self) -> list[str]:
        """Return the names of the private files, sorted."""
        return sorted(name for (name,) in self._rows("select name from brokerdesk.files", ()))

    def archived_at(self) -> dict[str, float]:
        """Return {push id: the time (seconds since 1970, UTC) at which the push was archived}."""
        return dict(self._rows("select push_id, extract(epoch from at)::float8 from brokerdesk.archive", ()))

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
            return decode_entry(payload, push_id, self.forms.kinds.decoders, self.forms.migrations, table)
        except BadEntry as error:
            raise archive_damaged(place, str(error), push_id) from error

    def _rows(self, statement: LiteralString | Composed, values: Sequence[Any]) -> list[tuple[Any, ...]]:
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
    ) -> CommitChanges:
        """Return what a commit changes.

        Raises `ValueError` for a record that could not be read back, for a kind that this book does not hold, and for
        a record that is both written and dropped.
        """
        changes = CommitChanges()
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

    def commit_together(self, commits: Sequence[Commit]) -> list[Exception | None]:
        """Do several commits in their order, in one transaction.

        Return an entry per commit: None, or the `ValueError` or `LeaseLost` for which the commit was left out.
        """
        self._check_writable()
        failed: list[Exception | None] = []
        changes: list[CommitChanges] = []
        for commit in commits:
            try:
                changes.append(self.changes(commit.put, commit.drop))
                failed.append(None)
            except ValueError as error:
                changes.append(CommitChanges())
                failed.append(error)
        if any(changes) or any(commit.lease is not None for commit in commits):
            self._commit(
                lambda connection, tally: _write_together(connection, tally, commits, changes, failed)
            )
        return failed

    def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """Do one commit. Raises the errors of `commit_together`."""
        (failed,) = self.commit_together([Commit(put, tuple(drop))])
        if failed is not None:
            raise failed

    def begin(
        self,
        push: Push,
        put: Iterable[Record],
        files: Mapping[str, bytes],
        drop: Iterable[tuple[type[Record], str]],
    ) -> Push:
        """See `PushBook.begin`."""
        self._check_writable()
        changes = self.changes((push, *put), drop, files)
        subject = self.forms.subject(push.subject)

        def begin(connection: Connected, tally: Tally) -> str | None:
            with connection.transaction():
                if (other := self.leases.active_push(connection, subject)) is None:
                    write_changes(connection, tally, changes)
            return other

        other = self._commit(begin)
        found = None if other in (None, push.push_id) else self.get(Push, other)
        return push if found is None else found

    def _commit(self, writes: Callable[[Connected, Tally], T]) -> T | None:
        """Commit with the pen (see `Pen.commit`), and let the others know that there is something new."""
        result = self.pen.commit(writes)
        now = self._clock()
        if now >= self._told_at + _TELL_EVERY and self._may_tell:
            self._told_at = now
            try:
                self.server.read(lambda connection: connection.execute(TELL))
            except BookClosed as error:
                self._may_tell = error.code == reasons.AWAY  # some clusters and poolers have no notifications
        return result

    def archive(self, *filed: Filed) -> None:
        """Move records of finished pushes to the archive. Raises `ValueError` like `changes`."""
        self._check_writable()
        entries: list[tuple[str, float, bytes]] = []
        for push in filed:
            for record in push.records:
                self.forms.kinds.check(type(record))
            payload = encode_entry(push.push_id, push.records, newest_schema(self.forms.migrations))
            decode_entry(payload, push.push_id, self.forms.kinds.decoders, self.forms.migrations)
            entries.append((push.push_id, push.at, self.forms.seal(archive_place(push.push_id), payload)))
        changes = self.changes(
            (record for push in filed for record in push.left),
            [(type(record), record.key) for push in filed for record in push.records],
        )

        def move(connection: Connected, tally: Tally) -> None:
            with connection.transaction():
                connection.execute(
                    "insert into brokerdesk.archive (push_id, at, body)"
                    " select push_id, to_timestamp(at), body from unnest(%s::text[], %s::float8[], %s::bytea[])"
                    " as filed (push_id, at, body)"
                    " on conflict (push_id) do update set at = excluded.at, body = excluded.body",
                    tuple(map(list, zip(*entries, strict=True))),
                )
                write_changes(connection, tally, changes)

        if entries:
            self._commit(move)

    def put_file(self, name: str, content: bytes) -> None:
        """Write a private file; it replaces a file of the same name. Raises `ValueError` for a bad name."""
        changes = self.changes((), (), {name: content})
        self._check_writable()
        self._commit(lambda connection, tally: write_changes(connection, tally, changes))

    def delete_file(self, name: str) -> None:
        """Remove a private file. A missing file is no error. Raises like `put_file`."""
        check_file_name(name)
        self._check_writable()

        def delete(connection: Connected, tally: Tally) -> None:
            with connection.transaction():
                connection.execute("delete from brokerdesk.files where name = %s", (name,))
                write_changes(connection, tally, CommitChanges())

        self._commit(delete)

    def writable_leases(self) -> LeaseTables:
        """Return the leases of a book that may be written. Raises `BookClosed` if it may only be read."""
        self._check_writable()
        return self.leases

    def shared_leases(self) -> LeaseTables:
        """Return the leases, if this account may write the book. Raises `BookClosed` if it may not."""
        self._check_open()
        if not self.may_share:
            self._check_writable()
        return self.leases

    def writable_server(self) -> Server:
        """Return the connection of a book that may be written. Raises `BookClosed` if it may only be read."""
        self._check_writable()
        return self.server

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


def _write_together(
    connection: Connected,
    tally: Tally,
    commits: Sequence[Commit],
    changes: Sequence[CommitChanges],
    failed: list[Exception | None],
) -> None:
    """Write the changes of commits. Those of which the lease is lost are left out, and `failed` says so."""
    while True:
        whole = CommitChanges()
        leases: list[Lease] = []
        for n, commit in enumerate(commits):
            if failed[n] is None:
                whole.add(changes[n])
                leases += [commit.lease] if commit.lease is not None else []
        try:
            return write_changes(connection, tally, whole, leases)
        except LeasesLost as lost:
            for n, commit in enumerate(commits):
                if commit.lease is not None and commit.lease.token not in lost.held:
                    failed[n] = failed[n] or lease_lost(commit.lease.name)
