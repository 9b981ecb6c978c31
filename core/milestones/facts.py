"""The facts about people and applications, folded from events. Pure.

A fact is the earliest or the latest time of an event. Events may come twice, late or out of order, and lead to the same
facts. No list of seen events is kept. Whether an application is abandoned is not a fact: it depends on the time and is
asked each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from core.milestones.events import EventKind, MilestoneEvent
from core.milestones.records import NEVER, ApplicationFacts, FinishedApplication, PersonFacts
from core.push.records import Record

QUIET: Final = 90 * 60.0
"""Seconds without a change after which an application in progress is abandoned, as SimpleNexus defines it."""
KEEP: Final = 30 * 86_400.0
"""Seconds for which the desk remembers what is finished, or belongs to no contact. The number is ours.

The book never forgets what was sent.
"""


class FactState(Struct, frozen=True):
    """All facts, by id. The mappings are never changed, only replaced."""

    applications: Mapping[str, ApplicationFacts] = {}
    people: Mapping[str, PersonFacts] = {}
    finished: Mapping[str, FinishedApplication] = {}


def fold(state: FactState, events: Iterable[MilestoneEvent]) -> FactState:
    """Return the state after events, in whatever order they come. The same events again change nothing."""
    applications, people = dict(state.applications), dict(state.people)
    for event in events:
        match event.what:
            case EventKind.ACCOUNT | EventKind.PARTNER | EventKind.CALCULATED | EventKind.SIGNED_IN as what:
                person = people.get(event.subject) or PersonFacts(event.subject)
                people[event.subject] = _person_after(person, what, event.at)
            case (
                EventKind.BEGUN
                | EventKind.MADE
                | EventKind.IMPORTED
                | EventKind.CHANGED
                | EventKind.SUBMITTED
                | EventKind.PROMPTED
                | EventKind.LOOKED
                | EventKind.CLOSED as what
            ):
                if event.subject in state.finished:
                    continue
                application = applications.get(event.subject) or ApplicationFacts(event.subject)
                application = _application_after(application, what, event.at)
                applications[event.subject] = _with_borrower(application, event)
    return FactState(applications, people, state.finished)


_PersonEvent: TypeAlias = Literal[
    EventKind.ACCOUNT, EventKind.PARTNER, EventKind.CALCULATED, EventKind.SIGNED_IN
]
_ApplicationEvent: TypeAlias = Literal[
    EventKind.BEGUN,
    EventKind.MADE,
    EventKind.IMPORTED,
    EventKind.CHANGED,
    EventKind.SUBMITTED,
    EventKind.PROMPTED,
    EventKind.LOOKED,
    EventKind.CLOSED,
]


def _person_after(person: PersonFacts, what: _PersonEvent, at: float) -> PersonFacts:
    """Return what is known of a person after an event at `at`. Returns `person` itself if the event is not news."""
    match what:
        case EventKind.ACCOUNT:
            account = _earlier(person.account, at)
            return person if account == person.account else replace(person, account=account)
        case EventKind.PARTNER:
            partner = _earlier(person.partner, at)
            return person if partner == person.partner else replace(person, partner=partner)
        case EventKind.CALCULATED:
            calculated = _earlier(person.calculated, at)
            return person if calculated == person.calculated else replace(person, calculated=calculated)
        case EventKind.SIGNED_IN:
            signed_in = _earlier(person.signed_in, at)
            return person if signed_in == person.signed_in else replace(person, signed_in=signed_in)


def _application_after(application: ApplicationFacts, what: _ApplicationEvent, at: float) -> ApplicationFacts:
    """Return what is known of an application after an event at `at`.

    `begun`, `made` and `submitted` keep the earliest time, the others the latest. Returns `application` itself if the
    event is not news, so that nothing is written for it.
    """
    match what:
        case EventKind.BEGUN:  # the beginning is also a change
            begun, changed = _earlier(application.begun, at), max(application.changed, at)
            known = (application.begun, application.changed)
            return (
                application
                if (begun, changed) == known
                else replace(application, begun=begun, changed=changed)
            )
        case EventKind.MADE:
            made = _earlier(application.made, at)
            return application if made == application.made else replace(application, made=made)
        case EventKind.SUBMITTED:
            submitted = _earlier(application.submitted, at)
            return (
                application
                if submitted == application.submitted
                else replace(application, submitted=submitted)
            )
        case EventKind.IMPORTED:
            return application if at <= application.imported else replace(application, imported=at)
        case EventKind.CHANGED:
            return application if at <= application.changed else replace(application, changed=at)
        case EventKind.PROMPTED:
            return application if at <= application.prompted else replace(application, prompted=at)
        case EventKind.LOOKED:
            return application if at <= application.looked else replace(application, looked=at)
        case EventKind.CLOSED:
            return application if at <= application.closed else replace(application, closed=at)


def _with_borrower(application: ApplicationFacts, event: MilestoneEvent) -> ApplicationFacts:
    """Return an application with the borrower that the latest event names. At the same time the greater id wins."""
    if event.person and (event.at, event.person) > (application.told, application.person):
        return replace(application, person=event.person, told=event.at)
    return application


def _earlier(known: float, at: float) -> float:
    return at if known == NEVER else min(known, at)


def settle_down(
    state: FactState, applications: Iterable[str], people: Iterable[str], now: float
) -> FactState:
    """Return the state without the given applications and people, for which nothing is left to do.

    The ids of submitted applications are kept for `KEEP` seconds. `now` is seconds since 1970.
    """
    open_, known = dict(state.applications), dict(state.people)
    finished = {id_: record for id_, record in state.finished.items() if now - record.at <= KEEP}
    for id_ in applications:
        application = open_.pop(id_, None)
        if application is not None and application.submitted:
            finished[id_] = FinishedApplication(id_, now)
    for id_ in people:
        known.pop(id_, None)
    return FactState(open_, known, finished)


Dropped = tuple[type[Record], str]


def changes(before: FactState, now: FactState) -> tuple[list[Record], list[Dropped]]:
    """Return the records to write and the keys to remove, so that a book with `before` then holds `now`.

    A key is a pair: the kind of the record and its key.
    """
    put: list[Record] = []
    drop: list[Dropped] = []
    for old, new in (
        (before.applications, now.applications),
        (before.people, now.people),
        (before.finished, now.finished),
    ):
        put += [record for key, record in new.items() if old.get(key) is not record]
        drop += [(type(record), key) for key, record in old.items() if key not in new]
    return put, drop


def recall(
    applications: Iterable[ApplicationFacts],
    people: Iterable[PersonFacts],
    finished: Iterable[FinishedApplication],
) -> FactState:
    """Return the state that a book's records hold."""
    return FactState(
        {application.id: application for application in applications},
        {person.id: person for person in people},
        {record.id: record for record in finished},
    )
