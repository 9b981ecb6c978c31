"""docs/security.md makes no promise without a test, and names none that is not there."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.fork_server import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
PROMISES = re.findall(r"^\| (.+?) \| (.*) \|$", PAGE.split("## Promises")[1].split("\n## ")[0], re.MULTILINE)[
    2:
]


def test_there_are_promises() -> None:
    assert len(PROMISES) > 25


@pytest.mark.parametrize(("promise", "where"), PROMISES)
def test_each_promise_names_a_test_that_is_there(promise: str, where: str) -> None:
    named = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)`", where)
    assert named is not None, promise
    tree = ast.parse((ROOT / named[1]).read_text("utf-8"))
    assert named[2] in {
        node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }, promise
