"""Trials, in a copy of the tree: for each line on stdin a child process that runs a module's tests and schedules.

What has nothing to do with the desk is loaded once, before the children are made.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import httpx  # noqa: F401 - loaded for the children
import msgspec  # noqa: F401
import pytest
import tinydb  # noqa: F401

PUSH = [f"tests/core/test_{name}.py" for name in (
    "engine", "engine_in_doubt", "side_by_side", "decisions", "states", "pace", "compare", "fresh"
)]  # fmt: skip
BOOK = [f"tests/data/book/test_book_{name}.py" for name in (
    "port", "shelf", "thread", "shared", "others", "trouble", "disk", "damage", "kill", "crash", "model"
)]  # fmt: skip
TESTS = {"core/push": PUSH, "data/book": BOOK}
PASSED, FAILED, BROKEN = 0, 1, 2


def judge(file: str, seeds: int) -> int:
    """Run what is near a module: gives `PASSED`, `FAILED` (a test) or `BROKEN` (an invariant, in a schedule)."""
    tests = TESTS[str(Path(file).parent)]
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-header", "--tb=no"]
    if pytest.main([*options, *tests]):
        return FAILED
    from tests.simulation.__main__ import KINDS  # noqa: PLC0415 - loads the desk, which is the mutant
    from tests.simulation.schedule import run_seed  # noqa: PLC0415

    try:
        for kind in KINDS.values():
            for seed in range(seeds // len(KINDS)):
                run_seed(seed, kind)
    except BaseException:
        return BROKEN
    return PASSED


def in_time(child: int, limit: float) -> int | None:
    """Wait so many seconds for a child; gives its exit code, None where it did not end."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def main() -> None:
    """Answer each question `{"file", "seeds", "limit"}` on stdin with an exit code or null on stdout."""
    answers = os.fdopen(os.dup(1), "w")
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.close(0)
            os._exit(judge(asked["file"], asked["seeds"]))
        print(json.dumps(in_time(child, asked["limit"])), file=answers, flush=True)


if __name__ == "__main__":
    main()
