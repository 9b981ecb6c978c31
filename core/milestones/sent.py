"""How a milestone that was taken up stands, by its record and by the journal of its push. Pure.

Only the journal knows the fate of a push. The plan, which holds the moment of the milestone, is removed when the push
is over. The record `SentMilestone` therefore keeps both, and the journal of a milestone that is over is not read again.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from core.error_catalogue import meaning_of
from core.milestones.inputs import MilestoneLine, MilestoneStanding
from core.milestones.milestone_map import MilestoneId
from core.milestones.records import MilestoneState, SentMilestone
from core.push.records import Push, StepRecord
from core.push.states import ACTIVE, ON_THE_WAY, SETTLED, StepState

_M = MilestoneState


def standing_of(taken: SentMilestone) -> MilestoneStanding:
    """Return the state of a milestone, in the form in which a plan takes it."""
    return MilestoneStanding(taken.state, taken.at, taken.insight_id, taken.reason)


def as_the_journal_says(
    taken: SentMilestone, push: Push | None, steps: Sequence[StepRecord]
) -> SentMilestone | None:
    """Return the state of a milestone by the journal of its push.

    `steps` are the push's steps, the insight first. Returns None if the push was refused because its plan had changed:
    nothing was sent, and the milestone is planned again.
    """
    if push is None or not steps:
        return replace(taken, state=_M.NEEDS_YOU, reason="the journal has no such push; look in Total Expert")
    insight, *groups = steps
    match insight.state:
        case StepState.DONE:
            return _sent(replace(taken, insight_id=insight.remote_id or ""), push, groups)
        case StepState.SKIPPED:
            return replace(taken, state=_M.SKIPPED, reason="left by a person, in Activity", over=True)
        case StepState.READY | StepState.INTENT | StepState.UNKNOWN:
            why = f": {meaning_of(push.reason)}" if push.reason else ""
            return replace(taken, state=_M.DUE, reason=f"on its way{why}")
        case StepState.REFUSED | StepState.BLOCKED | StepState.CONFLICT | StepState.NEEDS_YOU:
            if insight.state is StepState.REFUSED and insight.error == "plan-changed":
                return None
            reason = f"{meaning_of(insight.error)}: decide it in Activity (4)"
            return replace(taken, state=_M.NEEDS_YOU, reason=reason)


def _sent(taken: SentMilestone, push: Push, groups: Sequence[StepRecord]) -> SentMilestone:
    """Return the state of a milestone after its insight arrived. The contact's next one waits for the groups."""
    if push.state in ACTIVE and any(step.state in ON_THE_WAY for step in groups):
        return replace(taken, state=_M.DUE, reason="sent; its groups are on their way")
    failed = [step for step in groups if step.state not in SETTLED]
    if failed:
        why = meaning_of(failed[0].error)
        return replace(taken, state=_M.SENT, reason=f"{failed[0].operation}: {why}; see Activity (4)")
    return replace(taken, state=_M.SENT, reason="", over=True)


def line_of(id_: MilestoneId, standing: MilestoneStanding) -> MilestoneLine:
    """Return the line of a milestone that is no longer derived from facts, only kept in the book."""
    return MilestoneLine(
        id_.milestone,
        "",
        standing.at,
        standing.state,
        standing.reason,
        id_.contact,
        id_.application,
        id_,
        standing.insight_id,
    )
