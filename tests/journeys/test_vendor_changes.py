"""What has changed at the vendors, on real HTTP: kept by whoever has the book, told by doctor, marked as known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.book.book import open_book
from data.inbox import Inbox
from data.vendors.http import drift
from tests.journeys.console import console, says, toasts, until
from tests.journeys.test_sync import _home
from tests.support.sandbox_home import Home, Sandbox
from tui.wiring.records import RECORDS

LONG = "Featherstonehaugh-Cholmondeley-Marjoribanks"
TOLD = "Borrower.last_name longer than its limit"


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A desk at an organisation whose SimpleNexus holds a name that is longer than its description allows."""
    drift.clear()
    home = _home(sandbox, tmp_path, monkeypatch)
    sandbox.change("borrowers", _somebody(sandbox), {"last_name": LONG}, "simplenexus")
    yield home
    drift.clear()


def _somebody(sandbox: Sandbox) -> str:
    return str(sandbox.records("simplenexus")["borrowers"][0]["id"])


def _as_another_process(sandbox: Sandbox) -> None:
    """Forget what this process saw, and mend the record: what is told from now on is told by the book."""
    drift.clear()
    sandbox.change("borrowers", _somebody(sandbox), {"last_name": "Lee"}, "simplenexus")


def _told(home: Home, *more: str) -> dict[str, Any]:
    """Give the findings about changes, by their codes."""
    codes = ("new-fields", "strange-values", "known-changes")
    _, told = home.run("doctor", *more)
    return {finding["code"]: finding for finding in told["findings"] if finding["code"] in codes}


def test_a_command_that_writes_keeps_what_changed_without_its_value(us: Home, sandbox: Sandbox) -> None:
    assert us.run("sync", "--yes")[0] == 0
    _as_another_process(sandbox)
    finding = _told(us)["strange-values"]
    assert TOLD in finding["what"]
    assert "(new since " in finding["what"]
    assert finding["ask"]["to"] == "whoever looks after brokerdesk"
    assert LONG not in (us.path / "test" / "book.log").read_text("utf-8")


def test_a_command_that_reads_keeps_nothing_and_doctor_tells_what_it_saw_itself(
    us: Home, sandbox: Sandbox
) -> None:
    assert us.run("match")[0] == 0
    assert TOLD in _told(us)["strange-values"]["what"]
    with open_book(us.path / "test", RECORDS, operator="m.hale") as book:  # another one writes it meanwhile
        assert us.run("match")[0] == 0
        assert book.read_only is None
    _as_another_process(sandbox)
    assert _told(us) == {}


def test_a_round_of_the_watch_keeps_what_changed_also_if_there_is_nothing_to_do(
    us: Home, sandbox: Sandbox
) -> None:
    sandbox.change("borrowers", _somebody(sandbox), {"updated_at": "2099-01-01T00:00:00Z"}, "simplenexus")
    assert us.run("watch", "--once")[0] == 0
    _as_another_process(sandbox)
    assert TOLD in _told(us)["strange-values"]["what"]


@pytest.mark.parametrize("command", [("milestones",), ("watch", "--once")])
def test_events_of_unknown_kinds_that_the_listener_took_are_told(us: Home, command: tuple[str, ...]) -> None:
    Inbox(us.path / "test" / "inbox").add_unknown(2)
    assert us.run(*command)[0] in (0, 1)
    assert "WebhookEvent.event with an unknown value" in _told(us)["strange-values"]["what"]
    assert not Inbox(us.path / "test" / "inbox").has_news()


def test_what_is_marked_as_known_is_fine_until_something_else_changes(us: Home, sandbox: Sandbox) -> None:
    _, told = us.run("doctor", "--known")
    assert told["marked_known"] == 1
    drift.clear()
    assert {code: one["level"] for code, one in _told(us).items()} == {"known-changes": "ok"}
    _, said, _ = us.say("doctor", "--known")
    assert "0 changes at the vendors marked as known." in said
    sandbox.change("borrowers", _somebody(sandbox), {"first_name": LONG}, "simplenexus")
    found = _told(us)
    assert "Borrower.first_name" in found["strange-values"]["what"]
    assert "Borrower.last_name" not in found["strange-values"]["what"]


def test_a_book_that_another_one_writes_is_not_marked(us: Home, sandbox: Sandbox) -> None:
    with open_book(us.path / "test", RECORDS, operator="j.park") as book:
        code, told = us.run("doctor", "--known")
        assert (code, told["error"]["code"]) == (4, "book-locked")
        assert book.read_only is None
    assert TOLD in _told(us)["strange-values"]["what"]


async def test_connections_mark_changes_as_known_and_the_app_keeps_them(us: Home, sandbox: Sandbox) -> None:
    async with console(us, rest=False) as pilot:
        await until(pilot, lambda: pilot.app.desk is not None)
        await pilot.press("C")
        await says(pilot, "TOTAL EXPERT")
        await pilot.press("end")  # what vendors changed comes last
        await says(pilot, "longer than its limit (new since", "m mark as known")
        await pilot.press("m")
        await until(pilot, lambda: "1 change at the vendors marked as known." in toasts(pilot))
        await pilot.press("m")
        await until(pilot, lambda: "There is no change that is not known." in toasts(pilot))
