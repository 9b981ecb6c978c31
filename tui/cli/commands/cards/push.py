"""`preview` and `push` of a card, a note, a Fact Find: shown, asked once, sent once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeGuard

from core.error_catalogue import fix_of
from core.errors import BookClosed, DeskError, UsageError
from core.flex.field_map.fates import ARRIVES, Fate, Field, Mark
from core.flex.note_templates import template_named, without_gaps
from core.flex.plans.inputs import NEW
from core.flex.plans.preview import Preview, changes
from core.flex.use_cases.bulk import (
    BulkBegun,
    BulkEnded,
    BulkFailed,
    BulkNotBegun,
    BulkPreviewed,
    outcome_of,
    preview_each,
    push_each,
    refusal,
)
from core.flex.use_cases.cards import objection_to
from core.flex.use_cases.changed_since_push import ChangedSincePush
from core.flex.use_cases.people import sends_only_people
from core.local_forms import DeskTime
from core.progress import RowProgress
from core.push import activity
from core.push.engine import Engine
from core.push.live_push import LivePush
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, digest_of
from core.push.records import Push
from core.texts import how_many
from tui.cards.pages import preview_page
from tui.cells import fit
from tui.cli.confirmation import PlanNotSent, Proposal, confirmed
from tui.cli.json_output import (
    not_pushed_form,
    preview_change_form,
    preview_form,
    push_form,
    since_form,
)
from tui.cli.options import CommandOptions, PlannedOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.progress import progress_lines
from tui.cli.prompts import read_all_stdin
from tui.cli.push_output import exit_code, show_push, waiting_proposal, what_to_do
from tui.cli.receipt_output import receipt_line_form, receipt_of, tell
from tui.wiring import Desk, open_desk, settings_of
from tui.wiring.files import note_templates, path_of, read_attachments, write_private
from tui.wiring.platform.signals import INTERRUPT, obey
from tui.words.changes import OLD_VALUES, change_in_words
from tui.words.people import contact_in_words, search_remark
from tui.words.plans import OUR_GUESS, end_of_several, plan_sentence
from tui.words.receipts import receipt_lines
from tui.words.waiting import cards_line


@dataclass(frozen=True, kw_only=True)
class CardOptions(CommandOptions):
    """What of a card is pushed."""

    people: bool
    """True for the people of the card alone."""
    override_fact_find: str | None
    """The id of the card, typed again, to push a card with a FLEX-integrated Fact Find."""
    person: list[str]
    """`PERSON=FLEX_ID` for each person who is a contact of FLEX already, `PERSON=new` for a new contact."""


@dataclass(frozen=True, kw_only=True)
class PreviewCardOptions(CardOptions):
    """The options of `preview card`."""

    id: str
    html: str | None
    """The file to which the preview is written as a page."""


@dataclass(frozen=True, kw_only=True)
class FactFindOptions(CommandOptions):
    """Which Fact Find."""

    id: str
    person: list[str]
    """As in `CardOptions`."""


@dataclass(frozen=True, kw_only=True)
class NoteOptions(CommandOptions):
    """Which note: one of BrokerEngine's, or a new one onto a card."""

    id: str | None
    card: str | None
    text: str | None
    """The text of a new note; "-" reads it from stdin."""
    template: str | None
    """The note template that is the text of a new note."""
    attach: list[str]
    """The files of a new note."""


@dataclass(frozen=True, kw_only=True)
class PushCardOptions(CardOptions, PlannedOptions):
    """The options of `push card`."""

    id: list[str]
    """One card, or several."""


@dataclass(frozen=True, kw_only=True)
class PushFactFindOptions(FactFindOptions, PlannedOptions):
    """The options of `push fact-find`."""


@dataclass(frozen=True, kw_only=True)
class PushNoteOptions(NoteOptions, PlannedOptions):
    """The options of `push note`."""


Planned = Callable[[Desk], Awaitable[Preview]]


# -- what is pushed ------------------------------------------------------------------------------------


def _card(options: CardOptions, card_id: str) -> Planned:
    overrides = ("use-fact-find",) if _overridden(options, card_id) else ()
    choices = _choices(options.person)
    if options.people:
        return lambda desk: desk.flex.preview_people(card_id, choices)
    return lambda desk: desk.flex.preview(card_id, overrides, choices)


