"""The Cards room from the keyboard and with the mouse, on real HTTP: what is sent, and above all what is not."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

import pytest
from textual.pilot import Pilot

from core.flex.board import CardState
from tests.journeys.console import (
    NORMAL,
    arrived_once,
    ask,
    at_rest,
    console,
    cursor,
    find,
    flat,
    leave,
    push,
    says,
    toasts,
    told,
    until,
)
from tests.support.clipboard import MemoryClipboard
from tests.support.hostile_text import shown
from tests.support.patience import LAST_RESORT
from tests.support.sandbox_home import Home, Sandbox
from tui.cards.push_dialog import PushDialog
from tui.cards.screen import CardsScreen
from tui.clipboard import Clipboard
from tui.widgets.row_list import RowList


@pytest.fixture(autouse=True)
def _no_faults(sandbox: Sandbox) -> None:
    sandbox.faults("")


def written(sandbox: Sandbox) -> int:
    return len(sandbox.writes()) + len(sandbox.writes("brokerengine"))


def state_of(pilot: Any, card_id: str) -> CardState:
    row = pilot.app.screen.query_one("#card-list").row(card_id)
    state: CardState = row.card.state
    return state


async def test_a_card_is_found_seen_and_pushed_with_the_keyboard_alone(home: Home, sandbox: Sandbox) -> None:
    async with console(home) as pilot:
        await pilot.press("slash")
        await pilot.pause()
        await pilot.press(*"linh nguyen", "enter")
        await at_rest(pilot)
        assert cursor(pilot) == "C-1001"
        await says(
            pilot, "○ Ready: creates", "LOOK AT THESE", "29/02/1988", "enter by hand: h", "by hand", "plan"
        )
        await pilot.press("a")
        await says(pilot, "Birth date", "29/02/1988", "DateOfBirth")
        await pilot.press("a", "tab")
        await says(pilot, '"BirthDate"' if '"BirthDate"' in flat(pilot) else '"DateOfBirth": "29/02/1988"')
        await pilot.press("tab")
        await says(pilot, "SELECTED", "not linked")
        await ask(pilot)
        await says(pilot, "Push to FLEX C-1001", "Creates 2 people, 1 opportunity", "back to BrokerEngine.")
        await says(pilot, "create person Linh Nguyen", "write back", "y Send", "n Not now")
        assert written(sandbox) == 0
        await pilot.press("y")
        await says(pilot, "Created 2 people, 1 opportunity", "Everything arrived.", "to enter by hand: h")
        await pilot.press("escape")
        assert state_of(pilot, "C-1001") is CardState.LINKED
        await at_rest(pilot)
        await says(pilot, "● In FLEX since", "as opportunity 1-", "History 1")
    await arrived_once(sandbox, home, "C-1001")


async def test_the_steps_tick_while_they_are_sent_and_a_second_press_shows_the_running_push(
    home: Home, sandbox: Sandbox
) -> None:
    sandbox.faults("delay=600 POST /flex/opportunities *1")
    async with console(home) as pilot:
        await push(pilot, "C-1001")
        await says(pilot, "◐ 3 create opportunity", "on its way", "You can close this; the push goes on.")
        await pilot.press("escape")
        assert state_of(pilot, "C-1001") is CardState.PUSHING
        await pilot.press("escape", "escape", "down")
        assert cursor(pilot) == "C-1002", "the screen stays usable"
        await pilot.press("up", "p")
        text = await says(pilot, "Push to FLEX C-1001", "You can close this; the push goes on.")
        assert "Send" not in text
        await pilot.press("y", "y")
        sandbox.faults("")
        await says(pilot, "Everything arrived.")
        await pilot.press("escape")
        await until(pilot, lambda: state_of(pilot, "C-1001") is CardState.LINKED)
    await arrived_once(sandbox, home, "C-1001")
    assert len((await told(home, "activity"))["pushes"]) == 1


async def test_keys_typed_before_the_dialog_is_painted_confirm_nothing(home: Home, sandbox: Sandbox) -> None:
    async with console(home, grace=1.5) as pilot:
        await find(pilot, "C-1001")
        await pilot.press("p", "y", "y")
        await until(pilot, lambda: isinstance(pilot.app.screen, PushDialog))
        await pilot.press("y")  # painted, and within the grace
        dialog = pilot.app.screen
        assert isinstance(dialog, PushDialog)
        await until(pilot, lambda: dialog.armed)
        await at_rest(pilot)
        assert written(sandbox) == 0
        await says(pilot, "y Send")
        await pilot.press("y")
        await says(pilot, "Everything arrived.")
    await arrived_once(sandbox, home, "C-1001")


async def test_a_click_within_the_grace_confirms_nothing(home: Home, sandbox: Sandbox) -> None:
    async with console(home, grace=60) as pilot:
        await find(pilot, "C-1001")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, PushDialog))
        await pilot.click("#answer-yes")
        await at_rest(pilot)
        assert isinstance(pilot.app.screen, PushDialog)
        assert written(sandbox) == 0


async def test_every_other_answer_sends_nothing_and_a_held_key_sends_once(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        for key in ("enter", "escape", "n"):
            await ask(pilot)
            await pilot.press(key)
            assert isinstance(pilot.app.screen, CardsScreen), key
            await at_rest(pilot)
            assert written(sandbox) == 0, key
            assert state_of(pilot, "C-1001") is CardState.UNLINKED, key
        await ask(pilot)
        await pilot.press(*"yyyyyyyy")
        await says(pilot, "Everything arrived.")
    await arrived_once(sandbox, home, "C-1001")
    assert len((await told(home, "activity"))["pushes"]) == 1


async def test_what_changed_since_a_card_was_looked_at_is_shown_before_it_is_sent(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        sandbox.change("contacts", "P-2001", {"phones": {"mobile": "0491 579 455"}})
        first = await ask(pilot)
        await says(pilot, "The card changed", "Mobile phone, Linh Nguyen: 0491 570 006 → 0491 579 455")
        assert written(sandbox) == 0

        sandbox.change("cards", "C-1001", {"requirements": {"loan_amount": "655000.00"}})
        await pilot.press("y")
        await says(pilot, "The card changed since you looked at it", "Loan amount: 640,000.00 → 655,000.00")
        assert written(sandbox) == 0
        second = pilot.app.screen
        assert isinstance(second, PushDialog)
        assert second is not first
        await until(pilot, lambda: second.armed)
        await pilot.press("y")
        await says(pilot, "Everything arrived.")
    await arrived_once(sandbox, home, "C-1001")
    (made,) = [row for row in sandbox.records()["opportunities"] if row.get("ProposedLoanAmount") == 655000]
    assert made


async def test_the_same_with_the_mouse(home: Home, sandbox: Sandbox) -> None:
    async with console(home) as pilot:
        rows = pilot.app.screen.query_one("#card-list", RowList)
        below = rows.cursor_line - rows.scroll_offset.y + rows.header_height + 1
        await pilot.click("#card-list", offset=(8, below))
        await at_rest(pilot)
        assert cursor(pilot) == "C-1002"
        await pilot.click("#card-tabs", offset=(10, 0))
        await says(pilot, '"IntegrationId": "BD-')
        await pilot.click("KeyFooter", offset=(2, 0))
        await until(pilot, lambda: isinstance(pilot.app.screen, PushDialog) and pilot.app.screen.armed)
        await pilot.click("#answer-no")
        assert isinstance(pilot.app.screen, CardsScreen)
        assert written(sandbox) == 0
        await pilot.click("KeyFooter", offset=(2, 0))
        await until(pilot, lambda: isinstance(pilot.app.screen, PushDialog) and pilot.app.screen.armed)
        await pilot.click("#answer-yes")
        await says(pilot, "Everything arrived.")
        await pilot.click("#answer-no")
        await pilot.click("TopBar", offset=(shown(pilot.app).index("4 Activity"), 0))
        await says(pilot, "TODAY", "Arrived")
    await arrived_once(sandbox, home, "C-1002")


async def test_each_card_that_is_not_ready_says_why_and_offers_no_send(home: Home, sandbox: Sandbox) -> None:
    sandbox.change("cards", "C-1007", {"flex_id": ["1-6D9UB"]})
    async with console(home) as pilot:
        await find(pilot, "C-1004")
        await says(pilot, "✗ Can't be pushed yet", "last name", "BrokerEngine")
        await pilot.press("p")
        text = await says(pilot, "Push to FLEX C-1004", "last name", "n Close")
        assert "Send" not in text
        await pilot.press("y", "enter")
        assert written(sandbox) == 0

        await find(pilot, "C-1010")
        await says(pilot, "● In FLEX as opportunity 1-")
        await pilot.press("p")
        text = await says(pilot, "already in FLEX", "n Close")
        assert "Send" not in text
        await pilot.press("y")
        assert written(sandbox) == 0

        await find(pilot, "C-1007")  # its record was set aside
        await says(pilot, "flex_id", "it isn't a text", "Correct")

        await find(pilot, "C-1005")  # an odd amount is refused alone
        await says(pilot, "Loan amount", "six hundred t", "✗ left out")


async def test_the_list_is_copied_from_refreshed_and_narrowed(home: Home, sandbox: Sandbox) -> None:
    there = next(row for row in sandbox.records("brokerengine")["cards"] if row["id"] == "C-1010")
    memory = MemoryClipboard()
    async with console(home, clipboard=Clipboard(memory, None)) as pilot:
        await find(pilot, "C-1010")
        await pilot.press("c")
        await says(pilot, f"{there['flex_id']}: Copied.")
        assert memory.held == there["flex_id"]
        await find(pilot, "C-1001")
        await pilot.press("c")
        await says(pilot, "C-1001: Copied.")
        assert memory.held == "C-1001", "a card without a FLEX ID is copied as its own"

        await find(pilot, "C-1002")
        sandbox.change("cards", "C-1002", {"stage": "Formal Approval", "title": "Patel, Priya (new)"})
        await pilot.press("r")
        await says(pilot, "Read 60 cards again." if "of 60" in flat(pilot) else "cards again.", "(new)")
        await says(pilot, "deal · Formal Approval")
        assert cursor(pilot) == "C-1002"

        await pilot.press("escape")
        await at_rest(pilot)
        for key, title, what in (("w", "Owner", "owner"), ("e", "Stage", "stage"), ("s", "State", "state")):
            await a_chooser_shows_only_what_was_chosen(pilot, key, title, what)


async def a_chooser_shows_only_what_was_chosen(pilot: Pilot[Any], key: str, title: str, what: str) -> None:
    rows = pilot.app.screen.query_one("#card-list", RowList)
    everything = rows.counts
    await pilot.press(key)
    await says(pilot, title, "all")
    await pilot.press("down", "down", "enter")
    await at_rest(pilot)
    chosen = {getattr(rows.row(card), what) for card in rows.shown_keys}
    assert len(chosen) == 1, title
    assert rows.counts < everything, title
    await says(pilot, f"{chosen.pop()} ▾"[:12])
    await pilot.press("escape")
    await at_rest(pilot)
    assert rows.counts == everything, title
    await pilot.press(key, "escape")
    await at_rest(pilot)
    assert rows.counts == everything, title


# -- what goes wrong outside -------------------------------------------------------------------------------


def set_url(home: Home, system: str, url: str) -> None:
    config = home.path / "config.toml"
    text = config.read_text("utf-8")
    old = next(line for line in text.splitlines() if line.startswith("url") and line.endswith(f'{system}"'))
    config.write_text(text.replace(old, f'url = "{url}"'), "utf-8")


async def test_a_system_that_is_not_there_is_named_with_what_to_do(home: Home) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    set_url(home, "brokerengine", f"http://127.0.0.1:{port}/brokerengine")
    async with console(home, size=(80, 24), rest=False) as pilot:
        await says(pilot, "BrokerEngine at", "reached: no connection could be", "config.toml")
        await pilot.resize_terminal(*NORMAL)
        await says(pilot, "BrokerEngine at", "reached: no connection could be", "config.toml")


async def test_a_wrong_secret_is_named_and_never_shown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKERDESK_BROKERENGINE_SECRET", "not-the-secret")
    async with console(home, rest=False) as pilot:
        text = await says(pilot, "secret", "BrokerEngine")
        assert "not-the-secret" not in text


async def test_a_missing_secret_says_where_to_put_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BROKERDESK_FLEX_SECRET")
    async with console(home, rest=False) as pilot:
        await says(pilot, "There is no secret for flex", "BROKERDESK_FLEX_SECRET")
        await pilot.press("p", "r", "4")
        await says(pilot, "There is no secret for flex")


async def test_a_board_without_cards_says_so(home: Home, sandbox: Sandbox) -> None:
    for row in sandbox.records("brokerengine")["cards"]:
        sandbox.ask("DELETE", f"records/brokerengine/cards/{row['id']}")
    async with console(home) as pilot:
        await says(pilot, "There is no card on the board.")
        await pilot.press("p", "c", "r", "tab", "enter")
        await says(pilot, "There is no card on the board.")


async def test_a_damaged_book_is_said_and_left_as_it_is(home: Home) -> None:
    await told(home, "push", "card", "C-1001", "--yes")
    log = home.path / "test" / "book.log"
    damaged = bytearray(log.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    log.write_bytes(damaged)
    async with console(home, rest=False) as pilot:
        await says(pilot, "book.log", "backup")
        await pilot.press("p", "y", "4")
        await says(pilot, "book.log", "backup")
    assert log.read_bytes() == damaged


async def test_a_second_console_reads_only_and_says_who_holds_the_book(home: Home, sandbox: Sandbox) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"""
import sys
from pathlib import Path
from core.push.records import RECORDS
from data.book.book import open_book
book = open_book(Path({str(home.path / "test")!r}), RECORDS, operator="j.park")
print("open", flush=True)
sys.stdin.read()
""",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    await holder.stdout.readline()
    try:
        async with console(home) as pilot:
            await says(pilot, "reading only")
            assert f"process {holder.pid} (j.park" in toasts(pilot)
            await find(pilot, "C-1001")
            await pilot.press("p")
            await until(pilot, lambda: "Not pushed" in toasts(pilot))
            assert toasts(pilot).count(f"process {holder.pid} (j.park") == 2
            await pilot.press("y", "enter")
            assert not isinstance(pilot.app.screen, PushDialog)
        assert written(sandbox) == 0
    finally:
        holder.stdin.close()
        await holder.wait()


async def test_leaving_in_mid_push_says_what_will_be_checked_and_the_next_start_finishes_it(
    home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.shell.leaving.QUIT_PATIENCE", 0.2)
    sandbox.faults("hang POST /flex/opportunities *1")
    async with console(home) as pilot:
        await push(pilot, "C-1001")
        await until(pilot, lambda: any("opportunities" in one["path"] for one in sandbox.writes()))
        assert await leave(pilot) == "1 step will be checked at the next start; then 1 push goes on."
    async with console(home) as pilot:
        await until(pilot, lambda: state_of(pilot, "C-1001") is CardState.LINKED)
    await arrived_once(sandbox, home, "C-1001")


async def test_leaving_waits_for_the_step_in_flight(
    home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.shell.leaving.QUIT_PATIENCE", LAST_RESORT)
    sandbox.faults("delay=600 POST /flex/opportunities *1")
    async with console(home) as pilot:
        await push(pilot, "C-1001")
        await until(pilot, lambda: any("opportunities" in one["path"] for one in sandbox.writes()))
        leaving = asyncio.create_task(leave(pilot))
        await until(pilot, lambda: "Leaving" in toasts(pilot))
        sandbox.faults("")
        assert await leaving == "1 push goes on at the next start."
    (left,) = (await told(home, "activity"))["pushes"]
    assert [step["state"] for step in left["steps"]][:3] == ["done"] * 3
    async with console(home) as pilot:
        await until(pilot, lambda: state_of(pilot, "C-1001") is CardState.LINKED)
    await arrived_once(sandbox, home, "C-1001")


async def test_leaving_while_a_card_is_read_just_leaves(home: Home, sandbox: Sandbox) -> None:
    async with console(home) as pilot:
        sandbox.forget_requests()
        sandbox.faults("delay=600 GET /brokerengine/cards/*")
        await pilot.press("down")
        await until(pilot, lambda: any("/cards/" in one["path"] for one in sandbox.requests("brokerengine")))
        assert await leave(pilot) is None
    assert pilot.app.return_code == 0
