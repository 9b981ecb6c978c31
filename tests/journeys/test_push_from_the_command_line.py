"""A card reaches FLEX from the command line, on real HTTP, and what can go wrong on the way says so."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.support.patience import wait_until
from tests.support.sandbox_home import Home, Sandbox, TypedLines


def test_a_card_reaches_flex_once_and_the_links_say_where(home: Home, sandbox: Sandbox) -> None:
    code, preview = home.run("preview", "card", "C-1001")
    assert (code, preview["pushable"], preview["asset"], preview["id"]) == (0, True, "card", "C-1001")

    code, push = home.run("push", "card", "C-1001", "--yes", "--plan", preview["plan"])
    assert (code, push["state"], push["plan"]) == (0, "done", preview["plan"])
    assert [step["ref"] for step in push["steps"]] == [step["ref"] for step in preview["steps"]]

    held = sandbox.records()
    links = {(link["entity"], link["local_id"]): link for link in home.run("links")[1]["links"]}
    opportunity = links["opportunity", "C-1001"]
    (there,) = [row for row in held["opportunities"] if row["FLEXId"] == opportunity["remote_id"]]
    assert there["IntegrationId"] == opportunity["ref"]
    assert there["ProposedLoanAmount"] == 640000
    people = {row["FLEXId"]: row for row in held["contacts"]}
    assert people[links["person", "P-2001"]["remote_id"]]["DateOfBirth"] == "29/02/1988"

    board = sandbox.records("brokerengine")
    card = next(row for row in board["cards"] if row["id"] == "C-1001")
    assert card["flex_id"] == opportunity["remote_id"]
    contact = next(row for row in board["contacts"] if row["id"] == "P-2001")
    assert contact["flex_id"] == links["person", "P-2001"]["remote_id"]


def test_a_list_of_cards_needs_no_contact_system(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    systems = ("brokerengine", "flex", "simplenexus", "total-expert")
    home = Home.at(tmp_path / "all", sandbox, systems=systems)
    for system in ("BROKERENGINE", "FLEX"):
        monkeypatch.setenv(f"BROKERDESK_{system}_SECRET", "sandbox")
    monkeypatch.delenv("BROKERDESK_TOTAL_EXPERT_SECRET", raising=False)
    code, board = home.run("cards")
    assert (code, len(board["cards"])) == (0, len(sandbox.records("brokerengine")["cards"]))
    assert [sandbox.requests(system) for system in systems[2:]] == [[], []]


def test_a_second_push_is_refused_and_writes_nothing(home: Home, sandbox: Sandbox) -> None:
    home.run("push", "card", "C-1001", "--yes")
    before = len(sandbox.writes()) + len(sandbox.writes("brokerengine"))
    code, said = home.run("push", "card", "C-1001", "--yes")
    assert (code, said["error"]["code"]) == (1, "already-linked")
    assert len(sandbox.writes()) + len(sandbox.writes("brokerengine")) == before


def test_a_second_empty_book_makes_no_second_opportunity(
    home: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    _, first = home.run("push", "card", "C-1001", "--yes")
    other = Home.at(tmp_path / "laptop", sandbox)
    assert other.run("push", "card", "C-1001", "--yes")[1]["error"]["code"] == "already-linked"
    # even where the write-back never reached BrokerEngine
    sandbox.change("cards", "C-1001", {"flex_id": None, "flex_kind": None})
    for person in ("P-2001", "P-2002"):
        sandbox.change("contacts", person, {"flex_id": None})
    code, again = other.run("push", "card", "C-1001", "--yes")
    assert (code, again["state"]) == (0, "done")
    refs = {step["ref"] for step in first["steps"] if step["system"] == "flex"}
    held = sandbox.records()
    for kind in ("contacts", "opportunities", "properties", "product-links"):
        ours = [row["IntegrationId"] for row in held[kind] if row.get("IntegrationId") in refs]
        assert len(ours) == len(set(ours)), kind


def test_nothing_is_sent_without_a_yes(home: Home, sandbox: Sandbox) -> None:
    code, said = home.run("push", "card", "C-1001")
    assert (code, said["error"]["code"]) == (1, "not-confirmed")
    assert sandbox.writes() == []


def test_a_plan_that_is_no_longer_the_one_is_refused(home: Home, sandbox: Sandbox) -> None:
    _, preview = home.run("preview", "card", "C-1001")
    sandbox.change("cards", "C-1001", {"requirements": {"loan_amount": "700000.00"}})
    code, said = home.run("push", "card", "C-1001", "--yes", "--plan", preview["plan"])
    assert (code, said["error"]["code"]) == (1, "plan-changed")
    assert sandbox.writes() == []


def test_two_cards_that_share_a_client_make_one_person(home: Home, sandbox: Sandbox) -> None:
    _, first = home.run("push", "card", "C-1002", "--yes")
    _, second = home.run("push", "card", "C-1003", "--yes")
    assert first["state"] == second["state"] == "done"
    shared = {s["local_id"] for s in first["steps"] if s["entity"] == "person"} & {
        s["local_id"] for s in second["steps"] if s["entity"] == "person"
    }
    assert shared
    refs = {s["ref"] for s in first["steps"] if s["entity"] == "person" and s["system"] == "flex"}
    for ref in refs:
        assert len(sandbox.ours("contacts", ref)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        "drop-reply",
        "drop-request",
        "500-after",
        "500",
        "bad-json",
        "no-id",
        "other-id",
        "truncate",
        "429=0",
        "html",
        "409",
    ],
)
def test_a_fault_on_the_way_leaves_one_of_each_record(home: Home, sandbox: Sandbox, fault: str) -> None:
    for collection in ("contacts", "opportunities", "properties"):
        sandbox.faults(f"{fault} POST /flex/{collection} *1")
    code, push = home.run("push", "card", "C-1001", "--yes")
    assert (code, push["state"]) == (0, "done"), push
    for step in push["steps"]:
        if step["system"] == "flex" and step["operation"] == "create":
            kind = {"person": "contacts", "opportunity": "opportunities", "property": "properties"}[
                step["entity"]
            ]
            (row,) = sandbox.ours(kind, step["ref"])
            assert row["FLEXId"] == step["remote_id"]


def test_a_refusal_leaves_what_is_done_and_blocks_what_depends_on_it(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("423 POST /flex/opportunities *1")
    code, push = home.run("push", "card", "C-1001", "--yes")
    states = {(s["entity"], s["system"]): s["state"] for s in push["steps"]}
    assert (code, push["state"]) == (1, "partial")
    assert states["opportunity", "flex"] == "refused"
    assert states["property", "flex"] == states["product-link", "flex"] == "blocked"
    assert states["person", "flex"] == states["person", "brokerengine"] == "done"
    # corrected at the other end, the card can be pushed again, and nobody is made twice
    code, again = home.run("push", "card", "C-1001", "--yes")
    assert (code, again["state"]) == (0, "done")
    assert [s["operation"] for s in again["steps"] if s["entity"] == "person" and s["system"] == "flex"] == [
        "update",
        "update",
    ]


# -- bad input: one clear message, the documented exit code, no traceback -----------------------------------


def test_an_unknown_card_says_so(home: Home) -> None:
    code, said = home.run("preview", "card", "C-9999")
    assert (code, said["error"]["code"]) == (1, "unknown-card")
    assert "C-9999" in said["error"]["message"]


def test_a_card_whose_flex_id_is_no_text_is_set_aside_by_name(home: Home, sandbox: Sandbox) -> None:
    sandbox.change("cards", "C-1007", {"flex_id": ["1-6D9UB"]})
    code, said = home.run("push", "card", "C-1007", "--yes")
    assert (code, said["error"]["code"]) == (1, "bad-record")
    assert "C-1007" in said["error"]["message"]
    assert "flex id" in said["error"]["message"]
    assert home.run("preview", "card", "C-1001")[0] == 0


def test_an_amount_that_is_no_number_is_not_sent_and_costs_nothing_else(home: Home, sandbox: Sandbox) -> None:
    _, preview = home.run("preview", "card", "C-1005")
    (amount,) = (field for field in preview["fields"] if field["source"] == "Loan Amount")
    assert (amount["fate"], amount["value"], amount["reason"]) == ("refused", None, "it isn't a number")
    assert any("six hundred" in warning for warning in preview["warnings"])
    code, said = home.run("push", "card", "C-1005", "--yes")
    assert (code, said["state"]) == (0, "done")
    (flex_id,) = (
        step["remote_id"]
        for step in said["steps"]
        if step["entity"] == "opportunity" and step["system"] == "flex"
    )
    (made,) = (record for record in sandbox.records()["opportunities"] if record["FLEXId"] == flex_id)
    assert "ProposedLoanTerm" in made
    assert "ProposedLoanAmount" not in made


def test_a_card_without_a_last_name_can_be_seen_and_not_pushed(home: Home, sandbox: Sandbox) -> None:
    _, preview = home.run("preview", "card", "C-1004")
    assert not preview["pushable"]
    assert "last name" in preview["reasons"][0]
    code, said = home.run("push", "card", "C-1004", "--yes")
    assert (code, said["error"]["code"]) == (1, "name-missing")
    assert sandbox.writes() == []


def test_a_system_that_is_not_there_is_named(home: Home, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = home.path / "config.toml"
    text = config.read_text("utf-8")
    url = next(line for line in text.splitlines() if line.startswith("url") and "brokerengine" in line)
    config.write_text(text.replace(url, f'url = "http://127.0.0.1:{port}/brokerengine"'), "utf-8")
    code, said = home.run("cards")
    assert (code, said["error"]["code"]) == (3, "unreachable")
    assert "BrokerEngine" in said["error"]["message"]


def test_a_wrong_secret_is_named_and_never_shown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKERDESK_BROKERENGINE_SECRET", "not-the-secret")
    code, said = home.run("cards")
    assert (code, said["error"]["code"]) == (3, "wrong-secret")
    assert "not-the-secret" not in json.dumps(said)


def test_an_unknown_key_of_the_config_is_refused_by_name(home: Home) -> None:
    config = home.path / "config.toml"
    config.write_text(config.read_text("utf-8").replace("operator", "opperator"), "utf-8")
    code, said = home.run("cards")
    assert (code, said["error"]["code"]) == (2, "unknown-key")
    assert "opperator" in said["error"]["message"]
    assert "operator" in said["error"]["fix"]


def test_a_damaged_book_is_not_opened_and_not_overwritten(home: Home) -> None:
    home.run("push", "card", "C-1001", "--yes")
    log = home.path / "test" / "book.log"
    damaged = bytearray(log.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    log.write_bytes(damaged)
    code, said = home.run("push", "card", "C-1002", "--yes")
    assert (code, said["error"]["code"]) == (4, "book-damaged")
    assert str(log) in said["error"]["message"]
    assert log.read_bytes() == damaged


def test_a_book_that_another_process_holds_is_read_only_and_says_who(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("hang POST /flex/contacts *1")
    holder = home.spawn("push", "card", "C-1002", "--yes")
    try:
        wait_until(lambda: sandbox.writes() or holder.poll() is not None, sandbox.process.pid)
        assert holder.poll() is None
        code, said = home.run("push", "card", "C-1001", "--yes")
        assert (code, said["error"]["code"]) == (4, "book-locked")
        assert str(holder.pid) in said["error"]["message"]
        assert home.run("cards")[0] == 0
    finally:
        holder.kill()
        holder.communicate()


def test_plain_output_is_for_people_and_errors_go_to_stderr(home: Home) -> None:
    code, out, err = home.say("preview", "card", "C-1001")
    assert code == 0
    assert "Harbour Mutual" in out
    assert not err
    code, out, err = home.say("push", "card", "C-1004", "--yes")
    assert (code, out) == (1, "")
    assert "Traceback" not in err
    assert "BrokerEngine" in err


# -- several cards ----------------------------------------------------------------------------------------


def _linked(sandbox: Sandbox) -> set[str]:
    return {row["id"] for row in sandbox.records("brokerengine")["cards"] if row["flex_id"]}


def test_several_cards_are_pushed_in_turn_and_each_result_is_listed_in_the_order_named(
    home: Home, sandbox: Sandbox
) -> None:
    before = _linked(sandbox)
    code, results = home.run("push", "card", "C-1006", "C-9999", "C-1004", "C-1001", "C-1006", "--yes")
    assert [result["subject"] for result in results] == ["C-1006", "C-9999", "C-1004", "C-1001"]
    assert [result.get("state") for result in results] == ["done", None, None, "done"]
    assert results[1]["push_id"] is None
    assert results[1]["error"]["code"] == "unknown-card"
    _, preview = home.run("preview", "card", "C-1004")
    assert results[2]["error"]["code"] == preview["reason_codes"][0]
    assert results[2]["error"]["message"] == " ".join(preview["reasons"])
    assert code == 1
    assert _linked(sandbox) - before == {"C-1001", "C-1006"}


def test_several_cards_that_all_arrive_end_with_exit_code_0(home: Home) -> None:
    code, results = home.run("push", "card", "C-1001", "C-1006", "--yes")
    assert (code, [result["state"] for result in results]) == (0, ["done", "done"])
    assert home.run("push", "card", "C-1002", "--yes")[1]["state"] == "done"  # a single card is not a list


def test_several_cards_need_a_yes(home: Home, sandbox: Sandbox) -> None:
    code, said = home.run("push", "card", "C-1001", "C-1006")
    assert (code, said["error"]["code"]) == (1, "not-confirmed")
    assert sandbox.writes() == []


@pytest.mark.parametrize(("answer", "arrive"), [("y", 2), ("n", 0), ("", 0)])
def test_several_cards_are_listed_and_asked_about_once(
    home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, answer: str, arrive: int
) -> None:
    before = _linked(sandbox)
    monkeypatch.setattr("sys.stdin", TypedLines(f"{answer}\n"))
    code, said, _ = home.say("push", "card", "C-1001", "C-1004", "C-1006")
    assert said.count("[y/N]") == 1
    assert "Push 2 cards with " in said
    assert "C-1004  ✗ " in said.partition("[y/N]")[0]
    assert code == 1
    assert len(_linked(sandbox) - before) == arrive
    assert ("Nothing was sent." in said) is (arrive == 0)


@pytest.mark.parametrize(
    "option",
    [("--people",), ("--person", "P-2001=1-6D9UB"), ("--override-fact-find", "C-1004")],
)
def test_an_option_about_one_card_is_refused_for_several(
    home: Home, sandbox: Sandbox, option: tuple[str, ...]
) -> None:
    code, said = home.run("push", "card", "C-1001", "C-1006", "--yes", *option)
    assert (code, said["error"]["code"]) == (2, "one-card")
    assert option[0] in said["error"]["message"]
    assert sandbox.writes() == []


def test_several_cards_of_which_none_can_go_ask_nothing(home: Home, sandbox: Sandbox) -> None:
    code, results = home.run("push", "card", "C-1004", "C-9999")
    assert (code, [result["push_id"] for result in results]) == (1, [None, None])
    assert sandbox.writes() == []
