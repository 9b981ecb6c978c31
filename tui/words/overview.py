"""The overview in words and small pictures, for the room and for the command. Loads no Textual.

A line is made of pieces, each a text with its tone. A line that leads somewhere has a destination.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from core.local_forms import DeskTime, long_day_text, weekday_text, words_of
from core.milestones.milestone_map import Milestone
from core.overview.model import (
    ContactHealth,
    DeskOverview,
    MilestoneMonth,
    PushCounts,
    PushPicture,
    StillByHand,
    SystemKnown,
)
from core.push.activity import waits
from core.push.records import Push
from core.push.states import PushState
from core.systems import display_name
from tui.words.pushes import PUSH_SIGN, WAITS_WORD, waiting_words
from tui.words.waiting import duration

if TYPE_CHECKING:
    from tui.widgets.line_view import Tone

NOT_READ: Final = "not read yet"
"""Stands for a number that the desk does not know, which is not the same as 0."""
BARS: Final = "▁▂▃▄▅▆▇█"
NOTHING_IN_IT: Final = "·"
WORKING_DAY: Final = range(8, 19)
"""The hours that the picture of a day has at least."""
MOST_REASONS: Final = 2
JUST_NOW: Final = 5.0
"""Seconds for which an answer is one of just now."""
_BAR: Final = 41
"""Cells of the bar of the contact book."""
_MILESTONES: Final[Mapping[Milestone, str]] = {
    Milestone.BORROWER_LINKED: "linked",
    Milestone.PARTNER_LINKED: "partners",
    Milestone.STARTED: "started",
    Milestone.ABANDONED: "abandoned",
    Milestone.SUBMITTED: "submitted",
    Milestone.RAN_CALCULATION: "calculated",
}
_RESULTS: Final[Mapping[PushState, str]] = {
    PushState.DONE: "arrived",
    PushState.PARTIAL: "arrived in part",
    PushState.REFUSED: "refused",
    PushState.NEEDS_YOU: "asks you",
    PushState.PAUSED: "paused",
    PushState.QUEUED: "about to be sent",
    PushState.RUNNING: "on its way",
}


class Destination(Struct, frozen=True):
    """Where a line leads: a room, and the words by which its list is filtered ("" for the whole list)."""

    room: str
    words: str = ""


class OverviewLine(Struct, frozen=True):
    """One line. `pieces` are (text, tones). `to` is where the line leads, None if it leads nowhere."""

    pieces: tuple[tuple[str, str], ...] = ()
    to: Destination | None = None

    @property
    def text(self) -> str:
        """The line without its tones."""
        return "".join(text for text, _ in self.pieces)


BLANK: Final = OverviewLine()
_CARDS, _CONTACTS = Destination("cards"), Destination("contacts")
_MILESTONE_ROOM, _ACTIVITY = Destination("milestones"), Destination("activity")


# -- what waits ----------------------------------------------------------------------------------------


class WaitingItem(Struct, frozen=True):
    """A kind of thing that waits for a person. `number` is None if the desk has not read it yet.

    `key` is the key of the room or of the answer, `to` where the line leads.
    """

    number: int | None
    says: str
    key: str
    tone: Tone
    to: Destination | None = None

    @property
    def line(self) -> OverviewLine:
        """The item as a line of the overview."""
        number, tone, ink = (
            (f"{self.number:,}", self.tone, "plain") if self.number is not None else ("–", "muted", "muted")
        )
        return OverviewLine(
            ((f"{number:>4}", tone), (f"  {self.says:<48}", ink), (self.key, "primary")), self.to
        )


def waiting_items(overview: DeskOverview) -> list[WaitingItem]:
    """Return what waits for a person, the most urgent first."""
    items = list(_of_pushes(overview))
    if overview.has_contacts:
        items += _of_milestones(overview)
        items += _of_matches(overview)
    if overview.has_cards:
        items += _of_cards(overview)
    if number := overview.tried_again:
        says = (
            "send waits and continues automatically"
            if number == 1
            else "sends wait and continue automatically"
        )
        items.append(WaitingItem(number, says, "4", "muted", _ACTIVITY))
    return items


def waiting_lines(overview: DeskOverview) -> list[OverviewLine]:
    """Return what waits for a person as lines; one that says so if nothing does."""
    return [item.line for item in waiting_items(overview)] or [
        OverviewLine((("   ✓", "good"), ("  nothing", "plain")))
    ]


def _of_pushes(overview: DeskOverview) -> Iterator[WaitingItem]:
    if number := len(overview.pushes.waiting):
        yield WaitingItem(number, "push asks you" if number == 1 else "pushes ask you", "4", "bad", _ACTIVITY)
    if number := overview.held_back:
        says = f"{'waits' if number == 1 else 'wait'} for your OK: too many at once"
        yield WaitingItem(number, says, "F8", "bad")


def _of_milestones(overview: DeskOverview) -> Iterator[WaitingItem]:
    known = overview.milestones
    if known is None:
        yield WaitingItem(None, f"milestones: {NOT_READ}", "3", "muted", _MILESTONE_ROOM)
        return
    if number := known.needs_you:
        says = "milestone needs you" if number == 1 else "milestones need you"
        yield WaitingItem(number, says, "3", "warn", Destination("milestones", "needs-you"))
    if known.due or known.counting:
        counting = f", {known.counting:,} counting down" if known.counting else ""
        says = f"{'milestone' if known.due == 1 else 'milestones'} due{counting}"
        yield WaitingItem(known.due, says, "3", "warn" if known.due else "muted", _MILESTONE_ROOM)


def _of_matches(overview: DeskOverview) -> Iterator[WaitingItem]:
    known = overview.contacts
    if known is None:
        yield WaitingItem(None, f"matches to decide: {NOT_READ}", "2", "muted", _CONTACTS)
    elif number := known.to_decide:
        costly = f", {known.costly:,} costly" if known.costly else ""
        says = f"{'match' if number == 1 else 'matches'} to decide{costly}"
        yield WaitingItem(number, says, "2", "warn", _CONTACTS)


def _of_cards(overview: DeskOverview) -> Iterator[WaitingItem]:
    known = overview.cards
    if known is None:
        yield WaitingItem(None, f"cards in FLEX that changed: {NOT_READ}", "1", "muted", _CARDS)
        return
    left = known.in_flex - max(known.checked, known.changed)
    unread = f", {left:,} {NOT_READ}" if left > 0 else ""
    if number := known.changed:
        says = f"{'card' if number == 1 else 'cards'} in FLEX changed since{unread}"
        yield WaitingItem(number, says, "1", "warn", Destination("cards", "changed"))
    elif unread:
        are = "card" if left == 1 else "cards"
        says = f"{left:,} {are} in FLEX: changes {NOT_READ}"
        yield WaitingItem(None, says, "1", "muted", _CARDS)
    if number := known.blocked:
        says = f"{'card' if number == 1 else 'cards'} can't be pushed"
        yield WaitingItem(number, says, "1", "warn", Destination("cards", "can't be pushed"))


# -- the day and the week ------------------------------------------------------------------------------


def spark(numbers: Sequence[int], most: int = 0) -> str:
    """Return numbers as a row of bars, the highest for the largest number, or for `most` if that is larger."""
    top = max(*numbers, most, 1) if numbers else 1
    return "".join(
        BARS[round(number / top * (len(BARS) - 1))] if number else NOTHING_IN_IT for number in numbers
    )


def today_lines(picture: PushPicture, local: DeskTime) -> list[OverviewLine]:
    """Return the day in a line of counts and a picture of its hours."""
    day = OverviewLine((("Today", "strong"), (f"  {long_day_text(picture.day, local.country)}", "muted")))
    counts = picture.today
    if not counts.total:
        return [day, OverviewLine((("Nothing was pushed today.", "muted"),))]
    parts = [
        (counts.arrived, "arrived", "good"),
        (counts.asks, "asks you" if counts.asks == 1 else "ask you", "bad"),
        (counts.there, "with nothing to send", "muted"),
        (counts.in_part, "in part", "warn"),
        (counts.refused, "refused", "bad"),
        (counts.waits, waiting_words(counts.waits), "warn"),
        (counts.running, "running", "primary"),
    ]
    pieces: list[tuple[str, str]] = []
    for number, says, tone in parts:
        if number:
            pieces += [("    " if pieces else "", "plain"), (f"{number:,}", tone), (f" {says}", "plain")]
    busy = [hour for hour, number in enumerate(picture.hours) if number]
    first, last = min(*busy, WORKING_DAY[0]), max(*busy, WORKING_DAY[-1])
    bars = spark(picture.hours[first : last + 1])
    hours = OverviewLine(((f"{first:02} ", "muted"), (bars, "good"), (f" {last + 1:02}", "muted")), _ACTIVITY)
    return [day, OverviewLine(tuple(pieces), _ACTIVITY), hours]


def week_lines(picture: PushPicture) -> list[OverviewLine]:
    """Return the week as a table of small bars: a row for each way in which a push can end, a column for each day."""
    days = "".join(f"  {weekday_text(day):<4}" for day, _ in picture.week)
    lines = [
        OverviewLine((("This week", "strong"),)),
        OverviewLine(((f"{'':9}{days}", "muted"),)),
    ]
    rows = (
        ("arrived", "arrived", "good"),
        ("in part", "in_part", "warn"),
        ("refused", "refused", "bad"),
        ("asks you", "asks", "bad"),
        (WAITS_WORD, "waits", "warn"),
    )
    numbers = {field: [_count(counts, field) for _, counts in picture.week] for _, field, _ in rows}
    most = max(map(max, numbers.values()))
    for says, field, tone in rows:
        total = sum(numbers[field])
        if not total and field not in ("arrived", "in_part", "asks"):
            continue
        bars = "".join(
            f"  {bar * 2 if bar != NOTHING_IN_IT else bar:<4}" for bar in spark(numbers[field], most)
        )
        lines.append(
            OverviewLine(((f"{says:<9}", "muted"), (bars, tone), (f"{total:>5,}", "plain")), _ACTIVITY)
        )
    return lines


def _count(counts: PushCounts, field: str) -> int:
    number: int = getattr(counts, field)
    return number


def lately_lines(
    pushes: Iterable[Push], titles: Mapping[str, str], local: DeskTime, now: float
) -> list[OverviewLine]:
    """Return the pushes that ended last: when, what, of whom, with what result. `titles` are by card or contact."""
    lines = [_heading("LATELY")]
    for push in pushes:
        sign, tone = PUSH_SIGN[push.state]
        who = titles.get(push.subject) or titles.get(push.about) or push.about or push.subject
        lines.append(
            OverviewLine(
                (
                    (f"{sign} ", tone),
                    (f"{local.clock_or_day(push.updated_at, now):<6}  ", "muted"),
                    (f"{push.asset.value.replace('-', ' '):<9}  ", "plain"),
                    (f"{who}  ", "plain"),
                    (WAITS_WORD if waits(push) else _RESULTS[push.state], "muted"),
                ),
                _ACTIVITY,
            )
        )
    return lines if len(lines) > 1 else [*lines, OverviewLine((("nothing this week", "muted"),))]


# -- systems, contacts, milestones, what is entered by hand --------------------------------------------


def system_lines(systems: Iterable[SystemKnown]) -> list[OverviewLine]:
    """Return how each system answered last, how long ago, and how many requests are left where that is known."""
    lines = [_heading("SYSTEMS")]
    for known in systems:
        sign, tone = {True: ("●", "good"), False: ("○", "bad"), None: ("·", "muted")}[known.works]
        lines.append(
            OverviewLine(
                ((f"{sign} ", tone), (f"{display_name(known.system):<14}", "plain"), (_how(known), "muted"))
            )
        )
    return lines if len(lines) > 1 else [*lines, OverviewLine(((NOT_READ, "muted"),))]


def _how(known: SystemKnown) -> str:
    if known.works is None:
        return "not asked yet"
    took = f"{known.took:.2f} s, " if known.took is not None else ""
    says = took if known.works else "failed "
    left = f"; {known.left:,} requests left" if known.left is not None else ""
    ago = f"{duration(known.age)} ago" if known.age >= JUST_NOW else "just now"
    return f"{says}{ago}{left}"


def contact_lines(health: ContactHealth | None, local: DeskTime, now: float) -> list[OverviewLine]:
    """Return the state of both contact books as a bar and its numbers."""
    if health is None:
        return [
            _heading("CONTACT BOOK"),
            OverviewLine(((f"{NOT_READ}  ", "muted"), ("2", "primary")), _CONTACTS),
        ]
    parts = (
        (health.linked, "good", "█"),
        (health.to_send, "primary", "█"),
        (health.to_decide, "warn", "▓"),
        (health.cannot + health.one_way + health.unlinked, "muted", "░"),
    )
    bar = tuple((char * cells, tone) for cells, (_, tone, char) in zip(_shares(parts), parts, strict=True))
    others = f"  {health.one_way:,} by the one-way integration" if health.one_way else ""
    others += f"  {health.unlinked:,} links taken back" if health.unlinked else ""
    return [
        _heading("CONTACT BOOK", f"{health.rows:,} rows, matched {local.since(health.at, now)}"),
        OverviewLine(bar, _CONTACTS),
        OverviewLine(
            (
                (f"{health.linked:,} linked or to link", "good"),
                (f"  {health.to_send:,} to import or push", "primary"),
            ),
            _CONTACTS,
        ),
        OverviewLine(
            (
                (f"{health.to_decide:,} to decide", "warn" if health.to_decide else "muted"),
                (f"  {health.cannot:,} can't be synced{others}", "muted"),
            ),
            _CONTACTS,
        ),
        *_reasons(health.left),
    ]


def _shares(parts: Sequence[tuple[int, str, str]]) -> list[int]:
    """Return how many cells of the bar each part gets: one at least, if there is anything."""
    total = sum(number for number, _, _ in parts) or 1
    return [max(1, round(number / total * _BAR)) if number else 0 for number, _, _ in parts]


def _reasons(left: Mapping[str, int]) -> Iterator[OverviewLine]:
    """Yield a line for each of the most frequent reasons why rows can't be synced."""
    for reason in sorted(left, key=lambda reason: (-left[reason], reason))[:MOST_REASONS]:
        yield OverviewLine(((f"{left[reason]:>6,}  {reason}", "muted"),), _CONTACTS)


