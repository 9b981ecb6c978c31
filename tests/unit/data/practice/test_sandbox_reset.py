"""A new beginning of the sandbox: what goes, what stays, and that nothing goes while somebody uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from core.errors import DeskError, UsageError
from data.book.lock import Lock
from data.practice import reset
from data.practice.reset import reset_practice
from data.sandbox.users import SandboxUse
from data.settings import Settings, load_settings

NOW = 1_800_000_000.0
GOES = (
    *("book.log", "book.log.bak", "book.key", "kept/draft", "archive/2027-01.log", "receipts/r.html"),
    *("inbox/events.log", "contacts/simplenexus.copy", "cards/import.jsonl", "reconcile.json", "watch.json"),
    *("token-1.json", "systems/sandbox.sqlite", "systems/sandbox.sqlite-wal"),
)
STAYS = ("map.toml", "sending-is-stopped", "notes-of-mine.txt", "systems/mine.txt")


@pytest.fixture
def practice(tmp_path: Path) -> Settings:
    """A home with a sandbox that was used, a profile with a book of its own, and a configuration."""
    for name in (*GOES, *STAYS):
        _write(tmp_path / "sandbox" / name)
    for name in ("book.log", "book.key", "kept/draft", "receipts/r.html"):
        _write(tmp_path / "real" / name)
    (tmp_path / "config.toml").write_text("[profiles.real]\n", "utf-8")
    return load_settings(tmp_path, None)


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x", "utf-8")


def _files(folder: Path) -> set[str]:
    locks = ("lock", "book.lock", "book.lock.by")
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in locks
    }


def test_records_and_practice_book_go_and_everything_else_stays(practice: Settings) -> None:
    real = _files(practice.home / "real")
    reset_practice(practice, NOW)
    assert _files(practice.folder) == set(STAYS)
    assert _files(practice.home / "real") == real
    assert (practice.home / "config.toml").exists()


def test_a_home_without_a_sandbox_has_nothing_to_reset(tmp_path: Path) -> None:
    reset_practice(load_settings(tmp_path, None), NOW)
    assert list(tmp_path.iterdir()) == []


def test_another_profile_is_never_reset(practice: Settings) -> None:
    before = _files(practice.home)
    with pytest.raises(UsageError) as caught:
        reset_practice(load_settings(practice.home, "real"), NOW)
    assert caught.value.code == "not-sandbox"
    assert _files(practice.home) == before


def test_a_link_in_the_folder_is_removed_and_not_followed(practice: Settings, tmp_path: Path) -> None:
    (practice.folder / "receipts" / "r.html").unlink()
    (practice.folder / "receipts").rmdir()
    (practice.folder / "receipts").symlink_to(tmp_path / "real")
    reset_practice(practice, NOW)
    assert not (practice.folder / "receipts").is_symlink()
    assert (tmp_path / "real" / "book.log").exists()


def test_nothing_goes_while_the_sandbox_runs(practice: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reset, "ENDS_WITHIN", 0.0)
    before = _files(practice.home)
    with FileLock(practice.folder / "systems" / "lock"):
        _refused(practice)
    assert _files(practice.home) == before


def test_a_sandbox_that_is_ending_is_waited_for(practice: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lock falls while the reset waits: whoever had the sandbox was killed, or has just ended."""
    held = FileLock(practice.folder / "systems" / "lock", thread_local=False)
    held.acquire()

    class EndsMeanwhile(FileLock):
        def acquire(self, timeout: float | None = None, **more: Any) -> Any:
            if timeout:
                held.release()
            return super().acquire(timeout, **more)

    monkeypatch.setattr(reset, "FileLock", EndsMeanwhile)
    reset_practice(practice, NOW)
    assert _files(practice.folder) == set(STAYS)


def test_nothing_goes_while_another_process_is_about_to_use_the_sandbox(practice: Settings) -> None:
    before = _files(practice.home)
    use = SandboxUse(practice.folder / "systems")
    use.begin()
    try:
        _refused(practice)
    finally:
        use.end()
    assert _files(practice.home) == before


def test_nothing_goes_while_the_book_is_open_for_writing(practice: Settings) -> None:
    before = _files(practice.home)
    lock = Lock(practice.folder / "book.lock")
    assert lock.take("m.hale", NOW)
    try:
        _refused(practice)
    finally:
        lock.release()
    assert _files(practice.home) == before


def _refused(settings: Settings) -> None:
    with pytest.raises(DeskError) as caught:
        reset_practice(settings, NOW)
    assert caught.value.code == "sandbox-in-use"
