"""Two large generated books of people of the United States as CSV files, for benchmarks of matching.

Three people in five of each book are also in the other, most of them under the same email. A quarter of the people live
with a partner: one home, often one surname, one phone or one inbox. The second book has nicknames, typing errors, other
phones, moves and missing values. The number in an id is the person's, so that `S17` and `T17` are one person.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from core.compare.names import nicknames

_MEN: Final = [
    "James",
    "John",
    "Robert",
    "Michael",
    "William",
    "David",
    "Richard",
    "Joseph",
    "Thomas",
    "Charles",
    "Christopher",
    "Daniel",
    "Matthew",
    "Anthony",
    "Mark",
    "Paul",
    "Steven",
    "Andrew",
    "Kenneth",
    "George",
    "Joshua",
    "Kevin",
    "Brian",
    "Edward",
    "Ronald",
    "Timothy",
    "Jason",
    "Jeffrey",
    "Ryan",
    "Jacob",
    "Gary",
    "Nicholas",
    "Eric",
]
_WOMEN: Final = [
    "Mary",
    "Patricia",
    "Jennifer",
    "Linda",
    "Elizabeth",
    "Barbara",
    "Susan",
    "Jessica",
    "Sarah",
    "Karen",
    "Nancy",
    "Lisa",
    "Margaret",
    "Betty",
    "Sandra",
    "Ashley",
    "Dorothy",
    "Kimberly",
    "Emily",
    "Donna",
    "Michelle",
    "Carol",
    "Amanda",
    "Melissa",
    "Deborah",
    "Stephanie",
    "Rebecca",
    "Laura",
    "Sharon",
    "Cynthia",
    "Kathleen",
]
_BEGINNINGS: Final = [
    "Ba",
    "Be",
    "Bo",
    "Bra",
    "Cal",
    "Car",
    "Cor",
    "Da",
    "De",
    "Dor",
    "Fer",
    "Ga",
    "Gra",
    "Ha",
    "Hel",
    "Hol",
    "Ja",
    "Kel",
    "La",
    "Lin",
    "Ma",
    "Mel",
    "Na",
    "Nor",
    "Pa",
    "Ra",
    "Ro",
    "Sa",
]
_MIDDLES: Final = [
    "bel",
    "ber",
    "can",
    "den",
    "der",
    "fi",
    "gan",
    "hal",
    "kel",
    "la",
    "len",
    "lin",
    "man",
    "mer",
    "na",
    "ner",
    "ren",
    "ro",
    "sel",
    "shi",
    "ston",
    "tel",
    "ton",
    "ver",
    "vi",
]
_ENDS: Final = [
    "berg",
    "by",
    "dez",
    "don",
    "er",
    "ez",
    "field",
    "ford",
    "ham",
    "ing",
    "ley",
    "man",
    "ner",
    "off",
    "ova",
    "quist",
    "rell",
    "ski",
    "son",
    "ster",
    "thal",
    "ton",
    "well",
    "wick",
]
_STREETS: Final = [
    "Main",
    "Oak",
    "Maple",
    "Cedar",
    "Pine",
    "Elm",
    "Lake",
    "Hill",
    "Walnut",
    "Park",
    "View",
    "Spring",
    "Ridge",
    "Church",
    "Mill",
    "River",
    "Sunset",
]
_TYPES: Final = (("Street", "St"), ("Avenue", "Ave"), ("Road", "Rd"), ("Drive", "Dr"), ("Lane", "Ln"))
_HOSTS: Final = ("gmail.example", "yahoo.example", "mail.example", "post.example")
_COLUMNS: Final = (
    "id,first_name,middle_name,last_name,email,mobile_phone,birth_date,street,street_2,city,state,postcode"
)
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def write_books(folder: Path, number: int, seed: int = 1) -> tuple[Path, Path]:
    """Write two files of `number` rows each, the same for the same seed. Return their paths."""
    chance = np.random.default_rng(seed)
    people = int(number * 1.4)
    person = _people(chance, people)
    folder.mkdir(parents=True, exist_ok=True)
    ours, theirs = folder / "simplenexus.csv", folder / "total_expert.csv"
    _write(ours, "S", range(number), person, chance, changed=False)
    _write(theirs, "T", range(people - number, people), person, chance, changed=True)
    return ours, theirs


def _skewed(chance: np.random.Generator, number: int, people: int, power: float) -> Any:
    """Return a number below `number` for each person; small numbers are frequent, as common names are."""
    weights = 1 / (np.arange(number) + 8.0) ** power
    return chance.choice(number, people, p=weights / weights.sum())


def _people(chance: np.random.Generator, people: int) -> dict[str, list[Any]]:
    surnames = [a + b + c for a in _BEGINNINGS for b in _MIDDLES for c in _ENDS]
    places = max(60, min(8_000, people // 120))
    man = chance.random(people) < 0.5
    given = np.where(man, 0, len(_MEN)) + _skewed(chance, min(len(_MEN), len(_WOMEN)), people, 1.1)
    surname, place = _skewed(chance, len(surnames), people, 0.98), _skewed(chance, places, people, 0.6)
    street, kind = chance.integers(0, len(_STREETS), people), chance.integers(0, len(_TYPES), people)
    house, unit = chance.integers(1, 9_999, people), chance.integers(1, 400, people)
    unit[chance.random(people) < 0.8] = 0
    phone = chance.integers(201, 989, people) * 10**7 + chance.integers(2_000_000, 9_999_999, people)
    inbox = np.arange(people)
    partners = np.arange(1, people, 2)
    partners = partners[chance.random(len(partners)) < 0.25]
    for shared in (place, street, kind, house, unit):
        shared[partners] = shared[partners - 1]
    for values, share in ((surname, 0.6), (phone, 0.5), (inbox, 0.1)):
        some = partners[chance.random(len(partners)) < share]
        values[some] = values[some - 1]
    year = np.clip(chance.normal(1980, 13, people).astype(int), 1930, 2005)
    return {
        "given": [(*_MEN, *_WOMEN)[n] for n in given.tolist()],
        "surname": [surnames[n] for n in surname.tolist()],
        "place": place.tolist(),
        "street": street.tolist(),
        "kind": kind.tolist(),
        "house": house.tolist(),
        "unit": unit.tolist(),
        "phone": phone.tolist(),
        "inbox": inbox.tolist(),
        "year": year.tolist(),
        "month": chance.integers(1, 13, people).tolist(),
        "day": chance.integers(1, 29, people).tolist(),
        "middle": chance.integers(0, 40, people).tolist(),
    }


def _write(
    path: Path,
    side: str,
    numbers: range,
    person: dict[str, list[Any]],
    chance: np.random.Generator,
    *,
    changed: bool,
) -> None:
    fields = person.keys()
    dice = chance.random((len(numbers), 12)).tolist()
    others = chance.integers(0, 2**31, (len(numbers), 4)).tolist()
    with path.open("w") as file:
        file.write(_COLUMNS + "\n")
        for n, roll, other in zip(numbers, dice, others, strict=True):
            one = {field: person[field][n] for field in fields}
            mailbox = f"{one['given'][0]}{one['surname']}{one['inbox']}".lower()
            if changed:
                _change(one, roll, other)
                if roll[5] < 0.07:
                    mailbox = f"{one['given']}.{other[0] % 10**6}".lower()
            email = "" if roll[6] < 0.05 else f"{mailbox}@{_HOSTS[one['inbox'] % 4]}"
            digits = str(one["phone"])
            phone = "" if roll[7] < 0.12 else f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
            born = "" if roll[8] < 0.25 else f"{one['year']}-{one['month']:02}-{one['day']:02}"
            street = f"{one['house']} {_STREETS[one['street']]} {_TYPES[one['kind']][changed]}"
            unit = f"#{one['unit']}" if one["unit"] else ""
            home = f"{street},{unit},Town {one['place'] % 977},{['CA', 'TX', 'FL', 'NY'][one['place'] % 4]}"
            code = f"{10_000 + one['place'] * 7_919 % 89_999}"
            address = ",,,," if roll[9] < 0.1 else f"{home},{code}"
            middle = "ABCDEFGHJKLM"[one["middle"]] if one["middle"] < 12 else ""
            file.write(
                f"{side}{n},{one['given']},{middle},{one['surname']},{email},{phone},{born},{address}\n"
            )


def _change(one: dict[str, Any], roll: list[float], other: list[int]) -> None:
    """Change a person's record as years and typing do."""
    if roll[0] < 0.08:
        short = sorted(nicknames(one["given"].lower()))
        one["given"] = short[other[0] % len(short)].capitalize() if short else one["given"]
    elif roll[0] < 0.1:
        one["given"] = _slip(one["given"], other[0])
    elif roll[0] < 0.11:
        one["given"] = one["given"][0]
    if roll[1] < 0.02:
        one["surname"] = _slip(one["surname"], other[1])
    if roll[2] < 0.02:
        one["year"] += 1 + other[2] % 2
    if roll[3] < 0.15:
        one["phone"] = 2_010_000_000 + other[3] * 3
    if roll[4] < 0.12:
        one["house"], one["street"], one["unit"] = other[2] % 9_999 + 1, other[3] % len(_STREETS), 0


def _slip(name: str, other: int) -> str:
    at = 1 + other % (len(name) - 1)
    return name[:at] + _LETTERS[other % 26] + name[at + other % 2 :]
