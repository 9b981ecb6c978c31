"""Keeps the last reconciliation: a private file next to the book, with ids and names of fields, never a value."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from core.decoding.typed_json import decode_json
from core.reconcile.model import KeptReconciliation
from data.private_files import replaced_file

NAME: Final = "reconcile.json"


class ReconciliationFile:
    """The last reconciliation of the book in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def read(self) -> KeptReconciliation:
        """Return what is kept; nothing if there is no file, or one of another version."""
        try:
            return decode_json(self._path.read_bytes(), KeptReconciliation)
        except (OSError, ValueError):
            return KeptReconciliation()

    def keep(self, kept: KeptReconciliation) -> None:
        """Replace what is kept. Raises `OSError`."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replaced_file(self._path) as file:
            file.write(msgspec.json.encode(kept))
