"""The lines of the Contacts room that show a pair, the title of the list, and how far a reading is."""

from __future__ import annotations

import pytest

from core.compare.agreement import AgreementLevel
from core.contacts.model import Comparison, Evidence, Likeness
from core.contacts.records import Answer
from core.contacts.review.queue import Cost
from core.contacts.review.side_by_side import SideBySide
from core.local_forms import Country, words_of
from core.push.plan import System
from tests.support.hostile_text import CORPUS
from tui.contacts.wording import (
    answer_lines,
    field_lines,
    queue_title,
    reading_line,
    refresh_line,
    value_widths,
    why_lines,
)
from tui.text import safe_text, width_of
from tui.words.contact_desk.verdicts import queue_counts

L = AgreementLevel
TWO_READ = {System.SIMPLENEXUS: 1_200, System.TOTAL_EXPERT: 300}


def test_an_email_of_28_characters_stays_on_one_line_at_132_columns() -> None:
    email = "a.whitfield@bay-home.example"
    assert len(email) == 28
    shown = field_lines([SideBySide("email", email, "≠", "annw@post.example")], 76).plain
    assert email in shown
    assert len(shown.splitlines()) == 2


def test_a_record_that_only_one_system_has_takes_the_whole_width() -> None:
    street = "1842 Northumberland Avenue Extension, Building 7"
    fields = [SideBySide("name", "", "", "Ann Lee"), SideBySide("address", "", "", street)]
    shown = field_lines(fields, 78).plain
    assert shown.splitlines()[0].strip() == "Total Expert"
    assert street in shown
    both = field_lines([*fields, SideBySide("email", "a@x", "", "")], 78).plain
    assert both.splitlines()[0].split() == ["SimpleNexus", "Total", "Expert"]


@pytest.mark.parametrize(
    ("left", "right", "room", "widths"),
    [
        (10, 10, 60, (30, 30)),  # both fit: the columns have the same place for every pair
        (10, 10, 200, (36, 164)),
        (20, 40, 60, (20, 40)),  # the right one takes what the left one does not need
        (40, 20, 60, (40, 20)),
        (50, 50, 60, (30, 30)),
        (50, 28, 60, (32, 28)),
    ],
)
def test_a_column_takes_what_the_other_one_does_not_need(
    left: int, right: int, room: int, widths: tuple[int, int]
) -> None:
    assert value_widths(left, right, room) == widths


def evidence(**bits: float) -> Comparison:
    lines = tuple(Evidence(field, L.EQUAL, weight, "a", "a") for field, weight in bits.items())
    prior = Evidence("prior", L.PRIOR, -10.0)
    return Comparison(Likeness.PERSON, sum(bits.values()) - 10, (*lines, prior))


def test_the_evidence_keeps_its_order_from_pair_to_pair_and_has_weights_on_a_key() -> None:
    strong, weak = evidence(email=15.0, phone=16.0), evidence(email=15.0, phone=-2.0)
    for compared in (strong, weak):
        words = why_lines(compared, words_of(Country.AU), 78, blind=False, bits=False).plain
        assert words.index("email") < words.index("phone")
        assert "16" not in words
        assert "to start with" not in words
        weighed = why_lines(compared, words_of(Country.AU), 78, blind=False, bits=True).plain
        assert weighed.index("email") < weighed.index("phone")
        assert "+15.0" in weighed
    assert "+ phone" in why_lines(strong, words_of(Country.AU), 78, blind=False, bits=False).plain
    assert "− phone" in why_lines(weak, words_of(Country.AU), 78, blind=False, bits=False).plain
    assert "+ " not in why_lines(strong, words_of(Country.AU), 78, blind=True, bits=True).plain


def test_each_answer_is_a_line_that_can_be_clicked_and_nothing_of_it_is_cut() -> None:
    does = "noted as a second record; nothing is created, and the link stays"
    for width in (40, 78):
        shown = answer_lines([(Answer.SAME, does), (Answer.LATER, "later")], 12_000, "", width, of_owners=7)
        text = " ".join(" ".join(line.plain for line in shown.lines).split())
        assert does in text
        assert "= all 12,000" in text
        assert "one answer for all that compare like these" in text
        assert [spot.action for spot in shown.spots] == [
            "answer('same')",
            "answer('later')",
            "all_alike",
            "of_owners",
        ]
        assert all(width_of(line.plain) <= width for line in shown.lines)
    assert answer_lines([], 1, "", 78).lines == ()


def test_the_title_says_how_much_there_is_to_decide_and_loses_the_order_first() -> None:
    counts = queue_counts({Cost.OVERWRITE: 1, Cost.DOUBLED: 11, Cost.HELD: 8})
    assert counts == "20 to decide, 12 costly"
    assert queue_counts({Cost.HELD: 8}) == "8 to decide"
    assert queue_counts({}) == "nothing to decide"

    def title(width: int, opens: str = "") -> str:
        shown = queue_title("QUEUE", counts, "costliest first", width, opens=opens, is_filtering=False)
        return shown.lines[0].plain

    assert title(90, "open") == f"QUEUE  {counts} · costliest first   f open the list   / filter"
    assert title(49) == f"QUEUE  {counts}   / filter"
    assert title(30) == f"QUEUE  {counts}"
    spots = queue_title("QUEUE", counts, "", 90, opens="close", is_filtering=False).spots
    assert [spot.action for spot in spots] == ["show_list", "show_list", "filter"]


def test_a_reading_shows_its_rate_after_a_second_and_the_time_left_if_that_is_known() -> None:
    assert reading_line(TWO_READ, 0.5, {}, is_matching=False) == "SimpleNexus 1,200 · Total Expert 300"
    assert reading_line(TWO_READ, 3.0, {}, is_matching=False).endswith("· 500 a second")
    had = {System.SIMPLENEXUS: 2_200, System.TOTAL_EXPERT: 300}
    assert reading_line(TWO_READ, 3.0, had, is_matching=False) == (
        "SimpleNexus 1,200 of 2,200 · Total Expert 300 of 300 · 500 a second · 2 s left"
    )
    few = {System.SIMPLENEXUS: 90_000, System.TOTAL_EXPERT: 300}  # a reading of the changes alone
    assert "left" not in reading_line(TWO_READ, 3.0, few, is_matching=False)
    assert reading_line(TWO_READ, 3.0, had, is_matching=True).endswith("· matching")
    assert refresh_line("SimpleNexus 1,200", 30).plain.endswith("S stops")


@pytest.mark.parametrize("name", CORPUS)
def test_text_that_means_harm_stays_in_its_line(name: str) -> None:
    text = CORPUS[name][:300]
    for width in (40, 78, 120):
        shown = field_lines([SideBySide("name", text, "≈", text)], width)
        assert all(width_of(line) <= width for line in shown.plain.split("\n"))
        assert all(line == safe_text(line) for line in shown.plain.split("\n"))
