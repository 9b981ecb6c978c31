"""The texts about one milestone: the question to a person, the facts, and the keys with what each does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from textual.content import Content

from core.automatic.unasked import UnaskedSender
from core.local_forms import DeskTime
from core.milestones.inputs import MilestoneLine
from core.milestones.records import MilestoneState
from core.milestones.use_cases import POLL_EVERY, Overview
from core.push.plan import Operation, Step
from core.texts import how_many
from tui.text import content, joined, paragraph, plain, wrap
from tui.widgets.clickable.click_lines import ClickText, Spot
from tui.words.contact_desk.milestones import (
    DUE,
    NEEDS_YOU,
    NOTHING_TODAY,
    SENT,
    SIGNS,
    countdown,
    day_counts,
    short,
    unasked_words,
)
from tui.words.tones import TONES

_M = MilestoneState
NO_CALCULATIONS: Final = "! Nothing reports calculations"
"""The line under the list of contacts while nothing reports calculations. Doctor says what to do."""
MORE_LINKS: Final = "! Read the contacts: more may be linked"
"""The line under the list of contacts while somebody counts as not linked and only the book's links are known."""
FOR_EVER: Final = "An insight starts a Journey and can't be taken back."


def lack_lines(overview: Overview) -> list[str]:
    """Return a line for each thing that the desk lacks to know every milestone and its contact."""
    lines = ((NO_CALCULATIONS, overview.lacks_calculations), (MORE_LINKS, overview.lacks_links))
    return [line for line, is_lacking in lines if is_lacking]


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
    """Return how a milestone is doing, as a question if a person can answer. `now` is seconds since 1970."""
    sign, tone = SIGNS[line.state]
    match line.state:
        case _M.DUE if line.plan is not None:
            text = "Send it now?"
        case _M.DUE:
            text = "Being sent"
        case _M.NEEDS_YOU:
            where = "It needs you" if line.calculation else "It needs you, in Activity (4)"
            text = "Send it anyway?" if line.doubt is not None else where
        case _M.WAITING:
            text = _waits(line, now)
        case _M.SENT:
            text = "Sent. It can't be taken back"
        case _M.OBSERVED:
            text = "The vendors' integration sends it; brokerdesk watches"
        case _M.SKIPPED:
            text = "Skipped: it is not sent" if line.skipped_by else "Not sent"
    return content("$sign [b]$text[/b]", sign=plain(sign, TONES.get(tone, "")), text=text)


def _waits(line: MilestoneLine, now: float) -> str:
    if left := countdown(line, now):
        return f"Abandoned in {left} unless they return"
    if line.counts_down:
        return "The 90 minutes are over: the application is read again now"
    return "It waits for the hours in which the contact is reached" if line.opens is not None else "It waits"


def fact_lines(line: MilestoneLine, zone: DeskTime, now: float, width: int) -> Content:
    """Return what is known of a milestone: when, which application, what is or was sent.

    `now` is seconds since 1970, `width` is in cells.
    """
    is_ahead = line.counts_down or line.at > now
    facts = [("happens" if is_ahead else "happened", zone.moment(line.at))]
    if is_ahead and line.is_closed:
        facts.clear()  # the application ended before, so it is never abandoned
    if line.application:
        facts.append(("application", line.application))
    if line.insight_id:
        facts.append(("insight", line.insight_id))
    if line.plan is not None:
        facts.append(("sends", "; ".join(map(_step_words, line.plan.steps))))
    if line.opens is not None:
        facts.append(("waits until", zone.day_and_clock(line.opens)))
    if line.opt_outs:
        facts.append(("opt-outs", line.opt_outs))
    if line.reason:
        facts.append(("why" if line.state is not _M.SENT else "but", line.reason))
    return content("\n").join([_fact(label, value, width) for label, value in facts])


def _step_words(step: Step) -> str:
    """Return what a step does: "insight “SN …”", "the contact leaves the group “SN …”"."""
    group = step.summary[step.summary.find("“") :]
    if step.operation is Operation.JOIN_GROUP:
        return f"the contact joins the group {group}"
    if step.operation is Operation.LEAVE_GROUP:
        return f"the contact leaves the group {group}"
    return step.summary


def _fact(label: str, value: str, width: int) -> Content:
    lines = wrap(value, max(16, width - 15))
    return joined(plain(f"  {label:<11}  ", "$foreground-muted"), paragraph(("\n" + " " * 15).join(lines)))


