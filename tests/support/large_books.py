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
from tests.support.listed_names import GIVEN_NAMES

_MEN: Final = (
    "James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark"
    " Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Timothy Ronald Edward Jason Jeffrey Ryan Jacob Gary"
    " Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Frank Alexander Raymond"
    " Patrick Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Douglas Zachary Peter Kyle Walter Ethan Jeremy"
    " Harold Keith Christian Roger Noah Gerald Carl Terry Sean Austin Arthur Lawrence Jesse Dylan Bryan Joe Jordan"
    " Billy Bruce Albert Willie Gabriel Logan Alan Juan Wayne Roy Ralph Randy Eugene Vincent Russell Elijah Louis"
    " Bobby Philip Johnny Luis Carlos Miguel Angel Hector Oscar Mario Sergio Diego Marco Pedro Jorge Rafael Manuel"
)
_WOMEN: Final = (
    "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Margaret Sandra Ashley"
    " Kimberly Emily Donna Michelle Carol Amanda Dorothy Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia"
    " Kathleen Amy Angela Shirley Anna Brenda Pamela Emma Nicole Helen Samantha Katherine Christine Debra Rachel"
    " Carolyn Janet Catherine Maria Heather Diane Ruth Julie Olivia Joyce Virginia Victoria Kelly Lauren Christina"
    " Joan Evelyn Judith Megan Andrea Cheryl Hannah Jacqueline Martha Gloria Teresa Ann Sara Madison Frances Kathryn"
    " Janice Jean Abigail Alice Julia Judy Sophia Grace Denise Amber Doris Marilyn Danielle Beverly Isabella Theresa"
    " Diana Natalie Brittany Charlotte Marie Kayla Alexis Lori Tina Erica Tiffany Wendy Vanessa Monica Regina Priya"
)
_SURNAMES: Final = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson"
    " Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis"
    " Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera"
    " Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes"
)
"""The most frequent names, the most frequent first. The others are listed or made."""
_BEGINNINGS: Final = (
    "Ba Be Bo Bra Bur Cal Car Cha Cor Da De Dor Du Fa Fer Fin Ga Ger Gra Gri Ha Hel Hol Hu Ja Kel Kra La Lin Lo Ma"
    " Mel Mo Na Nor Pa Per Pra Ra Ri Ro Sa Schu Sha Sto Ta Tra Va Ve Wa Wil Ya"
)
_MIDDLES: Final = (
    "bel ber bin ca chel den der dri fel fi ga gan hal ham kel kin la lan len li ling man mer mi na ner per ra ren ri"
    " ro ron sel shi ston ta tel ter ton ver vi zel"
)
_ENDS: Final = (
    "berg by dez don er ett ez field ford ham ian ic ing ley lin low man mann mer ner nik off otti ova quist rell sen"
    " ski son stein ster thal ton vell ward way well wick witz wood"
)
_RARER_SURNAMES: Final = 80_000
_STREETS: Final = (
    "Main Oak Maple Cedar Pine Elm Lake Hill Walnut Park View Spring Ridge Church Mill River Sunset Washington North"
    " Willow Jackson Cherry Dogwood Hickory Lincoln Meadow Forest Franklin Highland Adams Jefferson Locust Poplar"
    " Laurel Chestnut Valley Woodland Spruce"
)
_STATES: Final = "CA TX FL NY PA IL OH GA NC MI NJ VA WA AZ MA TN IN MO MD WI"
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
    weights = 1 / (np.arange(number) + 12.0) ** power
    return chance.choice(number, people, p=weights / weights.sum())


def _given_names(chance: np.random.Generator) -> tuple[list[str], list[str]]:
    """Return men's and women's names, frequent ones first. The rare ones are listed without a sex."""
    men, women = _MEN.split(), _WOMEN.split()
    rare = sorted({*GIVEN_NAMES} - {*men, *women})
    chance.shuffle(rare)
    return [*men, *rare[::2]], [*women, *rare[1::2]]


def _people(chance: np.random.Generator, people: int) -> dict[str, list[Any]]:
    made = [a + b + c for a in _BEGINNINGS.split() for b in _MIDDLES.split() for c in _ENDS.split()]
    chance.shuffle(made)
    surnames = [*_SURNAMES.split(), *made[:_RARER_SURNAMES]]
    cities = [f"{name}{('ville', ' City', 'ton', ' Springs')[n % 4]}" for n, name in enumerate(made[:2_000])]
    men, women = _given_names(chance)
    places = max(60, min(8_000, people // 120))
    man = chance.random(people) < 0.5
    given = np.where(man, 0, len(men)) + _skewed(chance, min(len(men), len(women)), people, 1.15)
    surname, place = _skewed(chance, len(surnames), people, 0.98), _skewed(chance, places, people, 0.6)
    street, kind = chance.integers(0, len(_STREETS.split()), people), chance.integers(0, len(_TYPES), people)
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
        "given": [(*men, *women)[n] for n in given.tolist()],
        "surname": [surnames[n] for n in surname.tolist()],
        "place": place.tolist(),
        "city": [cities[n % len(cities)] for n in place.tolist()],
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
    fields, streets, states = person.keys(), _STREETS.split(), _STATES.split()
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
            street = f"{one['house']} {streets[one['street']]} {_TYPES[one['kind']][changed]}"
            unit = f"#{one['unit']}" if one["unit"] else ""
            home = f"{street},{unit},{one['city']},{states[one['place'] % len(states)]}"
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
        one["house"], one["street"], one["unit"] = other[2] % 9_999 + 1, other[3] % len(_STREETS.split()), 0


def _slip(name: str, other: int) -> str:
    at = 1 + other % (len(name) - 1)
    return name[:at] + _LETTERS[other % 26] + name[at + other % 2 :]
