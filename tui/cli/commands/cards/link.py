"""`link` and `unlink`: which FLEX record a card stands for. Nothing else is sent."""

from __future__ import annotations

from dataclasses import dataclass

from core.flex.use_cases.cards import card_state
from core.push.records import Push
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say
from tui.cli.push_output import exit_code
from tui.wiring import open_desk, settings_of


@dataclass(frozen=True, kw_only=True)
class UnlinkOptions(CommandOptions):
    """The options of `unlink`."""

    card: str


@dataclass(frozen=True, kw_only=True)
class LinkOptions(UnlinkOptions):
    """The options of `link`."""

    flex_id: str


async def link(options: LinkOptions) -> int:
    """Store the FLEX ID of an opportunity or application on a card."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        engine = desk.can_push
        begun = await desk.links.link(options.card, options.flex_id, engine)
        push = await engine.finish(begun.push_id)
    said = f"{options.card} is linked to {options.flex_id.strip()}. Notes can be pushed onto it now."
    return _tell(options, push, options.flex_id.strip(), said)


async def unlink(options: UnlinkOptions) -> int:
    """Forget a card's link; FLEX keeps its record."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        engine = desk.can_push
        flex_id, begun = await desk.links.unlink(options.card, engine)
        push = await engine.finish(begun.push_id)
    said = (
        f"{options.card} is no longer linked to {flex_id}. FLEX keeps its record.\n"
        f"To undo it: brokerdesk link {options.card} {flex_id}"
    )
    return _tell(options, push, None, said)


def _tell(options: UnlinkOptions, push: Push, flex_id: str | None, said: str) -> int:
    state = card_state(flex_id, push)
    if options.json:
        emit_json({"card": options.card, "flex_id": flex_id, "state": state})
    else:
        say(*said.splitlines())
    return exit_code(push)
