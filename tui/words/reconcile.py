"""The words for a reconciliation, for the app and the command line: each difference, what can be done, the sums."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from core.local_forms import Country, DeskTime, date_text
from core.push.plan import System
from core.reconcile.model import (
    Discrepancy,
    DiscrepancyKind,
    KeptReconciliation,
    NotCompared,
    Reconciliation,
    Remedy,
    SumLine,
    Sums,
    SystemLook,
)
from core.systems import display_name
from core.texts import how_many

KINDS: Final[dict[DiscrepancyKind, str]] = {
    DiscrepancyKind.GONE: "gone",
    DiscrepancyKind.MERGED: "merged",
    DiscrepancyKind.MOVED: "moved to another owner",
    DiscrepancyKind.OTHER_PERSON: "may be another person",
    DiscrepancyKind.UNKNOWN_REFERENCE: "not in this book",
    DiscrepancyKind.CHANGED: "changed since the receipt",
    DiscrepancyKind.SUM: "doesn't add up",
}
"""The words of each kind."""


_COMMANDS: Final[dict[Remedy, tuple[str, ...]]] = {
    Remedy.UNLINK: ("unlink", "ABOUT"),
    Remedy.RELINK: ("link", "ABOUT", "OTHER"),
    Remedy.FIND_LINKS: ("links", "--find"),
    Remedy.BY_HAND: ("checklist", "ABOUT"),
    Remedy.JUDGE_UNLINK: ("judge", "OURS", "THEIRS", "unlink"),
    Remedy.JUDGE_SAME: ("judge", "OURS", "THEIRS", "same"),
    Remedy.REVIEW: ("review",),
    Remedy.FORGET: ("forget", "ABOUT"),
    Remedy.CHECK_RECEIPT: ("receipt", "OTHER", "--check"),
    Remedy.SEND_PEOPLE_AGAIN: ("push", "card", "ABOUT", "--people"),
    Remedy.VERIFY_RECEIPTS: ("receipt", "--verify"),
}
"""The words of each remedy's command. Those in capitals stand for the ids of the difference."""


def remedy_command(row: Discrepancy, remedy: Remedy) -> str:
    """Return the command line that does what a remedy says. `FLEX_ID` stands for an ID that a person has to find."""
    ours, theirs = row.pair
    ids = {
        "ABOUT": row.about,
        "OTHER": row.other_id or "FLEX_ID",
        "OURS": ours or "-",
        "THEIRS": theirs or "-",
    }
    return shlex.join(["brokerdesk", *(ids.get(word, word) for word in _COMMANDS[remedy])])


def commands_of(row: Discrepancy) -> list[str]:
    """Return the command lines of everything that can be done about a difference, the first one first."""
    return [remedy_command(row, remedy) for remedy in row.remedies]


def where_of(row: Discrepancy) -> str:
    """Return which record a difference is about, in a line."""
    if row.system is None:
        return "The book"
    kind = row.entity.replace("-", " ") if row.entity else "record"
    ours = f"{row.local_id} ↔ " if row.local_id else ""
    return f"{display_name(row.system)} {kind} {ours}{row.remote_id}"


def confirmed_by(row: Discrepancy) -> list[str]:
    """Return a sentence about who confirmed what a difference is about; none if the book does not know."""
    return [f"Confirmed by {row.operator}."] if row.operator else []


def nobodys_sentence(report: Reconciliation) -> list[str]:
    """Return a sentence about what a report on one person leaves out; none for any other report."""
    left_out = how_many(report.nobodys, "difference")
    return [f"Left out: {left_out} that no push of this book made."] if report.nobodys else []


def look_line(look: SystemLook) -> str:
    """Return in a line how a system was looked at."""
    name = display_name(look.system)
    if look.code:
        return f"{name}: not compared. {look.message}"
    more = [
        *([f"{look.others:,} linked by another book of this workspace"] if look.others else []),
        *([f"{look.strangers:,} with a reference that isn't known here"] if look.strangers else []),
    ]
    compared = f"{name}: {how_many(look.links, 'link')} and {how_many(look.values, 'value')} compared"
    return f"{'; '.join([compared, *more])}."


def reading_words(systems: Sequence[System]) -> str:
    """Return what is read now, as a sentence: "Reading SimpleNexus and Total Expert …". Without systems, the book."""
    names = " and ".join(map(display_name, systems))
    return f"Reading {names or 'the book and its receipts'} …"


def not_compared_line(left: NotCompared) -> str:
    """Return in a line what was not compared."""
    count = f"{left.count:,} " if left.count else ""
    return f"{display_name(left.system)}: {count}{left.what}: {left.why}."


COLUMNS: Final = (
    "day",
    "operator",
    "kind",
    "confirmed",
    "arrived",
    "in part",
    "refused",
    "waiting",
    "receipt",
)
"""The heads of the table of the sums."""


def sum_cells(line: SumLine) -> tuple[str, ...]:
    """Return the cells of a line of the sums. A line that does not add up says by how many."""
    off = f"  ≠ {line.off_by} missing" if line.off_by else ""
    counts = (line.confirmed, line.arrived, line.in_part, line.refused, line.waiting)
    receipt = str(line.receipt) if line.receipt else "–"
    return (
        line.day,
        line.operator,
        line.asset.replace("-", " "),
        *(f"{count:,}" for count in counts),
        f"{receipt}{off}",
    )


