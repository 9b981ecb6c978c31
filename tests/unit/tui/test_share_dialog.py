"""The choices of the share dialog, when they are made faster than they are planned."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.contacts.consent import Channel
from core.contacts.sync.share_plan import AS_USUAL, ShareChoices, SharePreview, ShareWay
from core.local_forms import UTC_TIME
from core.push.plan import Asset, Plan
from core.push.records import Push
from tests.support.fake_contacts import FakeContactDesk
from tests.support.fake_desk import fake_app
from tests.support.until import at_rest, flat
from tui.contacts.plans.share_dialog import ShareDialog


def preview(choices: ShareChoices) -> SharePreview:
    return SharePreview(Plan(Asset.SHARE, "share", "share", ()), (), choices)


async def nothing(_: SharePreview) -> Push | None:
    return None


async def test_a_choice_that_is_made_while_another_one_is_planned_is_not_lost(tmp_path: Path) -> None:
    may_plan = asyncio.Event()
    may_plan.set()

    async def plan(choices: ShareChoices) -> SharePreview:
        await may_plan.wait()
        return preview(choices)

    app = fake_app(FakeContactDesk(tmp_path))
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        dialog = ShareDialog(
            preview(AS_USUAL), [], plan, nothing, live=False, grace=0.0, clock=lambda: 0.0, zone=UTC_TIME,
            remark="2 of the 3 marked rows are not shown: U unmarks all.",
        )  # fmt: skip
        app.push_screen(dialog)
        await at_rest(pilot)
        assert "! 2 of the 3 marked rows are not shown" in flat(pilot)
        await pilot.press("f")
        await at_rest(pilot)
        assert "Fallback: make the account" in flat(pilot)
        may_plan.clear()
        await pilot.press("f", "t")
        may_plan.set()
        await at_rest(pilot)
        assert dialog._preview.choices.way is ShareWay.LINK
        assert (Channel.SMS in dialog._preview.choices.channels) is not (Channel.SMS in AS_USUAL.channels)
        may_plan.clear()
        await pilot.press("t", "e")
        may_plan.set()
        await at_rest(pilot)
        toggled = {*AS_USUAL.channels} ^ {Channel.EMAIL}
        assert {*dialog._preview.choices.channels} == toggled
        await app.run_action("app.quit")
