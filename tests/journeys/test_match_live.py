"""The two live systems matched from the command line, and the contact desk that the app opens."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest

from core.push.plan import Entity, System, make_ref
from core.push.records import Link
from data.sandbox.seeding.contacts import people, truth
from data.sandbox.server import DEFAULT_CONTACTS, DEFAULT_SEED
from tests.support.private import is_private
from tests.support.sandbox_home import Home, Sandbox
from tui.cli.main import main
from tui.wiring import open_book, open_contacts, open_desk, settings_of

BOTH = ("simplenexus", "total-expert")
KNOWN = truth(DEFAULT_SEED, DEFAULT_CONTACTS)


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk that has the two contact systems and no other."""
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    # The limits of a minute and an hour are those of one desk; here each test is one.
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
    return us_home(tmp_path / "home", sandbox)


def us_home(path: Path, sandbox: Sandbox, more: str = 'one_way = "one-way.txt"') -> Home:
    home = Home.at(path, sandbox, more, systems=BOTH)
    (path / "one-way.txt").write_text("\n".join(["# carried", *KNOWN.one_way]), "utf-8")
    return home


def planted(case: str) -> tuple[str, str]:
    unit = next(one for one in people(DEFAULT_SEED, DEFAULT_CONTACTS) if one.case.name == case)
    (ours,), (theirs,) = unit.ids
    return ours, theirs


def pair_of(said: Any, one: str) -> tuple[str, list[str], list[str]]:
    (row,) = [row for row in said["pairs"] if one in (*row["simplenexus_ids"], *row["total_expert_ids"])]
    return row["verdict"], row["simplenexus_ids"], row["total_expert_ids"]


def test_a_second_match_asks_for_the_changes_and_a_full_one_finds_who_was_removed(
    us: Home, sandbox: Sandbox
) -> None:
    ours, theirs = planted("equal-email")
    _, first = us.run("match")
    assert [(one["kind"], one["why"]) for one in first["read"]] == [
        ("full", "nothing is kept of an earlier read")
    ] * 2
    changed = {"first_name": "Somebody", "last_name": "Else", "email": "else@x.example"}
    sandbox.change("contacts", theirs, changed, "total-expert")
    _, second = us.run("match")
    assert [one["kind"] for one in second["read"]] == ["incremental"] * 2
    assert [one["full_at"] for one in second["read"]] == [one["full_at"] for one in first["read"]]
    assert pair_of(second, ours)[0] == "push"
    sandbox.ask("DELETE", f"records/total-expert/contacts/{theirs}")
    _, third = us.run("match")
    assert pair_of(third, theirs)[0] == "import"
    _, full = us.run("match", "--full")
    assert [(one["kind"], one["why"]) for one in full["read"]] == [("full", "asked for")] * 2
    assert theirs not in {one for row in full["pairs"] for one in row["total_expert_ids"]}
    _, text, _ = us.say("match")
    assert "SimpleNexus: 0 changed since the last read; read in full on" in text


def test_forget_removes_the_copy_that_names_somebody_and_the_next_match_reads_in_full(us: Home) -> None:
    _, theirs = planted("equal-email")
    us.run("match")
    copy = us.path / "test" / "contacts" / "total-expert.copy"
    assert theirs in copy.read_text("utf-8")
    code, told = us.run("forget", theirs, "--yes")
    assert (code, told["counts"]) == (0, {"contact-copies": 1})
    assert not copy.exists()
    assert [one["kind"] for one in us.run("match")[1]["read"]] == ["incremental", "full"]


def test_a_profile_without_flex_matches_what_its_two_systems_hold(us: Home, sandbox: Sandbox) -> None:
    code, said = us.run("match")
    assert code == 0
    assert set(said) == {"counts", "pairs", "read", "set_aside"}
    assert {verdict: count for verdict, count in said["counts"].items() if count} == KNOWN.verdicts
    ours, theirs = planted("equal-email")
    assert pair_of(said, ours) == ("link", [ours], [theirs])
    assert said["set_aside"] == []
    for system in BOTH:
        assert sandbox.writes(system) == []


def test_an_odd_email_is_said_and_never_matched_and_the_rest_is(us: Home, sandbox: Sandbox) -> None:
    ours, theirs = planted("equal-email")
    sandbox.change("contacts", theirs, {"email": 7}, system="total-expert")
    code, said = us.run("match")
    assert code == 0
    (aside,) = said["set_aside"]
    assert (aside["system"], aside["id"]) == ("total-expert", theirs)
    assert "email" in aside["reason"]
    assert pair_of(said, ours) == (
        "possible-duplicate",
        [ours],
        [theirs],
    )  # by name and phone, and a person is asked
    _, out, _ = us.say("match")
    assert f"total-expert {theirs}: " in out.partition("SET ASIDE")[2]


def test_users_are_tied_as_the_profile_corrects_it(us: Home, sandbox: Sandbox, tmp_path: Path) -> None:
    more = '[profiles.test.owners]\n"jo.lindqvist@example.com" = "colin.mabry@example.com"'
    _, said = us_home(tmp_path / "other", sandbox, more).run("match")
    untied = KNOWN.cases["untied-officer"] + KNOWN.cases["untied-owner"]
    assert said["counts"]["cannot"] == KNOWN.verdicts["cannot"] - untied
    assert said["set_aside"] == []


