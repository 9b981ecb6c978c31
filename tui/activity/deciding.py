"""Carries out what a person decides about a push: about a step in doubt, or that what it replaced is put back.

Asks for what a decision needs: which record, its id, a yes. Knows no screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from core.errors import DeskError
from core.push.plan import StepKind, System
from core.push.records import StepRecord
from core.push.resolutions import SAYS, Choice, Resolution
from core.systems import display_name
from tui.activity.clues import Clue
from tui.text import content, notify_error, plain
from tui.widgets.chooser import Chooser, Offer
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog, MessageDialog, live_lines
from tui.words.links import wrong_id
from tui.words.put_back import undo_lines, undo_sum

if TYPE_CHECKING:
    from tui.app import DeskApp


class RecordChooser(Chooser):
    """Offers records with what each of them is."""

    DEFAULT_CSS = "RecordChooser > Vertical { width: 110; max-width: 96%; }"


class PushDecisions:
    """Asks and decides for a person, with the dialogs of the app."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app

    async def decide(self, push_id: str, step: StepRecord, choice: Choice, clues: Sequence[Clue]) -> bool:
        """Carry out a decision about a step. Return False if the person took it back at a question.

        `clues` say of each record that the step may be what it is, in the order of the step's candidates.
        """
        desk = self._app.desk
        if desk is None or desk.engine is None:
            return False
        decision = await self._decision(choice, step, clues)
        if decision is None:
            return False
        decision = msgspec.structs.replace(
            decision, workspace=desk.settings.profile.workspace, by=desk.settings.operator
        )
        try:
            await desk.engine.decide(push_id, step.n, decision)
        except DeskError as error:
            notify_error(self._app, error, title="Not done")
        return True

    async def _decision(self, choice: Choice, step: StepRecord, clues: Sequence[Clue]) -> Resolution | None:
        """Ask for what a choice needs: which record, its id, or a yes. Return None if the operator gives no answer."""
        match choice:
            case Choice.LINK if len(step.candidates) > 1:
                said = zip(step.candidates, clues, strict=True)
                offers = [Offer(remote_id, clue.value) for remote_id, clue in said]
                chosen = await self._app.push_screen_wait(RecordChooser("Which one is it?", offers))
                return Resolution(choice, chosen.value or "") if chosen else None
            case Choice.THERE if step.kind is StepKind.CREATE and not step.remote_id and not step.candidates:
                given = await self._ask_for_id(step)
                return Resolution(choice, given) if given else None
            case Choice.AS_NEW | Choice.OVERWRITE:
                lines = [
                    *live_lines(live=self._app.live),
                    plain(f"{SAYS[choice][0].capitalize()}: {SAYS[choice][1]}."),
                    plain("It can't be undone from here."),
                ]
                word = SAYS[choice][0].capitalize()
                question = ConfirmDialog("Are you sure?", lines, yes=word, grace=self._app.grace)
                return Resolution(choice) if await self._app.push_screen_wait(question) else None
            case Choice.THERE | Choice.NOT_THERE | Choice.LINK | Choice.AGAIN | Choice.LEAVE:
                return Resolution(choice)

    async def _ask_for_id(self, step: StepRecord) -> str:
        """Ask for the id of the record that a person found; "" if they give none. A wrong id stays in the box."""
        ask = content(
            "The ID of the $entity that you found in $system:",
            entity=step.entity.replace("-", " "),
            system=display_name(step.system),
        )
        desk = self._app.desk
        given: str | None = ""
        while given := await self._app.push_screen_wait(
            LineDialog("It is there", ask, wrong_id, given or "")
        ):
            if step.system is not System.FLEX or desk is None:
                break
            try:
                return await desk.links.find(step.entity, given)
            except DeskError as error:
                notify_error(self._app, error, title="Not done")
        return given or ""

    async def undo(self, push_id: str) -> None:
        """Show what a push replaced on contacts in FLEX, and put it back after a yes."""
        desk = self._app.desk
        if desk is None:
            return
        try:
            preview = await desk.undo.preview(push_id)
            lines = [plain(line) for line in undo_lines(preview)]
            if not preview.plan.steps:
                nothing = plain("Nothing of this push can be put back.")
                self._app.push_screen(MessageDialog("Undo", [nothing, *lines]))
                return
            asked = content("Put back $sum?", sum=undo_sum(preview))
            question = [*live_lines(live=self._app.live), asked, *lines]
            dialog = ConfirmDialog("Undo", question, yes="Put back", grace=self._app.grace)
            if await self._app.push_screen_wait(dialog):
                begun = await desk.undo.confirm(preview, desk.can_push)
                self._app.run_push(begun.push_id)
        except DeskError as error:
            notify_error(self._app, error, title="Not undone")
