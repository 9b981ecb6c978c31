"""`undo PUSH` of a card or Fact Find: what the push replaced on contacts of FLEX is put back, shown and asked once."""

from __future__ import annotations

from core.flex.use_cases.undo import UNDOABLE, UndoPushPreview
from core.push.records import Push
from tui.cli.confirmation import Proposal, confirmed
from tui.cli.json_output import plan_form
from tui.cli.options import PlannedOptions
from tui.cli.output import say
from tui.cli.receipt_output import tell
from tui.wiring import Desk
from tui.words.put_back import undo_lines, undo_sum


async def is_of_cards(desk: Desk, push_id: str) -> bool:
    """Return True if the book knows a push as that of a card or Fact Find."""
    push = await desk.book.get(Push, push_id)
    return push is not None and push.asset in UNDOABLE


async def undo_push(options: PlannedOptions, push_id: str, desk: Desk) -> int:
    """Put back what a push of a card or Fact Find replaced, as far as FLEX still holds what the push sent."""
    engine = desk.can_push
    preview = await desk.undo.preview(push_id)
    if preview.plan.steps and not confirmed(options, _proposal(preview, desk)):
        return 1
    if not preview.plan.steps and not options.json:
        say(*undo_lines(preview))
    begun = await desk.undo.confirm(preview, engine)
    push = await engine.finish(begun.push_id)
    return await tell(desk, push, as_json=options.json)


def _proposal(preview: UndoPushPreview, desk: Desk) -> Proposal:
    fields = [
        {
            "name": field.name,
            "flex_id": field.flex_id,
            "field": field.field,
            "now": field.now,
            "old": field.old,
            "reason": field.why,
        }
        for field in preview.fields
    ]
    return Proposal(
        digest=preview.plan.digest,
        form=plan_form(preview.plan, fields=fields, stays=list(preview.stays)),
        show=lambda: say(*undo_lines(preview)),
        question=f"Put back {undo_sum(preview)}?",
        doing="undoing",
        live=desk.settings.profile.live,
    )
