"""Asks a person at a terminal what a file does not say: which header is which column, and the order of its dates.

Reads and writes no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.errors import UsageError
from tui.cli.options import CommandOptions
from tui.cli.output import say
from tui.cli.prompts import Prompts, can_ask
from tui.wiring.files import is_answers_name
from tui.words.columns import DATE_ORDERS, NAME_RULE, could_be_both

if TYPE_CHECKING:
    from data.tables.columns import ColumnReport


def can_ask_about_file(options: CommandOptions, file: str) -> bool:
    """Return True if somebody can answer: at a terminal, without --json, and with the file not on standard input."""
    return not options.json and file != "-" and can_ask()


def ask_columns(prompts: Prompts, name: str, report: ColumnReport) -> dict[str, str]:
    """Ask for each open column which header it is. Return our column by header."""
    headers = list(report.unmatched)
    say(f"{name} has headers that brokerdesk doesn't know:")
    say(*(f"  {n:>3}  {header}" for n, header in enumerate(headers, 1)))
    say("Type the number of the header for each column, or press Enter for none.")
    answers: dict[str, str] = {}
    for column in report.questions:
        free = [header for header in headers if header not in answers]
        if not free:
            break

        def offered(given: str, free: Sequence[str] = free) -> None:
            _chosen(given, headers, free)

        given = prompts.line(column, f"  {column}", "none", offered)
        chosen = _chosen(given, headers, free)
        if chosen:
            answers[chosen] = column
    return answers


def ask_dates(prompts: Prompts, name: str, dates: int) -> str:
    """Ask in which order the dates of a file are that could be both. Return `dmy`, `mdy`, or "" to leave them out."""
    offers = {**DATE_ORDERS, "none": "these dates are left out"}
    answer = prompts.choose("dates", _which_order(name, dates), offers, "none")
    return "" if answer == "none" else answer


def ask_day_first(prompts: Prompts, name: str, dates: int) -> str:
    """Ask in which order the dates of a file of cards are that could be both. Return `dmy` or `mdy`."""
    return prompts.choose("dates", _which_order(name, dates), DATE_ORDERS, "dmy")


def _which_order(name: str, dates: int) -> str:
    return f"{name}: {could_be_both(dates)}. Which order is it?"


def ask_name(prompts: Prompts, proposed: str) -> str:
    """Ask under which name the answers are remembered."""

    def fitting(given: str) -> None:
        if not is_answers_name(given):
            raise UsageError("bad-columns", NAME_RULE, when="a name is asked for")

    return prompts.line("name", "Remember these answers as", proposed, fitting)


def _chosen(given: str, headers: Sequence[str], free: Sequence[str]) -> str:
    """Return the header that an answer names, by its number or its text; "" for none. Raises `UsageError`."""
    if given.strip().casefold() == "none":
        return ""
    header = given.strip()
    if header.isdecimal() and 0 < int(header) <= len(headers):
        header = headers[int(header) - 1]
    if header not in free:
        raise UsageError(
            "bad-columns",
            "That isn't one of the headers, or it has a column already.",
            when="a question is answered",
        )
    return header
