"""Code that depends on the operating system is in one package, so that nobody has to look for it elsewhere."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.fork_server import ROOT
from tests.support.source_code import nodes

MAY_ASK = {
    "data/desktop/clipboard.py",  # which programs a desktop has; it is handed in
    "data/synced_folder.py",  # where a drive keeps its folders; it is handed in
}
QUESTIONS = {("os", "name"), ("sys", "platform"), ("os", "uname")}
ONLY_SOMEWHERE = {"add_signal_handler", "SIGHUP", "SIGBREAK", "fork", "geteuid", "getuid", "killpg", "fchmod"}
"""What Windows lacks, or others do, and what the type checker passes over on Linux."""
MODULES_OF_UNIX = {"fcntl", "termios", "tty", "pty", "pwd", "grp", "resource"}


_MAY_FIND = re.compile(
    rf"\b(os|sys)\s*\.\s*(name|platform|uname)\b|\b({'|'.join(sorted(ONLY_SOMEWHERE | MODULES_OF_UNIX))})\b|%-|%e"
)
"""What a source has to have for anything to be found in it: to parse every module takes seconds."""


def _found(source: str) -> set[str]:
    found: set[str] = set()
    if not _MAY_FIND.search(source):
        return found
    for node in nodes(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if (owner, node.attr) in QUESTIONS or (
                owner in ("os", "signal", "loop") and node.attr in ONLY_SOMEWHERE
            ):
                found.add(f"{owner}.{node.attr}")
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & MODULES_OF_UNIX
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES_OF_UNIX:
            found.add(node.module)
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            found |= {part for part in ("%-", "%e") if part in ast.unparse(node.format_spec)}
    return found


def test_only_the_platform_package_asks_which_system_this_is() -> None:
    asking = {
        name: found
        for floor in ("core", "data", "tui")
        for path in sorted((ROOT / floor).rglob("*.py"))
        if not (name := path.relative_to(ROOT).as_posix()).startswith("data/platform/")
        and (found := _found(path.read_text("utf-8")))
    }
    assert {name: found for name, found in asking.items() if name not in MAY_ASK} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import os\nif os.name == 'nt': pass",
        "import signal\nsignal.signal(signal.SIGHUP, f)",
        "import termios",
        "from fcntl import flock",
        "f'{day:%-d %b}'",
        "loop.add_signal_handler(n, f)",
    ],
)
def test_each_question_is_noticed(source: str) -> None:
    assert _found(source)


def test_what_every_system_has_is_no_question() -> None:
    assert _found("import os, signal\nsignal.SIGINT\nos.open(p, 0)\nf'{day:%d %b}'") == set()
