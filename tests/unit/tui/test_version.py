"""The version: the program and the changelog name the same one, and a checkout adds its commit."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.version import VERSION
from tests.support.fork_server import ROOT
from tui.cli.main import main
from tui.cli.parser.checkout import commit_of, program_and_commit

NEWEST = re.compile(r"^## (?P<version>\S+), (?P<when>not released yet|\d{4}-\d\d-\d\d)$", re.MULTILINE)


def agrees(version: str, changelog: str) -> bool:
    """Return True if the first heading names this version, with a date if and only if it is released."""
    newest = NEWEST.search(changelog)
    if newest is None or "\n## " in changelog[: newest.start()]:
        return False
    released = newest["when"] != "not released yet"
    return newest["version"] == version.removesuffix(".dev0") and released is not version.endswith(".dev0")


def test_the_changelog_begins_with_the_version_of_the_program() -> None:
    assert agrees(VERSION, (ROOT / "CHANGELOG.md").read_text("utf-8")), "see docs/release.md"


@pytest.mark.parametrize(
    ("version", "heading", "right"),
    [
        ("1.2.0.dev0", "## 1.2.0, not released yet", True),
        ("1.2.0", "## 1.2.0, 2026-12-01", True),
        ("1.2.0", "## 1.2.0, not released yet", False),
        ("1.2.0.dev0", "## 1.2.0, 2026-12-01", False),
        ("1.3.0.dev0", "## 1.2.0, not released yet", False),
        ("1.2.0", "## Unreleased\n\n## 1.2.0, 2026-12-01", False),
        ("1.2.0", "1.2.0", False),
    ],
)
def test_a_version_that_differs_from_the_changelog_is_noticed(
    version: str, heading: str, right: bool
) -> None:
    assert agrees(version, f"# Changelog\n\nWhat a user notices.\n\n{heading}\n\n- A thing.\n") is right


def test_a_released_version_is_one_that_packages_can_have() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev0)?", VERSION)


def git(folder: Path, *words: str) -> str:
    person = ("-c", "user.name=A", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main")
    said = subprocess.run(["git", *person, *words], cwd=folder, check=True, capture_output=True, text=True)
    return said.stdout.strip()


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD")[:12]


@needs_git
def test_the_commit_of_a_branch_is_found_loose_and_packed(checkout: Path) -> None:
    assert commit_of(checkout) == head(checkout) != ""
    git(checkout, "pack-refs", "--all")
    assert commit_of(checkout) == head(checkout)
    git(checkout, "commit", "-q", "--allow-empty", "-m", "second")
    assert commit_of(checkout) == head(checkout)


@needs_git
def test_the_commit_of_a_detached_head_and_of_a_worktree_is_found(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    git(tmp_path / "other", "commit", "-q", "--allow-empty", "-m", "in the worktree")
    assert commit_of(tmp_path / "other") == head(tmp_path / "other") != head(checkout)
    git(checkout, "checkout", "-q", "--detach")
    assert commit_of(checkout) == head(checkout)


def test_what_is_no_checkout_has_no_commit(tmp_path: Path) -> None:
    assert commit_of(tmp_path) == ""
    assert program_and_commit(tmp_path) == f"brokerdesk {VERSION}"
    (tmp_path / ".git").write_text("gitdir: nowhere")
    assert commit_of(tmp_path) == ""


@needs_git
def test_a_checkout_without_a_commit_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert commit_of(tmp_path) == ""


def test_the_command_line_prints_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"{program_and_commit()}\n"
