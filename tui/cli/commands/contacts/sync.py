"""`sync`, `share`, `undo`: what is written to SimpleNexus and Total Expert, shown, asked once, sent once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from core.automatic.quiet_start import FIRST_SYNC_AFTER, FIRST_SYNC_WORDS
from core.contacts.consent import Channel
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.use_cases import ReviewUseCases
from core.contacts.sync.contacting import NotContacted
from core.contacts.sync.invite_plan import InvitePreview
from core.contacts.sync.no_home import NoHomeField, counted_fields
from core.contacts.sync.plan import SENT, SUBJECT, SyncLimits, SyncPreview
from core.contacts.sync.scope import SyncScope, scope_words, unknown_owners
from core.contacts.sync.share_plan import (
    ShareChoices,
    SharePreview,
    ShareWay,
    person_of,
    way_of,
)
from core.contacts.sync.undo_plan import UndoPreview
from core.contacts.use_cases import ContactUseCases
from core.error_catalogue import fix_of, meaning_of
from core.errors import BookClosed, DeskError, UsageError
from core.local_forms import DeskTime
from core.push import activity
from core.push.live_push import LivePush
from core.push.plan import Asset, Plan
from core.push.records import Push, StepRecord
from core.push.states import PushState, StepState
from core.receipts.careful_start import SYNCED
from core.texts import how_far, how_many
from tui.cli.commands.cards.undo import is_of_cards, undo_push
from tui.cli.confirmation import PlanNotSent, Proposal, confirmed
from tui.cli.json_output import link_form, plan_form, push_form
from tui.cli.options import CommandOptions, PlannedOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.progress import ProgressLine
from tui.cli.push_output import exit_code, show_push, waiting_proposal, what_to_do, why_of
from tui.cli.receipt_output import receipt_line_form, receipt_of
from tui.wiring import Desk, open_desk, settings_of
from tui.words.contact_desk.finished import finish_sentence
from tui.words.reads import read_forms, read_lines
from tui.words.receipts import receipt_lines
from tui.words.waiting import duration

SHOWN: Final = 20
"""Rows that are printed of a long list."""
NAMED: Final = 3
"""Records that one line names."""
UNDO_SYNC: Final = "To undo it, as far as possible: brokerdesk undo"
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
    """Whether the link also goes to people with whom the app was shared before."""
    make_account: bool
    """Whether the desk makes the accounts itself."""


@dataclass(frozen=True, kw_only=True)
class InviteOptions(PlannedOptions):
    """The options of `invite`."""

    id: list[str]
    """Ids of contacts in Total Expert, who are agents."""


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
    full: bool
    """True to read both systems in full, not only what changed since the last read."""
    fewer: list[int]
    """How many records are missing and really gone, for each system; empty if nobody said so."""
    owner: list[str]
    """Emails or ids of the loan officers and users whose contacts are synced; empty for all."""
    group: list[str]
    """Names of the groups whose contacts of Total Expert are synced; empty for all."""


async def sync(options: SyncCommandOptions) -> int:
    """Link, import and push what the match and the answers call for. A sync that waits goes on instead."""
    async with open_desk(
        settings_of(options.home, options.profile), write=True, listen=_ProgressLine(options).heard
    ) as desk:
        contacts, syncs = desk.can_sync
        engine = desk.can_push
        waiting = engine.active(SUBJECT)
        if waiting is not None and options.plan in (None, waiting.push.plan):
            return await _go_on(options, desk, waiting)
        gathered, reviewed = await _reviewed(
            contacts, desk, await (contacts.gather_all() if options.full else contacts.gather())
        )
        if not options.json:
            say(*read_lines(contacts.reads, desk.local))
        await _settle_missing(options, contacts)
        scope = SyncScope(tuple(options.owner), tuple(options.group))
        if unknown := unknown_owners([scope], gathered):
            raise UsageError("bad-scope", f"“{unknown[0]}” is not one loan officer or user.")
        preview = await syncs.preview(gathered, reviewed, limits=_limits(options.limit), scope=scope)
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
        more = {"counts": reviewed.counts, "first": preview.first}
        code = await _tell(options, desk, await engine.finish(begun.push_id), more, len(preview.plan.links))
        if preview.first and not options.json:
            say(FIRST_SYNC_AFTER)
        return code


async def _go_on(options: SyncCommandOptions, desk: Desk, waiting: LivePush) -> int:
    """Go on with a sync that waits, after a question."""
    contacts, _ = desk.can_sync
    if not confirmed(options, waiting_proposal(desk, waiting)):
        return 1
    if options.fewer:
        await contacts.gather()
        await contacts.accept_missing(options.fewer)
    push = await desk.can_push.finish(waiting.push.push_id)
    _, reviewed = await _reviewed(contacts, desk, await contacts.gather())
    return await _tell(options, desk, push, {"counts": reviewed.counts})


async def _settle_missing(options: SyncCommandOptions, contacts: ContactUseCases) -> None:
    """Compare the number of missing records with what the command gives.

    Raises `PlanNotSent` (fewer-records) with the reads if records are missing and the number is another one, or absent.
    """
    try:
        if options.fewer:
            await contacts.accept_missing(options.fewer)
        contacts.check_complete()
    except DeskError as error:
        raise PlanNotSent(error, {"read": read_forms(contacts.reads)}) from error


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
            if not options.json and (options.yes or not preview.plan.steps):  # else the question showed them
                say(*_left_out_lines(preview.left_out, desk.local))
            push = await syncs.confirm_share(preview, engine)
        return await _tell(options, desk, await engine.finish(push.push_id))


async def invite(options: InviteOptions) -> int:
    """Invite agents that are linked with a partner. An invite that waits goes on instead."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        contacts, syncs = desk.can_sync
        engine = desk.can_push
        live = [engine.live(push.push_id) for push in engine.unfinished() if push.asset is Asset.INVITE]
        waiting = next(
            (push for push in live if push is not None and _is_of_invite(push.plan, options)), None
        )
        if waiting is not None:
            if not confirmed(options, waiting_proposal(desk, waiting)):
                return 1
            push = waiting.push
        else:
            preview = await syncs.preview_invite(await contacts.gather(), options.id)
            if preview.plan.steps and not confirmed(options, _invite_proposal(preview, desk)):
                return 1
            if not options.json and (options.yes or not preview.plan.steps):  # else the question showed them
                say(*_left_out_lines(preview.left_out, desk.local))
            push = await syncs.confirm_invite(preview, engine)
        return await _tell(options, desk, await engine.finish(push.push_id))


