"""Linking a card to what FLEX holds already, and taking a link back: every refusal, and what is written where."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import DeskError, Unreachable
from core.flex.model import Card
from core.push.plan import Asset, Entity, Operation, System, link_key, make_ref
from core.push.records import Generation, Link, Push, Unlinked
from core.push.states import PushState
from tests.support.cards import FULL, but, link
from tests.support.fakes import ref_of
from tests.support.flex_setup import START, FlexInMemory, FlexWorld

LINKED = but(FULL, flex_id="1-OPPT1", flex_kind="application")
KEY = link_key(System.FLEX, Entity.OPPORTUNITY, "C-1")
BACK_REF = make_ref("test", System.BROKERENGINE, Entity.OPPORTUNITY, "C-1")


def flex(**kinds: str) -> FlexInMemory:
    """Return a FLEX that holds records of these kinds, by ID without its `1-`."""
    records = FlexInMemory()
    records.kinds = {f"1-{name}": kind for name, kind in kinds.items()}
    return records


async def linked(world: FlexWorld, flex_id: str) -> Push:
    """Link the card and run the push that writes the ID back."""
    push = await world.links.link("C-1", flex_id, world.engine)
    return await world.engine.finish(push.push_id)


async def refusal(doing: Any) -> tuple[str, str, str]:
    with pytest.raises(DeskError) as caught:
        await doing
    return caught.value.code, caught.value.message, caught.value.fix


async def untouched(world: FlexWorld) -> bool:
    """Return True if neither the book nor BrokerEngine was written to."""
    kinds: tuple[type[Push | Unlinked], ...] = (Push, Unlinked)
    return world.board.sent == [] and not [one for kind in kinds for one in await world.book.all(kind)]


# -- linking ----------------------------------------------------------------------------------------------


async def test_a_link_is_in_the_book_at_once_and_on_brokerengines_card_after_its_push() -> None:
    world = FlexWorld(FULL, records=flex(OPPT7="application"))
    push = await world.links.link("C-1", " 1-OPPT7\n", world.engine)
    made = Link(System.FLEX, Entity.OPPORTUNITY, "C-1", "1-OPPT7", ref_of(Entity.OPPORTUNITY, "C-1"), START)
    assert await world.book.all(Link) == [made]
    assert (push.asset, push.subject, push.about, push.operator) == (Asset.LINK, "C-1", "C-1", "m.hale")
    assert (await world.engine.finish(push.push_id)).state is PushState.DONE
    (request,) = world.board.sent
    assert (request.operation, request.remote_id, request.ref) == (Operation.WRITE_BACK, "C-1", BACK_REF)
    assert request.body == {"flex_id": "1-OPPT7", "flex_kind": "application"}
    assert world.flex.sent == [], "nothing is sent to FLEX"


async def test_the_one_step_of_a_link_says_what_it_writes_and_what_it_is_known_by() -> None:
    world = FlexWorld(FULL)
    push = await world.links.link("C-1", "1-OPPT7", world.engine)
    live = world.engine.live(push.push_id)
    assert live is not None
    (step,) = live.plan.steps
    assert (step.summary, step.identity, step.local_id) == ("FLEX ID 1-OPPT7", ("flex_id",), "C-1")
    assert (live.plan.title, live.plan.map_version) == (FULL.title, world.desk.field_map.version)


async def test_a_source_that_takes_no_id_back_gets_none_and_the_book_links_alone() -> None:
    world = FlexWorld(FULL)
    world.cards.takes_ids_back = False
    push = await linked(world, "1-OPPT7")
    assert (push.state, push.size) == (PushState.DONE, 0)
    assert [one.remote_id for one in await world.book.all(Link)] == ["1-OPPT7"]
    assert world.board.sent == []


async def test_a_flex_that_can_not_be_asked_is_taken_to_hold_an_opportunity() -> None:
    world = FlexWorld(FULL)
    await linked(world, "1-OPPT7")
    assert world.board.sent[0].body["flex_kind"] == "opportunity"


async def test_linking_again_what_was_unlinked_forgets_that_it_was() -> None:
    world = FlexWorld(but(LINKED, flex_id="1-OPPT1"))
    _, push = await world.links.unlink("C-1", world.engine)
    await world.engine.finish(push.push_id)
    world.cards.held["C-1"] = FULL
    await linked(world, "1-OPPT1")
    assert await world.links.last_unlinked("C-1") is None
    assert [one.remote_id for one in await world.book.all(Link)] == ["1-OPPT1"]


@pytest.mark.parametrize("text", ["", "OPPT7", "1-", "1-OPP T7", "1-OPPT7;", "https://flex/1-OPPT7"])
async def test_what_is_no_flex_id_is_refused_before_anything_is_asked(text: str) -> None:
    world = FlexWorld(records=flex())
    assert await refusal(world.links.link("C-1", text, world.engine)) == (
        "bad-flex-id",
        f"“{text}” is no FLEX ID.",
        "A FLEX ID looks like 1-6D9UB.",
    )


async def test_an_id_that_flex_does_not_hold_is_refused() -> None:
    world = FlexWorld(FULL, records=flex(OPPT7="opportunity"))
    assert await refusal(world.links.link("C-1", "1-OPPT8", world.engine)) == (
        "not-in-flex",
        "FLEX has no opportunity or application 1-OPPT8.",
        "Look the ID up in FLEX.",
    )
    assert await untouched(world)
    assert await world.book.all(Link) == []


async def test_a_flex_that_is_down_links_nothing() -> None:
    records = flex(OPPT7="opportunity")
    records.down = True
    world = FlexWorld(FULL, records=records)
    with pytest.raises(Unreachable):
        await world.links.link("C-1", "1-OPPT7", world.engine)
    assert await untouched(world)


@pytest.mark.parametrize("card", [FULL, LINKED], ids=["by the book", "by BrokerEngine"])
async def test_a_card_that_is_linked_already_is_not_linked_again(card: Card) -> None:
    world = FlexWorld(card)
    if card is FULL:
        await world.book.commit(*link(Entity.OPPORTUNITY, "C-1", "1-OPPT1").values())
    said = "C-1 is linked to 1-OPPT1 already."
    same = await refusal(world.links.link("C-1", "1-OPPT1", world.engine))
    other = await refusal(world.links.link("C-1", "1-OPPT2", world.engine))
    assert same[:2] == ("already-linked", said)
    assert other == ("other-link", said, "Unlink it first.")
    assert await untouched(world)


async def test_an_id_of_another_card_is_refused_and_the_card_is_named() -> None:
    world = FlexWorld(FULL, but(FULL, id="C-2", flex_id="1-OPPT2"), but(FULL, id="C-3"))
    await world.book.commit(*link(Entity.OPPORTUNITY, "C-3", "1-OPPT3").values())
    by_brokerengine = await refusal(world.links.link("C-1", "1-OPPT2", world.engine))
    by_the_book = await refusal(world.links.link("C-1", "1-OPPT3", world.engine))
    fix = "Unlink it there first, if it belongs here."
    assert by_brokerengine == ("taken", "1-OPPT2 is linked to card C-2 already.", fix)
    assert by_the_book == ("taken", "1-OPPT3 is linked to card C-3 already.", fix)
    assert await untouched(world)


async def test_other_cards_with_other_ids_do_not_stand_in_the_way() -> None:
    world = FlexWorld(but(FULL, id="C-2", flex_id="1-OPPT2"), FULL, but(FULL, id="C-3"))
    await world.book.commit(*link(Entity.OPPORTUNITY, "C-3", "1-OPPT3").values())
    assert (await linked(world, "1-OPPT7")).state is PushState.DONE


async def test_a_board_that_still_lists_the_cards_own_older_id_does_not_stand_in_the_way() -> None:
    world = FlexWorld(FULL)
    world.cards.listed["C-1"] = "1-OPPT7"
    assert (await linked(world, "1-OPPT7")).state is PushState.DONE


async def test_a_persons_link_of_that_id_holds_no_card() -> None:
    world = FlexWorld(FULL)
    await world.book.commit(*link(Entity.PERSON, "C-9", "1-OPPT7").values())
    assert (await linked(world, "1-OPPT7")).state is PushState.DONE


@pytest.mark.parametrize("does", ["link", "unlink"])
async def test_a_card_with_an_unfinished_push_is_neither_linked_nor_unlinked(does: str) -> None:
    world = FlexWorld(FULL)
    await world.desk.confirm(await world.desk.preview("C-1"), world.engine)
    doing = (
        world.links.link("C-1", "1-OPPT7", world.engine)
        if does == "link"
        else world.links.unlink("C-1", world.engine)
    )
    assert await refusal(doing) == (
        "busy",
        "C-1 has a push that is not finished (queued).",
        "Finish that push first, with brokerdesk resume or in Activity.",
    )


async def test_a_card_that_is_not_there_is_named() -> None:
    world = FlexWorld(FULL)
    assert (await refusal(world.links.link("C-9", "1-OPPT7", world.engine)))[0] == "unknown-card"
    assert (await refusal(world.links.unlink("C-9", world.engine)))[0] == "unknown-card"


# -- unlinking --------------------------------------------------------------------------------------------


async def test_unlinking_takes_the_link_from_the_book_and_the_id_from_the_card_and_remembers_both() -> None:
    world = FlexWorld(LINKED)
    (held,) = link(Entity.OPPORTUNITY, "C-1", "1-OPPT1").values()
    await world.book.commit(but(held, ref="BD-OLDER"))
    world.clock.at = START + 3
    flex_id, push = await world.links.unlink("C-1", world.engine)
    assert (flex_id, push.asset) == ("1-OPPT1", Asset.UNLINK)
    assert await world.book.all(Link) == []
    assert await world.links.last_unlinked("C-1") == Unlinked(
        System.FLEX,
        Entity.OPPORTUNITY,
        "C-1",
        "1-OPPT1",
        "application",
        "BD-OLDER",
        "m.hale",
        START + 3,
    )
    live = world.engine.live(push.push_id)
    assert live is not None
    (step,) = live.plan.steps
    assert (step.summary, step.identity) == ("no FLEX ID, was 1-OPPT1", ())
    assert (await world.engine.finish(push.push_id)).state is PushState.DONE
    assert world.board.rows["C-1"].fields == {"flex_id": None, "flex_kind": None}
    assert world.flex.sent == [], "FLEX keeps its record"


async def test_a_card_that_brokerengine_alone_links_is_remembered_by_its_reference_of_today() -> None:
    world = FlexWorld(but(LINKED, flex_kind=None))
    await world.book.commit(Generation(KEY, 2))
    await world.links.unlink("C-1", world.engine)
    unlinked = await world.links.last_unlinked("C-1")
    assert unlinked is not None
    assert unlinked.ref == make_ref("test", System.FLEX, Entity.OPPORTUNITY, "C-1", 2)
    assert unlinked.remote_kind == "opportunity"


async def test_a_card_without_a_link_is_not_unlinked() -> None:
    world = FlexWorld(FULL)
    assert await refusal(world.links.unlink("C-1", world.engine)) == (
        "not-linked",
        "C-1 is not linked.",
        "Push the card first, or link its FLEX ID.",
    )
    assert await untouched(world)
    assert await world.links.last_unlinked("C-1") is None


# -- people -----------------------------------------------------------------------------------------------


async def test_the_next_push_updates_the_contact_that_a_person_was_linked_to() -> None:
    world = FlexWorld(FULL)
    await world.book.commit(
        Unlinked(System.FLEX, Entity.PERSON, "P-1", "1-OLD", "person", "BD-X", "m.hale", START)
    )
    await world.links.use_person("P-1", "1-6D9UB")
    assert await world.book.all(Link) == [
        Link(System.FLEX, Entity.PERSON, "P-1", "1-6D9UB", ref_of(Entity.PERSON, "P-1"), START)
    ]
    assert await world.book.all(Unlinked) == []
    steps = (await world.desk.preview("C-1")).plan.steps
    updated = [step.remote_id for step in steps if step.operation is Operation.UPDATE]
    assert updated == ["1-6D9UB"]


async def test_a_person_is_not_linked_to_what_is_no_flex_id() -> None:
    world = FlexWorld(FULL)
    assert (await refusal(world.links.use_person("P-1", " 1-6D9UB")))[:2] == (
        "bad-flex-id",
        "“ 1-6D9UB” is no FLEX ID.",
    )
    assert await world.book.all(Link) == []
