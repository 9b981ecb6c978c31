"""Looks for secrets in the tree, and for dependencies that are not exactly the ones that were pinned: `make check`.

Needs no network. What advisories say of the pinned versions needs one: `make audit`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker

from tests.support.fork_server import ROOT

LARGEST = 2_000_000
SECRETS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY" + "-----",
    "a cloud key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a code host's token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|glpat-[A-Za-z0-9_-]{20,})",
    "a chat's token": r"\bxox[abposr]-[A-Za-z0-9-]{10,}",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{12,}\.eyJ[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{12,}",
    "a password in an address": r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'{}<>]+:[^\s/:@\"'{}<>]{3,}@",
    "a long secret": r"(?i)\b[a-z_]*(?:secret|passw(?:or)?d|api_?key|token)\b[\"']?\s*[:=]\s*[\"'](?=[^\"']*\d)"
    r"(?=[^\"']*[A-Za-z])[A-Za-z0-9+/_=.-]{20,}[\"']",
}
MARKS = {
    "a private key": ("private key",),
    "a cloud key": ("akia", "asia"),
    "a code host's token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-"),
    "a chat's token": ("xox",),
    "a signed token": ("eyj",),
    "a password in an address": ("://",),
    "a long secret": ("secret", "passw", "apikey", "api_key", "token"),
}
"""In small letters, what a text of each kind has: a text with none of it is not searched, which takes longer."""
ALLOWED = {
    ("tests/journeys/test_going_live.py", "a long secret"): "planted, to see that it does not get out",
}
"""What looks like a secret and is none, by file and kind, with the reason."""
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;([^\\]*))?\s*\\?$")
_UNPINNED = {"brokerdesk", "pip", "setuptools"}
"""What an environment holds besides: the project itself, and what the environment came with."""


def tree(root: Path = ROOT) -> list[Path]:
    """Give the files of a checkout: what git tracks, and what it neither tracks nor ignores."""
    said = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
    )
    return [root / name for name in said.stdout.decode().split("\0") if name]


def secrets(files: Iterable[Path], root: Path = ROOT) -> Iterator[str]:
    """Say where something looks like a secret, without repeating it."""
    for file in files:
        if not file.is_file() or file.is_symlink() or file.stat().st_size > LARGEST:
            continue
        place = file.relative_to(root).as_posix()
        text = file.read_bytes().decode("utf-8", "replace")
        kinds = [kind for kind in _possible(text) if (place, kind) not in ALLOWED]
        for number, line in enumerate(text.splitlines() if kinds else (), 1):
            for kind in _possible(line, kinds):
                if re.search(SECRETS[kind], line):
                    yield f"{place}:{number}: {kind}"


def _possible(text: str, kinds: Iterable[str] = tuple(SECRETS)) -> list[str]:
    small = text.lower()
    return [kind for kind in kinds if any(mark in small for mark in MARKS[kind])]


def pins(file: Path) -> tuple[dict[str, str], list[str]]:
    """Read a requirements file: version by name, and what is not pinned, not hashed, or from elsewhere.

    Of a dependency with several versions, that of this Python and this system counts.
    """
    found: dict[str, str] = {}
    wrong: list[str] = []
    blocks = re.split(r"\n(?=\S)", file.read_text("utf-8").strip())
    for block in blocks:
        head, *rest = block.splitlines()
        pinned = _PINNED.match(head)
        if pinned is None:
            wrong.append(f"{file.name}: {head[:60]!r} is not pinned to one version")
        elif not rest or not all(re.fullmatch(r"\s+--hash=sha256:[0-9a-f]{64}\s*\\?", line) for line in rest):
            wrong.append(f"{file.name}: {pinned[1]} has no hashes, or more than hashes")
        elif not pinned[3] or Marker(pinned[3]).evaluate():
            found[_plain(pinned[1])] = pinned[2]
    return found, wrong


def dependencies(root: Path = ROOT) -> Iterator[str]:
    """Say what of the dependencies is not pinned, not hashed, or installed in another version than pinned."""
    run, wrong = pins(root / "requirements" / "run.txt")
    dev, more = pins(root / "requirements" / "dev.txt")
    yield from [*wrong, *more]
    for file in sorted((root / "requirements").rglob("*.txt")):
        if file.name not in ("run.txt", "dev.txt"):
            yield from pins(file)[1]
    yield from (
        f"{name} is {dev.get(name)} in dev.txt, {run[name]} in run.txt"
        for name in run
        if dev.get(name) != run[name]
    )
    declared = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    for one in declared:
        needed, _, marker = one.partition(";")
        if marker and not Marker(marker).evaluate():
            continue
        name = _plain(re.split(r"[^A-Za-z0-9._-]", needed)[0])
        if name not in run:
            yield f"{name} is declared and not in run.txt"
    for one in metadata.distributions():
        name = _plain(one.name)
        if name not in _UNPINNED and dev.get(name) != one.version:
            yield f"{name} {one.version} is installed; pinned is {dev.get(name, 'none')}"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).casefold()


if __name__ == "__main__":
    wrong = [*secrets(tree()), *dependencies()]
    print("\n".join(wrong) or "no secrets; every dependency is the pinned one")
    sys.exit(bool(wrong))
