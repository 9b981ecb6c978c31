"""`sandbox day`, `sandbox faults`, `sandbox reset`: what happened, what goes wrong, a new start."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from core.errors import DeskError
from tui.cli.options import CommandOptions, ConfirmedOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.prompts import answered_yes, can_ask
from tui.sandbox.words import NEXT_ACT, NO_DAY, ROOM_NAMES, WHAT_GOES, WHAT_STAYS
from tui.wiring import settings_of
from tui.wiring.clock import desk_time
from tui.wiring.practice.commands import reset_practice, running_control, started_control

NO_FAULTS: Final = "No faults are active."


@dataclass(frozen=True, kw_only=True)
class DayOptions(CommandOptions):
    """The options of `sandbox day`."""

    again: bool
    """True to begin one more day first."""


@dataclass(frozen=True, kw_only=True)
class FaultOptions(CommandOptions):
    """The options of `sandbox faults`."""

    spec: str
    """Rules to add; "" for none."""
    end: bool
    """True to end the active rules first."""


async def day(options: DayOptions) -> int:
    """Print what happened in the sandbox's systems so far, oldest first."""
    settings = settings_of(options.home, options.profile)
    local = desk_time(settings)
    async with started_control(settings) as control:
        played = await asyncio.to_thread(control.begin_another_day if options.again else control.played)
    acts = [{"at": act.at, "said": act.said, "room": act.room} for act in played.acts]
    if options.json:
        emit_json({"days": played.days, "next": played.next, "acts": acts})
        return 0
    if not acts:
        say(NO_DAY)
    say_table([(local.clock(act.at), ROOM_NAMES[act.room], act.said) for act in played.acts])
    if played.next is not None:
        say(NEXT_ACT.format(at=local.clock(played.next)))
    return 0


async def faults(options: FaultOptions) -> int:
    """Add what goes wrong, and print the active faults."""
    control = running_control(settings_of(options.home, options.profile))
    if options.end:
        await asyncio.to_thread(control.end_faults)
    if options.spec:
        await asyncio.to_thread(control.add_faults, options.spec)
    rules = await asyncio.to_thread(control.faults)
    if options.json:
        form = [{"rule": rule.rule, "met": rule.met, "remaining": rule.remaining} for rule in rules]
        emit_json({"faults": form})
        return 0
    if not rules:
        say(NO_FAULTS)
    say_table([(rule.rule, f"met {rule.met:,}") for rule in rules])
    return 0


def reset(options: ConfirmedOptions) -> int:
    """Start again in the sandbox, after a question."""
    settings = settings_of(options.home, options.profile)
    running_control(settings)
    if not options.yes:
        if not options.json:
            say(*WHAT_GOES, *WHAT_STAYS)
        if options.json or not can_ask():
            raise DeskError(
                "not-confirmed",
                "Nothing was removed: resetting the sandbox needs --yes, or an answer at the prompt.",
            )
        if not answered_yes("Reset the sandbox? [y/N] "):
            say("Nothing was removed.")
            return 0
    reset_practice(settings, time.time())
    if options.json:
        emit_json({"reset": True})
    else:
        say("The sandbox starts again with new records at the next start.")
    return 0
