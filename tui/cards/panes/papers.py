"""The Notes and the Fact Find tab of a card: what BrokerEngine holds, and what of it is in FLEX. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from core.flex.model import RejectedRecord
from core.flex.plans.preview import Preview
from core.flex.use_cases.notes import ListedNote
from core.local_forms import DeskTime
from core.odd_values import field_in_words
from tui.cards.panes.fields import every_field
from tui.widgets.field_table import FieldLine, FieldRow, Gap
from tui.widgets.line_view import Heading
from tui.words.plans import plan_sentence


def note_lines(listed: Iterable[ListedNote | RejectedRecord], zone: DeskTime) -> list[FieldLine]:
    """Return the notes of a card, the newest first: author and day, whether FLEX has the note, and its text."""
    lines: list[FieldLine] = []
    for item in listed:
        lines += [Gap()] if lines else []
        if isinstance(item, RejectedRecord):
            lines += [Heading("Set aside", item.id), FieldRow(f"{field_in_words(item.field)}: {item.reason}")]
            continue
        note = item.note
        day = "" if note.created_at is None else _day(note.created_at.timestamp(), zone)
        lines.append(Heading(note.author or "Note", day))
        lines.append(_arrival(item, zone))
        lines += [FieldRow(line) for line in note.text.splitlines() if line.strip()]
        lines += [FieldRow(f"+ {file.file_name}, {file.size:,} bytes") for file in note.attachments]
    return lines


def _arrival(item: ListedNote, zone: DeskTime) -> FieldRow:
    if item.pushed_at:
        return FieldRow("In FLEX", sign="●", right=f"pushed {_day(max(item.pushed_at), zone)}", tone="good")
    if item.entered_at:
        return FieldRow(
            "In FLEX", sign="●", right=f"entered by hand {_day(max(item.entered_at), zone)}", tone="good"
        )
    return FieldRow("Not in FLEX", sign="○", right="n pushes it", tone="muted")


def _day(at: float, zone: DeskTime) -> str:
    return zone.date(at)


def fact_find_lines(preview: Preview) -> list[FieldLine]:
    """Return what a push of the Fact Find would do, why it can't be pushed, and its fields."""
    if preview.pushable:
        first = FieldRow("f pushes it", sign="○", right=plan_sentence(preview.plan), tone="good")
        lines: list[FieldLine] = [Heading("Fact Find", preview.subject), first]
    else:
        against = [
            FieldRow("Not now", sign="✗", right=reason.message, tone="bad") for reason in preview.reasons
        ]
        lines = [Heading("Fact Find", preview.subject), *against]
    return [*lines, Gap(), *(shown.line for shown in every_field(preview))]
