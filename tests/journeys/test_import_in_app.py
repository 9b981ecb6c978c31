"""A file is imported in the app: the path, the questions, what was found, and the answer. Nothing before the answer."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.progress import RowProgress
from tests.journeys.console import console, find, flat, says, toasts, told, until
from tests.journeys.test_columns_of_files import ROW, workbook
from tests.journeys.test_import import DEAL
from tests.support.card_files import table
from tests.support.clipboard import MemoryClipboard
from tests.support.sandbox_home import Home
from tests.support.workbooks import xlsx
from tui.cards.entering.by_hand import ByHand
from tui.cards.import_dialog import ImportDialog
from tui.cards.notes import NoteEditor, NotesDialog
from tui.cards.push_dialog import PushDialog
from tui.clipboard import Clipboard
from tui.widgets.chooser import Chooser
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog
from tui.wiring.clock import WallClock

DAY = 86_400.0


@pytest.fixture
def new(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home with a profile that names no system and has no card yet; the files are in the present folder."""
    monkeypatch.chdir(tmp_path)
    (home.path / "config.toml").write_text(
        'profile = "test"\n\n[profiles.test]\nworkspace = "test"\noperator = "m.hale"\n', "utf-8"
    )
    return home


def put(name: str, content: bytes) -> None:
    Path(name).write_bytes(content)


async def opened(pilot: Pilot[Any], kind: type) -> Any:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    return pilot.app.screen


async def ask_for(pilot: Pilot[Any], path: str) -> None:
    """Open the dialog and give it the path of a file."""
    if not isinstance(pilot.app.screen, ImportDialog):
        await pilot.press("I")
        await opened(pilot, ImportDialog)
    box = pilot.app.screen.query_one(Input)
    box.focus()
    box.value = path
    await pilot.press("enter")


async def choose(pilot: Pilot[Any], column: str, downs: int) -> None:
    """Answer the question about a column with the offer that is so many lines below the first."""
    asked = f"Which column holds the {column.replace('_', ' ')}?"
    await until(pilot, lambda: isinstance(pilot.app.screen, Chooser) and asked in flat(pilot))
    await pilot.press(*["down"] * downs, "enter")


async def import_it(pilot: Pilot[Any]) -> None:
    dialog = await opened(pilot, ImportDialog)
    await until(pilot, lambda: dialog.armed)
    await pilot.press("y")
    await until(pilot, lambda: not isinstance(pilot.app.screen, ImportDialog))


async def test_what_a_file_would_change_is_shown_and_imported_on_yes_alone(new: Home) -> None:
    put("deals.csv", table(DEAL, {"card_id": "X-2", "role": "Boss"}))
    async with console(new) as pilot:
        await says(pilot, "import")
        await ask_for(pilot, "deals.csv")
        shown = await says(pilot, "cards: 1 new", "Not imported yet")
        assert "set aside: line 3, column 3: role of X-2" in shown
        assert "kept as further fields: Referrer" in shown
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ImportDialog))
        assert not (new.path / "test" / "cards").exists()
        await ask_for(pilot, "'deals.csv'")
        await import_it(pilot)
        await until(pilot, lambda: "cards: 1 imported" in toasts(pilot))
        await says(pilot, "X-1", "Nguyen")
        put("deals.csv", table({**DEAL, "stage": "Formal Approval"}))
        await ask_for(pilot, "deals.csv")
        await says(pilot, "cards: 1 changed")
        await import_it(pilot)
        await says(pilot, "Formal Approval")
        await ask_for(pilot, "deals.csv")
        await says(pilot, "All of it is imported already", "cards: 1 unchanged")
        assert not pilot.app.screen.armed
    (listed,) = (await told(new, "cards"))["cards"]
    assert listed["id"] == "X-1"


