"""Every code that the source can give is in the catalogue, and all advice comes from there, filled in."""

from __future__ import annotations

import ast
import functools
import gc
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from core.error_catalogue import CATALOGUE, PLACEHOLDERS, cases_of, fix_of, meaning_of, placeholders_of
from core.errors import DeskError, UsageError
from core.milestones.records import Doubt
from core.push.resolutions import Choice
from core.stop import STOPPED
from tests.support.sandbox_home import ROOT, Home
from tests.support.source_code import children, statements

ROOMS = ("core", "data", "tui")
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ERRORS = {"DeskError", "UsageError", "Unreachable", "BookClosed"}
OTHERS = {
    "NoReply",
    "Lost",
    "NotSent",
    "Refused",
    "Paused",
    "Objection",
    "StepStop",
    "UpCheck",
    "_question",
    "_refuse",
    "_unreachable",
    "trip",
}
"""What takes a code first, besides the errors and what is made of them."""
HELD: Final = ("quit", STOPPED)
"""Why nothing new is sent: `core/push/push_driver.py` hands the code up, and the search does not find it."""
LATER = {"change": 2, "note": 1, "doubt": 1, "finish": 2, "_take": 2, "_refuse_all": 1, "make_finding": 2}
"""What takes a code at a later place: the journal's own words, and the doctor's findings."""


@functools.cache
def _sources() -> dict[Path, ast.Module]:
    sandbox = ROOT / "data" / "sandbox"  # another program: it shares no code and no code words
    gc.collect()  # what other tests left: a traceback that is told within a parse breaks it (CPython 3.11)
    found = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return {path: ast.parse(path.read_text("utf-8")) for path in found if sandbox not in path.parents}


@functools.cache
def _errors() -> tuple[set[str], set[str]]:
    """Give the names of all errors that carry a code, and of those whose own beginning says which."""
    names, fixed = set(ERRORS), set()
    for tree in _sources().values():
        for node in statements(tree):
            if isinstance(node, ast.ClassDef) and {ast.unparse(base) for base in node.bases} & names:
                names.add(node.name)
                begins = [one for one in node.body if getattr(one, "name", "") == "__init__"]
                if any("code" not in {arg.arg for arg in one.args.args} for one in begins):
                    fixed.add(node.name)
    return names, fixed


_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@functools.cache
def _calls() -> dict[Path, tuple[dict[_Scope, list[ast.Call]], list[ast.Call]]]:
    """Give for each module the calls in each of its functions and classes, and all of its calls."""
    return {path: _calls_of(tree) for path, tree in _sources().items()}


def _calls_of(tree: ast.Module) -> tuple[dict[_Scope, list[ast.Call]], list[ast.Call]]:
    scopes: dict[_Scope, list[ast.Call]] = {}
    every: list[ast.Call] = []

    def look(node: ast.AST, around: tuple[list[ast.Call], ...]) -> None:
        if isinstance(node, _Scope):
            scopes[node] = []
            around = (*around, scopes[node])
        elif isinstance(node, ast.Call):
            for calls in around:
                calls.append(node)
        for child in children(node):
            look(child, around)

    look(tree, (every,))
    return scopes, every


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


@functools.cache
def _codes() -> tuple[tuple[str, str], ...]:
    """Give every code, or form of one, with its place. The sources are read once for all tests of this module."""
    return tuple(_found_codes())


def _found_codes() -> Iterator[tuple[str, str]]:
    errors, fixed = _errors()
    first = (errors - fixed) | OTHERS
    for path, tree in _sources().items():
        scopes, _ = _calls()[path]
        for scope, calls in scopes.items():
            coded = isinstance(scope, ast.ClassDef) and scope.name in errors
            for call in calls:
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
    assert {
        code: where for code, where in _codes() if not any(map(_pattern(code).fullmatch, CATALOGUE))
    } == {}


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
    for code, (meaning, fix, cases) in CATALOGUE.items():
        assert CODE.fullmatch(code), code
        assert meaning, code
        assert not meaning.endswith("."), code
        assert not fix or fix.endswith((".", "?")), code
        for when, advice in cases.items():
            assert when, code
            assert not when.endswith("."), code
            assert advice.endswith((".", "?")), code


