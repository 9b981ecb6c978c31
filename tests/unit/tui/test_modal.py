"""The screen below a dialog is dimmed exactly as Textual dims it."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.color import Color
from textual.renderables.background_screen import BackgroundScreen
from textual.widgets import Static

from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.frames import all_frames
from tests.support.hostile_text import shown, strips
from tests.support.until import at_rest, flat, says, until
from tui.contacts.screen import ContactsScreen
from tui.text import plain
from tui.widgets.chooser import Chooser, Offer
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog, MessageDialog
from tui.widgets.key_footer import KeyFooter
from tui.widgets.modal import CLOSE_FIRST, Modal, _DimmedScreen

BELOW = [
    Segment("no style", None),
    Segment("both", Style.parse("bold red on #123456")),
    Segment("a link", Style.parse("#ffffff link https://example.com")),
    Segment("an action", Style(color="#aabbcc", bgcolor="#ddeeff", meta={"@click": "app.bell"})),
    Segment("", None, [(ControlType.BELL,)]),
]


@pytest.mark.parametrize("color", ["#1020308c", "#00000000", "#ffffff40"])
def test_each_piece_of_text_is_dimmed_as_textual_dims_it(color: str) -> None:
    tint = Color.parse(color)
    dimmed = list(_DimmedScreen.process_segments(BELOW * 2, tint))
    assert dimmed == list(BackgroundScreen.process_segments(BELOW * 2, tint))
    assert not any(segment.style and (segment.style.link or segment.style.meta) for segment in dimmed)


@pytest.mark.parametrize("size", [(40, 10), (80, 12), (80, 24), (120, 34)])
async def test_the_top_line_and_the_answers_stay_in_sight_however_small_the_terminal_is(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    with all_frames():
        async with fake_app(FakeDesk(tmp_path)).run_test(size=size) as pilot:
            await at_rest(pilot)
            dialog = ConfirmDialog("Send?", [plain(f"line {n}") for n in range(60)], yes="Send", grace=0)
            await pilot.app.push_screen(dialog)
            await at_rest(pilot)
            lines = [row.text for row in dialog._compositor.render_strips()]
            assert "SANDBOX" in lines[0]
            assert sum("y  Send" in line and "n  Not now" in line for line in lines[:-1]) == 1
            assert "y send   n not now" in lines[-1]
            assert any("line 0" in line for line in lines)
            await pilot.app.run_action("app.quit")


async def test_a_click_on_a_room_behind_a_dialog_closes_it_unless_something_is_typed(tmp_path: Path) -> None:
    with all_frames():
        async with fake_app(FakeDesk(tmp_path)).run_test(size=(80, 24)) as pilot:
            app = pilot.app
            await at_rest(pilot)
            at_contacts = shown(pilot.app).index("2 Contacts")
            dialog = LineDialog("Link", plain("Which?"), lambda _: "")
            await app.push_screen(dialog)
            await pilot.press("x")
            await pilot.click(offset=(at_contacts, 0))
            await at_rest(pilot)
            assert app.screen is dialog
            assert CLOSE_FIRST in [toast.message for toast in app._notifications]
            await pilot.press("backspace")
            await pilot.click(offset=(at_contacts, 0))
            await at_rest(pilot)
            await until(pilot, lambda: isinstance(app.screen, ContactsScreen))
            await app.run_action("app.quit")


async def test_what_enter_does_in_a_dialog_is_in_its_footer_and_can_be_clicked(tmp_path: Path) -> None:
    with all_frames():
        async with fake_app(FakeDesk(tmp_path)).run_test(size=(80, 24)) as pilot:
            await at_rest(pilot)
            answers: list[str | None] = []
            await pilot.app.push_screen(LineDialog("Link", plain("Which?"), lambda _: ""), answers.append)
            await pilot.press("x")
            await says(pilot, "enter go on")
            await pilot.click(KeyFooter, offset=(3, 0))
            await at_rest(pilot)
            assert answers == ["x"]
            await pilot.app.run_action("app.quit")


async def test_an_empty_line_is_refused_in_words_unless_a_dialog_takes_it(tmp_path: Path) -> None:
    with all_frames():
        async with fake_app(FakeDesk(tmp_path)).run_test(size=(80, 24)) as pilot:
            await at_rest(pilot)
            answers: list[str | None] = []
            asked = LineDialog("Save", plain("Which file?"), lambda _: "", "~/offered.html")
            await pilot.app.push_screen(asked, answers.append)
            await pilot.press("backspace", "enter")
            await says(pilot, "Type something, or press Escape to go back.")
            assert answers == []
            await pilot.press("escape")
            await at_rest(pilot)
            await pilot.app.push_screen(
                LineDialog("Again", plain("How many?"), lambda _: "", empty=""), answers.append
            )
            await pilot.press("enter")
            await at_rest(pilot)
            assert answers == [None, ""]
            await pilot.app.run_action("app.quit")


async def test_a_dialog_dims_the_screen_below_it(tmp_path: Path) -> None:
    with all_frames():
        async with fake_app(FakeDesk(tmp_path)).run_test(size=(80, 24)) as pilot:
            await at_rest(pilot)
            await pilot.press("question_mark")
            assert isinstance(pilot.app.screen, Modal)
            (row, *_) = strips(pilot.app)
            below = pilot.app.screen_stack[-2]._compositor.render_strips()[0]
            assert row.text == below.text
            assert [piece.style for piece in row] != [piece.style for piece in below]
            await pilot.app.run_action("app.quit")


class _Waits(Modal[None]):
    """A dialog that works until a moment that a test chooses, and looks for one of its widgets then."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = asyncio.Event()
        self.was_cancelled = False

    def compose(self) -> ComposeResult:
        yield Static("", id="said")

    def on_mount(self) -> None:
        self.run_worker(self._work())

    async def _work(self) -> None:
        try:
            await self.moment.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        self.query_one("#said", Static).update("too late")


