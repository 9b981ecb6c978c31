"""Receipts from the command line, on real HTTP: a push proves that it arrived, and the files prove themselves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.receipts.records import ReceiptRecord
from data.book.book import open_book
from tests.support.private import is_private
from tests.support.sandbox_home import Home, Sandbox
from tui.wiring.records import RECORDS


def folder(home: Home) -> Path:
    return home.path / "test" / "receipts"


def push(home: Home, card: str = "C-1001") -> dict[str, Any]:
    """Push a card and return the receipt as `receipt PUSH --json` gives it."""
    code, pushed = home.run("push", "card", card, "--yes")
    assert (code, pushed["state"]) == (0, "done")
    assert pushed["receipt"]["all_arrived"]
    code, receipt = home.run("receipt", pushed["push_id"])
    assert code == 0
    return dict(receipt)


def test_after_a_push_every_value_that_was_sent_is_read_back(home: Home, sandbox: Sandbox) -> None:
    receipt = push(home)
    marks = {field["arrived"] for field in receipt["fields"]}
    assert marks == {"arrived", "not-sent"}
    kinds = {(record["system"], record["entity"]) for record in receipt["records"]}
    assert {entity for system, entity in kinds if system == "flex"} == {
        "person",
        "opportunity",
        "property",
        "product-link",
    }
    read = {field["step"] for field in receipt["fields"] if field["proof"] == "read-back"}
    assert read == set(range(len(receipt["records"])))
    assert receipt["desk"]["mode"] == "SANDBOX"
    assert receipt["desk"]["how"].startswith("command line: brokerdesk push card C-1001 --yes")
    assert (receipt["operator"], receipt["desk"]["workspace"]) == ("m.hale", "test")
    assert not [seen for seen in sandbox.writes() if seen["status"] >= 300]


def test_every_line_of_the_preview_that_holds_something_is_in_the_receipt(home: Home) -> None:
    preview = home.run("preview", "card", "C-1001")[1]
    receipt = push(home)
    shown = [(f["source"], f["local_id"], f["fate"]) for f in preview["fields"] if f["fate"] != "empty"]
    kept = [
        (f["source"], f["local_id"], f["fate"])
        for f in receipt["fields"]
        if f["target"] not in ("flex_id", "flex_kind")
    ]
    assert kept == shown
    assert receipt["warnings"] == preview["warnings"]
    assert receipt["plan"] == preview["plan"]


def test_a_value_that_somebody_changes_after_the_push_differs_at_the_next_check(
    home: Home, sandbox: Sandbox
) -> None:
    receipt = push(home)
    opportunity = next(
        r["remote_id"] for r in receipt["records"] if r["entity"] == "opportunity" and r["system"] == "flex"
    )
    sandbox.change("opportunities", opportunity, {"ProposedLoanAmount": 64000}, "flex")
    code, again = home.run("receipt", receipt["push_id"], "--check")
    (differs,) = [field for field in again["fields"] if field["arrived"] == "differs"]
    assert (code, differs["sent"], differs["found"]) == (1, 640000, 64000)
    assert (again["number"], again["replaces"]) == (2, 1)


def test_what_can_t_be_read_back_leaves_the_push_done_and_is_checked_later(
    home: Home, sandbox: Sandbox
) -> None:
    sandbox.faults("bad-json GET /flex/opportunities/*/product-links")
    code, pushed = home.run("push", "card", "C-1001", "--yes")
    assert (code, pushed["state"], pushed["receipt"]["all_arrived"]) == (0, "done", False)
    assert pushed["receipt"]["counts"]["not-read"] > 0
    sandbox.faults("")
    assert home.run("receipt", pushed["push_id"], "--check")[0] == 0


def test_the_files_are_private_and_prove_themselves_without_the_desk(home: Home, tmp_path: Path) -> None:
    push(home)
    push(home, "C-1003")
    files = sorted(folder(home).iterdir())
    assert [is_private(file) for file in files] == [True] * 4
    assert is_private(folder(home))
    nowhere = Home(tmp_path / "nowhere")
    code, checked = nowhere.run("receipt", "--verify", *map(str, files))
    assert (code, checked["sound"], checked["checked"]) == (0, True, 2)
    assert not nowhere.path.exists()


@pytest.mark.parametrize("ending", ["json", "html"])
def test_a_file_that_somebody_changed_is_found(home: Home, ending: str) -> None:
    push(home)
    (file,) = folder(home).glob(f"*.{ending}")
    content = file.read_text("utf-8")
    assert "Linh" in content
    file.write_text(content.replace("Linh", "Lynn", 1), "utf-8")
    code, checked = home.run("receipt", "--verify", str(file))
    assert (code, checked["sound"]) == (1, False)


def test_a_receipt_that_is_missing_in_the_middle_or_at_the_end_is_found(home: Home) -> None:
    for card in ("C-1001", "C-1003", "C-1008"):
        push(home, card)
    assert home.run("receipt", "--verify")[1]["sound"]
    first, second, third = (sorted(folder(home).glob(f"{n:06}-*")) for n in (1, 2, 3))
    code, checked = home.run("receipt", "--verify", *map(str, first + third))
    assert (code, [fault["fault"] for fault in checked["faults"]]) == (1, ["missing"])
    for file in third:
        file.unlink()
    assert home.run("receipt", "--verify", *map(str, first + second))[0] == 0, "the files alone can't know"
    code, checked = home.run("receipt", "--verify")
    assert (code, [fault["what"] for fault in checked["faults"]]) == (1, ["3"])


def test_the_page_is_written_where_it_is_wanted(home: Home, tmp_path: Path) -> None:
    receipt = push(home)
    home.run("receipt", receipt["push_id"], "--html", str(tmp_path / "on file.html"))
    page = tmp_path / "on file.html"
    assert is_private(page)
    assert page.read_bytes() == next(folder(home).glob("*.html")).read_bytes()


def test_all_receipts_are_listed_and_one_that_is_not_there_is_said(home: Home) -> None:
    assert home.run("receipt") == (0, {"receipts": []})
    receipt = push(home)
    _, listed = home.run("receipt")
    assert [(one["number"], one["push_id"]) for one in listed["receipts"]] == [(1, receipt["push_id"])]
    assert receipt["push_id"] in home.say("receipt")[1]
    assert home.run("receipt", "P0")[1]["error"]["code"] == "no-receipt"
    assert "63 arrived" in home.say("receipt", receipt["push_id"])[1]


async def _grow_old(home: Home, years: float) -> None:
    """Let every receipt be older by some years."""
    with open_book(home.path / "test", RECORDS, operator="m.hale") as book:
        for record in await book.all(ReceiptRecord):
            at = record.written_at - years * 366 * 86_400
            await book.commit(msgspec.structs.replace(record, written_at=at))


def test_old_receipts_go_only_when_somebody_says_so_and_the_chain_stays_whole(home: Home) -> None:
    push(home)
    assert home.run("receipt", "--remove-old", "--yes")[1] == {"years": 7, "old": [], "removed": []}
    asyncio.run(_grow_old(home, 8))
    code, told = home.run("receipt", "--remove-old")
    assert (code, len(told["old"]), told["removed"]) == (1, 1, [])
    assert len(list(folder(home).iterdir())) == 2
    assert home.run("receipt", "--remove-old", "--yes")[1]["removed"] == [1]
    assert [file.name for file in folder(home).iterdir()] == ["000001-removed.json"]
    push(home, "C-1003")
    assert home.run("receipt", "--verify")[1]["sound"]


def test_forget_lists_the_receipts_that_name_a_person_and_removes_them_if_told_so(home: Home) -> None:
    receipt = push(home)
    code, told = home.run("forget", "P-2001", "--yes")
    assert (code, told["receipts"][0]["number"], told["receipts"][0]["goes"]) == (0, 1, False)
    assert any(remains["where"] == "receipts" for remains in told["remains"])
    assert home.run("receipt", receipt["push_id"])[0] == 0
    code, told = home.run("forget", "P-2001", "--receipts", "--yes")
    assert (code, told["counts"]["receipts"], told["receipts"][0]["goes"]) == (0, 1, True)
    (stub,) = folder(home).iterdir()
    left = json.loads(stub.read_text())
    assert "Linh" not in stub.read_text()
    assert (left["number"], left["why"]) == (1, "a person or card was forgotten")


def test_a_sync_has_a_receipt_of_every_contact(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKERDESK_SIMPLENEXUS_SECRET", "sandbox")
    monkeypatch.setenv("BROKERDESK_TOTAL_EXPERT_SECRET", "sandbox")
    # The tests of one worker share a sandbox, and Total Expert gives few tokens an hour.
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)
    contacts_home = Home.at(tmp_path / "home", sandbox, systems=("simplenexus", "total-expert"))
    code, synced = contacts_home.run("sync", "--yes")
    assert code == 0
    _, receipt = contacts_home.run("receipt", synced["push_id"])
    marks = [field["arrived"] for field in receipt["fields"]]
    assert set(marks) == {"arrived", "not-sent"}, "what has no home is on the receipt"
    assert len(receipt["records"]) > 20, "more than are read one by one"
