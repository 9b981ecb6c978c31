"""Says how something waits that the desk tries again by itself: since when, and when it is tried next."""

from __future__ import annotations

from core.automatic.backoff import WaitingSend
from core.error_catalogue import meaning_of
from tui.words.local_time import Zone


def waiting_line(waiting: WaitingSend, zone: Zone) -> str:
    """Return the times of something that waits: "waits since 14:05, tried again by itself at 14:06"."""
    return f"waits since {zone(waiting.since):%H:%M}, tried again by itself at {zone(waiting.next_at):%H:%M}"


def waiting_sentence(waiting: WaitingSend, zone: Zone) -> str:
    """Return what waits, why, since when and when it is tried next, as a sentence."""
    what = waiting.what[:1].upper() + waiting.what[1:]
    return f"{what} {waiting_line(waiting, zone)}: {meaning_of(waiting.code)}."