async def test_the_work_of_a_dialog_that_closes_ends_before_its_widgets_are_gone() -> None:
    app = App[None]()
    async with app.run_test() as pilot:
        dialog = _Waits()
        await app.push_screen(dialog)
        await pilot.pause()
        closing = dialog.dismiss()
        dialog.moment.set()
        await closing
        assert dialog.was_cancelled


async def test_the_footer_of_a_message_has_only_what_closes_it(tmp_path: Path) -> None:
    async with fake_app(FakeDesk(tmp_path)).run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.app.push_screen(MessageDialog("What this means", [plain("a line")]))
        await at_rest(pilot)
        assert shown(pilot.app).rstrip().splitlines()[-1].split() == ["esc", "close"]
        await pilot.press("t")
        await at_rest(pilot)
        assert "a line" in flat(pilot), "the key of the help's tour does nothing here"


async def test_values_without_a_number_of_occurrences_have_no_column_for_it(tmp_path: Path) -> None:
    async with fake_app(FakeDesk(tmp_path)).run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.app.push_screen(Chooser("Which?", [Offer("a", "this one"), Offer("b", "that one")]))
        await says(pilot, "this one", "that one")
        (line,) = (line for line in shown(pilot.app).splitlines() if "that one" in line)
        assert line.partition("│")[2].partition("│")[0].split() == ["that", "one"]


class Said(App[None]):
    """Keeps the answers to three dialogs that lie over one another."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, object] = {}
        self.dialogs = [Modal[str]() for _ in range(3)]

    async def on_mount(self) -> None:
        for name, dialog in zip(("lowest", "middle", "highest"), self.dialogs, strict=True):
            await self.push_screen(dialog, partial(self.answers.__setitem__, name))


async def test_a_dialog_that_closes_below_another_one_goes_when_it_is_on_top_again() -> None:
    async with Said().run_test() as pilot:
        app = pilot.app
        lowest, middle, highest = app.dialogs
        lowest.dismiss("first")
        middle.dismiss("second")
        await pilot.pause()
        assert (app.screen, app.answers) == (highest, {})
        highest.dismiss("third")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.answers == {"highest": "third", "middle": "second", "lowest": "first"}


async def test_a_dialog_that_is_closed_already_closes_no_other() -> None:
    async with Said().run_test() as pilot:
        app = pilot.app
        lowest, middle, highest = app.dialogs
        highest.dismiss("third")
        highest.dismiss("again")
        await pilot.pause()
        assert app.screen is middle
        assert app.answers == {"highest": "third"}
        middle.dismiss("second")
        await until(pilot, lambda: app.screen is lowest)
        assert app.answers == {"highest": "third", "middle": "second"}
