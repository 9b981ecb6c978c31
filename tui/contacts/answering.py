"""Gives and takes back the answers of the Contacts room.

The answers are kept by `ReviewUseCases`. This module knows only the part of the room that `AnsweringRoom` names.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from textual.content import Content

from core.compare.agreement import AgreementLevel
from core.contacts.linkage.explain import field_name
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.records import Answer, Judged, JudgedOwners
from core.contacts.review.decisions import Ids
from core.contacts.review.queue import ReviewItem
from core.contacts.review.use_cases import AnsweredMeanwhile, AnswerResult, ReviewUseCases
from core.errors import DeskError
from core.local_forms import words_of
from core.texts import how_many
from tui.contacts.detail import ShownRow
from tui.contacts.groups.view import GroupView, stands_for
from tui.contacts.owner_question import ask_about_owners, names_of
from tui.contacts.pairs import Pairs
from tui.text import content, notify, notify_error
from tui.widgets.chooser import Chooser, Offer
from tui.widgets.confirm_dialog import ConfirmDialog

if TYPE_CHECKING:
    from tui.app import DeskApp


class AnsweringRoom(Protocol):
    """What giving answers needs from the room."""

    @property
    def desk_app(self) -> DeskApp:
        """The app: it shows dialogs."""

    @property
    def review(self) -> ReviewUseCases | None:
        """What keeps the answers; None for a profile without contact systems."""

    @property
    def pairs(self) -> Pairs | None:
        """The match that is shown; None before the first."""

    @property
    def gathered(self) -> MatchSnapshot | None:
        """The snapshot of the match that is shown; None before the first."""

    @property
    def item(self) -> ReviewItem | None:
        """The question about the row under the cursor; None if there is nothing to decide."""

    @property
    def shown(self) -> ShownRow | None:
        """The two records that are shown; None if there are none."""

    def changed(self, done: AnswerResult, answer: Answer | None) -> None:
        """Show the effect of an answer, or of an undo (None), in the list, in the counts and in the bar."""

    def go_on(self) -> None:
        """Go to the next question, and show it."""

    def show_again(self, key: str) -> None:
        """Go to the question with this key, and show it. With "" the present row is shown again."""

    def run_worker(self, work: Coroutine[None, None, None], /, *, group: str, exclusive: bool) -> object:
        """Run a coroutine until it or the room ends. `exclusive` cancels other work of the same group."""


class ContactAnswers:
    """Gives answers about the row that the room shows."""

    def __init__(self, room: AnsweringRoom, is_held: Callable[[], bool]) -> None:
        """`is_held` returns True if a key must not answer now, and says why: the question has just changed."""
        self._room = room
        self._is_held = is_held

    async def answer_pair(self, ids: Ids, answer: Answer) -> None:
        """Answer the question about two records."""
        if not self._is_held() and await self._give([ids], answer):
            self._go_on_or_stay()

    async def answer_group(self, group: GroupView, answer: Answer) -> bool:
        """Answer the question about a group. Return True if the answer was given."""
        review = self._room.review
        if review is None or self._is_held():
            return False
        if why := group.refused.get(answer, ""):
            self._warn(why)
            return False
        answers = group.answers(answer)
        try:
            done = await review.decide(answers)
        except DeskError as error:
            self._refused(error)
            return False
        self._room.changed(done, stands_for(answers))
        self._go_on_or_stay()
        return True

    def _go_on_or_stay(self) -> None:
        """Go to the next question if this one is settled or put off; else show it again."""
        item = self._room.item
        if item is None or item.later:
            self._room.go_on()
        else:
            self._room.show_again("")

    async def _give(self, pairs: Sequence[Ids], answer: Answer) -> bool:
        review = self._room.review
        if review is None:
            return False
        try:
            done = await review.answer(pairs, answer)
        except DeskError as error:
            self._refused(error)
            return False
        self._room.changed(done, answer)
        return True

    def _refused(self, error: DeskError, title: str = "Not decided") -> None:
        """Say why a decision was not made. What somebody else decided meanwhile is shown in the list."""
        if isinstance(error, AnsweredMeanwhile):
            self._room.changed(error.result, None)
            self._room.show_again("")
        notify_error(self._room.desk_app, error, title=title)

    def _warn(self, said: str) -> None:
        notify(self._room.desk_app, said, title="Not decided", severity="warning")

    # -- several questions at once ---------------------------------------------------------------------

    def answer_owners(self) -> None:
        """Answer about all contacts of the two owners of this question, after showing how many that are now."""
        self._room.run_worker(self._answer_owners(), group="choose", exclusive=True)

    async def _answer_owners(self) -> None:
        room, item, pairs, gathered, review = (
            self._room,
            self._room.item,
            self._room.pairs,
            self._room.gathered,
            self._room.review,
        )
        if item is None or pairs is None or gathered is None or review is None:
            return
        said = await ask_about_owners(room.desk_app, pairs.reviewed, gathered, item)
        if said is None:
            return
        try:
            done = await review.decide_owners(*said)
        except DeskError as error:
            self._refused(error)
            return
        room.changed(done, None)
        room.go_on()

    def answer_alike(self) -> None:
        """Answer all questions that compare like this question. Ask for the answer, show how many, then answer."""
        self._room.run_worker(self._answer_alike(), group="choose", exclusive=True)

    async def _answer_alike(self) -> None:
        shown, app = self._room.shown, self._room.desk_app
        if shown is None or not (alike := shown.pairs_alike):
            return
        offers = [
            Offer(answer.value, f"{answer.value}: {shown.does_to_all(answer).partition(';')[0]}")
            for answer in shown.answers
            if all(answer in shown.reviewed.offered(ids) for ids in alike)
        ]
        chosen = await app.push_screen_wait(Chooser(f"What is true of all {len(alike):,}?", offers))
        if chosen is None or not chosen.value:
            return
        answer = Answer(chosen.value)
        lines = [
            content("Answer [b]$answer[/b] for all [b]$count[/b] pairs that $are_alike:",
                    answer=answer.value, count=f"{len(alike):,}",
                    are_alike="compare like this one" if shown.item is not None else "were unlinked with this one"),
            *_pattern(shown),
            content("[$foreground-muted]$does. u takes all of them back.[/]",
                    does=_sentence(shown.does_to_all(answer))),
        ]  # fmt: skip
        question = ConfirmDialog(
            f"{len(alike):,} alike", lines, yes=f"Answer {len(alike):,}", grace=app.grace
        )
        if await app.push_screen_wait(question) and await self._give(alike, answer):
            self._room.go_on()

    # -- undo ------------------------------------------------------------------------------------------

    async def undo(self) -> None:
        """Take the last decision back, and show its question again."""
        room, review = self._room, self._room.review
        if review is None or room.pairs is None:
            return
        try:
            done = await review.undo()
        except DeskError as error:
            self._refused(error, "Not undone")
            return
        if done is None:
            notify(room.desk_app, "There is no decision to take back.")
            return
        room.changed(done, None)
        self._say_undone(done)
        room.show_again(done.change.items[0].key if done.change.items else "")

    def _say_undone(self, done: AnswerResult) -> None:
        room, app = self._room, self._room.desk_app
        for said in done.decision.owners:
            owners = names_of(room.gathered, said.pair) if room.gathered is not None else "two owners"
            notify(app, f"Taken back: “{said.answer}” of {owners} ({said.by}, {self._when(said)}).")
        if not done.decision.judged:
            return
        judged = done.decision.judged[0]
        count = len(done.decision.judged)
        contacts = room.pairs.reviewed.contacts(judged.ids) if room.pairs is not None else ()
        names = [contact.name for contact in contacts if contact is not None]
        subject = how_many(count, "pair") if count > 1 else " and ".join(names) or "two records that are gone"
        notify(app, f"Taken back: “{judged.answer}” of {subject} ({judged.by}, {self._when(judged)}).")

    def _when(self, judged: Judged | JudgedOwners) -> str:
        return self._room.desk_app.local.day_and_clock(judged.at)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _pattern(shown: ShownRow) -> Iterator[Content]:
    """Yield how each field of a pair compares. All questions alike have this in common."""
    for evidence in shown.compared.evidence if shown.compared and shown.item is not None else ():
        if evidence.level is not AgreementLevel.PRIOR:
            yield content(
                "[$foreground-muted]$field[/] $level",
                field=field_name(evidence.field, words_of(shown.country)),
                level=evidence.level,
            )