DESTROYS = re.compile(r"\\b(?:remove|delete|erase|discard|throw away|wipe|overwrite|rm)\\b", re.IGNORECASE)
KEEPS = {
    "other-values": "a choice of the step, which writes what was confirmed",
    "source-says-otherwise": "a choice of the step",
    "record-changed": "a choice of the step",
    "id-in-file": "the one value that is wrong, in the system that holds it",
    "bad-config": "a line of the settings",
    "unknown-key": "a line of the settings",
}
"""Codes with advice that takes something away, and why nothing is lost by it."""


def test_no_advice_throws_data_away() -> None:
    taking = {
        code
        for code, entry in CATALOGUE.items()
        for advice in (entry.fix, *entry.cases.values())
        if DESTROYS.search(advice)
    }
    assert taking - KEEPS.keys() == set()


def test_every_code_of_the_catalogue_is_given_somewhere() -> None:
    forms = [_pattern(code) for code, _ in _codes()]
    known = [code for code in CATALOGUE if code not in (*Doubt, *HELD)]
    assert [code for code in known if not any(form.fullmatch(code) for form in forms)] == []


# -- the advice ---------------------------------------------------------------------------------------------


ANY = "{}"


class _Raised(NamedTuple):
    """One call that makes an error or a finding: its code, its situation, the values it gives, and where it stands."""

    code: str
    when: str
    values: frozenset[str]
    where: str


@functools.cache
def _raised() -> tuple[_Raised, ...]:
    """Give each error and finding, once for each code that it may have; `ANY` where the code comes from elsewhere."""
    return tuple(_found_errors())


def _found_errors() -> Iterator[_Raised]:
    errors, fixed = _errors()
    for path, (scopes, _) in _calls().items():
        of_errors = _functions_of_errors(scopes, errors)
        for scope, calls in scopes.items():
            if isinstance(scope, ast.ClassDef):
                continue
            coded = scope in of_errors
            for call in calls:
                name = _name(call)
                if name == "make_finding":
                    place = 2
                elif name in errors - fixed or (name == "__init__" and coded):
                    place = 0
                else:
                    continue
                if any(word.arg is None for word in call.keywords):
                    continue  # a copy of another error, with its situation and its values
                given = {word.arg: word.value for word in call.keywords if word.arg}
                when = given.pop("when", ast.Constant(""))
                assert isinstance(when, ast.Constant), f"{path}:{call.lineno}"
                where = f"{path.relative_to(ROOT)}:{call.lineno}"
                for code in list(_values(call.args[place], scope)) or [ANY]:
                    yield _Raised(code, str(when.value), frozenset(given), where)


def _functions_of_errors(scopes: Iterable[_Scope], errors: set[str]) -> set[ast.stmt]:
    """Return the functions of the errors' own classes."""
    kinds = [scope for scope in scopes if isinstance(scope, ast.ClassDef) and scope.name in errors]
    return {function for kind in kinds for function in kind.body}


def test_no_advice_is_written_where_an_error_is_raised() -> None:
    errors, fixed = _errors()
    assert [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, (_, every) in _calls().items()
        for call in every
        if _has_own_advice(call, errors - fixed)
    ] == []


def _has_own_advice(call: ast.Call, errors: set[str]) -> bool:
    """Return True where a call writes advice of its own. A finding takes an error's advice or the catalogue's."""
    name = _name(call)
    if name in errors:
        return len(call.args) > 2 or any(word.arg == "fix" for word in call.keywords)
    place = {"Finding": 4, "Trouble": 2}.get(name, len(call.args))
    taken = [*call.args[place:], *(word.value for word in call.keywords if word.arg == "fix")]
    return any(not _is_of_the_catalogue(advice) for advice in taken)


def _is_of_the_catalogue(advice: ast.expr) -> bool:
    match advice:
        case ast.Attribute(attr="fix") | ast.Call(func=ast.Name(id="fix_of")):
            return True
    return False


