"""Automatic work that would touch too many records at once waits for a person; what a person confirmed goes on."""

from __future__ import annotations

import pytest

from core.automatic.brake import (
    ALLOWED_FOR,
    LEARNT_FROM,
    NEVER_UNDER,
    REMEMBERED,
    ROUND_LASTS,
    TIMES,
    Brake,
    RoundLimit,
    braked_error,
    limit_of,
    usual_size,
)
from core.automatic.records import AutomaticWork, BrakedRound, BrakeReason
from core.errors import DeskError
from core.local_forms import Country, DeskTime, zone_named
from tests.support.fakes import FakeBook

MILESTONES, USERS = AutomaticWork.MILESTONES, AutomaticWork.NEW_USERS


class Clock:
    def __init__(self) -> None:
        self.at = 1_700_000_000.0

    def now(self) -> float:
        return self.at


class Desk:
    """A brake over a book, and the time."""

    def __init__(self, at_most: int = 200) -> None:
        self.book = FakeBook()
        self.clock = Clock()
        local = DeskTime(zone_named("America/Chicago"), Country.US)
        self.brake = Brake(self.book, at_most, "m.hale", self.clock, local)

    async def tries(self, number: int, what: AutomaticWork = MILESTONES, first: int = 0) -> tuple[int, int]:
        """Let a round begin what the brake lets go. Return how many went on and how many wait."""
        verdict = await self.brake.judge(what, [f"{what}{n}" for n in range(first, first + number)])
        await self.brake.keep(verdict)
        await self.brake.begun(what, len(verdict.unasked))
        return len(verdict.go), len(verdict.waits)

    async def learns(self, *sizes: int) -> None:
        for size in sizes:
            assert await self.tries(size) == (size, 0)
            self.clock.at += ROUND_LASTS


@pytest.mark.parametrize(
    ("sizes", "usual"),
    [
        ((), None),
        ((4,) * (LEARNT_FROM - 1), None),
        ((4,) * LEARNT_FROM, 4),
        ((1, 2, 90), 2),
        ((90,) * 9 + (3,) * REMEMBERED, 3),
    ],
)
def test_the_usual_round_is_the_median_of_the_last_ones(sizes: tuple[int, ...], usual: int | None) -> None:
    assert usual_size(sizes) == usual


@pytest.mark.parametrize(
    ("sizes", "most", "why"),
    [
        ((), 200, BrakeReason.AT_MOST),
        ((10, 10, 10), TIMES * 10, BrakeReason.USUAL),
        ((1, 1, 1), NEVER_UNDER, BrakeReason.USUAL),
        ((40, 40, 40), 200, BrakeReason.AT_MOST),
        ((500, 500, 500), 200, BrakeReason.AT_MOST),
    ],
)
def test_the_lower_limit_counts(sizes: tuple[int, ...], most: int, why: BrakeReason) -> None:
    assert limit_of(200, sizes) == RoundLimit(most, why)


def test_a_small_at_most_counts_also_below_the_floor() -> None:
    assert limit_of(5, (1, 1, 1)) == RoundLimit(5, BrakeReason.AT_MOST)


async def test_a_round_over_at_most_sends_nothing_and_one_at_the_limit_goes() -> None:
    desk = Desk()
    assert await desk.tries(201) == (0, 201)
    (braked,) = await desk.brake.waiting()
    assert (braked.what, braked.number, braked.limit, braked.why) == (
        MILESTONES,
        201,
        200,
        BrakeReason.AT_MOST,
    )
    assert await Desk().tries(200) == (200, 0)


async def test_what_waits_goes_on_by_no_other_way_than_a_word() -> None:
    desk = Desk()
    await desk.tries(201)
    assert await desk.tries(200) == (0, 200), (
        "one is not due any more, and nobody has said a word about the rest"
    )
    desk.clock.at += 10 * ROUND_LASTS
    assert await desk.tries(2) == (0, 2)
    assert await desk.tries(3) == (0, 3), "what is due later waits with them"
    assert (await desk.brake.waiting())[0].number == 3
    assert await desk.tries(5, first=500) == (5, 0), "none of what waited is due any more"
    assert await desk.brake.waiting() == []


async def test_five_times_the_usual_round_waits() -> None:
    desk = Desk()
    await desk.learns(10, 10, 10)
    assert await desk.tries(50) == (50, 0)
    desk.clock.at += ROUND_LASTS
    assert await desk.tries(51) == (0, 51)


async def test_a_desk_that_has_learnt_nothing_is_held_by_at_most_alone() -> None:
    desk = Desk()
    await desk.learns(*(1,) * (LEARNT_FROM - 1))
    assert await desk.tries(150) == (150, 0)


async def test_each_kind_of_work_has_its_own_usual_round() -> None:
    desk = Desk()
    await desk.learns(10, 10, 10)
    assert await desk.tries(51, USERS) == (51, 0)