def month_lines(month: MilestoneMonth) -> list[OverviewLine]:
    """Return the milestones of the last days, by milestone and by day."""
    pieces: list[tuple[str, str]] = []
    for milestone, says in _MILESTONES.items():
        if number := month.sent.get(milestone, 0):
            pieces += [("  " if pieces else "", "plain"), (f"{says} ", "muted"), (f"{number:,}", "plain")]
    if not pieces:
        return [
            _heading("MILESTONES", f"{month.days} days"),
            OverviewLine((("none was sent", "muted"),)),
        ]
    return [
        _heading("MILESTONES", f"{month.days} days"),
        OverviewLine(tuple(pieces), _MILESTONE_ROOM),
        OverviewLine(((spark(month.by_day), "primary"),), _MILESTONE_ROOM),
    ]


def by_hand_lines(left: StillByHand, local: DeskTime) -> list[OverviewLine]:
    """Return how many fields are still to be entered by hand, and since when."""
    heading = _heading(
        f"STILL TO ENTER {words_of(local.country).by_hand.upper()}",
        f"from pushes of the last {left.days} days",
    )
    if not left.fields:
        return [heading, OverviewLine((("nothing", "muted"),))]
    fields, cards = "field" if left.fields == 1 else "fields", "card" if len(left.cards) == 1 else "cards"
    says = (
        f"{left.fields:,} {fields} on {len(left.cards):,} {cards}, the oldest from {local.day(left.oldest)}"
    )
    to = Destination("cards", left.cards[0] if len(left.cards) == 1 else "")
    return [heading, OverviewLine(((f"{says}   ", "plain"), ("1, then h", "primary")), to)]


