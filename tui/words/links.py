"""Words for links between cards, people and FLEX, in the app and on the command line."""

from __future__ import annotations

from core.flex.plans.link import LinkPreview
from core.push.plan import Entity, System
from core.systems import display_name

_BROKERENGINE = display_name(System.BROKERENGINE)


def link_lines(preview: LinkPreview) -> list[str]:
    """Return what a link will do, or taking a link back, a line each."""
    plan = preview.plan
    if preview.flex_id:
        was = f" (was {preview.was})" if preview.was else ""
        first = f"{plan.subject} {plan.title} becomes FLEX {preview.flex_id}{was}."
    else:
        first = f"{plan.subject} is no longer FLEX {preview.was}. FLEX keeps its record."
    steps = [f"{_BROKERENGINE} {step.local_id}: {step.summary}" for step in plan.steps]
    return [first, *(steps or [f"Nothing is written to {_BROKERENGINE}."])]


def linked_words(preview: LinkPreview) -> str:
    """Return what was done."""
    if preview.flex_id is None:
        return f"{preview.local_id} is no longer linked to {preview.was}. FLEX keeps its record."
    if preview.entity is Entity.OPPORTUNITY:
        return f"{preview.local_id} is linked to {preview.flex_id}. Notes can be pushed onto it now."
    return f"{preview.local_id} is linked to {preview.flex_id}. The next push updates that contact."
