"""The texts about one milestone: the question to a person, the facts, and the keys with what each does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from core.local_forms import DeskTime
from core.milestones.inputs import MilestoneLine
from core.milestones.records import MilestoneState
from core.milestones.use_cases import Overview
from tui.milestones.rows import SIGNS, countdown, short
from tui.text import content, joined, paragraph, plain, wrap
from tui.words.tones import TONES

_M = MilestoneState
NO_CALCULATIONS: Final = "! Nothing reports calculations"
"""The line under the list of contacts while nothing reports calculations. Doctor says what to do."""
FOR_EVER: Final = "An insight starts a Journey, and can't be taken back."


def can_be_sent(line: MilestoneLine) -> bool:
    """Return True if a milestone can be sent now."""
    return line.state is _M.DUE and line.plan is not None


def can_be_approved(line: MilestoneLine) -> bool:
    """Return True if a person's approval is enough, also where something else may come first."""
    return line.state in (_M.NEEDS_YOU, _M.WAITING) and line.doubt is not None


def can_be_skipped(line: MilestoneLine) -> bool:
    """Return True if a milestone is open, and nothing of it was sent or is on its way."""
    return bool(line.name) and (line.state is _M.WAITING or can_be_sent(line) or can_be_approved(line))


def question_line(line: MilestoneLine, now: float) -> Content:
    """Return where a milestone stands, as a question if a person can answer. `now` is seconds since 1970."""
    sign, tone = SIGNS[line.state]
    match line.state:
        case _M.DUE if line.plan is not None:
            text = "Send it now?"
        case _M.DUE:
            text = "On its way"
        case _M.NEEDS_YOU:
            where = "It needs you" if line.calculation else "It needs you, in Activity (4)"
            text = "Send it even so?" if line.doubt is not None else where
        case _M.WAITING:
            left = countdown(line, now)
            text = f"Abandoned in {left}, unless it changes" if left else "It waits"
            if line.opens is not None:
                text = "It waits for the hours in which the contact is reached"
        case _M.SENT:
            text = "Sent; it can't be taken back"
        case _M.OBSERVED:
            text = "Watched; the vendors' integration sends"
        case _M.SKIPPED:
            text = "Not sent"
    return content("$sign [b]$text[/b]", sign=plain(sign, TONES.get(tone, "")), text=text)


def fact_lines(line: MilestoneLine, zone: DeskTime, width: int) -> Content:
    """Return what is known of a milestone: when, which application, what is or was sent. `width` is in cells."""
    happened = "happens" if line.state is _M.WAITING and line.until is not None else "happened"
    facts = [(happened, zone.moment(line.at))]
    if line.application:
        facts.append(("application", line.application))
    if line.insight_id:
        facts.append(("insight", line.insight_id))
    if line.plan is not None:
        facts.append(("sends", "; ".join(step.summary for step in line.plan.steps)))
    if line.opens is not None:
        facts.append(("waits until", zone.day_and_clock(line.opens)))
    if line.opt_outs:
        facts.append(("opt-outs", line.opt_outs))
    if line.reason:
        facts.append(("because" if line.state is not _M.SENT else "but", line.reason))
    return content("\n").join([_fact(label, value, width) for label, value in facts])


def _fact(label: str, value: str, width: int) -> Content:
    lines = wrap(value, max(16, width - 15))
    return joined(plain(f"  {label:<11}  ", "$foreground-muted"), paragraph(("\n" + " " * 15).join(lines)))


def key_lines(line: MilestoneLine, *, paused: bool, may_write: bool, width: int) -> Content:
    """Return the keys that apply to a milestone, each with what it does. `width` is in cells."""
    keys: list[tuple[str, str, str]] = []
    if can_be_sent(line):
        keys.append(("y", "send now", f"asks once more. {FOR_EVER}"))
    if can_be_approved(line):
        keys.append(("e", "even so", "it can be sent then, in spite of what it waits for"))
    if can_be_skipped(line):
        keys.append(("s", "skip", "it is never sent; say why"))
    if line.contact:
        does = "milestones of this contact are sent again" if paused else "nothing of this contact is sent"
        keys.append(("p", "go on" if paused else "pause", does))
    lines = [
        content(
            "  [bold $primary]$key[/] $word  [$foreground-muted]$does[/]",
            key=key,
            word=f"{word:<9}",
            does=paragraph(("\n" + " " * 15).join(wrap(does, max(16, width - 15)))),
        )
        for key, word, does in (keys if may_write else ())
    ]
    if may_write and line.state in (_M.NEEDS_YOU, _M.DUE):
        lines.append(plain("  if nobody decides, nothing is sent", "$foreground-muted"))
    return content("\n").join(lines)


def foot_line(overview: Overview) -> Content:
    """Return how many milestones there are in each state."""
    counts = {state: sum(line.state is state for line in overview.lines) for state in SIGNS}
    words = {_M.NEEDS_YOU: "need you", _M.DUE: "due", _M.WAITING: "waiting", _M.SENT: "sent"}
    parts = [
        content(
            "[b]$n[/b] [$foreground-muted]$word[/]   ",
            n=plain(f"{counts[state]:,}", TONES.get(SIGNS[state][1], "")),
            word="needs you" if counts[state] == 1 and state is _M.NEEDS_YOU else word,
        )
        for state, word in words.items()
        if counts[state] or state is _M.DUE
    ]
    return joined(*parts)


def send_lines(lines: Sequence[MilestoneLine], names: Sequence[str]) -> list[Content]:
    """Return what is sent if a person confirms. `names` are the contacts' names, one for each line."""
    shown = [
        content(
            "  $what  [$foreground-muted]$who[/][$warning]$wish[/]",
            what=f"{short(line):<11}",
            who=name,
            wish=f"  {line.opt_outs}" if line.opt_outs else "",
        )
        for line, name in zip(lines[:_SHOWN], names[:_SHOWN], strict=True)
    ]
    if len(lines) > _SHOWN:
        shown.append(plain(f"  … and {len(lines) - _SHOWN:,} more", "$foreground-muted"))
    count = "one insight" if len(lines) == 1 else f"{len(lines):,} insights, each of another contact"
    return [plain(f"This sends {count}:"), *shown, plain(""), plain(FOR_EVER, "$warning")]


_SHOWN: Final = 8
