"""`python -m tests.invented_words` takes the lists of invented words from Faker, for the sandbox to draw from.

The lists decide who is in each seeded sandbox. They were taken once; taking them from another Faker gives other people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from faker import Faker

from tests.support.fork_server import ROOT

FILE: Final = ROOT / "data" / "sandbox" / "seeding" / "invented_words.json"
_EVERYWHERE: Final[Mapping[str, tuple[str, str]]] = {
    "first_name": ("person", "first_names"),
    "last_name": ("person", "last_names"),
    "street_name": ("address", "street_name_formats"),
    "company": ("company", "formats"),
    "company_suffix": ("company", "company_suffixes"),
    "job": ("job", "jobs"),
}
"""The kinds of words that are the same in both countries: Faker's provider, and the name of its list."""
_AMERICAN: Final[Mapping[str, tuple[str, str]]] = {"street_suffix": ("address", "street_suffixes")}
_AUSTRALIAN: Final[Mapping[str, tuple[str, str]]] = {
    **_AMERICAN,
    "street_address": ("address", "street_address_formats"),
    "building_number": ("address", "building_number_formats"),
    "secondary_address": ("address", "secondary_address_formats"),
}


def lists() -> dict[str, dict[str, Mapping[str, float] | Sequence[str]]]:
    """Return the words by country and kind: with their weights, or in a list where all weigh the same."""
    return {
        "everywhere": _taken("en_US", _EVERYWHERE),
        "en_AU": _taken("en_AU", _AUSTRALIAN),
        "en_US": _taken("en_US", _AMERICAN),
    }


def text() -> str:
    """Return what the file has to hold: one word a line."""
    return json.dumps(lists(), ensure_ascii=False, indent=1) + "\n"


def _taken(
    country: str, kinds: Mapping[str, tuple[str, str]]
) -> dict[str, Mapping[str, float] | Sequence[str]]:
    (factory,) = Faker(country).factories
    return {
        kind: _plain(getattr(factory.provider(f"faker.providers.{provider}"), name))
        for kind, (provider, name) in kinds.items()
    }


def _plain(words: Any) -> Mapping[str, float] | Sequence[str]:
    """Return a list of Faker with patterns as the sandbox reads them: one pair of braces around a kind."""
    if isinstance(words, Mapping):
        return {word.replace("{{", "{").replace("}}", "}"): weight for word, weight in words.items()}
    return [word.replace("{{", "{").replace("}}", "}") for word in words]


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
    print(f"{FILE.relative_to(ROOT)}: {FILE.stat().st_size:,} bytes")
