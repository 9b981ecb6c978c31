"""People whom an earlier version numbered by the order of their rows: nobody is doubled, nobody overwrites another."""

from __future__ import annotations

from datetime import date

import pytest

from core.flex.model import Applicant, Card, FlexPerson, Person, Phones
from core.flex.person_ids import derive_person_id, is_numbered, numbered_ids, with_derived_ids
from core.flex.plans.inputs import NEW
from core.flex.records import PushedFields
from core.push.plan import Entity, Operation, System
from core.push.records import Link, Push
from tests.support.cards import but
from tests.support.flex_setup import FlexInMemory, FlexWorld

JOHN = Person("C-9/JS", "John", None, "Smith", phones=Phones("0491 570 006"))
JANE = Person("C-9/JS-2", "Jane", None, "Smith", phones=Phones("0491 570 156"))
BAO = Person("C-9/BT", "Bao", None, "Tran")


def card(*people: Person) -> Card:
    applicants = tuple(Applicant("Guarantor", person) for person in people)
    return Card("C-9", "T", "deal", "AIP", "m.hale", people=applicants)


async def pushed_by_an_earlier_version(*people: Person) -> FlexWorld:
    """Return a world in which a card was pushed while its people had numbered ids, and reads derived ids now."""
    world = FlexWorld(card(*people))
    world.cards.takes_ids_back = False
    alike = (await world.desk.preview("C-9")).questions
    await world.push(await world.desk.preview("C-9", choices={asked.person.id: NEW for asked in alike}))
    read_now(world, *people)
    return world


def read_now(world: FlexWorld, *people: Person) -> None:
    """Let the file of the card hold these people, without ids, from now on."""
    world.cards.held["C-9"] = with_derived_ids(card(*(but(person, id="C-9/XX") for person in people)))


async def linked_to(world: FlexWorld, local_id: str) -> str | None:
    links = {link.local_id: link.remote_id for link in await world.book.where(Link, entity=Entity.PERSON)}
    return links.get(local_id)


async def updates(world: FlexWorld) -> dict[str, str | None]:
    """Return {first name: FLEX ID that is updated} of the people sent again."""
    steps = (await world.desk.preview_people("C-9")).plan.steps
    return {step.body["FirstName"]: step.remote_id for step in steps}


