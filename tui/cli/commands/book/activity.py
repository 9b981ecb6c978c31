"""`activity`, `resume`, `links`: what was pushed, what is still to do, and what is linked to what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.push import activity as pushes
from core.push.live_push import LivePush
from core.push.plan import digest_of
from core.push.states import ACTIVE, ON_THE_WAY
from tui.cli.commands.cards.linking_up import LinksOptions, find_links
from tui.cli.confirmation import Proposal, confirmed
from tui.cli.json_output import link_form, push_form, waiting_form
from tui.cli.options import CommandOptions, PlannedOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.push_output import exit_code, show_push, tell, waiting_proposal
from tui.wiring import Desk, open_book, open_desk, settings_of

SHOWN: Final = 20
"""How many pushes are listed for a person who gives no limit. A script gets all of them."""


@dataclass(frozen=True, kw_only=True)
class ActivityOptions(CommandOptions):
    """The options of `activity`."""

    limit: int | None


async def activity(options: ActivityOptions) -> int:
    """List the pushes, the newest first: as many as the limit says, and each older one that is not over."""
    book = await open_book(settings_of(options.home, options.profile), write=False)
    try:
        every = await pushes.pushes(book)
        limit = options.limit or (len(every) if options.json else SHOWN)
        listed = pushes.newest(every, limit)
        left_out = len(every) - len(listed)
        if options.json:
            forms = [push_form(item.push, item.steps) async for item in pushes.read_activities(book, listed)]
            emit_json({"pushes": forms, "left_out": left_out})
            return 0
        async for item in pushes.read_activities(book, listed):
            show_push(item)
    finally:
        book.close()
    if not every:
        say("Nothing was pushed yet.")
    if left_out:
        say(f"{left_out} older pushes are not listed; all of them: brokerdesk activity --limit all")
    return 0


@dataclass(frozen=True, kw_only=True)
class ResumeOptions(PlannedOptions):
    """The options of `resume`."""

    push: str | None
    """The id of the only push that goes on; None for every unfinished push."""


async def resume(options: ResumeOptions) -> int:
    """Go on with every unfinished push, and run the duplicate check. With a push's id, go on with that push alone."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        caretaker, engine = desk.can_resume, desk.can_push
        if options.push is not None:
            named = await engine.bring_back(options.push)
            if named.push.state not in ACTIVE:
                return await tell(desk, named.push, as_json=options.json)
            if not confirmed(options, waiting_proposal(desk, named)):
                return 1
            return await tell(desk, await engine.finish(options.push), as_json=options.json)
        waiting = [live for push in engine.unfinished() if (live := engine.live(push.push_id))]
        if waiting and not confirmed(options, _proposal(waiting, desk)):
            return 1
        resumed = await caretaker.resume()
        shown = [await pushes.read_activity(desk.book, push) for push in resumed.pushes]
        await caretaker.archive()
    if options.json:
        emit_json({"pushes": [push_form(each.push, each.steps) for each in shown]})
    else:
        for each in shown:
            show_push(each)
        if not shown:
            say("Nothing to resume.")
        say(
            *(
                f"A second record turned up: step {step.key}: {', '.join(step.candidates)}"
                for step in resumed.doubled
            )
        )
    return max((exit_code(push) for push in resumed.pushes), default=0)


def _proposal(waiting: list[LivePush], desk: Desk) -> Proposal:
    """Return the question whether all unfinished pushes go on. The hash covers each push and its plan."""
    digest = digest_of(f"{live.push.push_id} {live.push.plan}" for live in waiting)
    steps = sum(step.state in ON_THE_WAY for live in waiting for step in live.steps)

    def show() -> None:
        for live in waiting:
            show_push(pushes.Activity(live.push, tuple(live.steps)))

    return Proposal(
        digest=digest,
        form={
            "plan": digest,
            "pushes": [waiting_form(live.push, live.plan, live.steps) for live in waiting],
        },
        show=show,
        question=f"Go on with {steps} steps of {len(waiting)} pushes?",
        doing=f"going on with {len(waiting)} pushes",
        live=desk.settings.profile.live,
    )


async def links(options: LinksOptions) -> int:
    """List the links. With `--find`, search FLEX for what is not linked yet."""
    if options.find:
        return await find_links(options)
    book = await open_book(settings_of(options.home, options.profile), write=False)
    try:
        found = await pushes.links(book)
    finally:
        book.close()
    if options.json:
        emit_json({"links": [link_form(link) for link in found]})
        return 0
    say_table((link.entity, link.local_id, link.system, link.remote_id, link.ref) for link in found)
    if not found:
        say("Nothing is linked yet.")
    return 0
