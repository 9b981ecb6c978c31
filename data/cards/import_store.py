"""Imported cards: a private folder of JSON Lines, with a file for each import that brought something new.

An import keeps the cards that are new or that differ from the last import. Importing the same file again keeps nothing,
and only `forget_card` rewrites a file. The newest import of a card wins over older imports. `updated_at` belongs to the
source and is not kept: an import counts from the moment when it was made. To undo an import, remove its file.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.decoding.lenient_json import read_leniently
from core.decoding.typed_json import decoder_of
from core.error_words import why_failed
from core.errors import BookClosed, UsageError
from core.progress import SILENT, Meter
from data.book.disk import Disk, RealDisk, replace
from data.cards.folder import IMPORTED
from data.cards.papers import PaperEntry, PaperKind
from data.cards.read_file import read_export
from data.cards.reading import CardEntry, CardsReading, not_ahead
from data.tables.columns import NO_ANSWERS, ColumnAnswers, ColumnReport
from data.tables.rejected import RejectedLine
from data.tables.source import read_bytes


class StoredCards(Struct, frozen=True):
    """The numbers of cards in an import: new cards, changed cards, and cards that are the same as before.

    `notes` and `fact_finds` are those that are new or changed.
    """

    imported: int = 0
    changed: int = 0
    unchanged: int = 0
    notes: int = 0
    fact_finds: int = 0


class Import(Struct, frozen=True):
    """A file that was read and is not kept yet.

    `lines` are the cards as {card id: JSON}. `older` counts cards that a later version in the same file replaces.
    `named` counts people who had no id. `columns`, `notices`, `refused`, `open_dates` and `papers` are those of the
    reading.
    """

    folder: Path
    lines: dict[str, bytes]
    set_aside: tuple[RejectedLine, ...]
    older: int
    named: int
    disk: Disk
    now: Callable[[], float]
    columns: ColumnReport | None = None
    notices: tuple[str, ...] = ()
    refused: tuple[RejectedLine, ...] = ()
    open_dates: int = 0
    papers: tuple[PaperEntry, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if the file had nothing that can be kept."""
        return not self.lines and not self.papers

    @property
    def notes(self) -> int:
        """The number of notes in the file."""
        return sum(paper.kind is PaperKind.NOTE for paper in self.papers)

    def forecast(self) -> StoredCards:
        """Return what `keep` would count now. Writes nothing. Raises `BookClosed` if the imports can't be read."""
        try:
            return self._compared()[1]
        except OSError as error:
            raise BookClosed(
                "cards-not-kept", f"The imported cards in {self.folder} can't be read: {why_failed(error)}."
            ) from None

    def keep(self) -> StoredCards:
        """Write the new and the changed cards to a file, durably, all or none. Raises `BookClosed`."""
        try:
            lines, numbers = self._compared()
            if lines:
                self.disk.make_folder(self.folder)
                replace(self.disk, self.folder / self._name(), b"".join(line + b"\n" for line in lines))
        except OSError as error:
            raise BookClosed(
                "cards-not-kept",
                f"The cards can't be kept in {self.folder}: {why_failed(error)}.",
            ) from None
        return numbers

    def _compared(self) -> tuple[list[bytes], StoredCards]:
        """Return the lines that no import has or that differ from their last import, and the numbers of them."""
        kept = _held(self.folder, self.disk)
        new = [line for card_id, line in self.lines.items() if ("", card_id) not in kept]
        changed = [line for card_id, line in self.lines.items() if kept.get(("", card_id), line) != line]
        papers = {paper.key: paper for paper in self.papers if kept.get(paper.key) != paper.json}
        lines = [*new, *changed, *(paper.json for paper in papers.values())]
        notes = sum(kind is PaperKind.NOTE for kind, _ in papers)
        unchanged = len(self.lines) - len(new) - len(changed)
        return lines, StoredCards(len(new), len(changed), unchanged, notes, len(papers) - notes)

    def _name(self) -> str:
        latest = max(
            (int(name[1]) for name in map(IMPORTED.fullmatch, self.disk.names(self.folder)) if name),
            default=0,
        )
        moment = max(int(self.now() * 1000), latest + 1)
        return f"import-{moment:013d}-{secrets.token_hex(3)}.jsonl"


