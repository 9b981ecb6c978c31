"""The Notes and the Fact Find tab of a card: what BrokerEngine holds, and what of it is in FLEX. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import DeskError
from core.flex.model import RejectedRecord
from core.flex.plans.preview import Preview
from core.flex.use_cases.notes import ListedNote
from core.local_forms import DeskTime
from core.odd_values import field_in_words
from tui.cards.panes.fields import every_field
from tui.text import wrap
from tui.widgets.field_table import FieldLine, FieldRow, Gap
from tui.widgets.line_view import Heading, Tone
from tui.words.plans import plan_sentence


def note_lines(listed: Iterable[ListedNote | RejectedRecord], zone: DeskTime, width: int) -> list[FieldLine]:
    """Return the notes of a card, the newest first: author and day, whether FLEX has the note, and its text.

    The text is broken into lines of `width` cells.
    """
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
        lines += [
            FieldRow(part)
            for line in note.text.splitlines()
            if line.strip()
            for part in wrap(line, max(12, width))
        ]
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


def fact_find_lines(preview: Preview, width: int) -> list[FieldLine]:
    """Return what a push of the Fact Find would do, why it can't be pushed, and its fields.

    Sentences are broken into lines of `width` cells.
    """
    tone: Tone = "good" if preview.pushable else "bad"
    said = [f"✗ {reason.message}" for reason in preview.reasons]
    if preview.pushable:
        said = [f"○ f pushes it. {plan_sentence(preview.plan)}"]
    first = [FieldRow(part, tone=tone) for text in said for part in wrap(text, max(12, width))]
    fields = (shown.line for shown in every_field(preview))
    return [Heading("Fact Find", preview.subject), *first, Gap(), *fields]


def trouble_lines(error: DeskError, width: int) -> list[FieldLine]:
    """Return why a tab can't be read and what to do, in lines of `width` cells."""
    return [FieldRow(part) for text in (error.message, error.fix) for part in wrap(text, max(12, width))]
