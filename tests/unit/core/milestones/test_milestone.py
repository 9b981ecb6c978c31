"""The identity of a milestone and its text: what the book and JSON hold stays as it is, whatever an id contains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.milestones.milestone_map import ONCE, Milestone, MilestoneId, read_map
from tests.unit.core.milestones.milestone_setup import ABANDONED, STARTED

LINKED = Milestone.BORROWER_LINKED
AN_ID = st.text("A1|\n\u00e9 ", max_size=8)


@pytest.mark.parametrize(
    ("id_", "text"),
    [
        (MilestoneId("9001", LINKED), "9001|SN Borrower Linked|"),
        (MilestoneId("9001", STARTED, "A1"), "9001|SN Loan Application Started|A1"),
        (MilestoneId("9001", ABANDONED, "A1", 2), "9001|SN Loan Application Abandoned|A1|2"),
        (MilestoneId("90|01", STARTED, "A|1x"), "90|01|SN Loan Application Started|A|1x"),
        (MilestoneId("|", ABANDONED, "||", 10), "||SN Loan Application Abandoned||||10"),
        (
            MilestoneId("9", STARTED, "a|SN Borrower Linked|b"),
            "9|SN Loan Application Started|a|SN Borrower Linked|b",
        ),
        (MilestoneId("9001", STARTED, "A|0"), "9001|SN Loan Application Started|A|0"),
        (MilestoneId("9001", STARTED, "A|\u0661"), "9001|SN Loan Application Started|A|\u0661"),
        (MilestoneId("9\n1", STARTED, "A\n"), "9\n1|SN Loan Application Started|A\n"),
    ],
)
def test_an_identity_is_written_as_ever_and_read_back(id_: MilestoneId, text: str) -> None:
    assert id_.encode() == text
    assert MilestoneId.decode(text) == id_


@given(AN_ID, st.sampled_from(Milestone), AN_ID, st.integers(0, 30))
def test_reading_and_writing_again_never_changes_a_text(
    contact: str, milestone: Milestone, application: str, round_: int
) -> None:
    text = MilestoneId(contact, milestone, application, round_).encode()
    read = MilestoneId.decode(text)
    assert read.encode() == text
    assert (read.contact, read.milestone) == (contact, milestone)


def test_an_application_that_ends_like_a_round_has_the_text_of_that_round() -> None:
    """The book can't tell the two apart, so nobody else does either."""
    hostile, second_round = MilestoneId("9001", STARTED, "A|1"), MilestoneId("9001", STARTED, "A", 1)
    assert hostile.encode() == second_round.encode()
    assert MilestoneId.decode(hostile.encode()) == second_round


@pytest.mark.parametrize("text", ["", "9001", "9001|SN Borrower Linked", "9001|SN Something|A1", "||"])
def test_a_text_that_names_no_milestone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names no milestone"):
        MilestoneId.decode(text)


def test_a_contact_has_three_of_the_six_milestones_once() -> None:
    assert [milestone for milestone in Milestone if milestone in ONCE] == [
        Milestone.BORROWER_LINKED,
        Milestone.PARTNER_LINKED,
        Milestone.RAN_CALCULATION,
    ]


def test_a_map_without_a_row_names_the_first_that_is_missing_and_all_that_there_are() -> None:
    rows = [{"milestone": LINKED.value, "insight": "Linked"}]
    with pytest.raises(UsageError, match="has no row for “SN Partner Linked”") as refused:
        read_map({"milestone": rows}, "my.toml")
    assert "“SN Borrower Linked”, “SN Partner Linked”, “SN Contact Ran Calculation”" in refused.value.fix
