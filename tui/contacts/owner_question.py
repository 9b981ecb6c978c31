"""Asks about all contacts that two owners both have: which answer, and whether it is meant. Knows no book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.contacts.match.owner_names import owner_name
from core.contacts.match.owner_rule import OwnerPair
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.records import OwnersAnswer
from core.contacts.review.consequences import OF_OWNERS
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reviewed import Reviewed
from tui.text import content
from tui.widgets.chooser import Chooser, Offer
from tui.widgets.confirm_dialog import ConfirmDialog

if TYPE_CHECKING:
    from tui.app import DeskApp


def names_of(gathered: MatchSnapshot, pair: OwnerPair) -> str:
    """Return the names of two owners as a person reads them."""
    return " and ".join(owner_name(gathered, key) for key in pair)


async def ask_about_owners(
    app: DeskApp, reviewed: Reviewed, gathered: MatchSnapshot, item: ReviewItem
) -> tuple[OwnerPair, OwnersAnswer] | None:
    """Return the owners and the answer that a person chose and confirmed; None if nothing was chosen."""
    choices = {
        f"{answer} {'|'.join(pair)}": (pair, answer)
        for pair in reviewed.owner_pairs(item)
        for answer in OwnersAnswer
    }
    offers = [
        Offer(value, f"{answer}: {names_of(gathered, pair)}", len(reviewed.of_owners(pair)))
        for value, (pair, answer) in choices.items()
    ]
    chosen = await app.push_screen_wait(Chooser("All contacts that both owners have", offers))
    if chosen is None or chosen.value not in choices:
        return None
    pair, answer = choices[chosen.value]
    lines = [
        content("[b]$answer[/b]: $names", answer=answer.value, names=names_of(gathered, pair)),
        content("[b]$count[/b] open now: $does.", count=f"{chosen.cards:,}", does=OF_OWNERS[answer]),
        content("[$foreground-muted]It also holds for contacts that both have later. u takes it back.[/]"),
    ]
    question = ConfirmDialog("Two owners, one email", lines, yes="Answer", grace=app.grace)
    return (pair, answer) if await app.push_screen_wait(question) else None
