"""`activity`: what was pushed, for whom, what became of it, and what is still to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from core.errors import DeskError
from core.push import activity as pushes
from core.push.records import Push
from core.systems import display_name
from tui.activity.clues import ASKING, Clue, clues_of
from tui.cli.json_output import push_form
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.push_output import decision_lines, show_push
from tui.wiring import open_book, settings_of
from tui.wiring.book import client_names
from tui.wiring.clock import WallClock, desk_time
from tui.words.pushes import (
    ASSET_WORDS,
    PUSH_SIGN,
    PushSection,
    day_words,
    question_of,
    result_words,
    section_of,
    subject_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.local_forms import DeskTime
    from core.push.plan import Plan
    from core.receipts.clients import PushNames
    from data.settings import Settings
    from tui.wiring.book import OpenBook

SHOWN: Final = 20
"""How many pushes are listed for a person who gives no limit. A script gets all of them."""


@dataclass(frozen=True, kw_only=True)
class ActivityOptions(CommandOptions):
    """The options of `activity`."""

    push: str | None
    """The id of the push that is shown step by step; None for the list."""
    limit: int | None


async def activity(options: ActivityOptions) -> int:
    """List the pushes: as many of the newest as the limit says, and each older one that is not over. Or show one."""
    settings = settings_of(options.home, options.profile)
    book = await open_book(settings, write=False)
    try:
        if options.push is not None:
            return await _show_one(options, settings, book, options.push)
        every = await pushes.pushes(book)
        limit = options.limit or (len(every) if options.json else SHOWN)
        listed = pushes.newest(every, limit)
        left_out = len(every) - len(listed)
        if options.json:
            forms = [push_form(item.push, item.steps) async for item in pushes.read_activities(book, listed)]
            emit_json({"pushes": forms, "left_out": left_out})
            return 0
        await _list(settings, book, every, listed)
    finally:
        book.close()
    if not every:
        say("Nothing was pushed yet.")
    if left_out:
        are = "push is" if left_out == 1 else "pushes are"
        say(f"{left_out} older {are} not listed. To list every push: brokerdesk activity --limit all")
    return 0


async def _show_one(options: ActivityOptions, settings: Settings, book: OpenBook, push_id: str) -> int:
    push = await book.get(Push, push_id)
    if push is None:
        raise DeskError("unknown-push", f"There is no push {push_id}.")
    shown = await pushes.read_activity(book, push)
    if options.json:
        emit_json(push_form(shown.push, shown.steps))
    else:
        names = await client_names(settings, book).of(push)
        show_push(shown, names)
        _show_clues(shown, await pushes.read_plan(book, push), names)
    return 0


def _show_clues(shown: pushes.Activity, plan: Plan | None, names: PushNames) -> None:
    """Print what to look for in the other system, for each step that asks about a record there."""
    for step in shown.steps:
        if step.state not in ASKING:
            continue
        planned = plan.steps[step.n] if plan is not None else None
        summary = names.steps[step.n] if step.n < len(names.steps) else step.local_id
        clues = [*clues_of(planned, summary, plan, shown.steps), Clue("Our reference", step.ref)]
        say("", f"{question_of(step)} What to look for in {display_name(step.system)}:")
        say_table(((clue.label, f"{clue.value}  {clue.mark}".rstrip()) for clue in clues), indent="  ")


async def _list(settings: Settings, book: OpenBook, every: Sequence[Push], listed: Sequence[Push]) -> None:
    """Print the line about today, and the pushes under their headings."""
    zone, today = desk_time(settings), desk_time(settings)(WallClock().now()).date()
    sections = _sections(every, listed, zone, today)
    of_today = [push for push in every if zone(push.created_at).date() == today]
    if parts := day_words(of_today, len(sections[PushSection.NEEDS_YOU])):
        say("Today " + " · ".join(words for _, words in parts))
    names = await client_names(settings, book).clients(listed)
    asking = {
        item.push.push_id: decision_lines(item)
        async for item in pushes.read_activities(
            book, [*sections[PushSection.NEEDS_YOU], *sections[PushSection.WAITING]]
        )
    }
    for section, found in sections.items():
        if found:
            say("", section.upper())
            _table(found, names, asking, zone, today)


def _sections(
    every: Iterable[Push], listed: Iterable[Push], zone: DeskTime, today: date
) -> dict[PushSection, list[Push]]:
    """Return the listed pushes under their headings. `every` has all pushes, the newest first."""
    latest: dict[str, str] = {}
    for push in every:
        latest.setdefault(push.subject, push.push_id)
    sections: dict[PushSection, list[Push]] = {section: [] for section in PushSection}
    for push in listed:
        is_latest = latest[push.subject] == push.push_id
        sections[section_of(push, zone(push.created_at).date(), today, latest=is_latest)].append(push)
    return sections


def _table(
    found: Iterable[Push],
    names: Mapping[str, str],
    asking: Mapping[str, list[str]],
    zone: DeskTime,
    today: date,
) -> None:
    """Print pushes with aligned columns, each followed by what it asks."""
    rows: list[tuple[str, ...]] = []
    below: dict[int, list[str]] = {}
    for push in found:
        is_today = zone(push.created_at).date() == today
        at = push.created_at
        client = " ".join(filter(None, (subject_words(push), names.get(push.push_id, ""))))
        rows.append(
            (
                PUSH_SIGN[push.state][0],
                zone.clock(at) if is_today else zone.day_and_clock(at),
                ASSET_WORDS[push.asset],
                client,
                result_words(push),
                push.push_id,
            )
        )
        below[len(rows)] = asking.get(push.push_id, [])
    say_table(rows, below=below)
