"""Whoever switches a check off for a line says why beside it: `type: ignore`, `noqa`, `pragma: no cover`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.layers import FLOORS
from tests.support.fork_server import ROOT

SWITCH: Final = re.compile(
    r"#\s*(?:type:\s*ignore(?:\[[^\]]*\])?|noqa(?::\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?|pragma:\s*no cover)"
)
REASON: Final = re.compile(r"[a-z]{2,}", re.IGNORECASE)
MODULES: Final = sorted(path for folder in (*FLOORS, "tests") for path in (ROOT / folder).rglob("*.py"))


def without_reason(source: str) -> Iterator[int]:
    """Yield the numbers of the lines with a comment that switches a check off and says nothing more."""
    suspects = {number for number, line in enumerate(source.splitlines(), 1) if _is_bare(line)}
    if not suspects:
        return  # taking every module apart would take half a minute
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and token.start[0] in suspects and _is_bare(token.string):
            yield token.start[0]


def _is_bare(text: str) -> bool:
    """Return True if a text switches a check off, and has no word after it."""
    parts = SWITCH.split(text)
    return len(parts) > 1 and not any(REASON.search(part) for part in parts[1:])


def test_no_check_is_switched_off_without_a_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT).as_posix()}:{number}"
        for path in MODULES
        for number in without_reason(Path(path).read_text("utf-8"))
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("x = 1  # noqa: S311", True),
        ("x = 1  # noqa: S311 - repeatable on purpose", False),
        ("x = 1  # noqa", True),
        ("x = 1  # noqa: S311, B008", True),
        ("x = 1  # type: ignore[misc]", True),
        ("x = 1  # type: ignore", True),
        ("x = 1  # type:ignore[misc,index]", True),
        ("x = 1  # type: ignore[misc]  # what yields is a generator", False),
        ("x = 1  # type: ignore[misc] # noqa: S311", True),
        ("x = 1  # type: ignore[misc] # noqa: S311 - a word", False),
        ("x = 1  # pragma: no cover", True),
        ("x = 1  # pragma: no cover - Windows alone", False),
        ("x = '# noqa: S311'", False),
        ("x = 1  # a comment about noqa", False),
    ],
)
def test_what_switches_a_check_off_is_noticed(line: str, bare: bool) -> None:
    assert list(without_reason(line)) == ([1] if bare else [])
