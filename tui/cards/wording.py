"""How a card and its preview are worded on the screen. Pure: lines from the core's values, no widget state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace
from textual.content import Content

from core.error_catalogue import fix_of, meaning_of
from core.flex.board import BoardCard, CardState
from core.flex.field_map.fates import ARRIVES, Fate, Field, Mark
from core.flex.plans.preview import Objection, Preview
from core.flex.plans.products import ProductMatch, ProductStanding
from core.flex.use_cases.changed_since_push import ChangedSincePush, ChangeKind, FieldChange, places
from core.local_forms import DeskTime
from core.push.plan import Entity, Operation, Plan, StepKind, System
from core.push.plan import Step as PlanStep
from core.push.records import Push
from core.systems import display_name
from tui.text import content, joined, paragraph, plain
from tui.widgets.field_table import FieldLine, FieldRow, Gap
from tui.widgets.line_view import Heading, Tone
from tui.widgets.step_strip import StripStep
from tui.words.changes import OLD_VALUES, TO_DO, changed_in_words
from tui.words.pushes import PUSH_WORDS
from tui.words.tones import TONES

CARD_SIGN: Final[dict[CardState, tuple[str, Tone]]] = {
    CardState.LINKED: ("●", "good"),
    CardState.UNLINKED: ("○", "muted"),
    CardState.PUSHING: ("◐", "primary"),
    CardState.NEEDS_YOU: ("◐", "warn"),
}
FATE_SIGN: Final[dict[Fate, tuple[str, Tone]]] = {
    Fate.SENT: ("→", "good"),
    Fate.JOINED: ("⇒", "warn"),
    Fate.CONVERTED: ("→", "good"),
    Fate.DEFAULTED: ("+", "warn"),
    Fate.EMPTY: ("·", "muted"),
    Fate.NO_HOME: ("✗", "bad"),
    Fate.REFUSED: ("✗", "bad"),
}
COUNTED: Final[dict[Fate, tuple[str, str]]] = {
    Fate.SENT: ("sent", "$success"),
    Fate.JOINED: ("joined", "$warning"),
    Fate.NO_HOME: ("have no home", "$error"),
    Fate.REFUSED: ("refused", "$error"),
    Fate.CONVERTED: ("converted", "$success"),
    Fate.DEFAULTED: ("defaulted", "$warning"),
    Fate.EMPTY: ("empty", "$foreground-muted"),
}


# -- the preview's fields ------------------------------------------------------------------------------


def field_lines(preview: Preview, since: ChangedSincePush | None = None) -> list[FieldLine]:
    """Return the Fields tab: every field under its section, empty fields last.

    On a card that is in FLEX, the changes since the push are marked, and what no push sent.
    """
    lines: list[FieldLine] = []
    since = since if preview.flex_id else None
    changes = _changes(preview, since)
    changed = {id(change.field): change for change in changes if change.field is not None}
    shown, empty = _shown_and_empty(preview, changes)
    not_sent = since.not_sent if since is not None else frozenset()
    place_of = dict(zip(map(id, preview.fields), places(preview.fields), strict=True))
    group: tuple[str, str, str] | None = None
    above: Field | None = None
    for field in shown:
        change = changed.get(id(field))
        place = (field.section, field.about, field.local_id)
        if place != group:
            group = place
            lines += ([Gap()] if lines else []) + [Heading(field.section, field.about)]
        row = field_row(field)
        if _joined_to(field, above):  # a joined value is shown once
            row = replace(row, right="", name="")
        if change is not None:
            row = _changed(row, change)
        elif place_of[id(field)] in not_sent:
            row = _not_sent(row, field)
        lines.append(row)
        above = field
    if gone := [change for change in changes if change.field is None]:
        lines += [Gap(), Heading("Gone", "no longer in BrokerEngine, still in FLEX")]
        lines += [FieldRow(change.place, sign="≠", right="changed", tone="warn") for change in gone]
    if empty:
        lines += [Gap(), Heading("Empty", f"{len(empty)} fields hold nothing and are not sent")]
        lines += [field_row(field) for field in empty]
    return lines


def fields_of_rows(preview: Preview, since: ChangedSincePush | None = None) -> list[Field | None]:
    """Return the field of each row of the Fields tab, in order; None for a row of what is no longer on the card."""
    changes = _changes(preview, since if preview.flex_id else None)
    shown, empty = _shown_and_empty(preview, changes)
    return [*shown, *(None for change in changes if change.field is None), *empty]


def _changes(preview: Preview, since: ChangedSincePush | None) -> list[FieldChange]:
    return since.changes(preview.fields) if since is not None else []


def _shown_and_empty(preview: Preview, changes: list[FieldChange]) -> tuple[list[Field], list[Field]]:
    """Return the fields with rows of their own, and those that only the last section lists."""
    changed = {id(change.field) for change in changes}
    empty = [field for field in preview.fields if field.fate is Fate.EMPTY and id(field) not in changed]
    left = {id(field) for field in empty}
    return [field for field in preview.fields if id(field) not in left], empty


def _joined_to(field: Field, above: Field | None) -> bool:
    place = (field.fate, field.local_id, field.target)
    return (
        field.fate is Fate.JOINED
        and above is not None
        and place == (above.fate, above.local_id, above.target)
    )


def field_row(field: Field) -> FieldRow:
    """Return one field: BrokerEngine's value, the sign of its fate, FLEX's value, FLEX's name of the field."""
    sign, tone = FATE_SIGN[field.fate]
    unsure = field.confidence is Mark.GUESS and field.fate in ARRIVES
    if field.fate in ARRIVES:
        right = f"{field.value}  unsure" if unsure else str(field.value)
    else:
        right = "not sent" if field.left_out else _NOTHING_ARRIVES.get(field.fate, "")
    return FieldRow(
        label=field_label(field),
        left=field.source_value,
        sign="~" if unsure else sign,
        right=right,
        name=field.target.rpartition(".")[2] if field.fate in ARRIVES else "",
        tone="warn" if unsure else tone,
        reason=_reason(field),
    )


