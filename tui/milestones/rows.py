"""The contacts with their milestones, and one contact's timeline, as rows of a list. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from core.contacts.match.snapshot import MatchSnapshot
from core.milestones.inputs import MilestoneLine
from core.milestones.milestone_map import Milestone
from core.milestones.records import MilestoneState
from tui.under_cursor import CopyableText
from tui.widgets.line_view import Heading, Tone
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.words.local_time import Zone

R = TypeVar("R")
_M = MilestoneState
SIGNS: Final[dict[MilestoneState, tuple[str, Tone]]] = {
    _M.NEEDS_YOU: ("!", "warn"),
    _M.DUE: ("→", "primary"),
    _M.WAITING: ("…", "muted"),
    _M.SENT: ("✓", "good"),
    _M.OBSERVED: ("◦", "lilac"),
    _M.SKIPPED: ("–", "muted"),
}
_SHORT: Final = {
    Milestone.BORROWER_LINKED: "Borrower",
    Milestone.PARTNER_LINKED: "Partner",
    Milestone.RAN_CALCULATION: "Calculation",
    Milestone.STARTED: "Started",
    Milestone.ABANDONED: "Abandoned",
    Milestone.SUBMITTED: "Submitted",
}
_RANK: Final = list(SIGNS)
NEEDS_YOU, DUE, WAITING, SETTLED = (
    Heading(text) for text in ("Needs you", "Can be sent", "Waiting", "Settled")
)
_SECTION: Final = {_M.NEEDS_YOU: NEEDS_YOU, _M.DUE: DUE, _M.WAITING: WAITING}


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact, or a person without a contact, with their milestones, oldest first."""

    key: str
    name: str
    lines: tuple[MilestoneLine, ...]
    when: str
    paused: bool = False

    @property
    def contact(self) -> str:
        """The contact's id in Total Expert; "" for a person without a contact."""
        return self.lines[0].contact

    @property
    def chief(self) -> MilestoneLine:
        """The milestone that the row shows: the one that needs a person most, the latest of several."""
        return min(reversed(self.lines), key=lambda line: _RANK.index(line.state))

    @property
    def section(self) -> Heading:
        """The heading above the row."""
        return _SECTION.get(self.chief.state, SETTLED)


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """One line of a timeline. `left` is the time left of a countdown when the row was made, "" without one."""

    line: MilestoneLine
    when: str
    left: str = ""

    @property
    def key(self) -> str:
        """The milestone's local id; without a contact, the milestone with its person and application."""
        line = self.line
        return line.name or f"{line.milestone}|{line.person}|{line.application}|{line.calculation}"

    @property
    def remark(self) -> str:
        """A few words about the milestone."""
        line = self.line
        if self.left:
            return "unless it changes"
        if line.state is _M.SENT:
            return f"insight {line.insight_id}" + (f" · {line.reason}" if line.reason else "")
        return line.reason


CONTACTS: Final[Listing[ContactRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: SIGNS[row.chief.state][0], width=1, style=lambda row: SIGNS[row.chief.state][1],
               gap=1),
        ListColumn("name", lambda row: row.name, share=1, minimum=8, lit="strong", gap=1),
        ListColumn("paused", lambda row: "‖" if row.paused else "", width=1, style="warn", gap=1, drop=1),
        ListColumn("what", lambda row: short(row.chief), width=11, style="muted", gap=1, drop=2),
        ListColumn("when", lambda row: row.when, width=6, style="muted", align="right", drop=3),
    ),
    key=lambda row: row.key,
    haystack=lambda row: " ".join([row.name, row.contact, *(f"{line.milestone} {line.state} {line.application}"
                                                            for line in row.lines)]),
    section=lambda row: row.section,
    sections=(NEEDS_YOU, DUE, WAITING, SETTLED),
    empty="Nothing happened yet that makes a milestone.\n\nSimpleNexus is asked now and then; webhooks tell sooner: "
    "brokerdesk listen",
    no_match="Nobody matches. Escape shows all.",
    noun="contact",
    copied=lambda row: CopyableText(row.contact or row.name, row.contact or row.name),
)  # fmt: skip
TIMELINE: Final[Listing[MilestoneRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: SIGNS[row.line.state][0], width=1, style=lambda row: SIGNS[row.line.state][1],
               gap=1),
        ListColumn("when", lambda row: row.left or row.when, width=7, style=lambda row: "warn" if row.left else "muted",
               align="right", gap=2),
        ListColumn("what", lambda row: str(row.line.milestone), width=29, lit="strong", gap=2),
        ListColumn("state", lambda row: row.line.state.value, width=9, style=lambda row: SIGNS[row.line.state][1],
               gap=2, drop=1),
        ListColumn("remark", lambda row: row.remark, share=1, minimum=8, style="muted", drop=2),
    ),
    key=lambda row: row.key,
)  # fmt: skip


