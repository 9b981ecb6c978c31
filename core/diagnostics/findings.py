"""Judges a desk's settings, book and files. `system_findings` judges the systems.

Every function is pure: it judges what was seen, and looks at nothing itself. Each finding says one thing. Exit codes:
0 no finding is bad, 1 a finding is bad, 3 a system can't be reached, 4 the book can't be written. The highest code
counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.diagnostics.asks import AdminMessage, AdminRequest, MessageSender, messages_of
from core.error_catalogue import fix_of
from core.errors import DeskError
from core.push.plan import System
from core.texts import say_span

_UNREACHED: Final = frozenset(
    {"unreachable", "deadline", "no-reply", "no-token", "rate-limited", "no-sandbox"}
)
"""Codes of the errors that only say that a system was not reached."""
BOOK: Final = "book"
FILES: Final = "files"
SETTINGS: Final = "settings"


class FindingLevel(StrEnum):
    """How serious a finding is.

    An open finding is something that the desk can't find out by looking: only a person can tell, or only a write would.
    """

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    OPEN = "open"


class Finding(Struct, frozen=True):
    """One thing that was found, with the catalogue's advice.

    `about` is a system, `settings`, `book` or `files`. `code` is in the catalogue; `fix` is "" where nothing is to be
    done. `ask` is what an administrator is asked for; None where nobody is.
    """

    level: FindingLevel
    about: str
    code: str
    what: str
    fix: str = ""
    ask: AdminRequest | None = None


class ConnectionProblem(Struct, frozen=True):
    """An error that happened while the desk looked."""

    code: str
    message: str
    fix: str


class BookSeen(Struct, frozen=True):
    """What was seen in the book's folder.

    `size` is in bytes. `backup_age` is the age of the earlier snapshot in seconds, None where there is no snapshot.
    `reading` says why the book can't be read, `writing` why it can't be written. `holder` is the process that has the
    book open for writing, "" where there is none.
    """

    folder: str
    there: bool
    reading: ConnectionProblem | None = None
    writing: ConnectionProblem | None = None
    holder: str = ""
    size: int = 0
    backup_age: float | None = None


class TeamBookSeen(Struct, frozen=True):
    """What was seen of a team's book. `shown` is its address.

    `reading` says why it can't be read, `writing` why it can't be written. `server` is the version of the database,
    `took` the seconds that a question takes, `size` the size of the database in bytes. `senders` are the others that
    send from the book now: operator and machine of each.
    """

    shown: str
    reading: ConnectionProblem | None = None
    writing: ConnectionProblem | None = None
    server: str = ""
    took: float = 0.0
    size: int = 0
    senders: tuple[str, ...] = ()


class FilesSeen(Struct, frozen=True):
    """Who may use the files in the desk's home.

    `loose` are paths that others may look into. `private` are paths that others may read or change and must not.
    `repair` is the command that corrects both. `secrets` is the file that holds secrets, "" where there is none.
    `modes_told` is False on Windows, where an access list says who may use a file, and none was read.
    """

    home: str
    loose: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    repair: str = ""
    secrets: str = ""
    modes_told: bool = True


def make_finding(level: FindingLevel, about: str, code: str, what: str, **values: object) -> Finding:
    """Return a finding with the catalogue's advice for its code; `values` fill the placeholders of the advice."""
    return Finding(level, about, code, what, fix_of(code, values=values))


def asking(finding: Finding, request: AdminRequest) -> Finding:
    """Return a finding with what an administrator is asked for because of it."""
    return replace(finding, ask=request)


def messages_to_send(findings: Sequence[Finding], sender: MessageSender) -> tuple[AdminMessage, ...]:
    """Return the messages to administrators that these findings ask for: one to each administrator."""
    return messages_of((finding.ask for finding in findings if finding.ask is not None), sender)


def bad(about: str, error: DeskError) -> Finding:
    """Return an error as a finding."""
    return Finding(FindingLevel.BAD, about, error.code, error.message, error.fix)


def judge_settings(name: str, *, live: bool, writes: str) -> list[Finding]:
    """Return which profile this is, and who writes to the contact systems; `writes` is "" in a profile without them."""
    kind = "LIVE: what is sent reaches real systems" if live else "practice: nothing reaches real systems"
    who = "brokerdesk" if writes == "desk" else "The vendors' own integration"
    what = f"Profile “{name}” is {kind}." + (f" {who} runs the contact sync." if writes else "")
    return [make_finding(FindingLevel.OK, SETTINGS, "profile", what)]


