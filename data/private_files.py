"""The one way to write a file that only its owner may read: whole or not at all.

Knows nothing of what is written, and nothing of the desk. Errors are plain `OSError`s: the caller knows what to advise.
The book has a port of its own for its files (`data.book.disk`), because its promises hold at every single step.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from data.platform.files import open_private, replace_file, sync_file


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
        replace_file(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file to write to. An exception in the block removes the file again.

    Raises `OSError`: `FileExistsError` if there is a file, or a link, of that name.
    """
    handle = open_private(path, os.O_EXCL)
    try:
        with open(handle, "wb") as file:
            yield file
            file.flush()
            sync_file(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
