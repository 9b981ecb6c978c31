"""`resume`: go on with what is not finished."""

from __future__ import annotations

from dataclasses import dataclass

from core.error_catalogue import fix_of
from core.push import activity as pushes
from core.push.live_push import LivePush
from core.push.plan import digest_of
from core.push.states import ACTIVE, ON_THE_WAY
from core.stop import STOPPED
from core.texts import how_many
from tui.cli.confirmation import Proposal, confirmed
from tui.cli.json_output import push_form, waiting_form
from tui.cli.options import PlannedOptions
from tui.cli.output import emit_json, say
from tui.cli.push_output import exit_code, show_push, waiting_proposal
from tui.cli.receipt_output import tell
from tui.wiring import Desk, open_desk, settings_of


@dataclass(frozen=True, kw_only=True)
class ResumeOptions(PlannedOptions):
    """The options of `resume`."""

    push: str | None
    """The id of the only push that goes on; None for every unfinished push."""


async def resume(options: ResumeOptions) -> int:
    """Go on with every unfinished push, and run the duplicate check. With a push's id, go on with that push alone."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        caretaker, engine = desk.can_resume, desk.can_push
        if not options.json and (stop := desk.book.stop()) is not None:
            say(
                f"{stop.sentence(desk.local.moment(stop.at))} {fix_of(STOPPED)} Until then nothing new is sent.",
                "",
            )
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
        question=f"Continue {how_many(len(waiting), 'push', 'pushes')} with {how_many(steps, 'step')}?",
        doing=f"continuing {how_many(len(waiting), 'push', 'pushes')}",
        live=desk.settings.profile.live,
    )