def _heading(title: str, remark: str = "") -> OverviewLine:
    return OverviewLine(((title, "heading"), *(((f"  {remark}", "muted"),) if remark else ())))


# -- all together --------------------------------------------------------------------------------------


def columns_of(
    overview: DeskOverview, local: DeskTime, titles: Mapping[str, str]
) -> tuple[list[OverviewLine], list[OverviewLine]]:
    """Return the lines of the left and of the right column. `titles` are those of cards and contacts, by id."""
    today, waiting = _now_blocks(overview, local)
    lately = lately_lines(overview.pushes.lately, titles, local, overview.at)
    left = [*([line] for line in today), waiting, system_lines(overview.systems), lately]
    return _stacked(left), _stacked(_picture_blocks(overview, local))


def in_one_column(overview: DeskOverview, local: DeskTime, titles: Mapping[str, str]) -> list[OverviewLine]:
    """Return every line, what matters most first."""
    lately = lately_lines(overview.pushes.lately, titles, local, overview.at)
    blocks = [*_now_blocks(overview, local), *_picture_blocks(overview, local)]
    return _stacked([*blocks, system_lines(overview.systems), lately])


def _now_blocks(overview: DeskOverview, local: DeskTime) -> list[list[OverviewLine]]:
    return [
        today_lines(overview.pushes, local),
        [_heading("WAITING FOR YOU"), *waiting_lines(overview)],
    ]


