"""`sync`, `share`, `undo`: what is written to SimpleNexus and Total Expert, shown, asked once, sent once."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Verdict
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.use_cases import ReviewUseCases
from core.contacts.sync.plan import SENT, SUBJECT, SyncPreview
from core.contacts.sync.share_plan import MAY_MAIL, SHARE, SharePreview
from core.contacts.sync.undo_plan import UndoPreview
from core.contacts.use_cases import ContactUseCases
from core.error_catalogue import fix_of, meaning_of
from core.errors import DeskError, UsageError
from core.push import activity
from core.push.records import Push, StepRecord
from core.push.states import StepState
from tui.cli.commands.cards.push import exit_code, live_word, show_push
from tui.cli.commands.cards.undo import is_of_cards, undo_push
from tui.cli.json_output import push_form
from tui.cli.options import CommandOptions, ConfirmedOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import Desk, open_desk, settings_of

SHOWN: Final = 20
"""Rows that are printed of a long list."""
NAMED: Final = 3
"""Records that one line names."""
TELL_EVERY: Final = 1.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True, kw_only=True)
class ShareOptions(ConfirmedOptions):
    """The options of `share`."""

    id: list[str]
    """Ids of contacts in Total Expert."""


@dataclass(frozen=True, kw_only=True)
class UndoSyncOptions(ConfirmedOptions):
    """The options of `undo`."""

    id: str | None
    """The id of the push to undo; None for the last sync."""


async def sync(options: ConfirmedOptions) -> int:
    """Link, import and push what the match and the answers call for; one that is under way goes on first."""
    async with open_desk(
        settings_of(options.home, options.profile), write=True, listen=_ProgressLine(options).heard
    ) as desk:
        contacts, syncs = desk.can_sync
        engine = desk.can_push
        running = engine.active(SUBJECT)
        push = await engine.finish(running.push.push_id) if running else None
        gathered, reviewed = await _read(contacts, desk)
        if push is None:
            preview = await syncs.preview(gathered, reviewed)
            if not preview.does_anything:
                return _nothing(options, preview, desk)
            if not _confirmed(
                options, lambda: _show(preview), live_word(desk) + _question(preview), "syncing"
            ):
                return 1
            begun = await syncs.confirm(preview, gathered, engine)
            push = await engine.finish(begun.push_id)
        return await _tell(options, desk, push, reviewed.counts)


async def share(options: ShareOptions) -> int:
    """Share the app with imported prospects, which makes their accounts."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        contacts, syncs = desk.can_sync
        engine = desk.can_push
        running = engine.active(SHARE)
        if running is None:
            preview = syncs.preview_share(await contacts.gather(), options.id)
            if preview.plan.steps and not _confirmed(
                options,
                lambda: _show_share(preview),
                f"{live_word(desk)}Share the app with {len(preview.plan.steps)}?",
                "sharing",
            ):
                return 1
            if not options.json:
                say(*(f"✗ {one.name} ({one.total_expert_id}) {one.why}" for one in preview.left_out))
            push = await syncs.confirm_share(preview, engine)
        else:
            push = running.push
        return await _tell(options, desk, await engine.finish(push.push_id))


