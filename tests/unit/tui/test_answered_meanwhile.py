"""A colleague has answered the question that is on the screen: the room shows that, and says who."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from core.contacts.match.match import match
from core.contacts.model import Contact
from core.contacts.records import Answer
from core.contacts.review.use_cases import AnswerResult, ReviewUseCases
from tests.support.people import but
from tests.support.team_books import FakeTeamBook, Sender, SharedStore
from tui.contacts.answering import ContactAnswers


class Room:
    """As much of the Contacts room as answering uses. `shown` are the changes that it showed, `said` the toasts."""

    pairs = gathered = item = None

    def __init__(self, review: ReviewUseCases) -> None:
        self.review = review
        self.shown: list[AnswerResult] = []
        self.said: list[str] = []
        self.went_on = False
        self.desk_app = SimpleNamespace(notify=lambda message, **options: self.said.append(message))

    def changed(self, done: AnswerResult, answer: Answer | None) -> None:
        self.shown.append(done)

    def go_on(self) -> None:
        self.went_on = True

    def show_again(self, key: str) -> None:
        assert key == ""


async def test_the_answer_of_a_colleague_is_shown_and_nothing_is_saved() -> None:
    ours = [Contact("S0", "Ann", "", "Lee", email="0@x.example")]
    matched = match(ours, [but(ours[0], id="T0", first_name="Tom")])
    store, clock = SharedStore(lambda: 1.0), SimpleNamespace(now=lambda: 1.0)
    anna, ben = (ReviewUseCases(FakeTeamBook(store, Sender(name)), clock, name) for name in ("anna", "ben"))
    for desk in (anna, ben):
        await desk.begin(matched)
    await anna.answer([("S0", "T0")], Answer.DIFFERENT)
    room: Any = Room(ben)
    await ContactAnswers(room, lambda: False).answer_pair(("S0", "T0"), Answer.HOUSEHOLD)
    assert [done.change.gone for done in room.shown] == [("S S0",)]
    assert not room.went_on
    (said,) = room.said
    assert said.startswith("anna answered “different” about S0 and T0, just now. Nothing of yours was saved.")
