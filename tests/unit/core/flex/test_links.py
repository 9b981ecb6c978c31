"""Linking a card to what FLEX holds already, and taking a link back: every refusal, and what is written where."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import DeskError, Unreachable
from core.flex.model import Applicant, Card, FlexPerson
from core.push.plan import Asset, Entity, Operation, System, link_key, make_ref
from core.push.records import Generation, Link, Push, Unlinked
from core.push.states import PushState
from tests.support.cards import FULL, LINH, but, link
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
    push = await world.link("C-1", flex_id)
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
    push = await world.link("C-1", " 1-OPPT7\n")
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
    push = await world.link("C-1", "1-OPPT7")
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
    _, push = await world.unlink("C-1")
    await world.engine.finish(push.push_id)
    world.cards.held["C-1"] = FULL
    await linked(world, "1-OPPT1")
    assert await world.links.last_unlinked("C-1") is None
    assert [one.remote_id for one in await world.book.all(Link)] == ["1-OPPT1"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        (" \t", "is empty"),
        (".", "can't be sent in an address"),
        ("..", "can't be sent in an address"),
        ("1-OPP\x00T7", "holds a character that can't be seen"),
        ("1-OPP\u202eT7", "holds a character that can't be seen"),
        ("1" * 129, "has more than 128 characters"),
    ],
)
async def test_what_is_no_id_is_refused_before_anything_is_asked(text: str, fault: str) -> None:
    world = FlexWorld(records=flex())
    assert await refusal(world.link("C-1", text)) == (
        "bad-flex-id",
        f"“{text.strip()}” isn't a FLEX ID: it {fault}.",
        "Copy the ID that FLEX shows for the record, such as 1-6D9UB.",
    )


@pytest.mark.parametrize("flex_id", ["OPP/77", "1-OPP T7", "a0B5g00000XyZ", "7", "Ø-1"])
async def test_an_id_of_any_form_is_linked_exactly(flex_id: str) -> None:
    records = flex()
    records.kinds[flex_id] = "opportunity"
    world = FlexWorld(FULL, records=records)
    await linked(world, f" {flex_id}\n")
    assert [one.remote_id for one in await world.book.all(Link)] == [flex_id]
    assert world.board.sent[0].body["flex_id"] == flex_id


async def test_an_id_that_flex_does_not_have_is_tried_in_upper_case() -> None:
    world = FlexWorld(FULL, records=flex(OPPT7="opportunity"))
    await linked(world, "1-oppt7")
    assert [one.remote_id for one in await world.book.all(Link)] == ["1-OPPT7"]


async def test_an_id_that_flex_has_in_small_letters_stays_as_it_was_typed() -> None:
    world = FlexWorld(FULL, records=flex(oppt7="opportunity", OPPT7="application"))
    await linked(world, "1-oppt7")
    assert world.board.sent[0].body == {"flex_id": "1-oppt7", "flex_kind": "opportunity"}


async def test_an_id_of_another_card_in_other_letters_is_taken_too() -> None:
    world = FlexWorld(FULL, but(FULL, id="C-2", flex_id="1-OPPT2"), records=flex(OPPT2="opportunity"))
    assert (await refusal(world.link("C-1", "1-oppt2")))[0] == "taken"


async def test_an_id_that_flex_does_not_hold_is_refused() -> None:
    world = FlexWorld(FULL, records=flex(OPPT7="opportunity"))
    assert await refusal(world.link("C-1", "1-OPPT8")) == (
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
        await world.link("C-1", "1-OPPT7")
    assert await untouched(world)


@pytest.mark.parametrize("card", [FULL, LINKED], ids=["by the book", "by BrokerEngine"])
async def test_a_card_that_is_linked_already_is_not_linked_again(card: Card) -> None:
    world = FlexWorld(card)
    if card is FULL:
        await world.book.commit(*link(Entity.OPPORTUNITY, "C-1", "1-OPPT1").values())
    said = "C-1 is linked to 1-OPPT1 already."
    same = await refusal(world.link("C-1", "1-OPPT1"))
    other = await refusal(world.link("C-1", "1-OPPT2"))
    assert same[:2] == ("already-linked", said)
    assert other == ("other-link", said, "Unlink it first.")
    assert await untouched(world)


async def test_an_id_of_another_card_is_refused_and_the_card_is_named() -> None:
    world = FlexWorld(FULL, but(FULL, id="C-2", flex_id="1-OPPT2"), but(FULL, id="C-3"))
    await world.book.commit(*link(Entity.OPPORTUNITY, "C-3", "1-OPPT3").values())
    by_brokerengine = await refusal(world.link("C-1", "1-OPPT2"))
    by_the_book = await refusal(world.link("C-1", "1-OPPT3"))
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
    doing = world.link("C-1", "1-OPPT7") if does == "link" else world.unlink("C-1")
    assert await refusal(doing) == (
        "busy",
        "C-1 has a push that is not finished (queued).",
        "Finish that push first, with brokerdesk resume or in Activity.",
    )


async def test_a_card_that_is_not_there_is_named() -> None:
    world = FlexWorld(FULL)
    assert (await refusal(world.link("C-9", "1-OPPT7")))[0] == "unknown-card"
    assert (await refusal(world.unlink("C-9")))[0] == "unknown-card"


# -- unlinking --------------------------------------------------------------------------------------------


async def test_unlinking_takes_the_link_from_the_book_and_the_id_from_the_card_and_remembers_both() -> None:
    world = FlexWorld(LINKED)
    (held,) = link(Entity.OPPORTUNITY, "C-1", "1-OPPT1").values()
    await world.book.commit(but(held, ref="BD-OLDER"))
    world.clock.at = START + 3
    flex_id, push = await world.unlink("C-1")
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
    assert (step.summary, step.identity) == ("no FLEX ID, was 1-OPPT1", ("flex_id",))
    assert (await world.engine.finish(push.push_id)).state is PushState.DONE
    assert world.board.rows["C-1"].fields == {"flex_id": None, "flex_kind": None}
    assert world.flex.sent == [], "FLEX keeps its record"


async def test_an_id_that_somebody_wrote_since_the_question_is_not_taken_away() -> None:
    world = FlexWorld(LINKED)
    _, push = await world.unlink("C-1")
    world.board.put("C-1", flex_id="1-OTHER", flex_kind="opportunity")
    push = await world.engine.finish(push.push_id)
    assert push.state is PushState.NEEDS_YOU
    assert world.board.rows["C-1"].fields["flex_id"] == "1-OTHER"


async def test_a_card_that_brokerengine_alone_links_is_remembered_by_its_reference_of_today() -> None:
    world = FlexWorld(but(LINKED, flex_kind=None))
    await world.book.commit(Generation(KEY, 2))
    await world.unlink("C-1")
    unlinked = await world.links.last_unlinked("C-1")
    assert unlinked is not None
    assert unlinked.ref == make_ref("test", System.FLEX, Entity.OPPORTUNITY, "C-1", 2)
    assert unlinked.remote_kind == "opportunity"


async def test_a_card_without_a_link_is_not_unlinked() -> None:
    world = FlexWorld(FULL)
    assert await refusal(world.unlink("C-1")) == (
        "not-linked",
        "C-1 is not linked.",
        "Push the card first, or link its FLEX ID.",
    )
    assert await untouched(world)
    assert await world.links.last_unlinked("C-1") is None


# -- people -----------------------------------------------------------------------------------------------


THEIRS = FlexPerson("1-6D9UB", "Linh", "Nguyen")


@pytest.mark.parametrize(
    ("entity", "typed", "meant"),
    [
        (Entity.OPPORTUNITY, "1-oppt7", "1-OPPT7"),
        (Entity.PERSON, "1-6d9ub", "1-6D9UB"),
        (Entity.PROPERTY, " prop/1 ", "prop/1"),
    ],
)
async def test_a_record_that_a_person_found_in_flex_is_named_as_flex_has_it(
    entity: Entity, typed: str, meant: str
) -> None:
    records = flex(OPPT7="opportunity")
    records.people = [FlexPerson("1-6D9UB")]
    assert await FlexWorld(FULL, records=records).links.find(entity, typed) == meant


async def test_while_flex_is_down_the_word_of_a_person_counts_who_found_the_record() -> None:
    records = flex()
    records.down = True
    assert await FlexWorld(FULL, records=records).links.find(Entity.OPPORTUNITY, " 1-oppt7") == "1-oppt7"


PERSON_KEY = link_key(System.FLEX, Entity.PERSON, "P-1")


def contacts(*people: FlexPerson) -> FlexInMemory:
    """Return a FLEX that holds these contacts."""
    records = flex()
    records.people = list(people)
    return records


def card_of_linh(**changed: Any) -> Card:
    return but(FULL, people=(Applicant("Primary Applicant", but(LINH, **changed)),))


async def test_a_person_is_linked_in_the_book_at_once_and_in_brokerengine_by_a_push() -> None:
    world = FlexWorld(FULL, records=contacts(but(THEIRS, birth_date="29/02/1988")))
    shown = await world.links.preview("P-1", " 1-6D9UB ", world.engine)
    assert (shown.entity, shown.flex_id, shown.was) == (Entity.PERSON, "1-6D9UB", None)
    assert shown.warnings == (
        "FLEX contact 1-6D9UB is Linh Nguyen, born 29/02/1988. The next push of Linh Nguyen updates it.",
    )
    assert await untouched(world)
    assert await world.book.all(Link) == []
    push = await world.engine.finish((await world.links.confirm(shown, world.engine)).push_id)
    assert (push.asset, push.subject, push.state) == (Asset.LINK, "P-1", PushState.DONE)
    assert [link.remote_id for link in await world.book.all(Link)] == ["1-6D9UB"]
    (request,) = world.board.sent
    assert (request.operation, request.entity, request.remote_id) == (
        Operation.WRITE_BACK,
        Entity.PERSON,
        "P-1",
    )
    assert request.body == {"flex_id": "1-6D9UB"}
    assert world.flex.sent == []


async def test_a_wrong_contact_is_replaced_in_brokerengine_and_the_plan_says_which() -> None:
    world = FlexWorld(card_of_linh(flex_id="1-WRONG"), records=contacts(THEIRS))
    shown = await world.links.preview("P-1", "1-6D9UB", world.engine)
    assert shown.was == "1-WRONG"
    assert [step.summary for step in shown.plan.steps] == ["FLEX ID 1-6D9UB, was 1-WRONG"]
    push = await world.engine.finish((await world.links.confirm(shown, world.engine)).push_id)
    assert push.state is PushState.DONE
    assert world.board.rows["P-1"].fields == {"flex_id": "1-6D9UB"}


async def test_a_link_that_changed_since_it_was_shown_is_not_stored() -> None:
    world = FlexWorld(card_of_linh(), records=contacts(THEIRS))
    shown = await world.links.preview("P-1", "1-6D9UB", world.engine)
    world.cards.held["C-1"] = card_of_linh(flex_id="1-OTHER")
    assert (await refusal(world.links.confirm(shown, world.engine)))[0] == "plan-changed"
    assert await untouched(world)
    assert await world.book.all(Link) == []


async def test_unlinking_a_person_takes_the_id_from_brokerengine_and_the_next_push_asks_about_the_old_record() -> (
    None
):
    world = FlexWorld(card_of_linh(flex_id="1-MADE1"), records=contacts())
    await world.book.commit(*link(Entity.PERSON, "P-1", "1-MADE1").values())
    was, push = await world.unlink("P-1")
    assert (was, push.asset) == ("1-MADE1", Asset.UNLINK)
    assert (await world.engine.finish(push.push_id)).state is PushState.DONE
    assert world.board.rows["P-1"].fields == {"flex_id": None}
    assert await world.book.all(Link) == []
    remembered = await world.book.get(Unlinked, PERSON_KEY)
    assert remembered is not None
    assert (remembered.remote_id, remembered.by) == ("1-MADE1", "m.hale")
    assert world.flex.sent == [], "FLEX keeps its contact"


async def test_a_person_whom_the_book_alone_links_is_unlinked_without_a_step() -> None:
    world = FlexWorld(card_of_linh())
    await world.book.commit(*link(Entity.PERSON, "P-1", "1-MADE1").values())
    shown = await world.links.preview_unlink("P-1", world.engine)
    assert (shown.was, shown.plan.steps) == ("1-MADE1", ())
    other = FlexWorld(card_of_linh())
    await other.book.commit(*link(Entity.PERSON, "P-1", "1-MADE2").values())
    again = await other.links.preview_unlink("P-1", other.engine)
    assert shown.plan.digest != again.plan.digest, "the hash covers the ID"
    await world.unlink("P-1")
    assert await world.book.all(Link) == []


async def test_linking_a_person_again_forgets_that_the_link_was_taken_back() -> None:
    world = FlexWorld(card_of_linh(flex_id="1-6D9UB"), records=contacts(THEIRS))
    await world.engine.finish((await world.unlink("P-1"))[1].push_id)
    world.cards.held["C-1"] = card_of_linh()
    await world.link("P-1", "1-6D9UB")
    assert await world.book.get(Unlinked, PERSON_KEY) is None


@pytest.mark.parametrize(
    ("flex_id", "code"),
    [
        ("..", "bad-flex-id"),
        ("6D9UB", "no-such-contact"),
        ("1-GONE1", "no-such-contact"),
        ("1-THEIR", "taken"),
        ("1-MADE1", "already-linked"),
    ],
)
async def test_a_contact_that_can_not_be_a_persons_is_refused(flex_id: str, code: str) -> None:
    known = [but(THEIRS, flex_id=one) for one in ("1-THEIR", "1-MADE1")]
    world = FlexWorld(card_of_linh(flex_id="1-MADE1"), records=contacts(*known))
    await world.book.commit(
        *link(Entity.PERSON, "P-1", "1-MADE1").values(), *link(Entity.PERSON, "P-2", "1-THEIR").values()
    )
    assert (await refusal(world.links.preview("P-1", flex_id, world.engine)))[0] == code


@pytest.mark.parametrize("what", ["card", "person"])
async def test_an_id_in_a_file_is_neither_taken_back_nor_replaced_and_the_place_is_named(what: str) -> None:
    world = FlexWorld(but(card_of_linh(flex_id="1-FILE1"), flex_id="1-OPPT1"), records=contacts(THEIRS))
    world.cards.takes_ids_back = False
    code, message, fix = await refusal(
        world.links.preview_unlink("C-1" if what == "card" else "P-1", world.engine)
    )
    assert code == "id-in-file"
    assert "the file of C-1" in message
    assert ("1-OPPT1" if what == "card" else "1-FILE1") in message
    assert "export the card again" in fix
    if what == "person":
        assert (await refusal(world.links.preview("P-1", "1-6D9UB", world.engine)))[0] == "id-in-file"
    assert await untouched(world)


async def test_what_the_book_knows_of_a_card_in_a_file_can_be_taken_back() -> None:
    world = FlexWorld(card_of_linh())
    world.cards.takes_ids_back = False
    await world.book.commit(
        *link(Entity.OPPORTUNITY, "C-1", "1-OPPT1").values(), *link(Entity.PERSON, "P-1", "1-MADE1").values()
    )
    assert (await world.unlink("C-1"))[0] == "1-OPPT1"
    assert (await world.unlink("P-1"))[0] == "1-MADE1"
    assert await world.book.all(Link) == []


async def test_a_person_of_an_unfinished_push_is_neither_linked_nor_unlinked() -> None:
    made = but(THEIRS, flex_id="1-MADE1")
    world = FlexWorld(card_of_linh(flex_id="1-MADE1"), records=contacts(THEIRS, made))
    await world.desk.confirm(await world.desk.preview("C-1"), world.engine)
    for doing in (
        world.links.preview("P-1", "1-6D9UB", world.engine),
        world.links.preview_unlink("P-1", world.engine),
    ):
        code, message, _ = await refusal(doing)
        assert (code, message) == ("busy", "C-1 has a push of P-1 that is not finished (queued).")


async def test_an_id_of_nothing_is_neither_a_card_nor_a_person() -> None:
    world = FlexWorld(FULL, records=contacts(THEIRS))
    for doing in (
        world.links.preview("P-9", "1-6D9UB", world.engine),
        world.links.preview_unlink("P-9", world.engine),
    ):
        assert (await refusal(doing))[:2] == ("unknown-card", "There is no card and no person P-9.")


async def test_a_person_who_is_not_linked_has_nothing_to_take_back() -> None:
    code, message, fix = await refusal(FlexWorld(FULL).links.preview_unlink("P-1", FlexWorld(FULL).engine))
    assert (code, message, fix) == (
        "not-linked",
        "Linh Nguyen is not linked.",
        "There is nothing to take back.",
    )
