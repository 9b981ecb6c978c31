"""A folder of card files as a source of BrokerEngine's cards: read only, and read again if a file changed.

The newest version of a card wins: by its `updated_at` if it has one, else by the moment when its file was last
written (for an import: when it was imported), then by file name, then by line. An `updated_at` that can't be read, or
that is ahead of the clock, is named, and of that card the newest file counts. If the newest version does not fit, the
card is set aside; an older version never replaces it. Only files with an ending in `ENDINGS` are read, and no file that
begins with a dot or with `~$`. A file with another ending that may hold cards is reported. A file is understood by the
column answers that the desk remembers.

Notes and Fact Finds are in files too. Of those the newest file and the later line win.
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC
from operator import itemgetter
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.collector import without_collecting
from core.error_words import why_failed
from core.errors import DeskError, Unreachable, UsageError
from core.flex.model import (
    BadRecord,
    Card,
    CardSummary,
    Extra,
    FactFind,
    FactFindMark,
    HeldPerson,
    Note,
    RejectedRecord,
)
from core.flex.person_ids import with_derived_ids
from core.progress import Meter
from data.cards.columns import UPDATED
from data.cards.papers import SYSTEM, PaperEntry, PaperKind, fact_find_of, note_of
from data.cards.read_file import read_export
from data.cards.reading import CardEntry, CardsReading, card_of, not_ahead, unclear_moments
from data.tables.columns import NO_ANSWERS, ColumnAnswers
from data.tables.rejected import RejectedLine
from data.tables.source import read_bytes
from data.tables.summaries import how_many_values, kinds_of, shared_reason
from data.tables.text import without_unfinished_line

TEXT_TABLES: Final = frozenset({".csv", ".tsv", ".psv"})
ENDINGS: Final = frozenset({".json", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".xls", ".ods"}) | TEXT_TABLES
ALMOST: Final = frozenset({".xlsb", ".numbers"})
PAGE_SIZE: Final = 200
FRESH: Final = 2.0
"""Seconds. A file this fresh may still be written to, also within the same tick of the file system's clock."""
IMPORTED: Final = re.compile(r"import-(\d{13})-[0-9a-f]+\.jsonl")
"""The name of an import: the moment when it was made, in milliseconds since 1970, and random hex digits."""

Stamp = tuple[int, int, int]


class _File(Struct, frozen=True):
    """The content of a file, and its stamp at that time. `settled` is False if a change may not show in the stamp."""

    path: Path
    stamp: Stamp
    moment: float
    settled: bool
    reading: CardsReading = CardsReading()
    trouble: str = ""


class _Version(Struct, frozen=True, gc=False):
    """The newest version of a card, and the file it is in."""

    file: _File
    held: CardEntry | RejectedLine


