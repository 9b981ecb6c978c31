"""Numbers with their nouns, and the paths of fields as a person reads them."""

from __future__ import annotations

import pytest

from core.odd_values import field_in_words
from core.texts import how_many


@pytest.mark.parametrize(
    ("number", "noun", "plural", "words"),
    [
        (0, "card", "", "0 cards"),
        (1, "card", "", "1 card"),
        (2, "card", "", "2 cards"),
        (1, "push", "pushes", "1 push"),
        (12_345, "push", "pushes", "12,345 pushes"),
    ],
)
def test_a_number_has_its_noun(number: int, noun: str, plural: str, words: str) -> None:
    assert how_many(number, noun, plural) == words


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("title", "title"),
        ("requirements.loan_amount", "loan amount (requirements)"),
        ("people[0].birth_date", "birth date (people 1)"),
        ("people[1].home_address.state", "state (people 2, home address)"),
    ],
)
def test_the_path_of_a_field_reads_as_words(path: str, words: str) -> None:
    assert field_in_words(path) == words
