"""The text about one push: its question, what to look for, the choices, what happened. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from textual.content import Content

from core.error_catalogue import fix_of, meaning_of
from core.local_forms import DeskTime
from core.push.plan import Operation, StepKind
from core.push.records import Push, StepRecord, TrailEvent
from core.push.resolutions import SAYS, Choice, choices
from core.push.states import ON_THE_WAY, PushState, StepState
from core.systems import display_name
from tui.activity.clues import Clue
from tui.text import content, joined, paragraph, plain, width_of, wrap
from tui.widgets.clickable.click_lines import NO_TEXT, ClickText, lines_of, stacked
from tui.widgets.line_view import Tone
from tui.words.pushes import (
    ASSET_WORDS,
    PUSH_WORDS,
    done_words,
    question_of,
    state_words,
    step_sign,
    there_words,
)
from tui.words.tones import TONES

KEYS: Final[Mapping[Choice, str]] = MappingProxyType(
    {
        Choice.THERE: "t",
        Choice.NOT_THERE: "s",
        Choice.LINK: "i",
        Choice.AS_NEW: "n",
        Choice.OVERWRITE: "v",
        Choice.AGAIN: "a",
        Choice.LEAVE: "x",
    }
)
NO_PUSH: Final = "There is no push under the cursor."
NOTHING: Final = (
    "Everything that was pushed is listed here, with what became of it. What needs you comes first."
)
"""What the room says while there is no push under the cursor."""
SETTLED: Final = frozenset({"found-after-all", "read-back"})
"""What the trail of a step says whose reply was lost."""
_MOST_STEPS: Final = 12
"""How many settled steps have a line each. The others are counted."""
_LABEL: Final = 14
"""Cells of the labels of clues."""


# -- the head ------------------------------------------------------------------------------------------


def title_line(push: Push, step: StepRecord | None, client: str, when: str) -> Content:
    """Return the first line about a push: its question or result, what was pushed, for whom, when and by whom."""
    named = (ASSET_WORDS[push.asset], client, push.about or push.subject, when, push.operator)
    return content(
        "[b]$question[/b]   [$foreground-muted]$about[/]",
        question=headline(push, step),
        about=" · ".join(part for part in named if part),
    )


def headline(push: Push, step: StepRecord | None) -> str:
    """Return the question that the step asks, or what became of the push."""
    if step is not None and (asked := question_of(step)):
        return asked
    match push.state:
        case PushState.DONE:  # a push does not know which values of its card could not be sent
            return _capital(done_words(push))
        case PushState.PAUSED:
            return _capital(state_words(push))
        case PushState.PARTIAL:
            return "Arrived in part"
        case PushState.REFUSED:
            return "Nothing was sent" if push.reason == "plan-changed" else "Refused"
        case PushState.QUEUED | PushState.RUNNING | PushState.NEEDS_YOU:
            return _capital(PUSH_WORDS[push.state].partition(":")[0])


def remark_line(push: Push, step: StepRecord | None, waits: str = "") -> Content:
    """Return the reason for the state of a step or push, and what to do now.

    `waits` says since when a push waits that is tried again by itself, and when that is.
    """
    code = step.error if step is not None and step.error else push.reason
    if not code:
        return plain("")
    detail = f" ({step.detail})" if step is not None and step.detail and step.error else ""
    settled = step is None or step.state not in (StepState.UNKNOWN, StepState.NEEDS_YOU)
    template = "$meaning$detail. [$warning]$waits[/]$held[$foreground-muted]$fix[/]"
    return content(
        template,
        meaning=_capital(meaning_of(code)),
        detail=detail,
        waits=f"It {waits}. " if waits else "",
        held="" if settled else "Nothing is sent again until this is settled. ",
        fix=fix_of(code),
    )


# -- what to look for ----------------------------------------------------------------------------------


def clue_lines(step: StepRecord, clues: Sequence[Clue], zone: DeskTime, width: int) -> ClickText:
    """Return what to look for in the other system: the clues, when the record was made, our reference."""
    rows = [*clues, *_made_between(step, zone), Clue("Our reference", step.ref)]
    lines = [_heading(f"What to look for in {display_name(step.system)}")]
    lines += [_clue_line(clue, width) for clue in rows]
    copies = content("[bold $primary]f[/] [$foreground-muted]copies a text for the search box[/]")
    return stacked([*(lines_of(line, width) for line in lines), lines_of(copies, width, "copy_search")])


def _clue_line(clue: Clue, width: int) -> Content:
    mark = content("  [$success]✓ $mark[/]", mark=clue.mark) if clue.mark else plain("")
    return joined(
        content("[$foreground-muted]$label[/]", label=clue.label.ljust(_LABEL)),
        _hung(clue.value, _LABEL, width - width_of(mark.plain), ""),
        mark,
    )


def _made_between(step: StepRecord, zone: DeskTime) -> Iterator[Clue]:
    """Yield when the record was made, if it was: between the sending and what happened next."""
    if step.sent_at is None or step.kind is StepKind.UPDATE:
        return
    ends = [event.at for event in step.trail if event.at > step.sent_at]
    sent, end = zone.clock(step.sent_at), zone.clock(ends[0] if ends else step.sent_at)
    day = zone.day(step.sent_at)
    yield Clue("Created", f"{sent}, {day}" if sent == end else f"between {sent} and {end}, {day}")


# -- the choices ---------------------------------------------------------------------------------------


def choice_lines(step: StepRecord | None, width: int) -> ClickText:
    """Return a line for each key that decides about the step: the key, its words, its effect. A click does it too."""
    if step is None or not (offered := choices(step)):
        return NO_TEXT
    lines = [lines_of(_heading("Your choice"), width)]
    for choice in offered:
        line = content(
            "[bold $primary]$key[/] $words  $does",
            key=KEYS[choice],
            words=SAYS[choice][0].ljust(16),
            does=_hung(SAYS[choice][1], 20, width),
        )
        lines.append(lines_of(line, width, f"decide('{choice}')"))
    if step.state in (StepState.UNKNOWN, StepState.NEEDS_YOU):
        undecided = _hung("If nobody decides, it is looked up again at the next start.", 0, width)
        lines.append(lines_of(undecided, width))
    return stacked(lines)


# -- what happened -------------------------------------------------------------------------------------


_MADE: Final[Mapping[Operation, str]] = MappingProxyType(
    {
        Operation.CREATE: "created",
        Operation.UPDATE: "updated",
        Operation.LINK: "linked",
        Operation.WRITE_BACK: "written",
        Operation.JOIN_GROUP: "joined",
        Operation.LEAVE_GROUP: "left",
        Operation.DISABLE: "switched off",
        Operation.SHARE: "shared",
    }
)
"""What a step that is done did to its record."""
_STANDS: Final[Mapping[StepState, str]] = MappingProxyType(
    {
        StepState.READY: "not sent yet",
        StepState.INTENT: "on its way",
        StepState.UNKNOWN: "sent; no answer yet",
        StepState.NEEDS_YOU: "sent; it isn't known whether it arrived",
        StepState.CONFLICT: "something else is there",
        StepState.REFUSED: "refused",
        StepState.BLOCKED: "not sent: what it needs did not arrive",
        StepState.SKIPPED: "left out",
        StepState.DONE: "done",
    }
)
_EXCEPTIONS: Final = (StepState.NEEDS_YOU, StepState.CONFLICT, StepState.UNKNOWN, StepState.REFUSED)


def step_words(step: StepRecord) -> str:
    """Return what became of a step: "created as 1-6E2CA", "sent; no answer yet"."""
    if step.state is not StepState.DONE:
        return _STANDS[step.state]
    if there := there_words(step):
        return there
    made = _MADE[step.operation]
    if step.operation is Operation.WRITE_BACK:
        return f"{made} to {display_name(step.system)}"
    name = step.entity.replace("-", " ")
    return f"{name} {made} as {step.remote_id}" if step.remote_id else f"{name} {made}"


def happened_lines(
    steps: Sequence[StepRecord], summaries: Sequence[str], zone: DeskTime, width: int
) -> Content:
    """Return a line for each step, in their order: the time of its last event, what it is about, what became of it.

    A push of many steps shows the exceptions, then the first of the others, and the number of the rest.
    """
    begun = [step for step in steps if step.trail or step.state not in ON_THE_WAY]
    told = begun
    if len(begun) > _MOST_STEPS:
        others = (step for step in begun if step.state not in _EXCEPTIONS)
        first = [step for step in begun if step.state in _EXCEPTIONS]
        told = sorted([*first, *others][:_MOST_STEPS], key=lambda step: step.n)
    lines = [_heading("What happened")]
    lines += [_step_line(step, summaries[step.n], zone, width) for step in told]
    if left := len(begun) - len(told):
        lines.append(content("[$foreground-muted]  and $left more: d shows every step[/]", left=f"{left:,}"))
    if waiting := len(steps) - len(begun):
        lines.append(content("[$foreground-muted]  $n not sent yet[/]", n=f"{waiting:,}"))
    return content("\n").join(lines) if len(lines) > 1 else plain("")


def _step_line(step: StepRecord, summary: str, zone: DeskTime, width: int) -> Content:
    sign, tone = step_sign(step)
    at = zone.seconds(step.trail[-1].at) if step.trail else " " * 8
    why = f": {meaning_of(step.error)}" if step.state is StepState.REFUSED and step.error else ""
    if settled := next((event.code for event in step.trail if event.code in SETTLED), ""):
        why = f"; no reply came, but {meaning_of(settled)}"
    return joined(
        plain(f"{sign} ", TONES.get(tone, "")),
        content("[$foreground-muted]$at[/]  ", at=at),
        _hung(f"{summary}: {step_words(step)}{why}", 12, width, ""),
    )


_EVENT_SIGN: Final[Mapping[str, tuple[str, Tone]]] = MappingProxyType(
    {
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
)


def trail_lines(step: StepRecord, zone: DeskTime, width: int) -> Content:
    """Return a line with time and words for each event of a step. `exchange_lines` has the last exchange in full."""
    if not step.trail:
        return plain("")
    last = _last_exchange(step)
    lines = [_heading(f"Step {step.n + 1}")]
    lines += [_event_line(event, "" if event is last else event.said, zone, width) for event in step.trail]
    return content("\n").join(lines)


def _last_exchange(step: StepRecord) -> TrailEvent | None:
    return next((event for event in reversed(step.trail) if " → " in event.said), None)


def _event_line(event: TrailEvent, said: str, zone: DeskTime, width: int) -> Content:
    sign, tone = _EVENT_SIGN.get(event.code, ("?", "warn") if event.code not in SAYS else ("·", "muted"))
    return joined(
        plain(f"{sign} ", TONES.get(tone, "")),
        content("[$foreground-muted]$at[/]  ", at=zone.seconds(event.at)),
        _hung(f"{meaning_of(event.code)}{f' ({event.by})' if event.by else ''}  {said}".rstrip(), 12, width),
    )


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


def fold_line(steps: int, plan: str, *, is_open: bool) -> Content:
    """Return the line that says how to open or close what is folded."""
    if is_open:
        return content(
            "[bold $primary]d[/] [$foreground-muted]▾ hides the $n below · plan $plan[/]",
            n=_counted(steps),
            plan=plan,
        )
    every = "the step" if steps == 1 else f"all {_counted(steps)}"
    return content("[bold $primary]d[/] [$foreground-muted]▸ request, reply and $n[/]", n=every)


def command_line(command: str, width: int) -> Content:
    """Return the command that does the same as the push, with the key that copies it."""
    return joined(content("[bold $primary]b[/] "), _hung(f"copies: {command}", 2, width))


def _counted(steps: int) -> str:
    return f"{steps:,} step{'' if steps == 1 else 's'}"


# -- small things --------------------------------------------------------------------------------------


def _heading(text: str) -> Content:
    return content("[$secondary]$text[/]", text=text.upper())


def _hung(text: str, indent: int, width: int, style: str = "$foreground-muted") -> Content:
    """Return text, wrapped at `width`, with every further line indented by `indent` cells."""
    lines = wrap(text, max(16, width - indent))
    return paragraph(f"\n{' ' * indent}".join(lines), style)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
