"""Turns the journal's values into the lines of the Activity room. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from textual.content import Content

from core.error_catalogue import fix_of, meaning_of
from core.push.activity import needs_you
from core.push.plan import Asset
from core.push.records import Push, StepRecord, TrailEvent
from core.push.resolutions import SAYS, Choice, choices
from core.push.states import PushState, StepState
from tui.text import content, joined, paragraph, plain, wrap
from tui.under_cursor import CopyableText
from tui.widgets.line_view import Heading, Tone
from tui.widgets.row_list import ListColumn, Listing
from tui.words.local_time import Zone
from tui.words.pushes import PUSH_SIGN, PUSH_WORDS
from tui.words.tones import TONES

NEEDS_YOU: Final = Heading("Needs you")
RUNNING: Final = Heading("Running")
TODAY: Final = Heading("Today")
KEYS: Final[dict[Choice, str]] = {
    Choice.THERE: "t",
    Choice.NOT_THERE: "s",
    Choice.LINK: "i",
    Choice.AS_NEW: "n",
    Choice.OVERWRITE: "v",
    Choice.AGAIN: "a",
    Choice.LEAVE: "x",
}


@dataclass(frozen=True, slots=True)
class PushRow:
    """One line of the list."""

    push: Push
    title: str
    when: str
    section: Heading

    @property
    def sign(self) -> str:
        """The sign of the push's state."""
        return PUSH_SIGN[self.push.state][0]

    @property
    def tone(self) -> Tone:
        """The sign's colour."""
        return PUSH_SIGN[self.push.state][1]


LISTING: Final[Listing[PushRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, style=lambda row: row.tone, gap=1),
        ListColumn("when", lambda row: row.when, width=6, style="muted", gap=1),
        ListColumn("asset", lambda row: row.push.asset.replace("-", " "), width=9, gap=1, drop=2),
        ListColumn("subject", lambda row: row.push.subject, width=7, style="muted", gap=1),
        ListColumn("title", lambda row: row.title, minimum=8, lit="strong", drop=1),
    ),
    key=lambda row: row.push.push_id,
    section=lambda row: row.section,
    sections=(NEEDS_YOU, RUNNING, TODAY),
    empty="Nothing was pushed yet. Push a card from the Cards room (1).",
    no_match="No push matches. Escape shows all.",
    noun="push",
    copied=lambda row: CopyableText(row.push.push_id, row.push.push_id),
)


def push_row(push: Push, title: str, at: datetime, today: date, *, latest: bool) -> PushRow:
    """Return the row of a push under its heading. `at` is the local time at which the push was begun.

    `latest` is True if no newer push has the same subject.
    """
    is_today = at.date() == today
    if needs_you(push, latest):
        section = NEEDS_YOU
    elif push.state in (PushState.QUEUED, PushState.RUNNING):
        section = RUNNING
    else:
        section = TODAY if is_today else Heading(f"{at:%-d %b %Y}")
    return PushRow(push, title, f"{at:%H:%M}" if is_today else f"{at:%-d %b}", section)


# -- one push ------------------------------------------------------------------------------------------


def title_line(push: Push, step: StepRecord | None, title: str) -> Content:
    """Return the first line about a push: its question or result, its subject, its plan."""
    template = "[b]$question[/b]   [$foreground-muted]$subject $title · $asset · plan[/] $plan"
    return content(
        template,
        question=_question(push, step),
        subject=push.subject,
        title=title,
        asset=push.asset.replace("-", " "),
        plan=push.plan,
    )


def _question(push: Push, step: StepRecord | None) -> str:
    """Return the question that the step asks, or what became of the push."""
    if step is not None and (asked := _step_question(step)):
        return asked
    match push.state:
        case PushState.DONE:
            return "Entered by hand" if push.asset is Asset.PASTE else "Everything arrived"
        case PushState.PAUSED:
            return "Paused"
        case PushState.PARTIAL:
            return "Arrived in part"
        case PushState.REFUSED:
            return "Nothing was sent" if push.reason == "plan-changed" else "Refused"
        case PushState.QUEUED | PushState.RUNNING | PushState.NEEDS_YOU:
            return PUSH_WORDS[push.state].capitalize()


def _step_question(step: StepRecord) -> str:
    """Return what a step asks the broker; "" if it asks nothing."""
    thing = step.entity.replace("-", " ")
    match step.state:
        case StepState.NEEDS_YOU | StepState.UNKNOWN:
            return f"Did the {thing} arrive?"
        case StepState.CONFLICT:
            return f"Which {thing} is it?"
        case StepState.REFUSED:
            return f"The {thing} was refused"
        case StepState.READY | StepState.INTENT | StepState.BLOCKED | StepState.SKIPPED | StepState.DONE:
            return ""