async def test_many_small_rounds_in_a_row_count_as_one() -> None:
    desk = Desk()
    assert await desk.tries(150) == (150, 0)
    desk.clock.at += ROUND_LASTS - 1
    assert await desk.tries(51, first=150) == (0, 51)
    desk.clock.at += 1
    assert await desk.tries(51, first=150) == (0, 51), "they wait for a word, not for the next round"


async def test_what_begins_later_than_five_minutes_is_another_round() -> None:
    desk = Desk()
    assert await desk.tries(150) == (150, 0)
    desk.clock.at += ROUND_LASTS
    assert await desk.tries(51, first=150) == (51, 0)


async def test_a_person_lets_what_waits_go_once_and_what_comes_later_is_counted_anew() -> None:
    desk = Desk()
    await desk.tries(300)
    with pytest.raises(DeskError) as caught:
        await desk.brake.waiting_of(299)
    assert (caught.value.code, "300 milestones" in caught.value.message) == ("another-number", True)
    for braked in await desk.brake.waiting_of(300):
        await desk.brake.allow(braked)
    assert await desk.brake.waiting() == []
    assert await desk.tries(310) == (310, 0), "300 were confirmed, 10 are within the limit"
    desk.clock.at += ROUND_LASTS
    assert await desk.tries(300, first=1_000) == (0, 300), "the word was for the others"
    assert await desk.tries(300) == (300, 0)


async def test_what_was_let_go_goes_while_others_wait() -> None:
    desk = Desk()
    await desk.tries(300)
    (braked,) = await desk.brake.waiting()
    await desk.brake.allow(braked)
    assert await desk.tries(600) == (300, 300)
    (braked,) = await desk.brake.waiting()
    assert braked.ids[0] == "milestones300"


async def test_the_rule_of_what_was_let_go_names_who_did_it() -> None:
    desk = Desk()
    await desk.tries(300)
    (braked,) = await desk.brake.waiting()
    await desk.brake.allow(braked)
    verdict = await desk.brake.judge(MILESTONES, [*braked.ids, "later"])
    (named, ids), rest = verdict.by_rule("by an order")
    assert named == "by an order; stopped as too many at once, and allowed by m.hale on Nov 14, 2023, 16:13"
    assert (ids, rest) == (braked.ids, ("by an order", ("later",)))
    assert verdict.rule_of_all("by an order") == named
    assert (await desk.brake.judge(USERS, ["u"])).by_rule("by an order") == [("by an order", ("u",))]


async def test_a_word_counts_for_a_day() -> None:
    desk = Desk()
    await desk.tries(300)
    (braked,) = await desk.brake.waiting()
    await desk.brake.allow(braked)
    desk.clock.at += ALLOWED_FOR
    assert await desk.tries(300) == (0, 300)


async def test_what_a_person_confirmed_with_its_number_is_neither_held_nor_learnt() -> None:
    desk = Desk()
    ids = [f"m{n}" for n in range(900)]
    verdict = await desk.brake.judge(MILESTONES, ids, ids)
    assert (len(verdict.go), verdict.waits, verdict.unasked) == (900, (), ())
    assert await desk.tries(200) == (200, 0)


async def test_nothing_is_written_while_nothing_changes() -> None:
    desk = Desk()
    await desk.tries(300)
    before = desk.book.commits
    assert await desk.tries(300) == (0, 300)
    assert desk.book.commits == before
    (first,) = await desk.brake.waiting()
    desk.clock.at += 60
    assert await desk.tries(301) == (0, 301)
    (now,) = await desk.brake.waiting()
    assert (now.number, now.since) == (301, first.since)


async def test_what_is_left_to_a_person_waits_no_more() -> None:
    desk = Desk()
    await desk.tries(300)
    (braked,) = await desk.brake.waiting()
    await desk.brake.forget(braked)
    assert await desk.brake.waiting() == []
    assert await desk.book.all(BrakedRound) == []


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (RoundLimit(200, BrakeReason.AT_MOST), "at_most = 200"),
        (RoundLimit(50, BrakeReason.USUAL), "5 times the usual"),
    ],
)
async def test_the_error_names_the_counts_and_the_command(limit: RoundLimit, words: str) -> None:
    error = braked_error(MILESTONES, 312, limit)
    assert "312 milestones" in error.message
    assert words in error.message
    assert "watch --allow 312" in error.fix


@pytest.mark.parametrize("why", BrakeReason)
@pytest.mark.parametrize(
    ("what", "number", "words"),
    [
        (MILESTONES, 1, "1 milestone waits for a person: with it, more would be sent"),
        (USERS, 1, "1 new user waits for a person: with it, more would be sent"),
        (USERS, 1312, "1,312 new users wait for a person: with them, more would be sent"),
    ],
)
def test_one_record_and_many_are_said_in_good_english(
    what: AutomaticWork, number: int, words: str, why: BrakeReason
) -> None:
    message = braked_error(what, number, RoundLimit(2, why)).message
    assert message.startswith(words)
    assert message.endswith("It was not sent." if number == 1 else "None of them was sent.")
