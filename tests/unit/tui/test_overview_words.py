"""The overview in words and bars: what is not known is called that, and each line leads to its list."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from core.local_forms import Country, DeskTime, utc_zone
from core.milestones.milestone_map import Milestone
from core.overview.model import (
    CardsKnown,
    ContactHealth,
    DeskOverview,
    MilestoneMonth,
    MilestonesOpen,
    PushCounts,
    PushPicture,
    StillByHand,
    SystemKnown,
)
from core.push.plan import System
from tests.unit.core.overview.test_pushes import NOON, a_push
from tui.words.overview import (
    NOT_READ,
    Destination,
    OverviewLine,
    columns_of,
    in_one_column,
    overview_form,
    spark,
    waiting_lines,
)

DAY = date(2026, 11, 29)
LOCAL = DeskTime(utc_zone)
HOURS = tuple(3 if hour == 9 else 0 for hour in range(24))
PICTURE = PushPicture(
    DAY,
    HOURS,
    (
        *((DAY - timedelta(days=n), PushCounts(arrived=n)) for n in range(6, 0, -1)),
        (DAY, PushCounts(arrived=14, asks=1, in_part=1, running=1)),
    ),
    (a_push(1, NOON),),
    frozenset({"P9"}),
)
UNREAD = DeskOverview(NOON, PICTURE, by_hand=StillByHand(14, 0, ()))
HEALTH = ContactHealth(NOON, 321, 176, 80, 20, 12, 0, 5, {"no email": 3, "no officer": 2})
KNOWN = msgspec.structs.replace(
    UNREAD,
    by_hand=StillByHand(14, 61, ("C-1", "C-2"), NOON - 13 * 86_400),
    contacts=HEALTH,
    milestones=MilestonesOpen(8, 1, 0),
    month=MilestoneMonth(30, {Milestone.STARTED: 17, Milestone.ABANDONED: 6}, (0, 1, *[2] * 28)),
    cards=CardsKnown(40, 40, 3, 2),
    systems=(
        SystemKnown(System.FLEX, True, 4.0, 0.08),
        SystemKnown(System.TOTAL_EXPERT, True, 200.0, 0.2, 412),
        SystemKnown(System.SIMPLENEXUS, None),
    ),
)


def texts(lines: list[OverviewLine]) -> list[str]:
    return [" ".join(line.text.split()) for line in lines]


def found(lines: list[OverviewLine], words: str) -> OverviewLine:
    return next(line for line in lines if words in " ".join(line.text.split()))


def test_what_is_not_read_is_never_shown_as_nothing() -> None:
    left, right = columns_of(UNREAD, LOCAL, {})
    said = [text for text in texts([*left, *right]) if NOT_READ in text]
    assert said == [
        f"– milestones: {NOT_READ} 3",
        f"– matches to decide: {NOT_READ} 2",
        f"– cards in FLEX that changed: {NOT_READ} 1",
        NOT_READ,
        f"{NOT_READ} 2",
    ]
    assert not [text for text in texts(waiting_lines(UNREAD)) if text.startswith("0")]


def test_what_waits_has_a_line_each_the_most_urgent_first() -> None:
    assert texts(waiting_lines(KNOWN)) == [
        "1 push asks you 4",
        "8 milestones due, 1 counting down 3",
        "20 matches to decide, 12 costly 2",
        "3 cards in FLEX changed since 1",
        "2 cards can't be pushed 1",
    ]
    more = msgspec.structs.replace(KNOWN, held_back=250, tried_again=1)
    assert texts(waiting_lines(more))[1] == "250 wait for your OK: too many at once F8"
    assert texts(waiting_lines(more))[-1] == "1 send waits and continues automatically 4"


def test_a_card_that_nobody_has_compared_with_its_push_is_not_one_that_is_unchanged() -> None:
    def of_cards(*known: int) -> list[str]:
        lines = waiting_lines(msgspec.structs.replace(KNOWN, cards=CardsKnown(*known)))
        return [text for text in texts(lines) if "in FLEX" in text]

    assert of_cards(40, 12, 3, 0) == [f"3 cards in FLEX changed since, 28 {NOT_READ} 1"]
    assert of_cards(40, 12, 0, 0) == [f"– 28 cards in FLEX: changes {NOT_READ} 1"]
    assert of_cards(40, 40, 0, 0) == of_cards(0, 0, 0, 0) == []


def test_nothing_that_waits_is_said_too() -> None:
    idle = msgspec.structs.replace(
        KNOWN,
        pushes=msgspec.structs.replace(PICTURE, waiting=frozenset()),
        contacts=msgspec.structs.replace(HEALTH, to_decide=0),
        milestones=MilestonesOpen(0, 0, 0),
        cards=CardsKnown(40, 40, 0, 0),
    )
    assert texts(waiting_lines(idle)) == ["✓ nothing"]


def test_a_line_that_says_that_there_is_nothing_leads_nowhere() -> None:
    empty = msgspec.structs.replace(PICTURE, hours=(0,) * 24, week=((DAY, PushCounts()),))
    idle = msgspec.structs.replace(KNOWN, pushes=empty, month=MilestoneMonth(30, {}, (0,) * 30))
    lines = in_one_column(idle, LOCAL, {})
    assert found(lines, "Nothing was pushed today.").to is None
    assert found(lines, "none was sent").to is None


def test_each_number_leads_to_its_list() -> None:
    lines = in_one_column(KNOWN, LOCAL, {})
    assert found(lines, "changed since").to == Destination("cards", "changed")
    assert found(lines, "can't be pushed").to == Destination("cards", "can't be pushed")
    assert found(lines, "push asks you").to == Destination("activity")
    assert found(lines, "matches to decide").to == Destination("contacts")
    assert found(lines, "milestones due").to == Destination("milestones")
    assert found(lines, "14 arrived").to == Destination("activity")
    assert found(lines, "5 can't be synced").to == Destination("contacts")
    assert found(lines, "3 no email").to == Destination("contacts")
    assert found(lines, "61 fields on 2 cards, the oldest from 16 Nov").to == Destination("cards")
    assert found(lines, "started 17 abandoned 6").to == Destination("milestones")


def test_the_systems_say_how_long_ago_and_how_much_is_left() -> None:
    lines = texts(in_one_column(KNOWN, LOCAL, {}))
    assert "● FLEX 0.08 s, just now" in lines
    assert "● Total Expert 0.20 s, 3 min 20 s ago; 412 requests left" in lines
    assert "· SimpleNexus not asked yet" in lines


def test_bars_are_as_high_as_their_numbers() -> None:
    assert spark([0, 1, 4, 8]) == "·▂▅█"
    assert spark([0, 0]) == "··"
    assert spark([4], most=8) == "▅"
    assert len(spark(range(1000))) == 1000


def test_in_one_column_what_waits_is_above_the_pictures() -> None:
    lines = texts(in_one_column(KNOWN, LOCAL, {}))
    assert lines.index("1 push asks you 4") < lines.index("This week") < lines.index("LATELY ENDED")


def test_a_desk_without_contacts_or_without_cards_has_no_line_about_them() -> None:
    cards = msgspec.structs.replace(UNREAD, has_contacts=False)
    assert not [
        text for text in texts(in_one_column(cards, LOCAL, {})) if "CONTACT" in text or "match" in text
    ]
    contacts = msgspec.structs.replace(UNREAD, has_cards=False, by_hand=None)
    assert not [
        text for text in texts(in_one_column(contacts, LOCAL, {})) if "HAND" in text or "FLEX" in text
    ]


def test_dates_and_words_are_those_of_the_country() -> None:
    lines = texts(in_one_column(KNOWN, DeskTime(utc_zone, Country.US), {}))
    assert "Today Sunday, November 29" in lines
    assert any("STILL TO ENTER MANUALLY" in line for line in lines)
    assert any("the oldest from Nov 16" in line for line in lines)


def test_json_has_iso_days_and_null_for_what_is_not_read() -> None:
    form = overview_form(UNREAD)
    assert form["today"]["day"] == "2026-11-29"
    assert (form["contact_book"], form["waiting"]["matches"], form["waiting"]["cards"]) == (None, None, None)
    assert msgspec.json.encode(overview_form(KNOWN))
