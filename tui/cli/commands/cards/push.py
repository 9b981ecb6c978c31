"""`preview` and `push` of a card, a note, a Fact Find: shown, asked once, sent once."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from core.error_catalogue import fix_of, meaning_of
from core.errors import BookClosed, DeskError, Unreachable, UsageError
from core.flex.field_map.fates import ARRIVES, Fate
from core.flex.plans.inputs import NEW
from core.flex.plans.preview import Preview
from core.flex.use_cases.bulk import (
    BulkBegun,
    BulkEnded,
    BulkFailed,
    BulkPreviewed,
    preview_each,
    push_in_turn,
)
from core.push import activity
from core.push.records import Push, StepRecord
from core.push.states import PushState
from tui.cli.json_output import not_pushed_form, preview_form, push_form
from tui.cli.options import CommandOptions, ConfirmedOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import Desk, open_desk, settings_of
from tui.words.people import contact_in_words, search_remark

NETWORK: Final = frozenset({"unreachable", "rate-limited", "not-authorised", "wrong-secret", "no-token"})
"""Why a push can be paused that is the connection's fault: exit code 3."""


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


@dataclass(frozen=True, kw_only=True)
class PushOptions(ConfirmedOptions):
    """The options of every push."""

    plan: str | None
    """The digest of the only plan that may be sent; None for whatever the plan is now."""


@dataclass(frozen=True, kw_only=True)
class PushCardOptions(CardOptions, PushOptions):
    """The options of `push card`."""

    id: list[str]
    """One card, or several."""


@dataclass(frozen=True, kw_only=True)
class PushFactFindOptions(FactFindOptions, PushOptions):
    """The options of `push fact-find`."""


@dataclass(frozen=True, kw_only=True)
class PushNoteOptions(NoteOptions, PushOptions):
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
    note_id, card_id, text = options.id, options.card, options.text
    if note_id is not None and card_id is None and text is None:
        return lambda desk: desk.notes.preview(note_id)
    if card_id is None or text is None or note_id is not None:
        raise UsageError(
            "which-note", "Name one of BrokerEngine's notes, or write one with --card and --text."
        )
    written = sys.stdin.read() if text == "-" else text
    return lambda desk: desk.notes.preview_written(card_id, written)


# -- preview -------------------------------------------------------------------------------------------


async def preview_card(options: PreviewCardOptions) -> int:
    """Show what a push of a card would do, field by field, and whom FLEX may hold already."""
    return await _preview(options, _card(options, options.id))


async def preview_fact_find(options: FactFindOptions) -> int:
    """Show what a push of a Fact Find would do."""
    return await _preview(options, _fact_find(options))


async def preview_note(options: NoteOptions) -> int:
    """Show what a push of a note would do."""
    return await _preview(options, _note(options))


async def _preview(options: CommandOptions, planned: Planned) -> int:
    async with open_desk(settings_of(options.home, options.profile), write=False) as desk:
        preview = await planned(desk)
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


# -- push ----------------------------------------------------------------------------------------------


async def push_card(options: PushCardOptions) -> int:
    """Push a card, or several in turn. A push that is on its way already goes on."""
    card_ids = list(dict.fromkeys(options.id))
    if len(options.id) > 1:
        return await _push_several(options, card_ids)
    (card_id,) = card_ids
    return await _push(options, card_id, _card(options, card_id))


def _person(given: str) -> tuple[str, str]:
    person_id, equals, flex_id = given.partition("=")
    if not (person_id and equals and flex_id):
        raise UsageError("which-person", f"“{given}” does not say which person is which contact.")
    return person_id, flex_id


async def push_fact_find(options: PushFactFindOptions) -> int:
    """Push a Fact Find; one that is on its way already goes on."""
    return await _push(options, options.id, _fact_find(options))


async def push_note(options: PushNoteOptions) -> int:
    """Push a note: each time a new record in FLEX, unless the same note is on its way already."""
    return await _push(options, options.id or f"{options.card}-draft", _note(options))


async def _push(options: PushOptions, subject: str, planned: Planned) -> int:
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        engine = desk.can_push
        running = engine.active(subject)
        if running is None:
            preview = await planned(desk)
            _check_plan(options.plan, preview)
            if preview.questions:
                return _tell_questions(options, preview)
            if preview.pushable and not _confirmed(options, preview, desk):
                return 1
            push = await desk.flex.confirm(preview, engine)
        else:
            push = running.push
        push = await engine.finish(push.push_id)
        return await tell(desk, push, as_json=options.json)


def _tell_questions(options: PushOptions, preview: Preview) -> int:
    """Print a preview with open questions about people, and return the exit code. Nothing is begun."""
    first = preview.reasons[0]
    message = " ".join(reason.message for reason in preview.reasons)
    if options.json:
        error = {"code": first.code, "message": message, "fix": fix_of(first.code)}
        emit_json({**preview_form(preview), "error": error})
    else:
        _show(preview)
        say("Nothing was sent.")
    return DeskError.exit_code


