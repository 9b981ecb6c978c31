"""What a person can decide about a step, and what each decision then does."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from core.errors import DeskError
from core.push.plan import Entity, Operation, Plan, Step, StepKind, System, id_of, make_ref
from core.push.ports import Refused
from core.push.records import Generation, Link, Push, StepRecord, plan_file, step_key
from core.push.resolutions import SAYS, Choice, Resolution, choices
from core.push.states import PushState, StepState
from tests.support.fakes import (
    World,
    back_step,
    link_step,
    opportunity_step,
    person_step,
    plan_of,
    ref_of,
    update_step,
)
from tests.support.virtual_time import virtually

PERSON = person_step()
OPPORTUNITY = opportunity_step(PERSON)
WHOLE = plan_of(PERSON, OPPORTUNITY)
THERE, NOT_THERE, LINK, AS_NEW = Choice.THERE, Choice.NOT_THERE, Choice.LINK, Choice.AS_NEW
OVERWRITE, AGAIN, LEAVE = Choice.OVERWRITE, Choice.AGAIN, Choice.LEAVE

# Written by hand: what is offered in each state, for each kind of step; nothing elsewhere.
OFFERED = {
    (StepState.NEEDS_YOU, StepKind.CREATE): (THERE, NOT_THERE, LEAVE),
    (StepState.NEEDS_YOU, StepKind.APPEND): (THERE, NOT_THERE, LEAVE),
    (StepState.NEEDS_YOU, StepKind.UPDATE): (THERE, NOT_THERE, LEAVE),
    (StepState.UNKNOWN, StepKind.CREATE): (THERE, NOT_THERE, LEAVE),
    (StepState.UNKNOWN, StepKind.APPEND): (THERE, NOT_THERE, LEAVE),
    (StepState.UNKNOWN, StepKind.UPDATE): (THERE, NOT_THERE, LEAVE),
    (StepState.UNKNOWN, StepKind.SET): (AGAIN, LEAVE),
    (StepState.CONFLICT, StepKind.UPDATE): (LEAVE, OVERWRITE),
    (StepState.CONFLICT, StepKind.CREATE): (LINK, LEAVE, AS_NEW),
    (StepState.CONFLICT, StepKind.APPEND): (LINK, LEAVE, AS_NEW),
    (StepState.REFUSED, StepKind.CREATE): (AGAIN, LEAVE),
    (StepState.REFUSED, StepKind.UPDATE): (AGAIN, LEAVE),
    (StepState.REFUSED, StepKind.SET): (AGAIN, LEAVE),
    (StepState.REFUSED, StepKind.APPEND): (AGAIN, LEAVE),
}
POSSIBLE = [
    (state, kind)
    for state, kind in itertools.product(StepState, StepKind)
    if (state, kind) not in ((StepState.NEEDS_YOU, StepKind.SET), (StepState.CONFLICT, StepKind.SET))
]


@pytest.mark.parametrize(("state", "kind"), POSSIBLE, ids=[f"{s}-{k}" for s, k in POSSIBLE])
def test_what_is_offered_follows_from_state_and_kind(state: StepState, kind: StepKind) -> None:
    record = StepRecord("P", 0, "BD", System.FLEX, Entity.PERSON, Operation.CREATE, kind, "P-1", state)
    assert choices(record) == OFFERED.get((state, kind), ())


@pytest.mark.parametrize(
    ("error", "offered"),
    [
        ("one-from-elsewhere", (LEAVE, LINK, AGAIN)),
        ("diverted", (LEAVE, LINK)),  # whatever is sent would change that record again
        ("found-differs", (LINK, LEAVE, AS_NEW)),
        ("found-without-plan", (LINK, LEAVE)),
    ],
)
def test_what_a_conflict_offers_depends_on_how_it_came_about(error: str, offered: tuple[Choice, ...]) -> None:
    conflict = StepRecord(
        "P",
        0,
        "BD",
        System.FLEX,
        Entity.INSIGHT,
        Operation.CREATE,
        StepKind.APPEND,
        "T-1",
        StepState.CONFLICT,
        error=error,
    )
    assert choices(conflict) == offered


def test_every_choice_has_words_and_says_what_it_will_do() -> None:
    assert SAYS.keys() == set(Choice)
    assert all(word and does for word, does in SAYS.values())


async def _stuck(*script: Any, plan: Any = WHOLE, look: bool = False) -> World:
    """Give a world whose push waits for a person, or was refused."""
    world = World()
    world.flex.can_look = look
    world.flex.script.extend(script)
    await world.engine.begin(plan, "m.hale", "P1")
    await world.engine.run("P1")
    return world


async def _record(world: World, n: int = 0) -> StepRecord:
    held = await world.book.get(StepRecord, step_key("P1", n))
    assert held is not None
    return held


async def _decide(world: World, choice: Choice, remote_id: str = "", n: int = 0) -> Push:
    return await world.engine.decide("P1", n, Resolution(choice, remote_id, "test"))


# -- needs you ----------------------------------------------------------------------------------------------


@virtually
async def test_it_is_there_links_the_record_and_the_rest_goes_on() -> None:
    world = await _stuck("lost")
    world.flex.put("1-FOUND", PERSON.ref)
    push = await _decide(world, THERE, "1-FOUND")
    assert push.state is PushState.DONE
    assert len([r for r in world.flex.sent if r.ref == PERSON.ref]) == 1
    assert world.flex.sent[-1].body["Applicants"] == [{"FLEXId": "1-FOUND"}]
    assert (await world.book.all(Link))[0].remote_id == "1-FOUND"


@virtually
async def test_it_is_there_needs_an_id_where_other_steps_name_it() -> None:
    world = await _stuck("lost")
    with pytest.raises(DeskError) as caught:
        await _decide(world, THERE)
    assert caught.value.code == "which-one"
    assert (await _record(world)).state is StepState.NEEDS_YOU
    assert len(world.flex.sent) == 1


@virtually
async def test_it_is_not_there_sends_once_more_under_the_same_ref() -> None:
    world = await _stuck("lost")
    push = await _decide(world, NOT_THERE)
    assert push.state is PushState.DONE
    assert [r.ref for r in world.flex.sent].count(PERSON.ref) == 2
    assert len(world.flex.of_ref(PERSON.ref)) == 1


@virtually
async def test_left_alone_it_is_set_aside_and_what_stands_on_it_is_not_sent() -> None:
    world = await _stuck("lost")
    push = await _decide(world, LEAVE)
    assert [record.state.value for record in world.held_steps()] == ["skipped", "blocked"]
    assert push.state is PushState.REFUSED
    assert len(world.flex.sent) == 1


@virtually
async def test_a_note_that_is_there_needs_no_id() -> None:
    ref = ref_of(Entity.NOTE, "N-1")
    note = Step(ref, System.FLEX, Entity.NOTE, Operation.CREATE, "N-1", "a note", {"IntegrationId": ref})
    world = await _stuck("lost", plan=plan_of(note))
    assert (await _decide(world, THERE)).state is PushState.DONE
    assert len(world.flex.sent) == 1


# -- conflict -----------------------------------------------------------------------------------------------


async def _two_found() -> World:
    world = World()
    for remote_id in ("1-ONE", "1-TWO"):
        world.flex.put(remote_id, PERSON.ref, **PERSON.body)
    await world.engine.begin(WHOLE, "m.hale", "P1")
    await world.engine.run("P1")
    return world


@virtually
async def test_one_of_several_is_linked_by_a_persons_word_alone() -> None:
    world = await _two_found()
    for wrong in ("", "1-THREE"):
        with pytest.raises(DeskError) as caught:
            await _decide(world, LINK, wrong)
        assert caught.value.code == "which-one"
        assert caught.value.message == "Step 1 has several records to choose from: 1-ONE, 1-TWO."
    assert (await _decide(world, LINK, "1-TWO")).state is PushState.DONE
    assert [r.ref for r in world.flex.sent] == [OPPORTUNITY.ref]
    assert world.flex.sent[0].body["Applicants"] == [{"FLEXId": "1-TWO"}]


@virtually
async def test_the_only_candidate_need_not_be_named() -> None:
    world = World()
    world.flex.put("1-OTHER", PERSON.ref, FirstName="Somebody")
    await world.engine.begin(WHOLE, "m.hale", "P1")
    await world.engine.run("P1")
    assert (await _decide(world, LINK)).state is PushState.DONE
    assert (await _record(world)).remote_id == "1-OTHER"


@virtually
async def test_a_second_record_is_chosen_by_name_too_never_the_first_by_default() -> None:
    world = await _stuck("lost", look=True, plan=plan_of(PERSON))
    world.flex.put("1-LATE", PERSON.ref, **PERSON.body)
    await world.duplicates.run_all()
    with pytest.raises(DeskError) as caught:
        await _decide(world, LINK)
    assert caught.value.code == "which-one"
    assert (await _decide(world, LINK, "1-LATE")).state is PushState.DONE
    assert (await world.book.all(Link))[0].remote_id == "1-LATE"


@virtually
async def test_as_new_makes_one_more_record_under_a_new_ref_named_by_what_follows() -> None:
    world = await _two_found()
    push = await _decide(world, AS_NEW)
    new = make_ref("test", System.FLEX, Entity.PERSON, "P-1", 1)
    assert push.state is PushState.DONE
    assert [r.ref for r in world.flex.sent] == [new, OPPORTUNITY.ref]
    assert world.flex.sent[0].body["IntegrationId"] == new
    (made,) = world.flex.of_ref(new)
    assert world.flex.sent[1].body["Applicants"] == [{"FLEXId": made}]
    assert [g.number for g in await world.book.all(Generation)] == [1]


@virtually
async def test_as_new_survives_a_restart_even_before_the_plan_was_written_anew() -> None:
    world = await _two_found()
    world.book.fails_at = world.book.commits + 1  # the step's new ref is durable, the plan's is not
    with pytest.raises(DeskError):
        await _decide(world, AS_NEW)
    world.book.fails_at = None
    world.restart()
    await world.engine.recover()
    (push,) = await world.engine.resume()
    new = make_ref("test", System.FLEX, Entity.PERSON, "P-1", 1)
    assert push.state is PushState.DONE
    assert len(world.flex.of_ref(new)) == 1
    assert len(world.flex.of_ref(PERSON.ref)) == 2  # those that were there; none was added
    assert world.flex.sent[0].body["IntegrationId"] == new


HOUSE = Step(
    ref_of(Entity.PROPERTY, "C-1"),
    System.FLEX,
    Entity.PROPERTY,
    Operation.CREATE,
    "C-1",
    "a house",
    {"IntegrationId": ref_of(Entity.PROPERTY, "C-1"), "Opportunity": {"FLEXId": id_of(OPPORTUNITY.ref)}},
    parent=OPPORTUNITY.ref,
    needs=(OPPORTUNITY.ref,),
)


@virtually
@pytest.mark.parametrize("restarts", [False, True])
async def test_as_new_gives_what_belongs_to_the_record_a_new_ref_in_the_same_commit(restarts: bool) -> None:
    world = World()
    for remote_id in ("1-ONE", "1-TWO"):
        world.flex.put(remote_id, OPPORTUNITY.ref, **OPPORTUNITY.body)
    world.flex.put("1-HOUSE", HOUSE.ref, Opportunity={"FLEXId": "1-ONE"})
    stale = Link(System.FLEX, Entity.PROPERTY, "C-1", "1-HOUSE", HOUSE.ref, 0.0)
    await world.book.commit(stale)
    await world.engine.begin(plan_of(PERSON, OPPORTUNITY, HOUSE), "m.hale", "P1")
    assert (await world.engine.run("P1")).state is PushState.NEEDS_YOU
    if restarts:
        world.book.fails_at = world.book.commits + 1  # the decision is durable, nothing after it
        with pytest.raises(DeskError):
            await _decide(world, AS_NEW, n=1)
        world.book.fails_at = None
        world.restart()
        await world.engine.recover()
        (push,) = await world.engine.resume()
    else:
        push = await _decide(world, AS_NEW, n=1)
    assert push.state is PushState.DONE
    loan, house = (
        make_ref("test", System.FLEX, one, "C-1", 1) for one in (Entity.OPPORTUNITY, Entity.PROPERTY)
    )
    (made,) = world.flex.of_ref(loan)
    (below,) = world.flex.of_ref(house)
    assert world.flex.rows[below].fields["Opportunity"] == {"FLEXId": made}
    assert world.flex.of_ref(HOUSE.ref) == ["1-HOUSE"], "the old house stays, and none was added"
    assert ((await _record(world, 2)).ref, (await _record(world, 2)).parent) == (house, loan)
    assert [one.number for one in await world.book.all(Generation)] == [1, 1]
    (held,) = await world.book.where(Link, entity=Entity.PROPERTY)
    assert held.remote_id == below


@virtually
async def test_as_new_twice_gives_two_generations() -> None:
    world = await _two_found()
    second = make_ref("test", System.FLEX, Entity.PERSON, "P-1", 1)
    for remote_id in ("1-X", "1-Y"):
        world.flex.put(remote_id, second, **PERSON.body)
    assert (await _decide(world, AS_NEW)).state is PushState.NEEDS_YOU
    assert (await _decide(world, AS_NEW)).state is PushState.DONE
    assert len(world.flex.of_ref(make_ref("test", System.FLEX, Entity.PERSON, "P-1", 2))) == 1


@virtually
async def test_overwrite_sends_over_what_the_source_holds_and_leave_does_not() -> None:
    for choice, held in ((OVERWRITE, "1-00000"), (LEAVE, "1-ELSE")):
        world = World()
        world.board.put("P-1", flex_id="1-ELSE")
        await world.engine.begin(plan_of(PERSON, back_step(PERSON)), "m.hale", "P1")
        assert (await world.engine.run("P1")).state is PushState.NEEDS_YOU
        assert (await _decide(world, choice, n=1)).state is PushState.DONE
        assert world.board.rows["P-1"].fields["flex_id"] == held


# -- refused ------------------------------------------------------------------------------------------------


@virtually
async def test_again_sends_a_refused_step_once_more_and_lifts_what_it_blocked() -> None:
    world = await _stuck(Refused("refused"), look=True)
    assert (await _decide(world, AGAIN)).state is PushState.DONE
    assert [r.ref for r in world.flex.sent] == [PERSON.ref, PERSON.ref, OPPORTUNITY.ref]


@virtually
async def test_a_refused_step_left_alone_is_over() -> None:
    world = await _stuck(Refused("refused"), look=True, plan=plan_of(PERSON))
    assert (await _decide(world, LEAVE)).state is PushState.DONE
    assert await world.book.all(Link) == []


@virtually
async def test_a_push_that_a_decision_ends_makes_room_for_the_next_of_its_subject() -> None:
    world = await _stuck("lost", plan=plan_of(PERSON))
    assert world.engine.active("C-1") is not None
    assert (await _decide(world, LEAVE)).state is PushState.DONE
    assert world.engine.active("C-1") is None
    assert world.engine.unfinished() == []
    assert (await world.engine.begin(WHOLE, "m.hale", "P2")).push_id == "P2"


@virtually
async def test_a_refused_step_is_sent_again_after_a_restart() -> None:
    world = await _stuck(Refused("refused"), look=True)
    world.restart()
    await world.engine.recover()
    assert (await _decide(world, AGAIN)).state is PushState.DONE


# -- what is not offered ------------------------------------------------------------------------------------


@virtually
async def test_what_is_not_offered_is_refused_and_nothing_happens() -> None:
    world = await _stuck("lost")
    before = dict(world.book.tables["steps"])
    for choice in (LINK, AS_NEW, OVERWRITE, AGAIN):
        with pytest.raises(DeskError) as caught:
            await _decide(world, choice, "1-FOUND")
        assert caught.value.code == "not-offered"
        assert caught.value.message.startswith("Step 1 (create person) is needs-you: ")
        assert "there=ID, not-there, leave" in caught.value.fix
    assert world.book.tables["steps"] == before


@virtually
async def test_a_done_step_offers_nothing() -> None:
    world = await _stuck(look=True)
    with pytest.raises(DeskError) as caught:
        await _decide(world, LEAVE)
    assert caught.value.code == "not-offered"
    assert "nothing" in caught.value.fix


@virtually
async def test_a_plan_that_changed_offers_nothing_it_is_confirmed_anew() -> None:
    world = World()

    async def stale(plan: Plan) -> bool:
        return False

    world.fresh = stale
    await world.engine.begin(WHOLE, "m.hale", "P1")
    assert (await world.engine.run("P1")).reason == "plan-changed"
    assert choices(await _record(world)) == ()
    for choice in (AGAIN, LEAVE):
        with pytest.raises(DeskError) as caught:
            await _decide(world, choice)
        assert caught.value.code == "not-offered"
    assert world.flex.sent == []


@pytest.mark.parametrize(
    ("fate", "choice", "n"),
    [
        ("lost", NOT_THERE, 0),
        (Refused("refused"), AGAIN, 0),
        ("done", OVERWRITE, 1),
        ("somebody else is there", AS_NEW, 0),
    ],
    ids=[NOT_THERE, AGAIN, OVERWRITE, AS_NEW],
)
@virtually
async def test_whatever_sends_needs_the_plan_and_says_that_it_is_gone(
    fate: Any, choice: Choice, n: int
) -> None:
    """A plan is released some time after a push ended in part, and may be missing from a backup."""
    world = World()
    world.board.put("P-1", flex_id="1-ELSE")
    world.flex.can_look = choice is AS_NEW
    if choice is AS_NEW:
        world.flex.put("1-OTHER", PERSON.ref, FirstName="Somebody")
    world.flex.script.append(fate)
    await world.engine.begin(plan_of(PERSON, back_step(PERSON)), "m.hale", "P1")
    await world.engine.run("P1")
    await world.book.delete_file(plan_file("P1"))
    await world.restart().recover()
    before, sent = await _record(world, n), len(world.flex.sent)
    assert choice in choices(before)
    with pytest.raises(DeskError) as caught:
        await _decide(world, choice, n=n)
    assert caught.value.code == "plan-gone"
    assert await _record(world, n) == before
    assert (len(world.flex.sent), world.board.sent) == (sent, [])


@virtually
async def test_without_its_plan_a_push_can_be_decided_but_not_sent() -> None:
    """The plan of a refused push goes after some days."""
    world = await _stuck(Refused("refused"), plan=plan_of(PERSON))
    await world.book.delete_file(plan_file("P1"))
    world.restart()
    with pytest.raises(DeskError) as caught:
        await _decide(world, AGAIN)
    assert caught.value.code == "plan-gone"
    assert (await _decide(world, LEAVE)).state is PushState.DONE


# -- while a step is settling -------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", [THERE, NOT_THERE, LEAVE])
def test_a_decision_while_a_step_is_settling_is_carried_out_at_once(choice: Choice) -> None:
    @virtually
    async def live_through() -> None:
        loop = asyncio.get_running_loop()
        world = World(settle=3600)
        world.flex.script.append("lost")
        await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
        world.engine.run("P1")
        await asyncio.sleep(10)
        assert (await _record(world)).state is StepState.UNKNOWN
        world.flex.put("1-FOUND", "", FirstName="Linh")
        asked = loop.time()
        push = await _decide(world, choice, "1-FOUND")
        assert loop.time() - asked < 1
        assert push.state is PushState.DONE
        assert len(world.flex.sent) == (2 if choice is NOT_THERE else 1)

    live_through()


@virtually
async def test_a_product_link_in_doubt_can_be_done_again_at_once() -> None:
    world = World(settle=3600)
    world.flex.script.extend(["done", "done", "lost-after"])
    await world.engine.begin(plan_of(PERSON, OPPORTUNITY, link_step(OPPORTUNITY)), "m.hale", "P1")
    world.engine.run("P1")
    await asyncio.sleep(10)
    assert (await _decide(world, AGAIN, n=2)).state is PushState.DONE
    assert (await _record(world, 2)).remote_id == "L-1-PROD1"


@virtually
async def test_an_update_in_doubt_that_a_person_saw_arrive_is_done() -> None:
    world = World()
    world.flex.put("1-KNOWN", LastName="Old")

    async def changed() -> Any:
        world.flex.put("1-KNOWN", LastName="Someone")
        return "lost"

    world.flex.script.append(changed)
    await world.engine.begin(plan_of(update_step()), "m.hale", "P1")
    assert (await world.engine.run("P1")).state is PushState.NEEDS_YOU
    assert (await _decide(world, THERE)).state is PushState.DONE
    assert (await _record(world)).remote_id == "1-KNOWN"


@virtually
async def test_a_decision_is_on_the_trail_and_says_whose_word_it_was() -> None:
    world = await _stuck("lost")
    await _decide(world, THERE, "1-FOUND")
    codes = [event.code for event in (await _record(world)).trail]
    assert codes == ["intent", "no-reply", "cannot-look-up", "decided-there"]
