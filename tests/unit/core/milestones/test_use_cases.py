"""The milestones' use cases over the real engine: what a person decides, what a crash leaves, what is never done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from functools import wraps
from typing import Any

import pytest
from msgspec.structs import replace

from core.compare.keys import label_key
from core.errors import DeskError, Unreachable
from core.milestones.events import ApplicationReading, EventKind, MilestoneEvent
from core.milestones.facts import QUIET
from core.milestones.inputs import MilestoneLine
from core.milestones.insights import Insight
from core.milestones.milestone_map import Milestone
from core.milestones.records import Doubt, MilestoneState, SentMilestone
from core.milestones.use_cases import Overview
from core.push.ports import Applied, Outcome, Refused, Request
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState
from core.receipts.careful_start import CarefulStart
from tests.unit.core.milestones.live_systems import Office, Stop, play, true_now
from tests.unit.core.milestones.milestone_setup import ABANDONED, STARTED, SUBMITTED, TYPES, event

LINKED = Milestone.BORROWER_LINKED
CONTACT = "9000"
_S = MilestoneState


def lived(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a plain test of one that lives on the virtual loop; it gets an office that is open."""

    @wraps(test)
    def run(**named: Any) -> None:
        async def story() -> None:
            office = Office()
            await office.restart()
            await test(office, **named)

        play(story())

    del run.__wrapped__  # type: ignore[attr-defined]  # pytest would take `office` for a fixture
    return run


def told(office: Office, what: EventKind, subject: str, ago: float, person: str = "") -> None:
    """Let the listener hear of something that happened `ago` seconds ago."""
    office.inbox.held.append(event(what, subject, true_now() - ago, person))


def begun(office: Office, ago: float, application: str = "A1", person: str = "B0") -> None:
    """Let an application have been begun and left alone since."""
    at = true_now() - ago
    told(office, EventKind.BEGUN, application, ago, person)
    office.applications.truth = lambda name, now: ApplicationReading(name, now, now, at, at, person=person)


def submitted(office: Office, ago: float, application: str = "A1") -> None:
    """Let an application have been submitted, and be heard of by a webhook."""
    told(office, EventKind.SUBMITTED, application, ago)
    truth = office.applications.truth

    def now_submitted(name: str, at: float) -> ApplicationReading:
        return replace(truth(name, at), changed=true_now() - ago, submitted=True)

    office.applications.truth = now_submitted


def lines(seen: Overview) -> dict[Milestone, MilestoneLine]:
    return {line.milestone: line for line in seen.lines}


def states(seen: Overview) -> dict[Milestone, MilestoneState]:
    return {line.milestone: line.state for line in seen.lines}


def sent(office: Office) -> list[str]:
    names = {ids[0]: name for name, ids in TYPES.items()}
    return [names[one.type_id] for _, one in office.remote.held]


