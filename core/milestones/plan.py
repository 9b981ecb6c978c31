"""From what was received to what is to be sent: every milestone with its state and its reason, each due one planned.

Pure: the state of what was received and the world go in, the lines come out. An insight can't be taken back, so every
doubt ends in waiting or in a question to a person, never in sending.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.compare.keys import label_key
from core.milestones.abandonment import find_whose, look_at
from core.milestones.facts import KEEP, QUIET, FactState
from core.milestones.inputs import MilestoneInputs, MilestoneLine, Milestones, MilestoneStanding, Writer
from core.milestones.insights import (
    ONCE,
    Ids,
    InsightContact,
    insight_ref,
    is_from_elsewhere,
    local_id,
    make_plan,
)
from core.milestones.milestone_map import Milestone, MilestoneMapRow
from core.milestones.records import ApplicationFacts, Doubt, MilestoneState

_S = MilestoneState
_SETTLED: Final = frozenset({_S.SENT, _S.SKIPPED})


class _Fired(Struct, frozen=True):
    """A milestone that the rules say has happened, or will have if nothing changes.

    `place` is its place in the order: its moment, but never before what comes before it in its application.
    """

    milestone: Milestone
    person: str
    at: float
    place: float
    application: ApplicationFacts | None = None
    again: int = 0


def plan_milestones(state: FactState, world: MilestoneInputs) -> Milestones:
    """Say where every milestone of what is open stands, and plan what is due."""
    desk = _Planner(state, world)
    fired = [*_of_people(state), *desk.of_applications()]
    fired = [one for one in fired if not world.map.rows[one.milestone].off]
    fired.sort(key=lambda one: one.place)
    lines = desk.judge(fired)
    left = {(line.application, line.person) for line in lines if not _is_settled(line, world)}
    busy, waiting = {one for one, _ in left if one}, {one for app, one in left if not app}
    return Milestones(
        tuple(lines),
        tuple(desk.reads),
        tuple(one.id for one in state.applications.values() if one.id not in busy and _rests(one, world)),
        tuple(one for one in state.people if one not in waiting),
    )


def _of_people(state: FactState) -> Iterator[_Fired]:
    for person in state.people.values():
        for milestone, at in (
            (Milestone.BORROWER_LINKED, person.account),
            (Milestone.PARTNER_LINKED, person.partner),
            (Milestone.RAN_CALCULATION, person.calculated),
        ):
            if at:
                yield _Fired(milestone, person.id, at, at)


class _Planner:
    """One plan in the making."""

    def __init__(self, state: FactState, world: MilestoneInputs) -> None:
        self._state = state
        self._world = world
        self._started: defaultdict[str, set[str]] = defaultdict(set)
        """The applications in progress for which a contact stands in Started."""
        self._version = world.map.version
        self.reads: dict[str, None] = {}

    # -- what has happened -------------------------------------------------------------------------------

    def of_applications(self) -> Iterator[_Fired]:
        """Give what the rules say of every application, round by round."""
        for application in self._state.applications.values():
            if application.prompted > application.looked:
                self.reads[application.id] = None
            yield from self._of_application(application)

    def _of_application(self, it: ApplicationFacts) -> Iterator[_Fired]:
        again, begun, place = 0, it.started, 0.0
        while True:
            if begun:
                place = max(place, begun)
                yield _Fired(Milestone.STARTED, it.person, begun, place, it, again)
            standing = self._standing(it, Milestone.ABANDONED, again)
            if standing is None:
                break
            place = max(place, standing.at)
            yield _Fired(Milestone.ABANDONED, it.person, standing.at, place, it, again)
            resumed = standing.state is _S.SENT and it.in_progress and it.touched > standing.at - QUIET
            if not (resumed and self._world.map.rules.started_again):
                break
            again, begun = again + 1, it.touched
        if it.submitted:
            yield _Fired(Milestone.SUBMITTED, it.person, it.submitted, max(place, it.submitted), it)
        elif standing is None and it.in_progress:
            at = it.touched + QUIET
            yield _Fired(Milestone.ABANDONED, it.person, at, max(place, at), it, again)
            started = self._standing(it, Milestone.STARTED, again)
            if started is not None and started.state is _S.SENT:
                self._started[self._world.people[it.person].id].add(it.id)

    def _standing(self, it: ApplicationFacts, milestone: Milestone, again: int) -> MilestoneStanding | None:
        contact = self._world.people.get(it.person)
        if contact is None:
            return None
        return self._world.standings.get(local_id(contact.id, milestone, it.id, again))

    # -- where it stands -----------------------------------------------------------------------------------

    def judge(self, fired: list[_Fired]) -> list[MilestoneLine]:
        """Give a line for each, and let no more than one of a contact be due at once, the earliest."""
        lines: list[MilestoneLine] = []
        names: set[str] = set()
        held: dict[str, Milestone] = {}
        for one in fired:
            line = self._line(one, held.get(one.application.id) if one.application else None)
            if line.name and line.name in names:
                continue  # two people of SimpleNexus who are one contact
            names.add(line.name)
            if one.application and line.state not in _SETTLED and line.until is None:
                held.setdefault(one.application.id, line.milestone)
            lines.append(line)
        first = {line.contact: line for line in reversed(lines) if line.state is _S.DUE}
        first |= {line.contact: line for line in lines if line.state is _S.DUE and line.plan is None}
        return [
            _waits(line, f"after “{first[line.contact].milestone}”")
            if line.plan and line is not first[line.contact]
            else line
            for line in lines
        ]

    def _line(self, one: _Fired, held: Milestone | None) -> MilestoneLine:
        world = self._world
        contact = world.people.get(one.person)
        line = MilestoneLine(one.milestone, one.person, one.at, _S.WAITING)
        if one.application:
            line = replace(line, application=one.application.id)
        if contact:
            name = local_id(contact.id, one.milestone, line.application, one.again)
            line = replace(line, contact=contact.id, name=name)
            if standing := world.standings.get(name):
                return replace(
                    line,
                    at=standing.at,
                    state=standing.state,
                    insight_id=standing.insight_id,
                    reason=standing.reason,
                )
        if one.at < world.since:
            return replace(line, state=_S.SKIPPED, reason="from before the desk watched")
        if one.application and one.milestone is Milestone.ABANDONED:
            line = look_at(line, one.application, world, self.reads)
            if line.state is not _S.DUE:
                return line
        if contact is None:
            return self._of_nobody(line, one.application)
        if world.writer is Writer.VENDOR:
            return self._observed(line)
        if held is not None:
            return _waits(line, f"after “{held}”")
        return self._sendable(line, contact)

    def _of_nobody(self, line: MilestoneLine, application: ApplicationFacts | None) -> MilestoneLine:
        """A milestone of somebody who is no contact yet; of an application that tells no person, perhaps unread."""
        if application is None or application.person:
            return _waits(line, "not linked with a contact of Total Expert yet")
        return find_whose(line, application, self._world, self.reads)

    def _observed(self, line: MilestoneLine) -> MilestoneLine:
        """The vendors' integration sends: say whether it did."""
        found = self._of_its_type(line)
        if found is None:
            return replace(line, state=_S.OBSERVED, reason="the vendors' integration sends it")
        if not found:
            return replace(line, state=_S.OBSERVED, reason="the vendors' integration has not sent it")
        reason = "the vendors' integration sent it"
        return replace(line, state=_S.OBSERVED, insight_id=found[-1], reason=reason)

    def _of_its_type(self, line: MilestoneLine) -> list[str] | None:
        """Give the ids of the contact's insights of this milestone's type; None where they were not read."""
        held = self._world.insights.get(line.contact)
        types = self._types(self._world.map.rows[line.milestone])
        return None if held is None else [insight.id for insight in held if insight.type_id in types]

    def _sendable(self, line: MilestoneLine, contact: InsightContact) -> MilestoneLine:
        world, row = self._world, self._world.map.rows[line.milestone]
        if contact.id in world.paused:
            return _waits(line, "paused")
        types = self._types(row)
        if len(types) != 1:
            return _waits(line, _ask_for_type(row, len(types)))
        ref = insight_ref(world.workspace, line.name)
        for insight in world.insights.get(contact.id, ()):
            if ref in insight.refs:
                found = "found in Total Expert under its reference"
                return replace(line, state=_S.SENT, insight_id=insight.id, reason=found)
        doubts = dict(self._doubts(line, types[0], ref))
        for doubt, reason in doubts.items():
            if not world.approves(line.name, doubt, line.at):
                return replace(line, state=_S.NEEDS_YOU, doubt=doubt, reason=reason)
        ids = self._ids(line, row, contact, types[0])
        if isinstance(ids, MilestoneLine):
            return ids
        plan = make_plan(
            world.workspace,
            line.name,
            row,
            contact,
            ids,
            line.at,
            map_version=self._version,
            overrides=tuple(doubts if line.doubt is None else (line.doubt, *doubts)),
        )
        return replace(line, state=_S.DUE, reason="", plan=plan)

    def _doubts(self, line: MilestoneLine, type_id: str, ref: str) -> Iterator[tuple[Doubt, str]]:
        """Give what a person is to be asked before this is sent."""
        once = line.milestone in ONCE
        for insight in self._world.insights.get(line.contact, ()):
            if is_from_elsewhere(insight, type_id, ref, once=once):
                yield Doubt.ELSEWHERE, f"insight {insight.id} of this kind is there and is not ours"
                break
        ago = self._world.now - line.at
        if ago > self._world.map.rules.late:
            yield Doubt.LATE, f"it happened {ago / 3600:.0f} hours ago"

    def _ids(
        self, line: MilestoneLine, row: MilestoneMapRow, contact: InsightContact, type_id: str
    ) -> Ids | MilestoneLine:
        """Give the ids to send; a line that waits where the contact's owner has no such group."""
        groups: list[str | None] = []
        stays = self._started[contact.id] - {line.application}
        for group in (row.join, "" if stays else row.leave):
            id_ = self._world.groups.get((contact.owner, label_key(group))) if group else None
            if group and id_ is None:
                said = f"ask Total Expert for the group “{group}” of user {contact.owner}: there is none"
                return _waits(line, said)
            groups.append(id_)
        return Ids(type_id, *groups)

    def _types(self, row: MilestoneMapRow) -> tuple[str, ...]:
        return tuple(self._world.types.get(label_key(row.insight), ()))


def _waits(line: MilestoneLine, reason: str) -> MilestoneLine:
    return replace(line, state=_S.WAITING, reason=reason, plan=None)


def _ask_for_type(row: MilestoneMapRow, there: int) -> str:
    if there:
        return (
            f"Total Expert has {there} insight types “{row.insight}”; name the right one in the milestone map"
        )
    return f"ask Total Expert to add the insight type “{row.insight}”: there is none"


def _is_settled(line: MilestoneLine, world: MilestoneInputs) -> bool:
    """Say whether nothing more is to become of a line; of somebody who is no contact nothing will after `KEEP`."""
    if not line.name and world.now - line.at > KEEP:
        return True
    if line.state is _S.OBSERVED:
        return bool(line.insight_id) or world.now - line.at > world.map.rules.late
    return line.state in _SETTLED


def _rests(application: ApplicationFacts, world: MilestoneInputs) -> bool:
    """Say whether an application without open lines can be let go: submitted, or long untouched."""
    last = max(application.touched, application.closed, application.prompted)
    return bool(application.submitted) or world.now - last > KEEP
