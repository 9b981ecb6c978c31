"""`explain`: what a code means and what to do about it, in the words of the errors and of the Activity room."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from core.error_catalogue import CATALOGUE, cases_of, fix_of, meaning_of
from core.errors import UsageError
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table


@dataclass(frozen=True, kw_only=True)
class ExplainOptions(CommandOptions):
    """The options of `explain`."""

    code: str | None
    """The code to explain; None lists every code."""


def explain(options: ExplainOptions) -> int:
    """Explain one code, or list all codes. Raises `UsageError` (unknown-code) with the codes that are like it."""
    if options.code is None:
        return _all(as_json=options.json)
    code = options.code.strip().casefold()
    if code not in CATALOGUE:
        raise _unknown(code)
    if options.json:
        emit_json(_form(code))
    else:
        say(f"{code}  {meaning_of(code)}", *([fix_of(code)] if fix_of(code) else []))
        say(*(f"When {when}: {fix}" for when, fix in cases_of(code).items()))
    return 0


def _all(*, as_json: bool) -> int:
    if as_json:
        emit_json({"codes": [_form(code) for code in CATALOGUE]})
    else:
        say_table((code, meaning_of(code)) for code in sorted(CATALOGUE))
    return 0


def _form(code: str) -> dict[str, Any]:
    """Return a code's JSON: "cases" is a list of the advice for a situation, each with "when" and "fix"."""
    cases = [{"when": when, "fix": fix} for when, fix in cases_of(code).items()]
    return {"code": code, "meaning": meaning_of(code), "fix": fix_of(code), "cases": cases}


def _unknown(code: str) -> UsageError:
    parts = [one for one in CATALOGUE if len(code) > 2 and (code in one or one in code)]
    near = list(dict.fromkeys([*difflib.get_close_matches(code, CATALOGUE, 5), *parts]))[:5]
    message = f"The catalogue has no code “{code}”."
    if near:
        return UsageError("unknown-code", message, when="codes are like it", codes=", ".join(near))
    return UsageError("unknown-code", message)
