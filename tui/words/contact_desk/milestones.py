"""The words for milestones: what happens next with each, and the time left of a countdown. Pure; loads no widget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from core.automatic.unasked import UnaskedSender
from core.milestones.inputs import MilestoneLine
from core.milestones.milestone_map import Milestone
from core.milestones.records import Doubt, MilestoneState
from core.milestones.use_cases import POLL_EVERY

if TYPE_CHECKING:
    from tui.widgets.line_view import Tone

_M = MilestoneState
SIGNS: Final[dict[MilestoneState, tuple[str, Tone]]] = {
    _M.NEEDS_YOU: ("!", "warn"),
    _M.DUE: ("→", "primary"),
    _M.WAITING: ("…", "muted"),
    _M.SENT: ("✓", "good"),
    _M.OBSERVED: ("◦", "lilac"),
    _M.SKIPPED: ("–", "muted"),
}
"""The sign of each state with its tone, the state that needs a person most first."""
SHORT: Final = {
    Milestone.BORROWER_LINKED: "Borrower",
    Milestone.PARTNER_LINKED: "Partner",
    Milestone.RAN_CALCULATION: "Calculation",
    Milestone.STARTED: "Started",
    Milestone.ABANDONED: "Abandoned",
    Milestone.SUBMITTED: "Submitted",
}
"""Each milestone's name in one word."""


NEEDS_YOU: Final = "Needs you"
DUE: Final = "Due"
COUNTING_DOWN: Final = "Counting down"
WAITING: Final = "Waiting"
SENT: Final = "Sent"
WATCHED: Final = "Watched"
SKIPPED: Final = "Skipped"
SECTIONS: Final = (NEEDS_YOU, DUE, COUNTING_DOWN, WAITING, SENT, WATCHED, SKIPPED)
"""The sections of a list of milestones, in their order."""


def section_of(line: MilestoneLine) -> str:
    """Return the section in which a milestone is listed."""
    match line.state:
        case _M.NEEDS_YOU:
            return NEEDS_YOU
        case _M.DUE:
            return DUE
        case _M.WAITING:
            return COUNTING_DOWN if line.counts_down else WAITING
        case _M.SENT:
            return SENT
        case _M.OBSERVED:
            return WATCHED
        case _M.SKIPPED:
            return SKIPPED


def day_counts(
    lines: Iterable[MilestoneLine], is_today: Callable[[float], bool]
) -> list[tuple[str, int, str]]:
    """Return what the day asks for, as (section, number, words): (NEEDS_YOU, 2, "need you").

    `is_today` returns True for a time of today in seconds since 1970. A number of 0 is left out.
    """
    counts = Counter[str]()
    for line in lines:
        section = section_of(line)
        counts[section] += section != SENT or is_today(line.at)
    said = {
        NEEDS_YOU: "needs you" if counts[NEEDS_YOU] == 1 else "need you",
        DUE: "due",
        COUNTING_DOWN: "counting down",
        SENT: "sent",
    }
    return [(section, counts[section], words) for section, words in said.items() if counts[section]]


NOTHING_TODAY: Final = "nothing to do"
"""What the line for the day says if there is nothing to count."""
NONE_YET: Final = f"No milestones yet. Checked every {round(POLL_EVERY / 60)} minutes"


class Present(NamedTuple):
    """What the words about a milestone depend on besides the milestone: the time, and what this console does.

    `now` returns seconds since 1970. `when` writes a time as a list shows it. `sender` returns what sends a milestone
    without asking once it is due, None if nothing does.
    """

    now: Callable[[], float]
    when: Callable[[float], str]
    sender: Callable[[MilestoneLine], UnaskedSender | None]


def next_words(line: MilestoneLine, present: Present, *, paused: bool = False) -> str:
    """Return which milestone a row is about and what happens next: "Abandoned in 42 min unless they return"."""
    left = countdown(line, present.now())
    if left:
        return f"{short(line)} in {left} unless they return"
    happens = "paused" if paused and line.state is _M.DUE else status_words(line, present)
    asks = f". {_SEND_ANYWAY}" if line.state is _M.NEEDS_YOU and line.doubt is not None else ""
    return f"{short(line)}: {happens}{asks}"


