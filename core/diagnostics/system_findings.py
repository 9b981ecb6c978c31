"""What `brokerdesk doctor` says about one system: its answer, its look-ups, its clock and its remaining requests.

Every function is pure: it judges what was seen. `core.diagnostics.findings` has the book and the files.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.diagnostics.access import asking_for_access, asking_for_version
from core.diagnostics.findings import (
    ConnectionProblem,
    Finding,
    FindingLevel,
    make_finding,
)
from core.push.plan import System
from core.texts import say_span

MOST_SKEW: Final = 60.0
"""Seconds that two clocks may differ without a warning."""
LITTLE_LEFT: Final = 0.1
"""The part of a minute's requests below which the remaining requests are a warning."""
CONTRACT: Final = 1
"""The major version of our own contracts that this desk speaks."""
ABLE: Final = 1
"""The minor version of the FLEX contract from which a gateway can change a property and add a person."""
LARGE_BOARDS: Final = 2
"""The minor version of the BrokerEngine contract from which a gateway gives large pages, and only what changed."""
_OWN_CONTRACT: Final = (System.BROKERENGINE, System.FLEX)


class FoundBy(StrEnum):
    """How records are found again."""

    FILTER = "filter"
    SCAN = "scan"
    NONE = "none"
    IGNORED = "ignored"
    """The system takes a filter and does not obey it."""
    UNKNOWN = "unknown"
    """The desk could not find out in time."""


class Finds(Struct, frozen=True):
    """How a system's records of one kind are found again. `record` names the kind and the search, for people."""

    record: str
    by: FoundBy


class UpCheck(Struct, frozen=True):
    """A question that a system has only to tell whether it runs. `code` is the finding's; `says` is its answer."""

    code: str
    works: bool
    says: str = ""


class SystemSeen(Struct, frozen=True):
    """What was seen of one system.

    `took` is the time of its answer and `skew` is its clock less ours, both in seconds. `rate` is how many requests a
    minute the desk sends at most, `left` how many the system says are left. `contract` is the version that it names.
    `skew` and `left` are None, `contract` is "", where the system says nothing. `up` are the answers to the questions
    that only tell whether it runs.
    """

    system: System
    name: str
    at: str
    trouble: ConnectionProblem | None = None
    took: float = 0.0
    skew: float | None = None
    rate: float = 0.0
    left: int | None = None
    contract: str = ""
    finds: tuple[Finds, ...] = ()
    up: tuple[UpCheck, ...] = ()


def judge_system(seen: SystemSeen) -> list[Finding]:
    """Return the findings about one system."""
    about = seen.system.value
    if seen.trouble is not None:
        trouble = seen.trouble
        bad = Finding(FindingLevel.BAD, about, trouble.code, trouble.message, trouble.fix)
        return [*(_judge_up(seen, check) for check in seen.up), asking_for_access(seen.system, bad)]
    found = [
        make_finding(
            FindingLevel.OK,
            about,
            "answers",
            f"{seen.name} at {seen.at} answers in {seen.took:.2f} s and takes the client id and secret.",
        )
    ]
    found += [_judge_up(seen, check) for check in seen.up]
    found += [_judge_look_up(seen, finds) for finds in seen.finds]
    found += _judge_clock(seen)
    found += _judge_rate(seen)
    found += _judge_contract(seen)
    return found


def judge_requests(system: System, number: int) -> Finding:
    """Return how many requests doctor sent to a system, the sign-in included."""
    requests = "request" if number == 1 else "requests"
    return make_finding(
        FindingLevel.OK, system.value, "requests-sent", f"Doctor sent it {number} {requests}."
    )


def _judge_up(seen: SystemSeen, check: UpCheck) -> Finding:
    about = seen.system.value
    if not check.works:
        what = f"{seen.name} says that our token does not work, although it took the client id and secret."
        finding = make_finding(FindingLevel.BAD, about, check.code, what)
        return asking_for_access(seen.system, finding)
    if check.says:
        return make_finding(FindingLevel.OK, about, check.code, f"It runs: {check.says[:80]}.")
    return make_finding(FindingLevel.OK, about, check.code, "GET /teapot answers 418: our token works.")


