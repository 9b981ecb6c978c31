"""The version of brokerdesk for a person: with the commit, if the program runs from a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.version import VERSION

_ROOT: Final = Path(__file__).parents[3]
"""The folder of the packages: the root of a checkout, or `site-packages`."""
_SHOWN: Final = 12
"""Digits of a commit that are shown."""


def program_and_commit(root: Path = _ROOT) -> str:
    """Return the program's name and version, for example `brokerdesk 0.2.0 (commit 7a1e814e1339)`."""
    commit = commit_of(root)
    return f"brokerdesk {VERSION}" + (f" (commit {commit})" if commit else "")


def commit_of(root: Path) -> str:
    """Return the commit that is checked out in `root`, in 12 digits; "" if `root` is no checkout.

    The files of git are read and git is not run: it may be absent, and it costs more than the whole start.
    A worktree has a file `.git` that names its folder, and shares its branches with the first checkout
    (gitrepository-layout(5)). Branches are loose files, or lines of `packed-refs`.
    """
    try:
        git = root / ".git"
        if git.is_file():
            git = root / git.read_text("utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref:"):
            return head[:_SHOWN]
        shared = git / "commondir"
        common = git / shared.read_text("utf-8").strip() if shared.is_file() else git
        return _commit_of_branch(common, head.removeprefix("ref:").strip())[:_SHOWN]
    except (OSError, UnicodeDecodeError):
        return ""


def _commit_of_branch(git: Path, branch: str) -> str:
    loose = git / branch
    if loose.is_file():
        return loose.read_text("utf-8").strip()
    packed = (git / "packed-refs").read_text("utf-8").splitlines()
    return next((line.split()[0] for line in packed if line.endswith(f" {branch}")), "")
