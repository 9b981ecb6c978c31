"""`explain`: what a code means and what to do about it, in the words that the Activity room has for it."""

from __future__ import annotations

import difflib
from argparse import Namespace

from core.catalogue import CATALOGUE, fix_of, meaning_of
from core.errors import UsageError
from tui.commands.output import emit_json, say, say_table


def explain(options: Namespace) -> int:
    """Explain one code, or list every one. Raises `UsageError` (unknown-code) with the codes that are near."""
    if options.code is None:
        return _all(as_json=options.json)
    code: str = options.code.strip().casefold()
    if code not in CATALOGUE:
        raise _unknown(code)
    if options.json:
        emit_json(_form(code))
    else:
        say(f"{code}  {meaning_of(code)}", *([fix_of(code)] if fix_of(code) else []))
    return 0


def _all(*, as_json: bool) -> int:
    if as_json:
        emit_json({"codes": [_form(code) for code in CATALOGUE]})
    else:
        say_table((code, meaning_of(code)) for code in sorted(CATALOGUE))
    return 0


def _form(code: str) -> dict[str, str]:
    return {"code": code, "meaning": meaning_of(code), "fix": fix_of(code)}


def _unknown(code: str) -> UsageError:
    parts = [one for one in CATALOGUE if len(code) > 2 and (code in one or one in code)]
    near = list(dict.fromkeys([*difflib.get_close_matches(code, CATALOGUE, 5), *parts]))[:5]
    fix = f"Did you mean: {', '.join(near)}?" if near else "See every code: brokerdesk explain"
    return UsageError("unknown-code", f"The catalogue has no code “{code}”.", fix)
