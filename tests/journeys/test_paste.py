"""Paste mode on the command line: a card and a note are entered into FLEX by hand, in a profile without a gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.journeys.dialogue import Dialogue
from tests.journeys.without_gateway import DEAL, alone, take_in
from tests.support.card_files import card, jsonl
from tests.support.sandbox_home import Home, Sandbox

__all__ = ["alone"]


def rows(home: Home, *more: str) -> list[dict[str, Any]]:
    code, said = home.run("paste", "X-1", *more)
    assert code == 0, said
    listed: list[dict[str, Any]] = said["rows"]
    return listed


def enter_all(home: Home) -> None:
    """Tick every row that FLEX does not refuse."""
    places = [row["place"] for row in rows(home) if row["fate"] != "refused"]
    ticks = [word for place in places for word in ("--tick", place)]
    assert all(row["ticked"] for row in rows(home, *ticks) if row["fate"] != "refused")


def test_the_rows_have_the_keys_that_scripts_rely_on(alone: Home) -> None:
    fixed = ["section", "source", "local_id", "target", "value", "fate", "reason", "ticked"]
    listed = rows(alone)
    assert all(list(row)[: len(fixed)] == fixed for row in listed)
    values = {row["target"]: row["value"] for row in listed}
    assert values["Applicant.DateOfBirth"] == "29/02/1988"
    assert values["Opportunity.ProposedLoanAmount"] == "640000"
    (refused,) = [row for row in listed if row["fate"] == "refused"]
    assert (refused["value"], "Residential" in refused["reason"]) == ("Timeshare", True)


def test_without_a_gateway_a_push_says_what_to_do_instead(alone: Home, sandbox: Sandbox) -> None:
    code, said = alone.run("push", "card", "X-1", "--yes")
    assert (code, said["error"]["code"]) == (1, "no-flex-gateway")
    assert "brokerdesk paste" in said["error"]["fix"]
    assert sandbox.writes() == []


def test_a_card_is_entered_linked_and_has_a_receipt_that_claims_no_arrival(alone: Home) -> None:
    enter_all(alone)
    code, said = alone.run("paste", "X-1", "--flex-id", "1-6D9UB")
    assert (code, said["error"]["code"]) == (1, "not-confirmed")
    assert (said["flex_id"], said["left"]) == ("1-6D9UB", 1)
    assert any("no gateway" in warning for warning in said["warnings"])
    code, done = alone.run("paste", "X-1", "--flex-id", "1-6D9UB", "--yes", "--plan", said["plan"])
    assert (code, done["asset"], done["state"]) == (0, "paste", "done")
    (listed,) = alone.run("cards")[1]["cards"]
    assert (listed["state"], listed["flex_id"]) == ("linked", "1-6D9UB")
    code, receipt = alone.run("receipt", done["push_id"])
    (listed,) = alone.run("receipt")[1]["receipts"]
    assert (code, listed["all_arrived"]) == (1, False), "nobody knows what arrived"
    marks = {field["source"]: (field["arrived"], field["by"], field["sent"]) for field in receipt["fields"]}
    assert marks["Loan Amount"] == ("by-hand", "m.hale", 640000)
    assert marks["Loan Category"] == ("not-sent", "", None)
    assert {mark for mark, _, _ in marks.values()} == {"by-hand", "not-sent"}
    assert alone.run("receipt", "--verify")[0] == 0
    assert alone.run("push", "card", "X-1", "--yes")[1]["error"]["code"] == "already-linked"


def test_a_later_edit_opens_the_row_again(alone: Home, tmp_path: Path) -> None:
    enter_all(alone)
    assert alone.run("paste", "X-1", "--flex-id", "1-6D9UB", "--yes")[0] == 0
    take_in(alone, tmp_path, {**DEAL, "loan_amount": "650000"})
    (opened,) = [row for row in rows(alone) if not row["ticked"] and row["fate"] != "refused"]
    assert (opened["source"], opened["value"], opened["changed"]) == ("Loan Amount", "650000", True)
    assert alone.run("cards", "--changed")[1]["cards"][0]["changed_since_push"] == 1
    rows(alone, "--tick", "Loan Amount")
    assert alone.run("cards", "--changed")[1]["cards"] == []
    code, done = alone.run("paste", "X-1", "--done", "--yes")
    assert (code, done["state"]) == (0, "done")


def test_a_note_of_ones_own_is_entered_a_day_later(alone: Home) -> None:
    words = ("paste", "X-1", "--text", "Called the client.")
    assert alone.run(*words)[1]["error"]["code"] == "not-linked"
    alone.run("paste", "X-1", "--flex-id", "1-6D9UB", "--yes")
    (row,) = alone.run(*words, "--tick", "Note Text")[1]["rows"]
    assert (row["target"], row["value"], row["ticked"]) == ("Note.Text", "Called the client.", True)
    code, done = alone.run(*words, "--done", "--yes")
    assert (code, done["asset"], done["state"]) == (0, "paste", "done")
    _, again = alone.run(*words)
    assert [row["ticked"] for row in again["rows"]] == [False]
    assert any("entered by hand" in warning for warning in again["warnings"])


def test_a_note_of_brokerengine_is_not_offered_as_new_once_it_was_entered(
    home: Home, sandbox: Sandbox
) -> None:
    card_id, note_id = "C-1013", home.run("notes", "C-1013")[1]["notes"][0]["id"]
    _, listed = home.run("paste", card_id, "--note", note_id)
    assert {row["screen"] for row in listed["rows"]} == {"Note"}
    ticks = [word for row in listed["rows"] for word in ("--tick", row["place"])]
    home.run("paste", card_id, "--note", note_id, *ticks)
    assert home.run("paste", card_id, "--note", note_id, "--done", "--yes")[0] == 0
    note = next(one for one in home.run("notes", card_id)[1]["notes"] if one["id"] == note_id)
    assert (note["pushed_at"], len(note["entered_at"])) == ([], 1)
    assert sandbox.writes("flex") == []
    _, preview = home.run("preview", "note", note_id)
    assert any("entered by hand" in warning for warning in preview["warnings"])


def test_beside_a_gateway_the_id_is_looked_up_and_written_back(home: Home, sandbox: Sandbox) -> None:
    code, said = home.run("paste", "C-1001", "--flex-id", "1-NOPE", "--yes")
    assert (code, said["error"]["code"]) == (1, "not-in-flex")
    applications = sandbox.records()["applications"]
    free = next(row["FLEXId"] for row in applications if row.get("IntegrationId") == "walk-in:1")
    code, done = home.run("paste", "C-1001", "--flex-id", free, "--yes")
    assert (code, done["state"]) == (0, "done")
    cards = {row["id"]: row["flex_id"] for row in sandbox.records("brokerengine")["cards"]}
    assert cards["C-1001"] == free
    assert sandbox.writes("flex") == []


def test_at_no_terminal_it_says_how_a_script_goes_on(alone: Home) -> None:
    code, said = alone.run("paste", "X-1", "--text", "a", "--note", "N-1")
    assert (code, said["error"]["code"]) == (2, "two-notes")


def test_at_a_terminal_a_card_is_walked_through_and_linked(alone: Home) -> None:
    home = ("--home", str(alone.path))
    with Dialogue.with_command("paste", *home, "X-1", "--yes", TERM="dumb") as asked:
        asked.answer("b, l or q")
        asked.answer("b, l or q", "t")
        asked.answer("b, l or q", "l")
        asked.answer("(empty: later)", "1-6D9UB")
        assert asked.end() == 0, asked.said
    assert "This terminal has no clipboard" in asked.said
    assert "2 of " in asked.said
    (listed,) = alone.run("cards")[1]["cards"]
    assert listed["flex_id"] == "1-6D9UB"
    assert sum(row["ticked"] for row in rows(alone)) == 2


def test_cards_of_a_folder_are_entered_too(alone: Home) -> None:
    folder = alone.path / "exports"
    folder.mkdir()
    (folder / "zap.jsonl").write_bytes(jsonl(card("Z-1")))
    config = alone.path / "config.toml"
    config.write_text(
        config.read_text("utf-8") + '\n[profiles.test.brokerengine]\nfolder = "exports"\n', "utf-8"
    )
    code, said = alone.run("paste", "Z-1")
    assert (code, said["card"]) == (0, "Z-1")
    assert said["rows"]
