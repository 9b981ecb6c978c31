"""The rules of the house that no other tool checks: sizes, names, docstrings, citations, circles and layers.

A list of exceptions shrinks. An entry that is no longer needed fails no test, so that two branches can shrink a list at
the same time; whoever sees such an entry removes it.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.layers import FLOORS, ROOMS, circle, drawing, imports, layers, nodes_of, packages_in
from tests.scan import tree
from tests.support.fork_server import ROOT

MOST_MODULES: Final = 16
"""How many modules a folder may hold, `__init__` not counted. A bigger folder takes a newcomer too long to read."""
MOST_LAYERS: Final = 6
"""How many layers a room or one of its sub-packages may have. `python -m tests.layers` draws them."""
LAYERS_OF: Final = {}
NAMED_TWICE: Final[frozenset[str]] = frozenset()
"""Public classes that may share a name. An inner class counts with the name of its outer class before it."""
CIRCLES_OF_TODAY: Final = frozenset(
    {
        "tui",  # tui.actions collects the actions that each room declares, and rooms bind keys through tui.actions
    }
)
"""Packages with nodes that import each other, although no two modules do. The list shrinks."""

ABSENT_DOCUMENTS: Final = (
    r"\b(?:RELIABILITY|MATCHING|DOMAIN|DESIGN|FIDELITY|SPEED|HOUSE|STYLE|UX)\b",
    r"\bdigest\)",
    r"\(digest\b",
    r"\(seed\b",
    r"\(spec\b[:)]",
    r"\bshared/",
)
"""How documents are cited that are not in the repository. Cite a page of docs/ by its heading, or say the rule."""

MODULES: Final = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
TEXTS: Final = (".md", ".toml", ".yaml", ".yml", ".txt")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def test_no_folder_holds_more_modules_than_a_newcomer_can_keep_in_mind() -> None:
    sizes: dict[str, int] = defaultdict(int)
    for path in MODULES:
        sizes[_name(path.parent)] += path.name != "__init__.py"
    assert {folder: size for folder, size in sizes.items() if size > MOST_MODULES} == {}


def test_no_two_public_classes_share_a_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for name in _public_classes(_parsed(path).body):
            places[name].append(_name(path))
    twice = {name: where for name, where in places.items() if len(where) > 1 and name not in NAMED_TWICE}
    assert twice == {}


def _public_classes(body: Iterable[ast.stmt], outer: str = "") -> Iterator[str]:
    """Yield the public classes of a module; an inner class comes as `Outer.Inner`."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield outer + node.name
            yield from _public_classes(node.body, f"{outer}{node.name}.")


def test_every_module_says_what_it_is_for() -> None:
    assert [_name(path) for path in MODULES if not ast.get_docstring(_parsed(path))] == []


def test_nothing_cites_a_document_that_is_not_in_the_repository() -> None:
    citing = {_name(path): cited for path in tree() if path.is_file() and (cited := _citations(_prose(path)))}
    assert citing == {}


@pytest.mark.parametrize(
    "prose",
    [
        "The order (MATCHING §3).",
        "Looked up twice (digest).",
        "A card (seed: the board).",
        "See shared/x.md.",
    ],
)
def test_a_citation_of_an_absent_document_is_noticed(prose: str) -> None:
    assert _citations(prose) != []


@pytest.mark.parametrize(
    "prose", ["See docs/domain.md.", "A domain of mail.", "Its `digest` is eight digits."]
)
def test_other_prose_is_no_such_citation(prose: str) -> None:
    assert _citations(prose) == []


def test_docstrings_and_comments_are_prose_and_code_is_not(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""First."""\n\nDOMAIN = 1  # second\n\n\nclass A:\n    """Third."""\n', "utf-8")
    assert _prose(module).split() == ["First.", "Third.", "#", "second"]


def _citations(prose: str) -> list[str]:
    return [found[0] for pattern in ABSENT_DOCUMENTS for found in re.finditer(pattern, prose)]


def _prose(path: Path) -> str:
    """Return what a file says to a reader: a page whole, the docstrings and comments of a module, of others nothing."""
    if path.suffix in TEXTS or path.name == "Makefile":
        return path.read_text("utf-8")
    if path.suffix != ".py":
        return ""
    source = path.read_text("utf-8")
    if not _citations(source):
        return ""  # parsing every module would take seconds
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    strings = [
        node.value.value
        for outer in ast.walk(ast.parse(source))
        if isinstance(outer, documented)
        for node in outer.body
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return "\n".join([*strings, *comments])


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle(imports()) == []


PACKAGES: Final = [package for floor in FLOORS for package in packages_in(floor, imports())]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_parts_of_a_package_import_each_other_in_a_circle(package: str) -> None:
    around = circle(nodes_of(package, imports()))
    assert around == [] or package in CIRCLES_OF_TODAY, " → ".join(around)


IN_ROOMS: Final = [package for room in ROOMS for package in packages_in(room, imports())]


def test_every_room_is_there() -> None:
    assert set(ROOMS) <= set(IN_ROOMS)


@pytest.mark.parametrize("package", IN_ROOMS)
def test_a_room_has_few_layers(package: str) -> None:
    drawn = "\n".join(drawing(package, imports()))
    assert len(layers(nodes_of(package, imports()))) <= MOST_LAYERS, drawn


MADE_UP: Final = {
    "room.top": frozenset({"room.part.one", "elsewhere.thing"}),
    "room.part.one": frozenset({"room.part.two", "room.base"}),
    "room.part.two": frozenset({"room.base"}),
    "room.base": frozenset[str](),
}


def test_a_sub_package_is_one_node_of_its_room_and_its_modules_count_inside_it() -> None:
    assert layers(nodes_of("room", MADE_UP)) == [["base"], ["part"], ["top"]]
    assert layers(nodes_of("room.part", MADE_UP)) == [["two"], ["one"]]


def test_a_circle_of_parts_is_found_where_no_modules_make_one() -> None:
    around = {**MADE_UP, "room.base": frozenset({"room.part.zero"}), "room.part.zero": frozenset[str]()}
    assert circle(around) == []
    assert circle(nodes_of("room", around)) in (["base", "part", "base"], ["part", "base", "part"])


def test_the_drawing_names_layers_from_the_top_down_and_what_each_part_imports() -> None:
    assert list(drawing("room", MADE_UP)) == [
        "room: 3 nodes, 3 layers",
        "  3  top",
        "  2  part",
        "  1  base",
        "     top → part",
        "     part → base",
    ]