def test_an_id_says_whether_it_is_numbered_derived_or_given() -> None:
    derived = derive_person_id("C-9", "John", "Smith", None)
    assert numbered_ids(derived)[:3] == ("C-9/JS", "C-9/JS-2", "C-9/JS-3")
    assert [is_numbered("C-9", id_) for id_ in ("C-9/JS", "C-9/JS-2", derived, "P-1", "C-1/JS")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert [numbered_ids(id_) for id_ in ("P-1", "C-9/JS", "C-9/JS-2", "0f3a91c2")] == [()] * 4


async def test_rows_that_moved_during_the_upgrade_update_each_person_and_create_nobody() -> None:
    world = await pushed_by_an_earlier_version(JOHN, JANE, BAO)
    links = {
        name: await linked_to(world, one.id) for name, one in (("John", JOHN), ("Jane", JANE), ("Bao", BAO))
    }
    read_now(world, BAO, JANE, JOHN)
    assert await updates(world) == links
    preview = await world.desk.preview_people("C-9")
    assert preview.pushable
    before = len(await world.book.all(Link))
    await world.push(preview)
    assert await updates(world) == links
    assert len(await world.book.all(Link)) == before


async def test_nothing_counts_as_changed_because_ids_are_derived_now() -> None:
    world = await pushed_by_an_earlier_version(JOHN, JANE)
    read_now(world, JANE, JOHN)
    since = await world.desk.since(await world.desk.preview("C-9"))
    assert since is not None
    assert len(since) == 0


async def test_a_person_in_the_place_of_another_is_asked_about_and_written_over_nobody() -> None:
    world = await pushed_by_an_earlier_version(JOHN)
    read_now(world, JANE)
    (reason,) = (await world.desk.preview_people("C-9")).reasons[:1]
    made = await linked_to(world, JOHN.id)
    assert reason.code == "numbered-link"
    assert f"{made} (under C-9/JS)" in reason.message
    assert derive_person_id("C-9", "Jane", "Smith", None) in reason.message


async def test_who_joins_a_card_whose_numbered_people_are_known_is_simply_new() -> None:
    world = await pushed_by_an_earlier_version(JOHN)
    read_now(world, JANE, JOHN)
    preview = await world.desk.preview("C-9")
    assert "numbered-link" not in [reason.code for reason in preview.reasons]
    people = [step for step in preview.plan.steps if step.entity is Entity.PERSON]
    assert [(step.operation, step.body["FirstName"]) for step in people] == [
        (Operation.CREATE, "Jane"),
        (Operation.UPDATE, "John"),
    ]


async def test_equal_names_are_told_apart_by_the_birth_date_that_was_sent() -> None:
    senior, junior = (but(JOHN, birth_date=date(year, 1, 2)) for year in (1960, 1990))
    world = await pushed_by_an_earlier_version(senior, but(junior, id="C-9/JS-2"))
    links = [await linked_to(world, local_id) for local_id in ("C-9/JS", "C-9/JS-2")]
    read_now(world, junior, senior)
    steps = (await world.desk.preview_people("C-9")).plan.steps
    assert [step.remote_id for step in steps] == [links[1], links[0]]


@pytest.mark.parametrize("what", ["erased", "never arrived"])
async def test_without_proof_a_person_is_asked(what: str) -> None:
    world = await pushed_by_an_earlier_version(JOHN)
    if what == "erased":
        await world.book.commit(drop=[(PushedFields, one.key) for one in await world.book.all(PushedFields)])
    else:
        await world.book.commit(drop=[(Push, one.key) for one in await world.book.all(Push)])
    assert (await world.desk.preview_people("C-9")).reasons[0].code == "numbered-link"


async def test_a_flex_id_of_the_file_or_a_link_of_today_answers_the_question() -> None:
    world = await pushed_by_an_earlier_version(JOHN)
    made = await linked_to(world, JOHN.id)
    assert made is not None
    read_now(world, but(JANE, flex_id="1-JANE"))
    assert await updates(world) == {"Jane": "1-JANE"}
    read_now(world, JANE)
    derived = derive_person_id("C-9", "Jane", "Smith", None)
    await world.book.commit(Link(System.FLEX, Entity.PERSON, derived, "1-JANE", "BD-X", 0.0))
    assert await updates(world) == {"Jane": "1-JANE"}


async def test_linking_by_hand_answers_the_question_and_drops_the_numbered_link() -> None:
    world = await pushed_by_an_earlier_version(JOHN)
    made = await linked_to(world, JOHN.id)
    assert made is not None
    married = but(JOHN, last_name="Sands")
    read_now(world, married)
    derived = derive_person_id("C-9", "John", "Sands", None)
    await world.link(derived, made)
    assert await linked_to(world, JOHN.id) is None
    assert await linked_to(world, derived) == made
    assert await updates(world) == {"John": made}


async def test_unlinking_the_numbered_id_says_that_it_is_nobody_on_the_card() -> None:
    world = await pushed_by_an_earlier_version(JOHN)
    read_now(world, JANE)
    assert "numbered-link" in [reason.code for reason in (await world.desk.preview("C-9")).reasons]
    await world.unlink(JOHN.id)
    preview = await world.desk.preview("C-9")
    assert "numbered-link" not in [reason.code for reason in preview.reasons]
    people = [step.operation for step in preview.plan.steps if step.entity is Entity.PERSON]
    assert people == [Operation.CREATE]


async def test_who_was_linked_twice_under_one_name_is_asked_about_both() -> None:
    world = await pushed_by_an_earlier_version(JOHN, but(JOHN, id="C-9/JS-2"))
    made = [await linked_to(world, local_id) for local_id in ("C-9/JS", "C-9/JS-2")]
    read_now(world, JOHN)
    (reason,) = [one for one in (await world.desk.preview("C-9")).reasons if one.code == "numbered-link"]
    assert f"{made[0]} (under C-9/JS) or {made[1]} (under C-9/JS-2)" in reason.message


async def test_a_contact_that_the_file_gives_to_somebody_is_no_question_for_another() -> None:
    world = await pushed_by_an_earlier_version(JOHN)
    made = await linked_to(world, JOHN.id)
    read_now(world, but(JOHN, last_name="Sands", flex_id=made), JANE)
    assert "numbered-link" not in [reason.code for reason in (await world.desk.preview("C-9")).reasons]


async def test_linking_up_suggests_the_contact_of_a_numbered_link() -> None:
    world = await pushed_by_an_earlier_version(JOHN)
    made = await linked_to(world, JOHN.id)
    assert made is not None
    records = FlexInMemory()
    records.people = [FlexPerson(made, "Jane", "Smith", mobile="0491 570 156")]
    world.desk.records = records
    read_now(world, JANE)
    suggestions = (await world.link_up.find()).suggestions
    assert [one.sure for one in suggestions if one.entity is Entity.PERSON] == [made]


# -- a column of birth dates that came or went --------------------------------------------------------------

WITHOUT_ID = but(JOHN, id=derive_person_id("C-9", "John", "Smith", None), email="john@example.org")
BORN = date(1984, 3, 9)


async def pushed_from_a_file(*people: Person) -> FlexWorld:
    """Return a world in which a card of people with derived ids was pushed."""
    world = FlexWorld(card(*people))
    world.cards.takes_ids_back = False
    alike = (await world.desk.preview("C-9")).questions
    await world.push(await world.desk.preview("C-9", choices={asked.person.id: NEW for asked in alike}))
    return world


@pytest.mark.parametrize("first", [None, BORN], ids=["the column came", "the column went"])
async def test_a_person_keeps_the_link_when_a_column_of_birth_dates_comes_or_goes(first: date | None) -> None:
    person = but(WITHOUT_ID, id=derive_person_id("C-9", "John", "Smith", first), birth_date=first)
    world = await pushed_from_a_file(person)
    made = await linked_to(world, person.id)
    read_now(world, JANE, but(person, birth_date=None if first else BORN))
    assert (await updates(world))["John"] == made is not None


async def test_another_person_of_one_name_is_asked_about_when_birth_dates_come() -> None:
    world = await pushed_from_a_file(WITHOUT_ID)
    made = await linked_to(world, WITHOUT_ID.id)
    son = but(WITHOUT_ID, birth_date=BORN, email="junior@example.org", phones=Phones("0491 570 157"))
    read_now(world, son)
    (reason,) = [one for one in (await world.desk.preview("C-9")).reasons if one.code == "numbered-link"]
    assert f"{made} (under {WITHOUT_ID.id})" in reason.message


async def test_two_people_with_one_name_and_one_phone_are_asked_about_when_birth_dates_come() -> None:
    world = await pushed_from_a_file(WITHOUT_ID)
    senior, junior = (but(WITHOUT_ID, birth_date=date(year, 3, 9)) for year in (1954, 1984))
    read_now(world, senior, junior)
    codes = [reason.code for reason in (await world.desk.preview("C-9")).reasons]
    assert codes.count("numbered-link") == 2


async def test_who_has_another_birth_date_than_was_sent_is_another_person() -> None:
    born = but(WITHOUT_ID, id=derive_person_id("C-9", "John", "Smith", BORN), birth_date=BORN)
    world = await pushed_from_a_file(born)
    read_now(world, but(born, birth_date=date(1985, 3, 9)))
    preview = await world.desk.preview("C-9")
    people = [step.operation for step in preview.plan.steps if step.entity is Entity.PERSON]
    assert people == [Operation.CREATE]
