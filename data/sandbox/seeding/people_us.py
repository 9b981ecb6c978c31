"""Invented people of the USA: names and streets drawn from lists, and told apart by counting.

Nobody has another's name, email address or phone number. Phone numbers are 555-0100 to 555-0199, which are kept
free for fiction, under as many area codes as it takes; email addresses are all at example.com.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from data.sandbox.seeding.invented_words import InventedWords
from data.sandbox.store import Document

PLACES = (
    ("Duluth", "55802", "MN"),
    ("Saint Paul", "55101", "MN"),
    ("Rochester", "55901", "MN"),
    ("Madison", "53703", "WI"),
    ("Eau Claire", "54701", "WI"),
    ("Des Moines", "50309", "IA"),
    ("Fargo", "58102", "ND"),
    ("Sioux Falls", "57104", "SD"),
    ("Omaha", "68102", "NE"),
    ("Lincoln", "68508", "NE"),
    ("Boulder", "80302", "CO"),
    ("Salem", "97301", "OR"),
)
_COUPLES = (
    *(("Margaret", "Theodore"), ("Linda", "Hector"), ("Yolanda", "Peter"), ("Susan", "Gregory")),
    *(("Ingrid", "Paul"), ("Fatima", "Douglas"), ("Keiko", "Arthur"), ("Beatrice", "Wallace")),
    *(("Naomi", "Stuart"), ("Rosa", "Clifford"), ("Deborah", "Felix"), ("Olga", "Vincent")),
)
_TWINS = (("Ava", "Mia"), ("Liam", "Owen"), ("Grace", "Hope"), ("Jacob", "Ethan"), ("Ella", "Zoe"))
_NICKNAMES = (
    *(("Robert", "Bob"), ("William", "Bill"), ("Elizabeth", "Liz"), ("Margaret", "Peggy")),
    *(("Richard", "Dick"), ("Katherine", "Kate"), ("James", "Jim"), ("Theodore", "Ted")),
    *(("Susan", "Sue"), ("Edward", "Ned"), ("Patricia", "Patty"), ("Michael", "Mike")),
)
_LONG = ("Jonathan", "Christopher", "Stephanie", "Alexandra", "Benjamin", "Veronica", "Frederick")
_AREAS = tuple(code for code in range(201, 990) if code % 100 != 11)


@dataclass(frozen=True, slots=True)
class AmericanPeople:
    """The names and streets that a seed gives, each name there once."""

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    streets: tuple[str, ...]


@lru_cache(maxsize=4)
def pool(seed: int) -> AmericanPeople:
    """Return the names and streets for a seed; the same for the same number."""
    words = InventedWords("en_US", seed)
    taken = {name for pair in (*_COUPLES, *_TWINS, *_NICKNAMES) for name in pair} | set(_LONG)
    firsts = dict.fromkeys(words.draw("first_name") for _ in range(800))
    return AmericanPeople(
        tuple(name for name in firsts if name not in taken),
        tuple(dict.fromkeys(words.draw("last_name") for _ in range(1200))),
        tuple(dict.fromkeys(words.draw("street_name") for _ in range(400))),
    )


class Invented:
    """Gives out one person after the other, and what may differ about them."""

    def __init__(self, seed: int) -> None:
        self._pool = pool(seed)
        self._dice = Random(seed + 1)  # noqa: S311 - repeatable on purpose
        self._people = 0
        self._phones = 0
        self._emails = 0
        self._turn = 0

    def person(self) -> Document:
        """Name, email, phone, birthday (1970, as it is kept there) and home; the name is nobody else's."""
        first, last = self._name(self._people)
        self._people += 1
        return {
            "first_name": first,
            "last_name": last,
            "email": f"{_plain(first)}.{_plain(last)}.{self._people}@example.com",
            "phone": self.phone(),
            "birthday": f"1970-{self._dice.randrange(1, 13):02}-{self._dice.randrange(1, 29):02}",
            "home": self.address(),
        }

    def phone(self) -> str | None:
        """Return a number that nobody else has, while they last (78,000); then none.

        The first 7,000 are more than a slip apart, as strangers' numbers are: in so few that are free for fiction
        many would be one digit apart, and pass for one family's.
        """
        number = self._phones
        self._phones += 1
        known = _numbers()
        return known[number] if number < len(known) else None

    def rewritten(self, phone: str | None) -> str | None:
        """Return the same number as somebody else would write it."""
        if phone is None:
            return None
        area, rest = phone[1:4], phone[6:]
        return self._dice.choice((phone, f"{area}-{rest}", f"+1 {area} {rest.replace('-', ' ')}"))

    def address(self) -> Document:
        """Return a home, in Total Expert's words."""
        city, postcode, state = self._dice.choice(PLACES)
        street = f"{self._dice.randrange(1, 9900)} {self._dice.choice(self._pool.streets)}"
        return {"address": street, "city": city, "state": state, "zip_code": postcode}

    def another_email(self) -> str:
        """Return an address that says nothing of the name of whose it is."""
        self._emails += 1
        words = ("harbor", "maple", "violet", "summit", "copper", "meadow", "tundra")
        return f"{words[self._emails % len(words)]}{1000 + self._emails}@example.com"

    def couple(self) -> tuple[str, str]:
        """Two first names that nobody takes for one."""
        return self._next(_COUPLES)

    def twins(self) -> tuple[str, str]:
        """Two first names as parents of twins choose them."""
        return self._next(_TWINS)

    def nickname(self) -> tuple[str, str]:
        """Return a first name in full and as friends say it."""
        return self._next(_NICKNAMES)

    def long_first_name(self) -> str:
        """Return a first name with room for a typo."""
        self._turn += 1
        return _LONG[self._turn % len(_LONG)]

    def _next(self, pairs: tuple[tuple[str, str], ...]) -> tuple[str, str]:
        self._turn += 1
        return pairs[self._turn % len(pairs)]

    def _name(self, number: int) -> tuple[str, str]:
        """Return the n-th name: no two alike, and neighbours unlike.

        Double-barrelled once the plain ones are used up.
        """
        firsts, lasts = self._pool.first_names, self._pool.last_names
        turn, place = divmod(number, len(firsts))
        round_, turn = divmod(turn, len(lasts))
        last = lasts[(turn + 7 * place) % len(lasts)]
        return firsts[place], f"{last}-{lasts[round_ - 1]}" if round_ else last


@lru_cache(maxsize=1)
def _numbers() -> tuple[str, ...]:
    """Every number there is; first those of a code in which no two differ by a digit or a swap of neighbours."""
    count = len(_AREAS)
    # Neighbours in the book get area codes far apart.
    every = [(_AREAS[n * 271 % count], n // count) for n in range(count * 100)]
    of_area, of_line = (
        {area: _weighted(f"{area}", 1) for area in _AREAS},
        [_weighted(f"{line:02}", 4) for line in range(100)],
    )
    apart = sorted(every, key=lambda one: (of_area[one[0]] + of_line[one[1]]) % 11 != 0)
    return tuple(f"({area}) 555-01{line:02}" for area, line in apart)


def _weighted(digits: str, first: int) -> int:
    """Return the weighted sum of digits, as in an ISBN: with a digit or a swap off the sum modulo 11 is another one."""
    return sum(weight * int(digit) for weight, digit in enumerate(digits, first))


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in letters if letter.isalnum())
