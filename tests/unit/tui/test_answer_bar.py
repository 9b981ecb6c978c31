"""The answers of the confirm dialogs: what counts as a yes, and when."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from tests.support.hostile_text import shown
from tests.support.until import until
from tui.text import plain
from tui.widgets.answer_bar import STILL_READING, TOO_EARLY, AnswerBar
from tui.widgets.confirm_dialog import ConfirmDialog

NEVER = 3600.0
"""A grace time that no test outlasts."""


class BarApp(App[None]):
    """A bar alone, and every answer that was clicked."""

    def __init__(self, *, grace: float) -> None:
        super().__init__()
        self.bar = AnswerBar(grace=grace)
        self.clicked: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.bar

    def on_answer_bar_yes(self) -> None:
        self.clicked.append("yes")

    def on_answer_bar_no(self) -> None:
        self.clicked.append("no")


async def test_the_bar_is_armed_only_after_its_grace_time() -> None:
    async with BarApp(grace=NEVER).run_test() as pilot:
        await pilot.pause()
        assert not pilot.app.bar.armed
    app = BarApp(grace=0.01)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.bar.armed)


async def test_a_bar_that_is_held_is_not_armed_before_it_is_released() -> None:
    app = BarApp(grace=0)
    app.bar.hold()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert not app.bar.armed
        app.bar.release()
        await until(pilot, lambda: app.bar.armed)


async def test_a_release_does_not_cut_the_grace_time_short() -> None:
    app = BarApp(grace=NEVER)
    app.bar.hold()
    async with app.run_test() as pilot:
        app.bar.release()
        await pilot.pause()
        assert not app.bar.armed


async def test_the_bar_shows_what_a_yes_does_and_only_close_where_there_is_nothing_to_confirm() -> None:
    app = BarApp(grace=0)
    async with app.run_test() as pilot:
        app.bar.ask("Send 3")
        await pilot.pause()
        assert [word in shown(app) for word in ("y  Send 3", "n  Not now", "Close")] == [True, True, False]
        app.bar.offer_close()
        await pilot.pause()
        assert [word in shown(app) for word in ("Send 3", "Not now", "n  Close")] == [False, False, True]


async def test_the_answers_can_be_clicked() -> None:
    app = BarApp(grace=0)
    async with app.run_test() as pilot:
        app.bar.ask("Send")
        await pilot.pause()
        await pilot.click("#answer-yes")
        await pilot.click("#answer-no")
        assert app.clicked == ["yes", "no"]


@pytest.mark.parametrize("answer", ["y", "#answer-yes"])
async def test_a_question_takes_no_yes_within_the_grace_time_and_a_no_at_once(answer: str) -> None:
    answers: list[bool | None] = []
    app = App[None]()
    async with app.run_test() as pilot:
        question = ConfirmDialog("Unlink", [plain("Are you sure?")], yes="Unlink", grace=NEVER)
        await app.push_screen(question, answers.append)
        await pilot.pause()
        await (pilot.press(answer) if len(answer) == 1 else pilot.click(answer))
        assert app.screen is question
        await pilot.press("n")
        await until(pilot, lambda: app.screen is not question)
    assert answers == [False]


@pytest.mark.parametrize("answer", ["y", "#answer-yes"])
async def test_a_question_takes_a_yes_by_key_and_by_click_after_the_grace_time(answer: str) -> None:
    answers: list[bool | None] = []
    app = App[None]()
    async with app.run_test() as pilot:
        question = ConfirmDialog("Unlink", [plain("Are you sure?")], yes="Unlink", grace=0)
        await app.push_screen(question, answers.append)
        await until(pilot, lambda: question.armed)
        await (pilot.press(answer) if len(answer) == 1 else pilot.click(answer))
        await until(pilot, lambda: app.screen is not question)
    assert answers == [True]


async def test_a_yes_that_comes_too_early_is_refused_in_words() -> None:
    app = BarApp(grace=NEVER)
    async with app.run_test(notifications=True) as pilot:
        assert not app.bar.counts()
        await until(pilot, lambda: TOO_EARLY in [toast.message for toast in app._notifications])
        app.bar.hold()
        assert not app.bar.counts()
        await until(pilot, lambda: STILL_READING in [toast.message for toast in app._notifications])


async def test_a_yes_that_counts_says_nothing() -> None:
    app = BarApp(grace=0)
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: app.bar.armed)
        assert app.bar.counts()
        assert len(app._notifications) == 0
