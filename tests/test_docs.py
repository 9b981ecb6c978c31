"""The pages name nothing that is not there: files, names in modules, tests, targets, commands, options, links."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.support.fork_server import ROOT
from tui.cli.parser.root import root_parser

PAGES: Final = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"))
)
FOLDERS: Final = "core|data|tui|tests|docs|requirements"

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^ {4,}\S.*$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(rf"(?<![\w./<>*-])(?:{FOLDERS})/[\w./*-]*(?:::\w+)?")
_FILE = re.compile(r"(?<![\w./<>*-])[a-z_]\w*\.py\b")
_DOTTED = re.compile(r"(?<![\w./-])(?:core|data|tui|tests)(?:\.\w+)+(?!\w*[/(])")
_NAMED_WITHIN = re.compile(rf"`((?:{FOLDERS})/[\w./-]+\.py)` \(((?:`[^`]+`(?:, | and )?)+)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MAKE = re.compile(r"(?:[A-Z_]+=\S+ )*make((?: [a-z]+\b(?![=./-]))+)")
_VARIABLE = re.compile(r"\b([A-Z][A-Z_]+)=\S")
_RUNS = re.compile(r"(?:[A-Z_]+=\S+ )*(?:make|pytest|python)\b")


def _text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def _code(text: str) -> list[str]:
    """Return the pieces of code of a page: the lines of its blocks, and its spans in backticks."""
    fences = [line for block in _FENCE.findall(text) for line in block.splitlines()[1:-1]]
    rest = _FENCE.sub("", text)
    return [*fences, *(line.strip() for line in _BLOCK.findall(rest)), *_SPAN.findall(rest)]


# ---- what is wrong with a page: one function for each kind of name, from the text to the names that are not there


def wrong_paths(text: str) -> Iterator[str]:
    """Yield the files, folders and tests that are not there. `*` stands for anything."""
    for piece in _code(text):
        for named in _PATH.findall(piece):
            place, _, test = named.partition("::")
            place = place.rstrip(".")
            found = _matching(place)
            if not found or (test and test not in _names(found[0])):
                yield named
        for name in _FILE.findall(piece):
            if name not in _file_names():
                yield name


def _matching(place: str) -> list[Path]:
    """Return the files and folders of that path; a module may be named without its ending."""
    found = [path for path in ROOT.glob(place.rstrip("/")) if path.is_dir() or not place.endswith("/")]
    return found or [path for path in (ROOT / f"{place}.py",) if path.is_file()]


@cache
def _file_names() -> frozenset[str]:
    return frozenset(
        path.name for folder in ("core", "data", "tui", "tests") for path in (ROOT / folder).rglob("*.py")
    )


@cache
def _names(module: Path) -> frozenset[str]:
    """Return every name that a module defines or assigns, those of its classes and functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return frozenset(found)


def wrong_names_within(text: str) -> Iterator[str]:
    """Yield what is named in brackets after a module and is not in it: `core/push/plan.py` (`make_ref`)."""
    for module, names in _NAMED_WITHIN.findall(re.sub(r"\s+", " ", text)):
        for name in _SPAN.findall(names):
            path = ROOT / module
            if path.is_file() and not set(name.removesuffix("()").split(".")) <= _names(path):
                yield f"{module} ({name})"


def wrong_dotted_names(text: str) -> Iterator[str]:
    """Yield the dotted names that are neither a module nor a name in one."""
    for piece in _code(text):
        for dotted in _DOTTED.findall(piece):
            if not re.search(r"\.(?:py|toml|yaml|md)$", dotted) and not _is_there(dotted):
                yield dotted


