"""What changed on a card since it was pushed: by place, against each field as it was last sent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.flex.field_map.fates import Fate
from core.flex.model import Applicant, FactFind, Phones, Property
from core.flex.use_cases.changed_since_push import (
    ChangedSincePush,
    ChangeKind,
    PushedFields,
    compare,
    places,
    sealed,
)
from core.push.plan import Asset, Entity
from core.push.ports import Refused
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState
from tests.support.cards import BAO, FULL, LINH, but, line, preview, with_loan, with_person
from tests.support.fakes import FakeBook
from tests.support.flex_setup import START, FlexWorld, PapersInMemory

SEAL = FakeBook().keyed_hash


def copied(push_id: str = "P1", at: float = START, **fields: str) -> PushedFields:
    """Make the record of a push that sent these values, by place."""
    return PushedFields(push_id, "C-1", at, {place: SEAL(place, value) for place, value in fields.items()})


def place_of(source: str, local_id: str = "") -> str:
    """Return the place of the full card's one field of this name."""
    shown = preview()
    field = line(shown, source, local_id)
    return places(shown.fields)[shown.fields.index(field)]


def test_a_field_that_went_as_the_default_of_the_map_is_no_change_when_the_default_no_longer_goes() -> None:
    shown = preview()
    street = line(shown, "Home Address: Street Address 1", "P-1")
    default = but(
        street, source="Home Address: Country", source_value="", fate=Fate.DEFAULTED, value="Australia"
    )
    then = but(shown, fields=(street, default))
    now = but(shown, fields=(street, but(default, fate=Fate.EMPTY, value=None)))
    for pushed in (
        PushedFields("P1", "C-1", START, sealed(then.fields, SEAL)),
        copied(**{places((default,))[0]: ""}),  # as an earlier version kept it
    ):
        assert not compare(now, [pushed], SEAL).changed


@pytest.mark.parametrize(("at", "put_back"), [(START - 1, False), (START + 1, True), (START + 9, False)])
def test_what_an_undo_put_back_is_a_change_until_it_is_sent_again(at: float, put_back: bool) -> None:
    """The card is pushed at `START`; in the last case its email is sent again after the undo."""
    shown = preview()
    place = place_of("Email Address", "P-1")
    pushes = [PushedFields("P1", "C-1", START, sealed(shown.fields, SEAL))]
    if at > START + 5:
        pushes.append(PushedFields("P2", "C-1", START + 10, {place: pushes[0].fields[place]}, whole=False))
    since = compare(shown, pushes, SEAL, {place: at})
    assert (since.put_back, since.changed) == ((frozenset({place}),) * 2 if put_back else (frozenset(),) * 2)
    assert [change.kind for change in since.changes(shown.fields)] == [ChangeKind.PUT_BACK] * put_back


# -- places -----------------------------------------------------------------------------------------------


def test_a_place_is_section_whose_and_name() -> None:
    email = line(preview(), "Email Address", "P-1")
    assert places((email,)) == [f"{email.section}/P-1/Email Address"]


def test_a_place_can_be_written_whatever_a_field_is_called() -> None:
    email = line(preview(), "Email Address", "P-1")
    named = places((but(email, source="a\ud800"), but(email, source="a\udfff"), but(email, section="\ud800")))
    assert len(set(named)) == 3
    "".join(named).encode()


def test_a_name_that_comes_again_gets_a_number() -> None:
    extra = line(preview(), "Savings")
    other = but(extra, section="Liabilities")
    assert places((extra, extra, other, extra)) == [
        "Assets//Savings",
        "Assets//Savings/2",
        "Liabilities//Savings",
        "Assets//Savings/3",
    ]


def test_every_place_of_a_card_is_another() -> None:
    found = places(preview().fields)
    assert len(set(found)) == len(found)


def test_what_is_empty_is_not_hashed() -> None:
    empty = preview(with_person(but(LINH, email=None)))
    here = place_of("Email Address", "P-1")
    assert here in sealed(preview().fields, SEAL)
    assert here in places(empty.fields)
    assert here not in sealed(empty.fields, SEAL)
    assert sealed(preview().fields, SEAL)[here] == SEAL(here, "linh@example.com")


