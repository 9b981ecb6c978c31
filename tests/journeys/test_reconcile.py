"""`reconcile` on real HTTP: each kind of difference is found, what can be done is named, and nothing is written."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from textual.widgets import Input

from core.push.plan import Entity, System, make_ref
from core.push.records import Link
from data.book.book import open_book
from tests.journeys.console import at_rest, console, cursor, flat, toasts, until
from tests.support.few_contacts import unit_of
from tests.support.matrix import so_many
from tests.support.private import is_private
from tests.support.sandbox_home import Home, Sandbox
from tui.activity.receipt_dialog import ReceiptDialog
from tui.reconciliation.dialog import ReconciliationDialog
from tui.wiring.records import RECORDS

BOTH = ("simplenexus", "total-expert")
KINDS = {"gone", "merged", "moved", "other-person", "unknown-reference", "changed", "sum"}


def push(home: Home, card: str = "C-1001") -> str:
    """Push a card and return the push's id."""
    code, pushed = home.run("push", "card", card, "--yes")
    assert (code, pushed["state"]) == (0, "done"), pushed
    return str(pushed["push_id"])


def reconciled(home: Home, *options: str) -> tuple[int, dict[str, Any]]:
    code, report = home.run("reconcile", *options)
    assert {kind for kind, count in report["counts"].items() if count} == {
        row["kind"] for row in report["rows"]
    }
    assert report["counts"].keys() == KINDS
    return code, report


