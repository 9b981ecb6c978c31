"""`watch`: works on the book without a screen, round after round. `watch --status` says how the watch is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.automatic.brake import RoundLimit, braked_error, counted
from core.automatic.schedule import JobName
from core.automatic.watch_status import JobStatus, WatchEnd, WatchStatus, is_dead, is_overdue
from core.contacts.reading.shortfall import fewer_records
from core.error_words import why_failed
from core.errors import BookClosed, DeskError, Unreachable
from core.local_forms import DeskTime
from core.push.states import PASSES
from core.stop import STOPPED
from tui.cli.commands.book.watch_units import unit_text
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, emit_json_line, say
from tui.cli.prompts import answered_yes, can_ask
from tui.wiring import settings_of
from tui.wiring.book import watch_file
from tui.wiring.clock import WallClock, desk_time
from tui.wiring.platform.signals import END, HANG_UP, INTERRUPT, obey
from tui.wiring.reconcile import reconciliation_file
from tui.wiring.watch.jobs import WatchTerms
from tui.wiring.watch.rounds import (
    Backlog,
    WaitingForWord,
    WatchSetup,
    allow_round,
    end_watch,
    leave_round,
    waiting_for_word,
    who_has_the_book,
)
from tui.words.reconcile import kept_form, last_sentence

if TYPE_CHECKING:
    from core.automatic.records import BrakedRound
    from core.automatic.watch import Watch, WatchEvent
    from data.settings import Settings


@dataclass(frozen=True, kw_only=True)
class WatchOptions(CommandOptions):
    """The options of `watch`."""

    once: bool
    """True to run every job once and end."""
    backlog: bool
    """True to send what is older than the first watch too."""
    status: bool
    """True to say how the watch is."""
    allow: int | None
    """The number of records of the round that may go on once, or None."""
    leave: int | None
    """The number of records of the round that is left to a person, or None."""
    end: bool
    """True to end the watch and its standing orders."""
    unit: str | None
    """The kind of unit to print, or None."""


async def command(options: WatchOptions) -> int:
    """Watch until a signal ends it, or say how the watch is, or end it, or print a unit."""
    settings = settings_of(options.home, options.profile)
    if options.unit is not None:
        return _print_unit(options, settings)
    if options.status:
        return await _tell_status(options, settings)
    if options.allow is not None:
        return _answered(options, await allow_round(settings, options.allow), "may go on this once")
    if options.leave is not None:
        return _answered(options, await leave_round(settings, options.leave), "left to a person")
    if options.end:
        return await _end(options, settings)
    file = watch_file(settings)
    try:
        if not file.take() and not settings.has_team_book:
            raise DeskError("watch-runs", "Another watch works on this book.")
    except OSError as error:
        raise DeskError("watch-not-kept", f"The watch can't write its status: {why_failed(error)}.") from None
    try:
        return await _watch(options, settings)
    finally:
        file.release()


def _print_unit(options: WatchOptions, settings: Settings) -> int:
    text = unit_text(options.unit or "", settings.name, settings.home.absolute())
    if options.json:
        emit_json({"kind": options.unit, "text": text})
    else:
        say(*text.splitlines())
    return 0


def _answered(options: WatchOptions, rounds: Sequence[BrakedRound], done: str) -> int:
    """Say what became of the rounds that waited."""
    if options.json:
        emit_json({"answered": [_braked_form(braked) for braked in rounds]})
    else:
        say(*(f"{counted(braked.what, braked.number)} {done}." for braked in rounds))
    return 0


async def _end(options: WatchOptions, settings: Settings) -> int:
    """End the standing orders. A watch that runs finds that in its next round, and ends."""
    orders = await end_watch(settings)
    file = watch_file(settings)
    status = file.read()
    if status is not None:
        with suppress(OSError):
            file.keep(_ended(status))
    if options.json:
        emit_json({"ended": [order.what for order in orders]})
    else:
        names = " and ".join(order.what.replace("-", " ") for order in orders)
        say(
            f"Nothing is sent automatically any more: {names}."
            if orders
            else "Nothing was sent automatically."
        )
        say("A watch that runs ends after its next round. Remove its unit too, or the unit starts it again.")
    return 0


def _ended(status: WatchStatus) -> WatchStatus:
    return WatchStatus(
        status.pid,
        status.operator,
        status.started,
        WallClock().now(),
        status.jobs,
        ended=WatchEnd.BY_A_PERSON,
    )


# -- watching ---------------------------------------------------------------------------------------------


async def _watch(options: WatchOptions, settings: Settings) -> int:
    began = WallClock().now()
    asks = can_ask() and not options.json
    before = watch_file(settings).read()
    if before is not None and before.ended is WatchEnd.BY_A_PERSON and not (asks or options.backlog):
        raise DeskError("watch-ended", "A person ended the watch, so it does not start again automatically.")
    async with AsyncExitStack() as stack:
        setup = await WatchSetup.open(settings, stack, stays=not options.once)
        terms = WatchTerms(began, options.backlog)
        if asks:
            backlog = await setup.backlog()
            if backlog.asks and not answered_yes(_begin_question(backlog, settings)):
                return 1
            if _older(backlog):
                takes = options.backlog or _takes_backlog(backlog)
                terms = WatchTerms(began, takes, backlog.ids if takes else frozenset())
        events: list[WatchEvent] = []
        is_quiet = options.json and options.once
        watch = await setup.watch(terms, events.append if is_quiet else _teller(options, desk_time(settings)))
        _obey_signals(watch)
        end = await (watch.run_once() if options.once else watch.run())
    holder = watch.status.left_to if options.once else ""
    if holder and options.backlog:
        raise BookClosed("book-locked", f"The book is open in {holder}, so nothing from before was taken.")
    if options.json and options.once:
        emit_json({**_status_form(watch.status, set(), ""), "events": events})
    elif not options.json:
        say(NO_JOB_RAN if holder else _END[end])
    return _exit_code(watch.status) if options.once else 0


NO_JOB_RAN: Final = "No job ran."
"""How a watch ends that was to run every job once, while another process has the book."""
_END = {
    WatchEnd.NOT: "",
    WatchEnd.SIGNAL: "The watch has ended. The next watch, or the app, continues what waits.",
    WatchEnd.ONCE: "Every job ran once.",
    WatchEnd.BY_A_PERSON: "A person ended the watch (watch --end).",
}


def _begin_question(backlog: Backlog, settings: Settings) -> str:
    work = [
        *(["milestones"] if backlog.milestones is not None else []),
        *(["new users"] if backlog.new_users is not None else []),
    ]
    live = "LIVE. " if settings.profile.live else ""
    return f"{live}From now on {' and '.join(work)} are sent automatically, without a question. Begin? [y/N] "


def _older(backlog: Backlog) -> list[str]:
    counts = (
        (backlog.milestones, "milestone that is due", "milestones that are due"),
        (backlog.new_users, "user who is new", "users who are new"),
    )
    return [
        f"{number:,} {single if number == 1 else several}" for number, single, several in counts if number
    ]


def _takes_backlog(backlog: Backlog) -> bool:
    say(f"From before: {', '.join(_older(backlog))}. Without a yes they are left to a person.")
    return answered_yes("Send these too? [y/N] ", otherwise="They are left to a person.")


def _teller(options: WatchOptions, local: DeskTime) -> Callable[[WatchEvent], None]:
    def tell(event: WatchEvent) -> None:
        if options.json:
            emit_json_line(event)
        else:
            say(_line(event, local))
            sys.stdout.flush()

    return tell


def _line(event: WatchEvent, local: DeskTime) -> str:
    job = f"{event.job.replace('-', ' ')}: " if event.job else ""
    after = ""
    if event.waits and not event.next_at:
        after = " It waits for a person; start the watch again after that."
    elif event.code not in ("", STOPPED) and event.next_at and not event.waits:
        after = f" It is tried again at {local.seconds(event.next_at)}."
    return f"{local.log_stamp(event.at)} {job}{event.text}{after}"


def _obey_signals(watch: Watch) -> None:
    """End in order on Ctrl-C and when the system says so. SIGHUP tries again what waits for a person."""
    obey({**dict.fromkeys((*INTERRUPT, *END), watch.end), **dict.fromkeys(HANG_UP, watch.try_again)})


def _exit_code(status: WatchStatus) -> int:
    codes = {job.error for job in status.jobs} - {"", STOPPED}
    if not codes:
        return 0
    return Unreachable.exit_code if codes <= PASSES else DeskError.exit_code


# -- status -----------------------------------------------------------------------------------------------


async def _tell_status(options: WatchOptions, settings: Settings) -> int:
    """Say when each job ran and succeeded last, and what waits for a word. Return 1 if one is overdue or waits."""
    status = watch_file(settings).read()
    if status is None:
        raise DeskError("no-watch", "No watch has worked on this book yet.")
    waiting = await waiting_for_word(settings)
    now, holder = WallClock().now(), who_has_the_book(settings)
    kept = reconciliation_file(settings).read()
    overdue = {job.job for job in status.jobs if is_overdue(status, job, now, is_book_open=bool(holder))}
    if options.json:
        emit_json(
            {
                **_status_form(status, overdue, holder),
                **_waiting_form(waiting),
                "reconciliation": kept_form(kept),
            }
        )
    else:
        local = desk_time(settings)
        say(_about(status, now, holder, local))
        for job in status.jobs:
            say(_job_line(job, local, overdue=job.job in overdue))
        say(last_sentence(kept, local))
        say(*_waiting_lines(waiting, local))
    return 1 if overdue or waiting.braked or waiting.short else 0


def _waiting_form(waiting: WaitingForWord) -> dict[str, Any]:
    """Return what waits for a person's word as JSON has it. The times are seconds since 1970."""
    return {
        "braked": [_braked_form(braked) for braked in waiting.braked],
        "fewer": [
            {
                "system": read.system,
                "records": read.records,
                "missing": read.shortfall.missing,
                "had": read.shortfall.had,
                "had_at": read.shortfall.had_at,
            }
            for read in waiting.short
        ],
    }


