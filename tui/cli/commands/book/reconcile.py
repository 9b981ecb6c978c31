"""`reconcile`: what the systems hold now, against the book's links and receipts. Writes nothing to any system."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.automatic.backoff import NEEDS_A_WORD
from core.errors import DeskError, Unreachable
from core.reconcile.flex_look import LookTerms
from core.reconcile.operators import report_of
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import open_desk, settings_of
from tui.wiring.clock import desk_time
from tui.wiring.reconcile import chosen_system, keep_report, reconcile_use_cases, reconciliation_file
from tui.words.reconcile import (
    COLUMNS,
    KINDS,
    commands_of,
    confirmed_by,
    counts_sentence,
    last_sentence,
    look_line,
    nobodys_sentence,
    not_compared_line,
    report_form,
    rows_by_kind,
    sum_cells,
    sums_sentence,
    where_of,
)

if TYPE_CHECKING:
    from core.reconcile.model import Reconciliation
    from data.settings import Settings

SHOWN: Final = 20
"""Rows of one kind that are printed."""
DAYS: Final = 14
"""Lines of the sums that are printed."""


@dataclass(frozen=True, kw_only=True)
class ReconcileOptions(CommandOptions):
    """The options of `reconcile`."""

    system: str | None
    """A system's name in any letter case; None for all."""
    full: bool
    """True to read everything, however many requests that costs."""
    last: bool
    """True to show the last report, and to ask no system."""
    operator: str | None
    """Whose pushes the report is about; None for everybody's."""


async def command(options: ReconcileOptions) -> int:
    """Compare, and print the report; or print the last one."""
    settings = settings_of(options.home, options.profile)
    if options.last:
        return await _last(options, settings)
    async with open_desk(settings, write=False) as desk:
        use_cases = reconcile_use_cases(desk)
        systems = use_cases.parts.systems
        if options.system is not None:
            systems = (chosen_system(options.system, systems),)
        terms = LookTerms(most=None) if options.full else LookTerms()
        report = await use_cases.run(systems, terms)
    if options.system is None:
        await keep_report(settings, report, settings.operator)
    report = _limited(options, report)
    if options.json:
        emit_json(report_form(report))
    else:
        _tell(report)
    return _exit_code(report)


async def _last(options: ReconcileOptions, settings: Settings) -> int:
    kept = await asyncio.to_thread(reconciliation_file(settings).read)
    if kept.report is None:
        raise DeskError("no-reconciliation", "Nothing was reconciled yet.")
    report = _limited(options, kept.report)
    if options.json:
        emit_json({**report_form(report), "by": kept.by})
    else:
        say(last_sentence(kept, desk_time(settings)), "")
        _tell(report)
    return _exit_code(report)


def _limited(options: ReconcileOptions, report: Reconciliation) -> Reconciliation:
    """Return the part of a report that the options ask for. Raises `UsageError` (no-such-operator)."""
    return report if options.operator is None else report_of(report, options.operator)


def _exit_code(report: Reconciliation) -> int:
    if any(look.code not in NEEDS_A_WORD for look in report.failed):
        return Unreachable.exit_code
    differs = report.failed or report.rows or not report.sums.adds_up
    return DeskError.exit_code if differs else 0


def _tell(report: Reconciliation) -> None:
    if report.operator:
        say(f"Only what {report.operator} confirmed.", "")
    say(*map(look_line, report.systems))
    for kind, rows in rows_by_kind(report):
        say("", KINDS[kind].upper())
        for row in rows[:SHOWN]:
            say(f"  {where_of(row)}", f"    {row.reason}", *(f"    {said}" for said in confirmed_by(row)))
            say(*(f"    → {command}" for command in commands_of(row)))
        if len(rows) > SHOWN:
            say(f"  … and {len(rows) - SHOWN:,} more: add --json")
    if report.not_compared:
        say("", "NOT COMPARED", *(f"  {not_compared_line(left)}" for left in report.not_compared))
    lines = report.sums.lines
    if lines:
        say("", "CONFIRMED PUSHES")
        say_table([COLUMNS, *map(sum_cells, lines[:DAYS])], indent="  ")
        if len(lines) > DAYS:
            say(f"  … and {len(lines) - DAYS:,} more lines: add --json")
    say("", sums_sentence(report.sums), *report.sums.off, counts_sentence(report), *nobodys_sentence(report))
