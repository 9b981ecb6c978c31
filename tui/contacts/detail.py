"""The right-hand side of the Contacts room: one row, its two records side by side, the evidence, and the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Unpack

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.contacts.linkage.explain import field_name, why_sentence
from core.contacts.match.differing import ROLE
from core.contacts.match.owner_names import owner_name
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Comparison, Contact, ContactKind, Reason, Verdict, VerdictRow
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
from core.contacts.review.group_choices import consequence_of_all
from core.contacts.review.queue import Cost, ReviewItem, key_of
from core.contacts.review.reason_words import REASON_WORDS
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.side_by_side import SideBySide, side_by_side
from core.contacts.sync.no_home import NoHomeField, no_home_of_row
from core.local_forms import Country, words_of
from tui.contacts import wording
from tui.text import joined, plain
from tui.widgets.clickable.click_lines import NO_TEXT, ClickLines
from tui.widgets.line_view import InDom


@dataclass(frozen=True, slots=True)
class ShownRow:
    """What is shown: the row, the ids of two of its records, and the question about them (None if there is none)."""

    reviewed: Reviewed
    gathered: MatchSnapshot
    row: VerdictRow
    ids: Ids
    item: ReviewItem | None
    country: Country
    blind: bool = False
    bits: bool = False
    writer: str = "desk"
    said: str = ""
    """The answer about the two records, with who answered and when; "" if there is none."""
    title_field: str = ""
    """The custom field of Total Expert that holds a professional title; "" if there is none."""

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The possible answers. Without a question: those that change what happens to a pair of one email."""
        if self.item is not None:
            return self.reviewed.offered(self.ids)
        if self.row.verdict not in _OF_ONE_EMAIL:
            return ()
        is_linked = self.row.verdict is Verdict.LINK
        return tuple(
            answer
            for answer in self.reviewed.offered(self.ids)
            if answer in REVISED and not (is_linked and answer is Answer.SAME)
        )

    def does(self, answer: Answer) -> str:
        """Return in words what an answer will do."""
        if self.item is None:
            return REVISED[answer]
        return consequence(self.reviewed, self.item, self.ids, answer)

    @property
    def compared(self) -> Comparison | None:
        """The comparison of the two records; None for records that were linked before and need no comparison."""
        comparison = (
            self.item.comparison if self.item is not None and self.item.pairs == 1 else self.row.comparison
        )
        if comparison is not None or (self.item is None and self.row.verdict not in _OF_ONE_EMAIL):
            return comparison
        return self.reviewed.compare(self.ids)

    @property
    def no_home(self) -> tuple[NoHomeField, ...]:
        """The fields that a copy of the record would leave behind; () if a person is asked, or nothing is copied."""
        if self.item is not None:
            return ()
        return no_home_of_row(self.row, self.reviewed.contacts(self.ids), self.title_field)

    @property
    def not_same(self) -> str:
        """The reason why `same` can't be answered; "" if it can."""
        return why_not_same(self.reviewed, self.ids) if self.item is not None else ""

    @property
    def of_owners(self) -> int:
        """The number of open questions that one answer about the owners of this question settles; 0 for another one."""
        pairs = self.reviewed.owner_pairs(self.item) if self.item is not None else ()
        return max((len(self.reviewed.of_owners(pair)) for pair in pairs), default=0)

    @property
    def alike(self) -> int:
        """The number of pairs that one answer can be given to at once, including this pair."""
        if self.item is not None:
            return self.reviewed.how_many_alike(self.item)
        return len(self.pairs_alike) or 1

    @property
    def pairs_alike(self) -> list[Ids]:
        """The pairs that one answer can be given to at once: they compare alike, or their links went in one undo."""
        if self.item is not None:
            return [item.first for item in self.reviewed.alike(self.item)]
        return self.reviewed.taken_back_with(self.ids) if self.row.verdict is Verdict.UNLINKED else []

    def does_to_all(self, answer: Answer) -> str:
        """Return in words what an answer to all pairs that are alike will do."""
        if self.item is None:
            return REVISED[answer]
        return consequence_of_all(self.reviewed, self.reviewed.alike(self.item), answer)


_OF_ONE_EMAIL: Final = frozenset({Verdict.LINK, Verdict.UNLINKED})
"""The verdicts of pairs about which nobody asks, but a person may still answer."""


