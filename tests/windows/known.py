"""The list of tests that do not pass under wine, each with its reason, and how a run is held against it.

A line of `known.txt` that begins with `#` is a reason. The lines after it, up to the next reason, are what it is about:
a folder, a file, a test, or one case of a test. What ends in `!` is not run at all, because a run would never end or
could not begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("known.txt")
NOT_RUN = "!"


@dataclass(frozen=True)
class KnownFailures:
    """What is known to fail: {folder, file, test or case: reason}, and what is not run at all."""

    failing: Mapping[str, str]
    not_run: Mapping[str, str]

    def reason_of(self, test: str) -> str:
        """Return why a test is known to fail; "" for a test that should pass."""
        return next((reason for name, reason in self.failing.items() if is_within(test, name)), "")


@dataclass(frozen=True)
class Verdict:
    """What a run says of the list: `new` failures, failures that are `listed`, and entries of which nothing failed."""

    new: tuple[str, ...]
    listed: tuple[str, ...]
    healed: tuple[str, ...]
    ended: int


def read_known(text: str) -> KnownFailures:
    """Return the list of a file. Raises `ValueError` for a line without a reason and for one that is there twice."""
    reason, failing, not_run = "", dict[str, str](), dict[str, str]()
    is_open = False
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            words = line.lstrip("# ")
            reason = f"{reason} {words}" if is_open else words
            is_open = True
            continue
        is_open = False
        name, names = line.removesuffix(NOT_RUN), not_run if line.endswith(NOT_RUN) else failing
        if not reason or name in failing or name in not_run:
            raise ValueError(f"known.txt: {line} has no reason, or is there twice")
        names[name] = reason
    return KnownFailures(failing, not_run)


def is_within(test: str, name: str) -> bool:
    """Return True if a test is what an entry names, or is in the folder, file or test that it names."""
    return test == name or (test.startswith(name) and (name.endswith("/") or test[len(name)] in "[:/"))


def read_outcomes(lines: Iterable[str]) -> dict[str, bool]:
    """Return {test: whether it failed} from the lines that the plugin wrote."""
    failed: dict[str, bool] = {}
    for line in lines:
        outcome, _, test = line.rstrip("\n").partition("\t")
        name = test.encode("ascii").decode("unicode_escape")
        failed[name] = failed.get(name, False) or outcome == "failed"
    return failed


def judge(failed: Mapping[str, bool], known: KnownFailures, ran: Iterable[str]) -> Verdict:
    """Hold outcomes {test: whether it failed} against the list. `ran` are the folders and files that were run."""
    failures = [test for test, is_failed in failed.items() if is_failed]
    where = tuple(ran)
    healed = [
        name
        for name in known.failing
        if any(is_within(name, place) for place in where)
        and not any(is_within(test, name) for test in failures)
    ]
    return Verdict(
        tuple(sorted(test for test in failures if not known.reason_of(test))),
        tuple(sorted(test for test in failures if known.reason_of(test))),
        tuple(sorted(healed)),
        len(failed) - len(failures),
    )
