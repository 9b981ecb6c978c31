"""Which actions of the Contacts room can be done now, and why another can't.

The module knows of the room what `OfferingRoom` names.
"""

from __future__ import annotations

from typing import Final, Protocol

from core.contacts.records import Answer
from core.contacts.review.group_question import is_group
from core.contacts.review.queue import ReviewItem
from tui.contacts.detail import ShownRow
from tui.contacts.groups.view import CYCLE, GroupView
from tui.contacts.pairs import Pairs


class OfferingRoom(Protocol):
    """What the room shows, and what it does at the moment."""

    @property
    def pairs(self) -> Pairs | None:
        """The match that is shown; None before the first."""

    @property
    def item(self) -> ReviewItem | None:
        """The question about the row under the cursor; None if there is nothing to decide."""

    @property
    def shown(self) -> ShownRow | None:
        """The two records that are shown; None if there are none."""

    @property
    def group(self) -> GroupView | None:
        """The group that is shown as a table; None if a pair is shown."""

    @property
    def is_blind(self) -> bool:
        """True while the evidence is hidden."""

    @property
    def is_narrow(self) -> bool:
        """True if the list is opened over the pair."""

    @property
    def is_reading(self) -> bool:
        """True while both systems are read."""

    @property
    def can_stop_reading(self) -> bool:
        """True while a reading can be stopped: until its match is nearly there."""

    @property
    def has_systems(self) -> bool:
        """True if the profile has contact systems."""

    @property
    def has_new_match(self) -> bool:
        """True if both systems were read; False while the questions of the last match are shown."""


_OF_A_NEW_MATCH: Final = frozenset({"plan_sync", "scope", "undo_sync"})
_OF_READING: Final = frozenset({"read_contacts", "read_all_contacts", "stop_reading"})
_SIMPLE: Final = {
    "all_alike": "No other question compares like this one.",
    "undo_answer": "There is no answer to take back.",
    "show_list": "The list is shown already.",
    "of_owners": "Only a question about one email under two owners has this.",
    "pair_by_pair": "Only a question about several records has this.",
    "other_pair": "Only a question about several records has this.",
    "share_app": "The app can be shared only with somebody who was imported and has no account yet.",
    "invite_agent": "Only an agent who is linked with a partner of SimpleNexus can be invited.",
}
"""Why an action can't be done, where there is one reason."""


def is_offered(room: OfferingRoom, action: str, parameters: tuple[object, ...]) -> bool | None:
    """Return whether an action can be done now; None for an action that this module does not know."""
    possible = {
        "answer": lambda: _can_answer(room, parameters[0]),
        "all_alike": lambda: (shown := room.shown) is not None and shown.alike > 1,
        "undo_answer": lambda: (pairs := room.pairs) is not None and pairs.reviewed.has_answers,
        "read_contacts": lambda: room.has_systems and not room.is_reading,
        "read_all_contacts": lambda: room.has_systems and not room.is_reading,
        "stop_reading": lambda: room.can_stop_reading,
        "show_list": lambda: room.is_narrow and room.pairs is not None,
        "blind": lambda: room.pairs is not None,
        "next_verdict": lambda: room.pairs is not None,
        "plan_sync": lambda: room.has_new_match,
        "scope": lambda: room.has_new_match,
        "undo_sync": lambda: room.has_new_match,
        "tick_record": lambda: (group := room.group) is not None and bool(group.open),
        "group_go": lambda: (group := room.group) is not None and bool(group.open),
        "bits": lambda: room.item is not None and not room.is_blind,
        "other_pair": lambda: (item := room.item) is not None and item.pairs > 1,
        "of_owners": lambda: _has_owners(room),
        "pair_by_pair": lambda: (item := room.item) is not None and is_group(item),
    }
    return possible[action]() if action in possible else None


def _has_owners(room: OfferingRoom) -> bool:
    item, pairs = room.item, room.pairs
    return item is not None and pairs is not None and bool(pairs.reviewed.owner_pairs(item))


def _can_answer(room: OfferingRoom, answer: object) -> bool:
    group, shown = room.group, room.shown
    if group is not None:
        return answer in CYCLE and answer not in group.refused
    return shown is not None and answer in shown.answers


def why_not_offered(room: OfferingRoom, action: str) -> str:
    """Return in a sentence why an action can't be done now; "" if it can, or if there is nothing to say.

    `action` is an action's name, or the action with its parameters: "answer('same')".
    """
    name, _, given = action.partition("(")
    if name == "answer" and given:
        return _why_no_answer(room, given.strip("')"))
    if name == "answer" or is_offered(room, name, ()):
        return ""
    if not room.has_systems:
        return "This profile has no contact systems."
    if name in _OF_A_NEW_MATCH or (room.pairs is None and name not in _OF_READING):
        return (
            "Both systems are read first."
            if room.is_reading
            else "Both systems must be read first: r reads them."
        )
    return _why_of(room, name)


def _why_of(room: OfferingRoom, name: str) -> str:
    match name:
        case "read_contacts" | "read_all_contacts":
            return "Both systems are being read: S stops that."
        case "stop_reading":
            return "The match is nearly there." if room.is_reading else "Nothing is being read."
        case "bits":
            hidden = "The evidence is hidden while you judge blind: b shows it."
            return hidden if room.is_blind else "Only a question has evidence."
        case "tick_record":
            is_one = room.item is not None and is_group(room.item)
            return "Two records are shown: p shows the table again." if is_one else _SIMPLE["pair_by_pair"]
        case _:
            return _SIMPLE.get(name, "")


def _why_no_answer(room: OfferingRoom, answer: str) -> str:
    group, shown = room.group, room.shown
    if answer not in tuple(Answer) or _can_answer(room, answer):
        return ""
    if group is not None:
        return group.refused.get(Answer(answer), "A link is removed pair by pair: p shows the pairs.")
    if room.pairs is None and room.is_reading:
        return "Both systems are being read: the questions come then."
    if shown is None or shown.item is None:
        return "There is nothing to decide about this row."
    if answer == Answer.SAME and shown.not_same:
        return f"They can't be answered “same”: {shown.not_same}."
    if answer == Answer.UNLINK:
        return "Only a question about a link has this answer."
    return "This question does not have this answer."
