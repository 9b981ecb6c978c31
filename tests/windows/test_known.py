"""How a run under wine is held against the list of known failures."""

from __future__ import annotations

import pytest

from tests.support.fork_server import ROOT
from tests.windows.known import LIST, judge, read_known, read_outcomes

LISTED = """
# Windows has no pseudo-terminals,
# which these tests drive.
tests/terminal/!
tests/processes/test_streams.py!

# There are no modes.
tests/unit/data/test_a.py::test_mode
tests/unit/data/test_b.py
"""


def test_each_entry_has_the_reason_above_it() -> None:
    known = read_known(LISTED)
    pty = "Windows has no pseudo-terminals, which these tests drive."
    assert known.not_run == {"tests/terminal/": pty, "tests/processes/test_streams.py": pty}
    assert set(known.failing.values()) == {"There are no modes."}


@pytest.mark.parametrize(
    "text", ["tests/a.py", "# Why\ntests/a.py\ntests/a.py", "# Why\ntests/a.py\ntests/a.py!"]
)
def test_an_entry_without_a_reason_or_with_two_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no reason, or is there twice"):
        read_known(text)


def test_an_entry_is_for_a_test_its_cases_and_nothing_with_a_longer_name() -> None:
    known = read_known(LISTED)
    test = "tests/unit/data/test_a.py::test_mode"
    assert known.reason_of(test) == known.reason_of(f"{test}[644]") == "There are no modes."
    assert known.reason_of("tests/unit/data/test_b.py::test_any") != ""
    assert known.reason_of(f"{test}s") == known.reason_of("tests/unit/data/test_bb.py::test_any") == ""


def test_a_failure_that_is_not_listed_is_new_and_a_listed_one_that_passes_is_told() -> None:
    failed = {
        "tests/unit/data/test_a.py::test_mode": False,
        "tests/unit/data/test_b.py::test_one": True,
        "tests/unit/data/test_c.py::test_two": True,
        "tests/unit/data/test_c.py::test_three": False,
    }
    verdict = judge(failed, read_known(LISTED), ["tests/unit/data"])
    assert verdict.new == ("tests/unit/data/test_c.py::test_two",)
    assert verdict.listed == ("tests/unit/data/test_b.py::test_one",)
    assert verdict.healed == ("tests/unit/data/test_a.py::test_mode",)
    assert verdict.ended == 2


def test_what_was_not_run_is_not_said_to_pass() -> None:
    assert judge({}, read_known(LISTED), ["tests/unit/core"]).healed == ()


def test_a_test_that_failed_once_has_failed() -> None:
    lines = [
        "failed\ttests/a.py::test_x[\\xe9]",
        "ended\ttests/a.py::test_x[\\xe9]",
        "ended\ttests/a.py::test_y",
    ]
    assert read_outcomes(lines) == {"tests/a.py::test_x[é]": True, "tests/a.py::test_y": False}


def test_what_the_list_names_is_there() -> None:
    known = read_known(LIST.read_text("utf-8"))
    for name in (*known.failing, *known.not_run):
        file, _, test = name.partition("::")
        assert (ROOT / file).exists(), name
        assert test.split("[")[0].split("::")[-1] in (ROOT / file).read_text("utf-8") if test else True, name
