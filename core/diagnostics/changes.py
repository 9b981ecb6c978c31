"""Keeps what has changed at the vendors, and says what is new. Knows no vendor.

Whoever has the book open for writing anyway keeps the changes: the app, a round of the watch, a command that writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from core.diagnostics.asks import Administrator, AdminRequest, bullets
from core.diagnostics.findings import Finding, FindingLevel, asking, make_finding, say_few
from core.diagnostics.records import Drift, Drifted, VendorChange
from core.local_forms import UTC_TIME
from core.push.plan import System
from core.push.ports import Book
from core.systems import display_name
from core.texts import how_many

MOST_CHANGES: Final = 500
"""How many different changes a book keeps. A system that renames its fields in every reply must not fill the book."""
KEPT_EVERY: Final = 3600.0
"""Seconds after which a change that is kept already is written down again."""


def merged(kept: Iterable[VendorChange], drifts: Iterable[Drifted], now: float) -> list[VendorChange]:
    """Return the changes of the book together with those that this process has seen. `now` is seconds since 1970."""
    found = {change.key: change for change in kept}
    for drift in drifts:
        new = VendorChange(drift.system, drift.record, drift.field, drift.how, now, now, drift.count)
        before = found.get(new.key)
        found[new.key] = (
            new if before is None else replace(before, last=now, count=before.count + drift.count)
        )
    return list(found.values())


async def keep_changes(book: Book, drifts: Sequence[Drifted], now: float) -> None:
    """Write down what this process has seen since the last call. Raises `BookClosed`.

    A change that was written down in the last hour is left as it is, and no more than `MOST_CHANGES` are kept.
    """
    if not drifts:
        return
    kept = {change.key: change for change in await book.all(VendorChange)}
    room = MOST_CHANGES - len(kept)
    changed: list[VendorChange] = []
    for change in merged(kept.values(), drifts, now):
        before = kept.get(change.key)
        if before is None and room > 0:
            room -= 1
            changed.append(change)
        elif before is not None and change != before and abs(now - before.last) >= KEPT_EVERY:
            changed.append(change)
    if changed:
        await book.commit(*changed)


async def mark_known(book: Book, drifts: Sequence[Drifted], by: str, now: float) -> int:
    """Mark every change as known, also those that this process has just seen. Return how many were new.

    Raises `BookClosed`.
    """
    changes = merged(await book.all(VendorChange), drifts, now)[:MOST_CHANGES]
    new = [replace(change, known_by=by, known_at=now) for change in changes if not change.known_by]
    if new:
        await book.commit(*new)
    return len(new)


def judge_changes(changes: Sequence[VendorChange]) -> list[Finding]:
    """Return what differs from each vendor's description. What nobody has called known is never fine."""
    found: list[Finding] = []
    for system in System:
        own = [change for change in changes if change.system is system]
        new = [change for change in own if not change.known_by]
        fields = [change for change in new if change.how is Drift.NEW_FIELD]
        others = [change for change in new if change.how is not Drift.NEW_FIELD]
        if fields:
            what = (
                "Its records have fields that are not in its description, which brokerdesk ignores: "
                f"{_told(fields)}."
            )
            found.append(make_finding(FindingLevel.OPEN, system.value, "new-fields", what))
        if others:
            what = f"It does things that its description does not allow: {_told(others)}."
            finding = make_finding(FindingLevel.WARN, system.value, "strange-values", what)
            found.append(asking(finding, _ask_maintainers(system, others)))
        if known := len(own) - len(new):
            what = f"{how_many(known, 'known difference')} from its description."
            found.append(make_finding(FindingLevel.OK, system.value, "known-changes", what))
    return found


def _told(changes: Sequence[VendorChange]) -> str:
    since = min(change.first for change in changes)
    return f"{say_few([_words(change) for change in changes])} (new since {_day(since)})"


def _words(change: VendorChange) -> str:
    """Return one change in words, without any value."""
    match change.how:
        case Drift.NEW_FIELD:
            return f"{change.record}.{change.field}"
        case Drift.UNKNOWN_VALUE:
            return f"{change.record}.{change.field} with an unknown value"
        case Drift.NULL:
            return f"{change.record}.{change.field} without a value"
        case Drift.LONGER_VALUE:
            return f"{change.record}.{change.field} longer than its limit"
        case Drift.REFUSED_LENGTH:
            return f"{change.record}: {change.field} refused as too long"
        case Drift.NEW_STATUS:
            return f"{change.record} answers {change.field}"


def _ask_maintainers(system: System, changes: Sequence[VendorChange]) -> AdminRequest:
    lines = [
        f"{_words(change)}: first seen {_day(change.first)}, last {_day(change.last)}, at least "
        f"{how_many(change.count, 'time')}"
        for change in changes
    ]
    message = (
        f"{display_name(system)} differs from its published description in these points:\n"
        f"{bullets(lines)}\n"
        "Does the desk have to learn them?"
    )
    return AdminRequest(Administrator.DESK, f"Changes at {display_name(system)}", message)


def _day(at: float) -> str:
    """Return the day of a moment in UTC, as in "28 Nov 2026": it is read in both countries."""
    return UTC_TIME.date(at)
