"""How a command shows pushes: a push with its steps, a push that waits, and the exit code of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.error_catalogue import fix_of, meaning_of
from core.errors import DeskError, Unreachable
from core.push import activity
from core.push.resolutions import choice_words
from core.push.states import ON_THE_WAY, PushState
from core.receipts.clients import PushNames
from core.texts import how_many
from tui.cli.confirmation import Proposal
from tui.cli.json_output import waiting_form
from tui.cli.output import say, say_table
from tui.words.pushes import ASSET_WORDS, STEP_WORDS, question_of, result_words, step_sign, there_words

if TYPE_CHECKING:
    from core.push.live_push import LivePush
    from core.push.records import Push, StepRecord
    from tui.wiring import Desk

NO_NAMES: Final = PushNames()
NETWORK: Final = frozenset(
    {"unreachable", "connection-rests", "rate-limited", "not-authorised", "wrong-secret", "no-token"}
)
"""Why a push can be paused that is the connection's fault: exit code 3."""


def waiting_proposal(desk: Desk, waiting: LivePush) -> Proposal:
    """Return the question whether a push that was confirmed before goes on."""
    push, steps = waiting.push, tuple(waiting.steps)
    left = sum(step.state in ON_THE_WAY for step in steps)
    return Proposal(
        digest=push.plan,
        form=waiting_form(push, waiting.plan, steps),
        show=lambda: show_push(activity.Activity(push, steps)),
        question=f"Continue with {how_many(left, 'step')} of plan {push.plan}?",
        doing=f"going on with push {push.push_id} of {push.subject}",
        live=desk.settings.profile.live,
    )


def what_to_do(push: Push) -> list[str]:
    """Return what to do about a push that was refused because its plan changed; nothing for any other push."""
    return [f"  {fix_of(push.reason)}"] if push.reason == "plan-changed" else []


def show_push(shown: activity.Activity, names: PushNames = NO_NAMES) -> None:
    """Print a push and its steps. `names` says whom it is for and what its steps are about, as far as that is known."""
    push = shown.push
    client = f" {names.client}" if names.client else ""
    say(f"{push.push_id}  {ASSET_WORDS[push.asset]} {push.subject}{client}  {result_words(push)}")
    say_table(
        (
            [
                str(step.n + 1),
                step_sign(step)[0],
                f"{step.operation} {step.entity}".replace("-", " "),
                names.steps[step.n] if step.n < len(names.steps) else step.local_id,
                step.remote_id or "",
                why_of(step) if step.error else STEP_WORDS.get(step.state) or there_words(step),
            ]
            for step in shown.steps
        ),
        indent="  ",
    )
    say(*decision_lines(shown))
    if shown.missing:
        say(f"  {shown.missing}")


def decision_lines(shown: activity.Activity) -> list[str]:
    """Return a line for each step that a person can decide about: the question, and the command that answers it."""
    return [
        f"  ? {question_of(step) or f'step {step.n + 1}'}: "
        f"brokerdesk decide {shown.push.push_id} {step.ref} {'|'.join(words)}"
        for step in shown.steps
        if (words := choice_words(step))
    ]


def why_of(step: StepRecord) -> str:
    """Return in words why a step is not done: what its code means, what the system named, and what to do."""
    detail = f" ({step.detail})" if step.detail else ""
    return f"{meaning_of(step.error)}{detail}. {fix_of(step.error)}"


def exit_code(push: Push) -> int:
    """Return the exit code that a push's state stands for: 0 done, 3 a system can't be reached, else 1."""
    if push.state is PushState.DONE:
        return 0
    if push.state is PushState.PAUSED and push.reason in NETWORK:
        return Unreachable.exit_code
    return DeskError.exit_code
