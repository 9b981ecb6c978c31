"""The command `milestones`: where every milestone stands. It sends only with --yes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from core.errors import DeskError, Unreachable
from core.milestones.inputs import MilestoneLine
from core.milestones.records import MilestoneState
from core.milestones.use_cases import Overview
from core.push.plan import Asset
from core.push.states import PushState
from tui.cli.commands.cards.push import NETWORK
from tui.cli.options import ConfirmedOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import Desk, open_desk, settings_of
from tui.wiring.clock import local_time

SIGNS: Final = {
    MilestoneState.SENT: "✓",
    MilestoneState.DUE: "→",
    MilestoneState.WAITING: "…",
    MilestoneState.NEEDS_YOU: "!",
    MilestoneState.OBSERVED: "·",
    MilestoneState.SKIPPED: "–",
}


async def milestones(options: ConfirmedOptions) -> int:
    """List every milestone and where it stands. With --yes, send what is due first; that can't be taken back."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        room = desk.can_watch
        overview = await (room.send(desk.can_push) if options.yes else room.look())
        code = _exit_code(desk, overview) if options.yes else 0
    if options.json:
        emit_json({"milestones": [line_form(line) for line in overview.lines]})
    else:
        _tell(overview, sent=options.yes)
    return code


def line_form(line: MilestoneLine) -> dict[str, Any]:
    """Return a milestone as JSON has it. `at` is seconds since 1970."""
    return {
        "contact": line.contact or None,
        "milestone": line.milestone,
        "application": line.application or None,
        "at": line.at,
        "state": line.state,
        "insight_id": line.insight_id or None,
        "reason": line.reason or None,
    }


def _exit_code(desk: Desk, overview: Overview) -> int:
    """Return 3 if a push waits for a system that can't be reached, 1 if a person is needed, else 0."""
    left = [push for push in desk.can_push.unfinished() if push.asset is Asset.MILESTONE]
    if any(push.state is PushState.PAUSED and push.reason in NETWORK for push in left):
        return Unreachable.exit_code
    waiting = any(line.state is MilestoneState.NEEDS_YOU for line in overview.lines)
    return DeskError.exit_code if left or waiting else 0


def _tell(overview: Overview, *, sent: bool) -> None:
    say(*(f"! {notice}" for notice in overview.notices))
    say_table(
        (
            SIGNS[line.state],
            line.state,
            _when(line.at),
            line.milestone,
            f"contact {line.contact}" if line.contact else f"person {line.person or '?'}",
            _why(line),
        )
        for line in overview.lines
    )
    if not overview.lines:
        say("Nothing happened yet that makes a milestone.")
    if overview.due and not sent:
        count = len(overview.due)
        say("", f"{count} due. An insight starts a Journey and can't be taken back. To send: add --yes")


def _when(at: float) -> str:
    return f"{local_time(at):%Y-%m-%d %H:%M}"


def _why(line: MilestoneLine) -> str:
    parts: Iterable[str] = (
        f"insight {line.insight_id}" if line.insight_id else "",
        line.reason,
        f"until {_when(line.until)}" if line.until is not None else "",
    )
    return ", ".join(part for part in parts if part)
