"""Signs and words for a push and its steps, and the command that does the same as a push."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from core.error_catalogue import meaning_of
from core.push.activity import needs_you, waits
from core.push.made import (
    ALL_THERE,
    LEFT_OPEN,
    LEFT_OUT,
    NOTHING_SENT,
    PART_LEFT_OUT,
    Made,
    made_of,
    was_there,
)
from core.push.plan import Asset, Entity
from core.push.states import ACTIVE, PushState, StepState
from core.systems import display_name
from tui.words.tones import Sign

if TYPE_CHECKING:
    from core.local_forms import DeskTime
    from core.push.records import Push, StepRecord

PUSH_SIGN: Final[dict[PushState, Sign]] = {
    PushState.QUEUED: ("·", "muted"),
    PushState.RUNNING: ("◐", "primary"),
    PushState.PAUSED: ("‖", "warn"),
    PushState.PARTIAL: ("½", "warn"),
    PushState.NEEDS_YOU: ("?", "warn"),
    PushState.REFUSED: ("✗", "bad"),
    PushState.DONE: ("✓", "good"),
}
ASSET_WORDS: Final[dict[Asset, str]] = {
    Asset.CARD: "card",
    Asset.FACT_FIND: "Fact Find",
    Asset.NOTE: "note",
    Asset.LINK: "link",
    Asset.UNLINK: "unlink",
    Asset.SYNC: "sync",
    Asset.SHARE: "app share",
    Asset.INVITE: "invite",
    Asset.UNDO: "undo",
    Asset.MILESTONE: "milestone",
    Asset.PASTE: "by hand",
}
"""What was pushed, in at most nine characters."""
ASSET_SHORT: Final[dict[Asset, str]] = {
    Asset.CARD: "card",
    Asset.FACT_FIND: "fact",
    Asset.NOTE: "note",
    Asset.LINK: "link",
    Asset.UNLINK: "unl.",
    Asset.SYNC: "sync",
    Asset.SHARE: "app",
    Asset.INVITE: "inv.",
    Asset.UNDO: "undo",
    Asset.MILESTONE: "mile",
    Asset.PASTE: "hand",
}
"""The same in at most four characters, for a list that has no room for more."""
DONE_WORDS: Final[dict[Asset, str]] = {
    Asset.CARD: "arrived",
    Asset.FACT_FIND: "arrived",
    Asset.NOTE: "arrived",
    Asset.LINK: "linked",
    Asset.UNLINK: "link removed",
    Asset.SYNC: "all arrived",
    Asset.SHARE: "app shared",
    Asset.INVITE: "invited",
    Asset.UNDO: "old values put back",
    Asset.MILESTONE: "arrived",
    Asset.PASTE: "entered by hand",
}
"""The result of a push that is done, and of which everything was carried out."""
END_WORDS: Final[dict[str, str]] = {
    ALL_THERE: "was there already",
    LEFT_OUT: "left out",
    PART_LEFT_OUT: "part left out",
    LEFT_OPEN: "part left open",
}
"""The result of a push that is done, by its reason."""
_IN_THE_BOOK: Final = frozenset({Asset.LINK, Asset.UNLINK, Asset.PASTE})
"""What the confirmation itself does in the book, whatever becomes of the steps."""
PUSH_WORDS: Final[dict[PushState, str]] = {
    PushState.QUEUED: "about to be sent",
    PushState.RUNNING: "on its way",
    PushState.PAUSED: "paused",
    PushState.NEEDS_YOU: "needs you: see Activity",
    PushState.PARTIAL: "arrived in part: see Activity",
    PushState.REFUSED: "refused",
    PushState.DONE: "done",
}
"""The state of a push; after a colon, where the broker can do something about the state."""
STEP_SIGN: Final[dict[StepState, Sign]] = {
    StepState.READY: ("·", "muted"),
    StepState.INTENT: ("◐", "primary"),
    StepState.UNKNOWN: ("?", "warn"),
    StepState.NEEDS_YOU: ("?", "warn"),
    StepState.CONFLICT: ("≠", "warn"),
    StepState.REFUSED: ("✗", "bad"),
    StepState.BLOCKED: ("–", "muted"),
    StepState.SKIPPED: ("–", "muted"),
    StepState.DONE: ("✓", "good"),
}
STEP_WORDS: Final[dict[StepState, str]] = {
    StepState.UNKNOWN: "not known yet",
    StepState.NEEDS_YOU: "needs you",
    StepState.CONFLICT: "needs you",
    StepState.REFUSED: "refused",
    StepState.BLOCKED: "blocked",
    StepState.SKIPPED: "left",
    StepState.INTENT: "on its way",
}
"""The state of a step. A step that is READY has no word; the id of its record stands for a step that is DONE."""


WAITS_WORD: Final = "waits"
"""The one word for a push that is paused and goes on by itself. A push that a person has to mend is "paused"."""


def state_words(push: Push) -> str:
    """Return the state of a push; after a colon, where the broker can do something about the state."""
    return WAITS_WORD if waits(push) else PUSH_WORDS[push.state]


def waiting_words(number: int) -> str:
    """Return the verb for a number of pushes that go on by themselves: "waits", "wait"."""
    return WAITS_WORD if number == 1 else "wait"


class PushSection(StrEnum):
    """The headings of a list of pushes, in their order."""

    NEEDS_YOU = "Needs you"
    WAITING = "Waiting"
    RUNNING = "Running"
    TODAY = "Today"
    YESTERDAY = "Yesterday"
    EARLIER = "Earlier"


def section_of(push: Push, began: date, today: date, *, latest: bool) -> PushSection:
    """Return the heading of a push. `latest` is True if no newer push has the same subject."""
    if needs_you(push, latest):
        return PushSection.NEEDS_YOU
    if waits(push):
        return PushSection.WAITING
    if push.state in (PushState.QUEUED, PushState.RUNNING):
        return PushSection.RUNNING
    if began == today:
        return PushSection.TODAY
    return PushSection.YESTERDAY if began == today - timedelta(days=1) else PushSection.EARLIER


def question_of(step: StepRecord) -> str:
    """Return what a step asks a person; "" if it asks nothing."""
    thing = step.entity.replace("-", " ")
    match step.state:
        case StepState.NEEDS_YOU | StepState.UNKNOWN:
            return f"Did the {thing} arrive?"
        case StepState.CONFLICT:
            return f"Which {thing} is it?"
        case StepState.REFUSED:
            return f"The {thing} was refused"
        case StepState.READY | StepState.INTENT | StepState.BLOCKED | StepState.SKIPPED | StepState.DONE:
            return ""


def day_words(of_today: Iterable[Push], asking: int) -> list[tuple[str, str]]:
    """Return the parts of the line about today: ("arrived", "14 arrived"), each with the name of what it counts.

    `asking` is how many pushes of any day need a person. A part that counts nothing is left out.
    """
    of_today = list(of_today)
    states = [push.state for push in of_today]
    asks = "asks you" if asking == 1 else "ask you"
    done = [push for push in of_today if push.state is PushState.DONE]
    there = sum(push.reason in NOTHING_SENT for push in done)
    left_open = sum(push.reason == LEFT_OPEN for push in done)
    waiting = sum(map(waits, of_today))
    counted = (
        ("arrived", len(done) - there - left_open, "arrived"),
        ("there", there, "with nothing to send"),
        ("asking", asking, asks),
        ("paused", waiting, waiting_words(waiting)),
        ("running", states.count(PushState.RUNNING) + states.count(PushState.QUEUED), "on the way"),
        ("part", states.count(PushState.PARTIAL) + left_open, "in part"),
        ("refused", states.count(PushState.REFUSED), "refused"),
    )
    return [(name, f"{count:,} {words}") for name, count, words in counted if count]


def done_words(push: Push) -> str:
    """Return what became of a push that is done, in a few words."""
    end = "" if push.asset in _IN_THE_BOOK else END_WORDS.get(push.reason)
    return end or DONE_WORDS[push.asset]


def end_sentence(push: Push, refused: int | None = 0) -> str:
    """Return what became of a push that is done, in a sentence.

    `refused` is how many values FLEX could have had in another form; None if that is not known.
    """
    if push.reason in END_WORDS:
        said = meaning_of(push.reason)
    elif refused is None:
        said = "what was sent arrived"
    else:
        said = "what could be sent arrived" if refused else "everything arrived"
    return f"{said[:1].upper()}{said[1:]}."


def step_sign(step: StepRecord) -> Sign:
    """Return the sign of a step's state; "=" for a step that is done and changed nothing."""
    return ("=", "muted") if was_there(step) else STEP_SIGN[step.state]


