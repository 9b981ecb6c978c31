"""What asks for a person: counts, notices that name nobody, the terminal's title, and the words of leaving."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from core.flex.use_cases import bulk
from core.push.activity import asking
from core.push.plan import Asset, Entity, System
from core.push.records import Push
from core.push.states import PushState
from data.book.book_file import BookFile
from data.operator_files.screen_choices import ScreenChoicesFile
from tests.support.book_fakes import a_push
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.hostile_text import shown
from tests.support.inline_book import InlineBook
from tests.support.until import at_rest, says, until
from tui.attention.counts import AskingPushes
from tui.attention.leaving import farewell, waiting_words
from tui.attention.long_work import LongWork
from tui.attention.notices import (
    KEEP_TITLE,
    OLD_TITLE,
    QUIET,
    DesktopNotice,
    DesktopNotices,
    Setting,
    notice_sequence,
    title_of,
    title_sequence,
)
from tui.cards.screen import CardsScreen
from tui.widgets.top_bar import TopBar
from tui.wiring.records import RECORDS


def push_of(n: int, subject: str, state: PushState, reason: str = "") -> Push:
    return msgspec.structs.replace(
        a_push(n, state), subject=subject, created_at=float(n), reason=reason, asset=Asset.CARD
    )


# -- counts ----------------------------------------------------------------------------------------------


def test_what_is_counted_push_by_push_is_what_the_book_would_say(tmp_path: Path) -> None:
    random = Random(3)
    for round_ in range(20):
        book = BookFile(tmp_path / str(round_), RECORDS)
        pushes = [
            push_of(
                n,
                f"C-{random.randrange(5)}",
                random.choice(list(PushState)),
                random.choice(["", "plan-changed", "forbidden"]),
            )
            for n in range(30)
        ]
        book.commit(*pushes[:10])
        counted = AskingPushes()
        counted.take(pushes[9])
        counted.begin(asyncio.run(asking(InlineBook(book))))
        for push in pushes[10:]:
            book.commit(push)
            counted.take(push)
        assert counted.number == len(asyncio.run(asking(InlineBook(book))))
        book.close()


def test_a_push_that_is_settled_asks_no_longer_and_one_that_was_heard_of_is_newer_than_the_book() -> None:
    counted = AskingPushes()
    asks = push_of(1, "C-1", PushState.NEEDS_YOU)
    counted.take(msgspec.structs.replace(asks, state=PushState.DONE))
    counted.begin([asks, push_of(2, "C-2", PushState.PAUSED, "wrong-secret")])
    assert counted.number == 1
    counted.take(push_of(2, "C-2", PushState.DONE))
    assert counted.number == 0


# -- notices ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "sequence"),
    [
        ({"TERM_PROGRAM": "iTerm.app"}, "\x1b]9;brokerdesk: 1 push asks you\x07"),
        ({"TERM_PROGRAM": "WezTerm"}, "\x1b]9;brokerdesk: 1 push asks you\x07"),
        ({"TERM": "xterm-kitty"}, "\x1b]9;brokerdesk: 1 push asks you\x07"),
        ({"TERM": "foot-extra"}, "\x1b]777;notify;brokerdesk;1 push asks you\x07"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "\x1b]777;notify;brokerdesk;1 push asks you\x07"),
        ({"TERM": "xterm-256color"}, "\x07"),
        ({"TERM": "foot", "TMUX": "/tmp/tmux-0/default,1,0"}, "\x07"),
        ({"TERM_PROGRAM": "Apple_Terminal"}, "\x07"),
        ({}, "\x07"),
    ],
)
def test_a_notice_has_the_form_that_the_terminal_knows(environment: dict[str, str], sequence: str) -> None:
    assert notice_sequence(DesktopNotice.ASKS.text(), environment) == sequence


@pytest.mark.parametrize(
    ("setting", "told"),
    [("never", (False, False)), ("unfocused", (True, False)), ("always", (True, True))],
)
def test_who_is_told_depends_on_the_setting_and_the_focus(setting: Setting, told: tuple[bool, bool]) -> None:
    for has_focus, is_told in zip((False, True), told, strict=True):
        written: list[str] = []
        notices = DesktopNotices(setting, written.append, lambda: 0.0, {})
        notices.tell(DesktopNotice.WARNING, has_focus=has_focus)
        assert bool(written) is is_told


def test_one_notice_stands_for_those_that_follow_at_once() -> None:
    written: list[str] = []
    now = [0.0]
    notices = DesktopNotices("always", written.append, lambda: now[0], {})
    for now[0] in (0.0, QUIET - 1, QUIET, QUIET + 1, 2 * QUIET):
        notices.tell(DesktopNotice.ASKS, 2, has_focus=True)
    assert len(written) == 3


def test_a_notice_and_a_title_are_words_of_our_own_and_a_number() -> None:
    texts = [notice.text(number) for notice, number in itertools.product(DesktopNotice, (1, 2, 1234))]
    texts += [title_of(number) for number in (0, 1, 2)]
    for text in texts:
        assert text.isprintable()
        assert "{" not in text
    assert title_of(1) == "1 asks you · brokerdesk"
    assert title_of(0) == "brokerdesk"


def test_the_old_title_is_kept_at_first_and_given_back_once() -> None:
    written: list[str] = []
    notices = DesktopNotices("never", written.append, lambda: 0.0, {})
    notices.give_title_back()
    for asking_ in (0, 0, 1, 1, 0):
        notices.show_title(asking_)
    notices.give_title_back()
    notices.give_title_back()
    titles = [title_sequence(title_of(number)) for number in (0, 1, 0)]
    assert written == [KEEP_TITLE + titles[0], titles[1], titles[2], OLD_TITLE]


# -- leaving, and long work ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ((0, 0, 0), ""),
        ((1, 0, 0), "1 step will be checked at the next start."),
        ((2, 1, 0), "2 steps will be checked at the next start; then 1 push goes on."),
        ((0, 3, 0), "3 pushes go on at the next start."),
        (
            (0, 1, 1),
            "1 push goes on at the next start. 1 card was not begun: C-0. At the next start it is marked",
        ),
        (
            (0, 0, 3),
            "3 cards were not begun: C-0, C-1, C-2. At the next start they are marked in Cards, to push.",
        ),
        (
            (0, 0, 1200),
            "C-9, C-10, C-11 and 1,188 more. At the next start they are marked in Cards, to push.",
        ),
    ],
)
def test_leaving_says_in_a_line_what_the_next_start_will_do(left: tuple[int, int, int], said: str) -> None:
    in_doubt, going_on, not_begun = left
    words = farewell(in_doubt, going_on, [f"C-{n}" for n in range(not_begun)])
    assert said in words if said else not words
    assert "\n" not in words


def test_leaving_says_at_once_what_it_waits_for_and_how_long() -> None:
    said = waiting_words([System.FLEX, System.FLEX], 1, 10.0)
    assert said == (
        "1 push is on the way. Leaving waits up to 10 s for the answer of FLEX. q again leaves at once."
    )
    assert "what is on its way" in waiting_words([], 2, 10.0)


def test_long_work_says_count_rate_and_time_left() -> None:
    now = [100.0]
    work = LongWork("cards", [f"C-{n}" for n in range(12)], lambda: now[0], lambda: None)
    assert work.line == "12 cards to go"
    now[0], work.done = 160.0, 6
    assert work.line == "6 of 12 cards · 6 a minute · 1 min left"


async def test_what_a_bulk_push_had_not_begun_is_marked_at_the_next_start_once(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path)
    first = fake_app(desk)
    async with first.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        first.attention.begin_work("cards", ["C-1043", "C-1097", "C-gone"], lambda: None)
        await first.run_action("app.quit")
    assert "3 cards were not begun: C-1043, C-1097, C-gone." in str(first.return_value)
    again = fake_app(desk)
    async with again.run_test(size=(132, 34)) as pilot:
        await says(pilot, "push 2 marked")
        assert "2 cards of your last bulk push were not begun." in " ".join(
            toast.message for toast in again._notifications
        )
        await until(pilot, lambda: not again.choices.now.to_push)
        await again.run_action("app.quit")


async def _push_marked(pilot: Pilot[Any], number: int) -> None:
    """Mark as many cards, and confirm their bulk push."""
    for key in ("down", *["space"] * number, "p"):
        await pilot.press(key)
        await at_rest(pilot)
    await pilot.press("y")


async def test_what_a_bulk_push_had_not_begun_is_marked_also_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    desk = FakeDesk(tmp_path / "first")
    desk.flex.replies[Entity.PERSON].append("held")
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        await _push_marked(pilot, 3)
        await until(pilot, lambda: app.attention.works and len(app.attention.works[0].not_begun) == 2)
        left = sorted(app.attention.works[0].not_begun)
        shutil.copytree(tmp_path / "first", tmp_path / "killed")  # what a kill leaves behind
        desk.flex.release.set()
        await until(pilot, lambda: not app.attention.works)
        await until(pilot, lambda: not app.choices.now.to_push)
        assert not ScreenChoicesFile(tmp_path / "first").read().to_push, (
            "a bulk push that ends leaves nothing"
        )
    again = fake_app(FakeDesk(tmp_path / "killed"))
    async with again.run_test(size=(132, 34), notifications=True) as pilot:
        await says(pilot, "2 cards of your last bulk push were not begun", "push 2 marked")
        room = again.rooms.named("cards")
        assert isinstance(room, CardsScreen)
        assert sorted(row.id for row in room.marks) == left
        await until(pilot, lambda: not ScreenChoicesFile(tmp_path / "killed").read().to_push)


async def test_a_desk_that_only_reads_leaves_the_cards_to_the_desk_that_writes(tmp_path: Path) -> None:
    ScreenChoicesFile(tmp_path).change(lambda choices: choices.with_to_push("sandbox", ("C-1043",), 1.0))
    app = fake_app(FakeDesk(tmp_path, locked=True))
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        room = app.rooms.named("cards")
        assert isinstance(room, CardsScreen)
        assert room.marks == ()
    assert ScreenChoicesFile(tmp_path).read().to_push == {"sandbox": {"C-1043": 1.0}}


async def test_what_a_stopped_bulk_push_had_not_begun_is_marked_also_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    desk = FakeDesk(tmp_path)
    desk.flex.replies[Entity.PERSON].append("held")
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        await _push_marked(pilot, 3)
        await until(pilot, lambda: app.attention.works and len(app.attention.works[0].not_begun) == 2)
        left = set(app.attention.works[0].not_begun)
        await pilot.press("s")
        desk.flex.release.set()
        await until(pilot, lambda: not app.attention.works)
        await says(pilot, "2 not sent")
        kept = ScreenChoicesFile(tmp_path)
        await until(pilot, lambda: set(kept.read().to_push.get("sandbox", ())) == left)


# -- the app ---------------------------------------------------------------------------------------------


async def test_the_header_counts_what_asks_until_it_is_settled_and_its_lights_can_be_clicked(
    tmp_path: Path,
) -> None:
    desk = FakeDesk(tmp_path).pushed("C-1060", 25, opportunity="refused")
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        await until(pilot, lambda: "4 Activity !1" in shown(app).splitlines()[0])
        await pilot.press("4")
        await says(pilot, "The opportunity was refused", "Today 1 asks you · 1 in part")
        await pilot.press("a")
        await until(pilot, lambda: "!1" not in shown(app).splitlines()[0])
        await says(pilot, "Arrived", "Today 1 arrived")
        place = shown(app).splitlines()[0].index("FLEX ●") + 1
        spots = app.screen.query_one(TopBar)._spots
        assert [spot.action for spot in spots if spot.start < place <= spot.end] == ["app.connections"]


async def test_leaving_in_mid_push_says_what_it_waits_for_and_a_second_time_leaves_at_once(
    tmp_path: Path,
) -> None:
    desk = FakeDesk(tmp_path)
    desk.flex.replies[Entity.OPPORTUNITY].append("held")
    app = fake_app(desk)
    async with app.run_test(size=(132, 34), notifications=True) as pilot:
        await at_rest(pilot)
        for key in ("down", "p", "y"):
            await pilot.press(key)
            await at_rest(pilot)
        await until(pilot, lambda: any(one.entity is Entity.OPPORTUNITY for one in desk.flex.sent[-1:]))
        await pilot.press("escape", "q")
        await says(pilot, "Leaving waits up to 10 s for the answer of FLEX")
        await pilot.press("q")
        await until(pilot, lambda: app.return_value is not None)
    assert app.return_value == "1 step will be checked at the next start; then 1 push goes on."


async def test_a_warning_is_told_to_a_person_who_does_not_look_and_nothing_is_written_without_a_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test() as pilot:
        await at_rest(pilot)
        told: list[str] = []
        app.attention._notices = DesktopNotices("unfocused", told.append, lambda: 0.0, {})
        app.warn("Linh Nguyen linh@example.com", title="Linh Nguyen")
        await pilot.pause()
        assert told == []
        app.app_focus = False
        app.warn("Linh Nguyen linh@example.com", title="Linh Nguyen")
        await until(pilot, lambda: told)
        assert told == ["\x07"]
    assert "\x1b]" not in capfd.readouterr().out


async def test_a_bulk_push_is_shown_in_activity_and_stopped_there(
    tmp_path: Path,
) -> None:
    desk = FakeDesk(tmp_path)
    desk.flex.replies[Entity.PERSON].extend(["held"] * 20)
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        for key in ("down", "space", "space", "space", "p"):
            await pilot.press(key)
            await at_rest(pilot)
        await pilot.press("y")
        await until(pilot, lambda: len(desk.flex.sent) >= 3)
        await pilot.press("escape", "4")
        desk.clock.at += 60
        await says(pilot, "3 cards to go S stops", "RUNNING")
        await pilot.press("S")
        (work,) = app.attention.stop_works()
        assert work.not_begun == []
        desk.flex.release.set()
        await until(pilot, lambda: not app.attention.works)
        await until(pilot, lambda: "S stops" not in shown(app))
