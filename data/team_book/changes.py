"""What a commit changes in the tables of a team's book, and the statements that write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct, field

from core.push.ports import Lease
from core.push.records import Push, Record, StepRecord
from data.team_book.connection import Connected
from data.team_book.pen import Pen
from data.team_book.rows import MARKS, PushRow, Row, StepRow

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


class Commit(Struct, frozen=True):
    """What one commit writes and removes, and the lease under which it does so."""

    put: tuple[Record, ...] = ()
    drop: tuple[tuple[type[Record], str], ...] = ()
    lease: Lease | None = None


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


def write_changes(connection: Connected, changes: Changes, pen: Pen) -> None:
    """Write changes, in a transaction of the pen."""
    if changes.drop:
        _drop(connection, changes.drop)
    if rows := list(changes.put.values()):
        marks = ([row.marks[n] for row in rows] for n in range(MARKS))
        fixed = ([row.kind for row in rows], [row.key for row in rows], [row.body for row in rows])
        connection.execute(_PUT, (*fixed, *marks))
    _write_steps(connection, changes.steps.values())
    _write_pushes(connection, changes, pen)
    if changes.files:
        connection.execute(_PUT_FILES, (list(changes.files), list(changes.files.values())))


def _drop(connection: Connected, drop: Mapping[tuple[str, bytes], str]) -> None:
    connection.execute(_DROP, ([kind for kind, _ in drop], [key for _, key in drop]))
    if steps := [key for kind, key in drop if kind == StepRecord.table]:
        connection.execute("delete from brokerdesk.open_steps where step = any(%s)", (steps,))
    if pushes := [key for (kind, _), key in drop.items() if kind == Push.table]:
        connection.execute("delete from brokerdesk.pushes where push_id = any(%s)", (pushes,))


def _write_steps(connection: Connected, steps: Iterable[StepRow]) -> None:
    rows = list(steps)
    if done := [row.step for row in rows if row.ref is None]:
        connection.execute("delete from brokerdesk.open_steps where step = any(%s)", (done,))
    if left := [row for row in rows if row.ref is not None]:
        columns = ([row.step for row in left], [row.push_id for row in left], [row.ref for row in left])
        connection.execute(_OPEN_STEPS, columns)


def _write_pushes(connection: Connected, changes: Changes, pen: Pen) -> None:
    stamp = (pen.id, pen.number + 1)
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