class FolderCards:
    """The cards in a watched folder, in the folder of imports, or in both. Implements `CardSource` and `CardPapers`.

    The folder `watched` must exist; the folder `imports` need not exist yet. `answers` are the remembered answers about
    columns; the files are read again if they change. `meter_of` gives the meter for the reading of a file, by its name.
    """

    def __init__(
        self,
        watched: Path | None,
        imports: Path | None = None,
        now: Callable[[], float] = time.time,
        answers: Callable[[], ColumnAnswers] = lambda: NO_ANSWERS,
        meter_of: Callable[[str], Meter] = Meter,
    ) -> None:
        self._watched = watched
        self._answers = answers
        self._meter_of = meter_of
        self._answered = NO_ANSWERS
        self._imports = imports
        self._now = now
        self._lock = asyncio.Lock()
        self._files: dict[Path, _File] = {}
        self._cards: dict[str, _Version] = {}
        self._papers: dict[tuple[PaperKind, str], PaperEntry] = {}
        self._papers_of: dict[tuple[PaperKind, str], list[PaperEntry]] = {}
        self._listed_cards: list[CardSummary | RejectedRecord] = []
        """The cards by id, then the rejected records."""

    # -- the port --------------------------------------------------------------------------------------

    def writable(self, card_id: str) -> bool:  # noqa: ARG002 - the port's form
        """Return False: no FLEX ID is written back to a file."""
        return False

    def place(self, card_id: str) -> str:
        """Return the file and the line of a card that was read, or "the import of card …"."""
        return _place(card_id, self._cards[card_id])

    async def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        """Yield the cards by id, then the rejected records. Raises `Unreachable` if a folder can't be read."""
        await self.refresh()
        listed = self._listed_cards
        for start in range(0, len(listed), PAGE_SIZE):
            yield listed[start : start + PAGE_SIZE]

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        """Return a card and its further fields. Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`."""
        await self.refresh()
        version = self._cards.get(card_id)
        if version is None:
            raise DeskError("unknown-card", f"The files hold no card {card_id}.")
        card, extras = await asyncio.to_thread(_read, card_id, version)
        return self._with_fact_find(card), extras

    def _with_fact_find(self, card: Card) -> Card:
        """Return a card with the mark of its Fact Find, if the files hold one and the card does not name it."""
        held = self._of_card(PaperKind.FACT_FIND, card.id)
        if not held or card.fact_find is not None:
            return card
        fact_find = fact_find_of(held[-1])
        mark = FactFindMark(fact_find.id, fact_find.state, fact_find.flex_integrated)
        return replace(card, fact_find=mark)

    def _with_fact_find_listed(self, summary: CardSummary) -> CardSummary:
        """Return a card of the list with what the files' own Fact Finds say, as `_with_fact_find`."""
        held = self._of_card(PaperKind.FACT_FIND, summary.id)
        if not held or summary.flex_integrated is not None:
            return summary
        return replace(summary, flex_integrated=fact_find_of(held[-1]).flex_integrated)

    async def person(self, person_id: str) -> HeldPerson:
        """Return a person of any card, from a card that has a FLEX ID for the person if there is one.

        Raises `DeskError` (unknown-person), `Unreachable`.
        """
        await self.refresh()
        return await asyncio.to_thread(self._person, person_id)

    def _person(self, person_id: str) -> HeldPerson:
        found: HeldPerson | None = None
        for card_id, version in self._cards.items():
            try:
                card, _ = _read(card_id, version)
            except BadRecord:
                continue
            for applicant in card.people:
                person = applicant.contact
                if person.id == person_id and (found is None or person.flex_id):
                    found = HeldPerson(person, _place(card_id, version), writable=False)
                if found is not None and found.person.flex_id:
                    return found
        if found is None:
            raise DeskError("unknown-person", f"The files hold no person {person_id}.")
        return found

    # -- notes and Fact Finds --------------------------------------------------------------------------

    async def notes(self, card_id: str) -> list[Note | RejectedRecord]:
        """Return the notes of a card in the files, the oldest first. Raises `Unreachable`."""
        await self.refresh()
        notes = [note_of(paper) for paper in self._of_card(PaperKind.NOTE, card_id)]
        return [*sorted(notes, key=_moment_of)]

    async def note(self, note_id: str) -> Note:
        """Return a note. Raises `DeskError` (unknown-note), `Unreachable`."""
        return note_of(await self._paper(PaperKind.NOTE, note_id, "note"))

    async def attachment(self, attachment_id: str) -> bytes:
        """Raise `DeskError` (unknown-attachment): a file of notes names the files of a note and does not hold them."""
        raise DeskError("unknown-attachment", f"The files hold no attachment {attachment_id}.")

    async def fact_find(self, fact_find_id: str) -> FactFind:
        """Return a Fact Find. Raises `DeskError` (unknown-fact-find), `Unreachable`."""
        return fact_find_of(await self._paper(PaperKind.FACT_FIND, fact_find_id, "Fact Find"))

    async def _paper(self, kind: PaperKind, paper_id: str, words: str) -> PaperEntry:
        await self.refresh()
        paper = self._papers.get((kind, paper_id))
        if paper is None:
            raise DeskError(f"unknown-{kind}", f"The files hold no {words} {paper_id}.")
        return paper

    def _of_card(self, kind: PaperKind, card_id: str) -> list[PaperEntry]:
        """Return what belongs to a card, in the order of the files and lines."""
        return self._papers_of.get((kind, card_id), [])

    # -- reading ---------------------------------------------------------------------------------------

    async def refresh(self) -> None:
        """Read the files that changed. Raises `Unreachable` if a folder can't be read."""
        async with self._lock:
            await asyncio.to_thread(self._refresh)

    def _refresh(self) -> None:
        with without_collecting():
            self._read_changed()

    async def has(self, card_id: str) -> bool:
        """Return True if a card is in the files, good or bad. Raises `Unreachable`."""
        await self.refresh()
        return card_id in self._cards

    def where(self, card_id: str) -> str:
        """Return the file and line of a card's newest version, as of the last reading."""
        version = self._cards[card_id]
        return f"{version.file.path.name}:{version.held.line}"

    def _read_changed(self) -> None:
        found: dict[Path, _File] = {}
        aside: list[RejectedRecord] = []
        answers = self._answers()
        if answers != self._answered:
            self._answered, self._files = answers, {}
        for path, status in (
            *self._listed(self._watched, must=True),
            *self._listed(self._imports, must=False),
        ):
            if path.suffix.casefold() in ENDINGS:
                found[path] = self._file(path, status)
            elif path.suffix.casefold() in ALMOST:
                aside.append(_aside(path.name, "the file", "it is not read: save it as .xlsx, .csv or .json"))
        same = found.keys() == self._files.keys() and all(self._files[path] is found[path] for path in found)
        self._files = found
        if same:
            return
        files = sorted(found.values(), key=lambda file: (file.moment, file.path.name))
        self._cards = _newest(files)
        self._papers = {paper.key: paper for file in files for paper in file.reading.papers}
        self._papers_of = {}
        for paper in self._papers.values():
            self._papers_of.setdefault((paper.kind, paper.card_id), []).append(paper)
        listed: list[CardSummary | RejectedRecord] = [
            self._with_fact_find_listed(version.held.summary)
            if isinstance(version.held, CardEntry)
            else _aside_of(version.held, version.file)
            for _, version in sorted(self._cards.items(), key=itemgetter(0))
        ]
        self._listed_cards = [*listed, *aside, *(record for file in files for record in _asides(file))]

    def _listed(self, folder: Path | None, *, must: bool) -> list[tuple[Path, os.stat_result]]:
        if folder is None or not (must or folder.is_dir()):
            return []
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries if not entry.name.startswith((".", "~$")))
        except OSError as error:
            raise Unreachable(
                "no-folder",
                f"The folder of cards, {folder}, can't be read: {why_failed(error)}.",
                config="config.toml",
            ) from None
        listed: list[tuple[Path, os.stat_result]] = []
        for name in names:
            try:
                status = (folder / name).stat()
            except OSError:
                continue  # the file was removed after the listing, or it is a broken link
            if stat.S_ISREG(status.st_mode):
                listed.append((folder / name, status))
        return listed

    def _file(self, path: Path, status: os.stat_result) -> _File:
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        before = self._files.get(path)
        if before is not None and before.settled and before.stamp == stamp:
            return before
        named = IMPORTED.fullmatch(path.name)
        moment = int(named[1]) / 1000 if named else status.st_mtime
        settled = abs(self._now() - status.st_mtime) > FRESH
        try:
            data = read_bytes(path)
            cut = None
            if not settled and path.suffix.casefold() in TEXT_TABLES:
                data, cut = without_unfinished_line(data)
            reading = not_ahead(
                read_export(path, data, self._answered, self._meter_of(path.name)), self._now()
            )
        except UsageError as error:
            return _File(path, stamp, moment, settled, trouble=error.message)
        if cut is not None:
            torn = RejectedLine(cut, None, "the row", "its line has no end")
            reading = replace(reading, torn=torn)
        return _File(path, stamp, moment, settled, reading)