def _judge_look_up(seen: SystemSeen, finds: Finds) -> Finding:
    about = seen.system.value
    match finds.by:
        case FoundBy.FILTER:
            return make_finding(
                FindingLevel.OK,
                about,
                "look-ups",
                f"{finds.record}: records can be found again after a lost reply (the search works).",
            )
        case FoundBy.SCAN:
            return make_finding(
                FindingLevel.OK, about, "look-ups", f"{finds.record}: found by reading the whole list."
            )
        case FoundBy.IGNORED:
            return make_finding(
                FindingLevel.BAD,
                about,
                "look-up-ignored",
                f"{finds.record}: the search is ignored, and other records come instead.",
            )
        case FoundBy.UNKNOWN:
            return make_finding(
                FindingLevel.WARN,
                about,
                "look-up-unknown",
                f"{finds.record}: brokerdesk could not find out in time how they are found.",
            )
        case FoundBy.NONE:
            return make_finding(
                FindingLevel.WARN,
                about,
                "no-look-up",
                f"{finds.record}: can't be found again.",
            )


def _judge_clock(seen: SystemSeen) -> list[Finding]:
    if seen.skew is None:
        return []
    about = seen.system.value
    if abs(seen.skew) <= MOST_SKEW:
        return [
            make_finding(
                FindingLevel.OK,
                about,
                "clock",
                f"Its clock and this computer's agree within {max(1.0, abs(seen.skew)):.0f} s.",
            )
        ]
    way = "ahead of" if seen.skew > 0 else "behind"
    return [
        make_finding(
            FindingLevel.WARN,
            about,
            "clock-skew",
            f"Its clock is {say_span(abs(seen.skew))} {way} this computer's.",
        )
    ]


def _judge_rate(seen: SystemSeen) -> list[Finding]:
    if seen.left is None:
        return []
    about = seen.system.value
    what = f"It says that {seen.left:,} requests are left; brokerdesk keeps to {seen.rate:,.0f} a minute."
    if seen.left < seen.rate * LITTLE_LEFT:
        return [make_finding(FindingLevel.WARN, about, "rate-low", what)]
    return [make_finding(FindingLevel.OK, about, "rate-left", what)]


def _judge_contract(seen: SystemSeen) -> list[Finding]:
    """Return the contract's version. Only a version of our own contracts is judged."""
    about = seen.system.value
    if seen.system not in _OWN_CONTRACT:
        said = f"It speaks version {seen.contract} of the contract."
        return [make_finding(FindingLevel.OK, about, "contract", said)] if seen.contract else []
    major, minor = _version(seen.contract)
    if major != CONTRACT:
        said = f"It speaks version {seen.contract} of the contract; brokerdesk speaks {CONTRACT}."
        finding = make_finding(FindingLevel.BAD, about, "other-contract", said)
        return [asking_for_version(seen.system, finding, f"{CONTRACT}.{ABLE}")]
    said = (
        f"It speaks version {seen.contract} of the contract."
        if seen.contract
        else f"It does not say which version of the contract it speaks; it counts as {CONTRACT}.0."
    )
    if seen.system is System.BROKERENGINE and minor < LARGE_BOARDS:
        said = (
            f"{said} It gives 200 cards a page; {CONTRACT}.{LARGE_BOARDS} gives 10,000, or the changed ones."
        )
    if seen.system is System.FLEX and minor < ABLE:
        said = f"{said} It can't change a property or add a person to an opportunity; {CONTRACT}.{ABLE} can."
        finding = make_finding(FindingLevel.WARN, about, "gateway-too-old", said)
        return [asking_for_version(seen.system, finding, f"{CONTRACT}.{ABLE}")]
    return [make_finding(FindingLevel.OK, about, "contract", said)]


def _version(said: str) -> tuple[int | None, int]:
    """Return major and minor of a version, as far as they are numbers. A system that says none has the first."""
    major, _, rest = (said.removeprefix("v") or f"{CONTRACT}.0").partition(".")
    minor = rest.partition(".")[0]
    return int(major) if major.isdecimal() else None, int(minor) if minor.isdecimal() else 0