def _is_of_invite(plan: Plan, options: InviteOptions) -> bool:
    """Return True if the plan of an invite that waits is about the people that the command names."""
    people = {person_of(step) for step in plan.steps}
    return people == set(options.id) and options.plan in (None, plan.digest)


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
        push = await engine.finish(begun.push_id)
        return await _tell(options, desk, push, links=len(preview.unlinks))


# -- telling -------------------------------------------------------------------------------------------


async def _reviewed(
    contacts: ContactUseCases, desk: Desk, gathered: MatchSnapshot
) -> tuple[MatchSnapshot, Reviewed]:
    matched = await contacts.match(gathered)
    review = ReviewUseCases(desk.book, contacts.clock, contacts.terms.operator)
    return gathered, await review.begin(matched)


def _sync_proposal(preview: SyncPreview, desk: Desk) -> Proposal:
    plan = preview.plan
    return Proposal(
        digest=plan.digest,
        form=plan_form(
            plan,
            _warnings(preview),
            counts=preview.counts,
            causes=preview.causes,
            first=preview.first,
            **_scope_form(preview),
            links=[{"simplenexus_id": ours, "total_expert_id": theirs} for ours, theirs in plan.links],
            no_home=[_no_home_form(field) for field in preview.no_home],
        ),
        show=lambda: _show(preview),
        question=f"Link {how_many(len(plan.links), 'pair')} and send {how_many(len(plan.steps), 'record')} "
        f"(plan {plan.digest})?",
        doing="syncing",
        live=desk.settings.profile.live,
    )


