"""The right-hand side of the Contacts room: one row, its two records side by side, why, and what can be answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Unpack

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Comparison, Contact, ContactKind, Verdict, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.consequences import (
    REVISED,
    asks,
    consequence,
    if_nobody_decides,
    stands,
    why_not_same,
)
from core.contacts.review.decisions import Ids
from core.contacts.review.queue import Cost, ReviewItem
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.side_by_side import SideBySide, side_by_side
from tui.contacts import wording
from tui.text import joined, plain
from tui.widgets.line_view import InDom


@dataclass(frozen=True, slots=True)
class ShownRow:
    """What is shown: the row, the two records chosen of it, and what is to be decided about them, if anything."""

    reviewed: Reviewed
    gathered: MatchSnapshot
    row: VerdictRow
    ids: Ids
    item: ReviewItem | None
    blind: bool = False
    writer: str = "desk"
    said: str = ""
    """What was answered of the two, by whom and when."""

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What can be answered; of two that are linked or told apart, what else could be said of them."""
        if self.item is not None:
            return self.reviewed.offered(self.ids)
        if self.row.verdict is not Verdict.LINK:
            return ()
        return tuple(
            one for one in self.reviewed.offered(self.ids) if one in REVISED and one is not Answer.SAME
        )

    def does(self, answer: Answer) -> str:
        """Say what an answer will do."""
        if self.item is None:
            return REVISED[answer]
        return consequence(self.reviewed, self.item, self.ids, answer)

    @property
    def compared(self) -> Comparison | None:
        """How the two compare; nothing of two that were linked before, whom nobody has to compare."""
        held = self.item.comparison if self.item is not None and self.item.pairs == 1 else self.row.comparison
        if held is not None or (self.item is None and self.row.verdict is not Verdict.LINK):
            return held
        return self.reviewed.compare(self.ids)

    @property
    def not_same(self) -> str:
        """Why `same` can't be answered, where it can't."""
        return why_not_same(self.reviewed, self.ids) if self.item is not None else ""

    @property
    def alike(self) -> int:
        """How many questions compare like this one, itself among them."""
        return self.reviewed.how_many_alike(self.item) if self.item is not None else 1


class PairDetail(Vertical):
    """One row; `show` fills it."""

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._shown: ShownRow | None = None

    def compose(self) -> ComposeResult:
        """Yield the question, what happens else, and below it what can be scrolled."""
        yield Static(id="pair-question")
        yield Static(id="pair-fate")
        with VerticalScroll(id="pair"):
            yield Static(id="pair-fields")
            yield Static(id="pair-why")
            yield Static(id="pair-choices")

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.call_after_refresh(self._fill)

    def show(self, shown: ShownRow | None) -> None:
        """Show a row, or nothing."""
        self._shown = shown
        self._fill()
        self.query_one("#pair").scroll_home(animate=False)

    def _fill(self) -> None:
        shown = self._shown
        texts: tuple[Content, ...] = (plain(""),) * 5
        if shown is not None:
            width = max(30, self.query_one("#pair").size.width - 1)
            fields = wording.field_lines(_fields(shown), width)
            why = wording.why_lines(shown.compared, width, blind=shown.blind)
            choices = [(one, shown.does(one)) for one in shown.answers]
            texts = (
                _question(shown),
                _fate(shown),
                fields,
                why,
                wording.choice_lines(choices, shown.alike, shown.not_same, width),
            )
        for name, text in zip(("question", "fate", "fields", "why", "choices"), texts, strict=True):
            self._put(f"pair-{name}", text)
        self._choices_in_sight(sum(text.plain.count("\n") + 1 for text in texts[2:]))

    def _choices_in_sight(self, height: int) -> None:
        """Put the keys below the evidence; above it where that would push them out of sight."""
        place, why, choices = (self.query_one(name) for name in ("#pair", "#pair-why", "#pair-choices"))
        fits = height + 2 * _GAP <= place.size.height
        above = place.children.index(choices) < place.children.index(why)
        if fits and above:
            place.move_child(choices, after=why)
        elif not fits and not above:
            place.move_child(choices, before=why)

    def _put(self, name: str, text: Content) -> None:
        place = self.query_one(f"#{name}", Static)
        place.update(text)
        place.display = bool(text.plain)


_GAP: Final = 2
"""Blank lines between the parts, at most."""


def _question(shown: ShownRow) -> Content:
    if shown.item is None:
        said = "Linked" if shown.row.verdict in (Verdict.LINK, Verdict.LINKED) else "Nothing to decide"
        return plain(said, "bold")
    pairs = shown.item.pairs
    more = plain(f"   one of {pairs:,} pairs, ← →" if pairs > 1 else "", "$foreground-muted")
    later = plain("   put off" if shown.item.later else "", "$foreground-muted")
    return joined(plain(asks(shown.item), "bold"), more, later)


def _fate(shown: ShownRow) -> Content:
    if shown.item is None:
        return plain(shown.said or stands(shown.row), "$foreground-muted")
    fate = if_nobody_decides(shown.reviewed, shown.item, shown.writer)
    tone = "$error" if shown.item.cost in (Cost.OVERWRITE, Cost.DOUBLED) else "$warning"
    return joined(plain("if nobody decides: ", "$foreground-muted"), plain(fate, tone))


def _fields(shown: ShownRow) -> list[SideBySide]:
    ours, theirs = shown.reviewed.contacts(shown.ids)
    return side_by_side(ours, theirs, _owners(shown.gathered), one_owner=shown.reviewed.one_owner(shown.ids))


def _owners(gathered: MatchSnapshot) -> Callable[[Contact], str]:
    """Return what says how a contact's owner is called."""
    officers = {one.id: one.name or one.email for one in gathered.officers}
    users = {one.id: one.name or one.email for one in gathered.users}
    return lambda one: (users if one.kind is ContactKind.CONTACT else officers).get(one.owner, one.owner)
