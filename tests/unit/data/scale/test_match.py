"""Two large files matched in columns give the rows that `match` gives pair by pair."""

import random
import subprocess
import sys
from collections import Counter
from itertools import product

import pytest
from msgspec.structs import replace as replaced

from core.contacts.linkage import blocking, suggestions
from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, SameEmail
from core.contacts.model import Contact, ContactKind, Verdict
from core.progress import SILENT, CutShort, Meter
from data.contacts.known_columns import COLUMNS
from data.scale import choice
from data.scale.files import ColumnContacts, read_columns
from data.scale.match import match_columns
from data.tables.columns import NO_ANSWERS
from tests.support.matrix import so_many
from tests.support.odd_books import OddBooks

SEEDS = range(so_many(6, 2))


def as_columns(
    contacts: list[Contact], kind: ContactKind, one_way: frozenset[str] = frozenset()
) -> ColumnContacts:
    lines = [",".join(COLUMNS)]
    for contact in contacts:
        cells = [str(getattr(contact, name)).replace(",", " ") for name in COLUMNS[:-1]]
        lines.append(",".join([*cells, "Y" if contact.id in one_way else ""]))
    reading = read_columns("\n".join([*lines, ""]).encode(), kind, NO_ANSWERS, SILENT, 1_800_000_000.0)
    assert reading is not None
    assert isinstance(reading.contacts, ColumnContacts)
    return reading.contacts


def books(seed: int, number: int = 400) -> tuple[ColumnContacts, ColumnContacts]:
    """Return two odd books, in which many have one inbox and some nothing but fillers."""
    ours, theirs, _ = OddBooks(seed).books(number)
    chance = random.Random(seed)
    sides = []
    for side, kind in ((ours, ContactKind.BORROWER), (theirs, ContactKind.CONTACT)):
        shared = [
            Contact(
                **{name: getattr(contact, name) for name in COLUMNS[:-1] if name != "email"},
                email=f"p{chance.randrange(number)}@x.example",
            )
            if chance.random() < 0.5
            else contact
            for contact in side
        ]
        shared += [
            Contact(f"{kind}{n}", name, last_name=last, email=email, mobile_phone=phone)
            for n, (name, last, email, phone) in enumerate(
                [
                    ("", "", "", ""),
                    ("Unknown", "", "none", ""),
                    ("Ann", "", "", ""),
                    ("", "", "", "n/a"),
                    ("Test", "Test", "", ""),
                ]
            )
        ]
        one_way = (
            frozenset(contact.id for contact in chance.sample(shared, 20)) if side is ours else frozenset()
        )
        sides.append(as_columns(shared, kind, one_way))
    return sides[0], sides[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_many_contacts_at_once_are_those_that_are_made_one_by_one(seed: int) -> None:
    contacts = books(seed, 60)[0]
    chance = random.Random(seed)
    places = [chance.randrange(len(contacts)) for _ in range(40)]
    one_by_one = [contacts[place] for place in places]
    assert contacts.many(places) == one_by_one
    assert contacts.many([]) == []
    contacts.keep(places[:20])
    assert [contacts[place] for place in places] == one_by_one
    contacts.keep(places[30:])
    assert list(contacts) == [contacts[place] for place in range(len(contacts))]


def assert_same(found: Matched, expected: Matched) -> None:
    for n, (ours, theirs) in enumerate(zip(found.rows, expected.rows, strict=True)):
        assert ours == theirs, n
    assert [found.rows[n] for n in range(len(found.rows))] == list(expected.rows)
    assert found.counts == expected.counts
    for verdict in Verdict:
        assert list(found.having(verdict)) == list(expected.having(verdict)), verdict
    assert found.doubles == expected.doubles
    assert dict(found.simplenexus) == dict(expected.simplenexus)
    assert dict(found.total_expert) == dict(expected.total_expert)
    assert list(found.forecasts()) == list(expected.forecasts())
    surprises = list(expected.surprises())
    assert surprises
    assert list(found.surprises()) == surprises


@pytest.mark.parametrize("same_email", list(SameEmail))
@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_the_counts_and_the_forecasts_are_the_same(
    seed: int, same_email: SameEmail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocking, "SMALL", 0)
    ours, theirs = books(seed)
    expected = match(list(ours), list(theirs), MatchOptions(same_email))
    assert {Verdict.LINK, Verdict.HOLD, Verdict.IMPORT, Verdict.PUSH, Verdict.CANNOT} <= {
        *Counter(expected.counts)
    }
    assert_same(match_columns(ours, theirs, same_email), expected)


def test_the_verdicts_of_the_rule_are_heard_before_the_evidence_is_weighed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocking, "SMALL", 0)
    ours, theirs = books(1)
    heard: list[int] = []
    matched = match_columns(ours, theirs, SameEmail.HOLD, lambda counts: heard.append(sum(counts.values())))
    assert heard
    assert heard[0] > len(matched.rows)


