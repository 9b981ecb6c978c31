"""Families for the tests and benchmarks of the match: spouses, parents, children, juniors, siblings and twins.

The names, ages and errors follow general knowledge, no labelled data. One seed makes the same families everywhere.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from core.compare.dates import plain_date
from core.compare.name_parts import generation
from core.compare.names import given_name
from core.contacts.model import Contact, Verdict, VerdictRow

_MEN: Final = (
    "James Robert John Michael David William Richard Joseph Thomas Charles Christopher Daniel Matthew "
    "Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Timothy Ronald Edward Jason "
    "Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel "
    "Gregory Alexander Patrick Frank Raymond Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Zachary "
    "Douglas Peter Kyle Noah Ethan Jeremy Walter Luis Carlos Miguel Juan Diego Rafael Hiroshi Kwame Sipho "
    "Arjun Rahul Omar Mohammed Yusuf Minh Duc Wei Jin Lachlan Callum Desmond"
)
_WOMEN: Final = (
    "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Sandra "
    "Margaret Ashley Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Dorothy Rebecca "
    "Sharon Laura Cynthia Amy Kathleen Angela Shirley Brenda Emma Anna Pamela Nicole Samantha Katherine "
    "Christine Helen Debra Rachel Carolyn Janet Maria Catherine Heather Diane Olivia Julie Joyce Victoria "
    "Ruth Virginia Lauren Kelly Christina Joan Evelyn Judith Andrea Hannah Megan Cheryl Jacqueline Martha "
    "Madison Teresa Gloria Sara Janice Ann Kathryn Abigail Sophia Frances Jean Alice Judy Isabella Julia "
    "Grace Amber Denise Danielle Marilyn Thandiwe Priya Fatima Aisha Linh Mei Yuki Sinead"
)
_SURNAMES: Final = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez "
    "Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark "
    "Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams "
    "Nelson Baker Hall Rivera Campbell Mitchell Carter Tran Kowalski Lindqvist Moreau Nakamura Okafor "
    "Petrov Quigley Rossi Silva Thorne Ueda Varga Whitlam Xu Yilmaz Zielinski"
)
_NICKNAMES: Final = {
    "James": "Jim", "Robert": "Bob", "John": "Jack", "Michael": "Mike", "David": "Dave", "William": "Bill",
    "Richard": "Rick", "Joseph": "Joe", "Thomas": "Tom", "Charles": "Charlie", "Christopher": "Chris", "Daniel": "Dan",
    "Matthew": "Matt", "Anthony": "Tony", "Steven": "Steve", "Andrew": "Andy", "Kenneth": "Ken", "Timothy": "Tim",
    "Patricia": "Pat", "Jennifer": "Jenny", "Elizabeth": "Liz", "Barbara": "Barb", "Susan": "Sue", "Jessica": "Jess",
    "Margaret": "Peggy", "Kimberly": "Kim", "Deborah": "Debbie", "Rebecca": "Becky", "Katherine": "Kate",
    "Samantha": "Sam", "Christine": "Chris", "Victoria": "Vicky", "Alexander": "Alex", "Benjamin": "Ben",
}  # fmt: skip
_STREETS: Final = (
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
    "Mill",
    "River",
)
_CITIES: Final = (
    "Oakland",
    "Reno",
    "Austin",
    "Tucson",
    "Dayton",
    "Albany",
    "Fresno",
    "Boise",
    "Tampa",
    "Denver",
)


class Kind(StrEnum):
    """Who the two people are."""

    SPOUSES = "spouses"
    PARENT = "parent and child"
    NAMESAKES = "parent and child of one name"
    SIBLINGS = "siblings"
    TWINS = "twins"


class Human(Struct, frozen=True):
    """A person of a family, as the person is. `true` holds every field; a record of the person may lack some."""

    number: int
    true: Contact


class FamilyBooks(NamedTuple):
    """Two books and the truth: `people` is the number of the person of each record, by its id.

    `true` is each person by number, as the person is. `families` are the two people of each family, with what they are
    to each other.
    """

    simplenexus: list[Contact]
    total_expert: list[Contact]
    people: dict[str, int]
    true: dict[int, Contact]
    families: list[tuple[Kind, Human, Human]]


class Habits(Struct, frozen=True):
    """How often records of a family come out how, each from 0 to 1.

    `inbox` is the share of families with one inbox for both people, and `phone` and `home` do the same. `both_sides` is
    the share of people who are in both books. `several` is the share of people with a second record on a side.
    `lone` leaves one record a side of each family.
    """

    inbox: float = 0.3
    phone: float = 0.5
    home: float = 0.8
    both_sides: float = 1.0
    several: float = 0.0
    lone: bool = False


KINDS: Final = (
    (Kind.SPOUSES, 0.4), (Kind.PARENT, 0.25), (Kind.NAMESAKES, 0.08), (Kind.SIBLINGS, 0.19), (Kind.TWINS, 0.08),
)  # fmt: skip
"""The kinds of families with their shares."""


def families(count: int, seed: int, habits: Habits) -> FamilyBooks:
    """Return the books of `count` families of two people."""
    chance = random.Random(seed)
    books = FamilyBooks([], [], {}, {}, [])
    for number in range(count):
        kind = chance.choices([kind for kind, _ in KINDS], [share for _, share in KINDS])[0]
        first, second = _family(chance, kind, number, habits)
        books.families.append((kind, first, second))
        books.true.update({human.number: human.true for human in (first, second)})
        for side, book in (("S", books.simplenexus), ("T", books.total_expert)):
            members = [chance.choice((first, second))] if habits.lone else [first, second]
            for human in members:
                if not habits.lone and chance.random() >= (1 + habits.both_sides) / 2:
                    continue
                for copy in range(2 if chance.random() < habits.several else 1):
                    record = _record(chance, human, f"{side}{human.number}.{copy}")
                    book.append(record)
                    books.people[record.id] = human.number
    return books


def _family(chance: random.Random, kind: Kind, number: int, habits: Habits) -> tuple[Human, Human]:
    """Return two people: the second is to the first what `kind` says. They share what `habits` say."""
    women = 0.15 if kind is Kind.NAMESAKES else 0.5  # a daughter seldom has the name of her mother
    first = _somebody(chance, 2 * number, woman=chance.random() < women).true
    second = _another(chance, kind, first, 2 * number + 1)
    if kind is Kind.NAMESAKES and first.country == "M":
        first = msgspec.structs.replace(first, suffix="Sr" if chance.random() < 0.4 else "")
        generation = chance.choice(("Jr", "Jr.", "II", "III"))
        second = msgspec.structs.replace(second, suffix=generation, middle_name=first.middle_name)
    shared: dict[str, str] = {}
    if chance.random() < habits.inbox:
        shared["email"] = first.email
    if chance.random() < habits.phone:
        shared["mobile_phone"] = first.mobile_phone
    if chance.random() < habits.home:
        shared |= {"street": first.street, "city": first.city, "postcode": first.postcode}
    return Human(2 * number, first), Human(2 * number + 1, msgspec.structs.replace(second, **shared))


def _another(chance: random.Random, kind: Kind, first: Contact, number: int) -> Contact:
    """Return the second person of a family: of another first name, except a namesake."""
    woman = first.country == "F"
    year = int(first.birth_date[:4])
    surname = first.last_name
    match kind:
        case Kind.SPOUSES:
            is_woman, one_surname, born = (
                woman ^ (chance.random() < 0.97),
                0.65,
                year + round(chance.gauss(0, 3.5)),
            )
        case Kind.PARENT:
            is_woman, one_surname, born = (
                chance.random() < 0.5,
                0.85,
                year + _age_at_birth(chance, woman=woman),
            )
        case Kind.NAMESAKES:
            is_woman, one_surname, born = woman, 1.0, year + _age_at_birth(chance, woman=woman)
        case Kind.SIBLINGS:
            is_woman, one_surname, born = chance.random() < 0.5, 0.85, year + chance.randint(1, 9)
        case Kind.TWINS:
            is_woman, one_surname, born = woman ^ (chance.random() < 0.35), 0.9, year
    second = _somebody(chance, number, woman=is_woman).true
    while second.first_name == first.first_name:
        second = _somebody(chance, number, woman=is_woman).true
    changes = {"birth_date": first.birth_date if kind is Kind.TWINS else _day(chance, born)}
    if chance.random() < one_surname:
        changes["last_name"] = surname
    if kind is Kind.NAMESAKES:
        changes["first_name"] = first.first_name
    return msgspec.structs.replace(second, **changes)


def _age_at_birth(chance: random.Random, *, woman: bool) -> int:
    """Return the age of a parent at the birth of a child, in years."""
    mean = 27 if woman else 30
    return max(16, min(50, round(chance.gauss(mean, 6))))


def _somebody(chance: random.Random, number: int, *, woman: bool) -> Human:
    """Return somebody; `country` holds F or M and is in no record."""
    first = _pick(chance, _WOMEN if woman else _MEN)
    true = Contact(
        str(number),
        first_name=first,
        middle_name=chance.choice(("", *"ABCDEFGHJKLMNPRSTW")),
        last_name=_pick(chance, _SURNAMES),
        birth_date=_day(chance, chance.randint(1945, 1985)),
        mobile_phone=_phone(chance),
        country="F" if woman else "M",
    )
    return Human(number, msgspec.structs.replace(true, email=_email(chance, true), **_home(chance)))


def _pick(chance: random.Random, names: str) -> str:
    words = names.split()
    return chance.choices(words, [1 / (place + 12) for place in range(len(words))])[0]


def _day(chance: random.Random, year: int) -> str:
    return f"{year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _phone(chance: random.Random) -> str:
    return f"({chance.randint(201, 989)}) {chance.randint(200, 999)}-{chance.randint(0, 9999):04}"


def _email(chance: random.Random, contact: Contact) -> str:
    local = f"{contact.first_name}.{contact.last_name}{chance.randint(1, 9_999)}".lower()
    return f"{local}@{chance.choice(('post', 'mail', 'home'))}.example"


def _home(chance: random.Random) -> dict[str, str]:
    return {
        "street": f"{chance.randint(1, 9_999)} {chance.choice(_STREETS)} St",
        "city": chance.choice(_CITIES),
        "postcode": f"{chance.randint(10_000, 99_999)}",
    }


def _record(chance: random.Random, human: Human, record_id: str) -> Contact:
    """Return a record of somebody as a system holds it: with slips, other forms and gaps."""
    true = human.true
    changes = {
        "id": record_id,
        "country": "",
        **_written_names(chance, true),
        **_written_suffix(chance, true),
    }
    if chance.random() < 0.5:
        changes["middle_name"] = ""
    changes["birth_date"] = _written_date(chance, true.birth_date)
    if chance.random() < 0.12:
        changes["mobile_phone"] = ""
    elif chance.random() < 0.12:
        changes["mobile_phone"] = _phone(chance)
    if chance.random() < 0.1:
        changes |= {"street": "", "city": "", "postcode": ""}
    elif chance.random() < 0.1:
        changes |= _home(chance)
    return msgspec.structs.replace(true, **changes)


def _written_names(chance: random.Random, true: Contact) -> dict[str, str]:
    """Return first and last name as a record holds them: a nickname, a slip, an initial, a title, crossed."""
    first, last = true.first_name, true.last_name
    roll = chance.random()
    if roll < 0.07:
        first = _NICKNAMES.get(first, first)
    elif roll < 0.09:
        first = _slip(chance, first)
    elif roll < 0.1:
        first = first[0]
    elif roll < 0.11:
        first = f"{'Ms' if true.country == 'F' else 'Mr'}. {first}"
    if chance.random() < 0.015:
        last = _slip(chance, last)
    return (
        {"first_name": last, "last_name": first}
        if chance.random() < 0.01
        else {"first_name": first, "last_name": last}
    )


def _written_suffix(chance: random.Random, true: Contact) -> dict[str, str]:
    """Return the suffix as a record of somebody with one holds it: missing, or after the last name."""
    place = chance.random()
    if not true.suffix or place >= 0.4:
        return {}
    return {"suffix": ""} if place < 0.25 else {"suffix": "", "middle_name": true.suffix}


def _written_date(chance: random.Random, date: str) -> str:
    """Return a birth date as a record holds it: missing, with a slip, or another."""
    roll = chance.random()
    if roll < 0.15:
        return "" if roll < 0.14 else "1900-01-01"
    if roll < 0.16:
        return f"{date[:4]}-{date[8:]}-{date[5:7]}" if date[8:] <= "12" else date
    if roll < 0.17:
        return f"{date[:-1]}{(int(date[-1]) + chance.randint(1, 8)) % 9 + 1}"
    if roll < 0.175:
        return _day(chance, chance.randint(1940, 2000))
    return date


def _slip(chance: random.Random, name: str) -> str:
    """Return a name with one typing error after its first letter."""
    if len(name) < 4:
        return name
    place = chance.randrange(1, len(name) - 1)
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice(
        (
            name[:place] + name[place + 1 :],
            name[:place] + letter + name[place:],
            name[:place] + letter + name[place + 1 :],
            name[:place] + name[place + 1] + name[place] + name[place + 2 :],
        )
    )


def differ_in_what_is_recorded(books: FamilyBooks, left: Contact, right: Contact) -> bool:
    """Return True if two people differ in a first name, suffix or birth date that their two records hold.

    Namesakes without suffix and birth date do not, also if one of the records has a slip in the name. A suffix on one
    side only is a difference.
    """
    true_left, true_right = books.true[books.people[left.id]], books.true[books.people[right.id]]
    names = all(map(given_name, (left.first_name, right.first_name)))
    dates = all(map(plain_date, (left.birth_date, right.birth_date)))
    generations = {generation(one.suffix, one.last_name, "", one.middle_name) for one in (left, right)}
    return (
        (names and true_left.first_name != true_right.first_name)
        or (dates and true_left.birth_date != true_right.birth_date)
        or len(generations) == 2
    )


def pairs_of_different_people(books: FamilyBooks) -> Iterator[tuple[Kind, Contact, Contact]]:
    """Yield each pair of records, one from each book, of the two people of a family."""
    ours: dict[int, list[Contact]] = {}
    theirs: dict[int, list[Contact]] = {}
    for records, by_person in ((books.simplenexus, ours), (books.total_expert, theirs)):
        for record in records:
            by_person.setdefault(books.people[record.id], []).append(record)
    for kind, first, second in books.families:
        for left, right in ((first.number, second.number), (second.number, first.number)):
            for record in ours.get(left, ()):
                yield from ((kind, record, other) for other in theirs.get(right, ()))


class SharedInboxes(NamedTuple):
    """What a match did with books in which every family shares one inbox.

    `linked_apart` are linked pairs of two people who differ in what is recorded. `twins_in_name` counts linked pairs of
    two people of whom nothing else is known. `true_pairs` counts the pairs of one person, `found` those that are linked
    or asked about.
    """

    linked_apart: list[tuple[Contact, Contact]]
    twins_in_name: int
    found: int
    true_pairs: int


def judge_shared_inboxes(books: FamilyBooks, rows: Sequence[VerdictRow]) -> SharedInboxes:
    """Compare the rows of a match with the truth."""
    by_id = {contact.id: contact for contact in (*books.simplenexus, *books.total_expert)}
    apart: list[tuple[Contact, Contact]] = []
    twins, asked = 0, set[tuple[str, str]]()
    for row in rows:
        pairs = [(our_id, their_id) for our_id in row.simplenexus_ids for their_id in row.total_expert_ids]
        asked.update(pairs)
        if row.verdict is not Verdict.LINK:
            continue
        for our_id, their_id in pairs:
            if books.people[our_id] == books.people[their_id]:
                continue
            if differ_in_what_is_recorded(books, by_id[our_id], by_id[their_id]):
                apart.append((by_id[our_id], by_id[their_id]))
            else:
                twins += 1
    true_pairs = pairs_of_one_person(books)
    return SharedInboxes(apart, twins, len(asked.intersection(true_pairs)), len(true_pairs))


def pairs_of_one_person(books: FamilyBooks) -> Sequence[tuple[str, str]]:
    """Return the ids of each pair of records, one from each book, of one person."""
    theirs: dict[int, list[str]] = {}
    for record in books.total_expert:
        theirs.setdefault(books.people[record.id], []).append(record.id)
    return [
        (record.id, other)
        for record in books.simplenexus
        for other in theirs.get(books.people[record.id], ())
    ]