def _place(card_id: str, version: _Version) -> str:
    if IMPORTED.fullmatch(version.file.path.name):
        return f"the import of card {card_id}"
    return f"line {version.held.line} of {version.file.path.name}"


def _read(card_id: str, version: _Version) -> tuple[Card, tuple[Extra, ...]]:
    """Read a card from its file, blocking. Raises `BadRecord`, `Unreachable`."""
    if isinstance(version.held, RejectedLine):
        raise BadRecord(_aside_of(version.held, version.file))
    card, extras = card_of(_json(version.file.path, version.held))
    if card.id != card_id:
        raise Unreachable(
            "file-changed", f"{version.file.path.name} changed while {card_id} was read from it."
        )
    if IMPORTED.fullmatch(version.file.path.name):  # an earlier version numbered people by their rows
        derived = with_derived_ids(card)
        if _people_of(derived) < _people_of(card):
            raise BadRecord(_aside_of(_cannot_tell(version.held.line, card_id), version.file))
        card = derived
    return card, extras


def _json(path: Path, entry: CardEntry) -> bytes:
    if entry.held is not None:
        return entry.held
    try:
        with path.open("rb") as file:
            file.seek(entry.start)
            return file.read(entry.size)
    except OSError as error:
        raise Unreachable("file-changed", f"{path.name} can't be read: {why_failed(error)}.") from None


