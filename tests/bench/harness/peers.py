"""The peers: other programs and libraries, each in an environment of its own, pinned and checked by hash.

The environments are made in `.bench/` when a part first asks for one. What can't be installed is not measured.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tests.support.fork_server import ROOT

CACHE: Final = ROOT / ".bench"
REQUIREMENTS: Final = ROOT / "requirements" / "peers"
INSTALL_WITHIN: Final = 900.0
"""Seconds that an installation may take."""

Call = Callable[[Sequence[str]], str]
"""Runs a command. Returns "" if it ended with 0, else a line that says why not."""


class PeerMissing(Exception):
    """A peer that can't be measured. The text says why."""


def call(command: Sequence[str]) -> str:
    """Run a command, and return its last line on stderr if it failed."""
    try:
        done = subprocess.run(
            list(command), capture_output=True, text=True, check=False, timeout=INSTALL_WITHIN
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}: {error}"[:300]
    words = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
    return words[-1][:300] if done.returncode else ""


def python_of(peer: str, cache: Path = CACHE, run: Call = call) -> Path:
    """Return the Python of a peer's environment, which is made if it is not there or is out of date.

    `peer` is the name of a file in requirements/peers. Raises PeerMissing.
    """
    listed = REQUIREMENTS / f"{peer}.txt"
    wanted = hashlib.sha256(listed.read_bytes() + sys.version.encode()).hexdigest()
    home = cache / peer
    python, stamp = home / "bin" / "python", home / "installed"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return python
    shutil.rmtree(home, ignore_errors=True)
    base = str(getattr(sys, "_base_executable", sys.executable))  # pip is there, and not in the environment
    pip = [base, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [base, "-m", "venv", "--without-pip", str(home)],
        [*pip, "--no-input", "--prefer-binary", "--require-hashes", "-r", str(listed)],
    ):
        if wrong := run(command):
            raise PeerMissing(f"not installed: {wrong}")
    run(
        [str(python), "-m", "compileall", "-q", str(home / "lib")]
    )  # a file for another Python may not compile
    stamp.write_text(wanted, "utf-8")
    return python


def versions(peer: str, names: Sequence[str], cache: Path = CACHE) -> dict[str, str]:
    """Return the versions of some packages in a peer's environment; none if there is no such environment."""
    python = cache / peer / "bin" / "python"
    if not python.exists():
        return {}
    program = (
        f"from importlib.metadata import version\nfor name in {list(names)!r}: print(name, version(name))"
    )
    done = subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=False)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())
