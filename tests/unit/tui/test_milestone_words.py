"""What happens next with a milestone, in words, and when a countdown reads differently."""

from __future__ import annotations

import msgspec
import pytest

from core.automatic.unasked import UnaskedSender
from core.milestones.inputs import MilestoneLine
from core.milestones.milestone_map import Milestone
from core.milestones.records import Doubt, MilestoneState
from core.push.plan import Asset, Plan
from tui.words.contact_desk.milestones import (
    NONE_YET,
    OFTEN,
    SECTIONS,
    SIGNS,
    Present,
    changes_in,
    countdown,
    day_counts,
    happens_next,
    next_words,
    section_of,
    status_words,
)

S = MilestoneState
NOW = 1_000_000.0
LINE = MilestoneLine(Milestone.ABANDONED, "SN-1", NOW, S.WAITING, contact="TE-1")
PRESENT = Present(lambda: NOW, lambda at: "9:00", lambda line: None)


def line(state: MilestoneState, **more: object) -> MilestoneLine:
    return msgspec.structs.replace(LINE, state=state, **more)


def counting(left: float) -> MilestoneLine:
    return line(S.WAITING, until=NOW + left)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (5400.0, "1 h 30 min"),
        (3600.0, "1 h 0 min"),
        (2520.0, "42 min"),
        (2460.1, "42 min"),
        (91.0, "2 min"),
        (90.0, "90 s"),
        (0.2, "1 s"),
        (0.0, ""),
        (-5.0, ""),
    ],
)
def test_a_countdown_is_in_minutes_and_in_seconds_at_its_end(left: float, words: str) -> None:
    assert countdown(counting(left), NOW) == words


def test_what_is_no_countdown_has_no_time_left() -> None:
    assert countdown(line(S.WAITING), NOW) == ""
    assert countdown(line(S.SENT, until=NOW + 60), NOW) == ""
    closed = line(S.WAITING, until=NOW + 60, is_closed=True, reason="it is not in progress any more")
    assert countdown(closed, NOW) == ""
    assert section_of(closed) == "Waiting"
    assert next_words(closed, PRESENT) == "Abandoned: it is not in progress any more"


@pytest.mark.parametrize("left", [2520.0, 2515.0, 2460.1, 150.0, 121.0, 91.0, 60.0, 0.5])
def test_the_screen_wakes_up_when_the_words_change_and_at_most_every_few_seconds(left: float) -> None:
    one = counting(left)
    wait = changes_in([one], NOW)
    assert wait is not None
    assert wait >= (1.0 if left <= 90 else OFTEN)
    if left > 90 and wait > OFTEN:
        assert countdown(one, NOW + wait - 1) == countdown(one, NOW)
        assert countdown(one, NOW + wait + 0.01) != countdown(one, NOW)


def test_the_first_countdown_to_change_counts_and_without_one_nothing_wakes_up() -> None:
    assert changes_in([counting(2520.0), counting(2475.0)], NOW) == 15.0
    assert changes_in([counting(2520.0), counting(2461.0)], NOW) == OFTEN
    assert changes_in([line(S.DUE), line(S.SENT)], NOW) is None


def test_each_row_says_what_happens_next() -> None:
    plan = Plan(Asset.MILESTONE, "milestone:x", "x", ())
    sends = Present(lambda: NOW, lambda at: "9:00", lambda line: UnaskedSender.THIS_APP)
    assert next_words(counting(2520.0), PRESENT) == "Abandoned in 42 min unless they return"
    assert next_words(line(S.DUE, plan=plan), PRESENT) == "Abandoned: waits for your OK"
    assert next_words(line(S.DUE, plan=plan), PRESENT, paused=True) == "Abandoned: paused"
    assert next_words(line(S.DUE, plan=plan), sends) == "Abandoned: sent automatically now"
    assert next_words(line(S.DUE), PRESENT) == "Abandoned: being sent"
    assert next_words(line(S.WAITING, opens=NOW), PRESENT) == "Abandoned: sent from 9:00"
    assert next_words(line(S.WAITING, reason="not linked yet"), PRESENT) == "Abandoned: not linked yet"
    assert happens_next(counting(-1.0), PRESENT) == "the 90 minutes are over: read again now"
    assert next_words(line(S.SENT), PRESENT) == "Abandoned: sent"
    assert next_words(line(S.SKIPPED, reason="he rang"), PRESENT) == "Abandoned: he rang"


def test_a_list_says_it_in_few_words_and_the_detail_the_rest() -> None:
    lacking = line(S.WAITING, reason="no such insight type: ask Total Expert to add “X”")
    assert status_words(lacking, PRESENT) == "no such insight type"
    assert next_words(lacking, PRESENT) == "Abandoned: no such insight type"
    assert happens_next(lacking, PRESENT) == lacking.reason
    doubted = line(S.NEEDS_YOU, doubt=Doubt.ELSEWHERE)
    assert status_words(doubted, PRESENT) == "already there"
    assert next_words(doubted, PRESENT) == "Abandoned: already there. Send anyway?"


@pytest.mark.parametrize("doubt", [*Doubt, None])
def test_every_doubt_has_a_question_of_its_own(doubt: Doubt | None) -> None:
    words = happens_next(line(S.NEEDS_YOU, doubt=doubt), PRESENT)
    assert words.endswith("Send anyway?" if doubt is not None else "decide in Activity (4)")
    others = [happens_next(line(S.NEEDS_YOU, doubt=other), PRESENT) for other in Doubt if other is not doubt]
    assert words not in others


def test_every_state_has_a_section_and_a_sign_of_its_own() -> None:
    assert [section_of(line(state)) for state in S] == [
        "Waiting",
        "Due",
        "Sent",
        "Skipped",
        "Watched",
        "Needs you",
    ]
    assert section_of(counting(5.0)) == "Counting down"
    assert set(map(section_of, (*map(line, S), counting(5.0)))) == set(SECTIONS)
    assert len({sign for sign, _ in SIGNS.values()}) == len(S)


def test_the_day_counts_what_needs_a_person_and_what_was_sent_of_today() -> None:
    lines = [line(S.NEEDS_YOU), counting(60.0), line(S.SENT), line(S.SENT, at=NOW - 90_000), line(S.SKIPPED)]
    counts = day_counts(lines, lambda at: at > NOW - 3600)
    assert [(number, words) for _, number, words in counts] == [
        (1, "needs you"),
        (1, "counting down"),
        (1, "sent"),
    ]
    assert NONE_YET == "No milestones yet. Checked every 5 minutes"
