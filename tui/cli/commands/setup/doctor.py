"""`doctor`: settings, connections, the book, the files: what is wrong, and what to do. Changes nothing."""

from __future__ import annotations

from collections import Counter
from typing import Final

from core.diagnostics.findings import Finding, FindingLevel, exit_code
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say
from tui.wiring import settings_of
from tui.wiring.setup import examine

SIGNS: Final = {FindingLevel.OK: "✓", FindingLevel.WARN: "!", FindingLevel.BAD: "✗"}


async def doctor(options: CommandOptions) -> int:
    """Look at everything and say what was found; the exit code is that of the gravest finding."""
    settings = settings_of(options.home, options.profile)
    findings = await examine(settings)
    code = exit_code(findings)
    if options.json:
        emit_json(
            {
                "profile": settings.name,
                "live": settings.profile.live,
                "exit_code": code,
                "counts": {level: sum(one.level is level for one in findings) for level in FindingLevel},
                "findings": findings,
            }
        )
        return code
    about = ""
    for one in findings:
        if one.about != about:
            say(*([""] if about else []), one.about)
            about = one.about
        say(*_lines(one))
    counts = Counter(one.level for one in findings)
    say(
        "",
        f"{counts[FindingLevel.OK]} fine, {counts[FindingLevel.WARN]} to look at, {counts[FindingLevel.BAD]} bad",
    )
    return code


def _lines(one: Finding) -> list[str]:
    lines = [f"  {SIGNS[one.level]} {one.what}"]
    return [*lines, f"    → {one.fix}"] if one.fix and one.level is not FindingLevel.OK else lines
