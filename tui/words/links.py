"""Words for links between cards, people and FLEX, and for IDs that people type, in the app and in commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from core.compare.ids import id_fault
from core.flex.plans.link import LinkPreview
from core.flex.plans.linking_up import LinkSuggestion
from core.flex.use_cases.linking_up import FoundLinks
from core.push.plan import Entity, System
from core.systems import display_name

_BROKERENGINE = display_name(System.BROKERENGINE)


def choice_of_links(
    suggestions: Iterable[LinkSuggestion], taken: Mapping[str, str], left: Iterable[str] = ()
) -> dict[str, str]:
    """Return what will be linked (FLEX ID by local id): what is sure, and what was taken, without what is left out."""
    sure = {one.local_id: one.sure for one in suggestions if one.sure}
    out = set(left)
    return {local_id: flex_id for local_id, flex_id in {**sure, **taken}.items() if local_id not in out}


def suggestion_lines(found: FoundLinks, choices: Mapping[str, str]) -> list[str]:
    """Return the suggestions of a search as lines: first what will be linked, then what needs a look, then failures."""
    lines = []
    chosen = [one for one in found.suggestions if one.local_id in choices]
    for one in chosen:
        flex_id = choices[one.local_id]
        words = next(each.words for each in one.candidates if each.flex_id == flex_id)
        reason = one.reason if flex_id == one.sure else "chosen by you"
        lines.append(f"✓ {one.local_id}  {one.name}  is FLEX {flex_id}  {words}  ({reason})")
    for one in found.suggestions:
        if one.local_id not in choices:
            lines.append(f"? {one.local_id}  {one.name}  {one.reason}")
            lines += [f"    {each.flex_id}  {each.words}" for each in one.candidates]
    lines += [f"✗ {failed.what}: {failed.message}" for failed in found.failed]
    left = len(found.suggestions) - len(chosen)
    lines.append(f"{found.cards} cards searched for: {len(chosen)} to link, {left} to look at.")
    if left:
        lines.append("To link one of those: --take ID=FLEX_ID, or brokerdesk link ID FLEX_ID")
    return lines


def link_lines(preview: LinkPreview) -> list[str]:
    """Return what a link will do, or taking a link back, a line each."""
    plan = preview.plan
    if preview.flex_id:
        was = f" (was {preview.was})" if preview.was else ""
        first = f"Links {plan.subject} {plan.title} to FLEX {preview.flex_id}{was}."
    else:
        first = f"Unlinks {plan.subject} from FLEX {preview.was}. The FLEX record stays."
    steps = [f"{_BROKERENGINE} {step.local_id}: {step.summary}" for step in plan.steps]
    return [first, *(steps or [f"Nothing is written to {_BROKERENGINE}."])]


def linked_words(preview: LinkPreview) -> str:
    """Return what was done."""
    if preview.flex_id is None:
        return f"{preview.local_id} is not linked to {preview.was} any more. The FLEX record stays."
    if preview.entity is Entity.OPPORTUNITY:
        return f"{preview.local_id} is linked to {preview.flex_id}. Notes can be pushed to it now."
    return f"{preview.local_id} is linked to {preview.flex_id}. The next push updates that contact."


def wrong_id(text: str) -> str:
    """Return what is wrong with an ID while it is being typed, as a sentence; "" if nothing is."""
    fault = id_fault(text.strip())
    return f"This isn't an ID: it {fault}." if fault else ""
