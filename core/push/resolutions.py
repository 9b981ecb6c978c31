"""What a person may decide about a step, and what each choice does: docs/protocol.md, "What a person decides"."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from core.errors import DeskError
from core.push.live_push import LivePush
from core.push.plan import CHANGEABLE, Entity, Operation, Step, StepKind, make_ref
from core.push.ports import Book, Remote, RemoteRecord
from core.push.records import Generation, Link, Record, StepRecord, Unlinked
from core.push.states import StepState, WriteOutcome


class Choice(StrEnum):
    """The choices that a step can offer."""

    THERE = "there"
    NOT_THERE = "not-there"
    LINK = "link"
    AS_NEW = "as-new"
    OVERWRITE = "overwrite"
    AGAIN = "again"
    LEAVE = "leave"


class Resolution(Struct, frozen=True):
    """A choice. `remote_id` is the record chosen with LINK or THERE; `workspace` goes into the reference of AS_NEW.

    `by` is the operator who chose.
    """

    choice: Choice
    remote_id: str = ""
    workspace: str = ""
    by: str = ""


SAYS: Final[dict[Choice, tuple[str, str]]] = {
    Choice.THERE: ("it is there", "link it; nothing is sent"),
    Choice.NOT_THERE: ("it is not there", "send again, under the same reference"),
    Choice.LINK: ("it is this one", "link the record you choose; nothing is sent"),
    Choice.AS_NEW: ("send as new", "make one more record, under a new reference"),
    Choice.OVERWRITE: ("overwrite", "send, and replace what is there now"),
    Choice.AGAIN: ("try again", "send again, under the same reference"),
    Choice.LEAVE: ("leave it", "nothing is sent; the step is set aside"),
}
"""The words for each choice, and what the choice does."""


def choices(record: StepRecord) -> tuple[Choice, ...]:
    """Return what a person may decide about a step, the safest choice first; () if the step needs no person."""
    if record.error == "plan-changed":
        return ()  # the plan is gone: a person confirms a new one
    match record.state:
        case StepState.UNKNOWN if record.kind is StepKind.SET:
            return (Choice.AGAIN, Choice.LEAVE)
        case StepState.NEEDS_YOU | StepState.UNKNOWN:
            return (Choice.THERE, Choice.NOT_THERE, Choice.LEAVE)
        case StepState.CONFLICT:
            return _of_a_conflict(record)
        case StepState.REFUSED if record.error == "plan-gone":
            return (Choice.LEAVE,)
        case StepState.REFUSED:
            return (Choice.AGAIN, Choice.LEAVE)
        case StepState.READY | StepState.INTENT | StepState.BLOCKED | StepState.SKIPPED | StepState.DONE:
            return ()


def _of_a_conflict(record: StepRecord) -> tuple[Choice, ...]:
    if record.kind is StepKind.UPDATE:
        return (Choice.LEAVE, Choice.OVERWRITE)
    match record.error:
        case "diverted":
            return (Choice.LEAVE, Choice.LINK)  # whatever is sent would change that record again
        case "second-record" | "linked-elsewhere":
            return (Choice.LINK, Choice.LEAVE)  # the record is linked: one more would be one too many
        case "found-without-plan":
            return (Choice.LINK, Choice.LEAVE)  # nothing can be sent without the plan
        case "other-values" if record.entity in CHANGEABLE:
            return (Choice.LINK, Choice.LEAVE, Choice.OVERWRITE, Choice.AS_NEW)
        case "of-another-step":
            return (Choice.LEAVE, Choice.AS_NEW)
        case "one-from-elsewhere":
            return (Choice.LEAVE, Choice.LINK, Choice.AGAIN)
        case _:
            return (Choice.LINK, Choice.LEAVE, Choice.AS_NEW)


async def read_candidates(live: LivePush, n: int, remote: Remote) -> list[RemoteRecord]:
    """Return the records from which a person chooses for step `n`, as the system holds them now.

    A candidate that the system can't show is left out. Raises `Unreachable`.
    """
    step = live.steps[n]
    request = live.request(n)
    found: dict[str, RemoteRecord] = {}
    if remote.can_look_up(step.entity):
        records = (await remote.look_up([request])).get(step.ref, ())
        found = {record.remote_id: record for record in records}
    for remote_id in step.candidates:
        if remote_id not in found and step.entity in _READ_BY_ID:
            record = await remote.read(msgspec.structs.replace(request, remote_id=remote_id))
            if record is not None:
                found[remote_id] = record
    return [found[remote_id] for remote_id in step.candidates if remote_id in found]


_READ_BY_ID: Final = frozenset(
    {Entity.PERSON, Entity.OPPORTUNITY, Entity.PROPERTY, Entity.CONTACT, Entity.BORROWER, Entity.PARTNER}
)
"""The records that every system shows by their own id."""


def choice_words(record: StepRecord) -> tuple[str, ...]:
    """Return the words by which a command takes each choice that a step offers, such as `not-there` or `link=1-6D9UB`.

    `there=ID` needs an id if other steps name the record by an id that is not known.
    """
    words: list[str] = []
    for choice in choices(record):
        match choice:
            case Choice.LINK:
                words += [f"{choice}={remote_id}" for remote_id in record.candidates]
            case Choice.THERE:
                known = record.remote_id or len(record.candidates) == 1 or record.kind is not StepKind.CREATE
                words.append(choice if known else f"{choice}=ID")
            case Choice.NOT_THERE | Choice.AS_NEW | Choice.OVERWRITE | Choice.AGAIN | Choice.LEAVE:
                words.append(choice)
    return tuple(words)


def is_left_as_it_was(step: StepRecord, name: str) -> bool:
    """Return True if a person chose a record that was there, so that its field `name` was not written.

    Of a record with other values only the fields that differ count: the record holds the other values. A record that
    was sent counts as written, whatever a person chose later.
    """
    decided = f"decided-{Choice.LINK}"
    last = step.trail[-1].code if step.trail else ""
    if step.state is not StepState.DONE or last != decided:
        return False
    if step.attempts and step.outcome is not WriteOutcome.EXISTING:
        return False
    found = step.trail[-2] if len(step.trail) > 1 else None
    if found is not None and found.code == "other-values":
        return name in found.said.split(", ")
    return True


async def carry_out(live: LivePush, n: int, decision: Resolution, book: Book) -> None:
    """Move step `n` as a person decided. Raises `DeskError` if the step does not offer the choice, `BookClosed`."""
    record = live.steps[n]
    check_choice(live, n, decision)
    match decision.choice:
        case Choice.THERE | Choice.LINK:
            remote_id = _chosen(record, decision)
            checks = (
                live.duplicate_check_keys(n) if decision.choice is Choice.LINK else []
            )  # the person saw them all
            await live.finish(
                n, remote_id, f"decided-{decision.choice}", remote_id, by=decision.by, drop=checks
            )
        case Choice.LEAVE:
            await live.change(n, StepState.SKIPPED, "decided-leave", by=decision.by)
        case Choice.OVERWRITE if record.operation is Operation.CREATE:
            await live.change(
                n,
                StepState.READY,
                f"decided-{decision.choice}",
                by=decision.by,
                operation=Operation.UPDATE,
                kind=StepKind.UPDATE,
                remote_id=_chosen(record, decision),
                candidates=(),
            )
        case Choice.NOT_THERE | Choice.AGAIN | Choice.OVERWRITE:
            forced = record.state is StepState.CONFLICT
            code = f"decided-{decision.choice}"
            await live.change(n, StepState.READY, code, by=decision.by, forced=forced, candidates=())
        case Choice.AS_NEW:
            await _as_new(live, n, decision, book)


def check_choice(live: LivePush, n: int, decision: Resolution) -> None:
    """Raise `DeskError` if step `n` does not offer a choice, or not with that record's id."""
    record = live.steps[n]
    offered = choices(record)
    if decision.choice not in offered:
        message = (
            f"Step {n + 1} ({record.operation} {record.entity}) is {record.state}: "
            f"“{decision.choice}” is not among its choices."
        )
        if not offered:
            raise DeskError("not-offered", message, when="the step needs no choice")
        raise DeskError("not-offered", message, choices=", ".join(choice_words(record)))
    if decision.choice in _SENDS and live.plan_is_gone:
        raise DeskError(
            "plan-gone",
            f"The plan of push {live.push.push_id} is no longer kept, so nothing of it can be sent again.",
        )
    if decision.choice in (Choice.THERE, Choice.LINK):
        _check_is_free(live, record, _chosen(record, decision))


