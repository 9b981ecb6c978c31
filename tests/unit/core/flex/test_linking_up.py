"""Linking up: which contacts and opportunities are suggested, what is sure, and that nothing is linked unasked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.errors import DeskError, Unreachable
from core.flex.model import Applicant, Card, FlexOpportunity, FlexPerson, Person, Phones
from core.flex.plans.identity import shared_by
from core.flex.plans.linking_up import LinkSuggestion, SearchedCard, SearchedPerson, suggest
from core.flex.use_cases.linking_up import (
    FoundLinks,
    LinkNotTaken,
    LinkTaken,
    SearchProgress,
    choices_digest,
)
from core.push.plan import Asset, Entity
from core.push.records import Link, Push
from core.push.states import PushState
from tests.support.cards import BAO, FULL, LINH, but, link
from tests.support.fakes import ref_of
from tests.support.flex_setup import FlexInMemory, FlexWorld

LINH_THERE = FlexPerson("1-LINH1", "Linh", "Nguyen", email="LINH@example.com")
BAO_THERE = FlexPerson("1-BAO01", "Bao", "Tran")
LOAN = FlexOpportunity("1-LOAN1", "opportunity", {"1-LINH1": "", "1-BAO01": ""}, Decimal(640000))


def searched(person: Person, *hits: FlexPerson, flex_id: str | None = None) -> SearchedPerson:
    return SearchedPerson(person, frozenset({f"ref-{person.id}"}), flex_id, hits)


def suggested(
    *people: SearchedPerson,
    opportunities: tuple[FlexOpportunity, ...] = (),
    taken: frozenset[str] = frozenset(),
) -> list[LinkSuggestion]:
    applicants = tuple(Applicant("Guarantor", one.person) for one in people)
    card = SearchedCard(but(FULL, people=applicants), "ref-C-1")
    return suggest([card], {one.person.id: one for one in people}, opportunities, taken)


# -- people -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "shared"),
    [
        (LINH_THERE, ("email",)),
        (
            but(LINH_THERE, first_name="LINH", last_name="Nguyễn", email="", mobile="+61 491 570 006"),
            ("phone",),
        ),
        (but(LINH_THERE, email="", birth_date="29/02/1988"), ("birth date",)),
        (but(LINH_THERE, email="", mobile="0491 570 999"), ()),
        (but(LINH_THERE, first_name="Lan"), ()),
        (but(LINH_THERE, last_name="Tran"), ()),
    ],
)
def test_a_contact_is_exact_by_both_names_and_an_email_phone_or_birth_date(
    contact: FlexPerson, shared: tuple[str, ...]
) -> None:
    assert shared_by(LINH, contact) == shared


def test_what_is_missing_on_both_sides_is_shared_by_nobody() -> None:
    nobody = Person("P-9", email="", phones=Phones("0000000000"))
    assert shared_by(nobody, FlexPerson("1-X")) == ()
    assert (
        shared_by(but(nobody, first_name="Bao", last_name="Tran"), but(BAO_THERE, mobile="0000000000")) == ()
    )


def test_one_exact_contact_is_sure_and_a_name_alone_is_not() -> None:
    linh, bao = suggested(searched(LINH, LINH_THERE), searched(BAO, BAO_THERE))
    assert (linh.entity, linh.local_id, linh.sure) == (Entity.PERSON, "P-1", "1-LINH1")
    assert linh.reason == "the same name and email"
    assert linh.cards == ("C-1",)
    (born,) = suggested(searched(LINH, but(LINH_THERE, mobile="0491570006", birth_date="29/02/1988")))
    assert born.reason == "the same name, email, phone and birth date"
    assert (bao.sure, bao.reason) == (None, "only the name or the email is the same")
    assert [one.words for one in bao.candidates] == ["Bao Tran"]


def test_two_exact_contacts_are_a_question() -> None:
    (linh,) = suggested(searched(LINH, LINH_THERE, but(LINH_THERE, flex_id="1-LINH2")))
    assert (linh.sure, linh.reason) == (None, "2 contacts match")


def test_a_contact_with_our_reference_is_sure_whatever_it_holds_now() -> None:
    ours = but(BAO_THERE, integration_id="ref-P-2", last_name="Married")
    exact = but(BAO_THERE, flex_id="1-OTHER")
    (bao,) = suggested(searched(but(BAO, birth_date=date(1990, 1, 2)), exact, ours))
    assert (bao.sure, bao.reason) == ("1-BAO01", "it has our reference")


def test_a_contact_of_somebody_else_is_not_suggested() -> None:
    assert suggested(searched(LINH, LINH_THERE), taken=frozenset({"1-LINH1"})) == []
    linked = searched(but(LINH, id="P-8"), flex_id="1-LINH1")
    assert suggested(searched(LINH, LINH_THERE), linked) == []


def test_two_people_who_fit_one_contact_are_both_a_question() -> None:
    twin = but(LINH, id="P-8")
    first, second = suggested(searched(LINH, LINH_THERE), searched(twin, LINH_THERE))
    assert (first.sure, second.sure) == (None, None)
    assert first.reason == "2 of yours fit 1-LINH1"


# -- opportunities ----------------------------------------------------------------------------------------

BOTH = (searched(LINH, flex_id="1-LINH1"), searched(BAO, flex_id="1-BAO01"))


def test_an_opportunity_of_the_same_people_and_loan_amount_is_sure() -> None:
    (card,) = suggested(*BOTH, opportunities=(LOAN, but(LOAN, flex_id="1-X", roles={"1-NOBODY": ""})))
    assert (card.entity, card.local_id, card.sure) == (Entity.OPPORTUNITY, "C-1", "1-LOAN1")
    assert card.reason == "the same people and loan amount"
    assert [one.words for one in card.candidates] == ["opportunity, $640,000, 2 of 2 applicants"]


@pytest.mark.parametrize(
    "record",
    [
        but(LOAN, loan_amount=Decimal(640001)),
        but(LOAN, loan_amount=None),
        but(LOAN, roles={"1-LINH1": ""}),
        but(LOAN, roles={"1-LINH1": "", "1-BAO01": "", "1-MORE1": ""}),
    ],
    ids=["another amount", "no amount", "one applicant", "another applicant"],
)
def test_another_opportunity_of_these_people_is_a_question(record: FlexOpportunity) -> None:
    (card,) = suggested(*BOTH, opportunities=(record,))
    assert (card.sure, card.reason) == (None, "other applicants or another loan amount")


def test_a_second_record_of_these_people_makes_the_card_a_question() -> None:
    older = FlexOpportunity("1-APPL1", "application", {"1-LINH1": ""})
    (card,) = suggested(*BOTH, opportunities=(LOAN, older))
    assert (card.sure, card.reason) == (None, "its people are on 2 records")
    assert [one.kind for one in card.candidates] == ["opportunity", "application"]


def test_an_opportunity_is_a_question_while_somebody_on_the_card_is_unknown() -> None:
    suggestions = suggested(searched(LINH, LINH_THERE), searched(BAO, BAO_THERE), opportunities=(LOAN,))
    assert (suggestions[-1].sure, suggestions[-1].reason) == (None, "1 of 2 people are known in FLEX")


def test_an_opportunity_of_one_person_is_a_question_for_a_card_of_two() -> None:
    alone = but(LOAN, roles={"1-LINH1": ""})
    (card,) = suggested(BOTH[0], searched(BAO), opportunities=(alone,))
    assert (card.sure, card.reason) == (None, "1 of 2 people are known in FLEX")


def test_an_opportunity_with_our_reference_is_sure_and_one_of_another_card_is_not_suggested() -> None:
    ours = FlexOpportunity("1-OURS1", "opportunity", {}, None, "ref-C-1")
    (card,) = suggested(*BOTH, opportunities=(LOAN, ours))
    assert (card.sure, card.reason) == ("1-OURS1", "it has our reference")
    assert suggested(*BOTH, opportunities=(LOAN,), taken=frozenset({"1-LOAN1"})) == []


def test_two_cards_that_fit_one_opportunity_are_both_a_question() -> None:
    cards = [SearchedCard(but(FULL, id=card_id), f"ref-{card_id}") for card_id in ("C-1", "C-2")]
    people = {one.person.id: one for one in BOTH}
    assert [one.sure for one in suggest(cards, people, [LOAN], frozenset())] == [None, None]


# -- the search -------------------------------------------------------------------------------------------


def there() -> FlexInMemory:
    records = FlexInMemory()
    records.people = [LINH_THERE]
    records.records = [LOAN]
    records.kinds = {"1-LOAN1": "opportunity"}
    return records


def one_person(card_id: str, person: Person = LINH, **more: Any) -> Card:
    return but(FULL, id=card_id, people=(Applicant("Primary Applicant", person),), **more)


async def found(world: FlexWorld) -> FoundLinks:
    return await world.link_up.find()


async def test_the_search_asks_about_each_person_once_tells_how_far_it_is_and_stores_nothing() -> None:
    world = FlexWorld(one_person("C-1"), one_person("C-2"), records=there())
    heard: list[SearchProgress] = []
    links = await world.link_up.find(heard.append)
    assert [(one.done, one.total) for one in heard] == [(0, 2), (1, 2), (2, 2)]
    assert isinstance(world.desk.records, FlexInMemory)
    assert len(world.desk.records.asked) == 1
    assert [one.local_id for one in links.suggestions if one.sure] == ["P-1"]
    assert links.suggestions[0].cards == ("C-1", "C-2")
    assert await world.book.all(Link) == []
    assert await world.book.all(Push) == []
    assert world.board.sent == []


async def test_a_book_that_was_lost_finds_its_own_records_by_their_references() -> None:
    records = there()
    records.people = [but(LINH_THERE, email="", integration_id=ref_of(Entity.PERSON, "P-1"))]
    records.records = [but(LOAN, loan_amount=None, integration_id=ref_of(Entity.OPPORTUNITY, "C-1"))]
    links = await found(FlexWorld(one_person("C-1"), records=records))
    assert {one.local_id: one.sure for one in links.suggestions} == {"P-1": "1-LINH1", "C-1": "1-LOAN1"}


async def test_who_is_linked_already_is_not_searched_for_and_no_opportunities_are_read_for_linked_cards() -> (
    None
):
    records = there()
    world = FlexWorld(one_person("C-1", but(LINH, flex_id="1-LINH1"), flex_id="1-LOAN1"), records=records)
    records.down = True
    assert (await found(world)).suggestions == ()
    assert records.asked == []


async def test_a_card_that_can_not_be_read_costs_itself_only() -> None:
    records = there()
    records.people = [BAO_THERE]
    world = FlexWorld(one_person("C-1"), one_person("C-2", BAO), records=records)
    read = world.cards.card

    async def card(card_id: str) -> Any:
        if card_id == "C-1":
            raise DeskError("bad-record", "C-1 was set aside.")
        return await read(card_id)

    world.cards.card = card  # type: ignore[method-assign] - one card of the source is broken
    links = await found(world)
    assert [(one.what, one.message) for one in links.failed][-1] == ("C-1", "C-1 was set aside.")
    assert links.cards == 1
    assert [one.local_id for one in links.suggestions] == ["P-2"]


async def test_a_flex_that_is_down_ends_the_search_after_a_few_cards() -> None:
    records = there()
    world = FlexWorld(*(one_person(f"C-{n}", but(LINH, id=f"P-{n}")) for n in range(1, 9)), records=records)

    async def people_like(first_name: str, last_name: str, email: str) -> list[FlexPerson]:
        records.asked.append((first_name, last_name, email))
        raise Unreachable("unreachable", "FLEX can't be reached.")

    records.people_like = people_like  # type: ignore[method-assign] - FLEX is down
    links = await found(world)
    assert len(records.asked) == 3
    assert len([one for one in links.failed if one.message == "FLEX can't be reached."]) == 8
    assert links.suggestions == ()


async def test_failures_that_are_not_in_a_row_do_not_end_the_search() -> None:
    records = there()
    world = FlexWorld(*(one_person(f"C-{n}", but(LINH, id=f"P-{n}")) for n in range(1, 9)), records=records)

    async def people_like(first_name: str, last_name: str, email: str) -> list[FlexPerson]:
        records.asked.append((first_name, last_name, email))
        if len(records.asked) % 2:
            raise Unreachable("unreachable", "FLEX can't be reached.")
        return []

    records.people_like = people_like  # type: ignore[method-assign] - FLEX answers now and then
    assert (await found(world)).cards == 4
    assert len(records.asked) == 8


async def test_without_the_opportunities_the_people_are_still_suggested() -> None:
    records = there()
    world = FlexWorld(one_person("C-1"), records=records)
    records.down = True
    links = await found(world)
    assert [one.local_id for one in links.suggestions] == ["P-1"]
    assert links.failed[-1].what == "opportunities"


async def test_a_profile_without_flex_says_so() -> None:
    with pytest.raises(DeskError) as caught:
        await FlexWorld(FULL).link_up.find()
    assert caught.value.code == "no-search"


# -- taking -----------------------------------------------------------------------------------------------


async def taken(
    world: FlexWorld, links: FoundLinks, choices: dict[str, str]
) -> list[LinkTaken | LinkNotTaken]:
    return [one async for one in world.link_up.take(links.suggestions, choices, world.engine)]


async def test_only_what_was_chosen_is_linked_people_before_cards() -> None:
    records = there()
    records.people = [LINH_THERE, BAO_THERE]
    world = FlexWorld(FULL, records=records)
    links = await found(world)
    assert {one.local_id for one in links.suggestions} == {"P-1", "P-2", "C-1"}
    done = await taken(world, links, {"C-1": "1-LOAN1", "P-2": "1-BAO01"})
    assert [(one.local_id, isinstance(one, LinkTaken)) for one in done] == [("P-2", True), ("C-1", True)]
    assert {link.local_id: link.remote_id for link in await world.book.all(Link)} == {
        "C-1": "1-LOAN1",
        "P-2": "1-BAO01",
    }
    pushes = await world.book.all(Push)
    assert {(push.asset, push.state) for push in pushes} == {(Asset.LINK, PushState.DONE)}
    assert world.flex.sent == []


async def test_a_link_that_fails_stops_no_other() -> None:
    records = there()
    records.people = [LINH_THERE, BAO_THERE]
    world = FlexWorld(FULL, records=records)
    links = await found(world)
    await world.book.commit(*link(Entity.PERSON, "P-7", "1-LINH1").values())
    first, second = await taken(world, links, {"P-1": "1-LINH1", "P-2": "1-BAO01"})
    assert isinstance(first, LinkNotTaken)
    assert first.error.code == "taken"
    assert isinstance(second, LinkTaken)


def test_the_hash_of_choices_follows_their_content_and_not_their_order() -> None:
    one = choices_digest({"P-1": "1-A", "P-2": "1-B"})
    assert one == choices_digest({"P-2": "1-B", "P-1": "1-A"})
    assert one != choices_digest({"P-1": "1-B", "P-2": "1-A"})
    assert one != choices_digest({"P-1": "1-A"})