def _choices(given: list[str]) -> dict[str, str]:
    """Return the FLEX ID, or `new`, by the id of a person. Raises `UsageError` for what does not name both."""
    return dict(map(_person, given))


def _overridden(options: CardOptions, card_id: str) -> bool:
    """Return True if the operator typed the card's id, the only way past the guard against a second opportunity.

    Raises `UsageError` for another card's id.
    """
    typed = options.override_fact_find
    if typed is not None and typed != card_id:
        raise UsageError(
            "wrong-id",
            f"--override-fact-find was given “{typed}”, the card is {card_id}.",
            card=card_id,
        )
    return typed is not None


def _fact_find(options: FactFindOptions) -> Planned:
    choices = _choices(options.person)
    return lambda desk: desk.fact_finds.preview(options.id, choices)


def _note(options: NoteOptions) -> Planned:
    note_id, card_id, text, template = options.id, options.card, options.text, options.template
    given = [part for part in (text, template) if part is not None]
    if note_id is not None and card_id is None and not given and not options.attach:
        return lambda desk: desk.notes.preview(note_id)
    if card_id is None or len(given) != 1 or note_id is not None:
        raise UsageError(
            "which-note",
            "Name one of BrokerEngine's notes, or write one with --card, and with --text or --template.",
        )

    async def written(desk: Desk) -> Preview:
        whole = text or ""
        if template is not None:
            chosen = template_named(note_templates(desk.settings).templates, template)
            whole = without_gaps(await desk.notes.fill(card_id, chosen, desk.local), card_id)
        elif text == "-":
            await desk.notes.check_can_write(card_id)  # said before anybody writes the text
            whole = read_all_stdin("The text of the note")
        return await desk.notes.preview_written(card_id, whole, read_attachments(options.attach))

    return written


# -- preview -------------------------------------------------------------------------------------------


async def preview_card(options: PreviewCardOptions) -> int:
    """Show what a push of a card would do, field by field, and who may be in FLEX already."""
    of_card = options.id if options.people else None
    return await _preview(options, _card(options, options.id), of_card, options.html)


async def preview_fact_find(options: FactFindOptions) -> int:
    """Show what a push of a Fact Find would do."""
    return await _preview(options, _fact_find(options))


async def preview_note(options: NoteOptions) -> int:
    """Show what a push of a note would do."""
    return await _preview(options, _note(options))


async def _preview(
    options: CommandOptions, planned: Planned, of_card: str | None = None, html: str | None = None
) -> int:
    """Print a preview, and what changed since the last push: of the card `of_card` as a whole if that is named.

    With `html` the preview is written to that file as a page too.
    """
    async with open_desk(settings_of(options.home, options.profile), write=False) as desk:
        preview = await planned(desk)
        whole = await desk.flex.glance(of_card) if of_card is not None else preview
        since = None if preview.asset is Asset.NOTE else await desk.flex.since(whole)
    if html is not None:
        write_private(path_of(html), preview_page(preview))
    if options.json:
        emit_json(preview_form(preview) | {"since_push": since_form(whole, since)})
    else:
        _show(preview)
        _show_changes(whole, since, desk.local)
        if html is not None:
            say("", f"Written to {html}.")
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
        if field.confidence is Mark.GUESS and field.fate in ARRIVES:
            arrives += f"  {OUR_GUESS}"
        say(f"  {fit(field.source, 38)}  {fit(field.source_value, 30)}  {field.fate:9}  {arrives}")
    say("", "STEPS", f"  {plan_sentence(preview.plan)}")
    say_table(
        (
            [str(n), step.operation, step.entity, _known_id(step), step.summary]
            for n, step in enumerate(preview.plan.steps, 1)
        ),
        indent="  ",
    )
    say("", *(f"! {warning}" for warning in preview.warnings))
    say(", ".join(f"{number} {fate}" for fate, number in preview.counts.items() if number))
    say(*(f"✗ {reason.message} {fix_of(reason.code)}" for reason in preview.reasons))
    _show_people(preview)


