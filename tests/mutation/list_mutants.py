"""Records which check runs which lines of the unbroken code. A mutant then meets only the checks that can notice it."""

from __future__ import annotations

import ast
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

Line = tuple[str, int]
"""An absolute path and a line's number."""
STARTS_ANOTHER = ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec", "os.system")


@dataclass
class Seen:
    """What one check did while nothing was broken: how many seconds it took and which lines ran."""

    seconds: float = 0.0
    lines: set[Line] = field(default_factory=set)
    starts_another: bool = False
    """The check starts another process. The lines of that process are not recorded, so it may run any line."""


class Recorder:
    """Records each line that runs in a file whose path begins with `place`, in any thread, on the current `Seen`."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.current = Seen()
        self._on = False
        sys.addaudithook(self._hear)

    def __enter__(self) -> Recorder:
        self._on = True
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.settrace(None)
        threading.settrace(None)
        self._on = False

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(self._place):
            return None
        self.current.lines.add((file, frame.f_lineno))
        return self._trace

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._on and event in STARTS_ANOTHER:
            self.current.starts_another = True


def statement(tree: ast.AST, line: int) -> range:
    """Return the lines of the statement that a line belongs to. A statement with a body ends above its body."""
    found = range(line, line + 1)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            last = _first(body[0]) - 1 if body else node.end_lineno or node.lineno
            if node.lineno <= line <= last:
                found = range(node.lineno, last + 1)  # what is inside is walked later
    return found


def function(tree: ast.AST, line: int) -> range:
    """Return the lines of the innermost function around a line; an empty range outside of functions."""
    found = range(0)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            last = node.end_lineno or node.lineno
            if node.lineno <= line <= last:
                found = range(node.lineno, last + 1)
    return found


def _first(node: Any) -> int:
    return int(node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno)


def that_run(seen: dict[str, Seen], file: str, *places: Iterable[int]) -> list[str]:
    """Return the names of the checks that can notice a change in a file, the quickest first.

    They are the checks that run a line of `places`: of the first of them that any check runs. A check that starts
    another process is always among them.
    """
    for place in places:
        wanted = {(file, line) for line in place}
        if any(one.lines & wanted for one in seen.values()):
            break
    return sorted(
        (name for name, one in seen.items() if one.starts_another or one.lines & wanted),
        key=lambda name: seen[name].seconds,
    )
