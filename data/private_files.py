"""The one way to write a file that only its owner may read: whole or not at all, with mode 0600.

Knows nothing of what is written, and nothing of the desk. Errors are plain `OSError`s: the caller knows what to advise.
The book has a port of its own for its files (`data.book.disk`), because its promises hold at every single step.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

FILE_MODE: Final = 0o600
_BINARY: Final[int] = getattr(os, "O_BINARY", 0)
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write to, which takes the place of `path` when the block ends.

    The content is on the disk before the name changes, so a reader sees the old file or the new one, never a part. An
    exception in the block leaves the old file as it was. The file is written under a random name in the same folder:
    two processes never write the same draft, and a link that somebody planted is not followed. Raises `OSError`.
    """
    if path.is_dir():
        raise IsADirectoryError(21, "it is a folder")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with new_file(draft) as file:
        yield file
    try:
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file to write to. An exception in the block removes the file again.

    Raises `OSError`: `FileExistsError` if there is a file, or a link, of that name.
    """
    handle = os.open(path, _NEW_FILE, FILE_MODE)
    try:
        with open(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