def _check_is_free(live: LivePush, record: StepRecord, remote_id: str) -> None:
    """Raise `DeskError` (taken) if another step of the push makes or updates the record that a person chose."""
    if (other := live.other_step_with(record.n, remote_id)) is not None:
        raise DeskError(
            "taken",
            f"{remote_id} is the {record.entity} of step {other.n + 1} ({other.local_id}) of this push.",
            when="another step of the push has the record",
        )


def _chosen(record: StepRecord, decision: Resolution) -> str:
    """Return the remote id that a person chose, or "" if no id is needed. Raises `DeskError` if the id is not clear."""
    named = "" if decision.choice is Choice.LINK else record.remote_id
    remote_id = decision.remote_id or named or _only(record.candidates)
    if decision.choice is Choice.LINK and remote_id not in record.candidates:
        raise DeskError(
            "which-one",
            f"Step {record.n + 1} has several records to choose from: {', '.join(record.candidates)}.",
        )
    if not remote_id and record.kind is StepKind.CREATE:
        raise DeskError(
            "which-one", f"Step {record.n + 1} makes a {record.entity} that other steps name by its id."
        )
    return remote_id


_SENDS = frozenset({Choice.NOT_THERE, Choice.AGAIN, Choice.OVERWRITE, Choice.AS_NEW})


async def _as_new(live: LivePush, n: int, decision: Resolution, book: Book) -> None:
    """Give step `n` the reference of its next generation, and put it into every body that names the step.

    The steps that belong to the record of step `n` get their next generation too, and the book forgets the records that
    they made before: those belong to the old record, and must neither be found nor be taken for the new ones.
    """
    hanging = [k for k, step in enumerate(live.plan.steps) if _belongs_to(live, k, step, live.steps[n].ref)]
    refs: dict[int, str] = {}
    generations: list[Generation] = []
    for k in (n, *hanging):
        record = live.steps[k]
        last = await book.get(Generation, record.link_key)
        generation = Generation(record.link_key, (last.number if last else 0) + 1)
        refs[k] = make_ref(
            decision.workspace, record.system, record.entity, record.local_id, generation.number
        )
        generations.append(generation)
    forgotten: list[tuple[type[Record], str]] = [
        (kind, live.steps[k].link_key) for k in hanging for kind in (Link, Unlinked)
    ]
    await live.send_as_new(n, refs, generations, forgotten, decision.by)


def _belongs_to(live: LivePush, k: int, step: Step, ref: str) -> bool:
    """Return True if step `k` makes a record under the record of `ref` and was not sent yet."""
    return step.parent == ref and live.steps[k].state in (StepState.READY, StepState.BLOCKED)


def _only(candidates: tuple[str, ...]) -> str:
    return candidates[0] if len(candidates) == 1 else ""
