"""Who the people of a push are in FLEX: looked up before the preview, asked about where it is not clear, asked once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec
import pytest

from core.compare.mailboxes import email_fault
from core.errors import DeskError, Unreachable
from core.flex.field_map.fates import Fate
from core.flex.model import Applicant, FactFind, FlexPerson, Person, Phones
from core.flex.plans.inputs import NEW
from core.flex.plans.preview import Preview
from core.flex.plans.shown import shown_of
from core.flex.records import SamePerson
from core.flex.use_cases.changed_since_push import places
from core.push.plan import Entity, Operation, System, link_key, make_ref
from core.push.records import Generation, Link, StepRecord, Unlinked
from core.push.states import PushState, StepState
from core.receipts.model import Shown
from tests.support.cards import BAO, FULL, LINH, but, link, with_person
from tests.support.flex_setup import FlexInMemory, FlexWorld, PapersInMemory

TWIN = FlexPerson("1-TWIN1", "Linh", "Nguyen", email="linh@example.com")
NAMESAKE = FlexPerson("1-NAME1", "Linh", "Nguyen", email="another@example.com")
MAEVE = FlexPerson("1-MAEV1", "Maeve", "O'Brien", birth_date="01/12/1960")
ONLY_LINH = with_person(LINH)


def ref_of(person_id: str, generation: int = 0) -> str:
    return make_ref("test", System.FLEX, Entity.PERSON, person_id, generation)


def world_of(
    *people: Person, found: tuple[FlexPerson, ...] = (), held: tuple[FlexPerson, ...] = ()
) -> FlexWorld:
    """Return a desk with one card of these people. A search of FLEX finds `found`; FLEX also has `held`."""
    records = FlexInMemory()
    records.people = list(found)
    records.contacts = {contact.flex_id: contact for contact in (*found, *held)}
    world = FlexWorld(with_person(*(people or (LINH,))), records=records)
    for contact in records.contacts.values():
        world.flex.put(contact.flex_id, FirstName=contact.first_name, LastName=contact.last_name)
    return world


def operations(preview: Preview) -> dict[str, tuple[Operation, str | None]]:
    return {
        step.local_id: (step.operation, step.remote_id)
        for step in preview.plan.steps
        if step.entity is Entity.PERSON and step.system is System.FLEX
    }


def asked(preview: Preview) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(question.person.id, question.code, question.choices) for question in preview.questions]


async def refusal(world: FlexWorld, preview: Preview) -> str:
    with pytest.raises(DeskError) as caught:
        await world.desk.confirm(preview, world.engine)
    assert world.engine.unfinished() == []
    return caught.value.code


# -- before a create ----------------------------------------------------------------------------------------


async def test_a_contact_with_the_same_name_and_email_stops_the_card_until_somebody_chooses() -> None:
    world = world_of(found=(NAMESAKE, TWIN))
    preview = await world.desk.preview("C-1")
    assert asked(preview) == [("P-1", "person-found", ("1-TWIN1", "1-NAME1", NEW))]
    assert preview.questions[0].message == "FLEX has Linh Nguyen already: 1-TWIN1 with the same email."
    assert [reason.message for reason in preview.reasons] == [preview.questions[0].message]
    assert await refusal(world, preview) == "person-found"
    assert await world.book.all(Link) == []


@pytest.mark.parametrize(
    "contact",
    [
        FlexPerson("1-X", "LINH", "Nguyen", mobile="+61 491 570 006"),
        FlexPerson("1-X", "Linh", "Nguyen", home_phone="0255501234"),
        FlexPerson("1-X", "Linh", "Nguyen", work_phone="0491570006"),
        FlexPerson("1-X", "Linh", "Nguyen", birth_date="29/02/1988"),
    ],
)
async def test_the_same_phone_or_birth_date_in_another_form_stops_the_card_too(contact: FlexPerson) -> None:
    assert asked(await world_of(found=(contact,)).desk.preview("C-1")) == [
        ("P-1", "person-found", ("1-X", NEW))
    ]


@pytest.mark.parametrize(
    ("email", "phone"),
    [("none@none.com", "0400 000 000"), ("n/a", "000 000 0000"), ("test@test.com", "1234567890")],
)
async def test_a_filler_makes_nobody_the_same_person(email: str, phone: str) -> None:
    """A filler is neither searched for nor compared, and it is refused in the preview."""
    linh = but(LINH, email=email, phones=Phones(mobile=phone), birth_date=None)
    stranger = FlexPerson("1-STR1", "Otis", "Rask", email=email, mobile=phone)
    namesake = FlexPerson("1-NAME1", "Linh", "Nguyen", email=email, mobile=phone)
    world = world_of(linh, found=(stranger, namesake))
    preview = await world.desk.preview("C-1")
    assert asked(preview) == []
    assert [alike.found for alike in preview.look_alikes] == [(namesake,)]
    assert world.records.asked == [("Linh", "Nguyen", "")]
    refused = {field.source: field.reason for field in preview.fields if field.fate is Fate.REFUSED}
    assert refused == {
        "Email Address": email_fault(email),
        "Phone Number: Mobile": "it isn't a phone number",
    }


async def test_a_weaker_look_alike_is_shown_and_stops_nothing() -> None:
    same_email = FlexPerson("1-WIFE1", "Lan", "Nguyen", email="linh@example.com")
    world = world_of(found=(NAMESAKE, same_email))
    preview = await world.desk.preview("C-1")
    assert preview.pushable
    assert [(alike.person.id, alike.found) for alike in preview.look_alikes] == [
        ("P-1", (NAMESAKE, same_email))
    ]
    assert (await world.push(preview)).state is PushState.DONE


async def test_what_a_gateway_gives_beyond_the_search_is_no_look_alike() -> None:
    preview = await world_of(found=(MAEVE,)).desk.preview("C-1")
    assert (preview.pushable, preview.look_alikes) == (True, ())


async def test_a_record_of_our_own_reference_is_no_look_alike() -> None:
    world = world_of(found=(but(TWIN, integration_id=ref_of("P-1")),))
    assert (await world.desk.preview("C-1")).pushable
    await world.book.commit(Generation(link_key(System.FLEX, Entity.PERSON, "P-1"), 1))
    assert (await world.desk.preview("C-1")).pushable, "the record of an older generation is ours too"
    world.records.people = [but(TWIN, integration_id=ref_of("P-9"))]
    assert not (await world.desk.preview("C-1")).pushable


async def test_the_chosen_contact_is_updated_and_linked_by_the_confirmation_alone() -> None:
    world = world_of(found=(TWIN,))
    await world.book.commit(
        Unlinked(System.FLEX, Entity.PERSON, "P-1", "1-OLD", "person", "BD-X", "m.hale", 0.0)
    )
    preview = await world.desk.preview("C-1", choices={"P-1": "1-TWIN1"})
    assert operations(preview) == {"P-1": (Operation.UPDATE, "1-TWIN1")}
    assert (preview.pushable, preview.plan.links) == (True, (("P-1", "1-TWIN1"),))
    assert await world.book.all(Link) == [], "nothing is stored before the confirmation"
    await world.desk.confirm(preview, world.engine)
    (made,) = await world.book.all(Link)
    assert (made.local_id, made.remote_id, made.ref) == ("P-1", "1-TWIN1", ref_of("P-1"))
    assert await world.book.all(Unlinked) == []
    (push,) = await world.engine.resume()
    assert push.state is PushState.DONE
    assert world.board.rows["P-1"].fields["flex_id"] == "1-TWIN1"


async def test_a_new_contact_is_created_all_the_same_where_somebody_says_so() -> None:
    world = world_of(found=(TWIN,))
    preview = await world.desk.preview("C-1", choices={"P-1": NEW})
    assert operations(preview) == {"P-1": (Operation.CREATE, None)}
    assert (preview.plan.anew, preview.plan.links) == (("P-1",), ())
    assert "FLEX has Linh Nguyen already as 1-TWIN1; you chose one more contact." in preview.warnings
    assert (await world.push(preview)).state is PushState.DONE


async def test_a_choice_that_is_another_persons_in_the_book_is_refused() -> None:
    world = world_of(found=(TWIN,))
    await world.book.commit(*link(Entity.PERSON, "P-9", "1-TWIN1").values())
    assert asked(await world.desk.preview("C-1")) == [("P-1", "person-found", (NEW,))]
    preview = await world.desk.preview("C-1", choices={"P-1": "1-TWIN1"})
    assert asked(preview) == [("P-1", "person-taken", (NEW,))]
    assert "P-9" in preview.reasons[0].message
    assert await refusal(world, preview) == "person-taken"


async def test_a_choice_that_is_another_persons_of_the_push_is_refused() -> None:
    shared = FlexPerson("1-BOTH1", "Linh", "Nguyen", email="linh@example.com")
    world = world_of(LINH, but(BAO, email="linh@example.com"), found=(shared,))
    preview = await world.desk.preview("C-1", choices={"P-1": "1-BOTH1", "P-2": "1-BOTH1"})
    assert asked(preview) == [
        ("P-1", "person-twice", (NEW,)),
        ("P-2", "person-twice", (NEW,)),
    ]


async def test_a_choice_that_flex_does_not_have_is_tried_in_upper_case_and_then_refused() -> None:
    world = world_of(found=(TWIN,))
    preview = await world.desk.preview("C-1", choices={"P-1": "1-twin1"})
    assert (preview.pushable, preview.plan.links) == (True, (("P-1", "1-TWIN1"),))
    preview = await world.desk.preview("C-1", choices={"P-1": "1-nobod"})
    assert asked(preview) == [("P-1", "person-gone", ("1-TWIN1", NEW))]


async def test_a_choice_that_can_not_be_an_id_is_refused_before_flex_is_asked() -> None:
    world = world_of(found=(TWIN,))
    with pytest.raises(DeskError) as caught:
        await world.desk.preview("C-1", choices={"P-1": ".."})
    assert caught.value.code == "bad-flex-id"
    assert world.records.asked == []


async def test_the_receipt_keeps_the_look_alikes_that_were_shown() -> None:
    preview = await world_of(found=(NAMESAKE,)).desk.preview("C-1")
    shown = msgspec.json.decode(shown_of(preview, places(preview.fields)), type=Shown)
    assert shown.look_alikes == ("Linh Nguyen, 1-NAME1",)


async def test_a_typed_id_of_somebody_else_is_asked_about_and_a_shown_contact_is_not() -> None:
    world = world_of(but(LINH, first_name="Xuan"), held=(MAEVE,))
    preview = await world.desk.preview("C-1", choices={"P-1": "1-MAEV1"})
    assert asked(preview) == [("P-1", "person-unclear", (NEW,))]
    shown = FlexPerson("1-SHOWN", "Michael", "Nguyen", email="linh@example.com")
    world = world_of(but(LINH, first_name="Xuan"), found=(shown,))
    preview = await world.desk.preview("C-1", choices={"P-1": "1-SHOWN"})
    assert preview.pushable
    assert (
        "FLEX contact 1-SHOWN is Michael Nguyen now; it gets the values of Xuan Nguyen." in preview.warnings
    )


async def test_a_choice_for_somebody_who_is_not_on_the_card_is_refused() -> None:
    preview = await world_of().desk.preview("C-1", choices={"P-77": "1-TWIN1"})
    assert [reason.code for reason in preview.reasons] == ["which-person"]


async def test_two_people_of_one_push_who_are_one_person_are_asked_about() -> None:
    world = world_of(LINH, but(LINH, id="P-2", phones=Phones("+61 491 570 006")))
    preview = await world.desk.preview("C-1")
    assert asked(preview) == [("P-2", "person-twice", (NEW,))]
    assert (await world.desk.preview("C-1", choices={"P-2": NEW})).pushable
    father = but(LINH, id="P-2", birth_date=date(1960, 12, 1))
    assert (await world_of(LINH, father).desk.preview("C-1")).pushable, "one phone, two generations"


async def test_a_contact_that_appears_between_the_preview_and_the_first_send_stops_the_push() -> None:
    world = world_of()
    preview = await world.desk.preview("C-1")
    world.records.people = [TWIN]
    push = await world.push(preview)
    assert (push.state, push.reason) == (PushState.REFUSED, "plan-changed")
    assert world.flex.sent == []


async def test_a_fact_find_asks_about_its_people_and_takes_the_same_choices() -> None:
    papers = PapersInMemory()
    papers.fact_finds["FF-1"] = FactFind("FF-1", "C-1", "completed", people=(Applicant("Guarantor", LINH),))
    records = FlexInMemory()
    records.people, records.contacts = [TWIN], {"1-TWIN1": TWIN}
    world = FlexWorld(FULL, papers=papers, records=records)
    world.flex.put("1-TWIN1", FirstName="Linh", LastName="Nguyen")
    assert asked(await world.fact_finds.preview("FF-1")) == [("P-1", "person-found", ("1-TWIN1", NEW))]
    preview = await world.fact_finds.preview("FF-1", {"P-1": "1-TWIN1"})
    assert (await world.push(preview)).state is PushState.DONE
    (made,) = [one for one in await world.book.all(Link) if one.local_id == "P-1"]
    assert made.remote_id == "1-TWIN1"


# -- before an update ---------------------------------------------------------------------------------------


async def test_a_contact_that_is_clearly_somebody_else_is_asked_about_once() -> None:
    linked = but(LINH, flex_id="1-MAEV1")
    world = world_of(linked, found=(TWIN,), held=(MAEVE,))
    preview = await world.desk.preview("C-1")
    assert asked(preview) == [("P-1", "person-unclear", ("1-MAEV1", "1-TWIN1", NEW))]
    assert preview.questions[0].found == (MAEVE, TWIN)
    assert "Maeve O'Brien" in preview.questions[0].message
    answered = await world.desk.preview("C-1", choices={"P-1": "1-MAEV1"})
    assert answered.pushable
    await world.desk.confirm(answered, world.engine)
    (same,) = await world.book.all(SamePerson)
    assert (same.person, same.flex_id, same.by, len(same.reasons)) == ("P-1", "1-MAEV1", "m.hale", 1)
    assert (await world.desk.preview("C-1")).pushable
    world.flex.rows["1-MAEV1"].fields["FirstName"] = "Zara"
    assert asked(await world.desk.preview("C-1")) != [], "another doubt is another question"


@pytest.mark.parametrize(
    "record",
    [
        FlexPerson("1-6D9UB", "Linh", "Tran", birth_date="29/02/1988"),
        FlexPerson("1-6D9UB", "Dr Linh", "Nguyen"),
        FlexPerson("1-6D9UB", "Linh", "Nguyen", birth_date="01/12/1960"),
        FlexPerson("1-6D9UB", "", ""),
    ],
)
async def test_a_new_name_or_a_corrected_date_asks_nothing(record: FlexPerson) -> None:
    world = world_of(but(LINH, flex_id="1-6D9UB"), held=(record,))
    assert (await world.desk.preview("C-1")).pushable
    assert world.records.asked == [], "a contact that is not in doubt costs one request"


async def test_a_contact_that_bears_the_reference_of_another_person_is_asked_about() -> None:
    record = FlexPerson("1-6D9UB", "Linh", "Nguyen", integration_id=ref_of("P-9"))
    world = world_of(but(LINH, flex_id="1-6D9UB"), held=(record,))
    assert asked(await world.desk.preview("C-1")) == [("P-1", "person-unclear", ("1-6D9UB", NEW))]
    for fine in (ref_of("P-1"), "harbour-loans:contact:P-2001", ""):
        world.records.contacts["1-6D9UB"] = but(record, integration_id=fine)
        world.flex.rows["1-6D9UB"].fields["IntegrationId"] = fine
        assert (await world.desk.preview("C-1")).pushable


async def test_an_id_that_the_book_knows_as_another_persons_is_asked_about() -> None:
    record = FlexPerson("1-6D9UB", "Linh", "Nguyen")
    world = world_of(but(LINH, flex_id="1-6D9UB"), held=(record,))
    await world.book.commit(*link(Entity.PERSON, "P-9", "1-6D9UB").values())
    preview = await world.desk.preview("C-1")
    assert asked(preview) == [("P-1", "person-unclear", ("1-6D9UB", NEW))]
    assert "P-9" in preview.reasons[0].message
    assert not (await world.desk.glance("C-1")).pushable, "the book is asked for a glance too"
    assert (await world.desk.preview("C-1", choices={"P-1": "1-6D9UB"})).pushable


async def test_one_id_on_two_people_is_asked_about_for_the_one_whom_it_does_not_fit() -> None:
    record = FlexPerson("1-SAME1", "Linh", "Nguyen")
    world = world_of(but(LINH, flex_id="1-SAME1"), but(BAO, flex_id="1-SAME1"), held=(record,))
    assert asked(await world.desk.preview("C-1")) == [("P-2", "person-twice", (NEW,))]
    preview = await world.desk.preview("C-1", choices={"P-2": "1-SAME1"})
    assert ("P-2", "person-twice", (NEW,)) in asked(preview), "the same record is never updated twice"
    preview = await world.desk.preview("C-1", choices={"P-2": NEW})
    assert operations(preview) == {"P-1": (Operation.UPDATE, "1-SAME1"), "P-2": (Operation.CREATE, None)}
    world.board.rows["P-2"].fields["flex_id"] = "1-SAME1"
    assert (await world.push(preview)).state is PushState.DONE
    (made,) = [one for one in await world.book.all(Link) if one.local_id == "P-2"]
    assert world.board.rows["P-2"].fields["flex_id"] == made.remote_id


async def test_a_contact_that_flex_does_not_have_is_asked_about_with_those_that_look_like_the_person() -> (
    None
):
    world = world_of(but(LINH, flex_id="1-GONE1"), found=(TWIN,))
    assert asked(await world.desk.preview("C-1")) == [("P-1", "person-gone", ("1-TWIN1", NEW))]
    world.board.rows["P-1"].fields["flex_id"] = "1-GONE1"
    preview = await world.desk.preview("C-1", choices={"P-1": "1-TWIN1"})
    assert (await world.push(preview)).state is PushState.DONE
    assert world.board.rows["P-1"].fields["flex_id"] == "1-TWIN1"


async def test_a_new_contact_for_a_wrong_link_of_the_book_takes_the_link_back() -> None:
    world = world_of(LINH, held=(MAEVE,))
    await world.book.commit(*link(Entity.PERSON, "P-1", "1-MAEV1").values())
    preview = await world.desk.preview("C-1", choices={"P-1": NEW})
    assert (await world.push(preview)).state is PushState.DONE
    (made,) = [one for one in await world.book.all(Link) if one.local_id == "P-1"]
    assert made.remote_id != "1-MAEV1"
    assert world.flex.rows["1-MAEV1"].fields["FirstName"] == "Maeve"


async def test_people_sent_again_ask_too_and_create_nobody() -> None:
    world = world_of(but(LINH, flex_id="1-MAEV1"), BAO, found=(TWIN,), held=(MAEVE,))
    preview = await world.desk.preview_people("C-1")
    assert asked(preview) == [("P-1", "person-unclear", ("1-MAEV1", "1-TWIN1"))]
    world.board.rows["P-1"].fields["flex_id"] = "1-MAEV1"
    preview = await world.desk.preview_people("C-1", {"P-1": "1-TWIN1"})
    assert operations(preview) == {"P-1": (Operation.UPDATE, "1-TWIN1")}
    assert (await world.push(preview)).state is PushState.DONE
    assert world.board.rows["P-1"].fields["flex_id"] == "1-TWIN1"


# -- between the preview and the send -------------------------------------------------------------------------


async def sent_after(world: FlexWorld, **changed: object) -> StepRecord:
    """Preview a card, change the FLEX contact, push, and return the step of the person."""
    preview = await world.desk.preview("C-1")
    world.flex.rows["1-6D9UB"].fields.update(changed)
    push = await world.desk.confirm(preview, world.engine)
    await world.engine.finish(push.push_id)
    (step,) = [
        step
        for step in await world.book.where(StepRecord, push_id=push.push_id)
        if step.entity is Entity.PERSON and step.system is System.FLEX
    ]
    return step


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"FirstName": "Maeve", "LastName": "O'Brien"}, "record-changed"),
        ({"LastName": "Tran"}, "record-changed"),
        ({"FirstName": " Linh "}, ""),
        ({"LastName": "Ng"}, ""),
        ({"EmailAddress": "else@example.com", "UpdatedAt": "today"}, ""),
    ],
)
async def test_a_contact_that_changes_after_the_preview_is_a_conflict_unless_the_change_is_harmless(
    changed: Mapping[str, object], code: str
) -> None:
    record = FlexPerson("1-6D9UB", "Linh", "Nguyen")
    world = world_of(but(LINH, flex_id="1-6D9UB", last_name="Ng"), held=(record,))
    step = await sent_after(world, **changed)
    assert step.error == code
    assert step.state is (StepState.CONFLICT if code else StepState.DONE)
    assert bool(code) is (world.flex.rows["1-6D9UB"].fields["LastName"] != "Ng")


# -- what it costs ------------------------------------------------------------------------------------------


async def test_a_glance_asks_flex_nothing_and_a_preview_asks_once_a_person() -> None:
    world = world_of(but(LINH, flex_id="1-6D9UB"), BAO, held=(FlexPerson("1-6D9UB", "Linh", "Nguyen"),))
    await world.desk.glance("C-1")
    assert (world.records.asked, world.records.read) == ([], [])
    await world.desk.preview("C-1")
    assert (world.records.asked, world.records.read) == ([("Bao", "Tran", "")], ["1-6D9UB"])


async def test_a_card_that_can_not_be_pushed_anyway_costs_nothing() -> None:
    records = FlexInMemory()
    world = FlexWorld(but(FULL, flex_id="1-OPPT1"), records=records)
    preview = await world.desk.preview("C-1")
    assert [reason.code for reason in preview.reasons] == ["already-linked"]
    assert (records.asked, records.read) == ([], [])


async def test_a_flex_that_can_not_be_asked_lets_no_push_begin() -> None:
    world = world_of(but(LINH, flex_id="1-6D9UB"))
    world.records.down = True
    with pytest.raises(Unreachable):
        await world.desk.preview("C-1")


async def test_a_birth_date_that_a_contact_of_flex_has_is_compared_in_both_forms() -> None:
    young = but(LINH, email=None, phones=Phones(), birth_date=date(1988, 2, 29))
    world = world_of(young, found=(FlexPerson("1-X", "Linh", "Nguyen", birth_date="1988-02-29"),))
    assert not (await world.desk.preview("C-1")).pushable


async def test_a_contact_that_the_push_will_find_for_one_person_is_not_offered_for_a_namesake() -> None:
    """Another book of the workspace made the contact for P-2. The push finds it by P-2's reference."""
    of_bao = FlexPerson("1-OFP2", "Bao", "Tran", mobile=BAO.phones.mobile or "", integration_id=ref_of("P-2"))
    namesake = but(BAO, id="P-3", flex_id=None)
    world = world_of(namesake, BAO, found=(of_bao,))
    preview = await world.desk.preview("C-1")
    assert "1-OFP2" not in {choice for _, _, choices in asked(preview) for choice in choices}
    typed = await world.desk.preview("C-1", choices={"P-3": "1-OFP2"})
    assert [(who, code) for who, code, _ in asked(typed)] == [("P-3", "person-twice")]
    assert not typed.pushable
    for generation in (1, 2):  # a reference of another generation is not what the push looks for
        other = but(of_bao, integration_id=ref_of("P-2", generation))
        world = world_of(namesake, BAO, found=(other,))
        assert "person-twice" not in {
            code
            for _, code, _ in asked(await world.desk.preview("C-1", choices={"P-3": "1-OFP2", "P-2": NEW}))
        }
