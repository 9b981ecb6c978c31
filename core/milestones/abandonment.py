"""What the reading of an application says of its milestones; Abandoned after 90 minutes without a change. Pure.

The desk's clock decides when the application is read again. The reading carries the vendor's time, and that time alone
decides whether the 90 minutes are over. A desk with a wrong clock reads too early or too late, and never sends too
early.
"""

from __future__ import annotations

from msgspec.structs import replace

from core.milestones.events import ApplicationReading, Unreadable
from core.milestones.facts import QUIET
from core.milestones.inputs import Candidate, MilestoneInputs, MilestoneLine, Writer
from core.milestones.insights import InsightContact
from core.milestones.milestone_map import Milestone
from core.milestones.records import ApplicationFacts, Doubt, MilestoneState

_S = MilestoneState


def judge_abandoned(
    line: MilestoneLine,
    application: ApplicationFacts,
    contact: InsightContact | None,
    inputs: MilestoneInputs,
) -> Candidate:
    """Return the candidate for the line of an Abandoned.

    The line is DUE, and `recipient` the contact, if nothing of the application speaks against it.
    """
    until = line.at + inputs.ahead
    reading = inputs.readings.get(application.id)
    if isinstance(reading, ApplicationReading):
        line = _as_read(line, application, reading, inputs)
        return Candidate(line, recipient=contact if line.state is _S.DUE else None)
    if until > inputs.now:
        return Candidate(replace(line, reason="waiting out the 90 minutes", until=until))
    if reading is None:
        return Candidate(replace(line, reason="the application is read again first"), wants_reading=True)
    line = replace(line, doubt=Doubt.UNREADABLE)
    if inputs.approves(line.id, Doubt.UNREADABLE, line.at):
        return Candidate(replace(line, state=_S.DUE), recipient=contact)
    reason = f"the application can't be read again: {reading.reason}"
    return Candidate(replace(line, state=_S.NEEDS_YOU, reason=reason))


def judge_reported(candidate: Candidate, application: ApplicationFacts, inputs: MilestoneInputs) -> Candidate:
    """Return the candidate of a Started or a Submitted as the application itself is read; of an Abandoned as it is.

    An event proves nothing: a test event names whatever record it likes. So an application that was never read since
    the event is read, one that can't be read is left to a person, and a Submitted waits that the reading contradicts.
    """
    line, reading = candidate.line, inputs.readings.get(application.id)
    if inputs.writer is not Writer.DESK or line.milestone is Milestone.ABANDONED:
        return candidate
    if isinstance(reading, ApplicationReading) and reading.gone:
        return Candidate(replace(line, reason="SimpleNexus has no such application"))
    if line.milestone is Milestone.STARTED and application.looked >= application.started:
        return candidate
    match reading:
        case None:
            return replace(candidate, wants_reading=True)
        case Unreadable():
            line = replace(line, doubt=Doubt.UNREADABLE)
            if inputs.approves(line.id, Doubt.UNREADABLE, line.at):
                return replace(candidate, line=line)
            reason = f"the application can't be read: {reading.reason}"
            return Candidate(replace(line, state=_S.NEEDS_YOU, reason=reason))
        case ApplicationReading():
            if line.milestone is Milestone.SUBMITTED and not reading.submitted:
                return Candidate(replace(line, reason="SimpleNexus does not call the application submitted"))
            return candidate


def find_borrower(line: MilestoneLine, application: ApplicationFacts, inputs: MilestoneInputs) -> Candidate:
    """Return the candidate for a line of an application for which no event named the borrower."""
    if not application.wants_a_look:
        return Candidate(replace(line, reason="nobody in SimpleNexus has the application's email"))
    reading = inputs.readings.get(application.id)
    if isinstance(reading, Unreadable):
        reason = f"the application can't be read, so its loan officer isn't known: {reading.reason}"
        return Candidate(replace(line, state=_S.NEEDS_YOU, reason=reason))
    reason = "the application is read first, to learn its loan officer"
    return Candidate(replace(line, reason=reason), wants_reading=True)


def _as_read(
    line: MilestoneLine, application: ApplicationFacts, reading: ApplicationReading, inputs: MilestoneInputs
) -> MilestoneLine:
    """Return the line as the reading and the vendor's clock decide it.

    The reading counts whether its events are already among the facts or not.
    """
    at = max(application.touched, reading.made, reading.changed) + QUIET
    line = replace(line, at=at)
    if reading.gone or reading.submitted or not reading.active:
        return replace(line, reason="it is not in progress any more", until=at, is_closed=True)
    if reading.at < at:
        until = inputs.now + at - reading.at
        return replace(line, reason="waiting out the 90 minutes", until=until)
    return replace(line, state=_S.DUE)
