"""`cards`: the board without a screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.flex.model import RejectedRecord
from core.flex.use_cases.cards import BoardCard, CardState
from tui.cli.json_output import aside_form, card_form
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import open_desk, settings_of

SIGNS: Final = {
    CardState.LINKED: "●",
    CardState.UNLINKED: "○",
    CardState.PUSHING: "◐",
    CardState.NEEDS_YOU: "◐",
}


@dataclass(frozen=True, kw_only=True)
class CardsOptions(CommandOptions):
    """The options of `cards`."""

    filter: str | None


async def cards(options: CardsOptions) -> int:
    """List the board's cards; `--filter` keeps those that hold every word, in any field."""
    wanted = (options.filter or "").casefold().split()
    found: list[BoardCard] = []
    aside: list[RejectedRecord] = []
    async with open_desk(settings_of(options.home, options.profile), write=False) as desk:
        board = await desk.flex.board()
        async for page in desk.flex.cards():
            for item in page:
                if isinstance(item, RejectedRecord):
                    aside.append(item)
                elif _matches(card := board.place(item), wanted):
                    found.append(card)
    if options.json:
        emit_json(
            {"cards": [card_form(card) for card in found], "set_aside": [aside_form(item) for item in aside]}
        )
        return 0
    say_table(
        (SIGNS[c.state], c.summary.id, c.summary.title, c.summary.stage, c.summary.owner, c.flex_id or "")
        for c in found
    )
    say(f"{len(found)} cards" + (f", {len(aside)} set aside" if aside else ""))
    say(*(f"set aside: {item.system} {item.id}: {item.field}: {item.reason}" for item in aside))
    return 0


def _matches(card: BoardCard, words: list[str]) -> bool:
    one = card.summary
    text = " ".join((one.id, one.title, one.kind, one.stage, one.owner, card.state, *one.people)).casefold()
    return all(word in text for word in words)
