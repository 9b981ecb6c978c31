"""Whether a full read lacks so many records that a page of a list may never have come. Pure.

A record that seems to be gone is made again by the next sync, or its person is asked about. So a read that lacks many
records stops every sync until a person has said how many are missing. docs/protocol.md, "Reading both systems".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.errors import DeskError
from core.local_forms import DeskTime
from core.push.plan import System
from core.systems import display_name

MOST_MISSING: Final = 10
"""The percentage of the records of the last read that may be missing without a question."""
OWNER_FLOOR: Final = 20
"""Below this number, the missing records of one owner raise no question of their own. The number is ours.

A lost page of an owner's list has up to 100 records. An owner has few of a kind, so that one removed record can be over
10 %. The rule for the whole system has no floor: an answer costs one number, and a double record costs much more.
"""


class MissingRecord(Struct, frozen=True):
    """A record that an earlier read had: its id, and the key of its owner in the system."""

    id: str
    owner: str = ""


class Shortfall(Struct, frozen=True, omit_defaults=True):
    """Records that an earlier read had and the last full read lacks, until they come or a person gives their number.

    `had` is how many records the earlier read had, and `had_at` when it ended, in seconds since 1970. `missing` is how
    many of them are missing. `records` names them; it is empty if only the number of the earlier read is known.
    """

    had: int
    had_at: float
    missing: int
    records: tuple[MissingRecord, ...] = ()

    def without(self, ids: Set[str]) -> Shortfall | None:
        """Return what is still missing when the records with these ids have come; None if nothing is."""
        still = tuple(record for record in self.records if record.id not in ids)
        missing = self.missing - (len(self.records) - len(still))
        return replace(self, missing=missing, records=still) if missing > 0 else None


class RecordCount(Struct, frozen=True):
    """How many records a system had when it was read last. It names no record, and outlives the copy of the records.

    `full_at` is when the last full read ended, in seconds since 1970. `shortfall` is without its records.
    """

    records: int
    full_at: float
    shortfall: Shortfall | None = None


class ExpectedRecords(Struct, frozen=True):
    """What a full read is compared with: the records that were read before.

    `owners` has the owner of each record by the record's id. `unnamed` is the number of further records, of which no
    id is known. `at` is when the last complete read in full ended, in seconds since 1970.
    """

    owners: Mapping[str, str]
    unnamed: int
    at: float

    @classmethod
    def of_count(cls, count: RecordCount) -> ExpectedRecords:
        """Return what is expected if the copy of the records is lost."""
        shortfall = count.shortfall
        if shortfall is None:
            return cls({}, count.records, count.full_at)
        return cls({}, count.records + shortfall.missing, shortfall.had_at)


def missing_among(expected: ExpectedRecords, found: Set[str]) -> Shortfall | None:
    """Return what a full read lacks of the expected records; None if it lacks nothing.

    `found` are the ids of all records that were read, also of those that can't be used.
    """
    records = tuple(MissingRecord(id_, owner) for id_, owner in expected.owners.items() if id_ not in found)
    new = len(found) - (len(expected.owners) - len(records))
    missing = len(records) + max(0, expected.unnamed - new)
    if not missing:
        return None
    return Shortfall(len(expected.owners) + expected.unnamed, expected.at, missing, records)


def is_too_many(missing: int, had: int) -> bool:
    """Return True if so many of `had` records are missing that a page may be."""
    return missing * 100 > had * MOST_MISSING


def lacks_an_owners_page(shortfall: Shortfall, expected: ExpectedRecords) -> bool:
    """Return True if so many records of one owner are missing that a page of that owner's lists may be.

    For systems that list records owner by owner: a page of one owner is a small part of a large system.
    """
    had = Counter(expected.owners.values())
    missing = Counter(record.owner for record in shortfall.records)
    return any(number >= OWNER_FLOOR and is_too_many(number, had[owner]) for owner, number in missing.items())


PAGE_LOST: Final = "A page of the list may never have come."
"""What may have happened, as a sentence."""


class ShortRead(Struct, frozen=True):
    """A system of which so many records are missing that nothing may be synced. `records` is how many there are now."""

    system: System
    records: int
    shortfall: Shortfall

    def sentence(self, local: DeskTime) -> str:
        """Return the counts as a sentence."""
        short = self.shortfall
        are = "is" if short.missing == 1 else "are"
        return (
            f"{display_name(self.system)} gave {self.records:,} records; {short.missing:,} of the {short.had:,} of "
            f"earlier reads {are} missing (last complete full read: {local.moment(short.had_at)})."
        )


def check_complete(reads: Sequence[ShortRead], local: DeskTime) -> None:
    """Raise `DeskError` (fewer-records) if a system gave clearly fewer records than before."""
    if reads:
        raise fewer_records(reads, local)


def fewer_records(reads: Sequence[ShortRead], local: DeskTime, why: str = "Nothing was sent.") -> DeskError:
    """Return the error that names the counts of each system. `why` is a further sentence."""
    numbers = " ".join(f"--fewer {read.shortfall.missing}" for read in reads)
    return DeskError(
        "fewer-records",
        " ".join([*(read.sentence(local) for read in reads), PAGE_LOST, why]),
        numbers=numbers,
    )
