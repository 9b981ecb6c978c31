"""The desk as its commands: each push is previewed, shown as a dry run and sent by the real command line.

The preview's JSON alone says what a push will change. The commands run in this process, in a thread, since each has an
event loop of its own. The systems answer them over HTTP from the loop of the story.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

import msgspec

from core.errors import DeskError
from core.flex.field_map.fates import Field
from core.flex.model import Person
from core.flex.plans.identity import PersonQuestion
from core.flex.plans.preview import Objection, Preview
from core.flex.use_cases.people import NOTHING_CHOSEN
from core.push.plan import Asset, Entity, Plan, Step
from core.push.records import Push, StepRecord, TrailEvent
from core.push.resolutions import Choice, Resolution
from core.push.states import ACTIVE, PushState, StepState
from tests.fidelity.desk import (
    PATIENCE,
    Answer,
    Unfaithful,
    check_that_all_is_said,
    compare_with_preview,
    leave_waiting,
)
from tests.fidelity.expected import expected_difference
from tests.fidelity.systems import SystemsInProcess
from tests.support.sandbox_home import Home

Form = dict[str, Any]
"""A JSON object that a command printed."""
SECRETS: Final = {f"BROKERDESK_{name}_SECRET": "sandbox" for name in ("BROKERENGINE", "FLEX")}


class CommandPreview(Preview, frozen=True, kw_only=True):
    """A preview as a command printed it. `words` are those of the command that sends it, `digest` its plan's hash."""

    words: tuple[str, ...]
    digest: str


class CommandLine:
    """Runs commands on one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    async def ask(self, *words: str) -> tuple[int, Any]:
        """Run a command; return its exit code and its JSON."""
        return await asyncio.to_thread(self._home.run, *words)

    async def run(self, *words: str) -> Form:
        """Run a command and return its JSON. Raises `DeskError` with the code that it printed."""
        _, form = await self.ask(*words)
        if "error" in form:
            raise DeskError(form["error"]["code"], form["error"]["message"])
        found: Form = form
        return found

    async def preview(self, *words: str) -> CommandPreview:
        """Return what `preview` with these words prints. Raises `DeskError`."""
        return preview_of(await self.run("preview", *words), "push", *words)


def _chosen(choices: Mapping[str, str]) -> list[str]:
    """Return the options that choose a contact for each person."""
    return [word for pair in choices.items() for word in ("--person", "=".join(pair))]


class CardCommands:
    """The commands about cards, by the names of the use cases."""

    def __init__(self, line: CommandLine) -> None:
        self._line = line

    async def preview(self, card_id: str, *, choices: Mapping[str, str] = NOTHING_CHOSEN) -> CommandPreview:
        """Preview a push of a card."""
        return await self._line.preview("card", card_id, *_chosen(choices))

    async def preview_people(
        self, card_id: str, choices: Mapping[str, str] = NOTHING_CHOSEN
    ) -> CommandPreview:
        """Preview a push of a card's people."""
        return await self._line.preview("card", card_id, "--people", *_chosen(choices))


class FactFindCommands:
    """The commands about Fact Finds."""

    def __init__(self, line: CommandLine) -> None:
        self._line = line

    async def preview(self, fact_find_id: str, choices: Mapping[str, str] = NOTHING_CHOSEN) -> CommandPreview:
        """Preview a push of a Fact Find."""
        return await self._line.preview("fact-find", fact_find_id, *_chosen(choices))


class NoteCommands:
    """The commands about notes."""

    def __init__(self, line: CommandLine) -> None:
        self._line = line

    async def preview(self, note_id: str) -> CommandPreview:
        """Preview a push of one of BrokerEngine's notes."""
        return await self._line.preview("note", note_id)

    async def preview_written(self, card_id: str, text: str) -> CommandPreview:
        """Preview a push of a note that is written here."""
        return await self._line.preview("note", "--card", card_id, "--text", text)


