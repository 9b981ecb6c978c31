"""`cards`, `preview card`, `push card`: the FLEX desk without a screen."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Final

from core.catalogue import fix_of, meaning_of
from core.errors import DeskError, Unreachable
from core.flex.desk import BoardCard, CardState
from core.flex.fates import ARRIVES, Fate
from core.flex.nouns import SetAside
from core.flex.preview import Preview
from core.push import activity
from core.push.journal import Push, StepRecord
from core.push.states import PushState
from tui.commands.forms import aside_form, card_form, preview_form, push_form
from tui.commands.output import emit_json, say, say_table
from tui.wiring import Desk, open_desk, settings_of

SIGNS: Final = {
    CardState.LINKED: "●",
    CardState.UNLINKED: "○",
    CardState.PUSHING: "◐",
    CardState.NEEDS_YOU: "◐",
}
NETWORK: Final = frozenset({"unreachable", "rate-limited", "not-authorised", "wrong-secret", "no-token"})
"""Why a push can be paused that is the connection's fault: exit code 3."""


async def cards(options: Namespace) -> int:
    """List the board's cards; `--filter` keeps those that hold every word, in any field."""
    wanted = (options.filter or "").casefold().split()
    found: list[BoardCard] = []
    aside: list[SetAside] = []
    async with open_desk(settings_of(options.home, options.profile), write=False) as desk:
        board = await desk.flex.board()
        async for page in desk.flex.cards():
            for item in page:
                if isinstance(item, SetAside):
                    aside.append(item)
                elif _matches(card := board.place(item), wanted):
                    found.append(card)
    if options.json:
        emit_json(
            {"cards": [card_form(card) for card in found], "set_aside": [aside_form(item) for item in aside]}
        )
        return 0
    say_table(
        (SIGNS[c.state], c.summary.id, c.summary.title, c.summary.stage, c.summary.owner, c.flex_id or "")
        for c in found
    )
    say(f"{len(found)} cards" + (f", {len(aside)} set aside" if aside else ""))
    say(*(f"set aside: {item.system} {item.id}: {item.field}: {item.reason}" for item in aside))
    return 0


def _matches(card: BoardCard, words: list[str]) -> bool:
    one = card.summary
    text = " ".join((one.id, one.title, one.kind, one.stage, one.owner, card.state, *one.people)).casefold()
    return all(word in text for word in words)


async def preview_card(options: Namespace) -> int:
    """Show what a push of a card would do, field by field."""
    async with open_desk(settings_of(options.home, options.profile), write=False) as desk:
        preview = await desk.flex.preview(options.id)
    if options.json:
        emit_json(preview_form(preview))
    else:
        _show(preview)
    return 0


def _show(preview: Preview) -> None:
    say(f"{preview.subject}  {preview.title}  plan {preview.plan.digest}  map {preview.plan.map_version}", "")
    section = None
    for field in preview.fields:
        if (field.section, field.about) != section:
            section = (field.section, field.about)
            say(f"{field.section.upper()}  {field.about}".rstrip())
        if field.fate is Fate.EMPTY:
            continue
        arrives = f"{field.target} = {field.value}" if field.fate in ARRIVES else field.reason
        say(f"  {field.source:38.38}  {field.source_value:30.30}  {field.fate:9}  {arrives}")
    say("", "STEPS")
    say_table(
        (
            [str(n), step.operation, step.entity, step.remote_id or "", step.summary]
            for n, step in enumerate(preview.plan.steps, 1)
        ),
        indent="  ",
    )
    say("", *(f"! {warning}" for warning in preview.warnings))
    say(", ".join(f"{number} {fate}" for fate, number in preview.counts.items() if number))
    say(*(f"✗ {reason.message} {fix_of(reason.code)}" for reason in preview.reasons))


async def push_card(options: Namespace) -> int:
    """Push a card: shown, asked once (or `--yes`), sent once. A card that is on its way already goes on."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        engine = desk.can_push
        running = engine.active(options.id)
        if running is None:
            preview = await desk.flex.preview(options.id)
            _check_plan(options.plan, preview)
            if preview.pushable and not _confirmed(options, preview):
                return 1
            push = await desk.flex.confirm(preview, engine)
        else:
            push = running.push
        push = await engine.run(push.push_id)
        return await _tell(desk, push, as_json=options.json)


def _check_plan(wanted: str | None, preview: Preview) -> None:
    if wanted and wanted != preview.plan.digest:
        raise DeskError(
            "plan-changed",
            f"{preview.subject} would now be pushed as plan {preview.plan.digest}, not {wanted}.",
            f"Look at it again: brokerdesk preview card {preview.subject}",
        )


def _confirmed(options: Namespace, preview: Preview) -> bool:
    if options.yes:
        return True
    if options.json or not sys.stdin.isatty():
        raise DeskError(
            "not-confirmed",
            f"Nothing was sent: pushing {preview.subject} needs --yes, or an answer at the prompt.",
            f"Look at it with: brokerdesk preview card {preview.subject}; then add --yes.",
        )
    _show(preview)
    try:
        answer = input(f"Send {len(preview.plan.steps)} steps of plan {preview.plan.digest}? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().casefold() not in ("y", "yes"):
        say("Nothing was sent.")
        return False
    return True


async def _tell(desk: Desk, push: Push, *, as_json: bool) -> int:
    told = await activity.one(desk.book, push)
    if as_json:
        emit_json(push_form(told.push, told.steps))
    else:
        show_push(told)
    return exit_code(push)


def show_push(told: activity.Activity) -> None:
    """Print a push and its steps."""
    push = told.push
    why = f" ({meaning_of(push.reason)})" if push.reason else ""
    say(f"{push.push_id}  {push.asset} {push.subject}  plan {push.plan}  {push.state}{why}")
    say_table(
        (
            [
                str(step.n + 1),
                step.state,
                step.operation,
                step.entity,
                step.local_id,
                step.remote_id or "",
                _why(step) if step.error else "",
            ]
            for step in told.steps
        ),
        indent="  ",
    )


def _why(step: StepRecord) -> str:
    detail = f" ({step.detail})" if step.detail else ""
    return f"{meaning_of(step.error)}{detail}. {fix_of(step.error)}"


def exit_code(push: Push) -> int:
    """Give the exit code that a push's state stands for: 0 done, 3 a remote can't be reached, else 1."""
    if push.state is PushState.DONE:
        return 0
    if push.state is PushState.PAUSED and push.reason in NETWORK:
        return Unreachable.exit_code
    return DeskError.exit_code