_NOTHING_ARRIVES: Final = {Fate.NO_HOME: "no home in FLEX", Fate.REFUSED: "refused"}


def _changed(row: FieldRow, change: FieldChange) -> FieldRow:
    """Mark a field that changed after the push: FLEX does not have the change.

    The book holds only a keyed hash of the value that was pushed, so the row says so in place of the old value.
    """
    old = "(empty)" if change.kind is ChangeKind.NEW else "(not kept)"
    new = row.right or row.left or "(empty)"
    reason = f"{row.reason} · {change.kind} since it was pushed: {TO_DO[change.kind]}. {OLD_VALUES}"
    return replace(row, sign="≠", tone="warn", right=f"{old} → {new}", reason=reason)


def _not_sent(row: FieldRow, field: Field) -> FieldRow:
    """Mark a field that no push from here sent, such as the loan of a card of which the Fact Find was pushed."""
    if field.fate not in ARRIVES:
        return row
    reason = f"{row.reason} · not sent by a push from here: key it in FLEX by hand"
    return replace(row, sign="·", tone="muted", right=f"{row.right}  not sent", reason=reason)


_SHORT: Final = {
    "Requirements and Objectives (fetched from Broker Wizard Step 4)": "Objectives",
    "Stand Variable": "Standard variable",
    "Principal and Interest": "Principal & interest",
    "Selected/Considered": "Standing",
}
_PARTS: Final = {"Street Address": "street", "City/Town/Suburb": "suburb", "State/Region": "state"}


def field_label(field: Field) -> str:
    """Shorten BrokerEngine's field name for the column. The line below the table shows the full name."""
    if not field.target:
        return field.source
    if short := _SHORT.get(field.source):
        return short
    group, _, part = field.source.rpartition(": ")
    if group.endswith(" Address"):
        for long, word in _PARTS.items():
            part = part.replace(long, word)
        return f"{group.removesuffix(' Address')} {part.lower()}"
    return f"{part} phone" if group == "Phone Number" else part.capitalize()


