"""What a commit changes in the tables of a team's book, and the statements that write it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from msgspec import Struct, field

from core.push.ports import Lease
from core.push.records import Push, Record, StepRecord
from data.team_book.connection import Connected
from data.team_book.pen import OtherNumber, Tally
from data.team_book.rows import MARKS, ClaimableRow, Row, StepRow


@cache
def _statement() -> bytes:
    """Return a whole commit as one statement. Nothing is done unless the pen is counted and all leases hold."""
    return resources.files("data.team_book").joinpath("sql", "commit.sql").read_bytes()


class Commit(Struct, frozen=True):
    """What one commit writes and removes, and the lease under which it does so."""

    put: tuple[Record, ...] = ()
    drop: tuple[tuple[type[Record], str], ...] = ()
    lease: Lease | None = None


class CommitChanges(Struct):
    """What a transaction writes and removes.

    `put` and `drop` are by kind and key in the tables, in the order of the calls; `drop` has the record's own key.
    """

    put: dict[tuple[str, bytes], Row] = field(default_factory=dict)
    drop: dict[tuple[str, bytes], str] = field(default_factory=dict)
    pushes: dict[str, ClaimableRow] = field(default_factory=dict)
    steps: dict[bytes, StepRow] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def add(self, other: CommitChanges) -> None:
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
    connection: Connected, tally: Tally, changes: CommitChanges, leases: Iterable[Lease] = ()
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
    row = connection.execute(_statement(), asked).fetchone()
    counted, tokens = row if row is not None else (0, None)
    if not counted:
        held = frozenset(tokens or ())
        raise LeasesLost(held) if wanted.keys() - held else OtherNumber
    tally.is_counted = True


def _columns(changes: CommitChanges) -> dict[str, list[Any]]:
    """Return changes as the columns that the statement takes."""
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
