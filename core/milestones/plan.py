"""From what was received to what is sent: every milestone with its state and its reason, each due one with a plan.

Pure: the facts and the gathered inputs go in, the lines come out. An insight can't be taken back. Every doubt therefore
ends in waiting or in a question to a person, never in sending.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from core.compare.keys import label_key
from core.milestones.calculations.waiting import waiting_lines
from core.milestones.candidates import candidates
from core.milestones.facts import KEEP, FactState
from core.milestones.inputs import (
    FINAL,
    PAUSED,
    Candidate,
    MilestoneInputs,
    MilestoneLine,
    Milestones,
    Writer,
)
from core.milestones.insight_plan import Ids, insight_ref, make_plan
from core.milestones.insights import InsightContact, is_from_elsewhere
from core.milestones.milestone_map import ONCE, Milestone, MilestoneId, MilestoneMapRow
from core.milestones.records import ApplicationFacts, Doubt, MilestoneState
from core.milestones.rounds import happenings, in_started
from core.push.plan import StatedConsent

_S = MilestoneState


def plan_milestones(facts: FactState, inputs: MilestoneInputs) -> Milestones:
    """Return where every open milestone stands, with a plan for each that is due.

    `inputs` must hold the readings and insights that `candidates` asks for; without them a milestone waits.
    """
    happened = happenings(facts, inputs)
    planner = _Planner(inputs, in_started(happened, inputs))
    lines = [*planner.lines(candidates(happened, inputs)), *waiting_lines(inputs)]
    left = [line for line in lines if not _is_settled(line, inputs)]
    busy = {line.application for line in left}
    waiting = {line.person for line in left if not line.application}
    return Milestones(
        tuple(lines),
        tuple(
            application.id
            for application in facts.applications.values()
            if application.id not in busy and _rests(application, inputs)
        ),
        tuple(person for person in facts.people if person not in waiting),
    )


class _Planner:
    """The inputs of one plan. `started` holds, by contact, the applications in progress that keep it in Started."""

    def __init__(self, inputs: MilestoneInputs, started: Mapping[str, Collection[str]]) -> None:
        self._inputs = inputs
        self._started = started
        self._version = inputs.map.version

    def lines(self, all_candidates: Iterator[Candidate]) -> list[MilestoneLine]:
        """Return a line for each candidate.

        Of one contact only the earliest can be sent, and none while another is on its way.
        """
        lines: list[MilestoneLine] = []
        held: dict[str, Milestone] = {}
        for candidate in all_candidates:
            line = self._line(candidate, held.get(candidate.line.application))
            if line.application and line.state not in FINAL:
                held.setdefault(line.application, line.milestone)
            lines.append(line)
        first = {line.contact: line for line in reversed(lines) if line.state is _S.DUE}
        first |= {line.contact: line for line in lines if line.state is _S.DUE and line.plan is None}
        return [
            _waits(line, f"after “{first[line.contact].milestone}”")
            if line.plan and line is not first[line.contact]
            else line
            for line in lines
        ]

    def _line(self, candidate: Candidate, held: Milestone | None) -> MilestoneLine:
        """Return the line of a candidate; `held` is an earlier milestone of the application that is still open."""
        line, contact = candidate.line, candidate.recipient
        if contact is None or line.id is None:
            return line
        if self._inputs.writer is Writer.VENDOR:
            return self._observed(line)
        if held is not None:
            return _waits(line, f"after “{held}”")
        return self._sendable(line, line.id, contact)

    def _observed(self, line: MilestoneLine) -> MilestoneLine:
        """Return a line that says whether the vendors' integration, which sends, has sent."""
        insights = self._inputs.insights.get(line.contact)
        if insights is None:
            return replace(line, state=_S.OBSERVED, reason="the vendors' integration sends it")
        types = self._inputs.types_of(line.milestone)
        sent = [insight.id for insight in insights if insight.type_id in types]
        if not sent:
            return replace(line, state=_S.OBSERVED, reason="the vendors' integration has not sent it")
        reason = "the vendors' integration sent it"
        return replace(line, state=_S.OBSERVED, insight_id=sent[-1], reason=reason)

    def _sendable(self, line: MilestoneLine, id_: MilestoneId, contact: InsightContact) -> MilestoneLine:
        """Return a due line with its plan, or the line with what speaks against sending it."""
        inputs, row = self._inputs, self._inputs.map.rows[line.milestone]
        if contact.id in inputs.paused:
            return _waits(line, PAUSED)
        types = inputs.types_of(line.milestone)
        if len(types) != 1:
            return _waits(line, _ask_for_type(row, len(types)))
        ref = insight_ref(inputs.workspace, id_)
        for insight in inputs.insights.get(contact.id, ()):
            if ref in insight.refs:
                reason = "found in Total Expert under its reference"
                return replace(line, state=_S.SENT, insight_id=insight.id, reason=reason)
        line = replace(line, consent=contact.consent, opt_outs=contact.opt_outs)
        doubts = dict(self._doubts(line, contact, types[0], ref))
        for doubt, reason in doubts.items():
            seen = contact.consent if doubt is Doubt.CONSENT else ""
            if not inputs.approves(id_, doubt, line.at, seen):
                return replace(line, state=_S.NEEDS_YOU, doubt=doubt, reason=reason)
        hours = inputs.hours
        if hours is not None and (opens := hours.opens(inputs.now, contact.state)) is not None:
            return replace(_waits(line, hours.outside(contact.state)), opens=opens)
        ids = self._ids(line, row, contact, types[0])
        if isinstance(ids, MilestoneLine):
            return ids
        plan = make_plan(
            inputs.workspace,
            id_,
            row,
            contact,
            ids,
            line.at,
            map_version=self._version,
            overrides=tuple(doubts if line.doubt is None else (line.doubt, *doubts)),
        )
        if contact.consent:
            by = inputs.approver(id_, Doubt.CONSENT) if Doubt.CONSENT in doubts else ""
            plan = replace(plan, consent=(StatedConsent(contact.id, contact.consent, by),))
        return replace(line, state=_S.DUE, plan=plan)

    def _doubts(
        self, line: MilestoneLine, contact: InsightContact, type_id: str, ref: str
    ) -> Iterator[tuple[Doubt, str]]:
        """Yield what a person is asked about before the milestone is sent, each with the reason."""
        if contact.silence:
            yield Doubt.CONSENT, f"opted out: {contact.silence}"
        once = line.milestone in ONCE
        for insight in self._inputs.insights.get(line.contact, ()):
            if is_from_elsewhere(insight, type_id, ref, once=once):
                yield Doubt.ELSEWHERE, f"insight {insight.id} of this kind is there and is not ours"
                break
        ago = self._inputs.now - line.at
        if ago > self._inputs.map.rules.late:
            yield Doubt.LATE, f"it happened {ago / 3600:.0f} hours ago"

    def _ids(
        self, line: MilestoneLine, row: MilestoneMapRow, contact: InsightContact, type_id: str
    ) -> Ids | MilestoneLine:
        """Return the ids to send, or a line that waits if the contact's owner has no such group.

        A contact that is in Started because of another application does not leave that group.
        """
        groups: list[str | None] = []
        others = {*self._started.get(contact.id, ())} - {line.application}
        for group in (row.join, "" if others else row.leave):
            id_ = self._inputs.groups.get((contact.owner, label_key(group))) if group else None
            if group and id_ is None:
                reason = f"no such group: ask Total Expert for “{group}” of user {contact.owner}"
                return _waits(line, reason)
            groups.append(id_)
        return Ids(type_id, *groups)


