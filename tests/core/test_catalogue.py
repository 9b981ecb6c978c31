"""Every code that the source can give has a meaning in the catalogue, and the command says what Activity says."""

from __future__ import annotations

import ast
import gc
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalogue import CATALOGUE, fix_of, meaning_of
from core.push.decisions import Choice
from tests.support import ROOT, Home

ROOMS = ("core", "data", "tui")
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ERRORS = {"DeskError", "UsageError", "Unreachable", "BookClosed"}
OTHERS = {"NoReply", "Lost", "NotSent", "Refused", "Paused", "Objection", "_refuse", "_unreachable", "trip"}
"""What takes a code first, besides the errors and what is made of them."""
LATER = {"change": 2, "note": 1, "doubt": 1, "finish": 2, "_take": 2, "_refuse_all": 1}
"""The journal's own words, and the place of the code among what they take."""


def _sources() -> dict[Path, ast.Module]:
    sandbox = ROOT / "data" / "sandbox"  # another program: it shares no code and no code words
    gc.collect()  # what other tests left: a traceback that is told amid a parse breaks it (CPython 3.11)
    found = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return {path: ast.parse(path.read_text("utf-8")) for path in found if sandbox not in path.parents}


def _errors(sources: dict[Path, ast.Module]) -> tuple[set[str], set[str]]:
    """Give the names of all errors that carry a code, and of those whose own beginning says which."""
    names, fixed = set(ERRORS), set()
    for tree in sources.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and {ast.unparse(base) for base in node.bases} & names:
                names.add(node.name)
                begins = [one for one in node.body if getattr(one, "name", "") == "__init__"]
                if any("code" not in {arg.arg for arg in one.args.args} for one in begins):
                    fixed.add(node.name)
    return names, fixed


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _values(node: ast.expr, scope: ast.AST) -> Iterator[str]:
    """Give the codes an expression may be: a form with `{…}` where a part is filled in later."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from _values(one, scope)
            yield from _values(other, scope)
        case ast.BoolOp(values=parts):
            for part in parts:
                yield from _values(part, scope)
        case ast.Name(id=name):
            for other in ast.walk(scope):
                if isinstance(other, ast.Assign) and any(
                    isinstance(target, ast.Name) and target.id == name for target in other.targets
                ):
                    yield from _values(other.value, ast.Module([], []))


def _codes() -> Iterator[tuple[str, str]]:
    """Give every code, or form of one, with where it stands."""
    sources = _sources()
    errors, fixed = _errors(sources)
    first = (errors - fixed) | OTHERS
    for path, tree in sources.items():
        for scope in ast.walk(tree):
            if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            coded = isinstance(scope, ast.ClassDef) and scope.name in errors
            for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
                name = _name(call)
                place = 0 if name in first or (coded and name == "__init__") else LATER.get(name, -1)
                if 0 <= place < len(call.args):
                    for code in _values(call.args[place], scope):
                        yield code, f"{path.relative_to(ROOT)}:{call.lineno}"
        if path.parent == ROOT / "core" / "push":
            yield from ((code, path.name) for code in _spelled_out(tree))


def _spelled_out(tree: ast.Module) -> Iterator[str]:
    """Give the hyphenated words of the push room that are no value of an enumeration: reasons handed up as text."""
    kinds = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    named = {
        id(inner)
        for kind in kinds
        if "StrEnum" in {ast.unparse(base) for base in kind.bases}
        for inner in ast.walk(kind)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in named and "-" in text:
                if CODE.fullmatch(text):
                    yield text


def test_the_search_finds_codes_of_every_kind() -> None:
    found = {code for code, _ in _codes()}
    assert {
        "book-disk-full",  # an error, by way of a name
        "broken-map",  # an error's own beginning
        "forbidden",  # one of two
        "keeps-failing",  # handed up as text
        "not-in-flex",  # by way of a function of its own
        "decided-{}",
        "unknown-{}",
        "role-unknown",
        "interrupted",
        "second-record",
    } <= found
    assert len(found) > 100


def test_every_code_that_the_source_can_give_is_explained() -> None:
    missing = {}
    for code, where in _codes():
        form = re.escape(code).replace(r"\{\}", ".+")
        if not any(re.fullmatch(form, known) for known in CATALOGUE):
            missing[code] = where
    assert missing == {}


@pytest.mark.parametrize(
    "code",
    [
        *(f"decided-{choice}" for choice in Choice),
        *(f"unknown-{kind}" for kind in ("card", "note", "fact-find", "attachment")),
    ],
)
def test_what_is_filled_in_later_is_explained_too(code: str) -> None:
    assert code in CATALOGUE


def test_every_entry_is_a_phrase_and_a_step() -> None:
    for code, (meaning, fix) in CATALOGUE.items():
        assert CODE.fullmatch(code), code
        assert meaning, code
        assert not meaning.endswith("."), code
        assert not fix or fix.endswith("."), code


# -- the command --------------------------------------------------------------------------------------------


def test_a_code_is_explained_in_the_catalogues_words(home_alone: Home) -> None:
    code, out, _ = home_alone.say("explain", "several-found")
    assert (code, out) == (0, f"several-found  {meaning_of('several-found')}\n{fix_of('several-found')}\n")
    told = {"code": "several-found", "meaning": meaning_of("several-found"), "fix": fix_of("several-found")}
    assert home_alone.run("explain", "Several-Found") == (0, told)


def test_without_a_code_every_one_is_listed(home_alone: Home) -> None:
    code, out, _ = home_alone.say("explain")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == sorted(CATALOGUE)
    assert [one["code"] for one in home_alone.run("explain")[1]["codes"]] == list(CATALOGUE)


@pytest.mark.parametrize(
    ("typed", "near"), [("sevral-found", "several-found"), ("locked", "book-locked"), ("xyzzy", "")]
)
def test_an_unknown_code_names_those_that_are_near(home_alone: Home, typed: str, near: str) -> None:
    code, said = home_alone.run("explain", typed)
    assert (code, said["error"]["code"]) == (2, "unknown-code")
    assert (
        near in said["error"]["fix"] if near else said["error"]["fix"] == "See every code: brokerdesk explain"
    )


@pytest.fixture
def home_alone(tmp_path: Path) -> Home:
    return Home(tmp_path)
