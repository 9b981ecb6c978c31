"""`decide`: settles one step of a push as a person says, and goes on with the push."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from core.errors import DeskError, UsageError
from core.push.activity import Activity
from core.push.live_push import LivePush
from core.push.records import StepRecord
from core.push.resolutions import SAYS, Choice, Resolution, check_choice, choice_words, choices
from core.push.states import ON_THE_WAY
from tui.cli.confirmation import Proposal, confirmed
from tui.cli.json_output import waiting_form
from tui.cli.options import PlannedOptions
from tui.cli.output import say
from tui.cli.push_output import show_push
from tui.cli.receipt_output import tell
from tui.wiring import Desk, open_desk, settings_of

LATER: Final = "later"
"""The word by which a person decides nothing now."""
_WITH_ID: Final = frozenset({Choice.THERE, Choice.LINK})


@dataclass(frozen=True, kw_only=True)
class DecideOptions(PlannedOptions):
    """The options of `decide`."""

    push: str
    """The id of the push."""
    step: str
    """The reference of the step."""
    choice: str
    """A word of `choice_words`, or `later`."""


async def decide(options: DecideOptions) -> int:
    """Decide about a step that needs a person, and go on with its push. Shown first, asked once."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        live = await desk.can_push.bring_back(options.push)
        step = _step(live, options.step)
        if options.choice == LATER:
            return await tell(desk, live.push, as_json=options.json)
        decision = replace(
            _decision(options.choice, step, desk.settings.profile.workspace), by=desk.settings.operator
        )
        check_choice(live, step.n, decision)
        if not confirmed(options, _proposal(live, step, decision, desk)):
            return 1
        push = await desk.can_push.decide(options.push, step.n, decision)
        return await tell(desk, push, as_json=options.json)


def _step(live: LivePush, ref: str) -> StepRecord:
    """Return the step of a push with this reference. Raises `DeskError`, which names the steps that can be decided."""
    named = [step for step in live.steps if step.ref == ref]
    if named:
        return next((step for step in named if choices(step)), named[0])
    open_steps = [step.ref for step in live.steps if choices(step)]
    refs = ", ".join(open_steps or [step.ref for step in live.steps])
    raise DeskError("unknown-step", f"Push {live.push.push_id} has no step {ref}.", values=refs)


def _decision(words: str, step: StepRecord, workspace: str) -> Resolution:
    """Return the resolution that `words` name. Raises `UsageError`, which names the words that the step takes."""
    name, _, remote_id = words.partition("=")
    if name in tuple(Choice) and (not remote_id or name in _WITH_ID):
        return Resolution(Choice(name), remote_id.strip(), workspace)
    raise UsageError(
        "not-offered",
        f"“{words}” isn't a choice of step {step.ref}.",
        choices=", ".join([*choice_words(step), LATER]),
    )


def _proposal(live: LivePush, step: StepRecord, decision: Resolution, desk: Desk) -> Proposal:
    """Return the question whether the decision is carried out. The hash is that of the push's plan."""
    push = live.push
    words, does = SAYS[decision.choice]
    of = f" {decision.remote_id}" if decision.remote_id else ""
    left = sum(other.state in ON_THE_WAY for other in live.steps if other.n != step.n)
    asked = f"Step {step.n + 1}, {words}{of}: {does}. {left} more steps can go on."
    chosen = {
        "ref": step.ref,
        "choice": decision.choice,
        "remote_id": decision.remote_id or None,
        "does": does,
    }
    return Proposal(
        digest=push.plan,
        form={**waiting_form(push, live.plan, live.steps), "decision": chosen},
        show=lambda: _show(Activity(push, tuple(live.steps)), asked),
        question="Do it?",
        doing=f"deciding step {step.ref} of push {push.push_id}",
        live=desk.settings.profile.live,
    )


def _show(shown: Activity, asked: str) -> None:
    show_push(shown)
    say(asked)