def there_words(step: StepRecord) -> str:
    """Return what is said of a step that changed nothing, "1-6D9UC has this already"; "" for any other step."""
    if not was_there(step):
        return ""
    sent = "" if step.attempts else "; nothing was sent"
    if made_of(step) is Made.UNCHANGED:
        return f"{step.remote_id or display_name(step.system)} has this already{sent}"
    known = f", as {step.remote_id}" if step.remote_id else ""
    return f"{step.entity.replace('-', ' ')} was there already{known}{sent}"


def result_words(push: Push) -> str:
    """Return what became of a push, in a few words."""
    match push.state:
        case PushState.DONE:
            return done_words(push)
        case PushState.REFUSED if push.reason == "plan-changed":
            return "changed since you confirmed; nothing was sent"
        case PushState.REFUSED:
            return "refused"
        case PushState.PARTIAL:
            return "arrived in part"
        case PushState.NEEDS_YOU:
            return "asks you"
        case PushState.PAUSED:
            state = state_words(push)
            return f"{state}: {meaning_of(push.reason)}" if push.reason else state
        case PushState.QUEUED | PushState.RUNNING:
            return PUSH_WORDS[push.state]


def subject_words(push: Push) -> str:
    """Return the card or record that a push names by its id; "" if the push is about many or names none."""
    match push.asset:
        case Asset.CARD | Asset.FACT_FIND | Asset.NOTE | Asset.LINK | Asset.UNLINK | Asset.PASTE:
            return push.about or push.subject
        case Asset.MILESTONE:
            return milestone_words(push)
        case Asset.SYNC | Asset.SHARE | Asset.INVITE:
            return f"{push.size:,} {'contact' if push.size == 1 else 'contacts'}"
        case Asset.UNDO:
            return ""


