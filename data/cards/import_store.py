"""What was imported: a private folder of JSON Lines, a file for each import that brought something new.

An import keeps the cards that are new or differ from what was imported last; the same file again leaves nothing, and
no file is ever rewritten. The newest import of a card wins over older ones, so `updated_at`, the source's own
bookkeeping, is not kept: an import by hand counts from when it was made. To take one back, remove its file.
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

from core.errors import BookClosed, UsageError
from data.book.disk import Disk, RealDisk, replace
from data.cards.folder import IMPORTED
from data.cards.read_file import read_bytes, read_export
from data.cards.reading import CardEntry, CardsReading, RejectedLine


class StoredCards(Struct, frozen=True):
    """What an import did, in cards: new ones, others than before, and the same as before."""

    imported: int = 0
    changed: int = 0
    unchanged: int = 0


class Import(Struct, frozen=True):
    """A file that was read, not yet kept. `older` counts lines that a later version in the same file replaces."""

    folder: Path
    lines: dict[str, bytes]
    set_aside: tuple[RejectedLine, ...]
    older: int
    named: int
    disk: Disk
    now: Callable[[], float]

    def keep(self) -> StoredCards:
        """Keep what is new or differs, whole and durable or not at all. Raises `BookClosed`."""
        try:
            held = _held(self.folder, self.disk)
            new = [line for card_id, line in self.lines.items() if card_id not in held]
            changed = [line for card_id, line in self.lines.items() if held.get(card_id, line) != line]
            if new or changed:
                self.disk.make_folder(self.folder)
                replace(
                    self.disk, self.folder / self._name(), b"".join(line + b"\n" for line in new + changed)
                )
        except OSError as error:
            raise BookClosed(
                "cards-not-kept",
                f"The cards can't be kept in {self.folder}: {error.strerror or type(error).__name__}.",
            ) from None
        return StoredCards(len(new), len(changed), len(self.lines) - len(new) - len(changed))

    def _name(self) -> str:
        latest = max(
            (int(name[1]) for name in map(IMPORTED.fullmatch, self.disk.names(self.folder)) if name),
            default=0,
        )
        moment = max(int(self.now() * 1000), latest + 1)
        return f"import-{moment:013d}-{secrets.token_hex(3)}.jsonl"


def read_import(
    file: Path, folder: Path, disk: Disk | None = None, now: Callable[[], float] = time.time
) -> Import:
    """Read a file that is to be imported into a folder. Raises `UsageError` where it can't be read."""
    data = read_bytes(file)
    reading = read_export(file, data)
    lines = {
        card_id: canonical(json.loads(entry.json(data).decode("utf-8")))
        for card_id, entry in reading.newest(now()).items()
        if isinstance(entry, CardEntry)
    }
    older = len(reading.entries) - len(lines)
    return Import(folder, lines, _set_aside(reading), older, reading.named, disk or RealDisk(), now)


def has_imports(folder: Path) -> bool:
    """Say whether anything was imported into a folder."""
    return any(IMPORTED.fullmatch(name) for name in RealDisk().names(folder))


def lines_of(folder: Path, card_id: str, disk: Disk | None = None) -> int:
    """Say in how many lines of what was imported into a folder a card stands."""
    disk = disk or RealDisk()
    names = filter(IMPORTED.fullmatch, disk.names(folder))
    return sum(_id_of(line) == card_id for name in names for line in disk.read(folder / name).splitlines())


def forget_card(folder: Path, card_id: str, disk: Disk | None = None) -> None:
    """Take a card's lines out of what was imported into a folder. Raises `UsageError` where that can't be written."""
    disk = disk or RealDisk()
    try:
        for name in sorted(filter(IMPORTED.fullmatch, disk.names(folder))):
            lines = disk.read(folder / name).splitlines(keepends=True)
            left = [line for line in lines if _id_of(line) != card_id]
            if len(left) < len(lines):
                replace(disk, folder / name, b"".join(left))
    except OSError as error:
        raise UsageError(
            "unwritable-file",
            f"The imported cards in {folder} can't be changed: {error.strerror or type(error).__name__}.",
            when="cards are forgotten",
        ) from None


def canonical(raw: dict[str, Any]) -> bytes:
    """Give a card's JSON in one form, so that equal cards are equal bytes; without the source's own bookkeeping."""
    kept = {key: value for key, value in raw.items() if key != "updated_at"}
    return json.dumps(kept, sort_keys=True, separators=(",", ":")).encode("ascii")


class _Named(Struct):
    id: str


_NAMED: Final = msgspec.json.Decoder(_Named)


def _id_of(line: bytes) -> str:
    """Give the id of a card's line; "" where it is none of ours: it is set aside where the cards are listed."""
    try:
        return _NAMED.decode(line).id
    except msgspec.MsgspecError:
        pass  # half a character, perhaps
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    return raw["id"] if isinstance(raw, dict) and isinstance(raw.get("id"), str) else ""


def _held(folder: Path, disk: Disk) -> dict[str, bytes]:
    """Give the lines that are held of each card, the newest import's."""
    held: dict[str, bytes] = {}
    for name in sorted(filter(IMPORTED.fullmatch, disk.names(folder))):
        for line in disk.read(folder / name).splitlines():
            if card_id := _id_of(line):
                held[card_id] = line
    return held


def _set_aside(reading: CardsReading) -> tuple[RejectedLine, ...]:
    torn = () if reading.torn is None else (reading.torn,)
    return tuple(sorted((*reading.misfits, *torn), key=lambda one: (one.line, one.column or 0)))
