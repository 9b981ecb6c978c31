"""What a push replaced on contacts of FLEX is kept before it is sent, and put back as far as FLEX still holds it."""

from __future__ import annotations

import pytest

from core.errors import DeskError
from core.flex.model import FlexPerson
from core.flex.use_cases.changed_since_push import ChangeKind, changed_since_push, sent_by_pushes
from core.flex.use_cases.undo import DAY, UndoPushUseCases
from core.push.activity import activity_of_card
from core.push.plan import Asset
from core.push.ports import Outcome, Refused, Request
from core.push.records import Link, Push, undo_file
from core.push.states import PushState
from tests.support.cards import BAO, LINH, but, with_person
from tests.support.flex_setup import FlexInMemory, FlexWorld

WAS = {"FirstName": "Linh", "LastName": "Nguyen", "EmailAddress": "old@example.com", "CellularPhone": "1"}


def a_world() -> FlexWorld:
    """Return a desk with a card of a person whom FLEX has, and one whom it does not have."""
    records = FlexInMemory()
    records.contacts["1-6D9UB"] = FlexPerson("1-6D9UB", "Linh", "Nguyen")
    world = FlexWorld(with_person(but(LINH, flex_id="1-6D9UB"), BAO), records=records)
    world.flex.put("1-6D9UB", **WAS)
    return world


async def pushed(world: FlexWorld) -> Push:
    return await world.push(await world.desk.preview("C-1"))


async def refusal(world: FlexWorld, push_id: str) -> str:
    with pytest.raises(DeskError) as caught:
        await world.undo.preview(push_id)
    return caught.value.code


async def test_old_values_are_put_back_and_what_was_made_stays() -> None:
    world = a_world()
    push = await pushed(world)
    assert push.state is PushState.DONE
    assert world.flex.rows["1-6D9UB"].fields["EmailAddress"] == "linh@example.com"
    links = await world.book.all(Link)
    preview = await world.undo.preview(push.push_id)
    put_back = {field.field: field.old for field in preview.fields if not field.why}
    assert put_back == {"EmailAddress": "old@example.com", "CellularPhone": "1"}
    assert "it was empty, and the contract can't empty a field" in {field.why for field in preview.fields}
    assert len(preview.stays) == 3, "Bao, the opportunity, the property; links are no records of their own"
    begun = await world.undo.confirm(preview, world.engine)
    assert (await world.engine.finish(begun.push_id)).state is PushState.DONE
    fields = world.flex.rows["1-6D9UB"].fields
    assert {name: fields[name] for name in WAS} == WAS
    assert await world.book.all(Link) == links, "an undo links nothing"


async def test_what_was_put_back_is_a_change_and_the_undo_is_in_the_cards_history() -> None:
    world = a_world()
    push = await pushed(world)
    preview = await world.desk.preview("C-1")
    assert await changed_since_push(world.book, preview) is not None
    sent = await sent_by_pushes(world.book, preview)
    world.clock.at += 60
    begun = await world.undo.confirm(await world.undo.preview(push.push_id), world.engine)
    await world.engine.finish(begun.push_id)
    since = await changed_since_push(world.book, preview)
    assert since is not None
    named = {change.field.target: change.kind for change in since.changes(preview.fields) if change.field}
    assert named == dict.fromkeys(("Applicant.EmailAddress", "Applicant.CellularPhone"), ChangeKind.PUT_BACK)
    assert sent - await sent_by_pushes(world.book, preview) == since.put_back == since.changed
    assert [told.push.asset for told in await activity_of_card(world.book, "C-1")] == [Asset.UNDO, Asset.CARD]


async def test_an_undo_is_offered_only_where_an_old_value_can_be_sent_back() -> None:
    world = a_world()
    push = await pushed(world)
    assert await world.undo.may_be_undone(push)
    begun = await world.undo.confirm(await world.undo.preview(push.push_id), world.engine)
    await world.engine.finish(begun.push_id)
    assert not await world.undo.may_be_undone(push), "it was undone"

    world = a_world()
    world.flex.put("1-6D9UB", FirstName="Linh", LastName="Nguyen")
    assert not await world.undo.may_be_undone(await pushed(world)), "what was empty can't be put back"

    world = a_world()
    push = await pushed(world)
    world.clock.at = push.created_at + 100 * DAY
    assert not await world.undo.may_be_undone(push), "it is too late"

    world = a_world()
    world.flex.script += [Refused("invalid")] * 9
    push = await pushed(world)
    assert push.state is PushState.REFUSED
    assert await world.book.get_file(undo_file(push.push_id)), "it was kept before the update was sent"
    assert not await world.undo.may_be_undone(push), "FLEX took nothing"

    world = a_world()
    for name in WAS:
        world.flex.rows["1-6D9UB"].fields[name] = "\ufffd"
    assert not await world.undo.may_be_undone(await pushed(world)), "half a character can't be sent back"


