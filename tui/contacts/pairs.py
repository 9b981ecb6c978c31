"""The list of pairs: the rows to decide, or the rows of one verdict. A decided row stays in the list with its sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Final, Unpack

from core.contacts.linkage.explain import field_name
from core.contacts.model import Contact, Role, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.decisions import Ids
from core.contacts.review.queue import ReviewItem, key_of
from core.contacts.review.queue_words import queue_words, settled_words
from core.contacts.review.reviewed import ReviewChange, Reviewed
from core.local_forms import CountryWords
from tui.widgets.line_view import InDom
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.widgets.search_text import fold

SIGN: Final = {
    Answer.SAME: "=",
    Answer.DIFFERENT: "≠",
    Answer.HOUSEHOLD: "&",
    Answer.LATER: "…",
    Answer.UNLINK: "×",
}


class Pairs:
    """What the list shows: a match, and the decisions that were made while the match is shown."""

    def __init__(self, reviewed: Reviewed, words: CountryWords) -> None:
        self.reviewed = reviewed
        self._words = words
        self.decided: dict[str, Answer] = {}
        """The answers about rows that are still listed, by the row's key."""
        self._queued: dict[str, ReviewItem] = {}

    def queue(self, *, blind: bool) -> dict[str, ReviewItem]:
        """Return the questions by their keys, in the queue's order. If `blind`, it says nothing about the evidence.

        This changes nothing, and may run in another thread while nobody answers.
        """
        items = self.reviewed.plain_queue if blind else self.reviewed.queue
        return {item.key: item for item in items}

    def list_queue(self, queued: dict[str, ReviewItem]) -> None:
        """Take it that these questions are listed now, and no decided rows."""
        self.decided.clear()
        self._queued = queued

    def change(self, change: ReviewChange, answer: Answer | None) -> tuple[list[VerdictRow], bool]:
        """Apply the change that an answer made (None: an undo). Return the rows to add, and if a row has to leave."""
        for key in change.gone:
            if answer is not None:
                self.decided[key] = answer
        added: list[VerdictRow] = []
        for item in change.items:
            self.decided.pop(item.key, None)
            if item.key not in self._queued:
                added.append(item.row)
            self._queued[item.key] = item
        return added, answer is None and any(key in self._queued for key in change.gone)

    def remaining(self) -> list[VerdictRow]:
        """Return the listed rows, without the rows that an undo has taken out of the queue."""
        self._queued = {
            key: item
            for key, item in self._queued.items()
            if key in self.decided or self.reviewed.item(key) is not None
        }
        return [item.row for item in self._queued.values()]

    def is_open(self, row: VerdictRow) -> bool:
        """Return True if a person has to decide about a row now."""
        return self.reviewed.item(key_of(row)) is not None

    def current(self, row: VerdictRow) -> VerdictRow:
        """Return the present form of a listed row if there is something to decide about it, else the row itself."""
        item = self.reviewed.item(key_of(row))
        return item.row if item is not None else row

    def first(self, row: VerdictRow) -> Ids:
        """Return the pair that represents a decided row: the pair of its question if there was one, else the first."""
        item = self._queued.get(key_of(row))
        return item.first if item else ((row.simplenexus_ids or ("",))[0], (row.total_expert_ids or ("",))[0])

    def sign(self, row: VerdictRow) -> str:
        """Return the sign of the answer about a row, also for a row that was put off; "" if there is no answer."""
        item = self.reviewed.item(key_of(row))
        if item is not None:
            return SIGN[Answer.LATER] if item.later else ""
        answer = self.decided.get(key_of(row))
        return SIGN[answer] if answer else ""

    def name(self, row: VerdictRow) -> str:
        """Return the name of a row: the name of its first record in SimpleNexus, else in Total Expert."""
        row = self.current(row)
        item = self.reviewed.item(key_of(row)) or self._queued.get(key_of(row))
        matched = self.reviewed.matched
        ours = row.simplenexus_ids or (item.ours if item else ())
        if ours:
            return _named(ours[0], matched.simplenexus)
        theirs = row.total_expert_ids or (item.theirs if item else ())
        return _named(theirs[0], matched.total_expert) if theirs else "–"

    def words(self, row: VerdictRow) -> str:
        """Return a few words about a row: what a question is about, or how a person is reached."""
        row = self.current(row)
        item = self.reviewed.item(key_of(row)) or self._queued.get(key_of(row))
        if item is not None:
            return queue_words(self.reviewed, item, self._words)
        link = self.reviewed.differing.get(key_of(row))
        if link is not None:
            return "differs: " + ", ".join(field_name(field.field, self._words) for field in link.fields)
        return settled_words(row, *self.reviewed.contacts(self.first(row)))


