"""Turns pushes into the rows of the Activity room's list, and today into one line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from textual.content import Content

from core.local_forms import DeskTime
from core.push.plan import Asset
from core.push.records import Push
from core.push.states import ACTIVE, PushState
from tui.text import content, joined, plain, width_of
from tui.under_cursor import CopyableText
from tui.widgets.line_view import Heading, Tone
from tui.widgets.row_list import ListColumn, Listing
from tui.words.pushes import (
    ASSET_WORDS,
    PUSH_SIGN,
    PushSection,
    day_words,
    kind_words,
    result_words,
    section_of,
    subject_words,
)
from tui.words.tones import TONES

HEADINGS: Final[Mapping[PushSection, Heading]] = MappingProxyType(
    {section: Heading(section.value) for section in PushSection}
)
_RESULT_TONES: Final[Mapping[PushSection, Tone]] = MappingProxyType(
    {PushSection.NEEDS_YOU: "warn", PushSection.WAITING: "warn", PushSection.RUNNING: "primary"}
)
_SHORT: Final[Mapping[PushState, str]] = MappingProxyType({PushState.PARTIAL: "in part"})
"""Results that a narrow column would cut."""
_DAY_TONES: Final[Mapping[str, Tone]] = MappingProxyType(
    {
        "arrived": "good",
        "there": "muted",
        "running": "primary",
        "part": "warn",
        "refused": "bad",
        "asking": "warn",
        "paused": "warn",
    }
)


@dataclass(frozen=True, slots=True)
class PushRow:
    """One line of the list. `client` is whom the push is for, `result` what became of it, both in words."""

    push: Push
    client: str
    when: str
    part: PushSection
    result: str

    @property
    def section(self) -> Heading:
        """The heading above the row."""
        return HEADINGS[self.part]

    @property
    def sign(self) -> str:
        """The sign of the push's state."""
        return PUSH_SIGN[self.push.state][0]

    @property
    def tone(self) -> Tone:
        """The sign's colour."""
        return PUSH_SIGN[self.push.state][1]

    @property
    def searched(self) -> str:
        """The text in which the filter searches, with every id by which a person may know the push."""
        push = self.push
        words = (self.when, ASSET_WORDS[push.asset], push.subject, push.about, self.client, self.result)
        return " ".join((*words, push.push_id))


READING: Final = "Reading what was pushed …"
LISTING: Final[Listing[PushRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, style=lambda row: row.tone, gap=1),
        ListColumn("when", lambda row: row.when, title="Begun", width=6, style="muted", gap=1,
                   sort=lambda row: row.push.created_at),
        ListColumn("what", lambda row: ASSET_WORDS[row.push.asset], title="What", width=9, gap=1, drop=1),
        ListColumn("kind", lambda row: kind_words(row.push), width=4, gap=1, instead_of="what"),
        ListColumn("client", lambda row: row.client, title="Client", minimum=17, share=3, lit="strong", gap=1),
        ListColumn("card", lambda row: row.push.about or row.push.subject, title="Card", width=8, gap=1,
                   style="muted", drop=4),
        ListColumn("result", lambda row: row.result, title="Result", minimum=10, most=16, share=2, drop=2,
                   style=lambda row: _RESULT_TONES.get(row.part, "muted")),
        ListColumn("by", lambda row: row.push.operator, title="By", width=8, style="muted", drop=5),
    ),
    key=lambda row: row.push.push_id,
    haystack=lambda row: row.searched,
    section=lambda row: row.section,
    sections=tuple(HEADINGS.values()),
    can_mark=False,
    noun="push",
    copied=lambda row: CopyableText(row.push.push_id, row.push.push_id),
    empty="Nothing was pushed yet. Push a card from the Cards room (1).",
    no_match="No push matches. Escape shows all.",
)  # fmt: skip


def push_row(
    push: Push, client: str, zone: DeskTime, today: date, *, latest: bool, result: str = ""
) -> PushRow:
    """Return the row of a push. `latest` is True if no newer push has the same subject.

    `client` is "" if nobody's name is known; then the row shows the card or contact by its id. `result` is how far a
    running push is.
    """
    began = zone(push.created_at).date()
    when = zone.clock(push.created_at) if began == today else zone.day(push.created_at)
    part = section_of(push, began, today, latest=latest)
    said = result or _SHORT.get(push.state) or result_words(push)
    return PushRow(push, client or subject_words(push), when, part, said)


def day_line(of_today: Iterable[PushRow], asking: int, width: int) -> Content:
    """Return today in one line: "Today 14 arrived · 1 asks you". `asking` counts the pushes of any day that ask.

    Of the parts as many are shown as fit into `width` cells, and always the first.
    """
    parts = day_words((row.push for row in of_today), asking)
    if not parts:
        return content("[$foreground-muted]Today nothing was pushed[/]")
    dot, room = content("[$foreground-muted] · [/]"), width - len(_TODAY)
    said: list[Content] = []
    for name, words in parts:
        room -= width_of(words) + (len(dot) if said else 0)
        if said and room < 0:
            break
        said.append(plain(words, TONES[_DAY_TONES[name]]))
    return joined(plain(_TODAY, "$foreground-muted"), dot.join(said))


_TODAY: Final = "Today "


def works_lines(lines: Iterable[str]) -> Content:
    """Return how far long work is, a line for each piece of it, with the key that stops it."""
    stop = content("   [bold $primary]S[/] [$foreground-muted]stops[/]")
    return content("\n").join([joined(plain(line, "$primary"), stop) for line in lines])


_NOTHING_TO_PUT_BACK: Final = (
    "There is nothing of this push to put back in FLEX: it replaced no value, or the old values were put back already "
    "or are no longer kept."
)
_NO_UNDO: Final[Mapping[Asset, str]] = MappingProxyType(
    {
        Asset.CARD: _NOTHING_TO_PUT_BACK,
        Asset.FACT_FIND: _NOTHING_TO_PUT_BACK,
        Asset.NOTE: "A note can't be taken back from here: it stays in FLEX.",
        Asset.LINK: "A link is taken back in Cards (1): X there unlinks the card, x a person.",
        Asset.UNLINK: "In Cards (1), l links the card again, and P a person.",
        Asset.SYNC: "A sync is undone in Contacts (2): z there undoes the last one. For this one: brokerdesk undo ",
        Asset.SHARE: "Sharing the app can't be taken back: these people have the link.",
        Asset.INVITE: "An invite can't be taken back: SimpleNexus has sent it.",
        Asset.UNDO: "This was an undo itself. To send the newer values again, push or sync again.",
        Asset.MILESTONE: "A milestone can't be taken back: an insight starts a Journey.",
        Asset.PASTE: "What was entered by hand is changed by hand, in FLEX. In Cards (1), X unlinks the card.",
    }
)


def no_undo_words(push: Push) -> str:
    """Return why nothing of a push is put back from Activity, and where it is taken back if it can be."""
    if push.state in ACTIVE:
        return "This push is not over. Let it finish, or settle what it asks."
    words = _NO_UNDO[push.asset]
    return f"{words}{push.push_id}" if push.asset is Asset.SYNC else words
