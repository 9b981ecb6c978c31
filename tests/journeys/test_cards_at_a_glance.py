"""What the list and the dialogs of cards say without being asked: the same in the app and on the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from tests.journeys.console import ask, at_rest, console, find, flat, says, toasts, until
from tests.support.private import is_private
from tests.support.sandbox_home import Home, Sandbox
from tui.cards.bulk import BulkDialog
from tui.cards.entering.by_hand import ByHand
from tui.cards.notes import NoteEditor
from tui.cards.push_dialog import PushDialog
from tui.widgets.chooser import Chooser
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog
from tui.widgets.row_list import RowList


async def _dialog(pilot: Pilot[Any], kind: type[Any]) -> Any:
    await until(
        pilot, lambda: isinstance(pilot.app.screen, kind) and getattr(pilot.app.screen, "armed", True)
    )
    return pilot.app.screen


def _list(pilot: Pilot[Any]) -> RowList[Any]:
    found: RowList[Any] = pilot.app.screen.query_one("#card-list", RowList)
    return found


async def test_the_whole_board_is_known_before_a_card_is_opened(home: Home, sandbox: Sandbox) -> None:
    sandbox.change("cards", "C-1005", {"people": []})
    _, listed = await asyncio.to_thread(home.run, "cards")
    known = {card["id"]: card for card in listed["cards"]}
    blocked = {
        card_id: card["obstacle"] for card_id, card in known.items() if card["group"] == "cannot-be-pushed"
    }
    expected = {"C-1004": "name-missing", "C-1005": "no-people", "C-1011": "use-fact-find"}
    assert blocked.items() >= expected.items()
    assert known["C-1001"]["loan_amount"] == "640000.00"
    assert (known["C-1010"]["group"], known["C-1001"]["group"]) == ("in-flex", "ready")
    code, text, _ = await asyncio.to_thread(home.say, "cards", "--filter", "nobody on it")
    assert code == 0
    assert "✗ C-1005" in " ".join(text.split())
    assert "1 card · 1 can't" in text
    read = len(sandbox.requests("brokerengine"))
    async with console(home) as pilot:
        rows = _list(pilot)
        assert {key: bool(rows.row(key).trouble) for key in rows.shown_keys} == {
            card_id: card["group"] == "cannot-be-pushed" for card_id, card in known.items()
        }
        assert [rows.row(card_id).state for card_id in ("C-1002", "C-1003")] == ["not checked"] * 2
        await pilot.press("slash", *"nobody", "enter")
        await says(pilot, "1 of ", "1 can't")
        await at_rest(pilot)
        assert rows.shown_keys == ["C-1005"]
    cards = [one for one in sandbox.requests("brokerengine")[read:] if "/cards/" in one["path"]]
    assert {one["path"].rpartition("/")[2] for one in cards} <= {"C-1001", "C-1005"}


async def test_marked_cards_that_can_not_go_are_left_out_and_the_run_has_a_finish_line(
    home: Home, sandbox: Sandbox
) -> None:
    sandbox.faults("423 POST /flex/opportunities *1")
    async with console(home) as pilot:
        _list(pilot).mark(["C-1004", "C-1010"])
        await pilot.press("p")
        await until(pilot, lambda: "1 marked card can't be pushed, 1 is in FLEX already" in toasts(pilot))
        _list(pilot).mark(["C-1001", "C-1004", "C-1006", "C-1010"])
        await pilot.press("p")
        await _dialog(pilot, BulkDialog)
        left_out = "1 marked card can't be pushed, 1 is in FLEX already"
        await says(pilot, "Push 2 cards to FLEX", left_out, "2 can go", "new records")
        await pilot.press("s")
        await until(pilot, lambda: "Nothing is being sent now." in toasts(pilot))
        await pilot.press("y")
        text = await says(pilot, "Finished: 1 arrived, 1", "Activity (4)")
        assert "s stops" not in text
        await pilot.press("escape")


async def test_a_run_that_is_stopped_says_what_was_not_sent(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("delay=600 POST /flex/contacts *1")
    async with console(home) as pilot:
        ready = [key for key in _list(pilot).shown_keys if _list(pilot).row(key).state == "not checked"]
        _list(pilot).mark(ready[:24])
        await pilot.press("p")
        dialog = await _dialog(pilot, BulkDialog)
        await pilot.press("y", "s")
        sandbox.faults("")
        await says(pilot, "not sent")
        await until(pilot, lambda: "Finished:" in flat(pilot))
        said = [row.said for row in dialog._rows.values()]
        assert any(line.startswith("not sent") for line in said)


async def test_what_a_person_needs_next_is_there_in_a_box_in_a_tab_and_one_key_away(
    home: Home, sandbox: Sandbox
) -> None:
    holders = {row["flex_id"] for row in sandbox.records("brokerengine")["cards"]}
    known = next(row["FLEXId"] for row in sandbox.records()["applications"] if row["FLEXId"] not in holders)
    async with console(home) as pilot:
        await notes_and_fact_find_are_tabs_and_every_field_is_one_key_away(pilot)
        await find(pilot, "C-1001")
        await a_refused_flex_id_stays_in_its_box_with_the_reason(pilot, known)
        assert sandbox.writes("brokerengine") == []
        await after_the_push_the_rest_is_one_key_away(pilot)


async def a_refused_flex_id_stays_in_its_box_with_the_reason(pilot: Pilot[Any], known: str) -> None:
    await pilot.press("l")
    await _dialog(pilot, LineDialog)
    await pilot.press(*"1-NOSUCH", "enter")
    await says(pilot, "1-NOSUCH", "FLEX has no")
    box = pilot.app.screen.query_one(Input)
    assert box.value == "1-NOSUCH"
    box.value = known
    await pilot.press("enter")
    await _dialog(pilot, ConfirmDialog)
    await pilot.press("n")


async def after_the_push_the_rest_is_one_key_away(pilot: Pilot[Any]) -> None:
    await ask(pilot)
    await pilot.press("h")
    await until(pilot, lambda: "h opens the checklist once the push has arrived" in toasts(pilot))
    assert isinstance(pilot.app.screen, PushDialog)
    await pilot.press("y")
    await says(pilot, "to enter by hand: h")
    await pilot.press("h")
    await _dialog(pilot, ByHand)


async def notes_and_fact_find_are_tabs_and_every_field_is_one_key_away(pilot: Pilot[Any]) -> None:
    await find(pilot, "C-1011")
    await says(pilot, "Fact Find")
    await pilot.press("tab", "tab", "tab")
    await says(pilot, "FACT FIND FF-1011", "f pushes it")
    await pilot.press("tab")
    await says(pilot, "NOTES" if "NOTES" in flat(pilot) else "This card has no notes.")
    await find(pilot, "C-1013")
    await says(pilot, "Notes")
    await until(pilot, lambda: "n pushes it" in flat(pilot))
    await pilot.press("a")
    await says(pilot, "Birth date", "DateOfBirth")
    await pilot.press("a")
    await says(pilot, "a: all")


async def test_a_template_is_filled_from_the_card_and_sent_as_it_is_shown(
    home: Home, sandbox: Sandbox
) -> None:
    folder = home.path / "note-templates"
    folder.mkdir()
    (folder / "first call.txt").write_text("Spoke to {first_names} about {amount}.", "utf-8")
    (folder / "gap.txt").write_text("About {product} and {foo}.", "utf-8")
    _, listed = await asyncio.to_thread(home.run, "notes", "C-1013", "--templates")
    filled = {one["name"]: one for one in listed["templates"]}
    text = filled["first call"]["text"]
    assert "{" not in text
    assert filled["gap"]["unknown"] == ["foo"]
    code, push = await asyncio.to_thread(
        home.run, "push", "note", "--card", "C-1013", "--template", "First Call", "--yes"
    )
    assert (code, push["state"]) == (0, "done")
    code, said = await asyncio.to_thread(
        home.run, "push", "note", "--card", "C-1013", "--template", "gap", "--yes"
    )
    assert (code, said["error"]["code"]) == (1, "template-gap")
    code, said = await asyncio.to_thread(
        home.run, "preview", "note", "--card", "C-1013", "--template", "nope"
    )
    assert (code, said["error"]["code"]) == (1, "no-template")
    async with console(home) as pilot:
        await find(pilot, "C-1013")
        await pilot.press("n", "w")
        editor = await _dialog(pilot, NoteEditor)
        await pilot.press("ctrl+t")
        await _dialog(pilot, Chooser)
        await pilot.press("down", "enter")
        await until(pilot, lambda: pilot.app.screen is editor and "{foo}" in editor.query_one(TextArea).text)
        assert "There is no placeholder {foo}" in toasts(pilot)
        editor.query_one(TextArea).text = ""
        await pilot.press("ctrl+t")
        await _dialog(pilot, Chooser)
        await pilot.press("enter")
        await until(pilot, lambda: editor.query_one(TextArea).text == text)
        await pilot.press("ctrl+s")
        await _dialog(pilot, PushDialog)
        await says(pilot, text)
        await pilot.press("escape")
    assert [note["Text"] for note in sandbox.records()["notes"] if note["Text"] == text] == [text]


def test_previews_and_lists_are_written_as_pages(home: Home, tmp_path: Path) -> None:
    for command in (("preview", "card"), ("checklist",), ("paste",)):
        page = tmp_path / f"{command[-1]}.html"
        code, _ = home.run(*command, "C-1001", "--html", str(page))
        assert code == 0
        text = page.read_text("utf-8")
        assert text.startswith("<!doctype html>")
        assert "C-1001" in text
        assert is_private(page)


def test_several_cards_end_with_a_line_that_says_what_became_of_them(home: Home) -> None:
    code, text, _ = home.say("push", "card", "C-1001", "C-1004", "--yes")
    assert code == 1
    assert "Finished: 1 arrived, 1 refused." in text


async def test_a_card_that_changed_after_its_push_is_marked_without_being_opened(
    home: Home, sandbox: Sandbox
) -> None:
    await asyncio.to_thread(home.run, "push", "card", "C-1001", "--yes")
    await asyncio.to_thread(home.run, "push", "card", "C-1002", "--yes")
    later = "2126-01-01T00:00:00Z"
    loan = {"requirements": {"loan_amount": "655000.00"}, "updated_at": later}
    sandbox.change("cards", "C-1001", loan)
    sandbox.change("cards", "C-1002", {"updated_at": later})
    async with console(home) as pilot:
        rows = _list(pilot)
        await until(pilot, lambda: rows.row("C-1001").changed == 1)
        await at_rest(pilot)
        assert (rows.row("C-1001").sign, rows.row("C-1002").sign) == ("≠", "●")
        assert rows.cursor_key not in ("C-1001", "C-1002")
