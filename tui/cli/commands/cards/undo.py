"""`undo PUSH` of a card or Fact Find: what the push replaced on contacts of FLEX is put back, shown and asked once."""

from __future__ import annotations

import sys

from core.errors import DeskError
from core.flex.use_cases.undo import UNDOABLE, UndoPushPreview
from core.push.records import Push
from tui.cli.commands.cards.push import live_word, tell
from tui.cli.options import ConfirmedOptions
from tui.cli.output import emit_json, say
from tui.wiring import Desk
from tui.words.put_back import undo_lines, undo_sum


async def is_of_cards(desk: Desk, push_id: str) -> bool:
    """Return True if the book knows a push as that of a card or Fact Find."""
    push = await desk.book.get(Push, push_id)
    return push is not None and push.asset in UNDOABLE


async def undo_push(options: ConfirmedOptions, push_id: str, desk: Desk) -> int:
    """Put back what a push of a card or Fact Find replaced, as far as FLEX still holds what the push sent."""
    engine = desk.can_push
    preview = await desk.undo.preview(push_id)
    if preview.plan.steps and not options.yes:
        if options.json or not sys.stdin.isatty():
            return _told_only(options, preview)
        say(*undo_lines(preview))
        if not _answered_yes(f"{live_word(desk)}Put back {undo_sum(preview)}? [y/N] "):
            return 1
    elif not options.json:
        say(*undo_lines(preview))
    begun = await desk.undo.confirm(preview, engine)
    push = await engine.finish(begun.push_id)
    return await tell(desk, push, as_json=options.json)


def _answered_yes(question: str) -> bool:
    try:
        answer = input(question)
    except EOFError:
        answer = ""
    if answer.strip().casefold() not in ("y", "yes"):
        say("Nothing was sent.")
        return False
    return True


def _told_only(options: ConfirmedOptions, preview: UndoPushPreview) -> int:
    """Print what an undo would do, and that nobody confirmed it; returns the exit code."""
    error = DeskError("not-confirmed", "Nothing was sent: undoing needs --yes, or an answer at the prompt.")
    if not options.json:
        say(*undo_lines(preview))
        raise error
    emit_json(
        {
            "asset": preview.plan.asset,
            "subject": preview.plan.subject,
            "plan": preview.plan.digest,
            "fields": [
                {
                    "name": field.name,
                    "flex_id": field.flex_id,
                    "field": field.field,
                    "now": field.now,
                    "old": field.old,
                    "reason": field.why,
                }
                for field in preview.fields
            ],
            "stays": list(preview.stays),
            "error": {"code": error.code, "message": error.message, "fix": error.fix},
        }
    )
    return DeskError.exit_code
