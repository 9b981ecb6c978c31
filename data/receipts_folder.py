"""The folder of a desk's receipts: private files in a private folder, each written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from core.error_words import why_failed
from core.errors import DeskError
from data.platform.files import sync_folder
from data.private_files import replaced_file

_FOLDER_MODE: Final = 0o700


class PrivateFolder:
    """Honours `core.receipts.ports.ReceiptFolder`. The folder is made at the first write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, content: bytes) -> None:
        """Write a file durably, in the place of an older one. Raises `DeskError` (receipts-folder)."""
        try:
            self._folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            if self._folder.stat().st_mode & 0o777 != _FOLDER_MODE:
                self._folder.chmod(_FOLDER_MODE)
            with replaced_file(self._folder / name) as file:
                file.write(content)
            sync_folder(self._folder)
        except OSError as error:
            raise self._wrong(error) from None

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if there is none. Raises `DeskError` (receipts-folder)."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._wrong(error) from None

    def names(self) -> list[str]:
        """Return the names of the files, sorted, without drafts. Raises `DeskError` (receipts-folder)."""
        try:
            return sorted(name for name in os.listdir(self._folder) if not name.startswith("."))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._wrong(error) from None

    def remove(self, name: str) -> None:
        """Remove a file, if there is one. Raises `DeskError` (receipts-folder)."""
        try:
            (self._folder / name).unlink(missing_ok=True)
            sync_folder(self._folder)
        except OSError as error:
            raise self._wrong(error) from None

    def place(self, name: str) -> str:
        """Return the path of a file."""
        return str(self._folder / name)

    def _wrong(self, error: OSError) -> DeskError:
        said = why_failed(error)
        return DeskError("receipts-folder", f"The folder {self._folder} can't be used: {said}.")
