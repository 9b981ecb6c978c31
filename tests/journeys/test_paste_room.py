"""Paste mode with the keyboard alone: a card from a file is entered by hand, linked, and a note follows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.journeys.console import console, find, flat, says, toasts, told, until
from tests.journeys.without_gateway import DEAL, alone, take_in
from tests.support.clipboard import MemoryClipboard
from tests.support.private import is_private
from tests.support.sandbox_home import Home, Sandbox
from tui.cards.entering.by_hand import ByHand
from tui.cards.notes import NoteEditor, NotesDialog
from tui.cards.push_dialog import PushDialog
from tui.clipboard import Clipboard
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog

__all__ = ["alone"]


@pytest.fixture
def memory() -> MemoryClipboard:
    return MemoryClipboard()


async def opened(pilot: Pilot[object], kind: type) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))


async def paste_mode(pilot: Pilot[object], card_id: str = "X-1") -> None:
    await find(pilot, card_id)
    await pilot.press("V")
    await opened(pilot, ByHand)


async def test_with_the_keyboard_alone_a_card_is_entered_linked_and_a_note_follows(
    alone: Home, memory: MemoryClipboard
) -> None:
    async with console(alone, clipboard=Clipboard(memory, None)) as pilot:
        await paste_mode(pilot)
        await until(pilot, lambda: memory.held == "Linh")
        for _ in range(30):
            before = list(memory.seen)
            if not isinstance(pilot.app.screen, ByHand):
                break
            await pilot.press("enter")
            await until(
                pilot,
                lambda before=before: (
                    memory.seen != before
                    or not isinstance(pilot.app.screen, ByHand)
                    or "Nothing to copy" in flat(pilot)
                ),
            )
        await opened(pilot, LineDialog)
        assert memory.held == " ", "the clipboard is overwritten before the ID is copied from FLEX"
        assert "640000" in memory.seen
        assert "29/02/1988" in memory.seen
        assert "Timeshare" not in memory.seen
        memory.held = "1-6D9UB"
        await pilot.press(*"1-6D9UB", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog) and pilot.app.screen.armed)
        await says(pilot, "Links X-1 to 1-6D9UB", "1 value stays open", "no gateway")
        await pilot.press("y")
        await until(pilot, lambda: "entered by hand" in toasts(pilot))
        await until(pilot, lambda: "1-6D9UB" in flat(pilot))
        assert memory.held == "1-6D9UB", "what the person copied meanwhile is left alone"
    async with console(alone, clipboard=Clipboard(memory, None)) as pilot:
        await find(pilot, "X-1")
        await pilot.press("n")
        await opened(pilot, NotesDialog)
        await pilot.press("w")
        await opened(pilot, NoteEditor)
        await pilot.press(*"Called", "ctrl+s")
        await opened(pilot, PushDialog)
        await says(pilot, "no gateway of FLEX", "V enter it by hand")
        await pilot.press("V")
        await opened(pilot, ByHand)
        await until(pilot, lambda: memory.held == "Called")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog) and pilot.app.screen.armed)
        await pilot.press("y")
        await until(pilot, lambda: "The note is kept as entered by hand" in toasts(pilot))
        assert memory.held == " "


async def test_the_place_and_the_ticks_survive_a_restart(alone: Home, memory: MemoryClipboard) -> None:
    async with console(alone, clipboard=Clipboard(memory, None)) as pilot:
        await paste_mode(pilot)
        await until(pilot, lambda: memory.held == "Linh")
        await pilot.press("enter")
        await until(pilot, lambda: memory.held == "Nguyen")
    assert memory.held == " ", "leaving the app overwrites what it copied"
    async with console(alone, clipboard=Clipboard(memory, None)) as pilot:
        await paste_mode(pilot)
        await until(pilot, lambda: memory.held == "Nguyen")
        await says(pilot, "1 of ")


async def test_space_ticks_without_copying_and_takes_a_tick_away(
    alone: Home, memory: MemoryClipboard
) -> None:
    async with console(alone, clipboard=Clipboard(memory, None)) as pilot:
        await paste_mode(pilot)
        await until(pilot, lambda: memory.held == "Linh")
        await pilot.press("space")
        await says(pilot, "1 of ")
        assert memory.seen == ["Linh"]
        await pilot.press("up", "space")
        await says(pilot, " to enter")
        await pilot.press("c")
        await until(pilot, lambda: memory.seen == ["Linh", "Nguyen"])


async def test_a_row_that_was_not_copied_is_copied_before_it_is_ticked(
    alone: Home, memory: MemoryClipboard
) -> None:
    async with console(alone, clipboard=Clipboard(memory, None)) as pilot:
        await paste_mode(pilot)
        await until(pilot, lambda: memory.held == "Linh")
        await pilot.press("down", "enter")
        await until(pilot, lambda: memory.held == "Nguyen")
        await says(pilot, " to enter")
        await pilot.press("enter")
        await says(pilot, "1 of ")


async def test_a_terminal_without_a_clipboard_is_said_and_the_value_is_shown(alone: Home) -> None:
    async with console(alone, clipboard=Clipboard(None, None), size=(80, 24)) as pilot:
        await paste_mode(pilot)
        text = await says(pilot, "This terminal has no clipboard", "Linh")
        assert "Copied" not in text


async def test_what_goes_to_the_terminal_is_never_called_copied(alone: Home) -> None:
    sent: list[str] = []
    async with console(alone, clipboard=Clipboard(None, sent.append)) as pilot:
        await paste_mode(pilot)
        text = await says(pilot, "Sent to your terminal's clipboard.")
        assert "Copied" not in text
        await pilot.press("escape")
        await until(pilot, lambda: len(sent) == 2)


async def test_the_list_is_saved_to_a_file(alone: Home, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    async with console(alone) as pilot:
        await paste_mode(pilot)
        await pilot.press("s")
        await opened(pilot, LineDialog)
        await pilot.press(*str(file), "enter")
        await until(pilot, lambda: "Only you can read it" in toasts(pilot))
    assert "640000" in file.read_text("utf-8")
    assert is_private(file)


async def test_an_edit_opens_its_row_alone(alone: Home, tmp_path: Path, memory: MemoryClipboard) -> None:
    listed = await told(alone, "paste", "X-1")
    ticks = [word for row in listed["rows"] for word in ("--tick", row["place"])]
    await told(alone, "paste", "X-1", *ticks)
    await told(alone, "paste", "X-1", "--flex-id", "1-6D9UB", "--yes")
    await asyncio.to_thread(take_in, alone, tmp_path, {**DEAL, "loan_amount": "650000"})
    async with console(alone, clipboard=Clipboard(memory, None)) as pilot:
        await paste_mode(pilot)
        await until(pilot, lambda: memory.seen == ["650000"])
        await says(pilot, "changed: enter it again", "X-1 is in FLEX as 1-6D9UB")


async def test_a_note_of_the_list_is_entered_and_is_not_offered_as_new(
    home: Home, memory: MemoryClipboard
) -> None:
    async with console(home, clipboard=Clipboard(memory, None)) as pilot:
        await find(pilot, "C-1013")
        await pilot.press("n")
        await opened(pilot, NotesDialog)
        await until(pilot, lambda: "○" in flat(pilot))
        await pilot.press("V")
        await opened(pilot, ByHand)
        for _ in range(6):
            if not isinstance(pilot.app.screen, ByHand):
                break
            copied = len(memory.seen)
            await pilot.press("enter")
            await until(
                pilot,
                lambda copied=copied: len(memory.seen) != copied or not isinstance(pilot.app.screen, ByHand),
            )
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog) and pilot.app.screen.armed)
        await says(pilot, "The note counts as entered")
        await pilot.press("y")
        await until(pilot, lambda: "The note is kept as entered by hand" in toasts(pilot))
        await pilot.press("n")
        await opened(pilot, NotesDialog)
        await says(pilot, "● entered by hand")


async def test_the_dialog_of_a_push_offers_to_enter_the_card_by_hand(
    home: Home, sandbox: Sandbox, memory: MemoryClipboard
) -> None:
    async with console(home, clipboard=Clipboard(memory, None)) as pilot:
        await find(pilot, "C-1001")
        await pilot.press("p")
        await opened(pilot, PushDialog)
        await says(pilot, "V enter it by hand")
        await pilot.press("V")
        await opened(pilot, ByHand)
        await until(pilot, lambda: memory.held == "Linh")
    assert sandbox.writes() == []


async def test_the_guard_of_the_fact_find_stops_paste_mode_until_it_is_overridden(
    home: Home, memory: MemoryClipboard
) -> None:
    async with console(home, clipboard=Clipboard(memory, None)) as pilot:
        await find(pilot, "C-1011")
        await pilot.press("V")
        await until(pilot, lambda: "FLEX-integrated Fact Find" in toasts(pilot))
        assert not isinstance(pilot.app.screen, ByHand)
        await pilot.press("p")
        await opened(pilot, PushDialog)
        await pilot.press("o")
        await opened(pilot, LineDialog)
        await pilot.press(*"C-1011", "enter")
        await opened(pilot, PushDialog)
        await says(pilot, "V enter it by hand")
        await pilot.press("V")
        await opened(pilot, ByHand)
        await until(pilot, lambda: memory.seen)
