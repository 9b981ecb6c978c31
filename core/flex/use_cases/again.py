"""Preview a confirmed push again, as its own kind, after its source changed while it was being confirmed."""

from __future__ import annotations

from core.flex.plans.preview import Preview
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.fact_finds import FactFindUseCases
from core.flex.use_cases.notes import NoteUseCases
from core.flex.use_cases.people import choices_of, sends_only_people
from core.push.plan import Asset


async def preview_again(
    confirmed: Preview, cards: CardUseCases, fact_finds: FactFindUseCases, notes: NoteUseCases
) -> Preview:
    """Return what the push of a confirmed preview would do now. The choices about people stay. A written note keeps
    its text and its files.

    Raises the errors of the preview of that kind, and `ValueError` for the plan of another room.
    """
    plan = confirmed.plan
    match confirmed.asset:
        case Asset.CARD if sends_only_people(plan):
            return await cards.preview_people(plan.subject, choices_of(plan))
        case Asset.CARD:
            return await cards.preview(plan.subject, plan.overrides, choices_of(plan))
        case Asset.FACT_FIND:
            return await fact_finds.preview(plan.subject, choices_of(plan))
        case Asset.NOTE:
            return await notes.preview_again(confirmed)
        case (
            Asset.LINK
            | Asset.UNLINK
            | Asset.PASTE
            | Asset.SYNC
            | Asset.SHARE
            | Asset.INVITE
            | Asset.UNDO
            | Asset.MILESTONE
        ):
            raise ValueError(f"a {confirmed.asset} has no preview in this room")
