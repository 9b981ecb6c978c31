"""What `e` says in the Activity room: what each thing means that is on the screen, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from textual.content import Content

from core.error_catalogue import fix_of, meaning_of
from core.push.activity import Activity
from core.push.records import Push, StepRecord
from core.push.states import PushState, StepState
from tui.activity.detail import headline, step_words
from tui.text import content, plain
from tui.words.pushes import END_WORDS, end_sentence

_PUSH_MEANS: Final[Mapping[PushState, str]] = MappingProxyType(
    {
        PushState.QUEUED: "It is confirmed and waits for its turn. Nothing of it was sent yet.",
        PushState.RUNNING: "Its steps are being sent now, one after the other.",
        PushState.PAUSED: "It stopped before its end and can go on (r). What arrived is not sent again.",
        PushState.NEEDS_YOU: "One of its steps needs your answer. What depends on that step is not sent before.",
        PushState.PARTIAL: "Some of its steps arrived and some did not.",
        PushState.REFUSED: "It ended, and nothing more of it is sent. The reason is below.",
        PushState.DONE: "Every step was carried out.",
    }
)
_STEP_MEANS: Final[Mapping[StepState, str]] = MappingProxyType(
    {
        StepState.READY: "Nothing of this step was sent.",
        StepState.INTENT: "The step is recorded and being sent. If no answer comes, it is looked up first.",
        StepState.UNKNOWN: "No answer came, so the system is asked whether it arrived before anything is sent again.",
        StepState.NEEDS_YOU: "The system doesn't say whether it arrived. It is not sent again before your answer.",
        StepState.CONFLICT: "The system holds something unexpected. Nothing is replaced before your answer.",
        StepState.REFUSED: "The system took nothing of this step.",
        StepState.BLOCKED: "It needs another step, which did not arrive. Nothing of it was sent.",
        StepState.SKIPPED: "It was left out: nothing more of it is sent.",
        StepState.DONE: "The system has confirmed this.",
    }
)


def explain_lines(shown: Activity, step: StepRecord | None, *, is_open: bool) -> list[Content]:
    """Return what is on the screen about a push and one of its steps, each with its meaning, the headline first.

    `is_open` says that the steps are open, so that the events of the step are on the screen too.
    """
    push = shown.push
    lines = [_line(headline(push, step), _push_means(push))]
    if step is not None:
        lines.append(_line(f"Step {step.n + 1}: {step_words(step)}", _STEP_MEANS[step.state]))
    lines += [
        _line(_capital(meaning_of(code)), fix_of(code), code)
        for code in dict.fromkeys(_reasons(push, step))
        if code
    ]
    if step is not None and step.trail:
        if is_open:
            codes = dict.fromkeys(event.code for event in step.trail)
            lines += [_line(_capital(meaning_of(code)), fix_of(code), code) for code in codes]
        else:
            lines.append(
                plain("d shows every event of the step; e then explains these too.", "$foreground-muted")
            )
    return lines


def _push_means(push: Push) -> str:
    if push.state is PushState.DONE and push.reason in END_WORDS:
        return end_sentence(push)
    if push.state is PushState.REFUSED and push.reason == "plan-changed":
        return "It ended before anything was sent."
    return _PUSH_MEANS[push.state]


def _reasons(push: Push, step: StepRecord | None) -> Iterator[str]:
    if step is not None:
        yield step.error
    if push.reason not in END_WORDS:
        yield push.reason


def _line(words: str, meaning: str, code: str = "") -> Content:
    return content(
        "[bold]$words[/]  $meaning[$foreground-muted]$code[/]",
        words=words,
        meaning=meaning,
        code=f"  ({code})" if code else "",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
