"""Where brokerdesk itself failed last, kept in the home for the support bundle: places in the code, never a value."""

from __future__ import annotations

import json
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from core.version import VERSION
from data.private_files import replaced_file

FILE: Final = "failures.json"
KEPT: Final = 5
"""How many of the last failures are kept."""


def keep_failure(home: Path, error: BaseException, at: float) -> None:
    """Keep where an error was raised, at a time in seconds since 1970, UTC.

    The words of an error may be a client's data: only its type and the places in the code are kept. A disk that refuses
    is passed over, because the failure itself is told anyway.
    """
    told = {"at": at, "brokerdesk": VERSION, "errors": [_described(each) for each in _chain(error)]}
    with suppress(OSError), replaced_file(home / FILE) as file:
        file.write(json.dumps([*failures_told(home), told][-KEPT:], indent=1).encode())


def failures_told(home: Path) -> list[dict[str, Any]]:
    """Return the last failures, the newest last; none if there is no file, or if it can't be read."""
    try:
        told = json.loads((home / FILE).read_bytes())
    except (OSError, ValueError):
        return []
    return told if isinstance(told, list) else []


def _described(error: BaseException) -> dict[str, Any]:
    frames = traceback.walk_tb(error.__traceback__)
    return {
        "type": type(error).__qualname__,
        "places": [
            f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}" for frame, line in frames
        ],
    }


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error, those that it was raised from or after, and those of a group."""
    found: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        each = todo.pop()
        if each is None or any(each is one for one in found):
            continue
        found.append(each)
        todo += [each.__context__, each.__cause__]
        if isinstance(each, BaseExceptionGroup):
            todo += reversed(each.exceptions)
    return found