def remark_line(push: Push, step: StepRecord | None, waits: str = "") -> Content:
    """Return the reason for the state of a step or push, and what to do now.

    `waits` says since when a push waits that is tried again by itself, and when that is.
    """
    code = step.error if step is not None and step.error else push.reason
    if not code:
        return plain("")
    detail = f" ({step.detail})" if step is not None and step.detail and step.error else ""
    meaning = meaning_of(code)
    template = "$meaning$detail. [$warning]$waits[/][$foreground-muted]$fix[/]"
    return content(
        template,
        meaning=meaning[:1].upper() + meaning[1:],
        detail=detail,
        waits=f"It {waits}. " if waits else "",
        fix=fix_of(code),
    )


_EVENT_SIGN: Final[dict[str, tuple[str, Tone]]] = {
    "intent": ("✓", "good"),
    "applied": ("✓", "good"),
    "read-back": ("✓", "good"),
    "found-after-all": ("✓", "good"),
    "found-by-ref": ("✓", "good"),
    "there-already": ("✓", "good"),
    "linked-already": ("✓", "good"),
    "noted": ("·", "muted"),
    "not-there-yet": ("…", "warn"),
    "not-there": ("…", "warn"),
    "refused": ("✗", "bad"),
    "forbidden": ("✗", "bad"),
}


def trail_lines(step: StepRecord, zone: Zone, width: int) -> Content:
    """Return a line with time and words for each event of a step. `exchange_lines` has the last exchange in full."""
    last = _last_exchange(step)
    return content("\n").join(
        [_event_line(event, "" if event is last else event.said, zone, width) for event in step.trail]
    )


def _last_exchange(step: StepRecord) -> TrailEvent | None:
    return next((event for event in reversed(step.trail) if " → " in event.said), None)


def _event_line(event: TrailEvent, said: str, zone: Zone, width: int) -> Content:
    sign, tone = _EVENT_SIGN.get(event.code, ("?", "warn") if event.code not in SAYS else ("·", "muted"))
    return joined(
        plain(f"  {sign} ", TONES.get(tone, "")),
        plain(f"{zone(event.at):%H:%M:%S}  ", ""),
        _hung(f"{meaning_of(event.code)}  {said}".rstrip(), 14, width),
    )


def _hung(text: str, indent: int, width: int) -> Content:
    """Return muted text, wrapped at `width`, with every further line indented by `indent` cells."""
    lines = wrap(text, max(16, width - indent))
    return paragraph(f"\n{' ' * indent}".join(lines), "$foreground-muted")


def exchange_lines(step: StepRecord) -> Content:
    """Return the last request and its reply, redacted: method, path, sizes; never a client's data."""
    last = _last_exchange(step)
    if last is None:
        return plain("")
    request, _, reply = last.said.partition(" → ")
    return content(
        "[$secondary]REQUEST[/]  [$foreground-muted]$request[/]\n[$secondary]REPLY[/]    [$foreground-muted]$reply[/]",
        request=request,
        reply=reply or "none",
    )


def choice_lines(step: StepRecord | None, width: int) -> Content:
    """Return a line for each key that decides about the step: the key, its words, its effect."""
    if step is None or not (offered := choices(step)):
        return plain("")
    lines = [
        content(
            "  [bold $primary]$key[/] $words  $does",
            key=KEYS[choice],
            words=SAYS[choice][0].ljust(16),
            does=_hung(SAYS[choice][1], 22, width),
        )
        for choice in offered
    ]
    if StepState(step.state) in (StepState.UNKNOWN, StepState.NEEDS_YOU):
        lines.append(
            joined(plain("  "), _hung("if nobody decides, it is looked up again at the next start", 2, width))
        )
    return content("\n").join(lines)


def foot_line(of_today: Iterable[PushRow]) -> Content:
    """Return how many of today's pushes are done, waiting, or refused."""
    states = [row.push.state for row in of_today]
    done = states.count(PushState.DONE)
    waiting = sum(state in (PushState.NEEDS_YOU, PushState.PAUSED) for state in states)
    bad = sum(state in (PushState.REFUSED, PushState.PARTIAL) for state in states)
    parts = [content("[$foreground-muted]today[/] [$success]$done[/] [$foreground-muted]done[/]", done=done)]
    if waiting:
        parts.append(content("   [$warning]$n[/] [$foreground-muted]waiting[/]", n=waiting))
    if bad:
        parts.append(content("   [$error]$n[/] [$foreground-muted]refused or in part[/]", n=bad))
    return joined(*parts)