def _share_proposal(preview: SharePreview, desk: Desk) -> Proposal:
    return Proposal(
        digest=preview.plan.digest,
        form=plan_form(
            preview.plan,
            list(preview.warnings),
            left_out=_left_out_forms(preview.left_out),
            way=preview.choices.way,
            channels=list(preview.choices.channels),
            partner=preview.choices.partner or None,
        ),
        show=lambda: _show_people(preview, desk.local),
        question=f"{preview.plan.title[0].upper()}{preview.plan.title[1:]}?",
        doing="sharing",
        live=desk.settings.profile.live,
    )


def _invite_proposal(preview: InvitePreview, desk: Desk) -> Proposal:
    return Proposal(
        digest=preview.plan.digest,
        form=plan_form(preview.plan, list(preview.warnings), left_out=_left_out_forms(preview.left_out)),
        show=lambda: _show_people(preview, desk.local),
        question=f"Invite {how_many(len(preview.plan.steps), 'agent')}?",
        doing="inviting",
        live=desk.settings.profile.live,
    )


def _left_out_forms(left_out: Iterable[NotContacted]) -> list[dict[str, Any]]:
    return [
        {
            "total_expert_id": person.total_expert_id,
            "name": person.name,
            "why": person.why,
            "until": person.opens,
        }
        for person in left_out
    ]


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
        question=_undo_question(preview),
        doing="undoing",
        live=desk.settings.profile.live,
    )


def _undo_question(preview: UndoPreview) -> str:
    """Return the question whether to undo, with what is really undone: "Remove 2 links and restore 1 contact?"."""
    counted = (
        ("remove", len(preview.unlinks), "link"),
        ("restore", len(preview.put_back), "contact"),
        ("switch off", len(preview.switched_off), "partner"),
    )
    *first, last = [f"{verb} {how_many(number, noun)}" for verb, number, noun in counted if number]
    asked = f"{', '.join(first)} and {last}" if first else last
    return f"{asked[0].upper()}{asked[1:]}?"


def _show(preview: SyncPreview) -> None:
    """Print a sync by cause."""
    say(f"SYNC  plan {preview.plan.digest}", "")
    for does in (True, False):
        rows = [(count, cause) for cause, count in preview.causes.items() if (cause in SENT) is does]
        if rows:
            say("THE SYNC" if does else "STAYS AS IT IS")
        say_table(((str(count).rjust(9), cause.value) for count, cause in rows))
        if rows:
            say("")
        if does:
            _show_no_home(preview)
    if preview.scopes:
        say(f"ONLY {scope_words(preview.scopes)}. Left out:")
        say_table((str(count).rjust(9), why) for why, count in sorted(preview.outside.items()))
        say("")
    say(*(f"! {warning}" for warning in _warnings(preview)))


def _show_no_home(preview: SyncPreview) -> None:
    """Print what the copies leave behind, below what the sync does."""
    fields = counted_fields(preview.no_home)
    if fields:
        say("STAYS BEHIND: the other system has no field for it (--json names each value)")
        say_table((f"{count:9}", target, field, why) for target, field, why, count in fields)
        say("")


def _no_home_form(field: NoHomeField) -> dict[str, Any]:
    """Write a field that a copy leaves behind. `entity` is what the contact becomes in `system`."""
    return {
        "system": field.system,
        "entity": field.entity,
        "local_id": field.local_id,
        "name": field.name,
        "field": field.field,
        "value": field.value,
        "reason": field.why,
    }


def _scope_form(preview: SyncPreview) -> dict[str, Any]:
    """Return what a sync is limited to, and how many rows are outside by the reason; {} if it is not limited."""
    if not preview.scopes:
        return {}
    scopes = [{"owners": list(scope.owners), "groups": list(scope.groups)} for scope in preview.scopes]
    return {"scope": scopes, "outside": preview.outside}


def _warnings(preview: SyncPreview) -> list[str]:
    """Return what a person should know before the sync, in sentences."""
    return [
        *([FIRST_SYNC_WORDS] if preview.first else []),
        *(f"The scope names “{name}”, which is not one loan officer or user." for name in preview.unknown),
        *_shared_later(preview),
    ]