def _braked_form(braked: BrakedRound) -> dict[str, Any]:
    return {
        "what": braked.what,
        "number": braked.number,
        "limit": braked.limit,
        "why": braked.why,
        "since": braked.since,
    }


def _waiting_lines(waiting: WaitingForWord, local: DeskTime) -> list[str]:
    """Return what waits for a person's word, in sentences."""
    lines = []
    for braked in waiting.braked:
        error = braked_error(braked.what, braked.number, RoundLimit(braked.limit, braked.why))
        lines += [f"! {error.message}", f"  {error.fix}"]
    if waiting.short:
        error = fewer_records(waiting.short, local, "Nothing is synced.")
        lines += [f"! {error.message}", f"  {error.fix}"]
    return lines


def _status_form(status: WatchStatus, overdue: Collection[JobName], holder: str) -> dict[str, Any]:
    """Return the status as JSON has it. The times are seconds since 1970."""
    return {
        "jobs": [_job_form(job, overdue=job.job in overdue) for job in status.jobs],
        "started": status.started,
        "alive": not is_dead(status, WallClock().now()) and not status.ended,
        "alive_at": status.alive_at,
        "ended": status.ended or None,
        "left_to": holder or status.left_to or None,
    }


def _job_form(job: JobStatus, *, overdue: bool) -> dict[str, Any]:
    """Return a job as JSON has it. The times are seconds since 1970."""
    return {
        "job": job.job,
        "last_run": job.last_run or None,
        "last_success": job.last_success or None,
        "overdue": overdue,
        "error": job.error or None,
        "waits_for_a_person": job.waits,
    }


def _about(status: WatchStatus, now: float, holder: str, local: DeskTime) -> str:
    since = _when(status.alive_at, local)
    match status.ended:
        case WatchEnd.BY_A_PERSON:
            return f"A person ended the watch at {since}."
        case WatchEnd.SIGNAL:
            text = f"A signal ended the watch at {since}."
        case WatchEnd.ONCE:
            text = f"Every job ran once at {since}."
        case WatchEnd.NOT:
            text = f"The watch has not answered since {since}."
            if not is_dead(status, now):
                text = f"The watch has run since {_when(status.started, local)} (process {status.pid})."
    return f"{text} The book is open in {holder}, which does the work now." if holder else text


def _job_line(job: JobStatus, local: DeskTime, *, overdue: bool) -> str:
    parts = [
        f"last run {_when(job.last_run, local)}",
        f"last success {_when(job.last_success, local)}",
        *([job.error] if job.error else []),
        *(["waits for a person"] if job.waits else []),
        *(["OVERDUE"] if overdue else []),
    ]
    return f"  {job.job.replace('-', ' ')}: {', '.join(parts)}"


def _when(at: float, local: DeskTime) -> str:
    return local.moment(at) if at else "never"
