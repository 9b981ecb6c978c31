"""Asks once before a command sends: shows the plan, compares `--plan`, and takes `--yes` or an answer at the prompt.

Every command that sends uses `confirmed`, so that each has the same dry run: with `--json` and without `--yes` the plan
is printed, with the error `not-confirmed` beside it. Nothing is sent or stored before the answer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import DeskError
from tui.cli.options import PlannedOptions
from tui.cli.output import say


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a command is about to send.

    `digest` is the hash of the plan. `form` is the plan as JSON; its key `plan` is the same hash. `show` prints the
    plan for a person. `question` is asked at the prompt. `doing` names the act in the error messages, such as "pushing
    C-1001". `advice` has the values for the catalogue's advice if there is a `preview` command, and is empty otherwise.
    """

    digest: str
    form: Mapping[str, Any]
    show: Callable[[], None]
    question: str
    doing: str
    live: bool
    advice: Mapping[str, object] = field(default_factory=dict)


class PlanNotSent(DeskError):
    """A plan was not sent: nobody confirmed the plan, or `--plan` names another one. `form` is the plan as JSON."""

    def __init__(
        self, code: str, message: str, form: Mapping[str, Any], *, when: str = "", **values: object
    ) -> None:
        super().__init__(code, message, when=when, **values)
        self.form = form


def confirmed(options: PlannedOptions, proposal: Proposal) -> bool:
    """Return True if the plan may be sent: by `--yes`, or by a yes at the prompt. A no at the prompt returns False.

    Raises `PlanNotSent` with `plan-changed` if `--plan` names another plan, and with `not-confirmed` if nobody can be
    asked: with `--json`, or without a terminal.
    """
    if options.plan is not None and options.plan != proposal.digest:
        raise PlanNotSent(
            "plan-changed",
            f"{proposal.doing[:1].upper()}{proposal.doing[1:]} would now be plan {proposal.digest}, "
            f"not {options.plan}; nothing was sent.",
            proposal.form,
            when="a command named its plan" if proposal.advice else "",
            **proposal.advice,
        )
    if options.yes:
        return True
    if not options.json:
        proposal.show()
    if options.json or not sys.stdin.isatty():
        raise PlanNotSent(
            "not-confirmed",
            f"Nothing was sent: {proposal.doing} needs --yes, or an answer at the prompt.",
            proposal.form,
            when="a push was not confirmed" if proposal.advice else "",
            **proposal.advice,
        )
    return answered_yes(f"{'LIVE. ' if proposal.live else ''}{proposal.question} [y/N] ")


def answered_yes(question: str) -> bool:
    """Ask at the prompt and return True for a yes. Anything else sends nothing, and the command says so."""
    try:
        answer = input(question)
    except EOFError:
        answer = ""
    if answer.strip().casefold() not in ("y", "yes"):
        say("Nothing was sent.")
        return False
    return True