class CommandDesk:
    """What `FidelityDesk` does, by commands. Every push is compared with its preview when the push rests."""

    def __init__(self, systems: SystemsInProcess, home: Home) -> None:
        self._systems = systems
        self._line = CommandLine(home)
        self.cards = CardCommands(self._line)
        self.fact_finds = FactFindCommands(self._line)
        self.notes = NoteCommands(self._line)

    async def push(self, preview: Preview, answer: Answer = leave_waiting, *, may_stop: bool = False) -> Push:
        """Send a preview by its hash, see its push through, and compare. Raises `Unfaithful`, `DeskError`."""
        assert isinstance(preview, CommandPreview)
        check_that_all_is_said(preview)
        before = self._systems.dump()
        if preview.pushable:
            await self._check_dry_run(preview)
        form = await self._line.run(*preview.words, "--yes", "--plan", preview.digest)
        return await self._follow(form, preview, before, answer, may_stop=may_stop)

    async def begin(self, preview: Preview) -> Push:
        """Send a preview by its hash, as far as the push goes; nothing is compared. Raises `DeskError`."""
        assert isinstance(preview, CommandPreview)
        form = await self._line.run(*preview.words, "--yes", "--plan", preview.digest)
        return push_of(form, preview.plan)[0]

    async def follow(self, push: Push, preview: Preview, *, may_stop: bool = False) -> Push:
        """See a push through that waits with nothing of it sent, and compare. Raises `Unfaithful`, `DeskError`."""
        assert isinstance(preview, CommandPreview)
        before = self._systems.dump()
        form = await self._shown(push.push_id)
        return await self._follow(form, preview, before, leave_waiting, may_stop=may_stop)

    async def _shown(self, push_id: str) -> Form:
        """Return a push as `activity` shows it."""
        pushes = (await self._line.run("activity"))["pushes"]
        form: Form = next(push for push in pushes if push["push_id"] == push_id)
        return form

    async def link(self, local_id: str, flex_id: str, kind: str = "") -> Push:
        """Link a card or a person by hand and compare. Raises `Unfaithful`, `DeskError`."""
        return await self._by_hand("link", local_id, flex_id)

    async def unlink(self, local_id: str) -> Push:
        """Take back the link of a card or a person, and compare. Raises `Unfaithful`, `DeskError`."""
        return await self._by_hand("unlink", local_id)

    async def _by_hand(self, *words: str) -> Push:
        """Carry out a command whose preview is its dry run."""
        before = self._systems.dump()
        _, shown = await self._line.ask(*words)
        if shown["error"]["code"] != "not-confirmed":
            raise DeskError(shown["error"]["code"], shown["error"]["message"])
        preview = preview_of(shown, *words)
        done = await self._line.run(*words, "--yes", "--plan", preview.digest)
        form = await self._shown(done["push_id"])
        return await self._follow(form, preview, before, leave_waiting)

    async def _check_dry_run(self, preview: CommandPreview) -> None:
        """Run the command without a yes: it shows the same plan and sends nothing. Raises `Unfaithful`."""
        before = self._systems.dump()
        code, shown = await self._line.ask(*preview.words)
        if (code, shown["error"]["code"], shown["plan"]) != (1, "not-confirmed", preview.digest):
            raise Unfaithful(f"the dry run of {preview.subject} shows {shown['error']}, plan {shown['plan']}")
        if self._systems.dump() != before:
            raise Unfaithful(f"the dry run of {preview.subject} changed something")

    async def _follow(
        self, form: Form, preview: CommandPreview, before: Any, answer: Answer, *, may_stop: bool = False
    ) -> Push:
        push, steps = await self._see_through(form, preview.plan, answer)
        if push.plan != preview.digest:
            raise Unfaithful(f"plan {preview.digest} of {preview.subject} gave the push of plan {push.plan}")
        dumps = before, self._systems.dump()
        compare_with_preview(
            push, preview.plan, steps, expected_difference(preview), dumps, may_stop=may_stop
        )
        return push

    async def _see_through(self, form: Form, plan: Plan, answer: Answer) -> tuple[Push, list[StepRecord]]:
        """Resume and decide until nothing of the push continues automatically."""
        for _ in range(PATIENCE):
            push, steps = push_of(form, plan)
            if push.state is PushState.PAUSED:
                form = await self._line.run("resume", push.push_id, "--yes")
            elif push.state in ACTIVE and (decided := _decision(form, steps, answer)):
                form = await self._line.run("decide", push.push_id, *decided, "--yes")
            else:
                return push, steps
        return push_of(form, plan)[0], push_of(form, plan)[1]


