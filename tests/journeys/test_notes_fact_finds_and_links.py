"""Notes, Fact Finds and links from the command line, seen in the sandbox's own records."""

from __future__ import annotations

import base64

import pytest

from tests.support.sandbox_home import Home, Sandbox


def _notes(sandbox: Sandbox, flex_id: str) -> list[dict[str, object]]:
    return [note for note in sandbox.records()["notes"] if note["Parent"]["FLEXId"] == flex_id]


# -- notes ----------------------------------------------------------------------------------------------


def test_a_note_arrives_with_its_text_and_its_files(home: Home, sandbox: Sandbox) -> None:
    code, preview = home.run("preview", "note", "N-3004")
    assert (code, preview["asset"], preview["pushable"]) == (0, "note", True)
    assert [field["fate"] for field in preview["fields"]] == ["sent", "sent", "sent"]
    code, push = home.run("push", "note", "N-3004", "--yes")
    assert (code, push["state"], push["subject"]) == (0, "done", "N-3004")
    (note,) = sandbox.ours("notes", push["steps"][0]["ref"])
    assert note["Text"] == "Payslips are here."
    held = {row["id"]: row for row in sandbox.records("brokerengine")["attachments"]}
    sent = [base64.b64decode(file["Content"]) for file in note["Attachments"]]
    assert len(sent) == 2
    assert set(sent) <= {base64.b64decode(row["content"]) for row in held.values()}


def test_two_decisions_make_two_records_and_the_second_is_warned_about(home: Home, sandbox: Sandbox) -> None:
    flex_id = home.run("preview", "note", "N-3002")[1]["payload"]["Note"]["Parent"]["FLEXId"]
    before = len(_notes(sandbox, flex_id))
    home.run("push", "note", "N-3002", "--yes")
    _, preview = home.run("preview", "note", "N-3002")
    assert any("The same note is in FLEX since" in warning for warning in preview["warnings"])
    assert len(preview["in_flex_since"]) == 1
    home.run("push", "note", "N-3002", "--yes")
    assert len(_notes(sandbox, flex_id)) == before + 2


@pytest.mark.parametrize("fault", ["drop-reply", "500-after", "bad-json", "drop-request", "no-id"])
def test_one_decision_makes_one_record_whatever_becomes_of_the_reply(
    home: Home, sandbox: Sandbox, fault: str
) -> None:
    sandbox.faults(f"{fault} POST /flex/notes *1")
    code, push = home.run("push", "note", "N-3002", "--yes")
    assert (code, push["state"]) == (0, "done")
    assert len(sandbox.ours("notes", push["steps"][0]["ref"])) == 1


def test_a_note_of_ones_own_goes_onto_a_linked_card(home: Home, sandbox: Sandbox) -> None:
    code, push = home.run("push", "note", "--card", "C-1013", "--text", "Valuation is in. [/]", "--yes")
    assert (code, push["state"]) == (0, "done")
    (note,) = sandbox.ours("notes", push["steps"][0]["ref"])
    assert note["Text"] == "Valuation is in. [/]"


def test_a_note_needs_a_linked_card(home: Home, sandbox: Sandbox) -> None:
    code, said = home.run("push", "note", "--card", "C-1001", "--text", "Hello", "--yes")
    assert (code, said["error"]["code"]) == (1, "not-linked")
    assert "link" in said["error"]["fix"]
    assert sandbox.writes() == []
    assert home.run("push", "note", "N-9", "--yes")[1]["error"]["code"] == "unknown-note"


# -- Fact Finds -----------------------------------------------------------------------------------------


def test_a_fact_find_without_a_linked_card_creates_the_opportunity_and_links_it(
    home: Home, sandbox: Sandbox
) -> None:
    code, push = home.run("push", "fact-find", "FF-1011", "--yes")
    assert (code, push["state"], push["asset"]) == (0, "done", "fact-find")
    opportunity = next(s for s in push["steps"] if s["entity"] == "opportunity" and s["system"] == "flex")
    (row,) = sandbox.ours("opportunities", opportunity["ref"])
    card = next(row for row in sandbox.records("brokerengine")["cards"] if row["id"] == "C-1011")
    assert card["flex_id"] == row["FLEXId"]
    houses = [
        house for house in sandbox.records()["properties"] if house["Opportunity"]["FLEXId"] == row["FLEXId"]
    ]
    assert len(houses) == 1
    # again: people as updates, nothing twice
    code, again = home.run("push", "fact-find", "FF-1011", "--yes")
    assert (code, again["state"]) == (0, "done")
    assert not any(s["operation"] == "create" and s["entity"] != "property" for s in again["steps"])
    assert len(sandbox.ours("opportunities", opportunity["ref"])) == 1
    refs = [house.get("IntegrationId") for house in sandbox.records()["properties"]]
    assert len(refs) == len(set(refs))