# -- one push ---------------------------------------------------------------------------------------------


async def since_the_push(world: FlexWorld) -> ChangedSincePush | None:
    return await world.desk.since(await world.desk.preview("C-1"))


async def pushed() -> FlexWorld:
    """Return a world in which the full card was pushed as P1, at the start."""
    world = FlexWorld(FULL)
    push = await world.push(await world.desk.preview("C-1"))
    assert push.state is PushState.DONE
    return world


async def test_a_card_that_nobody_changed_has_no_change() -> None:
    since = await since_the_push(await pushed())
    assert since == ChangedSincePush("P1", START, frozenset(), frozenset())
    assert since is not None
    assert len(since) == 0


async def test_a_phone_number_with_other_blanks_did_not_change() -> None:
    world = await pushed()
    rewritten = Phones("0491570006", "02-5550-1234", "+61 2 7010 4321")
    world.cards.held["C-1"] = with_person(but(LINH, phones=rewritten), BAO)
    since = await since_the_push(world)
    assert since is not None
    assert len(since) == 0


def test_a_book_of_an_older_version_holds_the_hash_of_the_value_as_it_was_written() -> None:
    shown = preview(FULL)
    named = zip(places(shown.fields), shown.fields, strict=True)
    held = {place: field.source_value for place, field in named if field.fate is not Fate.EMPTY}
    assert len(compare(shown, [copied(**held)], SEAL)) == 0


async def test_a_field_of_another_value_is_changed_and_a_field_that_was_empty_is_new() -> None:
    world = await pushed()
    person = but(LINH, email="linh@new.example")
    more = (*FULL.other, but(FULL.other[0], name="Car"))
    world.cards.held["C-1"] = but(with_person(person, BAO), other=more)
    since = await since_the_push(world)
    changed, new = frozenset({place_of("Email Address", "P-1")}), frozenset({"Assets//Car"})
    assert since == ChangedSincePush("P1", START, changed, new)
    assert len(since) == 2


def test_a_field_that_is_empty_now_is_changed_and_one_that_was_empty_is_new() -> None:
    shown = preview(with_loan(loan_purpose=None))
    gone, loan = place_of("Loan Purpose"), place_of("Loan Amount")
    before = {loan: "1", gone: "Refinancing"}
    since = compare(shown, [copied("P7", 5.0, **before)], SEAL)
    assert (since.push_id, since.at) == ("P7", 5.0)
    assert since.changed == {loan, gone}
    assert since.new == sealed(shown.fields, SEAL).keys() - {loan}


# -- several pushes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (PushState.DONE, True),
        (PushState.PARTIAL, True),
        (PushState.REFUSED, False),
        (PushState.NEEDS_YOU, False),
        (PushState.QUEUED, False),
        (PushState.PAUSED, False),
        (None, False),
    ],
)
async def test_a_push_counts_once_it_has_arrived_if_in_part(state: PushState | None, counts: bool) -> None:
    world = FlexWorld(FULL)
    await world.book.commit(copied("P0"))
    if state is not None:
        await world.remember_push("P0", state)
    assert (await since_the_push(world) is not None) is counts


async def test_the_push_of_another_card_says_nothing_of_this_one() -> None:
    world = FlexWorld(FULL)
    await world.book.commit(but(copied("P0"), card="C-9"))
    await world.remember_push("P0", PushState.DONE)
    assert await since_the_push(world) is None


async def test_each_field_is_compared_with_what_was_sent_last_of_it() -> None:
    world = FlexWorld(FULL)
    email, loan = place_of("Email Address", "P-1"), place_of("Loan Amount")
    now = sealed((await world.desk.preview("C-1")).fields, world.book.keyed_hash)
    whole = but(copied("P1"), fields=now | {email: "an older hash", loan: "an older hash"})
    people = but(copied("P2", START + 5), fields={email: now[email]})  # as a push of the people alone has it
    for one in (people, whole):  # the order in the book is not the order in time
        await world.book.commit(one)
        await world.remember_push(one.push_id, PushState.DONE)
    assert await since_the_push(world) == ChangedSincePush("P2", START + 5, frozenset({loan}), frozenset())


