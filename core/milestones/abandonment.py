"""Whether an application is abandoned: the seed's 90 minutes, and the look that comes before anything is said. Pure.

The desk's clock decides when to look. Whether the 90 minutes are over is then told by the vendor's clock alone, which
came with the reading: a desk whose clock is wrong looks too early or too late, and never sends too early.
"""

from __future__ import annotations

from msgspec.structs import replace

from core.milestones.events import ApplicationReading, Unreadable
from core.milestones.facts import QUIET
from core.milestones.inputs import MilestoneInputs, MilestoneLine
from core.milestones.records import ApplicationFacts, Doubt, MilestoneState

_S = MilestoneState


def look_at(
    line: MilestoneLine, application: ApplicationFacts, world: MilestoneInputs, reads: dict[str, None]
) -> MilestoneLine:
    """Give the line of an Abandoned as its application's reading leaves it: `due` where nothing stands against it.

    Adds to `reads` what has to be read first.
    """
    until = line.at + world.ahead
    reading = world.readings.get(application.id)
    if isinstance(reading, ApplicationReading):
        return _as_read(line, application, reading, world)
    if until > world.now:
        return replace(line, reason="its 90 minutes are not over", until=until)
    if reading is None:
        reads[application.id] = None
        return replace(line, reason="the application is read again first")
    line = replace(line, doubt=Doubt.UNREADABLE)
    if world.approves(line.id, Doubt.UNREADABLE, line.at):
        return replace(line, state=_S.DUE)
    said = f"the application can't be read again: {reading.reason}"
    return replace(line, state=_S.NEEDS_YOU, reason=said)


def find_whose(
    line: MilestoneLine, application: ApplicationFacts, world: MilestoneInputs, reads: dict[str, None]
) -> MilestoneLine:
    """Give the line of an application that no event told the person of; adds to `reads` what may tell."""
    if not application.wants_a_look:
        return replace(line, reason="nobody in SimpleNexus has the application's email")
    reading = world.readings.get(application.id)
    if isinstance(reading, Unreadable):
        said = f"the application can't be read, so nobody knows whose it is: {reading.reason}"
        return replace(line, state=_S.NEEDS_YOU, reason=said)
    reads[application.id] = None
    return replace(line, reason="the application is read first, to know whose it is")


def _as_read(
    line: MilestoneLine, application: ApplicationFacts, reading: ApplicationReading, world: MilestoneInputs
) -> MilestoneLine:
    """Decide by the reading, whether it is folded in or not, and by the vendor's clock."""
    at = max(application.touched, reading.made, reading.changed) + QUIET
    line = replace(line, at=at)
    if reading.gone or reading.submitted or not reading.active:
        return replace(line, reason="it is not in progress any more", until=at)
    if reading.at < at:
        until = world.now + at - reading.at
        return replace(line, reason="its 90 minutes are not over", until=until)
    return replace(line, state=_S.DUE)