def judge_pair(contacts: Sequence[System]) -> list[Finding]:
    """Return a warning where a profile names only one of the two contact systems."""
    if len(contacts) != 1:
        return []
    what = f"Only {contacts[0]} of the two contact systems is named, so contacts can't be matched."
    return [make_finding(FindingLevel.WARN, SETTINGS, "not-both", what)]


def judge_book(seen: BookSeen) -> list[Finding]:
    """Return the findings about the book."""
    if (wrong := seen.reading) is not None:
        return [Finding(FindingLevel.BAD, BOOK, wrong.code, wrong.message, wrong.fix)]
    if (wrong := seen.writing) is not None:
        return [Finding(FindingLevel.BAD, BOOK, wrong.code, wrong.message, wrong.fix)]
    if not seen.there:
        return [
            make_finding(
                FindingLevel.OK,
                BOOK,
                "book-new",
                f"There is no book in {seen.folder} yet; it is made at first use.",
            )
        ]
    kept = "no earlier snapshot yet"
    if seen.backup_age is not None:
        kept = f"an earlier snapshot of {say_span(seen.backup_age)} ago"
    found = [
        make_finding(
            FindingLevel.OK,
            BOOK,
            "book-sound",
            f"The book in {seen.folder} is sound and can be written: {say_size(seen.size)}, {kept}.",
        )
    ]
    if seen.holder:
        found.append(
            make_finding(
                FindingLevel.OK,
                BOOK,
                "book-held",
                f"It is open in {seen.holder}; others can read it meanwhile.",
            )
        )
    return found


def judge_team_book(seen: TeamBookSeen) -> list[Finding]:
    """Return the findings about a team's book."""
    if (wrong := seen.reading) is not None:
        return [Finding(FindingLevel.BAD, BOOK, wrong.code, wrong.message, wrong.fix)]
    if (wrong := seen.writing) is not None:
        return [Finding(FindingLevel.WARN, BOOK, wrong.code, wrong.message, wrong.fix)]
    what = (
        f"The team's book at {seen.shown} is sound and can be written: PostgreSQL {seen.server}, "
        f"{say_size(seen.size)}, a question takes {seen.took * 1000:.0f} ms."
    )
    found = [make_finding(FindingLevel.OK, BOOK, "book-sound", what)]
    if seen.senders:
        others = f"These send from it now: {', '.join(seen.senders)}."
        found.append(make_finding(FindingLevel.OK, BOOK, "book-shared", others))
    return found


def judge_files(seen: FilesSeen) -> list[Finding]:
    """Return the findings about who may read the files in the desk's home."""
    found = []
    if seen.secrets:
        found.append(
            make_finding(
                FindingLevel.OK,
                FILES,
                "secrets-in-file",
                f"The secrets are in {seen.secrets}, which its owner alone may read: there was no keyring.",
            )
        )
    if not seen.modes_told:
        said = f"brokerdesk makes its files for you alone. Whether {seen.home} still is so was not checked."
        return [*found, make_finding(FindingLevel.OPEN, FILES, "access-unchecked", said, home=seen.home)]
    for paths, level, what in (
        (seen.private, FindingLevel.BAD, "Other users can read or change this"),
        (seen.loose, FindingLevel.WARN, "Other users can look into brokerdesk's folder"),
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
            make_finding(FindingLevel.OK, FILES, "modes", f"Only you can read the files in {seen.home}.")
        )
    return found


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings in the order of their subjects: settings, each system, the book, the files."""
    order = [SETTINGS, *System, BOOK, FILES]
    return sorted(findings, key=lambda finding: order.index(finding.about))


def exit_code(findings: Sequence[Finding]) -> int:
    """Return the exit code of the most serious finding."""
    bad = [finding for finding in findings if finding.level is FindingLevel.BAD]
    if any(finding.about == BOOK for finding in bad):  # one that can't be read can't be written either
        return 4
    if any(finding.code in _UNREACHED for finding in bad):
        return 3
    return 1 if bad else 0


def say_few(names: Sequence[str], most: int = 5) -> str:
    """Return the first `most` names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def say_size(size: int) -> str:
    """Return a size in bytes as words: "12.5 kB", "3.1 MB"."""
    return f"{size / 1_000_000:,.1f} MB" if size >= 100_000 else f"{size / 1_000:,.1f} kB"