def _shared_later(preview: SyncPreview) -> list[str]:
    """Return a warning for each reason why imported people can't be given the app yet."""
    later = Counter(trouble for entry in preview.entries for trouble in entry.later)
    return [
        f"{how_many(count, 'imported person', 'imported people')} can't be given the app yet: {trouble.value}"
        for trouble, count in later.items()
    ]


def _show_people(preview: SharePreview | InvitePreview, local: DeskTime) -> None:
    """Print who is contacted, what Total Expert says of their consent, and who is left out."""
    said = {stated.about: stated.says for stated in preview.plan.consent}
    for step in preview.plan.steps:
        say(f"  {step.summary} ({person_of(step)})")
        if person_of(step) in said:
            say(f"    {said[person_of(step)]}")
    say(*_left_out_lines(preview.left_out, local), *(f"! {warning}" for warning in preview.warnings))


def _left_out_lines(left_out: Iterable[NotContacted], local: DeskTime) -> Iterator[str]:
    """Yield in words why nothing is sent to somebody, and from when on it can be."""
    for person in left_out:
        opens = f", until {local.moment(person.opens)}" if person.opens is not None else ""
        yield f"✗ {person.name} ({person.total_expert_id}) {person.why}{opens}"


def _show_undo(preview: UndoPreview) -> None:
    """Print what undoing would do, and what stays."""
    say(f"UNDO  {preview.plan.about}", "")
    _part("LINKS TAKEN BACK", [f"  {link.local_id} ↔ {link.remote_id}" for link in preview.unlinks])
    fields = [f"  {step.summary} ({step.remote_id}): {', '.join(step.body)}" for step in preview.put_back]
    _part("PUT BACK", fields)
    _part("PARTNERS SWITCHED OFF", [f"  {step.summary} ({step.remote_id})" for step in preview.switched_off])
    if preview.stays:
        say("STAYS AS IT IS")
    for why, count in Counter(one.why for one in preview.stays).items():
        names = [one.what for one in preview.stays if one.why == why]
        first = ", ".join(names[:NAMED]) + (f" and {count - NAMED} more" if count > NAMED else "")
        say(f"  {first}: {why}")


def _part(heading: str, lines: list[str]) -> None:
    """Print a heading and the first of its lines; nothing without lines."""
    if lines:
        say(heading)
        _first(lines)


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
                **_scope_form(preview),
            }
        )
    else:
        _show(preview)
        say("Nothing to link or to send.")
    return 0


async def _tell(
    options: PlannedOptions,
    desk: Desk,
    push: Push,
    more: Mapping[str, object] = MappingProxyType({}),
    links: int = 0,
) -> int:
    """Print a push with its receipt, and return its exit code.

    `more` are further keys of the JSON. `links` is that of `finish_sentence`.
    """
    shown = await activity.read_activity(desk.book, push)
    receipt = await receipt_of(desk, push.push_id)
    if options.json:
        emit_json({**push_form(shown.push, shown.steps), "receipt": receipt_line_form(receipt), **more})
        return exit_code(push)
    if len(shown.steps) <= SHOWN:
        show_push(shown)
    else:
        _summary(push, shown.steps)
    if push.state is PushState.DONE:
        say(finish_sentence(push.asset, shown.steps, links, UNDO_SYNC))
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
        self._line = ProgressLine(silent=options.json)
        self._told_at = 0.0
        self._since: tuple[float, int] | None = None

    def heard(self, push: Push, steps: Sequence[StepRecord]) -> None:
        """Hear of a change of a push."""
        now = time.monotonic()
        if push.state is not PushState.RUNNING:
            self._line.clear()
            return
        if not self._line.is_shown or len(steps) <= SHOWN or now - self._told_at < TELL_EVERY:
            return
        self._told_at = now
        if self._since is None:
            self._since = (now, activity.progress(steps, (now, 0), now).over)
        done = activity.progress(steps, self._since, now)
        left = (
            ""
            if done.seconds_left is None
            else f", {done.per_minute:.0f} a minute, {duration(done.seconds_left)} left"
        )
        self._line.show(f"{how_far(done.over, done.total)}{left}")
