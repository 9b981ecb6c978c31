"""Books in which a person has several records on each side, with families that share homes, phones and inboxes.

The books are made from a seed alone. `person_of` is the truth: which person a record is of.
"""

from __future__ import annotations

from random import Random

from msgspec import Struct

from core.contacts.model import Contact

_MEN = [
    "James",
    "Robert",
    "Michael",
    "David",
    "William",
    "Thomas",
    "Daniel",
    "Paul",
    "Mark",
    "George",
    "Steven",
    "Kevin",
    "Brian",
    "Edward",
    "Jason",
]
_WOMEN = [
    "Mary",
    "Linda",
    "Susan",
    "Karen",
    "Nancy",
    "Lisa",
    "Betty",
    "Sandra",
    "Ashley",
    "Donna",
    "Carol",
    "Ruth",
    "Sharon",
    "Laura",
    "Emily",
]
_STARTS = [
    "Bar",
    "Cal",
    "Don",
    "El",
    "Fer",
    "Gran",
    "Hol",
    "Jan",
    "Kel",
    "Lan",
    "Mor",
    "Nor",
    "Os",
    "Pel",
    "Quin",
    "Ros",
    "Sal",
    "Tor",
    "Van",
    "Wes",
]
_ENDS = [
    "berg",
    "dale",
    "den",
    "ers",
    "field",
    "ford",
    "ham",
    "ini",
    "ley",
    "man",
    "mont",
    "ner",
    "quist",
    "sen",
    "son",
    "stein",
    "ton",
    "vell",
    "ward",
    "wick",
]
_STREETS = [
    "Oak",
    "Maple",
    "Cedar",
    "Pine",
    "Elm",
    "Lake",
    "Hill",
    "Walnut",
    "Park",
    "Spring",
    "Ridge",
    "Church",
    "Willow",
    "Mill",
    "River",
    "Sunset",
]


class Person(Struct, frozen=True):
    """What is true of a person."""

    first_name: str
    last_name: str
    suffix: str
    birth_date: str
    phone: str
    email: str
    street: str
    postcode: str


class Books(Struct, frozen=True):
    """Two books, and the number of the person that each record is of."""

    simplenexus: list[Contact]
    total_expert: list[Contact]
    person_of: dict[str, int]

    @property
    def true_pairs(self) -> set[tuple[str, str]]:
        """The pairs of one record of each book that are of one person."""
        theirs: dict[int, list[str]] = {}
        for contact in self.total_expert:
            theirs.setdefault(self.person_of[contact.id], []).append(contact.id)
        return {
            (contact.id, their_id)
            for contact in self.simplenexus
            for their_id in theirs.get(self.person_of[contact.id], ())
        }


def many_records(count: int, seed: int, *, families: float = 0.5) -> Books:
    """Return books of about `count` people; the share `families` of them live in a family of two to four."""
    chance = Random(seed)
    people: list[Person] = []
    while len(people) < count:
        if chance.random() < families / 3:
            people += _family(chance)
        else:
            people.append(_person(chance))
    ours: list[Contact] = []
    theirs: list[Contact] = []
    person_of: dict[str, int] = {}
    for n, person in enumerate(people):
        for book, side in ((ours, "S"), (theirs, "T")):
            for copy in range(chance.choice((0, 1, 1, 1, 2, 2, 3))):
                record = _record(chance, person, f"{side}{n}-{copy}")
                book.append(record)
                person_of[record.id] = n
    chance.shuffle(ours)
    chance.shuffle(theirs)
    return Books(ours, theirs, person_of)


def chained(length: int, count: int, seed: int) -> Books:
    """Return books with `count` chains of `length` people: each record resembles the next, and is somebody else's.

    A person has one record on each side. Neighbours share a surname and, in turn, a phone or a home.
    """
    chance = Random(seed)
    ours, theirs, person_of = list[Contact](), list[Contact](), dict[str, int]()
    number = 0
    for _ in range(count):
        surname = _surname(chance)
        before = _person(chance)
        for n in range(length):
            person = _person(chance)
            shared = (
                {"phone": before.phone} if n % 2 else {"street": before.street, "postcode": before.postcode}
            )
            fields = {name: getattr(person, name) for name in Person.__struct_fields__}
            before = Person(**{**fields, "last_name": surname, **shared})
            for book, side in ((ours, "S"), (theirs, "T")):
                record = _record(chance, before, f"{side}{number}")
                book.append(record)
                person_of[record.id] = number
            number += 1
    return Books(ours, theirs, person_of)


def _surname(chance: Random) -> str:
    return chance.choice(_STARTS) + chance.choice(("", "a", "e", "i", "o")) + chance.choice(_ENDS)


def _date(chance: Random, first: int, last: int) -> str:
    return f"{chance.randint(first, last)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _person(chance: Random) -> Person:
    first, last = chance.choice(_MEN + _WOMEN), _surname(chance)
    return Person(
        first,
        last,
        "",
        _date(chance, 1945, 2002),
        f"({chance.randint(201, 989)}) {chance.randint(200, 999)}-{chance.randint(1000, 9999)}",
        f"{first}.{last}{chance.randrange(1000)}@post.example".lower(),
        f"{chance.randint(1, 4000)} {chance.choice(_STREETS)} St",
        f"{chance.randint(10_000, 10_400)}",
    )


def _family(chance: Random) -> list[Person]:
    """Return a couple, twins, or father and son of one name; half of the families share an inbox."""
    one = _person(chance)
    fields = {name: getattr(one, name) for name in Person.__struct_fields__}
    if chance.random() < 0.5:
        fields["phone"] = _person(chance).phone
    if chance.random() < 0.5:
        fields["email"] = _person(chance).email
    kind = chance.choice(("couple", "twins", "junior"))
    others = _WOMEN if one.first_name in _MEN else _MEN
    if kind == "couple":
        fields |= {"first_name": chance.choice(others), "birth_date": _date(chance, 1945, 2002)}
        return [one, Person(**fields)]
    if kind == "twins":
        fields["first_name"] = chance.choice([name for name in _MEN + _WOMEN if name != one.first_name])
        return [one, Person(**fields)]
    father = Person(**{**{name: getattr(one, name) for name in Person.__struct_fields__}, "suffix": "Sr"})
    fields |= {"suffix": "Jr", "birth_date": _date(chance, 1975, 2004)}
    return [father, Person(**fields)]


def _record(chance: Random, person: Person, record_id: str) -> Contact:
    """Return one record of a person, as old or new as chance wants, with the errors of everyday data."""

    def kept(value: str, share: float) -> str:
        return value if chance.random() < share else ""

    stranger = _person(chance)
    moved = chance.random() < 0.15
    return Contact(
        record_id,
        first_name=_typo(chance, person.first_name),
        last_name=_typo(chance, person.last_name),
        suffix=person.suffix,
        birth_date=kept(person.birth_date, 0.8),
        mobile_phone=kept(stranger.phone if chance.random() < 0.15 else person.phone, 0.85),
        email=kept(stranger.email if chance.random() < 0.4 else person.email, 0.9),
        street=stranger.street if moved else person.street,
        postcode=stranger.postcode if moved else person.postcode,
    )


def _typo(chance: Random, name: str) -> str:
    if chance.random() > 0.04 or len(name) < 5:
        return name
    n = chance.randrange(1, len(name) - 1)
    return name[:n] + name[n + 1] + name[n] + name[n + 2 :]
