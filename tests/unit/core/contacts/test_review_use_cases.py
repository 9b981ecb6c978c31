"""Decisions are in the book before they show, are undone one key press at a time, and last."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contacts import records as contacts
from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.model import Contact
from core.contacts.records import Answer, Judged, JudgedOwners, OwnersAnswer
from core.contacts.review.decisions import Ids
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reviewed import Reviewed, review
from core.contacts.review.use_cases import ReviewUseCases
from core.errors import BookClosed, DeskError
from core.push import records as push
from data.book.book_file import BookFile
from tests.support.fakes import FakeBook
from tests.support.inline_book import InlineBook
from tests.support.people import but


class Clock:
    def __init__(self) -> None:
        self.at = 1_000.0

    def now(self) -> float:
        return self.at


def couples(count: int) -> Matched:
    """Give couples that share an inbox each, all alike."""
    ours = [Contact(f"S{n}", "Ann", "", "Lee", email=f"{n}@x.example") for n in range(count)]
    return match(ours, [but(one, id=f"T{one.id[1:]}", first_name="Tom") for one in ours])


def pair(n: int) -> Ids:
    return f"S{n}", f"T{n}"


async def desk_on(
    book: FakeBook, matched: Matched, clock: Clock | None = None
) -> tuple[ReviewUseCases, Reviewed]:
    desk = ReviewUseCases(book, clock or Clock(), "m.hale")
    return desk, await desk.begin(matched)


async def test_a_decision_is_kept_with_who_and_when_and_undone_in_another_run() -> None:
    book, matched, clock = FakeBook(), couples(3), Clock()
    desk, _ = await desk_on(book, matched, clock)
    await desk.answer([pair(0)], Answer.DIFFERENT)
    clock.at = 2_000.0
    await desk.answer([pair(0), pair(1)], Answer.HOUSEHOLD)
    again, reviewed = await desk_on(book, matched)
    assert [item.key for item in reviewed.queue] == ["S S2"]
    held = reviewed.answered[pair(0)]
    assert (held.answer, held.by, held.at) == (Answer.HOUSEHOLD, "m.hale", 2_000.0)
    undone = await again.undo()
    assert undone is not None
    assert {one.ids for one in undone.decision.judged} == {pair(0), pair(1)}
    assert [item.key for item in undone.change.items] == ["S S1"]
    assert (reviewed.answered[pair(0)].answer, reviewed.answered[pair(0)].at) == (Answer.DIFFERENT, 1_000.0)
    assert await again.undo() is not None
    assert await again.undo() is None
    assert await book.all(Judged) == []
    assert len(reviewed.queue) == 3


async def test_undo_needs_no_match() -> None:
    book, matched = FakeBook(), couples(1)
    desk, _ = await desk_on(book, matched)
    await desk.answer([pair(0)], Answer.SAME)
    assert await ReviewUseCases(book, Clock(), "m.hale").undo() is not None
    assert await book.all(Judged) == []


async def test_what_can_not_be_said_is_refused_and_nothing_is_written() -> None:
    book, matched = FakeBook(), couples(2)
    desk, _ = await desk_on(book, matched)
    for pairs, answer, code in (
        ([("S0", "T9")], Answer.SAME, "unknown-pair"),
        ([("S0", "T0"), ("S0", "T1")], Answer.SAME, "one-of-two"),
        ([("S0", "")], Answer.SAME, "not-offered"),
    ):
        with pytest.raises(DeskError) as told:
            await desk.answer(pairs, answer)
        assert told.value.code == code
    assert await book.all(Judged) == []
    with pytest.raises(DeskError, match="not matched yet"):
        await ReviewUseCases(book, Clock(), "m.hale").answer([("S0", "T0")], Answer.SAME)


async def test_what_the_book_can_not_keep_does_not_show() -> None:
    book, matched = FakeBook(), couples(2)
    desk, reviewed = await desk_on(book, matched)
    book.fails_at = 0
    with pytest.raises(BookClosed):
        await desk.answer([pair(0)], Answer.SAME)
    assert len(reviewed.queue) == 2


async def test_what_is_decided_while_it_is_read_again_is_not_forgotten() -> None:
    book, matched = FakeBook(), couples(3)
    desk, _ = await desk_on(book, matched)
    await desk.answer([pair(0)], Answer.SAME)
    reading = asyncio.ensure_future(desk.begin(matched))
    await asyncio.sleep(0)
    await desk.undo()
    await desk.answer([pair(1)], Answer.SAME)
    assert [item.key for item in (await reading).queue] == ["S S0", "S S2"]


async def test_what_is_left_is_estimated_by_the_pace_of_this_session() -> None:
    clock = Clock()
    desk, _ = await desk_on(FakeBook(), couples(10), clock)
    for n in range(3):
        assert desk.seconds_left() is None
        await desk.answer([pair(n)], Answer.DIFFERENT)
        clock.at += 10
    assert desk.seconds_left() == 70
    clock.at += 3_600  # a walk is no pace
    await desk.answer([pair(3)], Answer.DIFFERENT)
    assert desk.seconds_left() == 60


OF_PAIRS = [answer for answer in Answer if answer is not Answer.UNLINK]
steps = st.lists(
    st.one_of(
        st.none(),
        st.tuples(
            st.lists(st.integers(0, 4), min_size=1, unique=True),
            st.sampled_from(OF_PAIRS),
        ),
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(steps, st.integers(0, 12))
def test_any_answers_and_undos_give_the_state_of_what_remains(
    told: list[tuple[list[int], Answer] | None], restart: int
) -> None:
    async def play() -> None:
        book, matched = FakeBook(), couples(5)
        desk, reviewed = await desk_on(book, matched)
        left: list[tuple[list[int], Answer]] = []
        for n, step in enumerate(told):
            if n == restart:
                desk, reviewed = await desk_on(book, matched)
            if step is None:
                assert (await desk.undo() is not None) == bool(left)
                left = left[:-1]
            else:
                await desk.answer([pair(one) for one in step[0]], step[1])
                left.append(step)
        fresh, expected = await desk_on(FakeBook(), matched)
        for numbers, answer in left:
            await fresh.answer([pair(one) for one in numbers], answer)
        assert queue(reviewed) == queue(expected)
        assert reviewed.rows == expected.rows
        assert {key: one.answer for key, one in reviewed.answered.items()} == {
            key: one.answer for key, one in expected.answered.items()
        }
        assert review(matched, await book.all(Judged), book.keyed_hash).rows == expected.rows

    asyncio.run(play())


def queue(reviewed: Reviewed) -> list[ReviewItem]:
    return [*reviewed.queue]


async def test_the_real_book_keeps_decisions_and_what_they_took_the_place_of(tmp_path: Path) -> None:
    matched = couples(2)

    def opened() -> InlineBook:
        return InlineBook(BookFile(tmp_path / "book", (*push.RECORDS, *contacts.RECORDS)))

    book = opened()
    desk = ReviewUseCases(book, Clock(), "m.hale")
    await desk.begin(matched)
    for answer in (Answer.LATER, Answer.DIFFERENT):
        await desk.answer([pair(0)], answer)
    book.close()
    again = opened()
    desk = ReviewUseCases(again, Clock(), "m.hale")
    reviewed = await desk.begin(matched)
    assert [item.key for item in reviewed.queue] == ["S S1"]
    await desk.undo()
    assert [(item.key, item.later) for item in reviewed.queue] == [("S S1", False), ("S S0", True)]
    text = (tmp_path / "book" / "book.log").read_text("utf-8")
    assert "x.example" not in text
    again.close()


# -- two owners ---------------------------------------------------------------------------------------------


def two_owners() -> Matched:
    """Give two people of one email under two owners, in both systems."""
    names = (("Ann", "Lee", "ann@x.example"), ("Bo", "Marsh", "bo@x.example"))
    ours = [
        Contact(f"S{n}", first_name=first, last_name=last, email=email, owner="lo1")
        for n, (first, last, email) in enumerate(names)
    ]
    theirs = [but(one, id=f"T{one.id[1:]}", owner="u2") for one in ours]
    return match(ours, theirs, MatchOptions(owners=Owners({"u1": "lo1", "u2": "lo2"})))


async def test_an_answer_about_two_owners_is_kept_and_undone_in_its_turn() -> None:
    book, matched = FakeBook(), two_owners()
    desk, reviewed = await desk_on(book, matched)
    await desk.answer([pair(0)], Answer.DIFFERENT)
    done = await desk.decide_owners(("lo1", "lo2"), OwnersAnswer.LEAVE)
    assert (done.change.gone, reviewed.queue) == (("S S1",), ())
    await desk.decide_owners(("lo1", "lo2"), OwnersAnswer.SEPARATE)
    (kept,) = await book.all(JudgedOwners)
    assert (kept.answer, kept.by, kept.at) == (OwnersAnswer.SEPARATE, "m.hale", 1_000.0)

    again, reviewed = await desk_on(book, matched)
    assert reviewed.queue == ()
    undone = [await again.undo() for _ in range(4)]
    assert undone[3] is None
    answers = [
        [said.answer.value for said in (*one.decision.judged, *one.decision.owners)]
        for one in undone
        if one is not None
    ]
    assert answers == [["separate"], ["leave"], ["different"]]
    assert (await book.all(JudgedOwners), await book.all(Judged)) == ([], [])
    assert {item.key for item in reviewed.queue} == {"S S0", "S S1"}


async def test_owners_whom_nothing_is_asked_about_are_refused_and_nothing_is_written() -> None:
    book = FakeBook()
    desk, _ = await desk_on(book, two_owners())
    with pytest.raises(DeskError) as caught:
        await desk.decide_owners(("lo1", "lo3"), OwnersAnswer.LEAVE)
    assert (caught.value.code, await book.all(JudgedOwners)) == ("no-such-owners", [])