MARK_WORDS: Final = {
    Mark.SEEN: "FLEX's name for it was seen in one description",
    Mark.LIKELY: "FLEX's name for it is likely, not published",
    Mark.GUESS: "FLEX's name for it is a guess",
    Mark.OURS: "FLEX's name for it is our contract's own",
    Mark.OPERATOR: "by your own map",
}


def _reason(field: Field) -> str:
    mark = MARK_WORDS[field.confidence] if field.confidence is not None else ""
    name = f"{field.source} → {field.target}" if field.target else field.source
    guessed = field.confidence is Mark.GUESS and bool(field.table)
    settle = "v: map this value" if field.table and (guessed or field.fate is Fate.REFUSED) else ""
    parts = (name, str(field.fate), settle, field.reason, "" if guessed else mark)
    return " · ".join(part for part in parts if part)


def objections(reasons: Iterable[Objection]) -> Content:
    """Return each objection to the push with what to do about it, one line each."""
    lines = [
        content(
            "[$error]✗ $message[/] [$foreground-muted]$fix[/]",
            message=reason.message,
            fix=fix_of(reason.code),
        )
        for reason in reasons
    ]
    return content("\n").join(lines)


def counts_line(preview: Preview) -> Content:
    """Return the line of counts: "23 sent  2 joined  14 have no home    plan 7f3a · map 1"."""
    counts = preview.counts
    parts = [
        joined(plain(counts[fate], tone), plain(f" {label}   ", "$foreground-muted"))
        for fate, (label, tone) in COUNTED.items()
        if counts[fate] and fate is not Fate.EMPTY
    ]
    return joined(*parts)


def plan_line(preview: Preview) -> Content:
    """Return the plan's hash and the map's version."""
    return content(
        "[$foreground-muted]plan[/] $plan [$foreground-muted]· map $map[/]",
        plan=preview.plan.digest,
        map=preview.plan.map_version,
    )


# -- the card's header ---------------------------------------------------------------------------------


def standing_line(
    card: BoardCard,
    preview: Preview | None,
    latest: Push | None,
    since: ChangedSincePush | None,
    zone_of: DeskTime,
) -> Content:
    """Return the line under the card's name: its state between BrokerEngine and FLEX."""
    sign, tone = CARD_SIGN[card.state]
    head = plain(f"{sign} ", TONES[tone])
    when = f"   {zone_of.day(latest.created_at)}, {latest.operator}" if latest else ""
    if latest and card.state in (CardState.PUSHING, CardState.NEEDS_YOU):
        why = meaning_of(latest.reason) if latest.reason else PUSH_WORDS[latest.state]
        return joined(head, plain(f"{why}{when}"))
    if card.flex_id:
        kind = "application" if preview and preview.flex_kind == "application" else "opportunity"
        where = "[$foreground-muted]$kind[/] $id[$foreground-muted]$when[/]"
        changed = f"   {words} since" if (words := changed_in_words(since)) else ""
        return joined(head, content(where, kind=kind, id=card.flex_id, when=when), plain(changed, "$warning"))
    if preview and preview.reasons:
        return joined(plain("✗ ", "$error"), plain("can't be pushed yet", "$error"))
    return joined(head, plain("not in FLEX yet", "$foreground-muted"))


# -- products and payload ------------------------------------------------------------------------------


