"""What the app does up to its first frame: what it imports, how often it styles and paints, what the frame shows."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen
from textual.widget import Widget

from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.fork_server import ROOT
from tests.support.hostile_text import shown
from tests.support.until import at_rest, says
from tui.app import DeskApp
from tui.room import Room
from tui.shell.desk_keeper import DeskKeeper
from tui.theme import CONTRAST, DARK, LIGHT, VARIABLE

EARLY = {
    *(
        "core.collector",
        "core.compare.keys",
        "core.error_words",
        "core.errors",
        "core.local_forms",
        "core.push.plan",
        "core.systems",
        "core.texts",
    ),
    *("core.decoding.typed_json", "data.book.disk", "data.loopback", "data.operator_files.paths"),
    "data.configuration.definition",
    *(
        "data.operator_files.screen_choices",
        "data.operator_files.text_file",
        "data.operator_files.toml_text",
        "data.platform.files",
        "data.secrets",
        "data.settings",
    ),
}
"""What the first frame needs of core and data: the settings with the words of an error in them, the chosen theme."""
EARLY_ROOMS = {f"tui.cards.{name}" for name in ("asking", "screen", "detail", "listing", "signed_lines")}
"""What the first frame needs of the rooms, besides the tables of actions and the messages."""
EARLY_OTHERS = {"msgspec"}
"""The packages that the first frame needs besides those of Textual's own first frame and of Python."""

FRAME = """
import json, sys
from tui.cli.commands.app import AppOptions, app
from tui.app import DeskApp
from tui.sending.stop import StopSwitch
from tui.shell.desk_keeper import DeskKeeper

def leave(self):
    print(json.dumps(sorted(sys.modules)))
    self._app.exit()

DeskKeeper.open = leave
StopSwitch.look = lambda self: None
run = DeskApp.run
DeskApp.run = lambda self: run(self, headless=True)
import tui.cli.commands.app as command
command.check_screen = lambda: None
app(AppOptions(home=sys.argv[1], profile=None, json=False, app_faults=""))
"""
EMPTY = """
import json, sys
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("nothing")

    def on_ready(self):
        print(json.dumps(sorted(sys.modules)))
        self.exit()

Empty().run(headless=True)
"""


def _modules(code: str, *arguments: str) -> set[str]:
    """Return the modules that a program has imported when its first frame is painted."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("["))
    return set(json.loads(line))


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that the app has imported when its first frame is painted."""
    return _modules(FRAME, str(tmp_path_factory.mktemp("home")))


def test_the_first_frame_needs_nothing_of_core_and_data_but_the_settings(early: set[str]) -> None:
    packages = {name.rpartition(".")[0] for name in early}
    found = {name for name in early if name.startswith(("core.", "data."))} - packages
    assert found == EARLY | ({"data.platform.windows_files"} if sys.platform == "win32" else set())


def test_the_first_frame_needs_no_dialog_and_no_other_room(early: set[str]) -> None:
    rooms = ("overview", "cards", "contacts", "milestones", "activity", "connections", "reconciliation")
    found = {name for name in early if name.count(".") == 2 and name.split(".")[1] in rooms}
    found = {name for name in found if not name.endswith((".actions", ".messages"))}
    assert found == EARLY_ROOMS
    assert not early & {"tui.widgets.confirm_dialog", "tui.palette.help", "tui.widgets.chooser"}