def test_a_card_with_the_integrated_fact_find_is_guarded(home: Home, sandbox: Sandbox) -> None:
    code, said = home.run("push", "card", "C-1011", "--yes")
    assert (code, said["error"]["code"]) == (1, "use-fact-find")
    code, said = home.run("push", "card", "C-1011", "--yes", "--override-fact-find", "C-1010")
    assert (code, said["error"]["code"]) == (2, "wrong-id")
    assert sandbox.writes() == []
    code, push = home.run("push", "card", "C-1011", "--yes", "--override-fact-find", "C-1011")
    assert (code, push["state"]) == (0, "done")


def test_both_orders_end_with_one_opportunity(home: Home, sandbox: Sandbox) -> None:
    home.run("push", "card", "C-1011", "--yes", "--override-fact-find", "C-1011")
    before = len(sandbox.records()["opportunities"])
    code, push = home.run("push", "fact-find", "FF-1011", "--yes")
    assert (code, push["state"]) in ((0, "done"), (1, "needs-you"))
    assert len(sandbox.records()["opportunities"]) == before


def test_an_open_fact_find_is_refused(home: Home, sandbox: Sandbox) -> None:
    code, said = home.run("push", "fact-find", "FF-1014", "--yes")
    assert (code, said["error"]["code"]) == (1, "not-completed")
    assert sandbox.writes() == []


# -- links ----------------------------------------------------------------------------------------------


def test_linking_sends_the_write_back_and_nothing_else(home: Home, sandbox: Sandbox) -> None:
    _, unlinked = home.run("unlink", "C-1010", "--yes")
    assert (unlinked["card"], unlinked["flex_id"], unlinked["state"]) == ("C-1010", None, "unlinked")
    holders = {row["flex_id"] for row in sandbox.records("brokerengine")["cards"]}
    flex_id = next(
        row["FLEXId"] for row in sandbox.records()["opportunities"] if row["FLEXId"] not in holders
    )
    before = len(sandbox.writes("brokerengine"))
    code, said = home.run("link", "C-1001", flex_id, "--yes")
    assert (code, said["card"], said["flex_id"], said["state"]) == (0, "C-1001", flex_id, "linked")
    assert sandbox.writes() == []
    assert len(sandbox.writes("brokerengine")) == before + 1
    assert home.run("push", "note", "--card", "C-1001", "--text", "Linked now.", "--yes")[0] == 0
    assert _notes(sandbox, flex_id)


def test_an_application_can_be_linked_too(home: Home, sandbox: Sandbox) -> None:
    holders = {row["flex_id"] for row in sandbox.records("brokerengine")["cards"]}
    flex_id = next(row["FLEXId"] for row in sandbox.records()["applications"] if row["FLEXId"] not in holders)
    assert home.run("link", "C-1001", flex_id, "--yes")[0] == 0
    card = next(row for row in sandbox.records("brokerengine")["cards"] if row["id"] == "C-1001")
    assert (card["flex_id"], card["flex_kind"]) == (flex_id, "application")


@pytest.mark.parametrize(
    ("flex_id", "code"), [("..", "bad-flex-id"), ("1-ZZZZZZ", "not-in-flex"), ("$TAKEN", "taken")]
)
def test_an_id_that_can_not_be_linked_says_why(home: Home, sandbox: Sandbox, flex_id: str, code: str) -> None:
    taken = next(row for row in sandbox.records("brokerengine")["cards"] if row["flex_id"])
    given = taken["flex_id"] if flex_id == "$TAKEN" else flex_id
    exit_code, said = home.run("link", "C-1001", given, "--yes")
    assert (exit_code, said["error"]["code"]) == (1, code)
    if code == "taken":
        assert taken["id"] in said["error"]["message"]
    assert sandbox.writes() == []
    assert sandbox.writes("brokerengine") == []


