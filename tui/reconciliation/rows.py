"""The lines of the Reconciliation dialog: differences first, then the sums, then what was not compared. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from core.local_forms import Country
from core.push.plan import System
from core.reconcile.model import Discrepancy, DiscrepancyKind, Reconciliation
from tui.widgets.line_view import Heading, Tone
from tui.widgets.row_list import ListColumn, Listing
from tui.words.reconcile import (
    KINDS,
    commands_of,
    confirmed_by,
    look_line,
    not_compared_line,
    sum_line,
    sums_sentence,
    where_of,
)
from tui.words.tones import Sign

NOT_YET: Final = "Nothing was compared yet. r compares the book with what the systems hold now."


class ReportRow(NamedTuple):
    """A line of the report, with its place. `detail` are sentences about it, the last ones commands."""

    n: int
    sign: str
    tone: Tone
    text: str
    section: Heading
    detail: tuple[str, ...] = ()
    discrepancy: Discrepancy | None = None


LISTING: Final[Listing[ReportRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, gap=1, style=lambda row: row.tone),
        ListColumn("what", lambda row: row.text, minimum=20, share=5,
               style=lambda row: "strong" if row.discrepancy else "plain"),
    ),
    key=lambda row: str(row.n),
    section=lambda row: row.section,
    can_mark=False,
    empty=NOT_YET,
)  # fmt: skip


def report_rows(report: Reconciliation, country: Country) -> list[ReportRow]:
    """Return the lines of a report. Days are in the form of the desk's country."""
    lines: list[tuple[str, Tone, str, Heading, tuple[str, ...], Discrepancy | None]] = []
    for kind in DiscrepancyKind:
        for row in report.rows:
            if row.kind is kind:
                commands = tuple(f"→ {command}" for command in commands_of(row))
                heading = Heading(KINDS[kind].capitalize())
                text = row.reason if row.system is None else where_of(row)
                lines.append(("✗", "bad", text, heading, (row.reason, *confirmed_by(row), *commands), row))
    systems = Heading("Systems")
    for look in report.systems:
        seen: Sign = ("!", "warn") if look.code else ("✓", "good")
        lines.append((*seen, look_line(look), systems, (), None))
    sums = Heading("Confirmed pushes", "arrived, in part, refused or waiting")
    added: Sign = ("✓", "good") if report.sums.adds_up else ("✗", "bad")
    whole = sums_sentence(report.sums)
    lines.append((*added, whole, sums, (whole, *report.sums.off), None))
    for line in report.sums.lines:
        summed: Sign = ("✗", "bad") if line.off_by else ("·", "muted")
        lines.append((*summed, sum_line(line, country), sums, (), None))
    left_out = Heading("Not compared")
    lines += [("–", "muted", not_compared_line(left), left_out, (), None) for left in report.not_compared]
    return [ReportRow(n, *line) for n, line in enumerate(lines)]


class Place(NamedTuple):
    """Where something can be fixed: a room and what to look for there, or the receipt of a push."""

    room: str = ""
    look_for: str = ""
    receipt_of: str = ""


def place_of(row: Discrepancy) -> Place | None:
    """Return where a person can fix a difference; None if only the command line can."""
    if row.kind is DiscrepancyKind.SUM or row.system is None:
        return None
    if row.kind is DiscrepancyKind.CHANGED:
        return Place(receipt_of=row.other_id)
    if row.system is System.FLEX:
        return Place("cards", row.card)
    return Place("contacts", next(filter(None, row.pair), ""))
