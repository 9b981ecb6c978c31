"""Every decision that the app takes has a command: steps that need a person, the checklist, near misses, milestones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.patience import wait_until
from tests.support.sandbox_home import Home, Sandbox, TypedLines

Push = dict[str, Any]

pytestmark = pytest.mark.usefixtures("impatient")


def _opportunities(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [
        row for row in sandbox.records()["opportunities"] if str(row.get("IntegrationId")).startswith("BD-")
    ]


def _step(push: Push, entity: str = "opportunity") -> dict[str, Any]:
    return next(
        step for step in push["steps"] if step["entity"] == entity and step["system"] == "flex"
    )  # fmt: skip


def _refused(home: Home, sandbox: Sandbox) -> Push:
    sandbox.faults("423 POST /flex/opportunities *1")
    push: Push = home.run("push", "card", "C-1001", "--yes")[1]
    assert _step(push)["state"] == "refused"
    return push


def _not_known(home: Home, sandbox: Sandbox, fault: str) -> Push:
    """Push a card so that it isn't known whether its opportunity arrived, and FLEX can't be asked."""
    sandbox.faults(f"delay=600 POST /flex/opportunities *1; {fault} POST /flex/opportunities *1")
    with ThreadPoolExecutor(1) as beside:
        pushing = beside.submit(home.run, "push", "card", "C-1001", "--yes")
        wait_until(
            lambda: pushing.done() or any("opportunities" in write["path"] for write in sandbox.writes())
        )
        assert not pushing.done(), pushing.result()
        sandbox.faults("503 GET /flex/opportunities")
        push: Push = pushing.result()[1]
    return push


def _decide(home: Home, push: Push, choice: str, *more: str, entity: str = "opportunity") -> tuple[int, Any]:
    return home.run("decide", push["push_id"], _step(push, entity)["ref"], choice, *more)


def test_a_refused_step_names_its_choices_and_is_sent_again(home: Home, sandbox: Sandbox) -> None:
    push = _refused(home, sandbox)
    assert _step(push)["choices"] == ["again", "leave"]
    writes = len(sandbox.writes())
    for wrong in ("there=1-6D9UB", "as-new", "not-there", "link=1-6D9UB", "overwrite"):
        code, said = _decide(home, push, wrong, "--yes")
        assert (code, said["error"]["code"]) == (1, "not-offered")
        assert "again, leave" in said["error"]["fix"]
    for nonsense in ("perhaps", "again=1-6D9UB", ""):
        code, said = _decide(home, push, nonsense, "--yes")
        assert (code, said["error"]["code"]) == (2, "not-offered")
        assert "again, leave, later" in said["error"]["fix"]
    assert len(sandbox.writes()) == writes
    code, done = _decide(home, push, "again", "--yes")
    assert (code, done["state"]) == (0, "done")
    assert len(_opportunities(sandbox)) == 1


def test_a_decision_is_shown_and_sends_nothing_without_a_yes(home: Home, sandbox: Sandbox) -> None:
    push = _refused(home, sandbox)
    code, shown = _decide(home, push, "again")
    assert (code, shown["error"]["code"], shown["plan"]) == (1, "not-confirmed", push["plan"])
    assert shown["decision"]["choice"] == "again"
    assert _decide(home, push, "again", "--yes", "--plan", "00000000")[1]["error"]["code"] == "plan-changed"
    assert _opportunities(sandbox) == []
    assert _decide(home, push, "again", "--yes", "--plan", shown["plan"])[0] == 0


def test_later_decides_nothing(home: Home, sandbox: Sandbox) -> None:
    push = _refused(home, sandbox)
    code, same = _decide(home, push, "later")
    assert (code, same["state"]) == (1, push["state"])
    assert _step(same) == _step(push)


def test_a_step_that_is_left_is_set_aside(home: Home, sandbox: Sandbox) -> None:
    push = _refused(home, sandbox)
    _, left = _decide(home, push, "leave", "--yes")
    assert _step(left)["state"] == "skipped"
    assert _opportunities(sandbox) == []


def test_a_step_or_a_push_that_is_not_there_is_named(home: Home, sandbox: Sandbox) -> None:
    push = _refused(home, sandbox)
    code, said = home.run("decide", push["push_id"], "BD-NOBODY", "again", "--yes")
    assert (code, said["error"]["code"]) == (1, "unknown-step")
    assert _step(push)["ref"] in said["error"]["fix"]
    assert home.run("decide", "P-none", "BD-NOBODY", "again")[1]["error"]["code"] == "unknown-push"


@pytest.mark.parametrize("fault", ["drop-reply", "drop-request"])
def test_not_known_and_it_is_not_there_makes_one_record(home: Home, sandbox: Sandbox, fault: str) -> None:
    push = _not_known(home, sandbox, fault)
    assert _step(push)["choices"] == ["there=ID", "not-there", "leave"]
    sandbox.faults("")
    code, done = _decide(home, push, "not-there", "--yes")
    assert (code, done["state"]) == (0, "done")
    assert len(_opportunities(sandbox)) == 1


def test_not_known_and_it_is_there_links_the_id(home: Home, sandbox: Sandbox) -> None:
    push = _not_known(home, sandbox, "drop-reply")
    (there,) = _opportunities(sandbox)
    assert _decide(home, push, "there", "--yes")[1]["error"]["code"] == "which-one"
    sandbox.faults("")
    code, done = _decide(home, push, f"there={there['FLEXId']}", "--yes")
    assert (code, _step(done)["remote_id"]) == (0, there["FLEXId"])
    assert len(_opportunities(sandbox)) == 1


def test_of_two_records_the_one_that_is_named_is_linked(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("late=5 POST /flex/opportunities *1")
    _, push = home.run("push", "card", "C-1001", "--yes")
    while len(_opportunities(sandbox)) < 2:
        sandbox.records()
    home.run("resume", "--yes")
    (asked,) = home.run("activity")[1]["pushes"]
    assert asked["push_id"] == push["push_id"]
    ids = sorted(row["FLEXId"] for row in _opportunities(sandbox))
    assert sorted(_step(asked)["choices"]) == sorted(["leave", *(f"link={flex_id}" for flex_id in ids)])
    code, said = _decide(home, asked, "link=1-6D9UB", "--yes")
    assert (code, said["error"]["code"]) == (1, "which-one")
    assert ids[0] in said["error"]["message"]
    code, done = _decide(home, asked, f"link={ids[0]}", "--yes")
    assert (code, _step(done)["remote_id"]) == (0, ids[0])


def test_a_decision_is_asked_about_at_a_terminal(
    home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    push = _refused(home, sandbox)
    monkeypatch.setattr("sys.stdin", TypedLines("y\n"))
    code, said, _ = home.say("decide", push["push_id"], _step(push)["ref"], "again")
    assert (code, said.count("[y/N]")) == (0, 1)
    assert "try again: send again, under the same reference" in said


def test_a_person_at_a_terminal_reads_which_command_settles_a_step(home: Home, sandbox: Sandbox) -> None:
    push = _refused(home, sandbox)
    command = f"brokerdesk decide {push['push_id']} {_step(push)['ref']} again|leave"
    assert command in home.say("activity")[1]
    assert home.say("activity")[1].count("decide") == 1, "only the step that needs a person"


def test_a_person_at_a_terminal_reads_what_to_look_for(home: Home, sandbox: Sandbox) -> None:
    push = _not_known(home, sandbox, "drop-reply")
    _, said, _ = home.say("activity", push["push_id"])
    assert "Did the opportunity arrive? What to look for in FLEX:" in said
    assert "Refinance, $640,000, 30 years" in said
    assert "Linh Nguyen" in said
    assert said.count("is there") == 2
    assert _step(push)["ref"] in said
    _, listed, _ = home.say("activity")
    assert "Nguyen, Linh & Tran, Bao" in listed


def test_one_push_goes_on_and_another_one_waits(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("401 POST /flex/contacts")
    pushes = [home.run("push", "card", card, "--yes")[1] for card in ("C-1001", "C-1006")]
    sandbox.faults("")
    code, shown = home.run("resume", pushes[1]["push_id"])
    assert (code, shown["plan"]) == (1, pushes[1]["plan"])
    code, done = home.run("resume", pushes[1]["push_id"], "--yes")
    assert (code, done["subject"], done["state"]) == (0, "C-1006", "done")
    states = {push["subject"]: push["state"] for push in home.run("activity")[1]["pushes"]}
    assert states == {"C-1001": "paused", "C-1006": "done"}
    assert home.run("resume", pushes[1]["push_id"])[0] == 0, "nothing is left to ask about"


# -- the checklist ------------------------------------------------------------------------------------------


def _rows(home: Home, *more: str, card: str = "C-1007") -> dict[str, bool]:
    code, shown = home.run("checklist", card, *more)
    assert (code, shown["card"]) == (0, card)
    return {row["place"]: row["ticked"] for row in shown["rows"]}


def test_the_checklist_is_ticked_by_name_or_place_and_the_ticks_last(home: Home, sandbox: Sandbox) -> None:
    rows = home.run("checklist", "C-1007")[1]["rows"]
    fixed = ("section", "source", "local_id", "target", "value", "fate", "reason", "ticked")
    assert rows
    assert all(list(row)[: len(fixed)] == list(fixed) for row in rows)
    assert {row["fate"] for row in rows} <= {"no-home", "refused"}
    _, preview = home.run("preview", "card", "C-1007")
    assert [(row["source"], row["value"]) for row in rows] == [
        (field["source"], field["source_value"])
        for field in preview["fields"]
        if field["fate"] in ("no-home", "refused")
    ]
    first, last = rows[0], rows[-1]
    assert _rows(home, "--tick", first["source"].upper())[first["place"]]
    ticked = _rows(home, "--tick", last["place"])
    assert [place for place, is_ticked in ticked.items() if is_ticked] == [first["place"], last["place"]]
    assert _rows(home) == ticked
    assert not _rows(home, "--untick", first["place"])[first["place"]]
    assert sandbox.writes() == []


def test_a_field_that_is_not_on_the_list_is_refused_with_those_that_are(home: Home) -> None:
    rows = home.run("checklist", "C-1007")[1]["rows"]
    code, said = home.run("checklist", "C-1007", "--tick", "Shoe size", "--tick", rows[0]["source"])
    assert (code, said["error"]["code"]) == (1, "unknown-field")
    assert rows[0]["source"] in said["error"]["message"]
    assert not any(_rows(home).values())


def test_a_name_that_several_fields_have_needs_a_place(home: Home) -> None:
    code, said = home.run("checklist", "C-1001", "--tick", "Employer")
    assert (code, said["error"]["code"]) == (1, "which-field")
    places = [place for place in _rows(home, card="C-1001") if place.endswith("Employer")]
    assert len(places) == 2
    assert all(f"“{place}”" in said["error"]["fix"] for place in places)
    assert _rows(home, "--tick", places[1], card="C-1001")[places[1]]


# -- products and notes -------------------------------------------------------------------------------------


def test_a_near_miss_is_taken_and_taken_back(home: Home, sandbox: Sandbox) -> None:
    product = {
        "id": "PR-near",
        "lender": "Banksia Credit Union",
        "name": "Basic Variable",
        "tracked": True,
        "shortlisted": True,
        "highlighted": False,
        "in_funding_position": False,
    }
    sandbox.change("cards", "C-1001", {"products": [product]})
    code, shown = home.run("products", "C-1001")
    (row,) = shown["products"]
    assert (code, row["linked"], row["near"]["name"]) == (0, False, "Basic Variable Loan")
    _, before = home.run("preview", "card", "C-1001")
    (taken,) = home.run("products", "C-1001", "--take", "PR-near")[1]["products"]
    assert (taken["linked"], taken["by_hand"], taken["entry"]) == (True, True, row["near"])
    _, after = home.run("preview", "card", "C-1001")
    assert {step["entity"] for step in after["steps"]} - {step["entity"] for step in before["steps"]} == {
        "product-link"
    }
    code, said = home.run("products", "C-1001", "--take", "PR-near")
    assert (code, said["error"]["code"]) == (1, "no-near-miss"), "a second time changes nothing"
    (back,) = home.run("products", "C-1001", "--take-back", "PR-near")[1]["products"]
    assert back == row
    (again,) = home.run("products", "C-1001", "--take", row["near"]["flex_id"])[1]["products"]
    assert again == taken
    assert home.run("products", "C-1001", "--take", "PR-none")[1]["error"]["code"] == "unknown-product"
    assert sandbox.writes() == []


def test_the_notes_of_a_card_are_listed_with_the_times_of_their_pushes(home: Home) -> None:
    code, shown = home.run("notes", "C-1013")
    ids = [note["id"] for note in shown["notes"]]
    assert (code, len(ids)) == (0, 2)
    assert not any(note["pushed_at"] for note in shown["notes"])
    assert home.run("push", "note", ids[0], "--yes")[0] == 0
    assert [bool(note["pushed_at"]) for note in home.run("notes", "C-1013")[1]["notes"]] == [True, False]