def test_a_match_can_be_stopped() -> None:
    ours, theirs = books(1)
    meter = Meter("pairs")
    meter.stop.set()
    with pytest.raises(CutShort):
        match_columns(ours, theirs, SameEmail.HOLD, meter=meter)


def test_books_of_one_side_alone_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "SMALL", 0)
    ours, theirs = books(2, 60)
    nobody = ColumnContacts(theirs.frame.clear(), ContactKind.CONTACT, {})
    assert_same(match_columns(ours, nobody, SameEmail.HOLD), match(list(ours), [], MatchOptions()))
    nobody = ColumnContacts(ours.frame.clear(), ContactKind.BORROWER, {})
    assert_same(match_columns(nobody, theirs, SameEmail.HOLD), match([], list(theirs), MatchOptions()))


@pytest.mark.parametrize(
    ("left", "right", "large"),
    [
        (100, 100, False),
        (19_999, 19_999, False),
        (20_000, 20_000, True),
        (20_000, 6_000, True),
        (300_000, 5_000, False),
    ],
)
def test_columns_are_for_large_books_that_are_compared_by_keys_alone(
    left: int, right: int, large: bool
) -> None:
    assert choice.is_large(left, right) is large


def test_a_small_match_of_two_files_loads_nothing_heavy() -> None:
    program = """
import sys
from core.contacts.model import Contact
from tui.wiring.files import match_contacts
ours = [Contact(f"S{n}", "Ann", last_name="Lee", email=f"p{n}@x.example") for n in range(100)]
theirs = [Contact(f"T{n}", "Ann", last_name="Lee", email=f"p{n}@x.example") for n in range(100)]
assert match_contacts(ours, theirs, "hold").counts["link"] == 100
print(*sorted({"polars", "numpy"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def as_bytes(contacts: ColumnContacts) -> bytes:
    return contacts.frame.write_csv(separator="\t", quote_style="never").encode()


def test_large_files_are_read_and_matched_in_columns_and_small_ones_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = books(3)
    assert choice.read_in_columns(as_bytes(ours), ContactKind.BORROWER, NO_ANSWERS, SILENT) is None
    assert choice.matched_in_columns(ours, theirs, SameEmail.HOLD, print, SILENT) is None
    monkeypatch.setattr(choice, "LARGE", 100)
    monkeypatch.setattr(blocking, "SMALL", 0)
    reading = choice.read_in_columns(as_bytes(ours), ContactKind.BORROWER, NO_ANSWERS, SILENT)
    assert reading is not None
    assert len(reading.contacts) == len(ours)
    heard: list[object] = []
    found = choice.matched_in_columns(ours, theirs, SameEmail.HOLD, heard.append, SILENT)
    assert found is not None
    assert heard
    assert choice.matched_in_columns(list(ours), list(theirs), SameEmail.HOLD, print, SILENT) is None
    groups = choice.find_groups(list(ours), list(theirs))
    assert replaced(groups, statistics=None) == replaced(
        suggestions.find_groups(list(ours), list(theirs)), statistics=None
    )


def test_without_the_extra_nothing_is_done_in_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = books(3)
    monkeypatch.setattr(choice, "LARGE", 100)
    monkeypatch.setattr(blocking, "SMALL", 0)
    monkeypatch.setattr(choice, "is_installed", lambda: False)
    assert choice.read_in_columns(as_bytes(ours), ContactKind.BORROWER, NO_ANSWERS, SILENT) is None
    assert choice.matched_in_columns(ours, theirs, SameEmail.HOLD, print, SILENT) is None
    assert choice.find_groups(list(ours)[:50], list(theirs)[:50]) is not None


def test_what_speaks_against_one_email_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "SMALL", 0)
    grid = product(
        ("William", "Bill", "W", "Wiliam", ""),
        ("415-{}-0142", "628-{}-0199", ""),
        ("1970-04-03", "{}-11-20", ""),
    )
    ours, theirs = [], []
    for n, (first_name, phone, born) in enumerate(grid):
        one = {
            "last_name": f"Mo{'bdfgklmnprstvz'[n % 14] * 3}e{'abcdefgh'[n // 14] * 4}",
            "email": f"p{n}@x.example",
        }
        day = f"{1930 + n}-04-03"
        phones = [number.format(200 + 13 * n) for number in ("415-{}-0142", phone)]
        ours.append(
            Contact(
                f"S{n}", "William", mobile_phone=phones[0], birth_date=day, kind=ContactKind.BORROWER, **one
            )
        )
        date = born.format(1931 + n)
        theirs.append(Contact(f"T{n}", first_name, mobile_phone=phones[1], birth_date=date, **one))
    expected = match(ours, theirs)
    assert expected.counts[Verdict.LINK] > 5
    assert expected.counts[Verdict.HOUSEHOLD] > 5
    found = match_columns(
        as_columns(ours, ContactKind.BORROWER), as_columns(theirs, ContactKind.CONTACT), SameEmail.HOLD
    )
    assert list(found.rows) == list(expected.rows)