async def test_a_push_that_did_not_arrive_hides_nothing_that_did() -> None:
    world = await pushed()
    late = but(copied("P2", START + 5), fields={place_of("Loan Amount"): "another hash"})
    await world.book.commit(late)
    await world.remember_push("P2", PushState.REFUSED)
    assert await since_the_push(world) == ChangedSincePush("P1", START, frozenset(), frozenset())


async def test_what_a_partial_push_did_not_write_was_not_sent() -> None:
    world = FlexWorld(FULL)
    preview = await world.desk.preview("C-1")
    deal = next(n for n, step in enumerate(preview.plan.steps) if step.entity is Entity.OPPORTUNITY)
    world.flex.script += ["done"] * deal + [Refused("refused", "LoanPurpose")]
    push = await world.push(preview)
    assert (
        await world.engine.decide(push.push_id, deal, Resolution(Choice.LEAVE))
    ).state is PushState.PARTIAL
    world.cards.held["C-1"] = with_person(but(LINH, email="new@example.com"), BAO)
    since = await since_the_push(world)
    assert since is not None
    assert since.changed == {place_of("Email Address", "P-1")}
    assert since.new == frozenset()
    assert {place_of("Loan Amount"), place_of("Role", "P-1"), place_of("Valuation Amount")} <= since.not_sent
    assert place_of("First Name", "P-1") not in since.not_sent


async def test_what_a_chosen_record_keeps_as_its_own_was_not_sent() -> None:
    world = FlexWorld(FULL)
    preview = await world.desk.preview("C-1")
    n, person = next((n, s) for n, s in enumerate(preview.plan.steps) if s.entity is Entity.PERSON)
    world.flex.put("1-LINH1", person.ref, **{**person.body, "EmailAddress": "older@example.com"})
    push = await world.push(preview)
    assert push.state is PushState.NEEDS_YOU
    assert (await world.engine.decide(push.push_id, n, Resolution(Choice.LINK))).state is PushState.DONE
    since = await since_the_push(world)
    assert since is not None
    assert len(since) == 0
    assert place_of("Email Address", person.local_id) in since.not_sent
    assert place_of("First Name", person.local_id) not in since.not_sent


# -- pushes of a part of the card -------------------------------------------------------------------------


def with_a_fact_find(fact_find: FactFind) -> FlexWorld:
    papers = PapersInMemory()
    papers.fact_finds["FF-1"] = fact_find
    return FlexWorld(FULL, papers=papers)


OTHER_HOUSE = FactFind(
    "FF-1",
    "C-1",
    "completed",
    True,
    (Applicant("Guarantor", LINH),),
    Property(valuation_amount=Decimal(950_000), property_type="Unit"),
)
"""A Fact Find that holds another role and another property than the full card, and one person less."""


async def test_nothing_changed_right_after_a_fact_find_that_differs_from_the_card() -> None:
    world = with_a_fact_find(OTHER_HOUSE)
    await world.push(await world.fact_finds.preview("FF-1"))
    since = await since_the_push(world)
    assert since is not None
    assert (since.changed, since.new) == (frozenset(), frozenset())
    assert {place_of("Loan Amount"), place_of("First Name", "P-2")} <= since.not_sent
    assert place_of("Valuation Amount") not in since.not_sent


async def test_a_value_of_the_card_that_changes_after_its_fact_find_was_pushed_is_changed() -> None:
    world = with_a_fact_find(OTHER_HOUSE)
    await world.push(await world.fact_finds.preview("FF-1"))
    assert FULL.property is not None
    dearer = but(FULL.property, valuation_amount=Decimal(970_000))
    world.cards.held["C-1"] = but(with_person(but(LINH, email="new@example.com"), BAO), property=dearer)
    since = await since_the_push(world)
    assert since is not None
    assert since.changed == {place_of("Valuation Amount"), place_of("Email Address", "P-1")}


async def test_what_a_fact_find_left_empty_of_a_person_is_new_once_it_is_filled_in() -> None:
    bare = but(LINH, email=None)
    world = with_a_fact_find(but(OTHER_HOUSE, people=(Applicant("Primary Applicant", bare),)))
    world.cards.held["C-1"] = with_person(bare)
    await world.push(await world.fact_finds.preview("FF-1"))
    world.cards.held["C-1"] = with_person(LINH)
    since = await since_the_push(world)
    assert since is not None
    assert since.new == {place_of("Email Address", "P-1")}