def test_the_first_frame_needs_no_package_besides_textuals_own_and_msgspec(early: set[str]) -> None:
    tops = {name.partition(".")[0] for name in early - _modules(EMPTY)}
    foreign = {name for name in tops if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert foreign - {"core", "data", "tui", "textual", "rich"} == EARLY_OTHERS


def test_asking_the_wiring_for_a_name_imports_that_name_alone() -> None:
    code = "import json, sys, tui.wiring; tui.wiring.settings_of; print(json.dumps(sorted(sys.modules)))"
    modules = _modules(code)
    assert "tui.wiring.profile" in modules
    assert not modules & {"tui.wiring.desk", "data.book.book", "httpx", "textual"}


# -- how often the first frame is worked on ----------------------------------------------------------------


class Work:
    """Counts what an app does until its first frame."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.counts: Counter[str] = Counter()
        self.styled: Counter[int] = Counter()
        self._kept: list[Any] = []
        self._count(monkeypatch, Stylesheet, "reparse")
        self._count(monkeypatch, App, "refresh_css")
        screen, apply, render = Screen.__init__, Stylesheet.apply, Screen._compositor_refresh
        work = self

        def made(screen_made: Screen[Any], *args: Any, **options: Any) -> None:
            work.counts["screens"] += 1
            screen(screen_made, *args, **options)

        def applied(sheet: Stylesheet, node: Any, *args: Any, **options: Any) -> None:
            if isinstance(node, Widget):
                work._kept.append(node)  # so that no other node gets its id
                work.styled[id(node)] += 1
            apply(sheet, node, *args, **options)

        def painted(shown: Screen[Any]) -> None:
            work.counts["unseen paints" if shown.app._batch_count else "paints"] += 1
            render(shown)

        monkeypatch.setattr(Screen, "__init__", made)
        monkeypatch.setattr(Stylesheet, "apply", applied)
        monkeypatch.setattr(Screen, "_compositor_refresh", painted)

    def _count(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        original = getattr(owner, name)

        def counted(*args: Any, **options: Any) -> Any:
            self.counts[name] += 1
            return original(*args, **options)

        monkeypatch.setattr(owner, name, counted)


class NeverOpens(DeskKeeper):
    """Keeps an app at its first frame."""

    def open(self) -> None:
        """Open nothing."""


def first_frame(folder: Path) -> DeskApp:
    app = fake_app(FakeDesk(folder))
    app.desk_keeper = NeverOpens(app, None)
    return app


async def test_one_screen_is_made_and_styled_once_and_nothing_is_painted_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = first_frame(tmp_path)
    work = Work(monkeypatch)
    async with app.run_test(size=(120, 34)) as pilot:
        await says(pilot, "Loading the cards")
        assert work.counts["screens"] == 1
        assert work.counts["reparse"] == work.counts["refresh_css"] == 0
        assert work.counts["unseen paints"] == 0
        twice = [type(node).__name__ for node in {*work._kept} if work.styled[id(node)] > 2]
        assert not twice, "these were styled three times and more: once when made, once for the focus"
        assert sum(work.styled.values()) <= len(work.styled) + 8, "the whole screen was styled again"


@pytest.mark.parametrize(
    ("size", "theme"),
    [((80, 24), DARK), ((120, 34), LIGHT), ((160, 50), CONTRAST), ((120, 34), "solarized-light")],
)
async def test_the_first_frame_has_the_styles_that_styling_all_again_gives(
    size: tuple[int, int], theme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, theme)
    app = first_frame(tmp_path)
    assert app.theme == theme
    async with app.run_test(size=size) as pilot:
        await says(pilot, "Loading the cards")
        nodes = [app.screen, *app.screen.query("*")]
        before = [dict(node.styles.base.get_rules()) for node in nodes]
        app.refresh_css(animate=False)
        await pilot.pause()
        assert [dict(node.styles.base.get_rules()) for node in nodes] == before


@pytest.mark.parametrize("size", [(80, 24), (120, 34)])
async def test_nothing_jumps_when_the_data_comes(size: tuple[int, int], tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path)
    desk.cards.may_answer.clear()
    app = fake_app(desk)
    async with app.run_test(size=size) as pilot:
        text = await says(pilot, "Loading the cards", "Fields", "SANDBOX", "palette")
        assert "1 Cards" in text
        places = {
            widget.id: widget.region for widget in app.screen.query("#board *, TopBar, KeyFooter, #card")
        }
        desk.cards.may_answer.set()
        await at_rest(pilot)
        await says(pilot, "C-1042")
        after = {
            widget.id: widget.region for widget in app.screen.query("#board *, TopBar, KeyFooter, #card")
        }
        assert after == places


async def test_the_first_paint_shows_the_header_and_the_badge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = first_frame(tmp_path)
    frames: list[str] = []
    paint = Screen._compositor_refresh

    def painted(screen: Screen[Any]) -> None:
        paint(screen)
        frames.append(shown(app))

    monkeypatch.setattr(Screen, "_compositor_refresh", painted)
    async with app.run_test(size=(120, 34)) as pilot:
        await says(pilot, "Loading the cards")
    for words in ("1 Cards", "SANDBOX", "Loading the cards", "Fields", "palette"):
        assert words in frames[0]


async def test_tasks_begin_when_their_turn_comes_on_every_python(tmp_path: Path) -> None:
    begun: list[str] = []

    def at_once(loop: asyncio.AbstractEventLoop, coro: Any, **settings: Any) -> asyncio.Task[Any]:
        begun.append(coro.__qualname__)
        return asyncio.Task(coro, loop=loop, **settings)

    asyncio.get_running_loop().set_task_factory(at_once)
    async with fake_app(FakeDesk(tmp_path)).run_test() as pilot:
        await at_rest(pilot)
        assert asyncio.get_running_loop().get_task_factory() is None
    assert [name for name in begun if "MessagePump" in name or "Screen" in name] == []


async def test_garbage_is_collected_again_as_soon_as_the_desk_is_open(tmp_path: Path) -> None:
    gc.disable()
    try:
        app = fake_app(FakeDesk(tmp_path))
        async with app.run_test(size=(120, 34)) as pilot:
            await at_rest(pilot)
            assert gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()


def test_textual_still_has_the_private_names_that_a_room_uses() -> None:
    app, screen = inspect.getsource(App), inspect.getsource(Screen)
    assert "if screen._css_update_count != self._css_update_count:" in app, (
        "Textual decides otherwise whether a new screen is styled: look at Room.begin"
    )
    assert "self._batch_count" in app, "Textual counts batches otherwise: look at Room._compositor_refresh"
    assert "self.call_later(self._compositor_refresh)" in screen, (
        "Textual paints otherwise while it collects changes: look at Room._compositor_refresh"
    )
    assert Room._compositor_refresh is not Screen._compositor_refresh
    assert "self._extend_compose(widgets)" in inspect.getsource(Widget), "look at Modal._extend_compose"
    assert "self._refresh_truecolor_filter(self.ansi_theme)" in app, "look at DeskApp._begin_with_theme"
    assert "DEFAULT_MODE" in inspect.getsource(App.__init__), "look at DeskApp.__init__"
