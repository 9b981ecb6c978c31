"""Says what a person waits for: when something is tried again, and how far a long read or write has come."""

from __future__ import annotations

from core.automatic.backoff import WaitingSend
from core.error_catalogue import meaning_of
from core.local_forms import DeskTime
from core.progress import QUIET, RowProgress
from core.texts import how_far


def waiting_line(waiting: WaitingSend, zone: DeskTime) -> str:
    """Return the times of something that waits: "waits since 14:05, next try at 14:06"."""
    return f"waits since {zone.clock(waiting.since)}, next try at {zone.clock(waiting.next_at)}"


def waiting_sentence(waiting: WaitingSend, zone: DeskTime) -> str:
    """Return what waits, why, since when and when it is tried next, as a sentence."""
    what = waiting.what[:1].upper() + waiting.what[1:]
    return f"{what} {waiting_line(waiting, zone)}: {meaning_of(waiting.code)}."


def rows_line(progress: RowProgress) -> str:
    """Return the progress in one line: "cards.csv: 12,000 of 40,000 rows · 9,100 a second · 3 s left"."""
    total = f" of {progress.total:,}" if progress.total is not None else ""
    parts = [f"{progress.what}: {progress.done:,}{total} rows"]
    if progress.rate >= 1:
        parts.append(f"{progress.rate:,.0f} a second")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    if progress.bound:
        parts.append(progress.bound)
    return " · ".join(parts)


def cards_line(progress: RowProgress) -> str:
    """Return the progress of many pushes in one line: "12 of 39 cards · 24 a minute · 1 min 7 s left".

    The rate is left out in the first second, when it says nothing yet.
    """
    parts = [how_far(progress.done, progress.total or 0, "cards")]
    if progress.seconds >= QUIET and progress.done:
        parts.append(f"{progress.rate * 60:,.0f} a minute")
        if progress.seconds_left:
            parts.append(f"{duration(progress.seconds_left)} left")
    return " · ".join(parts)


def left_lines(progress: RowProgress) -> str:
    """Return how much of a read is done and what is left, and what limits the read on a line of its own."""
    total = "" if progress.total is None else f" of {progress.total:,}"
    left = "" if progress.seconds_left is None else f" · {duration(progress.seconds_left)} left"
    return f"{progress.done:,}{total}{left}" + (f"\n{progress.bound}" if progress.bound else "")


def duration(seconds: float) -> str:
    """Return a time to wait in its largest units: "3 s", "2 min 10 s", "1 h 5 min"."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
