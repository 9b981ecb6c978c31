"""Draws the words of invented people: names, streets, companies and jobs. Knows nothing of records.

The lists are in invented_words.json. They were taken from Faker once (`python -m tests.invented_words`;
faker_licence.txt is its licence) and are drawn from as Faker draws: the same seed gives the same words as Faker 40.54.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any, Final

_KIND: Final = re.compile(r"\{(\w+)\}")
_DIGIT: Final = re.compile("#")


class InventedWords:
    """The words of a country, such as `en_AU`, in the order in which a seed gives them."""

    def __init__(self, country: str, seed: int) -> None:
        self._lists = _lists(country)
        self._dice = Random(seed)  # noqa: S311 - repeatable on purpose

    def draw(self, kind: str) -> str:
        """Return a word of a kind, such as `last_name`.

        An entry of a list may be a pattern: `{last_name}` stands for a word of that kind, `#` for a digit.
        """
        words, up_to = self._lists[kind]
        word = self._dice.choices(words, cum_weights=up_to)[0] if up_to else self._dice.choice(words)
        word = _KIND.sub(lambda found: self.draw(found[1]), word)
        return _DIGIT.sub(lambda _: str(self._dice.randint(0, 9)), word)


@lru_cache(maxsize=2)
def _lists(country: str) -> dict[str, tuple[list[str], list[float] | None]]:
    """Return the words of each kind, with the sums of their weights so far; None where all weigh the same."""
    text = files(__package__).joinpath("invented_words.json").read_text("utf-8")
    everything: dict[str, dict[str, Any]] = json.loads(text)
    lists = {**everything["everywhere"], **everything[country]}
    return {
        kind: (list(words), list(accumulate(words.values())) if isinstance(words, dict) else None)
        for kind, words in lists.items()
    }
