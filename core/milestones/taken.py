"""What the book keeps of milestones that were taken up: each with its push, and how it stands by the journal. Pure.

The journal alone knows what became of a push; its plan, and with it the moment of the milestone, is gone once it is
over. So both are kept here, and what is over is read from the journal no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from msgspec.structs import replace

from core.catalogue import meaning_of
from core.milestones.decisions import Approval, Pause, Skip
from core.milestones.mapping import Milestone
from core.milestones.rules import Application, Finished, Person
from core.milestones.world import Line, MilestoneState, Standing
from core.push.journal import Push, Record, StepRecord
from core.push.states import ACTIVE, SETTLED, StepState

_M = MilestoneState
_ON_THE_WAY: Final = frozenset({StepState.READY, StepState.INTENT, StepState.UNKNOWN})


class Taken(Record, frozen=True):
    """A milestone that was taken up. `at` is when it happened, as it was planned: seconds since 1970.

    `push_id` is "" where its insight was found in Total Expert and nothing was sent. `over` says that nothing more
    becomes of it.
    """

    table: ClassVar[str] = "milestones-taken"

    name: str
    at: float
    push_id: str = ""
    state: MilestoneState = _M.DUE
    insight_id: str = ""
    reason: str = "on its way"
    over: bool = False

    @property
    def key(self) -> str:
        """The milestone's local id."""
        return self.name

    @property
    def standing(self) -> Standing:
        """How it stands, as a plan takes it."""
        return Standing(self.state, self.at, self.insight_id, self.reason)


class Watch(Record, frozen=True):
    """Since when the desk watches, up to where it has polled (the vendor's clock), how far its clock was ahead.

    Seconds; the first two since 1970.
    """

    table: ClassVar[str] = "milestone-watch"

    since: float
    polled: float
    ahead: float = 0.0

    @property
    def key(self) -> str:
        """There is one."""
        return "watch"


RECORDS: Final[tuple[type[Record], ...]] = (
    *(Application, Person, Finished),
    *(Approval, Skip, Pause),
    *(Taken, Watch),
)
"""All that the room keeps in the book."""


def as_the_journal_says(taken: Taken, push: Push | None, steps: Sequence[StepRecord]) -> Taken | None:
    """Give a milestone as its push stands; None where the push was refused unsent, so that it is planned anew."""
    if push is None or not steps:
        return replace(taken, state=_M.NEEDS_YOU, reason="the journal has no such push; look in Total Expert")
    insight, *groups = steps
    match insight.state:
        case StepState.REFUSED if insight.error == "plan-changed":
            return None
        case StepState.DONE:
            return _sent(replace(taken, insight_id=insight.remote_id or ""), push, groups)
        case StepState.SKIPPED:
            return replace(taken, state=_M.SKIPPED, reason="left by a person, in Activity", over=True)
        case state if state in _ON_THE_WAY:
            why = f": {meaning_of(push.reason)}" if push.reason else ""
            return replace(taken, state=_M.DUE, reason=f"on its way{why}")
        case _:
            said = f"{meaning_of(insight.error)}: decide it in Activity (4)"
            return replace(taken, state=_M.NEEDS_YOU, reason=said)


def _sent(taken: Taken, push: Push, groups: Sequence[StepRecord]) -> Taken:
    """Its insight is there; until its groups are too, what comes next of the contact waits."""
    if push.state in ACTIVE and any(step.state in _ON_THE_WAY for step in groups):
        return replace(taken, state=_M.DUE, reason="sent; its groups are on their way")
    failed = [step for step in groups if step.state not in SETTLED]
    if failed:
        why = meaning_of(failed[0].error)
        return replace(taken, state=_M.SENT, reason=f"{failed[0].operation}: {why}; see Activity (4)")
    return replace(taken, state=_M.SENT, reason="", over=True)


def line_of(name: str, standing: Standing) -> Line:
    """Give the line of a milestone that the rules need no more."""
    contact, milestone, application, *_ = name.split("|")
    return Line(
        Milestone(milestone),
        "",
        standing.at,
        standing.state,
        standing.reason,
        contact,
        application,
        name,
        standing.insight_id,
    )
