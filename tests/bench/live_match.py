"""A match that is held: a changed contact beside 10,000 to 300,000 contacts a side, and what holding it costs.

`python -m tests.bench live_match`. As a program of its own it measures the two files that it is given.
"""

from __future__ import annotations

import csv
import gc
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

import msgspec
from msgspec.structs import replace

from core.contacts.match.live.held import HeldMatch
from core.contacts.match.live.live_match import BookChange
from core.contacts.match.match import match
from core.contacts.match.rule import MatchOptions
from core.contacts.model import Contact, ContactKind
from data.scale.choice import find_groups
from tests.bench.harness.figure import Figure, NotMeasured, Place, Sample, at_most, percentile
from tests.bench.harness.homes import environment
from tests.bench.harness.processes import LINUX, run_command
from tests.bench.harness.runner import quick, reason_of
from tests.bench.match_files import books_of

TITLE: Final = "A match that is held"
INTRO: Final = (
    "A process that has read both systems and matched them (the app, a watch) makes ready for changes, and then matches"
    " one changed contact after the other. *A match of two records* is the same work with nobody else there. *The next"
    " snapshot* is all of it: two books of which one contact changed are compared with those before, and every row is"
    " there in its order. CPU, except for the memory."
)
SIZES: Final = (10_000, 100_000, 300_000)
CHANGES: Final = 200
SNAPSHOTS: Final = 5
FIELDS: Final = ("email", "mobile_phone", "street", "last_name", "birth_date")


def measure(files: Sequence[Path]) -> dict[str, list[float]]:
    """Return ms of CPU and MB of two files of contacts, by what was measured."""
    ours = _contacts(files[0], ContactKind.BORROWER)
    theirs = _contacts(files[1], ContactKind.CONTACT)
    held = HeldMatch(find_groups)
    took = {"read": [_most_memory()]}
    took["whole"] = [_ms(lambda: held.match(ours, theirs, MatchOptions()))]
    took["matched"] = [_most_memory()]
    took["ready"] = [_ms(held.prepare)]
    gc.collect()
    gc.freeze()  # as the app does once it stands
    chance = Random(7)
    took["snapshot"] = []
    for _ in range(SNAPSHOTS):
        place = chance.randrange(len(ours))
        ours[place] = _changed(chance, ours[place], theirs)
        took["snapshot"].append(_ms(lambda: held.match(ours, theirs, MatchOptions())))
    took["memory"] = [_most_memory()]
    two = ours[:1], theirs[:1]
    live = held._live
    assert live is not None
    took["floor"] = [_ms(lambda: match(*two, None, live.statistics)) for _ in range(CHANGES)]
    took["change"] = []
    for _ in range(CHANGES):
        change = BookChange([_changed(chance, chance.choice(ours), theirs)])
        took["change"].append(_ms(lambda change=change: live.apply(change)))  # type: ignore[misc]  # a lambda with a default
    return took


def _contacts(path: Path, kind: ContactKind) -> list[Contact]:
    """Read a file into contacts, as the systems give them: one by one."""
    with path.open(encoding="utf-8", newline="") as file:
        return [msgspec.convert({**row, "kind": kind}, Contact) for row in csv.DictReader(file)]


def _changed(chance: Random, contact: Contact, others: Sequence[Contact]) -> Contact:
    """Return a contact with a value of somebody else's."""
    field = chance.choice(FIELDS)
    return replace(contact, **{field: getattr(chance.choice(others), field)})


def _ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def _most_memory() -> float:
    """Return the most MB that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if LINUX else 1024**2)


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield the figures of each size."""
    for size in SIZES[:1] if quick() else SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            files = map(str, books_of(folder, size))
            try:
                ended = run_command(
                    [sys.executable, "-m", "tests.bench.live_match", *files], environment(folder)
                )
            except RuntimeError as error:
                yield NotMeasured(f"{size:,} a side", reason_of(error))
                continue
        yield from _figures(size, json.loads(ended.output))


def _figures(size: int, took: dict[str, list[float]]) -> Iterator[Figure]:
    def one(name: str) -> Sample:
        return Sample((took[name][0],))

    words = f"{size:,} a side"
    whole, floor = _seconds(took["whole"]), Sample((percentile(took["floor"], 50),))
    mark, least = (at_most(5), at_most(600)) if size == SIZES[-1] else (None, None)
    other = "a match of two records"
    for name, percent, bound in (("median", 50, mark), ("95 %", 95, None)):
        value = Sample((percentile(took["change"], percent),))
        place = Place(f"a changed contact, {name}", size, "contacts a side")
        yield Figure(f"{words}, a changed contact, {name}", value, "ms", floor, other, bound, place)
    for key, name in (("snapshot", "the next snapshot"), ("ready", "made ready for changes")):
        yield Figure(f"{words}, {name}", _seconds(took[key]), "s", whole, "the whole match")
    for key, name in (("read", "both books alone"), ("matched", "after their match")):
        yield Figure(f"{words}, memory, {name}", one(key), "MB")
    yield Figure(f"{words}, memory, ready and after changes", one("memory"), "MB", mark=least)


def _seconds(milliseconds: Sequence[float]) -> Sample:
    return Sample(tuple(value / 1000 for value in milliseconds))


if __name__ == "__main__":
    print(json.dumps(measure([Path(file) for file in sys.argv[1:]])))