@pytest.mark.parametrize("system", BOTH)
def test_a_system_that_is_down_is_said_and_nothing_else(us: Home, sandbox: Sandbox, system: str) -> None:
    sandbox.faults(f"503 GET /{system}")
    code, out, said = us.say("match")
    assert (code, out) == (3, "")
    assert {"simplenexus": "SimpleNexus", "total-expert": "Total Expert"}[system] in said
    assert "Traceback" not in said


def test_a_profile_with_one_of_the_two_says_which_is_missing(
    us: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    alone = Home.at(tmp_path / "alone", sandbox, systems=("simplenexus",))
    code, said = alone.run("match")
    assert (code, said["error"]["code"]) == (2, "not-configured")
    assert "total-expert" in said["error"]["message"]
    assert "[profiles.test.total_expert]" in said["error"]["fix"]


def test_a_wrong_line_of_the_one_way_file_is_named(us: Home) -> None:
    (us.path / "one-way.txt").write_text("dana.whitlock@example.com\nDana\n", "utf-8")
    code, said = us.run("match")
    assert (code, said["error"]["code"]) == (2, "bad-one-way")
    assert "line 2" in said["error"]["message"]


async def test_links_of_the_book_stand(us: Home) -> None:
    ours, theirs = planted("changed-email")
    ref = make_ref("test", System.TOTAL_EXPERT, Entity.CONTACT, ours)
    book = await open_book(settings_of(str(us.path), None), write=True)
    await book.commit(Link(System.TOTAL_EXPERT, Entity.CONTACT, ours, theirs, ref, 1.0))
    book.close()
    async with open_contacts(settings_of(str(us.path), None)) as desk:
        gathered = await desk.gather()
    assert (ours, theirs) in gathered.links


def test_a_second_run_asks_for_no_second_token(us: Home, sandbox: Sandbox) -> None:
    for _ in range(3):
        assert us.run("match")[0] == 0
    asked = [one for one in sandbox.requests("total-expert") if one["path"].endswith("/token")]
    assert len(asked) == 1
    (kept,) = (us.path / "test").glob("token-*.json")
    assert is_private(kept)


def test_progress_is_shown_on_a_terminal_alone(us: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    assert main(["match", "--out", str(us.path / "rows"), "--home", str(us.path)]) == 0
    told = screen.getvalue()
    assert f"simplenexus {157:,} read" in told.replace("\r", "\n")
    assert told.endswith("\r\x1b[K")
    assert us.say("match")[2] == ""


def test_the_embedded_sandbox_has_both_systems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["match", "--json", "--home", str(tmp_path)]) == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert counts["push"] == KNOWN.verdicts["push"] + KNOWN.verdicts["skip-one-way"]
    assert main(["match", "--home", str(tmp_path)]) == 0
    assert (
        len(list((tmp_path / "sandbox").glob("token-*.json"))) == 1
    )  # those of sandboxes that are gone, are


async def test_the_app_has_the_contact_desk_and_lights_for_its_systems_where_the_profile_names_both(
    us: Home, sandbox: Sandbox, home: Home, tmp_path: Path
) -> None:
    whole = Home.at(tmp_path / "whole", sandbox, 'writer = "desk"', systems=tuple(sandbox.urls))
    async with open_desk(settings_of(str(whole.path), None), write=False) as desk:
        assert list(desk.wires) == list(System)
        assert all([await desk.answers(system) for system in desk.wires])
        assert desk.contacts is not None
        terms = desk.contacts.terms
        assert (terms.workspace, terms.operator, terms.writer) == ("test", "m.hale", "desk")
        assert desk.contacts.book is desk.book
    one = Home.at(tmp_path / "one", sandbox, systems=("brokerengine", "flex", "total-expert"))
    async with open_desk(settings_of(str(one.path), None), write=False) as desk:
        assert list(desk.wires) == [System.BROKERENGINE, System.FLEX, System.TOTAL_EXPERT]
        assert desk.contacts is None


def test_edits_of_linked_contacts_are_listed_with_what_each_system_has(
    us: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    ours, theirs = planted("equal-email")
    ref = make_ref("test", System.TOTAL_EXPERT, Entity.CONTACT, ours)

    async def link() -> None:
        book = await open_book(settings_of(str(us.path), None), write=True)
        await book.commit(Link(System.TOTAL_EXPERT, Entity.CONTACT, ours, theirs, ref, 1.0))
        book.close()

    asyncio.run(link())
    planted_ones = us.run("match", "--differing")[1]["differing"]
    assert ours not in [one["simplenexus_id"] for one in planted_ones]
    (before,) = [one for kind in sandbox.records("simplenexus").values() for one in kind if one["id"] == ours]
    sandbox.change("contacts", theirs, {"email": "new@post.example"}, system="total-expert")
    code, said = us.run("match", "--differing")
    assert code == 0
    (pair,) = [one for one in said["differing"] if one not in planted_ones]
    email = {"field": "email", "simplenexus": before["email"], "total_expert": "new@post.example"}
    assert pair == {"simplenexus_id": ours, "total_expert_id": theirs, "fields": [email]}
    _, out, _ = us.say("match", "--differing")
    assert f"{len(planted_ones) + 1} of " in out
    assert "linked pairs differ. Nothing is sent" in out
    assert "new@post.example" in out
    rows = tmp_path / "rows.jsonl"
    us.run("match", "--differing", "--out", str(rows))
    assert [json.loads(line) for line in rows.read_text("utf-8").splitlines()] == said["differing"]
    for system in BOTH:
        assert sandbox.writes(system) == []
