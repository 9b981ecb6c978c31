"""Several cards at once: what each push would do, and the pushes side by side."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import BookClosed, DeskError
from core.flex.model import Applicant, Card, Person
from core.flex.plans.preview import Preview
from core.flex.use_cases.bulk import (
    AT_ONCE,
    BulkBegun,
    BulkEnded,
    BulkFailed,
    BulkNotBegun,
    BulkOutcome,
    BulkPreviewed,
    not_begun_since,
    outcome_of,
    preview_each,
    push_each,
)
from core.push.plan import Asset, Entity
from core.push.ports import Refused
from core.push.records import Push
from core.push.states import PushState
from core.receipts.careful_start import CarefulStart
from tests.support.cards import FULL, but
from tests.support.flex_setup import FlexWorld

AN = Applicant("Primary Applicant", Person("P-3", "An", None, "Le"))
OTHER = but(FULL, id="C-2", people=(AN,))
NOBODY = but(FULL, id="C-3", people=())


async def previews(world: FlexWorld, *card_ids: str) -> list[Preview]:
    """Return the previews of the cards that can be read."""
    read = [progress async for progress in preview_each(world.desk, card_ids)]
    return [progress.preview for progress in read if isinstance(progress, BulkPreviewed)]


async def push(world: FlexWorld, *card_ids: str) -> list[str]:
    """Push the cards; returns one line for each report of progress."""
    lines = []
    async for progress in push_each(world.desk, world.engine, await previews(world, *card_ids)):
        match progress:
            case BulkBegun(card_id):
                lines.append(f"{card_id} begins")
            case BulkEnded(card_id, ended):
                lines.append(f"{card_id} {ended.state}")
            case BulkFailed(card_id, error):
                lines.append(f"{card_id} {error.code}")
    return lines


async def test_what_is_read_comes_in_the_order_of_the_cards_and_one_that_can_not_be_read_stops_no_other() -> (
    None
):
    world = FlexWorld(FULL, OTHER, NOBODY)
    read = [progress async for progress in preview_each(world.desk, ["C-1", "C-9", "C-3", "C-2"])]
    told = [
        (
            progress.card_id,
            progress.preview.pushable if isinstance(progress, BulkPreviewed) else progress.error.code,
        )
        for progress in read
    ]
    assert told == [("C-1", True), ("C-9", "unknown-card"), ("C-3", False), ("C-2", True)]
    assert read[0] == BulkPreviewed("C-1", await world.desk.preview("C-1"))


async def test_cards_are_read_a_few_ahead_and_no_more() -> None:
    world = FlexWorld(FULL)
    reading = preview_each(world.desk, ["C-1", *(f"C-{n}" for n in range(10, 10 + AT_ONCE)), "C-2"])
    await anext(reading)
    world.cards.held["C-2"] = OTHER
    read = [progress async for progress in reading]
    assert isinstance(read[-1], BulkPreviewed)


async def test_a_look_that_is_ended_early_reads_no_further() -> None:
    world = FlexWorld(*(but(FULL, id=f"C-{n}") for n in range(3 * AT_ONCE)))
    reading = preview_each(world.desk, list(world.cards.held))
    await anext(reading)
    before = asyncio.all_tasks()
    await reading.aclose()  # type: ignore[attr-defined]  # what yields is a generator
    assert {task for task in before if not task.done()} == {asyncio.current_task()}


async def test_the_cards_that_can_go_are_confirmed_in_their_order_and_pushed_at_once() -> None:
    world = FlexWorld(FULL, NOBODY, OTHER)
    lines = await push(world, "C-1", "C-3", "C-2")
    assert lines[:2] == ["C-1 begins", "C-2 begins"]
    assert sorted(lines[2:]) == ["C-1 done", "C-2 done"]
    assert [made.subject for made in await world.book.all(Push)] == ["C-1", "C-2"]


def alone(n: int) -> Card:
    """Return a card of which no other card has a person."""
    person = Applicant("Primary Applicant", Person(f"P-{n}", f"Jo{n}", None, "Le"))
    return but(FULL, id=f"C-{n}", people=(person,))


async def test_as_many_cards_are_under_way_as_may_be_and_no_more() -> None:
    world = FlexWorld(*(alone(n) for n in range(10, 11 + AT_ONCE)))
    pushing = push_each(world.desk, world.engine, await previews(world, *world.cards.held))
    told = [await anext(pushing) for _ in range(AT_ONCE)]
    assert told == [BulkBegun(f"C-{n}") for n in range(10, 10 + AT_ONCE)]
    assert isinstance(await anext(pushing), BulkEnded), "the next card begins when one has ended"
    assert BulkBegun(f"C-{10 + AT_ONCE}") in [progress async for progress in pushing]


async def test_two_cards_with_one_client_are_pushed_one_after_the_other() -> None:
    """The second reads its card again before it sends: the client whom the first makes must be in the book by then."""
    world = FlexWorld(FULL, but(FULL, id="C-2"), alone(3))
    lines = await push(world, "C-1", "C-2", "C-3")
    assert lines[:4] == ["C-1 begins", "C-1 done", "C-2 begins", "C-3 begins"]
    assert sorted(lines[4:]) == ["C-2 done", "C-3 done"]
    people = [record for record in world.flex.sent if record.entity is Entity.PERSON]
    assert len({record.ref for record in people}) == len(people)


async def test_a_card_that_is_named_twice_is_pushed_once() -> None:
    world = FlexWorld(FULL)
    preview = (await previews(world, "C-1"))[0]
    ended = [
        progress.push.state
        async for progress in push_each(world.desk, world.engine, [preview, preview])
        if isinstance(progress, BulkEnded)
    ]
    assert ended == [PushState.DONE, PushState.REFUSED]
    assert len({request.ref for request in world.flex.sent}) == len(world.flex.sent)


async def test_a_push_that_fails_stops_no_other() -> None:
    world = FlexWorld(FULL, OTHER)
    world.flex.script.append(Refused("refused"))
    lines = await push(world, "C-1", "C-2")
    assert lines[:2] == ["C-1 begins", "C-2 begins"]
    assert "C-1 done" not in lines
    assert "C-2 done" in lines


async def test_a_card_that_changed_since_it_was_shown_is_not_sent_and_stops_no_other() -> None:
    world = FlexWorld(FULL, OTHER)
    shown = await previews(world, "C-1", "C-2")
    world.cards.held["C-1"] = but(FULL, people=(AN,))
    ended = {
        (progress.card_id, progress.push.state, progress.push.reason)
        async for progress in push_each(world.desk, world.engine, shown)
        if isinstance(progress, BulkEnded)
    }
    assert ended == {("C-1", PushState.REFUSED, "plan-changed"), ("C-2", PushState.DONE, "")}


async def test_a_card_that_is_gone_when_its_turn_comes_stops_no_other() -> None:
    world = FlexWorld(FULL, OTHER)
    shown = await previews(world, "C-1", "C-2")
    del world.cards.held["C-1"]
    ended = {
        (progress.push.subject, progress.push.state, progress.push.reason)
        async for progress in push_each(world.desk, world.engine, shown)
        if isinstance(progress, BulkEnded)
    }
    assert ended == {("C-1", PushState.PAUSED, "unknown-card"), ("C-2", PushState.DONE, "")}


async def test_a_book_that_can_not_be_written_ends_the_run() -> None:
    world = FlexWorld(FULL, OTHER)
    shown = await previews(world, "C-1", "C-2")
    world.book.fails_at = world.book.commits
    told = [progress async for progress in push_each(world.desk, world.engine, shown)]
    assert isinstance(told[0], BulkFailed)
    assert isinstance(told[0].error, BookClosed)
    assert (len(told), world.flex.sent) == (1, [])


async def test_a_book_that_fails_in_the_middle_lets_those_under_way_end_and_begins_no_other() -> None:
    cards = [alone(n) for n in range(10, 12 + AT_ONCE)]
    world = FlexWorld(*cards)
    shown = await previews(world, *world.cards.held)
    told = []
    async for progress in push_each(world.desk, world.engine, shown):
        told.append(progress)
        if isinstance(progress, BulkEnded):
            world.book.fails_at = 0
    ended = [progress for progress in told if not isinstance(progress, BulkBegun)]
    begun = [progress.card_id for progress in told if isinstance(progress, BulkBegun)]
    first_failed = next(progress.card_id for progress in ended if isinstance(progress, BulkFailed))
    assert sorted(progress.card_id for progress in ended) == sorted([*begun, first_failed])
    assert isinstance(ended[-1], BulkFailed)
    assert len(begun) < len(cards) - 1, "the last card was not tried at all"


async def test_a_push_has_begun_only_when_it_is_in_the_book() -> None:
    """Whoever leaves in between is told how many cards to push again: no card may be missing from that number."""
    world = FlexWorld(FULL)
    pushing = push_each(world.desk, world.engine, await previews(world, "C-1"))
    assert await anext(pushing) == BulkBegun("C-1")
    assert [made.subject for made in await world.book.all(Push)] == ["C-1"]
    async for _ in pushing:
        pass


async def test_a_card_with_an_unfinished_push_goes_on_with_that_push() -> None:
    world = FlexWorld(FULL)
    shown = await previews(world, "C-1")
    running = await world.desk.confirm(shown[0], world.engine)
    told = [progress async for progress in push_each(world.desk, world.engine, shown)]
    assert isinstance(told[1], BulkEnded)
    assert told[1].push.push_id == running.push_id
    assert len(await world.book.all(Push)) == 1


async def test_a_push_of_an_older_plan_that_waits_is_not_given_for_the_plan_that_was_confirmed() -> None:
    world = FlexWorld(FULL)
    waiting = await world.desk.confirm(await world.desk.preview("C-1"), world.engine)
    world.cards.held["C-1"] = but(FULL, title="Another title")
    again = await world.desk.preview("C-1")
    assert again.pushable
    assert again.plan.digest != waiting.plan
    with pytest.raises(DeskError) as caught:
        await world.desk.confirm(again, world.engine)
    assert caught.value.code == "another-plan-waits"


async def test_several_cards_wait_for_a_careful_start_and_one_card_does_not() -> None:
    world = FlexWorld(FULL, OTHER)
    careful = CarefulStart(world.book, on=True)
    both = await previews(world, "C-1", "C-2")
    told = [progress async for progress in push_each(world.desk, world.engine, both, careful)]
    assert [progress.error.code for progress in told if isinstance(progress, BulkFailed)] == [
        "careful-start",
        "careful-start",
    ]
    assert (len(told), await world.book.all(Push)) == (2, [])
    told = [progress async for progress in push_each(world.desk, world.engine, both[:1], careful)]
    assert [type(progress) for progress in told] == [BulkBegun, BulkEnded]


async def test_a_run_that_is_stopped_begins_no_other_push_and_ends_those_that_have_begun() -> None:
    several = [
        but(FULL, id=f"C-{n}", people=(Applicant("Primary Applicant", Person(f"P-{n}", "An", None, "Le")),))
        for n in range(1, 4)
    ]
    world = FlexWorld(*several)
    stop = asyncio.Event()
    lines: list[tuple[str, str]] = []
    going = await previews(world, "C-1", "C-2", "C-3")
    async for progress in push_each(world.desk, world.engine, going, None, stop):
        match progress:
            case BulkBegun(card_id):
                lines.append((card_id, "begins"))
                stop.set()
            case BulkEnded() | BulkFailed() | BulkNotBegun():
                lines.append((progress.card_id, outcome_of(progress)))
    assert ("C-1", BulkOutcome.ARRIVED) in lines
    assert sorted(card_id for card_id, told in lines if told == BulkOutcome.NOT_SENT) == ["C-2", "C-3"]
    assert not [card_id for card_id, told in lines if told == "begins" and card_id != "C-1"]


async def test_the_book_says_which_cards_of_a_bulk_push_have_begun_whatever_ended_the_program() -> None:
    world = FlexWorld(FULL, OTHER, alone(7), alone(8))
    await push(world, "C-2")
    world.clock.at += 60
    confirmed = {card_id: world.clock.now() for card_id in ("C-8", "C-2", "C-7", "C-1")}
    assert await not_begun_since(world.book, confirmed) == ["C-8", "C-2", "C-7", "C-1"]
    await push(world, "C-1")
    (unfinished,) = await previews(world, "C-8")
    await world.desk.confirm(unfinished, world.engine)
    assert await not_begun_since(world.book, confirmed) == ["C-2", "C-7"], "C-2 was pushed before"
    later = {"C-8": world.clock.now() + 60, "C-1": world.clock.now() + 60}
    assert await not_begun_since(world.book, later) == ["C-1"], "the push of C-8 goes on"
    assert await not_begun_since(world.book, {}) == []


def test_every_state_of_a_push_is_an_outcome() -> None:
    ends = [
        outcome_of(BulkEnded("C-1", Push("P", Asset.CARD, "C-1", "h", state, "m", 0.0, 0.0, 1)))
        for state in PushState
    ]
    ends += [
        outcome_of(BulkEnded("C-1", a_push(PushState.PAUSED, reason))) for reason in ("quit", "plan-gone")
    ]
    ends.append(outcome_of(BulkEnded("C-1", a_push(PushState.DONE, "all-there"))))
    assert set(ends) == set(BulkOutcome) - {BulkOutcome.NOT_SENT}


def test_a_pause_of_which_nobody_is_asked_is_no_question_to_a_person() -> None:
    reasons = {
        "quit": BulkOutcome.NEXT_START,
        "unreachable": BulkOutcome.WAITS,
        "plan-gone": BulkOutcome.ASKS,
    }
    assert {
        reason: outcome_of(BulkEnded("C-1", a_push(PushState.PAUSED, reason))) for reason in reasons
    } == reasons


def a_push(state: PushState, reason: str = "") -> Push:
    return Push("P", Asset.CARD, "C-1", "h", state, "m", 0.0, 0.0, 1, reason=reason)


def test_what_is_no_push_is_an_outcome_too() -> None:
    assert outcome_of(BulkFailed("C-1", DeskError("unknown-card", "There is none."))) is BulkOutcome.REFUSED
    assert outcome_of(BulkNotBegun("C-1")) is BulkOutcome.NOT_SENT