def happens_next(line: MilestoneLine, present: Present) -> str:
    """Return in words what happens next with a milestone or what became of it; the question if a person decides."""
    match line.state:
        case _M.NEEDS_YOU if line.doubt is not None:
            return f"{_doubt_words(line.doubt)}. {_SEND_ANYWAY}"
        case _M.NEEDS_YOU:
            return "which contact is it?" if line.calculation else "decide in Activity (4)"
        case _M.DUE if line.plan is None:
            return "being sent"
        case _M.DUE:
            return _due_words(present.sender(line))
        case _M.WAITING:
            return _waits_for(line, present)
        case _M.SENT:
            return f"sent, but {line.reason}" if line.reason else "sent"
        case _M.OBSERVED:
            return "the vendors' integration sends it"
        case _M.SKIPPED:
            return f"not sent: {line.reason}" if line.reason else "not sent"


def _due_words(sender: UnaskedSender | None) -> str:
    match sender:
        case UnaskedSender.THIS_APP:
            return "sent automatically now"
        case UnaskedSender.WATCH:
            return "brokerdesk watch sends it"
        case UnaskedSender.WATCH_LATER | UnaskedSender.OTHER_DESK | None:
            return "waits for your OK"


_SEND_ANYWAY: Final = "Send anyway?"


def unasked_words(sender: UnaskedSender) -> str:
    """Return what becomes of a milestone that a decision makes due, while something sends without asking."""
    match sender:
        case UnaskedSender.THIS_APP:
            return "Auto-send is on here: what is due is sent at once, without another question."
        case UnaskedSender.WATCH:
            return "brokerdesk watch sends what is due, without another question."
        case UnaskedSender.WATCH_LATER:
            return "Once this app is closed, brokerdesk watch sends what is due, without another question."
        case UnaskedSender.OTHER_DESK:
            return "Others use this book: a desk with auto-send on sends what is due at once, without another question."


def status_words(line: MilestoneLine, present: Present) -> str:
    """Return the same in few words, for a list: the detail beside it asks the question and says what to do."""
    if line.state is _M.NEEDS_YOU and line.doubt is not None:
        return _doubt_words(line.doubt)
    if line.state is _M.SKIPPED and line.reason:
        return line.reason
    happens = happens_next(line, present)
    return happens.partition(": ")[0] if line.state is _M.WAITING else happens


def _waits_for(line: MilestoneLine, present: Present) -> str:
    if left := countdown(line, present.now()):
        return f"in {left} unless they return"
    if line.counts_down:
        return "the 90 minutes are over: read again now"
    if line.opens is not None:
        return f"sent from {present.when(line.opens)}"
    return line.reason


def _doubt_words(doubt: Doubt) -> str:
    """Return why a milestone needs a person, in few words."""
    match doubt:
        case Doubt.UNREADABLE:
            return "can't be checked"
        case Doubt.LATE:
            return "long ago"
        case Doubt.ELSEWHERE:
            return "already there"
        case Doubt.CONSENT:
            return "opted out"
        case Doubt.NOT_SIGNED_IN:
            return "no sign-in yet"


SOON: Final = 90.0
"""Seconds: a countdown that ends later is shown in minutes."""


def countdown(line: MilestoneLine, now: float) -> str:
    """Return the time left of a countdown: "42 min", "58 s"; "" if there is none. `now` is seconds since 1970.

    A minute that has begun counts, so that the countdown never ends too early.
    """
    left = _left(line, now)
    if left <= 0:
        return ""
    if left <= SOON:
        return f"{ceil(left)} s"
    minutes = ceil(left / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def changes_in(lines: Iterable[MilestoneLine], now: float) -> float | None:
    """Return the seconds until the countdown of one of these milestones reads differently; None if there is none.

    Milestones of many contacts change at many moments. So they are shown anew at most every `OFTEN` seconds, unless one
    counts seconds.
    """
    times = [left for line in lines if (left := _left(line, now)) > 0]
    if not times:
        return None
    if min(times) <= SOON:
        return 1.0
    return max(OFTEN, min(min(left % 60 or 60.0, left - SOON) for left in times))


OFTEN: Final = 5.0


def _left(line: MilestoneLine, now: float) -> float:
    return line.until - now if line.counts_down and line.until is not None else 0.0


def short(line: MilestoneLine) -> str:
    """Return a milestone's name in one word."""
    return SHORT[line.milestone]
