"""What is gathered before a plan is what the systems and the book say now, and what it finds is written down once."""

from __future__ import annotations

import asyncio

import pytest

from core.automatic.quiet_start import QuietStart
from core.compare.keys import label_key
from core.errors import Unreachable
from core.milestones.events import ApplicationReading, EventKind, Unreadable
from core.milestones.facts import QUIET
from core.milestones.milestone_map import Milestone
from core.milestones.records import MilestoneState, SentMilestone
from tests.unit.core.milestones.live_systems import Office, true_now
from tests.unit.core.milestones.milestone_setup import ABANDONED, STARTED, TYPES
from tests.unit.core.milestones.test_use_cases import CONTACT, LINKED, begun, lines, lived, states, told

_S = MilestoneState


@lived
async def test_what_happened_before_the_desk_watched_is_not_sent(office: Office) -> None:
    await office.desk.look()
    told(office, EventKind.ACCOUNT, "B0", 60)
    line = lines(await office.desk.send(office.engine))[LINKED]
    assert (line.state, line.reason) == (_S.SKIPPED, "before brokerdesk watched")
    assert office.remote.sent == []


@lived
async def test_what_happened_before_the_first_sync_is_not_sent_and_what_happens_after_it_is(
    office: Office,
) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    await office.desk.take_in()
    await office.book.commit(QuietStart(true_now()))
    told(office, EventKind.ACCOUNT, "B1", -1)
    await asyncio.sleep(5)
    seen = await office.desk.look()
    found = {line.person: (line.state, line.reason) for line in seen.lines if line.milestone is LINKED}
    assert found == {"B0": (_S.SKIPPED, "from before the first sync"), "B1": (_S.DUE, "")}
    await office.desk.send(office.engine)
    assert len(office.remote.sent) == 1


@lived
async def test_what_is_from_before_the_first_sync_stays_listed(office: Office) -> None:
    told(office, EventKind.PARTNER, "B0", 60)
    await office.desk.take_in()
    await office.book.commit(QuietStart(true_now()))
    await asyncio.sleep(5)
    looks = [[line.person for line in (await office.desk.look()).lines] for _ in range(3)]
    assert looks == [["B0"]] * 3


@lived
async def test_a_clock_that_is_ahead_does_not_read_an_application_too_early(office: Office) -> None:
    """The first reading tells the desk that its clock is ten minutes ahead of the vendor's."""
    office.clock.ahead = 600.0
    begun(office, 60)
    told(office, EventKind.PROMPTED, "A1", 30)
    await office.desk.look()
    await office.restart()
    office.applications.reads.clear()
    await asyncio.sleep(QUIET - 360)
    line = lines(await office.desk.look())[ABANDONED]
    assert (line.reason, office.applications.reads) == ("waiting out the 90 minutes", [])
    assert line.until == pytest.approx(true_now() + 300 + 600, abs=1)


@lived
async def test_what_a_reading_tells_of_the_clock_counts_for_every_countdown_of_the_plan(
    office: Office,
) -> None:
    office.clock.ahead = 600.0
    begun(office, 60)
    told(office, EventKind.PROMPTED, "A1", 30)
    told(office, EventKind.BEGUN, "A2", 60, "B1")
    seen = await office.desk.look()
    (line,) = (line for line in seen.lines if line.milestone is ABANDONED and line.application == "A2")
    assert office.applications.reads == ["A1", "A2"]
    assert line.until == pytest.approx(true_now() - 60 + QUIET + 600, abs=1)


@lived
async def test_a_plan_is_made_at_the_moment_after_the_readings(office: Office) -> None:
    begun(office, 2 * QUIET)
    told(office, EventKind.PROMPTED, "A1", 30)
    read = office.applications.read

    async def slow(application: str) -> ApplicationReading | Unreadable:
        reading = await read(application)
        await asyncio.sleep(120)
        return reading

    office.applications.read = slow
    office.applications.truth = lambda name, at: ApplicationReading(
        name, at, at, at - 2 * QUIET, at - 600, person="B0"
    )
    line = lines(await office.desk.look())[ABANDONED]
    assert line.until == pytest.approx(true_now() + QUIET - 600, abs=1)


