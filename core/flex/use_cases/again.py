"""Preview a confirmed push once more, as its own kind, after its source changed while it was being confirmed."""

from __future__ import annotations

from core.flex.plans.preview import Preview
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.fact_finds import FactFindUseCases
from core.flex.use_cases.notes import NoteUseCases
from core.push.plan import Asset, Entity


async def preview_again(
    confirmed: Preview, cards: CardUseCases, fact_finds: FactFindUseCases, notes: NoteUseCases
) -> Preview:
    """Return what the push of a confirmed preview would do now. A written note keeps its text and its files.

    Raises the errors of the preview of that kind, and `ValueError` for the plan of another room.
    """
    plan = confirmed.plan
    match confirmed.asset:
        case Asset.CARD if plan.steps and all(step.entity is Entity.PERSON for step in plan.steps):
            return await cards.preview_people(plan.subject)
        case Asset.CARD:
            return await cards.preview(plan.subject, plan.overrides)
        case Asset.FACT_FIND:
            return await fact_finds.preview(plan.subject)
        case Asset.NOTE:
            return await notes.preview_again(confirmed)
        case Asset.LINK | Asset.UNLINK | Asset.SYNC | Asset.SHARE | Asset.UNDO | Asset.MILESTONE:
            raise ValueError(f"a {confirmed.asset} has no preview in this room")
