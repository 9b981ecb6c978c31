"""Which milestones have happened, by the facts and by what the book says was sent: round after round. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from core.milestones.facts import QUIET, FactState
from core.milestones.inputs import MilestoneInputs, MilestoneStanding
from core.milestones.insights import InsightContact
from core.milestones.milestone_map import Milestone, MilestoneId
from core.milestones.records import ApplicationFacts, MilestoneState, PersonFacts


class Happening(Struct, frozen=True):
    """A milestone that has happened, or that will happen if nothing changes.

    `contact` is None if the person is not linked. `at` is its time, `place` its place in the order: the time, but never
    before an earlier milestone of the same application. Both are seconds since 1970. `has_own_account` is False if
    brokerdesk made the account and nothing reported the person's first sign-in.
    """

    milestone: Milestone
    person: str
    contact: InsightContact | None
    at: float
    place: float
    application: ApplicationFacts | None = None
    round: int = 0
    has_own_account: bool = True

    @property
    def id(self) -> MilestoneId | None:
        """The identity; None if the person is not linked with a contact."""
        if self.contact is None:
            return None
        application = self.application.id if self.application is not None else ""
        return MilestoneId(self.contact.id, self.milestone, application, self.round)


def happenings(facts: FactState, inputs: MilestoneInputs) -> list[Happening]:
    """Return every milestone of every person and application, in order. A milestone that is off is included."""
    happened = [*_of_people(facts, inputs)]
    for application in facts.applications.values():
        happened += _of_application(application, inputs)
    return sorted(happened, key=lambda happening: happening.place)


def in_started(happened: list[Happening], inputs: MilestoneInputs) -> Mapping[str, set[str]]:
    """Return by contact the applications in progress for which the contact is in the group of Started."""
    applications: dict[str, set[str]] = {}
    for abandoned in happened:
        if abandoned.milestone is not Milestone.ABANDONED or inputs.standing(abandoned.id) is not None:
            continue  # an Abandoned with a standing has ended its round
        application, contact = abandoned.application, abandoned.contact
        if application is not None and contact is not None:
            started = _standing(application, Milestone.STARTED, abandoned.round, inputs)
            if started is not None and started.state is MilestoneState.SENT:
                applications.setdefault(contact.id, set()).add(application.id)
    return applications


def _of_people(facts: FactState, inputs: MilestoneInputs) -> Iterator[Happening]:
    for person in facts.people.values():
        contact = inputs.people.get(person.id)
        if not person.partner:  # a partner is not a borrower, whatever an event says
            yield from _borrower_linked(person, contact, inputs)
        for milestone, at in (
            (Milestone.PARTNER_LINKED, person.partner),
            (Milestone.RAN_CALCULATION, person.calculated),
        ):
            if at:
                yield Happening(milestone, person.id, contact, at, at)


def _borrower_linked(
    person: PersonFacts, contact: InsightContact | None, inputs: MilestoneInputs
) -> Iterator[Happening]:
    """Yield the Borrower Linked of a person with an account.

    An account counts from the moment when it was made, or when something first told of it. An account that the desk
    made, for a person who did nothing, counts from the first sign-in.
    """
    made_here = contact is not None and contact.id in inputs.made_here
    known = [at for at in (person.account, person.signed_in) if at]
    if known:
        at = person.signed_in if made_here and person.signed_in else min(known)
        own = bool(person.signed_in) or not made_here
        yield Happening(Milestone.BORROWER_LINKED, person.id, contact, at, at, has_own_account=own)


def _of_application(application: ApplicationFacts, inputs: MilestoneInputs) -> Iterator[Happening]:
    """Yield the milestones of one application.

    A round begins with Started. It ends with an Abandoned that the book has. The next round begins if the application
    changed after that Abandoned was sent, and if the operator's rules allow another round.
    """
    contact = inputs.people.get(application.person)

    def happening(milestone: Milestone, at: float, place: float, again: int) -> Happening:
        return Happening(milestone, application.person, contact, at, place, application, again)

    again, begun, place = 0, application.started, 0.0
    while True:
        if begun:
            place = max(place, begun)
            yield happening(Milestone.STARTED, begun, place, again)
        abandoned = _standing(application, Milestone.ABANDONED, again, inputs)
        if abandoned is None:
            break
        place = max(place, abandoned.at)
        yield happening(Milestone.ABANDONED, abandoned.at, place, again)
        sent = abandoned.state is MilestoneState.SENT
        resumed = sent and application.in_progress and application.touched > abandoned.at - QUIET
        if not (resumed and inputs.map.rules.started_again):
            break
        again, begun = again + 1, application.touched
    if application.submitted:
        yield happening(Milestone.SUBMITTED, application.submitted, max(place, application.submitted), 0)
    elif abandoned is None and application.in_progress:
        at = application.touched + QUIET
        yield happening(Milestone.ABANDONED, at, max(place, at), again)


def _standing(
    application: ApplicationFacts, milestone: Milestone, again: int, inputs: MilestoneInputs
) -> MilestoneStanding | None:
    contact = inputs.people.get(application.person)
    if contact is None:
        return None
    return inputs.standing(MilestoneId(contact.id, milestone, application.id, again))
