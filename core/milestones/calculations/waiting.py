"""The lines of reported calculations that belong to no known contact yet. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from core.milestones.inputs import MilestoneInputs, MilestoneLine
from core.milestones.milestone_map import Milestone
from core.milestones.records import MilestoneState, WaitingCalculation
from core.texts import how_many


def waiting_lines(inputs: MilestoneInputs) -> Iterator[MilestoneLine]:
    """Yield a line for each report that waits, unless the milestone is off."""
    if not inputs.map.rows[Milestone.RAN_CALCULATION].off:
        for calculation in inputs.calculations:
            yield _line(calculation)


def _line(calculation: WaitingCalculation) -> MilestoneLine:
    """Return the line of one report. A person settles what the desk would have to guess."""
    report_again = f"report {calculation.id} again, with its contact_id"
    match calculation.contacts:
        case (contact,):
            state, reason = (
                MilestoneState.WAITING,
                "the contact is not linked with an account of SimpleNexus yet",
            )
        case ():
            contact, state = "", MilestoneState.WAITING
            reason = f"no contact has the email of calculation {calculation.id}; {report_again}"
        case several:
            contact, state = "", MilestoneState.NEEDS_YOU
            named = ", ".join(several[:_NAMED])
            contacts = how_many(len(several), "contact")
            reason = f"{contacts} share the email of calculation {calculation.id} ({named}); {report_again}"
    return MilestoneLine(
        Milestone.RAN_CALCULATION,
        "",
        calculation.at,
        state,
        reason,
        contact=contact,
        calculation=calculation.id,
    )


_NAMED = 4
"""The most contacts that a line names."""
