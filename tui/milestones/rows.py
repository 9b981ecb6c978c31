"""The contacts with their milestones, and one contact's timeline, as rows of a list. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.contacts.match.snapshot import MatchSnapshot
from core.milestones.inputs import MilestoneLine
from core.milestones.records import MilestoneState
from tui.under_cursor import CopyableText
from tui.widgets.line_view import Heading
from tui.widgets.row_list import ListColumn, Listing
from tui.words.contact_desk.milestones import (
    NONE_YET,
    SECTIONS,
    SIGNS,
    Present,
    next_words,
    section_of,
    status_words,
)
from tui.words.tones import Sign

_M = MilestoneState
_RANK: Final = list(SIGNS)


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact, or a person without a contact, with their milestones, oldest first."""

    key: str
    name: str
    lines: tuple[MilestoneLine, ...]
    paused: bool = False

    @property
    def contact(self) -> str:
        """The contact's id in Total Expert; "" for a person without a contact."""
        return self.lines[0].contact

    @property
    def chief(self) -> MilestoneLine:
        """The milestone that the row shows: the one that needs a person most, the latest of several."""
        return min(reversed(self.lines), key=_rank)

    @property
    def section(self) -> Heading:
        """The heading above the row."""
        return Heading(section_of(self.chief))


def _rank(line: MilestoneLine) -> tuple[int, bool]:
    return _RANK.index(line.state), not line.counts_down


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """One line of a timeline. `when` is when the milestone happened, as a list shows it."""

    line: MilestoneLine
    when: str

    @property
    def key(self) -> str:
        """The milestone's local id; without a contact, the milestone with its person and application."""
        line = self.line
        return line.name or f"{line.milestone}|{line.person}|{line.application}|{line.calculation}"


def _sign(row: ContactRow) -> Sign:
    return ("‖", "warn") if row.paused else SIGNS[row.chief.state]


def contacts_listing(present: Present) -> Listing[ContactRow]:
    """Return how the list of contacts shows its rows. The texts are made when they are painted, so they stay true."""
    return Listing(
        columns=(
            ListColumn(
                "sign",
                lambda row: _sign(row)[0],
                width=1,
                style=lambda row: _sign(row)[1],
                gap=1,
            ),
            ListColumn("name", lambda row: row.name, "Client", share=1, minimum=14, lit="strong", gap=1),
            ListColumn(
                "next",
                lambda row: next_words(row.chief, present, paused=row.paused),
                "What happens next",
                share=6,
                minimum=14,
                style="muted",
                drop=2,
                sort=lambda row: row.chief.at,
            ),
        ),
        key=lambda row: row.key,
        haystack=lambda row: " ".join(
            [
                row.name,
                row.contact,
                *(f"{line.milestone} {line.state} {line.application}" for line in row.lines),
            ]
        ),
        section=lambda row: row.section,
        sections=tuple(map(Heading, SECTIONS)),
        titled=True,
        can_mark=False,
        empty=EMPTY,
        no_match="Nobody matches. Escape shows all.",
        noun="contact",
        copied=lambda row: CopyableText(row.contact or row.name, row.contact or row.name),
    )


EMPTY: Final = f"{NONE_YET} (r checks now).\n\nFor instant updates, set up webhooks: brokerdesk listen"


def timeline_listing(present: Present) -> Listing[MilestoneRow]:
    """Return how the timeline of one contact shows its rows."""
    return Listing(
        columns=(
            ListColumn(
                "sign",
                lambda row: SIGNS[row.line.state][0],
                width=1,
                style=lambda row: SIGNS[row.line.state][1],
                gap=1,
            ),
            ListColumn("when", lambda row: row.when, width=6, style="muted", align="right", gap=2),
            ListColumn(
                "what", lambda row: row.line.milestone.removeprefix("SN "), width=26, lit="strong", gap=2
            ),
            ListColumn(
                "next",
                lambda row: status_words(row.line, present),
                share=1,
                minimum=8,
                style=lambda row: SIGNS[row.line.state][1],
                drop=1,
            ),
        ),
        key=lambda row: row.key,
        can_mark=False,
    )


def contact_rows(
    lines: Iterable[MilestoneLine],
    paused: frozenset[str],
    names: Mapping[str, str],
) -> list[ContactRow]:
    """Return a row for each contact: those with a milestone that needs a person first, then the latest."""
    by_contact: dict[str, list[MilestoneLine]] = {}
    for line in lines:
        by_contact.setdefault(line.contact or _stranger(line), []).append(line)
    rows = [
        ContactRow(key, _name(own[0], names), tuple(own), own[0].contact in paused)
        for key, own in by_contact.items()
    ]
    rows.sort(key=lambda row: (*_rank(row.chief), -row.chief.at))
    return rows


def _stranger(line: MilestoneLine) -> str:
    """Return the key of somebody without a contact: a person, or a calculation without a known contact."""
    return f"calculation {line.calculation}" if line.calculation else f"person {line.person}"


def _name(line: MilestoneLine, names: Mapping[str, str]) -> str:
    if line.contact:
        return names.get(line.contact) or f"contact {line.contact}"
    if line.person:
        return names.get(line.person) or f"person {line.person}"
    return _stranger(line) if line.calculation else "not known yet"


def timeline_rows(lines: Sequence[MilestoneLine], when: Callable[[float], str]) -> list[MilestoneRow]:
    """Return a contact's milestones as rows, oldest first."""
    return [MilestoneRow(line, when(line.at)) for line in lines]


def names_of(gathered: MatchSnapshot | None, lines: Iterable[MilestoneLine]) -> dict[str, str]:
    """Return the names of the contacts and people of these lines, by id, if the contacts were read."""
    if gathered is None:
        return {}
    wanted = {id_ for line in lines for id_ in (line.contact, line.person) if id_}
    both = (gathered.simplenexus, gathered.total_expert)
    people = [person for contacts in both for person in contacts]
    return {person.id: person.name for person in people if person.id in wanted and person.name}