def _decision(form: Form, steps: list[StepRecord], answer: Answer) -> tuple[str, str] | None:
    """Return the reference of the first step that waits and the operator's choice, as the words of `decide`."""
    for step, printed in zip(steps, form["steps"], strict=True):
        if step.state in (StepState.NEEDS_YOU, StepState.CONFLICT) and (chosen := answer(step)):
            words = _words(chosen)
            assert words in printed["choices"], f"{words} is not among {printed['choices']}"
            return step.ref, words
    return None


def _words(chosen: Resolution) -> str:
    with_id = chosen.remote_id and chosen.choice in (Choice.LINK, Choice.THERE)
    return f"{chosen.choice}={chosen.remote_id}" if with_id else chosen.choice.value


# -- from JSON -----------------------------------------------------------------------------------------


def preview_of(form: Form, *words: str) -> CommandPreview:
    """Return the preview that a command printed, as far as it says what will change."""
    steps = tuple(map(_with_its_person, msgspec.convert(form["steps"], tuple[Step, ...])))
    plan = Plan(Asset(form["asset"]), form["id"], "", steps, form.get("map", ""))
    reasons = zip(form["reason_codes"], form["reasons"], strict=True)
    return CommandPreview(
        asset=plan.asset,
        subject=plan.subject,
        title="",
        plan=plan,
        reasons=tuple(Objection(code, message) for code, message in reasons),
        warnings=tuple(form["warnings"]),
        fields=msgspec.convert(form.get("fields", []), tuple[Field, ...]),
        products=(),
        payload=form.get("payload", {}),
        flex_id=form.get("flex_id"),
        flex_kind=form.get("flex_kind"),
        questions=tuple(
            PersonQuestion(
                Person(asked["local_id"]), asked["code"], asked["message"], (), tuple(asked["choices"])
            )
            for asked in form.get("questions", [])
        ),
        words=words,
        digest=form["plan"],
    )


def _with_its_person(step: Step) -> Step:
    """Return a step as the plan has it: an applicant whose id is still to come is named by the person's step."""
    if step.entity is not Entity.APPLICANT or step.remote_id is not None:
        return step
    return msgspec.structs.replace(step, remote_id=step.needs[0])


def push_of(form: Form, plan: Plan) -> tuple[Push, list[StepRecord]]:
    """Return the push that a command printed, with its steps. `plan` gives the kind of each step."""
    push = Push(
        push_id=form["push_id"],
        asset=Asset(form["asset"]),
        subject=form["subject"],
        plan=form["plan"],
        state=PushState(form["state"]),
        operator=form["operator"],
        created_at=form["created_at"],
        updated_at=form["created_at"],
        size=len(form["steps"]),
        reason=form["reason"] or "",
    )
    steps = [
        StepRecord(
            push_id=push.push_id,
            n=n,
            ref=step["ref"],
            system=planned.system,
            entity=planned.entity,
            operation=planned.operation,
            kind=planned.kind,
            local_id=step["local_id"],
            state=StepState(step["state"]),
            remote_id=step["remote_id"],
            error=step["error"]["code"] if step["error"] else "",
            detail=step["error"]["message"] if step["error"] else "",
            attempts=step["attempts"],
            candidates=tuple(step["candidates"]),
            trail=msgspec.convert(step["trail"], tuple[TrailEvent, ...]),
        )
        for n, (step, planned) in enumerate(zip(form["steps"], plan.steps, strict=True))
    ]
    return push, steps


@contextmanager
def homes_of_commands(urls: dict[str, str]) -> Iterator[Callable[[], Home]]:
    """Give a function that makes a new home, and put the secrets of the systems into the environment.

    The profile of each home points at the systems.
    """
    numbers = count(1)
    with TemporaryDirectory() as folder, patch.dict(os.environ, SECRETS):
        yield lambda: Home.with_urls(Path(folder) / f"{next(numbers)}", urls)
