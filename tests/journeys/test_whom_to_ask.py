"""Doctor at an organisation where nothing is set up, on real HTTP: each missing thing named, nobody left unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.diagnostics.asks import ASKED_ABOUT
from core.diagnostics.endpoints import ENDPOINTS
from core.milestones.milestone_map import Milestone
from core.push.plan import System
from data.platform import WINDOWS
from tests.journeys.console import console, says, toasts, until
from tests.journeys.test_sync import BOTH, _home
from tests.support.clipboard import MemoryClipboard
from tests.support.sandbox_home import Home, Sandbox
from tui.clipboard import Clipboard
from tui.widgets.row_list import RowList

TOTAL_EXPERT, SIMPLENEXUS = (
    "your Total Expert administrator",
    "your SimpleNexus administrator, or nCino's support",
)
NETWORK = "whoever runs your network"
GROUP = "Past Client"


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk that has the two contact systems and no other, and is the writer."""
    return _home(sandbox, tmp_path, monkeypatch)


def bare(sandbox: Sandbox) -> None:
    """Take everything away that administrators set up."""
    sandbox.options("simplenexus", applications=False, app_shares=False, prospects=False)
    sandbox.options("total-expert", insight_types=False, contact_groups=False, required_groups=GROUP)


def levels(told: Any) -> dict[str, str]:
    """Give the level of each finding that is not fine, by its code."""
    return {finding["code"]: finding["level"] for finding in told["findings"] if finding["level"] != "ok"}


def test_what_is_missing_is_named_and_asked_for_and_none_is_fine(us: Home, sandbox: Sandbox) -> None:
    bare(sandbox)
    sandbox.forget_requests()
    code, told = us.run("doctor")
    assert code == 1
    found = levels(told)
    assert {
        name: found[name] for name in ("insight-types-missing", "groups-missing", "applications-off")
    } == {
        "insight-types-missing": "bad",
        "groups-missing": "bad",
        "applications-off": "bad",
    }
    assert {
        found[name] for name in ("groups-unknown", "beta-unknown", "officers-untied", "no-signing-secret")
    } == {"open"}
    texts = {message["to"]: message["text"] for message in told["messages"]}
    assert set(texts) == {SIMPLENEXUS, TOTAL_EXPERT, NETWORK}
    assert "/simplenexus on to brokerdesk listen" in texts[NETWORK]
    for name in Milestone:
        assert f"- {name}\n" in texts[TOTAL_EXPERT]
    for words in (
        "- Realtor (",
        "- SN Loan Application Started (",
        "POST /contacts",
        "Colin Mabry",
        "id sandbox",
    ):
        assert words in texts[TOTAL_EXPERT]
    for words in (
        "GET /loan_applications (BETA)",
        "/prospects (BETA)",
        "/app_shares (BETA)",
        "x-api-signature",
    ):
        assert words in texts[SIMPLENEXUS]
    assert [seen for system in BOTH for seen in sandbox.writes(system)] == []


def test_each_message_is_printed_once_ready_to_paste(us: Home, sandbox: Sandbox) -> None:
    bare(sandbox)
    code, said, _ = us.say("doctor")
    assert code == 1
    for to in (TOTAL_EXPERT, SIMPLENEXUS, NETWORK):
        assert said.count(f"Message to {to}\n") == 1
        assert f"→ Ask {to}: the message is below." in said
    assert said.count("Hello,") == 3
    assert "2. Insight types\n" in said
    assert "3. Contact groups\n" in said
    assert "Thank you,\nm.hale\n" in said


def test_what_was_tried_and_refused_is_known_and_what_arrived_is_fine(us: Home, sandbox: Sandbox) -> None:
    bare(sandbox)
    assert us.run("sync", "--yes")[0] == 1
    found = levels(us.run("doctor")[1])
    assert (found["groups-required"], found["beta-off"]) == ("bad", "bad")
    assert "groups-unknown" not in found
    sandbox.reset()
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)


def test_a_set_up_desk_that_has_imported_asks_only_what_is_still_open(us: Home, sandbox: Sandbox) -> None:
    assert us.run("sync", "--yes")[0] == 0
    with (us.path / "config.toml").open("a", encoding="utf-8") as config:
        config.write("\nrequired_groups = []\n")
    code, told = us.run("doctor")
    assert code == 0
    found = levels(told)
    found.pop("access-unchecked" if WINDOWS else "loose-modes")
    assert set(found) == {
        *("no-calculations", "officers-untied", "beta-unknown", "no-signing-secret", "webhook-missing"),
    }
    (share,) = [finding for finding in told["findings"] if finding["code"] == "beta-unknown"]
    assert "share the app" in share["what"]


