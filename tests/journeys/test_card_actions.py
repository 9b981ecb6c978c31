"""Notes, Fact Finds, links, people and several cards, with the keyboard alone."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from textual.widgets import TextArea

from tests.journeys.console import console, find, flat, says, told, until
from tests.support.sandbox_home import Home, Sandbox
from tui.cards.bulk import BulkDialog
from tui.cards.entering.by_hand import ByHand
from tui.cards.linking.look_alikes import LookAlikes
from tui.cards.notes import NoteEditor, NotesDialog
from tui.cards.push_dialog import PushDialog
from tui.widgets.chooser import Chooser
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog
from tui.widgets.row_list import RowList

COMPLETED = {"id": "FF-1011", "state": "completed", "flex_integrated": True, "completed_at": None}
"""A Fact Find that is pushed instead of its card."""


async def _dialog(pilot: Pilot[Any], kind: type[Any]) -> Any:
    await until(
        pilot, lambda: isinstance(pilot.app.screen, kind) and getattr(pilot.app.screen, "armed", True)
    )
    return pilot.app.screen


def _notes(sandbox: Sandbox) -> int:
    return len(sandbox.records()["notes"])


async def test_notes_are_sent_and_written_and_what_is_begun_lasts_until_another_day(
    home: Home, sandbox: Sandbox
) -> None:
    before = _notes(sandbox)
    async with console(home) as pilot:
        assert "n note" in flat(pilot), "the footer alone leads a newcomer to the notes"
        await find(pilot, "C-1013")
        await _open_notes(pilot)
        assert "p push" in flat(pilot)
        assert "w write" in flat(pilot)
        await until(pilot, lambda: bool(pilot.app.screen.query_one(RowList).shown_keys))
        await pilot.press("enter")
        await _dialog(pilot, PushDialog)
        await pilot.press("y")
        await says(pilot, "Everything arrived")
        assert _notes(sandbox) == before + 1
        await pilot.press("escape")

        await _open_notes(pilot)
        await pilot.press("w")
        await _dialog(pilot, NoteEditor)
        await pilot.press(*"Spoke to Amara", "enter", *"about the rate")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, NoteEditor))
        await pilot.press("escape")

        await find(pilot, "C-1001")
        await pilot.press("h")
        await _dialog(pilot, ByHand)
        await pilot.press("space")
        await says(pilot, "1 of ")
    async with console(home) as pilot:  # another day
        await find(pilot, "C-1001")
        await pilot.press("h")
        await _dialog(pilot, ByHand)
        await says(pilot, "1 of ")
        await pilot.press("escape")

        await find(pilot, "C-1013")
        await _open_notes(pilot)
        await says(pilot, "Go on writing: Spoke to Amara")
        await pilot.press("w")
        await _dialog(pilot, NoteEditor)
        assert pilot.app.screen.query_one(TextArea).text == "Spoke to Amara\nabout the rate"
        await pilot.press("ctrl+s")
        await _dialog(pilot, PushDialog)
        await pilot.press("y")
        await says(pilot, "Everything arrived")
        await pilot.press("escape")
        await _open_notes(pilot)
        await says(pilot, "Write a note")
    texts = [note["Text"] for note in sandbox.records()["notes"]]
    assert len(texts) == before + 2
    assert texts.count("Spoke to Amara\nabout the rate") == 1


async def _open_notes(pilot: Pilot[Any]) -> None:
    await pilot.press("n")
    await _dialog(pilot, NotesDialog)


async def test_the_guard_offers_the_fact_find_and_is_overridden_only_by_typing_the_cards_id(
    home: Home, sandbox: Sandbox
) -> None:
    sandbox.change("cards", "C-1001", {"fact_find": COMPLETED})
    async with console(home) as pilot:
        await find(pilot, "C-1011")
        await pilot.press("p")
        await _dialog(pilot, PushDialog)
        await pilot.press("y")
        assert sandbox.writes() == []
        await pilot.press("o")
        await _dialog(pilot, LineDialog)
        await pilot.press(*"C-1010", "enter")
        await says(pilot, "That is not C-1011")
        assert sandbox.writes() == []
        await pilot.press("escape", "p")
        dialog = await _dialog(pilot, PushDialog)
        await pilot.press("f")
        await until(
            pilot, lambda: pilot.app.screen is not dialog and isinstance(pilot.app.screen, PushDialog)
        )
        await _dialog(pilot, PushDialog)
        assert "FF-1011" in flat(pilot)
        await pilot.press("y")
        await says(pilot, "Everything arrived")
        await pilot.press("escape")

        await find(pilot, "C-1001")
        await pilot.press("p")
        await _dialog(pilot, PushDialog)
        await pilot.press("o")
        await _dialog(pilot, LineDialog)
        await pilot.press(*"C-1001", "enter")
        await _dialog(pilot, PushDialog)
        await pilot.press("y")
        await says(pilot, "Everything arrived")


async def test_a_card_is_linked_and_unlinked_and_stopped_by_a_fact_find_that_is_completed_meanwhile(
    home: Home, sandbox: Sandbox
) -> None:
    holders = {row["flex_id"] for row in sandbox.records("brokerengine")["cards"]}
    flex_id = next(row["FLEXId"] for row in sandbox.records()["applications"] if row["FLEXId"] not in holders)

    def on_card() -> str | None:
        cards = sandbox.records("brokerengine")["cards"]
        found: str | None = next(row["flex_id"] for row in cards if row["id"] == "C-1001")
        return found

    async with console(home) as pilot:
        await find(pilot, "C-1001")
        await pilot.press("l")
        await _dialog(pilot, LineDialog)
        await pilot.press(*flex_id, "enter")
        await _dialog(pilot, ConfirmDialog)
        assert f"to FLEX {flex_id}." in flat(pilot)
        assert on_card() is None
        await pilot.press("y")
        await until(pilot, lambda: on_card() == flex_id)
        await says(pilot, f"application {flex_id}")
        await pilot.press("X")
        await _dialog(pilot, ConfirmDialog)
        await pilot.press("y")
        await until(pilot, lambda: on_card() is None)
        await says(pilot, "Ready: creates")

        await pilot.press("p")
        dialog = await _dialog(pilot, PushDialog)
        sandbox.change("cards", "C-1001", {"fact_find": COMPLETED})
        await pilot.press("y")
        await until(
            pilot, lambda: pilot.app.screen is not dialog and isinstance(pilot.app.screen, PushDialog)
        )
        await says(pilot, "Fact Find")
    assert sandbox.writes() == []


async def test_the_wrong_contact_of_a_person_is_replaced_and_taken_back_with_the_keyboard(
    home: Home, sandbox: Sandbox
) -> None:
    contacts = sandbox.records()["contacts"]
    wrong, right = contacts[0], next(row for row in contacts[1:] if row.get("EmailAddress"))
    sandbox.change("contacts", "P-2001", {"flex_id": wrong["FLEXId"], "email": right["EmailAddress"]})

    def in_brokerengine() -> str | None:
        rows = sandbox.records("brokerengine")["contacts"]
        flex_id: str | None = next(row["flex_id"] for row in rows if row["id"] == "P-2001")
        return flex_id

    async with console(home) as pilot:
        await find(pilot, "C-1001")
        await pilot.press("P")
        await _dialog(pilot, Chooser)
        assert wrong["FLEXId"] in flat(pilot)
        await pilot.press("enter")
        await _dialog(pilot, LookAlikes)
        assert right["FLEXId"] in flat(pilot)
        await pilot.press("u")
        await _dialog(pilot, ConfirmDialog)
        assert f"to FLEX {right['FLEXId']} (was {wrong['FLEXId']})" in flat(pilot)
        assert in_brokerengine() == wrong["FLEXId"]
        await pilot.press("y")
        await until(pilot, lambda: in_brokerengine() == right["FLEXId"])
        await pilot.press("x")
        await _dialog(pilot, ConfirmDialog)
        assert f"from FLEX {right['FLEXId']}. The FLEX record stays." in flat(pilot)
        await pilot.press("y")
        await until(pilot, lambda: in_brokerengine() is None)
        await pilot.press("x")
        await says(pilot, "Nobody on C-1001 is linked")
    assert sandbox.writes() == []


async def test_a_person_flex_knows_is_compared_and_used(home: Home, sandbox: Sandbox) -> None:
    known = next(row for row in sandbox.records()["contacts"] if row.get("EmailAddress"))
    sandbox.change("contacts", "P-2001", {"email": known["EmailAddress"]})
    before = len(sandbox.records()["contacts"])
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        await pilot.press("p")
        dialog = await _dialog(pilot, PushDialog)
        await says(pilot, "FLEX holds somebody like Linh Nguyen")
        await pilot.press("i")
        await _dialog(pilot, LookAlikes)
        assert known["FLEXId"] in flat(pilot)
        await pilot.press("u")
        await until(
            pilot, lambda: pilot.app.screen is not dialog and isinstance(pilot.app.screen, PushDialog)
        )
        await _dialog(pilot, PushDialog)
        assert "update" in flat(pilot)
        await pilot.press("y")
        await says(pilot, "Everything arrived")
    assert len(sandbox.records()["contacts"]) == before + 1  # the other person of the card
    card = next(row for row in sandbox.records("brokerengine")["contacts"] if row["id"] == "P-2001")
    assert card["flex_id"] == known["FLEXId"]


def _twin_of_linh(sandbox: Sandbox) -> str:
    """Give a contact of FLEX the name and the email of P-2001, and return its FLEX ID."""
    linh = next(row for row in sandbox.records("brokerengine")["contacts"] if row["id"] == "P-2001")
    twin = next(row for row in sandbox.records()["contacts"] if row.get("EmailAddress"))
    same = {"FirstName": linh["first_name"], "LastName": linh["last_name"], "EmailAddress": linh["email"]}
    sandbox.change("contacts", twin["FLEXId"], same, system="flex")
    return str(twin["FLEXId"])


async def test_a_person_whom_flex_has_stops_the_card_until_the_keyboard_says_who_it_is(
    home: Home, sandbox: Sandbox
) -> None:
    flex_id = _twin_of_linh(sandbox)
    before = len(sandbox.records()["contacts"])
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        searched = [seen for seen in sandbox.requests("flex") if "/contacts" in seen["path"]]
        assert len(searched) <= 1, (
            "a cursor that rests on a card asks FLEX about nobody; the header's light reads once"
        )
        await pilot.press("p")
        dialog = await _dialog(pilot, PushDialog)
        await until(
            pilot, lambda: f"FLEX has Linh Nguyen already: {flex_id} with the same email" in flat(pilot)
        )
        await pilot.press("y")
        assert sandbox.writes() == []
        await pilot.press("i")
        await _dialog(pilot, LookAlikes)
        assert "FLEX has Linh Nguyen already" in flat(pilot)
        await pilot.press("n")
        await until(
            pilot, lambda: pilot.app.screen is not dialog and isinstance(pilot.app.screen, PushDialog)
        )
        await says(pilot, "FLEX was searched for the 2 people to create")
        assert sandbox.writes() == []
        await pilot.press("y")
        await says(pilot, "Everything arrived")
    assert len(sandbox.records()["contacts"]) == before + 2


async def test_several_cards_are_pushed_at_once_and_one_that_can_not_stops_no_other(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        await pilot.press("escape")
        for card_id in ("C-1001", "C-1004", "C-1006"):
            pilot.app.screen.query_one("#card-list", RowList).mark(
                [card_id, *pilot.app.screen.query_one(RowList).marks]
            )
        await pilot.press("p")
        await _dialog(pilot, BulkDialog)
        assert "2 can go" in flat(pilot)
        await pilot.press("y")
        await until(pilot, lambda: flat(pilot).count("✓") >= 2)
    cards = {row["id"]: row["flex_id"] for row in sandbox.records("brokerengine")["cards"]}
    assert cards["C-1001"]
    assert cards["C-1006"]
    assert not cards["C-1004"]


async def test_what_changed_since_the_push_is_marked_and_the_people_are_sent_again(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        await pilot.press("p")
        await _dialog(pilot, PushDialog)
        await pilot.press("y")
        await says(pilot, "Everything arrived")
        await pilot.press("escape")
        sandbox.change("cards", "C-1001", {"requirements": {"loan_amount": "655000.00"}})
        await pilot.press("r")
        await says(pilot, "1 field changed since")
        sandbox.change("cards", "C-1001", {"requirements": {"loan_amount": "640000.00"}})
        await pilot.press("r")
        await until(pilot, lambda: "changed since" not in flat(pilot))

        sandbox.change("contacts", "P-2001", {"email": "linh.new@example.com"})
        await pilot.press("r")
        await says(pilot, "1 field changed since")
        await pilot.press("u")
        await _dialog(pilot, PushDialog)
        await pilot.press("y")
        await says(pilot, "Everything arrived")
        await pilot.press("escape")
        await until(pilot, lambda: "opportunity 1-" in flat(pilot) and "changed since" not in flat(pilot))


async def test_a_near_miss_is_taken_only_by_a_person_and_can_be_taken_back(
    home: Home, sandbox: Sandbox
) -> None:
    catalogue = sandbox.records()["products"]
    entry = next(row for row in catalogue if len(row["Name"]) > 8)
    near = {
        "id": "PR-90",
        "lender": entry["Lender"],
        "name": entry["Name"] + "s",
        "tracked": True,
        "shortlisted": True,
        "highlighted": False,
        "in_funding_position": False,
    }
    sandbox.change("cards", "C-1001", {"products": [near]})

    async def linked() -> list[str]:
        return [step["entity"] for step in (await told(home, "preview", "card", "C-1001"))["steps"]]

    assert "product-link" not in await linked()
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        await pilot.press("tab", "tab", "enter")
        await says(pilot, "Near miss")
        await pilot.press("equals_sign")
        await says(pilot, "Taken for")
        assert "product-link" in await linked()
        await pilot.press("equals_sign")
        await says(pilot, "Near miss")
        assert "product-link" not in await linked()


async def test_a_person_flex_knows_is_named_on_the_command_line_too(home: Home, sandbox: Sandbox) -> None:
    known = next(row for row in sandbox.records()["contacts"] if row.get("EmailAddress"))
    sandbox.change("contacts", "P-2001", {"email": known["EmailAddress"]})
    preview = await told(home, "preview", "card", "C-1001")
    (alike,) = preview["look_alikes"]
    assert (alike["local_id"], alike["found"][0]["flex_id"]) == ("P-2001", known["FLEXId"])
    push = await told(home, "push", "card", "C-1001", "--yes", "--person", f"P-2001={known['FLEXId']}")
    operations = {step["local_id"]: step["operation"] for step in push["steps"] if step["system"] == "flex"}
    assert push["state"] == "done"
    assert operations["P-2001"] == "update"


async def test_a_person_whom_flex_has_stops_a_push_from_the_command_line_until_it_is_said_who_it_is(
    home: Home, sandbox: Sandbox
) -> None:
    flex_id = _twin_of_linh(sandbox)
    before = len(sandbox.records()["contacts"])
    preview = await told(home, "preview", "card", "C-1001")
    assert not preview["pushable"]
    (question,) = preview["questions"]
    assert (question["local_id"], question["code"]) == ("P-2001", "person-found")
    assert question["choices"] == [flex_id, "new"]
    stopped = await told(home, "push", "card", "C-1001", "--yes")
    assert stopped["error"]["code"] == "person-found"
    assert flex_id in stopped["error"]["message"]
    assert stopped["questions"] == preview["questions"]
    several = await told(home, "push", "card", "C-1001", "C-1006", "--yes")
    assert [push.get("error", {}).get("code") for push in several] == ["person-found", None]
    taken = await told(home, "push", "card", "C-1001", "--yes", "--person", f"P-2002={flex_id}")
    assert [one["code"] for one in taken["questions"]] == ["person-found", "person-unclear"]
    chosen = await told(home, "preview", "card", "C-1001", "--person", f"P-2001={flex_id}")
    push = await told(
        home, "push", "card", "C-1001", "--yes", "--person", f"P-2001={flex_id}", "--plan", chosen["plan"]
    )
    assert push["state"] == "done"
    card = next(row for row in sandbox.records("brokerengine")["contacts"] if row["id"] == "P-2001")
    assert card["flex_id"] == flex_id
    assert len(sandbox.records()["contacts"]) > before


def _email_in_flex(sandbox: Sandbox) -> str:
    linh = next(row for row in sandbox.records("brokerengine")["contacts"] if row["id"] == "P-2001")
    contact = next(row for row in sandbox.records()["contacts"] if row["FLEXId"] == linh["flex_id"])
    return str(contact["EmailAddress"])


async def test_what_a_push_replaced_in_flex_is_put_back_by_command_and_by_key(
    home: Home, sandbox: Sandbox
) -> None:
    await told(home, "push", "card", "C-1001", "--yes")
    before = _email_in_flex(sandbox)
    sandbox.change("contacts", "P-2001", {"email": "linh.new@example.com"})
    push = await told(home, "push", "card", "C-1001", "--people", "--yes")
    assert _email_in_flex(sandbox) == "linh.new@example.com"
    asked = await told(home, "undo", push["push_id"])
    assert asked["error"]["code"] == "not-confirmed"
    (field,) = [field for field in asked["fields"] if field["field"] == "EmailAddress"]
    assert (field["now"], field["old"], field["reason"]) == ("linh.new@example.com", before, "")
    undone = await told(home, "undo", push["push_id"], "--yes")
    assert undone["state"] == "done"
    assert _email_in_flex(sandbox) == before

    await told(home, "push", "card", "C-1001", "--people", "--yes")
    async with console(home) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "P-2001" in flat(pilot) or "Linh Nguyen" in flat(pilot))
        await pilot.press("z")
        await _dialog(pilot, ConfirmDialog)
        assert f"linh.new@example.com → {before}" in flat(pilot)
        await pilot.press("y")
        await until(pilot, lambda: _email_in_flex(sandbox) == before)


async def test_no_undo_is_offered_where_nothing_was_replaced(home: Home) -> None:
    await told(home, "push", "card", "C-1003", "--yes")
    async with console(home) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "Arrived" in flat(pilot))
        assert "z undo" not in flat(pilot)
