"""No message is made of a Python class name or of a library's own text: `core/error_words.py` has the words.

The test reads the code, so that it also sees messages that no other test provokes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.layers import FLOORS
from tests.support.fork_server import ROOT
from tests.support.source_code import children, statements

MODULES: Final = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
WORDS: Final = "core/error_words.py"
"""The one module that turns a foreign error into words."""
NOT_SHOWN: Final = frozenset({"ValueError", "AssertionError", "TypeError", "KeyError"})
"""Errors for programmers: a message of theirs says which call was wrong, and reaches no operator."""
OWN_WORDS: Final = frozenset(
    {
        ("data/settings.py", "read_send_hours"),  # core.send_hours raises ValueError with words of its own
        ("core/milestones/events.py", "_place"),  # takes the path, and leaves the decoder's sentence out
        (
            "data/operator_files/toml_text.py",
            "parse_toml",
        ),  # compares the parser's sentence, and has words for each
    }
)
"""Functions that use the text of an error that they did not make, each for the reason next to it."""


def _faults(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield each place that makes text of a class name or of a foreign error's own words."""
    for function in statements(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if (name, function.name) in OWN_WORDS:
            continue
        for node, foreign in _shown(function, _given(function)):
            if what := _fault(node, foreign):
                yield f"{name}:{node.lineno} {function.name}: {what}"


def _fault(node: ast.expr, foreign: frozenset[str]) -> str:
    match node:
        case ast.Attribute(attr="strerror"):
            return "the words of the operating system"
        case ast.FormattedValue(value=ast.Attribute(attr="__name__" | "__qualname__" | "__class__")):
            return "a class name"
        case ast.FormattedValue(value=ast.Name(id=error)) if error in foreign:
            return "the text of a foreign error"
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=error)]) if error in foreign:
            return "the text of a foreign error"
        case _:
            return ""


def _shown(node: ast.AST, foreign: frozenset[str]) -> Iterator[tuple[ast.expr, frozenset[str]]]:
    """Yield each expression of a function with the names of foreign errors there.

    Messages for programmers and functions inside are left out.
    """
    for child in children(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(child, ast.Raise) and _raised(child) in NOT_SHOWN:
            continue
        if isinstance(child, ast.expr):
            yield child, foreign
        yield from _shown(
            child, _in_handler(child, foreign) if isinstance(child, ast.ExceptHandler) else foreign
        )


def _in_handler(handler: ast.ExceptHandler, foreign: frozenset[str]) -> frozenset[str]:
    if handler.name is None or handler.type is None:
        return foreign
    return foreign | {handler.name} if _is_foreign(handler.type) else foreign - {handler.name}


def _raised(node: ast.Raise) -> str:
    return node.exc.func.id if isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name) else ""


def _given(function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Return the parameters of a function that are errors of Python or of a library."""
    arguments = function.args
    return frozenset(
        argument.arg
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        if argument.annotation is not None and _is_foreign(argument.annotation)
    )


def _is_foreign(node: ast.expr) -> bool:
    """Return True for a type, or a tuple of types, that has an error that is not ours."""
    names = [part.attr if isinstance(part, ast.Attribute) else part.id for part in _named(node)]
    return any(name not in _our_errors() and name.endswith(_ERRORS) for name in names)


_ERRORS: Final = ("Error", "Exception", "Timeout", "Interrupt", "error")
_CLASS: Final = re.compile(rf"\bclass \w*({'|'.join(_ERRORS)})\b")


def _named(node: ast.expr) -> Iterator[ast.Name | ast.Attribute]:
    match node:
        case ast.Tuple(elts=elements):
            for element in elements:
                yield from _named(element)
        case ast.BinOp(left=left, right=right):
            yield from _named(left)
            yield from _named(right)
        case ast.Name() | ast.Attribute():
            yield node
        case _:
            return


@cache
def _our_errors() -> frozenset[str]:
    """Return the names of our own classes that end like an error's."""
    texts = [path.read_text("utf-8") for path in MODULES]
    return frozenset(
        node.name
        for text in texts
        if _CLASS.search(text)
        for node in statements(ast.parse(text))
        if isinstance(node, ast.ClassDef)
    )


@pytest.mark.parametrize("floor", FLOORS)
def test_no_message_is_made_of_a_class_name_or_of_a_librarys_words(floor: str) -> None:
    found = []
    for path in (ROOT / floor).rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name != WORDS:
            found += _faults(name, ast.parse(path.read_text("utf-8")))
    assert found == []


@pytest.mark.parametrize(
    "body",
    [
        'raise DeskError("x", f"can\'t be read: {type(error).__name__}")',
        'raise DeskError("x", f"can\'t be read: {error}")',
        'raise DeskError("x", str(error))',
        'raise DeskError("x", f"can\'t be read: {error.strerror}")',
        'why = f"({error})"',
        'say(f"{error!r}")',
    ],
)
def test_such_a_message_is_noticed(body: str) -> None:
    code = (
        f"def read():\n    try:\n        work()\n    except (OSError, DeskError) as error:\n        {body}\n"
    )
    assert list(_faults("a.py", ast.parse(code)))


@pytest.mark.parametrize(
    "body",
    [
        'raise DeskError("x", f"can\'t be read: {why_failed(error)}")',
        'raise ValueError(f"no record kind: {kind.__name__}")',
        "raise error",
    ],
)
def test_a_message_in_words_and_one_for_programmers_are_left_alone(body: str) -> None:
    code = f"def read():\n    try:\n        work()\n    except OSError as error:\n        {body}\n"
    assert list(_faults("a.py", ast.parse(code))) == []


def test_the_exceptions_are_all_needed() -> None:
    functions = {
        (path.relative_to(ROOT).as_posix(), node.name)
        for path in MODULES
        if path.relative_to(ROOT).as_posix() in {module for module, _ in OWN_WORDS}
        for node in statements(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    assert OWN_WORDS - functions == set()
    assert Path(ROOT / WORDS).is_file()