def _show_people(preview: Preview) -> None:
    """Print the contacts of FLEX that may be people of the push, each with the option that chooses the contact."""
    for question in preview.questions:
        person = question.person
        for contact in question.found:
            choice = (
                f"--person {person.id}={contact.flex_id}" if contact.flex_id in question.choices else "taken"
            )
            say(f"? {person.name}: {contact_in_words(contact)}: {choice}")
        if NEW in question.choices:
            say(f"? {person.name}: a new contact: --person {person.id}={NEW}")
    asked = {question.person.id for question in preview.questions}
    for alike in preview.look_alikes:
        if alike.person.id in asked:
            continue
        for contact in alike.found:
            say(
                f"? FLEX holds {contact_in_words(contact)}: the same person as {alike.person.name}? "
                f"Then push with --person {alike.person.id}={contact.flex_id}"
            )
    if remark := search_remark(preview):
        say(remark)


def _known_id(step: Step) -> str:
    """Return the id of the record that a step addresses, "" if an earlier step makes that record."""
    return "" if step.remote_id is None or step.remote_id in step.needs else step.remote_id


def _show_changes(preview: Preview, since: ChangedSincePush | None, local: DeskTime) -> None:
    """Print what changed since the push, field by field."""
    if since is None:
        return
    if since:
        say("", f"CHANGED SINCE THE PUSH OF {local.moment(since.at)}", f"  {OLD_VALUES}")
        for change in since.changes(preview.fields):
            say(f"  {change_in_words(change)}")
    if since.not_sent:
        say("", f"Not sent by a push from brokerdesk: {how_many(len(since.not_sent), 'field')}.")


# -- push ----------------------------------------------------------------------------------------------


async def push_card(options: PushCardOptions) -> int:
    """Push a card, or several in turn. A push of the same card that waits goes on."""
    card_ids = list(dict.fromkeys(options.id))
    if len(options.id) > 1:
        return await _push_several(options, card_ids)
    (card_id,) = card_ids
    chosen = _choices(options.person)

    def is_meant(plan: Plan) -> bool:
        return (
            plan.asset is Asset.CARD
            and plan.subject == card_id
            and sends_only_people(plan) is options.people
            and _has_chosen(plan, chosen)
        )

    return await _push(options, _card(options, card_id), is_meant, card_id)


def _has_chosen(plan: Plan, chosen: Mapping[str, str]) -> bool:
    """Return True if a plan has the chosen contact, or a new one, for each person that a command names."""
    people = {
        step.local_id: NEW if step.operation is Operation.CREATE else step.remote_id
        for step in plan.steps
        if step.entity is Entity.PERSON and step.system is System.FLEX
    }
    return people.items() >= chosen.items()


def _person(given: str) -> tuple[str, str]:
    person_id, equals, flex_id = given.partition("=")
    if not (person_id and equals and flex_id):
        raise UsageError("which-person", f"“{given}” does not say which person is which contact.")
    return person_id, flex_id


async def push_fact_find(options: PushFactFindOptions) -> int:
    """Push a Fact Find. A push of the same Fact Find that waits goes on."""
    chosen = _choices(options.person)

    def is_meant(plan: Plan) -> bool:
        return plan.asset is Asset.FACT_FIND and plan.subject == options.id and _has_chosen(plan, chosen)

    return await _push(options, _fact_find(options), is_meant, options.id)


async def push_note(options: PushNoteOptions) -> int:
    """Push a note: each time a new record in FLEX. A push of the same note that waits goes on."""
    # the preview finds the push of the same note that waits
    return await _push(options, _note(options), lambda _: False, options.id)


async def _push(
    options: PlannedOptions, planned: Planned, is_meant: Callable[[Plan], bool], shown_as: str | None
) -> int:
    """Push what is planned now. If an unfinished push is what the command means, go on with that push instead.

    With `--plan`, only the push of that plan goes on. `shown_as` is the id by which `preview` shows the same plan.
    """
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        engine = desk.can_push
        waiting = _waiting(engine, is_meant, options.plan)
        preview: Preview | None = None
        if waiting is not None:
            if not confirmed(options, waiting_proposal(desk, waiting)):
                return 1
            push = waiting.push
        else:
            preview = await planned(desk)
            if not preview.pushable:
                if preview.questions and not options.json:
                    _show_people(preview)
                raise PlanNotSent(objection_to(preview), preview_form(preview))
            if not confirmed(options, _proposal(preview, desk, shown_as)):
                return 1
            push = await desk.flex.confirm(preview, engine)
        push = await engine.finish(push.push_id)
        if push.reason == "plan-changed" and preview is not None:
            return await _tell_what_changed(options, desk, push, (preview, await planned(desk)))
        return await tell(desk, push, as_json=options.json)


