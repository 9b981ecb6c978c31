"""Collects the texts of the program from its code: screens, commands, help, errors, reports.

The code is read and not run, so that also a text that no test provokes is in the list. A text is a piece of a module
that reads like words: two words at least, or a word where a label is expected. What a programmer alone sees is left
out: docstrings, patterns, and the errors that Python raises for a wrong call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from tests.layers import FLOORS
from tests.support.fork_server import ROOT
from tests.support.source_code import children

NOT_OURS: Final = {
    "data/sandbox/seeding/": "people, cards and notes that the sandbox invents",
    "data/sandbox/systems/": "what the systems answer, in the vendors' words",
    "data/sandbox/store.py": "the sandbox's tables",
    "data/contacts/known_columns.py": "headers of other programs' files",
    "data/cards/known_columns.py": "headers of other programs' files",
    "data/gateway_start/": "a program for whoever runs a gateway to go on with",
}
"""Modules with words that are not the program's own, and what they are."""
_FOR_PROGRAMMERS: Final = frozenset(
    {
        "ValueError",
        "AssertionError",
        "TypeError",
        "KeyError",
        "RuntimeError",
        "NotImplementedError",
        "LookupError",
    }
)
_OWN_WORDS: Final = "core/send_hours.py"
"""A module with a `ValueError` that has words for a person: its caller adds where they come from."""
_LABELS: Final = frozenset({"label", "footer", "section", "does", "title", "heading", "help", "about"})
"""Arguments that hold a text even if it is one word."""
_PAGES: Final = ("README.md", "docs/commands.md")
_NO_TEXTS: Final = frozenset({"classes", "style", "id", "name", "keys", "run", "group", "pattern"})
"""Arguments that hold no text, whatever they look like."""
_WORDS: Final = re.compile(
    r"[a-z’']{2,}[^a-zA-Z\s]* +\S*(?:[A-Za-z]{2}|[{$])|[\]}] [a-z]{2,}|[A-Z][a-z]+[^\w\s]* [{$]"
)
_CODE: Final = re.compile(
    r"\s*(?:SELECT|INSERT|CREATE|DELETE|UPDATE|PRAGMA|DROP|ALTER)\b|\$[a-z-]+(?: \d+%)?$|[a-z]+ (?:in|not in) "
)
_CALLED_NAME: Final = re.compile(r"[A-Za-z_]\w*")


class ShownText(NamedTuple):
    """A text and the module that has it, as a path from the root. `{name}` stands for a value."""

    module: str
    text: str


@cache
def all_texts() -> tuple[ShownText, ...]:
    """Return every text of core, data and tui, in the order of the modules and of their lines, each once a module."""
    found: dict[ShownText, None] = {}
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            module = path.relative_to(ROOT).as_posix()
            if not module.startswith(tuple(NOT_OURS)):
                tree = ast.parse(path.read_text("utf-8"))
                silent = _FOR_PROGRAMMERS - {"ValueError"} if module == _OWN_WORDS else _FOR_PROGRAMMERS
                found.update(dict.fromkeys(ShownText(module, text) for text in texts_of(tree, silent)))
    found.update(dict.fromkeys(_texts_of_pages()))
    return tuple(found)


def texts_of(tree: ast.Module, silent: frozenset[str] = _FOR_PROGRAMMERS) -> Iterator[str]:
    """Yield the texts of one module. `silent` names the errors with messages that reach no person."""
    yield from _Collector(silent).texts(tree)


def _texts_of_pages() -> Iterator[ShownText]:
    """Yield what the pages say about each command: the rows of their tables and blocks that name one."""
    for page in _PAGES:
        for line in (ROOT / page).read_text("utf-8").splitlines():
            if (line.startswith("|") and "brokerdesk" in line) or line.startswith("    brokerdesk "):
                yield ShownText(page, line.strip())


class _Collector:
    """Walks through one module. `silent` names the errors with messages that reach no person."""

    def __init__(self, silent: frozenset[str]) -> None:
        self._silent = silent

    def texts(self, node: ast.AST) -> Iterator[str]:
        """Yield the texts below a node."""
        if self._shows_nothing(node):
            return
        match node:
            case ast.keyword(arg=name, value=ast.Constant(value=str(label))) if name in _LABELS:
                yield from (label,) if label.strip() else ()
                return
            case ast.expr():
                text = _joined(node)
            case _:
                text = None
        if text is not None and _reads_like_words(text):
            yield text
        for child in children(node):
            if text is None or not isinstance(child, ast.Constant):  # the pieces of a text are not texts
                yield from self.texts(child)

    def _shows_nothing(self, node: ast.AST) -> bool:
        """Return True for a docstring, a type, a pattern, or an error that reaches no person."""
        match node:
            case ast.Expr(value=ast.Constant() | ast.JoinedStr()):
                return True
            case (
                ast.Subscript(value=ast.Name(id="Literal"))
                | ast.AnnAssign(annotation=ast.Name(id="TypeAlias"))
            ):
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))) | ast.Call(func=ast.Name(id="cast")):
                return True
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name))):
                return name in self._silent
            case ast.keyword(arg=name):
                return name in _NO_TEXTS
            case _:
                return False


def _reads_like_words(text: str) -> bool:
    return bool(_WORDS.search(text)) and not _CODE.match(text)


def _joined(node: ast.expr) -> str | None:
    """Return a text with its values as `{name}`; None for an expression that is not a text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_part(part) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            before, after = _joined(left), _joined(right)
            return None if before is None or after is None else before + after
        case _:
            return None


def _part(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.FormattedValue(value=value):
            return f"{{{_name_of(value)}}}"
        case _:
            return "{…}"


def _name_of(node: ast.expr) -> str:
    """Return the name of a value, short: the last part of `a.b.c`, what a call calls, both texts of a choice."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.IfExp(body=ast.Constant(value=str(yes)), orelse=ast.Constant(value=str(no))):
            return f"{yes}/{no}"
        case ast.Call(func=ast.Attribute(value=ast.Constant()), args=[inner]):
            return _name_of(inner)
        case ast.Call(func=ast.Attribute(value=inner)) if not isinstance(inner, ast.Name) or not node.args:
            return _name_of(inner)
        case ast.Call(func=function):
            return _name_of(function)
        case ast.Subscript(value=value):
            return _name_of(value)
        case _:
            return "…"
