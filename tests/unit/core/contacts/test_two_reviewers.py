"""Two people who review the contacts of one team's book: the second sees the first before anything is saved."""

from __future__ import annotations

import pytest

from core.contacts.match.match import Matched, match
from core.contacts.model import Contact
from core.contacts.records import Answer, Judged, JudgedOwners, OwnersAnswer
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.use_cases import AnsweredMeanwhile, ReviewUseCases
from tests.support.fakes import FakeBook
from tests.support.people import but
from tests.support.team_books import FakeTeamBook, Sender, SharedStore


class Clock:
    at = 1_000.0

    def now(self) -> float:
        return self.at


class Team:
    """Two desks on one book, with the same match."""

    def __init__(self, matched: Matched) -> None:
        self.clock = Clock()
        self.matched = matched
        store = SharedStore(self.clock.now)
        self.book = FakeTeamBook(store, Sender("s-0"))
        books = (FakeTeamBook(store, Sender("s-1")), FakeTeamBook(store, Sender("s-2")))
        self.anna, self.ben = (
            ReviewUseCases(book, self.clock, name) for book, name in zip(books, ("anna", "ben"), strict=True)
        )

    async def begin(self) -> tuple[Reviewed, Reviewed]:
        return await self.anna.begin(self.matched), await self.ben.begin(self.matched)

    async def judged(self) -> dict[tuple[str, str], tuple[str, Answer]]:
        return {judged.ids: (judged.by, judged.answer) for judged in await self.book.all(Judged)}


def couples(count: int) -> Matched:
    """Return couples that share an inbox each."""
    ours = [Contact(f"S{n}", "Ann", "", "Lee", email=f"{n}@x.example") for n in range(count)]
    return match(ours, [but(one, id=f"T{one.id[1:]}", first_name="Tom") for one in ours])


async def test_the_second_sees_who_answered_what_and_when_and_may_then_answer_anew() -> None:
    team = Team(couples(2))
    _, ben = await team.begin()
    await team.anna.answer([("S0", "T0")], Answer.DIFFERENT)
    team.clock.at += 180
    with pytest.raises(AnsweredMeanwhile) as told:
        await team.ben.answer([("S0", "T0")], Answer.HOUSEHOLD)
    assert (
        told.value.message
        == "anna answered “different” about S0 and T0, 3 min ago. Nothing of yours was saved."
    )
    assert await team.judged() == {("S0", "T0"): ("anna", Answer.DIFFERENT)}
    assert told.value.result.change.gone == ("S S0",)
    assert [item.key for item in ben.queue] == ["S S1"]
    await team.ben.answer([("S0", "T0")], Answer.HOUSEHOLD)
    (judged,) = await team.book.all(Judged)
    assert (judged.by, judged.answer) == ("ben", Answer.HOUSEHOLD)
    assert judged.before is not None
    assert judged.before.by == "anna"


async def test_an_answer_about_another_pair_of_the_same_record_is_seen_too() -> None:
    ours = [Contact("S0", "Ann", "", "Lee", email="0@x.example")]
    team = Team(match(ours, [but(ours[0], id=f"T{n}", first_name="Tom") for n in range(2)]))
    await team.begin()
    await team.anna.answer([("S0", "T0")], Answer.HOUSEHOLD)
    with pytest.raises(AnsweredMeanwhile, match="about S0 and T0"):
        await team.ben.answer([("S0", "T1")], Answer.HOUSEHOLD)


@pytest.mark.parametrize("count", [2, 60])
async def test_of_many_pairs_none_is_saved_if_one_was_answered_meanwhile(count: int) -> None:
    team = Team(couples(count))
    await team.begin()
    await team.anna.answer([("S0", "T0"), ("S1", "T1")], Answer.DIFFERENT)
    with pytest.raises(AnsweredMeanwhile, match="1 more answer of others") as told:
        await team.ben.answer([(f"S{n}", f"T{n}") for n in range(count)], Answer.DIFFERENT)
    assert len(told.value.result.decision.judged) == 2
    assert len(await team.judged()) == 2


async def test_answers_about_other_records_are_in_nobodys_way() -> None:
    team = Team(couples(2))
    await team.begin()
    await team.anna.answer([("S0", "T0")], Answer.DIFFERENT)
    await team.ben.answer([("S1", "T1")], Answer.HOUSEHOLD)
    assert await team.judged() == {
        ("S0", "T0"): ("anna", Answer.DIFFERENT),
        ("S1", "T1"): ("ben", Answer.HOUSEHOLD),
    }


async def test_undo_takes_back_ones_own_decision_and_never_that_of_a_colleague() -> None:
    team = Team(couples(3))
    await team.begin()
    await team.anna.answer([("S0", "T0")], Answer.DIFFERENT)
    await team.ben.answer([("S1", "T1")], Answer.HOUSEHOLD)
    await team.begin()  # both know all answers now; two decisions have the number 1
    await team.anna.undo()
    assert await team.judged() == {("S1", "T1"): ("ben", Answer.HOUSEHOLD)}
    assert await team.anna.undo() is None


async def test_two_decisions_with_one_number_are_undone_one_by_one_where_the_book_has_one_desk_again() -> (
    None
):
    team = Team(couples(2))
    await team.begin()
    await team.anna.answer([("S0", "T0")], Answer.DIFFERENT)
    await team.ben.answer([("S1", "T1")], Answer.HOUSEHOLD)
    alone = FakeBook()
    await alone.commit(*await team.book.all(Judged))
    assert {judged.group for judged in await alone.all(Judged)} == {1}
    desk = ReviewUseCases(alone, team.clock, "anna")
    undone = [await desk.undo() for _ in range(2)]
    assert [len(done.decision.judged) for done in undone if done is not None] == [1, 1]


async def test_an_undo_of_what_somebody_answered_anew_is_refused() -> None:
    team = Team(couples(1))
    await team.begin()
    await team.anna.answer([("S0", "T0")], Answer.DIFFERENT)
    await team.ben.begin(team.matched)
    await team.ben.answer([("S0", "T0")], Answer.HOUSEHOLD)
    with pytest.raises(AnsweredMeanwhile, match=r"^ben answered “household”"):
        await team.anna.undo()
    assert await team.judged() == {("S0", "T0"): ("ben", Answer.HOUSEHOLD)}


async def test_an_answer_that_was_taken_back_meanwhile_is_said() -> None:
    team = Team(couples(1))
    await team.begin()
    await team.anna.answer([("S0", "T0")], Answer.DIFFERENT)
    ben = await team.ben.begin(team.matched)
    await team.anna.undo()
    with pytest.raises(AnsweredMeanwhile, match="taken back the answer about S0 and T0"):
        await team.ben.answer([("S0", "T0")], Answer.HOUSEHOLD)
    assert [item.key for item in ben.queue] == ["S S0"]


async def test_an_answer_about_owners_is_seen_too() -> None:
    team = Team(couples(1))
    for desk in await team.begin():
        desk.take_owners(("a", "b"), JudgedOwners("a", "b", OwnersAnswer.LEAVE, "old", 1.0, 0))
    first = JudgedOwners("a", "b", OwnersAnswer.LEAVE, "old", 1.0, 0)
    await team.book.commit(first)
    await team.anna.decide_owners(("a", "b"), OwnersAnswer.SEPARATE)
    with pytest.raises(
        AnsweredMeanwhile, match=r"^anna answered “separate” about these two owners, just now"
    ):
        await team.ben.decide_owners(("a", "b"), OwnersAnswer.LEAVE)
    (said,) = await team.book.all(JudgedOwners)
    assert said.by == "anna"
