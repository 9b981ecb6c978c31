"""How a card and its preview are worded on the screen. Pure: lines from the core's values, no widget state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from textual.content import Content

from core.error_catalogue import fix_of, meaning_of
from core.flex.board import BoardCard, CardGroup, CardState, group_of
from core.flex.field_map.fates import ARRIVES, Fate
from core.flex.plans.preview import Objection, Preview
from core.flex.plans.products import ProductMatch, ProductStanding
from core.flex.use_cases.changed_since_push import ChangedSincePush
from core.local_forms import DeskTime
from core.push.plan import Asset, Operation, Plan, StepKind, System
from core.push.plan import Step as PlanStep
from core.push.records import Push, StepRecord
from core.push.states import PushState, StepState
from core.systems import display_name
from core.texts import how_many
from tui.cards.groups import GROUP_SIGN, NOT_CHECKED
from tui.cards.panes.fields import FATE_SIGN
from tui.cards.signed_lines import SignedLine
from tui.text import content, joined, paragraph, plain
from tui.widgets.field_table import FieldLine, FieldRow, Gap
from tui.widgets.line_view import Heading, Tone
from tui.widgets.step_strip import StripStep
from tui.words.changes import changed_in_words
from tui.words.plans import entity_word, records_created
from tui.words.push_steps import push_steps
from tui.words.pushes import state_words
from tui.words.tones import TONES, Sign

# -- the card's header ---------------------------------------------------------------------------------


def objections(reasons: Iterable[Objection]) -> list[SignedLine]:
    """Return each objection to the push, with what to do about it."""
    return [SignedLine("✗", "bad", reason.message, fix_of(reason.code)) for reason in reasons]


def counts_line(preview: Preview) -> Content:
    """Return the line of counts: "41 arrive  22 by hand  2 of them refused".

    Of a card in FLEX nothing arrives any more. The refused fields are among those to enter by hand. What a person has
    entered by hand is not counted any more.
    """
    counts, by_hand = preview.counts, preview.by_hand
    goes = preview.pushable or preview.only_people_stop_it
    parts = [
        (sum(counts[fate] for fate in ARRIVES), "arrive" if goes else "fields", "$success"),
        (len(by_hand), "by hand", "$warning"),
        (sum(field.fate is Fate.REFUSED for field in by_hand), "of them refused", "$error"),
    ]
    return joined(
        *(
            joined(plain(number, tone), plain(f" {label}   ", "$foreground-muted"))
            for number, label, tone in parts
            if number
        )
    )


def plan_line(preview: Preview) -> Content:
    """Return the plan's hash and the map's version."""
    return content(
        "[$foreground-muted]plan[/] $plan [$foreground-muted]· map $map[/]",
        plan=preview.plan.digest,
        map=preview.plan.map_version,
    )


def answer_line(
    card: BoardCard,
    preview: Preview | None,
    history: Sequence[Push],
    since: ChangedSincePush | None,
    zone_of: DeskTime,
) -> Content:
    """Return the line under the card's name: what can be done with the card, or what was done.

    `history` are the pushes of the card, the newest first.
    """
    latest = history[0] if history else None
    if latest and card.state in (CardState.PUSHING, CardState.PAUSED, CardState.NEEDS_YOU):
        why = meaning_of(latest.reason) if latest.reason else state_words(latest)
        then = f". {fix_of(latest.reason)}" if card.state is CardState.PAUSED and latest.reason else ""
        return _answer(
            GROUP_SIGN[group_of(card.state, "")], f"{why}{then} · {zone_of.day(latest.created_at)}"
        )
    if card.flex_id:
        kind = "application" if preview and preview.flex_kind == "application" else "opportunity"
        began = _in_flex_since(history)
        when = f" since {zone_of.day(began)}" if began is not None else ""
        words = f", {changes} since the push" if (changes := changed_in_words(since)) else ""
        line = _answer(GROUP_SIGN[CardGroup.IN_FLEX], f"In FLEX{when} as {kind} {card.flex_id}")
        return joined(line, plain(words, "$warning"))
    if preview is None:
        return _answer(NOT_CHECKED, "Not checked yet.")
    if preview.pushable:
        return _answer(GROUP_SIGN[CardGroup.READY], ready_words(preview))
    if preview.only_people_stop_it:
        return _answer(("?", "warn"), "Asks first who its people are in FLEX: p shows the question.")
    if {reason.code for reason in preview.reasons} == {"no-flex-gateway"}:
        return _answer(
            GROUP_SIGN[CardGroup.READY], "Not in FLEX. V enters it by hand: there is no gateway of FLEX."
        )
    sign, tone = GROUP_SIGN[CardGroup.BLOCKED]
    return joined(plain(f"{sign} ", TONES[tone]), plain("Can't be pushed yet:", TONES[tone]))


def left_out_words(blocked: int, in_flex: int) -> str:
    """Return which marked cards a push of several leaves out, and why; "" if it takes all of them.

    `blocked` is how many can't be pushed, `in_flex` how many need no push: "9 marked cards are in FLEX already".
    """
    parts = [f"{how_many(blocked, 'marked card')} can't be pushed"] if blocked else []
    if in_flex:
        which = f"{in_flex:,}" if blocked else how_many(in_flex, "marked card")
        parts.append(f"{which} {'is' if in_flex == 1 else 'are'} in FLEX already")
    return ", ".join(parts)


def _answer(sign: Sign, words: str) -> Content:
    return joined(plain(f"{sign[0]} ", TONES[sign[1]]), plain(words))


def ready_words(preview: Preview) -> str:
    """Return what a push of a card would do, in a line."""
    made, counts = records_created(preview.plan), preview.counts
    arrive = sum(counts[fate] for fate in ARRIVES)
    left_out = counts[Fate.REFUSED]
    records = f"creates {made} record{'' if made == 1 else 's'} in FLEX"
    out = "" if not left_out else ", 1 is left out" if left_out == 1 else f", {left_out} are left out"
    return f"Ready: {records}. {arrive} fields arrive{out}."


_PUTS_INTO_FLEX: Final = frozenset({Asset.CARD, Asset.FACT_FIND, Asset.LINK, Asset.PASTE})


def _in_flex_since(history: Sequence[Push]) -> float | None:
    """Return when a card came into FLEX, in seconds since 1970; None if no push from here says so."""
    since: float | None = None
    for push in history:
        if push.asset is Asset.UNLINK and push.state is PushState.DONE:
            break
        if push.asset in _PUTS_INTO_FLEX and push.state in (PushState.DONE, PushState.PARTIAL):
            since = push.created_at
    return since


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


def push_strip(plan: Plan | None, records: Sequence[StepRecord]) -> list[StripStep]:
    """Return the steps of a push with their states. Write-backs are one line as long as the same became of each."""
    rows = push_steps(plan, records)
    back = [n for n, record in enumerate(records) if record.operation is Operation.WRITE_BACK]
    became = {(records[n].state, rows[n].sign) for n in back}
    if len(back) < 2 or len(became) > 1:
        return rows
    folded = [row for n, row in enumerate(rows) if n not in back]
    first = rows[back[0]]
    remark = _BROKERENGINE if records[back[0]].state is not StepState.DONE else first.remark
    return [*folded, _write_backs(len(back), first.sign, first.tone, remark)]


_BROKERENGINE: Final = display_name(System.BROKERENGINE)


def _write_backs(number: int, sign: str = "", tone: Tone = "plain", remark: str = _BROKERENGINE) -> StripStep:
    return StripStep("", "write back", f"{number} IDs", "", remark, sign, tone, operation_tone="muted")


def plan_steps(plan: Plan) -> list[StripStep]:
    """Return the steps of a plan that was not sent yet. Write-backs are one line."""
    back = sum(step.operation is Operation.WRITE_BACK for step in plan.steps)
    rows = _plan_rows(plan)
    if back < 2:
        return rows
    kept = zip(plan.steps, rows, strict=True)
    return [
        *(row for step, row in kept if step.operation is not Operation.WRITE_BACK),
        _write_backs(back),
    ]


def _plan_rows(plan: Plan) -> list[StripStep]:
    return [
        StripStep(
            number=str(n),
            operation=step.operation.replace("-", " "),
            entity=entity_word(step.entity),
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