def read_import(
    file: Path,
    folder: Path,
    disk: Disk | None = None,
    now: Callable[[], float] = time.time,
    answers: ColumnAnswers = NO_ANSWERS,
    meter: Meter = SILENT,
) -> Import:
    """Read a file for an import into a folder.

    Raises `UsageError` if the file can't be read, and `CutShort` if `meter` is stopped.
    """
    data = read_bytes(file)
    reading = not_ahead(read_export(file, data, answers, meter), now())
    lines = {
        card_id: canonical(read_leniently(entry.json(data).decode("utf-8")))
        for card_id, entry in reading.newest(now()).items()
        if isinstance(entry, CardEntry)
    }
    older = len(reading.entries) - len(lines)
    return Import(
        folder,
        lines,
        _set_aside(reading),
        older,
        reading.named,
        disk or RealDisk(),
        now,
        reading.columns,
        reading.notices,
        reading.refused,
        reading.open_dates,
        reading.papers,
    )


def lines_of(folder: Path, card_id: str, disk: Disk | None = None) -> int:
    """Return the number of lines that the imports in a folder have of a card, its notes and its Fact Finds."""
    disk = disk or RealDisk()
    names = filter(IMPORTED.fullmatch, disk.names(folder))
    return sum(_card_of(line) == card_id for name in names for line in disk.read(folder / name).splitlines())


def forget_card(folder: Path, card_id: str, disk: Disk | None = None) -> None:
    """Remove a card from the imports in a folder, with its notes and its Fact Finds.

    Raises `UsageError` if a file can't be written.
    """
    disk = disk or RealDisk()
    try:
        for name in sorted(filter(IMPORTED.fullmatch, disk.names(folder))):
            lines = disk.read(folder / name).splitlines(keepends=True)
            left = [line for line in lines if _card_of(line) != card_id]
            if len(left) < len(lines):
                replace(disk, folder / name, b"".join(left))
    except OSError as error:
        raise UsageError(
            "unwritable-file",
            f"The imported cards in {folder} can't be changed: {why_failed(error)}.",
            when="cards are forgotten",
        ) from None


def canonical(raw: dict[str, Any]) -> bytes:
    """Return a card's JSON in canonical form, without `updated_at`. Equal cards become equal bytes."""
    kept = {key: value for key, value in raw.items() if key != "updated_at"}
    return json.dumps(kept, sort_keys=True, separators=(",", ":")).encode("ascii")


class _Named(Struct):
    id: str
    card_id: str = ""
    text: str = ""


_NAMED: Final = decoder_of(_Named)


def _named(line: bytes) -> _Named:
    """Return what names the record of a line; an empty id if it has none. The list of cards sets such a line aside."""
    try:
        return _NAMED.decode(line)
    except msgspec.MsgspecError:
        pass  # the line may hold half a character
    try:
        raw = read_leniently(line.decode("utf-8"))
    except ValueError:
        return _Named("")
    if not isinstance(raw, dict):
        return _Named("")
    return _Named(*(str(raw.get(name) or "") for name in _Named.__struct_fields__))


def _card_of(line: bytes) -> str:
    """Return the id of the card that a line is about."""
    named = _named(line)
    return named.card_id or named.id


def _key_of(line: bytes) -> tuple[str, str]:
    """Return what tells the record of a line from others: "" and its id for a card, else the kind and the id."""
    named = _named(line)
    if not named.card_id:
        return "", named.id
    return (PaperKind.NOTE if named.text else PaperKind.FACT_FIND), named.id


def _held(folder: Path, disk: Disk) -> dict[tuple[str, str], bytes]:
    """Return the newest imported line of each record, by what `_key_of` says of it."""
    newest: dict[tuple[str, str], bytes] = {}
    for name in sorted(filter(IMPORTED.fullmatch, disk.names(folder))):
        for line in disk.read(folder / name).splitlines():
            kind, record_id = _key_of(line)
            if record_id:
                newest[kind, record_id] = line
    return newest


def _set_aside(reading: CardsReading) -> tuple[RejectedLine, ...]:
    torn = () if reading.torn is None else (reading.torn,)
    return tuple(sorted((*reading.misfits, *torn), key=lambda misfit: (misfit.line, misfit.column or 0)))
