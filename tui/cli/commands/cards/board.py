"""`cards`: the board without a screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from core.flex.board import BoardCard, CardGroup, group_of, read_board
from core.flex.model import RejectedRecord
from core.odd_values import field_in_words
from core.texts import how_many
from tui.cards.groups import (
    GROUP_SIGN,
    GROUP_WORDS,
    NOT_CHECKED,
    SET_ASIDE,
    counts_in_words,
    obstacle_words,
    searched_amount,
    short_amount,
    short_stage,
)
from tui.cli.json_output import aside_form, card_form
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring.cards import open_board
from tui.wiring.files import named_format, path_of, table_bytes, write_private
from tui.wiring.profile import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.errors import DeskError
    from core.flex.use_cases.changed_since_push import ChangedSincePush
    from tui.wiring.cards import OpenBoard


def _group(card: BoardCard) -> CardGroup:
    return group_of(card.state, card.obstacle)


def _sign(card: BoardCard) -> str:
    """Return the sign of a card that was not read: nothing is known of one without an obstacle in the list."""
    group = _group(card)
    return (NOT_CHECKED if group is CardGroup.READY else GROUP_SIGN[group])[0]


COLUMNS: Final[Mapping[str, Callable[[BoardCard], str]]] = {
    "sign": _sign,
    "card": lambda card: card.summary.id,
    "title": lambda card: card.summary.title,
    "stage": lambda card: obstacle_words(card.obstacle) or short_stage(card.summary.stage),
    "amount": lambda card: short_amount(card.summary.amount),
    "owner": lambda card: card.summary.owner,
}
"""The columns of the app's list, by their names there. The FLEX ID and what changed come after them."""
WRITTEN: Final = (
    *("id", "title", "kind", "stage", "owner", "state", "flex_id", "purpose", "people", "changed_since_push"),
)
"""What a file has of each card, by the names of the JSON form."""


NO_CARDS: Final = "The board has no cards. brokerdesk import FILE brings cards in from a file."
NOT_CHECKED_HINT: Final = "·: the list shows no obstacle. `brokerdesk preview card ID` checks the card."
_ORDER: Final = {group: n for n, group in enumerate(CardGroup)}


@dataclass(frozen=True, kw_only=True)
class CardsOptions(CommandOptions):
    """The options of `cards`."""

    filter: str | None
    changed: bool
    """True for the cards alone that changed since their push. Each card that was pushed is read."""
    out: str | None
    """The file that the list is written to; None to print the list."""


async def cards(options: CardsOptions) -> int:
    """List the board's cards; `--filter` keeps those that hold every word, in any field.

    `--changed` reads the cards that were pushed, and keeps those that changed since.
    """
    wanted = (options.filter or "").casefold().split()
    found: list[BoardCard] = []
    aside: list[RejectedRecord] = []
    changes = Changes({}, {}, [])
    async with open_board(settings_of(options.home, options.profile)) as opened:
        async for page in opened.systems.cards.summaries():
            board = await read_board(opened.book, [item.id for item in page])
            for item in page:
                if isinstance(item, RejectedRecord):
                    aside.append(item)
                elif _matches(card := board.place(item), wanted):
                    found.append(card)
        if options.changed:
            changes = await _changes_of(opened, [card.summary.id for card in found if card.flex_id])
            found = [card for card in found if changes.of_card.get(card.summary.id)]
    if options.out is not None:
        return _write(
            options,
            path_of(options.out),
            [card_form(card, changes.of_card.get(card.summary.id)) for card in found],
        )
    if options.json:
        emit_json(
            {
                "cards": [card_form(card, changes.of_card.get(card.summary.id)) for card in found],
                "set_aside": [aside_form(item) for item in aside],
                "unread": [{"code": error.code, "message": error.message} for error in changes.unread],
            }
        )
        return 0
    aside = [item for item in aside if _holds(f"{item.id} {item.field} {item.reason} {SET_ASIDE}", wanted)]
    found.sort(key=lambda card: _ORDER[_group(card)])
    say_table(
        [
            *(cell(card) for cell in COLUMNS.values()),
            card.flex_id or "",
            changes.words.get(card.summary.id, ""),
        ]
        for card in found
    )
    counts = Counter[str](map(_group, found))
    counts[CardGroup.BLOCKED] += len(aside)
    shown = len(found) + len(aside)
    if shown:
        say(" · ".join(words for words, _ in counts_in_words(counts, shown, shown)))
    else:
        say("No card matches." if wanted or options.changed else NO_CARDS)
    if counts[CardGroup.READY]:
        say(NOT_CHECKED_HINT)
    say(
        *(
            f"set aside: {item.system} {item.id}: {field_in_words(item.field)}: {item.reason}"
            for item in aside
        )
    )
    say(*(f"not used: {line}" for card in found for line in _odd_lines(card)))
    say(*(f"not read: {error.message} {error.fix}" for error in changes.unread))
    return 0


def _write(options: CardsOptions, file: Path, forms: list[dict[str, Any]]) -> int:
    """Write the cards to a private file, as the app exports its list."""
    format_ = named_format(file)
    rows = (
        [", ".join(value) if isinstance(value := form[name], list) else value for name in WRITTEN]
        for form in forms
    )
    write_private(file, table_bytes(format_, "Cards", WRITTEN, rows))
    if options.json:
        emit_json({"file": str(file), "cards": len(forms)})
    else:
        say(f"{file}: {how_many(len(forms), 'card')}. It holds names; only you can read it.")
    return 0


class Changes(NamedTuple):
    """What changed since the pushes of cards, by card id, also in words, and why some cards could not be read."""

    of_card: dict[str, ChangedSincePush]
    words: dict[str, str]
    unread: list[DeskError]


async def _changes_of(opened: OpenBoard, card_ids: list[str]) -> Changes:
    from core.flex.use_cases.bulk import CardChanges, UnreadCard, changes_of  # noqa: PLC0415 - the list does without
    from tui.words.changes import changed_in_words  # noqa: PLC0415 - as above

    changes = Changes({}, {}, [])
    async for result in changes_of(await opened.use_cases(), card_ids):
        match result:
            case CardChanges(card_id, since):
                changes.of_card[card_id] = since
                changes.words[card_id] = changed_in_words(since)
            case UnreadCard(error=error):
                changes.unread.append(error)
    return changes


def _odd_lines(card: BoardCard) -> list[str]:
    return [
        f"{card.summary.id}: {field_in_words(odd.field)} “{odd.text}”: {odd.reason}"
        for _, odd in card.summary.odd.items()
    ]


def _matches(card: BoardCard, wanted: list[str]) -> bool:
    one, group = card.summary, _group(card)
    words = (GROUP_WORDS[group], obstacle_words(card.obstacle), searched_amount(one.amount))
    text = " ".join((one.id, one.title, one.kind, one.stage, one.owner, card.state, *words, *one.people))
    return _holds(text, wanted)


def _holds(text: str, wanted: list[str]) -> bool:
    """Return True if a text has every word, in any case."""
    folded = text.casefold()
    return all(word in folded for word in wanted)
