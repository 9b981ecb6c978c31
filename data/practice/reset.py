"""A new beginning for the built-in sandbox: its records and its practice book go. Other profiles are never touched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from core.error_words import why_failed
from core.errors import DeskError, UsageError
from data.book.lock import Lock
from data.sandbox.users import is_used
from data.settings import Settings, sandbox_state

GOES: Final = (
    *("book.log", "book.log.bak", "book.key", "kept", "archive", "receipts", "inbox", "contacts"),
    *("cards", "reconcile.json", "watch.json", "token-*.json"),
)
"""What a reset removes from the profile's folder. Everything else stays: the operator's own maps, remembered columns, a
stop of all sending, and files that somebody put there."""
RECORDS: Final = "sandbox.sqlite*"
ENDS_WITHIN: Final = 5.0
"""Seconds for which a sandbox that nobody is seen to use is waited for: the process that had it may just have ended."""


def check_practice(settings: Settings) -> None:
    """Raise `UsageError` (not-sandbox) unless the profile is the built-in sandbox."""
    if not settings.embedded:
        raise UsageError(
            "not-sandbox", f"Profile “{settings.name}” is not the sandbox: this is possible only there."
        )


def reset_practice(settings: Settings, now: float) -> None:
    """Remove the sandbox's records and the practice book. The next start seeds the first records. Blocks.

    `now` is seconds since 1970. Raises `UsageError` (not-sandbox), and `DeskError` (sandbox-in-use) while an app, a
    command or a watch uses either. Nothing is removed then. A sandbox that is ending is waited for.
    """
    check_practice(settings)
    state = sandbox_state(settings.home)
    with ExitStack() as stack:
        if settings.folder.exists():
            stack.enter_context(_book_held(settings, now))
        if state.exists():
            stack.enter_context(_sandbox_held(state))
        try:
            _remove(state, (RECORDS,))
            _remove(settings.folder, GOES)
        except OSError as error:
            raise DeskError(
                "not-reset", f"A part of {settings.folder} can't be removed: {why_failed(error)}."
            ) from None


def _remove(folder: Path, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        for path in folder.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def _sandbox_held(state: Path) -> Iterator[None]:
    """Hold the sandbox's folder. A sandbox ends with the last process that uses it: that end is waited for."""
    lock = FileLock(state / "lock", mode=0o600, thread_local=False)
    try:
        lock.acquire(timeout=0 if is_used(state) else ENDS_WITHIN)
    except Timeout:
        raise _in_use() from None
    try:
        if is_used(state):
            raise _in_use()
        yield
    finally:
        lock.release()


@contextmanager
def _book_held(settings: Settings, now: float) -> Iterator[None]:
    lock = Lock(settings.folder / "book.lock")
    if not lock.take(settings.operator, now):
        raise _in_use()
    try:
        yield
    finally:
        lock.release()


def _in_use() -> DeskError:
    return DeskError(
        "sandbox-in-use", "Another brokerdesk uses the sandbox of this home; nothing was removed."
    )
