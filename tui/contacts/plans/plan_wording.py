"""The lines that describe a sync, sharing the app and an undo: before they are confirmed, and while they run. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import ceil
from typing import Final

from textual.content import Content

from core.automatic.quiet_start import FIRST_SYNC_WORDS
from core.contacts.consent import Channel
from core.contacts.sync.contacting import NotContacted
from core.contacts.sync.invite_plan import InvitePreview
from core.contacts.sync.no_home import counted_fields
from core.contacts.sync.plan import SENT, Cause, SyncPreview
from core.contacts.sync.scope import scope_words
from core.contacts.sync.share_plan import SharePreview, ShareWay
from core.contacts.sync.undo_plan import UndoPreview
from core.error_catalogue import fix_of, meaning_of
from core.local_forms import DeskTime
from core.push.activity import progress
from core.push.records import Push, StepRecord
from core.push.states import PushState, StepState
from core.texts import how_far
from tui.text import content, joined, plain
from tui.words.contact_desk.finished import finish_sentence
from tui.words.pushes import PUSH_SIGN, STEP_SIGN, state_words
from tui.words.tones import TONES

SHOWN: Final = 12
"""How many names are listed; the rest is counted."""


def sync_lines(preview: SyncPreview, limited: Sequence[str] = ()) -> Iterator[Content]:
    """Yield what a sync does and what it leaves, counted by cause, and what will prevent accounts later.

    `limited` are the sentences that say why the sync sends less than it could.
    """
    for sentence in limited:
        yield content("[$warning]![/]  $why", why=sentence)
    if preview.first:
        yield plain(FIRST_SYNC_WORDS)
    if limited or preview.first:
        yield plain("")
    yield from _causes("THE SYNC", preview, SENT)
    if not preview.does_anything:
        yield plain("Nothing to link or to send.", "$foreground-muted")
    yield from _no_home(preview)
    yield plain("")
    yield from _causes("STAYS AS IT IS", preview, frozenset(Cause) - SENT)
    if preview.scopes:
        yield plain("")
        yield content("[$secondary]ONLY[/] $words. Left out:", words=scope_words(preview.scopes))
        for why, count in sorted(preview.outside.items()):
            yield content("  [bold]$count[/]  $why", count=f"{count:>8,}", why=why)
        for name in preview.unknown:
            yield content("[$warning]![/]  “$name” is not one loan officer or user.", name=name)
    later = Counter(trouble for entry in preview.entries for trouble in entry.later)
    if later:
        yield plain("")
    for trouble, count in later.items():
        yield content(
            "[$warning]![/]  $count of the imported people can't be given the app yet: $trouble",
            count=f"{count:,}",
            trouble=trouble.value,
        )


def _no_home(preview: SyncPreview) -> Iterator[Content]:
    """Yield the fields that have no home in the other system, by what the contacts become there."""
    fields = counted_fields(preview.no_home)
    for target, group in groupby(fields, key=lambda field: field[0]):
        yield plain("")
        yield content(
            "[$secondary]STAYS BEHIND[/]  [$foreground-muted]no field for it: $target[/]", target=target
        )
        for _, name, why, count in group:
            yield content(
                "  [bold]$count[/]  $name  [$foreground-muted]$why[/]",
                count=f"{count:>8,}",
                name=name,
                why=why,
            )


def _causes(title: str, preview: SyncPreview, of: frozenset[Cause]) -> Iterator[Content]:
    yield content("[$secondary]$title[/]", title=title)
    for cause, count in preview.causes.items():
        if cause in of:
            yield content("  [bold]$count[/]  $cause", count=f"{count:>8,}", cause=cause.value)


def remark_lines(remark: str) -> Iterator[Content]:
    """Yield a remark with a blank line after it; nothing for ""."""
    if remark:
        yield content("[$warning]![/]  $remark", remark=remark)
        yield plain("")


def invite_lines(preview: InvitePreview, local: DeskTime) -> Iterator[Content]:
    """Yield the agents who are invited, and those who can't be, with the reason. `local` gives the local time."""
    yield from _some(step.summary for step in preview.plan.steps)
    for warning in preview.warnings[: SHOWN + 1]:
        yield content("[$warning]![/]  $warning", warning=warning)
    for stated in preview.plan.consent[:SHOWN]:
        yield content("  [$foreground-muted]$says[/]", says=stated.says)
    for agent in preview.left_out[:SHOWN]:
        yield content("[$error]✗[/]  $name $why", name=agent.name, why=_why(agent, local))


def _why(person: NotContacted, zone: DeskTime) -> str:
    """Return why nothing is sent to somebody, and until when."""
    opens = f", until {zone.day_and_clock(person.opens)}" if person.opens is not None else ""
    return person.why + opens


