"""The list of pairs: what is to be decided, or the rows of one verdict. What was decided here stays, with its sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final, Unpack

from core.contacts.model import Contact, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.decisions import Ids
from core.contacts.review.queue import ReviewItem, key_of, plain_rank
from core.contacts.review.reviewed import ReviewChange, Reviewed
from tui.widgets.line_view import InDom
from tui.widgets.row_list import ListColumn, Listing, RowList

SIGN: Final = {Answer.SAME: "=", Answer.DIFFERENT: "≠", Answer.HOUSEHOLD: "&", Answer.LATER: "…"}


class Pairs:
    """What the list shows: the match at hand and what was decided in front of it."""

    def __init__(self, reviewed: Reviewed) -> None:
        self.reviewed = reviewed
        self.decided: dict[str, Answer] = {}
        """What was answered of rows that are still listed, by key."""
        self._queued: dict[str, ReviewItem] = {}

    def queue(self, *, blind: bool) -> list[VerdictRow]:
        """Return the rows to decide, in the queue's order, or in one that betrays nothing."""
        items = sorted(self.reviewed.queue, key=plain_rank) if blind else self.reviewed.queue
        self.decided.clear()
        self._queued = {item.key: item for item in items}
        return [item.row for item in items]

    def change(self, change: ReviewChange, answer: Answer | None) -> tuple[list[VerdictRow], bool]:
        """Take in what an answer, or None for an undo, did; gives rows to add, and whether any has to leave."""
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
        """Return the listed rows without those that an undo has made senseless."""
        self._queued = {
            key: item
            for key, item in self._queued.items()
            if key in self.decided or self.reviewed.item(key) is not None
        }
        return [item.row for item in self._queued.values()]

    def is_open(self, row: VerdictRow) -> bool:
        """Return True if something is to be decided about a row now."""
        return self.reviewed.item(key_of(row)) is not None

    def current(self, row: VerdictRow) -> VerdictRow:
        """Return a listed row as it stands now, as far as something is left to decide about it."""
        item = self.reviewed.item(key_of(row))
        return item.row if item is not None else row

    def first(self, row: VerdictRow) -> Ids:
        """Return the pair that a row is shown by where nothing is to be decided: as it was asked about, if it was."""
        item = self._queued.get(key_of(row))
        return item.first if item else ((row.simplenexus_ids or ("",))[0], (row.total_expert_ids or ("",))[0])

    def sign(self, row: VerdictRow) -> str:
        """Return the sign of what was decided, or that it was put off."""
        item = self.reviewed.item(key_of(row))
        if item is not None:
            return SIGN[Answer.LATER] if item.later else ""
        answer = self.decided.get(key_of(row))
        return SIGN[answer] if answer else ""

    def names(self, row: VerdictRow) -> tuple[str, str]:
        """Return how the records of a row are called, on each side."""
        row = self.current(row)
        item = self.reviewed.item(key_of(row)) or self._queued.get(key_of(row))
        ours = row.simplenexus_ids or (item.ours if item else ())
        theirs = row.total_expert_ids or (item.theirs if item else ())
        matched = self.reviewed.matched
        return _named(ours, matched.simplenexus), _named(theirs, matched.total_expert)


def _named(ids: Sequence[str], contacts: dict[str, Contact]) -> str:
    if not ids:
        return "–"
    more = f" +{len(ids) - 1}" if len(ids) > 1 else ""
    return contacts[ids[0]].name + more if ids[0] in contacts else ids[0]


def listing(pairs: Callable[[], Pairs | None]) -> Listing[VerdictRow]:
    """Return how rows are shown, by the pairs at hand."""

    def name(side: int) -> Callable[[VerdictRow], str]:
        return lambda row: held.names(row)[side] if (held := pairs()) else ""

    def sign(row: VerdictRow) -> str:
        return held.sign(row) if (held := pairs()) else ""

    def style(row: VerdictRow) -> str:
        held = pairs()
        return "muted" if held is not None and key_of(row) in held.decided else "plain"

    def found(row: VerdictRow) -> str:
        held = pairs()
        if held is None:
            return ""
        matched = held.reviewed.matched
        ours = (matched.simplenexus[one] for one in row.simplenexus_ids)
        theirs = (matched.total_expert[one] for one in row.total_expert_ids)
        return " ".join(f"{one.name} {one.email} {one.id}" for one in chain(ours, theirs))

    return Listing(
        columns=(
            ListColumn("sign", sign, width=1, style="muted", gap=1),
            ListColumn("ours", name(0), share=1, minimum=10, style=style, lit="strong", gap=1),
            ListColumn("arrow", lambda row: "↔", width=1, style="muted", gap=2),
            ListColumn("theirs", name(1), share=1, minimum=10, style=style, lit="strong"),
        ),
        key=key_of,
        haystack=found,
        empty="Nothing here needs you.",
        no_match="Nobody matches. Escape shows all.",
    )


class PairList(RowList[VerdictRow]):
    """The list of pairs. Rows are not marked in it: what is alike is answered at once by a key of its own."""

    def __init__(self, pairs: Callable[[], Pairs | None], **dom: Unpack[InDom]) -> None:
        super().__init__(listing(pairs), **dom)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no marks, and no sorting: the order is that of what mistakes cost."""
        if action in {"mark_row", "unmark_rows", "sort_next", "sort_reverse"}:
            return False
        return super().check_action(action, parameters)

    def go_on(self, wanted: Callable[[VerdictRow], bool]) -> None:
        """Put the cursor on the next row that is wanted, from the top again after the last."""
        here = self._index_of_line(self.cursor_line)
        for index in chain(range(here + 1, len(self._places)), range(max(here, 0))):
            if wanted(self._shown.rows[self._places[index]]):
                self.cursor_line = self._line_of_index(index)
                self.cursor_rested()
                return