def sum_line(line: SumLine, country: Country) -> str:
    """Return a line of the sums in words: what was confirmed, and what became of it."""
    day = date_text(date.fromisoformat(line.day), country) if line.day else ""
    off = f", {line.off_by:,} missing" if line.off_by else ""
    receipt = f", receipt {line.receipt}" if line.receipt else ""
    return f"{day}  {line.operator}  {line.asset.replace('-', ' ')}: {_outcomes(line)}{receipt}{off}"


def _outcomes(line: SumLine) -> str:
    """Return "3 confirmed: 2 arrived, 1 in part". A number of 0 is left out."""
    counts = (
        (line.arrived, "arrived"),
        (line.in_part, "in part"),
        (line.refused, "refused"),
        (line.waiting, "waiting"),
    )
    parts = [f"{count:,} {words}" for count, words in counts if count]
    return f"{line.confirmed:,} confirmed" + (f": {', '.join(parts)}" if parts else "")


def sums_sentence(sums: Sums) -> str:
    """Return whether the sums add up, and up to which receipt the chain is verified."""
    said = _outcomes(sums.total)
    if not sums.adds_up:
        said = f"DOES NOT ADD UP by {sums.total.off_by:,}: {said}"
    return f"{said}. {_receipts(sums)}"


def _receipts(sums: Sums) -> str:
    if not sums.receipts:
        return "There are no receipts."
    if sums.last_receipt == sums.receipts:
        return "All receipts are verified." if sums.receipts > 1 else "The receipt is verified."
    return f"Receipts are verified up to number {sums.last_receipt:,} of {sums.receipts:,}."


def counts_sentence(report: Reconciliation) -> str:
    """Return how many differences of each kind there are, in a line without ids: for a log.

    The line says so if a system, or anything else, was not compared: it may differ.
    """
    parts = [f"{count:,} {KINDS[kind]}" for kind, count in report.counts.items() if count]
    limits = ", but not everything was compared" if report.failed or report.not_compared else ""
    return f"{', '.join(parts) or 'Nothing differs'}{limits}."


def last_sentence(kept: KeptReconciliation, local: DeskTime) -> str:
    """Return when the last reconciliation ran and what it found, in a line without ids."""
    if kept.report is None:
        return "Nothing was reconciled yet."
    by = "by the watch" if kept.by == "watch" else f"by {kept.by}"
    return f"Reconciled {local.moment(kept.report.at)} {by}: {counts_sentence(kept.report)}"


def kept_form(kept: KeptReconciliation) -> dict[str, Any] | None:
    """Return the last reconciliation as JSON with counts alone; None if there is none."""
    if kept.report is None:
        return None
    return {
        "at": kept.report.at,
        "by": kept.by,
        "counts": kept.report.counts,
        "adds_up": kept.report.sums.adds_up,
        "errors": [look.code for look in kept.report.failed],
    }


def row_form(row: Discrepancy) -> dict[str, Any]:
    """Return a difference as JSON."""
    return {
        "kind": row.kind,
        "system": row.system,
        "entity": row.entity,
        "local_id": row.local_id or None,
        "remote_id": row.remote_id or None,
        "other_id": row.other_id or None,
        "reason": row.reason,
        "operator": row.operator or None,
        "fields": list(row.fields),
        "commands": commands_of(row),
    }


def sum_form(line: SumLine) -> dict[str, Any]:
    """Return a line of the sums as JSON."""
    return {
        "day": line.day or None,
        "operator": line.operator or None,
        "asset": line.asset or None,
        "confirmed": line.confirmed,
        "arrived": line.arrived,
        "in_part": line.in_part,
        "refused": line.refused,
        "waiting": line.waiting,
        "missing": line.off_by,
        "last_verified_receipt": line.receipt or None,
        "records": line.records,
        "records_arrived": line.written,
    }


def report_form(report: Reconciliation) -> dict[str, Any]:
    """Return a report as JSON."""
    sums = report.sums
    return {
        "at": report.at,
        "full": report.is_full,
        "operator": report.operator or None,
        "without_operator": report.nobodys,
        "counts": report.counts,
        "rows": [row_form(row) for row in report.rows],
        "systems": [
            {
                "system": look.system,
                "links": look.links,
                "values": look.values,
                "other_books": look.others,
                "unplaced_references": look.strangers,
                "error": {"code": look.code, "message": look.message} if look.code else None,
            }
            for look in report.systems
        ],
        "not_compared": [
            {"system": left.system, "what": left.what, "count": left.count, "why": left.why}
            for left in report.not_compared
        ],
        "sums": {
            "adds_up": sums.adds_up,
            "total": sum_form(sums.total),
            "lines": [sum_form(line) for line in sums.lines],
            "off": list(sums.off),
            "last_verified_receipt": sums.last_receipt or None,
            "receipts": sums.receipts,
        },
    }


def rows_by_kind(report: Reconciliation) -> Iterator[tuple[DiscrepancyKind, list[Discrepancy]]]:
    """Yield the differences of each kind that occurs."""
    for kind in DiscrepancyKind:
        if rows := [row for row in report.rows if row.kind is kind]:
            yield kind, rows