@lived
async def test_what_was_received_is_folded_once_and_kept(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    assert states(await office.desk.look()) == {LINKED: _S.DUE}
    assert (office.inbox.held, office.inbox.drops) == ([], 1)
    await office.restart()
    assert states(await office.desk.look()) == {LINKED: _S.DUE}
    told(office, EventKind.ACCOUNT, "B0", 60)
    before = office.book.touches
    await office.desk.take_in(poll=False)
    assert office.book.touches == before, "what came twice is no news"


@lived
async def test_a_crash_before_the_inbox_lets_go_gives_the_same_events_again(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    begun(office, 60)
    held = list(office.inbox.held)
    await office.desk.send(office.engine)
    await office.restart()
    office.inbox.held = held
    await office.desk.send(office.engine)
    assert sent(office) == [label_key(LINKED), label_key(STARTED)]


def test_a_desk_that_dies_at_any_moment_of_a_sending_sends_all_of_it_once() -> None:
    async def story(dies_at: int) -> bool:
        office = Office()
        await office.restart()
        told(office, EventKind.ACCOUNT, "B0", 3 * QUIET)
        begun(office, 2 * QUIET)
        office.book.live_again(dies_at)
        try:
            await office.desk.send(office.engine)
            return False
        except Stop:
            await office.die()
        office.book.live_again()
        await office.restart()
        seen = await office.desk.send(office.engine)
        assert sent(office) == [label_key(LINKED), label_key(STARTED), label_key(ABANDONED)], dies_at
        assert office.remote.started == set()
        assert set(states(seen).values()) == {_S.SENT}
        return True

    died: list[bool] = []

    async def stories() -> None:
        while not died or died[-1]:
            died.append(await story(len(died) + 1))

    play(stories())
    assert len(died) > 40


@lived
async def test_the_vendors_integration_is_watched_and_never_joined(office: Office) -> None:
    office = Office(writer="vendor")
    await office.restart()
    told(office, EventKind.ACCOUNT, "B0", 60)
    told(office, EventKind.ACCOUNT, "B1", 60)
    insight = office.remote.put(CONTACT, TYPES[label_key(LINKED)][0])
    seen = await office.desk.send(office.engine)
    found = {line.contact: (line.state, line.insight_id, line.reason) for line in seen.lines}
    assert found == {
        CONTACT: (_S.OBSERVED, insight, "the vendors' integration sent it"),
        "9001": (_S.OBSERVED, "", "the vendors' integration has not sent it"),
    }
    assert not office.remote.sent


@lived
async def test_what_an_earlier_book_sent_is_found_and_stands(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    await office.desk.send(office.engine)
    held, writes = office.remote.held, len(office.remote.sent)
    office = Office()
    office.remote.held = held
    await office.restart()
    told(office, EventKind.ACCOUNT, "B0", 60)
    seen = await office.desk.send(office.engine)
    assert (states(seen), writes, office.remote.sent) == ({LINKED: _S.SENT}, 1, [])
    assert lines(seen)[LINKED].insight_id == held[0][1].id
    office.remote.held = []
    told(office, EventKind.ACCOUNT, "B0", 60)
    assert states(await office.desk.send(office.engine)) == {LINKED: _S.SENT}
    assert not office.remote.sent


@lived
async def test_an_application_that_is_changed_before_the_send_is_not_abandoned(office: Office) -> None:
    begun(office, 2 * QUIET)
    seen = await office.desk.send(office.engine, [line.name for line in (await office.desk.look()).due])
    assert sent(office) == [label_key(STARTED)]
    (due,) = seen.due
    now = true_now()
    office.applications.truth = lambda name, at: ApplicationReading(
        name, at, at, now - 2 * QUIET, now - 60, person="B0"
    )
    (push,) = await office.desk.begin([due.name], office.engine)
    push = await office.engine.run(push.push_id)
    assert (push.state, push.reason) == (PushState.REFUSED, "plan-changed")
    assert sent(office) == [label_key(STARTED)]
    line = lines(await office.desk.look())[ABANDONED]
    assert (line.state, line.reason) == (_S.WAITING, "waiting out the 90 minutes")
    await asyncio.sleep(QUIET)
    await office.desk.send(office.engine)
    assert sent(office) == [label_key(STARTED), label_key(ABANDONED)]


@lived
async def test_a_person_may_send_what_can_not_be_read_again_as_it_was_then_and_no_other(
    office: Office,
) -> None:
    begun(office, 2 * QUIET)
    await office.desk.look()  # read once, so that Started is no mere word of an event
    office.applications.readable = False
    line = lines(await office.desk.send(office.engine))[ABANDONED]
    assert (line.state, line.doubt) == (_S.NEEDS_YOU, Doubt.UNREADABLE)
    await office.desk.approve(line.name)
    told(office, EventKind.CHANGED, "A1", QUIET + 60)
    again = lines(await office.desk.send(office.engine))[ABANDONED]
    assert (again.state, sent(office)) == (_S.NEEDS_YOU, [label_key(STARTED)])
    seen = await office.desk.approve(again.name)
    assert [one.milestone for one in seen.due] == [ABANDONED]
    await office.desk.send(office.engine)
    assert sent(office) == [label_key(STARTED), label_key(ABANDONED)]


@lived
async def test_one_of_its_kind_from_elsewhere_waits_for_a_persons_word(office: Office) -> None:
    office.remote.put(CONTACT, TYPES[label_key(LINKED)][0])
    told(office, EventKind.ACCOUNT, "B0", 60)
    line = lines(await office.desk.send(office.engine))[LINKED]
    assert (line.state, line.doubt, len(office.remote.held)) == (_S.NEEDS_YOU, Doubt.ELSEWHERE, 1)
    await office.desk.approve(line.name)
    assert states(await office.desk.send(office.engine)) == {LINKED: _S.SENT}
    assert len(office.remote.held) == 2
    with pytest.raises(DeskError, match="does not wait for that answer"):
        await office.desk.approve(line.name)


@lived
async def test_what_is_skipped_is_never_sent_and_says_why(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    begun(office, 60)
    name = lines(await office.desk.look())[LINKED].name
    with pytest.raises(DeskError, match="with a reason"):
        await office.desk.skip(name, "  ")
    await office.desk.skip(name, "told him on the phone")
    await office.restart()
    seen = await office.desk.send(office.engine)
    assert sent(office) == [label_key(STARTED)]
    line = lines(seen)[LINKED]
    assert (line.state, line.reason) == (_S.SKIPPED, "told him on the phone (m.hale skipped it)")
    with pytest.raises(DeskError, match="sent or settled already"):
        await office.desk.skip(lines(seen)[STARTED].name, "too late")
    with pytest.raises(DeskError, match="no milestone"):
        await office.desk.skip("nobody", "why")


@lived
async def test_nothing_of_a_paused_contact_is_sent_not_even_what_was_begun(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    (due,) = (await office.desk.look()).due
    (push,) = await office.desk.begin([due.name], office.engine)
    seen = await office.desk.pause(CONTACT)
    assert seen.paused == {CONTACT}
    push = await office.engine.run(push.push_id)
    assert push.reason == "plan-changed"
    assert lines(await office.desk.send(office.engine))[LINKED].reason == "paused"
    await office.desk.unpause(CONTACT)
    assert states(await office.desk.send(office.engine)) == {LINKED: _S.SENT}


@lived
async def test_a_refused_insight_needs_a_person_who_may_send_it_again(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    carry_out = office.remote.send

    async def refuse(request: Request) -> Outcome:
        return Refused("refused")

    office.remote.send = refuse
    line = lines(await office.desk.send(office.engine))[LINKED]
    assert line.state is _S.NEEDS_YOU
    assert line.reason.endswith("decide it in Activity (4)")
    office.remote.send = carry_out
    assert not (await office.desk.send(office.engine)).due
    (taken,) = await office.book.all(SentMilestone)
    await office.engine.decide(taken.push_id, 0, Resolution(Choice.AGAIN))
    assert states(await office.desk.look()) == {LINKED: _S.SENT}
    assert sent(office) == [label_key(LINKED)]


@lived
async def test_what_comes_next_waits_until_the_groups_are_right(office: Office) -> None:
    begun(office, 2 * QUIET)
    carry_out, down = office.remote.send, [True]

    async def without_groups(request: Request) -> Outcome:
        outcome = await carry_out(request)
        if isinstance(outcome, Applied) and len(office.remote.held) == 1 and down[0]:
            office.engine._driver.stopping = True  # the operator quits here
        return outcome

    office.remote.send = without_groups
    seen = await office.desk.send(office.engine)
    assert lines(seen)[STARTED].reason.startswith("sent; its groups are on their way")
    assert lines(seen)[ABANDONED].reason == f"after “{STARTED}”"
    down[0] = False
    await office.restart()
    assert set(states(await office.desk.send(office.engine)).values()) == {_S.SENT}
    assert (sent(office), office.remote.started) == ([label_key(STARTED), label_key(ABANDONED)], set())


@lived
async def test_a_desk_that_may_only_read_writes_nothing_and_lets_the_inbox_be(office: Office) -> None:
    await office.desk.look()
    await asyncio.sleep(120)
    await office.restart(keeps=False)
    told(office, EventKind.ACCOUNT, "B0", 60)
    before = office.book.touches
    assert states(await office.desk.look()) == {LINKED: _S.DUE}
    assert (office.book.touches, len(office.inbox.held)) == (before, 1)


@lived
async def test_a_tick_looks_again_only_where_something_calls_for_it(office: Office) -> None:
    begun(office, 60)
    first = await office.desk.tick()
    await asyncio.sleep(60)
    assert await office.desk.tick() is first
    told(office, EventKind.CHANGED, "A1", 1)
    second = await office.desk.tick()
    assert second is not first
    until = lines(second)[ABANDONED].until
    assert until is not None
    assert until == pytest.approx(true_now() - 1 + QUIET)
    for _ in range(100):
        await asyncio.sleep(60)
        seen = await office.desk.tick()
    assert lines(seen)[STARTED].state is _S.DUE
    assert office.applications.reads.count("A1") < 12


@lived
async def test_a_look_reads_each_application_and_the_insights_once_and_only_where_they_matter(
    office: Office,
) -> None:
    begun(office, 2 * QUIET)
    told(office, EventKind.ACCOUNT, "B1", 60)
    told(office, EventKind.ACCOUNT, "B9", 60)
    await office.desk.pause("9001")
    asked: list[set[str]] = []
    insights = office.remote.insights

    async def note(contacts: Collection[str]) -> dict[str, list[Insight]]:
        asked.append(set(contacts))
        return await insights(contacts)

    office.remote.insights = note
    office.applications.reads.clear()
    await office.desk.look()
    assert (office.applications.reads, asked) == (["A1"], [{CONTACT}])


@lived
async def test_a_system_that_is_down_leaves_what_was_received_in_the_book(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    office.applications.down = True
    with pytest.raises(Unreachable):
        await office.desk.look()
    assert not office.inbox.held
    office.applications.down = False
    await office.restart()
    assert states(await office.desk.look()) == {LINKED: _S.DUE}


@lived
async def test_what_is_over_stays_in_the_timeline(office: Office) -> None:
    begun(office, 60)
    submitted(office, 30)
    await office.desk.send(office.engine)
    assert not office.desk._store.state.applications
    await office.restart()
    seen = await office.desk.look()
    assert states(seen) == {STARTED: _S.SENT, SUBMITTED: _S.SENT}
    assert [line.insight_id for line in seen.lines] == [one.id for _, one in office.remote.held]


def polls_of(office: Office) -> list[float]:
    """Return a list that gets the desk's time of each poll from now on."""
    polls: list[float] = []
    since = office.applications.since

    async def note(moment: float) -> Sequence[MilestoneEvent]:
        polls.append(office.clock.now())
        return await since(moment)

    office.applications.since = note
    return polls


@lived
async def test_a_tick_polls_at_once_and_then_every_five_minutes(office: Office) -> None:
    polls = polls_of(office)
    first = true_now()
    for _ in range(11):
        await office.desk.tick()
        await asyncio.sleep(60)
    assert [round(at - first) for at in polls] == [0, 300, 600]


@lived
async def test_a_tick_polls_again_when_the_clock_was_set_back(office: Office) -> None:
    polls = polls_of(office)
    before = await office.desk.tick()
    office.clock.ahead = -3600.0
    assert await office.desk.tick() is not before, "everything is planned anew by the new time"
    assert len(polls) == 2


@lived
async def test_a_tick_looks_again_after_ten_minutes_although_nothing_was_received(office: Office) -> None:
    first = await office.desk.tick()
    await asyncio.sleep(599)
    assert await office.desk.tick() is first
    await asyncio.sleep(1)
    assert await office.desk.tick() is not first


@lived
async def test_a_tick_looks_again_at_the_moment_when_a_countdown_ends(office: Office) -> None:
    begun(office, QUIET - 120)
    first = await office.desk.tick()
    await asyncio.sleep(119)
    assert await office.desk.tick() is first
    await asyncio.sleep(1)
    seen = await office.desk.tick()
    assert lines(seen)[ABANDONED].reason == f"after “{STARTED}”", "its 90 minutes are over"


@lived
async def test_the_milestones_that_are_named_are_sent_and_no_others(office: Office) -> None:
    for person in ("B0", "B1", "B2"):
        told(office, EventKind.ACCOUNT, person, 60)
    chosen = [line.name for line in (await office.desk.look()).due if line.contact != "9001"]
    seen = await office.desk.send(office.engine, chosen)
    assert [contact for contact, _ in office.remote.held] == ["9000", "9002"]
    assert [line.contact for line in seen.due] == ["9001"]


@lived
async def test_what_waits_for_a_person_is_not_run_again_by_a_later_sending(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    carry_out = office.remote.send

    async def refuse(request: Request) -> Outcome:
        return Refused("refused")

    office.remote.send = refuse
    await office.desk.send(office.engine)
    office.remote.send = carry_out
    told(office, EventKind.ACCOUNT, "B1", 30)
    await office.desk.send(office.engine)
    assert [contact for contact, _ in office.remote.held] == ["9001"]


@lived
async def test_a_milestone_without_a_contact_cannot_be_chosen_by_an_empty_name(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B9", 60)
    assert [line.name for line in (await office.desk.look()).lines] == [""]
    for decide in (office.desk.approve(""), office.desk.skip("", "no contact")):
        with pytest.raises(DeskError) as refused:
            await decide
        assert refused.value.code == "no-such-milestone"


@lived
async def test_what_was_shown_and_chosen_is_sent_and_nothing_that_became_due_since(office: Office) -> None:
    for person in ("B0", "B1"):
        told(office, EventKind.ACCOUNT, person, 60)
    shown = await office.desk.look()
    told(office, EventKind.ACCOUNT, "B2", 30)
    await office.desk.look()
    chosen = [line.name for line in shown.due if line.contact == CONTACT]
    seen = await office.desk.send_shown(shown, chosen, office.engine)
    assert [contact for contact, _ in office.remote.held] == [CONTACT]
    assert {line.contact: line.state for line in seen.lines} == {
        CONTACT: _S.SENT,
        "9001": _S.DUE,
        "9002": _S.DUE,
    }


@lived
async def test_a_push_of_another_plan_than_the_one_that_was_shown_is_not_run(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    seen = await office.desk.look()
    (due,) = seen.due
    assert due.plan is not None
    await office.desk.begin([due.name], office.engine)
    another = replace(due, plan=replace(due.plan, map_version="another"))
    await office.desk.send_shown(replace(seen, lines=(another,)), [due.name], office.engine)
    assert office.remote.sent == []
    await office.desk.send_shown(seen, [due.name], office.engine)
    assert sent(office) == [label_key(LINKED)]


@lived
async def test_a_careful_start_lets_one_milestone_go_and_neither_several_nor_unasked(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    desk, engine = office.desk, office.engine
    desk._careful = CarefulStart(office.book, on=True)
    (line,) = (await desk.look()).due
    with pytest.raises(DeskError) as caught:
        await desk.begin([line.name], engine, rule="switched on")
    assert (caught.value.code, sent(office)) == ("careful-start", [])
    assert "--only NAME" in caught.value.fix
    (push,) = await desk.begin([line.name], engine)
    assert (await engine.finish(push.push_id)).state is PushState.DONE
