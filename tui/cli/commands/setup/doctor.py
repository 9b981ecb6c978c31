"""`doctor`: settings, connections, the book, the files: what is wrong, what to do, and whom to ask.

It changes nothing, unless it is told to mark the changes at the vendors as known.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from core.diagnostics.access import request_for_access
from core.diagnostics.asks import AdminMessage, messages_of
from core.diagnostics.findings import Finding, FindingLevel, exit_code, messages_to_send
from core.push.plan import System
from core.texts import how_many
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say
from tui.wiring import settings_of
from tui.wiring.setup import examine, mark_changes_known, sender_of

SIGNS: Final = {FindingLevel.OK: "✓", FindingLevel.WARN: "!", FindingLevel.BAD: "✗", FindingLevel.OPEN: "?"}
_RULE: Final = "-" * 72


@dataclass(frozen=True, kw_only=True)
class DoctorOptions(CommandOptions):
    """The options of `doctor`."""

    known: bool
    """True if what has changed at the vendors is marked as known."""
    access: bool
    """True if only the messages that ask for access to the systems are printed; nothing is looked at."""


async def doctor(options: DoctorOptions) -> int:
    """Look at everything and say what was found; the exit code is that of the gravest finding."""
    settings = settings_of(options.home, options.profile)
    if options.access:
        asked = messages_of((request_for_access(system) for system in System), sender_of(settings))
        if options.json:
            emit_json({"messages": asked})
        else:
            say(*(line for message in asked for line in _message_lines(message)))
        return 0
    findings = await examine(settings)
    code = exit_code(findings)
    messages = messages_to_send(findings, sender_of(settings))
    marked = await mark_changes_known(settings) if options.known else None
    if options.json:
        emit_json(
            {
                "profile": settings.name,
                "live": settings.profile.live,
                "exit_code": code,
                "counts": {level: sum(one.level is level for one in findings) for level in FindingLevel},
                "findings": findings,
                "messages": messages,
                **({} if marked is None else {"marked_known": marked}),
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
        f"{counts[FindingLevel.OK]} fine, {counts[FindingLevel.WARN]} to look at, {counts[FindingLevel.BAD]} bad, "
        f"{counts[FindingLevel.OPEN]} open",
    )
    for message in messages:
        say(*_message_lines(message))
    if marked is not None:
        say("", f"{how_many(marked, 'change')} at the vendors marked as known.")
    return code


def _lines(one: Finding) -> list[str]:
    lines = [f"  {SIGNS[one.level]} {one.what}"]
    if one.fix and one.level is not FindingLevel.OK:
        lines.append(f"    → {one.fix}")
    return [*lines, f"    → Ask {one.ask.to}: the message is below."] if one.ask is not None else lines


def _message_lines(message: AdminMessage) -> list[str]:
    """Return a message to an administrator as lines to paste, between two rules."""
    head = ["", f"Message to {message.to}", _RULE, f"Subject: {message.subject}", ""]
    return [*head, *message.text.split("\n"), _RULE]