async def _tell_what_changed(
    options: PlannedOptions, desk: Desk, push: Push, previews: tuple[Preview, Preview]
) -> int:
    """Print a push that sent nothing because what was confirmed changed, and what changed: the old and new preview."""
    old, new = previews
    changed = changes(old, new)
    shown = await activity.read_activity(desk.book, push)
    if options.json:
        forms = [preview_change_form(change) for change in changed]
        emit_json(
            {**push_form(push, shown.steps), "receipt": None, "plan_now": new.plan.digest, "changed": forms}
        )
        return exit_code(push)
    show_push(shown)
    say("", f"CHANGED SINCE PLAN {old.plan.digest} WAS SHOWN")
    say(*(f"  {change.name}: {_says(change.before)} → {_says(change.after)}" for change in changed))
    if not changed:
        say("  No field: what FLEX or BrokerEngine holds of its records changed.")
    say("", f"The plan is {new.plan.digest} now.", *what_to_do(push))
    return exit_code(push)


def _says(field: Field | None) -> str:
    """Return what a field holds, for a comparison."""
    return (field.source_value if field else "") or "(empty)"


def _waiting(engine: Engine, is_meant: Callable[[Plan], bool], plan: str | None) -> LivePush | None:
    """Return the unfinished push that a command means, of the plan that the command names if it names one."""
    for push in engine.unfinished():
        live = engine.live(push.push_id)
        if live is not None and is_meant(live.plan) and plan in (None, push.plan):
            return live
    return None


def _proposal(preview: Preview, desk: Desk, shown_as: str | None) -> Proposal:
    digest = preview.plan.digest
    return Proposal(
        digest=digest,
        form=preview_form(preview),
        show=lambda: _show(preview),
        question=f"Send {how_many(len(preview.plan.steps), 'step')} of plan {digest}?",
        doing=f"pushing {shown_as or preview.subject}",
        live=desk.settings.profile.live,
        previewed=(preview.asset, shown_as) if shown_as is not None else None,
    )


# -- several cards -------------------------------------------------------------------------------------


async def _push_several(options: PushCardOptions, card_ids: list[str]) -> int:
    """Push several cards in turn; the exit code is the highest of the single pushes' exit codes.

    Raises `UsageError` for an option that is about one card alone.
    """
    _check_that_options_suit_several(options)
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        engine = desk.can_push
        read = [progress async for progress in preview_each(desk.flex, card_ids)]
        previews = [progress.preview for progress in read if isinstance(progress, BulkPreviewed)]
        going = [preview for preview in previews if preview.pushable]
        proposal = _proposal_of_several(read, going, desk)
        if (refused := await refusal(desk.careful, len(going))) is not None:
            raise PlanNotSent(refused, proposal.form)
        if going and not confirmed(options, proposal):
            return 1
        results: dict[str, _Ended] = {
            against.card_id: against for against in map(_standing_against, read) if against
        }
        results |= await _push_each(desk, engine, going)
        closed = next((end.error for end in results.values() if _is_closed(end)), None)
        for card_id in card_ids:
            if card_id not in results and closed is not None:  # not pushed, for the same reason
                results[card_id] = BulkFailed(card_id, closed)
        return await _tell_several(desk, [results[card_id] for card_id in card_ids], options)


_Ended = BulkEnded | BulkFailed | BulkNotBegun


def _is_closed(end: _Ended) -> TypeGuard[BulkFailed]:
    return isinstance(end, BulkFailed) and isinstance(end.error, BookClosed)