def key_lines(
    line: MilestoneLine, sender: UnaskedSender | None, *, paused: bool, may_write: bool, width: int
) -> ClickText:
    """Return the keys that apply to a milestone, each with what it does. `width` is in cells.

    `sender` is what sends the milestone without asking once it is due, None if nothing does.
    """
    keys: list[tuple[str, str, str, str]] = []
    if can_be_sent(line):
        keys.append(("y", "send now", f"after you confirm. {FOR_EVER}", "send_milestone"))
    if can_be_approved(line):
        keys.append(("e", "send anyway", _anyway_words(sender), "send_even_so"))
    if can_be_skipped(line):
        keys.append(("s", "skip", "it is never sent; you say why", "skip_milestone"))
    if line.can_be_unskipped:
        does = "it is planned again, as if nobody had skipped it"
        does = does if sender is None else f"{does}, and sent once it is due; asks first"
        keys.append(("u", "undo skip", does, "unskip_milestone"))
    if line.contact:
        going_on = "milestones of this contact are sent again"
        going_on = going_on if sender is None else f"{going_on}, without asking for each"
        does = going_on if paused else "nothing of this contact is sent until p"
        keys.append(("p", "go on" if paused else "pause", does, "pause_contact"))
    lines: list[Content] = []
    spots: list[Spot] = []
    for key, word, does, action in keys if may_write else ():
        first, *rest = wrap(does, max(16, width - _HANG))
        spots.append(Spot(len(lines), 0, width, action))
        lines.append(
            content(
                "  [bold $primary]$key[/] $word  [$foreground-muted]$does[/]",
                key=key,
                word=f"{word:<11}",
                does=first,
            )
        )
        lines += [plain(" " * _HANG + text, "$foreground-muted") for text in rest]
    if may_write and line.state in (_M.NEEDS_YOU, _M.DUE):
        lines.append(plain("  If you skip this, nothing is sent.", "$foreground-muted"))
    return ClickText(tuple(lines), tuple(spots))


def _anyway_words(sender: UnaskedSender | None) -> str:
    match sender:
        case UnaskedSender.THIS_APP:
            return "asks first; then it is sent at once, for good"
        case UnaskedSender.WATCH | UnaskedSender.WATCH_LATER:
            return "asks first; then brokerdesk watch sends it, for good"
        case UnaskedSender.OTHER_DESK:
            return "asks first; it becomes due, and y sends it then"
        case None:
            return "it becomes due; y sends it then"


def anyway_lines(line: MilestoneLine, name: str, sender: UnaskedSender) -> list[Content]:
    """Return the question before a milestone is approved that something then sends without asking.

    `name` is the contact's.
    """
    return [
        content("[b]$name[/b]", name=name),
        content("  [$warning]$doubt[/]", doubt=line.reason),
        plain(""),
        plain(unasked_words(sender)),
        plain(FOR_EVER, "$warning"),
    ]


def unskip_lines(line: MilestoneLine, name: str, sender: UnaskedSender) -> list[Content]:
    """Return the question before a skip is taken back whose milestone something then sends without asking."""
    return [
        content("[b]$name[/b]", name=name),
        content("  [$foreground-muted]skipped: $reason[/]", reason=line.reason or "no reason given"),
        plain(""),
        plain("It is planned again, as if nobody had skipped it."),
        plain(unasked_words(sender)),
        plain(FOR_EVER, "$warning"),
    ]


def go_on_lines(held: Sequence[MilestoneLine], name: str, sender: UnaskedSender) -> list[Content]:
    """Return the question before the pause of a contact ends, if it holds back what is then sent without asking."""
    return [
        content("[b]$name[/b]", name=name),
        *(plain(f"  {short(line)}") for line in held),
        plain(""),
        plain("These wait for the end of the pause."),
        plain(unasked_words(sender)),
        plain(FOR_EVER, "$warning"),
    ]


_HANG: Final = 17
"""The cells before the words of a key."""


def day_line(overview: Overview, zone: DeskTime, today: date) -> Content:
    """Return the day in one line: what needs a person, what is due, and how many of today's milestones were sent."""
    counts = day_counts(overview.lines, lambda at: zone(at).date() == today)
    parts = [
        content(
            "[$foreground-muted]$dot[/][b]$n[/b] [$foreground-muted]$words[/]",
            dot=" · " if place else "",
            n=plain(f"{number:,}", _COUNT_TONES.get(section, "")),
            words=words,
        )
        for place, (section, number, words) in enumerate(counts)
    ]
    return joined(
        plain("Today  ", "$foreground-muted"), *(parts or [plain(NOTHING_TODAY, "$foreground-muted")])
    )


_COUNT_TONES: Final = {NEEDS_YOU: "$warning", DUE: "$primary", SENT: "$success"}


def foot_line(*, sends: bool) -> Content:
    """Return how often SimpleNexus is asked, and whether what is due is sent without asking."""
    auto = "auto-send is on: b stops it" if sends else "auto-send is off"
    return plain(f"checked every {round(POLL_EVERY / 60)} min · {auto}", "$foreground-muted")


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
    count = (
        "one insight" if len(lines) == 1 else f"{how_many(len(lines), 'insight')}, each to another contact"
    )
    return [plain(f"Sends {count}:"), *shown, plain(""), plain(FOR_EVER, "$warning")]


_SHOWN: Final = 8
