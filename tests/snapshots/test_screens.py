"""How each screen looks, at three sizes, as pictures next to this test. They are made again by `--snapshot-update`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from core.errors import Unreachable
from core.push.plan import Entity
from tests.support.fake_desk import LOAN, FakeDesk, fake_app
from tests.support.frames import all_frames
from tests.support.patience import LAST_RESORT, Patience
from tests.support.until import FIRST_LOOK, WORK, at_rest, says, until
from tui.app import DeskApp
from tui.theme import LIGHT
from tui.widgets.row_list import RowList

Scene = Callable[[FakeDesk, Pilot[Any]], Awaitable[None]]
NARROW, NORMAL, WIDE = (80, 24), (132, 34), (200, 60)
EVERY = (NARROW, NORMAL, WIDE)
UNREACHABLE = Unreachable("unreachable", "BrokerEngine does not answer at http://127.0.0.1:9/brokerengine.")


def scene(*keys: str) -> Scene:
    """Give a scene that is reached by keys alone."""

    async def play(desk: FakeDesk, pilot: Pilot[Any]) -> None:
        for key in keys:
            await pilot.press(key)
            await at_rest(pilot)

    return play


def at(card_id: str, *keys: str) -> Scene:
    """Give a scene that begins on a card and is reached by keys from there."""

    async def play(desk: FakeDesk, pilot: Pilot[Any]) -> None:
        pilot.app.screen.query_one("#card-list", RowList).move_to(card_id)
        await at_rest(pilot)
        await scene(*keys)(desk, pilot)

    return play


def a_desk(folder: Path) -> FakeDesk:
    """Give a desk with a past: pushes that arrived, one that was refused, one that nobody can vouch for."""
    desk = FakeDesk(folder)
    return desk.pushed("C-1042", 26 * 60).pushed("C-1071", 97).pushed("C-1060", 25, opportunity="refused")


async def changed(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await at("C-1043")(desk, pilot)
    loan = msgspec.structs.replace(LOAN, loan_amount=Decimal(515000), loan_purpose="Purchase")
    desk.cards.change("C-1043", requirements=loan)
    await pilot.press("p")
    await at_rest(pilot)


async def done(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await at("C-1043", "p", "y")(desk, pilot)


async def refused(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    desk.flex.replies[Entity.OPPORTUNITY].append("refused")
    await at("C-1043", "p", "y")(desk, pilot)


async def running(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    desk.flex.replies[Entity.OPPORTUNITY].append("held")
    await at("C-1043", "p", "y")(desk, pilot)
    await until(pilot, lambda: any(one.entity is Entity.OPPORTUNITY for one in desk.flex.sent[-1:]))


async def running_activity(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await running(desk, pilot)
    await scene("escape", "4")(desk, pilot)
    await scene("down")(desk, pilot)


async def loading(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await says(pilot, "Loading the cards")


async def unreachable(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await says(pilot, "does not answer")
    await at_rest(pilot)


SCENES: dict[str, tuple[Scene, tuple[tuple[int, int], ...]]] = {
    "cards": (scene(), EVERY),
    "in-flex": (at("C-1042"), EVERY),
    "every-field": (at("C-1042", "a"), EVERY),
    "filter": (scene("slash", "n", "g"), EVERY),
    "payload": (at("C-1042", "tab"), EVERY),
    "products": (at("C-1042", "tab", "tab"), EVERY),
    "history": (at("C-1042", "shift+tab"), EVERY),
    "field-reason": (at("C-1042", "enter", "down"), EVERY),
    "not-pushable": (scene("slash", "s", "u", "n", "n", "y", "enter"), EVERY),
    "set-aside": (scene("slash", "1", "0", "9", "1", "enter"), EVERY),
    "confirm": (at("C-1043", "p"), EVERY),
    "confirm-long": (scene("slash", "f", "u", "l", "l", "enter", "p"), EVERY),
    "changed": (changed, EVERY),
    "running": (running, EVERY),
    "done": (done, EVERY),
    "refused": (refused, EVERY),
    "by-hand": (at("C-1042", "h", "space"), EVERY),
    "bulk": (at("C-1043", "space", "space", "p"), EVERY),
    "notes": (at("C-1042", "n"), EVERY),
    "stage": (scene("e"), EVERY),
    "activity": (scene("4"), EVERY),
    "activity-done": (scene("4", "down"), EVERY),
    "activity-running": (running_activity, EVERY),
    "help": (scene("question_mark"), EVERY),
    "palette": (scene("ctrl+p"), EVERY),
}
CASES = [
    pytest.param(name, size, id=f"{name}-{size[0]}x{size[1]}")
    for name, (_, sizes) in SCENES.items()
    for size in sizes
]


class Painting(App[str]):
    """An app that has been run already: it ends at once and returns its picture."""

    def __init__(self, picture: str) -> None:
        super().__init__()
        self._picture = picture

    def run(self, **_: object) -> str:
        """Return the picture."""
        return self._picture


_PICTURES: dict[tuple[str, tuple[int, int]], str] = {}
"""What the scenes look like that were played in this process: by the scene's name and the size."""


