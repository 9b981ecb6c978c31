"""What is wrong with a desk's settings, connections and book, and what to do about it. Pure: from what was seen.

Each finding says one thing. Exit codes: 0 all fine or warnings, 1 something is bad, 3 a system can't be reached,
4 the book can't be written; the highest counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.catalogue import fix_of
from core.errors import DeskError
from core.push.plan import System

_UNREACHED: Final = frozenset(
    {"unreachable", "deadline", "no-reply", "no-token", "rate-limited", "no-sandbox"}
)
"""Codes of the errors after which nobody knows more of a system than before."""
BOOK: Final = "book"
FILES: Final = "files"
SETTINGS: Final = "settings"


class Level(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


class Finding(Struct, frozen=True):
    """One thing that was found. `about` is a system, or `settings`, `book`, `files`; `code` is in the catalogue."""

    level: Level
    about: str
    code: str
    what: str
    fix: str = ""


class Trouble(Struct, frozen=True):
    """An error that looking ran into."""

    code: str
    message: str
    fix: str


class BookSeen(Struct, frozen=True):
    """What the book's folder showed. `size` is bytes, `backup_age` seconds since the snapshot before was put aside.

    `reading` is why it can't be read, `writing` why it can't be written; `holder` who has it open for writing.
    """

    folder: str
    there: bool
    reading: Trouble | None = None
    writing: Trouble | None = None
    holder: str = ""
    size: int = 0
    backup_age: float | None = None


class FilesSeen(Struct, frozen=True):
    """Who may use what is in the home: `loose` may be looked into by others than the owner, `private` must not.

    `repair` is the command that mends both; `secrets` the file in which secrets lie, "" where there is none.
    """

    home: str
    loose: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    repair: str = ""
    secrets: str = ""
    modes_told: bool = True


def make_finding(level: Level, about: str, code: str, what: str, **values: object) -> Finding:
    """Return a finding with the catalogue's advice for its code; `values` fill the placeholders of the advice."""
    return Finding(level, about, code, what, fix_of(code, values=values))


def bad(about: str, error: DeskError) -> Finding:
    """Return an error as a finding."""
    return Finding(Level.BAD, about, error.code, error.message, error.fix)


def judge_settings(name: str, *, live: bool, writes: str) -> list[Finding]:
    """Say which profile this is, and who writes to the contact systems."""
    kind = "LIVE" if live else "no live one: the header says SANDBOX"
    who = "the desk" if writes == "desk" else "the vendors' own integration"
    what = f"Profile “{name}” is {kind}; the contact sync is run by {who}."
    return [make_finding(Level.OK, SETTINGS, "profile", what)]


def judge_pair(contacts: Sequence[System]) -> list[Finding]:
    """Say where a profile names one of the two contact systems alone."""
    if len(contacts) != 1:
        return []
    what = f"Only {contacts[0]} of the two contact systems is named, so there is no contact desk."
    return [make_finding(Level.WARN, SETTINGS, "not-both", what)]


def judge_book(seen: BookSeen) -> list[Finding]:
    """Say what is to be said of the book."""
    if (wrong := seen.reading) is not None:
        return [Finding(Level.BAD, BOOK, wrong.code, wrong.message, wrong.fix)]
    if (wrong := seen.writing) is not None:
        return [Finding(Level.BAD, BOOK, wrong.code, wrong.message, wrong.fix)]
    if not seen.there:
        return [
            make_finding(
                Level.OK, BOOK, "book-new", f"There is no book in {seen.folder} yet; it is made at first use."
            )
        ]
    kept = "no earlier snapshot yet"
    if seen.backup_age is not None:
        kept = f"an earlier snapshot of {say_span(seen.backup_age)} ago"
    found = [
        make_finding(
            Level.OK,
            BOOK,
            "book-sound",
            f"The book in {seen.folder} is sound and can be written: {say_size(seen.size)}, {kept}.",
        )
    ]
    if seen.holder:
        found.append(
            make_finding(
                Level.OK,
                BOOK,
                "book-held",
                f"It is open in {seen.holder}; others can read it meanwhile.",
            )
        )
    return found


def judge_files(seen: FilesSeen) -> list[Finding]:
    """Say who may read what lies in the desk's home."""
    found = []
    if seen.secrets:
        found.append(
            make_finding(
                Level.OK,
                FILES,
                "secrets-in-file",
                f"The secrets are in {seen.secrets}, which its owner alone may read: there was no keyring.",
            )
        )
    if not seen.modes_told:
        return found
    for paths, level, what in (
        (seen.private, Level.BAD, "Others than their owner may read or change this"),
        (seen.loose, Level.WARN, "Others than their owner may look into the desk's home"),
    ):
        if paths:
            found.append(
                make_finding(
                    level,
                    FILES,
                    "loose-modes",
                    f"{what}: {say_few(paths, 3)}.",
                    repair=seen.repair,
                )
            )
    if not (seen.private or seen.loose):
        found.append(
            make_finding(Level.OK, FILES, "modes", f"What is in {seen.home} is for its owner's eyes alone.")
        )
    return found


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Put findings by what they are about: settings, each system, the book, the files."""
    order = [SETTINGS, *System, BOOK, FILES]
    return sorted(findings, key=lambda finding: order.index(finding.about))


def exit_code(findings: Sequence[Finding]) -> int:
    """Give the exit code that findings stand for."""
    bad = [finding for finding in findings if finding.level is Level.BAD]
    if any(finding.about == BOOK for finding in bad):  # one that can't be read can't be written either
        return 4
    if any(finding.code in _UNREACHED for finding in bad):
        return 3
    return 1 if bad else 0


def say_few(names: Sequence[str], most: int = 5) -> str:
    """Name the first few, and say how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def say_span(seconds: float) -> str:
    """Say how long something is, in the one unit that fits: "40 s", "3 min", "5 h", "12 days"."""
    for unit, name in ((86_400.0, "days"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def say_size(size: int) -> str:
    """Say how large a file is."""
    return f"{size / 1_000_000:,.1f} MB" if size >= 100_000 else f"{size / 1_000:,.1f} kB"
