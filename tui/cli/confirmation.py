"""Asks once before a command sends: shows the plan, compares `--plan`, and takes `--yes` or an answer at the prompt.

Every command that sends uses `confirmed`, so that each has the same dry run: with `--json` and without `--yes` the plan
is printed, with the error `not-confirmed` next to it. Nothing is sent or stored before the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import DeskError
from tui.cli.options import PlannedOptions
from tui.cli.prompts import answered_yes, can_ask
from tui.command_line import this_run


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a command is about to send.

    `digest` is the hash of the plan. `form` is the plan as JSON; its key `plan` is the same hash. `show` prints the
    plan for a person. `question` is asked at the prompt. `doing` names the act in the error messages, such as "pushing
    C-1001". `previewed` is what a `preview` command shows, as asset and id; None if no such command shows the plan.
    """

    digest: str
    form: Mapping[str, Any]
    show: Callable[[], None]
    question: str
    doing: str
    live: bool
    previewed: tuple[str, str] | None = None


class PlanNotSent(DeskError):
    """A plan was not sent, for the reason that `error` gives. `form` is the plan as JSON, printed with the error."""

    def __init__(self, error: DeskError, form: Mapping[str, Any]) -> None:
        super().__init__(error.code, error.message, when=error.when, **error.values)
        self.form = form


def confirmed(options: PlannedOptions, proposal: Proposal) -> bool:
    """Return True if the plan may be sent: by `--yes`, or by a yes at the prompt. A no at the prompt returns False.

    Raises `PlanNotSent` with `plan-changed` if `--plan` names another plan, and with `not-confirmed` if nobody can be
    asked: with `--json`, or without a terminal.
    """
    if options.plan is not None and options.plan != proposal.digest:
        if not options.json:
            proposal.show()
        raise PlanNotSent(_plan_changed(options.plan, proposal), proposal.form)
    if not options.yes:
        if not options.json:
            proposal.show()
        if options.json or not can_ask():
            raise PlanNotSent(_not_confirmed(proposal), proposal.form)
        if not answered_yes(f"{'LIVE. ' if proposal.live else ''}{proposal.question} [y/N] "):
            return False
    if (run := this_run.get(None)) is not None:
        run.sending = proposal.doing
    return True


def _plan_changed(wanted: str, proposal: Proposal) -> DeskError:
    doing = proposal.doing[:1].upper() + proposal.doing[1:]
    message = (
        f"{doing} would now be plan {proposal.digest}, not {wanted}; nothing was sent. The new plan is shown."
    )
    if proposal.previewed is None:
        return DeskError("plan-changed", message)
    asset, subject = proposal.previewed
    return DeskError("plan-changed", message, when="a command named its plan", asset=asset, subject=subject)


def _not_confirmed(proposal: Proposal) -> DeskError:
    message = f"Nothing was sent: {proposal.doing} needs --yes, or an answer at the prompt."
    if proposal.previewed is None:
        return DeskError("not-confirmed", message)
    asset, subject = proposal.previewed
    return DeskError("not-confirmed", message, when="a push was not confirmed", asset=asset, subject=subject)
