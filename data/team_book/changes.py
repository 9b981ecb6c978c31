"""What a commit changes in the tables of a team's book, and the statements that write it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct, field

from core.push.ports import Lease
from core.push.records import Push, Record, StepRecord
from data.team_book.connection import Connected
from data.team_book.pen import OtherNumber, Tally
from data.team_book.rows import MARKS, PushRow, Row, StepRow

COMMIT: Final = """
with leased as (
    select lease.token from brokerdesk.leases lease
    join unnest(%(lease_names)s::text[], %(lease_tokens)s::text[]) as wanted (name, token)
    on wanted.name = lease.name and wanted.token = lease.token
    order by lease.name for update of lease
), counted as (
    update brokerdesk.pens pen set commits = pen.commits + 1, used_at = clock_timestamp()
    from brokerdesk.book book
    where pen.id = %(pen)s and pen.sender = %(sender)s and pen.commits = %(number)s
    and book.documents = %(documents)s and book.moved_to = %(moved_to)s
    and (select count(*) from leased) = cardinality(%(lease_names)s::text[])
    returning pen.id, pen.commits
), dropped as (
    delete from brokerdesk.records record
    using unnest(%(drop_kinds)s::text[], %(drop_keys)s::bytea[]) as gone (kind, key)
    where record.kind = gone.kind and record.key = gone.key and exists (select 1 from counted)
), put as (
    insert into brokerdesk.records (kind, key, body, mark0, mark1, mark2, mark3)
    select * from unnest(%(kinds)s::text[], %(keys)s::bytea[], %(bodies)s::bytea[], %(marks0)s::bytea[],
                         %(marks1)s::bytea[], %(marks2)s::bytea[], %(marks3)s::bytea[])
    where exists (select 1 from counted)
    on conflict (kind, key) do update set body = excluded.body, mark0 = excluded.mark0, mark1 = excluded.mark1,
    mark2 = excluded.mark2, mark3 = excluded.mark3
), closed as (
    delete from brokerdesk.open_steps where step = any(%(closed)s::bytea[]) and exists (select 1 from counted)
), opened as (
    insert into brokerdesk.open_steps (step, push_id, ref)
    select * from unnest(%(steps)s::bytea[], %(step_pushes)s::text[], %(refs)s::bytea[])
    where exists (select 1 from counted)
    on conflict (step) do update set push_id = excluded.push_id, ref = excluded.ref
), forgotten as (
    delete from brokerdesk.pushes where push_id = any(%(drop_pushes)s::text[]) and exists (select 1 from counted)
), touched as (
    update brokerdesk.pushes push set pen = counted.id, commit_no = counted.commits
    from counted where push.push_id = any(%(touched)s::text[])
), pushed as (
    insert into brokerdesk.pushes (push_id, state, asset, subject, pen, commit_no)
    select push.*, counted.id, counted.commits from counted cross join
    unnest(%(pushes)s::text[], %(states)s::text[], %(assets)s::text[], %(subjects)s::bytea[]) as push
    on conflict (push_id) do update set state = excluded.state, asset = excluded.asset, subject = excluded.subject,
    pen = excluded.pen, commit_no = excluded.commit_no
), filed as (
    insert into brokerdesk.files (name, body)
    select * from unnest(%(files)s::text[], %(contents)s::bytea[]) where exists (select 1 from counted)
    on conflict (name) do update set body = excluded.body
)
select (select count(*) from counted), (select array_agg(token) from leased)
"""
"""A whole commit as one statement: nothing of it is done unless the pen is counted and every lease is held."""


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


class LeasesLost(Exception):
    """A commit was not counted, because some of its leases are lost. `held` are the tokens of the others."""

    def __init__(self, held: frozenset[str]) -> None:
        super().__init__()
        self.held = held


def write_changes(
    connection: Connected, tally: Tally, changes: Changes, leases: Iterable[Lease] = ()
) -> None:
    """Write changes under some leases, and count them. Raises `OtherNumber` and `LeasesLost`; then nothing is done."""
    wanted = {lease.token: lease.name for lease in leases}
    asked = {
        "lease_names": [*wanted.values()],
        "lease_tokens": [*wanted],
        "pen": tally.pen,
        "sender": tally.sender,
        "number": tally.number,
        "documents": tally.documents,
        "moved_to": tally.moved_to,
        **_columns(changes),
    }
    tally.is_sent = True
    row = connection.execute(COMMIT, asked).fetchone()
    counted, tokens = row if row is not None else (0, None)
    if not counted:
        held = frozenset(tokens or ())
        raise LeasesLost(held) if wanted.keys() - held else OtherNumber
    tally.is_counted = True


def _columns(changes: Changes) -> dict[str, list[Any]]:
    """Return changes as the columns that `COMMIT` takes."""
    rows, steps, pushes = changes.put.values(), changes.steps.values(), changes.pushes.values()
    left = [step for step in steps if step.ref is not None]
    closed = [step.step for step in steps if step.ref is None]
    closed += [key for kind, key in changes.drop if kind == StepRecord.table]
    return {
        "kinds": [row.kind for row in rows],
        "keys": [row.key for row in rows],
        "bodies": [row.body for row in rows],
        **{f"marks{n}": [row.marks[n] for row in rows] for n in range(MARKS)},
        "drop_kinds": [kind for kind, _ in changes.drop],
        "drop_keys": [key for _, key in changes.drop],
        "closed": closed,
        "steps": [step.step for step in left],
        "step_pushes": [step.push_id for step in left],
        "refs": [step.ref for step in left],
        "drop_pushes": [key for (kind, _), key in changes.drop.items() if kind == Push.table],
        "touched": sorted({step.push_id for step in steps} - changes.pushes.keys()),
        "pushes": [push.push_id for push in pushes],
        "states": [push.state for push in pushes],
        "assets": [push.asset for push in pushes],
        "subjects": [push.subject for push in pushes],
        "files": [*changes.files],
        "contents": [*changes.files.values()],
    }
