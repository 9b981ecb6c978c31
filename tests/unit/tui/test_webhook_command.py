"""What a command about webhooks prints: what stays is said once, by the question or by the report."""

from __future__ import annotations

from typing import Any

import pytest

from core.push.plan import System
from core.webhooks.model import WebhookAct, WebhookPlan, WebhookStep
from core.webhooks.use_cases import WebhookReport
from tui.cli.commands.setup import webhooks
from tui.cli.commands.setup.webhooks import WebhookChangeOptions

STAYS = "SimpleNexus has no way to remove a webhook."
PLAN = WebhookPlan((WebhookStep(System.TOTAL_EXPERT, WebhookAct.DELETE, "https://hooks.example"),), (STAYS,))


class Done:
    async def carry_out(self, plan: WebhookPlan) -> WebhookReport:
        return WebhookReport(plan.steps, {})


@pytest.mark.parametrize("yes", [True, False])
async def test_what_stays_is_said_once(
    yes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "y")
    options = WebhookChangeOptions(home=None, profile=None, json=False, yes=yes, plan=None, system=None)
    done: Any = Done()
    assert await webhooks._do(options, done, PLAN, "removing webhooks", "Remove this?", live=False) == 0
    said = capsys.readouterr().out
    assert said.count(STAYS) == 1
    assert "✓ Total Expert: delete" in said
