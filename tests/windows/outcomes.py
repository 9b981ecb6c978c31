"""A pytest plugin that writes what became of each test to the file that `OUTCOMES` names, a line each.

A line is the outcome, a tab and the test's id. It is written at once, so that a run that breaks off shows how far it
came.
"""

from __future__ import annotations

import os
from typing import IO

import pytest

OUTCOMES = "BROKERDESK_TEST_OUTCOMES"


class OutcomeWriter:
    """Writes a line for each test that passed, and for each test or module that failed."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure of any phase, and after the last phase that there was none."""
        if report.failed:
            self._note("failed", report.nodeid)
        elif report.when == "teardown" and report.nodeid not in self._failed:
            self._note("ended", report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that can't be imported."""
        if report.failed:
            self._note("failed", report.nodeid)

    def _note(self, outcome: str, test: str) -> None:
        if outcome == "failed":
            if test in self._failed:
                return
            self._failed.add(test)
        print(outcome, test.encode("unicode_escape").decode("ascii"), sep="\t", file=self._file, flush=True)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to write, in the process that hears of all tests."""
    if hasattr(config, "workerinput"):
        return
    file = open(os.environ[OUTCOMES], "a", encoding="ascii", newline="\n")  # noqa: SIM115 - open to the end of the run
    config.add_cleanup(file.close)
    config.pluginmanager.register(OutcomeWriter(file))
