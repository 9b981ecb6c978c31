"""The six milestones as rules over what was received: facts that only ever grow, and what follows from them. Pure.

A fact is an earliest or a latest moment. To take the earlier or the later of two can be done in any order and as
often as one likes, so events that come twice, late or out of order lead to the same facts, and no list of the events
that were seen is kept. Whether an application is abandoned is no fact: it depends on the time, and is asked each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.milestones.events import EventKind, MilestoneEvent
from core.milestones.records import NEVER, ApplicationFacts, FinishedApplication, PersonFacts
from core.push.records import Record

QUIET: Final = 90 * 60.0
"""Seconds without a change after which an application in progress is abandoned (seed)."""
KEEP: Final = 30 * 86_400.0
"""Seconds that what is finished, or is no contact's, is remembered (ours). What was sent the book never forgets."""


class MilestoneRules(Struct, frozen=True, forbid_unknown_fields=True):
    """What the seed leaves open, with our defaults.

    `started_again`: an application that was abandoned and is changed again begins a new round, with a Started and
    perhaps an Abandoned of its own; no by default, since an insight can't be taken back. `late` is how many seconds
    after it happened a milestone is still sent without a person's word: its Journey speaks of today.
    """

    started_again: bool = False
    late: float = 72 * 3600.0


class FactState(Struct, frozen=True):
    """All that is remembered of what was received. Its mappings are never changed, only replaced."""

    applications: Mapping[str, ApplicationFacts] = {}
    people: Mapping[str, PersonFacts] = {}
    finished: Mapping[str, FinishedApplication] = {}


def fold(state: FactState, events: Iterable[MilestoneEvent]) -> FactState:
    """Give the state after events, in whatever order they come; the same events once more change nothing."""
    applications, people = dict(state.applications), dict(state.people)
    for event in events:
        if event.what in _OF_A_PERSON:
            person = people.get(event.subject) or PersonFacts(event.subject)
            people[event.subject] = after_person(person, event)
        elif event.subject not in state.finished:
            application = applications.get(event.subject) or ApplicationFacts(event.subject)
            applications[event.subject] = after(application, event)
    return FactState(applications, people, state.finished)


def after(application: ApplicationFacts, event: MilestoneEvent) -> ApplicationFacts:
    """Give what is known of an application once an event about it is."""
    name = str(event.what)
    if name == "begun":  # to begin it is to change it
        known = _earlier(application.begun, event.at)
        changed = max(application.changed, event.at)
        if known != application.begun or changed != application.changed:
            application = replace(application, begun=known, changed=changed)
    else:
        moment: float = getattr(application, name)
        known = _earlier(moment, event.at) if event.what in _EARLIEST else max(moment, event.at)
        if known != moment:
            application = replace(application, **{name: known})
    if event.person and (event.at, event.person) > (application.told, application.person):
        application = replace(application, person=event.person, told=event.at)
    return application


def after_person(person: PersonFacts, event: MilestoneEvent) -> PersonFacts:
    """Give what is known of a person once an event about him is."""
    name = str(event.what)
    moment: float = getattr(person, name)
    known = _earlier(moment, event.at)
    return person if known == moment else replace(person, **{name: known})


def settle_down(
    state: FactState, applications: Iterable[str], people: Iterable[str], now: float
) -> FactState:
    """Forget what there is nothing left to do about, but for the ids of submitted applications, kept for `KEEP`.

    `now` is seconds since 1970.
    """
    open_, known = dict(state.applications), dict(state.people)
    finished = {id_: one for id_, one in state.finished.items() if now - one.at <= KEEP}
    for id_ in applications:
        gone = open_.pop(id_, None)
        if gone is not None and gone.submitted:
            finished[id_] = FinishedApplication(id_, now)
    for id_ in people:
        known.pop(id_, None)
    return FactState(open_, known, finished)


Dropped = tuple[type[Record], str]


def changes(before: FactState, now: FactState) -> tuple[list[Record], list[Dropped]]:
    """Give the records to write and those to remove so that a book which holds `before` holds `now`."""
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
    """Give the state that a book's records hold."""
    return FactState(
        {one.id: one for one in applications},
        {one.id: one for one in people},
        {one.id: one for one in finished},
    )


_OF_A_PERSON: Final = frozenset({EventKind.ACCOUNT, EventKind.PARTNER, EventKind.CALCULATED})
_EARLIEST: Final = frozenset({EventKind.MADE, EventKind.SUBMITTED})


def _earlier(known: float, told: float) -> float:
    return told if known == NEVER else min(known, told)