async def _push_each(desk: Desk, engine: Engine, going: list[Preview]) -> dict[str, _Ended]:
    """Push the cards, and return what became of each. A line on stderr says how far that is; Ctrl-C stops it."""
    ended: dict[str, _Ended] = {}
    stop, began = asyncio.Event(), time.monotonic()
    with progress_lines() as show, _stopping(stop):
        async for progress in push_each(desk.flex, engine, going, desk.careful, stop):
            if not isinstance(progress, BulkBegun):
                ended[progress.card_id] = progress
            at = RowProgress("", len(ended), len(going), time.monotonic() - began)
            after = "stopping: what has begun goes on" if stop.is_set() else "Ctrl-C stops before the next"
            show(f"{cards_line(at)} · {after}")
    return ended


@contextmanager
def _stopping(stop: asyncio.Event) -> Iterator[None]:
    """Let Ctrl-C set `stop` instead of ending the command. A second Ctrl-C ends the command."""

    def interrupted() -> None:
        undo()
        stop.set()

    undo = obey(dict.fromkeys(INTERRUPT, interrupted))
    try:
        yield
    finally:
        undo()


def _check_that_options_suit_several(options: PushCardOptions) -> None:
    about_one = {
        "--people": options.people,
        "--person": options.person,
        "--override-fact-find": options.override_fact_find,
    }
    if given := [name for name, value in about_one.items() if value]:
        raise UsageError("one-card", f"{given[0]} is about one card, and several were named.")


def _standing_against(progress: BulkPreviewed | BulkFailed) -> BulkFailed | None:
    """Return why a card that was read can't be pushed, with every objection; None if the card can go."""
    match progress:
        case BulkFailed():
            return progress
        case BulkPreviewed(card_id, preview):
            if preview.pushable:
                return None
            return BulkFailed(card_id, objection_to(preview))


def _proposal_of_several(
    read: list[BulkPreviewed | BulkFailed], going: list[Preview], desk: Desk
) -> Proposal:
    """Return the question about several cards. The hash covers the plans that can be pushed, in the order named."""
    steps = sum(len(preview.plan.steps) for preview in going)
    digest = digest_of(preview.plan.digest for preview in going)
    return Proposal(
        digest=digest,
        form={
            "asset": Asset.CARD,
            "plan": digest,
            "plans": [
                preview_form(progress.preview)
                if isinstance(progress, BulkPreviewed)
                else not_pushed_form(progress.card_id, progress.error)
                for progress in read
            ],
        },
        show=lambda: _show_several(read),
        question=f"Push {how_many(len(going), 'card')} with {how_many(steps, 'step')}?",
        doing=f"pushing {how_many(len(read), 'card')}",
        live=desk.settings.profile.live,
    )


def _show_several(read: list[BulkPreviewed | BulkFailed]) -> None:
    for progress in read:
        if against := _standing_against(progress):
            say(f"{against.card_id}  ✗ {against.error.message} {against.error.fix}")
        elif isinstance(progress, BulkPreviewed):
            plan = progress.preview.plan
            say(f"{plan.subject}  {plan.title}  plan {plan.digest}  {plan_sentence(plan)}")
            say(*(f"  ! {warning}" for warning in progress.preview.warnings))


async def _tell_several(desk: Desk, results: Sequence[_Ended], options: PushCardOptions) -> int:
    """Print what became of each card, and of all; returns the highest exit code."""
    codes, forms = [0], []
    for result in results:
        match result:
            case BulkEnded(_, push):
                told = await activity.read_activity(desk.book, push)
                receipt = await receipt_of(desk, push.push_id)
                forms.append({**push_form(told.push, told.steps), "receipt": receipt_line_form(receipt)})
                codes.append(exit_code(push))
                if not options.json:
                    show_push(told)
                    say(*receipt_lines(receipt))
            case BulkFailed(card_id, error):
                forms.append(not_pushed_form(card_id, error))
                codes.append(error.exit_code)
                if not options.json:
                    say(f"{card_id}  ✗ {error.message} {error.fix}")
            case BulkNotBegun(card_id):
                stopped = DeskError("cut-short", f"You ended this before {card_id} was sent.")
                forms.append(not_pushed_form(card_id, stopped))
                codes.append(stopped.exit_code)
                if not options.json:
                    say(f"{card_id}  – not sent: you stopped before")
    if options.json:
        emit_json(forms)
    else:
        say("", end_of_several(map(outcome_of, results)))
    return max(codes)