async def test_the_answers_name_the_keys_that_act_where_the_person_is(new: Home) -> None:
    put("deals.csv", table(DEAL))
    async with console(new) as pilot:
        await pilot.press("I")
        await opened(pilot, ImportDialog)
        await says(pilot, "esc Close")
        await ask_for(pilot, "deals.csv")
        await says(pilot, "y Import 1", "n Not now")
        await pilot.press("f")
        await says(pilot, "esc Not now")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ("can't be read", "Check the file's name")),
        (b'{"id": ', ("set aside",)),
        (b"PK\x03\x04", ("damaged",)),
        (b"Vorgang,Art\nV-1,deal\n", ("no column card_id", "Enter in the path asks again")),
        (b"", ("nothing that can be", "the file holds no cards")),
    ],
)
async def test_a_file_that_can_not_be_imported_says_why(
    content: bytes | None, words: tuple[str, ...], new: Home
) -> None:
    if content is not None:
        put("bad.csv", content)
    async with console(new, size=(120, 34)) as pilot:
        await ask_for(pilot, "bad.csv")
        if content and content.startswith(b"Vorgang"):
            await opened(pilot, Chooser)
            await pilot.press("escape")
        await says(pilot, *words)
        if not isinstance(pilot.app.focused, Input):  # in the path, letters are typed
            await pilot.press("y")
            await until(pilot, lambda: "There is nothing to import from this file" in toasts(pilot))
        await pilot.press("f")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await says(pilot, "esc Close")
        assert not pilot.app.screen.armed
    assert not (new.path / "test" / "cards").exists()
    assert not (new.path / "columns").exists()


DOWNS = {
    "card_id": 1,
    "kind": 1,
    "role": 1,
    "last_name": 2,
    "first_name": 1,
    "email": 0,
    "mobile_phone": 1,
    "birth_date": 0,
    "loan_amount": 0,
}
"""For each column that is asked about, how far down its header is among those that are left. The first is "none"."""


async def test_a_column_is_asked_for_once_and_remembered(new: Home) -> None:
    workbook(Path.cwd())
    async with console(new) as pilot:
        await ask_for(pilot, "deals.xlsx")
        for column, downs in DOWNS.items():
            await choose(pilot, column, downs)
        dialog = await opened(pilot, LineDialog)
        assert dialog.query_one(Input).value == "deals"
        await pilot.press("enter")
        await says(pilot, "1 new", "as answered in “deals”")
        await import_it(pilot)
        await says(pilot, "Oona Berg")
        workbook(Path.cwd(), "next.xlsx", row=["V-8", *ROW[1:]])
        await ask_for(pilot, "next.xlsx")
        await says(pilot, "1 new", "as answered in “deals”")
    assert [file.name for file in (new.path / "columns").iterdir()] == ["deals.toml"]


async def test_open_dates_are_asked_about(new: Home) -> None:
    put("deals.csv", table({**DEAL, "birth_date": "3/4/1985"}))
    async with console(new) as pilot:
        await ask_for(pilot, "deals.csv")
        await opened(pilot, Chooser)
        await says(pilot, "1 date could be d/m/y or m/d/y", "month first: 3/4/1985 is 4 March")
        await pilot.press("down", "enter")
        await says(pilot, "1 new")
        await import_it(pilot)
        await find(pilot, "X-1")
    (kept,) = (new.path / "test" / "cards").iterdir()
    assert '"birth_date":"1985-03-04"' in kept.read_text()


async def test_tab_completes_the_path(new: Home) -> None:
    put("deals-june.csv", table(DEAL))
    put("deals-july.csv", table(DEAL))
    async with console(new) as pilot:
        await pilot.press("I")
        dialog = await opened(pilot, ImportDialog)
        await pilot.press("d", "e", "tab")
        await says(pilot, "deals-july.csv", "deals-june.csv")
        await pilot.press("l", "tab")
        await until(pilot, lambda: dialog.query_one(Input).value == "deals-july.csv")


