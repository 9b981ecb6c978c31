"""The command `milestones`: the state of every milestone. It sends only what was confirmed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from core.automatic.records import AutomaticWork
from core.automatic.unasked import UnaskedSender, UnaskedSending
from core.errors import DeskError, Unreachable, UsageError
from core.local_forms import DeskTime
from core.milestones.calculations.report import NO_SOURCE
from core.milestones.candidates import ONLY_THE_BOOKS_LINKS
from core.milestones.inputs import MilestoneLine
from core.milestones.records import Doubt, MilestoneState
from core.milestones.use_cases import MilestoneUseCases, Overview
from core.push.plan import Asset, digest_of
from core.push.records import Push, StepRecord
from core.push.states import PushState
from core.receipts.use_cases import ENDED
from core.texts import how_many
from tui.cli.confirmation import Proposal, confirmed
from tui.cli.json_output import plan_form
from tui.cli.options import PlannedOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.push_output import NETWORK
from tui.cli.receipt_output import receipt_line_form, receipt_of
from tui.wiring import Desk, open_desk, settings_of
from tui.wiring.files import read_reports
from tui.words.contact_desk.milestones import (
    NONE_YET,
    NOTHING_TODAY,
    SECTIONS,
    SIGNS,
    Present,
    day_counts,
    happens_next,
    section_of,
    unasked_words,
)
from tui.words.receipts import receipt_lines

CANT_BE_TAKEN_BACK: Final = "An insight starts a Journey and can't be taken back."
HANDED_OVER: Final = (
    "The calculations are kept. Whoever writes the book takes them in; an open app does so within a minute."
)


@dataclass(frozen=True, kw_only=True)
class MilestoneOptions(PlannedOptions):
    """The options of `milestones`."""

    only: list[str]
    """The names of the milestones that may be sent; empty for all."""
    even_so: str | None
    """The name of a milestone to approve."""
    skip: str | None
    """The name of a milestone that is never sent."""
    reason: str | None
    """Why it is skipped."""
    unskip: str | None
    """The name of a milestone that a person skipped, and that is planned again."""
    pause: str | None
    """The id of a contact for whom nothing is sent."""
    go_on: str | None
    """The id of a contact of which the pause ends."""
    calculations: str | None
    """A file of calculations that is taken in first."""


async def milestones(options: MilestoneOptions) -> int:
    """List every milestone and its state. Send what is due if that is confirmed; that can't be taken back.

    A decision about one milestone or contact is carried out alone, and sends nothing. What it makes due is sent by the
    watch, if there is a standing order; the output says so.
    """
    ended = _EndedPushes()
    async with open_desk(settings_of(options.home, options.profile), write=True, listen=ended.heard) as desk:
        room = desk.can_watch
        if options.calculations is not None:
            ended.calculations = await _take_calculations(options, options.calculations, desk, room)
        if decide := _decision(options, room):
            await room.look()
            decided = await decide()
            unasked = await _unasked(desk)
            if not options.json:
                say(*_warnings(options, decided, unasked))
            return await _tell(options, desk, decided, ended)
        names = set(options.only) or None
        if options.yes and options.plan is None:
            return await _tell(options, desk, await room.send(desk.can_push, names), ended)
        overview = await room.look()
        due = [line for line in overview.due if names is None or line.name in names]
        if not due or not _asks(options):
            return await _tell(options, desk, overview, ended)
        if not confirmed(options, _proposal(overview, due, desk, ended, await _unasked(desk))):
            return 1
        sent = await room.send_shown(overview, [line.name for line in due], desk.can_push)
        return await _tell(options, desk, sent, ended)


class _EndedPushes:
    """What this command did: the ids of the pushes that it sent, in the order in which they ended."""

    def __init__(self) -> None:
        self.push_ids: dict[str, None] = {}
        self.calculations: dict[str, Any] | None = None
        """What became of the file of calculations, as JSON; None without a file."""

    @property
    def form(self) -> dict[str, Any]:
        """What became of the file of calculations, as a part of the command's JSON."""
        return {"calculations": self.calculations} if self.calculations is not None else {}

    def heard(self, push: Push, steps: Sequence[StepRecord]) -> None:  # noqa: ARG002 - a listener
        """Hear of a change of a push."""
        if push.asset is Asset.MILESTONE and push.state in ENDED:
            self.push_ids[push.push_id] = None