def _waits(line: MilestoneLine, reason: str) -> MilestoneLine:
    return replace(line, state=_S.WAITING, reason=reason, plan=None, doubt=None)


def _ask_for_type(row: MilestoneMapRow, count: int) -> str:
    """Return what to do if there are `count` insight types with the name, none or several."""
    if count:
        return f"{count} insight types “{row.insight}”: name the right one in the milestone map"
    return f"no such insight type: ask Total Expert to add “{row.insight}”"


def _is_settled(line: MilestoneLine, inputs: MilestoneInputs) -> bool:
    """Return True if nothing more becomes of a line. A line without a contact is settled after `KEEP` seconds.

    So is a line that is skipped: until then a person can take back a skip, and what is from before stays listed.
    """
    if not line.name and inputs.now - line.at > KEEP:
        return True
    if line.state is _S.SKIPPED:
        return inputs.now - line.at > KEEP
    if line.state is _S.OBSERVED:
        return bool(line.insight_id) or inputs.now - line.at > inputs.map.rules.late
    return line.state is _S.SENT


def _rests(application: ApplicationFacts, inputs: MilestoneInputs) -> bool:
    """Return True if an application without open lines can be forgotten: submitted, or untouched for `KEEP` seconds."""
    last = max(application.touched, application.closed, application.prompted)
    return bool(application.submitted) or inputs.now - last > KEEP
