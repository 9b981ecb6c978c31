"""What is to be said of one system: whether it answers, how records are found again there, its clock, what is left.

Pure: from what was seen. The rules are ours; see `core.health` for the book and the files.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from core.health import Finding, Level, Trouble, make_finding, say_few, say_span
from core.push.plan import System

MOST_SKEW: Final = 60.0
"""Seconds that two clocks may differ before it is said."""
LITTLE_LEFT: Final = 0.1
"""The part of a minute's requests below which what is left is said as a warning."""
CONTRACT: Final = 1
"""The first number of the versions of our own contracts that this desk speaks."""
_OWN_CONTRACT: Final = (System.BROKERENGINE, System.FLEX)


class Finds(Struct, frozen=True):
    """How a system's records are found again: by `filter`, `scan` or `none`; `ignored` is a filter that it must
    obey and does not, `unknown` what could not be told in time.
    """

    record: str
    by: str


class SystemSeen(Struct, frozen=True):
    """What one system told. `skew` is its clock less ours, `took` its answer's time, both in seconds.

    `rate` is how many requests a minute we keep to, `left` how many it says are left; `contract` is the version
    it tells. None and "" where it tells nothing. `new` are fields that its description lacks, `strange` those whose
    values it rules out, as "Contact.suffix".
    """

    system: System
    name: str
    at: str
    trouble: Trouble | None = None
    took: float = 0.0
    skew: float | None = None
    rate: float = 0.0
    left: int | None = None
    contract: str = ""
    finds: tuple[Finds, ...] = ()
    new: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()


def judge_system(seen: SystemSeen) -> list[Finding]:
    """Say what is to be said of one system."""
    about = seen.system.value
    if seen.trouble is not None:
        trouble = seen.trouble
        return [Finding(Level.BAD, about, trouble.code, trouble.message, trouble.fix)]
    found = [
        make_finding(
            Level.OK,
            about,
            "answers",
            f"{seen.name} at {seen.at} answers in {seen.took:.2f} s and takes the client id and secret.",
        )
    ]
    found += [_judge_look_up(seen, one) for one in seen.finds]
    found += _judge_clock(seen)
    found += _judge_rate(seen)
    found += _judge_contract(seen)
    found += _judge_drift(seen)
    return found


def _judge_look_up(seen: SystemSeen, one: Finds) -> Finding:
    about = seen.system.value
    match one.by:
        case "filter":
            return make_finding(
                Level.OK, about, "look-ups", f"{one.record}: found by a filter that it obeys."
            )
        case "scan":
            return make_finding(
                Level.OK, about, "look-ups", f"{one.record}: found by reading the whole list."
            )
        case "ignored":
            return make_finding(
                Level.BAD,
                about,
                "look-up-ignored",
                f"{one.record}: it ignores the search and gives others instead.",
            )
        case "unknown":
            return make_finding(
                Level.WARN,
                about,
                "look-up-unknown",
                f"{one.record}: how they are found could not be told in time.",
            )
        case _:
            return make_finding(
                Level.WARN,
                about,
                "no-look-up",
                f"{one.record}: can't be found again.",
            )


def _judge_clock(seen: SystemSeen) -> list[Finding]:
    if seen.skew is None:
        return []
    about = seen.system.value
    if abs(seen.skew) <= MOST_SKEW:
        return [
            make_finding(
                Level.OK,
                about,
                "clock",
                f"Its clock and this computer's agree within {max(1.0, abs(seen.skew)):.0f} s.",
            )
        ]
    way = "ahead of" if seen.skew > 0 else "behind"
    return [
        make_finding(
            Level.WARN,
            about,
            "clock-skew",
            f"Its clock is {say_span(abs(seen.skew))} {way} this computer's.",
        )
    ]


def _judge_rate(seen: SystemSeen) -> list[Finding]:
    if seen.left is None:
        return []
    about = seen.system.value
    what = f"It says that {seen.left:,} requests are left; the desk keeps to {seen.rate:,.0f} a minute."
    if seen.left < seen.rate * LITTLE_LEFT:
        return [make_finding(Level.WARN, about, "rate-low", what)]
    return [make_finding(Level.OK, about, "rate-left", what)]


def _judge_contract(seen: SystemSeen) -> list[Finding]:
    """A version is compared where the contract is ours; the vendors' own are told, not judged."""
    if not seen.contract:
        return []
    about = seen.system.value
    first = seen.contract.removeprefix("v").partition(".")[0]
    if seen.system not in _OWN_CONTRACT or first == str(CONTRACT):
        return [
            make_finding(Level.OK, about, "contract", f"It speaks version {seen.contract} of the contract.")
        ]
    return [
        make_finding(
            Level.BAD,
            about,
            "other-contract",
            f"It speaks version {seen.contract} of the contract; this desk speaks {CONTRACT}.",
        )
    ]


def _judge_drift(seen: SystemSeen) -> list[Finding]:
    """Say where records are other than described: a new field is no fault, a strange value may mean something."""
    about, found = seen.system.value, []
    if seen.new:
        what = f"Its records have fields that its description lacks, and the desk leaves alone: {say_few(seen.new)}."
        found.append(make_finding(Level.OK, about, "new-fields", what))
    if seen.strange:
        what = f"Its records hold what its description rules out: {say_few(seen.strange)}."
        found.append(make_finding(Level.WARN, about, "strange-values", what))
    return found
