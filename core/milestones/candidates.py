"""What the book, the clocks and the readings say of each milestone, and what has to be read before a plan. Pure.

A plan needs the applications to be read again, and then the insights of the contacts that may get one. These
functions say which, so that everything is gathered before the one plan is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from core.automatic.quiet_start import BEFORE_FIRST_SYNC
from core.milestones.abandonment import find_borrower, judge_abandoned, judge_reported
from core.milestones.facts import FactState
from core.milestones.inputs import FINAL, Candidate, MilestoneInputs, MilestoneLine, Writer
from core.milestones.milestone_map import Milestone, MilestoneId
from core.milestones.records import Doubt, MilestoneState
from core.milestones.rounds import Happening, happenings

_S = MilestoneState
ONLY_THE_BOOKS_LINKS: Final = (
    "The contacts were not read on this computer in the last 7 days. Until Contacts or brokerdesk match reads them, "
    "people who are linked only in SimpleNexus or Total Expert count as not linked."
)
"""What to say while somebody counts as not linked and only the links of the book are known."""
LINK_ASKS: Final = "its contact is gone or has another owner: decide in Contacts where the link goes"


def candidates(happened: list[Happening], inputs: MilestoneInputs) -> Iterator[Candidate]:
    """Yield a candidate for each milestone that is not off, in the given order; each milestone once.

    Two people of SimpleNexus may be linked with one contact. The contact's milestone is then that of the first.
    """
    seen: set[str] = set()
    for happening in happened:
        if inputs.map.rows[happening.milestone].off:
            continue
        candidate = _candidate(happening, inputs)
        name = candidate.line.name
        if name and name in seen:
            continue
        seen.add(name)
        yield candidate


def applications_to_read(facts: FactState, inputs: MilestoneInputs) -> tuple[str, ...]:
    """Return the ids of the applications to read before a plan, each once; `inputs` has no readings yet.

    An application is read if SimpleNexus calls it abandoned, if its 90 minutes are over, if nobody knows whose it is,
    or if nothing but an event says that it was begun or submitted.
    """
    prompted = [
        application.id
        for application in facts.applications.values()
        if application.prompted > application.looked
    ]
    wanted = [
        candidate.line.application
        for candidate in candidates(happenings(facts, inputs), inputs)
        if candidate.wants_reading
    ]
    return tuple(dict.fromkeys((*prompted, *wanted)))


def insights_to_read(facts: FactState, inputs: MilestoneInputs) -> dict[str, frozenset[str]]:
    """Return the insights that a plan needs: for each contact the ids of the types. `inputs` has the readings already.

    These are the contacts for which a milestone can be sent if their insights allow it, or is watched.
    """
    types: dict[str, set[str]] = {}
    held: set[str] = set()
    for candidate in candidates(happenings(facts, inputs), inputs):
        line, contact = candidate.line, candidate.recipient
        if contact is not None and (
            inputs.writer is Writer.VENDOR or (line.application not in held and _can_be_sent(line, inputs))
        ):
            types.setdefault(contact.id, set()).update(inputs.types_of(line.milestone))
        if line.application and line.state not in FINAL:
            held.add(line.application)
    return {contact: frozenset(ids) for contact, ids in types.items()}


def _can_be_sent(line: MilestoneLine, inputs: MilestoneInputs) -> bool:
    return line.contact not in inputs.paused and len(inputs.types_of(line.milestone)) == 1


def _from_before(happening: Happening, inputs: MilestoneInputs) -> str:
    """Return why a milestone is from before, so that it is never sent; "" if it is not, or has not happened yet.

    An application that nobody touched since the first sync is from before, however late it counts as abandoned; but
    not if the desk sent its Started, because then the contact has to leave that group. An account that the desk made is
    its own work, and waits for its person's first sign-in, whenever the desk began to watch.
    """
    if not happening.has_own_account or happening.at + inputs.ahead > inputs.now:
        return ""
    if happening.at < inputs.since:
        return "before brokerdesk watched"
    application, contact = happening.application, happening.contact
    if happening.milestone is not Milestone.ABANDONED or application is None:
        return BEFORE_FIRST_SYNC if happening.at < inputs.first_sync else ""
    if contact is not None:
        started = MilestoneId(contact.id, Milestone.STARTED, application.id, happening.round)
        if inputs.standing(started) is not None:
            return ""
    return BEFORE_FIRST_SYNC if application.touched < inputs.first_sync else ""


def _candidate(happening: Happening, inputs: MilestoneInputs) -> Candidate:
    contact, application = happening.contact, happening.application
    line = MilestoneLine(
        happening.milestone,
        happening.person,
        happening.at,
        _S.WAITING,
        contact=contact.id if contact is not None else "",
        application=application.id if application is not None else "",
        id=happening.id,
    )
    if standing := inputs.standing(happening.id):
        return Candidate(
            replace(
                line,
                at=standing.at,
                state=standing.state,
                insight_id=standing.insight_id,
                reason=standing.reason,
                skipped_by=standing.skipped_by,
            )
        )
    if reason := _from_before(happening, inputs):
        return Candidate(replace(line, state=_S.SKIPPED, reason=reason))
    if contact is not None and contact.asks:
        return Candidate(replace(line, reason=LINK_ASKS))
    candidate = Candidate(line, recipient=contact)
    if not happening.has_own_account and inputs.writer is Writer.DESK:
        return _without_own_account(candidate, inputs)
    if application is not None and happening.milestone is Milestone.ABANDONED:
        candidate = judge_abandoned(line, application, contact, inputs)
        if candidate.line.state is not _S.DUE:
            return candidate
    if contact is None:
        waits = replace(candidate.line, state=_S.WAITING)
        if application is None or application.person:
            return Candidate(replace(waits, reason="not linked with a contact of Total Expert yet"))
        return find_borrower(waits, application, inputs)
    return candidate if application is None else judge_reported(candidate, application, inputs)


def _without_own_account(candidate: Candidate, inputs: MilestoneInputs) -> Candidate:
    """Return the candidate of an account that the desk made and that no sign-in was reported of.

    A person can decide that the account counts. Where webhooks are set up, the first sign-in will be reported.
    """
    line = replace(candidate.line, doubt=Doubt.NOT_SIGNED_IN)
    if inputs.approves(line.id, Doubt.NOT_SIGNED_IN, line.at):
        return replace(candidate, line=line)
    reason = "brokerdesk made the account; it counts from the person's first sign-in"
    if inputs.hears_sign_ins:
        return Candidate(replace(line, reason=reason))
    reason = f"{reason}, and no webhook reports it"
    return Candidate(replace(line, state=_S.NEEDS_YOU, reason=reason))
