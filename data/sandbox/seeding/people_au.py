"""Invented people of Australia: names and streets drawn from lists once and then reused, the rest from short lists.

Phone numbers are from the ranges kept free for fiction in Australia, email addresses from example domains.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from data.sandbox.seeding.invented_words import InventedWords
from data.sandbox.store import Document

PLACES = (
    ("Balmain", "2041", "NSW"),
    ("Newtown", "2042", "NSW"),
    ("Parramatta", "2150", "NSW"),
    ("Wollongong", "2500", "NSW"),
    ("Newcastle", "2300", "NSW"),
    ("Dubbo", "2830", "NSW"),
    ("Fitzroy", "3065", "VIC"),
    ("Brunswick", "3056", "VIC"),
    ("Geelong", "3220", "VIC"),
    ("Ballarat", "3350", "VIC"),
    ("Bendigo", "3550", "VIC"),
    ("West End", "4101", "QLD"),
    ("Toowoomba", "4350", "QLD"),
    ("Cairns", "4870", "QLD"),
    ("Noosa Heads", "4567", "QLD"),
    ("Fremantle", "6160", "WA"),
    ("Subiaco", "6008", "WA"),
    ("Bunbury", "6230", "WA"),
    ("Norwood", "5067", "SA"),
    ("Glenelg", "5045", "SA"),
    ("Sandy Bay", "7005", "TAS"),
    ("Launceston", "7250", "TAS"),
    ("Braddon", "2612", "ACT"),
    ("Nightcliff", "0810", "NT"),
)
_AREA_CODES = {
    "NSW": "02",
    "ACT": "02",
    "VIC": "03",
    "TAS": "03",
    "QLD": "07",
    "WA": "08",
    "SA": "08",
    "NT": "08",
}
_MOBILES = (
    *("0491 570 006", "0491 570 156", "0491 570 157", "0491 570 158", "0491 570 159", "0491 570 110"),
    *("0491 570 313", "0491 570 737", "0491 571 266", "0491 571 491", "0491 571 804", "0491 572 549"),
    *("0491 572 665", "0491 572 983", "0491 573 770", "0491 573 087", "0491 574 118", "0491 574 632"),
    *("0491 575 254", "0491 575 789", "0491 576 398", "0491 576 801", "0491 577 426", "0491 577 644"),
    *("0491 578 957", "0491 578 148", "0491 578 888", "0491 579 212", "0491 579 760", "0491 579 455"),
)


@dataclass(frozen=True, slots=True)
class AustralianPeople:
    """The words that a seed gives: enough to draw a hundred thousand people from."""

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    streets: tuple[str, ...]
    companies: tuple[str, ...]
    jobs: tuple[str, ...]


@lru_cache(maxsize=4)
def pool(seed: int) -> AustralianPeople:
    """Return the names and streets for a seed; the same for the same number."""
    words = InventedWords("en_AU", seed)
    return AustralianPeople(
        tuple(words.draw("first_name") for _ in range(400)),
        tuple(words.draw("last_name") for _ in range(600)),
        tuple(words.draw("street_address") for _ in range(800)),
        tuple(words.draw("company") for _ in range(200)),
        tuple(words.draw("job") for _ in range(150)),
    )


def mobile(dice: Random) -> str:
    """Return a mobile number kept for fiction."""
    return dice.choice(_MOBILES)


def landline(dice: Random, state: str) -> str:
    """Return a landline number kept for fiction, with the state's area code."""
    return f"({_AREA_CODES[state]}) {dice.choice(('5550', '7010'))} {dice.randrange(10_000):04}"


def address(dice: Random, names: AustralianPeople) -> Document:
    """Return a home in Australia: one or two street lines, and a suburb with its own postcode and state."""
    suburb, postcode, state = dice.choice(PLACES)
    unit = dice.random() < 0.15
    street = dice.choice(names.streets)
    return place(
        f"Unit {dice.randrange(1, 60)}" if unit else street, street if unit else None, suburb, postcode, state
    )


def place(street_1: str, street_2: str | None, suburb: str, postcode: str, state: str) -> Document:
    """Return an Australian address as BrokerEngine keeps it."""
    return {
        "street_1": street_1,
        "street_2": street_2,
        "suburb": suburb,
        "postcode": postcode,
        "state": state,
        "country": "Australia",
    }


def email(first: str, last: str, dice: Random) -> str:
    """Return an address at an example domain, plain ASCII."""
    plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode().lower()
    letters = "".join(c for c in plain if c.isalnum() or c == ".")
    return f"{letters}{dice.randrange(1, 999)}@{dice.choice(('example.com', 'example.net', 'mail.example'))}"