async def undo(options: UndoSyncOptions) -> int:
    """Take a push back as far as that can be done: the last sync, or the push that is named."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        if options.id and await is_of_cards(desk, options.id):
            return await undo_push(options, options.id, desk)
        _, syncs = desk.can_sync
        engine = desk.can_push
        push_id = options.id or next((one.push_id for one in await syncs.syncs()), None)
        if push_id is None:
            raise UsageError("no-sync", "Nothing was synced yet.")
        preview = await syncs.preview_undo(push_id)
        links, steps = len(preview.unlinks), len(preview.plan.steps)
        question = f"{live_word(desk)}Take back {links} links and put {steps} contacts back?"
        if (preview.unlinks or preview.plan.steps) and not _confirmed(
            options, lambda: _show_undo(preview), question, "undoing"
        ):
            return 1
        begun = await syncs.confirm_undo(preview, engine)
        return await _tell(options, desk, await engine.finish(begun.push_id))


# -- telling -------------------------------------------------------------------------------------------


async def _read(contacts: ContactUseCases, desk: Desk) -> tuple[MatchSnapshot, Reviewed]:
    gathered = await contacts.gather()
    matched = await contacts.match(gathered)
    review = ReviewUseCases(desk.book, contacts.clock, contacts.terms.operator)
    return gathered, await review.begin(matched)


def _confirmed(options: ConfirmedOptions, show: Any, question: str, doing: str) -> bool:
    if options.yes:
        return True
    if options.json or not sys.stdin.isatty():
        if not options.json:
            show()
        raise DeskError(
            "not-confirmed", f"Nothing was sent: {doing} needs --yes, or an answer at the prompt."
        )
    show()
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().casefold() not in ("y", "yes"):
        say("Nothing was sent.")
        return False
    return True


def _question(preview: SyncPreview) -> str:
    plan = preview.plan
    return f"Link {len(plan.links)} and send {len(plan.steps)} steps of plan {plan.digest}?"


def _show(preview: SyncPreview) -> None:
    """Print a sync by cause."""
    say(f"SYNC  plan {preview.plan.digest}", "")
    for does in (True, False):
        rows = [(count, cause) for cause, count in preview.causes.items() if (cause in SENT) is does]
        if rows:
            say("WILL BE DONE" if does else "STAYS AS IT IS")
        say_table(((str(count).rjust(9), cause.value) for count, cause in rows))
        if rows:
            say("")
    later = Counter(trouble for entry in preview.entries for trouble in entry.later)
    for trouble, count in later.items():
        say(f"! {count} of the imported can't be shared the app as they are: {trouble.value}")


def _show_share(preview: SharePreview) -> None:
    say(*(f"  {step.summary} ({step.local_id})" for step in preview.plan.steps), f"! {MAY_MAIL}")


def _show_undo(preview: UndoPreview) -> None:
    """Print what undoing would do, and what stays."""
    say(f"UNDO  {preview.plan.about}", "", "LINKS TAKEN BACK")
    _first(f"  {link.local_id} ↔ {link.remote_id}" for link in preview.unlinks)
    say("PUT BACK")
    _first(f"  {step.summary} ({step.remote_id}): {', '.join(step.body)}" for step in preview.plan.steps)
    say("STAYS")
    for why, count in Counter(one.why for one in preview.stays).items():
        names = [one.what for one in preview.stays if one.why == why]
        first = ", ".join(names[:NAMED]) + (f" and {count - NAMED} more" if count > NAMED else "")
        say(f"  {first}: {why}")


def _first(lines: Any) -> None:
    shown = list(lines)
    say(*shown[:SHOWN])
    if len(shown) > SHOWN:
        say(f"  … and {len(shown) - SHOWN} more")


def _nothing(options: ConfirmedOptions, preview: SyncPreview, desk: Desk) -> int:
    """Say that there is nothing to do, in the form that a push has."""
    if options.json:
        emit_json(
            {
                "push_id": None,
                "asset": preview.plan.asset,
                "subject": preview.plan.subject,
                "plan": preview.plan.digest,
                "state": "done",
                "reason": None,
                "operator": desk.settings.operator,
                "created_at": None,
                "steps": [],
                "counts": preview.counts,
            }
        )
    else:
        _show(preview)
        say("Nothing to link or to send.")
    return 0


async def _tell(
    options: ConfirmedOptions, desk: Desk, push: Push, counts: dict[Verdict, int] | None = None
) -> int:
    shown = await activity.read_activity(desk.book, push)
    if options.json:
        emit_json(
            {**push_form(shown.push, shown.steps), **({"counts": counts} if counts is not None else {})}
        )
    elif len(shown.steps) <= SHOWN:
        show_push(shown)
    else:
        _summary(push, shown.steps)
    return exit_code(push)


def _summary(push: Push, steps: Sequence[StepRecord]) -> None:
    """Print a push of many steps by state, and the first of those that did not arrive."""
    why = f" ({meaning_of(push.reason)}. {fix_of(push.reason)})" if push.reason else ""
    say(f"{push.push_id}  {push.asset}  plan {push.plan}  {push.state}{why}")
    say_table((str(n).rjust(9), state) for state, n in Counter(step.state.value for step in steps).items())
    _first(
        f"  {step.entity} of {step.local_id}: {meaning_of(step.error)}. {fix_of(step.error)}"
        for step in steps
        if step.error and step.state is not StepState.DONE
    )


class _ProgressLine:
    """Tells on stderr, where that is a terminal, how far a push of many steps is."""

    def __init__(self, options: CommandOptions) -> None:
        self._wanted = sys.stderr.isatty() and not options.json
        self._told_at = 0.0
        self._since: tuple[float, int] | None = None

    def heard(self, push: Push, steps: tuple[StepRecord, ...]) -> None:  # noqa: ARG002 - a listener
        """Hear of a change of a push."""
        now = time.monotonic()
        if not self._wanted or len(steps) <= SHOWN or now - self._told_at < TELL_EVERY:
            return
        self._told_at = now
        if self._since is None:
            self._since = (now, activity.progress(steps, (now, 0), now).over)
        done = activity.progress(steps, self._since, now)
        left = (
            ""
            if done.seconds_left is None
            else f", {done.per_minute:.0f} a minute, {_minutes(done.seconds_left)} left"
        )
        print(f"\r{done.over:,} of {done.total:,}{left}   ", end="", file=sys.stderr, flush=True)  # noqa: T201 - progress


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