def test_groups_that_are_called_required_go_along_with_a_new_contact(us: Home, sandbox: Sandbox) -> None:
    sandbox.options("total-expert", required_groups=GROUP)
    with (us.path / "config.toml").open("a", encoding="utf-8") as config:
        config.write(f'\nrequired_groups = ["{GROUP}"]\n')
    code, push = us.run("sync", "--yes")
    assert (code, push["state"]) == (0, "done")


def test_before_a_profile_is_there_the_messages_ask_for_access_and_nothing_is_looked_at(
    tmp_path: Path,
) -> None:
    nowhere = Home(tmp_path / "nowhere")
    code, told = nowhere.run("doctor", "--access")
    assert code == 0
    texts = {message["to"]: message["text"] for message in told["messages"]}
    assert len(texts) == len(System)
    for system, endpoints in ENDPOINTS.items():
        assert all(endpoint.line in texts[ASKED_ABOUT[system]] for endpoint in endpoints)
    code, said, _ = nowhere.say("doctor", "--access")
    assert (code, said.count("Please hand the secret over in a safe way")) == (0, len(System))
    assert not nowhere.path.exists()


def test_an_endpoint_that_is_refused_costs_only_its_own_check(us: Home, sandbox: Sandbox) -> None:
    sandbox.options("total-expert", forbidden="insight-types")
    code, told = us.run("doctor")
    assert code == 1
    found = {finding["code"]: finding for finding in told["findings"]}
    assert "insight types" in found["endpoint-off"]["what"]
    assert "GET /insight-types" in found["endpoint-off"]["ask"]["message"]
    assert found["groups"]["level"] == "ok"


def test_a_system_that_is_down_costs_only_its_own_checks_and_they_are_named(
    us: Home, sandbox: Sandbox
) -> None:
    sandbox.faults("503 GET /simplenexus")
    _, told = us.run("doctor")
    found = {finding["code"]: finding for finding in told["findings"]}
    assert found["insight-types"]["level"] == "ok"
    assert "loan officers, BETA endpoints" in found["not-checked"]["what"]
    sandbox.faults("")


def test_a_book_that_can_not_be_read_costs_no_question(us: Home, sandbox: Sandbox) -> None:
    bare(sandbox)
    (us.path / "test").mkdir(mode=0o700)
    (us.path / "test" / "book.log").write_text("not a book")
    code, told = us.run("doctor")
    assert code == 4
    found = levels(told)
    assert found["book-damaged"] == "bad"
    assert {"insight-types-missing", "groups-missing", "applications-off", "beta-unknown"} <= set(found)


def test_doctor_counts_its_requests_and_sends_few(us: Home, sandbox: Sandbox) -> None:
    us.run("doctor")
    sandbox.forget_requests()
    _, told = us.run("doctor")
    counted = {
        finding["about"]: finding["what"]
        for finding in told["findings"]
        if finding["code"] == "requests-sent"
    }
    for system in BOTH:
        sent = len(sandbox.requests(system))
        assert counted[system] == f"Doctor sent it {sent} requests."
        assert sent <= 12


def go_to(rows: RowList[Any], code: str) -> None:
    """Move the cursor to the first finding with a code."""
    for key in rows.shown_keys:
        rows.move_to(key)
        if rows.cursor_row.finding.code == code:
            return


async def test_connections_show_whom_to_ask_and_copy_the_message(us: Home, sandbox: Sandbox) -> None:
    bare(sandbox)
    memory = MemoryClipboard()
    async with console(us, rest=False, clipboard=Clipboard(memory, None)) as pilot:
        await until(pilot, lambda: pilot.app.desk is not None)
        await pilot.press("C")
        await says(pilot, "does not let this client read loan", f"Ask {SIMPLENEXUS}", "c copies the message")
        rows = pilot.app.screen.query_one("#connections-list", RowList)
        go_to(rows, "insight-types-missing")
        await says(pilot, f"Ask {TOTAL_EXPERT}: c copies the message.")
        await pilot.press("c")
        await until(pilot, lambda: f"The message to {TOTAL_EXPERT}: Copied." in toasts(pilot))
        assert "3. Contact groups" in memory.held
        go_to(rows, "answers")
        await pilot.press("c")
        assert "Nobody has to be asked about this." in toasts(pilot)