async def test_a_fact_find_is_compared_with_its_own_pushes() -> None:
    world = with_a_fact_find(OTHER_HOUSE)
    await world.push(await world.desk.preview("C-1"))
    assert await world.desk.since(await world.fact_finds.preview("FF-1")) is None
    world.cards.held["C-1"] = but(FULL, flex_id="1-OPPT1", flex_kind="opportunity")
    await world.push(await world.fact_finds.preview("FF-1"))
    papers = world.desk.papers
    assert isinstance(papers, PapersInMemory)
    papers.fact_finds["FF-1"] = but(OTHER_HOUSE, property=FULL.property)
    since = await world.desk.since(await world.fact_finds.preview("FF-1"))
    assert since is not None
    assert place_of("Valuation Amount") in since.changed


async def test_what_a_push_of_people_leaves_out_was_not_sent() -> None:
    linked = but(with_person(but(LINH, flex_id="1-LINH1"), BAO), flex_id="1-OPPT1", flex_kind="opportunity")
    world = FlexWorld(linked)
    world.flex.put("1-LINH1")
    assert (await world.push(await world.desk.preview_people("C-1"))).state is PushState.DONE
    since = await since_the_push(world)
    assert since is not None
    assert len(since) == 0
    assert {
        place_of("Role", "P-1"),
        place_of("First Name", "P-2"),
        place_of("Loan Amount"),
    } <= since.not_sent


async def test_a_fact_find_that_an_earlier_version_pushed_counts_as_a_part_of_the_card() -> None:
    world = FlexWorld(FULL)
    here = place_of("Email Address", "P-1")
    await world.book.commit(copied("P0", START, **{here: "linh@example.com"}))
    await world.remember_push("P0", PushState.DONE, Asset.FACT_FIND)
    since = await since_the_push(world)
    assert since is not None
    assert since.changed == frozenset()
    assert place_of("Loan Amount") in since.not_sent


async def test_a_card_that_was_never_pushed_is_not_read_to_find_what_changed() -> None:
    world = FlexWorld(but(FULL, flex_id="1-OPPT1"))
    world.cards.held.clear()  # a card that is read would be unknown
    assert await world.desk.changed_since_push("C-1") is None
    pushed_world = await pushed()
    since = await pushed_world.desk.changed_since_push("C-1")
    assert since is not None
    assert len(since) == 0


def test_a_person_who_left_the_card_is_gone() -> None:
    here = place_of("Email Address", "P-1")
    shown = preview(with_person(BAO))
    since = compare(shown, [copied("P1", START, **{here: "linh@example.com"})], SEAL)
    assert [(change.place, change.kind) for change in since.changes(shown.fields)][-1] == (
        here,
        ChangeKind.GONE,
    )


async def test_each_change_says_how_the_field_differs() -> None:
    world = await pushed()
    more = (*FULL.other, but(FULL.other[0], name="Car"))
    world.cards.held["C-1"] = but(
        with_person(but(LINH, email="new@example.com", birth_date=None)), other=more
    )
    shown = await world.desk.preview("C-1")
    since = await world.desk.since(shown)
    assert since is not None
    kinds = {change.place: change.kind for change in since.changes(shown.fields)}
    assert kinds[place_of("Email Address", "P-1")] is ChangeKind.CHANGED
    assert kinds[place_of("Birth Date", "P-1")] is ChangeKind.EMPTIED
    assert kinds["Assets//Car"] is ChangeKind.NEW
    assert kinds[place_of("First Name", "P-2")] is ChangeKind.GONE
    assert len(kinds) == len(since)


async def test_the_book_holds_hashes_of_a_push_and_no_value() -> None:
    world = FlexWorld(FULL)
    world.book.keyed_hash = lambda field, value: f"hash of {len(str(value))}"  # type: ignore[method-assign]  # a hash that hides
    await world.push(await world.desk.preview("C-1"))
    assert b"linh@example.com" not in b"".join(world.book.tables["copied"].values())
