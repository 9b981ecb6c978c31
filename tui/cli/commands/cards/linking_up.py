"""`links --find`: search FLEX for the people and opportunities of all cards, show what fits, ask once, link that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.errors import UsageError
from core.flex.plans.linking_up import LinkSuggestion
from core.flex.use_cases.linking_up import (
    FoundLinks,
    LinkNotTaken,
    LinkTaken,
    SearchProgress,
    choices_digest,
)
from tui.cli.confirmation import Proposal, confirmed
from tui.cli.output import emit_json, say
from tui.cli.progress import progress_lines
from tui.cli.push_output import exit_code
from tui.wiring import Desk, open_desk, settings_of
from tui.words.links import choice_of_links, suggestion_lines

if TYPE_CHECKING:
    from tui.cli.commands.book.links import LinksOptions


async def find_links(options: LinksOptions) -> int:
    """Search, show every suggestion, and link what is sure and what `--take` names, once that is confirmed."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        engine = desk.can_push
        with progress_lines(silent=options.json) as show:
            found = await desk.link_up.find(lambda progress: show(_searched(progress)))
        choices = choice_of_links(found.suggestions, _taken(options, found), options.leave)
        form = {
            "plan": choices_digest(choices),
            "cards": found.cards,
            "suggestions": [_form(one, choices) for one in found.suggestions],
            "failed": [{"what": failed.what, "message": failed.message} for failed in found.failed],
        }
        if not choices:
            _show(options, found, choices, form)
            return 0
        if not confirmed(options, _proposal(desk, found, choices, form)):
            return 1
        results = [one async for one in desk.link_up.take(found.suggestions, choices, engine)]
    if options.json:
        emit_json({**form, "results": [_result_form(one, choices) for one in results]})
    else:
        say(*(_result_line(one, choices) for one in results))
    return max(
        one.error.exit_code if isinstance(one, LinkNotTaken) else exit_code(one.push) for one in results
    )


def _searched(progress: SearchProgress) -> str:
    return f"Searching FLEX: {progress.done} of {progress.total} cards"


def _taken(options: LinksOptions, found: FoundLinks) -> dict[str, str]:
    """Return the choices of `--take`. Raises `UsageError` for a choice that is not among the suggestions."""
    offered = {one.local_id: {each.flex_id for each in one.candidates} for one in found.suggestions}
    chosen: dict[str, str] = {}
    for given in options.take:
        local_id, _, flex_id = given.partition("=")
        if flex_id not in offered.get(local_id, ()):
            raise UsageError("which-link", f"“{given}” isn't one of the suggestions.")
        chosen[local_id] = flex_id
    for local_id in options.leave:
        if local_id not in offered:
            raise UsageError("which-link", f"“{local_id}” isn't one of the suggestions.")
    return chosen


def _proposal(desk: Desk, found: FoundLinks, choices: dict[str, str], form: dict[str, Any]) -> Proposal:
    return Proposal(
        digest=form["plan"],
        form=form,
        show=lambda: say(*suggestion_lines(found, choices)),
        question=f"Link {len(choices)} of {len(found.suggestions)}, plan {form['plan']}?",
        doing=f"linking {len(choices)}",
        live=desk.settings.profile.live,
    )


def _show(options: LinksOptions, found: FoundLinks, choices: dict[str, str], form: dict[str, Any]) -> None:
    if options.json:
        emit_json(form)
    else:
        say(*suggestion_lines(found, choices))


def _form(suggestion: LinkSuggestion, choices: dict[str, str]) -> dict[str, Any]:
    return {
        "entity": suggestion.entity,
        "local_id": suggestion.local_id,
        "name": suggestion.name,
        "cards": list(suggestion.cards),
        "sure": suggestion.sure is not None,
        "reason": suggestion.reason,
        "choice": choices.get(suggestion.local_id),
        "candidates": [
            {"flex_id": one.flex_id, "kind": one.kind, "words": one.words} for one in suggestion.candidates
        ],
    }


def _result_form(result: LinkTaken | LinkNotTaken, choices: dict[str, str]) -> dict[str, Any]:
    form: dict[str, Any] = {"local_id": result.local_id, "flex_id": choices[result.local_id]}
    if isinstance(result, LinkTaken):
        return {**form, "push_id": result.push.push_id, "state": result.push.state, "error": None}
    error = {"code": result.error.code, "message": result.error.message, "fix": result.error.fix}
    return {**form, "push_id": None, "state": None, "error": error}


def _result_line(result: LinkTaken | LinkNotTaken, choices: dict[str, str]) -> str:
    if isinstance(result, LinkTaken):
        return f"✓ {result.local_id} is linked to {choices[result.local_id]} ({result.push.state})"
    return f"✗ {result.local_id}: {result.error.message} {result.error.fix}"
