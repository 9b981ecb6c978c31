"""Says how both contact systems were read: in full, or what changed since the read before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.contacts.reading.reader import ReadKind, SystemRead, WhyFull
from core.contacts.reading.shortfall import ShortRead
from core.local_forms import DeskTime
from core.systems import display_name


def read_lines(reads: Sequence[SystemRead], zone: DeskTime) -> list[str]:
    """Return a line for each system: what was read, and when the last full read ended."""
    return [f"{display_name(read.system)}: {_read(read, zone)}" for read in reads]


def short_lines(short: Sequence[ShortRead], zone: DeskTime) -> list[str]:
    """Return sentences about each system that gave clearly fewer records than before."""
    return [line for read in short for line in _short(read, zone)]


def _short(read: ShortRead, zone: DeskTime) -> tuple[str, str]:
    missing, had = read.shortfall.missing, read.shortfall.had
    are = "is" if missing == 1 else "are"
    return (
        f"{display_name(read.system)}: {missing:,} of {had:,} records {are} missing.",
        f"Read in full on {zone.day_and_clock(read.shortfall.had_at)}: {had:,}. Now: {read.records:,}.",
    )


def read_line(reads: Sequence[SystemRead], zone: DeskTime) -> str:
    """Return how both systems were read in one short line; "" before the first read."""
    if not reads:
        return ""
    oldest = min(read.full_at for read in reads)
    if all(read.kind is ReadKind.FULL for read in reads):
        return "read in full"
    changed = sum(read.changed for read in reads if read.kind is ReadKind.INCREMENTAL)
    return f"{changed:,} changed; read in full {zone.day_and_clock(oldest)}"


def full_read_line(reads: Sequence[SystemRead], zone: DeskTime) -> str:
    """Return when both systems were last read in full, in few words; "" before the first read."""
    return f"full read {zone.day(min(read.full_at for read in reads))}" if reads else ""


def read_forms(reads: Sequence[SystemRead]) -> list[dict[str, Any]]:
    """Return how both systems were read as JSON. The times are seconds since 1970.

    `missing` is how many of the `had` records of the read that ended at `had_at` are missing, if nothing is synced
    because of that; else the three are null.
    """
    return [
        {
            "system": read.system,
            "records": read.records,
            "missing": read.shortfall.missing if read.shortfall is not None else None,
            "had": read.shortfall.had if read.shortfall is not None else None,
            "had_at": read.shortfall.had_at if read.shortfall is not None else None,
            "kind": read.kind,
            "changed": read.changed if read.kind is ReadKind.INCREMENTAL else None,
            "full_at": read.full_at,
            "why": read.why or None,
        }
        for read in reads
    ]


def _read(read: SystemRead, zone: DeskTime) -> str:
    match read.kind:
        case ReadKind.FULL:
            why = f" ({read.why})" if read.why not in (WhyFull.NONE, WhyFull.ASKED) else ""
            return f"read in full{why}"
        case ReadKind.INCREMENTAL:
            full = zone.day_and_clock(read.full_at)
            return f"{read.changed:,} changed since the last read; read in full on {full}"
