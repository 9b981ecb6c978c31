"""A file that has people needs their roles: a person hears of all missing columns at once."""

from __future__ import annotations

import pytest

from data.cards.known_columns import CARDS, FACT_FINDS
from data.tables.columns import NO_ANSWERS, match_columns
from tui.words.columns import columns_needed


@pytest.mark.parametrize(
    ("headers", "needed"),
    [
        (("Name of it", "last_name"), ("card_id", "kind", "role")),
        (("card_id", "mobile_phone"), ("kind", "role")),
        (("card_id", "email", "role"), ("kind",)),
        (("title", "stage"), ("card_id", "kind")),
    ],
)
def test_every_column_that_a_file_needs_is_named_at_once(
    headers: tuple[str, ...], needed: tuple[str, ...]
) -> None:
    report = match_columns(headers, CARDS, NO_ANSWERS).report
    said = columns_needed("deals.csv", report, "--columns")
    assert f"has no column {' and no column '.join(needed)}. Its headers" in said.message
    assert [pair.partition("=")[2] for pair in report.example().split(",")] == list(needed)


def test_a_file_of_cards_without_people_needs_no_role() -> None:
    for wanted in (CARDS, FACT_FINDS):
        assert match_columns(("card_id", "kind", "fact_find_id"), wanted, NO_ANSWERS).report.rows_need == ()