class BareList(RowList[R]):
    """A list without marks and sorting, because its order has a meaning."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no key for marks and sorting."""
        if action in {"mark_row", "unmark_rows", "sort_next", "sort_reverse"}:
            return False
        return super().check_action(action, parameters)


def short(line: MilestoneLine) -> str:
    """Return a milestone's name in one word."""
    return _SHORT[line.milestone]


def contact_rows(
    lines: Iterable[MilestoneLine],
    paused: frozenset[str],
    names: Mapping[str, str],
    when: Callable[[float], str],
) -> list[ContactRow]:
    """Return a row for each contact: those with a milestone that needs a person first, then the latest."""
    by_contact: dict[str, list[MilestoneLine]] = {}
    for line in lines:
        by_contact.setdefault(line.contact or _stranger(line), []).append(line)
    rows = [
        ContactRow(key, _name(own[0], names), tuple(own), "", own[0].contact in paused)
        for key, own in by_contact.items()
    ]
    rows.sort(key=lambda row: (_RANK.index(row.chief.state), -row.chief.at))
    return [ContactRow(row.key, row.name, row.lines, when(row.chief.at), row.paused) for row in rows]


def _stranger(line: MilestoneLine) -> str:
    """Return the key of somebody without a contact: a person, or a calculation without a known contact."""
    return f"calculation {line.calculation}" if line.calculation else f"person {line.person}"


def _name(line: MilestoneLine, names: Mapping[str, str]) -> str:
    if line.contact:
        return names.get(line.contact) or f"contact {line.contact}"
    if line.person:
        return names.get(line.person) or f"person {line.person}"
    return _stranger(line) if line.calculation else "nobody knows who"


def timeline_rows(
    lines: Sequence[MilestoneLine], when: Callable[[float], str], now: float
) -> list[MilestoneRow]:
    """Return a contact's milestones as rows, oldest first. `now` is seconds since 1970, for the countdowns."""
    return [MilestoneRow(line, when(line.at), countdown(line, now)) for line in lines]


def countdown(line: MilestoneLine, now: float) -> str:
    """Return the time left of a countdown, as in "1:29:59"; "" if there is none. `now` is seconds since 1970."""
    if line.until is None or line.state is not _M.WAITING:
        return ""
    left = max(0, round(line.until - now))
    hours, minutes, seconds = left // 3600, left // 60 % 60, left % 60
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def moments(zone: Zone, today: date) -> Callable[[float], str]:
    """Return a function that writes a time for a list: a time of today as hours and minutes, another as its day."""

    def when(at: float) -> str:
        local = zone(at)
        return f"{local:%H:%M}" if local.date() == today else f"{local:%-d %b}"

    return when


def names_of(gathered: MatchSnapshot | None, lines: Iterable[MilestoneLine]) -> dict[str, str]:
    """Return the names of the contacts and people of these lines, by id, if the contacts were read."""
    if gathered is None:
        return {}
    wanted = {id_ for line in lines for id_ in (line.contact, line.person) if id_}
    both = (gathered.simplenexus, gathered.total_expert)
    people = [person for contacts in both for person in contacts]
    return {person.id: person.name for person in people if person.id in wanted and person.name}
