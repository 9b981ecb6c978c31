"""Who confirmed what differs, and the part of a report that one person confirmed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from core.contacts.records import Synced
from core.errors import UsageError
from core.push.plan import System
from core.push.records import Push, StepRecord
from core.push.states import StepState
from core.reconcile.model import Discrepancy, DiscrepancyKind, Reconciliation
from core.reconcile.sums import total_of


class Confirmers(Struct, frozen=True):
    """Who confirmed the last push of each thing that the book knows. All values are operators.

    `of_record` is by system and remote id, `of_thing` by system and local id, `of_pair` by the ids of two contacts
    (SimpleNexus, Total Expert) that a sync linked, `of_card` by the card's id.
    """

    of_push: Mapping[str, str]
    of_record: Mapping[tuple[System, str], str]
    of_thing: Mapping[tuple[System, str], str]
    of_pair: Mapping[tuple[str, str], str]
    of_card: Mapping[str, str]

    def of(self, row: Discrepancy) -> str:
        """Return who confirmed the push that a difference is about; "" if the book does not know one."""
        if row.operator or row.system is None:
            return row.operator
        if row.kind is DiscrepancyKind.CHANGED:
            return self.of_push.get(row.other_id, "")
        at = row.system
        known = self.of_record.get((at, row.remote_id), "") or self.of_pair.get(row.pair, "")
        if known or row.kind is DiscrepancyKind.UNKNOWN_REFERENCE:
            return known
        return self.of_thing.get((at, row.local_id), "") or self.of_card.get(row.card or row.about, "")


def confirmers_of(
    pushes: Iterable[Push], steps: Mapping[str, Sequence[StepRecord] | None], synced: Iterable[Synced]
) -> Confirmers:
    """Return who confirmed what. `steps` are those of each push, None for steps that can't be read."""
    in_order = sorted(pushes, key=lambda push: push.created_at)
    of_push = {push.push_id: push.operator for push in in_order}
    of_record: dict[tuple[System, str], str] = {}
    of_thing: dict[tuple[System, str], str] = {}
    for push in in_order:
        for step in steps[push.push_id] or ():
            if step.state is StepState.DONE:
                of_thing[step.system, step.local_id] = push.operator
                if step.remote_id:
                    of_record[step.system, step.remote_id] = push.operator
    of_pair = {pair: of_push[one.push_id] for one in synced if one.push_id in of_push for pair in one.links}
    return Confirmers(of_push, of_record, of_thing, of_pair, {push.about: push.operator for push in in_order})


def with_operators(rows: Iterable[Discrepancy], confirmers: Confirmers) -> tuple[Discrepancy, ...]:
    """Return the differences, each with who confirmed what it is about."""
    return tuple(replace(row, operator=confirmers.of(row)) for row in rows)


def report_of(report: Reconciliation, operator: str) -> Reconciliation:
    """Return the part of a report that one person confirmed: differences and sums. Letter case does not matter.

    Raises `UsageError` (no-such-operator) if nobody of that name has confirmed a push.
    """
    names = {line.operator for line in report.sums.lines} | {row.operator for row in report.rows} - {""}
    wanted = {name for name in names if name.casefold() == operator.casefold()}
    if not wanted:
        known = ", ".join(sorted(names)) or "nobody"
        raise UsageError("no-such-operator", f"Nobody called {operator} has confirmed a push.", known=known)
    lines = tuple(line for line in report.sums.lines if line.operator in wanted)
    off = [
        (said, by)
        for said, by in zip(report.sums.off, report.sums.off_operators, strict=False)
        if by in wanted
    ]
    sums = replace(
        report.sums,
        lines=lines,
        total=total_of(lines),
        off=tuple(said for said, _ in off),
        off_operators=tuple(by for _, by in off),
    )
    rows = tuple(row for row in report.rows if row.operator in wanted)
    nobodys = sum(not row.operator for row in report.rows)
    return replace(report, rows=rows, sums=sums, operator=min(wanted), nobodys=nobodys)