def _check_plan(wanted: str | None, preview: Preview) -> None:
    if wanted and wanted != preview.plan.digest:
        raise DeskError(
            "plan-changed",
            f"{preview.subject} would now be pushed as plan {preview.plan.digest}, not {wanted}.",
            when="a command named its plan",
            asset=preview.asset,
            subject=preview.subject,
        )


def _confirmed(options: PushOptions, preview: Preview, desk: Desk) -> bool:
    if options.yes:
        return True
    if not _can_answer(options):
        raise DeskError(
            "not-confirmed",
            f"Nothing was sent: pushing {preview.subject} needs --yes, or an answer at the prompt.",
            when="a push was not confirmed",
            asset=preview.asset,
            subject=preview.subject,
        )
    _show(preview)
    return _answered_yes(
        f"{live_word(desk)}Send {len(preview.plan.steps)} steps of plan {preview.plan.digest}? [y/N] "
    )


def _can_answer(options: PushOptions) -> bool:
    """Return True if the command may ask a question: somebody is at a terminal, and stdout is not for JSON."""
    return not options.json and sys.stdin.isatty()


def _answered_yes(question: str) -> bool:
    try:
        answer = input(question)
    except EOFError:
        answer = ""
    if answer.strip().casefold() not in ("y", "yes"):
        say("Nothing was sent.")
        return False
    return True


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
        if going and not _several_confirmed(options, read, going, desk):
            return 1
        results: dict[str, BulkEnded | BulkFailed] = {
            against.card_id: against for against in map(_standing_against, read) if against
        }
        async for progress in push_in_turn(desk.flex, engine, going):
            match progress:
                case BulkBegun():
                    continue
                case BulkEnded(card_id):
                    results[card_id] = progress
                case BulkFailed(card_id, error):
                    results[card_id] = progress
                    if isinstance(
                        error, BookClosed
                    ):  # the cards after this one are not pushed, for the same reason
                        for later in card_ids:
                            results.setdefault(later, BulkFailed(later, error))
        return await _tell_several(desk, [results[card_id] for card_id in card_ids], options)


def _check_that_options_suit_several(options: PushCardOptions) -> None:
    about_one = {
        "--plan": options.plan,
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
            messages = " ".join(reason.message for reason in preview.reasons)
            return BulkFailed(card_id, DeskError(preview.reasons[0].code, messages))


def _several_confirmed(
    options: PushCardOptions, read: list[BulkPreviewed | BulkFailed], going: list[Preview], desk: Desk
) -> bool:
    if options.yes:
        return True
    if not _can_answer(options):
        raise DeskError(
            "not-confirmed",
            f"Nothing was sent: pushing {len(read)} cards needs --yes, or an answer at the prompt.",
        )
    for progress in read:
        if against := _standing_against(progress):
            say(f"{against.card_id}  ✗ {against.error.message} {against.error.fix}")
        elif isinstance(progress, BulkPreviewed):
            plan = progress.preview.plan
            say(f"{plan.subject}  {plan.title}  plan {plan.digest}  {len(plan.steps)} steps")
            say(*(f"  ! {warning}" for warning in progress.preview.warnings))
    steps = sum(len(preview.plan.steps) for preview in going)
    return _answered_yes(f"{live_word(desk)}Send {steps} steps of {len(going)} cards? [y/N] ")


async def _tell_several(
    desk: Desk, results: Iterable[BulkEnded | BulkFailed], options: PushCardOptions
) -> int:
    """Print what became of each card; returns the highest exit code."""
    codes, forms = [0], []
    for result in results:
        match result:
            case BulkEnded(_, push):
                told = await activity.read_activity(desk.book, push)
                forms.append(push_form(told.push, told.steps))
                codes.append(exit_code(push))
                if not options.json:
                    show_push(told)
            case BulkFailed(card_id, error):
                forms.append(not_pushed_form(card_id, error))
                codes.append(error.exit_code)
                if not options.json:
                    say(f"{card_id}  ✗ {error.message} {error.fix}")
    if options.json:
        emit_json(forms)
    return max(codes)


def live_word(desk: Desk) -> str:
    """Return what a question begins with where its answer sends to systems that matter."""
    return "LIVE. " if desk.settings.profile.live else ""


async def tell(desk: Desk, push: Push, *, as_json: bool) -> int:
    """Print where a push stands now; gives its exit code."""
    shown = await activity.read_activity(desk.book, push)
    if as_json:
        emit_json(push_form(shown.push, shown.steps))
    else:
        show_push(shown)
    return exit_code(push)


def show_push(shown: activity.Activity) -> None:
    """Print a push and its steps."""
    push = shown.push
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
            for step in shown.steps
        ),
        indent="  ",
    )
    if shown.missing:
        say(f"  {shown.missing}")


def _why(step: StepRecord) -> str:
    detail = f" ({step.detail})" if step.detail else ""
    return f"{meaning_of(step.error)}{detail}. {fix_of(step.error)}"


def exit_code(push: Push) -> int:
    """Return the exit code that a push's state stands for: 0 done, 3 a remote can't be reached, else 1."""
    if push.state is PushState.DONE:
        return 0
    if push.state is PushState.PAUSED and push.reason in NETWORK:
        return Unreachable.exit_code
    return DeskError.exit_code
