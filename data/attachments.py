"""Reads the files that a person attaches to a note that is written here. Knows neither FLEX nor the screen."""

from __future__ import annotations

import mimetypes
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from core.error_words import why_failed
from core.flex.model import WrittenFile
from core.flex.plans.note import LARGEST_FILE, TOO_LARGE
from data.operator_files.paths import expanded_path

_UNKNOWN_TYPE: Final = "application/octet-stream"


def read_attachments(paths: Iterable[str]) -> tuple[WrittenFile, ...]:
    """Read files. What can't be read or is too large has the reason in place of its content; nothing is raised."""
    return tuple(_read(path) for path in paths)


def _read(given: str) -> WrittenFile:
    path = expanded_path(given).absolute()
    content_type = mimetypes.guess_type(path.name)[0] or _UNKNOWN_TYPE
    return WrittenFile(str(path), path.name or given, content_type, _content(path))


def _content(path: Path) -> bytes | str:
    """Return a file's bytes, or the reason why they can't be sent. Only a regular file is opened."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return "it is a folder"
        if not stat.S_ISREG(status.st_mode):
            return "it is not a file"
        if status.st_size > LARGEST_FILE:
            return TOO_LARGE
        return path.read_bytes()
    except FileNotFoundError:
        return "there is no such file"
    except PermissionError:
        return "you may not read it"
    except ValueError:
        return "it can't be read (its name holds what no name can)"
    except OSError as error:
        return f"it can't be read ({why_failed(error)})"