def test_an_error_gives_the_values_that_its_advice_takes_and_no_others() -> None:
    wrong = []
    raised = [one for one in _raised() if one.code != ANY]
    for code, when, values, where in raised:
        known = [one for one in CATALOGUE if _pattern(code).fullmatch(one)]
        fitting = [one for one in known if when in ("", *CATALOGUE[one].cases)]
        if not any(placeholders_of(one, when) == values for one in fitting):
            wrong.append(f"{where}: {code} “{when}” {sorted(values)}")
    assert wrong == []
    assert len(raised) > 100


def test_every_situation_of_a_code_is_met_somewhere() -> None:
    raised = _raised()
    for code, entry in CATALOGUE.items():
        met = {one.when for one in raised if _pattern(one.code).fullmatch(code)}
        assert set(entry.cases) <= met, code


@functools.cache
def _pattern(code: str) -> re.Pattern[str]:
    return re.compile(re.escape(code).replace(r"\{\}", ".+"))


def test_every_placeholder_has_words_and_is_used() -> None:
    used = set[str]()
    for code, entry in CATALOGUE.items():
        used |= placeholders_of(code).union(*(placeholders_of(code, when) for when in entry.cases))
    assert used == set(PLACEHOLDERS)


def test_an_errors_advice_is_the_catalogues_with_the_values_filled_in() -> None:
    error = UsageError("broken-map", "The field map m.toml is broken.", place="row 3", file="m.toml")
    assert error.fix == "Correct row 3 in m.toml, then run brokerdesk map check."
    assert fix_of("broken-map") == (
        f"Correct {PLACEHOLDERS['place']} in {PLACEHOLDERS['file']}, then run brokerdesk map check."
    )


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    assert UsageError("not-offered", "No.", choices="{file}").fix == "Choose one of: {file}."


def test_a_situation_has_its_own_advice_where_the_catalogue_has_one() -> None:
    assert DeskError("no-reply", "No.", when="a read failed").fix == cases_of("no-reply")["a read failed"]
    assert DeskError("unreachable", "No.", when="a read failed").fix == fix_of("unreachable")
    assert fix_of("no-reply") != cases_of("no-reply")["a read failed"]


def test_a_code_that_a_later_version_wrote_leads_to_the_activity() -> None:
    assert "brokerdesk activity" in fix_of("written-by-a-later-version")
    assert cases_of("written-by-a-later-version") == {}


# -- the command --------------------------------------------------------------------------------------------


def test_a_code_is_explained_in_the_catalogues_words(home_alone: Home) -> None:
    code, out, _ = home_alone.say("explain", "several-found")
    assert (code, out) == (0, f"several-found  {meaning_of('several-found')}\n{fix_of('several-found')}\n")
    told = {"code": "several-found", "meaning": meaning_of("several-found"), "fix": fix_of("several-found")}
    assert home_alone.run("explain", "Several-Found") == (0, told | {"cases": []})


def test_every_situation_of_a_code_is_explained(home_alone: Home) -> None:
    code, out, _ = home_alone.say("explain", "book-damaged")
    assert code == 0
    _, advice, *cases = out.splitlines()
    assert advice == fix_of("book-damaged")
    assert cases == [f"When {when}: {fix}" for when, fix in cases_of("book-damaged").items()]
    assert len(cases) == 3
    assert "{" not in out
    said = home_alone.run("explain", "book-damaged")[1]
    assert [(one["when"], one["fix"]) for one in said["cases"]] == list(cases_of("book-damaged").items())


def test_an_error_on_the_command_line_and_its_explanation_give_the_same_advice(home_alone: Home) -> None:
    _, said = home_alone.run("forget", "C-nobody", "--yes")
    assert said["error"]["fix"] == home_alone.run("explain", said["error"]["code"])[1]["fix"]


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
    assert near in said["error"]["fix"] if near else said["error"]["fix"] == fix_of("unknown-code")


@pytest.fixture
def home_alone(tmp_path: Path) -> Home:
    return Home(tmp_path)
