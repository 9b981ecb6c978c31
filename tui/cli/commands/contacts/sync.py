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
from core.contacts.sync.plan import SENT, SUBJECT, SyncLimits, SyncPreview
from core.contacts.sync.share_plan import Channel, ShareChoices, SharePreview, ShareWay, person_of, way_of
from core.contacts.sync.undo_plan import UndoPreview
from core.contacts.use_cases import ContactUseCases
from core.error_catalogue import fix_of, meaning_of
from core.errors import BookClosed, DeskError, UsageError
from core.push import activity
from core.push.plan import Asset, Plan
from core.push.records import Push, StepRecord
from core.push.states import StepState
from core.receipts.careful_start import SYNCED
from tui.cli.commands.cards.undo import is_of_cards, undo_push
from tui.cli.confirmation import PlanNotSent, Proposal, confirmed
from tui.cli.json_output import link_form, plan_form, push_form, receipt_line_form
from tui.cli.options import CommandOptions, PlannedOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.push_output import exit_code, receipt_of, show_push, waiting_proposal, what_to_do, why_of
from tui.wiring import Desk, open_desk, settings_of
from tui.words.receipts import receipt_lines

SHOWN: Final = 20
"""Rows that are printed of a long list."""
NAMED: Final = 3
"""Records that one line names."""
TELL_EVERY: Final = 1.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True, kw_only=True)
class ShareOptions(PlannedOptions):
    """The options of `share`."""

    id: list[str]
    """Ids of contacts in Total Expert."""
    by: str
    """The channels of the link, as a comma-separated list."""
    texts_agreed: bool
    """Whether the operator confirms that these people agreed to text messages."""
    partner: str
    """The id of a partner with whom the link is co-branded, or ""."""
    again: bool
    """Whether the link goes also to those with whom the app was shared before."""
    make_account: bool
    """Whether the desk makes the accounts itself."""


@dataclass(frozen=True, kw_only=True)
class UndoSyncOptions(PlannedOptions):
    """The options of `undo`."""

    id: str | None
    """The id of the push to undo; None for the last sync."""


@dataclass(frozen=True, kw_only=True)
class SyncCommandOptions(PlannedOptions):
    """The options of `sync`."""

    limit: int | None
    """The most records that are sent to each system; None for all."""


async def sync(options: SyncCommandOptions) -> int:
    """Link, import and push what the match and the answers call for. A sync that waits goes on instead."""
    async with open_desk(
        settings_of(options.home, options.profile), write=True, listen=_ProgressLine(options).heard
    ) as desk:
        contacts, syncs = desk.can_sync
        engine = desk.can_push
        waiting = engine.active(SUBJECT)
        if waiting is not None and options.plan in (None, waiting.push.plan):
            if not confirmed(options, waiting_proposal(desk, waiting)):
                return 1
            push = await engine.finish(waiting.push.push_id)
            _, reviewed = await _read(contacts, desk)
            return await _tell(options, desk, push, reviewed.counts)
        gathered, reviewed = await _read(contacts, desk)
        preview = await syncs.preview(gathered, reviewed, limits=_limits(options.limit))
        if not preview.does_anything:
            return _nothing(options, preview, desk)
        proposal = _sync_proposal(preview, desk)
        try:
            await syncs.check_size(preview)
        except BookClosed:
            raise
        except DeskError as error:
            raise PlanNotSent(error, proposal.form) from error
        if not confirmed(options, proposal):
            return 1
        begun = await syncs.confirm(preview, gathered, engine)
        return await _tell(options, desk, await engine.finish(begun.push_id), reviewed.counts)


def _limits(most: int | None) -> SyncLimits:
    """Return the limit that a command names, for each system that a sync sends to."""
    return {} if most is None else dict.fromkeys(SYNCED, most)


async def share(options: ShareOptions) -> int:
    """Share the app with imported prospects: SimpleNexus sends the link. The fallback makes their accounts."""
    choices = _choices(options)
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        contacts, syncs = desk.can_sync
        engine = desk.can_push
        live = [engine.live(push.push_id) for push in engine.unfinished() if push.asset is Asset.SHARE]
        waiting = next(
            (push for push in live if push is not None and _is_of(push.plan, options, choices.way)), None
        )
        if waiting is not None:
            if not confirmed(options, waiting_proposal(desk, waiting)):
                return 1
            push = waiting.push
        else:
            preview = await syncs.preview_share(await contacts.gather(), options.id, choices)
            if preview.plan.steps and not confirmed(options, _share_proposal(preview, desk)):
                return 1
            if options.yes and not options.json:
                _show_left_out(preview)
            push = await syncs.confirm_share(preview, engine)
        return await _tell(options, desk, await engine.finish(push.push_id))


def _choices(options: ShareOptions) -> ShareChoices:
    """Return what the options choose. Raises `UsageError` (no-channel; one-way-to-share)."""
    named = [word.strip() for word in options.by.split(",")]
    try:
        channels = tuple(channel for channel in Channel if channel in {Channel(word) for word in named})
    except ValueError:
        raise UsageError("no-channel", f"“{options.by}” names no channel: there are email and sms.") from None
    if Channel.SMS in channels and not options.texts_agreed:
        raise UsageError("no-channel", "Nobody confirmed that these people agreed to text messages.")
    if options.make_account and (options.partner or options.again or options.by != "email"):
        raise UsageError(
            "one-way-to-share", "--make-account sends no link: --by, --partner and --again are about links."
        )
    way = ShareWay.ACCOUNT if options.make_account else ShareWay.LINK
    return ShareChoices(way, channels, options.partner, options.texts_agreed, options.again)


