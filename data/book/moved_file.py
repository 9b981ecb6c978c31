"""The file next to a book that was moved, or that is a copy which is not finished: nobody writes the book then."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.book.disk import RealDisk, replace

NAME: Final = "book-was-moved"
"""The name of the file. A person who finds it can read where the book is now."""
COPYING: Final = "copying"
"""What the file of an unfinished copy says."""


class MovedFile:
    """The file of the book in `folder`. It stays until the book is moved back."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._disk = RealDisk()

    def read(self) -> str:
        """Return where the book is now, `COPYING`, or "" if the book is here. Raises `OSError`."""
        try:
            return self._path.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""

    def write(self, text: str) -> None:
        """Write the file durably. Raises `OSError`."""
        self._disk.make_folder(self._path.parent)
        replace(self._disk, self._path, f"{text}\n".encode())

    def remove(self) -> None:
        """Remove the file durably. Raises `OSError`."""
        self._path.unlink(missing_ok=True)
        self._disk.sync_folder(self._path.parent)
