"""An event proves nothing: a test event names any record. What can't be read, or says otherwise, is not sent."""

from __future__ import annotations

from core.compare.keys import label_key
from core.milestones.events import ApplicationReading, EventKind
from core.milestones.records import Doubt, MilestoneState
from tests.unit.core.milestones.live_systems import Office, true_now
from tests.unit.core.milestones.milestone_setup import ABANDONED, STARTED, SUBMITTED
from tests.unit.core.milestones.test_use_cases import begun, lines, lived, sent, submitted, told

_S = MilestoneState
OF_APPLICATIONS = (
    EventKind.BEGUN,
    EventKind.CHANGED,
    EventKind.IMPORTED,
    EventKind.SUBMITTED,
    EventKind.PROMPTED,
)
"""The events of an application that a webhook brings."""
OF_PEOPLE = (EventKind.ACCOUNT, EventKind.SIGNED_IN, EventKind.PARTNER)


@lived
async def test_an_event_about_an_application_that_is_not_there_sends_nothing(office: Office) -> None:
    for what in OF_APPLICATIONS:
        told(office, what, f"A-{what}", 60)
        told(office, what, f"B-{what}", 60, "B0")  # as if somebody had said whose it is
    seen = await office.desk.send(office.engine)
    assert (sent(office), seen.due) == ([], ())


@lived
async def test_an_event_about_an_application_that_can_not_be_read_sends_nothing(office: Office) -> None:
    office.applications.readable = False
    for what in OF_APPLICATIONS:
        told(office, what, f"A-{what}", 60)
        told(office, what, f"B-{what}", 60, "B0")
    seen = await office.desk.send(office.engine)
    assert (sent(office), seen.due) == ([], ())


@lived
async def test_an_event_about_somebody_who_is_not_linked_sends_nothing(office: Office) -> None:
    for what in OF_PEOPLE:
        told(office, what, "00000000-0000-0000-0000-000000000000", 60)
    seen = await office.desk.send(office.engine)
    assert (sent(office), seen.due) == ([], ())


@lived
async def test_a_submission_that_the_application_does_not_confirm_waits_and_is_sent_once_it_does(
    office: Office,
) -> None:
    begun(office, 600)
    await office.desk.send(office.engine)
    assert sent(office) == [label_key(STARTED)]
    told(office, EventKind.SUBMITTED, "A1", 30)  # the application itself stays as it was
    line = lines(await office.desk.send(office.engine))[SUBMITTED]
    assert (line.state, line.reason) == (_S.WAITING, "SimpleNexus does not call the application submitted")
    assert sent(office) == [label_key(STARTED)]
    submitted(office, 20)
    assert lines(await office.desk.send(office.engine))[SUBMITTED].state is _S.SENT


@lived
async def test_a_person_may_send_a_started_although_the_application_can_not_be_read(office: Office) -> None:
    office.applications.readable = False
    told(office, EventKind.BEGUN, "A1", 600, "B0")
    line = lines(await office.desk.send(office.engine))[STARTED]
    assert (line.state, line.doubt) == (_S.NEEDS_YOU, Doubt.UNREADABLE)
    await office.desk.approve(line.name)
    await office.desk.send(office.engine)
    assert sent(office) == [label_key(STARTED)]


@lived
async def test_a_person_may_send_a_submitted_although_the_application_can_not_be_read(office: Office) -> None:
    begun(office, 600)
    await office.desk.send(office.engine)
    office.applications.readable = False
    told(office, EventKind.SUBMITTED, "A1", 30, "B0")
    line = lines(await office.desk.send(office.engine))[SUBMITTED]
    assert (line.state, line.doubt) == (_S.NEEDS_YOU, Doubt.UNREADABLE)
    await office.desk.approve(line.name)
    await office.desk.send(office.engine)
    assert sent(office) == [label_key(STARTED), label_key(SUBMITTED)]


@lived
async def test_an_application_that_is_gone_is_neither_started_nor_abandoned(office: Office) -> None:
    begun(office, 600)
    await office.desk.look()
    office.applications.truth = lambda name, at: ApplicationReading(name, at, at, gone=True)
    told(office, EventKind.SUBMITTED, "A1", 30)
    seen = lines(await office.desk.send(office.engine))
    assert sent(office) == []
    assert seen[STARTED].reason == "SimpleNexus has no such application"
    assert ABANDONED not in seen or seen[ABANDONED].state is not _S.SENT


@lived
async def test_an_application_is_read_once_for_its_beginning_and_not_at_every_look(office: Office) -> None:
    told(office, EventKind.BEGUN, "A1", 600, "B0")
    at = true_now() - 600
    office.applications.truth = lambda name, now: ApplicationReading(name, now, now, at, at, person="B0")
    for _ in range(3):
        await office.desk.look()
    assert office.applications.reads == ["A1"]