def only(report: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the one row of a report, which is of this kind."""
    (row,) = report["rows"]
    assert row["kind"] == kind, row
    return dict(row)


def link(home: Home, entity: str, local_id: str = "") -> dict[str, Any]:
    links = home.run("links")[1]["links"]
    return next(one for one in links if one["entity"] == entity and local_id in ("", one["local_id"]))


def writes(sandbox: Sandbox) -> list[Any]:
    return [seen for system in sandbox.urls for seen in sandbox.writes(system)]


def test_after_a_push_nothing_differs_the_sums_add_up_and_nothing_is_written(
    home: Home, sandbox: Sandbox
) -> None:
    push_id = push(home)
    sandbox.forget_requests()
    code, report = reconciled(home)
    assert (code, report["rows"]) == (0, [])
    assert writes(sandbox) == []
    (flex,) = report["systems"]
    assert (flex["system"], flex["error"]) == ("flex", None)
    assert flex["links"] == 4
    assert flex["values"] > 15
    (line,) = report["sums"]["lines"]
    expected = {"confirmed": 1, "arrived": 1, "in_part": 0, "refused": 0, "waiting": 0, "missing": 0}
    assert line.items() >= expected.items()
    assert (line["operator"], line["asset"], line["last_verified_receipt"]) == ("m.hale", "card", 1)
    assert report["sums"]["adds_up"]
    code, said, _ = home.say("reconcile", "flex")
    assert code == 0
    assert "1 confirmed: 1 arrived. The receipt is verified." in said
    assert "NOT COMPARED" in said
    assert "Nothing differs, but not everything was compared." in said
    assert push_id


@pytest.mark.parametrize(
    ("kind", "entity", "command"),
    [
        ("contacts", "person", "brokerdesk unlink P-2001"),
        ("opportunities", "opportunity", "brokerdesk unlink C-1001"),
        ("properties", "property", "brokerdesk checklist C-1001"),
    ],
)
def test_a_record_that_flex_has_no_longer_is_gone(
    home: Home, sandbox: Sandbox, kind: str, entity: str, command: str
) -> None:
    push(home)
    linked = link(home, entity)
    sandbox.ask("DELETE", f"records/flex/{kind}/{linked['remote_id']}")
    code, report = reconciled(home, "FLEX")
    row = only(report, "gone")
    assert code == 1
    assert (row["system"], row["local_id"], row["remote_id"]) == (
        "flex",
        linked["local_id"],
        linked["remote_id"],
    )
    assert row["commands"][0] == command
    assert row["operator"] == "m.hale"
    assert report["sums"]["adds_up"], "a record that is gone later did arrive"
    if entity != "property":
        assert home.run(*command.split()[1:], "--yes")[0] == 0, "the command works"
        left = reconciled(home, "FLEX")[1]["rows"]
        assert [one["entity"] for one in left if one["kind"] == "gone"] == []


def test_a_contact_whose_reference_another_contact_bears_was_merged(home: Home, sandbox: Sandbox) -> None:
    push(home)
    linked = link(home, "person")
    other = next(one for one in sandbox.records()["contacts"] if one["FLEXId"] != linked["remote_id"])
    sandbox.ask("DELETE", f"records/flex/contacts/{linked['remote_id']}")
    sandbox.change("contacts", other["FLEXId"], {"IntegrationId": linked["ref"]}, "flex")
    row = only(reconciled(home, "flex")[1], "merged")
    assert row["other_id"] == other["FLEXId"]
    assert row["commands"] == [f"brokerdesk link {linked['local_id']} {other['FLEXId']}"]
    assert home.run("link", linked["local_id"], other["FLEXId"], "--yes")[0] == 0, "the command works"
    kinds = {one["kind"] for one in reconciled(home, "flex")[1]["rows"]}
    assert "merged" not in kinds


def test_a_value_that_somebody_changes_in_flex_is_named_until_a_person_has_looked(
    home: Home, sandbox: Sandbox
) -> None:
    push_id = push(home)
    opportunity = link(home, "opportunity")
    sandbox.change("opportunities", opportunity["remote_id"], {"ProposedLoanAmount": 64000}, "flex")
    code, report = reconciled(home)
    row = only(report, "changed")
    assert (code, row["fields"]) == (1, ["Opportunity.ProposedLoanAmount"])
    assert row["commands"][0] == f"brokerdesk receipt {push_id} --check"
    assert "64000" not in json.dumps(report), "a report holds no value"
    assert home.run("receipt", push_id, "--check")[0] == 1
    assert reconciled(home)[0] == 0


def test_another_form_of_a_value_is_no_change(home: Home, sandbox: Sandbox) -> None:
    push(home)
    person = link(home, "person")
    held = next(one for one in sandbox.records()["contacts"] if one["FLEXId"] == person["remote_id"])
    patch = {"LastName": held["LastName"].upper(), "CellularPhone": held["CellularPhone"].replace(" ", "")}
    assert patch["CellularPhone"] != held["CellularPhone"]
    sandbox.change("contacts", person["remote_id"], patch, "flex")
    assert reconciled(home)[0] == 0


def test_a_linked_contact_that_is_another_person_now_is_asked_about(home: Home, sandbox: Sandbox) -> None:
    push(home)
    person = link(home, "person")
    patch = {"FirstName": "Wolfgang", "LastName": "Petersen", "DateOfBirth": "01/01/1951"}
    sandbox.change("contacts", person["remote_id"], patch, "flex")
    row = only(reconciled(home)[1], "other-person")
    assert (row["local_id"], row["remote_id"]) == (person["local_id"], person["remote_id"])
    assert row["commands"][0] == f"brokerdesk unlink {person['local_id']}"
    assert "Wolfgang" not in row["reason"]


def test_a_reference_that_another_book_of_the_workspace_made_is_found(
    home: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    other = Home.at(tmp_path / "other", sandbox)
    push(other)
    report = reconciled(home)[1]
    assert report["rows"] == [], "the card itself names the record"
    assert report["systems"][0]["other_books"] > 2
    sandbox.change("cards", "C-1001", {"flex_id": None, "flex_kind": None})
    code, report = reconciled(home)
    assert code == 1
    rows = {row["entity"]: row for row in report["rows"]}
    assert {row["kind"] for row in report["rows"]} == {"unknown-reference"}
    made = link(other, "opportunity")["remote_id"]
    assert (rows["opportunity"]["local_id"], rows["opportunity"]["remote_id"]) == ("C-1001", made)
    assert rows["opportunity"]["commands"] == [f"brokerdesk link C-1001 {made}"]
    assert {"person", "property"} < rows.keys()
    assert home.run("link", "C-1001", made, "--yes")[0] == 0, "the command works"
    assert "opportunity" not in {row["entity"] for row in reconciled(home)[1]["rows"]}


def test_a_reference_of_another_workspace_is_counted_and_no_difference(
    home: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    other = Home.at(tmp_path / "other", sandbox)
    config = other.path / "config.toml"
    config.write_text(
        config.read_text("utf-8").replace('workspace = "test"', 'workspace = "theirs"'), "utf-8"
    )
    push(other)
    code, report = reconciled(home)
    assert (code, report["rows"]) == (0, [])
    assert report["systems"][0]["unplaced_references"] > 2


def test_a_push_that_an_older_copy_of_the_book_does_not_have_keeps_the_sums_from_adding_up(
    home: Home, sandbox: Sandbox
) -> None:
    push(home, "C-1001")
    log = home.path / "test" / "book.log"
    older = log.read_bytes()
    push(home, "C-1003")
    log.write_bytes(older)
    code, report = reconciled(home)
    assert (code, report["sums"]["adds_up"]) == (1, False)
    assert sum(line["missing"] for line in report["sums"]["lines"]) == 1
    assert report["sums"]["total"]["confirmed"] == 2
    assert any("not in this book" in row["reason"] for row in report["rows"])
    code, said, _ = home.say("reconcile", "--operator", "M.Hale")
    assert code == 1
    assert said.startswith("Only what m.hale confirmed.")
    assert home.run("reconcile", "--last", "--operator", "nobody")[0] == 2
    _, said, _ = home.say("reconcile")
    assert "Confirmed by m.hale." in said
    assert "DOES NOT ADD UP by 1" in said
    assert "missing" in said


def test_a_receipt_that_somebody_changed_ends_what_is_verified(home: Home) -> None:
    for card in ("C-1001", "C-1003"):
        push(home, card)
    (file,) = (home.path / "test" / "receipts").glob("000002-*.json")
    file.write_text(file.read_text("utf-8").replace("640000", "650000").replace("C-1003", "C-1004"), "utf-8")
    code, report = reconciled(home)
    assert (code, report["sums"]["last_verified_receipt"]) == (1, 1)
    assert "brokerdesk receipt --verify" in [
        row["commands"][0] for row in report["rows"] if row["kind"] == "sum"
    ]


def test_a_file_that_is_no_receipt_any_more_is_named_and_breaks_nothing(home: Home) -> None:
    for card in ("C-1001", "C-1003"):
        push(home, card)
    folder = home.path / "test" / "receipts"
    (file,) = folder.glob("000002-*.json")
    for content in ("{}", '{"number": 2, "fields": [], "records": 5}', "[1]", "not JSON", ""):
        file.write_text(content, "utf-8")
        (folder / "000009-P1.json").write_text(content, "utf-8")
        code, report = reconciled(home)
        sums = report["sums"]
        assert (code, sums["last_verified_receipt"], sums["total"]["confirmed"]) == (1, 1, 2), content


def test_a_system_that_can_t_be_reached_costs_its_own_part_only(home: Home, sandbox: Sandbox) -> None:
    push(home)
    sandbox.faults("503 GET /flex/contacts")
    code, report = reconciled(home)
    (flex,) = report["systems"]
    assert (code, flex["error"]["code"] != "") == (3, True)
    assert report["sums"]["total"]["confirmed"] == 1
    _, said, _ = home.say("reconcile")
    assert "FLEX: not compared." in said
    sandbox.faults("")
    assert reconciled(home)[0] == 0


def test_the_last_report_is_kept_private_and_shown_without_a_request(home: Home, sandbox: Sandbox) -> None:
    code, said = home.run("reconcile", "--last")
    assert (code, said["error"]["code"]) == (1, "no-reconciliation")
    push(home)
    first = reconciled(home)[1]
    file = home.path / "test" / "reconcile.json"
    assert is_private(file)
    sandbox.forget_requests()
    code, last = home.run("reconcile", "--last")
    assert code == 0
    assert last == {**first, "by": "m.hale"}
    assert [seen for system in sandbox.urls for seen in sandbox.requests(system)] == []
    sandbox.faults("503 GET /flex/contacts")
    reconciled(home, "FLEX")
    assert home.run("reconcile", "--last")[1]["at"] == first["at"], "a part of a report replaces no whole one"


def test_a_name_that_is_no_system_names_those_that_are(home: Home) -> None:
    code, said = home.run("reconcile", "Salesforce")
    assert (code, said["error"]["code"]) == (2, "no-such-system")
    assert "FLEX" in said["error"]["fix"]


# -- what it costs ---------------------------------------------------------------------------------------


def link_many(home: Home, sandbox: Sandbox, count: int) -> None:
    """Let FLEX have so many more contacts, and the book a link to each."""
    url = sandbox.urls["flex"]
    with httpx.Client(trust_env=False) as http:
        signed = http.post(
            f"{url}/oauth/token", auth=("sandbox", "sandbox"), data={"grant_type": "client_credentials"}
        )
        head = {"authorization": f"Bearer {signed.json()['access_token']}"}
        links = []
        for n in range(count):
            ref = make_ref("test", System.FLEX, Entity.PERSON, f"P-{n:05}")
            body = {"IntegrationId": ref, "FirstName": "Linh", "LastName": "Nguyen"}
            made = http.post(f"{url}/contacts", json=body, headers=head)
            made.raise_for_status()
            links.append(Link(System.FLEX, Entity.PERSON, f"P-{n:05}", made.json()["FLEXId"], ref, 1.0))
    book = open_book(home.path / "test", RECORDS, operator="m.hale", write=True)
    asyncio.run(book.commit(*links))
    book.close()


@pytest.mark.parametrize(("count", "flex", "board"), [(100, 3, 1), (so_many(1_000, 400), so_many(8, 5), 1)])
def test_a_list_is_read_instead_of_each_record(
    home: Home, sandbox: Sandbox, count: int, flex: int, board: int
) -> None:
    link_many(home, sandbox, count)
    gone = link(home, "person", "P-00007")["remote_id"]
    sandbox.ask("DELETE", f"records/flex/contacts/{gone}")
    sandbox.forget_requests()
    code, report = reconciled(home)
    assert (code, report["systems"][0]["links"]) == (1, count)
    assert only(report, "gone")["remote_id"] == gone
    asked = {
        system: len([seen for seen in sandbox.requests(system) if "token" not in seen["path"]])
        for system in sandbox.urls
    }
    assert (asked["flex"], asked["brokerengine"]) == (flex + 1, board), "one more for what is gone"


# -- in the app ------------------------------------------------------------------------------------------


async def compare(pilot: Any) -> str:
    """Open the dialog, compare, and return what the screen says."""
    await pilot.press("f7")
    await until(pilot, lambda: isinstance(pilot.app.screen, ReconciliationDialog))
    await at_rest(pilot)
    await pilot.press("r")
    await at_rest(pilot)
    return flat(pilot)


async def test_the_app_shows_the_report_and_leads_to_where_it_is_mended(home: Home, sandbox: Sandbox) -> None:
    await asyncio.to_thread(push, home)
    person = (await asyncio.to_thread(link, home, "person"))["remote_id"]
    sandbox.ask("DELETE", f"records/flex/contacts/{person}")
    async with console(home, size=(80, 24)) as pilot:
        assert "≠" not in flat(pilot)
        for size in ((80, 24), (120, 34)):
            await pilot.resize_terminal(*size)
            said = await compare(pilot)
            assert "m.hale: 1 gone, but not everything was compared." in said, size
            assert "→ brokerdesk unlink P-2001 → brokerdesk links --find" in said, size
            assert "1 confirmed: 1 arrived" in said, size
            await pilot.press("enter")
            await until(pilot, lambda: not isinstance(pilot.app.screen, ReconciliationDialog))
            await at_rest(pilot)
            assert pilot.app.screen.query_one("#filter", Input).value == "C-1001"
            assert cursor(pilot) == "C-1001"
            assert "≠1" in flat(pilot), size
            await pilot.press("escape")
    assert [
        seen for seen in sandbox.writes() if "contacts" in seen["path"] and seen["method"] == "PATCH"
    ] == []


async def test_a_value_that_changed_leads_to_its_receipt_and_a_sum_says_why_it_leads_nowhere(
    home: Home, sandbox: Sandbox
) -> None:
    await asyncio.to_thread(push, home)
    opportunity = (await asyncio.to_thread(link, home, "opportunity"))["remote_id"]
    sandbox.change("opportunities", opportunity, {"ProposedLoanAmount": 64000}, "flex")
    async with console(home) as pilot:
        assert "Opportunity.ProposedLoanAmount" in await compare(pilot)
        await pilot.press("down", "t")
        assert isinstance(pilot.app.screen, ReconciliationDialog)
        assert "There is nothing to fix here." in toasts(pilot)
        await pilot.press("up", "t")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReceiptDialog))
        await pilot.press("escape")


# -- contacts --------------------------------------------------------------------------------------------


@pytest.fixture
def us(few_contacts: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk with the two contact systems, which has synced."""
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    few_contacts.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)
    home = Home.at(tmp_path / "home", few_contacts, 'writer = "desk"', systems=BOTH)
    assert home.run("sync", "--yes")[0] == 0
    return home


