"""Eyes nearby: a value that a column cuts, or that goes over several lines, leaves no piece that tells something."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.local_forms import Country, date_text, day_text
from tests.support.over_the_shoulder import PIECE
from tests.unit.tui.test_eyes import hidden, knowing
from tui.cells import clip, fit
from tui.eyes.vocabulary import PrivateKind, Vocabulary
from tui.text import wrap

K = PrivateKind
LETTERS = "bcdfghjklmnpqrstvwxzéø"  # without vowels, no word of ours
PART = st.text(LETTERS, min_size=4, max_size=9)
NAME = st.lists(PART.map(str.title), min_size=1, max_size=3).map(" ".join)
EMAIL = st.builds(
    "{}{}{}{}@example.com".format,
    PART,
    st.sampled_from(".-_+"),
    PART,
    st.sampled_from(["", ".", ".12.", "77"]),
)
DIGITS = st.text("123456789", min_size=10, max_size=10)
PHONE = DIGITS.map(lambda it: f"({it[:3]}) {it[3:6]}-{it[6:]}") | DIGITS.map(
    lambda it: f"0{it[:3]} {it[4:7]} {it[7:]}"
)
STREET = st.builds("{} {} {} Crescent".format, st.integers(1, 999), PART.map(str.title), PART.map(str.title))
NOTE = st.lists(PART, min_size=5, max_size=25).map(lambda words: " ".join(words).capitalize() + ".")
BORN = st.dates(date(1930, 1, 1), date(2008, 1, 1))
VALUE = st.one_of(
    st.tuples(st.just(K.NAME), NAME),
    st.tuples(st.just(K.EMAIL), EMAIL),
    st.tuples(st.just(K.PHONE), PHONE),
    st.tuples(st.just(K.TEXT), STREET),
    st.tuples(st.just(K.TEXT), NOTE),
)


def pieces(value: str) -> set[str]:
    """Return every piece of four characters of the words of a value, or of the part of an email before "@"."""
    local, at, _ = value.partition("@")
    runs = [local] if at else re.findall(r"\w+", value)
    return {run[n : n + PIECE] for run in runs for n in range(len(run) - PIECE + 1)}


def readable(vocabulary: Vocabulary, line: str, value: str) -> set[str]:
    shown = hidden(vocabulary, line)
    return {piece for piece in pieces(value) if piece in shown}


@given(VALUE, st.integers(1, 60), st.sampled_from(["", "to ", "✓ C-1042  ", "(", "▕ "]), st.booleans())
def test_a_value_that_a_column_cuts_leaves_no_piece(
    value: tuple[PrivateKind, str], width: int, before: str, is_upper: bool
) -> None:
    kind, text = value
    painted = text.upper() if is_upper else text
    line = f" {before}{fit(painted, width)}  Lead  12 Jan 2026"
    shown = hidden(knowing(value), line)
    left = [piece for piece in pieces(painted) if piece in shown.removesuffix("12 Jan 2026")]
    assert left == [], (kind, line, shown)
    assert shown.split()[-4:] == ["Lead", "12", "Jan", "2026"]


@given(VALUE, st.integers(4, 40), st.integers(0, 40))
def test_a_value_that_is_cut_at_its_start_or_in_its_middle_leaves_no_piece(
    value: tuple[PrivateKind, str], tail: int, head: int
) -> None:
    text = value[1]
    line = f" {text[:head].strip()}…{text[max(head, len(text) - tail) :].strip()}  Lead"
    assert readable(knowing(value), line, text) == set(), (line, hidden(knowing(value), line))


@given(VALUE, st.integers(24, 60))
def test_a_value_that_goes_over_several_lines_leaves_no_piece(
    value: tuple[PrivateKind, str], width: int
) -> None:
    vocabulary = knowing(value)
    for line in wrap(value[1], width):
        assert readable(vocabulary, f"  {line}", value[1]) == set(), line


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ((K.TEXT, "Keep repayments steady and have an offset account."), ["offset account.", "account."]),
        (
            (K.EMAIL, "allison.edwards.12@example.com"),
            ["allison.edwards.…", "ALLISON.EDWARDS.…", "allison.e…"],
        ),
        (
            (K.EMAIL, "allisonedwards@example.com"),
            ["allisone", "alliso…", "…wards@example.com", "example.com"],
        ),
        ((K.NAME, "Chen, Mei & Chen, Daniel"), ["Chen, D…", "Chen, Mei & Chen, Dani…", "Chen, Mei & C…"]),
        ((K.NAME, "Zoë O'Brien"), ["O'B…", "O'Bri…", "…Brien", "Zoë O'…"]),
        ((K.PHONE, "(02) 7010 4321"), ["(02) 7010", "4321", "(02) 70…", "+61 2 7010…"]),
        ((K.PHONE, "0491 570 006"), ["0491 57…", "570 006", "0491", "+61 491 57…"]),
        ((K.AMOUNT, "640000"), ["640,0…", "$640,0…", "6400…"]),
        ((K.AMOUNT, "about 800000"), ["about 800000", "about 80…"]),
        ((K.BIRTH_DATE, "1988-02-29"), ["29/02/19…", "1988-0…", "29 Feb 19…", "Feb 29, 1…"]),
        ((K.BIRTH_DATE, "--08-17"), ["17 Aug, no year", "17 Aug, no y…", "Aug 17,", "17 Aug, no"]),
        ((K.TEXT, "12 Darling Street"), ["12 Darling", "Darling Street", "12 Dar…", "Street", "Street · x"]),
    ],
    ids=str,
)
def test_what_was_seen_of_values_on_screens_is_hidden(
    value: tuple[PrivateKind, str], lines: list[str]
) -> None:
    for line in lines:
        shown = hidden(knowing(value), f"▕ {line}  after      ").split("after")[0]
        words = set(re.findall(r"\w{3,}", shown.casefold()))
        assert words <= {"year"}, (line, shown)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from(Country), st.integers(0, 1439))
def test_no_date_or_time_of_the_app_is_taken_for_a_birth_date(
    day: date, country: Country, minute: int
) -> None:
    vocabulary = EVERY_BIRTHDAY
    clock = f"{datetime(2026, 1, 1) + timedelta(minutes=minute):%H:%M}"
    for line in (
        f"  since  {date_text(day, country)}, app",
        f"✓ {day_text(day, country)} {clock}  sent on {day_text(day, country)}",
        f"full read {day_text(day, country)}",
        f"in {minute} min at {clock}, {minute:,} fields",
    ):
        assert hidden(vocabulary, line) == line


EVERY_BIRTHDAY = knowing(
    *((K.BIRTH_DATE, f"--{date(2000, 1, 1) + timedelta(days=n):%m-%d}") for n in range(366)),
    *((K.BIRTH_DATE, date(1961 + n % 40, 1, 1) + timedelta(days=n)) for n in range(365)),
)


def test_our_own_cut_words_stay() -> None:
    vocabulary = knowing(
        (K.EMAIL, "sam.hand@example.com"),
        (K.NAME, "Mark Sent"),
        (K.TEXT, "It went to the bank on Monday."),
    )
    for line in ("✓ name, sam…", "20 by han…", "Reading the card …", "sent to the card…", "mark…"):
        assert hidden(vocabulary, line) == line


def test_a_cut_column_does_not_move_the_next_one() -> None:
    vocabulary = knowing((K.EMAIL, "allison.edwards@example.com"))
    for width in range(6, 30):
        line = f" C-1  {clip('allison.edwards@example.com', width):<30}  Lead"
        assert hidden(vocabulary, line).index("Lead") == line.index("Lead")
