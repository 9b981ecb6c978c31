"""Notes written at the desk: with files, while FLEX is down, changed meanwhile, and on a card that is not in FLEX."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from tests.journeys.console import console, find, says, toasts, told, until
from tests.support.sandbox_home import Home, Sandbox
from tui.cards.notes import NoteEditor, NotesDialog
from tui.cards.push_dialog import PushDialog
from tui.widgets.confirm_dialog import LineDialog
from tui.widgets.row_list import RowList


async def _dialog(pilot: Pilot[Any], kind: type[Any]) -> Any:
    await until(
        pilot, lambda: isinstance(pilot.app.screen, kind) and getattr(pilot.app.screen, "armed", True)
    )
    return pilot.app.screen


async def _open_notes(pilot: Pilot[Any], card_id: str) -> NotesDialog:
    await find(pilot, card_id)
    await pilot.press("n")
    notes: NotesDialog = await _dialog(pilot, NotesDialog)
    await until(pilot, lambda: bool(notes.query_one(RowList).shown_keys))
    return notes


async def _write(pilot: Pilot[Any], text: str) -> None:
    """Write a note on the card of the open notes, and go on to the question."""
    await pilot.press("w")
    await _dialog(pilot, NoteEditor)
    pilot.app.screen.query_one(TextArea).text = text
    await pilot.press("ctrl+s")
    await _dialog(pilot, PushDialog)


def _texts(sandbox: Sandbox) -> list[str]:
    return [note["Text"] for note in sandbox.records()["notes"]]


def _drafts(home: Home) -> list[bytes]:
    return [file.read_bytes() for file in sorted(home.path.rglob("draft-*"))]


# -- files ------------------------------------------------------------------------------------------------


def test_a_note_of_ones_own_carries_files(home: Home, sandbox: Sandbox, tmp_path: Path) -> None:
    first, second = tmp_path / "pay slip.pdf", tmp_path / "b.txt"
    first.write_bytes(b"\x00\xff%PDF")
    second.write_bytes(b"")
    given = ("push", "note", "--card", "C-1013", "--text", "With files.", "--attach", str(first), str(second))
    code, push = home.run(*given, "--yes")
    assert (code, push["state"]) == (0, "done")
    (note,) = sandbox.ours("notes", push["steps"][0]["ref"])
    arrived = {file["FileName"]: base64.b64decode(file["Content"]) for file in note["Attachments"]}
    assert arrived == {"pay slip.pdf": b"\x00\xff%PDF", "b.txt": b""}
    assert {file["ContentType"] for file in note["Attachments"]} == {"application/pdf", "text/plain"}


def test_a_file_that_can_not_be_sent_is_said_before_anything_is_sent(
    home: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    large = tmp_path / "large.pdf"
    large.write_bytes(bytes(5 * 1024 * 1024 + 1))
    note = ("--card", "C-1013", "--text", "Large.", "--attach", str(large), str(tmp_path / "gone.pdf"))
    code, preview = home.run("preview", "note", *note)
    assert (code, preview["pushable"]) == (0, False)
    assert preview["reasons"] == [
        "large.pdf can't be sent: larger than 5 MB.",
        "gone.pdf can't be sent: there is no such file.",
    ]
    code, said = home.run("push", "note", *note, "--yes")
    assert (code, said["error"]["code"]) == (1, "unsendable-file")
    assert sandbox.writes() == []
    code, said = home.run("push", "note", "N-3002", "--attach", str(large), "--yes")
    assert (code, said["error"]["code"]) == (2, "which-note")


async def test_files_are_attached_removed_and_sent_in_the_app(
    home: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(name.encode())
    async with console(home) as pilot:
        await _open_notes(pilot, "C-1013")
        await pilot.press("w")
        editor = await _dialog(pilot, NoteEditor)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "The note has no files" in toasts(pilot))
        for name in ("a.txt", "b.txt"):
            await pilot.press("ctrl+o")
            await _dialog(pilot, LineDialog)
            pilot.app.screen.query_one(Input).value = f"'{tmp_path / name}'"
            await pilot.press("enter")
            await says(pilot, f"+ {name} 5 bytes")
        await pilot.press("ctrl+r")
        await says(pilot, "1 of 10 files, 0.0 of 7 MB")
        await pilot.press("ctrl+o")
        await _dialog(pilot, LineDialog)
        pilot.app.screen.query_one(Input).value = str(tmp_path / "gone.txt")
        await pilot.press("enter")
        await says(pilot, "gone.txt can't be sent: there is no such file.")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is editor)
        await pilot.press("escape")  # another day: the draft has its file
        await until(pilot, lambda: pilot.app.screen is not editor)
        await says(pilot, "Go on writing: + 1 file")
        await pilot.press("w")
        await _dialog(pilot, NoteEditor)
        await says(pilot, "+ a.txt 5 bytes")
        pilot.app.screen.query_one(TextArea).text = "With one file."
        await pilot.press("ctrl+s")
        await _dialog(pilot, PushDialog)
        await pilot.press("y")
        await says(pilot, "Everything arrived.")
        await until(pilot, lambda: _drafts(home) == [])
    (note,) = [note for note in sandbox.records()["notes"] if note["Text"] == "With one file."]
    assert [base64.b64decode(file["Content"]) for file in note["Attachments"]] == [b"a.txt"]


# -- while FLEX is down -----------------------------------------------------------------------------------


async def test_two_notes_that_were_confirmed_while_flex_was_down_both_arrive_once(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        sandbox.faults("drop-request /flex/notes")
        for text in ("The first of two.", "The second of two."):
            await _open_notes(pilot, "C-1013")
            await _write(pilot, text)
            await pilot.press("y")
            await until(pilot, lambda: len(_drafts(home)) >= 1)
            await pilot.press("escape")
        assert sorted(_drafts(home)) == [b"The first of two.", b"The second of two."]
        sandbox.faults("")
    resumed = await told(home, "resume", "--yes")
    assert [push["state"] for push in resumed["pushes"]] == ["done", "done"]
    texts = _texts(sandbox)
    assert [texts.count(f"The {which} of two.") for which in ("first", "second")] == [1, 1]
    assert _drafts(home) == []


# -- changed meanwhile ------------------------------------------------------------------------------------


async def test_a_note_that_changed_under_the_dialog_is_asked_anew_as_a_note(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        notes = await _open_notes(pilot, "C-1013")
        note_id = notes.query_one(RowList).cursor_key
        await pilot.press("enter")
        first = await _dialog(pilot, PushDialog)
        sandbox.change("notes", str(note_id), {"text": "Corrected meanwhile."})
        await pilot.press("y")
        await says(pilot, "The note changed since you looked at it", "Corrected meanwhile.")
        assert sandbox.writes() == []
        second = pilot.app.screen
        assert second is not first
        await until(pilot, lambda: second.armed)
        await pilot.press("y")
        await says(pilot, "Everything arrived.")
    assert _texts(sandbox).count("Corrected meanwhile.") == 1


async def test_a_fact_find_that_changed_under_the_dialog_is_asked_anew_as_a_fact_find(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        await find(pilot, "C-1011")
        await pilot.press("f")
        first = await _dialog(pilot, PushDialog)
        person = sandbox_person(sandbox, "FF-1011")
        sandbox.change("contacts", person, {"phones": {"mobile": "0491 579 455"}})
        await pilot.press("y")
        await says(pilot, "The Fact Find changed since you looked at it", "FF-1011")
        assert "no card" not in toasts(pilot)
        assert sandbox.writes() == []
        second = pilot.app.screen
        assert second is not first
        await until(pilot, lambda: second.armed)
        await pilot.press("y")
        await says(pilot, "Everything arrived.")


def sandbox_person(sandbox: Sandbox, fact_find_id: str) -> str:
    filled = sandbox.records("brokerengine")["fact-finds"]
    (found,) = [one for one in filled if one["id"] == fact_find_id]
    return str(found["people"][0]["contact_id"])


async def test_a_written_note_whose_card_was_linked_elsewhere_keeps_its_text(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        await _open_notes(pilot, "C-1013")
        await _write(pilot, "Kept all the same.")
        first = pilot.app.screen
        sandbox.change("cards", "C-1013", {"flex_id": "1-ELSE1"})
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.screen is not first and isinstance(pilot.app.screen, PushDialog))
        await _dialog(pilot, PushDialog)
        await says(pilot, "Kept all the same.")
        await pilot.press("escape")
        assert _drafts(home) == [b"Kept all the same."]


# -- said before writing ----------------------------------------------------------------------------------


NOT_IN_FLEX = "C-1001 is not in FLEX yet: push or link the card first."


async def test_no_note_is_offered_on_a_card_that_is_not_in_flex(home: Home, sandbox: Sandbox) -> None:
    async with console(home) as pilot:
        notes = await _open_notes(pilot, "C-1001")
        text = await says(pilot, f"– {NOT_IN_FLEX}")
        assert "Write a" not in text
        assert "w write" not in text
        await pilot.press("w")
        await until(pilot, lambda: NOT_IN_FLEX in toasts(pilot))
        await pilot.press("end", "enter")
        assert pilot.app.screen is notes


async def test_a_note_is_offered_on_a_card_that_was_linked_since_the_list_was_read(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        sandbox.change("cards", "C-1001", {"flex_id": "1-OPPT7", "flex_kind": "opportunity"})
        await pilot.press("n")
        await _dialog(pilot, NotesDialog)
        await says(pilot, "+ Write a", "w write")


async def test_a_list_that_shows_no_record_is_not_exported(home: Home) -> None:
    async with console(home) as pilot:
        notes = await _open_notes(pilot, "C-1006")
        assert [row.key for row in notes.query_one(RowList).shown_rows] == ["write"]
        await pilot.press("E")
        await until(pilot, lambda: "nothing that can be exported" in toasts(pilot))
        assert pilot.app.screen is notes


def test_the_text_of_a_note_is_not_read_for_a_card_that_is_not_in_flex(home: Home) -> None:
    code, said = home.run("push", "note", "--card", "C-1001", "--text", "-", "--yes")
    assert (code, said["error"]["code"]) == (1, "not-linked")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("X", "C-1001 is not in FLEX yet"),
        ("u", "C-1001 is not in FLEX yet"),
    ],
)
async def test_a_key_that_can_not_act_says_why(home: Home, key: str, reason: str) -> None:
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        screen = pilot.app.screen
        await pilot.press(key)
        await until(pilot, lambda: reason in toasts(pilot))
        assert pilot.app.screen is screen


async def test_a_linked_card_is_not_linked_again_without_unlinking(home: Home) -> None:
    async with console(home) as pilot:
        await find(pilot, "C-1013")
        await pilot.press("l")
        await until(pilot, lambda: "unlink it first (X)" in toasts(pilot))


async def test_a_key_of_a_dialog_that_can_not_act_says_why(home: Home) -> None:
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        await pilot.press("p")
        dialog = await _dialog(pilot, PushDialog)
        await pilot.press("f")
        await until(pilot, lambda: "Nothing stops this push for a Fact Find" in toasts(pilot))
        assert pilot.app.screen is dialog
