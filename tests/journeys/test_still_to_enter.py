"""What stays behind is said: the same number in the dialogs, on the card, in the list, in Overview, in the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.journeys.console import ask, at_rest, console, find, flat, push, says, told, until
from tests.support.sandbox_home import Home, Sandbox
from tui.cards.bulk import BulkDialog
from tui.cards.entering.by_hand import ByHand
from tui.cards.push_dialog import PushDialog
from tui.widgets.confirm_dialog import ConfirmDialog
from tui.widgets.row_list import RowList

SMALL = (80, 24)


@pytest.fixture(autouse=True)
def _no_faults(sandbox: Sandbox) -> None:
    sandbox.faults("")


async def shown_by(pilot: Pilot[Any], kind: type[Any]) -> Any:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    await until(pilot, lambda: getattr(pilot.app.screen, "armed", True))
    return pilot.app.screen


async def test_the_number_to_enter_by_hand_is_the_same_everywhere(home: Home) -> None:
    async with console(home) as pilot:
        await push(pilot, "C-1005")
        await says(
            pilot,
            "What could be sent arrived.",
            "4 fields to enter by hand, 2 of them refused (Loan Amount,",
            "Valuation Amount): h",
        )
        assert "Everything arrived" not in flat(pilot)
        await pilot.press("h")
        await shown_by(pilot, ByHand)
        await says(pilot, "4 to enter")
        assert (await told(home, "overview"))["by_hand"]["fields"] == 4
        (pushed,) = (await told(home, "activity"))["pushes"]
        receipt = await told(home, "receipt", pushed["push_id"])
        assert [field["arrived"] for field in receipt["fields"]].count("not-sent") == 4
        await pilot.press("space", "down", "space")
        await says(pilot, "2 of 4 entered")
        await pilot.press("escape")
        await says(pilot, "2 by hand")
        assert (await told(home, "overview"))["by_hand"]["fields"] == 2
        await pilot.press("4")
        text = await says(pilot, "TODAY", "Arrived")
        assert "Everything arrived" not in text


async def test_a_card_of_which_only_what_has_no_place_is_left_has_arrived(home: Home) -> None:
    async with console(home) as pilot:
        await push(pilot, "C-1001")
        text = await says(pilot, "Everything arrived. 20 fields to enter by hand: h")
        assert "refused" not in text


async def test_several_cards_say_which_have_refused_values(home: Home) -> None:
    async with console(home) as pilot:
        pilot.app.screen.query_one("#card-list", RowList).mark(["C-1001", "C-1005"])
        await pilot.press("p")
        await shown_by(pilot, BulkDialog)
        await says(pilot, "2 can go", "24 fields to enter by hand")
        await pilot.press("y")
        await says(
            pilot,
            "Finished: 2 arrived.",
            "24 fields to enter by hand, 2 of them refused (C-1005): h on each card.",
        )


@pytest.mark.parametrize("card_id", ["C-1001", "C-1005", "C-1009"])
async def test_what_a_person_must_know_is_in_sight_before_an_answer_on_a_small_screen(
    home: Home, card_id: str
) -> None:
    async with console(home, size=SMALL) as pilot:
        await find(pilot, card_id)
        dialog = await ask(pilot)
        assert dialog.preview is not None
        first = dialog.preview.warnings[0]
        text = flat(pilot)
        assert first[:40] in text
        assert "more lines" in text, "what is below the edge is said"
        lines = [line for line in dialog.preview.warnings if "is not sent" in line]
        assert list(dialog.preview.warnings[: len(lines)]) == lines
        await pilot.press("end")
        await until(pilot, lambda: "more line" not in flat(pilot))


async def test_while_sending_is_stopped_nothing_is_offered_to_send(
    home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.sending.stop.STOP_EVERY", 0.05)
    async with console(home, size=SMALL) as pilot:
        await find(pilot, "C-1001")
        dialog = await ask(pilot)
        await says(pilot, "y Send")
        await pilot.press("f9")
        await says(pilot, "stopped all sending", "Nothing can be sent before F9 lets sending continue.")
        assert "y Send" not in flat(pilot)
        await pilot.press("y")
        assert pilot.app.screen is dialog
        assert not sandbox.writes()
        await pilot.press("f9")
        await shown_by(pilot, ConfirmDialog)
        await pilot.press("y")
        await says(pilot, "y Send")
        await pilot.press("y")
        await says(pilot, "Everything arrived.")


async def test_several_cards_are_not_offered_either_while_sending_is_stopped(home: Home) -> None:
    async with console(home) as pilot:
        await pilot.press("f9")
        await says(pilot, "STOPPED")
        await mark_and_ask(pilot, ["C-1001", "C-1006"])
        text = await says(pilot, "Nothing can be sent before F9 lets sending")
        assert "y Send" not in text
        await at_rest(pilot)


async def mark_and_ask(pilot: Pilot[Any], card_ids: Sequence[str]) -> None:
    pilot.app.screen.query_one("#card-list", RowList).mark(list(card_ids))
    await pilot.press("p")
    await shown_by(pilot, BulkDialog)


async def test_cards_that_wait_are_not_finished_and_are_called_so_everywhere(
    home: Home, sandbox: Sandbox, impatient: None
) -> None:
    sandbox.faults("503 POST /flex/opportunities")
    async with console(home) as pilot:
        await mark_and_ask(pilot, ["C-1001", "C-1003", "C-1006"])
        await pilot.press("y")
        text = await says(
            pilot, "Not finished yet, 3 cards: 3 waiting.", "What waits continues automatically."
        )
        assert "Finished:" not in text
        assert "paused" not in text
        await until(pilot, lambda: len(waiting_toasts(pilot)) == 1)
        assert waiting_toasts(pilot)[0].startswith("3 pushes wait, and continue automatically")
        sandbox.faults("")
        await pilot.press("escape", "0")
        text = await says(pilot, "3 wait", "3 sends wait and continue automatically")
        assert "paused" not in text
        await pilot.press("1")
        await says(pilot, "WAITING 3")


def waiting_toasts(pilot: Pilot[Any]) -> list[str]:
    return [str(note.message) for note in pilot.app._notifications if note.title == "Waiting"]


async def test_a_push_that_is_shown_while_it_runs_says_what_it_leaves(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("delay=700 POST /flex/opportunities *1")
    async with console(home) as pilot:
        await push(pilot, "C-1005")
        await until(pilot, lambda: bool(sandbox.writes()))
        await pilot.press("n")
        await pilot.press("p")
        await shown_by(pilot, PushDialog)
        sandbox.faults("")
        await says(pilot, "What could be sent arrived. 4 fields to enter by hand, 2 of them refused")
