"""What pages list is what the program has: the files of the home, the values of enums, the paths of the listener."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Final

import pytest

from core.push.plan import Asset, Operation, StepKind
from data.listener import CALCULATIONS
from tests.support.fork_server import ROOT
from tui.cli.commands.setup.listen import nginx_line

# ---- the files of the home

ELSEWHERE: Final[Mapping[str, str]] = {
    "data/gateway_start/gateway.py": "a program that a gateway's owner changes",
    "data/sandbox/systems/api.py": "descriptions in the package",
    "data/synced_folder.py": "folders of cloud drives",
    "tui/browser/server.py": "files in the package",
    "tui/cli/commands/setup/gateway.py": "the folder that a person names",
    "tui/cli/parser/checkout.py": "a clone",
    "tui/editor.py": "the folder of temporary files",
}
"""The modules that build paths outside the home, and what those are."""
INSIDE: Final[Mapping[str, str]] = {
    "….copy": "contacts/",
    "….count": "contacts/",
    "address.json": "systems/",
    "events.log": "inbox/",
    "sandbox.sqlite": "systems/",
    "users": "systems/",
}
"""Names of files in a folder that the table names as a whole."""
DRAFTS: Final = frozenset({".….…", ".….new"})
"""The names under which a file is written before it takes its place."""
PROFILE: Final = "sandbox"
"""The folder of the built-in profile."""

_Constants = Mapping[tuple[str, str], str]


@cache
def _modules() -> Mapping[str, ast.Module]:
    """Return the modules of the program, by their paths."""
    paths = (path for floor in ("core", "data", "tui") for path in (ROOT / floor).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in paths}


@cache
def _constants() -> _Constants:
    """Return the texts of constants by module and name, the imported ones too."""
    found: dict[tuple[str, str], str] = {}
    for module, tree in _modules().items():
        for node in tree.body:
            target = node.target if isinstance(node, ast.AnnAssign) else None
            target = node.targets[0] if isinstance(node, ast.Assign) else target
            value = node.value if isinstance(node, (ast.AnnAssign, ast.Assign)) else None
            if (
                isinstance(target, ast.Name)
                and isinstance(value, ast.Constant)
                and isinstance(value.value, str)
            ):
                found[module, target.id] = value.value
    imported = {
        (module, name.asname or name.name): found.get(
            (f"{(node.module or '').replace('.', '/')}.py", name.name)
        )
        for module, tree in _modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    return {**{place: text for place, text in imported.items() if text is not None}, **found}


def _text(module: str, node: ast.expr) -> str:
    """Return the text of an expression, with … for what is known only when the program runs."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(module, part) for part in parts)
        case ast.Name(id=name):
            return _constants().get((module, name), "…")
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(module, left) + _text(module, right)
        case _:
            return "…"


def _names_in(module: str, tree: ast.Module) -> Iterator[str]:
    """Yield the names of files that a module makes a path of: `folder / "name"`, `with_name` and `with_suffix`."""
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(op=ast.Div(), right=right):
                yield _text(module, right)
            case ast.Call(func=ast.Attribute(attr="with_name"), args=[name]):
                yield _text(module, name)
            case ast.Call(func=ast.Attribute(attr="with_suffix"), args=[suffix]):
                yield f"…{_text(module, suffix)}"


def home_files(modules: Mapping[str, ast.Module]) -> set[str]:
    """Return the names of files and folders that the program makes paths of in the home."""
    names = {
        name
        for module, tree in modules.items()
        if module not in ELSEWHERE
        for name in _names_in(module, tree)
    }
    return {name for name in names if re.search(r"[a-z]", name)} - DRAFTS - {PROFILE}


def _named(page: str, heading: str, column: int) -> set[str]:
    """Return the names in backticks in a column of the table under a heading, folders with the slash."""
    part = (ROOT / page).read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [row.split("|")[column] for row in part.splitlines() if row.startswith("|")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def unnamed(names: set[str], named: set[str]) -> set[str]:
    """Return the names that are not among those that a table names."""
    parts = {re.sub(r"<\w+>", "…", part) for name in named for part in name.split("/") if part}
    return {
        name
        for name in names
        if name not in parts
        and INSIDE.get(name) not in named
        and not (name.endswith("lock") and "….lock" in parts)
        and not (name.startswith("….") and any(part.endswith(name[1:]) for part in parts))
    }


def test_the_table_of_what_is_kept_names_every_file_of_the_home() -> None:
    named = _named("docs/security.md", "What is kept, where, and how long", 2)
    assert unnamed(home_files(_modules()), named) == set()


def test_the_administrators_table_names_the_same_files() -> None:
    kept = _named("docs/security.md", "What is kept, where, and how long", 2)
    listed = _named("docs/guides/administrator.md", "Files", 1)
    first = {re.sub(r"/.+", "/", name) for name in kept}
    assert sorted(first) == sorted(listed)


def test_a_file_that_no_table_names_is_noticed() -> None:
    tree = ast.parse(
        'NAME = "diary.json"\nhome / NAME\nhome / f"diary-{day}.log"\npath.with_suffix(".diary")'
    )
    names = {*_names_in("m.py", tree)}
    assert names == {"…", "diary-….log", "….diary"}  # the constants are those of the program's own modules
    named = _named("docs/security.md", "What is kept, where, and how long", 2)
    assert unnamed({"diary.json", "diary-….log", "….diary"}, named) == {
        "diary.json",
        "diary-….log",
        "….diary",
    }
    assert unnamed({"book.log", "token-….json", "….copy", "watch.lock"}, named) == set()


# ---- the values of enums


@pytest.mark.parametrize(
    ("term", "kind"),
    [("asset", Asset), ("operation", Operation), ("kind (of a step)", StepKind)],
)
def test_the_glossary_lists_the_values_of_an_enum(term: str, kind: type[StrEnum]) -> None:
    page = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    (meaning,) = re.findall(rf"^\| {re.escape(term)} \| (.+?) \|", page, re.MULTILINE)
    listed = meaning.removeprefix("What was pushed: ").removeprefix("What a step does: ").split(".")[0]
    assert re.split(r", | or ", listed) == [value.value for value in kind]


# ---- the paths of the listener


def test_the_page_of_webhooks_has_the_line_that_listen_prints() -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text("utf-8")
    assert f"\n  {nginx_line('127.0.0.1', 8765, CALCULATIONS)}\n" in page


def test_the_line_leaves_calculations_out_if_nobody_takes_them() -> None:
    assert "^/(simplenexus|total-expert)$" in nginx_line("127.0.0.1", 8765, None)