async def _take_calculations(
    options: MilestoneOptions, file: str, desk: Desk, room: MilestoneUseCases
) -> dict[str, Any]:
    """Take the calculations of a file in, and return what became of them as JSON.

    Raises `UsageError`, and `BookClosed` for a team's book that may only be read: nobody else looks into this home.
    """
    if desk.book.is_shared and desk.book.read_only is not None:
        raise desk.book.read_only
    reading = await asyncio.to_thread(read_reports, file, room.clock.now())
    taken = await room.take_calculations(reading.reports)
    if not options.json:
        read = how_many(len(reading.reports), "calculation")
        say(f"Read {read}{f'; {taken.waiting:,} wait for their contact' if taken.waiting else ''}.")
        say(*(f"✗ line {line.line}: {line.field}: {line.reason}" for line in reading.rejected))
        if taken.handed_over and desk.book.read_only is not None:
            say(f"! {desk.book.read_only.message} {HANDED_OVER}")
    return {
        "taken": len(reading.reports),
        "waiting": taken.waiting,
        "handed_over": taken.handed_over,
        "rejected": [
            {"line": line.line, "column": line.column, "field": line.field, "reason": line.reason}
            for line in reading.rejected
        ],
    }


def _decision(options: MilestoneOptions, room: MilestoneUseCases) -> Callable[[], Awaitable[Overview]] | None:
    """Return the decision that the options name, or None. Raises `UsageError` if they name anything else too."""
    named = {
        "--even-so": options.even_so,
        "--skip": options.skip,
        "--unskip": options.unskip,
        "--pause": options.pause,
        "--go-on": options.go_on,
    }
    given = [name for name, value in named.items() if value is not None]
    more = options.yes or options.plan is not None or options.only or options.calculations is not None
    if given and (len(given) > 1 or more):
        raise UsageError("one-decision", f"{given[0]} only records a decision; it sends nothing.")
    if options.even_so is not None:
        return partial(room.approve, options.even_so)
    if options.skip is not None:
        return partial(room.skip, options.skip, options.reason or "")
    if options.unskip is not None:
        return partial(room.unskip, options.unskip)
    if options.pause is not None:
        return partial(room.pause, options.pause)
    return partial(room.unpause, options.go_on) if options.go_on is not None else None


async def _unasked(desk: Desk) -> UnaskedSending:
    """Return what is sent without asking. A command carries out no standing order: the watch or an app does."""
    order = await desk.orders.of(AutomaticWork.MILESTONES) if desk.orders is not None else None
    return UnaskedSending(order=order, is_shared=desk.book.is_shared)


def _warnings(options: MilestoneOptions, overview: Overview, unasked: UnaskedSending) -> Iterator[str]:
    """Yield a line if something now sends without asking what the decision made due, or what becomes due by it."""
    names = {options.even_so, options.unskip} - {None}
    about = [line for line in overview.lines if line.name in names or line.contact == options.go_on]
    sender = unasked.sender_of_any(line for line in about if line.is_open)
    if sender is not None:
        yield f"! {unasked_words(sender)} {CANT_BE_TAKEN_BACK}"


def _asks(options: MilestoneOptions) -> bool:
    """Return True if the command sends or asks. A plain list on a pipe only lists."""
    return options.yes or options.json or options.plan is not None or sys.stdin.isatty()


def _proposal(
    overview: Overview,
    due: Iterable[MilestoneLine],
    desk: Desk,
    ended: _EndedPushes,
    unasked: UnaskedSending,
) -> Proposal:
    """Return the question whether to send what is due. The hash covers the plan of each milestone that is sent."""
    plans = [line.plan for line in due if line.plan is not None]
    digest = digest_of(plan.digest for plan in plans)
    return Proposal(
        digest=digest,
        form={
            "asset": Asset.MILESTONE,
            "plan": digest,
            "plans": [plan_form(plan) for plan in plans],
            "milestones": [line_form(line) for line in overview.lines],
            "lacks_calculations": overview.lacks_calculations,
            "lacks_links": overview.lacks_links,
            **ended.form,
        },
        show=lambda: _show(overview, desk.local, unasked),
        question=f"Send {how_many(len(plans), 'milestone')}? {CANT_BE_TAKEN_BACK}",
        doing="sending milestones",
        live=desk.settings.profile.live,
    )


