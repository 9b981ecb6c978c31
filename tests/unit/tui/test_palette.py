"""The palette, themes, saved views and exports in the app, and what of them lasts."""

from __future__ import annotations

import itertools
import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.progress import Meter
from data.operator_files.screen_choices import NAME, SavedView, ScreenChoices, ScreenChoicesFile
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.private import is_private
from tests.support.until import at_rest, flat, says, until
from tui.app import DeskApp
from tui.lists.export import ExportFile, with_format
from tui.lists.export_dialog import ExportDialog
from tui.lists.view_dialog import ViewDialog
from tui.palette.dialog import PaletteDialog
from tui.palette.help import HelpScreen
from tui.theme import CONTRAST, DARK, LIGHT
from tui.widgets.chooser import Chooser
from tui.widgets.clickable.choice_line import ChoiceLine
from tui.widgets.confirm_dialog import LineDialog
from tui.widgets.key_footer import KeyFooter
from tui.widgets.row_list import RowList
from tui.wiring.files import TableFormat


async def palette(pilot: Pilot[Any], typed: str) -> RowList[Any]:
    """Open the palette, type, and wait for the rows that are looked for."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, PaletteDialog))
    pilot.app.screen.query_one(Input).value = typed
    await at_rest(pilot)
    return pilot.app.screen.query_one(RowList)


def cursor(pilot: Pilot[Any]) -> str | None:
    return pilot.app.screen.query_one("#card-list", RowList).cursor_key


def said(app: DeskApp) -> str:
    return "\n".join(toast.message for toast in app._notifications)


async def test_a_card_is_found_by_its_flex_id_and_what_can_not_be_done_says_why(tmp_path: Path) -> None:
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test(size=(120, 34)) as pilot:
        await at_rest(pilot)
        await pilot.press("slash", *"zoe", "enter")
        entries = await palette(pilot, "1-6C9XK")
        assert entries.shown_keys[0] == "row cards C-1093"
        assert entries.shown_keys[1:] == ["look contacts", "look milestones", "look activity"]
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, PaletteDialog))
        await at_rest(pilot)
        assert cursor(pilot) == "C-1093"
        assert app.screen.query_one(Input).value == ""
        entries = await palette(pilot, "link")
        assert entries.cursor_key == "action link-person"
        await until(pilot, lambda: "is linked to 1-6C9XK already" in flat(pilot))
        await pilot.press("down", "up", *["down"] * entries.shown_keys.index("action link"), "enter")
        assert entries.cursor_key == "action link"
        assert isinstance(app.screen, PaletteDialog)
        await until(pilot, lambda: "unlink it first" in said(app))
        await pilot.press("escape")
        assert not isinstance(app.screen, PaletteDialog)


async def test_a_theme_that_is_chosen_lasts_until_the_profile_names_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = FakeDesk(tmp_path)
    app = fake_app(desk)
    async with app.run_test(size=(120, 34)) as pilot:
        await at_rest(pilot)
        assert app.theme == DARK
        await palette(pilot, f"theme {LIGHT}")
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == LIGHT)
        await at_rest(pilot)
    assert is_private(tmp_path / NAME)
    again = fake_app(FakeDesk(tmp_path))
    assert again.theme == LIGHT
    assert again.has_class("-light-mode")
    assert not again.has_class("-dark-mode")
    monkeypatch.setenv("BROKERDESK_THEME", "nord")
    assert fake_app(FakeDesk(tmp_path)).theme == "nord"
    monkeypatch.setenv("BROKERDESK_THEME", "nrod")
    app = fake_app(FakeDesk(tmp_path))
    assert app.theme == LIGHT
    assert app.choices.theme.problems == ("BROKERDESK_THEME: there is no theme “nrod”; did you mean “nord”?",)
    monkeypatch.delenv("BROKERDESK_THEME")
    settings = msgspec.structs.replace(
        app.settings, profile=msgspec.structs.replace(app.settings.profile, theme=CONTRAST)
    )
    assert DeskApp(settings).theme == CONTRAST


async def test_a_list_is_saved_as_a_view_shown_again_counted_and_removed(tmp_path: Path) -> None:
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test(size=(120, 34)) as pilot:
        await at_rest(pilot)
        rows = app.screen.query_one("#card-list", RowList)
        app.screen.query_one(Input).value = "ng"
        app.screen.choose({"stage": "Lead"})
        rows.sort_by("title", "down")
        await at_rest(pilot)
        kept = rows.shown_keys
        assert len(kept) > 1
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, ViewDialog))
        await says(pilot, "No view is saved yet.")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, LineDialog))
        await pilot.press(*"leads", "enter")
        await until(pilot, lambda: bool(app.choices.now.views))
        await pilot.press("escape", "escape")
        await at_rest(pilot)
        assert len(rows.shown_keys) == 12
        await palette(pilot, "view leads")
        await says(pilot, "View leads", f"{len(kept)} cards")
        await pilot.press("enter")
        await until(pilot, lambda: rows.shown_keys == kept)
        assert rows.sorting == ("title", "down")
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, ViewDialog))
        await says(pilot, f"{len(kept)} leads", "“ng”, Lead, by client")
        await pilot.press("x")
        await until(pilot, lambda: not app.choices.now.views)
        await at_rest(pilot)
    assert ScreenChoicesFile(tmp_path).read().views == ()


async def test_dialogs_have_a_footer_and_help_of_their_own_and_rooms_say_what_they_are_for(
    tmp_path: Path,
) -> None:
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test(size=(120, 34)) as pilot:
        await at_rest(pilot)
        await pilot.press("question_mark")
        text = await says(pilot, "CARDS", "Find a card, see what a push of it would do")
        assert text.index("CARDS") < text.index("Push the card to FLEX")
        await pilot.press("n")
        await says(pilot, "unlink-person")
        await pilot.press("escape", "e")
        await says(pilot, "esc close", "? help")
        assert "next tab" not in flat(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        text = await says(pilot, "CHOOSING", "Enter takes what is under the cursor")
        assert "Push the card" not in text
        await pilot.press("escape", "escape", "full_stop")
        await says(pilot, "In full", "Nguyen, Linh & Tran, Bao")


async def test_a_choice_is_opened_and_made_by_the_mouse(tmp_path: Path) -> None:
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test(size=(120, 34)) as pilot:
        await at_rest(pilot)
        await pilot.press("space", "space")
        await says(pilot, "p push 2 marked", "space 2 marked")
        await pilot.press("U")
        line = app.screen.query_one(ChoiceLine)
        at = line.region.x + str(line.render()).index("stage")
        await pilot.hover(offset=(at + 1, line.region.y))
        assert any("underline" in str(span.style) for span in line.render().spans)
        await pilot.click(offset=(at + 1, line.region.y))
        await until(pilot, lambda: isinstance(app.screen, Chooser))
        await pilot.click(RowList, offset=(12, 1))
        await until(pilot, lambda: not isinstance(app.screen, Chooser))
        await at_rest(pilot)
        assert app.screen.choices() == {"stage": "Lead"}
        assert "Lead ▾" in flat(pilot)
        footer = app.screen.query_one(KeyFooter)
        await pilot.click(offset=(str(footer.render()).index("note") + 1, footer.region.y))
        await says(pilot, "Notes", "not in FLEX yet")


# -- the file ----------------------------------------------------------------------------------------------


def test_what_was_chosen_is_read_again_and_a_damaged_file_holds_nothing(tmp_path: Path) -> None:
    file = ScreenChoicesFile(tmp_path / "home")
    assert file.read() == ScreenChoices()
    view = SavedView("live", "card-list", "mine", "ng", {"stage": "Lead"}, "title", True)
    file.change(lambda choices: choices.with_view(view))
    file.change(lambda choices: choices.with_view(msgspec.structs.replace(view, words="new")))
    file.change(lambda choices: choices.with_view(msgspec.structs.replace(view, profile="other")))
    read = file.read()
    assert [found.words for found in read.views_of("live", "card-list")] == ["new"]
    assert read.views_of("live", "pair-list") == ()
    assert [found.profile for found in file.change(lambda c: c.without_view(view)).views] == ["other"]
    (tmp_path / "home" / NAME).write_text("{")
    assert file.read() == ScreenChoices()


def test_the_cards_of_a_profile_that_were_not_begun_are_kept_until_they_are_taken_off(tmp_path: Path) -> None:
    file = ScreenChoicesFile(tmp_path / "home")
    file.change(lambda choices: choices.with_to_push("live", ("C-1", "C-2"), 60.5))
    file.change(lambda choices: choices.with_to_push("other", ("C-3",), 60.5))
    file.change(lambda choices: choices.with_to_push("live", ("C-2", "C-4"), 99.25))
    assert file.read().to_push == {
        "live": {"C-1": 60.5, "C-2": 99.25, "C-4": 99.25},
        "other": {"C-3": 60.5},
    }
    file.change(lambda choices: choices.with_to_push("live", ("C-4",), 99.25))
    file.change(lambda choices: choices.with_to_push("live", (), 60.5))
    assert file.read().to_push == {"live": {"C-4": 99.25}, "other": {"C-3": 60.5}}
    assert file.change(lambda choices: choices.without_to_push("live")).to_push == {"other": {"C-3": 60.5}}
    assert file.change(lambda choices: choices.with_to_push("other", (), 60.5)).to_push == {}


@pytest.mark.parametrize(
    ("over", "named", "theme"), [("", "", "nord"), ("", "x", ""), ("x", "x", "nord"), ("x", "", "")]
)
def test_a_profile_that_names_another_theme_by_now_counts_more(over: str, named: str, theme: str) -> None:
    assert ScreenChoices(theme="nord", theme_over=over).theme_for(named) == theme


async def test_a_long_export_says_how_far_it_is_and_escape_stops_it(tmp_path: Path) -> None:
    begun = threading.Event()

    def write(file: ExportFile, meter: Meter) -> None:
        for done in itertools.count():
            begun.set()
            meter._next = 0
            meter.at(done * 1000, 5_000_000)

    app = fake_app(FakeDesk(tmp_path / "home"))
    async with app.run_test(size=(120, 34)) as pilot:
        await at_rest(pilot)
        dialog = ExportDialog("Export", str(tmp_path / "list.csv"), write)
        await app.push_screen(dialog)
        await pilot.press("enter")
        await until(pilot, begun.is_set)
        await says(pilot, "list.csv:", "of 5,000,000 rows")
        await pilot.press("escape")
        await says(pilot, "You ended this early")
        assert app.screen is dialog
        await pilot.press("escape")
        assert app.screen is not dialog


async def test_a_room_that_was_not_opened_is_searched_by_going_there(tmp_path: Path) -> None:
    app = fake_app(FakeDesk(tmp_path).pushed("C-1042", 30).pushed("C-1071", 20))
    async with app.run_test(size=(120, 34)) as pilot:
        await at_rest(pilot)
        entries = await palette(pilot, "1071")
        entries.move_to("look activity")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query("#push-list"))
        await at_rest(pilot)
        pushes = app.screen.query_one("#push-list", RowList)
        assert [row.push.subject for row in pushes.shown_rows] == ["C-1071"]
        entries = await palette(pilot, "1042")
        keys = [key for key in entries.shown_keys if key.startswith("row activity")]
        assert len(keys) == 1


# -- export ------------------------------------------------------------------------------------------------


async def test_what_a_list_shows_is_exported_as_it_is_filtered_and_sorted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    app = fake_app(FakeDesk(tmp_path / "home"))
    async with app.run_test(size=(120, 34)) as pilot:
        await at_rest(pilot)
        rows = app.screen.query_one("#card-list", RowList)
        app.screen.query_one(Input).value = "ng"
        rows.sort_by("title", "down")
        await at_rest(pilot)
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, ExportDialog))
        await says(pilot, f"Export {len(rows.shown_keys)} cards", "~/brokerdesk-cards.csv", "● CSV")
        await pilot.press("ctrl+t")
        await says(pilot, "~/brokerdesk-cards.json", "● JSON")
        await pilot.press("enter")
        file = tmp_path / "brokerdesk-cards.json"
        await until(pilot, file.exists)
        written = json.loads(file.read_text())
        titles = [column.title for column in rows.columns if column.title]
        assert [row[titles[0]] for row in written] == rows.shown_keys
        assert list(written[0]) == titles
        assert is_private(file)
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, ExportDialog))
        app.screen.query_one(Input).value = str(file)
        await pilot.press("enter")
        await says(pilot, "Press Enter again to replace it")
        app.screen.query_one(Input).value = "list.docx"
        await pilot.press("enter")
        await says(pilot, "The ending says the format")
        await pilot.press("escape")
        assert not isinstance(app.screen, ExportDialog)


@pytest.mark.parametrize(
    ("path", "wanted", "becomes"),
    [
        ("~/a.csv", TableFormat.XLSX, "~/a.xlsx"),
        ("~/a.CSV", TableFormat.JSON, "~/a.json"),
        ("~/a", TableFormat.CSV, "~/a.csv"),
        ("~/a.b", TableFormat.CSV, "~/a.b.csv"),
        ("", TableFormat.CSV, ".csv"),
    ],
)
def test_another_format_gives_the_file_another_ending(path: str, wanted: TableFormat, becomes: str) -> None:
    assert with_format(path, wanted) == becomes