def painted(
    snap_compare: Any, desk: FakeDesk, play: Scene, size: tuple[int, int], app: DeskApp | None = None
) -> bool:
    """Return True if a scene looks as it did."""
    (picture,) = pictures(app or fake_app(desk), desk, play, (size,))
    return bool(snap_compare(Painting(picture), terminal_size=size))


def painted_at(
    snap_compare: Any,
    name: str,
    size: tuple[int, int],
    sizes: Sequence[tuple[int, int]],
    make: Callable[[], FakeDesk],
    play: Scene,
) -> bool:
    """Return True if a scene that has a picture at several sizes looks as it did at one of them.

    The first call plays the scene and takes the pictures of all sizes: the app starts once, and is resized. `name`
    tells the scenes apart.
    """
    if (name, size) not in _PICTURES:
        desk = make()
        taken = pictures(fake_app(desk), desk, play, sizes)
        _PICTURES.update({(name, each): picture for each, picture in zip(sizes, taken, strict=True)})
    return bool(snap_compare(Painting(_PICTURES[name, size]), terminal_size=size))


def pictures(app: DeskApp, desk: FakeDesk, play: Scene, sizes: Sequence[tuple[int, int]]) -> list[str]:
    """Play a scene at the first of the sizes; return a picture (SVG) at each of them."""
    app.animation_level = "none"
    app.NOTIFICATION_TIMEOUT = LAST_RESORT  # type: ignore[misc]  # a busy machine must not let a toast go
    taken: list[str] = []

    async def take(pilot: Pilot[Any]) -> None:
        for box in app.screen.query(Input):
            box.cursor_blink = False
        if play not in (loading, unreachable):
            await at_rest(pilot)
        draw_after_each_key(pilot)
        await play(desk, pilot)
        for size in sizes:
            if size != app.size:
                await pilot.resize_terminal(*size)
                await until(pilot, lambda size=size: laid_out(app) == {size})  # type: ignore[misc]  # its own size
                await at_rest(pilot)
            taken.append(await picture(pilot))
        app.exit()

    app.run(headless=True, auto_pilot=take, size=sizes[0])
    assert not app.return_code, "the app broke"
    return taken


async def picture(pilot: Pilot[Any]) -> str:
    """Draw what is on the screen until nothing changes, and return it (SVG).

    Every frame is drawn meanwhile: Textual's own widgets draw some things in a later frame.
    """
    app = pilot.app
    for box in app.screen.query(Input):
        box.cursor_blink = False
        box._cursor_visible = True
    for screen in app.screen_stack:  # the editor may be behind a dialog
        for area in screen.query(TextArea):
            area.cursor_blink = False
            area.notify_style_update()  # a line drawn while the cursor was hidden is kept, without it
            area.refresh()
    with all_frames():
        app.screen.refresh()
        await pilot.pause()
        await pilot.wait_for_scheduled_animations()
        await pilot.pause()
        return app.export_screenshot(title=app.title, simplify=True)


def draw_after_each_key(pilot: Pilot[Any]) -> None:
    """Let a pilot wait after each key and each pause until the screen is drawn.

    A room behind a dialog stays as it was drawn last, and a busy machine draws late.
    """
    wait_for_widgets = pilot._wait_for_screen

    async def wait() -> bool:
        patience = Patience(WORK)
        while await wait_for_widgets() and not is_drawn(pilot.app.screen):
            assert not patience.is_over, "the screen is never drawn to its end"
            await asyncio.sleep(FIRST_LOOK)
        return pilot.app._exception is None

    pilot._wait_for_screen = wait  # type: ignore[assignment, method-assign]  # for this pilot


def is_drawn(screen: Screen[Any]) -> bool:
    """Return True if a screen has nothing left to lay out or to draw, and nothing to do once it is drawn.

    Its timer does that at its next tick, which a busy machine makes late: texts may be newer than their places.
    """
    asked = (
        screen._layout_required,
        screen._scroll_required,
        screen._repaint_required,
        screen._recompose_required,
    )
    return not (any(asked) or screen._dirty_widgets or screen._callbacks)