@lived
async def test_a_reading_that_is_the_first_to_name_the_borrower_finds_the_contact(office: Office) -> None:
    told(office, EventKind.BEGUN, "A1", 60)
    at = true_now() - 60
    office.applications.truth = lambda name, now: ApplicationReading(name, now, now, at, at, person="B0")
    office.applications.polls = False
    line = lines(await office.desk.look())[STARTED]
    assert (line.contact, line.state) == (CONTACT, _S.DUE)


@lived
async def test_a_system_that_cannot_be_reached_while_applications_are_read_says_so(office: Office) -> None:
    begun(office, 2 * QUIET)

    async def fail(application: str) -> ApplicationReading | Unreadable:
        if application == "A1":
            await asyncio.Event().wait()  # it is given up with the other
        raise Unreachable("unreachable", "SimpleNexus is down.")

    told(office, EventKind.BEGUN, "A2", 2 * QUIET, "B1")
    office.applications.read = fail
    with pytest.raises(Unreachable, match="SimpleNexus is down"):
        await office.desk.look()


@lived
async def test_how_a_sending_ended_is_written_down_once(office: Office) -> None:
    begun(office, 60)
    await office.desk.send(office.engine)
    (taken,) = await office.book.all(SentMilestone)
    ((_, insight),) = office.remote.held
    assert (taken.state, taken.insight_id, taken.over) == (_S.SENT, insight.id, True)
    before = office.book.touches
    assert states(await office.desk.look_again())[STARTED] is _S.SENT
    assert await office.book.all(SentMilestone) == [taken], "the record keeps the push that sent it"
    assert office.book.touches == before


@lived
async def test_a_desk_that_may_only_read_does_not_write_down_how_a_sending_ended(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    (due,) = (await office.desk.look()).due
    (push,) = await office.desk.begin([due.name], office.engine)
    await office.engine.run(push.push_id)
    await office.restart(keeps=False)
    before = office.book.touches
    assert states(await office.desk.look_again())[LINKED] is _S.SENT
    assert office.book.touches == before


@lived
async def test_a_desk_that_may_only_read_does_not_write_down_what_it_finds(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    await office.desk.send(office.engine)
    held = office.remote.held
    another = Office()
    another.remote.held = held
    await another.restart(keeps=False)
    told(another, EventKind.ACCOUNT, "B0", 60)
    assert states(await another.desk.look()) == {LINKED: _S.SENT}
    assert (another.book.touches, await another.book.all(SentMilestone)) == (0, [])


@lived
async def test_what_an_earlier_book_sent_is_written_down_once(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    await office.desk.send(office.engine)
    another = Office()
    another.remote.held = office.remote.held
    await another.restart()
    told(another, EventKind.ACCOUNT, "B0", 60)
    seen = await another.desk.look()
    (taken,) = await another.book.all(SentMilestone)
    assert (taken.name, taken.push_id, taken.over) == (lines(seen)[LINKED].name, "", True)
    before = another.book.touches
    await another.desk.look_again()
    assert another.book.touches == before


@lived
async def test_a_plan_stays_fresh_when_its_own_insight_is_there_already(office: Office) -> None:
    """The reply to the insight may be lost. The plan of the groups must not change because of it."""
    told(office, EventKind.ACCOUNT, "B0", 60)
    (due,) = (await office.desk.look()).due
    assert due.plan is not None
    office.remote.put(CONTACT, TYPES[label_key(LINKED)][0], due.plan.steps[0].body["data"]["description"])
    assert await office.desk.is_fresh(due.plan)


@lived
async def test_a_plan_is_not_fresh_when_an_insight_from_elsewhere_is_there(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    (due,) = (await office.desk.look()).due
    assert due.plan is not None
    office.remote.put(CONTACT, TYPES[label_key(Milestone.BORROWER_LINKED)][0])
    assert not await office.desk.is_fresh(due.plan)
