"""The result of the match: a line per verdict with its count. Verdicts that need a person come first. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from core.contacts.model import Verdict, VerdictRow
from core.contacts.review.queue import Cost, cost_of
from core.contacts.review.reviewed import Reviewed
from tui.widgets.line_view import Heading, Tone
from tui.widgets.row_list import ListColumn, Listing
from tui.words.contact_desk.verdicts import DIFFERING, QUESTIONS, SETTLED

NEEDS_YOU: Final = Heading("Needs you")
NOTHING: Final = Heading("Nothing to decide")


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """A line of the list. `cost` or `settled` says which rows it counts; without both it counts all rows to decide."""

    key: str
    label: str
    remark: str
    count: int
    tone: Tone
    section: Heading
    cost: Cost | None = None
    settled: Callable[[Reviewed], list[VerdictRow]] | None = None
    """Returns the rows that the line counts, if they need no decision; None for a line of the queue."""

    @property
    def holds(self) -> Callable[[VerdictRow], bool] | None:
        """A predicate for the rows of the queue that the line counts; None for all rows."""
        cost = self.cost
        return None if cost is None else lambda row: cost_of(row) is cost


LISTING: Final[Listing[VerdictCount]] = Listing(
    columns=(
        ListColumn("count", lambda row: f"{row.count:,}", width=6, align="right", style=lambda row: row.tone),
        ListColumn("label", lambda row: row.label, width=24, lit="strong", gap=1),
        ListColumn("remark", lambda row: row.remark, minimum=15, style="muted", drop=1),
    ),
    key=lambda row: row.key,
    section=lambda row: row.section,
    sections=(NEEDS_YOU, NOTHING),
    can_mark=False,
)
ALL: Final = "all"
_SELDOM: Final = frozenset({Cost.OVERWRITE, Cost.GONE, Verdict.UNLINKED})


def verdict_counts(reviewed: Reviewed) -> list[VerdictCount]:
    """Return the lines. What is rare has a line only if there is any."""
    costs, counts = reviewed.costs, reviewed.counts
    left = sum(costs.values())
    order = "costliest first" if left > 1 else ""
    rows = [VerdictCount(ALL, "to decide", order, left, "strong" if left else "good", NEEDS_YOU)]
    rows += [
        VerdictCount(
            cost.name,
            label,
            remark if costs[cost] else "",
            costs[cost],
            tone if costs[cost] else "muted",
            NEEDS_YOU,
            cost=cost,
        )
        for cost, (label, remark, tone) in QUESTIONS.items()
        if costs[cost] or cost not in _SELDOM
    ]
    rows += [
        VerdictCount(
            verdict.value,
            label,
            remark,
            _settled(reviewed, verdict, counts),
            tone,
            NOTHING,
            settled=partial(settled_rows, verdict=verdict),
        )
        for verdict, (label, remark, tone) in SETTLED.items()
        if counts[verdict] or verdict not in _SELDOM
    ]
    label, remark, tone = DIFFERING
    differing = len(reviewed.differing)
    shade: Tone = tone if differing else "muted"
    rows.append(VerdictCount("differing", label, remark, differing, shade, NOTHING, settled=differing_rows))
    return rows


def _settled(reviewed: Reviewed, verdict: Verdict, counts: dict[Verdict, int]) -> int:
    waiting = reviewed.costs[Cost.OVERWRITE] if verdict is Verdict.PUSH else 0
    return counts[verdict] - waiting


def settled_rows(reviewed: Reviewed, verdict: Verdict) -> list[VerdictRow]:
    """Return the rows of a verdict that need no decision."""
    rows = [row for row in reviewed.rows if row.verdict is verdict]
    return [row for row in rows if reviewed.question(row) is None] if verdict is Verdict.PUSH else rows


def differing_rows(reviewed: Reviewed) -> list[VerdictRow]:
    """Return the rows of the linked pairs that differ in names, emails or phones."""
    return [link.row for link in reviewed.differing.values()]
