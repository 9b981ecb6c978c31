"""A confirm dialog is open, and somebody else on the same book confirms the same: the dialog shows that push."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.contacts.sync.plan import SUBJECT
from core.push.live_push import first_record
from core.push.plan import Asset
from core.push.records import Push
from core.push.states import PushState
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.until import at_rest, says
from tui.cards.push_dialog import PushDialog
from tui.contacts.plans.plan_dialog import PlanDialog, ShownPlan
from tui.messages import PushChanged
from tui.text import plain

AT = 1_790_000_000.0


def by_another(asset: Asset, subject: str, digest: str, state: PushState = PushState.QUEUED) -> Push:
    return Push("P-other", asset, subject, digest, state, "l.tran", AT, AT, 1)


async def ask(pilot: Pilot[Any]) -> PushDialog:
    """Open the confirm dialog of the first card."""
    await at_rest(pilot)
    await pilot.press("p")
    await says(pilot, "y Send")
    dialog = pilot.app.screen
    assert isinstance(dialog, PushDialog)
    return dialog


@pytest.mark.parametrize("same_plan", [True, False])
async def test_the_dialog_of_a_card_shows_who_confirmed_it_and_sends_nothing_more(
    tmp_path: Path, *, same_plan: bool
) -> None:
    async with fake_app(FakeDesk(tmp_path)).run_test(size=(120, 34)) as pilot:
        dialog = await ask(pilot)
        assert dialog.preview is not None
        plan = dialog.preview.plan
        steps = [first_record("P-other", n, step) for n, step in enumerate(plan.steps)]
        push = by_another(Asset.CARD, plan.subject, plan.digest if same_plan else "0000beef")
        pilot.app.post_message(PushChanged(by_another(Asset.CARD, "C-9999", "0000beef"), []))
        await says(pilot, "y Send")
        pilot.app.post_message(PushChanged(push, steps))
        await says(pilot, "l.tran confirmed this", "You sent nothing")
        assert dialog.check_action("send", ()) is False
        await pilot.press("y")
        await at_rest(pilot)
        desk: Any = pilot.app
        assert await desk.desk.book.all(Push) == await desk.desk.book.where(Push, state=PushState.DONE)


async def test_the_dialog_of_a_sync_does_too(tmp_path: Path) -> None:
    confirmed: list[int] = []

    async def confirm() -> None:
        confirmed.append(1)

    async with fake_app(FakeDesk(tmp_path)).run_test(size=(120, 34)) as pilot:
        await at_rest(pilot)
        app: Any = pilot.app
        shown = ShownPlan("Sync", "abcd", [plain("2 links")], "Links stay.", "Sync", SUBJECT)
        dialog = PlanDialog(
            shown, confirm, live=False, grace=0.0, clock=lambda: AT, confirmed_by=app.pushes.confirmed_by
        )
        await app.push_screen(dialog)
        await says(pilot, "y Sync")
        app.post_message(PushChanged(by_another(Asset.SYNC, SUBJECT, "abcd", PushState.DONE), []))
        await says(pilot, "y Sync")
        app.post_message(PushChanged(by_another(Asset.SYNC, SUBJECT, "abcd"), []))
        await says(pilot, "l.tran confirmed this", "You sent nothing")
        await pilot.press("y")
        await at_rest(pilot)
        assert confirmed == []