def the_pair() -> tuple[str, str]:
    (ours,), (theirs,) = unit_of("equal-email").ids
    return ours, theirs


def test_contacts_that_were_just_synced_do_not_differ_in_any_book_and_after_a_read_that_lost_a_page(
    us: Home, few_contacts: Sandbox, tmp_path: Path
) -> None:
    few_contacts.forget_requests()
    code, report = reconciled(us)
    assert (code, report["rows"]) == (0, [])
    assert writes(few_contacts) == []
    looks = {look["system"]: look for look in report["systems"]}
    assert looks.keys() == {*BOTH}
    assert all(look["links"] > 50 and look["values"] > 40 for look in looks.values())

    # Another book of the workspace: what was synced is linked by its references.
    other = Home.at(tmp_path / "other", few_contacts, 'writer = "desk"', systems=BOTH)
    code, report = reconciled(other)
    assert (code, report["rows"]) == (0, [])
    assert all(look["other_books"] and not look["unplaced_references"] for look in report["systems"])
    assert report["sums"]["total"]["confirmed"] == 0

    few_contacts.faults("empty-page GET /total-expert/contacts *1")
    code, report = reconciled(us, "--full")
    few_contacts.faults("")
    assert (code, report["rows"]) == (1, []), "nothing is called gone"
    assert {look["error"]["code"] for look in report["systems"]} == {"fewer-records"}
    assert "not compared" in us.say("reconcile", "--last")[1]
    assert reconciled(us)[0] == 1, "a person has not said yet how many are missing"
    assert reconciled(us, "--full")[0] == 0
    assert reconciled(us)[0] == 0