def test_unlink_can_be_undone_and_a_push_after_it_asks(home: Home, sandbox: Sandbox) -> None:
    _, push = home.run("push", "card", "C-1001", "--yes")
    flex_id = next(
        s["remote_id"] for s in push["steps"] if s["entity"] == "opportunity" and s["system"] == "flex"
    )
    home.run("unlink", "C-1001", "--yes")
    assert any(row["FLEXId"] == flex_id for row in sandbox.records()["opportunities"])
    assert home.run("link", "C-1001", flex_id, "--yes")[1]["state"] == "linked"
    home.run("unlink", "C-1001", "--yes")
    code, again = home.run("push", "card", "C-1001", "--yes")
    step = next(s for s in again["steps"] if s["entity"] == "opportunity" and s["system"] == "flex")
    assert (code, again["state"], step["state"]) == (1, "needs-you", "conflict")
    assert step["error"]["code"] == "unlinked-before"
    assert step["candidates"] == [flex_id]


def _free_application(sandbox: Sandbox) -> str:
    holders = {row["flex_id"] for row in sandbox.records("brokerengine")["cards"]}
    return next(row["FLEXId"] for row in sandbox.records()["applications"] if row["FLEXId"] not in holders)


def test_a_link_is_stored_nowhere_before_it_is_confirmed(home: Home, sandbox: Sandbox) -> None:
    flex_id = _free_application(sandbox)
    code, said = home.run("link", "C-1001", flex_id)
    assert (code, said["error"]["code"]) == (1, "not-confirmed")
    assert (said["asset"], said["id"], said["flex_id"], said["was"]) == ("link", "C-1001", flex_id, None)
    (step,) = said["steps"]
    assert step["body"] == {"flex_id": flex_id, "flex_kind": "application"}
    other = home.run("link", "C-1001", flex_id, "--yes", "--plan", "00000000")
    assert (other[0], other[1]["error"]["code"]) == (1, "plan-changed")
    assert sandbox.writes("brokerengine") == []
    assert home.run("link", "C-1001", flex_id, "--yes", "--plan", said["plan"])[1]["state"] == "linked"
    code, said = home.run("unlink", "C-1001")
    assert (code, said["asset"], said["was"]) == (1, "unlink", flex_id)
    assert said["error"]["code"] == "not-confirmed"
    assert len(sandbox.writes("brokerengine")) == 1


def test_the_wrong_contact_of_a_person_is_replaced_and_taken_back(home: Home, sandbox: Sandbox) -> None:
    def in_brokerengine() -> str | None:
        contacts = sandbox.records("brokerengine")["contacts"]
        flex_id: str | None = next(row["flex_id"] for row in contacts if row["id"] == "P-2001")
        return flex_id

    wrong, right = sandbox.records()["contacts"][:2]
    assert home.run("link", "P-2001", wrong["FLEXId"], "--yes")[1]["person"] == "P-2001"
    assert in_brokerengine() == wrong["FLEXId"]
    _, asked = home.run("link", "P-2001", right["FLEXId"])
    assert (asked["flex_id"], asked["was"]) == (right["FLEXId"], wrong["FLEXId"])
    assert right["LastName"] in asked["warnings"][0]
    assert in_brokerengine() == wrong["FLEXId"]
    assert home.run("link", "P-2001", right["FLEXId"], "--yes", "--plan", asked["plan"])[0] == 0
    assert in_brokerengine() == right["FLEXId"]
    code, said = home.run("unlink", "P-2001", "--yes")
    assert (code, said["person"], said["flex_id"], said["state"]) == (0, "P-2001", None, "unlinked")
    assert in_brokerengine() is None
    assert sandbox.writes() == []
    _, preview = home.run("preview", "card", "C-1001")
    assert next(step["operation"] for step in preview["steps"] if step["entity"] == "person") == "create"


def test_an_id_that_is_neither_a_card_nor_a_person_is_named(home: Home) -> None:
    for command in (("link", "P-9999", "1-6D9UB"), ("unlink", "P-9999")):
        code, said = home.run(*command, "--yes")
        assert (code, said["error"]["code"]) == (1, "unknown-card")
        assert "no card and no person P-9999" in said["error"]["message"]


def test_people_can_be_sent_again_the_opportunity_not(home: Home, sandbox: Sandbox) -> None:
    home.run("push", "card", "C-1001", "--yes")
    sandbox.change("contacts", "P-2001", {"email": "linh.new@example.com"})
    before = len(sandbox.records()["opportunities"])
    code, push = home.run("push", "card", "C-1001", "--people", "--yes")
    assert (code, push["state"]) == (0, "done")
    assert {(s["operation"], s["entity"]) for s in push["steps"]} == {("update", "person")}
    assert any(
        row["EmailAddress"] == "linh.new@example.com"
        for row in sandbox.records()["contacts"]
        if "EmailAddress" in row
    )
    assert len(sandbox.records()["opportunities"]) == before