def product_lines(match: ProductMatch) -> list[FieldLine]:
    """Return one product: SELECTED or CONSIDERED with its catalogue entry, or why the product is not linked."""
    product = match.product
    lines: list[FieldLine] = [Heading(product.lender, product.name)]
    if match.linked and match.entry is not None:
        reason = f"FLEX's catalogue has it as {match.entry.lender} {match.entry.name}"
        tone: Tone = "good" if match.standing is ProductStanding.SELECTED else "lilac"
        link = FieldRow("Link", str(match.standing), "→", match.entry.flex_id, "ProductFLEXId", tone, reason)
        lines.append(link)
    else:
        lines.append(FieldRow("Link", str(match.standing), "✗", "not linked", "", "bad", match.reason))
        lines.append(FieldRow("Why", match.reason, tone="muted", reason=match.reason))
    if match.by_hand and match.entry is not None:
        back = "you took this entry for it; = takes that back"
        lines.append(FieldRow("Taken for", match.entry.name, "≈", match.entry.flex_id, "", "warn", back))
    if match.near is not None:
        near = f"{match.near.lender} {match.near.name}"
        offer = "almost the same name; never assumed: = takes it for this product"
        lines.append(FieldRow("Near miss", near, "≈", match.near.flex_id, "", "warn", offer))
    marks = {
        "Tracked by BrokerEngine": product.tracked,
        "Shortlisted": product.shortlisted,
        "Highlighted": product.highlighted,
        "In the funding position": product.in_funding_position,
    }
    return [*lines, *(FieldRow(label, "yes" if value else "no") for label, value in marks.items())]


def with_gaps(groups: Sequence[list[FieldLine]]) -> list[FieldLine]:
    """Return groups of lines as one list, with a blank line between two groups."""
    lines: list[FieldLine] = []
    for group in groups:
        lines += ([Gap()] if lines else []) + group
    return lines


def payload_text(preview: Preview) -> str:
    """Return the exact JSON that will be sent, indented."""
    return msgspec.json.format(msgspec.json.encode(preview.payload), indent=2).decode()


# -- the steps of a plan and of a push -----------------------------------------------------------------


def plan_steps(plan: Plan) -> list[StripStep]:
    """Return the steps of a plan that was not sent yet."""
    return [
        StripStep(
            number=str(n),
            operation=str(step.operation),
            entity=step.entity.replace("-", " "),
            summary=step.summary.rpartition(", ")[0] if step.operation is Operation.LINK else step.summary,
            remark=_remark(step),
            operation_tone="muted" if step.kind is StepKind.UPDATE else "plain",
            remark_tone="good"
            if _remark(step) == "SELECTED"
            else "lilac"
            if _remark(step) == "CONSIDERED"
            else "muted",
        )
        for n, step in enumerate(plan.steps, 1)
    ]


_REMARK_TONES: Final[dict[str, Tone]] = {"SELECTED": "good", "CONSIDERED": "lilac"}


def _remark(step: PlanStep) -> str:
    if step.operation is Operation.LINK:
        return step.summary.rpartition(", ")[2]
    if step.system is System.BROKERENGINE:
        return display_name(step.system)
    return step.remote_id or ""


def note_lines(preview: Preview) -> Content:
    """Return a note as it will arrive: its text, and what becomes of each file."""
    lines: list[Content] = []
    for field in preview.fields:
        if field.target == "Note.Text":
            lines.append(paragraph(field.source_value))
            continue
        sign, tone = FATE_SIGN[field.fate]
        line = content("$file  [$foreground-muted]$reason[/]", file=field.source_value, reason=field.reason)
        lines.append(joined(plain(f"{sign} ", TONES[tone]), line))
    return content("\n").join(lines)


def records_made(plan: Plan) -> str:
    """Return in words how many records a push makes, and that they can't be deleted from here."""
    onto = [step for step in plan.steps if step.entity is Entity.APPLICANT]
    made = sum(step.operation in (Operation.CREATE, Operation.LINK) for step in plan.steps) - len(onto)
    changed = sum(step.operation is Operation.UPDATE for step in plan.steps) + len({s.parent for s in onto})
    parts = [f"{made} new record{'s' if made != 1 else ''}"]
    if changed:
        parts.append(f"{changed} updated")
    return f"{', '.join(parts)}, once. FLEX's side can't be undone from here."