def _newest(files: list[_File]) -> dict[str, _Version]:
    """Return each card's newest version by the card's id. `files` are in order from the oldest to the newest.

    If one version of a card has an `updated_at` that can't be used, the newest file counts for that card.
    """
    unclear = {entry.summary.id for file in files for entry in file.reading.entries if entry.unclear}
    best: dict[str, tuple[float, _Version]] = {}
    for file in files:
        for card_id, entry in file.reading.newest(file.moment).items():
            updated = entry.updated if isinstance(entry, CardEntry) and card_id not in unclear else None
            at = file.moment if updated is None else updated
            if card_id not in best or best[card_id][0] <= at:
                best[card_id] = (at, _Version(file, entry))
    return {card_id: version for card_id, (_, version) in best.items()}


def _asides(file: _File) -> list[RejectedRecord]:
    """Return the rejected lines of a file that can't be assigned to a card, or the trouble with the whole file.

    A doubt about the values of a file that was read is among them, because no other list of the board would show it. So
    are moments of change that can't be read.
    """
    if file.trouble:
        return [_aside(file.path.name, "the file", file.trouble)]
    torn = () if file.reading.torn is None else (file.reading.torn,)
    unclear = unclear_moments(file.reading.entries)
    asides = [_aside(file.path.name, UPDATED, reason.removeprefix(f"{UPDATED}: ")) for reason in unclear]
    doubts = [
        _aside(file.path.name, "the file", f"it was read, but {doubt}") for doubt in file.reading.doubts
    ]
    strays = [misfit for misfit in (*file.reading.misfits, *torn) if misfit.card_id is None]
    return doubts + asides + [_stray(lines, file) for lines in kinds_of(strays)]


def _stray(lines: Sequence[RejectedLine], file: _File) -> RejectedRecord:
    """Return one kind of trouble with lines that belong to no card."""
    if len(lines) == 1:
        return _aside_of(lines[0], file)
    field = lines[0].field
    return _aside(
        file.path.name, field, how_many_values(field, [line.line for line in lines], shared_reason(lines))
    )


def _moment_of(note: Note) -> float:
    """Return when a note was written, in seconds since 1970; a time without a zone counts as UTC. 0 for no time."""
    at = note.created_at
    return 0.0 if at is None else (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _people_of(card: Card) -> int:
    return len({applicant.contact.id for applicant in card.people})


def _cannot_tell(line: int, card_id: str) -> RejectedLine:
    reason = "two people have one name and one birth date, or none: import the card again with a person_id for each"
    return RejectedLine(line, None, "person_id", reason, card_id)


def _aside_of(misfit: RejectedLine, file: _File) -> RejectedRecord:
    """Return a rejected line as the board lists it, with its file, line and column."""
    place = f"{file.path.name}:{misfit.line}"
    column = "" if misfit.column is None else f", column {misfit.column}"
    torn = misfit is file.reading.torn
    reason = "it is still being written; it is read next time" if torn else misfit.reason
    if file.reading.columns is not None and misfit.field in file.reading.columns.missing:
        reason += "; brokerdesk import asks which one it is"
    return _aside(misfit.card_id or place, misfit.field, f"{reason} ({place}{column})")


def _aside(record: str, field: str, reason: str) -> RejectedRecord:
    return RejectedRecord(SYSTEM, record, field, reason)
