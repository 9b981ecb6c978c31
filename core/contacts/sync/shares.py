"""The links to the app that the book knows, and what the journal says became of each. Sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from core.contacts.consent import Channel
from core.contacts.records import AppShared, AppShareState
from core.contacts.sync.share_plan import ShareChoices, person_of
from core.push.live_push import steps_of
from core.push.plan import Entity, Plan
from core.push.ports import Book
from core.push.records import Push, StepRecord
from core.push.states import StepState

_FIELDS: Final = {"email": Channel.EMAIL, "phone": Channel.SMS}


def new_shares(plan: Plan, choices: ShareChoices, push_id: str, at: float) -> list[AppShared]:
    """Return the records of the links that a plan sends, for the commit that begins its push. `at` is since 1970."""
    return [
        AppShared(
            step.local_id,
            person_of(step),
            push_id,
            at,
            tuple(channel.value for name, channel in _FIELDS.items() if name in step.body),
            choices.partner,
        )
        for step in plan.steps
        if step.entity is Entity.APP_SHARE
    ]


async def shares_now(book: Book) -> list[AppShared]:
    """Return every link to the app that the book knows, as it stands now. Raises `ArchiveDamaged`, `BookClosed`."""
    steps: dict[str, dict[str, StepRecord]] = {}
    found: list[AppShared] = []
    for share in await book.all(AppShared):
        if not share.over and share.push_id not in steps:
            push = await book.get(Push, share.push_id)
            listed = await steps_of(book, push) if push is not None else []
            steps[share.push_id] = {step.local_id: step for step in listed}
        found.append(share if share.over else _followed(share, steps[share.push_id].get(share.local_id)))
    return found


async def settle_shares(book: Book) -> int:
    """Write down what became of the links that are over. Return how many changed. Raises as `shares_now`."""
    before = {share.key: share for share in await book.all(AppShared)}
    changed = [share for share in await shares_now(book) if share.over and share != before.get(share.key)]
    if changed:
        await book.commit(*changed)
    return len(changed)


def _followed(share: AppShared, step: StepRecord | None) -> AppShared:
    """Return a share as its step says. A share without a step counts as in doubt: nothing tells what became of it."""
    if step is None:
        return replace(share, state=AppShareState.IN_DOUBT)
    match step.state:
        case StepState.DONE:
            return replace(share, state=AppShareState.SHARED, over=True)
        case StepState.SKIPPED:
            state = AppShareState.IN_DOUBT if _may_have_arrived(step) else AppShareState.NOT_SHARED
            return replace(share, state=state, over=True)
        case StepState.REFUSED | StepState.BLOCKED:
            return replace(share, state=AppShareState.NOT_SHARED)
        case (
            StepState.READY | StepState.INTENT | StepState.UNKNOWN | StepState.NEEDS_YOU | StepState.CONFLICT
        ):
            return replace(share, state=AppShareState.ON_ITS_WAY)


def _may_have_arrived(step: StepRecord) -> bool:
    """Return True if a step that a person set aside was sent, and no refusal was the last that was heard of it."""
    last = step.trail[-2].code if len(step.trail) > 1 else ""
    return bool(step.attempts) and last not in _REFUSALS


_REFUSALS: Final = frozenset({"app-share-off", "share-refused", "redirected", "plan-gone", "plan-changed"})
"""What the last event of a step is that was refused."""


def others_than(plan: Plan, shares: Sequence[AppShared]) -> list[AppShared]:
    """Return the shares that are not those of a plan's own steps."""
    own = {step.local_id for step in plan.steps}
    return [share for share in shares if share.local_id not in own]
