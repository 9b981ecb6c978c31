"""`link` and `unlink`: which FLEX record a card or a person stands for. Shown and asked first; nothing else is sent."""

from __future__ import annotations

from dataclasses import dataclass

from core.flex.board import card_state
from core.flex.plans.link import LinkPreview
from core.push.plan import Entity
from core.push.records import Push
from tui.cli.confirmation import Proposal, confirmed
from tui.cli.json_output import plan_form
from tui.cli.options import PlannedOptions
from tui.cli.output import emit_json, say
from tui.cli.push_output import exit_code
from tui.wiring import Desk, open_desk, settings_of
from tui.words.links import link_lines, linked_words


@dataclass(frozen=True, kw_only=True)
class UnlinkOptions(PlannedOptions):
    """The options of `unlink`."""

    id: str
    """A card or a person."""


@dataclass(frozen=True, kw_only=True)
class LinkOptions(UnlinkOptions):
    """The options of `link`."""

    flex_id: str


async def link(options: LinkOptions) -> int:
    """Link a card to an opportunity or application of FLEX, or a person to a contact of FLEX."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        preview = await desk.links.preview(options.id, options.flex_id, desk.can_push)
        return await _carry_out(options, preview, desk)


async def unlink(options: UnlinkOptions) -> int:
    """Take back the link of a card or a person; FLEX keeps its record."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        preview = await desk.links.preview_unlink(options.id, desk.can_push)
        return await _carry_out(options, preview, desk)


async def _carry_out(options: UnlinkOptions, preview: LinkPreview, desk: Desk) -> int:
    if not confirmed(options, _proposal(preview, desk)):
        return 1
    engine = desk.can_push
    push = await desk.links.confirm(preview, engine)
    push = await engine.finish(push.push_id)
    if options.json:
        emit_json(_form(preview, push))
    else:
        say(linked_words(preview))
        if preview.flex_id is None:
            say(f"To undo it: brokerdesk link {preview.local_id} {preview.was}")
    return exit_code(push)


def _proposal(preview: LinkPreview, desk: Desk) -> Proposal:
    plan = preview.plan
    return Proposal(
        digest=plan.digest,
        form=plan_form(plan, preview.warnings, flex_id=preview.flex_id, was=preview.was),
        show=lambda: say(*link_lines(preview), *(f"! {warning}" for warning in preview.warnings)),
        question=f"{'Link' if preview.flex_id else 'Unlink'} {plan.subject}, plan {plan.digest}?",
        doing=f"{'linking' if preview.flex_id else 'unlinking'} {plan.subject}",
        live=desk.settings.profile.live,
    )


def _form(preview: LinkPreview, push: Push) -> dict[str, str | None]:
    key = "card" if preview.entity is Entity.OPPORTUNITY else "person"
    return {
        key: preview.local_id,
        "flex_id": preview.flex_id,
        "state": card_state(preview.flex_id, push),
        "plan": push.plan,
        "push_id": push.push_id,
    }