async def test_an_old_value_with_half_a_character_is_not_put_back() -> None:
    world = a_world()
    world.flex.rows["1-6D9UB"].fields["EmailAddress"] = (
        "old\ufffd@example.com"  # as the client reads half a character
    )
    preview = await world.undo.preview((await pushed(world)).push_id)
    why = {field.field: field.why for field in preview.fields}
    assert why["EmailAddress"] == "its old value has half a character, which can't be sent back"
    assert why["CellularPhone"] == ""


async def test_a_value_that_somebody_changed_since_is_left() -> None:
    world = a_world()
    push = await pushed(world)
    world.flex.rows["1-6D9UB"].fields.update(EmailAddress="theirs@example.com", CellularPhone="1")
    preview = await world.undo.preview(push.push_id)
    why = {field.field: field.why for field in preview.fields}
    assert why["EmailAddress"] == "somebody changed it since"
    assert why["CellularPhone"] == "FLEX holds the old value already"
    assert preview.plan.steps == ()
    with pytest.raises(DeskError) as caught:
        await world.undo.confirm(preview, world.engine)
    assert caught.value.code == "nothing-to-undo"


async def test_a_change_between_the_question_and_the_send_stops_the_undo() -> None:
    world = a_world()
    push = await pushed(world)
    preview = await world.undo.preview(push.push_id)
    begun = await world.undo.confirm(preview, world.engine)
    world.flex.rows["1-6D9UB"].fields["EmailAddress"] = "theirs@example.com"
    ended = await world.engine.finish(begun.push_id)
    assert (ended.state, ended.reason) == (PushState.REFUSED, "plan-changed")
    assert world.flex.rows["1-6D9UB"].fields["EmailAddress"] == "theirs@example.com"


async def test_old_values_are_on_disk_before_the_update_is_sent() -> None:
    world = a_world()
    send, seen = world.flex.send, []

    async def watched(request: Request) -> Outcome:
        if request.remote_id == "1-6D9UB":
            seen.append([name for name in await world.book.list_files() if name.endswith(".undo")])
        return await send(request)

    world.flex.send = watched
    push = await pushed(world)
    assert seen == [[undo_file(push.push_id)]]


async def test_old_values_are_kept_for_undo_days() -> None:
    world = a_world()
    push = await pushed(world)
    world.clock.at = push.created_at + 7 * DAY
    assert await world.undo.forget_old_values() == 0
    world.clock.at += 1
    assert (await world.undo.preview(push.push_id)).fields == ()
    assert await world.undo.forget_old_values() == 1
    assert await world.book.list_files() == []


def test_a_profile_that_keeps_no_old_values_has_no_keeper() -> None:
    assert UndoPushUseCases(a_world().desk, undo_days=0).keepers == {}


async def test_only_a_push_that_is_over_and_of_a_card_or_fact_find_is_undone() -> None:
    world = a_world()
    assert await refusal(world, "P-99") == "unknown-push"
    push = await world.desk.confirm(await world.desk.preview("C-1"), world.engine)
    assert await refusal(world, push.push_id) == "push-under-way"
    ended = await world.engine.finish(push.push_id)
    begun = await world.undo.confirm(await world.undo.preview(ended.push_id), world.engine)
    assert await refusal(world, begun.push_id) == "not-kept"


async def test_a_later_attempt_does_not_take_what_was_sent_for_the_old_values() -> None:
    world = a_world()
    preview = await world.desk.preview("C-1")
    step = preview.plan.steps[0]
    await world.undo.keep("P1", step, step.body, WAS)
    first = await world.book.get_file(undo_file("P1"))
    await world.undo.keep("P1", step, step.body, {**WAS, **step.body})
    assert await world.book.get_file(undo_file("P1")) == first


async def test_of_an_address_only_the_parts_that_were_sent_are_put_back() -> None:
    world = a_world()
    old = {"AddressType": "Postal", "City": "Perth", "State": "WA"}
    world.flex.rows["1-6D9UB"].fields["OtherAddress"] = [old]
    push = await pushed(world)
    fields = world.flex.rows["1-6D9UB"].fields
    (sent,) = fields["OtherAddress"]
    fields["OtherAddress"] = [sent | {"Note": "not ours"}]
    preview = await world.undo.preview(push.push_id)
    (back,) = [field.old for field in preview.fields if field.field == "OtherAddress"]
    assert back == [sent | old], (
        "the city and the state of before, and the street that was empty before stays"
    )


async def test_an_address_that_a_push_filled_up_can_not_be_emptied() -> None:
    world = a_world()
    world.flex.rows["1-6D9UB"].fields["OtherAddress"] = [{"AddressType": "Postal", "City": "Balmain"}]
    push = await pushed(world)
    preview = await world.undo.preview(push.push_id)
    (address,) = [field for field in preview.fields if field.field == "OtherAddress"]
    assert address.why == "it was empty, and the contract can't empty a field"