def laid_out(app: DeskApp) -> set[tuple[int, int]]:
    """Return the sizes for which the screens that can be seen were laid out last."""
    sizes = [screen._compositor.size for screen in (app.screen, *app._background_screens)]
    return {(size.width, size.height) for size in sizes}


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_screen_looks_as_it_did(
    name: str, size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    def make() -> FakeDesk:
        desk = a_desk(tmp_path)
        if name == "confirm-long":
            desk.cards.held["C-1100"] = full_card()
        return desk

    play, sizes = SCENES[name]
    assert painted_at(snap_compare, name, size, sizes, make, play)


def full_card() -> Any:
    """Give a card of which a push has every kind of step."""
    from tests.support.fake_desk import BAO, FLEXI, HOUSE, LINH, OFFSET, SAVER, card  # noqa: PLC0415 - this test alone needs them

    people = [
        msgspec.structs.replace(LINH, id="P-8"),
        msgspec.structs.replace(BAO, id="P-9", flex_id="1-6D9UB"),
    ]
    return card(
        "C-1100",
        "Full, Card",
        "AIP issued",
        people,
        requirements=LOAN,
        property=HOUSE,
        products=(FLEXI, OFFSET, SAVER),
    )


@pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")
def test_what_nobody_can_vouch_for(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    def make() -> FakeDesk:
        return a_desk(tmp_path).pushed("C-1051", 3, opportunity="blind")

    assert painted_at(snap_compare, "nobody-can-vouch", size, EVERY, make, scene("4"))


@pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")
def test_two_records_of_one_step(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    def make() -> FakeDesk:
        return a_desk(tmp_path).pushed("C-1051", 3, opportunity="doubled")

    assert painted_at(snap_compare, "two-records", size, EVERY, make, scene("4"))


def test_which_record_it_is(tmp_path: Path, snap_compare: Any) -> None:
    desk = a_desk(tmp_path).pushed("C-1051", 3, opportunity="doubled")
    assert painted(snap_compare, desk, scene("4", "i"), NORMAL)


def paused_by(reply: str) -> Scene:
    """Push a card until a reply of FLEX pauses the push, and go to it in Activity."""
    word = "waits" if reply == "down" else "paused"

    async def play(desk: FakeDesk, pilot: Pilot[Any]) -> None:
        desk.flex.replies[Entity.OPPORTUNITY].append(reply)
        await scene("p", "y")(desk, pilot)
        await says(pilot, word)
        pilot.app.clear_notifications()
        await scene("escape", "4", *"/nguyen", "enter")(desk, pilot)
        await says(pilot, word.capitalize())
        await at_rest(pilot)

    return play


@pytest.mark.parametrize("reply", ["wrong-secret", "down"])
def test_a_paused_push_asks_a_person_only_if_one_has_to_mend_it(
    reply: str, tmp_path: Path, snap_compare: Any
) -> None:
    assert painted(snap_compare, FakeDesk(tmp_path), paused_by(reply), NORMAL)


@pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_was_pushed_yet(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    assert painted_at(snap_compare, "nothing-pushed", size, EVERY, lambda: FakeDesk(tmp_path), scene("4"))


@pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")
def test_an_empty_board(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    with all_frames():  # the footer leaves out keys for a card only after a frame without cards was drawn
        assert painted(snap_compare, FakeDesk(tmp_path, cards=()), scene(), size)


@pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_board_that_is_still_read(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    desk = FakeDesk(tmp_path)
    desk.cards.may_answer.clear()
    assert painted(snap_compare, desk, loading, size)


@pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_board_that_can_not_be_read(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    def make() -> FakeDesk:
        desk = FakeDesk(tmp_path)
        desk.cards.trouble = UNREACHABLE
        for wire in desk.wires.values():
            wire.up = False
        return desk

    assert painted_at(snap_compare, "unreachable", size, EVERY, make, unreachable)


@pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_book_that_somebody_else_has_open(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    def make() -> FakeDesk:
        return FakeDesk(tmp_path, locked=True).pushed("C-1042", 26 * 60)

    assert painted_at(snap_compare, "locked", size, EVERY, make, scene())


@pytest.mark.parametrize("name", ["cards", "activity"])
def test_a_screen_without_colours(
    name: str, tmp_path: Path, snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert painted(snap_compare, a_desk(tmp_path), SCENES[name][0], NORMAL)


@pytest.mark.parametrize("name", ["cards", "confirm"])
def test_a_screen_in_the_light_theme(name: str, tmp_path: Path, snap_compare: Any) -> None:
    desk = a_desk(tmp_path)
    app = fake_app(desk)
    app.theme = LIGHT
    assert painted(snap_compare, desk, SCENES[name][0], NORMAL, app)


def test_a_live_desk_says_so(tmp_path: Path, snap_compare: Any) -> None:
    desk = a_desk(tmp_path)
    assert painted(snap_compare, desk, at("C-1043", "p"), NORMAL, fake_app(desk, live=True))
