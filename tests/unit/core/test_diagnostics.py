"""What is seen of a desk, and what is said of it: levels, words to act by, exit codes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from core.diagnostics import findings as health
from core.diagnostics import system_findings
from core.diagnostics.access import asking_for_access
from core.diagnostics.asks import ASKED_ABOUT, Administrator
from core.diagnostics.endpoints import ENDPOINTS
from core.diagnostics.findings import BookSeen, ConnectionProblem, FilesSeen, Finding, FindingLevel
from core.diagnostics.system_findings import Finds, FoundBy, SystemSeen, UpCheck
from core.error_catalogue import CATALOGUE
from core.errors import Unreachable
from core.push.plan import System

FINE = SystemSeen(System.FLEX, "FLEX", "https://flex.example", None, 0.1, 0.4, 500.0, 400, "1.2.0")
DOWN = ConnectionProblem(
    "unreachable", "FLEX at https://flex.example can't be reached.", "Check the address."
)


def _levels(findings: list[Finding]) -> dict[str, FindingLevel]:
    for one in findings:
        assert one.code in CATALOGUE, one.code
        assert one.what.endswith(".")
        assert one.level is FindingLevel.OK or one.fix, one
    return {one.code: one.level for one in findings}


def _system(**changed: Any) -> dict[str, FindingLevel]:
    return _levels(system_findings.judge_system(msgspec.structs.replace(FINE, **changed)))


def test_a_system_that_is_fine_says_so_in_each_point() -> None:
    found = _system(finds=(Finds("Contacts", FoundBy.FILTER),))
    assert found == dict.fromkeys(("answers", "look-ups", "clock", "rate-left", "contract"), FindingLevel.OK)


def test_of_a_system_that_tells_nothing_more_nothing_more_is_said() -> None:
    silent = _system(skew=None, left=None, contract="", system=System.TOTAL_EXPERT)
    assert silent == {"answers": FindingLevel.OK}


def test_of_a_system_that_can_not_be_reached_only_that_is_said() -> None:
    assert _system(trouble=DOWN) == {"unreachable": FindingLevel.BAD}


def test_a_heartbeat_and_a_teapot_are_findings_of_their_own() -> None:
    runs, teapot = UpCheck("heartbeat", works=True, says="External API"), UpCheck("teapot", works=True)
    ok = {"heartbeat": FindingLevel.OK, "teapot": FindingLevel.OK}
    assert ok.items() <= _system(up=(runs, teapot)).items()
    assert _system(up=(runs, UpCheck("teapot", works=False)))["teapot"] is FindingLevel.BAD
    assert _system(trouble=DOWN, up=(runs,)) == {
        "heartbeat": FindingLevel.OK,
        "unreachable": FindingLevel.BAD,
    }


@pytest.mark.parametrize(
    "code", ["no-secret", "not-configured", "wrong-secret", "not-authorised", "forbidden"]
)
@pytest.mark.parametrize("system", System)
def test_who_gives_access_is_asked_with_every_endpoint_and_for_no_secret_by_email(
    code: str, system: System
) -> None:
    found = asking_for_access(system, _bad(system.value, code))
    assert found.ask is not None
    assert found.ask.to is ASKED_ABOUT[system]
    assert all(endpoint.line in found.ask.message for endpoint in ENDPOINTS.get(system, ()))
    assert found.ask.message.endswith("Please hand the secret over in a safe way, not by email.")
    assert asking_for_access(system, _bad(system.value, "deadline")).ask is None


def test_trouble_with_access_and_an_old_gateway_are_asked_about() -> None:
    wrong = ConnectionProblem("wrong-secret", "FLEX does not accept the client id and secret.", "Do.")
    (refused,) = system_findings.judge_system(msgspec.structs.replace(FINE, trouble=wrong))
    assert refused.ask is not None
    assert refused.ask.subject == "Access to FLEX"
    for version in ("1.0.0", "2.0.0"):
        (old,) = system_findings._judge_contract(msgspec.structs.replace(FINE, contract=version))
        assert old.ask is not None
        assert old.ask.to is Administrator.FLEX
        assert "version 1.1" in old.ask.message


@pytest.mark.parametrize(
    ("skew", "code"), [(60.0, "clock"), (-60.0, "clock"), (60.1, "clock-skew"), (-61.0, "clock-skew")]
)
def test_clocks_may_differ_by_a_minute_either_way(skew: float, code: str) -> None:
    assert code in _system(skew=skew)
    assert len({"clock", "clock-skew"} & set(_system(skew=skew))) == 1


def test_a_clock_says_which_way_it_is_wrong() -> None:
    (ahead,) = system_findings._judge_clock(msgspec.structs.replace(FINE, skew=7200.0))
    (behind,) = system_findings._judge_clock(msgspec.structs.replace(FINE, skew=-180.0))
    assert "2 h ahead of" in ahead.what
    assert "3 min behind" in behind.what


@pytest.mark.parametrize(("left", "code"), [(50, "rate-left"), (49, "rate-low"), (0, "rate-low")])
def test_little_that_is_left_is_said_below_a_tenth_of_a_minute(left: int, code: str) -> None:
    assert code in _system(left=left)


@pytest.mark.parametrize(
    ("by", "code", "level"),
    [
        ("filter", "look-ups", FindingLevel.OK),
        ("scan", "look-ups", FindingLevel.OK),
        ("none", "no-look-up", FindingLevel.WARN),
        ("unknown", "look-up-unknown", FindingLevel.WARN),
        ("ignored", "look-up-ignored", FindingLevel.BAD),
    ],
)
def test_each_way_of_finding_records_again_has_its_word(by: str, code: str, level: FindingLevel) -> None:
    assert _system(finds=(Finds("Contacts", FoundBy(by)),))[code] is level


@pytest.mark.parametrize(
    ("version", "is_small"), [("1.1.0", True), ("", True), ("1.2.0", False), ("1.10", False)]
)
def test_a_gateway_that_gives_small_pages_is_fine_and_is_told_of(version: str, is_small: bool) -> None:
    seen = msgspec.structs.replace(FINE, system=System.BROKERENGINE, contract=version)
    (found,) = system_findings._judge_contract(seen)
    assert found.level is FindingLevel.OK
    assert ("200 cards a page" in found.what) is is_small


@pytest.mark.parametrize(
    ("system", "version", "code"),
    [
        (System.FLEX, "1.1.0", "contract"),
        (System.FLEX, "1.0.0", "gateway-too-old"),
        (System.FLEX, "", "gateway-too-old"),
        (System.BROKERENGINE, "", "contract"),
        (System.FLEX, "next", "other-contract"),
        (System.BROKERENGINE, "v1.9", "contract"),
        (System.FLEX, "2.0.0", "other-contract"),
        (System.BROKERENGINE, "10.0", "other-contract"),
        (System.TOTAL_EXPERT, "2", "contract"),  # the vendor's own: told, not judged
    ],
)
def test_a_version_is_judged_where_the_contract_is_ours(system: System, version: str, code: str) -> None:
    assert code in _system(system=system, contract=version)


def test_a_book_that_is_open_elsewhere_is_no_fault() -> None:
    seen = BookSeen("/home/live", there=True, holder="process 7 (m.hale, since …)", size=5, backup_age=90_000)
    found = health.judge_book(seen)
    assert _levels(found) == {"book-sound": FindingLevel.OK, "book-held": FindingLevel.OK}
    assert "25 h" in found[0].what
    assert "process 7" in found[1].what


@pytest.mark.parametrize("where", ["reading", "writing"])
def test_a_book_that_can_not_be_used_is_bad_and_nothing_else_is_said(where: str) -> None:
    wrong = ConnectionProblem("book-damaged", "book.log, line 3: no.", "Restore it.")
    found = health.judge_book(BookSeen("/home/live", there=True, **{where: wrong}))
    assert _levels(found) == {"book-damaged": FindingLevel.BAD}
    assert health.exit_code(found) == 4


def test_what_is_secret_and_open_to_others_is_bad_and_the_command_is_said() -> None:
    seen = FilesSeen("/h", ("/h",), tuple(f"/h/live/token-{n}" for n in range(5)), "chmod -R go-rwx /h")
    private, loose = health.judge_files(seen)
    assert (private.level, loose.level) == (FindingLevel.BAD, FindingLevel.WARN)
    assert "and 2 more" in private.what
    assert "chmod -R go-rwx /h" in private.fix
    assert "chmod -R go-rwx /h" in loose.fix


def test_secrets_in_a_file_are_named_and_on_windows_nothing_is_said_of_access() -> None:
    assert _levels(health.judge_files(FilesSeen("/h", secrets="/h/secrets.json", modes_told=False))) == {
        "secrets-in-file": FindingLevel.OK,
        "access-unchecked": FindingLevel.OPEN,
    }
    assert _levels(health.judge_files(FilesSeen("/h"))) == {"modes": FindingLevel.OK}


def _bad(about: str, code: str) -> Finding:
    return Finding(FindingLevel.BAD, about, code, "…", "…")


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([], 0),
        ([Finding(FindingLevel.WARN, "flex", "clock-skew", "…", "…")], 0),
        ([_bad("flex", "wrong-secret")], 1),
        ([_bad("files", "loose-modes")], 1),
        ([_bad("flex", "wrong-secret"), _bad("simplenexus", "deadline")], 3),
        ([_bad("total-expert", "rate-limited")], 3),
        ([_bad("flex", "unreachable"), _bad("book", "book-synced")], 4),
        ([Finding(FindingLevel.WARN, "flex", "unreachable", "…", "…")], 0),
    ],
)
def test_the_gravest_finding_gives_the_exit_code(found: list[Finding], code: int) -> None:
    assert health.exit_code(found) == code


def test_an_error_becomes_a_finding_word_for_word() -> None:
    error = Unreachable("deadline", "No reply.")
    assert error.fix
    assert health.bad("flex", error) == Finding(FindingLevel.BAD, "flex", "deadline", "No reply.", error.fix)