def line_form(line: MilestoneLine) -> dict[str, Any]:
    """Return a milestone as JSON has it. `at` is seconds since 1970."""
    return {
        "name": line.name or None,
        "contact": line.contact or None,
        "milestone": line.milestone,
        "application": line.application or None,
        "at": line.at,
        "state": line.state,
        "insight_id": line.insight_id or None,
        "reason": line.reason or None,
        "doubt": line.doubt,
        "until": line.opens if line.opens is not None else line.until,
        "opt_outs": line.opt_outs or None,
        "calculation": line.calculation or None,
    }


def _exit_code(desk: Desk, overview: Overview) -> int:
    """Return 3 if a push waits for a system that can't be reached, 1 if a person is needed, else 0."""
    left = [push for push in desk.can_push.unfinished() if push.asset is Asset.MILESTONE]
    if any(push.state is PushState.PAUSED and push.reason in NETWORK for push in left):
        return Unreachable.exit_code
    waiting = any(line.state is MilestoneState.NEEDS_YOU for line in overview.lines)
    return DeskError.exit_code if left or waiting else 0


async def _tell(options: MilestoneOptions, desk: Desk, overview: Overview, ended: _EndedPushes) -> int:
    """Print the state of everything, and the receipts of what was sent.

    Return the exit code: 0 for a list, else that of what was sent.
    """
    receipts = {push_id: await receipt_of(desk, push_id) for push_id in ended.push_ids}
    if options.json:
        emit_json(
            {
                "milestones": [line_form(line) for line in overview.lines],
                "receipts": [
                    {"push_id": push_id, "receipt": receipt_line_form(receipt)}
                    for push_id, receipt in receipts.items()
                ],
                "lacks_calculations": overview.lacks_calculations,
                "lacks_links": overview.lacks_links,
                **ended.form,
            }
        )
    else:
        unasked = await _unasked(desk)
        _show(overview, desk.local, unasked)
        say(*(line for receipt in receipts.values() for line in receipt_lines(receipt)))
        if overview.due and not options.yes:
            say("", f"{CANT_BE_TAKEN_BACK} {_how_to_send(overview, unasked)}")
    return _exit_code(desk, overview) if options.yes else 0


def _show(overview: Overview, local: DeskTime, unasked: UnaskedSending) -> None:
    say(*(f"! {notice}" for notice in overview.notices))
    if overview.lacks_calculations:
        say(f"! {NO_SOURCE}")
    if overview.lacks_links:
        say(f"! {ONLY_THE_BOOKS_LINKS}")
    if not overview.lines:
        say(f"{NONE_YET} while brokerdesk or its watch is open.")
        return
    today = local(overview.at).date()
    counts = day_counts(overview.lines, lambda at: local(at).date() == today)
    say(f"Today: {' · '.join(f'{number:,} {words}' for _, number, words in counts) or NOTHING_TODAY}")
    present = Present(lambda: overview.at, local.moment, unasked.sender_of)
    for section in SECTIONS:
        lines = [line for line in overview.lines if section_of(line) == section]
        if lines:
            say("", section.upper())
            say_table((_cells(line, present, local) for line in lines), indent="  ")


def _how_to_send(overview: Overview, unasked: UnaskedSending) -> str:
    if all(unasked.sender_of(line) is UnaskedSender.WATCH for line in overview.due):
        return "brokerdesk watch sends what is due without another question; with --yes it is sent now."
    return "To send what is due, add --yes."


def _cells(line: MilestoneLine, present: Present, local: DeskTime) -> tuple[str, ...]:
    """Return the cells of a line: sign, time, milestone, who, and what happens next with the details."""
    happens = happens_next(line, present)
    details = ", ".join(detail for detail in _details(line, local) if detail not in happens)
    return (
        SIGNS[line.state][0],
        local.moment(line.at),
        line.milestone.removeprefix("SN "),
        _who(line),
        f"{happens} ({details})" if details else happens,
    )


def _who(line: MilestoneLine) -> str:
    if line.contact:
        return f"contact {line.contact}"
    return f"calculation {line.calculation}" if line.calculation else f"person {line.person or '?'}"


def _details(line: MilestoneLine, local: DeskTime) -> Iterator[str]:
    if line.counts_down:
        yield f"at {local.moment(line.at)}"
    if line.insight_id:
        yield f"insight {line.insight_id}"
    if line.reason:
        yield line.reason
    if line.opt_outs and line.doubt is not Doubt.CONSENT:
        yield f"opt-outs: {line.opt_outs}"