def _named(contact_id: str, contacts: Mapping[str, Contact]) -> str:
    contact = contacts.get(contact_id)
    if contact is None:
        return contact_id
    agent = "agent " if contact.role is Role.AGENT else ""  # before the name, which may be cut off at its end
    return f"{agent}{contact.name}"


def changed_question(before: Reviewed, item: ReviewItem, now: Reviewed) -> str:
    """Return in words what a new match made of a question; "" if the question is the same, about the same data."""
    known = now.item(item.key)
    names = " ↔ ".join(contact.name for contact in before.contacts(item.first) if contact is not None)
    if known is None:
        row = now.row_of(*item.first)
        is_now = f"the verdict is {row.verdict} now" if row is not None else "the record is gone"
        return f"{names}: there is nothing to decide any more, because {is_now}."
    if _asked(known) != _asked(item):
        return f"{names}: the records or the reason changed. Look again."
    pairs = [(our_id, their_id) for our_id in item.ours or ("",) for their_id in item.theirs or ("",)]
    if any(before.contacts(pair) != now.contacts(pair) for pair in pairs):
        return f"{names}: a field changed. Look again."
    return ""


def _asked(item: ReviewItem) -> tuple[object, ...]:
    """Return what a question is about, without the weights."""
    return item.row.verdict, item.row.reason, item.ours, item.theirs, item.row.elsewhere, item.row.gone


def listing(pairs: Callable[[], Pairs | None]) -> Listing[VerdictRow]:
    """Return how the list shows rows. `pairs` returns the match that is shown, or None."""

    def name(row: VerdictRow) -> str:
        return shown.name(row) if (shown := pairs()) else ""

    def words(row: VerdictRow) -> str:
        return shown.words(row) if (shown := pairs()) else ""

    def sign(row: VerdictRow) -> str:
        return shown.sign(row) if (shown := pairs()) else ""

    def style(row: VerdictRow) -> str:
        shown = pairs()
        return "muted" if shown is not None and key_of(row) in shown.decided else "plain"

    def found(row: VerdictRow) -> str:
        shown = pairs()
        if shown is None:
            return ""
        matched = shown.reviewed.matched
        ours = (matched.simplenexus[contact_id] for contact_id in row.simplenexus_ids)
        theirs = (matched.total_expert[contact_id] for contact_id in row.total_expert_ids)
        words = (
            f"{contact.name} {contact.email} {contact.id} {contact.role} {contact.kind}"
            for contact in chain(ours, theirs)
        )
        return " ".join(words)

    return Listing(
        columns=(
            ListColumn("sign", sign, width=1, style="muted", gap=1),
            ListColumn(
                "name",
                name,
                "Name",
                share=1,
                minimum=14,
                style=style,
                lit="strong",
                sort=lambda row: fold(name(row)),
            ),
            ListColumn(
                "about",
                words,
                "About",
                share=7,
                minimum=14,
                style="muted",
                drop=1,
                sort=lambda row: (row.verdict, row.reason),
            ),
        ),
        key=key_of,
        haystack=found,
        empty="Nothing here needs you.",
        no_match="Nobody matches. Escape shows all.",
        noun="contact",
        titled=True,
    )


class PairList(RowList[VerdictRow]):
    """The list of rows. Rows can be marked where an action takes several of them: to share the app, or to invite."""

    def __init__(self, pairs: Callable[[], Pairs | None], **dom: Unpack[InDom]) -> None:
        super().__init__(listing(pairs), **dom)
        self.takes_marks = False
        """True while the listed rows can be marked."""

    def show_titles(self, *, are_shown: bool) -> None:
        """Show the titles of the columns, or leave their line to the rows."""
        self.header_height = 1 if are_shown else 0
        self.lines_changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer marks only for people who need no decision. Another key answers all questions that compare alike."""
        if action in {"mark_row", "unmark_rows"} and not self.takes_marks:
            return False
        return super().check_action(action, parameters)

    def go_on(self, wanted: Callable[[VerdictRow], bool]) -> None:
        """Move the cursor to the next row for which `wanted` is True; after the last row the search begins again."""
        lines = self._row_lines
        here = lines.index_of_line(self.cursor_line)
        for index in chain(range(here + 1, len(lines.places)), range(max(here, 0))):
            if wanted(self._shown.rows[lines.places[index]]):
                self.cursor_line = lines.line_of_index(index)
                self.cursor_rested()
                return