async def test_a_contact_that_was_removed_is_found_by_a_full_look_and_leads_to_the_contacts(
    us: Home, few_contacts: Sandbox
) -> None:
    ours, theirs = the_pair()
    few_contacts.ask("DELETE", f"records/total-expert/contacts/{theirs}")
    assert (await asyncio.to_thread(reconciled, us))[0] == 0, "an incremental read can't tell"
    code, report = await asyncio.to_thread(reconciled, us, "total expert", "--full")
    row = only(report, "gone")
    assert (code, row["system"], row["local_id"], row["remote_id"]) == (1, "total-expert", ours, theirs)
    assert row["commands"][0] == f"brokerdesk judge {ours} {theirs} unlink"
    assert (await asyncio.to_thread(reconciled, us, "--full"))[0] == 1
    async with console(us) as pilot:
        assert "≠1" in flat(pilot)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReconciliationDialog))
        await at_rest(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.query("#pair-filter"))
        await at_rest(pilot)
        assert pilot.app.screen.query_one("#pair-filter", Input).value == ours
        assert "Nothing matches" not in flat(pilot)
    judged = await asyncio.to_thread(us.run, "judge", ours, theirs, "unlink")
    assert judged[0] == 0, "the command works"
    assert (await asyncio.to_thread(reconciled, us))[0] == 0


def test_a_contact_that_somebody_changed_or_merged_after_the_sync_is_named(
    us: Home, few_contacts: Sandbox
) -> None:
    (push,) = [one for one in us.run("activity")[1]["pushes"] if one["asset"] == "sync"]
    made, changed = [one for one in push["steps"] if one["entity"] == "contact" and one["state"] == "done"][
        :2
    ]
    few_contacts.change("contacts", changed["remote_id"], {"phone_cell": "(617) 555-0199"}, "total-expert")
    row = only(reconciled(us)[1], "changed")
    assert (row["remote_id"], row["fields"]) == (changed["remote_id"], ["phone_cell"])

    into = unit_of("equal-email").ids[1][0]
    few_contacts.ask("POST", "contacts/merge", json={"from": made["remote_id"], "into": into})
    rows = reconciled(us, "--full")[1]["rows"]
    (row,) = [row for row in rows if row["kind"] == "merged"]
    assert (row["local_id"], row["remote_id"], row["other_id"]) == (made["local_id"], made["remote_id"], into)
    assert row["commands"][0] == f"brokerdesk judge {made['local_id']} {into} same"