def _is_of(plan: Plan, options: ShareOptions, way: ShareWay) -> bool:
    """Return True if the plan of a share that waits is about the people and the way that the command names."""
    people = {person_of(step) for step in plan.steps}
    return (people, way_of(plan)) == (set(options.id), way) and options.plan in (None, plan.digest)


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
        if (preview.unlinks or preview.plan.steps) and not confirmed(options, _undo_proposal(preview, desk)):
            return 1
        begun = await syncs.confirm_undo(preview, engine)
        return await _tell(options, desk, await engine.finish(begun.push_id))


# -- telling -------------------------------------------------------------------------------------------


async def _read(contacts: ContactUseCases, desk: Desk) -> tuple[MatchSnapshot, Reviewed]:
    gathered = await contacts.gather()
    matched = await contacts.match(gathered)
    review = ReviewUseCases(desk.book, contacts.clock, contacts.terms.operator)
    return gathered, await review.begin(matched)


def _sync_proposal(preview: SyncPreview, desk: Desk) -> Proposal:
    plan = preview.plan
    return Proposal(
        digest=plan.digest,
        form=plan_form(
            plan,
            _shared_later(preview),
            counts=preview.counts,
            causes=preview.causes,
            links=[{"simplenexus_id": ours, "total_expert_id": theirs} for ours, theirs in plan.links],
        ),
        show=lambda: _show(preview),
        question=f"Link {len(plan.links)} and send {len(plan.steps)} steps of plan {plan.digest}?",
        doing="syncing",
        live=desk.settings.profile.live,
    )


def _share_proposal(preview: SharePreview, desk: Desk) -> Proposal:
    left_out = [
        {"total_expert_id": person.total_expert_id, "name": person.name, "why": person.why}
        for person in preview.left_out
    ]
    return Proposal(
        digest=preview.plan.digest,
        form=plan_form(
            preview.plan,
            list(preview.warnings),
            left_out=left_out,
            way=preview.choices.way,
            channels=list(preview.choices.channels),
            partner=preview.choices.partner or None,
        ),
        show=lambda: _show_share(preview),
        question=f"{preview.plan.title[0].upper()}{preview.plan.title[1:]}?",
        doing="sharing",
        live=desk.settings.profile.live,
    )


def _undo_proposal(preview: UndoPreview, desk: Desk) -> Proposal:
    plan = preview.plan
    return Proposal(
        digest=plan.digest,
        form=plan_form(
            plan,
            of=plan.about,
            unlinks=[link_form(link) for link in preview.unlinks],
            stays=[{"what": stays.what, "why": stays.why} for stays in preview.stays],
        ),
        show=lambda: _show_undo(preview),
        question=f"Take back {len(preview.unlinks)} links and put {len(plan.steps)} contacts back?",
        doing="undoing",
        live=desk.settings.profile.live,
    )


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
    say(*(f"! {warning}" for warning in _shared_later(preview)))


def _shared_later(preview: SyncPreview) -> list[str]:
    """Return a warning for each reason why imported people can't be shared the app as they are."""
    later = Counter(trouble for entry in preview.entries for trouble in entry.later)
    return [
        f"{count} of the imported can't be shared the app as they are: {trouble.value}"
        for trouble, count in later.items()
    ]


def _show_share(preview: SharePreview) -> None:
    say(*(f"  {step.summary} ({person_of(step)})" for step in preview.plan.steps))
    _show_left_out(preview)
    say(*(f"! {warning}" for warning in preview.warnings))


def _show_left_out(preview: SharePreview) -> None:
    """Print with whom the app is not shared, and why."""
    say(*(f"✗ {person.name} ({person.total_expert_id}) {person.why}" for person in preview.left_out))


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


def _nothing(options: PlannedOptions, preview: SyncPreview, desk: Desk) -> int:
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
                "receipt": None,
                "counts": preview.counts,
            }
        )
    else:
        _show(preview)
        say("Nothing to link or to send.")
    return 0


async def _tell(
    options: PlannedOptions, desk: Desk, push: Push, counts: dict[Verdict, int] | None = None
) -> int:
    """Print a push with its receipt, and return its exit code. `counts` are the verdicts that a sync came from."""
    shown = await activity.read_activity(desk.book, push)
    receipt = await receipt_of(desk, push.push_id)
    if options.json:
        form = {**push_form(shown.push, shown.steps), "receipt": receipt_line_form(receipt)}
        emit_json(form if counts is None else {**form, "counts": counts})
        return exit_code(push)
    if len(shown.steps) <= SHOWN:
        show_push(shown)
    else:
        _summary(push, shown.steps)
    say(*receipt_lines(receipt), *what_to_do(push))
    return exit_code(push)


def _summary(push: Push, steps: Sequence[StepRecord]) -> None:
    """Print a push of many steps by state, and the first of those that did not arrive."""
    why = f" ({meaning_of(push.reason)}. {fix_of(push.reason)})" if push.reason else ""
    say(f"{push.push_id}  {push.asset}  plan {push.plan}  {push.state}{why}")
    say_table((str(n).rjust(9), state) for state, n in Counter(step.state.value for step in steps).items())
    _first(
        f"  {step.entity} of {step.local_id}: {why_of(step)}"
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