def _is_there(dotted: str) -> bool:
    """Return True if the dotted name is a module, or names something defined in a module."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:end])
        module = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
        if module.is_file():
            return set(parts[end:]) <= _names(module)
    return False


def wrong_targets(text: str) -> Iterator[str]:
    """Yield the targets of `make` and the variables before or after a command that nothing reads."""
    makefile = _text("Makefile")
    for piece in _code(text):
        made = _MAKE.match(piece)
        if made:
            yield from (f"make {name}" for name in made[1].split() if f"\n{name}:" not in makefile)
        for name in _VARIABLE.findall(piece) if _RUNS.match(piece) else ():
            if not re.search(rf"^{name} \?=", makefile, re.MULTILINE) and name not in _variables():
                yield f"{name}="


@cache
def _variables() -> frozenset[str]:
    """Return the environment variables that a test or the program reads."""
    read = re.compile(r"environ(?:\.get\(|\[)\s*\"([A-Z_]+)\"")
    modules = (path for folder in ("core", "data", "tui", "tests") for path in (ROOT / folder).rglob("*.py"))
    return frozenset(name for path in modules for name in read.findall(path.read_text("utf-8")))


def wrong_commands(text: str) -> Iterator[str]:
    """Yield the commands of brokerdesk that the parser does not know, and the options that a command lacks."""
    for piece in _code(text):
        for said in re.findall(r"(?:^|[^\w./=-])brokerdesk ((?:\S| (?! ))+)", piece):
            first, *others = re.split(r" · (?=[a-z])", said)
            yield from _unknown(first)
            group = first.split()[0]
            for (
                other
            ) in others:  # one more command of the same group (map show · check), or a command of its own
                in_group = group in _groups() and not list(_unknown(f"{group} {other}"))
                yield from () if in_group else _unknown(other)


def _unknown(command: str) -> Iterator[str]:
    """Yield what the parser does not know of one command, as words after `brokerdesk`."""
    parsers = [root_parser()]
    words = iter(re.findall(r"--[a-z-]+|[^\s\[\]]+", command))
    for word in words:
        below = [_commands_of(parser) for parser in parsers]
        if any(below) and not word.startswith("-"):
            if word == "COMMAND" or not re.match(r"[a-z]", word):
                return
            names = word.strip(".,;").split("|")
            known = {name: found for choices in below for name, found in choices.items()}
            if not set(names) <= known.keys():
                yield f"brokerdesk {command}"
                return
            parsers = [known[name] for name in names]
        elif word.startswith("--"):
            options = [parser._option_string_actions.get(word) for parser in parsers]
            if not any(options):
                yield f"brokerdesk {command}: {word}"
            elif any(below) and any(option is not None and option.nargs != 0 for option in options):
                next(words, None)  # the value of an option that comes before the command


def _groups() -> set[str]:
    """Return the commands that have commands of their own."""
    return {name for name, parser in _commands_of(root_parser()).items() if _commands_of(parser)}


def _commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found.update(action.choices)
    return found


def wrong_links(text: str, page: str) -> Iterator[str]:
    """Yield the links to a file, a picture or a heading that is not there. Links to other hosts are not followed."""
    for target in _LINK.findall(_FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        path = (ROOT / page).parent / place if place else ROOT / page
        if not path.exists() or (anchor and anchor not in _anchors(path.read_text("utf-8"))):
            yield target


def _anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings: small letters, a hyphen for a blank, no other punctuation."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


# ---- the pages


def test_the_pages_are_there() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_test_that_a_page_names_exists(page: str) -> None:
    assert list(wrong_paths(_text(page))) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_name_that_a_page_gives_after_a_module_is_in_that_module(page: str) -> None:
    assert list(wrong_names_within(_text(page))) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_dotted_name_on_a_page_exists(page: str) -> None:
    assert list(wrong_dotted_names(_text(page))) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_target_and_variable_on_a_page_exists(page: str) -> None:
    assert list(wrong_targets(_text(page))) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_on_a_page_exists(page: str) -> None:
    assert list(wrong_commands(_text(page))) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_on_a_page_leads_somewhere(page: str) -> None:
    assert list(wrong_links(_text(page), page)) == []


# ---- each kind of mistake is noticed


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("In `core/push/engine.py` and `data/book/`.", []),
        ("In `core/push/motor.py`.", ["core/push/motor.py"]),
        ("In `core/push/engine.py/`.", ["core/push/engine.py/"]),
        ("In `core/pull/`.", ["core/pull/"]),
        ("All of `core/*/ports.py`.", []),
        ("All of `core/*/portholes.py`.", ["core/*/portholes.py"]),
        ("    pytest -s tests/nothing.py", ["tests/nothing.py"]),
        ("`tests/test_docs.py::test_the_pages_are_there`", []),
        ("`tests/test_docs.py::test_the_pages_sing`", ["tests/test_docs.py::test_the_pages_sing"]),
        ("```\nls core/pull\n```", ["core/pull"]),
        ("It is in `engine.py`, not in `motor.py`.", ["motor.py"]),
        ("`make mutants ONLY=core/push/engine`", []),
        ("core/pull is no code here.", []),
    ],
)
def test_a_wrong_path_is_noticed(text: str, wrong: list[str]) -> None:
    assert list(wrong_paths(text)) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("`core/push/plan.py` (`make_ref`, `Plan`)", []),
        ("`core/push/plan.py` (`Plan.digest`)", []),
        ("`core/push/plan.py`\n(`make_tea`)", ["core/push/plan.py (make_tea)"]),
    ],
)
def test_a_wrong_name_after_a_module_is_noticed(text: str, wrong: list[str]) -> None:
    assert list(wrong_names_within(text)) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("`core.push.plan.make_ref`, `tui.wiring`, `python -m tests.bench`", []),
        ("`core.push.motor`", ["core.push.motor"]),
        ("`core.push.plan.make_tea`", ["core.push.plan.make_tea"]),
        ("    python -m tests.nothing --seeds 1", ["tests.nothing"]),
    ],
)
def test_a_wrong_dotted_name_is_noticed(text: str, wrong: list[str]) -> None:
    assert list(wrong_dotted_names(text)) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("    make test TESTS=tests/unit", []),
        ("`make tea`", ["make tea"]),
        ("`make simulate SEEDZ=1`", ["SEEDZ="]),
        ("`POWER_CUTS=40 pytest -s tests`", []),
        ("`POWER_CATS=40 pytest -s tests`", ["POWER_CATS="]),
        ("They make do without code.", []),
        ("    brokerdesk share ID    make accounts", []),
    ],
)
def test_a_wrong_target_or_variable_is_noticed(text: str, wrong: list[str]) -> None:
    assert list(wrong_targets(text)) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("`brokerdesk push card|note ID [--yes]`, `brokerdesk explain CODE`", []),
        ("`brokerdesk pull`", ["brokerdesk pull"]),
        ("`brokerdesk push cart ID`", ["brokerdesk push cart ID"]),
        ("    brokerdesk link CARD ID · unfink CARD   take back", ["brokerdesk unfink CARD"]),
        ("`brokerdesk map show · check [FILE] · links`", []),
        ("`brokerdesk push card ID --no`", ["brokerdesk push card ID --no: --no"]),
        ("`brokerdesk --home DIR cards`", []),
        ("`brokerdesk --home DIR crads`", ["brokerdesk --home DIR crads"]),
        ("`brokerdesk --print-completion bash`", []),
    ],
)
def test_a_wrong_command_or_option_is_noticed(text: str, wrong: list[str]) -> None:
    assert list(wrong_commands(text)) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[a](docs/protocol.md#step-kinds), [b](https://example.org/nothing)", []),
        ("[a](docs/protokoll.md)", ["docs/protokoll.md"]),
        ("[a](docs/protocol.md#stepkinds)", ["docs/protocol.md#stepkinds"]),
        ("# Here\n[a](#install) [b](#here-not)", ["#here-not"]),
        ("![a](docs/pictures/none.svg)", ["docs/pictures/none.svg"]),
    ],
)
def test_a_wrong_link_is_noticed(text: str, wrong: list[str]) -> None:
    assert list(wrong_links(text, "README.md")) == wrong
