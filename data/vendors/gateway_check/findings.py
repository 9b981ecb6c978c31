"""What a check of a gateway finds: each rule and whether it is kept, what was left behind, what was not tried."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from core.push.plan import System


class CheckVerdict(StrEnum):
    """What became of a rule. `advice` is a rule that a gateway should keep and need not."""

    KEPT = "kept"
    BROKEN = "broken"
    ADVICE = "advice"
    NOT_REACHED = "not-reached"


class CheckFinding(Struct, frozen=True):
    """A rule of the contract, whether it is kept, and what was seen instead: statuses and fields, no values."""

    rule: str
    verdict: CheckVerdict
    seen: str = ""


class Left(Struct, frozen=True):
    """A record that the check made and that stays: there is no DELETE in the contract."""

    kind: str
    flex_id: str
    integration_id: str


class Checked(Struct, frozen=True):
    """All that was found, what was left behind, and what was not tried, each with its reason.

    `version` is what the gateway says of itself, "" if it says nothing.
    """

    contract: System
    findings: tuple[CheckFinding, ...]
    left: tuple[Left, ...]
    not_tried: tuple[str, ...] = ()
    version: str = ""

    @property
    def kept(self) -> bool:
        """True if no rule is broken, and all were reached."""
        return not any(
            finding.verdict in (CheckVerdict.BROKEN, CheckVerdict.NOT_REACHED) for finding in self.findings
        )