def share_lines(preview: SharePreview, partner: str, zone: DeskTime) -> Iterator[Content]:
    """Yield the choices with their keys, the people who get the link or an account, and those who don't, with why.

    `partner` says with whom the link is co-branded, in words.
    """
    choices = preview.choices
    is_link = choices.way is ShareWay.LINK
    if is_link:
        yield _choice("e", "by email", on=Channel.EMAIL in choices.channels)
        by_text = "by text message: you confirm that they agreed to texts"
        yield _choice("t", by_text, on=Channel.SMS in choices.channels)
        yield content("   [bold]p[/]  co-branded with: $partner", partner=partner)
        yield _choice("g", "also to people it was shared with before", on=choices.again)
    yield _choice("f", "FALLBACK: make the account for them", on=not is_link)
    yield plain("")
    yield from _some(step.summary for step in preview.plan.steps)
    for stated in preview.plan.consent[:SHOWN]:
        yield content("  [$foreground-muted]$says[/]", says=stated.says)
    for contact in preview.left_out[:SHOWN]:
        yield content("[$error]✗[/]  $name: $why", name=contact.name, why=_why(contact, zone))
    yield plain("")
    for warning in preview.warnings:
        yield content("[$warning]![/]  $said", said=warning)


def _choice(key: str, words: str, *, on: bool) -> Content:
    mark = plain("✓", "$success") if on else plain("·", "$foreground-muted")
    return joined(mark, content("  [bold]$key[/]  $words", key=key, words=words))


def undo_lines(preview: UndoPreview) -> Iterator[Content]:
    """Yield how many links and contacts are changed back, as far as there are any, and what stays as it is."""
    if not preview.unlinks and not preview.plan.steps:
        yield plain("Nothing of this sync can be undone.")
    if preview.unlinks:
        yield _counted(len(preview.unlinks), "link is removed", "links are removed")
    if preview.put_back:
        yield _counted(
            len(preview.put_back), "contact gets its old values back", "contacts get their old values back"
        )
    yield from _some(f"{step.summary}: {', '.join(step.body)}" for step in preview.put_back)
    if preview.switched_off:
        yield _counted(
            len(preview.switched_off),
            "partner is switched off in SimpleNexus",
            "partners are switched off in SimpleNexus",
        )
    yield from _some(step.summary for step in preview.switched_off)
    stays = Counter(item.why for item in preview.stays)
    if stays:
        yield plain("")
        yield content("[$secondary]STAYS AS IT IS[/]")
    for why, count in stays.items():
        yield content("  [bold]$count[/]  $why", count=f"{count:>8,}", why=why)


def _counted(number: int, one: str, several: str) -> Content:
    return content("[bold]$count[/] $words", count=f"{number:,}", words=one if number == 1 else several)


def _some(names: Iterable[str]) -> Iterator[Content]:
    listed = list(names)
    for name in listed[:SHOWN]:
        yield content("  $name", name=name)
    if len(listed) > SHOWN:
        yield content("  [$foreground-muted]and $count more[/]", count=f"{len(listed) - SHOWN:,}")


# -- while it runs -----------------------------------------------------------------------------------------


def progress_bar(
    steps: Sequence[StepRecord], since: tuple[float, int] | None, now: float, cells: int
) -> tuple[Content, tuple[float, int]]:
    """Return a bar with rate and time left, `cells` wide, and the `since` to pass at the next call.

    `since` is a time in seconds since 1970 and how many steps were over then; None at the first call.
    """
    since = since or (now, progress(steps, (now, 0), now).over)
    done = progress(steps, since, now)
    full = cells * done.over // done.total if done.total else cells
    left = (
        ""
        if done.seconds_left is None
        else f"  {done.per_minute:,.0f} a minute, {_time(done.seconds_left)} left"
    )
    if done.over == done.total:
        left = ""
    text = f"  {how_far(done.over, done.total)}{left}"
    bar = joined(plain("━" * full, "$success"), plain("━" * (cells - full), "$rule"))
    return joined(bar, plain(text, "$foreground-muted")), since


def _time(seconds: float) -> str:
    return f"{ceil(seconds)} s" if seconds < 90 else f"{ceil(seconds / 60)} min"


def push_line(push: Push, steps: Sequence[StepRecord]) -> Content:
    """Return the state of a push, and how many of its steps are in each unfinished state."""
    sign, tone = PUSH_SIGN[push.state]
    why = f": {meaning_of(push.reason)}" if push.reason else ""
    counts = Counter(step.state for step in steps if step.state not in (StepState.READY, StepState.DONE))
    parts = [
        joined(
            plain(f"   {STEP_SIGN[state][0]} ", TONES[STEP_SIGN[state][1]]), plain(f"{count:,} {state.value}")
        )
        for state, count in counts.items()
    ]
    words = state_words(push).partition(":")[0]
    return joined(plain(f"{sign} ", TONES[tone]), plain(f"{words}{why}", "$foreground-muted"), *parts)


def ending(push: Push, steps: Sequence[StepRecord], links: int) -> str:
    """Return what was done, or what the broker can do now. `links` is that of `finish_sentence`."""
    match push.state:
        case PushState.DONE:
            return finish_sentence(push.asset, steps, links)
        case PushState.QUEUED | PushState.RUNNING:
            return "You can close this; it goes on. F9 stops all sending."
        case PushState.PAUSED | PushState.PARTIAL | PushState.NEEDS_YOU | PushState.REFUSED:
            return fix_of(push.reason) if push.reason else "See Activity (4) for what you can do."