async def test_the_sandbox_warns_before_the_answer(home: Home, tmp_path: Path) -> None:
    (home.path / "config.toml").unlink()
    file = tmp_path / "deals.csv"
    file.write_bytes(table(DEAL))
    async with console(home) as pilot:
        await ask_for(pilot, str(file))
        await says(pilot, "real clients don't belong there", "1 new")


def test_ctrl_c_says_that_nothing_was_imported(new: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    class Waiting:
        """Standard input that brings nothing before Ctrl-C is pressed."""

        buffer = property(lambda self: self)

        def read(self, size: int) -> bytes:
            raise KeyboardInterrupt

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stdin", Waiting())
    code, said = new.run("import", "-")
    assert (code, said["error"]["message"]) == (130, "Stopped. Nothing was imported.")


# -- by keyboard alone, without a gateway ----------------------------------------------------------------------


async def test_from_a_workbook_to_a_note_in_flex_by_the_keyboard_alone(
    new: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card from an Excel file is imported, entered in FLEX by hand and linked; a note follows a day later."""
    headers = ["card_id", "kind", "role", "first_name", "Familienname", "loan_amount"]
    row = ["X-1", "deal", "Primary Applicant", "Linh", "Nguyen", 640000]
    put("deals.xlsx", xlsx({"Deals": [headers, row]}))
    memory = MemoryClipboard()
    async with console(new, clipboard=Clipboard(memory, None)) as pilot:
        await pilot.press("I")
        await opened(pilot, ImportDialog)
        await pilot.press(*"deals.x", "tab")
        await until(pilot, lambda: pilot.app.screen.query_one(Input).value == "deals.xlsx")
        await pilot.press("enter")
        await choose(pilot, "last_name", 1)
        await opened(pilot, LineDialog)
        await pilot.press("enter")
        await says(pilot, "1 new", "last_name (Familienname)")
        await import_it(pilot)
        await find(pilot, "X-1")
        await pilot.press("V")
        await opened(pilot, ByHand)
        await until(pilot, lambda: memory.held == "Linh")
        while isinstance(pilot.app.screen, ByHand):
            before = len(memory.seen)
            await pilot.press("enter")
            await until(
                pilot,
                lambda before=before: len(memory.seen) > before or not isinstance(pilot.app.screen, ByHand),
            )
        assert {"Nguyen", "640000"} <= set(memory.seen)
        await opened(pilot, LineDialog)
        await pilot.press(*"1-6D9UB", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog) and pilot.app.screen.armed)
        await pilot.press("y")
        await until(pilot, lambda: "1-6D9UB" in flat(pilot))
    entered = time.time()
    monkeypatch.setattr(WallClock, "now", lambda self: entered + DAY)
    async with console(new, clipboard=Clipboard(memory, None)) as pilot:
        await find(pilot, "X-1")
        await pilot.press("n")
        await opened(pilot, NotesDialog)
        await pilot.press("w")
        await opened(pilot, NoteEditor)
        await pilot.press(*"Called", "ctrl+s")
        await opened(pilot, PushDialog)
        await pilot.press("V")
        await opened(pilot, ByHand)
        await until(pilot, lambda: memory.held == "Called")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog) and pilot.app.screen.armed)
        await pilot.press("y")
        await until(pilot, lambda: "The note is kept as entered by hand" in toasts(pilot))
    _, pushes = await asyncio.to_thread(new.run, "activity")
    card, note = sorted(one["created_at"] for one in pushes["pushes"])
    assert note - card > DAY - 60


async def test_while_a_long_file_is_read_the_empty_list_says_how_far_that_is(new: Home) -> None:
    put("deals.csv", table(DEAL))
    await told(new, "import", "deals.csv")
    async with console(new) as pilot:
        desk, room = pilot.app.desk, pilot.app.screen
        desk.reading.newest = RowProgress("deals.csv", 4_000, 10_000, 2.0)
        room._show_reading(desk)
        room._list.set_rows(())
        await says(pilot, "deals.csv: 4,000 of 10,000 rows", "3 s left")
