"""Invented words: the lists are Faker's, they are drawn as Faker draws, and a seed always gives the same people."""

from __future__ import annotations

from hashlib import sha256

import pytest
from faker import Faker

from data.sandbox.seeding import people_au, people_us
from data.sandbox.seeding.invented_words import InventedWords
from data.sandbox.server import DEFAULT_SEED
from tests import invented_words

KINDS = {
    "en_AU": ("first_name", "last_name", "street_address", "street_name", "company", "job"),
    "en_US": ("first_name", "last_name", "street_name"),
}


def test_the_file_has_what_the_command_takes_from_faker() -> None:
    assert invented_words.FILE.read_text("utf-8") == invented_words.text(), "python -m tests.invented_words"


@pytest.mark.parametrize("seed", [0, 1, 7, DEFAULT_SEED])
@pytest.mark.parametrize("country", KINDS)
def test_words_are_drawn_as_faker_draws_them(country: str, seed: int) -> None:
    faker = Faker(country)
    faker.seed_instance(seed)
    words = InventedWords(country, seed)
    for kind in KINDS[country] * 40:
        assert words.draw(kind) == getattr(faker, kind)()


@pytest.mark.parametrize(
    ("seed", "people"),
    [
        (1, "44a4ff861df9db38"),
        (7, "feec336870f4e947"),
        (DEFAULT_SEED, "fd260ac3830eb7aa"),
    ],
)
def test_a_seed_gives_the_people_that_it_always_gave(seed: int, people: str) -> None:
    pools = (people_au.pool(seed), people_us.pool(seed))
    assert sha256(repr(pools).encode()).hexdigest()[:16] == people