class PairDetail(Vertical):
    """Shows one row. `show` fills the widget."""

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._shown: ShownRow | None = None
        self._empty = ""

    def compose(self) -> ComposeResult:
        """Yield the question, what happens without an answer, why it is asked, and the part that scrolls."""
        yield Static(id="pair-question")
        yield Static(id="pair-fate")
        yield Static(id="pair-said")
        with VerticalScroll(id="pair"):
            yield Static(id="pair-fields")
            yield ClickLines(id="pair-choices")
            yield Static(id="pair-why")

    def on_resize(self) -> None:
        """Wrap the lines for the new width."""
        self.call_after_refresh(self._fill)

    def show(self, shown: ShownRow | None, empty: str = "") -> None:
        """Show a row, or the text `empty`. The pair that is shown already keeps its place."""
        other = shown is None or self._shown is None or shown.ids != self._shown.ids
        self._shown, self._empty = shown, empty
        self._fill()
        if other:
            self.query_one("#pair").scroll_home(animate=False)

    def show_why(self, *, is_wanted: bool) -> None:
        """Scroll to the evidence, or back to the fields."""
        pair = self.query_one("#pair", VerticalScroll)
        go = pair.scroll_end if is_wanted else pair.scroll_home
        self.call_after_refresh(go, animate=False)

    def _fill(self) -> None:
        shown = self._shown
        texts: tuple[Content, ...] = (plain(self._empty, "$foreground-muted"), *(plain(""),) * 4)
        keys = NO_TEXT
        if shown is not None:
            width = max(30, self.query_one("#pair").size.width - 1)
            fields = wording.field_lines(_fields(shown), width)
            words = words_of(shown.country)
            why = wording.why_lines(shown.compared, words, width, blind=shown.blind, bits=shown.bits)
            if no_home := shown.no_home:
                why = wording.no_home_lines(no_home, width)
            choices = [(answer, shown.does(answer)) for answer in shown.answers]
            are_alike = "compare like these" if shown.item is not None else "were unlinked with these"
            keys = wording.answer_lines(
                choices, shown.alike, shown.not_same, width, shown.of_owners, are_alike
            )
            texts = _question(shown), _fate(shown), _said(shown), fields, why
        for name, text in zip(("question", "fate", "said", "fields", "why"), texts, strict=True):
            self._put(f"pair-{name}", text)
        place = self.query_one(ClickLines)
        place.show(keys)
        place.display = bool(keys.lines)

    def _put(self, name: str, text: Content) -> None:
        place = self.query_one(f"#{name}", Static)
        place.update(text)
        place.display = bool(text.plain)


_TITLES: Final = {
    Verdict.LINK: "The next sync links the two",
    Verdict.LINKED: "Linked",
    Verdict.UNLINKED: "Link taken back",
}
"""The title of a row without a question, where it is not "Nothing to decide"."""


def _question(shown: ShownRow) -> Content:
    if shown.item is None:
        diverted = shown.row.reason is Reason.DIVERTED
        title = "Not linked" if diverted else _TITLES.get(shown.row.verdict, "Nothing to decide")
        return plain(title, "bold")
    pairs = shown.item.pairs
    more = plain(f"   one of {pairs:,} pairs, ← →" if pairs > 1 else "", "$foreground-muted")
    later = plain("   put off" if shown.item.later else "", "$foreground-muted")
    return joined(plain(asks(shown.item), "bold"), more, later)


def _fate(shown: ShownRow) -> Content:
    if shown.item is None:
        link = shown.reviewed.differing.get(key_of(shown.row))
        if link is not None:
            words = words_of(shown.country)
            names = ", ".join(field_name(field.field, words) for field in link.fields if not field.cut)
            if names == ROLE:
                return plain(f"{_roles(shown)}. Linking changes neither role.", "$warning")
            return plain(
                f"The two differ: {names}. Nothing is sent; change it in its own system.", "$warning"
            )
        only = next((contact for contact in shown.reviewed.contacts(shown.ids) if contact is not None), None)
        said = shown.said or stands(shown.row, only)
        return plain(f"{said[:1].upper()}{said[1:]}.", "$foreground-muted")
    fate = if_nobody_decides(shown.reviewed, shown.item, shown.writer)
    owners = shown.reviewed.owner_pairs(shown.item)
    keys = dict.fromkeys(key for pair in owners for key in pair)
    fate += f" ({', '.join(owner_name(shown.gathered, key) for key in keys)})" if keys else ""
    tone = "$error" if shown.item.cost in (Cost.OVERWRITE, Cost.DOUBLED) else "$warning"
    return wording.skipped_line(fate, tone)


def _said(shown: ShownRow) -> Content:
    """Return in a sentence or two why the two are asked about; nothing about the evidence while it is hidden."""
    if shown.item is None:
        return plain("")
    reason = shown.item.row.reason
    words = "" if reason in COMPARED else REASON_WORDS[reason]
    sentences = [f"{words[:1].upper()}{words[1:]}."] if words else []
    compared = shown.compared
    if compared is not None and not shown.blind:
        sentences.append(why_sentence(compared, words_of(shown.country)))
    return plain(" ".join(sentences))


COMPARED: Final = frozenset(
    {
        Reason.NONE,
        Reason.ONLY_HERE,
        Reason.EVIDENCE,
        Reason.SOME_EVIDENCE,
        Reason.OTHER_NAME,
        Reason.OTHER_PERSON,
        Reason.OTHER_DETAILS,
    }
)
"""Reasons that say less than the comparison of the two records does."""


def _roles(shown: ShownRow) -> str:
    """Return what a person is in each system: "borrower in SimpleNexus, agent in Total Expert"."""
    names = wording.SYSTEMS.values()
    pairs = zip(shown.reviewed.contacts(shown.ids), names, strict=True)
    return ", ".join(f"{contact.role} in {name}" for contact, name in pairs if contact is not None)


def _fields(shown: ShownRow) -> list[SideBySide]:
    ours, theirs = shown.reviewed.contacts(shown.ids)
    return side_by_side(
        ours,
        theirs,
        owner_names(shown.gathered),
        shown.country,
        one_owner=shown.reviewed.one_owner(shown.ids),
    )


def owner_names(gathered: MatchSnapshot) -> Callable[[Contact], str]:
    """Return a function from a contact to the name of its owner."""
    officers = {owner.id: owner.name or owner.email for owner in gathered.officers}
    users = {owner.id: owner.name or owner.email for owner in gathered.users}
    return lambda owner: (users if owner.kind is ContactKind.CONTACT else officers).get(
        owner.owner, owner.owner
    )