def milestone_words(push: Push, name: str = "") -> str:
    """Return whom the push of a milestone is for, and which milestone it is: "Emily Mcdowell: Started".

    Without the contact's name its id stands in its place: "Started, contact 50002".
    """
    which = _milestone_of(push) or "milestone"
    return f"{name}: {which}" if name else f"{which}, contact {push.about}"


def _milestone_of(push: Push) -> str:
    """Return which milestone a push is of, in one word; "" if its subject names none."""
    from core.milestones.milestone_map import MilestoneId  # noqa: PLC0415 - a list does without
    from tui.words.contact_desk.milestones import SHORT  # noqa: PLC0415 - a list does without

    try:
        return SHORT[MilestoneId.decode(push.subject.removeprefix("milestone:")).milestone]
    except ValueError:
        return ""


def kind_words(push: Push) -> str:
    """Return what was pushed in at most four characters: "sync"; of a milestone which one it is, "star" for Started."""
    which = _milestone_of(push) if push.asset is Asset.MILESTONE else ""
    return which[:4].lower() or ASSET_SHORT[push.asset]


def when_words(push: Push, local: DeskTime, now: float) -> str:
    """Return when a push began, and when it ended if the clock says another time then: "13:30, ended 13:31".

    `now` is in seconds since 1970.
    """
    began, ended = (local.clock_or_day(at, now) for at in (push.created_at, push.updated_at))
    return began if push.state in ACTIVE or began == ended else f"{began}, ended {ended}"


def push_command(push: Push, steps: Iterable[StepRecord] = (), flex_id: str = "") -> str:
    """Return the command that does the same as a push, to be pasted into a shell.

    `steps` are the steps of a share or an invite, and `flex_id` is the FLEX ID of a link. The journal keeps neither a
    note's text nor the choices about people, so a written note reads its text from stdin.
    """
    return shlex.join(["brokerdesk", *_words_of(push, steps, flex_id)])


def _words_of(push: Push, steps: Iterable[StepRecord], flex_id: str) -> list[str]:
    match push.asset:
        case Asset.CARD | Asset.FACT_FIND:
            return ["push", push.asset, *_ids(push.subject)]
        case Asset.NOTE | Asset.PASTE:
            return _words_of_a_note(push)
        case Asset.LINK:
            return ["link", *_ids(push.subject, flex_id or "FLEX_ID")]
        case Asset.UNLINK:
            return ["unlink", *_ids(push.subject)]
        case Asset.SYNC:
            return ["sync"]
        case Asset.SHARE | Asset.INVITE:
            return [push.asset, *_whom(steps)]
        case Asset.UNDO:
            return ["undo", *_ids(push.about)]
        case Asset.MILESTONE:
            return ["milestones", "--yes", *_option("--only", push.subject.removeprefix("milestone:"))]


def _words_of_a_note(push: Push) -> list[str]:
    """Return the words for a note, or for a card that was entered by hand."""
    note, by_hand = note_of(push), push.asset is Asset.PASTE
    if by_hand and push.subject == push.about:
        return ["paste", *_ids(push.subject)]
    text = ["--text", "-"]
    if by_hand:
        return ["paste", *(_option("--note", note) if note else text), *_ids(push.about)]
    return ["push", "note", *(_ids(note) if note else [*_option("--card", push.about), *text])]


def _option(name: str, value: str) -> list[str]:
    """Return an option with its value, which may begin with a dash."""
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def _ids(*ids: str) -> list[str]:
    """Return ids as arguments, one of which may begin with a dash."""
    return ["--", *ids] if any(id_.startswith("-") for id_ in ids) else list(ids)


def confirmed_by_another(push: Push, operator: str, when: str) -> str:
    """Return who has confirmed a push that `operator` sees; "" for the operator's own."""
    return "" if push.operator == operator else f"{push.operator} confirmed this, {when}. You sent nothing."


def note_of(push: Push) -> str:
    """Return BrokerEngine's id of the note that a push is about; "" if the note was written here."""
    from core.flex.plans.note_decision import decision_of, is_written_here  # noqa: PLC0415 - a list does without

    written = is_written_here(push.subject, push.about)
    return "" if written else decision_of(push.subject).local_id


def _whom(steps: Iterable[StepRecord]) -> list[str]:
    """Return the ids in Total Expert of those whom a share or an invite is for, each once, and how."""
    steps = list(steps)
    makes_accounts = any(step.entity is Entity.BORROWER for step in steps)
    ids = dict.fromkeys(step.local_id.partition("@")[0] for step in steps)
    return [*(["--make-account"] if makes_accounts else []), *_ids(*ids)]