def _picture_blocks(overview: DeskOverview, local: DeskTime) -> list[list[OverviewLine]]:
    blocks = [week_lines(overview.pushes)]
    if overview.has_contacts:
        blocks.append(contact_lines(overview.contacts, local, overview.at))
    if overview.month is not None:
        blocks.append(month_lines(overview.month))
    if overview.by_hand is not None:
        blocks.append(by_hand_lines(overview.by_hand, local))
    return blocks


def _stacked(blocks: Iterable[Sequence[OverviewLine]]) -> list[OverviewLine]:
    """Return blocks of lines one below the other, with a blank line between two."""
    return [line for block in blocks for line in (*block, BLANK)][:-1]


def overview_form(overview: DeskOverview) -> dict[str, Any]:
    """Write the overview as JSON. Times are seconds since 1970, days are `yyyy-mm-dd`; null is not read yet."""
    pushes = overview.pushes
    return {
        "at": overview.at,
        "today": {"day": pushes.day.isoformat(), **msgspec.to_builtins(pushes.today), "hours": list(pushes.hours)},
        "week": [{"day": day.isoformat(), **msgspec.to_builtins(counts)} for day, counts in pushes.week],
        "waiting": {
            "pushes": sorted(pushes.waiting),
            "held_back": overview.held_back,
            "tried_again": overview.tried_again,
            "milestones": msgspec.to_builtins(overview.milestones),
            "matches": overview.contacts.to_decide if overview.contacts is not None else None,
            "cards": msgspec.to_builtins(overview.cards),
        },
        "systems": msgspec.to_builtins(overview.systems),
        "lately": [
            {"push_id": push.push_id, "asset": push.asset, "subject": push.subject, "state": push.state,
             "at": push.updated_at}
            for push in pushes.lately
        ],
        "contact_book": msgspec.to_builtins(overview.contacts),
        "milestones": msgspec.to_builtins(overview.month),
        "by_hand": msgspec.to_builtins(overview.by_hand),
    }  # fmt: skip
