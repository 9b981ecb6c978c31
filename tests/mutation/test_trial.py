"""The trial catches what a test notices and lets pass what none does, in a warm child and in a cold one."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.mutation import __main__ as command
from tests.mutation import run_mutant
from tests.mutation.__main__ import Refused, Room, compile_by_content, identity, read_results
from tests.mutation.active_mutant import NotInside, functions_of, swaps
from tests.mutation.list_mutants import Seen, function, statement, that_run
from tests.mutation.mutators import Mutant, mutants

SMALL = '''"""A room with one module."""

from contextlib import contextmanager

LIMIT = 3
UNUSED = 1


class Count:
    def __init__(self, n):
        self.n = n
        self.never_read = 0

    @property
    def is_over(self):
        return self.n > LIMIT

    @contextmanager
    def one_more(self):
        self.n += 1
        yield


def nobody_calls():
    return 1


def answer():
    return 7
'''
TESTS = """
import subprocess, sys
from room.small import Count

def test_a_count_is_over_beyond_the_limit():
    assert not Count(3).is_over
    assert Count(4).is_over

def test_one_more_is_one_more():
    count = Count(0)
    with count.one_more():
        assert count.n == 1

def test_another_process_answers():
    program = "import sys; from room.small import answer; sys.exit(answer() != 7)"
    subprocess.run([sys.executable, "-c", program], check=True)
"""


@contextmanager
def trial_of(folder: Path, source: str, tests: str) -> Iterator[Room]:
    (folder / "room").mkdir()
    (folder / "room" / "__init__.py").touch()
    (folder / "room" / "small.py").write_text(source)
    (folder / "test_small.py").write_text(tests)
    compile_by_content(folder, "room")
    room = Room(folder, "room", ["test_small.py"], seeds=0)
    try:
        yield room
    finally:
        room.close()


def test_what_a_test_notices_is_caught_and_the_rest_survives(tmp_path: Path) -> None:
    expected = {  # verdict, warm, known to reach the line, how many tests, and those that start a process
        "self.n >= LIMIT": ("a test", True, True, 1, 1),
        "without self.n += 1": ("a test", True, True, 1, 1),
        "without self.never_read = 0": ("survived", True, True, 2, 1),
        "1 → 2, column 11": ("survived", True, False, 0, 1),
        "7 → 8, column 11": ("a test", True, False, 0, 1),
        "3 → 4, column 8": ("a test", False, True, 2, 1),
        "1 → 2, column 9": ("survived", False, True, 2, 1),
    }
    found: dict[str, tuple[Any, ...]] = {}
    with trial_of(tmp_path, SMALL, TESTS) as room:
        for mutant in mutants("room/small.py", SMALL):
            if mutant.what in expected:
                result = room.try_out(mutant)
                told = ("verdict", "warm", "reached", "tests", "others")
                found[mutant.what] = tuple(result[each] for each in told)
    assert found == expected
    assert (tmp_path / "room" / "small.py").read_text() == SMALL


def test_a_room_that_fails_unbroken_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(Refused, match="it fails unbroken"),
        trial_of(tmp_path, SMALL, "def test_no():\n    assert False\n"),
    ):
        pass


def test_a_child_that_waits_for_ever_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_mutant, "GRACE", 0.2)
    with subprocess.Popen(
        ["sh", "-c", "echo first; echo second; sleep 60"], stdout=subprocess.PIPE, start_new_session=True
    ) as child:
        assert child.stdout is not None
        assert run_mutant.watched(child.pid, child.stdout.fileno(), {"first": 9.0, "second": 0.0}) == (
            None,
            "second",
        )


@pytest.mark.parametrize(
    ("what", "new"),
    [
        ("a constant", "LIMIT = 4\ndef f(x=1):\n    return x\n"),
        ("a default", "LIMIT = 3\ndef f(x=2):\n    return x\n"),
        ("a function less", "LIMIT = 3\n"),
    ],
)
def test_what_is_not_inside_functions_is_not_put_in_force_by_their_code(what: str, new: str) -> None:
    old = "LIMIT = 3\ndef f(x=1):\n    return x\n"
    with pytest.raises(NotInside):
        swaps(compile(old, "x.py", "exec"), compile(new, "x.py", "exec"), {})


def test_a_function_gets_the_code_of_the_mutant_whatever_it_is_wrapped_in(tmp_path: Path) -> None:
    file = str(tmp_path / "small.py")
    old, new = compile(SMALL, file, "exec"), compile(SMALL.replace("> LIMIT", "< LIMIT"), file, "exec")
    names: dict[str, Any] = {"__name__": "small"}
    exec(old, names)
    found = swaps(old, new, functions_of({file})[file])
    assert [living.__qualname__ for living, _ in found] == ["Count.is_over"]
    for living, code in found:
        living.__code__ = code
    assert names["Count"](0).is_over


def test_a_mutant_meets_what_runs_its_statement_or_else_its_function_the_quickest_first() -> None:
    tree = ast.parse(SMALL)
    inside = SMALL.splitlines().index("        self.n += 1") + 1
    assert statement(tree, inside) == range(inside, inside + 1)
    assert function(tree, inside) == range(inside - 1, inside + 2)
    seen = {
        "slow": Seen(2.0, {("small.py", inside)}),
        "quick": Seen(1.0, {("small.py", inside)}),
        "enters": Seen(0.1, {("small.py", inside - 1)}),
        "elsewhere": Seen(0.2, {("other.py", inside)}),
        "starts a process": Seen(3.0, starts_another=True),
    }
    places = [inside], range(inside - 1, inside + 2)
    assert that_run(seen, "small.py", *places) == ["quick", "slow", "starts a process"]
    del seen["slow"], seen["quick"]
    assert that_run(seen, "small.py", *places) == ["enters", "starts a process"]


def test_results_are_read_back_but_for_a_line_that_was_cut_off(tmp_path: Path) -> None:
    mutant = Mutant("a.py", 1, "x = 1", "1 → 2", "x = 2\n")
    file = tmp_path / "results"
    whole = json.dumps({"id": identity(mutant), "verdict": "survived"})
    file.write_text(f"{whole}\n{whole[:9]}")
    assert list(read_results(file)) == [identity(mutant)]
    assert read_results(tmp_path / "none") == {}


def test_an_explanation_of_what_is_no_mutant_any_more_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant = Mutant("room/a.py", 1, "x = 1", "1 → 2", "x = 2\n")
    gone = "room/a.py: y = 1  →  1 → 2"
    monkeypatch.setattr(command, "EQUIVALENT", tmp_path / "equivalent.txt")
    command.EQUIVALENT.write_text(f"{mutant.name}\n    Nobody reads it.\n\n{gone}\n    Nor this.\n")
    assert command.stale("a.py", [mutant]) == [gone]
    assert command.stale("b.py", []) == []
