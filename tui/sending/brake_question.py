"""The question about a round of automatic work that waits for a person, because it would touch too many at once."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from core.automatic.brake import RoundLimit, braked_error, counted
from core.automatic.records import AutomaticWork
from tui.text import content, plain
from tui.widgets.chooser import Chooser, Offer
from tui.widgets.confirm_dialog import ConfirmDialog, MessageDialog, live_lines

if TYPE_CHECKING:
    from textual.content import Content

    from core.automatic.records import BrakedRound
    from tui.app import DeskApp

NAMED: Final = 12
"""How many of the records that wait are named."""


class BrakeAnswer(StrEnum):
    """What a person can do with a round that waits."""

    LOOK = "look"
    ALLOW = "allow"
    LEAVE = "leave"


_OFFERS: Final = {
    BrakeAnswer.LOOK: "look at what waits",
    BrakeAnswer.ALLOW: "send them this once",
    BrakeAnswer.LEAVE: "leave them to me",
}


async def ask_about_round(app: DeskApp, braked: BrakedRound) -> BrakeAnswer | None:
    """Show what waits, and return what a person says: ALLOW or LEAVE; None for neither."""
    title = f"{counted(braked.what, braked.number)} {'waits' if braked.number == 1 else 'wait'}"
    while True:
        offers = [Offer(answer.value, label) for answer, label in _OFFERS.items()]
        chosen = await app.push_screen_wait(Chooser(title, offers))
        if chosen is None or chosen.value is None:
            return None
        answer = BrakeAnswer(chosen.value)
        if answer is BrakeAnswer.LOOK:
            await app.push_screen_wait(MessageDialog(title, _about(app, braked)))
        elif await app.push_screen_wait(_question(app, braked, answer)):
            return answer


def _question(app: DeskApp, braked: BrakedRound, answer: BrakeAnswer) -> ConfirmDialog:
    name = counted(braked.what, braked.number)
    are = "is" if braked.number == 1 else "are"
    if answer is BrakeAnswer.ALLOW:
        lines = [
            *live_lines(live=app.live),
            plain(f"{name} {are} sent now, without a further question."),
            plain("What becomes due after that is counted again."),
        ]
        return ConfirmDialog(f"Send {name} this once?", lines, yes="Send", grace=app.grace)
    lines = [
        plain(f"{name} {are} never sent automatically. You can send or skip each of them."),
        plain("What becomes due after that is sent automatically."),
    ]
    return ConfirmDialog(f"Leave {name} to you?", lines, yes="Leave to me", grace=app.grace)


def _about(app: DeskApp, braked: BrakedRound) -> list[Content]:
    """Return why a round waits, and what is in it: counts by milestone, then the first records."""
    error = braked_error(braked.what, braked.number, RoundLimit(braked.limit, braked.why))
    names = _names(app, braked)
    lines = [plain(error.message), plain("")]
    if braked.what is AutomaticWork.MILESTONES:
        counts = Counter(name.partition(", ")[0] for name in names)
        lines += [
            content("[b]$count[/b] $name", count=f"{n:,}", name=name) for name, n in counts.most_common()
        ]
        lines.append(plain(""))
    lines += [plain(name) for name in names[:NAMED]]
    if len(names) > NAMED:
        lines.append(plain(f"… and {len(names) - NAMED:,} more", "$foreground-muted"))
    return lines


def _names(app: DeskApp, braked: BrakedRound) -> list[str]:
    """Return what the records are called: the milestone and its contact, or the user."""
    if braked.what is AutomaticWork.MILESTONES:
        return [app.titles.get(f"milestone:{id_}", id_) for id_ in braked.ids]
    contacts = app.desk.contacts if app.desk is not None else None
    read = contacts.last if contacts is not None else None
    names = {contact.id: contact.name for contact in read.simplenexus} if read is not None else {}
    return [f"{names[id_]} ({id_})" if id_ in names else id_ for id_ in braked.ids]
